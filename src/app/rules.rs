//! The commands about detection rules.

use std::{
    fs,
    io::{self, Write},
};

use anyhow::{Context, Result, bail};

use super::Outcome;
use crate::{config::RulesSettings, detect::Rules};

/// Lists or shows the rules, or checks a rules file.
pub(super) fn run(settings: &RulesSettings) -> Result<Outcome> {
    let text = match settings {
        RulesSettings::List => Rules::default().list(),
        RulesSettings::Show { id } => {
            let Some(text) = Rules::default().show(id) else {
                bail!("there is no rule {id:?}; cellwarden rules list names them all")
            };
            text
        }
        RulesSettings::Check { file } => {
            let text = fs::read_to_string(file).with_context(|| format!("{}: cannot read", file.display()))?;
            let rules = Rules::parse(&text).with_context(|| file.display().to_string())?;
            format!("{}: good; rules version {}\n", file.display(), rules.version())
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

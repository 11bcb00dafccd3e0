//! `rules`: the detection rules.

use std::io::{self, Write};

use anyhow::{Result, bail};

use super::{Outcome, judge::open_rules};
use cellwarden_core::detect::rules_file::default_file;

use crate::{cli::RulesAction, config::RulesSettings};

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn rules(settings: &RulesSettings) -> Result<Outcome> {
    let text = match &settings.action {
        RulesAction::List => open_rules(settings.rules.as_deref())?.list(),
        RulesAction::Show { id } => match open_rules(settings.rules.as_deref())?.show(id) {
            Some(text) => text,
            None => bail!("there is no rule {id:?}; `cellwarden rules list` names them"),
        },
        RulesAction::Defaults => default_file(),
        RulesAction::Check { file } => {
            let rules = open_rules(Some(file))?;
            format!("{}: no fault found; rules version {}\n", file.display(), rules.version())
        }
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Done)
}

//! The commands about the registered cell list.

use std::{
    fmt::Write as _,
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rusqlite::Connection;

use super::Outcome;
use crate::{
    config::{RegistryCommandSettings, RegistrySettings},
    observation::Ecgi,
    registry::{
        self, ImportOptions, ImportReport, Registry, import_files,
        verify::{stats, verify},
    },
    report::escape::escape,
};

/// Imports, shows, counts or checks the list.
pub(super) fn run(settings: &RegistrySettings) -> Result<Outcome> {
    let (text, outcome) = match &settings.command {
        RegistryCommandSettings::Import { files, notation, renamed, max_bad } => {
            let options = ImportOptions {
                imported: Timestamp::now(),
                eci_notation: *notation,
                renamed: renamed.clone(),
                max_bad: *max_bad,
            };
            let path = &settings.database;
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder).with_context(|| format!("{}: cannot create", folder.display()))?;
            }
            let mut database = Connection::open(path).with_context(|| path.display().to_string())?;
            (imported(&import_files(&mut database, files, &options)?, path), Outcome::Done)
        }
        RegistryCommandSettings::Show { ecgi } => {
            let registry = open(&settings.database)?;
            let text = shown(&registry, *ecgi)?;
            if text.is_empty() {
                bail!("{ecgi} is not in the registered cell list {}", registry.snapshot().id());
            }
            (text, Outcome::Done)
        }
        RegistryCommandSettings::Stats => {
            let mut text = serde_json::to_string_pretty(&stats(&open(&settings.database)?))?;
            text.push('\n');
            (text, Outcome::Done)
        }
        RegistryCommandSettings::Verify => verified(&open(&settings.database)?),
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(outcome)
}

fn open(path: &Path) -> Result<Registry> {
    if !path.exists() {
        bail!("{}: no registered cell list; cellwarden registry import FILE makes one", path.display());
    }
    Ok(registry::open(path, &ImportOptions::at(Timestamp::now()))?.0)
}

fn imported(report: &ImportReport, path: &Path) -> String {
    let mut text = format!("{} cells imported into {}\n", report.snapshot.rows, path.display());
    for row in &report.bad_rows {
        let _ = writeln!(text, "kept out: {}", escape(&row.to_string()));
    }
    if report.bad > report.bad_rows.len() as u64 {
        let _ = writeln!(text, "and {} more bad rows", report.bad - report.bad_rows.len() as u64);
    }
    if report.not_lte > 0 {
        let _ = writeln!(text, "{} rows of other technologies left out", report.not_lte);
    }
    if !report.ignored_columns.is_empty() {
        let _ = writeln!(text, "columns left out: {}", escape(&report.ignored_columns.join(", ")));
    }
    let _ = writeln!(text, "snapshot {}", report.snapshot.id());
    text
}

/// The rows of one identifier, each an object on a line; empty where there is none.
fn shown(registry: &Registry, ecgi: Ecgi) -> Result<String> {
    let mut text = String::new();
    for cell in registry.by_ecgi(ecgi) {
        text += &escape(&serde_json::to_string(&cell)?);
        text.push('\n');
    }
    Ok(text)
}

/// Impossible rows are a failure, doubtful ones are told.
fn verified(registry: &Registry) -> (String, Outcome) {
    let mut text = String::new();
    let mut outcome = Outcome::Done;
    for doubts in verify(registry) {
        let _ = writeln!(text, "{}: {}", doubts.check.title(), doubts.count);
        for example in &doubts.examples {
            let _ = writeln!(text, "  {}", escape(example));
        }
        if doubts.check.is_impossible() {
            outcome = Outcome::Failed;
        }
    }
    let _ = writeln!(text, "{} cells checked, snapshot {}", registry.len(), registry.snapshot().id());
    (text, outcome)
}

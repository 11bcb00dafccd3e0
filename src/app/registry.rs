//! `registry`: the registered cell list.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;

use super::{
    Outcome,
    judge::{file_time, look_up_registry, open_registry_as, report_age},
    sync::{make_delta, sync},
};
use crate::{cli::RegistryAction, config::RegistrySettings, console};
use cellwarden_core::{
    observation::Ecgi,
    registry::{
        ImportOptions, ImportReport, ListError, Lookup, RegistrySnapshot,
        verify::{stats, verify},
    },
};
use cellwarden_feed::{FeedUrl, Protocol};
use cellwarden_report::escape::escape;
use cellwarden_store::registry::{RegistryError, import_files};
use cellwarden_text::counted;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn registry(settings: &RegistrySettings) -> Result<Outcome> {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match &settings.action {
        RegistryAction::Import { files } => import(settings, files, &mut out),
        RegistryAction::Sync { url } => sync(settings, &parse_url(url)?, &mut out),
        RegistryAction::Delta { old, new } => make_delta(settings, old, new, &mut out),
        RegistryAction::Show { ecgi } => show(settings, ecgi, &mut out),
        RegistryAction::Stats => count(settings, &mut out),
        RegistryAction::Verify => doubt(settings, &mut out),
    };
    out.flush()?;
    outcome
}

fn import(settings: &RegistrySettings, files: &[PathBuf], out: &mut impl Write) -> Result<Outcome> {
    let path = &settings.registry;
    make_folder_of(path)?;
    let is_new = !path.exists();
    let mut database = Connection::open(path).with_context(|| format!("{}: cannot open", path.display()))?;
    let imported = import_lists(settings, &mut database, files, Timestamp::now());
    if imported.is_err() && is_new {
        drop(database);
        // A list without a snapshot is no list: nothing else uses the file yet.
        let _ = fs::remove_file(path);
    }
    let report = imported?;
    print_import(settings, &report, out)
}

/// The address of a list, which is not fetched over MQTT.
fn parse_url(url: &str) -> Result<FeedUrl> {
    let parsed: FeedUrl = url.parse().with_context(|| format!("{url:?}"))?;
    anyhow::ensure!(matches!(parsed.protocol(), Protocol::Http { .. }), "{url:?}: expected https://HOST/PATH");
    Ok(parsed)
}

/// Imports lists as the snapshot of that time, and names the rows that are bad.
///
/// # Errors
/// Why nothing was imported.
pub fn import_lists(
    settings: &RegistrySettings,
    database: &mut Connection,
    files: &[PathBuf],
    imported: Timestamp,
) -> Result<ImportReport> {
    let options = options_of(settings, imported);
    let report = match import_files(database, files, &options) {
        Ok(report) => report,
        Err(error) => {
            if let RegistryError::List(ListError::TooManyBad { rows, .. }) = &error {
                print_bad_rows(rows);
            }
            return Err(error.into());
        }
    };
    print_bad_rows(&report.bad_rows);
    report.remarks.iter().for_each(console::write_error_line);
    report_age(&report.snapshot);
    Ok(report)
}

/// How the settings say that lists are read.
fn options_of(settings: &RegistrySettings, imported: Timestamp) -> ImportOptions {
    ImportOptions {
        imported,
        list_date: settings.list_date,
        eci_notation: settings.eci_notation,
        renamed: settings.renamed.clone(),
        max_bad: settings.max_bad,
    }
}

/// Prints what was imported.
///
/// # Errors
/// From writing.
pub fn print_import(settings: &RegistrySettings, report: &ImportReport, out: &mut impl Write) -> Result<Outcome> {
    let path = &settings.registry;
    let RegistrySnapshot { rows, .. } = &report.snapshot;
    if settings.json {
        let line = json!({
            "type": "import", "snapshot": report.snapshot.id(), "sha256": report.snapshot.sha256,
            "imported": report.snapshot.imported, "rows": rows, "bad": report.bad, "not_lte": report.not_lte,
            "ignored_columns": report.ignored_columns, "remarks": report.remarks, "registry": path,
        });
        writeln!(out, "{line}")?;
        return Ok(Outcome::Done);
    }
    let rows = counted(*rows, "row");
    writeln!(out, "{rows} imported into {}, snapshot {}", path.display(), report.snapshot.id())?;
    if report.bad > 0 {
        writeln!(out, "{} kept out", counted(report.bad, "bad row"))?;
    }
    if report.not_lte > 0 {
        writeln!(out, "{} of other technologies skipped", counted(report.not_lte, "row"))?;
    }
    if !report.ignored_columns.is_empty() {
        writeln!(out, "columns not used: {}", escape(&report.ignored_columns.join(", ")))?;
    }
    Ok(Outcome::Done)
}

/// How a list that is no database is read: its own age counts, not that of reading it.
fn list_options(settings: &RegistrySettings) -> ImportOptions {
    options_of(settings, file_time(&settings.registry))
}

fn print_bad_rows(rows: &[cellwarden_core::registry::BadRow]) {
    for row in rows {
        console::write_error_line(row);
    }
}

fn show(settings: &RegistrySettings, ecgi: &str, out: &mut impl Write) -> Result<Outcome> {
    let ecgi: Ecgi = ecgi.parse()?;
    let registry = look_up_registry(&settings.registry, &list_options(settings))?;
    let rows = registry.by_ecgi(ecgi)?;
    let snapshot = registry.snapshot();
    if rows.is_empty() {
        bail!("{ecgi} is not registered in snapshot {}", snapshot.id());
    }
    for row in rows {
        let row = json!(row);
        if settings.json {
            writeln!(out, "{}", json!({"type": "registered_cell", "snapshot": snapshot.id(), "cell": row}))?;
            continue;
        }
        for (column, value) in row.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "{column:<14}{}", escape(&text))?;
        }
        writeln!(out)?;
    }
    if !settings.json {
        print_age(snapshot, out)?;
    }
    Ok(Outcome::Done)
}

fn count(settings: &RegistrySettings, out: &mut impl Write) -> Result<Outcome> {
    let registry = open_registry_as(&settings.registry, &list_options(settings))?;
    let stats = stats(&registry);
    if settings.json {
        writeln!(out, "{}", json!(stats))?;
        return Ok(Outcome::Done);
    }
    writeln!(out, "{}", counted(registry.len() as u64, "row"))?;
    for (plmn, rows) in &stats.plmns {
        writeln!(out, "  PLMN {plmn:<10}{rows:>10}")?;
    }
    for (kind, rows) in &stats.kinds {
        writeln!(out, "  {kind:<15}{rows:>10}")?;
    }
    for (status, rows) in &stats.statuses {
        writeln!(out, "  {status:<15}{rows:>10}")?;
    }
    for (earfcn, rows) in &stats.earfcns {
        writeln!(out, "  EARFCN {earfcn:<8}{rows:>10}")?;
    }
    writeln!(out, "  without a place{:>10}", stats.without_place)?;
    writeln!(out, "  without EARFCN or PCI{:>4}", stats.without_carrier_or_pci)?;
    print_age(registry.snapshot(), out)?;
    Ok(Outcome::Done)
}

fn doubt(settings: &RegistrySettings, out: &mut impl Write) -> Result<Outcome> {
    let registry = open_registry_as(&settings.registry, &list_options(settings))?;
    let doubts = verify(&registry);
    for found in &doubts {
        let impossible = found.check.is_impossible();
        if settings.json {
            let line = json!({
                "type": "doubt", "check": found.check.title(), "impossible": impossible, "count": found.count,
                "examples": found.examples,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let word = if impossible { "impossible" } else { "unusual" };
        writeln!(out, "{word}: {} {}", found.count, found.check.title())?;
        for example in &found.examples {
            writeln!(out, "    {}", escape(example))?;
        }
    }
    if !settings.json {
        let (rows, kinds) = (counted(registry.len() as u64, "row"), counted(doubts.len() as u64, "kind"));
        writeln!(out, "{rows} verified, {kinds} of doubt")?;
        print_age(registry.snapshot(), out)?;
    }
    Ok(if doubts.iter().any(|found| found.check.is_impossible()) { Outcome::Failed } else { Outcome::Done })
}

/// Prints which version of the list an answer is based on, and how old it is.
fn print_age(snapshot: &RegistrySnapshot, out: &mut impl Write) -> io::Result<()> {
    let days = Timestamp::now().duration_since(snapshot.imported).as_secs_f64() / 86_400.0;
    let age =
        if days < 0.0 { "of the future: see --list-date and the clock".into() } else { format!("{days:.1} days old") };
    writeln!(out, "snapshot {}, {age}", snapshot.id())
}

/// Makes the folder that a file is to lie in.
///
/// # Errors
/// Where it cannot be made.
pub fn make_folder_of(path: &Path) -> Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    fs::create_dir_all(folder).with_context(|| format!("{}: cannot make the folder", folder.display()))
}

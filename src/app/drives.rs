//! `drives`: stored drives listed, joined, carried and compared.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::{self, Path},
};

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::{
    Outcome,
    report::{account_of, chosen},
};
use crate::{cli::DrivesAction, config::DrivesSettings, console};
use cellwarden_core::drive::{Drive, compare};
use cellwarden_report::{
    comparison::write_comparison,
    escape::escape,
    whereabouts::{whereabouts_text, whereabouts_value},
};
use cellwarden_store::{
    Store, StoredDrive,
    archive::{export, import},
};
use cellwarden_text::counted;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn drives(settings: &DrivesSettings) -> Result<Outcome> {
    let mut out = BufWriter::new(io::stdout().lock());
    run(settings, &mut out).with_context(|| settings.store.display().to_string())?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn run(settings: &DrivesSettings, out: &mut impl Write) -> Result<()> {
    let is_new = !settings.store.exists();
    // Only an import may be the first to write.
    let mut store = match settings.action {
        DrivesAction::Import { .. } => Store::create(&settings.store)?,
        DrivesAction::Merge { .. } => Store::open(&settings.store)?,
        DrivesAction::List | DrivesAction::Show { .. } | DrivesAction::Export { .. } | DrivesAction::Compare { .. } => {
            let (store, missing) = Store::open_to_read(&settings.store)?;
            missing.iter().for_each(console::write_error_line);
            store
        }
    };
    let one = |store: &Store, drive: i64| -> Result<StoredDrive> {
        chosen(store, Some(drive))?.pop().context("there is no such drive")
    };
    match &settings.action {
        DrivesAction::List => list(out, &store.drives()?, settings.json)?,
        DrivesAction::Show { drive } => {
            let (account, _) = account_of(&store, chosen(&store, Some(*drive))?)?;
            show(out, &account.drive, settings.json)?;
        }
        DrivesAction::Merge { drive, others } => {
            let first = one(&store, *drive)?;
            for other in others {
                let other = one(&store, *other)?;
                ensure!(
                    other.record.rules_version == first.record.rules_version
                        && other.record.registry_snapshot == first.record.registry_snapshot,
                    "drive {} was judged by other rules or another registry than drive {drive}; replay it with those",
                    other.id
                );
            }
            store.join_drives(*drive, others)?;
            list(out, &[one(&store, *drive)?], settings.json)?;
        }
        DrivesAction::Export { drive, file } => {
            let exported = export(&store, &one(&store, *drive)?, settings.evidence.as_deref(), file)?;
            for missing in &exported.missing {
                console::write_error_line(format_args!("{}: evidence is not there", missing.to_string_lossy()));
            }
            let (files, missing) = (exported.manifest.files.len(), exported.missing.len());
            if settings.json {
                let file = file.to_string_lossy();
                writeln!(
                    out,
                    "{}",
                    json!({"type": "archive", "file": file, "files": files, "missing": missing, "sha256": exported.sha256})
                )?;
            } else {
                writeln!(
                    out,
                    "{}, {missing} missing; SHA-256 of the archive: {}",
                    counted(files as u64, "file"),
                    exported.sha256
                )?;
            }
        }
        DrivesAction::Import { file } => {
            let beside = || settings.store.with_file_name("evidence");
            // Alerts name it, wherever the program is started next.
            let evidence = path::absolute(settings.evidence.clone().unwrap_or_else(beside))?;
            let imported = match import(&mut store, file, &evidence) {
                Ok(imported) => imported,
                Err(error) => {
                    drop(store);
                    if is_new {
                        remove_store(&settings.store);
                    }
                    return Err(error).with_context(|| file.display().to_string());
                }
            };
            list(out, &[one(&store, imported.drive)?], settings.json)?;
        }
        DrivesAction::Compare { before, after } => {
            let drive = |id| -> Result<Drive> { Ok(account_of(&store, chosen(&store, Some(id))?)?.0.drive) };
            write_comparison(out, &compare(&drive(*before)?, &drive(*after)?), settings.json)?;
        }
    }
    Ok(())
}

/// Removes a store that was made for an import that failed: nobody else knows of it.
fn remove_store(store: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = store.as_os_str().to_owned();
        name.push(end);
        // It is not there where it was not needed.
        let _ = fs::remove_file(name);
    }
}

fn list(out: &mut impl Write, drives: &[StoredDrive], as_json: bool) -> io::Result<()> {
    if !as_json {
        writeln!(
            out,
            "{:>4} {:<20} {:<20} {:>6} {:>6} {:>6}  JUDGED BY",
            "ID", "FROM", "TO", "DWELLS", "CELLS", "ALERTS"
        )?;
    }
    for drive in drives {
        let StoredDrive { id, record, program_version, dwells, observations, alerts, from, to } = drive;
        if as_json {
            let row = json!({
                "type": "drive", "id": id, "command": record.command, "program_version": program_version,
                "rules_version": record.rules_version, "registry_snapshot": record.registry_snapshot,
                "dwells": dwells, "observations": observations, "alerts": alerts, "from": from, "to": to,
            });
            writeln!(out, "{row}")?;
        } else {
            let time = |time: &Option<jiff::Timestamp>| {
                time.map_or("-".to_owned(), |t| t.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
            };
            let registry = record.registry_snapshot.as_deref().unwrap_or("no registry");
            let judged = format!("{} {program_version}, {}, {registry}", record.command, record.rules_version);
            let (from, to) = (time(from), time(to));
            writeln!(
                out,
                "{id:>4} {from:<20} {to:<20} {dwells:>6} {observations:>6} {alerts:>6}  {}",
                escape(&judged)
            )?;
        }
    }
    Ok(())
}

fn show(out: &mut impl Write, drive: &Drive, as_json: bool) -> io::Result<()> {
    for transmitter in &drive.transmitters {
        let whereabouts = transmitter.whereabouts.as_ref();
        let strongest_db = transmitter.strongest().map(|r| (r.level_db * 10.0).round() / 10.0);
        let reached = transmitter.footprint_m2().round();
        if as_json {
            let row = json!({
                "type": "transmitter", "cell": transmitter.name(), "verdict": transmitter.verdict,
                "suspicious": transmitter.suspicious, "dwells": transmitter.readings.len(), "strongest_db": strongest_db,
                "whereabouts": whereabouts.map(whereabouts_value), "footprint_m2": reached,
            });
            writeln!(out, "{row}")?;
        } else {
            let text = whereabouts
                .map(|at| match reached {
                    0.0 => whereabouts_text(at),
                    _ => format!("{}; reached {:.3} km²", whereabouts_text(at), reached / 1e6),
                })
                .unwrap_or_default();
            let name = transmitter.name();
            let (verdict, dwells) = (transmitter.verdict.word(), counted(transmitter.readings.len() as u64, "dwell"));
            let level = strongest_db.map_or("-".to_owned(), |db| format!("{db:.1}"));
            writeln!(out, "{:<32} {verdict:<13} {dwells:>11} {level:>6} dBFS less gain  {text}", escape(&name))?;
        }
    }
    Ok(())
}

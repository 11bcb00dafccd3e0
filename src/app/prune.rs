//! `store prune`: old dwells removed, with a report of what went.

use std::io::{self, BufWriter, Write};

use anyhow::{Context, Result};
use jiff::Timestamp;
use serde_json::json;

use super::{Outcome, store_lock::StoreLock};
use crate::{cli::StoreAction, config::StoreSettings};
use cellwarden_store::{
    Store,
    prune::{PruneLimits, Pruned, PrunedDrive},
};

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn store(settings: &StoreSettings) -> Result<Outcome> {
    let StoreAction::Prune { dry_run } = settings.action;
    let path = settings.store.display().to_string();
    let pruned = {
        let mut store = Store::open(&settings.store).with_context(|| path.clone())?;
        // Whoever records judges by what is there.
        let _lock = StoreLock::take(&settings.store)?;
        let before = settings.older_than.map(|age| Timestamp::now().checked_sub(age)).transpose();
        let before = before.context("--older-than: that is before there were dates")?;
        let limits = PruneLimits { before, max_bytes: settings.max_bytes };
        store.prune(&limits, dry_run).with_context(|| path.clone())?
    };
    let mut out = BufWriter::new(io::stdout().lock());
    print(&mut out, &path, &pruned, dry_run, settings)?;
    out.flush()?;
    Ok(Outcome::Done)
}

fn print(out: &mut impl Write, path: &str, pruned: &Pruned, dry_run: bool, settings: &StoreSettings) -> Result<()> {
    let Pruned { drives, kept_for_alerts, kept_for_rules, bytes_before, bytes_after, not_shrunk } = pruned;
    for PrunedDrive { id, dwells, observations, from, to, is_gone } in drives {
        if settings.json {
            let row = json!({
                "type": "pruned", "drive": id, "dwells": dwells, "observations": observations, "from": from, "to": to,
                "whole": is_gone, "dry_run": dry_run,
            });
            writeln!(out, "{row}")?;
        } else {
            let time = |time: &Option<Timestamp>| time.map_or("-".to_owned(), |time| format!("{time:.0}"));
            let rest = if *is_gone { "nothing of it is left" } else { "the rest stays" };
            let (from, to) = (time(from), time(to));
            writeln!(out, "drive {id}: {dwells} dwells with {observations} cells, {from} to {to}; {rest}")?;
        }
    }
    let dwells: u64 = drives.iter().map(|drive| drive.dwells).sum();
    if settings.json {
        let row = json!({
            "type": "prune", "store": path, "dwells": dwells,
            "kept_for_alerts": kept_for_alerts, "kept_for_rules": kept_for_rules, "bytes_before": bytes_before,
            "bytes_after": bytes_after, "not_shrunk": not_shrunk, "dry_run": dry_run,
        });
        writeln!(out, "{row}")?;
        return Ok(());
    }
    let word = if dry_run { "would go" } else { "gone" };
    writeln!(out, "{path}: {dwells} dwells {word}, {bytes_before} bytes used before, {bytes_after} after")?;
    if kept_for_alerts + kept_for_rules > 0 {
        writeln!(
            out,
            "beyond the limits, and kept: {kept_for_alerts} dwells for alerts, {kept_for_rules} that rules compare with"
        )?;
    }
    if let Some(most) = settings.max_bytes.filter(|most| bytes_after > most) {
        writeln!(out, "what is left is more than {most} bytes: close alerts, or export drives to another store")?;
    }
    if let Some(why) = not_shrunk {
        writeln!(out, "the file keeps its length ({why}): what is free in it is used by later dwells")?;
    }
    Ok(())
}

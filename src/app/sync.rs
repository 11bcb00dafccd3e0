//! `registry sync`: the snapshot that a service hands out, if it is signed, whole and not older than ours.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rusqlite::Connection;
use serde_json::json;

use super::{
    Outcome,
    registry::{import_lists, make_folder_of, tell_import},
    sender::open_access,
};
use crate::{
    config::RegistrySettings,
    feed::{FeedUrl, download::Download},
    registry::signed::{SignedError, SnapshotKey, SnapshotSignature, note_sync, sync_state},
};

/// Largest snapshot: some ten million rows.
const SNAPSHOT_MAX: u64 = 2 << 30;

/// Downloads, verifies and imports the snapshot at `url`, with its signature beside it.
///
/// # Errors
/// Why the old one is kept.
pub fn sync(settings: &RegistrySettings, url: &FeedUrl, out: &mut impl Write) -> Result<Outcome> {
    let path = &settings.registry;
    let kept = || format!("{}: the registry stays as it was", path.display());
    make_folder_of(path)?;
    let key = read_key(settings)?;
    let mut database = Connection::open(path).with_context(|| format!("{}: cannot open", path.display()))?;
    let state = sync_state(&database).with_context(kept)?;
    let server = Download::new(url, &open_access(settings.feed_access.as_deref())?)?;
    let snapshot_url = url.to_string();
    let etag = state.as_ref().filter(|state| state.is_current).and_then(|state| state.etag.as_deref());
    let Some(offered) = server.text(&format!("{snapshot_url}.minisig"), etag).with_context(kept)? else {
        return tell_current(settings, url, out);
    };
    let signature = SnapshotSignature::parse(&offered.text).with_context(kept)?;
    if state.as_ref().is_some_and(|state| state.is_current && state.signature == signature.text()) {
        return tell_current(settings, url, out);
    }
    signature.follows(state.as_ref()).with_context(kept)?;

    let part = part_of(path, &signature)?;
    server.file(&snapshot_url, &part, SNAPSHOT_MAX).with_context(kept)?;
    let downloaded = File::open(&part).with_context(|| format!("{}: cannot read", part.display()))?;
    if let Err(error) = key.verify(&signature, downloaded) {
        if !matches!(error, SignedError::Read(_)) {
            // What does not fit its signature is of no use to the next try either.
            remove_part(&part);
        }
        return Err(error).with_context(kept);
    }
    // The list's age counts from when it was signed.
    let report =
        import_lists(settings, &mut database, std::slice::from_ref(&part), signature.signed()).with_context(kept)?;
    note_sync(&mut database, &signature, offered.etag.as_deref())?;
    remove_part(&part);
    tell_import(settings, &report, out)
}

fn read_key(settings: &RegistrySettings) -> Result<SnapshotKey> {
    let path = settings.key.as_ref().context("name the minisign public key of the snapshots with --key")?;
    let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
    SnapshotKey::parse(&text).with_context(|| path.display().to_string())
}

/// The file that takes the snapshot of this signature; what is there of another one is thrown away.
fn part_of(registry: &Path, signature: &SnapshotSignature) -> Result<PathBuf> {
    let beside = |ending: &str| {
        let mut name = registry.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let (part, mark) = (beside(".part"), beside(".part.minisig"));
    if !fs::read_to_string(&mark).is_ok_and(|text| text == signature.text()) {
        remove_part(&part);
        fs::write(&mark, signature.text()).with_context(|| format!("{}: cannot write", mark.display()))?;
    }
    Ok(part)
}

fn remove_part(part: &Path) {
    for file in [part.to_owned(), part.with_extension("part.minisig")] {
        // Where it cannot be removed, the next try verifies it again and says so.
        if let Err(error) = fs::remove_file(&file) {
            tracing::debug!(file = %file.display(), %error, "not removed");
        }
    }
}

fn tell_current(settings: &RegistrySettings, url: &FeedUrl, out: &mut impl Write) -> Result<Outcome> {
    if settings.json {
        let url = url.to_string();
        writeln!(out, "{}", json!({"type": "sync", "url": url, "current": true, "registry": settings.registry}))?;
    } else {
        writeln!(out, "{} is what {url} hands out", settings.registry.display())?;
    }
    Ok(Outcome::Done)
}

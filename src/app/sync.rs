//! `registry sync`: the snapshot that a service hands out, if it is signed, whole and not older than ours; and the deltas
//! that spare it the download.
//!
//! The list as it came stays beside the registry: deltas start from it.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use rusqlite::Connection;
use serde_json::json;

use super::{
    Outcome,
    registry::{import_lists, make_folder_of, print_import},
    sender::open_access,
};
use crate::{config::RegistrySettings, console};
use cellwarden_core::registry::delta::{self, MAX_BASE};
use cellwarden_feed::{
    FeedUrl,
    download::{Download, DownloadError},
};
use cellwarden_store::registry::signed::{SignedError, SnapshotKey, SnapshotSignature, note_sync, sync_state};
use cellwarden_text::counted;

/// Largest snapshot: some ten million rows.
const MAX_SNAPSHOT: u64 = 2 << 30;

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
        return print_current(settings, url, out);
    };
    let signature = SnapshotSignature::parse(&offered.text).with_context(kept)?;
    if state.as_ref().is_some_and(|state| state.is_current && state.signature == signature.text()) {
        return print_current(settings, url, out);
    }
    signature.follows(state.as_ref()).with_context(kept)?;

    let list = beside(path, ".list");
    let snapshot = SignedSnapshot { server: &server, url: &snapshot_url, key: &key, signature: &signature };
    let (part, delta_bytes) = match snapshot.by_delta(path, &list).with_context(kept)? {
        Some((part, bytes)) => (part, Some(bytes)),
        None => (snapshot.whole(path).with_context(kept)?, None),
    };
    // The list's age counts from when it was signed.
    let report =
        import_lists(settings, &mut database, std::slice::from_ref(&part), signature.signed()).with_context(kept)?;
    note_sync(&mut database, &signature, offered.etag.as_deref())?;
    // Without it the next sync takes the whole list.
    if let Err(error) = fs::rename(&part, &list) {
        tracing::warn!(list = %list.display(), %error, "not kept");
    }
    // Of the two only one is there, and with it the other's mark of an earlier try.
    [part, beside(path, ".part")].iter().for_each(|part| remove_part(part));
    print_import(settings, &report, out)?;
    if settings.json {
        let line = json!({"type": "sync", "url": snapshot_url, "current": false, "delta_bytes": delta_bytes});
        writeln!(out, "{line}")?;
    } else if let Some(bytes) = delta_bytes {
        writeln!(out, "imported as a delta of {}", counted(bytes, "byte"))?;
    }
    Ok(Outcome::Done)
}

/// Writes what changed from one list to the next beside that one.
///
/// # Errors
/// From reading or writing.
pub fn make_delta(settings: &RegistrySettings, old: &Path, new: &Path, out: &mut impl Write) -> Result<Outcome> {
    let read = |path: &Path| -> Result<Vec<u8>> {
        let failed = || format!("{}: cannot read", path.display());
        let bytes = path.metadata().with_context(failed)?.len();
        anyhow::ensure!(bytes <= MAX_BASE, "{}: {bytes} bytes; a delta takes up to {MAX_BASE}", path.display());
        fs::read(path).with_context(failed)
    };
    let (base, list) = (read(old)?, read(new)?);
    let path = beside(new, &delta::ending(&base));
    let mut made = Vec::new();
    delta::write(&base, &list, &mut made).context("cannot make the delta")?;
    // Whoever hands the folder out must not hand out half of it.
    let unfinished = beside(&path, ".part");
    let written = fs::write(&unfinished, &made).and_then(|()| fs::rename(&unfinished, &path));
    written.with_context(|| format!("{}: cannot write", path.display()))?;
    if settings.json {
        writeln!(out, "{}", json!({"type": "delta", "file": path, "bytes": made.len()}))?;
    } else {
        writeln!(out, "{}: {}", path.display(), counted(made.len() as u64, "byte"))?;
    }
    Ok(Outcome::Done)
}

/// The snapshot that a signature names, and where it is to be had.
struct SignedSnapshot<'a> {
    server: &'a Download,
    url: &'a str,
    key: &'a SnapshotKey,
    signature: &'a SnapshotSignature,
}

impl SignedSnapshot<'_> {
    /// The whole list, downloaded and verified.
    fn whole(&self, registry: &Path) -> Result<PathBuf> {
        let part = part_of(registry, ".part", self.signature)?;
        self.server.file(self.url, &part, MAX_SNAPSHOT)?;
        let verified = self.verify(&part);
        if matches!(&verified, Err(error) if !matches!(error, SignedError::Read(_))) {
            // What does not fit its signature is of no use to the next try either.
            remove_part(&part);
        }
        verified?;
        Ok(part)
    }

    /// The list made of the one that came last and a delta, and that delta's bytes; `None` where there is no such list
    /// or no delta of it. A delta that does not lead to what was signed is reported and skipped.
    fn by_delta(&self, registry: &Path, list: &Path) -> Result<Option<(PathBuf, u64)>> {
        let Ok(base) = read_base(list) else { return Ok(None) };
        let part = part_of(registry, ".delta", self.signature)?;
        let url = format!("{}{}", self.url, delta::ending(&base));
        match self.server.file(&url, &part, MAX_BASE) {
            Ok(()) => {}
            Err(DownloadError::Status { status, .. }) => {
                tracing::info!(url, %status, "no delta");
                remove_part(&part);
                return Ok(None);
            }
            Err(DownloadError::TooLarge { limit, .. }) => {
                remove_part(&part);
                pass_over(&url, &format!("more than {limit} bytes"));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        }
        let made = beside(registry, ".new");
        let bytes = part.metadata().map_or(0, |metadata| metadata.len());
        let done = self.make(&base, &part, &made);
        remove_part(&part);
        match done {
            Ok(()) => Ok(Some((made, bytes))),
            Err(error) => {
                remove_part(&made);
                pass_over(&url, &format!("{error:#}"));
                Ok(None)
            }
        }
    }

    fn make(&self, base: &[u8], delta: &Path, made: &Path) -> Result<()> {
        let mut out = io::BufWriter::new(File::create(made).context("cannot write")?);
        delta::apply(base, File::open(delta).context("cannot read")?, &mut out)?;
        out.flush().context("cannot write")?;
        Ok(self.verify(made)?)
    }

    fn verify(&self, list: &Path) -> Result<(), SignedError> {
        self.key.verify(self.signature, File::open(list)?)
    }
}

/// The list that came last, where it is one that deltas are made of.
fn read_base(list: &Path) -> io::Result<Vec<u8>> {
    if list.metadata()?.len() > MAX_BASE {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    fs::read(list)
}

/// Says why a delta is not used.
fn pass_over(url: &str, why: &str) {
    console::write_error_line(format_args!("{url}: {why}; the whole list is downloaded instead"));
}

/// A file beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn read_key(settings: &RegistrySettings) -> Result<SnapshotKey> {
    let path = settings.key.as_ref().context("name the minisign public key of the snapshots with --key")?;
    let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
    SnapshotKey::parse(&text).with_context(|| path.display().to_string())
}

/// The file that takes what comes for this signature; what is there of another one is thrown away.
fn part_of(registry: &Path, ending: &str, signature: &SnapshotSignature) -> Result<PathBuf> {
    let part = beside(registry, ending);
    let mark = beside(&part, ".minisig");
    if !fs::read_to_string(&mark).is_ok_and(|text| text == signature.text()) {
        remove_part(&part);
        fs::write(&mark, signature.text()).with_context(|| format!("{}: cannot write", mark.display()))?;
    }
    Ok(part)
}

fn remove_part(part: &Path) {
    for file in [part.to_owned(), beside(part, ".minisig")] {
        // Where it cannot be removed, the next try verifies it again and says so.
        if let Err(error) = fs::remove_file(&file) {
            tracing::debug!(file = %file.display(), %error, "not removed");
        }
    }
}

fn print_current(settings: &RegistrySettings, url: &FeedUrl, out: &mut impl Write) -> Result<Outcome> {
    if settings.json {
        let url = url.to_string();
        writeln!(out, "{}", json!({"type": "sync", "url": url, "current": true, "registry": settings.registry}))?;
    } else {
        writeln!(out, "{} is what {url} hands out", settings.registry.display())?;
    }
    Ok(Outcome::Done)
}

//! A drive as one file: a tar archive, compressed with Zstandard, that another engineer can open.
//!
//! It holds `manifest.json`, `store.sqlite` with the rows of the drive, and `evidence/` with the recordings that prove its
//! alerts. The manifest comes first and has the SHA-256 of every other file: nothing is taken in before all of them
//! agree. Whoever alters manifest and files together changes the hash of the archive itself, which the sender can tell.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{Store, StoreError, StoredDrive};

/// Name and version of the manifest's form.
const SCHEMA: &str = "cellwarden.drive/1";
/// Longest manifest in bytes: some fifty thousand files.
const MAX_MANIFEST: u64 = 8 << 20;
/// All files together are at most so many times as long as the archive, beyond what a small one may hold: signal and rows
/// do not shrink more.
const MAX_RATIO: u64 = 100;
const SMALL: u64 = 64 << 20;
/// Compression level: as fast as a disk.
const LEVEL: i32 = 6;
const MANIFEST: &str = "manifest.json";
const STORE: &str = "store.sqlite";
const EVIDENCE: &str = "evidence/";
/// The files of a piece of evidence.
const EXTENSIONS: [&str; 3] = ["json", "sigmf-meta", "sigmf-data"];

/// What an archive holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    schema: String,
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Number of the drive in its store.
    pub drive: i64,
    /// The rules that judged it.
    pub rules_version: String,
    /// The registry's snapshot that it was judged by.
    pub registry_snapshot: Option<String>,
    /// Dwells in it.
    pub dwells: u64,
    /// Alerts in it.
    pub alerts: u64,
    /// The other files by name.
    pub files: BTreeMap<String, ArchivedFile>,
}

/// A file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchivedFile {
    /// Its length.
    pub bytes: u64,
    /// Its hash.
    pub sha256: String,
}

/// Why an archive cannot be written or taken in.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// A file.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The archive is not one of this program's.
    #[error("no archive of a drive: {0}")]
    Malformed(String),
    /// The archive was written by a later program.
    #[error("archive schema {found:?}, this program reads {SCHEMA:?}: use a newer cellwarden; nothing was taken in")]
    Newer {
        /// The archive's schema.
        found: String,
    },
    /// A file is not what the manifest says.
    #[error("{name}: altered: {what}; nothing was taken in")]
    Altered {
        /// Which.
        name: String,
        /// How it differs.
        what: String,
    },
    /// The drive is in the store.
    #[error("the drive is in the store already")]
    Known,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ArchiveError {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { path: path.clone(), error }
    }
}

/// What became of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct Exported {
    /// The manifest.
    pub manifest: Manifest,
    /// SHA-256 of the archive.
    pub sha256: String,
    /// Evidence that alerts name and that was not there.
    pub missing: Vec<PathBuf>,
}

/// Writes a drive into an archive, with the evidence from `evidence`, or from where the alerts say it is.
///
/// # Errors
/// See [`ArchiveError`]; no archive is left then.
pub fn export(
    store: &Store,
    drive: &StoredDrive,
    evidence: Option<&Path>,
    archive: &Path,
) -> Result<Exported, ArchiveError> {
    let work = WorkFolder::create_beside(archive)?;
    let rows = work.0.join(STORE);
    store.copy_drive(drive.id, &rows)?;
    let (mut files, mut missing) = (vec![(STORE.to_owned(), rows)], Vec::new());
    for alert in store.alerts_of(drive.id)? {
        let Some(named) = alert.alert.evidence_file.as_deref().map(PathBuf::from) else {
            continue;
        };
        let named = match (evidence, named.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => named,
        };
        if !named.exists() {
            missing.push(named);
            continue;
        }
        for extension in EXTENSIONS {
            let file = named.with_extension(extension);
            if let Some(name) = file.file_name().filter(|_| file.exists()) {
                files.push((format!("{EVIDENCE}{}", name.to_string_lossy()), file.clone()));
            }
        }
    }
    let mut manifest = Manifest {
        schema: SCHEMA.to_owned(),
        program: concat!("cellwarden ", env!("CARGO_PKG_VERSION")).to_owned(),
        drive: drive.id,
        rules_version: drive.record.rules_version.clone(),
        registry_snapshot: drive.record.registry_snapshot.clone(),
        dwells: drive.dwells,
        alerts: drive.alerts,
        files: BTreeMap::new(),
    };
    for (name, path) in &files {
        let mut input = File::open(path).map_err(ArchiveError::io(path))?;
        let (bytes, sha256) = copy_hashed(&mut input, &mut io::sink(), u64::MAX).map_err(ArchiveError::io(path))?;
        manifest.files.insert(name.clone(), ArchivedFile { bytes, sha256 });
    }
    let part = work.0.join("archive");
    write_archive(&part, &manifest, &files).map_err(ArchiveError::io(archive))?;
    let mut input = File::open(&part).map_err(ArchiveError::io(archive))?;
    let (_, sha256) = copy_hashed(&mut input, &mut io::sink(), u64::MAX).map_err(ArchiveError::io(archive))?;
    fs::rename(&part, archive).map_err(ArchiveError::io(archive))?;
    Ok(Exported { manifest, sha256, missing })
}

fn write_archive(path: &Path, manifest: &Manifest, files: &[(String, PathBuf)]) -> io::Result<()> {
    let encoder = zstd::Encoder::new(BufWriter::new(File::create(path)?), LEVEL)?;
    let mut tar = tar::Builder::new(encoder);
    let text = serde_json::to_vec_pretty(manifest)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, MANIFEST, &text[..])?;
    for (name, path) in files {
        tar.append_path_with_name(path, name)?;
    }
    let file = tar.into_inner()?.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

/// What became of an import.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The manifest.
    pub manifest: Manifest,
    /// Number of the drive in this store.
    pub drive: i64,
}

/// Takes the drive of an archive into a store, and its evidence into a folder, once every file agrees with the manifest.
///
/// # Errors
/// See [`ArchiveError`]; nothing is taken in then.
pub fn import(store: &mut Store, archive: &Path, evidence: &Path) -> Result<Imported, ArchiveError> {
    let work = WorkFolder::create_beside(evidence)?;
    let manifest = unpack(archive, &work.0)?;
    let rows = work.0.join(STORE);
    if !Store::is_plain(&rows)? {
        return Err(ArchiveError::Malformed(format!("{STORE} has other tables than a store")));
    }
    let mut unpacked_files = UnpackedFiles(Vec::new());
    let files: Vec<&str> = manifest.files.keys().filter_map(|name| name.strip_prefix(EVIDENCE)).collect();
    if !files.is_empty() {
        fs::create_dir_all(evidence).map_err(ArchiveError::io(evidence))?;
    }
    for name in files {
        let to = evidence.join(name);
        // Evidence of one id is the same; what is there stays.
        if !to.exists() {
            fs::rename(work.0.join(EVIDENCE).join(name), &to).map_err(ArchiveError::io(&to))?;
            unpacked_files.0.push(to);
        }
    }
    let Some(drive) = store.take_drive(&rows, manifest.drive)? else { return Err(ArchiveError::Known) };
    unpacked_files.0.clear();
    store.move_evidence(drive, evidence)?;
    Ok(Imported { manifest, drive })
}

/// Evidence files copied by an import; dropping this removes them, unless the import cleared it.
struct UnpackedFiles(Vec<PathBuf>);

impl Drop for UnpackedFiles {
    fn drop(&mut self) {
        for file in &self.0 {
            // One that stays is named by no alert.
            let _ = fs::remove_file(file);
        }
    }
}

/// Unpacks an archive into a folder, checking everything.
fn unpack(archive: &Path, folder: &Path) -> Result<Manifest, ArchiveError> {
    let malformed = |error: io::Error| ArchiveError::Malformed(error.to_string());
    let file = File::open(archive).map_err(ArchiveError::io(archive))?;
    let packed = file.metadata().map_err(ArchiveError::io(archive))?.len();
    let mut tar = tar::Archive::new(zstd::Decoder::new(BufReader::new(file)).map_err(malformed)?);
    // Raw: a name that is an entry of its own is read whole, however long.
    let mut entries = tar.entries().map_err(malformed)?.raw(true);
    let first = entries.next().ok_or_else(|| ArchiveError::Malformed("it is empty".to_owned()))?.map_err(malformed)?;
    if first.path().map_err(malformed)?.as_os_str() != MANIFEST {
        return Err(ArchiveError::Malformed("it does not begin with a manifest".to_owned()));
    }
    let mut text = String::new();
    first.take(MAX_MANIFEST).read_to_string(&mut text).map_err(malformed)?;
    let manifest = manifest_of(&text)?;
    let total = manifest.files.values().fold(0u64, |total, file| total.saturating_add(file.bytes));
    let most = packed.saturating_mul(MAX_RATIO).saturating_add(SMALL);
    if total > most {
        let what = format!("{total} bytes in an archive of {packed}, {most} are possible");
        return Err(ArchiveError::Malformed(what));
    }
    fs::create_dir_all(folder.join(EVIDENCE)).map_err(ArchiveError::io(folder))?;
    let mut left = manifest.files.clone();
    for entry in entries {
        let mut entry = entry.map_err(malformed)?;
        let name = entry.path().map_err(malformed)?.to_string_lossy().into_owned();
        let altered = |what: String| ArchiveError::Altered { name: name.clone(), what };
        let is_known = name == STORE || name.strip_prefix(EVIDENCE).is_some_and(is_evidence);
        let is_file = entry.header().entry_type() == tar::EntryType::Regular;
        let expected = left.remove(&name).filter(|_| is_known && is_file);
        let expected = expected.ok_or_else(|| altered("no file of a drive, or not in its manifest".to_owned()))?;
        let path = folder.join(&name);
        let mut out = File::create(&path).map_err(ArchiveError::io(&path))?;
        let (bytes, sha256) = copy_hashed(&mut entry, &mut out, expected.bytes).map_err(malformed)?;
        if bytes != expected.bytes {
            return Err(altered(format!("{} bytes are expected", expected.bytes)));
        }
        if sha256 != expected.sha256 {
            return Err(altered(format!("SHA-256 {sha256}, {} is expected", expected.sha256)));
        }
    }
    match left.keys().next() {
        Some(name) => Err(ArchiveError::Altered { name: name.clone(), what: "it is missing".to_owned() }),
        None if manifest.files.contains_key(STORE) => Ok(manifest),
        None => Err(ArchiveError::Malformed("it has no rows".to_owned())),
    }
}

/// The manifest of a text. Its schema is read before the rest: that of a later program may have other fields.
fn manifest_of(text: &str) -> Result<Manifest, ArchiveError> {
    #[derive(Deserialize)]
    struct Schema {
        schema: String,
    }
    let malformed = |error: serde_json::Error| ArchiveError::Malformed(error.to_string());
    let Schema { schema } = serde_json::from_str(text).map_err(malformed)?;
    match schema.rsplit_once('/').zip(SCHEMA.rsplit_once('/')) {
        _ if schema == SCHEMA => serde_json::from_str(text).map_err(malformed),
        Some(((name, _), (ours, _))) if name == ours => Err(ArchiveError::Newer { found: schema }),
        _ => Err(ArchiveError::Malformed(format!("schema {schema:?}, {SCHEMA:?} is expected"))),
    }
}

/// Whether a name is that of a file of evidence, and leads nowhere else.
fn is_evidence(name: &str) -> bool {
    let known = |(stem, extension): (&str, &str)| !stem.is_empty() && EXTENSIONS.contains(&extension);
    !name.starts_with('.') && !name.contains(['/', '\\', ':']) && name.rsplit_once('.').is_some_and(known)
}

/// Copies at most so many bytes and one; gives their number and SHA-256.
fn copy_hashed(input: &mut impl Read, out: &mut impl Write, most: u64) -> io::Result<(u64, String)> {
    let (mut hash, mut total, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    let mut input = input.take(most.saturating_add(1));
    loop {
        let read = input.read(&mut buffer)?;
        if read == 0 {
            out.flush()?;
            return Ok((total, hex::encode(hash.finalize())));
        }
        hash.update(&buffer[..read]);
        out.write_all(&buffer[..read])?;
        total += read as u64;
    }
}

/// A temporary folder on the disk of the resulting file; dropping this removes it.
struct WorkFolder(PathBuf);

impl WorkFolder {
    fn create_beside(path: &Path) -> Result<Self, ArchiveError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = parent.join(format!(".cellwarden-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(ArchiveError::io(&folder))?;
        Ok(Self(folder))
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // What is left behind is a hidden folder; nothing depends on it.
        let _ = fs::remove_dir_all(&self.0);
    }
}

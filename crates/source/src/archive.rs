//! `.sigmf` archives: a tar file of recordings, read where it stands. Nothing is extracted, so a member's path is only a
//! name.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::{SourceError, error::shorten, open::open_file};

/// Most members looked at.
const MAX_MEMBERS: u64 = 100_000;
/// Longest metadata read, here and from files.
pub(super) const MAX_METADATA_BYTES: u64 = 32 << 20;
/// Most bytes read of an archive's headers and metadata together; the data is passed over.
const MAX_READ_BYTES: u64 = 64 << 20;

/// What an archive holds.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// Metadata members in the archive's order: path and text.
    pub metadata: Vec<(PathBuf, Vec<u8>)>,
    /// All other files: where their bytes lie in the archive.
    pub data: HashMap<PathBuf, Extent>,
}

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Extent {
    pub at_byte: u64,
    pub bytes: u64,
}

/// Lists an archive's members.
pub(super) fn read_archive(path: &Path) -> Result<Archive, SourceError> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(unreadable(path))?.len();
    let mut tar = tar::Archive::new(Budget { file: BufReader::new(file), left: MAX_READ_BYTES });
    let mut archive = Archive::default();
    for (count, entry) in (1..).zip(tar.entries_with_seek().map_err(unreadable(path))?) {
        let mut entry = entry.map_err(unreadable(path))?;
        if count > MAX_MEMBERS {
            let what = "the number of archive members";
            return Err(SourceError::Limit { path: path.to_owned(), what, value: count, limit: MAX_MEMBERS });
        }
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path().map_err(unreadable(path))?.into_owned();
        if name.extension().is_some_and(|extension| extension == "sigmf-meta") {
            let mut text = Vec::new();
            entry.read_to_end(&mut text).map_err(unreadable(path))?;
            archive.metadata.push((name, text));
        } else {
            let extent = Extent { at_byte: entry.raw_file_position(), bytes: entry.size() };
            if extent.at_byte.checked_add(extent.bytes).is_none_or(|end| end > length) {
                let reason = format!("archive member {name:?} ends behind the archive's end");
                return Err(SourceError::WrongLength { path: path.to_owned(), bytes: length, reason });
            }
            archive.data.insert(name, extent);
        }
    }
    Ok(archive)
}

/// What the system says stays as it is; what the archive's reader says may hold any bytes of the file.
fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> SourceError {
    move |error| match error.raw_os_error() {
        Some(_) => SourceError::io(path, "read")(error),
        None => SourceError::Malformed {
            path: path.to_owned(),
            what: "the archive".to_owned(),
            value: shorten(&error.to_string()),
            expected: "a tar file",
        },
    }
}

/// A file of which only so much is read, as a hostile header may call anything a name of that length.
struct Budget {
    file: BufReader<File>,
    left: u64,
}

impl Read for Budget {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.left = self
            .left
            .checked_sub(n as u64)
            .ok_or_else(|| io::Error::other(format!("one of more than {} MiB of metadata", MAX_READ_BYTES >> 20)))?;
        Ok(n)
    }
}

impl Seek for Budget {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

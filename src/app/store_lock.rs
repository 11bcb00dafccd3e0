//! One program at a time records into a store: of two, each would judge without what the other heard.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

/// Held as long as the process lives; `None` where the file system knows no locks.
#[derive(Debug)]
pub struct StoreLock {
    _file: Option<File>,
}

impl StoreLock {
    /// Takes the lock of a store.
    ///
    /// # Errors
    /// Where another program has it: who, and what to do.
    pub fn take(store: &Path) -> Result<Self> {
        let mut path = store.as_os_str().to_owned();
        path.push(".recording");
        let path = PathBuf::from(path);
        // Not truncated: until the lock is ours, the text is that of whoever has it.
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let locked = opened.map_err(TryLockError::Error).and_then(|file| file.try_lock().map(|()| file));
        match locked {
            Ok(mut file) => {
                // For people only: the lock itself is what counts.
                let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
                Ok(Self { _file: Some(file) })
            }
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(&path).unwrap_or_default();
                let process: String = process.chars().filter(char::is_ascii_digit).take(10).collect();
                bail!(
                    "{store}: another cellwarden (process {process}) records into this store; name another one with \
                     --store FILE, and bring the drives together afterwards with `cellwarden drives export` and \
                     `cellwarden drives import`",
                    store = store.display()
                )
            }
            // A full disk, or a file system without locks, is no reason not to record.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(%error, "{}: no lock: a second program is not kept out", path.display());
                Ok(Self { _file: None })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_the_second_learns_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = folder.path().join("s.sqlite");
        let first = StoreLock::take(&store).expect("free");
        let refused = StoreLock::take(&store).expect_err("taken").to_string();
        assert!(refused.contains(&std::process::id().to_string()) && refused.contains("--store"), "{refused}");
        StoreLock::take(&folder.path().join("other.sqlite")).expect("another store");
        drop(first);
        StoreLock::take(&store).expect("free again");
        StoreLock::take(&folder.path().join("no/folder/s.sqlite")).expect("no reason not to record");
    }
}

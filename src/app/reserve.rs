//! Room on the disk that is taken at the start, to be given up when the disk is full: for alerts and their evidence.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use nix::fcntl::posix_fallocate;

use super::disk::bytes_left;

/// Share of what is free that a reserve takes at most.
const MAX_SHARE: u64 = 8;

/// Room that is taken, or was given up.
#[derive(Debug)]
pub struct Reserve {
    path: PathBuf,
    bytes: u64,
    /// The file while it is held, under a lock: two programs have a reserve each.
    held: Option<File>,
}

impl Reserve {
    /// Takes room in a file, at most `bytes` and an eighth of what is free; a file that a killed program left is used
    /// again. A reserve that cannot be had holds 0 bytes.
    pub fn take(path: PathBuf, bytes: u64) -> Self {
        let left_behind = fs::metadata(&path).map_or(0, |facts| facts.len());
        let free = path.parent().and_then(bytes_left).map_or(0, |free| free.saturating_add(left_behind));
        let mut reserve = Self { path, bytes: bytes.min(free / MAX_SHARE), held: None };
        if let Err(error) = reserve.hold() {
            tracing::warn!(%error, "{}: no room is reserved", reserve.path.display());
            reserve.bytes = 0;
        }
        reserve
    }

    /// What it holds now, in bytes.
    pub fn held_bytes(&self) -> u64 {
        if self.held.is_some() { self.bytes } else { 0 }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the room up; whether there was any.
    pub fn release(&mut self) -> bool {
        let held = self.held.take();
        if held.is_some() {
            // Another program may have removed it.
            let _ = fs::remove_file(&self.path);
        }
        held.is_some()
    }

    /// Takes the room again, where it was given up and there is as much.
    ///
    /// # Errors
    /// What the system says; then nothing is taken.
    pub fn hold(&mut self) -> io::Result<()> {
        if self.held.is_some() || self.bytes == 0 {
            return Ok(());
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.path)?;
        file.try_lock()?;
        let bytes = i64::try_from(self.bytes).map_err(io::Error::other)?;
        let allocated =
            posix_fallocate(&file, 0, bytes).map_err(io::Error::from).and_then(|()| file.set_len(self.bytes));
        if let Err(error) = allocated {
            let _ = fs::remove_file(&self.path);
            return Err(error);
        }
        self.held = Some(file);
        Ok(())
    }
}

impl Drop for Reserve {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_taken_given_up_and_taken_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("reserve");
        let mut reserve = Reserve::take(path.clone(), 1 << 16);
        assert_eq!((reserve.held_bytes(), fs::metadata(&path).expect("a file").len()), (1 << 16, 1 << 16));
        assert!(reserve.release() && !path.exists());
        assert!(!reserve.release(), "it is given up once");
        reserve.hold().expect("room");
        let second = Reserve::take(path.clone(), 1 << 16);
        assert_eq!(second.held_bytes(), 0, "it is the first program's");
        drop(second);
        assert_eq!(fs::metadata(&path).expect("a file").len(), 1 << 16);
        drop(reserve);
        assert!(!path.exists());
        assert_eq!(Reserve::take(folder.path().join("no/folder"), 1 << 16).held_bytes(), 0);
    }
}

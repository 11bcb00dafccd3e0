//! Opens what was named without waiting in vain: pipes, devices and standard input may never give a byte.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::{fd::AsFd, unix::fs::OpenOptionsExt},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::SourceError;

/// How long to wait for bytes before looking whether they are still wanted.
const PATIENCE_MS: u8 = 100;

/// Opens a file; a pipe in its place could keep one waiting for ever.
pub(super) fn open_file(path: &Path) -> Result<File, SourceError> {
    if fs::metadata(path).is_ok_and(|facts| !facts.is_file()) {
        return Err(SourceError::NoFile { path: path.to_owned() });
    }
    File::open(path).map_err(SourceError::io(path, "open"))
}

/// A stream that ends where its writer ends it, or where `stop` is set.
pub(super) struct Stream {
    file: File,
    stop: Arc<AtomicBool>,
}

impl Stream {
    /// Opens a pipe or device. A pipe's writer may come later.
    pub fn open(path: &Path, stop: &Arc<AtomicBool>) -> Result<Self, SourceError> {
        let opened = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
        Ok(Self { file: opened.map_err(SourceError::io(path, "open"))?, stop: Arc::clone(stop) })
    }

    /// Standard input, as others left it.
    pub fn stdin(stop: &Arc<AtomicBool>) -> Result<Self, SourceError> {
        let own = io::stdin().as_fd().try_clone_to_owned().map_err(SourceError::io("-".as_ref(), "open"))?;
        Ok(Self { file: own.into(), stop: Arc::clone(stop) })
    }
}

impl Read for Stream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::Relaxed) {
            // Only a pipe that had a writer hangs up: one that waits for its first just has nothing yet.
            let mut waiting = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
            match poll(&mut waiting, PollTimeout::from(PATIENCE_MS)) {
                Ok(0) | Err(Errno::EINTR) => continue,
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
            match self.file.read(out) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
        Ok(0)
    }
}

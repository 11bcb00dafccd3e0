//! How much room is left where a drive is kept.

use std::path::Path;

use nix::sys::statvfs::statvfs;

/// Bytes that may still be written to the file system of this path; `None` where it cannot be told.
pub fn bytes_left(path: &Path) -> Option<u64> {
    let room = statvfs(path).ok()?;
    // Both are 32 bits wide on some systems.
    #[allow(clippy::useless_conversion)]
    u64::from(room.blocks_available()).checked_mul(room.fragment_size().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_space_is_reported_where_there_is_a_file_system() {
        assert!(bytes_left(Path::new(".")).is_some_and(|bytes| bytes > 0));
        assert_eq!(bytes_left(Path::new("/nonexistent/folder")), None);
    }
}

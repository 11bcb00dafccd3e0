//! SHA-512 of files.

use std::{
    io::Read,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use sha2::{Digest, Sha512};

use super::SourceError;

/// A SHA-512 digest.
pub(super) type Sha512Hash = [u8; 64];

/// The digest that 128 hexadecimal digits spell, or `None` where they do not.
pub(super) fn parse_sha512(text: &str) -> Option<Sha512Hash> {
    let mut hash = [0; 64];
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}

/// Checks that all that `bytes` still gives has this hash; once `stop` is set, nobody wants to know any more.
///
/// # Errors
/// [`SourceError::HashMismatch`], or [`SourceError::Io`] from reading.
pub(super) fn check_sha512(
    path: &Path,
    mut bytes: impl Read,
    want: &Sha512Hash,
    what: &'static str,
    stop: &AtomicBool,
) -> Result<(), SourceError> {
    let mut hasher = Sha512::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        if stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        match bytes.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => hasher.update(&chunk[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(SourceError::io(path, "read")(error)),
        }
    }
    let found: Sha512Hash = hasher.finalize().into();
    if found == *want {
        return Ok(());
    }
    let begin = |hash: &Sha512Hash| hex::encode(&hash[..6]);
    Err(SourceError::HashMismatch { path: path.to_owned(), what, expected: begin(want), found: begin(&found) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-4's example: SHA-512 of "abc".
    const ABC: &str = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
                       2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";

    #[test]
    fn the_printed_example_passes_and_another_text_does_not() {
        let want = parse_sha512(ABC).expect("128 digits");
        let path = Path::new("abc");
        let check = |bytes: &[u8], stop| check_sha512(path, bytes, &want, "core:sha512", &AtomicBool::new(stop));
        assert!(check(b"abc", false).is_ok());
        let error = check(b"abd", false).expect_err("other bytes");
        assert!(error.to_string().starts_with("abc: hash mismatch"), "{error}");
        assert!(check(b"abd", true).is_ok(), "not read to its end");
        assert_eq!(parse_sha512("ddaf"), None);
    }
}

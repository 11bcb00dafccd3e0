//! What changed from one list to the next, so that a scanner downloads kilobytes instead of the list.
//!
//! A delta is a zstd frame (RFC 8878) that has the old list as its prefix, as `zstd --patch-from` makes it too. It has no
//! signature of its own: what it makes of the old list must fit the signature of the new one, so that whoever hands it
//! out can forge nothing with it.

use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};
use thiserror::Error;

/// Largest list of which deltas are made and taken: it is held in memory.
pub const MAX_BASE: u64 = 512 << 20;

/// The most that zstd does at a usual pace.
const LEVEL: i32 = 19;

/// Powers of two that zstd has windows of.
const WINDOW_LOG: std::ops::RangeInclusive<u32> = 20..=31;

/// How many times as large as the old list the new one may be.
const GROWTH: u64 = 4;

/// Why a delta makes no list.
#[derive(Debug, Error)]
pub enum DeltaError {
    /// It is none, or not one of this list.
    #[error("it is damaged or starts from another list: {0}")]
    Damaged(io::Error),
    /// The list that it makes is too large.
    #[error("it makes a list of more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// The list cannot be written.
    #[error("cannot write: {0}")]
    Write(io::Error),
}

/// What is added to a list's address to get that of its delta from another: the other's hash.
#[must_use]
pub fn ending(base: &[u8]) -> String {
    format!(".from-{}", hex::encode(Sha256::digest(base)))
}

/// Whether this is the hash of a list, as [`ending`] writes it.
#[must_use]
pub fn is_base(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Writes the delta from one list to another.
///
/// # Errors
/// From writing, or where the lists are too large for zstd.
pub fn write(base: &[u8], list: &[u8], out: impl Write) -> io::Result<()> {
    let mut encoder = zstd::Encoder::with_ref_prefix(out, LEVEL, base)?;
    encoder.window_log(window_log(base.len() as u64 + list.len() as u64))?;
    encoder.long_distance_matching(true)?;
    encoder.include_checksum(true)?;
    encoder.set_pledged_src_size(Some(list.len() as u64))?;
    encoder.write_all(list)?;
    encoder.finish()?;
    Ok(())
}

/// Writes the list that a delta makes of another.
///
/// # Errors
/// See [`DeltaError`]; what was written until then is no list.
pub fn apply(base: &[u8], delta: impl Read, mut out: impl Write) -> Result<(), DeltaError> {
    // What comes from elsewhere says how much memory it wants: it gets what a list that grew may need.
    let limit = (base.len() as u64).max(1 << 20) * GROWTH;
    let mut decoder = zstd::Decoder::with_ref_prefix(io::BufReader::new(delta), base).map_err(DeltaError::Damaged)?;
    decoder.window_log_max(window_log(limit)).map_err(DeltaError::Damaged)?;
    let (mut buffer, mut made) = (vec![0; 1 << 16], 0);
    loop {
        let length = decoder.read(&mut buffer).map_err(DeltaError::Damaged)?;
        if length == 0 {
            return Ok(());
        }
        made += length as u64;
        if made > limit {
            return Err(DeltaError::TooLarge { limit });
        }
        out.write_all(&buffer[..length]).map_err(DeltaError::Write)?;
    }
}

fn window_log(bytes: u64) -> u32 {
    bytes.max(1).next_power_of_two().ilog2().clamp(*WINDOW_LOG.start(), *WINDOW_LOG.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(rows: std::ops::Range<u32>, changed: u32) -> Vec<u8> {
        let row = |n: u32| {
            let pci = if n.is_multiple_of(changed) { 7 } else { n.wrapping_mul(2_654_435_761) % 504 };
            format!("450-08,{:07x},femto,active,{pci},1550,cell number {n}\n", n.wrapping_mul(2_654_435_761) >> 4)
        };
        rows.map(row).collect::<String>().into_bytes()
    }

    fn made(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, DeltaError> {
        let mut out = Vec::new();
        apply(base, delta, &mut out).map(|()| out)
    }

    #[test]
    fn a_delta_makes_the_new_list_and_is_small() {
        let old = list(0..20_000, u32::MAX);
        for new in [list(0..20_000, 1000), list(100..20_100, u32::MAX), old.clone(), Vec::new()] {
            let mut delta = Vec::new();
            write(&old, &new, &mut delta).expect("written");
            assert_eq!(made(&old, &delta).expect("whole"), new);
            assert!(delta.len() * 100 < old.len(), "{} of {}", delta.len(), old.len());
        }
        let mut delta = Vec::new();
        write(b"", &old, &mut delta).expect("written");
        assert_eq!(made(b"", &delta).expect("from nothing"), old);
    }

    #[test]
    fn what_is_no_delta_of_this_list_makes_none() {
        let (old, new) = (list(0..5000, u32::MAX), list(0..5000, 50));
        let mut delta = Vec::new();
        write(&old, &new, &mut delta).expect("written");
        for bad in [&delta[..delta.len() / 2], &delta[..delta.len() - 1], b"no delta", &new] {
            assert!(matches!(made(&old, bad), Err(DeltaError::Damaged(_))));
        }
        for n in (0..delta.len()).step_by(7) {
            let mut forged = delta.clone();
            forged[n] ^= 0x10;
            assert!(made(&old, &forged).map_or(true, |list| list == new), "byte {n}");
        }
        assert!(made(&list(1..5001, u32::MAX), &delta).is_err(), "another base");
        // Some kilobytes that want to become gigabytes.
        let mut bomb = Vec::new();
        write(&old, &vec![b'0'; 64 << 20], &mut bomb).expect("written");
        assert!(bomb.len() < 1 << 16 && made(&old, &bomb).is_err());
    }

    #[test]
    fn a_base_is_named_by_its_hash() {
        let name = ending(b"");
        assert_eq!(name, ".from-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(is_base(&name[6..]) && !is_base(&name[5..]) && !is_base(&name[6..].to_uppercase()) && !is_base(".."));
    }
}

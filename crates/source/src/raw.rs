//! Raw recordings: what their first bytes and their statistics say.
//!
//! Some RTL-SDR tools put a header of 128 bytes first: eight times a double that never changes and a 64-bit value.

use lte_dsp::frontend::SampleFormat;

/// Length of the header that some tools put before the samples.
pub(super) const HEADER_BYTES: usize = 128;

/// The doubles that stand before the header's eight values.
const HEADER_MAGIC: [f64; 8] =
    [73492.215, -0.7923597, -189978508.0, 93.126712, -53243.129, 0.0008123898, -6.0098321, 237.09983];

/// What the 128-byte header says; kept for the log only, as its frequency can be a converter's intermediate one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub requested_hz: u64,
    pub programmed_hz: u64,
    pub requested_rate: u64,
    pub programmed_rate: u64,
}

/// The header at a file's beginning, or `None` where there are other bytes.
pub(super) fn read_header(beginning: &[u8]) -> Option<Header> {
    let header = beginning.first_chunk::<HEADER_BYTES>()?.as_chunks::<16>().0;
    let mut values = [0; 8];
    for ((entry, magic), value) in header.iter().zip(HEADER_MAGIC).zip(&mut values) {
        let (double, integer) = entry.split_at(8);
        if *double != magic.to_le_bytes() {
            return None;
        }
        *value = integer.iter().rev().fold(0, |n, &byte| n << 8 | u64::from(byte));
    }
    let [requested_hz, programmed_hz, requested_rate, programmed_rate, ..] = values;
    Some(Header { requested_hz, programmed_hz, requested_rate, programmed_rate })
}

/// Which of the two 8-bit formats these samples are: the one that makes them smaller on average. A signal below full
/// scale lies around 0 in one reading and around full scale in the other.
pub(super) fn guess_8_bit_format(samples: &[u8]) -> SampleFormat {
    let (signed, unsigned) = samples.iter().fold((0u64, 0u64), |(signed, unsigned), &x| {
        (signed + u64::from((x as i8).unsigned_abs()), unsigned + u64::from(x.abs_diff(127).min(x.abs_diff(128))))
    });
    if unsigned < signed { SampleFormat::Cu8 } else { SampleFormat::Ci8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_known_by_all_its_constants() {
        let values = [1_815_000_000u64, 1_815_000_001, 1_920_000, 1_920_001, 0, 0, 0, 0];
        let mut bytes: Vec<u8> =
            HEADER_MAGIC.iter().zip(values).flat_map(|(m, v)| [m.to_le_bytes(), v.to_le_bytes()].concat()).collect();
        let header = read_header(&bytes).expect("a header");
        assert_eq!((header.requested_hz, header.programmed_hz), (1_815_000_000, 1_815_000_001));
        assert_eq!((header.requested_rate, header.programmed_rate), (1_920_000, 1_920_001));
        assert_eq!(read_header(&bytes[..127]), None);
        bytes[112] ^= 1;
        assert_eq!(read_header(&bytes), None);
    }

    #[test]
    fn the_format_of_small_signals_is_detected() {
        let noise: Vec<i8> = (0..1000i32).map(|i| (i * 7919 % 21 - 10) as i8).collect();
        let signed: Vec<u8> = noise.iter().map(|&x| x as u8).collect();
        let unsigned: Vec<u8> = noise.iter().map(|&x| (i32::from(x) + 128) as u8).collect();
        assert_eq!(guess_8_bit_format(&signed), SampleFormat::Ci8);
        assert_eq!(guess_8_bit_format(&unsigned), SampleFormat::Cu8);
        assert_eq!(guess_8_bit_format(&[]), SampleFormat::Ci8);
    }
}

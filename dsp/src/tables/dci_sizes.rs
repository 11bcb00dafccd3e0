//! Sizes of the DCI formats that schedule the broadcast. TS 36.212 §5.3.3.1.

use super::rb_gap::{self, Gap};
use crate::cell::{Bandwidth, Duplex};

/// Sizes that a UE could mistake for another aggregation level. TS 36.212 Table 5.3.3.1.2-1.
static AMBIGUOUS: [usize; 10] = [12, 14, 16, 20, 24, 26, 32, 40, 44, 56];

/// Bits that tell a run of 1 to `blocks` contiguous blocks: ⌈log2(blocks·(blocks+1)/2)⌉. TS 36.212 §5.3.3.1.3.
fn run_bits(blocks: usize) -> usize {
    (blocks * (blocks + 1) / 2).next_power_of_two().trailing_zeros() as usize
}

/// Bits of format 1A's resource block assignment. TS 36.212 §5.3.3.1.3.
#[must_use]
pub fn assignment_bits_1a(bandwidth: Bandwidth) -> usize {
    run_bits(bandwidth.n_rb_dl())
}

/// Bits of format 1A's HARQ process number, reserved in the broadcast. TS 36.212 §5.3.3.1.3.
#[must_use]
pub fn harq_bits(duplex: Duplex) -> usize {
    match duplex {
        Duplex::Fdd => 3,
        Duplex::Tdd => 4,
    }
}

/// Bits of format 1A's downlink assignment index, reserved in the broadcast. TS 36.212 §5.3.3.1.3.
#[must_use]
pub fn assignment_index_bits(duplex: Duplex) -> usize {
    match duplex {
        Duplex::Fdd => 0,
        Duplex::Tdd => 2,
    }
}

/// Payload bits of format 1A in the common search space, with padding. TS 36.212 §5.3.3.1.3.
///
/// Format 0, to which 1A would be padded, is one bit shorter as long as the uplink is no wider than the downlink.
#[must_use]
pub fn format_1a_bits(bandwidth: Bandwidth, duplex: Duplex) -> usize {
    // Format flag, distribution flag, MCS, new data indicator, redundancy version, TPC.
    let fixed = 1 + 1 + 5 + 1 + 2 + 2;
    let bits = fixed + assignment_bits_1a(bandwidth) + harq_bits(duplex) + assignment_index_bits(duplex);
    bits + usize::from(AMBIGUOUS.contains(&bits))
}

/// Bits of format 1C's resource block assignment. TS 36.212 §5.3.3.1.4.
#[must_use]
pub fn assignment_bits_1c(bandwidth: Bandwidth) -> usize {
    // A second gap never has more blocks than the first.
    let blocks = rb_gap::n_vrb_dl(bandwidth, Gap::First).unwrap_or(0);
    run_bits(blocks / rb_gap::n_rb_step(bandwidth))
}

/// Payload bits of format 1C. TS 36.212 §5.3.3.1.4.
#[must_use]
pub fn format_1c_bits(bandwidth: Bandwidth) -> usize {
    usize::from(rb_gap::has_second_gap(bandwidth)) + assignment_bits_1c(bandwidth) + 5
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recomputed by hand from the fields: 1A 20, 22, 24, 26, 27, 28 bits for FDD, three more for TDD, one more where
    /// ambiguous; 1C as TS 36.212 lists its fields.
    #[test]
    fn sizes_by_bandwidth() {
        assert_eq!(Bandwidth::ALL.map(|b| format_1a_bits(b, Duplex::Fdd)), [21, 22, 25, 27, 27, 28]);
        assert_eq!(Bandwidth::ALL.map(|b| format_1a_bits(b, Duplex::Tdd)), [23, 25, 27, 29, 30, 31]);
        assert_eq!(Bandwidth::ALL.map(format_1c_bits), [8, 10, 12, 13, 14, 15]);
    }

    #[test]
    fn no_size_is_ambiguous() {
        for bandwidth in Bandwidth::ALL {
            for duplex in [Duplex::Fdd, Duplex::Tdd] {
                assert!(!AMBIGUOUS.contains(&format_1a_bits(bandwidth, duplex)));
            }
        }
    }
}

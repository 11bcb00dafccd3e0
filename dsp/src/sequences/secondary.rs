//! Secondary synchronisation sequence. TS 36.211 §6.11.2.

use crate::cell::{NId1, NId2};

/// Length of d(n).
pub const SSS_LEN: usize = 62;

/// Which half of the radio frame an SSS stands in: subframe 0 or 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HalfFrame {
    /// Subframe 0.
    First,
    /// Subframe 5.
    Second,
}

/// A length-31 m-sequence of ±1 with x(i+5) = Σ x(i+tap) and initial state 0, 0, 0, 0, 1.
const fn m_sequence(taps: &[usize]) -> [i8; 31] {
    let mut x = [0u8; 36];
    x[4] = 1;
    let mut i = 0;
    while i < 31 {
        let mut tap = 0;
        while tap < taps.len() {
            x[i + 5] ^= x[i + taps[tap]];
            tap += 1;
        }
        i += 1;
    }
    let mut out = [0i8; 31];
    i = 0;
    while i < 31 {
        out[i] = 1 - 2 * x[i] as i8;
        i += 1;
    }
    out
}

pub(crate) static S: [i8; 31] = m_sequence(&[2, 0]);
pub(crate) static C: [i8; 31] = m_sequence(&[3, 0]);
pub(crate) static Z: [i8; 31] = m_sequence(&[4, 2, 1, 0]);

/// The indices m_0 and m_1 of a group. TS 36.211 Table 6.11.2.1-1, by its formula.
#[must_use]
pub fn sss_indices(n_id_1: NId1) -> (usize, usize) {
    let n = usize::from(n_id_1.get());
    let q_prime = n / 30;
    let q = (n + q_prime * (q_prime + 1) / 2) / 30;
    let m_prime = n + q * (q + 1) / 2;
    let m_0 = m_prime % 31;
    (m_0, (m_0 + m_prime / 31 + 1) % 31)
}

/// The sequence d(n), n = 0…61, as ±1, in ascending frequency around the unused DC. TS 36.211 §6.11.2.1.
#[must_use]
pub fn sss(n_id_1: NId1, n_id_2: NId2, half: HalfFrame) -> [f32; SSS_LEN] {
    let (m_0, m_1) = sss_indices(n_id_1);
    let shift = usize::from(n_id_2.get());
    let (even, odd) = match half {
        HalfFrame::First => (m_0, m_1),
        HalfFrame::Second => (m_1, m_0),
    };
    std::array::from_fn(|i| {
        let n = i / 2;
        let value = if i % 2 == 0 {
            S[(n + even) % 31] * C[(n + shift) % 31]
        } else {
            S[(n + odd) % 31] * C[(n + shift + 3) % 31] * Z[(n + even % 8) % 31]
        };
        f32::from(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First, some middle and the last rows of Table 6.11.2.1-1.
    #[test]
    fn indices_match_the_table() {
        for (n_id_1, m_0, m_1) in [(0, 0, 1), (29, 29, 30), (30, 0, 2), (59, 0, 3), (87, 0, 4), (167, 2, 9)] {
            let n_id_1 = NId1::new(n_id_1).expect("in range");
            assert_eq!(sss_indices(n_id_1), (m_0, m_1), "{n_id_1:?}");
        }
    }

    #[test]
    fn m_sequences_are_balanced() {
        for sequence in [&S, &C, &Z] {
            assert_eq!(sequence.iter().map(|&v| i32::from(v)).sum::<i32>(), -1);
        }
    }

    #[test]
    fn all_groups_and_halves_differ() {
        let mut all = Vec::new();
        for n in 0..NId1::COUNT {
            for half in [HalfFrame::First, HalfFrame::Second] {
                all.push(sss(NId1::new(n).expect("in range"), NId2::ALL[0], half).map(|v| v as i8));
            }
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * usize::from(NId1::COUNT));
    }
}

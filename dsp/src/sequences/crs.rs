//! Cell-specific reference signals. TS 36.211 §6.10.1.

use num_complex::Complex32;

use crate::{
    cell::{Bandwidth, CyclicPrefix, Pci},
    sequences::gold::GoldSequence,
};

/// N_RB^max,DL, for which the sequence is made whatever the cell's bandwidth.
const N_RB_MAX_DL: usize = 110;

/// Whether symbol `l` of a slot carries reference signals of antenna port `port`. TS 36.211 §6.10.1.2.
#[must_use]
pub fn has_crs(cp: CyclicPrefix, port: usize, l: usize) -> bool {
    match port {
        0 | 1 => l == 0 || l == cp.symbols_per_slot() - 3,
        _ => l == 1,
    }
}

/// The first subcarrier, 0–5, of port `port`'s reference signals in symbol `l` of slot `n_s`: (v + v_shift) mod 6.
/// TS 36.211 §6.10.1.2.
#[must_use]
pub fn crs_offset(pci: Pci, port: usize, n_s: usize, l: usize) -> usize {
    let v = match (port, l) {
        (0, 0) => 0,
        (0, _) => 3,
        (1, 0) => 3,
        (1, _) => 0,
        (2, _) => 3 * (n_s % 2),
        _ => 3 + 3 * (n_s % 2),
    };
    (v + usize::from(pci.get()) % 6) % 6
}

/// The reference values r(m') of symbol `l` of slot `n_s`, one for each of the 2·N_RB^DL elements that carry them, in
/// ascending frequency; the same for every port. TS 36.211 §6.10.1.1.
pub fn crs_sequence(
    pci: Pci,
    cp: CyclicPrefix,
    bandwidth: Bandwidth,
    n_s: usize,
    l: usize,
) -> impl Iterator<Item = Complex32> {
    let n_id = u32::from(pci.get());
    let n_cp = u32::from(cp == CyclicPrefix::Normal);
    let c_init = (1 << 10) * (7 * (n_s as u32 + 1) + l as u32 + 1) * (2 * n_id + 1) + 2 * n_id + n_cp;
    let n_rb_dl = bandwidth.n_rb_dl();
    let mut c = GoldSequence::new(c_init);
    c.advance(2 * (N_RB_MAX_DL - n_rb_dl));
    (0..2 * n_rb_dl).map(move |_| {
        let mut level =
            || if c.next() == Some(true) { -std::f32::consts::FRAC_1_SQRT_2 } else { std::f32::consts::FRAC_1_SQRT_2 };
        Complex32::new(level(), level())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_of_one_symbol_never_share_an_element() {
        for value in 0..Pci::COUNT {
            let pci = Pci::new(value).expect("in range");
            for n_s in 0..2 {
                assert_ne!(crs_offset(pci, 0, n_s, 0), crs_offset(pci, 1, n_s, 0));
                assert_ne!(crs_offset(pci, 2, n_s, 1), crs_offset(pci, 3, n_s, 1));
            }
        }
    }

    /// The sequence is made for 110 blocks and cut from the middle: a narrow carrier sees the middle of a wide one's.
    #[test]
    fn a_narrow_bandwidth_sees_the_middle_of_a_wide_one() {
        let pci = Pci::new(301).expect("in range");
        let of = |bandwidth| crs_sequence(pci, CyclicPrefix::Normal, bandwidth, 3, 4).collect::<Vec<_>>();
        assert_eq!(of(Bandwidth::Rb6)[..], of(Bandwidth::Rb100)[2 * 47..2 * 53]);
    }
}

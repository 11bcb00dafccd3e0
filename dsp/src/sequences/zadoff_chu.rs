//! Primary synchronisation sequence. TS 36.211 §6.11.1.

use num_complex::Complex32;

use crate::cell::NId2;

/// Length of d(n).
pub const PSS_LEN: usize = 62;

/// Root index u by N_ID^(2). TS 36.211 Table 6.11.1.1-1.
static ROOT: [u32; 3] = [25, 29, 34];

/// The sequence d_u(n), n = 0…61, in ascending frequency around the unused DC. TS 36.211 §6.11.1.1.
#[must_use]
pub fn pss(n_id_2: NId2) -> [Complex32; PSS_LEN] {
    let u = ROOT[usize::from(n_id_2.get())];
    std::array::from_fn(|n| {
        let n = n as u32;
        let product = if n < 31 { n * (n + 1) } else { (n + 1) * (n + 2) };
        // e^{-jπx/63} repeats every 126 in x.
        let x = f64::from(u * product % 126);
        let (im, re) = (-std::f64::consts::PI * x / 63.0).sin_cos();
        Complex32::new(re as f32, im as f32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_punctured_zadoff_chu_sequence() {
        for n_id_2 in NId2::ALL {
            let d = pss(n_id_2);
            assert!(d.iter().all(|v| (v.norm() - 1.0).abs() < 1e-6));
            // An odd-length Zadoff-Chu sequence is symmetric about its middle, here the punctured DC.
            for n in 0..31 {
                assert!((d[n] - d[61 - n]).norm() < 1e-5, "n {n}");
            }
        }
    }

    #[test]
    fn roots_29_and_34_are_conjugates() {
        let (a, b) = (pss(NId2::ALL[1]), pss(NId2::ALL[2]));
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b.conj()).norm() < 1e-5));
    }
}

//! Correlations of a received SSS with all its sequences at once.
//!
//! Every shift of an m-sequence of 31 is a sign taken from the parity of some of five bits, those that the sequence shows
//! from n on: all 31 correlations are one Walsh-Hadamard transform of 32, in which nothing is multiplied.

use multiversion::multiversion;
use num_complex::Complex32;

/// Length of the sequences s̃, c̃ and z̃.
pub(crate) const LEN: usize = 31;
/// Shifts of the even elements modulo this tell what scrambles the odd ones.
const SCRAMBLINGS: usize = 8;

/// Shifts of the even elements, and one of padding.
const SHIFTS: usize = LEN + 1;

/// `[m_1][m_0]`: a value for each shift m_0 of the even elements and m_1 of the odd ones.
pub(crate) type Sums = [[f32; SHIFTS]; LEN];

/// What scrambles the elements of one N_ID^(2), ±1.
#[derive(Debug, Clone)]
pub(crate) struct Signs {
    /// The even elements: c_0.
    pub(crate) even: [f32; LEN],
    /// The odd ones by the shift of the even ones modulo 8: c_1·z_1.
    pub(crate) odd: [[f32; SCRAMBLINGS]; LEN],
}

/// `PLACES[n]`: the five values of x from x(n) on as a number, x(n) its lowest bit. x(i+5) = x(i+2) + x(i).
static PLACES: [u8; LEN] = {
    let mut places = [0; LEN];
    // x(0)…x(4) = 0, 0, 0, 0, 1.
    let mut state = 0b10000u8;
    let mut n = 0;
    while n < LEN {
        places[n] = state;
        let next = ((state >> 2) ^ state) & 1;
        state = state >> 1 | next << 4;
        n += 1;
    }
    places
};

/// `MASKS[m]`: which of the five bits from x(n) on have x(n+m) as their parity.
static MASKS: [u8; LEN] = {
    let mut masks = [1, 2, 4, 8, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut m = 5;
    while m < LEN {
        masks[m] = masks[m - 3] ^ masks[m - 5];
        m += 1;
    }
    masks
};

/// Adds `scale`²·|Σ_n y[2n]·even[n]·s̃(n+m_0) + Σ_n y[2n+1]·odd[n][m_0 mod 8]·s̃(n+m_1)|² for every m_0 and m_1.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate(y: &[Complex32; 2 * LEN], signs: &Signs, scale: f32, sums: &mut Sums) {
    let mut even = [[0.0; 2]; LEN + 1];
    let (mut odd_re, mut odd_im) = ([[0.0; SCRAMBLINGS]; LEN + 1], [[0.0; SCRAMBLINGS]; LEN + 1]);
    for n in 0..LEN {
        let place = usize::from(PLACES[n]);
        even[place] = [y[2 * n].re * signs.even[n] * scale, y[2 * n].im * signs.even[n] * scale];
        let (re, im) = (y[2 * n + 1].re * scale, y[2 * n + 1].im * scale);
        for z in 0..SCRAMBLINGS {
            odd_re[place][z] = re * signs.odd[n][z];
            odd_im[place][z] = im * signs.odd[n][z];
        }
    }
    walsh_hadamard(&mut even);
    walsh_hadamard(&mut odd_re);
    walsh_hadamard(&mut odd_im);
    let (mut even_re, mut even_im) = ([0.0; SHIFTS], [0.0; SHIFTS]);
    for m_0 in 0..LEN {
        let mask = usize::from(MASKS[m_0]);
        (even_re[m_0], even_im[m_0]) = (even[mask][0], even[mask][1]);
    }
    for (m_1, sums) in sums.iter_mut().enumerate() {
        let mask = usize::from(MASKS[m_1]);
        add_squares(&even_re, &odd_re[mask], sums);
        add_squares(&even_im, &odd_im[mask], sums);
    }
}

/// Adds (even\[m_0\] + odd\[m_0 mod 8\])² to each of `sums`. A function of its own: in the loop over rows, the compiler would
/// take its vectors across them and transpose everything.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn add_squares(even: &[f32; SHIFTS], odd: &[f32; SCRAMBLINGS], sums: &mut [f32; SHIFTS]) {
    let (even, sums) = (even.as_chunks::<SCRAMBLINGS>().0, sums.as_chunks_mut::<SCRAMBLINGS>().0);
    for (even, sums) in even.iter().zip(sums) {
        for z in 0..SCRAMBLINGS {
            let x = even[z] + odd[z];
            sums[z] += x * x;
        }
    }
}

/// Row u becomes Σ_v (-1)^{parity of u & v} row v.
#[inline(always)]
fn walsh_hadamard<const WIDTH: usize>(rows: &mut [[f32; WIDTH]; LEN + 1]) {
    for half in [16, 8, 4, 2, 1] {
        for block in rows.chunks_exact_mut(2 * half) {
            let (a, b) = block.split_at_mut(half);
            for (a, b) in a.iter_mut().zip(b) {
                for i in 0..WIDTH {
                    (a[i], b[i]) = (a[i] + b[i], a[i] - b[i]);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequences::secondary::S;

    #[test]
    fn adds_up_what_its_definition_says() {
        let number = |n: usize| Complex32::new((n * n % 17) as f32 - 8.0, (n * 7 % 11) as f32 - 5.0);
        let sign = |n: usize, z: usize| if (n * n + z).is_multiple_of(3) { -1.0 } else { 1.0 };
        let signs = Signs {
            even: std::array::from_fn(|n| sign(n, SCRAMBLINGS)),
            odd: std::array::from_fn(|n| std::array::from_fn(|z| sign(n, z))),
        };
        let y: [Complex32; 2 * LEN] = std::array::from_fn(number);
        let naive = |from: usize, z: usize, m: usize| -> Complex32 {
            (0..LEN).map(|n| y[2 * n + from] * sign(n, z) * f32::from(S[(n + m) % LEN])).sum()
        };
        let mut sums = [[1.0; SHIFTS]; LEN];
        accumulate(&y, &signs, 0.5, &mut sums);
        for (m_1, sums) in sums.iter().enumerate() {
            for (m_0, sum) in sums.iter().enumerate().take(LEN) {
                // Whole numbers and halves throughout: nothing is rounded.
                let expected = 1.0 + 0.25 * (naive(0, SCRAMBLINGS, m_0) + naive(1, m_0 % 8, m_1)).norm_sqr();
                assert_eq!(*sum, expected, "{m_0}, {m_1}");
            }
        }
    }
}

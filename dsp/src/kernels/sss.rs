//! Correlations of a received SSS with all its sequences at once, a row of shifts a vector.

use multiversion::multiversion;
use num_complex::Complex32;

/// Length of the sequences s̃, c̃ and z̃.
pub(crate) const LEN: usize = 31;
/// One value for each of the 31 shifts, and one of padding.
pub(crate) type Row = [f32; 32];

/// Complex values of all shifts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Correlations {
    re: Row,
    im: Row,
}

/// Σ_n `y[2n + from]`·`signs[n]`·`rows[n][m]` for every m.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn correlate(y: &[Complex32; 2 * LEN], from: usize, signs: &[f32; LEN], rows: &[Row; LEN]) -> Correlations {
    let (mut re, mut im) = ([0.0; 32], [0.0; 32]);
    for n in 0..LEN {
        let (x_re, x_im) = (y[2 * n + from].re * signs[n], y[2 * n + from].im * signs[n]);
        for (re, row) in re.iter_mut().zip(&rows[n]) {
            *re += x_re * row;
        }
        for (im, row) in im.iter_mut().zip(&rows[n]) {
            *im += x_im * row;
        }
    }
    Correlations { re, im }
}

/// Adds `weight`·|even(m) + odd_{m mod 8}(m')|² to `sums[m][m']`.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate(even: &Correlations, odd: &[Correlations; 8], weight: f32, sums: &mut [Row; LEN]) {
    for (m, sums) in sums.iter_mut().enumerate() {
        let odd = &odd[m % 8];
        let (even_re, even_im) = (even.re[m], even.im[m]);
        for (sum, (re, im)) in sums.iter_mut().zip(odd.re.iter().zip(&odd.im)) {
            let (re, im) = (even_re + re, even_im + im);
            *sum += weight * (re * re + im * im);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_their_definitions() {
        let number = |n: usize| Complex32::new((n * n % 17) as f32 - 8.0, (n * 7 % 11) as f32 - 5.0);
        let rows: [Row; LEN] = std::array::from_fn(|n| std::array::from_fn(|m| ((n * m + m) % 5) as f32 - 2.0));
        let signs: [[f32; LEN]; 9] =
            std::array::from_fn(|z| std::array::from_fn(|n| if (n * n + z) % 3 == 0 { -1.0 } else { 1.0 }));
        let y: [Complex32; 2 * LEN] = std::array::from_fn(number);
        let naive = |from: usize, z: usize, m: usize| -> Complex32 {
            (0..LEN).map(|n| y[2 * n + from] * signs[z][n] * rows[n][m]).sum()
        };
        let mut sums = [[1.0; 32]; LEN];
        let odd = std::array::from_fn(|z| correlate(&y, 1, &signs[z], &rows));
        accumulate(&correlate(&y, 0, &signs[8], &rows), &odd, 0.5, &mut sums);
        for (m, sums) in sums.iter().enumerate() {
            for (m_odd, sum) in sums.iter().enumerate().take(LEN) {
                // Whole numbers throughout: nothing is rounded.
                assert_eq!(*sum, 1.0 + 0.5 * (naive(0, 8, m) + naive(1, m % 8, m_odd)).norm_sqr());
            }
        }
    }
}

//! Least squares: the mixture of known signals that comes closest to what was received.

use num_complex::Complex32;

/// Signals at most: one an antenna port.
const MOST: usize = 4;
/// What is added to each signal's energy, in parts of all of it: signals that differ by no more than the noise of their
/// estimates, as through flat channels, are not told apart.
const RIDGE: f32 = 1e-3;

/// The factors with which the sum of `parts`, the first four, comes closest to `seen`; 0 for parts of no power.
pub(super) fn fit(seen: &[Complex32], parts: &[Vec<Complex32>]) -> [Complex32; MOST] {
    let product = |a: &[Complex32], b: &[Complex32]| -> Complex32 { a.iter().zip(b).map(|(a, b)| a.conj() * b).sum() };
    let (mut a, mut b) = ([[Complex32::ZERO; MOST]; MOST], [Complex32::ZERO; MOST]);
    for (i, part) in parts.iter().enumerate().take(MOST) {
        b[i] = product(part, seen);
        for (j, other) in parts.iter().enumerate().take(MOST) {
            a[i][j] = product(part, other);
        }
    }
    let mut gains = [Complex32::ZERO; MOST];
    let ridge = RIDGE * (0..MOST).map(|i| a[i][i].re).sum::<f32>();
    if ridge <= 0.0 {
        return gains;
    }
    // Gauss's elimination; no pivot of a positive definite matrix is small.
    a.iter_mut().enumerate().for_each(|(i, row)| row[i] += ridge);
    for i in 0..MOST {
        for row in i + 1..MOST {
            let factor = a[row][i] / a[i][i];
            let (above, below) = a.split_at_mut(row);
            below[0].iter_mut().zip(&above[i]).for_each(|(x, y)| *x -= factor * y);
            let above = b[i];
            b[row] -= factor * above;
        }
    }
    for i in (0..MOST).rev() {
        let known: Complex32 = (i + 1..MOST).map(|j| a[i][j] * gains[j]).sum();
        gains[i] = (b[i] - known) / a[i][i];
    }
    gains
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mixture_that_was_sent_is_found() {
        let part = |n: usize| -> Vec<Complex32> { (0..62).map(|k| Complex32::cis((n * k * k) as f32)).collect() };
        let parts = [part(1), part(2), part(3)];
        let sent = [Complex32::new(0.3, -1.0), Complex32::ZERO, Complex32::new(-0.2, 0.1)];
        let mix = |k: usize| parts.iter().zip(sent).map(|(part, gain)| part[k] * gain).sum();
        let seen: Vec<Complex32> = (0..62).map(mix).collect();
        for (gain, sent) in fit(&seen, &parts).iter().zip(sent.into_iter().chain([Complex32::ZERO])) {
            assert!((gain - sent).norm() < 0.01, "{gain} for {sent}");
        }
        // Twice the same part cannot be told apart, but their sum is right.
        let same = fit(&parts[0], &[part(1), part(1)]);
        assert!((same.iter().sum::<Complex32>() - 1.0).norm() < 0.01);
        assert_eq!(fit(&seen, &[]), [Complex32::ZERO; MOST]);
    }
}

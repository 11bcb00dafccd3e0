//! Products of complex samples, in the shape that the compiler's vectors carry: real and imaginary parts stay
//! interleaved, factors that are worked out on the way are held doubled.
//!
//! No sum depends on the width of a vector and nothing is fused, so every processor gives the same bits.

use multiversion::multiversion;
use num_complex::{Complex32, Complex64};

/// Complex numbers a step.
const LANES: usize = 8;
/// Numbers between exact phases: rounding of the recurrence stays below 1e-5 over as many steps.
const RESYNC: usize = 64;

/// Factors of as many samples: the real part twice, and the imaginary one twice with the sign that the product needs.
#[derive(Clone, Copy)]
struct Doubled {
    re: [f32; 2 * LANES],
    im: [f32; 2 * LANES],
}

// Loops, no closures: one of those is a function without the processor's vectors and stays a call.
impl Doubled {
    #[inline(always)]
    fn new(factors: &[Complex64; LANES]) -> Self {
        let (mut re, mut im) = ([0.0; 2 * LANES], [0.0; 2 * LANES]);
        for i in 0..LANES {
            (re[2 * i], re[2 * i + 1]) = (factors[i].re as f32, factors[i].re as f32);
            (im[2 * i], im[2 * i + 1]) = (-factors[i].im as f32, factors[i].im as f32);
        }
        Self { re, im }
    }

    /// Each times the one of `other` in its place.
    #[inline(always)]
    fn times(&self, other: &Self) -> Self {
        let mut product = *self;
        for i in 0..2 * LANES {
            product.re[i] = self.re[i] * other.re[i] - self.im[i] * other.im[i];
            product.im[i] = self.im[i] * other.re[i] + self.re[i] * other.im[i];
        }
        product
    }

    /// `x`, each number times its factor.
    #[inline(always)]
    fn of(&self, x: &[f32; 2 * LANES]) -> [f32; 2 * LANES] {
        let mut swapped = [0.0; 2 * LANES];
        for i in 0..2 * LANES {
            swapped[i] = x[i ^ 1];
        }
        let mut y = [0.0; 2 * LANES];
        for i in 0..2 * LANES {
            y[i] = x[i] * self.re[i] + swapped[i] * self.im[i];
        }
        y
    }
}

/// A turn from each sample to the next, worked out for many samples.
pub(crate) struct Rotation {
    /// Its powers 0–7.
    powers: Doubled,
    /// Its eighth power.
    stride: Doubled,
    /// Its 64th power.
    resync: Complex64,
}

impl Rotation {
    /// The rotation by `step`, of magnitude 1.
    pub(crate) fn new(step: Complex64) -> Self {
        let square = step * step;
        let fourth = square * square;
        let low = [Complex64::ONE, step, square, square * step];
        let powers = std::array::from_fn(|i| if i < 4 { low[i] } else { low[i - 4] * fourth });
        let eighth = fourth * fourth;
        let sixteenth = eighth * eighth;
        let resync = (sixteenth * sixteenth) * (sixteenth * sixteenth);
        Self { powers: Doubled::new(&powers), stride: Doubled::new(&[eighth; LANES]), resync }
    }
}

/// Sets `out[n]` to `x[n]`·`first`·stepⁿ of the rotation, as far as both go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn rotate_into(x: &[Complex32], first: Complex64, rotation: &Rotation, out: &mut [Complex32]) {
    let mut exact = first;
    let len = x.len().min(out.len());
    let (x, out) = (&x[..len], &mut out[..len]);
    for (x, out) in x.chunks(RESYNC).zip(out.chunks_mut(RESYNC)) {
        let mut factors = rotation.powers.times(&Doubled::new(&[exact; LANES]));
        let (x, x_rest) = bytemuck::cast_slice::<Complex32, f32>(x).as_chunks();
        let (out, out_rest) = bytemuck::cast_slice_mut::<Complex32, f32>(out).as_chunks_mut();
        for (x, out) in x.iter().zip(out) {
            *out = factors.of(x);
            factors = factors.times(&rotation.stride);
        }
        let mut last = [0.0; 2 * LANES];
        last[..x_rest.len()].copy_from_slice(x_rest);
        out_rest.copy_from_slice(&factors.of(&last)[..x_rest.len()]);
        exact *= rotation.resync;
    }
}

/// Eight numbers times eight others.
#[inline(always)]
fn product(x: &[f32; 2 * LANES], y: &[f32; 2 * LANES]) -> [f32; 2 * LANES] {
    let mut product = [0.0; 2 * LANES];
    for i in 0..LANES {
        product[2 * i] = x[2 * i] * y[2 * i] - x[2 * i + 1] * y[2 * i + 1];
        product[2 * i + 1] = x[2 * i + 1] * y[2 * i] + x[2 * i] * y[2 * i + 1];
    }
    product
}

/// Sets `out[n]` to `x[n]`·`y[n]`, as far as all go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn multiply(x: &[Complex32], y: &[Complex32], out: &mut [Complex32]) {
    let len = x.len().min(y.len()).min(out.len());
    let (x, x_rest) = bytemuck::cast_slice::<Complex32, f32>(&x[..len]).as_chunks();
    let (y, y_rest) = bytemuck::cast_slice::<Complex32, f32>(&y[..len]).as_chunks();
    let (out, out_rest) = bytemuck::cast_slice_mut::<Complex32, f32>(&mut out[..len]).as_chunks_mut();
    for ((x, y), out) in x.iter().zip(y).zip(out) {
        *out = product(x, y);
    }
    let (mut x, mut y) = ([0.0; 2 * LANES], [0.0; 2 * LANES]);
    x[..x_rest.len()].copy_from_slice(x_rest);
    y[..y_rest.len()].copy_from_slice(y_rest);
    out_rest.copy_from_slice(&product(&x, &y)[..x_rest.len()]);
}

/// Adds `weight`·|x\[n\]|² to `sums[n]`, as far as both go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate_power(sums: &mut [f32], x: &[Complex32], weight: f32) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += weight * (x.re * x.re + x.im * x.im);
    }
}

/// Adds `weight`·x\[n\] to `sums[n]`, as far as both go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate_real(sums: &mut [f32], x: &[f32], weight: f32) {
    for (sum, x) in sums.iter_mut().zip(x) {
        *sum += weight * x;
    }
}

/// Σ|x\[n\]|² over each stretch of sixteen, the last one as far as it goes.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn powers_of_16(x: &[Complex32], sums: &mut [f32]) {
    for (x, sum) in x.chunks(16).zip(sums) {
        let mut powers = [0.0; 16];
        for (power, x) in powers.iter_mut().zip(x) {
            *power = x.re * x.re + x.im * x.im;
        }
        for half in [8, 4, 2, 1] {
            for i in 0..half {
                powers[i] += powers[i + half];
            }
        }
        *sum = powers[0];
    }
}

/// Adds |x\[n\]|² to one of sixteen sums after the other.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate_powers_of_16(x: &[Complex32], sums: &mut [f32; 16]) {
    let (whole, rest) = x.as_chunks::<16>();
    for x in whole {
        for i in 0..16 {
            sums[i] += x[i].re * x[i].re + x[i].im * x[i].im;
        }
    }
    for (sum, x) in sums.iter_mut().zip(rest) {
        *sum += x.re * x.re + x.im * x.im;
    }
}

/// Σ x\[n\]·y\[n\] over each stretch of sixteen, as far as all go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn sums_of_16(x: &[Complex32], y: &[Complex32], sums: &mut [Complex32]) {
    let x = bytemuck::cast_slice::<Complex32, f32>(x).as_chunks::<{ 2 * LANES }>().0.as_chunks::<2>().0;
    let y = bytemuck::cast_slice::<Complex32, f32>(y).as_chunks::<{ 2 * LANES }>().0.as_chunks::<2>().0;
    for ((x, y), sum) in x.iter().zip(y).zip(sums) {
        let (mut y, second) = (product(&x[0], &y[0]), product(&x[1], &y[1]));
        for i in 0..2 * LANES {
            y[i] += second[i];
        }
        for half in [8, 4, 2] {
            for i in 0..half {
                y[i] += y[i + half];
            }
        }
        *sum = Complex32::new(y[0], y[1]);
    }
}

/// Turns that are tried at once.
pub(crate) const TURNS: usize = 2 * LANES;

/// Turns from one part of a sum to the next, real and imaginary parts apart.
pub(crate) struct Turns {
    re: [f32; TURNS],
    im: [f32; TURNS],
}

impl Turns {
    /// These turns, the others none.
    pub(crate) fn new(turns: impl IntoIterator<Item = Complex32>) -> Self {
        let (mut re, mut im) = ([1.0; TURNS], [0.0; TURNS]);
        for (i, turn) in turns.into_iter().take(TURNS).enumerate() {
            (re[i], im[i]) = (turn.re, turn.im);
        }
        Self { re, im }
    }
}

/// Adds `weight`·|Σ_i parts\[i\]·turnⁱ|² to the sum of each turn.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate_turned(parts: &[Complex32], turns: &Turns, weight: f32, sums: &mut [f32; TURNS]) {
    let (mut re, mut im) = ([0.0; TURNS], [0.0; TURNS]);
    for part in parts.iter().rev() {
        for i in 0..TURNS {
            let turned = re[i] * turns.re[i] - im[i] * turns.im[i];
            im[i] = re[i] * turns.im[i] + im[i] * turns.re[i] + part.im;
            re[i] = turned + part.re;
        }
    }
    for i in 0..TURNS {
        sums[i] += weight * (re[i] * re[i] + im[i] * im[i]);
    }
}

/// Sets each of `out` to the sum of twelve of `points`, weighted by a filter: the place of the first of them, and the
/// filter's number, are its one of `windows`. Filters hold each weight twice, for both parts of a number.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn interpolate(points: &[Complex32], filters: &[[f32; 24]], windows: &[(u16, u16)], out: &mut [Complex32]) {
    let points = bytemuck::cast_slice::<Complex32, f32>(points);
    for (&(first, filter), out) in windows.iter().zip(out) {
        let (points, weights) = (&points[2 * usize::from(first)..][..24], &filters[usize::from(filter)]);
        let mut sums = [0.0; 8];
        for i in 0..8 {
            sums[i] = points[i] * weights[i] + points[i + 8] * weights[i + 8] + points[i + 16] * weights[i + 16];
        }
        for half in [4, 2] {
            for i in 0..half {
                sums[i] += sums[i + half];
            }
        }
        *out = Complex32::new(sums[0], sums[1]);
    }
}

/// Points a step of [`interpolate_thirds`]: as many as leave their sums in registers.
const THIRDS: usize = 16;

/// The same for places a third of the points' distance apart, all of which have as many points on either side: sets
/// `out[3·n + r]` to the sum of twelve points from the n-th on, weighted by the r-th filter.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn interpolate_thirds(points: &[Complex32], filters: [&[f32; 24]; 3], out: &mut [Complex32]) {
    let points = bytemuck::cast_slice::<Complex32, f32>(points);
    let (whole, rest) = out.as_chunks_mut::<{ 3 * THIRDS }>();
    let done = 2 * THIRDS * whole.len();
    for (out, points) in whole.iter_mut().zip(points.windows(2 * (THIRDS + 11)).step_by(2 * THIRDS)) {
        *out = thirds(points, filters);
    }
    let mut last = [0.0; 2 * (THIRDS + 11)];
    let left = points[done..].len().min(last.len());
    last[..left].copy_from_slice(&points[done..][..left]);
    rest.copy_from_slice(&thirds(&last, filters)[..rest.len()]);
}

#[inline(always)]
fn thirds(points: &[f32], filters: [&[f32; 24]; 3]) -> [Complex32; 3 * THIRDS] {
    let mut sums = [[0.0; 2 * THIRDS]; 3];
    for i in 0..12 {
        for r in 0..3 {
            let weight = filters[r][2 * i];
            for n in 0..2 * THIRDS {
                sums[r][n] += points[2 * i + n] * weight;
            }
        }
    }
    let mut out = [Complex32::ZERO; 3 * THIRDS];
    for n in 0..THIRDS {
        for r in 0..3 {
            out[3 * n + r] = Complex32::new(sums[r][2 * n], sums[r][2 * n + 1]);
        }
    }
    out
}

/// Sets `out[n]` to the point on the line from `a[n]` to `b[n]` that is `part` of the way.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn along(a: &[Complex32], b: &[Complex32], part: f32, out: &mut [Complex32]) {
    for ((a, b), out) in a.iter().zip(b).zip(out) {
        *out = Complex32::new(a.re * (1.0 - part) + b.re * part, a.im * (1.0 - part) + b.im * part);
    }
}

/// Adds to each of `sums` the power by which its two of `x` differ from the line between two instants, `part` of the way:
/// there they are the first and the seventh of its twelve of `a` and `b`.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn add_residuals(x: &[Complex32], a: &[Complex32], b: &[Complex32], part: f32, sums: &mut [f32]) {
    for (((x, a), b), sum) in x.chunks_exact(2).zip(a.chunks(12)).zip(b.chunks(12)).zip(sums) {
        for (x, k) in x.iter().zip([0, 6]) {
            let re = x.re - (a[k].re * (1.0 - part) + b[k].re * part);
            let im = x.im - (a[k].im * (1.0 - part) + b[k].im * part);
            *sum += re * re + im * im;
        }
    }
}

/// Adds `weight`·`x[n]` to `sums[n]`, as far as both go.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn accumulate(sums: &mut [Complex32], x: &[Complex32], weight: f32) {
    let x = bytemuck::cast_slice::<Complex32, f32>(x);
    for (sum, x) in bytemuck::cast_slice_mut::<Complex32, f32>(sums).iter_mut().zip(x) {
        *sum += weight * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, seed: f32) -> Vec<Complex32> {
        (0..len).map(|n| Complex32::from_polar(1.0 + (n % 5) as f32, seed * (n * n) as f32)).collect()
    }

    #[test]
    fn rotates_as_the_definition_does_for_any_length() {
        let step = Complex64::cis(-0.123_456_789);
        let first = Complex64::cis(2.5) * 0.25;
        for len in [0, 1, 7, 8, 9, 63, 64, 65, 1000] {
            let x = numbers(len, 0.3);
            let mut y = vec![Complex32::ZERO; len];
            rotate_into(&x, first, &Rotation::new(step), &mut y);
            for (n, (x, y)) in x.iter().zip(&y).enumerate() {
                let exact = Complex64::new(x.re.into(), x.im.into()) * first * step.powi(n as i32);
                let error = (Complex64::new(y.re.into(), y.im.into()) - exact).norm();
                assert!(error < 2e-5, "length {len}, sample {n}: {error}");
            }
        }
    }

    #[test]
    fn products_and_powers_are_their_definitions() {
        for len in [0, 1, 15, 16, 31, 100] {
            let (x, y) = (numbers(len, 0.3), numbers(len, 0.7));
            let mut product = vec![Complex32::ONE; len];
            multiply(&x, &y, &mut product);
            assert!(product.iter().zip(x.iter().zip(&y)).all(|(p, (x, y))| *p == x * y), "length {len}");
            let mut sums = y.clone();
            accumulate(&mut sums, &x, 0.5);
            assert!(sums.iter().zip(x.iter().zip(&y)).all(|(s, (x, y))| *s == y + x * 0.5), "length {len}");
            let mut sums = vec![1.0; len];
            accumulate_power(&mut sums, &x, 0.5);
            assert!(sums.iter().zip(&x).all(|(s, x)| *s == 1.0 + 0.5 * x.norm_sqr()), "length {len}");
            let (mut sums, real) = (vec![1.0; len], x.iter().map(|x| x.re).collect::<Vec<f32>>());
            accumulate_real(&mut sums, &real, 0.5);
            assert!(sums.iter().zip(&x).all(|(s, x)| *s == 1.0 + 0.5 * x.re), "length {len}");
            let mut powers = [0.5; 16];
            accumulate_powers_of_16(&x, &mut powers);
            let naive: f32 = x.iter().map(Complex32::norm_sqr).sum();
            assert!((powers.iter().sum::<f32>() - 8.0 - naive).abs() < 1e-3 * (1.0 + naive), "length {len}");
            let mut powers = vec![-1.0; len.div_ceil(16)];
            powers_of_16(&x, &mut powers);
            for (power, x) in powers.iter().zip(x.chunks(16)) {
                let naive: f32 = x.iter().map(Complex32::norm_sqr).sum();
                assert!((power - naive).abs() < 1e-3, "length {len}: {power} for {naive}");
            }
        }
    }

    #[test]
    fn filters_and_lines_are_their_definitions() {
        let points = numbers(40, 0.3);
        let filters: [[f32; 24]; 2] = std::array::from_fn(|f| std::array::from_fn(|i| (f + i / 2) as f32 * 0.25));
        let windows = [(0, 0), (28, 1), (5, 1)];
        let mut out = [Complex32::ZERO; 3];
        interpolate(&points, &filters, &windows, &mut out);
        for ((first, filter), out) in windows.into_iter().zip(out) {
            let naive: Complex32 =
                (0..12).map(|i| points[usize::from(first) + i] * filters[usize::from(filter)][2 * i]).sum();
            assert!((out - naive).norm() < 1e-3, "{out} for {naive}");
        }
        let mut out = vec![Complex32::ZERO; 40];
        along(&points, &numbers(40, 0.7), 0.25, &mut out);
        for (n, (out, (a, b))) in out.iter().zip(points.iter().zip(numbers(40, 0.7))).enumerate() {
            assert!((out - (a * 0.75 + b * 0.25)).norm() < 1e-5, "{n}");
        }
    }

    #[test]
    fn thirds_and_residuals_are_their_definitions() {
        let points = numbers(60, 0.3);
        let filters: [[f32; 24]; 3] = std::array::from_fn(|r| std::array::from_fn(|i| (r + i / 2) as f32 * 0.25));
        for len in [0, 1, 47, 48, 49, 146] {
            let mut out = vec![Complex32::ZERO; len];
            interpolate_thirds(&points, filters.each_ref(), &mut out);
            for (n, out) in out.iter().enumerate() {
                let naive: Complex32 = (0..12).map(|i| points[n / 3 + i] * filters[n % 3][2 * i]).sum();
                assert!((out - naive).norm() < 1e-3, "{n} of {len}: {out} for {naive}");
            }
        }
        let (x, a, b) = (numbers(6, 0.1), numbers(31, 0.3), numbers(31, 0.7));
        let mut sums = [1.0; 3];
        add_residuals(&x, &a, &b, 0.25, &mut sums);
        for (block, sum) in sums.into_iter().enumerate() {
            let residual = |i: usize| x[2 * block + i] - (a[12 * block + 6 * i] * 0.75 + b[12 * block + 6 * i] * 0.25);
            let naive = 1.0 + residual(0).norm_sqr() + residual(1).norm_sqr();
            assert!((sum - naive).abs() < 1e-4, "{block}: {sum} for {naive}");
        }
    }

    #[test]
    fn sums_whole_stretches_only() {
        let (x, y) = (numbers(40, 0.3), numbers(40, 0.7));
        let mut sums = [Complex32::ZERO; 3];
        sums_of_16(&x, &y, &mut sums);
        for (i, sum) in sums.iter().take(2).enumerate() {
            let naive: Complex32 = (16 * i..16 * i + 16).map(|n| x[n] * y[n]).sum();
            assert!((sum - naive).norm() < 1e-3, "{sum} for {naive}");
        }
        assert_eq!(sums[2], Complex32::ZERO);
    }

    #[test]
    fn every_turn_has_its_power() {
        let parts = numbers(8, 0.3);
        let turns: Vec<Complex32> = (0..5).map(|i| Complex32::cis(0.4 * i as f32 - 1.0)).collect();
        let mut sums = [1.0; TURNS];
        accumulate_turned(&parts, &Turns::new(turns.iter().copied()), 0.5, &mut sums);
        for (turn, sum) in turns.iter().chain([&Complex32::ONE]).zip(sums) {
            let naive: Complex32 = parts.iter().enumerate().map(|(i, part)| part * turn.powu(i as u32)).sum();
            assert!((sum - 1.0 - 0.5 * naive.norm_sqr()).abs() < 1e-3, "{turn}: {sum} for {naive}");
        }
    }
}

//! Soft bits of QPSK over one antenna port or transmit diversity, many elements at once. TS 36.211 §6.3.4.
//!
//! Parts of numbers are taken apart first, so that the sums run over plain arrays; nothing is fused, so every processor
//! gives the same bits.

use multiversion::multiversion;
use num_complex::Complex32;

/// Elements a step; a multiple of two pairs.
pub(crate) const ELEMENTS: usize = 64;
const PAIRS: usize = ELEMENTS / 2;
/// Factor of log-likelihood ratios to what is matched.
const SCALE: f32 = 2.0 * std::f32::consts::SQRT_2;

/// What was received on some elements, and how it came there.
#[derive(Clone, Copy)]
pub(crate) struct Elements {
    pub(crate) y: [Complex32; ELEMENTS],
    /// Gains at two instants, of the port that sends the first symbol of a pair first, and of the other one.
    pub(crate) gains: [[[Complex32; ELEMENTS]; 2]; 2],
    /// How far of the way from one instant to the other each is.
    pub(crate) parts: [f32; ELEMENTS],
    pub(crate) noise: [f32; ELEMENTS],
}

impl Elements {
    pub(crate) const NONE: Self = Self {
        y: [Complex32::ZERO; ELEMENTS],
        gains: [[[Complex32::ZERO; ELEMENTS]; 2]; 2],
        parts: [0.0; ELEMENTS],
        noise: [1.0; ELEMENTS],
    };
}

/// Real and imaginary parts of the first and of the second number of each pair.
#[inline(always)]
fn apart(x: &[Complex32; ELEMENTS]) -> [[f32; PAIRS]; 4] {
    let mut parts = [[0.0; PAIRS]; 4];
    for i in 0..PAIRS {
        parts[0][i] = x[2 * i].re;
        parts[1][i] = x[2 * i].im;
        parts[2][i] = x[2 * i + 1].re;
        parts[3][i] = x[2 * i + 1].im;
    }
    parts
}

/// The same of a port's gains, times `scale`.
#[inline(always)]
fn gains_apart(elements: &Elements, port: usize, scale: f32) -> [[f32; PAIRS]; 4] {
    let [first, second] = &elements.gains[port];
    let mut gains = [Complex32::ZERO; ELEMENTS];
    for i in 0..ELEMENTS {
        let (a, b) = (scale * (1.0 - elements.parts[i]), scale * elements.parts[i]);
        gains[i] = Complex32::new(first[i].re * a + second[i].re * b, first[i].im * a + second[i].im * b);
    }
    apart(&gains)
}

/// The four soft bits of each pair, of what is matched; no knowledge where that is not finite.
#[inline(always)]
fn together(matched: &[[f32; PAIRS]; 4], soft: &mut [f32; 2 * ELEMENTS]) {
    for i in 0..PAIRS {
        for part in 0..4 {
            let llr = SCALE * matched[part][i];
            soft[4 * i + part] = if llr.is_finite() { llr } else { 0.0 };
        }
    }
}

/// Of one antenna port: h*·y / noise.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn one_port(elements: &Elements, soft: &mut [f32; 2 * ELEMENTS]) {
    let (y, h) = (apart(&elements.y), gains_apart(elements, 0, 1.0));
    let mut matched = [[0.0; PAIRS]; 4];
    for i in 0..PAIRS {
        for (which, part) in [(0, 0), (1, 2)] {
            let weight = 1.0 / elements.noise[2 * i + which];
            matched[part][i] = (h[part][i] * y[part][i] + h[part + 1][i] * y[part + 1][i]) * weight;
            matched[part + 1][i] = (h[part][i] * y[part + 1][i] - h[part + 1][i] * y[part][i]) * weight;
        }
    }
    together(&matched, soft);
}

/// Of transmit diversity: with y_0 = g_0 x_0 - h_0 x_1* and y_1* = h_1* x_0 + g_1* x_1*, each pair's unbiased minimum mean
/// square error solution.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn diversity(elements: &Elements, soft: &mut [f32; 2 * ELEMENTS]) {
    let y = apart(&elements.y);
    // Each port sends half the power.
    let g = gains_apart(elements, 0, std::f32::consts::FRAC_1_SQRT_2);
    let h = gains_apart(elements, 1, std::f32::consts::FRAC_1_SQRT_2);
    let mut matched = [[0.0; PAIRS]; 4];
    for i in 0..PAIRS {
        let (w_0, w_1) = (1.0 / elements.noise[2 * i], 1.0 / elements.noise[2 * i + 1]);
        let [y_0re, y_0im, y_1re, y_1im] = [y[0][i], y[1][i], y[2][i], y[3][i]];
        let [g_0re, g_0im, g_1re, g_1im] = [g[0][i], g[1][i], g[2][i], g[3][i]];
        let [h_0re, h_0im, h_1re, h_1im] = [h[0][i], h[1][i], h[2][i], h[3][i]];
        // z_0 = g_0* y_0 w_0 + h_1 y_1* w_1, z_1 = g_1 y_1* w_1 - h_0* y_0 w_0
        let z_0re = (g_0re * y_0re + g_0im * y_0im) * w_0 + (h_1re * y_1re + h_1im * y_1im) * w_1;
        let z_0im = (g_0re * y_0im - g_0im * y_0re) * w_0 + (h_1im * y_1re - h_1re * y_1im) * w_1;
        let z_1re = (g_1re * y_1re + g_1im * y_1im) * w_1 - (h_0re * y_0re + h_0im * y_0im) * w_0;
        let z_1im = (g_1im * y_1re - g_1re * y_1im) * w_1 - (h_0re * y_0im - h_0im * y_0re) * w_0;
        let energy_0 = (g_0re * g_0re + g_0im * g_0im) * w_0 + (h_1re * h_1re + h_1im * h_1im) * w_1 + 1.0;
        let energy_1 = (h_0re * h_0re + h_0im * h_0im) * w_0 + (g_1re * g_1re + g_1im * g_1im) * w_1 + 1.0;
        // What of x_1* is in z_0: h_1 g_1* w_1 - g_0* h_0 w_0.
        let leak_re = (h_1re * g_1re + h_1im * g_1im) * w_1 - (g_0re * h_0re + g_0im * h_0im) * w_0;
        let leak_im = (h_1im * g_1re - h_1re * g_1im) * w_1 - (g_0re * h_0im - g_0im * h_0re) * w_0;
        let (of_1, of_0) = (1.0 / energy_1, 1.0 / energy_0);
        matched[0][i] = z_0re - (leak_re * z_1re - leak_im * z_1im) * of_1;
        matched[1][i] = z_0im - (leak_re * z_1im + leak_im * z_1re) * of_1;
        matched[2][i] = z_1re - (leak_re * z_0re + leak_im * z_0im) * of_0;
        matched[3][i] = -(z_1im - (leak_re * z_0im - leak_im * z_0re) * of_0);
    }
    together(&matched, soft);
}

//! Powers of sums over runs of symbols, turned back by several frequencies at once.

use multiversion::multiversion;
use num_complex::Complex32;

/// Frequencies at once.
pub(crate) const AT_ONCE: usize = 8;
/// Sums of a symbol whose powers are added up.
pub(crate) const GROUPS: usize = 4;

/// A symbol whose elements are summed in groups of neighbours.
pub(crate) struct SymbolSums<const N: usize> {
    /// Slot.
    pub(crate) slot: i64,
    /// Whether it is the first of its slot's two.
    pub(crate) is_first: bool,
    /// Time in seconds.
    pub(crate) time: f64,
    /// The sums.
    pub(crate) groups: [Complex32; N],
}

/// A turn for each frequency, real and imaginary parts apart.
#[derive(Clone, Copy)]
pub(crate) struct Turns {
    re: [f32; AT_ONCE],
    im: [f32; AT_ONCE],
}

impl Turns {
    /// These turns.
    pub(crate) fn new(turns: [Complex32; AT_ONCE]) -> Self {
        Self { re: turns.map(|turn| turn.re), im: turns.map(|turn| turn.im) }
    }

    // Loops, no closures: one of those is a function without the processor's vectors and stays a call.
    #[inline(always)]
    fn times(&self, other: &Self) -> Self {
        let mut product = *self;
        for i in 0..AT_ONCE {
            product.re[i] = self.re[i] * other.re[i] - self.im[i] * other.im[i];
            product.im[i] = self.im[i] * other.re[i] + self.re[i] * other.im[i];
        }
        product
    }

    #[inline(always)]
    fn add_times(&mut self, turns: &Self, factor: Complex32) {
        for i in 0..AT_ONCE {
            self.re[i] += turns.re[i] * factor.re - turns.im[i] * factor.im;
            self.im[i] += turns.im[i] * factor.re + turns.re[i] * factor.im;
        }
    }
}

/// Adds `weight`·Σ|Σ_symbols group·turn|² over the groups of a run to the power of each frequency; from slot to slot it
/// turns by `slot`, from a slot's first symbol to its second by `second`.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
pub(crate) fn add_run_power(
    run: &[SymbolSums<GROUPS>],
    slot: &Turns,
    second: &Turns,
    weight: f32,
    powers: &mut [f32; AT_ONCE],
) {
    let mut turn = Turns { re: [1.0; AT_ONCE], im: [0.0; AT_ONCE] };
    let mut sums = [Turns { re: [0.0; AT_ONCE], im: [0.0; AT_ONCE] }; GROUPS];
    let mut at = if run.is_empty() { 0 } else { run[0].slot };
    for symbol in run {
        while at < symbol.slot {
            turn = turn.times(slot);
            at += 1;
        }
        let own = if symbol.is_first { turn } else { turn.times(second) };
        for (sum, group) in sums.iter_mut().zip(&symbol.groups) {
            sum.add_times(&own, *group);
        }
    }
    for sum in &sums {
        for (i, power) in powers.iter_mut().enumerate() {
            *power += weight * (sum.re[i] * sum.re[i] + sum.im[i] * sum.im[i]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_frequency_has_the_power_of_its_definition() {
        let symbol = |i: usize| SymbolSums {
            slot: (i * i / 4) as i64,
            is_first: i.is_multiple_of(2),
            time: 0.0,
            groups: std::array::from_fn(|g| Complex32::cis((i * (g + 1)) as f32)),
        };
        let run: Vec<SymbolSums<GROUPS>> = (3..12).map(symbol).collect();
        let of = |angle: f32| std::array::from_fn(|i| Complex32::cis(angle * i as f32));
        let (slot, second): ([Complex32; AT_ONCE], [Complex32; AT_ONCE]) = (of(0.1), of(0.3));
        let mut powers = [1.0; AT_ONCE];
        add_run_power(&run, &Turns::new(slot), &Turns::new(second), 0.5, &mut powers);
        for (i, power) in powers.into_iter().enumerate() {
            let naive: f32 = (0..GROUPS)
                .map(|g| {
                    let turned = run.iter().map(|s| {
                        let turn = slot[i].powi((s.slot - run[0].slot) as i32);
                        s.groups[g] * if s.is_first { turn } else { turn * second[i] }
                    });
                    turned.sum::<Complex32>().norm_sqr()
                })
                .sum();
            assert!((power - 1.0 - 0.5 * naive).abs() < 1e-3 * (1.0 + naive), "{i}: {power} for {naive}");
        }
    }
}

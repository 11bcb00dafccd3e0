//! OFDM demodulation of single symbols: only those that are needed, each at its exact place. TS 36.211 §6.12.

use std::ops::{Range, RangeInclusive};

use num_complex::{Complex32, Complex64};

use crate::{
    cell::{CyclicPrefix, Duplex, Pci, mbsfn::MbsfnSubframes},
    fft::Transforms,
    frontend::{
        channelise::{CarrierStream, StreamView},
        mixer::{self, Mixer, exact_cis},
    },
    kernels::complex,
    units::Hertz,
};

/// Samples at 1.92 MS/s a slot, a subframe, a half frame and a frame.
pub const SLOT: usize = 960;
/// Samples at 1.92 MS/s a subframe.
pub const SUBFRAME: usize = 2 * SLOT;
/// Samples at 1.92 MS/s a radio frame.
pub const FRAME: usize = 10 * SUBFRAME;
/// Samples at 1.92 MS/s an OFDM symbol without its prefix.
pub const SYMBOL: usize = 128;

/// Share of the short prefix by which a symbol's window begins early: a cell's timing is the centre of gravity of its paths'
/// delays, and of two that are equally strong, up to a prefix apart, neither leaves the window.
const EARLY_SHARE: f64 = 0.5;

/// Samples at 1.92 MS/s from a slot's start to the end of the prefix of symbol `l`. TS 36.211 Table 6.12-1.
#[must_use]
pub fn symbol_start(cp: CyclicPrefix, l: usize) -> usize {
    match cp {
        CyclicPrefix::Normal => 10 + l * (SYMBOL + 9),
        CyclicPrefix::Extended => 32 + l * (SYMBOL + 32),
    }
}

/// Samples at 1.92 MS/s of the shortest prefix of a slot's symbols. TS 36.211 Table 6.12-1.
#[must_use]
pub fn prefix(cp: CyclicPrefix) -> usize {
    symbol_start(cp, 1) - symbol_start(cp, 0) - SYMBOL
}

/// Samples at 1.92 MS/s by which a symbol's window begins early.
fn early(cp: CyclicPrefix) -> f64 {
    EARLY_SHARE * prefix(cp) as f64
}

/// A cell and where its frames are: all that demodulation needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CellSync {
    /// Physical-layer identity.
    pub pci: Pci,
    /// Frame structure.
    pub duplex: Duplex,
    /// Cyclic prefix.
    pub cp: CyclicPrefix,
    /// Start of a radio frame, in samples at 1.92 MS/s of the receiver's clock from the stream's first sample.
    pub frame_start: f64,
    /// Relative excess of the receiver's sample clock: a frame lasts 10 ms times 1 + this.
    pub clock_excess: f64,
    /// The carrier's offset from the recording's centre.
    pub offset: Hertz,
    /// MBSFN subframes, as far as they are known.
    pub mbsfn: MbsfnSubframes,
}

impl CellSync {
    /// Symbols of a downlink subframe, counted from the frame's start, that may carry cell-specific reference signals.
    /// TS 36.211 §6.10.1.2.
    #[must_use]
    pub fn symbols_with_crs(&self, subframe: i64) -> usize {
        if self.mbsfn.contains(subframe) { MbsfnSubframes::CONTROL_SYMBOLS } else { self.cp.symbols_per_subframe() }
    }

    /// Where a place `samples` (at 1.92 MS/s of the transmitter) after the frame's start is on the receiver's clock.
    #[must_use]
    pub fn at(&self, samples: f64) -> f64 {
        self.frame_start + samples * (1.0 + self.clock_excess)
    }

    /// Where a slot, subframe or frame of this `length` is, by its number counted from the frame's start, in samples at 1.92 MS/s
    /// from the recording's first.
    #[must_use]
    pub fn span(&self, number: i64, length: usize) -> Range<f64> {
        let [from, to] = [number, number + 1].map(|n| self.at(n as f64 * length as f64));
        from..to
    }

    /// What demodulation reads of a subframe, in samples at 1.92 MS/s from the stream's first: its symbols without most of
    /// their prefixes, so that cells in step with each other do not reach into each other's neighbouring subframes.
    #[must_use]
    pub fn windows(&self, subframe: i64) -> Range<f64> {
        let start = subframe as f64 * SUBFRAME as f64;
        // Windows begin at whole samples.
        let [from, to] =
            [start + symbol_start(self.cp, 0) as f64, start + SUBFRAME as f64].map(|at| self.at(at) - early(self.cp));
        from - 1.0..to + 1.0
    }

    /// Numbers, counted from the frame's start, of the slots, subframes or frames of which the stream may hold a part, by
    /// their `length`: [`SLOT`], [`SUBFRAME`] or [`FRAME`].
    #[must_use]
    pub fn numbers_in(&self, stream: StreamView<'_>, length: usize) -> RangeInclusive<i64> {
        let length = length as f64 * (1.0 + self.clock_excess);
        let [begin, held] = [stream.first, stream.samples.len()].map(|n| n as f64 / stream.multiple() as f64);
        let first = ((begin - self.frame_start) / length).floor() as i64;
        first..=first + (held / length) as i64 + 1
    }
}

/// Demodulates symbols; owns its transform and buffers.
pub struct OfdmDemodulator {
    fft: Transforms,
    buffer: Vec<Complex32>,
    /// A symbol with its prefix.
    symbol: Vec<Complex32>,
    /// What shifts a symbol from its first sample on, with the shift in cycles a sample and the symbol's length: those of the
    /// last one, mostly the next one's as well.
    shift: (Vec<Complex32>, f64, usize),
}

/// A symbol as its transform gives it: subcarrier k, counted from the carrier's centre, is bin k modulo their number, still
/// to be turned by k·`step` cycles and multiplied by `factor`.
pub(crate) struct TransformedSymbol<'a> {
    bins: &'a [Complex32],
    step: f64,
    factor: Complex64,
}

impl TransformedSymbol<'_> {
    /// Power of all of `count` elements around the carrier's centre.
    pub(crate) fn power(&self, count: usize) -> f32 {
        let half = count / 2;
        let mut powers = [0.0; 16];
        complex::accumulate_powers_of_16(&self.bins[self.bins.len() - half..], &mut powers);
        complex::accumulate_powers_of_16(&self.bins[1..=half], &mut powers);
        powers.iter().sum::<f32>() * self.factor.norm_sqr() as f32
    }

    /// Every third of 3·`N` elements around the carrier's centre, from the `first` on.
    pub(crate) fn every_third<const N: usize>(&self, first: usize) -> [Complex32; N] {
        let half = 3 * N / 2;
        let single = |x: Complex64| Complex32::new(x.re as f32, x.im as f32);
        let step = exact_cis(self.step);
        let third = step * step * step;
        // The turn of the first element: 3·N/2 subcarriers down from the centre, and `first` up.
        let back = third.conj().powu(N as u32 / 2) * (0..first).fold(Complex64::ONE, |turn, _| turn * step);
        let mut turn = single(back * self.factor);
        let (step, third) = (single(step), single(third));
        let below = self.bins[self.bins.len() - half..].as_chunks::<3>().0;
        let above = self.bins[1..=half].as_chunks::<3>().0;
        let mut elements = [Complex32::ZERO; N];
        let (lower, upper) = elements.split_at_mut(N / 2);
        for (element, bins) in lower.iter_mut().zip(below) {
            *element = bins[first] * turn;
            turn *= third;
        }
        // There is no subcarrier 0.
        turn *= step;
        for (element, bins) in upper.iter_mut().zip(above) {
            *element = bins[first] * turn;
            turn *= third;
        }
        elements
    }
}

impl OfdmDemodulator {
    /// A demodulator for streams of any rate.
    #[must_use]
    pub fn new() -> Self {
        Self { fft: Transforms::new(), buffer: Vec::new(), symbol: Vec::new(), shift: (Vec::new(), 0.0, 0) }
    }

    /// Resource elements of symbol `l` of slot `slot` (counted from the frame's start; it may be negative or beyond one
    /// frame), `out.len()` of them around the carrier's centre, k ascending without DC.
    ///
    /// The power of an element is that of its subcarrier: a full-scale tone gives 1. Returns false, `out` untouched,
    /// where the stream does not hold the whole symbol.
    ///
    /// # Panics
    /// If the stream's transform has fewer than `out.len() + 1` points.
    pub fn symbol(
        &mut self,
        stream: StreamView<'_>,
        sync: &CellSync,
        slot: i64,
        l: usize,
        out: &mut [Complex32],
    ) -> bool {
        let n = SYMBOL * stream.multiple();
        assert_fit(out.len(), n);
        let Some(TransformedSymbol { bins, step, factor }) = self.transform(stream, sync, slot, l) else {
            return false;
        };
        let half = out.len() / 2;
        mixer::shift_around_zero((&bins[n - half..], &bins[1..=half]), step, factor, out.split_at_mut(half));
        true
    }

    /// The same of some stretches of the subcarriers alone, none of which has the carrier's centre between two of its.
    ///
    /// # Panics
    /// If the stream's transform has fewer than `out.len() + 1` points, or if a stretch is beyond `out`.
    pub fn symbol_parts(
        &mut self,
        stream: StreamView<'_>,
        sync: &CellSync,
        slot: i64,
        l: usize,
        parts: impl IntoIterator<Item = Range<usize>>,
        out: &mut [Complex32],
    ) -> bool {
        let n = SYMBOL * stream.multiple();
        assert_fit(out.len(), n);
        let Some(TransformedSymbol { bins, step, factor }) = self.transform(stream, sync, slot, l) else {
            return false;
        };
        let (turn, half) = (Mixer::new(step), out.len() / 2);
        for part in parts {
            // The centre itself is left out.
            let (place, bin) = if part.start < half {
                (part.start as f64 - half as f64, n - half + part.start)
            } else {
                ((part.start - half + 1) as f64, part.start - half + 1)
            };
            turn.shift_scaled(&bins[bin..bin + part.len()], place, factor, &mut out[part]);
        }
        true
    }

    /// The transform of symbol `l` of slot `slot`; `None` where the stream does not hold the whole symbol.
    pub(crate) fn transform(
        &mut self,
        stream: StreamView<'_>,
        sync: &CellSync,
        slot: i64,
        l: usize,
    ) -> Option<TransformedSymbol<'_>> {
        let multiple = stream.multiple();
        let n = SYMBOL * multiple;
        let nominal = slot as f64 * SLOT as f64 + symbol_start(sync.cp, l) as f64;
        let start = sync.at(nominal) * multiple as f64;
        let window = (start - early(sync.cp) * multiple as f64).round();
        let first = window - stream.first as f64;
        if first < 0.0 || first + n as f64 > stream.samples.len() as f64 {
            return None;
        }
        let first = first as usize;
        self.buffer.resize(n, Complex32::ZERO);
        let cycles_per_sample = -(sync.offset.0 - stream.centre.0) / stream.rate.hz();
        if (self.shift.1, self.shift.2) != (cycles_per_sample, n) {
            self.shift.0.resize(n, Complex32::ZERO);
            self.buffer.fill(Complex32::ONE);
            Mixer::new(cycles_per_sample).shift(&self.buffer, 0.0, &mut self.shift.0);
            (self.shift.1, self.shift.2) = (cycles_per_sample, n);
        }
        complex::multiply(&stream.samples[first..first + n], &self.shift.0, &mut self.buffer);
        self.fft.forward(&mut self.buffer);
        // What the early window turned, subcarrier by subcarrier, is turned back.
        let step = -(window - start) / n as f64;
        Some(TransformedSymbol { bins: &self.buffer, step, factor: exact_cis(cycles_per_sample * window) / n as f64 })
    }

    /// Takes symbol `l` of slot `slot` with these resource elements (as [`symbol`](Self::symbol) gives them), its prefix
    /// included, off the stream's samples. Where the stream does not hold the whole symbol nothing happens.
    ///
    /// # Panics
    /// If the stream's transform has fewer than `elements.len() + 1` points.
    pub fn subtract(
        &mut self,
        stream: &mut CarrierStream,
        sync: &CellSync,
        slot: i64,
        l: usize,
        elements: &[Complex32],
    ) {
        let multiple = stream.view().multiple();
        let n = SYMBOL * multiple;
        assert_fit(elements.len(), n);
        let useful = symbol_start(sync.cp, l);
        let prefix = if l == 0 { useful } else { useful - symbol_start(sync.cp, l - 1) - SYMBOL };
        let start = sync.at(slot as f64 * SLOT as f64 + useful as f64) * multiple as f64;
        let (first, last) = ((start - (prefix * multiple) as f64).ceil(), start.floor() + n as f64);
        let held = stream.first as f64..=(stream.first + stream.samples.len()) as f64;
        if !held.contains(&first) || !held.contains(&last) {
            return;
        }
        let (first, last, reference) = (first as usize, last as usize, start.floor() as usize);
        let half = elements.len() / 2;
        self.buffer.clear();
        self.buffer.resize(n, Complex32::ZERO);
        let step = -(start - reference as f64) / n as f64;
        let (above, below) = self.buffer.split_at_mut(n - half);
        mixer::shift_around_zero(elements.split_at(half), step, Complex64::ONE, (below, &mut above[1..=half]));
        self.fft.inverse(&mut self.buffer);
        let prefix = reference - first;
        self.symbol.resize(prefix + n, Complex32::ZERO);
        let mixer = Mixer::new((sync.offset.0 - stream.centre.0) / stream.rate.hz());
        mixer.shift(&self.buffer[n - prefix..], first as f64, &mut self.symbol[..prefix]);
        mixer.shift(&self.buffer, reference as f64, &mut self.symbol[prefix..]);
        for (x, s) in stream.samples[first - stream.first..last - stream.first].iter_mut().zip(&self.symbol) {
            *x -= s;
        }
    }
}

/// Panics unless so many subcarriers and the one in their middle fit a transform of so many points.
fn assert_fit(subcarriers: usize, points: usize) {
    assert!(subcarriers < points, "{subcarriers} subcarriers do not fit a transform of {points} points");
}

impl Default for OfdmDemodulator {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::{mixer::cis, sample_buffer::SampleBuffer};
    use crate::units::SampleRate;

    #[test]
    fn symbols_fill_the_slot() {
        assert_eq!(symbol_start(CyclicPrefix::Normal, 6) + SYMBOL, SLOT);
        assert_eq!(symbol_start(CyclicPrefix::Extended, 5) + SYMBOL, SLOT);
    }

    /// One subcarrier, sent with a fraction of a sample of delay and a frequency offset, comes back as sent.
    #[test]
    fn gives_back_what_was_sent() {
        for multiple in [1, 10] {
            let sync = CellSync {
                pci: Pci::new(0).expect("in range"),
                duplex: Duplex::Fdd,
                cp: CyclicPrefix::Normal,
                frame_start: 17.37,
                clock_excess: 0.0,
                offset: Hertz(12_345.0),
                mbsfn: MbsfnSubframes::default(),
            };
            let rate = SampleRate::LTE_1_4_MHZ.times(multiple);
            for (k, subcarrier) in [(0, -36.0), (35, -1.0), (36, 1.0), (71, 36.0)] {
                let samples: Vec<Complex32> = (0..SLOT * 2 * multiple)
                    .map(|n| {
                        let t = n as f64 / rate.hz();
                        let symbol = (sync.frame_start + symbol_start(sync.cp, 3) as f64) / 1.92e6;
                        cis(subcarrier * 15e3 * (t - symbol) + 12_345.0 * t) * 0.25
                    })
                    .collect();
                let stream = StreamView { samples: &samples, first: 0, rate, centre: Hertz(0.0) };
                let (mut out, mut parts) = ([Complex32::ZERO; 72], [Complex32::ZERO; 72]);
                assert!(OfdmDemodulator::new().symbol(stream, &sync, 0, 3, &mut out));
                assert!(OfdmDemodulator::new().symbol_parts(stream, &sync, 0, 3, [24..36, 36..48], &mut parts));
                assert!(out[24..48].iter().zip(&parts[24..]).all(|(a, b)| (a - b).norm() < 1e-5));
                assert!(parts[..24].iter().chain(&parts[48..]).all(|x| *x == Complex32::ZERO));
                for (i, x) in out.iter().enumerate() {
                    let expected = if i == k { 0.25 } else { 0.0 };
                    assert!((x - expected).norm() < 1e-4, "multiple {multiple}, k {k}, element {i}: {x}");
                }
            }
        }
    }

    /// What was demodulated and taken off leaves nothing to demodulate.
    #[test]
    fn a_symbol_taken_off_is_gone() {
        for multiple in [1, 3] {
            let sync = CellSync {
                pci: Pci::new(0).expect("in range"),
                duplex: Duplex::Fdd,
                cp: CyclicPrefix::Normal,
                frame_start: 11.63,
                clock_excess: 20e-6,
                offset: Hertz(-4321.0),
                mbsfn: MbsfnSubframes::default(),
            };
            let rate = SampleRate::LTE_1_4_MHZ.times(multiple);
            let mut demodulator = OfdmDemodulator::new();
            let elements: Vec<Complex32> = (0..72).map(|k| cis(f64::from(k * k) / 7.0)).collect();
            let samples = vec![Complex32::ZERO; 2 * SLOT * multiple];
            let mut stream =
                CarrierStream { samples: SampleBuffer::from(&samples[..]), first: 0, rate, centre: Hertz(1000.0) };
            let before: Vec<Complex32> = elements.iter().map(|x| -x).collect();
            demodulator.subtract(&mut stream, &sync, 0, 3, &before);
            let mut out = [Complex32::ZERO; 72];
            assert!(demodulator.symbol(stream.view(), &sync, 0, 3, &mut out));
            assert!(out.iter().zip(&elements).all(|(a, b)| (a - b).norm() < 2e-3), "multiple {multiple}");
            demodulator.subtract(&mut stream, &sync, 0, 3, &out);
            assert!(demodulator.symbol(stream.view(), &sync, 0, 3, &mut out));
            assert!(out.iter().all(|x| x.norm() < 4e-3), "multiple {multiple}");
        }
    }

    #[test]
    fn every_slot_that_is_there_has_its_number() {
        let samples = vec![Complex32::ONE; 5 * SLOT / 2];
        let stream = StreamView { samples: &samples, first: 0, rate: SampleRate::LTE_1_4_MHZ, centre: Hertz(0.0) };
        let mut demodulator = OfdmDemodulator::new();
        let mut out = [Complex32::ZERO; 72];
        for frame_start in [-3.7 * FRAME as f64, -0.5, 0.0, 100.5, 2.3 * FRAME as f64] {
            let sync = CellSync {
                pci: Pci::new(0).expect("in range"),
                duplex: Duplex::Fdd,
                cp: CyclicPrefix::Normal,
                frame_start,
                clock_excess: 6e-5,
                offset: Hertz(0.0),
                mbsfn: MbsfnSubframes::default(),
            };
            let is_there = |slot: &i64| (0..7).any(|l| demodulator.symbol(stream, &sync, *slot, l, &mut out));
            let there: Vec<i64> = (-100..100).filter(is_there).collect();
            let numbers = sync.numbers_in(stream, SLOT);
            assert!(there.len() >= 2 && there.iter().all(|slot| numbers.contains(slot)), "{there:?} in {numbers:?}");
            assert!(numbers.count() <= there.len() + 2, "hardly more");
        }
    }

    #[test]
    fn a_symbol_that_is_not_there_is_not_given() {
        let sync = CellSync {
            pci: Pci::new(0).expect("in range"),
            duplex: Duplex::Fdd,
            cp: CyclicPrefix::Normal,
            frame_start: 0.0,
            clock_excess: 0.0,
            offset: Hertz(0.0),
            mbsfn: MbsfnSubframes::default(),
        };
        let samples = vec![Complex32::ONE; SLOT];
        let stream = StreamView { samples: &samples, first: 0, rate: SampleRate::LTE_1_4_MHZ, centre: Hertz(0.0) };
        let mut demodulator = OfdmDemodulator::new();
        let mut out = [Complex32::ZERO; 72];
        for slot in [-1, 1, i64::MAX / 2000] {
            assert!(!demodulator.symbol(stream, &sync, slot, 0, &mut out));
        }
        assert!(demodulator.symbol(stream, &sync, 0, 6, &mut out));
    }
}

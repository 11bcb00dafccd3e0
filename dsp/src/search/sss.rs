//! Secondary synchronisation signal: group, half frame, duplex and prefix at once. TS 36.211 §6.11.2.

use num_complex::Complex32;

use crate::{
    cell::{CyclicPrefix, Duplex, NId1, NId2, Pci},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator, SLOT, symbol_start},
    },
    sequences::{
        secondary::{C, S, Z},
        secondary::{HalfFrame, SSS_LEN, sss_indices},
        zadoff_chu::pss,
    },
};

use super::timing::{Candidate, HALF_FRAME};

/// The four places an SSS can have before its PSS.
const VARIANTS: [(Duplex, CyclicPrefix); 4] = [
    (Duplex::Fdd, CyclicPrefix::Normal),
    (Duplex::Fdd, CyclicPrefix::Extended),
    (Duplex::Tdd, CyclicPrefix::Normal),
    (Duplex::Tdd, CyclicPrefix::Extended),
];

/// Lanes a row of the table of shifts is padded to.
const LANES: usize = 32;

/// A cell that a PSS and an SSS agree on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SssMatch {
    /// The cell, its frames, and its carrier as the two signals' phases show it.
    pub sync: CellSync,
    /// Height above the mean of noise in standard deviations.
    pub strength: f32,
}

/// Slot (counted from the half frame's start) and symbol of the PSS and of the SSS. TS 36.211 §6.11.1.2, §6.11.2.2.
#[must_use]
pub fn sync_symbols(duplex: Duplex, cp: CyclicPrefix) -> ((i64, usize), (i64, usize)) {
    let last = cp.symbols_per_slot() - 1;
    match duplex {
        Duplex::Fdd => ((0, last), (0, last - 1)),
        Duplex::Tdd => ((2, 2), (1, last)),
    }
}

/// Samples at 1.92 MS/s from the half frame's start to the PSS's and to the SSS's useful part.
fn sync_places(duplex: Duplex, cp: CyclicPrefix) -> (f64, f64) {
    let place = |(slot, l): (i64, usize)| slot as f64 * SLOT as f64 + symbol_start(cp, l) as f64;
    let (pss, sss) = sync_symbols(duplex, cp);
    (place(pss), place(sss))
}

/// Detects the SSS; owns its tables.
pub struct SssDetector {
    demodulator: OfdmDemodulator,
    /// `[n][m]`: s̃((n + m) mod 31).
    shifts: Box<[[f32; LANES]; 31]>,
}

/// Correlations of one received SSS with every shift of its two halves.
struct Halves {
    even: [Complex32; 31],
    odd: [[Complex32; 31]; 8],
}

impl SssDetector {
    /// A detector.
    #[must_use]
    pub fn new() -> Self {
        let mut shifts = Box::new([[0.0; LANES]; 31]);
        for (n, row) in shifts.iter_mut().enumerate() {
            for (m, value) in row.iter_mut().take(31).enumerate() {
                *value = f32::from(S[(n + m) % 31]);
            }
        }
        Self { demodulator: OfdmDemodulator::new(), shifts }
    }

    /// The cells whose SSS stands before the candidate's PSS, strongest first, above `threshold` standard deviations
    /// and at most `most`.
    pub fn detect(
        &mut self,
        stream: StreamView<'_>,
        candidate: &Candidate,
        threshold: f32,
        most: usize,
    ) -> Vec<SssMatch> {
        let mut found = Vec::new();
        for (duplex, cp) in VARIANTS {
            self.detect_variant(stream, candidate, duplex, cp, threshold, &mut found);
        }
        found.sort_unstable_by(|a: &SssMatch, b| b.strength.total_cmp(&a.strength));
        found.truncate(most);
        for m in &mut found {
            self.measure_offset(stream, &mut m.sync);
        }
        found
    }

    fn detect_variant(
        &mut self,
        stream: StreamView<'_>,
        candidate: &Candidate,
        duplex: Duplex,
        cp: CyclicPrefix,
        threshold: f32,
        found: &mut Vec<SssMatch>,
    ) {
        let (pss_place, _) = sync_places(duplex, cp);
        let mut sync = CellSync {
            pci: Pci::from_parts(NId1::default(), candidate.n_id_2),
            duplex,
            cp,
            frame_start: candidate.at - pss_place * (1.0 + candidate.clock_excess),
            clock_excess: candidate.clock_excess,
            offset: candidate.offset,
        };
        let (_, (slot, l)) = sync_symbols(duplex, cp);
        // Sums by whether the first half frame of the dwell is the frame's first, and by group.
        let mut sums = [[0f32; NId1::COUNT as usize]; 2];
        let mut bursts = 0u32;
        let half_frames = (stream.samples.len() as f64 / HALF_FRAME) as i64 + 1;
        for h in -1..half_frames {
            let mut y = [Complex32::ZERO; SSS_LEN];
            if !self.demodulator.symbol(stream, &sync, 10 * h + slot, l, &mut y) {
                continue;
            }
            let power: f32 = y.iter().map(Complex32::norm_sqr).sum();
            if power <= 0.0 {
                continue;
            }
            bursts += 1;
            let halves = self.halves(&y, candidate.n_id_2);
            let parity = h.rem_euclid(2) as usize;
            for n_id_1 in NId1::all() {
                let (m_0, m_1) = sss_indices(n_id_1);
                let index = usize::from(n_id_1.get());
                sums[parity][index] += halves.value(m_0, m_1).norm_sqr() / power;
                sums[1 - parity][index] += halves.value(m_1, m_0).norm_sqr() / power;
            }
        }
        if bursts == 0 {
            return;
        }
        let scale = 1.0 / (bursts as f32).sqrt();
        for (first_half, sums) in sums.iter().enumerate() {
            for (n_id_1, &sum) in NId1::all().zip(sums) {
                let strength = (sum - bursts as f32) * scale;
                if strength > threshold {
                    sync.pci = Pci::from_parts(n_id_1, candidate.n_id_2);
                    let shifted = first_half as f64 * HALF_FRAME * (1.0 + sync.clock_excess);
                    found.push(SssMatch {
                        sync: CellSync { frame_start: sync.frame_start + shifted, ..sync },
                        strength,
                    });
                }
            }
        }
    }

    fn halves(&self, y: &[Complex32; SSS_LEN], n_id_2: NId2) -> Halves {
        let shift = usize::from(n_id_2.get());
        let even = self.correlate(|n| y[2 * n] * f32::from(C[(n + shift) % 31]));
        let odd = std::array::from_fn(|z| {
            self.correlate(|n| y[2 * n + 1] * f32::from(C[(n + shift + 3) % 31] * Z[(n + z) % 31]))
        });
        Halves { even, odd }
    }

    /// Σ_n x(n)·s̃((n + m) mod 31) for every m.
    fn correlate(&self, x: impl Fn(usize) -> Complex32) -> [Complex32; 31] {
        let (mut re, mut im) = ([0f32; LANES], [0f32; LANES]);
        for (n, row) in self.shifts.iter().enumerate() {
            let x = x(n);
            for ((re, im), s) in re.iter_mut().zip(&mut im).zip(row) {
                *re += x.re * s;
                *im += x.im * s;
            }
        }
        std::array::from_fn(|m| Complex32::new(re[m], im[m]))
    }

    /// Corrects the carrier offset by the phase between each SSS and its PSS.
    fn measure_offset(&mut self, stream: StreamView<'_>, sync: &mut CellSync) {
        let ((pss_slot, pss_l), (sss_slot, sss_l)) = sync_symbols(sync.duplex, sync.cp);
        let pss = pss(sync.pci.n_id_2());
        let sequences = [HalfFrame::First, HalfFrame::Second]
            .map(|half| crate::sequences::secondary::sss(sync.pci.n_id_1(), sync.pci.n_id_2(), half));
        let mut turn = Complex32::ZERO;
        let half_frames = (stream.samples.len() as f64 / HALF_FRAME) as i64 + 1;
        for h in -2..half_frames {
            let (mut y_pss, mut y_sss) = ([Complex32::ZERO; 62], [Complex32::ZERO; 62]);
            if !self.demodulator.symbol(stream, sync, 10 * h + pss_slot, pss_l, &mut y_pss)
                || !self.demodulator.symbol(stream, sync, 10 * h + sss_slot, sss_l, &mut y_sss)
            {
                continue;
            }
            let d = &sequences[h.rem_euclid(2) as usize];
            let a: Complex32 = y_pss.iter().zip(&pss).map(|(y, d)| y * d.conj()).sum();
            let b: Complex32 = y_sss.iter().zip(d).map(|(y, d)| y * d).sum();
            turn += a * b.conj();
        }
        let (pss_place, sss_place) = sync_places(sync.duplex, sync.cp);
        let seconds = (pss_place - sss_place) / 1.92e6;
        sync.offset.0 += f64::from(turn.arg()) / (std::f64::consts::TAU * seconds);
    }
}

impl Halves {
    fn value(&self, even: usize, odd: usize) -> Complex32 {
        self.even[even] + self.odd[even % 8][odd]
    }
}

impl Default for SssDetector {
    fn default() -> Self {
        Self::new()
    }
}

//! Secondary synchronisation signal: group, half frame, duplex and prefix at once. TS 36.211 §6.11.2.

use num_complex::Complex32;

use crate::{
    cell::{CyclicPrefix, Duplex, NId1, NId2, Pci, mbsfn::MbsfnSubframes},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator, SLOT, symbol_start},
    },
    kernels::sss::{self, Correlations, LEN, Row},
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
    shifts: Box<[Row; LEN]>,
    /// What scrambles the even elements, by N_ID^(2): c_0.
    even: [[f32; LEN]; 3],
    /// What scrambles the odd ones, by N_ID^(2) and by the shift of the even ones modulo 8: c_1·z_1.
    odd: Box<[[[f32; LEN]; 8]; 3]>,
}

impl SssDetector {
    /// A detector.
    #[must_use]
    pub fn new() -> Self {
        let mut shifts = Box::new([[0.0; 32]; LEN]);
        for (n, row) in shifts.iter_mut().enumerate() {
            for (m, value) in row.iter_mut().take(LEN).enumerate() {
                *value = f32::from(S[(n + m) % LEN]);
            }
        }
        let c = |n: usize, shift: usize| f32::from(C[(n + shift) % LEN]);
        let z = |n: usize, shift: usize| f32::from(Z[(n + shift) % LEN]);
        let even = std::array::from_fn(|n_id_2| std::array::from_fn(|n| c(n, n_id_2)));
        let odd = |n_id_2, m: usize| std::array::from_fn(|n| c(n, n_id_2 + 3) * z(n, m));
        let odd = Box::new(std::array::from_fn(|n_id_2| std::array::from_fn(|m| odd(n_id_2, m))));
        Self { demodulator: OfdmDemodulator::new(), shifts, even, odd }
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
            mbsfn: MbsfnSubframes::default(),
        };
        let (_, (slot, l)) = sync_symbols(duplex, cp);
        // Sums by whether the half frame's number is odd, and by the shifts of the even and odd elements.
        let mut sums = [[[0f32; 32]; LEN]; 2];
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
            let (even, odd) = self.halves(&y, candidate.n_id_2);
            sss::accumulate(&even, &odd, 1.0 / power, &mut sums[h.rem_euclid(2) as usize]);
        }
        if bursts == 0 {
            return;
        }
        let scale = 1.0 / (bursts as f32).sqrt();
        for first_half in 0..2 {
            for n_id_1 in NId1::all() {
                // The shifts change places from one half frame to the other.
                let (m_0, m_1) = sss_indices(n_id_1);
                let sum = sums[first_half][m_0][m_1] + sums[1 - first_half][m_1][m_0];
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

    /// Correlations of one received SSS with every shift of its even elements and, by the scrambling that those imply, of
    /// its odd ones.
    fn halves(&self, y: &[Complex32; SSS_LEN], n_id_2: NId2) -> (Correlations, [Correlations; 8]) {
        let n_id_2 = usize::from(n_id_2.get());
        let even = sss::correlate(y, 0, &self.even[n_id_2], &self.shifts);
        (even, self.odd[n_id_2].each_ref().map(|signs| sss::correlate(y, 1, signs, &self.shifts)))
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

impl Default for SssDetector {
    fn default() -> Self {
        Self::new()
    }
}

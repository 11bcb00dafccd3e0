//! Secondary synchronisation signal: group, half frame, duplex and prefix at once. TS 36.211 §6.11.2.

use num_complex::Complex32;

use crate::{
    cell::{CyclicPrefix, Duplex, NId1, Pci, mbsfn::MbsfnSubframes},
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator, SLOT, symbol_start},
    },
    kernels::sss::{Signs, Sums, accumulate},
    sequences::{
        secondary::{C, HalfFrame, SSS_LEN, Z, sss, sss_indices},
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

/// Share of the strongest SSS's height that a weaker one has which is none: two that have one of their two shifts in common
/// correlate by half in amplitude, a quarter in power, to which noise adds.
const SHADOW: f32 = 0.4;

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
pub(super) fn sync_places(duplex: Duplex, cp: CyclicPrefix) -> (f64, f64) {
    let place = |(slot, l): (i64, usize)| slot as f64 * SLOT as f64 + symbol_start(cp, l) as f64;
    let (pss, sss) = sync_symbols(duplex, cp);
    (place(pss), place(sss))
}

/// An SSS, as it was found.
struct VariantMatch {
    /// Which of [`VARIANTS`].
    variant: usize,
    n_id_1: NId1,
    /// Number of a half frame that is a frame's first, 0 or 1.
    first_half: usize,
    strength: f32,
}

impl VariantMatch {
    /// The cell, where `sync` is the place of any half frame of it as its first.
    fn sync(&self, sync: &CellSync) -> CellSync {
        let mut sync = *sync;
        sync.pci = Pci::from_parts(self.n_id_1, sync.pci.n_id_2());
        sync.frame_start += self.first_half as f64 * HALF_FRAME * (1.0 + sync.clock_excess);
        sync
    }
}

/// A received synchronisation signal, with the number of its half frame.
type Received = (i64, [Complex32; SSS_LEN]);

/// Detects the SSS; owns its tables and what it received.
pub struct SssDetector {
    demodulator: OfdmDemodulator,
    /// By N_ID^(2).
    signs: [Signs; 3],
    /// Every group with its shifts.
    groups: Vec<(NId1, (usize, usize))>,
    /// The candidate's PSS.
    pss: Vec<Received>,
    /// What stands where the SSS of each variant would be.
    sss: [Vec<Received>; VARIANTS.len()],
}

impl SssDetector {
    /// A detector.
    #[must_use]
    pub fn new() -> Self {
        let c = |n: usize, shift: usize| f32::from(C[(n + shift) % C.len()]);
        let z = |n: usize, shift: usize| f32::from(Z[(n + shift) % Z.len()]);
        let signs = |n_id_2| Signs {
            even: std::array::from_fn(|n| c(n, n_id_2)),
            odd: std::array::from_fn(|n| std::array::from_fn(|m| c(n, n_id_2 + 3) * z(n, m))),
        };
        Self {
            demodulator: OfdmDemodulator::new(),
            signs: std::array::from_fn(signs),
            groups: NId1::all().map(|n_id_1| (n_id_1, sss_indices(n_id_1))).collect(),
            pss: Vec::new(),
            sss: [const { Vec::new() }; VARIANTS.len()],
        }
    }

    /// The cells whose SSS stands before the candidate's PSS, strongest first, above `threshold` standard deviations
    /// and at most `most`; none that may be a shadow of the strongest.
    pub fn detect(
        &mut self,
        stream: StreamView<'_>,
        candidate: &Candidate,
        threshold: f32,
        most: usize,
    ) -> Vec<SssMatch> {
        let mut found: Vec<VariantMatch> = Vec::new();
        for (variant, &kind) in VARIANTS.iter().enumerate() {
            self.detect_variant(stream, &sync_of(candidate, kind), variant, threshold, &mut found);
        }
        found.sort_unstable_by(|a, b| b.strength.total_cmp(&a.strength));
        found.truncate(most);
        let least = found.first().map_or(0.0, |strongest| SHADOW * strongest.strength);
        found.retain(|m| m.strength > least);
        if !found.is_empty() {
            // The PSS's place does not depend on the variant.
            let sync = sync_of(candidate, VARIANTS[0]);
            let (pss, _) = sync_symbols(sync.duplex, sync.cp);
            receive(&mut self.demodulator, stream, &sync, pss, &mut self.pss);
        }
        let is_exact = |m: &VariantMatch| {
            let mut sync = m.sync(&sync_of(candidate, VARIANTS[m.variant]));
            sync.offset.0 += self.offset_left(&sync, m);
            SssMatch { sync, strength: m.strength }
        };
        found.iter().map(is_exact).collect()
    }

    /// The cells whose PSS stands where that of `sync` does and whose SSS stands before it, of its duplex, above `threshold`
    /// standard deviations; their carrier is that of `sync`.
    pub fn detect_at(&mut self, stream: StreamView<'_>, sync: &CellSync, threshold: f32) -> Vec<SssMatch> {
        let (pss_place, _) = sync_places(sync.duplex, sync.cp);
        let mut found: Vec<SssMatch> = Vec::new();
        for (variant, &(duplex, cp)) in VARIANTS.iter().enumerate().filter(|(_, (duplex, _))| *duplex == sync.duplex) {
            let (own_place, _) = sync_places(duplex, cp);
            let frame_start = sync.at(pss_place - own_place);
            let sync = CellSync { cp, frame_start, mbsfn: MbsfnSubframes::default(), ..*sync };
            let mut matches = Vec::new();
            self.detect_variant(stream, &sync, variant, threshold, &mut matches);
            found.extend(matches.iter().map(|m| SssMatch { sync: m.sync(&sync), strength: m.strength }));
        }
        found
    }

    /// Adds the cells whose SSS, of this variant, stands where that of `sync` would.
    fn detect_variant(
        &mut self,
        stream: StreamView<'_>,
        sync: &CellSync,
        variant: usize,
        threshold: f32,
        found: &mut Vec<VariantMatch>,
    ) {
        let (_, symbol) = sync_symbols(sync.duplex, sync.cp);
        let received = &mut self.sss[variant];
        receive(&mut self.demodulator, stream, sync, symbol, received);
        // Sums by whether the half frame's number is odd, and by the shifts of the even and odd elements.
        let mut sums: [Sums; 2] = Default::default();
        let mut bursts = 0u32;
        for (half_frame, y) in received {
            let power: f32 = y.iter().map(Complex32::norm_sqr).sum();
            if power > 0.0 {
                bursts += 1;
                let signs = &self.signs[usize::from(sync.pci.n_id_2().get())];
                accumulate(y, signs, power.sqrt().recip(), &mut sums[half_frame.rem_euclid(2) as usize]);
            }
        }
        if bursts == 0 {
            return;
        }
        let scale = 1.0 / (bursts as f32).sqrt();
        let sum = |half: usize, m_0: usize, m_1: usize| sums[half][m_1][m_0];
        for first_half in 0..2 {
            for &(n_id_1, (m_0, m_1)) in &self.groups {
                // The shifts change places from one half frame to the other.
                let sum = sum(first_half, m_0, m_1) + sum(1 - first_half, m_1, m_0);
                let strength = (sum - bursts as f32) * scale;
                if strength > threshold {
                    found.push(VariantMatch { variant, n_id_1, first_half, strength });
                }
            }
        }
    }

    /// The carrier's offset in hertz that is left over, by the phase between each SSS and its PSS.
    fn offset_left(&self, sync: &CellSync, found: &VariantMatch) -> f64 {
        let pss = pss(sync.pci.n_id_2());
        let sequences =
            [HalfFrame::First, HalfFrame::Second].map(|half| sss(sync.pci.n_id_1(), sync.pci.n_id_2(), half));
        let mut turn = Complex32::ZERO;
        for (half_frame, y_pss) in &self.pss {
            let Some((_, y_sss)) = self.sss[found.variant].iter().find(|(h, _)| h == half_frame) else { continue };
            let d = &sequences[(half_frame - found.first_half as i64).rem_euclid(2) as usize];
            let a: Complex32 = y_pss.iter().zip(&pss).map(|(y, d)| y * d.conj()).sum();
            let b: Complex32 = y_sss.iter().zip(d).map(|(y, d)| y * d).sum();
            turn += a * b.conj();
        }
        let (pss_place, sss_place) = sync_places(sync.duplex, sync.cp);
        let seconds = (pss_place - sss_place) / 1.92e6;
        f64::from(turn.arg()) / (std::f64::consts::TAU * seconds)
    }
}

/// The place of a candidate's first half frame if its cell is of this variant, its group unknown.
fn sync_of(candidate: &Candidate, (duplex, cp): (Duplex, CyclicPrefix)) -> CellSync {
    let (pss_place, _) = sync_places(duplex, cp);
    CellSync {
        pci: Pci::from_parts(NId1::default(), candidate.n_id_2),
        duplex,
        cp,
        frame_start: candidate.at - pss_place * (1.0 + candidate.clock_excess),
        clock_excess: candidate.clock_excess,
        offset: candidate.offset,
        mbsfn: MbsfnSubframes::default(),
    }
}

/// Sets `received` to what stands in a symbol of every half frame, given by its slot in that and its number.
fn receive(
    demodulator: &mut OfdmDemodulator,
    stream: StreamView<'_>,
    sync: &CellSync,
    (slot, l): (i64, usize),
    received: &mut Vec<Received>,
) {
    received.clear();
    let half_frames = (stream.samples.len() as f64 / HALF_FRAME) as i64 + 1;
    for half_frame in -1..half_frames {
        let mut y = [Complex32::ZERO; SSS_LEN];
        if demodulator.symbol(stream, sync, 10 * half_frame + slot, l, &mut y) {
            received.push((half_frame, y));
        }
    }
}

impl Default for SssDetector {
    fn default() -> Self {
        Self::new()
    }
}

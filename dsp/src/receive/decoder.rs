//! A recording's samples in, its cells and their transport blocks out.

use std::{collections::BTreeSet, ops::RangeInclusive};

use num_complex::Complex32;
use thiserror::Error;

use super::{BlockReceiver, HIDING_SINR, Sib1Subframe, Sib1Sums, mib_bursts, mib_of};
use crate::{
    cell::{CyclicPrefix, Duplex, Pci, Sfn},
    channels::{CellConfig, mib::FoundMib},
    fft::Transforms,
    frontend::{
        channelise::{Channeliser, StreamView},
        correction::Corrector,
        ofdm::{FRAME, SUBFRAME},
        resample::{Resampler, working_rate},
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    grid::channel_estimate::ChannelEstimator,
    search::{
        ANY_CRYSTAL, FoundCell, KNOWN_CRYSTAL, Nominal, PSS_THRESHOLD, Searcher,
        pss::{PEAKS_A_HYPOTHESIS, PssCorrelator, PssHypothesis, PssPeak},
    },
    units::{Hertz, Ppm, SampleIndex, SampleRate},
};

/// Sample rates that are taken, in samples per second: from the narrowest carrier's to twice the widest's.
const RATES: RangeInclusive<f64> = 1.92e6..=61.44e6;
/// Frequencies of a carrier: from below the lowest band to above the highest. TS 36.101 §5.5.
const FREQUENCIES: RangeInclusive<f64> = 100e6..=7e9;
/// Half of what six resource blocks occupy, in hertz.
const NARROWEST_HALF_HZ: f64 = 0.54e6;
/// Magnitude of a sample at most, squared: its power is summed in floats.
const MAX_POWER: f32 = (1u64 << 60) as f32;
/// Length of the stretches that are searched and decoded at once.
const STRETCH_SECONDS: f64 = 0.16;
/// What a stretch repeats of the one before, so that every subframe is whole in one of them.
const OVERLAP_SECONDS: f64 = 2e-3;
/// Length of the blocks over which an offset or imbalance is estimated.
const CORRECTION_SECONDS: f64 = 5e-3;

/// Decodes the cells of one carrier of a recording.
///
/// Tuner and sample clock are taken to come from one crystal, as they do in most radios, and its error to be below 60 ppm.
/// Cells are found by synchronisation and reference signals; a cell that another one hides is found by those who first
/// [take that off](crate::channels::cancel), which is not done here.
///
/// # Examples
/// ```
/// use lte_dsp::{frontend::{SampleFormat, convert}, receive::{BlockKind, Decoder}, units::{Hertz, SampleRate}};
/// use num_complex::Complex32;
///
/// // 20 ms of a cell with six resource blocks, as a radio that was tuned to 1840 MHz recorded it.
/// let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/cell.ci8"));
/// let mut samples = vec![Complex32::ZERO; bytes.len() / 2];
/// convert(SampleFormat::Ci8, bytes, &mut samples);
///
/// let rate = SampleRate::new(1.92e6).ok_or("a rate is positive")?;
/// let cells = Decoder::new(rate, Hertz(1.84e9))?.decode(&samples)?;
///
/// assert_eq!(cells.len(), 1);
/// assert_eq!(cells[0].pci.get(), 301);
/// let mib = cells[0].block(BlockKind::Mib).ok_or("no MIB")?;
/// assert_eq!(mib.bytes[0] >> 5, 0, "dl-Bandwidth: n6");
/// let sib1 = cells[0].block(BlockKind::Sib1).ok_or("no SIB1")?;
/// assert_eq!((sib1.sfn.get() % 2, sib1.subframe), (0, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    rate: SampleRate,
    nominal: Nominal,
    /// The crystal's error as far as it is known, and how far from it the true one may be.
    crystal: (Ppm, Ppm),
}

/// A cell and the blocks it was heard to broadcast.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedCell {
    /// Physical-layer cell identity.
    pub pci: Pci,
    /// Frame structure.
    pub duplex: Duplex,
    /// Cyclic prefix of the downlink.
    pub cp: CyclicPrefix,
    /// Its carrier, relative to the recording's centre: the nominal one plus what the crystals are off.
    pub offset: Hertz,
    /// Power of its reference signals over noise and interference, as a ratio, where it was heard best.
    pub sinr: f32,
    /// What the MIB tells of the physical channels; `None` where no MIB was decoded.
    pub config: Option<CellConfig>,
    /// Whether the recording holds all of its carrier, which SIB1 needs and the MIB does not; `None` without a MIB.
    pub is_whole: Option<bool>,
    /// Different blocks in the order of their reception, the MIB of a stretch before its SIB1.
    pub blocks: Vec<Block>,
}

/// A block whose CRC passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it holds.
    pub kind: BlockKind,
    /// System frame number of the frame that it was received in, or of the first of four that a MIB was.
    pub sfn: Sfn,
    /// Subframe, 0 to 9.
    pub subframe: u8,
    /// Start of the subframe in the recording; 0 where that is before its first sample.
    pub at: SampleIndex,
    /// The bytes, the first bit sent as the most significant one: three of a MIB, and of SIB1 the transport block with its
    /// padding, both in unaligned PER (TS 36.331 §8.1).
    pub bytes: Vec<u8>,
}

/// Kinds of blocks that are decoded without knowing what others say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockKind {
    /// BCCH-BCH-Message: the MIB of 40 ms. TS 36.331 §6.2.1.
    Mib,
    /// BCCH-DL-SCH-Message in the subframe of SIB1. TS 36.331 §6.2.1.
    Sib1,
}

/// Why nothing can be decoded.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DecodeError {
    /// The sample rate holds no carrier, or takes too much memory.
    #[error("the sample rate is {:.3} MS/s: from 1.92 to 61.44 MS/s are taken", .0.hz() / 1e6)]
    Rate(SampleRate),
    /// LTE has no carrier at this frequency.
    #[error("the carrier is at {} MHz: from 100 to 7000 MHz are taken", .0.0 / 1e6)]
    Frequency(Hertz),
    /// The recording does not hold the middle 1.08 MHz of the carrier.
    #[error("the carrier is {:.3} MHz from the centre of a recording that holds ±{:.3} MHz; MIB and cell stand in its middle 1.08 MHz", .offset.0 / 1e6, .rate.hz() / 2e6)]
    Outside {
        /// The carrier, relative to the recording's centre.
        offset: Hertz,
        /// The recording's sample rate.
        rate: SampleRate,
    },
    /// A sample is no number, or beyond 2³⁰.
    #[error("sample {} is {} {:+}i: full scale is 1, and up to 2³⁰ is taken", .at.0, .value.re, .value.im)]
    Sample {
        /// Its place.
        at: SampleIndex,
        /// What it is.
        value: Complex32,
    },
}

impl DecodedCell {
    /// The first block of a kind; `None` where none was decoded.
    #[must_use]
    pub fn block(&self, kind: BlockKind) -> Option<&Block> {
        self.blocks.iter().find(|block| block.kind == kind)
    }

    fn of(found: &FoundCell) -> Self {
        let sync = &found.sync;
        Self {
            pci: sync.pci,
            duplex: sync.duplex,
            cp: sync.cp,
            offset: sync.offset,
            sinr: found.sinr(),
            config: None,
            is_whole: None,
            blocks: Vec::new(),
        }
    }

    fn keep(&mut self, block: Block) {
        if self.blocks.iter().all(|known| (known.kind, &known.bytes) != (block.kind, &block.bytes)) {
            self.blocks.push(block);
        }
    }
}

impl Decoder {
    /// A decoder for recordings at `rate` samples per second around `centre`, where the carrier is.
    ///
    /// # Errors
    /// [`DecodeError::Rate`] and [`DecodeError::Frequency`] where these are beyond what is taken.
    pub fn new(rate: SampleRate, centre: Hertz) -> Result<Self, DecodeError> {
        if !RATES.contains(&rate.hz()) {
            return Err(DecodeError::Rate(rate));
        }
        let decoder = Self { rate, nominal: Nominal::tied(Hertz(0.0), centre), crystal: (Ppm(0.0), ANY_CRYSTAL) };
        decoder.at(centre)
    }

    /// The same for a carrier at this frequency on the air, in the same recordings.
    ///
    /// # Errors
    /// [`DecodeError::Frequency`] and [`DecodeError::Outside`] where the recording does not hold its middle.
    pub fn at(self, carrier: Hertz) -> Result<Self, DecodeError> {
        if !FREQUENCIES.contains(&carrier.0) {
            return Err(DecodeError::Frequency(carrier));
        }
        let Nominal { relative, absolute, .. } = self.nominal;
        let offset = Hertz(carrier.0 - (absolute.0 - relative.0));
        if offset.0.abs() + NARROWEST_HALF_HZ > self.rate.hz() / 2.0 {
            return Err(DecodeError::Outside { offset, rate: self.rate });
        }
        Ok(Self { nominal: Nominal::tied(offset, carrier), ..self })
    }

    /// The same for a radio whose error is known to be within 3 ppm of this, at which a carrier seems too high where it is
    /// positive: the search takes a tenth of the time.
    #[must_use]
    pub fn with_crystal_error(self, error: Ppm) -> Self {
        Self { crystal: (error, KNOWN_CRYSTAL), ..self }
    }

    /// The cells of the carrier with their blocks, the first heard first; empty where none is found. 5 ms may hold a cell
    /// with its MIB, and 20 ms hold one of its SIB1. Samples are of full scale 1.0, the first received first.
    ///
    /// Stretches of 160 ms are decoded one by one, in memory that does not grow with the recording. In all of it, a cell is
    /// one with its identity, frame structure and prefix: of two transmitters that share those the blocks are mixed.
    ///
    /// # Errors
    /// [`DecodeError::Sample`] at the first sample that is none.
    pub fn decode(&self, samples: &[Complex32]) -> Result<Vec<DecodedCell>, DecodeError> {
        let is_none = |x: &Complex32| !matches!(x.norm_sqr(), power if power <= MAX_POWER);
        if let Some(at) = samples.iter().position(is_none) {
            return Err(DecodeError::Sample { at: SampleIndex(at as u64), value: samples[at] });
        }
        let [step, overlap] = [STRETCH_SECONDS, OVERLAP_SECONDS].map(|seconds| (self.rate.hz() * seconds) as usize);
        let mut dwell = Dwell::new(self);
        for first in (0..samples.len()).step_by(step) {
            let end = samples.len().min(first + step + overlap);
            dwell.decode(&samples[first..end], first);
        }
        Ok(dwell.cells)
    }
}

/// What a recording has given so far, and what that takes.
struct Dwell<'a> {
    decoder: &'a Decoder,
    crystal: (Ppm, Ppm),
    cells: Vec<DecodedCell>,
    corrector: Corrector,
    working: SampleRate,
    transforms: Transforms,
    spectra: BlockSpectra,
    channeliser: Channeliser,
    correlator: PssCorrelator,
}

impl<'a> Dwell<'a> {
    fn new(decoder: &'a Decoder) -> Self {
        let rate = decoder.rate;
        let working = if BlockSpectra::suits(rate) { rate } else { working_rate(rate) };
        let spectra = BlockSpectra::empty(working);
        Self {
            decoder,
            crystal: decoder.crystal,
            cells: Vec::new(),
            corrector: Corrector::new((rate.hz() * CORRECTION_SECONDS) as usize),
            working,
            transforms: Transforms::new(),
            correlator: PssCorrelator::new(spectra.block_len()),
            spectra,
            channeliser: Channeliser::new(),
        }
    }

    /// Decodes a stretch whose first sample is the recording's `first`.
    fn decode(&mut self, stretch: &[Complex32], first: usize) {
        let Decoder { rate, nominal, .. } = self.decoder;
        let mut recorded = stretch.to_vec();
        self.corrector.correct(&mut recorded);
        let mut samples = SampleBuffer::new();
        if self.working == *rate {
            samples.extend_from_slice(&recorded);
        } else {
            Resampler::new(*rate, self.working).push(&recorded, &mut samples);
        }
        self.spectra.renew(&mut self.transforms, &samples);
        let peaks = self.peaks();
        let middle = self.channeliser.stream(&self.spectra, nominal.relative, 1);
        let found = Searcher::new().find_cells(middle.view(), &[], &peaks, self.spectra.bin_hz(), nominal);
        if let Some(strongest) = found.first() {
            let error = (strongest.sync.offset.0 - nominal.relative.0) / nominal.absolute.0 * 1e6;
            self.crystal = (Ppm(error), KNOWN_CRYSTAL);
        }
        for cell in &found {
            self.decode_cell(cell, middle.view(), first);
        }
    }

    /// Places where a PSS shows, the strongest first.
    fn peaks(&mut self) -> Vec<PssPeak> {
        let Self { spectra, correlator, crystal: (expected, range), .. } = self;
        let hypotheses = PssHypothesis::around(&self.decoder.nominal, spectra.bin_hz(), Hertz(0.0), *expected, *range);
        let peaks = hypotheses.into_iter().flat_map(|hypothesis| {
            correlator.peaks(spectra, hypothesis, usize::MAX, PSS_THRESHOLD, PEAKS_A_HYPOTHESIS)
        });
        let mut peaks: Vec<PssPeak> = peaks.collect();
        peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
        peaks
    }

    /// Adds a cell found in a stretch, of which `middle` is its carrier's middle.
    fn decode_cell(&mut self, found: &FoundCell, middle: StreamView<'_>, first: usize) {
        let sync = &found.sync;
        let (rate, relative) = (self.decoder.rate, self.decoder.nominal.relative);
        let is_known = |cell: &DecodedCell| (cell.pci, cell.duplex, cell.cp) == (sync.pci, sync.duplex, sync.cp);
        let at = self.cells.iter().position(is_known).unwrap_or_else(|| {
            self.cells.push(DecodedCell::of(found));
            self.cells.len() - 1
        });
        let cell = &mut self.cells[at];
        if found.sinr() > cell.sinr {
            (cell.sinr, cell.offset) = (found.sinr(), sync.offset);
        }
        let block = |kind, mib: &FoundMib, number: i64, bytes: &[u8]| {
            let samples = sync.at((number * SUBFRAME as i64) as f64) * rate.hz() / SampleRate::LTE_1_4_MHZ.hz();
            Block {
                kind,
                sfn: mib.sfn(number.div_euclid(10)),
                subframe: number.rem_euclid(10) as u8,
                at: SampleIndex((first as f64 + samples).max(0.0) as u64),
                bytes: bytes.to_vec(),
            }
        };
        let Some(mib) = mib_of(&mib_bursts(middle, found, |_| ()), found) else { return };
        let Some(config) = CellConfig::new(sync, &mib.decoded) else { return };
        let half_hz = config.bandwidth.subcarriers() as f64 * 7.5e3;
        let is_whole = sync.offset.0.abs() + half_hz <= rate.hz() / 2.0;
        (cell.config, cell.is_whole) = (Some(config), Some(is_whole));
        cell.keep(block(BlockKind::Mib, &mib, 10 * mib.frame, &mib.decoded.mib.bytes()));
        if !is_whole {
            return;
        }
        let stream = self.channeliser.stream(&self.spectra, relative, config.bandwidth.rate_multiple());
        let estimator = ChannelEstimator::new(*sync, config.bandwidth, found.statistics);
        let mut receiver = BlockReceiver::new(estimator, config);
        let (mut sums, mut received) = (Sib1Sums::default(), BTreeSet::new());
        for frame in sync.numbers_in(stream.view(), FRAME) {
            let sfn = mib.sfn(frame);
            let period = i64::from(sfn.get() / 8);
            let Some(subframe) = Sib1Subframe::in_frame(frame, sfn, period) else { continue };
            let is_hidden = found.sinr() < HIDING_SINR && !received.contains(&period);
            let Some(sib1) = receiver.sib1(stream.view(), subframe, is_hidden, &mut sums) else { continue };
            for bytes in &sib1.blocks {
                received.insert(period);
                cell.keep(block(BlockKind::Sib1, &mib, subframe.number, bytes.bytes()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frontend::{SampleFormat, convert};

    const RATE_HZ: f64 = 1.92e6;
    const CARRIER: Hertz = Hertz(1.84e9);

    fn samples() -> Vec<Complex32> {
        let bytes = include_bytes!("../../examples/cell.ci8");
        let mut samples = vec![Complex32::ZERO; bytes.len() / 2];
        convert(SampleFormat::Ci8, bytes, &mut samples);
        samples
    }

    fn decoder(rate_hz: f64, centre: Hertz) -> Result<Decoder, DecodeError> {
        Decoder::new(SampleRate::new(rate_hz).expect("positive"), centre)
    }

    fn decode(samples: &[Complex32]) -> Vec<DecodedCell> {
        decoder(RATE_HZ, CARRIER).expect("legal").decode(samples).expect("numbers")
    }

    fn bytes(cells: &[DecodedCell]) -> Vec<(u16, BlockKind, &[u8])> {
        let blocks = cells.iter().flat_map(|cell| cell.blocks.iter().map(move |block| (cell.pci.get(), block)));
        blocks.map(|(pci, block)| (pci, block.kind, block.bytes.as_slice())).collect()
    }

    #[test]
    fn what_cannot_be_taken_is_refused_with_its_value() {
        let error = |rate, centre| decoder(rate, centre).expect_err("refused").to_string();
        assert_eq!(error(1.9e6, CARRIER), "the sample rate is 1.900 MS/s: from 1.92 to 61.44 MS/s are taken");
        assert!(error(62e6, CARRIER).starts_with("the sample rate is 62.000 MS/s"));
        for hz in [0.0, -1.84e9, 1.84e10, f64::NAN, f64::INFINITY] {
            assert!(matches!(decoder(RATE_HZ, Hertz(hz)), Err(DecodeError::Frequency(_))), "{hz}");
        }
        let at = |hz| decoder(RATE_HZ, CARRIER).expect("legal").at(Hertz(hz));
        assert!(at(1.8404e9).is_ok() && at(1.8396e9).is_ok());
        assert_eq!(
            at(1.8405e9).expect_err("refused").to_string(),
            "the carrier is 0.500 MHz from the centre of a recording that holds ±0.960 MHz; MIB and cell stand in its \
             middle 1.08 MHz"
        );
        // Of carriers one after the other, each is relative to the recording's centre.
        assert!(at(1.8404e9).and_then(|decoder| decoder.at(Hertz(1.8396e9))).is_ok());
    }

    #[test]
    fn a_sample_that_is_no_number_is_named() {
        let decoder = decoder(RATE_HZ, CARRIER).expect("legal");
        for (value, text) in [
            (Complex32::new(f32::NAN, 0.5), "sample 7 is NaN +0.5i: full scale is 1, and up to 2³⁰ is taken"),
            (Complex32::new(-1.0, f32::NEG_INFINITY), "sample 7 is -1 -infi: full scale is 1, and up to 2³⁰ is taken"),
            (Complex32::new(2e9, 0.0), "sample 7 is 2000000000 +0i: full scale is 1, and up to 2³⁰ is taken"),
        ] {
            let mut samples = vec![Complex32::ZERO; 20];
            samples[7] = value;
            assert_eq!(decoder.decode(&samples).expect_err("refused").to_string(), text);
        }
    }

    #[test]
    fn nothing_is_found_in_nothing() {
        for len in [0, 1, 137, 9600, 400_000] {
            assert_eq!(decode(&vec![Complex32::ZERO; len]), [], "{len}");
        }
    }

    #[test]
    fn the_cell_is_the_same_wherever_it_stands() {
        let samples = samples();
        let cells = decode(&samples);
        let expected = bytes(&cells);
        assert_eq!(expected.len(), 2);
        // Across the seam of two stretches, and behind it.
        for before in [291_840, 311_040] {
            let mut later = vec![Complex32::ZERO; before];
            later.extend(&samples);
            let moved = decode(&later);
            assert_eq!(bytes(&moved), expected, "{before}");
            let sib1 = |cells: &[DecodedCell]| cells[0].block(BlockKind::Sib1).map(|b| b.at.0).expect("a SIB1");
            assert!(sib1(&moved).abs_diff(sib1(&cells) + before as u64) <= 2, "{before}");
        }
        // Beside the recording's centre.
        let off_hz = 3e5;
        let turned = |(n, x): (usize, &Complex32)| {
            x * Complex32::cis((std::f64::consts::TAU * (n as f64 * off_hz / RATE_HZ).fract()) as f32)
        };
        let beside: Vec<Complex32> = samples.iter().enumerate().map(turned).collect();
        let decoder = decoder(RATE_HZ, Hertz(CARRIER.0 - off_hz)).and_then(|decoder| decoder.at(CARRIER));
        let found = decoder.expect("legal").decode(&beside).expect("numbers");
        assert_eq!(bytes(&found), expected);
        assert!((found[0].offset.0 - cells[0].offset.0 - off_hz).abs() < 20.0, "{}", found[0].offset);
    }

    #[test]
    fn rates_that_are_no_multiple_are_taken_too() {
        let samples = samples();
        let rate = |hz| SampleRate::new(hz).expect("positive");
        let mut faster = SampleBuffer::new();
        Resampler::new(rate(RATE_HZ), rate(2.0e6)).push(&samples, &mut faster);
        let found = decoder(2.0e6, CARRIER).expect("legal").decode(&faster).expect("numbers");
        assert_eq!(bytes(&found), bytes(&decode(&samples)));
    }
}

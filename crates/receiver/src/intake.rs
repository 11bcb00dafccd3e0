//! The head of the front end: a source's samples in chunks, its faults taken off, at a rate that suits the transforms.

use lte_dsp::{
    frontend::{
        correction::Corrector,
        ofdm::FRAME,
        resample::{Resampler, working_rate},
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    units::SampleRate,
};
use num_complex::Complex32;

use super::{carrier::Chunk, cell_session::ChunkPlace, mending::Missing, timeline::Timeline};
use cellwarden_source::{SampleSource, SourceError};

/// Length of the stretches that are searched and decoded at once.
const CHUNK_SECONDS: f64 = 0.16;
/// Samples of a chunk at most: with their spectra and streams they stay below 200 MiB, at the cost of shorter chunks
/// above 44 MS/s.
const MAX_SAMPLES: usize = 7_000_000;
/// What a chunk repeats of the one before, so that every subframe is whole in one of them: chunks are as long as many an
/// SI message's period, and one on their seam would be lost each time.
const OVERLAP_SECONDS: f64 = 2e-3;
/// What is kept of a stretch where only the level of known cells is of interest: half of it, which costs the rest of the chain
/// half, and averages over nearly as many fades.
const LEVEL_SECONDS: f64 = 0.08;
/// Length of the blocks over which an offset or imbalance is estimated.
const CORRECTION_SECONDS: f64 = 5e-3;

/// Takes chunks from a source.
pub struct Intake<'a> {
    source: &'a mut dyn SampleSource,
    recorded: SampleRate,
    working: SampleRate,
    resampler: Option<Resampler>,
    corrector: Corrector,
    /// What the resampler takes, at the recorded rate; or what nobody looks at.
    recording: Vec<Complex32>,
    /// Whether only the beginning of each stretch is of interest. Resampled ones are whole all the same.
    pub is_for_levels: bool,
    /// Whether the last stretch was not looked at to its end.
    is_cut: bool,
    /// Samples taken from the source.
    pub taken: u64,
    /// Samples that the source lost.
    pub lost: u64,
    /// Samples that are missing without its word.
    pub timeline: Timeline,
}

impl<'a> Intake<'a> {
    /// Nothing taken yet.
    pub fn new(source: &'a mut dyn SampleSource) -> Self {
        let recorded = source.info().sample_rate;
        let working = if BlockSpectra::suits(recorded) { recorded } else { working_rate(recorded) };
        let resampler = (working != recorded).then(|| Resampler::new(recorded, working));
        let corrector = Corrector::new((recorded.hz() * CORRECTION_SECONDS) as usize);
        Self {
            source,
            recorded,
            working,
            resampler,
            corrector,
            recording: Vec::new(),
            is_for_levels: false,
            is_cut: false,
            taken: 0,
            lost: 0,
            timeline: Timeline::default(),
        }
    }

    /// Rate of the chunks.
    pub fn rate(&self) -> SampleRate {
        self.working
    }

    /// Puts the next chunk into `chunk`, which holds the one before or nothing, and gives its place, or `None` at the
    /// source's end.
    ///
    /// # Errors
    /// Where the source fails.
    pub fn next(&mut self, chunk: &mut SampleBuffer) -> Result<Option<ChunkPlace>, SourceError> {
        let left = self.source.info().length.map_or(u64::MAX, |length| length.saturating_sub(self.taken));
        let wanted = ((self.recorded.hz() * CHUNK_SECONDS) as usize).min(MAX_SAMPLES);
        // A source may hold less than it says, and one more than it says is asked for that.
        let wanted = wanted.min(usize::try_from(left).unwrap_or(usize::MAX)).max(1);
        let looked_at = match &self.resampler {
            None if self.is_for_levels => wanted.min((self.recorded.hz() * LEVEL_SECONDS) as usize),
            _ => wanted,
        };
        // What was not looked at leaves no overlap.
        let is_joined = !std::mem::replace(&mut self.is_cut, looked_at < wanted);
        let overlap = if is_joined { (self.working.hz() * OVERLAP_SECONDS) as usize } else { 0 };
        let kept = overlap.min(chunk.len());
        let first = self.resampler.as_ref().map_or(self.taken as f64, Resampler::position) + self.timeline.missing();
        let repeated = kept as f64 * self.recorded.hz() / self.working.hz();
        let place =
            ChunkPlace { first_sample: first - repeated, ratio: self.recorded.hz() / SampleRate::LTE_1_4_MHZ.hz() };
        let end = chunk.len();
        chunk.copy_within(end - kept.., 0);
        chunk.resize(kept);
        let block = match &mut self.resampler {
            None => {
                chunk.resize(kept + looked_at);
                let mut block = self.source.read(&mut chunk[kept..])?;
                chunk.resize(kept + block.len);
                self.corrector.correct(&mut chunk[kept..]);
                if block.len == looked_at && looked_at < wanted {
                    self.recording.resize(wanted - looked_at, Complex32::ZERO);
                    let rest = self.source.read(&mut self.recording)?;
                    (block.len, block.lost) = (block.len + rest.len, block.lost + rest.lost);
                }
                block
            }
            Some(resampler) => {
                self.recording.resize(wanted, Complex32::ZERO);
                let block = self.source.read(&mut self.recording)?;
                let samples = &mut self.recording[..block.len];
                self.corrector.correct(samples);
                resampler.push(samples, chunk);
                block
            }
        };
        self.lost += block.lost;
        self.taken += block.len as u64;
        Ok((block.len > 0).then_some(place))
    }

    /// Puts what is missing into the chunk that was given last, and counts it as lost.
    pub fn put(&mut self, chunk: &mut Chunk, missing: &Missing) {
        let ratio = self.recorded.hz() / self.working.hz();
        let mut put = 0.0;
        for gap in &missing.gaps {
            let time = chunk.place.first_sample + gap.at as f64 * ratio + put;
            let samples = gap.samples as f64 * ratio;
            self.timeline.miss(time, samples);
            self.lost += samples.round() as u64;
            put += samples;
        }
        chunk.put(&missing.gaps);
        if missing.frames != 0 {
            let samples = missing.frames as f64 * FRAME as f64 * chunk.place.ratio;
            let end = chunk.place.first_sample + chunk.samples.len() as f64 * ratio;
            self.timeline.miss(end, samples);
            self.lost += samples.max(0.0).round() as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::{
        frontend::SampleFormat,
        units::{Hertz, SampleIndex},
    };

    use super::*;
    use cellwarden_source::{Block, SourceInfo};

    /// Counts its samples, scaled down to stay below full scale, without DC.
    struct Counter(SourceInfo, u64);

    impl Counter {
        fn new(rate: f64, length: u64) -> Self {
            Self(
                SourceInfo {
                    name: "counter".to_owned(),
                    format: SampleFormat::Cf32Le,
                    sample_rate: SampleRate::new(rate).expect("positive"),
                    center: Hertz(1.84e9),
                    start: None,
                    gain_db: None,
                    position: None,
                    length: Some(length),
                    first_sample: SampleIndex(0),
                },
                0,
            )
        }
    }

    impl SampleSource for Counter {
        fn info(&self) -> &SourceInfo {
            &self.0
        }

        fn read(&mut self, out: &mut [Complex32]) -> Result<Block, SourceError> {
            let start = self.1;
            let len = out.len().min((self.0.length.expect("known") - start) as usize);
            for (n, x) in out[..len].iter_mut().enumerate() {
                *x = tone(start as f64 + n as f64);
            }
            self.1 += len as u64;
            Ok(Block { len, start: SampleIndex(start), lost: 0 })
        }
    }

    fn tone(place: f64) -> Complex32 {
        Complex32::cis((std::f64::consts::TAU * (0.013 * place).fract()) as f32)
    }

    #[test]
    fn for_levels_only_the_beginning_of_each_stretch_is_looked_at_and_all_is_taken() {
        let rate = 1.92e6;
        let length = (rate * 0.9) as u64;
        let mut source = Counter::new(rate, length);
        let mut intake = Intake::new(&mut source);
        let mut samples = SampleBuffer::new();
        let (mut stretches, mut places) = (0, Vec::new());
        while let Some(place) = intake.next(&mut samples).expect("a counter never fails") {
            stretches += 1;
            intake.is_for_levels = (2..5).contains(&stretches);
            for (m, x) in samples.iter().enumerate().skip(100) {
                let expected = tone(place.first_sample + m as f64);
                assert!((x - expected).norm() < 1e-3, "sample {m} of {place:?}");
            }
            places.push(((place.first_sample / rate * 1e3).round(), (samples.len() as f64 / rate * 1e3).round()));
        }
        assert_eq!(places, [(0.0, 160.0), (158.0, 162.0), (318.0, 82.0), (480.0, 80.0), (640.0, 80.0), (800.0, 100.0)]);
        assert_eq!(intake.taken, length);
    }

    #[test]
    fn chunks_overlap_and_know_their_place() {
        for rate in [1.92e6, 2_000_003.0] {
            let length = (rate * 0.5) as u64;
            let mut source = Counter::new(rate, length);
            let mut intake = Intake::new(&mut source);
            let step = rate / intake.rate().hz();
            let mut ends = 0.0;
            let mut samples = SampleBuffer::new();
            while let Some(place) = intake.next(&mut samples).expect("a counter never fails") {
                let overlap = if place.first_sample > 0.0 { OVERLAP_SECONDS } else { 0.0 };
                assert!((ends - place.first_sample - overlap * rate).abs() < 2.0, "{rate}: {place:?}");
                for (m, x) in samples.iter().enumerate().skip(100) {
                    let expected = tone(place.first_sample + m as f64 * step);
                    assert!((x - expected).norm() < 1e-3, "{rate}: sample {m} of {place:?}");
                }
                ends = place.first_sample + samples.len() as f64 * step;
            }
            assert_eq!(intake.taken, length);
            assert!(length as f64 - ends < 25.0, "{rate}: {ends} of {length}");
        }
    }
}

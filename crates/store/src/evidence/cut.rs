//! Which samples prove a cell: whole frames around its transport blocks.

use cellwarden_core::observation::{BlockChannel, Observation};

/// Longest cut in seconds. It holds the MIB, SIB1 and most SI messages; those beyond it are in the document only.
pub const MAX_CUT_SECONDS: f64 = 1.28;

/// Radio frame in seconds. TS 36.211 §4.1.
const FRAME_S: f64 = 0.01;

/// Frames before the first block: SIB1 is soft-combined over its 80 ms period. TS 36.331 §5.2.1.2.
const FRAMES_BEFORE: f64 = 8.0;

/// Frames after the start of the last block: a MIB takes four. TS 36.331 §5.2.1.2.
const FRAMES_AFTER: f64 = 4.0;

/// A stretch of a dwell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// First sample.
    pub first: u64,
    /// Number of samples.
    pub samples: u64,
}

impl Cut {
    /// The dwell from its beginning, as far as a cut may go.
    #[must_use]
    pub fn whole(sample_rate_hz: f64, dwell_samples: u64) -> Self {
        Self { first: 0, samples: dwell_samples.min((sample_rate_hz * MAX_CUT_SECONDS) as u64) }
    }
}

/// The whole frames around the blocks of an observation, at most [`MAX_CUT_SECONDS`] around its SIB1.
#[must_use]
pub fn cut_around(observation: &Observation, sample_rate_hz: f64, dwell_samples: u64) -> Cut {
    let frame = sample_rate_hz * FRAME_S;
    let phase = observation.timing.at_sample;
    let sib1 = observation.blocks.iter().find(|block| block.channel == BlockChannel::BcchDlSch);
    let decisive = sib1.or(observation.blocks.first()).map_or(phase.max(0.0), |block| block.at_sample as f64);
    let reach = MAX_CUT_SECONDS / 2.0 * sample_rate_hz - (FRAMES_BEFORE + FRAMES_AFTER) * frame;
    let near =
        observation.blocks.iter().map(|block| block.at_sample as f64).filter(|at| (at - decisive).abs() <= reach);
    let (first, last) = near.fold((decisive, decisive), |(first, last), at| (first.min(at), last.max(at)));
    // Onto the cell's own frames.
    let first = phase + ((first - phase) / frame - FRAMES_BEFORE).floor() * frame;
    let end = phase + ((last - phase) / frame + FRAMES_AFTER).ceil() * frame;
    // The dwell's ends go before frames; `as` takes what is below 0, or not a number, as 0.
    let (first, end) = (first.max(0.0) as u64, (end.max(0.0).ceil() as u64).min(dwell_samples));
    Cut { first: first.min(end), samples: end.saturating_sub(first) }
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Sfn;

    use super::*;
    use cellwarden_core::{detect::scene::macro_cell, observation::ReceivedBlock};

    const RATE: f64 = 1.92e6;
    const FRAME: u64 = 19_200;

    fn observation(phase: f64, blocks: &[(BlockChannel, u64)]) -> Observation {
        let mut observation = macro_cell(0x3f_0d101, 301).observation;
        observation.timing.at_sample = phase;
        let block = |&(channel, at_sample): &(BlockChannel, u64)| ReceivedBlock {
            channel,
            sfn: Sfn::wrapping(0),
            subframe: 0,
            at_sample,
            bytes: vec![0; 3],
        };
        observation.blocks = blocks.iter().map(block).collect();
        observation
    }

    #[test]
    fn whole_frames_around_the_blocks() {
        let at = [(BlockChannel::BcchBch, 20 * FRAME + 100), (BlockChannel::BcchDlSch, 30 * FRAME + 9_700)];
        let cut = cut_around(&observation(100.0, &at), RATE, 1000 * FRAME);
        assert_eq!(cut.first, 12 * FRAME + 100, "eight frames before the MIB's");
        assert_eq!(cut.first + cut.samples, 35 * FRAME + 100, "four frames after SIB1's, which it lies in");
    }

    #[test]
    fn a_short_dwell_is_cut_at_its_ends() {
        let at = [(BlockChannel::BcchDlSch, 3 * FRAME)];
        assert_eq!(cut_around(&observation(5.0, &at), RATE, 6 * FRAME), Cut { first: 0, samples: 6 * FRAME });
        assert_eq!(cut_around(&observation(0.0, &at), RATE, 10), Cut { first: 0, samples: 10 });
        assert_eq!(cut_around(&observation(f64::NAN, &[]), RATE, 100).first, 0);
    }

    #[test]
    fn far_blocks_do_not_make_it_longer_than_allowed() {
        let at = [
            (BlockChannel::BcchBch, 0),
            (BlockChannel::BcchDlSch, 5_000 * FRAME),
            (BlockChannel::BcchDlSch, 5_040 * FRAME),
            (BlockChannel::BcchDlSch, 9_000 * FRAME),
        ];
        let cut = cut_around(&observation(0.0, &at), RATE, 10_000 * FRAME);
        assert!(cut.first <= 5_000 * FRAME && cut.first + cut.samples > 5_040 * FRAME, "{cut:?}");
        assert!(cut.samples as f64 <= MAX_CUT_SECONDS * RATE, "{cut:?}");
    }
}

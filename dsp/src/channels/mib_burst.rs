//! Bursts of a PBCH by their frames, and the MIB that they gave. TS 36.211 §6.6.

use super::pbch::DecodedMib;
use crate::{cell::Sfn, coding::llr::Llr};

/// Frames that share a MIB.
pub(super) const FRAMES: i64 = 4;
/// Soft bits of one burst, still scrambled, by hypothesis of the antenna ports in the order of
/// [`AntennaPorts::ALL`](crate::cell::AntennaPorts::ALL).
#[derive(Debug, Clone)]
pub struct Burst {
    /// Frame, counted by the caller.
    pub frame: i64,
    /// Soft bits for one, two and four ports.
    pub soft_bits: [Vec<Llr>; 3],
}

/// A MIB and where the dwell stands with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FoundMib {
    /// The MIB of the period that holds the caller's frame `frame`.
    pub decoded: DecodedMib,
    /// First frame of that period, by the caller's count.
    pub frame: i64,
    /// Periods that speak for it: the sum that was decoded, and those that support it.
    pub periods: usize,
    /// Frames that are sent over and over, where they are: their numbers come again instead of going on.
    pub turn: Option<Turn>,
}

/// Frames that are sent over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The first of one turn, by the caller's count.
    pub first: i64,
    /// How many.
    pub frames: i64,
}

impl Turn {
    /// The frame of the first turn that is sent again as `frame`.
    #[must_use]
    pub fn original(self, frame: i64) -> i64 {
        self.first + (frame - self.first).rem_euclid(self.frames)
    }
}

impl FoundMib {
    /// System frame number that the caller's frame `frame` has by its MIB.
    #[must_use]
    pub fn sfn(&self, frame: i64) -> Sfn {
        let original = self.turn.map_or(frame, |turn| turn.original(frame));
        Sfn::wrapping(i64::from(self.decoded.mib.sfn_msbs()) * FRAMES + original - self.frame)
    }

    /// The same, counted from a frame `frames` later.
    #[must_use]
    pub fn counted_from(mut self, frames: i64) -> Self {
        self.frame -= frames;
        if let Some(turn) = &mut self.turn {
            turn.first -= frames;
        }
        self
    }
}

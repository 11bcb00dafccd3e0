//! How much of each subframe a cell sends: of TDD, SIB1 alone tells it, and before that its reference signals. TS 36.211 §4.2.

use num_complex::Complex32;

use super::{known_cell::KnownCell, pdsch::SHORTEST_DWPTS};
use crate::{
    cell::{AntennaPorts, Bandwidth, Duplex},
    frontend::{channelise::StreamView, ofdm::CellSync},
    grid::channel_estimate::{ChannelEstimator, Subframe},
    search::confirm::always_downlink,
    sequences::crs::{crs_offset, has_crs},
};

/// Share of the reference elements' power by which neighbours agree from which they are there: all of it but what delays
/// take where they are, and where they are not nothing but what chance makes of a dwell's hundred pairs.
const PRESENT: f32 = 0.5;

/// First symbols of each subframe that may hold reference signals.
pub(super) struct SentSymbols {
    sync: CellSync,
    /// By the subframe's number in its frame.
    by_number: [usize; 10],
}

impl SentSymbols {
    /// Those that a cell has told, or all.
    pub(super) fn told(sync: &CellSync, told: Option<[usize; 10]>) -> Self {
        Self { sync: *sync, by_number: told.unwrap_or([sync.cp.symbols_per_subframe(); 10]) }
    }

    /// Those of a TDD cell, by these subframes of a stream.
    pub(super) fn measure(
        estimator: &mut ChannelEstimator,
        stream: StreamView<'_>,
        cell: &KnownCell,
        bandwidth: Bandwidth,
        subframes: Vec<i64>,
    ) -> Self {
        let sync = cell.sync;
        let (per_slot, symbols) = (sync.cp.symbols_per_slot(), sync.cp.symbols_per_subframe());
        let of_port =
            |port: usize| (0..symbols).filter(move |l| has_crs(sync.cp, port, l % per_slot)).map(move |l| (l, port));
        let mut places: Vec<(usize, usize)> = of_port(0).collect();
        if cell.ports() == AntennaPorts::Four {
            places.extend(of_port(2));
        }
        places.sort_unstable();
        let mut agreement = vec![[Complex32::ZERO; 10]; places.len()];
        let mut pairs = [0f32; 10];
        let mut subframe = Subframe::new(sync.cp, bandwidth);
        for number in subframes.into_iter().filter(|n| may_be_uplink(*n)) {
            if !estimator.read_begun(stream, number, symbols, cell.ports(), &mut subframe) {
                continue;
            }
            let in_frame = number.rem_euclid(10) as usize;
            for (&(l, port), agreement) in places.iter().zip(&mut agreement) {
                let n_s = 2 * in_frame + l / per_slot;
                let y = subframe.grid.symbol(l)[crs_offset(sync.pci, port, n_s, l % per_slot)..].iter().step_by(6);
                let gains: Vec<Complex32> =
                    y.zip(estimator.sequence(n_s, l % per_slot)).map(|(y, r)| y * r.conj()).collect();
                agreement[in_frame] += gains.windows(2).map(|g| g[1] * g[0].conj()).sum::<Complex32>();
            }
            pairs[in_frame] += (subframe.grid.subcarriers() / 6 - 1) as f32;
        }
        let sent = |in_frame: usize| {
            if always_downlink(Duplex::Tdd, in_frame as i64) {
                return symbols;
            }
            let least = if matches!(in_frame, 1 | 6) { SHORTEST_DWPTS } else { 0 };
            let is_there = |agreement: &[Complex32; 10]| {
                agreement[in_frame].norm() > PRESENT * cell.statistics.power * pairs[in_frame].max(1.0)
            };
            let there = places.iter().zip(&agreement).take_while(|((l, _), a)| *l < least || is_there(a)).count();
            match there {
                0 => least,
                _ if there == places.len() => symbols,
                _ => least.max(places[there - 1].0 + 1),
            }
        };
        Self { sync, by_number: std::array::from_fn(sent) }
    }

    /// Those of a subframe, counted from the frame's start.
    pub(super) fn of(&self, subframe: i64) -> usize {
        self.by_number[subframe.rem_euclid(10) as usize].min(self.sync.symbols_with_crs(subframe))
    }
}

/// Whether a TDD cell may leave this subframe, or its end, to the uplink; subframe 2 it always does.
fn may_be_uplink(subframe: i64) -> bool {
    !always_downlink(Duplex::Tdd, subframe) && subframe.rem_euclid(10) != 2
}

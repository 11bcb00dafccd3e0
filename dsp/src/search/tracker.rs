//! Confirms a cell by its reference signals and follows it: what goes on from one stretch of samples to the next.

use super::{
    FoundCell, MAX_OFFSET_MOVE_HZ, Nominal,
    clock::MeasuredClock,
    confirm::{BASE_RATE, CrsDwell, PORTS, Tracking, path_reach},
    max_time_move,
    prefix_offset::offset_by_prefixes,
};
use crate::frontend::{channelise::StreamView, ofdm::CellSync};

/// Standard deviations above noise for the reference signals, the last word.
const CRS_THRESHOLD: f32 = 7.0;
/// What turning symbols to another place may cost of it.
const TURNING_LOSS: f32 = 1.0;
/// The same before the last of tracking: chance alone stays below it nearly always.
pub(super) const CRS_HINT: f32 = 2.5;
/// The same before tracking, which costs ten times as much, over ever more slots: those whose number modulo `PARTS`
/// is one of these are added. Of what chance gives on both ports seven in ten stay below the first, nine in ten below the
/// second and nearly all below the last; hardly one of the weakest cells does, which reach 3.5 over a quarter of the slots
/// and 5 over half of them.
const CRS_HINTS: [(&[i64], f32); 3] = [(&[0], 1.0), (&[2], 1.75), (&[1, 3], CRS_HINT)];
/// Share of the second port's strength below which the first port's channel has faded, and says nothing of the cell's level.
const FADED_SHARE: f32 = 0.5;
/// Power of reference elements over noise below which there are none: what another cell's traffic correlates with them
/// comes and goes, and leaves nothing above the noise. The weakest cell that is to be found has 5 % of it.
const LEAST_POWER: f32 = 0.002;
/// Drift of the timing against the tied clock from which a free clock is tried.
const DRIFT_HINT: f64 = 2e-6;

/// Confirms cells and follows them; keeps the memory that this takes.
pub struct Tracker {
    tracking: Tracking,
    /// What was collected of both ports.
    ports: [CrsDwell; PORTS.len()],
    /// The stronger one as it was tracked, with the clock tied and free.
    tracked: [CrsDwell; 2],
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// A tracker for any cells.
    #[must_use]
    pub fn new() -> Self {
        Self { tracking: Tracking::default(), ports: PORTS.map(CrsDwell::of), tracked: Default::default() }
    }

    /// The cell, if its reference signals are there.
    pub fn confirm(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        let Self { tracking: Tracking { demodulator, references, .. }, ports, .. } = self;
        references.renew(&found);
        CrsDwell::clear(ports);
        for (parts, least) in CRS_HINTS {
            CrsDwell::add(ports, demodulator, stream, &found, references, parts);
            if ports.iter().all(|port| port.strength() < least) {
                return None;
            }
        }
        let sync = self.place(stream, &found, nominal)?;
        self.collect(stream, &sync);
        self.measure(sync)
    }

    /// The same of a cell whose carrier only its synchronisation signals show: their phases and those of reference symbols repeat
    /// within some kilohertz. Where its symbols' prefixes show another one, it is looked for there too.
    pub fn confirm_nearby(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        let cell = self.confirm(stream, found, nominal)?;
        let Some(offset) = offset_by_prefixes(stream, &cell.sync) else { return Some(cell) };
        if (offset.0 - cell.sync.offset.0).abs() < MAX_OFFSET_MOVE_HZ {
            return Some(cell);
        }
        let moved = self.confirm(stream, CellSync { offset, ..cell.sync }, nominal);
        Some(moved.filter(|moved| moved.strength > cell.strength).unwrap_or(cell))
    }

    /// The cell once more, which was there a moment before: its reference signals are not demodulated again at a place that
    /// hardly differs.
    pub fn follow(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        self.collect(stream, &found);
        let sync = self.place(stream, &found, nominal)?;
        if !self.ports.iter_mut().all(|port| port.turn(&found, &sync)) {
            self.collect(stream, &sync);
        }
        self.measure(sync)
    }

    /// The sample clock by the drift of a cell's timing alone; `None` where the stream does not hold the cell.
    pub fn measure_clock(&mut self, stream: StreamView<'_>, found: &FoundCell) -> Option<MeasuredClock> {
        let mut sync = found.sync;
        self.collect(stream, &sync);
        let Self { tracking, ports, tracked: [tracked, _] } = self;
        tracked.copy(CrsDwell::stronger(ports, path_reach(sync.cp)));
        tracking.track(stream, &mut sync, tracked, None)?;
        Some(MeasuredClock { excess: sync.clock_excess, error: tracked.clock_error(&found.statistics)? })
    }

    /// What was collected of both ports.
    pub(super) fn collected(&self) -> &[CrsDwell; PORTS.len()] {
        &self.ports
    }

    /// Collects both ports' reference symbols at `sync`.
    pub(super) fn collect(&mut self, stream: StreamView<'_>, sync: &CellSync) {
        let Tracking { demodulator, references, .. } = &mut self.tracking;
        references.renew(sync);
        CrsDwell::collect(&mut self.ports, demodulator, stream, sync, references);
    }

    /// Where the cell really is by what was collected of it at `found`, which is near.
    fn place(&mut self, stream: StreamView<'_>, found: &CellSync, nominal: &Nominal) -> Option<CellSync> {
        let mut sync = *found;
        let strength = self.track(stream, &mut sync, nominal)?;
        // Where the clock changes as well, the timing holds at the dwell's middle alone; both ports send in the same symbols.
        let middle = self.ports[0].middle()? * BASE_RATE;
        let moved = (sync.at(middle) - found.at(middle)).abs() > max_time_move(sync.cp)
            || (sync.offset.0 - found.offset.0).abs() > MAX_OFFSET_MOVE_HZ;
        (strength >= CRS_THRESHOLD - TURNING_LOSS && !moved).then_some(sync)
    }

    /// Tracks with the clock tied to the carrier, or free where the timing drifts otherwise; gives the strength there.
    fn track(&mut self, stream: StreamView<'_>, sync: &mut CellSync, nominal: &Nominal) -> Option<f32> {
        let Self { tracking, ports, tracked: [tied, free] } = self;
        let reach = path_reach(sync.cp);
        let stronger = CrsDwell::stronger(ports, reach);
        let mut freely = *sync;
        tied.copy(stronger);
        tracking.track(stream, sync, tied, Some(nominal))?;
        let strength = tied.strength_within(reach);
        if tied.delay(0.0, &mut tracking.scratch).is_none_or(|(_, drift)| drift.abs() < DRIFT_HINT) {
            return Some(strength);
        }
        free.copy(stronger);
        tracking.track(stream, &mut freely, free, None)?;
        let unbound = free.strength_within(reach);
        if unbound > 1.2 * strength {
            *sync = freely;
            return Some(unbound);
        }
        Some(strength)
    }

    /// The cell at `sync` by what was collected there.
    fn measure(&mut self, mut sync: CellSync) -> Option<FoundCell> {
        self.ports.iter_mut().for_each(|dwell| dwell.leave_out_mbsfn(&mut sync.mbsfn));
        let [first, second] = &self.ports;
        let strengths = [first, second].map(|port| port.strength_within(path_reach(sync.cp)));
        let strength = strengths[0].max(strengths[1]);
        if strength < CRS_THRESHOLD {
            return None;
        }
        let is_faded = strengths[0] < FADED_SHARE * strengths[1];
        let statistics = if is_faded { second.statistics() } else { first.statistics() }?;
        (statistics.power > LEAST_POWER * statistics.noise).then_some(FoundCell { sync, statistics, strength })
    }
}

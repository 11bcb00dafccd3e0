//! Confirms a cell by its reference signals and follows it: what goes on from one stretch of samples to the next.

use super::{
    FoundCell, MOST_OFFSET_MOVE_HZ, MOST_TIME_MOVE, Nominal,
    confirm::{ALL_PARTS, CrsDwell, PORTS, References, track},
};
use crate::frontend::{
    channelise::StreamView,
    ofdm::{CellSync, OfdmDemodulator},
};

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

/// Confirms cells and follows them.
#[derive(Default)]
pub struct Tracker {
    demodulator: OfdmDemodulator,
}

impl Tracker {
    /// A tracker for any cells.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The cell, if its reference signals are there.
    pub fn confirm(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        let references = References::new(&found);
        let mut heard: Option<[CrsDwell; PORTS.len()]> = None;
        for (parts, least) in CRS_HINTS {
            let more = CrsDwell::collect(&mut self.demodulator, stream, &found, &references, PORTS, parts);
            match &mut heard {
                Some(heard) => heard.iter_mut().zip(more).for_each(|(heard, more)| heard.join(more)),
                None => heard = Some(more),
            }
            if heard.iter().flatten().all(|port| port.strength() < least) {
                return None;
            }
        }
        let sync = self.place(stream, &found, &references, CrsDwell::stronger(&heard?), nominal)?;
        let ports = CrsDwell::collect(&mut self.demodulator, stream, &sync, &references, PORTS, &ALL_PARTS);
        measure(ports, sync)
    }

    /// The cell once more, which was there a moment before: its reference signals are not demodulated again at a place that
    /// hardly differs.
    pub fn follow(&mut self, stream: StreamView<'_>, found: CellSync, nominal: &Nominal) -> Option<FoundCell> {
        let references = References::new(&found);
        let ports = CrsDwell::collect(&mut self.demodulator, stream, &found, &references, PORTS, &ALL_PARTS);
        let sync = self.place(stream, &found, &references, CrsDwell::stronger(&ports), nominal)?;
        let ports = match ports.each_ref().map(|port| port.turned(&found, &sync)) {
            [Some(first), Some(second)] => [first, second],
            _ => CrsDwell::collect(&mut self.demodulator, stream, &sync, &references, PORTS, &ALL_PARTS),
        };
        measure(ports, sync)
    }

    /// Excess of the sample clock by the drift of a cell's timing alone; `None` where the stream does not hold the cell.
    pub fn measure_clock(&mut self, stream: StreamView<'_>, found: &FoundCell) -> Option<f64> {
        let mut sync = found.sync;
        let references = References::new(&sync);
        let ports = CrsDwell::collect(&mut self.demodulator, stream, &sync, &references, PORTS, &ALL_PARTS);
        let dwell = CrsDwell::stronger(&ports);
        track(&mut self.demodulator, stream, &mut sync, &references, dwell, None).map(|_| sync.clock_excess)
    }

    /// Where the cell really is by what was collected of it at `found`, which is near.
    fn place(
        &mut self,
        stream: StreamView<'_>,
        found: &CellSync,
        references: &References,
        dwell: &CrsDwell,
        nominal: &Nominal,
    ) -> Option<CellSync> {
        let mut sync = *found;
        let tracked = self.track(stream, &mut sync, references, dwell, nominal)?;
        let moved = (sync.frame_start - found.frame_start).abs() > MOST_TIME_MOVE
            || (sync.offset.0 - found.offset.0).abs() > MOST_OFFSET_MOVE_HZ;
        (tracked.strength() >= CRS_THRESHOLD - TURNING_LOSS && !moved).then_some(sync)
    }

    /// Tracks with the clock tied to the carrier, or free where the timing drifts otherwise.
    fn track(
        &mut self,
        stream: StreamView<'_>,
        sync: &mut CellSync,
        references: &References,
        dwell: &CrsDwell,
        nominal: &Nominal,
    ) -> Option<CrsDwell> {
        let tied = Some((nominal.relative.0, nominal.absolute.0));
        let mut free = *sync;
        let tracked = track(&mut self.demodulator, stream, sync, references, dwell, tied)?;
        if tracked.delay(0.0).is_none_or(|(_, drift)| drift.abs() < DRIFT_HINT) {
            return Some(tracked);
        }
        let freely = track(&mut self.demodulator, stream, &mut free, references, dwell, None)?;
        if freely.strength() > 1.2 * tracked.strength() {
            *sync = free;
            return Some(freely);
        }
        Some(tracked)
    }
}

/// The cell at `sync` by what was collected there.
fn measure(ports: [CrsDwell; PORTS.len()], mut sync: CellSync) -> Option<FoundCell> {
    let [first, second] = ports.map(|dwell| dwell.without_mbsfn(&mut sync.mbsfn));
    let strength = first.strength().max(second.strength());
    if strength < CRS_THRESHOLD {
        return None;
    }
    let is_faded = first.strength() < FADED_SHARE * second.strength();
    let statistics = if is_faded { second.statistics() } else { first.statistics() }?;
    (statistics.power > LEAST_POWER * statistics.noise).then_some(FoundCell { sync, statistics, strength })
}

//! Positions that arrive while they are asked for.
//!
//! A GNSS receiver's time is right; the computer's clock may not be. Dwells carry the computer's. The difference is
//! measured at every report, told where it matters, and taken out before a fix is looked up.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::{Fix, Fixes, Position, PositionSource};

/// Clocks that differ by less, in seconds, may be right: a receiver tells a fix up to a second after it.
pub const CLOCK_TOLERANCE_S: f64 = 1.5;

/// Reports that the difference of the clocks is the median of.
const REPORTS: usize = 31;

/// What a GNSS receiver says at one time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixReport {
    /// GNSS time, where it is known.
    pub time: Option<Timestamp>,
    /// 0 and 1: no fix; 2: without height; 3: with.
    pub mode: u8,
    /// Where; not to be used below mode 2.
    pub place: Option<Position>,
}

/// How the receiver stands.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LiveStatus {
    /// Mode of the latest report.
    pub mode: u8,
    /// Reports with a fix.
    pub fixes: u64,
    /// Reports without.
    pub without_fix: u64,
    /// Seconds that the computer's clock is ahead of GNSS time.
    pub clock_ahead_s: Option<f64>,
    /// Whether the receiver is there.
    pub connected: bool,
}

/// Fixes that one thread adds and another asks for.
#[derive(Debug, Clone, Default)]
pub struct LiveFixes(Arc<(Mutex<Shared>, Condvar)>);

#[derive(Debug, Default)]
struct Shared {
    fixes: Fixes,
    status: LiveStatus,
    ahead_s: VecDeque<f64>,
    /// Whether there is nothing to wait for: there was a fix, or the receiver was lost.
    settled: bool,
}

impl LiveFixes {
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the receiver has a fix or is lost, but not longer than `most`: its first reports have none yet.
    pub fn wait(&self, most: Duration) {
        // How it ended does not matter: who asks for a position next sees what there is.
        drop(self.0.1.wait_timeout_while(self.shared(), most, |shared| !shared.settled));
    }

    /// How the receiver stands.
    #[must_use]
    pub fn status(&self) -> LiveStatus {
        self.shared().status
    }

    /// Takes a report that arrived at a time of the computer's clock.
    pub fn take(&self, report: &FixReport, arrived: Timestamp) {
        let shared = &mut *self.shared();
        shared.status.connected = true;
        shared.status.mode = report.mode;
        let fix = report.time.zip(report.place).filter(|_| report.mode >= 2);
        match fix {
            Some((time, place)) => {
                shared.status.fixes += 1;
                shared.fixes.push(Fix { time, place });
                shared.settled = true;
                self.0.1.notify_all();
            }
            None => shared.status.without_fix += 1,
        }
        // Before its first fix a receiver's time is its own clock's.
        if let Some((time, _)) = fix {
            if shared.ahead_s.len() == REPORTS {
                shared.ahead_s.pop_front();
            }
            shared.ahead_s.push_back(arrived.duration_since(time).as_secs_f64());
            let mut sorted: Vec<f64> = shared.ahead_s.iter().copied().collect();
            sorted.sort_by(f64::total_cmp);
            shared.status.clock_ahead_s = sorted.get(sorted.len() / 2).copied();
        }
    }

    /// The receiver is gone, until its next report.
    pub fn lose(&self) {
        let shared = &mut *self.shared();
        (shared.status.connected, shared.status.mode, shared.settled) = (false, 0, true);
        self.0.1.notify_all();
    }
}

impl LiveStatus {
    /// How wrong the computer's clock is, where that is more than the receiver's delay.
    #[must_use]
    pub fn clock_error_s(&self) -> Option<f64> {
        self.clock_ahead_s.filter(|ahead_s| ahead_s.abs() > CLOCK_TOLERANCE_S)
    }

    /// What is wrong; `None` where positions are right as they are.
    #[must_use]
    pub fn fault(&self) -> Option<GnssFault> {
        match self {
            Self { connected: false, .. } => Some(GnssFault::Lost),
            // A place without a time is no fix either.
            Self { mode: 0 | 1, .. } | Self { fixes: 0, .. } => Some(GnssFault::NoFix),
            _ => self.clock_error_s().map(GnssFault::Clock),
        }
    }
}

/// What keeps positions from being right as they are.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum GnssFault {
    /// The receiver does not answer.
    #[error("the GNSS receiver is lost: no positions until it is back")]
    Lost,
    /// It has no fix: mode below 2.
    #[error("the GNSS receiver has no fix: no positions until it has one")]
    NoFix,
    /// The computer's clock is so many seconds ahead of GNSS time.
    #[error("the clock is {0:+.1} s against GNSS time: positions are looked up by GNSS time")]
    Clock(f64),
}

impl PositionSource for LiveFixes {
    fn at(&self, time: Timestamp) -> Option<Position> {
        let shared = self.shared();
        // A clock that is wrong is taken out.
        let ahead_s = shared.status.clock_error_s().unwrap_or(0.0);
        let ahead = SignedDuration::try_from_secs_f64(ahead_s).ok()?;
        shared.fixes.at(time.checked_sub(ahead).ok()?)
    }

    fn receiver(&self) -> Option<LiveStatus> {
        Some(self.status())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(second: i64, mode: u8, lon: f64) -> FixReport {
        let place = Some(Position { lat: 37.0, lon, error_m: 4.0 });
        FixReport { time: Timestamp::from_second(second).ok(), mode, place }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    #[test]
    fn reports_below_mode_2_are_marked_and_no_positions() {
        let live = LiveFixes::default();
        live.take(&report(100, 1, 5.0), second(100));
        live.take(&FixReport { time: None, mode: 0, place: None }, second(101));
        assert_eq!(live.at(second(100)), None);
        assert_eq!((live.status().without_fix, live.status().fixes, live.status().mode), (2, 0, 0));
        assert_eq!(live.status().fault(), Some(GnssFault::NoFix));
        live.take(&report(102, 3, 127.0), second(102));
        assert_eq!(live.at(second(102)).map(|p| (p.lon, p.error_m)), Some((127.0, 4.0)));
        // The error grows with the time since; in the end there is no position.
        assert!(live.at(second(105)).is_some_and(|p| (p.error_m - 4f64.hypot(45.0)).abs() < 1e-9));
        assert_eq!(live.at(second(120)), None);
        live.lose();
        assert_eq!((live.status().fault(), live.status().mode), (Some(GnssFault::Lost), 0));
    }

    #[test]
    fn a_wrong_clock_is_measured_reported_and_corrected() {
        let live = LiveFixes::default();
        for k in 0..10 {
            live.take(&report(1_000 + k, 3, 127.0 + 1e-4 * k as f64), second(1_000 + k + 3_600));
        }
        assert_eq!(live.status().fault(), Some(GnssFault::Clock(3_600.0)));
        assert!(live.at(second(1_004 + 3_600)).is_some_and(|p| (p.lon - 127.0004).abs() < 1e-9));
        assert_eq!(live.at(second(1_004)), None);
        // A second's delay is the receiver's own.
        let prompt = LiveFixes::default();
        prompt.take(&report(1_000, 3, 127.0), second(1_001));
        assert_eq!((prompt.status().fault(), prompt.status().clock_ahead_s), (None, Some(1.0)));
    }
}

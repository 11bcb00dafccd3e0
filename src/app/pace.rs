//! The pace of a replay: when the next dwell is shown, as the user wants it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::tui::{Command, state::Speed};

/// Longest pause between two dwells of a replay: nobody waits for a night to pass.
const LONGEST_GAP: Duration = Duration::from_secs(10);

/// When the next dwell is shown.
#[derive(Debug, Default)]
pub struct Pace {
    /// Whether it waits for the user.
    pub paused: bool,
    step: bool,
    until_alert: bool,
    /// How fast it goes.
    pub speed: Speed,
    /// The dwell shown last: its time, and when that was.
    last: Option<(Timestamp, Instant)>,
}

impl Pace {
    /// A pace to begin with.
    pub fn new(paused: bool, speed: Speed) -> Self {
        Self { paused, speed, ..Self::default() }
    }

    /// How long until a dwell of that time is due; `None` until the user says so.
    pub fn wait(&self, time: Option<Timestamp>, now: Instant) -> Option<Duration> {
        if self.paused {
            return self.step.then_some(Duration::ZERO);
        }
        let (Speed::Times(times), Some((last, shown)), Some(time), false) =
            (self.speed, self.last, time, self.until_alert)
        else {
            return Some(Duration::ZERO);
        };
        let gap = Duration::try_from(time.duration_since(last)).unwrap_or_default();
        let gap = gap.div_f64(times.max(0.01)).min(LONGEST_GAP);
        Some(gap.saturating_sub(now.duration_since(shown)))
    }

    /// Takes what the user asks.
    pub fn obey(&mut self, command: &Command) {
        match command {
            Command::Pause => {
                self.paused = !self.paused;
                self.until_alert = false;
            }
            Command::Step => (self.paused, self.step, self.until_alert) = (true, true, false),
            Command::Speed(speed) => self.speed = *speed,
            Command::NextAlert => (self.paused, self.until_alert) = (false, true),
            Command::Acknowledge { .. } | Command::Note { .. } | Command::Home(_) | Command::Quit => {}
        }
    }

    /// A dwell of that time is shown, with alerts or without.
    pub fn shown(&mut self, time: Option<Timestamp>, alerts: bool) {
        self.last = time.map(|time| (time, Instant::now()));
        self.step = false;
        if alerts && self.until_alert {
            (self.paused, self.until_alert) = (true, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(speed: Speed) -> Pace {
        Pace::new(false, speed)
    }

    fn second(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[test]
    fn a_dwell_is_due_after_its_gap_at_the_speed() {
        let now = Instant::now();
        let mut pace = pace(Speed::Times(2.0));
        assert_eq!(pace.wait(second(5), now), Some(Duration::ZERO), "the first comes at once");
        pace.last = second(5).map(|time| (time, now));
        assert_eq!(pace.wait(second(9), now), Some(Duration::from_secs(2)));
        assert_eq!(pace.wait(second(9), now + Duration::from_secs(3)), Some(Duration::ZERO));
        assert_eq!(pace.wait(second(90_000), now), Some(LONGEST_GAP));
        assert_eq!(pace.wait(second(1), now), Some(Duration::ZERO), "time may go back");
        assert_eq!(pace.wait(None, now), Some(Duration::ZERO));
    }

    #[test]
    fn a_paused_replay_steps_one_dwell_and_runs_to_the_next_alert() {
        let now = Instant::now();
        let mut pace = pace(Speed::Full);
        pace.obey(&Command::Pause);
        assert_eq!(pace.wait(None, now), None);
        pace.obey(&Command::Step);
        assert_eq!(pace.wait(None, now), Some(Duration::ZERO));
        pace.shown(None, true);
        assert_eq!(pace.wait(None, now), None);
        pace.obey(&Command::NextAlert);
        pace.shown(None, false);
        assert_eq!(pace.wait(None, now), Some(Duration::ZERO));
        pace.shown(None, true);
        assert_eq!(pace.wait(None, now), None);
        pace.obey(&Command::Pause);
        assert_eq!(pace.wait(None, now), Some(Duration::ZERO));
    }
}

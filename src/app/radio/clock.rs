//! The radio's own clock beside the host's: dwells have the host's time, and only its stamps show what was lost.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// Stamps from which on they are times of a calendar, and no seconds since the radio was started: the year 2000.
const CALENDAR_NS: i64 = 946_684_800 * 1_000_000_000;

/// How far the two may be apart: reads wait in buffers, and hosts are set over the network.
const TOLERANCE_S: f64 = 2.0;

/// How much faster or slower one may run: far more than any crystal's error.
const TOLERANCE_RATE: f64 = 1e-3;

/// How long a difference must last, read by read: some drivers stamp one now and then with a time that cannot be true.
const LASTING: Duration = Duration::from_secs(1);

/// Compares the two.
#[derive(Debug, Default)]
pub struct ClockCheck {
    /// A stamp that the next one agreed with, and when it came.
    first: Option<(i64, Instant)>,
    /// The stamp before.
    last: Option<(i64, Instant)>,
    /// Since when they differ without a break.
    since: Option<Instant>,
    is_reported: bool,
}

impl ClockCheck {
    /// The radio was tuned, or opened again: some begin to count anew.
    pub fn tuned(&mut self) {
        (self.first, self.last) = (None, None);
    }

    /// A read came at `now`, which the host's clock calls `wall`, and is stamped with `time_ns`. What is to be said of the
    /// clocks, once until they agree again.
    pub fn stamp(&mut self, time_ns: i64, now: Instant, wall: Timestamp) -> Option<String> {
        let difference = self.difference(time_ns, now, wall);
        if difference.is_none() {
            (self.since, self.is_reported) = (None, false);
            return None;
        }
        let since = *self.since.get_or_insert(now);
        if self.is_reported || now.duration_since(since) < LASTING {
            return None;
        }
        self.is_reported = true;
        // What it was set to is what it goes on from.
        self.first = Some((time_ns, now));
        difference
    }

    fn difference(&mut self, time_ns: i64, now: Instant, wall: Timestamp) -> Option<String> {
        let host_ns = i64::try_from(wall.as_nanosecond()).unwrap_or(i64::MAX);
        let ahead_s = time_ns.saturating_sub(host_ns) as f64 * 1e-9;
        if time_ns >= CALENDAR_NS && ahead_s.abs() > TOLERANCE_S {
            let (way, radio) =
                (if ahead_s > 0.0 { "ahead of" } else { "behind" }, Timestamp::from_nanosecond(time_ns.into()));
            return Some(format!(
                "the radio's clock is {:.1} s {way} this host's: {} against {wall:.3}; times are this host's: set the one \
                 that is wrong",
                ahead_s.abs(),
                radio.map_or_else(|_| "no date".to_owned(), |radio| format!("{radio:.3}"))
            ));
        }
        if time_ns >= CALENDAR_NS {
            return None;
        }
        let before = self.last.replace((time_ns, now));
        let Some((first_ns, first)) = self.first else {
            self.first = before.filter(|before| apart_s(*before, time_ns, now).abs() <= TOLERANCE_S);
            return None;
        };
        let host_s = now.duration_since(first).as_secs_f64();
        let apart_s = apart_s((first_ns, first), time_ns, now);
        let radio_s = host_s + apart_s;
        (apart_s.abs() > TOLERANCE_S + TOLERANCE_RATE * host_s).then(|| {
            format!(
                "over {host_s:.1} s of this host's clock the radio's went on by {radio_s:.1} s: it jumped or runs wrong; times \
                 are this host's, and what was lost is counted by it too"
            )
        })
    }
}

/// How much further the radio's clock went on since a stamp than the host's.
fn apart_s((since_ns, since): (i64, Instant), time_ns: i64, now: Instant) -> f64 {
    time_ns.saturating_sub(since_ns) as f64 * 1e-9 - now.duration_since(since).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: i64 = 1_000_000_000;
    const START: &str = "2026-11-20T01:00:00Z";

    /// What is said at each of these tenths of a second, by the stamps that `radio` gives at so many nanoseconds.
    fn said(tenths: u64, radio: impl Fn(i64) -> i64) -> Vec<(u64, String)> {
        let (mut check, now) = (ClockCheck::default(), Instant::now());
        let start: Timestamp = START.parse().expect("a time");
        let at = |n: u64| {
            let since = Duration::from_millis(100 * n);
            check.stamp(radio(since.as_nanos() as i64), now + since, start + since).map(|text| (n, text))
        };
        (0..tenths).filter_map(at).collect()
    }

    #[test]
    fn a_clock_that_goes_with_the_hosts_is_well() {
        let start_ns = START.parse::<Timestamp>().expect("a time").as_nanosecond() as i64;
        let second = SECOND_NS;
        for offset in [0, 77 * second, start_ns, start_ns + second, start_ns - second] {
            assert_eq!(said(600, |ns| offset + ns), [], "{offset}");
            // 100 ppm, and a buffer of half a second.
            assert_eq!(said(600, |ns| offset + ns + ns / 10_000 - second / 2), [], "{offset}");
        }
        // One read in three with a time that cannot be true.
        for started in [start_ns, 77 * second] {
            assert_eq!(said(600, |ns| if ns / 100_000_000 % 3 == 0 { 0 } else { started + ns }), [], "{started}");
        }
    }

    #[test]
    fn one_that_is_set_wrong_jumps_or_stands_is_said_once() {
        let start_ns = START.parse::<Timestamp>().expect("a time").as_nanosecond() as i64;
        let year_ns = 365 * 86_400 * SECOND_NS;
        let ahead = said(600, |ns| start_ns + 10 * year_ns + ns);
        assert_eq!(ahead.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [10]);
        assert!(ahead[0].1.contains("315360000.0 s ahead of this host's: 2036-11-17T01:00:01.000Z"), "{}", ahead[0].1);
        assert_eq!(said(600, |ns| start_ns - year_ns + ns).len(), 1);
        // Of one that counts seconds since its start only what changes is known.
        let jumped = said(600, |ns| if ns < 20 * SECOND_NS { ns } else { ns + 3_600 * SECOND_NS });
        assert_eq!(jumped.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [210]);
        assert!(jumped[0].1.contains("went on by 3621.0 s"), "{}", jumped[0].1);
        assert_eq!(said(600, |_| 5 * SECOND_NS).first().map(|(n, _)| *n), Some(31), "it stands");
        assert_eq!(said(600, |ns| 2 * ns).first().map(|(n, _)| *n), Some(31), "twice too fast");
        // It is said again where it was well in between.
        let twice =
            said(
                600,
                |ns| if (100..400).contains(&(ns / 100_000_000)) { start_ns + ns } else { start_ns + year_ns + ns },
            );
        assert_eq!(twice.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [10, 410]);
    }
}

//! Whether a track is that of the recordings.

use cellwarden_position::{PositionSource, Unplaced, fixes::ERROR_MAX_M};
use cellwarden_text::counted;
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

/// A track that has nothing to do with the recordings.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "--gps: the track is from {first} to {last}, and none of {}, from {from} to {to}, is in it: give the \
     track of this drive, or correct the times (times without a zone are UTC)",
    counted(*count as u64, "recording")
)]
pub struct ForeignTrack {
    first: Timestamp,
    last: Timestamp,
    count: usize,
    from: Timestamp,
    to: Timestamp,
}

/// Recordings without a position, by the reason.
#[derive(Debug, Default)]
struct Missing {
    outside: u64,
    weak: u64,
    /// Largest error of a fix beside them, in metres.
    error_m: f64,
    in_gaps: u64,
    /// Longest gap that they are in, in seconds.
    gap_s: f64,
}

/// Checks a track against the recordings, which begin at these times and are so many seconds long. Gives a sentence where
/// it covers them and yet gives some no position.
///
/// # Errors
/// Where none of the recordings is in the track's time: it is another drive's, or one of the clocks is wrong.
pub fn check_track(
    positions: &dyn PositionSource,
    recordings: impl Iterator<Item = (Timestamp, f64)>,
) -> Result<Option<String>, ForeignTrack> {
    let Some((first, last)) = positions.span() else { return Ok(None) };
    let (mut count, mut from, mut to) = (0, Timestamp::MAX, Timestamp::MIN);
    let (mut is_covered, mut missing) = (false, Missing::default());
    for (start, seconds) in recordings {
        let later = |seconds: f64| {
            SignedDuration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|after| start.checked_add(after).ok())
                .unwrap_or(start)
        };
        let unplaced = positions.unplaced(later(seconds / 2.0));
        is_covered |= unplaced.is_none() || (start <= last && later(seconds) >= first);
        missing.take(unplaced);
        (count, from, to) = (count + 1, from.min(start), to.max(start));
    }
    if count > 0 && !is_covered {
        return Err(ForeignTrack { first, last, count, from, to });
    }
    Ok(missing.sentence(count as u64))
}

impl Missing {
    fn take(&mut self, unplaced: Option<Unplaced>) {
        match unplaced {
            None => {}
            Some(Unplaced::Outside) => self.outside += 1,
            Some(Unplaced::Weak { error_m }) => {
                self.weak += 1;
                self.error_m = self.error_m.max(error_m);
            }
            Some(Unplaced::Gap { seconds }) => {
                self.in_gaps += 1;
                self.gap_s = self.gap_s.max(seconds);
            }
        }
    }

    fn sentence(&self, count: u64) -> Option<String> {
        let Self { outside, weak, error_m, in_gaps, gap_s } = self;
        let reasons = [
            (
                *weak,
                format!("where its fixes have errors of up to {error_m:.0} m themselves (high HDOP, or no height)"),
            ),
            (*in_gaps, format!("in gaps of up to {gap_s:.0} s between its fixes")),
            (*outside, "before its first or after its last fix".to_owned()),
        ];
        let reasons: Vec<String> =
            reasons.into_iter().filter(|(n, _)| *n > 0).map(|(n, reason)| format!("{n} {reason}")).collect();
        (!reasons.is_empty()).then(|| {
            format!(
                "--gps: the track gives {} of {} no position within {ERROR_MAX_M:.0} m: {}. They are judged without \
                 their places; log a fix per second, with a clear view of the sky",
                weak + in_gaps + outside,
                counted(count, "recording"),
                reasons.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use cellwarden_position::{FixedPosition, GpxTrack};

    use super::*;

    /// A track of points so many seconds after one o'clock, and what each says beside its time.
    fn track(seconds: impl IntoIterator<Item = i64>, inside: &str) -> GpxTrack {
        let point = |second| format!("<trkpt lat='37.48' lon='126.87'><time>{}</time>{inside}</trkpt>", at(second));
        let points: String = seconds.into_iter().map(point).collect();
        GpxTrack::read(format!("<gpx>{points}</gpx>").as_bytes()).expect("a track")
    }

    fn at(second: i64) -> Timestamp {
        let one: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
        one + SignedDuration::from_secs(second)
    }

    /// Nine recordings of 40 ms, one every five seconds.
    fn checked(track: &dyn PositionSource) -> Result<Option<String>, ForeignTrack> {
        check_track(track, (0..9).map(|n| (at(5 * n), 0.04)))
    }

    #[test]
    fn a_weak_track_of_the_drive_is_reported_and_not_refused() {
        let weak = checked(&track((-5..70).step_by(2), "<fix>2d</fix><hdop>25</hdop>")).expect("this drive's");
        let weak = weak.expect("a sentence");
        assert!(weak.contains("9 of 9 recordings") && weak.contains("250 m") && weak.contains("HDOP"), "{weak}");
        let sparse = checked(&track([-5, 55, 115], "")).expect("this drive's").expect("a sentence");
        assert!(sparse.contains("gaps of up to 60 s") && !sparse.contains("HDOP"), "{sparse}");
        // Its last fix, at 9 s, speaks for the 13 s after it: for the recordings at 10, 15 and 20 s.
        let short = checked(&track(-5..10, "")).expect("this drive's").expect("a sentence");
        assert!(short.contains("4 of 9") && short.contains("after its last fix"), "{short}");
        assert_eq!(checked(&track(-5..70, "")), Ok(None));
    }

    #[test]
    fn a_track_of_another_time_is_refused() {
        for other in [86_400, -86_400, 9 * 3_600] {
            let refused = checked(&track(other..other + 70, "")).expect_err("another day's");
            assert!(refused.to_string().contains("none of 9 recordings"), "{refused}");
        }
        // A recording whose middle is far from the track, and that lasts through it.
        let long = check_track(&track(10..12, ""), [(at(0), 200.0)].into_iter()).expect("in it");
        assert!(long.is_some_and(|remark| remark.contains("1 of 1 recording no position")));
        assert_eq!(check_track(&track(0..9, ""), std::iter::empty()), Ok(None));
        let fixed: FixedPosition = "37.48,126.87".parse().expect("a place");
        assert_eq!(checked(&fixed), Ok(None));
    }
}

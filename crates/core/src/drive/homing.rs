//! The levels of one cell while a receiver homes in on it: the newest, their trend, and the highest.

use std::collections::VecDeque;

use crate::observation::Position;

/// Seconds that the trend looks back.
pub const TREND_S: f64 = 10.0;
/// Shortest time that a trend is drawn from: over less, fading is all that there is.
const LEAST_TREND_S: f64 = 2.0;
/// Seconds of levels that are kept.
const KEPT_S: f64 = 60.0;
/// Levels kept at most, whatever their times say.
const MAX_LEVELS: usize = 1_024;

/// One level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HomingLevel {
    /// When, in seconds since any beginning.
    pub seconds: f64,
    /// Reference signal received power less the receiver's gain, in dB.
    pub rsrp_db: f64,
    /// CRS Es/N0 in dB.
    pub sinr_db: f64,
    /// Where the receiver was.
    pub position: Option<Position>,
}

/// The levels of the last minute, oldest first, and the highest of all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct HomingLevels {
    levels: VecDeque<HomingLevel>,
    peak: Option<HomingLevel>,
}

impl HomingLevels {
    /// Adds a level. One that is no number is left out; a time before the newest begins anew, as a recording played again
    /// does.
    pub fn add(&mut self, level: HomingLevel) {
        if !(level.rsrp_db.is_finite() && level.seconds.is_finite()) {
            return;
        }
        if self.latest().is_some_and(|latest| level.seconds < latest.seconds) {
            self.levels.clear();
        }
        if self.peak.is_none_or(|peak| level.rsrp_db > peak.rsrp_db) {
            self.peak = Some(level);
        }
        self.levels.push_back(level);
        let is_kept = |first: &HomingLevel| level.seconds - first.seconds <= KEPT_S;
        while self.levels.len() > MAX_LEVELS || self.levels.front().is_some_and(|first| !is_kept(first)) {
            self.levels.pop_front();
        }
    }

    /// The levels of the last minute, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &HomingLevel> + ExactSizeIterator {
        self.levels.iter()
    }

    /// The newest level.
    #[must_use]
    pub fn latest(&self) -> Option<&HomingLevel> {
        self.levels.back()
    }

    /// The highest level since the lock, also one that is no longer kept.
    #[must_use]
    pub fn peak(&self) -> Option<&HomingLevel> {
        self.peak.as_ref()
    }

    /// By how many dB the level rose over the last [`TREND_S`] seconds, by the straight line through its levels; negative
    /// where it fell. `None` where they span less than two seconds.
    #[must_use]
    pub fn trend_db(&self) -> Option<f64> {
        let recent = self.recent()?;
        let count = recent.clone().count() as f64;
        let mean = |value: fn(&HomingLevel) -> f64| recent.clone().map(value).sum::<f64>() / count;
        let (middle_s, middle_db) = (mean(|level| level.seconds), mean(|level| level.rsrp_db));
        let (mut products, mut squares) = (0.0, 0.0);
        for level in recent {
            let from_middle_s = level.seconds - middle_s;
            products += from_middle_s * (level.rsrp_db - middle_db);
            squares += from_middle_s * from_middle_s;
        }
        Some(products / squares * TREND_S)
    }

    /// Levels per second over the last [`TREND_S`] seconds. `None` where they span less than two seconds.
    #[must_use]
    pub fn per_second(&self) -> Option<f64> {
        let recent = self.recent()?;
        let spanned_s = self.latest()?.seconds - recent.clone().next_back()?.seconds;
        Some((recent.count() - 1) as f64 / spanned_s)
    }

    /// The levels of the last ten seconds, newest first, where they span enough.
    fn recent(&self) -> Option<impl DoubleEndedIterator<Item = &HomingLevel> + Clone> {
        let latest_s = self.latest()?.seconds;
        let first = self.levels.iter().position(|level| latest_s - level.seconds <= TREND_S)?;
        let spanned_s = latest_s - self.levels[first].seconds;
        (spanned_s >= LEAST_TREND_S).then(|| self.levels.range(first..).rev())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(seconds: f64, rsrp_db: f64) -> HomingLevel {
        HomingLevel { seconds, rsrp_db, sinr_db: 10.0, position: None }
    }

    fn levels(of: impl IntoIterator<Item = (f64, f64)>) -> HomingLevels {
        let mut levels = HomingLevels::default();
        of.into_iter().for_each(|(seconds, rsrp_db)| levels.add(level(seconds, rsrp_db)));
        levels
    }

    #[test]
    fn the_trend_is_the_rise_over_ten_seconds_and_older_levels_do_not_count() {
        // 0.5 dB a second from 20 s on, after a fall.
        let rising = levels((0..=200).map(|i| {
            let seconds = f64::from(i) * 0.16;
            (seconds, if seconds < 20.0 { -seconds } else { -80.0 + 0.5 * (seconds - 20.0) })
        }));
        let trend = rising.trend_db().expect("32 s of levels");
        assert!((trend - 5.0).abs() < 1e-6, "{trend}");
        let per_second = rising.per_second().expect("32 s of levels");
        assert!((per_second - 6.25).abs() < 1e-6, "{per_second}");
    }

    #[test]
    fn too_short_a_time_has_no_trend() {
        assert_eq!(levels([]).trend_db(), None);
        assert_eq!(levels([(5.0, -60.0)]).trend_db(), None);
        assert_eq!(levels((0..10).map(|i| (f64::from(i) * 0.16, -60.0))).trend_db(), None);
        assert_eq!(levels([(1.0, -60.0); 40]).trend_db(), None);
    }

    #[test]
    fn the_peak_is_held_when_its_level_is_no_longer_kept() {
        let held = levels((0..2_000).map(|i| (f64::from(i), if i == 3 { -40.0 } else { -70.0 })));
        assert_eq!(held.peak(), Some(&level(3.0, -40.0)));
        assert_eq!(held.iter().len(), 61);
        // More in a minute than anything measures.
        assert_eq!(levels((0..5_000).map(|i| (f64::from(i) * 1e-3, -70.0))).iter().len(), MAX_LEVELS);
    }

    #[test]
    fn what_is_no_number_is_left_out_and_a_clock_set_back_begins_anew() {
        let odd = levels([(0.0, f64::NAN), (f64::NAN, -60.0), (f64::INFINITY, -60.0), (9.0, -60.0), (1.0, -61.0)]);
        assert_eq!(odd.iter().collect::<Vec<_>>(), [&level(1.0, -61.0)]);
        assert_eq!(odd.peak().map(|peak| peak.rsrp_db), Some(-60.0));
    }
}

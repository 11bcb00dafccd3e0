//! The recording's samples and those that are missing from it, on one line of time.

use std::collections::VecDeque;

/// Places of missing samples that are told apart; of more the oldest count as one.
const MAX_PLACES: usize = 4096;

/// Where samples are missing that no source has told of. Times are counted in samples, those that are missing included.
#[derive(Debug, Default)]
pub struct Timeline {
    /// In order: a time, and how many are missing up to there.
    places: VecDeque<(f64, f64)>,
}

impl Timeline {
    /// Samples missing so far.
    pub fn missing(&self) -> f64 {
        self.places.back().map_or(0.0, |place| place.1)
    }

    /// So many more are missing before what stood at `time`; what came after is later by as many. Fewer than none where more
    /// were counted before than there were.
    pub fn miss(&mut self, time: f64, samples: f64) {
        let place = self.places.partition_point(|place| place.0 <= time);
        for (later, missing) in self.places.range_mut(place..) {
            *later += samples;
            *missing += samples;
        }
        let before = place.checked_sub(1).map_or(0.0, |last| self.places[last].1);
        self.places.insert(place, (time, before + samples));
        if self.places.len() > MAX_PLACES {
            self.places.pop_front();
        }
    }

    /// Which of the recording's samples stands at `time`.
    pub fn recorded(&self, time: f64) -> f64 {
        let passed = self.places.partition_point(|place| place.0 <= time);
        let missing = match passed.checked_sub(1) {
            Some(last) => self.places[last].1,
            // Where the oldest places are forgotten, what comes before the first is not far from it.
            None if self.places.len() == MAX_PLACES => self.places[0].1,
            None => 0.0,
        };
        time - missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_places_in_the_recording() {
        let mut timeline = Timeline::default();
        assert_eq!(timeline.recorded(7.0), 7.0);
        timeline.miss(100.0, 20.0);
        timeline.miss(400.0, 5.0);
        assert_eq!([99.0, 120.0, 399.0, 405.0].map(|time| timeline.recorded(time)), [99.0, 100.0, 379.0, 380.0]);
        assert_eq!(timeline.missing(), 25.0);
        timeline.miss(200.0, 3.0);
        assert_eq!([120.0, 203.0, 402.0, 408.0].map(|time| timeline.recorded(time)), [100.0, 180.0, 379.0, 380.0]);
    }

    #[test]
    fn it_stays_small() {
        let mut timeline = Timeline::default();
        (0..10_000).for_each(|n| timeline.miss(f64::from(n) * 100.0, 10.0));
        assert_eq!(timeline.places.len(), MAX_PLACES);
        assert_eq!(timeline.recorded(1e6), 1e6 - 1e5);
    }
}

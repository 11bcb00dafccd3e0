//! What became of the time of a sweep, and when its progress is published.

use std::time::{Duration, Instant};

use lte_dsp::units::Hertz;

use cellwarden_core::observation::earfcn::bands;
use cellwarden_receiver::scan_plan::SweepStatus;
use cellwarden_report::{AirShares, SweepProgress};

/// Time between two published states of the first sweep, and of those after it.
const PUBLISH_FIRST: Duration = Duration::from_secs(1);
const PUBLISH_LATER: Duration = Duration::from_secs(10);

/// What the time of one step went to, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepTime {
    /// The wait for its first samples.
    pub retuning_s: f64,
    /// Length of the signal received, lost samples included.
    pub received_s: f64,
    /// Length of what was lost of it.
    pub lost_s: f64,
}

/// Seconds of a sweep by what they went to; the rest of its time went to processing.
#[derive(Debug, Default)]
pub struct AirAccount {
    searched_s: f64,
    retuning_s: f64,
    lost_s: f64,
    published: Option<Instant>,
}

impl AirAccount {
    /// Nothing yet of another sweep.
    pub fn begin_sweep(&mut self) {
        *self = Self { published: self.published, ..Self::default() };
    }

    /// Adds a step.
    pub fn add(&mut self, step: &StepTime) {
        self.searched_s += step.received_s - step.lost_s;
        self.retuning_s += step.retuning_s;
        self.lost_s += step.lost_s;
    }

    /// Whether the sweep's progress is to be published at `now`, which then counts as done.
    pub fn is_due(&mut self, is_first: bool, now: Instant) -> bool {
        let every = if is_first { PUBLISH_FIRST } else { PUBLISH_LATER };
        let is_due = self.published.is_none_or(|published| now.duration_since(published) >= every);
        if is_due {
            self.published = Some(now);
        }
        is_due
    }

    /// The progress of a sweep that stands so, with the radio at `center` in this window.
    pub fn progress(
        &self,
        status: &SweepStatus,
        center: Hertz,
        window: Option<usize>,
        is_complete: bool,
    ) -> SweepProgress {
        SweepProgress {
            sweep: status.number,
            is_complete,
            band: band_at(center),
            center_hz: center.0,
            window,
            windows: status.windows,
            windows_searched: status.windows_searched,
            carriers: status.carriers,
            carriers_identified: status.identified,
            carriers_overdue: status.overdue,
            seconds: status.seconds,
            seconds_left: if is_complete { Some(0.0) } else { status.seconds_left },
            seconds_since_complete: status.seconds_since_complete,
            air: self.shares(status.seconds),
        }
    }

    /// Shares of a sweep that has taken so long.
    fn shares(&self, seconds: f64) -> AirShares {
        let known_s = self.searched_s + self.retuning_s + self.lost_s;
        if known_s == 0.0 {
            return AirShares::default();
        }
        // A radio that is ahead of real time leaves nothing for processing.
        let all_s = seconds.max(known_s);
        AirShares {
            searched: self.searched_s / all_s,
            processing: 1.0 - known_s / all_s,
            retuning: self.retuning_s / all_s,
            lost: self.lost_s / all_s,
        }
    }
}

/// The lowest band whose downlink holds a frequency.
fn band_at(center: Hertz) -> Option<u16> {
    let holds = |(low, high): (Hertz, Hertz)| (low.0..=high.0).contains(&center.0);
    bands().find(|band| holds(band.downlink())).map(|band| band.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_sweep_is_accounted_for_whole() {
        let mut account = AirAccount::default();
        assert_eq!(account.shares(3.0), AirShares::default());
        account.add(&StepTime { retuning_s: 0.05, received_s: 0.16, lost_s: 0.01 });
        account.add(&StepTime { retuning_s: 0.05, received_s: 0.16, lost_s: 0.0 });
        let AirShares { searched, processing, retuning, lost } = account.shares(1.0);
        assert!((searched - 0.31).abs() < 1e-9 && (lost - 0.01).abs() < 1e-9, "{searched} {lost}");
        assert!((processing - 0.58).abs() < 1e-9 && (retuning - 0.1).abs() < 1e-9, "{processing} {retuning}");
        // Samples that come faster than in real time.
        let AirShares { searched, processing, retuning, lost } = account.shares(0.1);
        assert!(processing == 0.0 && (searched + retuning + lost - 1.0).abs() < 1e-9, "{searched} {retuning} {lost}");
        account.begin_sweep();
        assert_eq!(account.shares(1.0), AirShares::default());
    }

    #[test]
    fn progress_is_published_each_second_of_the_first_sweep_and_more_rarely_after_it() {
        let (mut account, now) = (AirAccount::default(), Instant::now());
        let mut due = |is_first, ms| account.is_due(is_first, now + Duration::from_millis(ms));
        assert_eq!([due(true, 0), due(true, 900), due(true, 1000)], [true, false, true]);
        assert_eq!([due(false, 2500), due(false, 11_000)], [false, true]);
    }

    #[test]
    fn a_frequency_is_in_its_lowest_band() {
        let band = |mhz: f64| band_at(Hertz(mhz * 1e6));
        assert_eq!(
            [band(2140.0), band(1842.5), band(881.5), band(2655.0), band(942.5)].map(Option::unwrap_or_default),
            [1, 3, 5, 7, 8]
        );
        assert_eq!(band(300.0), None);
    }
}

//! Progress of a scan's sweep, as events, the table and the screen have it.

use cellwarden_text::counted;

/// Where the sweep of a scan stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepProgress {
    /// Number of the sweep, from 1.
    pub sweep: u64,
    /// Whether it is complete: every window was searched and the cells of every carrier found were identified, or that was
    /// given up.
    pub is_complete: bool,
    /// Band that is received, where its centre is in one.
    pub band: Option<u16>,
    /// Centre of what is received.
    pub center_hz: f64,
    /// Number of the window that is received, from 1.
    pub window: Option<usize>,
    /// Windows in all.
    pub windows: usize,
    /// Windows searched in this sweep.
    pub windows_searched: usize,
    /// Carriers known.
    pub carriers: usize,
    /// Those of them whose cells are all identified.
    pub carriers_identified: usize,
    /// Those of them that were not heard within the time that they should be heard again.
    pub carriers_overdue: usize,
    /// Seconds since this sweep began.
    pub seconds: f64,
    /// Seconds that the rest takes, by the steps so far; `None` before the first step ended.
    pub seconds_left: Option<f64>,
    /// Seconds since the sweep before was complete; `None` in the first.
    pub seconds_since_complete: Option<f64>,
    /// What became of the time of this sweep.
    pub air: AirShares,
}

/// What became of the time of a sweep, in shares that come to 1; all 0 before the first step ended.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AirShares {
    /// The signal of this time was searched.
    pub searched: f64,
    /// What was received before was still being searched: the processor is slower than the radio.
    pub processing: f64,
    /// The radio was tuned, settled, or gave nothing.
    pub retuning: f64,
    /// The samples of this time were lost.
    pub lost: f64,
}

impl AirShares {
    /// The shares in percent, with why not all was searched.
    #[must_use]
    pub fn text(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let Self { searched, processing, retuning, lost } = *self;
        let mut text = format!(
            "{} of the air searched; {} went to processing, {} to retuning",
            percent(searched),
            percent(processing),
            percent(retuning)
        );
        if lost > 0.0 {
            text += &format!(", {:.2} % lost", lost * 100.0);
        }
        text
    }
}

impl SweepProgress {
    /// How a complete sweep went, in a line.
    #[must_use]
    pub fn completed_text(&self) -> String {
        format!(
            "sweep {} complete after {:.1} s: {} searched, {} found, {} identified; {}",
            self.sweep,
            self.seconds,
            counted(self.windows as u64, "window"),
            counted(self.carriers as u64, "carrier"),
            self.carriers_identified,
            self.air.text(),
        )
    }
}

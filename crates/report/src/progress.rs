//! How far the work is, on standard error, where that is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or nothing where nobody sees it. Clones are one bar.
#[derive(Clone)]
pub struct ProgressDisplay {
    bar: ProgressBar,
}

impl ProgressDisplay {
    /// A bar over `samples`, or a count where their number is unknown; hidden when `quiet` or without a terminal.
    #[must_use]
    pub fn new(samples: Option<u64>, quiet: bool) -> Self {
        let bar = match samples {
            Some(samples) => ProgressBar::new(samples),
            None => ProgressBar::no_length(),
        };
        // Hidden where standard error is no terminal.
        bar.set_draw_target(if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(5) });
        let template = match samples {
            Some(_) => "{bar:40} {percent:>3} %  {eta} left  {msg}",
            None => "{spinner} {elapsed}  {msg}",
        };
        bar.set_style(ProgressStyle::with_template(template).expect("a template without faults"));
        Self { bar }
    }

    /// Says that so many more samples are done.
    pub fn advance(&self, samples: u64) {
        self.bar.inc(samples);
    }

    /// Says what is being done.
    pub fn say(&self, message: String) {
        self.bar.set_message(message);
    }

    /// Runs `print` with the bar out of the way.
    pub fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub fn end(&self) {
        self.bar.finish_and_clear();
    }
}

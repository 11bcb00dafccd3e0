//! A thread beside those that answer: it does one piece of work after the other, and ends with the service. It works at
//! most a fifth of the time, so that processor and database are the others'.

use std::{
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// How many times as long as it worked it rests at least.
const REST_SHARE: u32 = 4;

/// The thread; it ends when this is dropped and the piece at hand is done.
pub struct Background {
    what: &'static str,
    end: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Background {
    /// Starts it. `work` does one piece, and says how long to rest after it where no share of the time demands more.
    #[must_use]
    pub fn start(what: &'static str, mut work: impl FnMut() -> Duration + Send + 'static) -> Self {
        let (end, ended) = bounded::<()>(0);
        let thread = thread::spawn(move || {
            let mut rest = Duration::ZERO;
            while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
                let begun = Instant::now();
                rest = work().max(begun.elapsed() * REST_SHARE);
            }
        });
        Self { what, end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.end.take();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!(thread = self.what, "a thread ended by a fault of this program");
        }
    }
}

//! A thread beside those that answer: it does one piece of work after the other, and ends with the service.

use std::{thread, time::Duration};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

/// The thread; it ends when this is dropped and the piece at hand is done.
pub struct Background {
    what: &'static str,
    end: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Background {
    /// Starts it. `work` does one piece, and says how long to rest after it.
    #[must_use]
    pub fn start(what: &'static str, mut work: impl FnMut() -> Duration + Send + 'static) -> Self {
        let (end, ended) = bounded::<()>(0);
        let thread = thread::spawn(move || {
            let mut rest = Duration::ZERO;
            while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
                rest = work();
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

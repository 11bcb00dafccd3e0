//! A thread beside those that answer: it does one piece of work after the other, and ends with the service. It works at
//! most a fifth of the time, so that processor and database are the others'.

use std::{
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

/// How long a thread may take to end: three of them, one after the other, and the requests under way stay within 10 s.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many times as long as it worked it rests at least.
const REST_SHARE: u32 = 4;

/// The thread; it ends when this is dropped and the piece at hand is done.
pub struct Background {
    end: Option<Sender<()>>,
    thread: Option<EndingThread>,
}

/// A thread that is waited for at the service's end, but not for ever: one that hangs in its database is left behind.
pub struct EndingThread {
    what: &'static str,
    ended: Receiver<()>,
    thread: thread::JoinHandle<()>,
}

impl EndingThread {
    /// Starts it.
    pub fn start(what: &'static str, work: impl FnOnce() + Send + 'static) -> Self {
        let (end, ended) = bounded::<()>(0);
        let thread = thread::spawn(move || {
            // Dropped at the end of the work, also where it panics.
            let _end = end;
            work();
        });
        Self { what, ended, thread }
    }

    /// Waits for its end.
    pub fn join(self) {
        if self.ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!(thread = self.what, "left behind: the database does not answer");
        } else if self.thread.join().is_err() {
            tracing::error!(thread = self.what, "a thread ended by a fault of this program");
        }
    }
}

impl Background {
    /// Starts it. `work` does one piece, and says how long to rest after it where no share of the time demands more.
    #[must_use]
    pub fn start(what: &'static str, mut work: impl FnMut() -> Duration + Send + 'static) -> Self {
        let (end, ended) = bounded::<()>(0);
        let thread = EndingThread::start(what, move || {
            let mut rest = Duration::ZERO;
            while ended.recv_timeout(rest) == Err(RecvTimeoutError::Timeout) {
                let begun = Instant::now();
                rest = work().max(begun.elapsed() * REST_SHARE);
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            thread.join();
        }
    }
}

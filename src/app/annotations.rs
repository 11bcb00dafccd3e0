//! What the user says of alerts goes to the store at once, beside the engine: a dwell may take its time to decode.

use std::{path::PathBuf, thread};

use crossbeam_channel::{Receiver, Sender, bounded, never, select, unbounded};
use jiff::Timestamp;

use crate::tui::Command;
use cellwarden_store::{Remark, Store, StoreError};

/// Commands that wait for the engine, before keys are dropped.
const WAITING: usize = 64;

/// Keeps remarks until it is dropped, and then those that still wait.
pub struct RemarkKeeper {
    done: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl RemarkKeeper {
    /// Stores the remarks among `commands` and gives all commands on, these too: the screen shows what they change.
    pub fn start(store: PathBuf, commands: Receiver<Command>) -> (Self, Receiver<Command>) {
        let (forward, forwarded) = bounded(WAITING);
        let (done, end) = unbounded();
        let thread = thread::spawn(move || keep(&store, commands, &forward, &end));
        (Self { done: Some(done), thread: Some(thread) }, forwarded)
    }
}

impl Drop for RemarkKeeper {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            // A panic there has been told by its hook.
            let _ = thread.join();
        }
    }
}

fn keep(path: &std::path::Path, mut commands: Receiver<Command>, forward: &Sender<Command>, end: &Receiver<()>) {
    let mut store = None;
    let mut take = |command: Command| {
        if let Some((id, remark)) = remark_of(&command) {
            let mut write = || -> Result<(), StoreError> {
                let store = match &mut store {
                    Some(store) => store,
                    absent => absent.insert(Store::open(path)?),
                };
                store.remark(id, Timestamp::now(), &remark)
            };
            if let Err(error) = write() {
                tracing::error!(alert = id, "what was said of it is not stored: {}: {error}", path.display());
            }
        }
        // A busy engine takes no more keys for now.
        let _ = forward.try_send(command);
    };
    loop {
        select! {
            recv(commands) -> command => match command {
                Ok(command) => take(command),
                Err(_) => commands = never(),
            },
            recv(end) -> _ => break,
        }
    }
    commands.try_iter().for_each(take);
}

fn remark_of(command: &Command) -> Option<(&str, Remark)> {
    match command {
        Command::Acknowledge { id, seen } => Some((id, Remark::Acknowledged(*seen))),
        Command::Note { id, text } => Some((id, Remark::Note(text.clone()))),
        Command::Pause | Command::Step | Command::Speed(_) | Command::NextAlert | Command::Quit => None,
    }
}

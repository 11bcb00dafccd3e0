//! Stores the user's annotations of alerts at once, on a thread of its own: decoding a dwell may take long.

use std::{path::PathBuf, thread};

use crossbeam_channel::{Receiver, Sender, bounded, never, select, unbounded};
use jiff::Timestamp;

use crate::tui::Command;
use cellwarden_store::{AlertAnnotation, Store, StoreError};

/// Commands that wait for the engine, before keys are dropped.
const WAITING: usize = 64;

/// Stores annotations until it is dropped; dropping it stores those that still wait.
pub struct AnnotationWriter {
    done: Option<Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl AnnotationWriter {
    /// Stores the annotations among `commands` and forwards all commands, so that the screen shows their effect.
    pub fn start(store: PathBuf, commands: Receiver<Command>) -> (Self, Receiver<Command>) {
        let (forward, forwarded) = bounded(WAITING);
        let (done, end) = unbounded();
        let thread = thread::spawn(move || store_annotations(&store, commands, &forward, &end));
        (Self { done: Some(done), thread: Some(thread) }, forwarded)
    }
}

impl Drop for AnnotationWriter {
    fn drop(&mut self) {
        self.done = None;
        if let Some(thread) = self.thread.take() {
            // The panic hook has reported a panic there.
            let _ = thread.join();
        }
    }
}

fn store_annotations(
    path: &std::path::Path,
    mut commands: Receiver<Command>,
    forward: &Sender<Command>,
    end: &Receiver<()>,
) {
    let mut store = None;
    let mut take = |command: Command| {
        if let Some((id, annotation)) = annotation_of(&command) {
            let mut write = || -> Result<(), StoreError> {
                let store = match &mut store {
                    Some(store) => store,
                    absent => absent.insert(Store::open(path)?),
                };
                store.annotate_alert(id, Timestamp::now(), &annotation)
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

fn annotation_of(command: &Command) -> Option<(&str, AlertAnnotation)> {
    match command {
        Command::Acknowledge { id, seen } => Some((id, AlertAnnotation::Acknowledged(*seen))),
        Command::Note { id, text } => Some((id, AlertAnnotation::Note(text.clone()))),
        Command::Pause | Command::Step | Command::Speed(_) | Command::NextAlert | Command::Home(_) | Command::Quit => {
            None
        }
    }
}

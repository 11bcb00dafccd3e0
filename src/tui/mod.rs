//! The terminal interface: what a field engineer sees and holds.
//!
//! In: snapshots of the engine's state. Out: pictures of them, and commands. Refuses to know the engine: [`run`] takes the
//! newest snapshot, draws it where something changed, at most ten times a second, and passes keys on as commands.

pub mod keys;
pub mod state;
pub mod table;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod tree;
pub mod ui;
pub mod view;

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, TrySendError, bounded};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use thiserror::Error;

pub use state::{Command, ScreenSnapshot};
pub use theme::Theme;
pub use ui::{Ui, View};
pub use view::draw;

/// Shortest time between two pictures.
pub const REDRAW: Duration = Duration::from_millis(100);
/// Time between two rings of the bell, so that they are heard as two.
const BETWEEN_BELLS: Duration = Duration::from_millis(300);
/// Commands that wait to be taken, before keys are dropped.
const COMMANDS: usize = 64;
/// Keys that wait to be handled, before the terminal keeps them.
const EVENTS: usize = 64;

/// Why the interface ended before its time.
#[derive(Debug, Error)]
pub enum TuiError {
    /// The terminal failed.
    #[error("the terminal failed: {0}; --headless prints a table instead")]
    Terminal(#[from] io::Error),
}

/// Reads the terminal in a thread that nobody waits for: where a terminal hangs up, reading it never returns, and it
/// would hold whoever reads it.
fn read_events() -> io::Result<Receiver<io::Result<Event>>> {
    let (send, events) = bounded(EVENTS);
    let read = move || {
        loop {
            let event = event::read();
            let failed = event.is_err();
            if send.send(event).is_err() || failed {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".to_owned()).spawn(read)?;
    Ok(events)
}

/// The engine's end: it never waits for the screen.
#[derive(Debug)]
pub struct Publisher {
    /// To each subscriber: where snapshots go, and where one that was not looked at is taken back.
    ends: Vec<(Sender<ScreenSnapshot>, Receiver<ScreenSnapshot>)>,
    /// What the user asks.
    pub commands: Receiver<Command>,
}

/// The screen's end.
#[derive(Debug)]
pub struct Subscriber {
    snapshots: Receiver<ScreenSnapshot>,
    commands: Sender<Command>,
}

impl Subscriber {
    /// The newest snapshot, where one comes within `wait`.
    ///
    /// # Errors
    /// [`EngineGone`] where no more can come.
    pub fn newest(&self, wait: Duration) -> Result<Option<ScreenSnapshot>, EngineGone> {
        match self.snapshots.recv_timeout(wait) {
            Ok(snapshot) => Ok(Some(snapshot)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(EngineGone),
        }
    }

    /// Asks the engine for something, unless it has too much to do.
    pub fn ask(&self, command: Command) {
        // An engine that takes no commands is about to end.
        let _ = self.commands.try_send(command);
    }
}

/// Nothing is published any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineGone;

/// The two ends between engine and screen.
#[must_use]
pub fn channel() -> (Publisher, Subscriber) {
    let (publisher, [subscriber]) = channels();
    (publisher, subscriber)
}

/// The engine's end and those of several that show the same.
#[must_use]
pub fn channels<const N: usize>() -> (Publisher, [Subscriber; N]) {
    let (ask, commands) = bounded(COMMANDS);
    let mut ends = Vec::new();
    let subscribers = std::array::from_fn(|_| {
        let (send, snapshots) = bounded(1);
        ends.push((send, snapshots.clone()));
        Subscriber { snapshots, commands: ask.clone() }
    });
    (Publisher { ends, commands }, subscribers)
}

impl Publisher {
    /// Shows a snapshot in place of one that was not yet looked at.
    pub fn publish(&self, snapshot: &ScreenSnapshot) {
        for (send, unseen) in &self.ends {
            if let Err(TrySendError::Full(snapshot)) = send.try_send(snapshot.clone()) {
                let _ = unseen.try_recv();
                // Only this end sends, so there is room now.
                let _ = send.try_send(snapshot);
            }
        }
    }
}

/// Why the interface ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The user quit.
    Quit,
    /// Somebody asked the program to stop.
    Stopped,
    /// The engine is gone: whoever waits for it tells why.
    EngineGone,
}

/// The letter of a control key that is meant for the terminal itself.
fn terminal_key(event: &Event) -> Option<char> {
    match event.as_key_press_event()? {
        KeyEvent { code: KeyCode::Char(letter), modifiers: KeyModifiers::CONTROL, .. } => Some(letter),
        _ => None,
    }
}

/// Shows snapshots until the user quits, the engine goes away or `stop` is set.
///
/// # Errors
/// [`TuiError::Terminal`] where the terminal cannot be used.
pub fn run(subscriber: &Subscriber, theme: Theme, stop: &AtomicBool) -> Result<End, TuiError> {
    let mut screen = terminal::Screen::open()?;
    let events = read_events()?;
    let mut ui = Ui::new(theme);
    let mut changed = true;
    let mut drawn: Option<Instant> = None;
    let mut rung: Option<Instant> = None;
    while !stop.load(Ordering::Relaxed) {
        match subscriber.snapshots.try_recv() {
            Ok(snapshot) => {
                ui.update(snapshot);
                changed = true;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(End::EngineGone),
        }
        if ui.bells > 0 && rung.is_none_or(|rung: Instant| rung.elapsed() >= BETWEEN_BELLS) {
            ui.bells -= 1;
            rung = Some(Instant::now());
            screen.ring()?;
        }
        let wait = drawn.map_or(Duration::ZERO, |drawn| REDRAW.saturating_sub(drawn.elapsed()));
        if changed && wait.is_zero() {
            screen.terminal.draw(|frame| draw(frame, &mut ui))?;
            (changed, drawn) = (false, Some(Instant::now()));
        }
        let first = match events.recv_timeout(if changed { wait } else { REDRAW }) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => continue,
            // A failure to read is the last event.
            Err(RecvTimeoutError::Disconnected) => return Ok(End::Stopped),
        };
        // All that waits is taken at once, so that held keys do not lag behind.
        for event in std::iter::once(first).chain(events.try_iter()) {
            let event = event?;
            match terminal_key(&event) {
                Some('z') => screen.suspend()?,
                Some('l') => screen.repaint()?,
                _ => {}
            }
            // A mouse that only passes over changes nothing.
            changed |= !matches!(event, Event::Mouse(MouseEvent { kind: MouseEventKind::Moved, .. }));
            let command = keys::handle(&mut ui, &event);
            let quit = command == Some(Command::Quit);
            command.into_iter().for_each(|command| subscriber.ask(command));
            if quit {
                return Ok(End::Quit);
            }
        }
    }
    Ok(End::Stopped)
}

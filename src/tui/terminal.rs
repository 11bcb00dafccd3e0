//! The terminal taken over and given back, whatever happens.

use std::{
    io::{self, Stdout, Write},
    panic,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use nix::sys::signal::{Signal, raise};
use ratatui::{
    Terminal,
    backend::CrosstermBackend,
    layout::{Position, Rect},
};

/// Whether the terminal is taken over.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, taken over as long as this lives.
pub struct Screen {
    /// Where to draw.
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over: its other page, raw keys, mouse and paste.
    ///
    /// # Errors
    /// Where standard output is no terminal, or refuses.
    pub fn open() -> io::Result<Self> {
        restore_on_panic();
        // From here on, a failure gives back what was taken.
        match take().and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout()))) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Gives the terminal back and stops the program, as Ctrl-Z does; takes the terminal again when it goes on. Where no
    /// shell could make it go on, it does not stop.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        // Sent to this very thread: it has stopped before the next line.
        raise(Signal::SIGTSTP)?;
        take()?;
        self.repaint()
    }

    /// Rings the terminal's bell.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub fn ring(&mut self) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }

    /// Has the next picture drawn whole. Unlike the terminal's own `clear`, this does not ask it for its cursor: the answer
    /// would come between the keys.
    ///
    /// # Errors
    /// Where the terminal refuses.
    pub fn repaint(&mut self) -> io::Result<()> {
        let whole = Rect::from((Position::ORIGIN, self.terminal.size()?));
        self.terminal.resize(whole)
    }
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture, EnableBracketedPaste)
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether the terminal is taken over: nothing but the screen may write to it then.
#[must_use]
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// Gives the terminal back, where it was taken. May be called at any time, from any thread, more than once.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Where the terminal is gone, nothing can be given back.
        let _ = execute!(io::stdout(), DisableBracketedPaste, DisableMouseCapture, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

/// A panic of this thread gives the terminal back first, so that its message is seen. Other threads' panics are caught by
/// those who wait for them and told in the log: their message would only tear the screen.
fn restore_on_panic() {
    let own = thread::current().id();
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() == own {
            restore();
        }
        if is_taken() {
            tracing::error!("{info}");
        } else {
            before(info);
        }
    }));
}

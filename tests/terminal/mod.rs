//! A real terminal: tmux shows what a program draws, and types at it.

use std::{
    fs,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

/// Longest wait for the screen to show something; other work may share the machine.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// How often the screen is looked at.
pub const POLL: Duration = Duration::from_millis(50);
/// A shell that says when it can be typed at.
pub const SHELL: &str = "env -u NO_COLOR PS1=ready sh";

/// A terminal of its own with a shell in it.
pub struct Tmux {
    socket: String,
}

impl Tmux {
    /// `None` where there is no tmux.
    pub fn open(name: &str) -> Option<Self> {
        let tmux = Self { socket: format!("cellwarden-{name}-{}", std::process::id()) };
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("tmux is not installed: not tested");
            return None;
        }
        tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", SHELL]);
        Some(tmux)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux runs")
    }

    pub fn format(&self, format: &str) -> String {
        String::from_utf8_lossy(&self.run(&["display-message", "-p", format]).stdout).trim().to_owned()
    }

    pub fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    pub fn wait_for(&self, what: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(what) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "{what:?} did not come:\n{screen}");
            thread::sleep(POLL);
        }
    }

    /// Clicks on the first place where the screen shows this, as a terminal tells of the mouse: SGR 1006.
    pub fn click(&self, what: &str) {
        let screen = self.wait_for(what);
        let (row, line) = screen.lines().enumerate().find(|(_, line)| line.contains(what)).expect("it is there");
        let column = line.split(what).next().unwrap_or_default().chars().count();
        for end in ['M', 'm'] {
            let bytes = format!("\u{1b}[<0;{};{}{end}", column + 1, row + 1);
            let hex: Vec<String> = bytes.bytes().map(|byte| format!("{byte:02x}")).collect();
            self.run(&[&["send-keys", "-H"], &hex.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat());
        }
    }

    /// The shell's child.
    pub fn child(&self) -> String {
        let shell = self.format("#{pane_pid}");
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("a Linux system");
        children.split_whitespace().next().expect("the program runs").to_owned()
    }

    /// The terminal is as it was: the shell's page, no mouse, lines and echo.
    pub fn is_given_back(&self) {
        assert_eq!(self.format("#{alternate_on} #{mouse_any_flag} #{cursor_flag}"), "0 0 1");
        self.keys(&["clear; stty -a", "Enter"]);
        let modes = self.wait_for("echoke");
        let words: Vec<&str> = modes.split([' ', ';', '\n']).collect();
        assert!(words.contains(&"icanon") && words.contains(&"echo"), "{modes}");
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

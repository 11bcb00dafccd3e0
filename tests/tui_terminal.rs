//! The terminal interface in a real terminal: tmux plays the user at a replayed drive.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use lte_dsp::cell::{Bandwidth, Pci};
use testsignal::{CellConfig, Scenario, broadcast::SystemInformation, sigmf};

/// Longest wait for the screen to show something; other work may share the machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A terminal of its own with a shell in it.
struct Tmux {
    socket: String,
}

impl Tmux {
    /// `None` where there is no tmux.
    fn open(name: &str) -> Option<Self> {
        let tmux = Self { socket: format!("cellwarden-{name}-{}", std::process::id()) };
        if Command::new("tmux").arg("-V").output().is_err() {
            eprintln!("tmux is not installed: not tested");
            return None;
        }
        tmux.run(&["-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "40", "env PS1=ready sh"]);
        Some(tmux)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("tmux").args(["-L", &self.socket]).args(arguments).output().expect("tmux runs")
    }

    fn format(&self, format: &str) -> String {
        String::from_utf8_lossy(&self.run(&["display-message", "-p", format]).stdout).trim().to_owned()
    }

    fn keys(&self, keys: &[&str]) {
        self.run(&[&["send-keys"], keys].concat());
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&self.run(&["capture-pane", "-p"]).stdout).into_owned()
    }

    fn wait_for(&self, what: &str) -> String {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if screen.contains(what) {
                return screen;
            }
            assert!(start.elapsed() < PATIENCE, "{what:?} did not come:\n{screen}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The shell's child.
    fn child(&self) -> String {
        let shell = self.format("#{pane_pid}");
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("a Linux system");
        children.split_whitespace().next().expect("the program runs").to_owned()
    }

    /// The terminal is as it was: the shell's page, no mouse, lines and echo.
    fn is_given_back(&self) {
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

/// Three stops past one cell.
fn drive(folder: &Path) {
    let mut cell = CellConfig::new(Pci::new(301).expect("below 504"), Bandwidth::Rb6, 1.84e9);
    let plmn = "450-08".to_owned().try_into().expect("a PLMN");
    cell.system_information = Some(SystemInformation::new(plmn, 11793, 0x3f0_d101));
    let mut scenario = Scenario::new(1.92e6, 1.84e9, 0.16, vec![cell]);
    let waveforms = scenario.transmit().expect("a scenario without faults");
    for stop in 0..3 {
        scenario.name = format!("stop-{stop}");
        scenario.datetime = format!("2026-11-20T01:00:{:02}Z", 5 * stop);
        scenario.position = Some([37.478 + 1e-3 * f64::from(stop), 126.88]);
        scenario.seed = stop as u64;
        sigmf::write(&scenario, &scenario.receive(&waveforms), folder).expect("a folder to write to");
    }
}

fn replay(folder: &Path) -> String {
    format!("{} replay {}; echo EXIT=$?", env!("CARGO_BIN_EXE_cellwarden"), folder.display())
}

#[test]
fn a_drive_is_replayed_looked_at_and_quit() {
    let Some(tmux) = Tmux::open("quit") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    drive(folder.path());
    tmux.keys(&[&replay(folder.path()), "Enter"]);
    tmux.wait_for("3/3 ended");
    let cells = tmux.wait_for("3f0d101");
    assert!(cells.contains("301") && cells.contains("11793") && cells.contains("450-08"), "{cells}");
    for (key, shows) in
        [("2", "levels in dBFS"), ("3", "systemInfoValueTag"), ("4", "no alert"), ("5", "@"), ("6", "stop-2: 1 cell")]
    {
        tmux.keys(&[key]);
        tmux.wait_for(shows);
    }
    tmux.run(&["resize-window", "-x", "60", "-y", "20"]);
    tmux.wait_for("needs 80×24; this is 60×20");
    tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
    tmux.keys(&["1", "/"]);
    tmux.wait_for("filter:");
    tmux.keys(&["nowhere", "Enter"]);
    tmux.wait_for("no cell matches");
    tmux.keys(&["Escape"]);
    tmux.wait_for("3f0d101");
    tmux.keys(&["q"]);
    let after = tmux.wait_for("EXIT=0");
    assert!(after.contains("3 cells in 3 recordings"), "{after}");
    tmux.is_given_back();
}

#[test]
fn a_killed_program_gives_the_terminal_back() {
    let Some(tmux) = Tmux::open("kill") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    drive(folder.path());
    tmux.keys(&[&replay(folder.path()), "Enter"]);
    tmux.wait_for("3/3 ended");
    assert_eq!(tmux.format("#{alternate_on} #{mouse_any_flag}"), "1 1");
    let killed = Command::new("kill").args(["-TERM", &tmux.child()]).status().expect("kill runs");
    assert!(killed.success());
    tmux.wait_for("EXIT=130");
    tmux.is_given_back();
}

#[test]
fn a_panic_is_read_on_a_terminal_given_back() {
    let Some(tmux) = Tmux::open("panic") else { return };
    let own = std::env::current_exe().expect("this test");
    let line = format!("{} --exact panics --ignored --nocapture; echo EXIT=$?", own.display());
    tmux.keys(&[&line, "Enter"]);
    let after = tmux.wait_for("EXIT=101");
    assert!(after.contains("a panic on purpose"), "{after}");
    tmux.is_given_back();
}

/// Runs in the terminal of the test above only.
#[test]
#[ignore = "takes the terminal over and panics"]
fn panics() {
    let screen = cellwarden::tui::terminal::Screen::open().expect("a terminal");
    assert!(screen.terminal.size().is_err(), "a panic on purpose");
}

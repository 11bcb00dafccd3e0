//! The terminal interface in a real terminal: tmux plays the user at a replayed drive.

mod terminal;

use std::{fs, process::Command, thread, time::Instant};

use lte_dsp::cell::{Bandwidth, Pci};
use terminal::{PATIENCE, POLL, SHELL, Tmux};
use testsignal::{CellConfig, Scenario, broadcast::SystemInformation, sigmf};

const STOPS: usize = 5;
/// The stop where a cell that is not on the list is heard first.
const ROGUE_FROM: usize = 3;

/// One cell on the air.
fn scenario(pci: u16, eci: u32) -> Scenario {
    let mut cell = CellConfig::new(Pci::new(pci).expect("below 504"), Bandwidth::Rb6, 1.84e9);
    let plmn = "450-08".to_owned().try_into().expect("a PLMN");
    cell.system_information = Some(SystemInformation::new(plmn, 11793, eci));
    Scenario::new(1.92e6, 1.84e9, 0.16, vec![cell])
}

/// A drive of a few stops past one cell that is registered, and then past one that is not.
struct Drive(tempfile::TempDir);

impl Drive {
    fn new() -> Self {
        let Self(folder) = Self::empty();
        let mut cells = [scenario(301, 0x3f0_d101), scenario(77, 0x05a_ff31)].map(|scenario| {
            let waveforms = scenario.transmit().expect("a scenario without faults");
            (scenario, waveforms)
        });
        for stop in 0..STOPS {
            let (scenario, waveforms) = &mut cells[usize::from(stop >= ROGUE_FROM)];
            scenario.name = format!("stop-{stop}");
            scenario.datetime = format!("2026-11-20T01:00:{:02}Z", 5 * stop);
            scenario.position = Some([37.478 + 1e-3 * stop as f64, 126.88]);
            scenario.seed = stop as u64;
            sigmf::write(scenario, &scenario.receive(waveforms), &folder.path().join("drive")).expect("written");
        }
        Self(folder)
    }

    /// A folder for recordings, and the list.
    fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("drive")).expect("made");
        fs::write(folder.path().join("list.csv"), "plmn,eci,pci\n450-08,3f0d101,301\n").expect("written");
        Self(folder)
    }

    /// Six stops 60 m apart along a street, at the fourth of which a cell that is not on the list stands 80 m aside: each
    /// as loud as its distance makes it, with an exponent of 3.5.
    fn past_a_rogue() -> Self {
        let drive = Self::empty();
        let mut scenario = scenario(77, 0x05a_ff31);
        let waveforms = scenario.transmit().expect("a scenario without faults");
        for stop in 0..6 {
            scenario.name = format!("stop-{stop}");
            scenario.datetime = format!("2026-11-20T01:00:{:02}Z", 5 * stop);
            scenario.position = Some([37.478 + 60.0 / 111_195.0 * f64::from(stop), 126.88]);
            scenario.seed = stop as u64;
            let distance_m = (60.0 * f64::from(stop - 3)).hypot(80.0);
            let gain = (distance_m / 80.0).powf(-3.5 / 2.0) as f32;
            let samples: Vec<_> = scenario.receive(&waveforms).into_iter().map(|sample| sample * gain).collect();
            sigmf::write(&scenario, &samples, &drive.0.path().join("drive")).expect("written");
        }
        drive
    }

    fn name(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// The line that replays it, and says how that ended.
    fn replay(&self, options: &str) -> String {
        let (program, drive, list) = (env!("CARGO_BIN_EXE_cellwarden"), self.name("drive"), self.name("list.csv"));
        format!("clear; {program} replay {drive} --registry {list} {options}; echo EXIT=$?")
    }

    /// The alerts in a store of this folder, as they are listed.
    fn alerts(&self, store: &str) -> String {
        let listed = Command::new(env!("CARGO_BIN_EXE_cellwarden"))
            .args(["alerts", "list", "--store", &self.name(store)])
            .output()
            .expect("started");
        String::from_utf8_lossy(&listed.stdout).into_owned()
    }
}

fn signal(name: &str, process: &str) {
    assert!(Command::new("kill").args([name, process]).status().expect("kill runs").success());
}

#[test]
fn a_drive_is_replayed_looked_at_and_quit() {
    let Some(tmux) = Tmux::open("quit") else { return };
    let drive = Drive::new();
    tmux.keys(&[&format!("NO_COLOR=1; export NO_COLOR; {}", drive.replay("")), "Enter"]);
    tmux.wait_for("5/5 ended");
    let cells = tmux.wait_for("3f0d101");
    assert!(cells.contains("301") && cells.contains("11793") && cells.contains("450-08"), "{cells}");
    let coloured = String::from_utf8_lossy(&tmux.run(&["capture-pane", "-p", "-e"]).stdout).into_owned();
    let has = |code: &str| coloured.contains(&format!("\u{1b}[{code}"));
    let has_color = has("38;") || has("48;") || (30..38).chain(90..98).any(|code| has(&format!("{code}m")));
    assert!(has("1m") && !has_color, "bold, but no colour: {coloured:?}");
    for (key, shows) in [
        ("2", "levels in dBFS"),
        ("3", "systemInfoValueTag"),
        ("4", "unregistered"),
        ("5", "@"),
        ("6", "stop-2: 1 cell"),
        ("7", "crystal error"),
        ("?", "draw anew"),
    ] {
        tmux.keys(&[key]);
        tmux.wait_for(shows);
    }
    tmux.keys(&["?"]);
    tmux.click("Cells");
    tmux.wait_for("11793");
    tmux.click("Alerts");
    tmux.wait_for("unregistered");
    tmux.keys(&["?"]);
    tmux.wait_for("draw anew");
    tmux.run(&["resize-window", "-x", "60", "-y", "20"]);
    tmux.wait_for("needs 80×24; this is 60×20");
    tmux.run(&["resize-window", "-x", "80", "-y", "24"]);
    tmux.keys(&["?", "1", "/"]);
    tmux.wait_for("filter:");
    // What is typed is filtered by at once, and dropped again.
    tmux.keys(&["nowhere"]);
    tmux.wait_for("no cell matches");
    tmux.keys(&["Escape"]);
    tmux.wait_for("3f0d101");
    tmux.keys(&["q"]);
    let after = tmux.wait_for("EXIT=1");
    assert!(after.contains("5 cells in 5 recordings"), "{after}");
    tmux.is_given_back();
}

#[test]
fn the_replay_waits_steps_runs_to_the_alert_and_keeps_its_speed() {
    let Some(tmux) = Tmux::open("pace") else { return };
    let drive = Drive::new();
    tmux.keys(&[&drive.replay("--paused"), "Enter"]);
    let first = tmux.wait_for("0/5 paused");
    assert!(first.contains("no cell heard yet"), "{first}");
    tmux.keys(&["."]);
    tmux.wait_for("1/5 paused");
    tmux.keys(&["."]);
    tmux.wait_for("2/5 paused");
    tmux.keys(&["!"]);
    let stopped = tmux.wait_for("4/5 paused");
    assert!(stopped.contains("Alerts (1)") && stopped.contains("05aff31"), "{stopped}");
    // Ten seconds a stop, so that it is seen.
    tmux.keys(&["-", "-", "-", "-", "-", "Space"]);
    tmux.wait_for("4/5 ×0.5");
    tmux.keys(&["+", "+", "+", "+", "+"]);
    tmux.wait_for("5/5 ended");
    tmux.keys(&["q"]);
    tmux.wait_for("EXIT=1");
    // The next alert is waited for at full speed, whatever the speed was.
    tmux.keys(&[&drive.replay("--paused --speed 0.01"), "Enter"]);
    tmux.wait_for("0/5 paused");
    tmux.keys(&["!"]);
    tmux.wait_for("4/5 paused");
    tmux.keys(&["q"]);
    tmux.wait_for("EXIT=1");
}

#[test]
fn a_rogue_is_located_while_the_drive_goes_on() {
    let Some(tmux) = Tmux::open("located") else { return };
    let drive = Drive::past_a_rogue();
    tmux.keys(&[&drive.replay("--paused"), "Enter"]);
    tmux.wait_for("0/6 paused");
    tmux.keys(&["5"]);
    for stop in 1..=3 {
        tmux.keys(&["."]);
        tmux.wait_for(&format!("{stop}/6 paused"));
    }
    tmux.wait_for("heard at 3 places: not enough");
    tmux.keys(&["."]);
    let place = |screen: &str| {
        let place_line = screen.lines().find(|line| line.contains("90 % in")).map(str::to_owned);
        place_line.unwrap_or_else(|| panic!("no place: {screen}"))
    };
    let early = place(&tmux.wait_for("90 % in"));
    tmux.keys(&["Space"]);
    let end = tmux.wait_for("6/6 ended");
    assert!(end.contains("E77") && end.contains("N77"), "{end}");
    let late = place(&end);
    assert!(late != early && late.contains("; drive ") && late.contains(" m "), "{early}\n{late}");
    tmux.keys(&["q"]);
    tmux.wait_for("EXIT=1");
}

#[test]
fn signals_give_the_terminal_back() {
    let Some(tmux) = Tmux::open("signals") else { return };
    let drive = Drive::new();
    for name in ["-TERM", "-HUP"] {
        tmux.keys(&[&drive.replay("--paused"), "Enter"]);
        tmux.wait_for("0/5 paused");
        assert_eq!(tmux.format("#{alternate_on} #{mouse_any_flag}"), "1 1");
        signal(name, &tmux.child());
        tmux.wait_for("EXIT=130");
        tmux.is_given_back();
    }
    tmux.keys(&[&drive.replay(""), "Enter"]);
    tmux.wait_for("5/5 ended");
    tmux.keys(&["C-z"]);
    tmux.wait_for("EXIT=148");
    tmux.is_given_back();
    tmux.keys(&["fg", "Enter"]);
    tmux.wait_for("5/5 ended");
    assert_eq!(tmux.format("#{alternate_on} #{mouse_any_flag}"), "1 1");
    tmux.keys(&["q"]);
    tmux.wait_for("5 cells in 5 recordings");
    tmux.is_given_back();
}

#[test]
fn a_terminal_that_hangs_up_ends_the_program() {
    let Some(tmux) = Tmux::open("hangup") else { return };
    let drive = Drive::new();
    tmux.keys(&[&drive.replay("--paused"), "Enter"]);
    tmux.wait_for("0/5 paused");
    let program = format!("/proc/{}/exe", tmux.child());
    assert!(fs::read_link(&program).is_ok());
    tmux.run(&["kill-server"]);
    let start = Instant::now();
    while fs::read_link(&program).is_ok() {
        assert!(start.elapsed() < PATIENCE, "it goes on without a terminal");
        thread::sleep(POLL);
    }
}

#[test]
fn what_is_said_of_alerts_outlives_a_kill_and_is_shown_again() {
    let Some(tmux) = Tmux::open("store") else { return };
    let drive = Drive::new();
    let replay = drive.replay(&format!("--paused --store {}", drive.name("store.sqlite")));
    tmux.keys(&[&replay, "Enter"]);
    tmux.wait_for("0/5 paused");
    tmux.keys(&["!"]);
    tmux.wait_for("4/5 paused");
    tmux.keys(&["4", "a", "n"]);
    tmux.wait_for("note:");
    tmux.keys(&["at the gate", "Enter"]);
    let start = Instant::now();
    while !drive.alerts("store.sqlite").contains("at the gate") {
        assert!(start.elapsed() < PATIENCE, "{}", drive.alerts("store.sqlite"));
        thread::sleep(POLL);
    }
    signal("-KILL", &tmux.child());
    // The shell's word is wherever the cursor was, and may be broken at the edge.
    tmux.wait_for("ready");
    // Nobody gave this terminal back.
    tmux.run(&["respawn-pane", "-k", SHELL]);
    tmux.wait_for("ready");
    tmux.keys(&[&replay, "Enter"]);
    tmux.wait_for("0/5 paused");
    tmux.keys(&["4"]);
    let again = tmux.wait_for("at the gate");
    assert!(again.contains(" seen ") && !again.contains("Alerts ("), "{again}");
    tmux.keys(&["Space"]);
    tmux.wait_for("5/5 ended");
    tmux.keys(&["a", "q"]);
    tmux.wait_for("EXIT=0");
    let alerts = drive.alerts("store.sqlite");
    assert!(alerts.contains("1 alert") && alerts.contains(" new ") && alerts.contains("at the gate"), "{alerts}");
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

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_the_table() {
    let Some(tmux) = Tmux::open("dumb") else { return };
    let drive = Drive::new();
    let (program, recordings) = (env!("CARGO_BIN_EXE_cellwarden"), drive.0.path().join("drive"));
    let line = format!("clear; TERM=dumb {program} replay --no-registry {}; echo EXIT=$?", recordings.display());
    tmux.keys(&[&line, "Enter"]);
    let shown = tmux.wait_for("EXIT=0");
    assert!(shown.contains("verdict") && shown.contains(" recordings"), "{shown}");
}

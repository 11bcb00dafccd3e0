//! The cost of a long drive: reports of it, and going on with it, at 10,000 and at 60,000 observations.
//!
//! To hold at 60,000, which are eight hours: `report` ≤ 10 s, `drives show` ≤ 2 s, opening for a replay ≤ 0.2 s, each below
//! 300 MiB. The ratio compares the costs per observation: 1 where they are linear, 6 where they are quadratic.

#[path = "../tests/long_drive/mod.rs"]
mod long_drive;

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Both sizes.
const OBSERVATIONS: [usize; 2] = [10_000, 60_000];

/// What one run of the program took.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    mib: f64,
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = OBSERVATIONS.map(|observations| {
        let store = folder.path().join(format!("{observations}.sqlite"));
        let begin = Instant::now();
        long_drive::fill(&store, observations);
        println!("{observations} observations stored in {:.1} s", begin.elapsed().as_secs_f64());
        store.display().to_string()
    });
    let out = folder.path().join("report.html").display().to_string();
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let [capture, registry] =
        ["one-cell.sigmf-meta", "registry.csv"].map(|name| captures.join(name).display().to_string());
    let replay = ["replay", &capture, "--registry", &registry, "--json"];
    let without = run(&replay);

    println!("{:<28}{:>28}{:>28}{:>8}", "", "10,000 observations", "60,000 observations", "ratio");
    line("report --format html", stores.each_ref().map(|s| run(&["report", "--store", s, "--out", &out])));
    line(
        "report --format csv",
        stores.each_ref().map(|s| run(&["report", "--store", s, "--format", "csv", "--out", &out])),
    );
    line("drives show", stores.each_ref().map(|s| run(&["drives", "show", "1", "--store", s])));
    line("inspect", stores.each_ref().map(|s| run(&["inspect", "--store", s, "--registry", &registry])));
    let opening = |s: &String| {
        let with = run(&[&replay[..], &["--store", s]].concat());
        Cost { seconds: with.seconds - without.seconds, ..with }
    };
    // The first replay judges the stored dwells again; the next ones go on from what it remembered.
    line("opening, under other rules", stores.each_ref().map(opening));
    line("opening, again", stores.each_ref().map(opening));
}

fn line(what: &str, [small, large]: [Cost; 2]) {
    let each = |cost: Cost, observations: usize| cost.seconds / observations as f64;
    let [few, many] = OBSERVATIONS;
    let text = |cost: Cost, observations| {
        format!("{:.2} s, {:.1} µs each, {:.0} MiB", cost.seconds, 1e6 * each(cost, observations), cost.mib)
    };
    let ratio = each(large, many) / each(small, few);
    println!("{what:<28}{:>28}{:>28}{ratio:>8.2}", text(small, few), text(large, many));
}

/// Runs the program.
fn run(arguments: &[&str]) -> Cost {
    let begin = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    let mut child = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    let mut mib: f64 = 0.0;
    loop {
        mib = mib.max(most_resident_mib(&child).unwrap_or(0.0));
        if let Some(status) = child.try_wait().expect("waited for") {
            // 1: alerts were raised.
            assert!(matches!(status.code(), Some(0 | 1)), "{arguments:?}: {status}");
            return Cost { seconds: begin.elapsed().as_secs_f64(), mib };
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// The most memory that a process had, where the system says it as Linux does.
fn most_resident_mib(child: &Child) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

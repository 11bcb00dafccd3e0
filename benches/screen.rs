//! What the terminal interface takes of a core with as much as it keeps, redrawn as often as it ever is: each picture has
//! a new dwell in it, or a key's doing. Everything but the terminal itself is in it, down to the bytes that are sent.
//!
//! With `--check` a view that takes more than its share fails.

#[allow(dead_code, reason = "the snapshots of the tests use the rest of it")]
#[path = "../tests/tui_scene/mod.rs"]
mod tui_scene;

use std::{io, process::ExitCode, sync::Arc};

use cellwarden::tui::{REDRAW, ScreenSnapshot, Theme, Ui, View, draw, state::CellEntry};
use cellwarden_core::detect::Verdict;
use cpu_time::ProcessTime;
use ratatui::{Terminal, TerminalOptions, Viewport, backend::CrosstermBackend, layout::Rect};

/// What the screen keeps at most.
const CELLS: u32 = 4_096;
const ALERTS: u32 = 4_096;
const SPECTRUM_ROWS: usize = 200;
const SPECTRUM_BINS: usize = 1_024;
const TRACK: u32 = 20_000;
const SITES: usize = 2_000;
const LOG_LINES: usize = 2_000;
/// Redraws of each view.
const ROUNDS: u32 = 50;
/// Share of a core that no view may take.
const MOST: f64 = 0.10;

fn cell(i: u32) -> Arc<CellEntry> {
    let verdicts = [Verdict::Registered, Verdict::Unregistered, Verdict::Unidentified];
    let eci = (i % 3 < 2).then_some(0x3f0_0000 + i);
    Arc::new(tui_scene::cell(eci, (i % 504) as u16, verdicts[i as usize % 3], None, i % 20))
}

fn everything() -> ScreenSnapshot {
    let mut snapshot = tui_scene::snapshot();
    snapshot.alerts = snapshot.alerts.iter().cycle().take(ALERTS as usize).cloned().collect();
    snapshot.cells = (0..CELLS).map(cell).collect();
    let spectrum = Arc::make_mut(&mut snapshot.spectra[0]);
    let level = |row: usize, bin: usize| -95.0 + ((bin * 37 + row * 11) % 160) as f32 * 0.25;
    spectrum.rows = (0..SPECTRUM_ROWS).map(|row| (0..SPECTRUM_BINS).map(|bin| level(row, bin)).collect()).collect();
    snapshot.track = Arc::new((0..TRACK).map(|i| tui_scene::place(f64::from(i) * 1e-3)).collect());
    snapshot.sites = Arc::new(snapshot.sites.iter().cycle().take(SITES).cloned().collect());
    snapshot.log = Arc::new(snapshot.log.iter().cycle().take(LOG_LINES).cloned().collect());
    snapshot
}

/// A dwell more: a cell, a row of the waterfall and a line of the log are new.
fn hear(snapshot: &mut ScreenSnapshot, round: u32) {
    let at = (round * 97 % CELLS) as usize;
    snapshot.cells[at] = cell(at as u32);
    let rows = &mut Arc::make_mut(&mut snapshot.spectra[0]).rows;
    rows.rotate_left(1);
    Arc::make_mut(&mut snapshot.log).rotate_left(1);
}

fn main() -> ExitCode {
    let is_check = std::env::args().any(|argument| argument == "--check");
    let mut snapshot = everything();
    let mut most = 0.0f64;
    let views = View::ALL.map(|view| (view, "", true)).into_iter();
    for (view, filter, dwells) in views.chain([(View::Cells, "450-08", true), (View::Cells, "", false)]) {
        let viewport = Viewport::Fixed(Rect::new(0, 0, 200, 60));
        let screen = Terminal::with_options(CrosstermBackend::new(io::sink()), TerminalOptions { viewport });
        let mut screen = screen.expect("a terminal that takes everything");
        let mut ui = Ui::new(Theme::new(true, true));
        ui.update(snapshot.clone());
        ui.view = view;
        ui.filter_by(filter);
        let start = ProcessTime::now();
        for round in 0..ROUNDS {
            if dwells {
                hear(&mut snapshot, round);
                ui.update(snapshot.clone());
            } else {
                ui.move_cell(1);
            }
            screen.draw(|frame| draw(frame, &mut ui)).expect("drawn");
        }
        let time = start.elapsed().as_secs_f64() / f64::from(ROUNDS);
        let share = time / REDRAW.as_secs_f64();
        let each = if dwells { "a dwell each" } else { "a key each" };
        println!(
            "{:<9} {filter:<7} {each:<13} {:>8.3} ms {:>6.1} % of a core",
            view.title(),
            1e3 * time,
            100.0 * share
        );
        most = most.max(share);
    }
    if is_check && most > MOST {
        println!("{:.1} % of a core is beyond {:.0} %", 100.0 * most, 100.0 * MOST);
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

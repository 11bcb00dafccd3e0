//! What the terminal interface takes of a core with as many cells as it keeps, redrawn as often as it ever is.

#[allow(dead_code, reason = "the snapshots of the tests use the rest of it")]
#[path = "../tests/tui_scene/mod.rs"]
mod tui_scene;

use std::sync::Arc;

use cellwarden::{
    detect::Verdict,
    tui::{REDRAW, Theme, Ui, View, draw},
};
use cpu_time::ProcessTime;
use ratatui::{Terminal, backend::TestBackend};

/// Cells that the screen keeps at most.
const CELLS: u32 = 4_096;
/// Redraws of each view.
const ROUNDS: u32 = 20;

fn main() {
    let mut snapshot = tui_scene::snapshot();
    let verdicts = [Verdict::Registered, Verdict::Unregistered, Verdict::Unidentified];
    let cell = |i: u32| {
        let eci = (i % 3 < 2).then_some(0x3f0_0000 + i);
        Arc::new(tui_scene::cell(eci, (i % 504) as u16, verdicts[i as usize % 3], None, i % 20))
    };
    snapshot.cells = (0..CELLS).map(cell).collect();
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("in memory");
    let mut ui = Ui::new(Theme::new(true));
    for (filter, view) in View::ALL.map(|view| ("", view)).into_iter().chain([("450-08", View::Cells)]) {
        (ui.view, ui.filter) = (view, filter.to_owned());
        let start = ProcessTime::now();
        for _ in 0..ROUNDS {
            ui.update(snapshot.clone());
            terminal.draw(|frame| draw(frame, &mut ui)).expect("in memory");
        }
        let time = start.elapsed().as_secs_f64() / f64::from(ROUNDS);
        let share = 100.0 * time / REDRAW.as_secs_f64();
        println!("{view:?} {filter:<8} {:>8.3} ms, {share:.1} % of a core", 1e3 * time);
    }
}

//! Where a scan's sweep stands: in place of cells before the first is heard, in the title, and beside the receiver's state.

use ratatui::{Frame, layout::Rect, text::Line};

use cellwarden_report::SweepProgress;
use cellwarden_text::counted;

use crate::tui::{state::ScreenSnapshot, text::left, ui::Ui};

/// Draws what is shown while no cell is heard: where the sweep stands, or that nothing was heard yet.
pub fn draw_without_cells(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let lines = ui.snapshot.sweep.as_ref().map_or_else(|| vec!["no cell heard yet".to_owned()], without_cells);
    for (row, line) in area.rows().zip(lines) {
        frame.render_widget(Line::styled(left(&line, usize::from(row.width)), ui.theme.faint()), row);
    }
}

fn without_cells(progress: &SweepProgress) -> Vec<String> {
    let heard = match progress.seconds_since_complete {
        Some(age) => format!("no cell heard in the sweep that was complete {age:.0} s ago"),
        None => "no cell heard yet: the first sweep is under way".to_owned(),
    };
    vec![heard, now(progress), carriers(progress), progress.air.text()]
}

/// What is received now, and what is left.
pub fn now(progress: &SweepProgress) -> String {
    let band = progress.band.map(|band| format!("band {band}, ")).unwrap_or_default();
    let window = match progress.window {
        Some(window) => format!("window {window} of {}", progress.windows),
        None => counted(progress.windows as u64, "window"),
    };
    let left = progress.seconds_left.map(|left| format!(", about {left:.0} s left")).unwrap_or_default();
    let (mhz, searched) = (progress.center_hz * 1e-6, progress.windows_searched);
    format!("sweep {}: {band}{mhz:.1} MHz, {window}, {searched} searched{left}", progress.sweep)
}

/// What is known of carriers.
pub fn carriers(progress: &SweepProgress) -> String {
    let found = counted(progress.carriers as u64, "carrier");
    format!("{found} found, {} identified, {} overdue", progress.carriers_identified, progress.carriers_overdue)
}

/// The sweep in the title: how far the first is, then how long ago the last was complete.
pub fn in_title(snapshot: &ScreenSnapshot) -> Option<String> {
    let progress = snapshot.sweep.as_ref()?;
    Some(match progress.seconds_since_complete {
        Some(age) => format!("swept {age:.0} s ago"),
        None => format!("sweep {}/{}", progress.windows_searched, progress.windows),
    })
}

//! What happened, the newest below.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
};

use cellwarden_text::counted;

use crate::tui::{
    state::LogLevel,
    text::{clock, cut},
    ui::Ui,
};

/// Draws the log.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    let log = &ui.snapshot.log;
    let height = usize::from(area.height.saturating_sub(1));
    ui.log_back = ui.log_back.min(log.len().saturating_sub(height));
    let end = log.len() - ui.log_back;
    let start = end.saturating_sub(height);
    let title = match ui.log_back {
        0 => format!("log, {}", counted(log.len() as u64, "line")),
        back => format!("log, {back} of {} further down", counted(log.len() as u64, "line")),
    };
    let block = super::pane(ui, &title);
    let body = block.inner(area);
    frame.render_widget(block, area);
    for (line, entry) in body.rows().zip(&log[start..end]) {
        let word = match entry.level {
            LogLevel::Info => "     ",
            LogLevel::Warning => "warn ",
            LogLevel::Error => "error",
        };
        let room = usize::from(body.width).saturating_sub(15);
        let spans = vec![
            Span::styled(clock(entry.time), ui.theme.faint()),
            Span::raw(" "),
            Span::styled(word, ui.theme.log(entry.level)),
            Span::raw(" "),
            Span::raw(cut(&entry.text, room)),
        ];
        frame.render_widget(Line::from(spans), line);
    }
}

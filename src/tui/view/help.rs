//! All keys, over the view.

use ratatui::{
    Frame,
    layout::Rect,
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};

use crate::tui::{
    keys::{EVERYWHERE, INVITATION, KeyHelp, REPLAY, TERMINAL, VIEWS, keys_of},
    text::left,
    theme::mark,
    ui::{Ui, View},
};
use cellwarden_core::detect::Verdict;

/// Draws the help.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let mut lines = vec![row(ui, "everywhere", &[VIEWS, EVERYWHERE, INVITATION].concat()), row(ui, "replay", REPLAY)];
    lines.extend(View::ALL.iter().filter(|v| !keys_of(**v).is_empty()).map(|v| row(ui, v.title(), keys_of(*v))));
    lines.push(row(ui, "terminal", TERMINAL));
    lines.push(Line::raw(""));
    lines.push(Line::raw("Also j k h l, PgUp PgDn, Home End. Mouse: select, open, sort, scroll, zoom."));
    lines.push(Line::raw("RSRP: dBFS less the receiver's gain; SINR: CRS Es/N0 in dB; times: UTC."));
    lines.push(Line::raw(""));
    for verdicts in Verdict::ALL.chunks(3) {
        let spans = verdicts.iter().map(|v| Span::styled(left(&format!("{} {v}", mark(*v)), 18), ui.theme.verdict(*v)));
        lines.push(Line::from(spans.collect::<Vec<_>>()));
    }
    let height = (lines.len() as u16 + 2).min(area.height);
    let width = 80.min(area.width);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(Span::styled(" keys ", ui.theme.heading()));
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

fn row<'a>(ui: &Ui, name: &str, keys: &[KeyHelp]) -> Line<'a> {
    let mut spans = vec![Span::styled(left(name, 11), ui.theme.heading())];
    for (key, what) in keys {
        spans.push(Span::styled((*key).to_owned(), ui.theme.key()));
        spans.push(Span::raw(format!(" {what}   ")));
    }
    Line::from(spans)
}

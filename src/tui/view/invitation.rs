//! The way to the van's page, over the view: address, code, fingerprint, and a QR code.

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Style},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph},
};
use unicode_width::UnicodeWidthStr;

use crate::tui::ui::Ui;

/// Draws it as large as it is, as far as there is room.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    // A QR code is read where it is dark on light, whatever the terminal's own colours are.
    let code = Style::new().fg(Color::White).bg(Color::Black);
    let line = |text: &String| {
        let is_code = text.chars().all(|c| matches!(c, ' ' | '▀' | '▄' | '█')) && text.contains('█');
        if is_code { Line::from(Span::styled(text.clone(), code)) } else { Line::raw(text.clone()) }
    };
    let lines: Vec<Line<'_>> = ui.snapshot.invitation.iter().map(line).collect();
    let widest = ui.snapshot.invitation.iter().map(|text| text.width()).max().unwrap_or(0);
    let width = (widest as u16 + 2).min(area.width);
    let height = (lines.len() as u16 + 2).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(Span::styled(" van's page ", ui.theme.heading()));
    frame.render_widget(Paragraph::new(lines).block(block), place);
}

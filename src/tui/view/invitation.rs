//! The way to the van's page, over the view: a QR code, and beside it address, code and fingerprint.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};
use unicode_width::UnicodeWidthStr;

use crate::tui::ui::Ui;

/// Columns of the lines beside the code: an address with its code in one.
const TEXT: u16 = 40;

/// Draws it, where there is one.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let Some(invitation) = &ui.snapshot.invitation else { return };
    let code_width = invitation.qr.first().map_or(0, |row| row.width()) as u16;
    let width = (code_width + TEXT + 3).min(area.width);
    let height = (invitation.qr.len().max(invitation.lines.len()) as u16 + 2).min(area.height);
    let place = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(Span::styled(" van's page ", ui.theme.heading()));
    let inner = block.inner(place);
    frame.render_widget(block, place);
    let layout = [Constraint::Length(code_width), Constraint::Length(1), Constraint::Min(0)];
    let [code, _, text] = Layout::horizontal(layout).areas(inner);
    // It is read where it is dark on light, whatever the terminal's own colours are.
    let style = Style::new().fg(Color::White).bg(Color::Black);
    let rows: Vec<Line<'_>> = invitation.qr.iter().map(|row| Line::styled(row.clone(), style)).collect();
    frame.render_widget(Paragraph::new(rows), code);
    let lines: Vec<Line<'_>> =
        invitation.lines.iter().flat_map(|line| [Line::raw(line.clone()), Line::raw("")]).collect();
    frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: true }), text);
}

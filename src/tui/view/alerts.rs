//! The alerts, the newest first, and the selected one with its evidence.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Paragraph, Wrap},
};

use crate::tui::{
    state::AlertEntry,
    text::{bounded, clock, cut, left, or_dash, right},
    ui::Ui,
};

/// Draws list and detail.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    let rows = ui.alert_rows();
    let [list, detail] = Layout::vertical([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(area);
    let [head, body] = super::head_and_body(list);
    let room = usize::from(area.width).saturating_sub(72);
    let note = left("note", room);
    let heading = format!(
        "{:8} {:8} {:20} {:17} {:>3} {:4} {:4} {note}",
        "time", "severity", "rule", "cell", "PCI", "air", "seen"
    );
    frame.render_widget(Line::styled(cut(&heading, usize::from(area.width)), ui.theme.heading()), head);
    ui.alerts.show(rows.len(), usize::from(body.height));
    ui.click_areas.rows = body;
    for (line, (i, entry)) in body.rows().zip(rows.iter().enumerate().skip(ui.alerts.top)) {
        let alert = &entry.alert;
        let style = if i == ui.alerts.at { ui.theme.selected() } else { Style::new() };
        let spans = vec![
            Span::raw(clock(alert.time)),
            Span::raw(" "),
            Span::styled(left(alert.severity.word(), 8), ui.theme.severity(alert.severity)),
            Span::raw(" "),
            Span::raw(left(&alert.rule, 20)),
            Span::raw(" "),
            Span::raw(left(&or_dash(alert.ecgi), 17)),
            Span::raw(" "),
            Span::raw(right(&alert.pci.get().to_string(), 3)),
            Span::raw(match (alert.is_open(), alert.is_explained()) {
                (true, _) => " on   ",
                (false, true) => " expl ",
                (false, false) => " gone ",
            }),
            Span::raw(if entry.acknowledged { "seen " } else { "new  " }),
            Span::raw(left(&entry.note, room)),
        ];
        frame.render_widget(Line::from(spans).style(style), line);
    }
    if rows.is_empty() {
        frame.render_widget(Line::styled("no alert raised", ui.theme.faint()), body);
    }
    let block = super::pane(ui, "selected alert");
    let inner = block.inner(detail);
    frame.render_widget(block, detail);
    if let Some(entry) = rows.get(ui.alerts.at) {
        let lines = detail_lines(entry, ui);
        frame.render_widget(Paragraph::new(lines).wrap(Wrap { trim: false }), inner);
    }
}

fn detail_lines<'a>(entry: &AlertEntry, ui: &Ui) -> Vec<Line<'a>> {
    let alert = &entry.alert;
    let mut lines = vec![Line::styled(bounded(&alert.summary).into_owned(), ui.theme.severity(alert.severity))];
    let field = |name: &str, value: &str| {
        Line::from(vec![Span::styled(format!("{name} "), ui.theme.faint()), Span::raw(bounded(value).into_owned())])
    };
    if !entry.note.is_empty() {
        lines.push(field("note", &entry.note));
    }
    lines.push(field("id", &format!("{}  rule version {}", alert.id, alert.rule_version)));
    if let Some(file) = &alert.evidence_file {
        lines.push(field("evidence", file));
    }
    let mut values = Vec::new();
    for (name, value) in &alert.evidence {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        values.push(Span::styled(format!("{} ", bounded(name)), ui.theme.faint()));
        values.push(Span::raw(format!("{}   ", bounded(&text))));
    }
    lines.push(Line::from(values));
    lines
}

//! One cell: what it is, what it says as a tree, how strong it was, and how it was received.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    symbols::Marker,
    text::{Line, Span},
    widgets::canvas::{Canvas, Points},
};

use super::{cells::kind, whereabouts};
use crate::tui::{
    state::CellEntry,
    text::{clock, cut, left, megahertz, or_dash},
    theme::mark,
    tree::TreeRow,
    ui::Ui,
};
use cellwarden_core::observation::CellIdentity;

/// Widest that the names of a level's fields are.
const NAME_MOST: usize = 34;

/// Draws the selected cell.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    let Some(cell) = ui.cell() else {
        super::sweep::draw_without_cells(frame, area, ui);
        return;
    };
    let facts = facts(&cell, ui);
    let [top, rest] = Layout::vertical([Constraint::Length(facts.len() as u16), Constraint::Min(0)]).areas(area);
    for (line, fact) in top.rows().zip(facts) {
        frame.render_widget(fact, line);
    }
    let [tree, right] = Layout::horizontal([Constraint::Percentage(62), Constraint::Percentage(38)]).areas(rest);
    draw_tree(frame, Rect { width: tree.width.saturating_sub(1), ..tree }, ui, &cell);
    let mut panes: Vec<fn(&mut Frame<'_>, Rect, &Ui, &CellEntry)> = vec![draw_level];
    if !cell.channel_response_db.is_empty() {
        panes.push(draw_response);
    }
    if !cell.constellation.is_empty() {
        panes.push(draw_constellation);
    }
    let areas = Layout::vertical(panes.iter().map(|_| Constraint::Fill(1))).split(right);
    for (draw, area) in panes.into_iter().zip(areas.iter()) {
        draw(frame, *area, ui, &cell);
    }
}

/// The lines above: names faint, values plain.
fn facts<'a>(cell: &CellEntry, ui: &Ui) -> Vec<Line<'a>> {
    let o = &cell.observation;
    let line = |fields: Vec<(&str, String)>| {
        let spans = fields.into_iter().flat_map(|(name, value)| {
            [Span::styled(format!("{name} "), ui.theme.faint()), Span::raw(format!("{}  ", cut(&value, 60)))]
        });
        Line::from(spans.collect::<Vec<_>>())
    };
    let decibel = |value: Option<f32>| or_dash(value.map(|db| format!("{db:.1}")));
    let identity = o.identity.as_ref();
    let ecgis: Vec<String> = identity.into_iter().flat_map(CellIdentity::ecgis).map(|ecgi| ecgi.to_string()).collect();
    let mut first = line(vec![
        ("", if ecgis.is_empty() { or_dash(cell.id.ecgi) } else { ecgis.join(" ") }),
        ("kind", kind(cell).to_owned()),
        ("to", format!("{:?}", o.state).to_uppercase()),
        ("dwells", cell.history.len().to_string()),
        ("last", clock(o.time())),
    ]);
    first
        .spans
        .insert(0, Span::styled(format!("{} {} ", mark(cell.verdict), cell.verdict), ui.theme.verdict(cell.verdict)));
    let mut lines = vec![
        first,
        line(vec![
            ("PCI", o.pci.get().to_string()),
            ("EARFCN", or_dash(o.carrier.earfcn)),
            ("MHz", megahertz(o.carrier.hz)),
            ("band", or_dash(o.carrier.band)),
            ("", format!("{:?} {:?} CP", o.duplex, o.cp).to_lowercase()),
            ("PRB", or_dash(o.mib.map(|mib| mib.bandwidth.n_rb_dl()))),
            ("ports", or_dash(o.mib.map(|mib| mib.antenna_ports.count()))),
        ]),
        line(vec![
            ("RSRP dBFS", decibel(Some(o.level.rsrp_dbfs))),
            ("dBm", decibel(o.level.rsrp_dbm)),
            ("RSRQ", decibel(o.level.rsrq_db)),
            ("SINR", decibel(Some(o.level.sinr_db))),
            ("offset Hz", format!("{:+.0}", o.offset.hz)),
            ("ppm", format!("{:+.2}", o.offset.ppm)),
        ]),
        line(vec![
            ("TAC", or_dash(identity.map(|i| i.tac))),
            ("CSG", or_dash(identity.map(|i| if i.csg_indication { "yes" } else { "no" }))),
            ("barred", or_dash(identity.map(|i| if i.cell_barred { "yes" } else { "no" }))),
            ("name", or_dash(o.broadcast.hnb_name.clone())),
        ]),
    ];
    if let Some(whereabouts) = &cell.whereabouts {
        lines.push(Line::raw(whereabouts::sentence(whereabouts, ui.snapshot.track.last())));
    }
    if let Some(note) = &o.note {
        lines.push(Line::styled(cut(note, 500), ui.theme.faint()));
    }
    lines
}

fn draw_tree(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui, cell: &CellEntry) {
    let block = super::pane(ui, "findings and broadcast");
    let body = block.inner(area);
    frame.render_widget(block, area);
    let rows = ui.tree_rows();
    ui.tree.show(rows.len(), usize::from(body.height));
    ui.click_areas.rows = body;
    for (line, (i, row)) in body.rows().zip(rows.iter().enumerate().skip(ui.tree.top)) {
        let style = if i == ui.tree.at { ui.theme.selected() } else { Style::new() };
        frame.render_widget(tree_line(row, ui, cell, usize::from(line.width)).style(style), line);
    }
}

fn tree_line<'a>(row: &TreeRow, ui: &Ui, cell: &CellEntry, width: usize) -> Line<'a> {
    let sign = match row.open {
        Some(true) => "▾ ",
        Some(false) => "▸ ",
        None => "  ",
    };
    let indent = " ".repeat((row.depth * 2).min(width / 2));
    let name = cut(&row.name, NAME_MOST);
    let finding = row.finding.and_then(|at| cell.findings.get(at));
    let value_style = match (finding, row.open) {
        (Some(finding), _) => ui.theme.severity(finding.severity),
        (None, Some(_)) => ui.theme.faint(),
        (None, None) => Style::new(),
    };
    let before = format!("{indent}{sign}{name} ");
    let room = width.saturating_sub(unicode_width::UnicodeWidthStr::width(before.as_str()));
    Line::from(vec![Span::raw(before), Span::styled(left(&row.value, room), value_style)])
}

fn draw_level(frame: &mut Frame<'_>, area: Rect, ui: &Ui, cell: &CellEntry) {
    let levels: Vec<f64> = cell.history.iter().map(|point| point.rsrp_db).filter(|level| level.is_finite()).collect();
    let points = curve(&levels);
    let title = match bounds(&levels) {
        Some((low, high)) => format!("level {low:.1} … {high:.1} dB"),
        None => "level".to_owned(),
    };
    draw_points(frame, area, ui, &title, &points);
}

fn draw_response(frame: &mut Frame<'_>, area: Rect, ui: &Ui, cell: &CellEntry) {
    let levels: Vec<f64> = cell.channel_response_db.iter().map(|&db| f64::from(db)).collect();
    let title = match bounds(&levels) {
        Some((low, high)) => format!("channel {low:.0} … {high:.0} dB"),
        None => "channel".to_owned(),
    };
    draw_points(frame, area, ui, &title, &curve(&levels));
}

fn draw_constellation(frame: &mut Frame<'_>, area: Rect, ui: &Ui, cell: &CellEntry) {
    let block = super::pane(ui, "PBCH symbols");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    // Dots are as high as wide where a character is twice as high as wide.
    let width = (f64::from(inner.height) * 2.0).min(f64::from(inner.width)) as u16;
    let square = Rect { x: inner.x + (inner.width - width) / 2, width, ..inner };
    let points: Vec<(f64, f64)> = cell.constellation.iter().map(|&(i, q)| (f64::from(i), f64::from(q))).collect();
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([-2.0, 2.0])
        .y_bounds([-2.0, 2.0])
        .paint(|context| context.draw(&Points { coords: &points, color: ui.theme.line() }));
    frame.render_widget(canvas, square);
}

fn bounds(levels: &[f64]) -> Option<(f64, f64)> {
    let finite = || levels.iter().copied().filter(|level| level.is_finite());
    Some((finite().reduce(f64::min)?, finite().reduce(f64::max)?))
}

/// The levels as points of a unit square, close enough to make a line.
fn curve(levels: &[f64]) -> Vec<(f64, f64)> {
    /// Points drawn at most; more than any terminal has dots.
    const POINTS: usize = 800;
    let Some((low, high)) = bounds(levels) else { return Vec::new() };
    // A steady level is a line in the middle.
    let span = (high - low).max(1.0);
    let middle = (high + low) / 2.0;
    let last = (levels.len() - 1) as f64;
    let at = |i: usize| {
        let x = i as f64 / (POINTS - 1) as f64;
        let (before, part) = ((x * last).floor(), (x * last).fract());
        let from = levels[before as usize];
        let to = levels[(before as usize + 1).min(levels.len() - 1)];
        (x, 0.5 + (from + (to - from) * part - middle) / span)
    };
    (0..POINTS).map(at).filter(|(_, y)| y.is_finite()).collect()
}

fn draw_points(frame: &mut Frame<'_>, area: Rect, ui: &Ui, title: &str, points: &[(f64, f64)]) {
    let block = super::pane(ui, title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([0.0, 1.0])
        .y_bounds([0.0, 1.0])
        .paint(|context| context.draw(&Points { coords: points, color: ui.theme.line() }));
    frame.render_widget(canvas, inner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_stays_in_its_square_and_meets_its_ends() {
        let points = curve(&[-60.0, -40.0, -50.0]);
        assert!(points.iter().all(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y)));
        assert_eq!(points[0], (0.0, 0.0));
        assert!((points[points.len() - 1].1 - 0.5).abs() < 1e-9);
        assert!(curve(&[]).is_empty() && curve(&[f64::NAN]).is_empty());
        assert!(curve(&[-3.0]).iter().all(|(_, y)| *y == 0.5));
    }
}

//! The map: the receiver's track, registered sites, where cells were heard strongest, and where a rogue seems to stand.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style},
    symbols::Marker,
    text::{Line, Span},
    widgets::canvas::{Canvas, Line as Stroke, Points},
};
use unicode_width::UnicodeWidthStr;

use super::whereabouts;
use crate::{
    locate::{Fix, Whereabouts, plane::Plane},
    observation::Position,
    tui::{
        state::{CellEntry, Snapshot},
        text::cut,
        theme::mark,
        ui::Ui,
    },
};

/// Least width of the map, in metres, so that a parked car does not fill it with its fix's error.
const LEAST_SPAN_M: f64 = 200.0;

/// Most suspicious cells named below the map.
const NAMED_MOST: usize = 6;

/// Corners of the polygon that stands for an ellipse.
const ELLIPSE_CORNERS: usize = 48;

/// Draws the map and its legend.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let snapshot = &ui.snapshot;
    let located: Vec<_> = ui.rows().into_iter().filter(|cell| cell.whereabouts.is_some()).collect();
    // The map keeps two thirds of a small screen.
    let named = located.len().min(NAMED_MOST).min(usize::from(area.height) / 3);
    let layout = [Constraint::Min(0), Constraint::Length(1), Constraint::Length(named as u16)];
    let [map, legend, names] = Layout::vertical(layout).areas(area);
    let Some(plane) =
        snapshot.track.last().copied().or_else(|| heard(snapshot).map(|(_, at)| at).next()).map(|at| Plane::at(&at))
    else {
        let text = "no position: the recordings have no core:geolocation, and no --gps was given";
        frame.render_widget(Line::styled(text, ui.theme.faint()), area);
        return;
    };
    let window = window(ui, plane, map);
    let track: Vec<(f64, f64)> =
        snapshot.track.iter().map(|at| plane.point(at)).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let sites: Vec<(f64, f64)> = snapshot.sites.iter().map(|site| plane.point(&site.place)).collect();
    let canvas = Canvas::default().marker(Marker::Braille).x_bounds(window.x).y_bounds(window.y).paint(|context| {
        for pair in track.windows(2) {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            context.draw(&Stroke { x1, y1, x2, y2, color: ui.theme.line() });
        }
        context.draw(&Points { coords: &track, color: ui.theme.line() });
        for cell in &snapshot.cells {
            let Some(fix) = fix(cell) else { continue };
            let color = ui.theme.verdict(cell.verdict).fg.unwrap_or(Color::Reset);
            let outline = fix.ellipse.outline(&fix.position, ELLIPSE_CORNERS);
            for (from, to) in outline.iter().zip(outline.iter().cycle().skip(1)) {
                let ((x1, y1), (x2, y2)) = (plane.point(from), plane.point(to));
                context.draw(&Stroke { x1, y1, x2, y2, color });
            }
        }
        context.layer();
        for (x, y) in &sites {
            context.print(*x, *y, Span::styled("∙", ui.theme.faint()));
        }
        // The worst last, so that nothing hides it.
        for cell in ui.rows().iter().rev() {
            let style = ui.theme.verdict(cell.verdict);
            if let Some(at) = strongest(cell) {
                let (x, y) = plane.point(&at);
                context.print(
                    x,
                    y,
                    Span::styled(format!("{}{}", mark(cell.verdict), cell.observation.pci.get()), style),
                );
            }
            if let Some(fix) = fix(cell) {
                let (x, y) = plane.point(&fix.position);
                context.print(x, y, Span::styled(format!("E{}", cell.observation.pci.get()), style));
                if let Some(next) = &fix.next {
                    let (x, y) = plane.point(&next.position);
                    context.print(x, y, Span::styled(format!("N{}", cell.observation.pci.get()), style));
                }
            }
        }
        if let Some((x, y)) = track.last() {
            context.print(*x, *y, Span::styled("@", ui.theme.heading()));
        }
    });
    frame.render_widget(canvas, map);
    draw_legend(frame, legend, ui, (window.x[1] - window.x[0]) / f64::from(map.width.max(1)));
    for (line, cell) in names.rows().zip(&located) {
        let Some(found) = &cell.whereabouts else { continue };
        let name = format!("{} {} ", mark(cell.verdict), cell.observation.pci.get());
        let room = usize::from(line.width).saturating_sub(name.width());
        let sentence = cut(&whereabouts::sentence(found, snapshot.track.last()), room);
        let spans = vec![Span::styled(name, ui.theme.verdict(cell.verdict)), Span::raw(sentence)];
        frame.render_widget(Line::from(spans), line);
    }
}

fn fix(cell: &CellEntry) -> Option<&Fix> {
    match &cell.whereabouts {
        Some(Whereabouts::Fixed(fix)) => Some(fix),
        _ => None,
    }
}

/// What the map shows, in metres.
struct Window {
    x: [f64; 2],
    y: [f64; 2],
}

/// Everything heard and driven, zoomed and moved as the user wants; a character is twice as high as wide.
fn window(ui: &Ui, plane: Plane, area: Rect) -> Window {
    let mut west_south = (f64::INFINITY, f64::INFINITY);
    let mut east_north = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    let fixes = ui.snapshot.cells.iter().filter_map(|cell| fix(cell));
    let located = fixes.flat_map(|fix| std::iter::once(fix.position).chain(fix.next.map(|next| next.position)));
    let places = ui.snapshot.track.iter().copied().chain(heard(&ui.snapshot).map(|(_, at)| at)).chain(located);
    for (x, y) in places.map(|at| plane.point(&at)).filter(|(x, y)| x.is_finite() && y.is_finite()) {
        west_south = (west_south.0.min(x), west_south.1.min(y));
        east_north = (east_north.0.max(x), east_north.1.max(y));
    }
    if !west_south.0.is_finite() {
        (west_south, east_north) = ((0.0, 0.0), (0.0, 0.0));
    }
    let (columns, rows) = (f64::from(area.width.max(1)), f64::from(area.height.max(1)) * 2.0);
    let (width, height) = (east_north.0 - west_south.0, east_north.1 - west_south.1);
    // A margin keeps the names of the outermost cells inside.
    let metres = (width * 1.2 / columns).max(height * 1.2 / rows).max(LEAST_SPAN_M / columns) / ui.map.zoom;
    let half = (metres * columns / 2.0, metres * rows / 2.0);
    let x = (west_south.0 + east_north.0) / 2.0 + ui.map.east * half.0 * 2.0;
    let y = (west_south.1 + east_north.1) / 2.0 + ui.map.north * half.1 * 2.0;
    Window { x: [x - half.0, x + half.0], y: [y - half.1, y + half.1] }
}

/// The cells with the place where each was heard strongest.
fn heard(snapshot: &Snapshot) -> impl Iterator<Item = (&CellEntry, Position)> {
    snapshot.cells.iter().filter_map(|cell| Some((&**cell, strongest(cell)?)))
}

fn strongest(cell: &CellEntry) -> Option<Position> {
    let placed = cell.history.iter().filter_map(|point| Some((point.rsrp_db, point.position?)));
    placed.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, at)| at)
}

fn draw_legend(frame: &mut Frame<'_>, area: Rect, ui: &Ui, metres_a_column: f64) {
    const BAR: usize = 10;
    let length = metres_a_column * BAR as f64;
    let scale = if length < 1_000.0 { format!("{length:.0} m") } else { format!("{:.1} km", length / 1_000.0) };
    let spans = vec![
        Span::styled("├────────┤ ", Style::new()),
        Span::raw(format!("{scale}   ")),
        Span::styled("@", ui.theme.heading()),
        Span::raw(" here   "),
        Span::styled("∙", ui.theme.faint()),
        Span::raw(format!(" {} registered   ", ui.snapshot.sites.len())),
        Span::raw("PCI strongest  E estimate  N next"),
    ];
    frame.render_widget(Line::from(spans), area);
}

//! The map: the receiver's track, registered sites, where cells were heard strongest, and where a rogue seems to stand.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style},
    symbols::Marker,
    text::{Line, Span},
    widgets::canvas::{Canvas, Circle, Line as Stroke, Points},
};

use crate::{
    observation::{Position, position::EARTH_RADIUS_M},
    tui::{
        state::{CellEntry, Snapshot},
        theme::mark,
        ui::Ui,
    },
};

/// Least width of the map, in metres, so that a parked car does not fill it with its fix's error.
const LEAST_SPAN_M: f64 = 200.0;

/// East and north in metres of the map's origin. A drive is short against the earth: the plane is good to the dot.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Plane {
    lat: f64,
    lon: f64,
}

impl Plane {
    fn point(self, place: &Position) -> (f64, f64) {
        // The short way round, also over the date line.
        let lon = (place.lon - self.lon + 540.0).rem_euclid(360.0) - 180.0;
        let x = lon.to_radians() * self.lat.to_radians().cos() * EARTH_RADIUS_M;
        (x, (place.lat - self.lat).to_radians() * EARTH_RADIUS_M)
    }
}

/// Draws the map and its legend.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let snapshot = &ui.snapshot;
    let [map, legend] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
    let Some(plane) = snapshot
        .track
        .last()
        .copied()
        .or_else(|| heard(snapshot).map(|(_, at)| at).next())
        .map(|at| Plane { lat: at.lat.clamp(-89.0, 89.0), lon: at.lon })
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
            if let Some(at) = &cell.estimate {
                let (x, y) = plane.point(at);
                let color = ui.theme.verdict(cell.verdict).fg.unwrap_or(Color::Reset);
                context.draw(&Circle { x, y, radius: at.error_m, color });
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
            if let Some(at) = &cell.estimate {
                let (x, y) = plane.point(at);
                context.print(x, y, Span::styled(format!("E{}", cell.observation.pci.get()), style));
            }
        }
        if let Some((x, y)) = track.last() {
            context.print(*x, *y, Span::styled("@", ui.theme.heading()));
        }
    });
    frame.render_widget(canvas, map);
    draw_legend(frame, legend, ui, (window.x[1] - window.x[0]) / f64::from(map.width.max(1)));
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
    let places = ui.snapshot.track.iter().copied().chain(heard(&ui.snapshot).map(|(_, at)| at));
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
        Span::raw("PCI: heard strongest   E: estimate"),
    ];
    frame.render_widget(Line::from(spans), area);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 5.0 }
    }

    #[test]
    fn the_plane_agrees_with_the_great_circle() {
        let plane = Plane { lat: 37.478, lon: 126.878 };
        let (here, there) = (place(37.478, 126.878), place(37.49, 126.89));
        let (x, y) = plane.point(&there);
        assert!((x.hypot(y) - here.distance_m(&there)).abs() < 1.0);
        // Over the date line it is a step, not a trip around the world.
        let (x, _) = Plane { lat: 0.0, lon: 179.99 }.point(&place(0.0, -179.99));
        assert!((x - 2_224.0).abs() < 5.0, "{x}");
    }
}

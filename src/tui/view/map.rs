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
use crate::tui::{
    state::CellEntry,
    text::cut,
    theme::{Theme, mark},
    ui::{MapView, Ui},
};
use cellwarden_core::{
    locate::{
        Fix, Whereabouts,
        plane::{Plane, Point},
    },
    observation::Position,
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
    let located: Vec<_> = ui.rows().iter().filter(|cell| cell.whereabouts.is_some()).collect();
    // The map keeps two thirds of a small screen.
    let named = located.len().min(NAMED_MOST).min(usize::from(area.height) / 3);
    let layout = [Constraint::Min(0), Constraint::Length(1), Constraint::Length(named as u16)];
    let [map, legend, names] = Layout::vertical(layout).areas(area);
    let heard = || snapshot.cells.iter().find_map(|cell| cell.strongest?.position);
    let Some(plane) = snapshot.track.last().copied().or_else(heard).map(|at| Plane::at(&at)) else {
        let text = "no position: the recordings have no core:geolocation, and no --gps was given";
        frame.render_widget(Line::styled(text, ui.theme.faint()), area);
        return;
    };
    let track: Vec<Point> = snapshot.track.iter().map(|at| plane.point(at)).filter(is_on_earth).collect();
    let cells: Vec<Marked<'_>> = ui.rows().iter().map(|cell| Marked::new(cell, plane, ui.theme)).collect();
    let window = Window::new(&track, &cells, ui.map, map);
    let track = thinned(&track, window.dot_m(map));
    let canvas = Canvas::default().marker(Marker::Braille).x_bounds(window.x).y_bounds(window.y).paint(|context| {
        for pair in track.windows(2) {
            let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
            context.draw(&Stroke { x1, y1, x2, y2, color: ui.theme.line() });
        }
        context.draw(&Points { coords: &track, color: ui.theme.line() });
        for fix in cells.iter().filter_map(|cell| cell.fix.as_ref()) {
            let outline = fix.fix.ellipse.outline(&fix.fix.position, ELLIPSE_CORNERS);
            for (from, to) in outline.iter().zip(outline.iter().cycle().skip(1)) {
                let ((x1, y1), (x2, y2)) = (plane.point(from), plane.point(to));
                context.draw(&Stroke { x1, y1, x2, y2, color: fix.color });
            }
        }
        context.layer();
        let mut print = |point: Option<Point>, text: &dyn Fn() -> Span<'static>| {
            if let Some((x, y)) = point.filter(|point| window.holds(*point)) {
                context.print(x, y, text());
            }
        };
        for site in snapshot.sites.iter() {
            print(Some(plane.point(&site.place)), &|| Span::styled("∙", ui.theme.faint()));
        }
        // The worst last, so that nothing hides it.
        for Marked { cell, strongest, fix } in cells.iter().rev() {
            let named = |sign: &str| {
                Span::styled(format!("{sign}{}", cell.observation.pci.get()), ui.theme.verdict(cell.verdict))
            };
            print(*strongest, &|| named(mark(cell.verdict)));
            if let Some(fix) = fix {
                print(Some(fix.place), &|| named("E"));
                print(fix.next, &|| named("N"));
            }
        }
        print(track.last().copied(), &|| Span::styled("@", ui.theme.heading()));
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

/// Whether a place is on the Earth: nothing is farther away than once around it, and no number is not.
fn is_on_earth(point: &Point) -> bool {
    const AROUND_M: f64 = 40_075e3;
    point.0.abs() <= AROUND_M && point.1.abs() <= AROUND_M
}

/// A cell with its places on the plane.
struct Marked<'a> {
    cell: &'a CellEntry,
    /// Where it was heard strongest.
    strongest: Option<Point>,
    fix: Option<MarkedFix<'a>>,
}

/// Where a cell seems to stand, and where to drive next.
struct MarkedFix<'a> {
    fix: &'a Fix,
    color: Color,
    place: Point,
    next: Option<Point>,
}

impl<'a> Marked<'a> {
    fn new(cell: &'a CellEntry, plane: Plane, theme: Theme) -> Self {
        let place = |at: &Position| Some(plane.point(at)).filter(is_on_earth);
        let fix = match &cell.whereabouts {
            Some(Whereabouts::Fixed(fix)) => place(&fix.position).map(|at| MarkedFix {
                fix,
                color: theme.verdict(cell.verdict).fg.unwrap_or(Color::Reset),
                place: at,
                next: fix.next.as_ref().and_then(|next| place(&next.position)),
            }),
            _ => None,
        };
        Self { cell, strongest: cell.strongest.and_then(|point| place(&point.position?)), fix }
    }

    fn points(&self) -> impl Iterator<Item = Point> {
        let fix = self.fix.iter().flat_map(|fix| std::iter::once(fix.place).chain(fix.next));
        self.strongest.into_iter().chain(fix)
    }
}

/// What the map shows, in metres.
struct Window {
    x: [f64; 2],
    y: [f64; 2],
}

impl Window {
    /// Everything heard and driven, zoomed and moved as the user wants; a character is twice as high as wide.
    fn new(track: &[Point], cells: &[Marked<'_>], view: MapView, area: Rect) -> Self {
        let mut west_south = (f64::INFINITY, f64::INFINITY);
        let mut east_north = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (x, y) in track.iter().copied().chain(cells.iter().flat_map(Marked::points)) {
            west_south = (west_south.0.min(x), west_south.1.min(y));
            east_north = (east_north.0.max(x), east_north.1.max(y));
        }
        if !west_south.0.is_finite() {
            (west_south, east_north) = ((0.0, 0.0), (0.0, 0.0));
        }
        let (columns, rows) = (f64::from(area.width.max(1)), f64::from(area.height.max(1)) * 2.0);
        let (width, height) = (east_north.0 - west_south.0, east_north.1 - west_south.1);
        // A margin keeps the names of the outermost cells inside.
        let metres = (width * 1.2 / columns).max(height * 1.2 / rows).max(LEAST_SPAN_M / columns) / view.zoom;
        let half = (metres * columns / 2.0, metres * rows / 2.0);
        let all = (f64::midpoint(west_south.0, east_north.0), f64::midpoint(west_south.1, east_north.1));
        let middle = track.last().copied().filter(|_| view.follows && view.zoom > 1.0).unwrap_or(all);
        let x = middle.0 + view.east * half.0 * 2.0;
        let y = middle.1 + view.north * half.1 * 2.0;
        Self { x: [x - half.0, x + half.0], y: [y - half.1, y + half.1] }
    }

    fn holds(&self, (x, y): Point) -> bool {
        (self.x[0]..=self.x[1]).contains(&x) && (self.y[0]..=self.y[1]).contains(&y)
    }

    /// Width of a braille dot: two stand in a character.
    fn dot_m(&self, area: Rect) -> f64 {
        (self.x[1] - self.x[0]) / (2.0 * f64::from(area.width.max(1)))
    }
}

/// The track without points that fall on the dot before; its last stays.
fn thinned(track: &[Point], dot_m: f64) -> Vec<Point> {
    let mut kept: Vec<Point> = Vec::new();
    for (i, (x, y)) in track.iter().enumerate() {
        let is_far = kept.last().is_none_or(|last| (x - last.0).abs().max((y - last.1).abs()) >= dot_m);
        if is_far || i + 1 == track.len() {
            kept.push((*x, *y));
        }
    }
    kept
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zoomed_in_the_map_follows_the_receiver_unless_it_is_to_stay() {
        let track: Vec<Point> = (0..=100).map(|i| (f64::from(i) * 50.0, 0.0)).collect();
        let area = Rect { x: 0, y: 0, width: 80, height: 20 };
        let holds_here = |follows: bool, zoom: f64, metres: usize| {
            let driven = &track[..=metres / 50];
            let window = Window::new(driven, &[], MapView { zoom, follows, ..MapView::default() }, area);
            window.holds(*driven.last().expect("driven"))
        };
        for metres in [500, 2_500, 5_000] {
            assert!(holds_here(true, 1.0, metres) && holds_here(true, 16.0, metres));
            assert!(!holds_here(false, 16.0, metres), "it stays in the middle of everything");
        }
    }

    #[test]
    fn a_thinned_track_keeps_its_ends_and_leaves_no_gap() {
        let track: Vec<Point> = (0..1_000).map(|i| (f64::from(i) * 0.1, 0.0)).collect();
        let kept = thinned(&track, 1.0);
        assert!(kept.len() < 110, "{}", kept.len());
        assert_eq!((kept.first(), kept.last()), (track.first(), track.last()));
        assert!(kept.windows(2).all(|pair| pair[1].0 - pair[0].0 < 1.11));
        assert!(thinned(&[], 1.0).is_empty());
    }
}

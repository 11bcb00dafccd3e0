//! The map: track, registered sites, estimates with their ellipses, and footprints, as one vector picture.

use maud::{Markup, html};

use super::{Account, Transmitter, Words, tenths};
use cellwarden_core::{
    locate::{
        Whereabouts,
        plane::{Plane, Point},
    },
    observation::Position,
};

/// Longer side of the picture, and the room left about what it shows.
const SIDE: f64 = 900.0;
const MARGIN: f64 = 40.0;

/// Shorter side at least.
const SIDE_MIN: f64 = 320.0;

/// Least ground shown, in metres.
const GROUND_MIN_M: f64 = 200.0;

/// Registered sites farther than this from the edge of the drive are left out, in metres.
const SITES_M: f64 = 300.0;

/// Longest half axis of an ellipse that the map has room for, in metres.
const ELLIPSE_SHOWN_M: f64 = 300.0;

/// Corners of an ellipse's polygon.
const ELLIPSE_CORNERS: usize = 72;

/// Places to picture coordinates.
struct View {
    plane: Plane,
    west_north: Point,
    scale: f64,
    width: f64,
    height: f64,
}

impl View {
    /// A view of these places; `None` where there are none.
    fn of(places: &[Position]) -> Option<Self> {
        let plane = Plane::at(places.first()?);
        let points: Vec<Point> = places.iter().map(|place| plane.point(place)).collect();
        let bound = |pick: fn(&Point) -> f64| {
            let values = || points.iter().map(pick).filter(|v| v.is_finite());
            let (from, to) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
            let missing = (GROUND_MIN_M - (to - from)).max(0.0) / 2.0;
            (from - missing, to + missing)
        };
        let (east, north) = (bound(|p| p.0), bound(|p| p.1));
        let (wide, high) = (east.1 - east.0, north.1 - north.0);
        let scale = (SIDE - 2.0 * MARGIN) / wide.max(high);
        let side = |metres: f64| (metres * scale + 2.0 * MARGIN).max(SIDE_MIN);
        let west = (east.0 + east.1) / 2.0 - side(wide) / scale / 2.0;
        let top = (north.0 + north.1) / 2.0 + side(high) / scale / 2.0;
        scale.is_finite().then_some(Self {
            plane,
            west_north: (west, top),
            scale,
            width: side(wide),
            height: side(high),
        })
    }

    fn at(&self, place: &Position) -> Point {
        let (east, north) = self.plane.point(place);
        ((east - self.west_north.0) * self.scale, (self.west_north.1 - north) * self.scale)
    }

    fn points<'a>(&self, places: impl IntoIterator<Item = &'a Position>) -> String {
        let points: Vec<String> =
            places.into_iter().map(|place| self.at(place)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        points.join(" ")
    }

    fn shows(&self, place: &Position) -> bool {
        let (x, y) = self.at(place);
        (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y)
    }
}

pub fn map(account: &Account, words: &Words) -> Markup {
    let track: Vec<Position> = account.drive.stops.iter().filter_map(|stop| stop.place).collect();
    let mut shown = track.clone();
    for transmitter in account.drive.transmitters.iter().filter(|t| t.suspicious) {
        if let Some(Whereabouts::Fixed(fix)) = &transmitter.whereabouts {
            shown.push(fix.position);
            // A larger ellipse would make all else small.
            if fix.ellipse.semi_major_m <= ELLIPSE_SHOWN_M {
                shown.extend(fix.ellipse.outline(&fix.position, ELLIPSE_CORNERS));
            }
        }
        shown.extend(transmitter.footprint.iter().flat_map(|s| s.polygons.iter().flatten().flatten()));
    }
    let near = |place: &Position| track.iter().any(|stop| stop.distance_m(place) <= SITES_M);
    shown.extend(account.sites.iter().filter_map(|site| site.place).filter(near));
    let Some(view) = View::of(&shown) else { return html! { p { (words.no_position) } } };
    let suspicious = || account.drive.transmitters.iter().filter(|t| t.suspicious);
    let sites = account.sites.iter().filter_map(|site| Some((site, site.place?))).filter(|(_, p)| view.shows(p));
    html! {
        svg.map viewBox=(format_args!("0 0 {:.0} {:.0}", view.width, view.height)) role="img" aria-label=(words.map) {
            @for transmitter in suspicious() {
                (ground(transmitter, &view))
            }
            polyline.track points=(view.points(&track)) {}
            @for (x, y) in track.iter().map(|place| view.at(place)) {
                circle.stop cx=(tenths(x)) cy=(tenths(y)) r="2.5" {}
            }
            @for (site, place) in sites {
                @let (x, y) = view.at(&place);
                path.site d={ "M" (tenths(x)) "," (tenths(y - 7.0)) " l6,11 h-12Z" } {
                    title { (site.ecgi) " " (site.name) }
                }
            }
            @for transmitter in suspicious() {
                (estimate(account, transmitter, &view))
            }
            (scale_bar(&view))
        }
        p.legend {
            span.key.track {} (words.track) " "
            svg.key viewBox="0 0 14 13" { path.site d="M7,1 l6,11 h-12Z" {} } (words.site) " "
            span.key.footprint {} (words.footprint) " "
            span.key.ellipse {} (words.estimate)
        }
    }
}

/// The ground that a transmitter reached.
fn ground(transmitter: &Transmitter, view: &View) -> Markup {
    let modelled = transmitter.modelled.iter().map(|part| ("modelled", part));
    let measured = transmitter.footprint.iter().map(|part| ("footprint", part));
    html! {
        @for (class, part) in modelled.chain(measured) {
            path class=(class) d={ @for ring in part.polygons.iter().flatten() { "M" (view.points(ring)) "Z" } } {
                title { (transmitter.name()) }
            }
        }
    }
}

/// Where a transmitter stands, with the ellipse about it.
fn estimate(account: &Account, transmitter: &Transmitter, view: &View) -> Markup {
    let pci = transmitter.id.pci;
    match &transmitter.whereabouts {
        Some(Whereabouts::Fixed(fix)) => {
            let (x, y) = view.at(&fix.position);
            html! {
                polygon.ellipse points=(view.points(&fix.ellipse.outline(&fix.position, ELLIPSE_CORNERS))) {
                    title { (transmitter.name()) }
                }
                path.estimate d={
                    "M" (tenths(x - 6.0)) "," (tenths(y)) " h12 M" (tenths(x)) "," (tenths(y - 6.0)) " v12"
                } {}
                text.label x=(tenths(x + 9.0)) y=(tenths(y - 6.0)) { "PCI " (pci) }
            }
        }
        Some(Whereabouts::WithReceiver { .. } | Whereabouts::Moving { .. }) => {
            // It has no place; its name stands where it was strongest.
            let place = transmitter.strongest().and_then(|r| account.drive.stops[r.stop].place);
            html! {
                @if let Some((x, y)) = place.map(|place| view.at(&place)) {
                    text.label x=(tenths(x + 9.0)) y=(tenths(y + 16.0)) { "PCI " (pci) " ⇢" }
                }
            }
        }
        _ => html! {},
    }
}

/// A bar of a round length, and an arrow to the north.
fn scale_bar(view: &View) -> Markup {
    let most_m = view.width / 4.0 / view.scale;
    let power = 10f64.powf(most_m.log10().floor());
    let metres = [5.0, 2.0, 1.0].into_iter().map(|k| k * power).find(|m| *m <= most_m).unwrap_or(power);
    let label = if metres < 1_000.0 { format!("{metres:.0} m") } else { format!("{:.0} km", metres / 1_000.0) };
    let (right, y) = (view.width - 16.0, view.height - 14.0);
    let length = metres * view.scale;
    html! {
        path.bar d={ "M" (tenths(right - length)) "," (tenths(y - 5.0)) " v5 h" (tenths(length)) " v-5" } {}
        text.scale text-anchor="end" x=(tenths(right)) y=(tenths(y - 8.0)) { (label) }
        path.bar d={ "M" (tenths(right)) ",34 v-20 m-4,6 l4,-6 l4,6" } {}
        text.scale text-anchor="end" x=(tenths(right - 8.0)) y="26" { "N" }
    }
}

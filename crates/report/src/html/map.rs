//! The map: track, registered sites, estimates with their ellipses, and footprints, as one vector picture.

use std::io::{self, Write};

use super::{super::markup::escape_markup, Account, Words};
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

pub fn write_map(out: &mut impl Write, account: &Account, words: &Words) -> io::Result<()> {
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
    let Some(view) = View::of(&shown) else { return writeln!(out, "<p>{}</p>", words.no_position) };
    writeln!(
        out,
        "<svg class=\"map\" viewBox=\"0 0 {:.0} {:.0}\" role=\"img\" aria-label=\"{}\">",
        view.width, view.height, words.map
    )?;
    let suspicious = || account.drive.transmitters.iter().filter(|t| t.suspicious);
    for transmitter in suspicious() {
        let modelled = transmitter.modelled.iter().map(|part| ("modelled", part));
        let measured = transmitter.footprint.iter().map(|part| ("footprint", part));
        for (class, part) in modelled.chain(measured) {
            let ring = |ring: &Vec<Position>| format!("M{}Z", view.points(ring));
            let path: Vec<String> = part.polygons.iter().flatten().map(ring).collect();
            let title = escape_markup(&transmitter.name());
            writeln!(out, "<path class=\"{class}\" d=\"{}\"><title>{title}</title></path>", path.join(""))?;
        }
    }
    writeln!(out, "<polyline class=\"track\" points=\"{}\"/>", view.points(&track))?;
    for place in &track {
        let (x, y) = view.at(place);
        writeln!(out, "<circle class=\"stop\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>")?;
    }
    for (site, place) in
        account.sites.iter().filter_map(|site| Some((site, site.place?))).filter(|(_, p)| view.shows(p))
    {
        let (x, y) = view.at(&place);
        let title = escape_markup(&format!("{} {}", site.ecgi, site.name));
        writeln!(out, "<path class=\"site\" d=\"M{x:.1},{:.1} l6,11 h-12Z\"><title>{title}</title></path>", y - 7.0)?;
    }
    for transmitter in suspicious() {
        let name = escape_markup(&transmitter.name());
        let label = format!("PCI {}", transmitter.id.pci.get());
        match &transmitter.whereabouts {
            Some(Whereabouts::Fixed(fix)) => {
                let (x, y) = view.at(&fix.position);
                writeln!(
                    out,
                    "<polygon class=\"ellipse\" points=\"{}\"><title>{name}</title></polygon>\
                     <path class=\"estimate\" d=\"M{:.1},{y:.1} h12 M{x:.1},{:.1} v12\"/>\
                     <text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
                    view.points(&fix.ellipse.outline(&fix.position, ELLIPSE_CORNERS)),
                    x - 6.0,
                    y - 6.0,
                    x + 9.0,
                    y - 6.0,
                )?;
            }
            Some(Whereabouts::WithReceiver { .. } | Whereabouts::Moving { .. }) => {
                // It has no place; its name stands where it was strongest.
                let place = transmitter.strongest().and_then(|r| account.drive.stops[r.stop].place);
                if let Some((x, y)) = place.map(|place| view.at(&place)) {
                    writeln!(out, "<text class=\"label\" x=\"{:.1}\" y=\"{:.1}\">{label} ⇢</text>", x + 9.0, y + 16.0)?;
                }
            }
            _ => {}
        }
    }
    scale_bar(out, &view)?;
    writeln!(
        out,
        "</svg><p class=\"legend\"><span class=\"key track\"></span>{} <svg class=\"key\" viewBox=\"0 0 14 13\"><path class=\"site\" d=\"M7,1 l6,11 h-12Z\"/></svg>{} \
         <span class=\"key footprint\"></span>{} <span class=\"key ellipse\"></span>{}</p>",
        words.track, words.site, words.footprint, words.estimate
    )
}

/// A bar of a round length, and an arrow to the north.
fn scale_bar(out: &mut impl Write, view: &View) -> io::Result<()> {
    let most_m = view.width / 4.0 / view.scale;
    let power = 10f64.powf(most_m.log10().floor());
    let metres = [5.0, 2.0, 1.0].into_iter().map(|k| k * power).find(|m| *m <= most_m).unwrap_or(power);
    let label = if metres < 1_000.0 { format!("{metres:.0} m") } else { format!("{:.0} km", metres / 1_000.0) };
    let (right, y) = (view.width - 16.0, view.height - 14.0);
    writeln!(
        out,
        "<path class=\"bar\" d=\"M{:.1},{:.1} v5 h{:.1} v-5\"/><text class=\"scale\" text-anchor=\"end\" x=\"{right:.1}\" \
         y=\"{:.1}\">{label}</text><path class=\"bar\" d=\"M{right:.1},34 v-20 m-4,6 l4,-6 l4,6\"/>\
         <text class=\"scale\" text-anchor=\"end\" x=\"{:.1}\" y=\"26\">N</text>",
        right - metres * view.scale,
        y - 5.0,
        metres * view.scale,
        y - 8.0,
        right - 8.0,
    )
}

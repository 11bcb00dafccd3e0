//! A transmitter's level along the drive, beside the strongest cell that it competes with.

use maud::{Markup, html};

use super::{Account, Transmitter, Words, tenths};

/// Size of the picture, and of the room about the plot: left for the scale, below for the times.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;
const BELOW: f64 = 24.0;
const ABOVE: f64 = 20.0;

/// A level at a stop.
type Level = (usize, f64);

/// The chart: one column a stop, in the order of time; nothing where no level is known.
pub fn chart(account: &Account, transmitter: &Transmitter, words: &Words) -> Markup {
    let own: Vec<Level> = transmitter.readings.iter().map(|r| (r.stop, r.level_db)).collect();
    let mut other: Vec<Level> = Vec::new();
    for stop in 0..account.drive.stops.len() {
        let rivals = account.drive.transmitters.iter().filter(|t| !t.suspicious).flat_map(|t| &t.readings);
        let levels = rivals.filter(|r| r.stop == stop).map(|r| r.level_db);
        other.extend(levels.max_by(f64::total_cmp).map(|level_db| (stop, level_db)));
    }
    let all = || own.iter().chain(&other).map(|(_, level_db)| *level_db).filter(|level_db| level_db.is_finite());
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    if !low.is_finite() {
        return html! {};
    }
    let (low, high) =
        ((low / 10.0).floor() * 10.0, ((high / 10.0).ceil() * 10.0).max((low / 10.0).floor() * 10.0 + 10.0));
    let count = account.drive.stops.len().max(2) as f64 - 1.0;
    let x = |stop: usize| LEFT + (WIDTH - LEFT - 10.0) * stop as f64 / count;
    let y = |level_db: f64| ABOVE + (HEIGHT - ABOVE - BELOW) * (high - level_db) / (high - low);
    let step = if high - low > 60.0 { 20.0 } else { 10.0 };
    let ticks = std::iter::successors(Some(low), |tick| Some(tick + step)).take_while(|tick| *tick <= high);
    let every = (account.drive.stops.len() / 6).max(1);
    let anchor = |i: usize| match i {
        0 => "start",
        _ if i + every / 2 >= account.drive.stops.len() - 1 => "end",
        _ => "middle",
    };
    html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(words.level) {
            text.scale x=(LEFT) y="12" { (words.level) }
            @for tick in ticks {
                line.grid x1=(LEFT) x2=(WIDTH) y1=(tenths(y(tick))) y2=(tenths(y(tick))) {}
                text.scale text-anchor="end" x=(LEFT - 6.0) y=(tenths(y(tick) + 4.0)) { (format_args!("{tick:.0}")) }
            }
            @for (i, stop) in account.drive.stops.iter().enumerate().step_by(every) {
                text.scale text-anchor=(anchor(i)) x=(tenths(x(i))) y=(tenths(HEIGHT - 6.0)) {
                    (stop.time.map_or_else(|| i.to_string(), |time| time.strftime("%H:%M:%S").to_string()))
                }
            }
            @for (class, levels) in [("other", &other), ("own", &own)] {
                // A stop where it was not heard breaks the line.
                @for run in levels.chunk_by(|a, b| b.0 == a.0 + 1) {
                    polyline class=(class) points={
                        @for (n, &(stop, db)) in run.iter().enumerate() {
                            @if n > 0 { " " } (tenths(x(stop))) "," (tenths(y(db)))
                        }
                    } {}
                }
                @for &(stop, db) in levels {
                    circle class=(class) cx=(tenths(x(stop))) cy=(tenths(y(db))) r="3" {}
                }
            }
        }
        p.legend {
            span.key.own {} (words.this_cell) " "
            span.key.other {} (words.strongest_other)
        }
    }
}

//! A transmitter's level along the drive, beside the strongest cell that it competes with.

use std::io::{self, Write};

use super::{Account, Transmitter, Words};

/// Size of the picture, and of the room about the plot: left for the scale, below for the times.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 46.0;
const BELOW: f64 = 24.0;
const ABOVE: f64 = 20.0;

/// A level at a stop.
type Level = (usize, f64);

/// Writes the chart: one column a stop, in the order of time.
pub fn write_chart(
    out: &mut impl Write,
    account: &Account,
    transmitter: &Transmitter,
    words: &Words,
) -> io::Result<()> {
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
        return Ok(());
    }
    let (low, high) =
        ((low / 10.0).floor() * 10.0, ((high / 10.0).ceil() * 10.0).max((low / 10.0).floor() * 10.0 + 10.0));
    let count = account.drive.stops.len().max(2) as f64 - 1.0;
    let x = |stop: usize| LEFT + (WIDTH - LEFT - 10.0) * stop as f64 / count;
    let y = |level_db: f64| ABOVE + (HEIGHT - ABOVE - BELOW) * (high - level_db) / (high - low);
    writeln!(
        out,
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\
         <text class=\"scale\" x=\"{LEFT}\" y=\"12\">{}</text>",
        words.level, words.level
    )?;
    let step = if high - low > 60.0 { 20.0 } else { 10.0 };
    let mut tick = low;
    while tick <= high {
        writeln!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\
             <text class=\"scale\" text-anchor=\"end\" x=\"{1}\" y=\"{2:.1}\">{tick:.0}</text>",
            y(tick),
            LEFT - 6.0,
            y(tick) + 4.0
        )?;
        tick += step;
    }
    let every = (account.drive.stops.len() / 6).max(1);
    for (i, stop) in account.drive.stops.iter().enumerate().step_by(every) {
        let label = stop.time.map_or_else(|| i.to_string(), |time| time.strftime("%H:%M:%S").to_string());
        let anchor = match i {
            0 => "start",
            _ if i + every / 2 >= account.drive.stops.len() - 1 => "end",
            _ => "middle",
        };
        writeln!(
            out,
            "<text class=\"scale\" text-anchor=\"{anchor}\" x=\"{:.1}\" y=\"{:.1}\">{label}</text>",
            x(i),
            HEIGHT - 6.0
        )?;
    }
    for (class, levels) in [("other", &other), ("own", &own)] {
        // A stop where it was not heard breaks the line.
        for run in levels.chunk_by(|a, b| b.0 == a.0 + 1) {
            let points: Vec<String> = run.iter().map(|&(stop, db)| format!("{:.1},{:.1}", x(stop), y(db))).collect();
            writeln!(out, "<polyline class=\"{class}\" points=\"{}\"/>", points.join(" "))?;
        }
        for &(stop, db) in levels {
            writeln!(out, "<circle class=\"{class}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\"/>", x(stop), y(db))?;
        }
    }
    writeln!(
        out,
        "</svg><p class=\"legend\"><span class=\"key own\"></span>{} <span class=\"key other\"></span>{}</p>",
        words.this_cell, words.strongest_other
    )
}

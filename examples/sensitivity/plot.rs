//! The curves as a table and as a picture.

use std::{
    fmt,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::trial::Outcome;

/// What is received, and the colours of its curves: told apart by colour-blind readers too.
const CURVES: [(&str, &str); 3] = [("PCI", "#0072b2"), ("MIB", "#009e73"), ("SIB1", "#d55e00")];
const WIDTH: f32 = 420.0;
const HEIGHT: f32 = 260.0;
/// Room for the numbers left of and below a panel's curves, and for its title.
const MARGIN: f32 = 48.0;

/// Numbers below a panel at most.
const MAX_NUMBERS: usize = 8;

/// Columns of the table: the curve, what a level is, the level, receptions, and how many gave what.
const HEADER: [&str; 8] = ["signal", "level", "level_db", "trials", "pci", "mib", "sib1", "false_cells"];

/// How often one level was received.
pub struct Point {
    level_db: f32,
    trials: usize,
    received: [usize; 3],
    false_cells: usize,
}

impl Point {
    /// Counts outcomes.
    pub fn new(level_db: f32, outcomes: &[Outcome]) -> Self {
        let count = |i: usize| outcomes.iter().filter(|outcome| outcome.received[i]).count();
        Self {
            level_db,
            trials: outcomes.len(),
            received: [count(0), count(1), count(2)],
            false_cells: outcomes.iter().map(|outcome| outcome.false_cells).sum(),
        }
    }

    fn share(&self, curve: usize) -> f32 {
        self.received[curve] as f32 / self.trials.max(1) as f32
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { level_db, trials, received: [pci, mib, sib1], false_cells } = self;
        write!(f, "{level_db:5.1} dB: PCI {pci}, MIB {mib}, SIB1 {sib1} of {trials}, false cells {false_cells}")
    }
}

/// One study's curves.
pub struct Panel {
    /// What is on the air.
    pub title: String,
    /// What a level is.
    pub axis: String,
    /// Levels, weakest first.
    pub points: Vec<Point>,
}

/// Curves of earlier tables, those of one title together.
///
/// # Errors
/// Where one cannot be read, or holds something else.
pub fn read(tables: &[PathBuf]) -> Result<Vec<Panel>> {
    let mut panels: Vec<Panel> = Vec::new();
    for path in tables {
        for row in csv::Reader::from_path(path)?.deserialize() {
            let row: (String, String, f32, usize, usize, usize, usize, usize) =
                row.with_context(|| path.display().to_string())?;
            let (title, axis, level_db, trials, pci, mib, sib1, false_cells) = row;
            if panels.last().is_none_or(|panel| panel.title != title) {
                panels.push(Panel { title, axis, points: Vec::new() });
            }
            let point = Point { level_db, trials, received: [pci, mib, sib1], false_cells };
            panels.last_mut().context("no curve")?.points.push(point);
        }
    }
    Ok(panels)
}

/// Writes `out.csv` and `out.svg`.
///
/// # Errors
/// Where they cannot be written.
pub fn write(out: &Path, panels: &[Panel]) -> Result<()> {
    let mut table = csv::Writer::from_path(out.with_extension("csv"))?;
    table.write_record(HEADER)?;
    for panel in panels {
        for p in &panel.points {
            let counts = [p.trials, p.received[0], p.received[1], p.received[2], p.false_cells].map(|n| n.to_string());
            let level = [panel.title.clone(), panel.axis.clone(), p.level_db.to_string()];
            table.write_record(level.into_iter().chain(counts))?;
        }
    }
    table.flush()?;
    fs::write(out.with_extension("svg"), svg(panels)?)?;
    Ok(())
}

/// The panels two by two.
fn svg(panels: &[Panel]) -> Result<String, fmt::Error> {
    let (width, height) = (2.0 * WIDTH, panels.len().div_ceil(2) as f32 * HEIGHT);
    let mut svg = String::new();
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">"#
    )?;
    writeln!(svg, r#"<rect width="{width}" height="{height}" fill="white"/>"#)?;
    for (i, panel) in panels.iter().enumerate() {
        let (column, row) = ((i % 2) as f32, (i / 2) as f32);
        writeln!(svg, r#"<g transform="translate({} {})">"#, column * WIDTH, row * HEIGHT)?;
        draw(&mut svg, panel)?;
        writeln!(svg, "</g>")?;
    }
    writeln!(svg, "</svg>")?;
    Ok(svg)
}

fn draw(svg: &mut String, panel: &Panel) -> fmt::Result {
    let (left, right, top, bottom) = (MARGIN, WIDTH - 14.0, 30.0, HEIGHT - MARGIN);
    let [least, most] = [panel.points.first(), panel.points.last()].map(|p| p.map_or(0.0, |p| p.level_db));
    let x = |level: f32| left + (level - least) / (most - least).max(1.0) * (right - left);
    let y = |share: f32| bottom - share * (bottom - top);
    writeln!(svg, r#"<text x="{left}" y="20" font-weight="bold">{}</text>"#, escape(&panel.title))?;
    for percent in [0, 25, 50, 75, 90, 100] {
        let at = y(percent as f32 / 100.0);
        writeln!(svg, r##"<path d="M{left} {at}H{right}" stroke="#ddd"/>"##)?;
        writeln!(svg, r#"<text x="{}" y="{}" text-anchor="end">{percent} %</text>"#, left - 5.0, at + 4.0)?;
    }
    for point in panel.points.iter().step_by(panel.points.len().div_ceil(MAX_NUMBERS).max(1)) {
        let at = x(point.level_db);
        writeln!(svg, r#"<text x="{at}" y="{}" text-anchor="middle">{}</text>"#, bottom + 16.0, point.level_db)?;
        writeln!(svg, r##"<path d="M{at} {top}V{bottom}" stroke="#eee"/>"##)?;
    }
    writeln!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">{}</text>"#,
        (left + right) / 2.0,
        bottom + 34.0,
        escape(&panel.axis)
    )?;
    for (curve, (name, colour)) in CURVES.into_iter().enumerate() {
        let path: Vec<String> =
            panel.points.iter().map(|p| format!("{:.1},{:.1}", x(p.level_db), y(p.share(curve)))).collect();
        writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="{}"/>"#,
            path.join(" "),
            6 - 2 * curve
        )?;
        let at = right - 130.0 + 45.0 * curve as f32;
        writeln!(svg, r#"<text x="{at}" y="20" fill="{colour}" font-weight="bold">{name}</text>"#)?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

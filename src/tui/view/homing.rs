//! One cell's level, large enough to be read while the car moves: trend, highest, overload, and where to drive next.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    symbols::Marker,
    text::{Line, Span},
    widgets::canvas::{Canvas, Points},
};

use super::whereabouts;
use crate::tui::{
    state::{Homing, LogLevel},
    text::{cut, or_dash},
    theme::mark,
    ui::Ui,
};
use cellwarden_core::observation::MAX_CLIPPED;

/// Rows of a large digit.
const DIGIT_ROWS: usize = 5;
/// A trend below this is none: a parked car's level wanders as much.
const STEADY_DB: f64 = 1.0;
/// Time without a level after which the shown one is old.
const OLD_S: f64 = 1.0;
/// The gauge's range in dB below the highest level, and above it.
const GAUGE_DB: (f64, f64) = (50.0, 5.0);
/// Seconds that the curve shows.
const CURVE_S: f64 = 60.0;

/// Draws the level of the cell that is homed in on.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let Some(homing) = &ui.snapshot.homing else {
        let text = "select a cell and press t: its level stands here, several times a second";
        frame.render_widget(Line::styled(text, ui.theme.faint()), area);
        return;
    };
    let layout = [
        Constraint::Length(2),
        Constraint::Length(DIGIT_ROWS as u16),
        Constraint::Length(2),
        Constraint::Length(4),
        Constraint::Min(0),
    ];
    let [head, digits, gauge, facts, curve] = Layout::vertical(layout).areas(area);
    draw_head(frame, head, ui, homing);
    draw_digits(frame, digits, ui, homing);
    draw_gauge(frame, gauge, ui, homing);
    for (row, line) in facts.rows().zip(facts_lines(ui, homing, usize::from(facts.width))) {
        frame.render_widget(line, row);
    }
    draw_curve(frame, curve, ui, homing);
}

fn draw_head(frame: &mut Frame<'_>, area: Rect, ui: &Ui, homing: &Homing) {
    let id = &homing.id;
    let name = format!("PCI {}, EARFCN {}, {}", id.pci.get(), or_dash(id.earfcn), or_dash(id.ecgi));
    let mut spans = Vec::new();
    if let Some(cell) = ui.homing_cell() {
        spans.push(Span::styled(format!("{} {}  ", mark(cell.verdict), cell.verdict), ui.theme.verdict(cell.verdict)));
    }
    spans.push(Span::raw(name));
    if let Some(per_second) = homing.levels.per_second() {
        spans.push(Span::styled(format!("  {per_second:.1} levels a second"), ui.theme.faint()));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The level in digits of five rows, and beside it where it goes.
fn draw_digits(frame: &mut Frame<'_>, area: Rect, ui: &Ui, homing: &Homing) {
    let latest = homing.levels.latest();
    let silent_s = latest.map(|level| homing.now_s - level.seconds);
    let is_old = silent_s.is_none_or(|silent_s| silent_s > OLD_S);
    let text = latest.map_or_else(|| "--".to_owned(), |level| format!("{:.1}", level.rsrp_db));
    let style = if is_old { ui.theme.faint() } else { ui.theme.heading() };
    let width = text.chars().count() as u16 * 6;
    let [number, words] = Layout::horizontal([Constraint::Length(width + 2), Constraint::Min(0)]).areas(area);
    for (row, line) in number.rows().zip(large(&text)) {
        frame.render_widget(Line::styled(line, style), row);
    }
    let trend = match homing.levels.trend_db() {
        Some(trend) if trend >= STEADY_DB => {
            Line::styled(format!("▲ {trend:+.1} dB in 10 s: closer"), ui.theme.heading())
        }
        Some(trend) if trend <= -STEADY_DB => {
            Line::styled(format!("▼ {trend:+.1} dB in 10 s: farther"), ui.theme.log(LogLevel::Warning))
        }
        Some(trend) => Line::raw(format!("= {trend:+.1} dB in 10 s: steady")),
        None => Line::styled("no trend yet", ui.theme.faint()),
    };
    let heard = match (silent_s, is_old) {
        (None, _) => Line::styled("not heard yet", ui.theme.faint()),
        (Some(silent_s), true) => {
            Line::styled(format!("not heard for {silent_s:.1} s"), ui.theme.log(LogLevel::Warning))
        }
        (Some(_), false) => {
            Line::styled(format!("SINR {:.1} dB", latest.map_or(0.0, |level| level.sinr_db)), ui.theme.faint())
        }
    };
    let lines = [Line::styled("dB, RSRP less gain", ui.theme.faint()), Line::raw(""), trend, Line::raw(""), heard];
    for (row, line) in words.rows().zip(lines) {
        frame.render_widget(line, row);
    }
}

/// A bar up to the level, with a mark at the highest.
fn draw_gauge(frame: &mut Frame<'_>, area: Rect, ui: &Ui, homing: &Homing) {
    let (Some(latest), Some(peak)) = (homing.levels.latest(), homing.levels.peak()) else { return };
    let width = usize::from(area.width);
    let column = |db: f64| {
        let share = (db - peak.rsrp_db + GAUGE_DB.0) / (GAUGE_DB.0 + GAUGE_DB.1);
        ((share.clamp(0.0, 1.0) * width as f64) as usize).min(width.saturating_sub(1))
    };
    let (level, highest) = (column(latest.rsrp_db), column(peak.rsrp_db));
    let bar = |from: usize, to: usize, sign: &str| sign.repeat(to.saturating_sub(from));
    let spans = vec![
        Span::styled(bar(0, level.min(highest), "█"), Style::new().fg(ui.theme.line())),
        Span::styled(bar(level, highest, "·"), ui.theme.faint()),
        Span::styled("▌", ui.theme.heading()),
    ];
    frame.render_widget(Line::from(spans), area);
}

fn facts_lines<'a>(ui: &Ui, homing: &Homing, width: usize) -> Vec<Line<'a>> {
    let here = ui.snapshot.track.last();
    let peak = homing.levels.peak().map(|peak| {
        let way = here.zip(peak.position).map(|(here, at)| format!(", {}", whereabouts::way(here, &at)));
        let ago_s = (homing.now_s - peak.seconds).max(0.0);
        format!("highest {:.1} dB {ago_s:.0} s ago{}", peak.rsrp_db, way.unwrap_or_default())
    });
    let share = 100.0 * homing.clipped;
    let overload = if homing.clipped >= MAX_CLIPPED {
        let text = format!("OVERLOAD: {share:.1} % of the samples clipped, levels read low; take less --gain");
        Line::styled(text, ui.theme.log(LogLevel::Error))
    } else {
        Line::styled(format!("no overload: {share:.1} % of the samples clipped"), ui.theme.faint())
    };
    let next = match ui.homing_cell().and_then(|cell| cell.whereabouts.clone()) {
        Some(found) => whereabouts::sentence(&found, here),
        None => "no place yet: a place is estimated for suspicious cells, from four places on".to_owned(),
    };
    let beside = match homing.beside_s {
        Some(beside_s) => format!("other carriers were looked at {:.0} s ago", (homing.now_s - beside_s).max(0.0)),
        None if ui.snapshot.replay.is_some() => "levels come with the recordings' dwells".to_owned(),
        None => "other carriers are looked at when they are due, at most every 3 s".to_owned(),
    };
    let text = |text: &str| Line::raw(cut(text, width));
    vec![text(&peak.unwrap_or_default()), overload, text(&next), Line::styled(cut(&beside, width), ui.theme.faint())]
}

/// The level over the last minute, the newest at the right.
fn draw_curve(frame: &mut Frame<'_>, area: Rect, ui: &Ui, homing: &Homing) {
    let levels = || homing.levels.iter();
    let low = levels().map(|level| level.rsrp_db).fold(f64::INFINITY, f64::min);
    let high = levels().map(|level| level.rsrp_db).fold(f64::NEG_INFINITY, f64::max);
    let title =
        if low.is_finite() { format!("last minute {low:.1} … {high:.1} dB") } else { "last minute".to_owned() };
    let block = super::pane(ui, &title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if !low.is_finite() {
        return;
    }
    let middle = f64::midpoint(low, high);
    let half = ((high - low) / 2.0).max(1.0) * 1.05;
    let points: Vec<(f64, f64)> = levels().map(|level| (level.seconds - homing.now_s, level.rsrp_db)).collect();
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .x_bounds([-CURVE_S, 0.0])
        .y_bounds([middle - half, middle + half])
        .paint(|context| context.draw(&Points { coords: &points, color: ui.theme.line() }));
    frame.render_widget(canvas, inner);
}

/// The rows of a number in large digits; each takes six columns.
fn large(text: &str) -> [String; DIGIT_ROWS] {
    let mut rows: [String; DIGIT_ROWS] = Default::default();
    for c in text.chars() {
        let glyph = match c {
            '0' => ["████", "█  █", "█  █", "█  █", "████"],
            '1' => ["  █ ", " ██ ", "  █ ", "  █ ", " ███"],
            '2' => ["████", "   █", "████", "█   ", "████"],
            '3' => ["████", "   █", " ███", "   █", "████"],
            '4' => ["█  █", "█  █", "████", "   █", "   █"],
            '5' => ["████", "█   ", "████", "   █", "████"],
            '6' => ["████", "█   ", "████", "█  █", "████"],
            '7' => ["████", "   █", "  █ ", "  █ ", "  █ "],
            '8' => ["████", "█  █", "████", "█  █", "████"],
            '9' => ["████", "█  █", "████", "   █", "████"],
            '-' => ["    ", "    ", "████", "    ", "    "],
            '.' => ["    ", "    ", "    ", " ██ ", " ██ "],
            _ => ["    "; DIGIT_ROWS],
        };
        rows.iter_mut().zip(glyph).for_each(|(row, part)| {
            row.push_str(part);
            row.push_str("  ");
        });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_digits_differ_and_are_of_one_size() {
        let of = |c: char| large(&c.to_string());
        let glyphs: std::collections::BTreeSet<_> = "0123456789-.".chars().map(of).collect();
        assert_eq!(glyphs.len(), 12);
        assert!(glyphs.iter().flatten().all(|row| row.chars().count() == 6));
    }
}

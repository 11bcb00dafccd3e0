//! The receiver's state.

use ratatui::{
    Frame,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::tui::{
    state::LogLevel,
    text::{cut, left},
    ui::Ui,
};

/// Draws the state as a list.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let block = super::pane(ui, "receiver");
    let body = block.inner(area);
    frame.render_widget(block, area);
    let health = &ui.snapshot.health;
    let with = |value: Option<f64>, decimals: usize, unit: &str| {
        value.map_or_else(|| "not known".to_owned(), |value| format!("{value:.decimals$} {unit}"))
    };
    let bad = |is_bad: bool| if is_bad { ui.theme.log(LogLevel::Error) } else { Style::new() };
    let low_disk = health.disk_left_bytes.is_some_and(|bytes| bytes < 1 << 30);
    let lost_part = if health.samples == 0 { 0.0 } else { health.lost_samples as f64 / health.samples as f64 };
    let gnss = match health.gnss_mode {
        None => "not asked",
        Some(0 | 1) => "no fix: no positions",
        Some(2) => "fix without height",
        Some(_) => "fix",
    };
    let no_fix = health.gnss_mode.is_some_and(|mode| mode < 2);
    let clock = health.clock_ahead_s.map_or_else(
        || "as GNSS time, or not known".to_owned(),
        |ahead_s| format!("{ahead_s:+.1} s against GNSS time; taken out of positions"),
    );
    let sweep = ui.snapshot.sweep.as_ref().map(|progress| {
        let complete = match progress.seconds_since_complete {
            Some(age) => format!("{age:.0} s ago"),
            None => "not yet".to_owned(),
        };
        [
            ("sweep", super::sweep::now(progress), Style::new()),
            ("sweep complete", complete, Style::new()),
            ("carriers", super::sweep::carriers(progress), Style::new()),
            ("air", progress.air.text(), Style::new()),
        ]
    });
    let rows = [
        ("source", health.source.clone(), Style::new()),
        ("centre", with(health.center_hz.map(|hz| hz * 1e-6), 3, "MHz"), Style::new()),
        ("sample rate", with(health.sample_rate_hz.map(|hz| hz * 1e-6), 2, "MS/s"), Style::new()),
        ("gain", with(health.gain_db, 1, "dB"), Style::new()),
        ("GNSS receiver", gnss.to_owned(), bad(no_fix)),
        ("clock", clock, bad(health.clock_ahead_s.is_some())),
        ("temperature", with(health.temperature_c, 0, "°C"), Style::new()),
        ("crystal error", with(health.crystal_ppm, 2, "ppm"), Style::new()),
        ("signal searched", with(Some(health.iq_seconds), 2, "s"), Style::new()),
        ("pace", with(health.realtime_factor, 2, "× real time"), Style::new()),
        ("samples taken", health.samples.to_string(), Style::new()),
        ("samples lost", format!("{} ({:.4} %)", health.lost_samples, lost_part * 100.0), bad(health.lost_samples > 0)),
        ("device faults", health.faults.to_string(), bad(health.faults > 0)),
        ("inputs failed", health.errors.to_string(), bad(health.errors > 0)),
        ("disk left", with(health.disk_left_bytes.map(|bytes| bytes as f64 * 1e-9), 1, "GB"), bad(low_disk)),
    ];
    let rows = rows.into_iter().chain(sweep.into_iter().flatten());
    for (line, (name, value, style)) in body.rows().zip(rows) {
        let room = usize::from(body.width).saturating_sub(18);
        let spans = vec![Span::styled(left(name, 18), ui.theme.faint()), Span::styled(cut(&value, room), style)];
        frame.render_widget(Line::from(spans), line);
    }
}

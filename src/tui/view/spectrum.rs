//! The received spectrum: the newest row as a curve, the rows before as a waterfall, and the carriers marked.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::Style,
    text::Line,
};

use crate::tui::{
    state::Spectrum,
    text::{cut, megahertz, right},
    ui::Ui,
};

/// Eighths of a cell, from below.
const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/// Columns of the level axis.
const AXIS: u16 = 7;
/// Least span of levels shown, so that noise alone does not look like signal.
const LEAST_SPAN_DB: f32 = 20.0;

/// Draws the tuning that is selected.
pub fn draw(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    ui.spectrum = ui.spectrum.min(ui.snapshot.spectra.len().saturating_sub(1));
    let Some(spectrum) = ui.snapshot.spectra.get(ui.spectrum) else {
        frame.render_widget(Line::styled("no spectrum yet", ui.theme.faint()), area);
        return;
    };
    let title = format!(
        "{} MHz, {:.2} MHz wide, levels in dBFS, tuning {} of {}",
        megahertz(spectrum.center_hz),
        spectrum.span_hz * 1e-6,
        ui.spectrum + 1,
        ui.snapshot.spectra.len()
    );
    let block = super::pane(ui, &title);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [curve, marks, axis, waterfall] = Layout::vertical([
        Constraint::Percentage(40),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(1),
    ])
    .areas(inner);
    let width = usize::from(inner.width.saturating_sub(AXIS));
    let rows: Vec<Vec<f32>> =
        spectrum.rows.iter().rev().take(usize::from(waterfall.height.max(1))).map(|row| columns(row, width)).collect();
    let (low, high) = range(&rows);
    draw_curve(frame, curve, ui, rows.first().map_or(&[], Vec::as_slice), low, high);
    draw_marks(frame, plot(marks), ui, spectrum);
    draw_axis(frame, plot(axis), ui, spectrum);
    for (line, row) in plot(waterfall).rows().zip(&rows) {
        for (place, level) in line.columns().zip(row) {
            let (shade, style) = ui.theme.shade((level - low) / (high - low));
            // A text of one character for each would cost more than all else.
            frame.buffer_mut()[place.as_position()].set_symbol(shade).set_style(style);
        }
    }
    let labels = Rect { width: AXIS.min(waterfall.width), ..waterfall };
    frame.render_widget(Line::styled(right("now", 6), ui.theme.faint()), labels);
}

/// The part right of the level axis.
fn plot(area: Rect) -> Rect {
    let axis = AXIS.min(area.width);
    Rect { x: area.x + axis, width: area.width - axis, ..area }
}

/// The strongest bin of each column.
fn columns(row: &[f32], width: usize) -> Vec<f32> {
    let strongest = |column: usize| {
        let start = column * row.len() / width;
        let end = ((column + 1) * row.len()).div_ceil(width).clamp(start, row.len());
        row[start..end].iter().copied().filter(|level| level.is_finite()).fold(f32::NEG_INFINITY, f32::max)
    };
    (0..width).map(strongest).collect()
}

/// From a bit below the noise to a bit above the strongest.
fn range(rows: &[Vec<f32>]) -> (f32, f32) {
    let mut levels: Vec<f32> = rows.iter().flatten().copied().filter(|level| level.is_finite()).collect();
    if levels.is_empty() {
        return (-100.0, 0.0);
    }
    let twentieth = levels.len() / 20;
    let (_, noise, _) = levels.select_nth_unstable_by(twentieth, f32::total_cmp);
    let low = (*noise / 5.0).floor() * 5.0 - 5.0;
    let strongest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let high = (strongest / 5.0).ceil() * 5.0;
    (low, high.max(low + LEAST_SPAN_DB))
}

fn draw_curve(frame: &mut Frame<'_>, area: Rect, ui: &Ui, row: &[f32], low: f32, high: f32) {
    let height = f32::from(area.height.max(1));
    let curve = plot(area);
    for (from_top, line) in curve.rows().enumerate() {
        let floor = height - 1.0 - from_top as f32;
        let bars: String = row
            .iter()
            .map(|level| {
                let filled = ((level - low) / (high - low) * height - floor).clamp(0.0, 1.0);
                EIGHTHS[(filled * 8.0).round() as usize]
            })
            .collect();
        frame.render_widget(Line::styled(bars, Style::new().fg(ui.theme.line())), line);
    }
    for (from_top, line) in area.rows().enumerate() {
        let at_end = from_top == 0 || from_top + 1 == usize::from(area.height);
        if at_end || from_top * 2 == usize::from(area.height) {
            let level = high - (high - low) * from_top as f32 / (height - 1.0).max(1.0);
            let label = right(&format!("{level:.0}"), usize::from(AXIS) - 1);
            frame.render_widget(Line::styled(label, ui.theme.faint()), line);
        }
    }
}

/// Carriers where they are, named by channel number as far as there is room.
fn draw_marks(frame: &mut Frame<'_>, area: Rect, ui: &Ui, spectrum: &Spectrum) {
    let width = usize::from(area.width);
    let mut line = vec![' '; width];
    for (hz, earfcn) in &spectrum.carriers {
        let part = (hz - spectrum.center_hz) / spectrum.span_hz + 0.5;
        if !(0.0..1.0).contains(&part) {
            continue;
        }
        let at = ((part * width as f64) as usize).min(width.saturating_sub(1));
        let name = earfcn.map_or_else(|| megahertz(*hz), |number| number.to_string());
        let text: Vec<char> = format!("▲{name}").chars().collect();
        let free = line.iter().skip(at).take(text.len() + 1).all(|c| *c == ' ');
        for (place, c) in line[at..].iter_mut().zip(if free { &text[..] } else { &text[..1] }) {
            *place = *c;
        }
    }
    frame.render_widget(Line::styled(line.into_iter().collect::<String>(), ui.theme.heading()), area);
}

/// Five frequencies under the curve.
fn draw_axis(frame: &mut Frame<'_>, area: Rect, ui: &Ui, spectrum: &Spectrum) {
    const LABELS: u16 = 5;
    for i in 0..LABELS {
        let part = f64::from(i) / f64::from(LABELS - 1);
        let text = cut(&megahertz(spectrum.center_hz + (part - 0.5) * spectrum.span_hz), usize::from(area.width));
        let room = area.width.saturating_sub(text.len() as u16);
        let x = area.x + (f64::from(room) * part).round() as u16;
        let place = Rect { x, width: area.right().saturating_sub(x), ..area };
        frame.render_widget(Line::styled(text, ui.theme.faint()), place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_keeps_the_strongest_of_its_bins() {
        assert_eq!(columns(&[1.0, 5.0, 2.0, 3.0], 2), [5.0, 3.0]);
        assert_eq!(columns(&[1.0, 2.0], 4), [1.0, 1.0, 2.0, 2.0]);
        assert_eq!(columns(&[f32::NAN, 2.0], 1), [2.0]);
        assert!(columns(&[], 3).iter().all(|level| *level == f32::NEG_INFINITY));
        assert!(columns(&[1.0], 0).is_empty());
    }

    #[test]
    fn the_range_holds_the_strongest_and_is_never_empty() {
        let (low, high) = range(&[vec![-80.0; 100], vec![-33.0]]);
        assert!(low < -80.0 && high >= -33.0);
        for rows in [vec![], vec![vec![f32::NEG_INFINITY]], vec![vec![-50.0; 3]]] {
            let (low, high) = range(&rows);
            assert!(high - low >= LEAST_SPAN_DB);
        }
    }
}

//! Draws what the user looks at: title, tabs, the view, keys.

pub mod alerts;
pub mod cell;
pub mod cells;
pub mod device;
pub mod help;
pub mod homing;
mod invitation;
pub mod log;
pub mod map;
pub mod spectrum;
mod sweep;
mod whereabouts;

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Block, Borders},
};
use unicode_width::UnicodeWidthStr;

use cellwarden_text::counted;

use super::{
    keys::{EVERYWHERE, INVITATION, REPLAY, VIEWS, keys_of},
    state::{ReplayProgress, Speed},
    text::{bounded, clock, cut},
    ui::{ClickAreas, Purpose, Ui, View},
};

/// The smallest terminal that all views fit in.
pub const LEAST: (u16, u16) = (80, 24);

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, ui: &mut Ui) {
    let area = frame.area();
    ui.click_areas = ClickAreas::default();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let needs = format!("cellwarden needs {}×{}; this is {}×{}", LEAST.0, LEAST.1, area.width, area.height);
        frame.render_widget(ratatui::widgets::Paragraph::new(needs).wrap(ratatui::widgets::Wrap { trim: true }), area);
        return;
    }
    let [title, tabs, body, keys] =
        Layout::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)])
            .areas(area);
    draw_title(frame, title, ui);
    draw_tabs(frame, tabs, ui);
    match ui.view {
        View::Cells => cells::draw(frame, body, ui),
        View::Spectrum => spectrum::draw(frame, body, ui),
        View::Cell => cell::draw(frame, body, ui),
        View::Alerts => alerts::draw(frame, body, ui),
        View::Map => map::draw(frame, body, ui),
        View::Log => log::draw(frame, body, ui),
        View::Device => device::draw(frame, body, ui),
        View::Homing => homing::draw(frame, body, ui),
    }
    draw_keys(frame, keys, ui);
    if ui.help {
        help::draw(frame, body, ui);
    }
    if ui.invitation {
        invitation::draw(frame, body, ui);
    }
}

/// A pane with a line above that names it.
fn pane<'a>(ui: &Ui, title: &str) -> Block<'a> {
    Block::new()
        .borders(Borders::TOP)
        .border_style(ui.theme.faint())
        .title(Span::styled(bounded(&format!(" {title} ")).into_owned(), ui.theme.heading()))
}

fn draw_title(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    let snapshot = &ui.snapshot;
    let mut right = String::new();
    // The tabs tell of alerts nobody has seen; where there is room, everything is told.
    if area.width >= 100 {
        right += &format!("cells {}  alerts {}  ", snapshot.cells.len(), snapshot.alerts.len());
    }
    let health = &snapshot.health;
    if health.unstored > 0 {
        let (dwells, alerts) = (counted(health.unstored, "dwell"), counted(health.unstored_alerts, "alert"));
        right += &format!("NOT STORED: {dwells}, {alerts}  ");
    }
    if snapshot.health.lost_samples > 0 {
        right += &format!("{} lost  ", counted(snapshot.health.lost_samples, "sample"));
    }
    if let Some(replay) = &snapshot.replay {
        right += &playing(replay);
        right += "  ";
    }
    if let Some(sweep) = sweep::in_title(snapshot) {
        right += &sweep;
        right += "  ";
    }
    if ui.is_mute {
        right += "sound off  ";
    }
    right += &clock(snapshot.now);
    let room = usize::from(area.width).saturating_sub(right.width() + 14);
    let left = cut(&snapshot.title, room);
    let gap = usize::from(area.width).saturating_sub(left.width() + right.width() + 12);
    let line = Line::from(vec![
        Span::styled("cellwarden", ui.theme.heading()),
        Span::raw("  "),
        Span::raw(left),
        Span::raw(" ".repeat(gap)),
        Span::raw(right),
    ]);
    frame.render_widget(line, area);
}

fn playing(replay: &ReplayProgress) -> String {
    let speed = match replay.speed {
        Speed::Times(times) => format!("×{times}"),
        Speed::Full => "full speed".to_owned(),
    };
    let state = match (replay.ended, replay.paused) {
        (true, _) => "ended".to_owned(),
        (false, true) => "paused".to_owned(),
        (false, false) => speed,
    };
    format!("{}/{} {state}", replay.shown, replay.total)
}

fn draw_tabs(frame: &mut Frame<'_>, area: Rect, ui: &mut Ui) {
    let mut spans = Vec::new();
    let mut x = area.x;
    let unseen = ui.unseen();
    for (i, view) in View::ALL.into_iter().enumerate() {
        let mut text = format!(" {} {} ", i + 1, view.title());
        if view == View::Alerts && unseen > 0 {
            text = format!(" {} {} ({unseen}) ", i + 1, view.title());
        }
        let width = text.len() as u16;
        ui.click_areas.tabs.push((Rect { x, y: area.y, width, height: 1 }, i));
        x += width;
        let style = match view {
            _ if view == ui.view => ui.theme.selected(),
            View::Alerts if unseen > 0 => ui.theme.severity(cellwarden_core::detect::Severity::Critical),
            _ => ratatui::style::Style::new(),
        };
        spans.push(Span::styled(text, style));
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_keys(frame: &mut Frame<'_>, area: Rect, ui: &Ui) {
    if let Some(prompt) = &ui.prompt {
        let label = match prompt.purpose {
            Purpose::Filter { .. } => "filter: ",
            Purpose::Note(_) => "note: ",
        };
        let hint = "   Enter keeps, Esc drops";
        let room = usize::from(area.width).saturating_sub(label.len() + hint.len() + 1);
        // The end is what is being typed.
        let typed: Vec<char> = bounded(&prompt.text).chars().collect();
        let mut shown = String::new();
        for start in 0..=typed.len() {
            shown = typed[start..].iter().collect();
            if shown.width() <= room {
                break;
            }
        }
        let line = Line::from(vec![
            Span::styled(label, ui.theme.heading()),
            Span::raw(shown),
            Span::styled(" ", ui.theme.selected()),
            Span::styled(hint, ui.theme.faint()),
        ]);
        frame.render_widget(line, area);
        return;
    }
    if ui.quit_asked {
        let text = "q again ends the drive, any other key goes on";
        frame.render_widget(Line::from(Span::styled(text, ui.theme.heading())), area);
        return;
    }
    let replay = if ui.snapshot.replay.is_some() { REPLAY } else { &[] };
    let page = if ui.snapshot.invitation.is_some() { INVITATION } else { &[] };
    let mut spans = Vec::new();
    let mut used = 0;
    // What does not fit is in the help.
    for (key, what) in keys_of(ui.view).iter().chain(page).chain(EVERYWHERE).chain(replay).chain(VIEWS) {
        let width = key.width() + what.width() + 3;
        if used + width > usize::from(area.width) {
            break;
        }
        used += width;
        spans.push(Span::styled(*key, ui.theme.key()));
        spans.push(Span::raw(" "));
        spans.push(Span::styled(*what, ui.theme.faint()));
        spans.push(Span::raw("  "));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The first line of an area, and the rest.
fn head_and_body(area: Rect) -> [Rect; 2] {
    Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area)
}

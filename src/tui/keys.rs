//! Keys and mouse: what they do to the view, and what they ask of the engine.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{
    state::{Command, Homing},
    table::SortKey,
    ui::{Cursor, MapView, PROMPT_MOST, Prompt, Purpose, Ui, View},
};

/// A key and what it does, for the keys line and the help.
pub type KeyHelp = (&'static str, &'static str);

/// Keys that work in every view.
pub const EVERYWHERE: &[KeyHelp] = &[("?", "help"), ("q", "quit"), ("m", "sound off, on")];

/// The key that shows the way to the van's page, where there is one.
pub const INVITATION: &[KeyHelp] = &[("v", "van's page")];

/// Keys for the terminal itself, for the help alone.
pub const TERMINAL: &[KeyHelp] = &[("Ctrl-L", "draw anew"), ("Ctrl-Z", "stop; fg goes on")];

/// Keys that change the view; the tabs show them too.
pub const VIEWS: &[KeyHelp] = &[("1…8 Tab", "views")];

/// Keys that steer a replay.
pub const REPLAY: &[KeyHelp] = &[("Space", "pause"), (".", "step"), ("- +", "speed"), ("!", "next alert")];

/// Keys of a view.
#[must_use]
pub fn keys_of(view: View) -> &'static [KeyHelp] {
    match view {
        View::Cells => &[("↑↓", "select"), ("Enter", "cell"), ("s S", "sort"), ("/", "filter"), ("t", "home in")],
        View::Spectrum => &[("←→", "tuning")],
        View::Cell => &[("↑↓", "move"), ("Enter ←→", "fold"), ("e c", "all"), ("[ ]", "other cell"), ("t", "home in")],
        View::Alerts => &[("↑↓", "select"), ("Enter", "cell"), ("a", "acknowledge"), ("n", "note"), ("t", "home in")],
        View::Map => &[("←→↑↓", "move"), ("i o", "zoom"), ("f", "fit"), ("w", "follow"), ("t", "home in")],
        View::Log => &[("↑↓", "scroll"), ("End", "newest")],
        View::Device => &[],
        View::Homing => &[("t", "let go"), ("Enter", "cell")],
    }
}

/// Rows of a page.
const PAGE: isize = 10;
/// Rows of a turn of the wheel.
const WHEEL: isize = 3;

/// What an event does: the view is changed, and perhaps the engine is asked for something.
pub fn handle(ui: &mut Ui, event: &Event) -> Option<Command> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => on_key(ui, *key),
        Event::Mouse(mouse) => {
            on_mouse(ui, *mouse);
            None
        }
        Event::Paste(text) => {
            if let Some(prompt) = &mut ui.prompt {
                prompt.text.extend(text.chars().filter(|c| !c.is_control()));
                prompt.text = prompt.text.chars().take(PROMPT_MOST).collect();
            }
            show_filter(ui);
            None
        }
        _ => None,
    }
}

fn on_key(ui: &mut Ui, key: KeyEvent) -> Option<Command> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return (key.code == KeyCode::Char('c')).then_some(Command::Quit);
    }
    if ui.prompt.is_some() {
        return on_prompt(ui, key.code);
    }
    let quits = key.code == KeyCode::Char('q');
    // What is not received now is gone: a live drive ends by two presses.
    let was_asked = std::mem::replace(&mut ui.quit_asked, quits && ui.snapshot.replay.is_none());
    let quit = (quits && (was_asked || !ui.quit_asked)).then_some(Command::Quit);
    if ui.help || ui.invitation {
        (ui.help, ui.invitation) = (false, false);
        return quit;
    }
    match key.code {
        KeyCode::Char('q') => return quit,
        KeyCode::Char('?') | KeyCode::F(1) => ui.help = true,
        KeyCode::Char(digit @ '1'..='8') => ui.view = View::ALL[digit as usize - '1' as usize],
        KeyCode::Tab => turn_view(ui, 1),
        KeyCode::BackTab => turn_view(ui, View::ALL.len() - 1),
        KeyCode::Char('t') => return home_in(ui),
        KeyCode::Char('m') => (ui.is_mute, ui.bells) = (!ui.is_mute, 0),
        KeyCode::Char('v') => ui.invitation = ui.snapshot.invitation.is_some(),
        code => return on_replay_key(ui, code).or_else(|| on_view_key(ui, code)),
    }
    None
}

/// Homes in on the selected cell, or on none any more.
fn home_in(ui: &mut Ui) -> Option<Command> {
    if ui.view == View::Homing && ui.snapshot.homing.is_some() {
        ui.snapshot.homing = None;
        return Some(Command::Home(None));
    }
    if ui.view == View::Alerts {
        let alert = ui.alert_rows().get(ui.alerts.at).cloned()?;
        ui.open_cell_of(&alert);
    }
    let id = ui.cell()?.id.clone();
    ui.view = View::Homing;
    ui.snapshot.homing = Some(Homing::on(id.clone()));
    Some(Command::Home(Some(id)))
}

fn turn_view(ui: &mut Ui, by: usize) {
    let at = View::ALL.iter().position(|view| *view == ui.view).unwrap_or(0);
    ui.view = View::ALL[(at + by) % View::ALL.len()];
}

/// What is asked is shown at once; the engine says it back with its next snapshot.
fn on_replay_key(ui: &mut Ui, code: KeyCode) -> Option<Command> {
    let replay = ui.snapshot.replay.as_mut()?;
    let command = match code {
        KeyCode::Char(' ') => Command::Pause,
        KeyCode::Char('.') => Command::Step,
        KeyCode::Char('!') => Command::NextAlert,
        KeyCode::Char('+' | '=') => Command::Speed(replay.speed.faster()),
        KeyCode::Char('-') => Command::Speed(replay.speed.slower()),
        _ => return None,
    };
    match command {
        Command::Pause => replay.paused = !replay.paused,
        Command::Step => replay.paused = true,
        Command::NextAlert => replay.paused = false,
        Command::Speed(speed) => replay.speed = speed,
        Command::Acknowledge { .. } | Command::Note { .. } | Command::Home(_) | Command::Quit => {}
    }
    Some(command)
}

/// Rows that a key moves by, in a list.
fn rows_of(code: KeyCode) -> Option<isize> {
    match code {
        KeyCode::Up | KeyCode::Char('k') => Some(-1),
        KeyCode::Down | KeyCode::Char('j') => Some(1),
        KeyCode::PageUp => Some(-PAGE),
        KeyCode::PageDown => Some(PAGE),
        // As far as there is.
        KeyCode::Home | KeyCode::Char('g') => Some(isize::MIN),
        KeyCode::End | KeyCode::Char('G') => Some(isize::MAX),
        _ => None,
    }
}

fn on_view_key(ui: &mut Ui, code: KeyCode) -> Option<Command> {
    if let Some(rows) = rows_of(code).filter(|_| ui.view != View::Map) {
        move_rows(ui, rows);
        return None;
    }
    match ui.view {
        View::Cells => on_cells_key(ui, code),
        View::Cell => on_cell_key(ui, code),
        View::Alerts => return on_alerts_key(ui, code),
        View::Map => on_map_key(ui, code),
        View::Spectrum => {
            let last = ui.snapshot.spectra.len().saturating_sub(1);
            match code {
                KeyCode::Left | KeyCode::Char('h') => ui.spectrum = ui.spectrum.min(last).saturating_sub(1),
                KeyCode::Right | KeyCode::Char('l') => ui.spectrum = (ui.spectrum + 1).min(last),
                _ => {}
            }
        }
        View::Homing if code == KeyCode::Enter => {
            if let Some(cell) = ui.homing_cell() {
                ui.selected = Some(cell.id.clone());
                ui.view = View::Cell;
            }
        }
        View::Log | View::Device | View::Homing => {}
    }
    None
}

/// Moves in the view's list.
fn move_rows(ui: &mut Ui, rows: isize) {
    match ui.view {
        View::Cells => ui.move_cell(rows),
        View::Cell => {
            let len = ui.tree_rows().len();
            ui.tree.by(rows, len);
        }
        View::Alerts => ui.alerts.by(rows, ui.snapshot.alerts.len()),
        View::Log => {
            let most = ui.snapshot.log.len().saturating_sub(1);
            ui.log_back = ui.log_back.saturating_add_signed(rows.saturating_neg()).min(most);
        }
        View::Spectrum | View::Map | View::Device | View::Homing => {}
    }
}

fn on_cells_key(ui: &mut Ui, code: KeyCode) {
    match code {
        KeyCode::Enter => {
            ui.move_cell(0);
            ui.view = View::Cell;
        }
        KeyCode::Char('s') => {
            let at = SortKey::ALL.iter().position(|key| *key == ui.table.sort()).unwrap_or(0);
            ui.sort_by(SortKey::ALL[(at + 1) % SortKey::ALL.len()], ui.table.reversed());
        }
        KeyCode::Char('S') => ui.sort_by(ui.table.sort(), !ui.table.reversed()),
        KeyCode::Char('/') => {
            let text = ui.table.filter().to_owned();
            ui.prompt = Some(Prompt { purpose: Purpose::Filter { before: text.clone() }, text });
        }
        KeyCode::Esc => ui.filter_by(""),
        _ => {}
    }
}

fn on_cell_key(ui: &mut Ui, code: KeyCode) {
    match code {
        KeyCode::Esc => ui.view = View::Cells,
        KeyCode::Enter => fold(ui, None),
        KeyCode::Right | KeyCode::Char('l') => fold(ui, Some(true)),
        KeyCode::Left | KeyCode::Char('h') => fold(ui, Some(false)),
        KeyCode::Char('e') => {
            // Each round opens the nodes that the one before brought to light.
            loop {
                let closed: Vec<_> = ui.tree_rows().into_iter().filter(|row| row.open == Some(false)).collect();
                let before = ui.opened.len();
                ui.opened.extend(closed.into_iter().map(|row| row.path));
                if ui.opened.len() == before {
                    break;
                }
            }
        }
        KeyCode::Char('c') => {
            ui.opened.clear();
            ui.tree = Cursor::default();
        }
        KeyCode::Char('[') => other_cell(ui, -1),
        KeyCode::Char(']') => other_cell(ui, 1),
        _ => {}
    }
}

fn other_cell(ui: &mut Ui, by: isize) {
    ui.follow_selected();
    ui.move_cell(by);
}

/// Opens, closes or turns over the node under the cursor; a closed node or a value closes its parent.
fn fold(ui: &mut Ui, open: Option<bool>) {
    let rows = ui.tree_rows();
    let Some(row) = rows.get(ui.tree.at) else { return };
    match (row.open, open) {
        (Some(false), None | Some(true)) => {
            ui.opened.insert(row.path.clone());
        }
        (Some(true), None | Some(false)) => {
            ui.opened.remove(&row.path);
        }
        (_, Some(false)) => {
            let parent = rows[..ui.tree.at].iter().rposition(|above| above.depth < row.depth);
            if let Some(at) = parent {
                ui.opened.remove(&rows[at].path);
                ui.tree.at = at;
            }
        }
        _ => {}
    }
}

fn on_alerts_key(ui: &mut Ui, code: KeyCode) -> Option<Command> {
    let alert = ui.alert_rows().get(ui.alerts.at).cloned()?;
    let id = alert.alert.id.clone();
    match code {
        KeyCode::Enter => ui.open_cell_of(&alert),
        KeyCode::Char('a') => {
            let seen = !alert.acknowledged;
            ui.pending.insert(id.clone(), (seen, alert.note.clone()));
            return Some(Command::Acknowledge { id, seen });
        }
        KeyCode::Char('n') => ui.prompt = Some(Prompt { purpose: Purpose::Note(id), text: alert.note.clone() }),
        _ => {}
    }
    None
}

fn on_map_key(ui: &mut Ui, code: KeyCode) {
    const STEP: f64 = 0.25;
    let map = &mut ui.map;
    match code {
        KeyCode::Left | KeyCode::Char('h') => map.east -= STEP,
        KeyCode::Right | KeyCode::Char('l') => map.east += STEP,
        KeyCode::Up | KeyCode::Char('k') => map.north += STEP,
        KeyCode::Down | KeyCode::Char('j') => map.north -= STEP,
        KeyCode::Char('i') => zoom(map, 2.0),
        KeyCode::Char('o') => zoom(map, 0.5),
        KeyCode::Char('f') | KeyCode::Home => *map = MapView { follows: map.follows, ..MapView::default() },
        KeyCode::Char('w') => (map.follows, map.east, map.north) = (!map.follows, 0.0, 0.0),
        _ => {}
    }
    // Far outside there is nothing to be found again.
    let most = map.zoom.max(1.0);
    map.east = map.east.clamp(-most, most);
    map.north = map.north.clamp(-most, most);
}

/// Zooms around the middle of what is seen.
fn zoom(map: &mut MapView, by: f64) {
    let zoom = (map.zoom * by).clamp(0.125, 4096.0);
    map.east *= zoom / map.zoom;
    map.north *= zoom / map.zoom;
    map.zoom = zoom;
}

fn on_prompt(ui: &mut Ui, code: KeyCode) -> Option<Command> {
    let prompt = ui.prompt.as_mut()?;
    match code {
        KeyCode::Esc => {
            if let Some(Prompt { purpose: Purpose::Filter { before }, .. }) = ui.prompt.take() {
                ui.filter_by(&before);
            }
        }
        KeyCode::Backspace => {
            prompt.text.pop();
            show_filter(ui);
        }
        KeyCode::Char(c) if !c.is_control() && prompt.text.chars().count() < PROMPT_MOST => {
            prompt.text.push(c);
            show_filter(ui);
        }
        KeyCode::Enter => {
            let Prompt { purpose, text } = ui.prompt.take()?;
            match purpose {
                // What was typed is shown already.
                Purpose::Filter { .. } => {}
                Purpose::Note(id) => {
                    let alert = ui.alert_rows().into_iter().find(|alert| alert.alert.id == id)?;
                    ui.pending.insert(id.clone(), (alert.acknowledged, text.clone()));
                    return Some(Command::Note { id, text });
                }
            }
        }
        _ => {}
    }
    None
}

/// Shows what passes the filter as far as it is typed.
fn show_filter(ui: &mut Ui) {
    if let Some(Prompt { purpose: Purpose::Filter { .. }, text }) = ui.prompt.clone() {
        ui.filter_by(&text);
        ui.cells = Cursor::default();
        ui.selected = None;
    }
}

fn on_mouse(ui: &mut Ui, mouse: MouseEvent) {
    if ui.prompt.is_some() {
        return;
    }
    let at = Position { x: mouse.column, y: mouse.row };
    match mouse.kind {
        MouseEventKind::ScrollUp if ui.view == View::Map => on_map_key(ui, KeyCode::Char('i')),
        MouseEventKind::ScrollDown if ui.view == View::Map => on_map_key(ui, KeyCode::Char('o')),
        MouseEventKind::ScrollUp => move_rows(ui, -WHEEL),
        MouseEventKind::ScrollDown => move_rows(ui, WHEEL),
        MouseEventKind::Down(MouseButton::Left) => {
            if std::mem::take(&mut ui.help) {
                return;
            }
            if let Some((_, tab)) = ui.click_areas.tabs.iter().find(|(place, _)| place.contains(at)) {
                ui.view = View::ALL[*tab];
            } else if let Some((_, key)) = ui.click_areas.headings.iter().find(|(place, _)| place.contains(at)) {
                let key = *key;
                ui.sort_by(key, key == ui.table.sort() && !ui.table.reversed());
            } else if ui.click_areas.rows.contains(at) {
                click_row(ui, usize::from(at.y - ui.click_areas.rows.y));
            }
        }
        _ => {}
    }
}

/// A click selects a row; one on the selected row does what Enter does.
fn click_row(ui: &mut Ui, row: usize) {
    let (cursor, len) = match ui.view {
        View::Cells => (ui.cells, ui.rows().len()),
        View::Cell => (ui.tree, ui.tree_rows().len()),
        View::Alerts => (ui.alerts, ui.snapshot.alerts.len()),
        _ => return,
    };
    let clicked = cursor.top + row;
    if clicked >= len {
        return;
    }
    if clicked == cursor.at {
        // No command comes of Enter on a row.
        let _ = on_view_key(ui, KeyCode::Enter);
    } else {
        move_rows(ui, clicked as isize - cursor.at as isize);
    }
}

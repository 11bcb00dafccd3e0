//! The terminal interface on a terminal of memory: pictures, keys, hostile text, sizes.

mod hostile;
#[path = "../tui_scene/mod.rs"]
mod tui_scene;

use std::sync::Arc;

use cellwarden::tui::{
    Command, ScreenSnapshot, Theme, Ui, View, channel, draw,
    keys::handle,
    state::{ScreenInvitation, Speed},
    table::SortKey,
};
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::{Terminal, backend::TestBackend, style::Color};

use cellwarden_report::{AirShares, SweepProgress};

fn ui() -> Ui {
    let mut ui = Ui::new(Theme::new(true, true));
    ui.update(tui_scene::snapshot());
    ui
}

fn drawn(ui: &mut Ui, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal of memory");
    terminal.draw(|frame| draw(frame, ui)).expect("drawn");
    terminal.backend().clone()
}

fn text(ui: &mut Ui, width: u16, height: u16) -> String {
    drawn(ui, width, height).to_string()
}

fn press(ui: &mut Ui, code: KeyCode) -> Option<Command> {
    handle(ui, &Event::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn type_text(ui: &mut Ui, text: &str) {
    text.chars().for_each(|c| assert_eq!(press(ui, KeyCode::Char(c)), None, "typed, not obeyed"));
}

fn mouse(ui: &mut Ui, kind: MouseEventKind, column: u16, row: u16) {
    let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
    assert_eq!(handle(ui, &Event::Mouse(event)), None);
}

#[test]
fn every_view_at_three_sizes() {
    for view in View::ALL {
        for (width, height) in [(80, 24), (120, 40), (200, 60)] {
            let mut ui = ui();
            ui.view = view;
            insta::assert_snapshot!(format!("{}_{width}x{height}", view.title()), text(&mut ui, width, height));
        }
    }
}

#[test]
fn help_names_every_key_line() {
    let mut ui = ui();
    press(&mut ui, KeyCode::Char('?'));
    let help = text(&mut ui, 80, 24);
    let lines: Vec<&str> = help.lines().filter(|line| line.starts_with("\"│")).collect();
    assert!(lines.len() > 10 && lines.iter().all(|line| line.ends_with(" │\"")), "a line is cut: {help}");
    insta::assert_snapshot!("Help_80x24", help);
    press(&mut ui, KeyCode::Esc);
    assert!(!ui.help);
}

#[test]
fn the_verdict_is_a_colour_and_a_mark_and_a_word() {
    let mut ui = ui();
    let backend = drawn(&mut ui, 80, 24);
    let row = ui.click_areas.rows;
    // The rogue is the worst and so the first.
    let first = &backend.buffer()[(row.x, row.y)];
    assert_eq!((first.symbol(), first.fg), ("X", Color::LightRed));
    ui.theme = Theme::new(false, true);
    let backend = drawn(&mut ui, 80, 24);
    for cell in backend.buffer().content() {
        assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset));
    }
    assert!(text(&mut ui, 80, 24).contains("X unregistered"));
}

/// A letter for each character's colour, a point for the terminal's own.
fn colors(backend: &TestBackend) -> String {
    let buffer = backend.buffer();
    let letter = |color: Color| match color {
        Color::Reset => '.',
        Color::Red => 'r',
        Color::Green => 'g',
        Color::Magenta => 'm',
        Color::Cyan => 'c',
        Color::LightRed => 'R',
        Color::LightBlue => 'B',
        Color::LightYellow => 'Y',
        Color::LightMagenta => 'M',
        other => panic!("{other} is of no palette"),
    };
    let letters = buffer.content().chunks(usize::from(buffer.area.width));
    let lines = letters.map(|line| line.iter().map(|cell| letter(cell.fg)).collect::<String>());
    lines.map(|line| line.trim_end_matches('.').to_owned()).collect::<Vec<_>>().join("\n")
}

#[test]
fn colours_are_those_of_the_background() {
    for (is_dark, name) in [(true, "dark"), (false, "any")] {
        let mut ui = ui();
        ui.theme = Theme::new(true, is_dark);
        let mut shown = colors(&drawn(&mut ui, 80, 24));
        ui.view = View::Spectrum;
        shown = shown + "\n\n" + &colors(&drawn(&mut ui, 80, 24));
        insta::assert_snapshot!(format!("Colours_{name}"), shown);
    }
}

#[test]
fn a_too_small_terminal_shows_the_size_needed() {
    let small = text(&mut ui(), 79, 24);
    assert!(small.contains("needs 80×24") && small.contains("79×24"), "{small}");
    let mut ui = ui();
    for view in View::ALL {
        ui.view = view;
        for (width, height) in [(1, 1), (1, 20), (20, 1), (5, 5), (20, 5), (80, 23), (300, 24), (80, 100)] {
            drawn(&mut ui, width, height);
        }
    }
}

#[test]
fn nothing_yet_is_said_in_words() {
    let mut ui = Ui::new(Theme::new(true, true));
    for (view, words) in [
        (View::Cells, "no cell heard yet"),
        (View::Spectrum, "no spectrum yet"),
        (View::Cell, "no cell heard yet"),
        (View::Alerts, "no alert raised"),
        (View::Map, "no position"),
        (View::Homing, "select a cell and press t"),
    ] {
        ui.view = view;
        assert!(text(&mut ui, 80, 24).contains(words), "{words}");
    }
}

#[test]
fn the_progress_of_the_sweep_stands_in_place_of_cells_and_then_in_the_title() {
    let mut ui = Ui::new(Theme::new(true, true));
    let air = AirShares { searched: 0.45, processing: 0.4, retuning: 0.15, lost: 0.0 };
    let first = SweepProgress {
        sweep: 1,
        is_complete: false,
        band: Some(3),
        center_hz: 1813.2e6,
        window: Some(6),
        windows: 19,
        windows_searched: 5,
        carriers: 1,
        carriers_identified: 0,
        carriers_overdue: 0,
        seconds: 1.5,
        seconds_left: Some(4.2),
        seconds_since_complete: None,
        air,
    };
    ui.update(ScreenSnapshot { sweep: Some(first), ..ScreenSnapshot::default() });
    for view in [View::Cells, View::Cell] {
        ui.view = view;
        let screen = text(&mut ui, 80, 24);
        for part in [
            "no cell heard yet: the first sweep is under way",
            "sweep 1: band 3, 1813.2 MHz, window 6 of 19, 5 searched, about 4 s left",
            "1 carrier found, 0 identified, 0 overdue",
            "45 % of the air searched; 40 % went to processing, 15 % to retuning",
            "sweep 5/19",
        ] {
            assert!(screen.contains(part), "{part}: {screen}");
        }
    }
    let later = SweepProgress { sweep: 2, seconds_since_complete: Some(12.4), ..first };
    ui.update(ScreenSnapshot { sweep: Some(later), ..tui_scene::snapshot() });
    ui.view = View::Cells;
    let screen = text(&mut ui, 80, 24);
    assert!(screen.contains("swept 12 s ago") && !screen.contains("first sweep"), "{screen}");
    ui.view = View::Device;
    let screen = text(&mut ui, 80, 24);
    assert!(screen.contains("sweep complete    12 s ago") && screen.contains("45 % of the air searched"), "{screen}");
}

#[test]
fn the_filter_keeps_what_matches() {
    let mut ui = ui();
    press(&mut ui, KeyCode::Char('/'));
    type_text(&mut ui, "FEMTO 450-08");
    assert_eq!(ui.rows().len(), 2, "filtered as it is typed");
    press(&mut ui, KeyCode::Enter);
    let pcis: Vec<u16> = ui.rows().iter().map(|cell| cell.observation.pci.get()).collect();
    assert_eq!(pcis, [77, 55]);
    press(&mut ui, KeyCode::Char('/'));
    type_text(&mut ui, "zzz");
    press(&mut ui, KeyCode::Enter);
    assert!(text(&mut ui, 80, 24).contains("no cell matches"));
    press(&mut ui, KeyCode::Esc);
    assert_eq!(ui.rows().len(), 7);
    // A dropped line changes nothing.
    press(&mut ui, KeyCode::Char('/'));
    type_text(&mut ui, "q");
    press(&mut ui, KeyCode::Esc);
    assert_eq!(ui.table.filter(), "");
}

#[test]
fn the_sort_turns_through_its_keys() {
    let mut ui = ui();
    let pcis = |ui: &Ui| ui.rows().iter().map(|cell| cell.observation.pci.get()).collect::<Vec<_>>();
    assert_eq!(pcis(&ui)[..3], [304, 77, 411]);
    press(&mut ui, KeyCode::Char('s'));
    assert_eq!((ui.table.sort(), pcis(&ui)), (SortKey::Pci, vec![17, 55, 77, 301, 302, 304, 411]));
    press(&mut ui, KeyCode::Char('S'));
    assert_eq!(pcis(&ui)[0], 411);
    press(&mut ui, KeyCode::Char('S'));
    for (key, first, last) in [
        (SortKey::Carrier, 17, 301),
        (SortKey::Plmn, 304, 17),
        (SortKey::Tac, 304, 17),
        (SortKey::Identity, 304, 17),
        (SortKey::Kind, 55, 304),
        (SortKey::Level, 17, 301),
    ] {
        press(&mut ui, KeyCode::Char('s'));
        let pcis = pcis(&ui);
        assert_eq!(
            (ui.table.sort(), pcis[0], pcis[6]),
            (key, first, last),
            "{pcis:?}: then the strongest; what is not known comes last"
        );
    }
}

#[test]
fn the_selection_stays_on_its_cell_when_rows_move() {
    let mut ui = ui();
    drawn(&mut ui, 80, 24);
    press(&mut ui, KeyCode::Down);
    assert_eq!(ui.cell().map(|cell| cell.observation.pci.get()), Some(77));
    let mut snapshot = tui_scene::snapshot();
    Arc::make_mut(&mut snapshot.cells[4]).verdict = cellwarden_core::detect::Verdict::Registered;
    ui.update(snapshot);
    drawn(&mut ui, 80, 24);
    press(&mut ui, KeyCode::Enter);
    assert_eq!(ui.view, View::Cell);
    assert_eq!(ui.cell().map(|cell| cell.observation.pci.get()), Some(77));
}

#[test]
fn the_tree_folds() {
    let mut ui = ui();
    ui.view = View::Cell;
    let names = |ui: &Ui| ui.tree_rows().iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&ui)[..3], ["findings", "unregistered", "co-moving"]);
    press(&mut ui, KeyCode::Down);
    press(&mut ui, KeyCode::Right);
    assert!(names(&ui).contains(&"at_sample".to_owned()));
    // From within, the way left leads to the parent and shuts it.
    press(&mut ui, KeyCode::Down);
    press(&mut ui, KeyCode::Left);
    assert!(!names(&ui).contains(&"at_sample".to_owned()) && ui.tree.at == 1);
    press(&mut ui, KeyCode::Char('e'));
    assert!(names(&ui).contains(&"referenceSignalPower".to_owned()));
    press(&mut ui, KeyCode::Char('c'));
    assert_eq!(names(&ui), ["findings", "broadcast"]);
}

#[test]
fn an_alert_is_acknowledged_and_noted_at_once_and_by_the_engine() {
    let mut ui = ui();
    ui.view = View::Alerts;
    assert_eq!(ui.unseen(), 2);
    let newest = ui.alert_rows()[0].alert.id.clone();
    let asked = press(&mut ui, KeyCode::Char('a'));
    assert_eq!(asked, Some(Command::Acknowledge { id: newest.clone(), seen: true }));
    assert_eq!(ui.unseen(), 1);
    press(&mut ui, KeyCode::Char('n'));
    type_text(&mut ui, "at the gate, quiet");
    let noted = press(&mut ui, KeyCode::Enter);
    assert_eq!(noted, Some(Command::Note { id: newest.clone(), text: "at the gate, quiet".to_owned() }));
    assert!(text(&mut ui, 120, 40).contains("at the gate, quiet"));
    // The engine has not got to it yet: what was done stays seen. Once it says it back, it is the engine's.
    ui.update(tui_scene::snapshot());
    assert_eq!(ui.unseen(), 1);
    let mut snapshot = tui_scene::snapshot();
    let entry = Arc::make_mut(&mut snapshot.alerts[2]);
    (entry.acknowledged, entry.note) = (true, "at the gate, quiet".to_owned());
    ui.update(snapshot);
    assert!(ui.pending.is_empty() && ui.unseen() == 1);
}

#[test]
fn an_alert_leads_to_its_cell() {
    let mut snapshot = tui_scene::snapshot();
    // Once it was too weak to say its name.
    let unnamed = tui_scene::cell(None, 304, cellwarden_core::detect::Verdict::Unidentified, None, 20);
    snapshot.cells.insert(0, Arc::new(unnamed));
    let mut ui = ui();
    ui.update(snapshot);
    press(&mut ui, KeyCode::Char('4'));
    press(&mut ui, KeyCode::Down);
    press(&mut ui, KeyCode::Enter);
    let cell = ui.cell().expect("the alert's");
    assert_eq!((ui.view, cell.observation.pci.get(), cell.id.ecgi.is_some()), (View::Cell, 304, true));
    press(&mut ui, KeyCode::Esc);
    assert_eq!(ui.view, View::Cells);
}

#[test]
fn the_replay_is_steered() {
    let mut ui = ui();
    assert_eq!(press(&mut ui, KeyCode::Char(' ')), Some(Command::Pause));
    assert!(text(&mut ui, 80, 24).contains("paused"));
    assert_eq!(press(&mut ui, KeyCode::Char('.')), Some(Command::Step));
    assert_eq!(press(&mut ui, KeyCode::Char('!')), Some(Command::NextAlert));
    assert_eq!(press(&mut ui, KeyCode::Char('-')), Some(Command::Speed(Speed::Times(20.0))));
    ui.snapshot.replay = None;
    assert_eq!(press(&mut ui, KeyCode::Char(' ')), None);
}

#[test]
fn a_live_drive_is_ended_by_two_presses_and_goes_on_after_any_other() {
    let mut ui = ui();
    assert_eq!(press(&mut ui, KeyCode::Char('q')), Some(Command::Quit), "a replay can be played again");
    ui.snapshot.replay = None;
    assert_eq!(press(&mut ui, KeyCode::Char('q')), None);
    assert!(text(&mut ui, 80, 24).contains("q again ends the drive"));
    assert_eq!(press(&mut ui, KeyCode::Tab), None);
    assert!(!text(&mut ui, 80, 24).contains("q again"));
    assert_eq!(press(&mut ui, KeyCode::Char('?')), None);
    assert_eq!(press(&mut ui, KeyCode::Char('q')), None, "it closes the help, and is the first press");
    assert_eq!(press(&mut ui, KeyCode::Char('q')), Some(Command::Quit));
    let interrupt = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    press(&mut ui, KeyCode::Char('/'));
    assert_eq!(handle(&mut ui, &Event::Key(interrupt)), Some(Command::Quit));
}

#[test]
fn the_mouse_selects_opens_and_scrolls() {
    let mut ui = ui();
    drawn(&mut ui, 80, 24);
    let left = MouseEventKind::Down(MouseButton::Left);
    let rows = ui.click_areas.rows;
    mouse(&mut ui, left, 5, rows.y + 2);
    assert_eq!(ui.cell().map(|cell| cell.observation.pci.get()), Some(411));
    drawn(&mut ui, 80, 24);
    mouse(&mut ui, left, 5, rows.y + 2);
    assert_eq!(ui.view, View::Cell);
    drawn(&mut ui, 80, 24);
    mouse(&mut ui, MouseEventKind::ScrollDown, 5, 12);
    assert_eq!(ui.tree.at, 3);
    // A heading sorts, and the second time the other way round.
    let (cells, _) = ui.click_areas.tabs[0];
    mouse(&mut ui, left, cells.x, cells.y);
    drawn(&mut ui, 80, 24);
    let (heading, key) = ui.click_areas.headings[1];
    mouse(&mut ui, left, heading.x, heading.y);
    assert_eq!((ui.table.sort(), ui.table.reversed(), key), (SortKey::Pci, false, SortKey::Pci));
    assert!(text(&mut ui, 80, 24).contains("PCI↓EARFCN"), "{}", text(&mut ui, 80, 24));
    mouse(&mut ui, left, heading.x, heading.y);
    assert_eq!((ui.table.sort(), ui.table.reversed()), (SortKey::Pci, true));
    let (tab, at) = ui.click_areas.tabs[4];
    mouse(&mut ui, left, tab.x + 1, tab.y);
    assert_eq!(ui.view, View::ALL[at]);
    mouse(&mut ui, MouseEventKind::ScrollUp, 5, 12);
    assert_eq!(ui.map.zoom, 2.0);
}

#[test]
fn a_snapshot_not_looked_at_is_replaced_and_nobody_waits() {
    let (publisher, subscriber) = channel();
    for i in 0..1000 {
        publisher.publish(&ScreenSnapshot { title: i.to_string(), ..ScreenSnapshot::default() });
    }
    drop(subscriber);
    publisher.publish(&ScreenSnapshot::default());
}

#[test]
fn a_cell_is_homed_in_on_and_let_go() {
    let mut ui = ui();
    ui.snapshot.homing = None;
    press(&mut ui, KeyCode::Down);
    let id = ui.cell().expect("selected").id.clone();
    assert_eq!(press(&mut ui, KeyCode::Char('t')), Some(Command::Home(Some(id.clone()))));
    assert_eq!((ui.view, ui.homing_cell().map(|cell| cell.id.clone())), (View::Homing, Some(id)));
    assert!(text(&mut ui, 80, 24).contains("not heard yet"));
    press(&mut ui, KeyCode::Enter);
    assert_eq!(ui.view, View::Cell);
    press(&mut ui, KeyCode::Char('8'));
    assert_eq!(press(&mut ui, KeyCode::Char('t')), Some(Command::Home(None)));
    // From the alerts it is the alert's cell.
    press(&mut ui, KeyCode::Char('4'));
    press(&mut ui, KeyCode::Down);
    let Some(Command::Home(Some(id))) = press(&mut ui, KeyCode::Char('t')) else { panic!("homes in") };
    assert_eq!(id.pci.get(), 304);
}

#[test]
fn homing_shows_overload_silence_and_the_trend() {
    let mut ui = ui();
    ui.view = View::Homing;
    let shown = text(&mut ui, 80, 24);
    for part in ["6.2 levels a second", "dB in 10 s: farther", "no overload: 0.1 %", "moves with you", "highest -62."] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let homing = ui.snapshot.homing.as_mut().expect("homes in");
    homing.measure(55.0, None, 0.2);
    let shown = text(&mut ui, 80, 24);
    for part in ["not heard for 4.0 s", "OVERLOAD: 20.0 % of the samples clipped", "looked at 6 s ago"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn the_way_to_the_vans_page_lies_over_any_view() {
    let mut ui = ui();
    press(&mut ui, KeyCode::Char('v'));
    assert!(!ui.invitation, "there is none");
    let qr: Vec<String> = (0..17).map(|i| if i % 2 == 0 { "█".repeat(33) } else { "▀▄ ".repeat(11) }).collect();
    let fingerprint = [["AB"; 8].join(":").as_str(); 4].join(" ");
    let lines = vec![
        "https://192.168.100.200:8443/#ABCDEFGH".to_owned(),
        "pairing code ABCDEFGH".to_owned(),
        format!("certificate's SHA-256 {fingerprint}"),
    ];
    ui.snapshot.invitation = Some(Arc::new(ScreenInvitation { qr, lines }));
    press(&mut ui, KeyCode::Char('v'));
    let shown = text(&mut ui, 80, 24);
    assert_eq!(shown.matches(&"█".repeat(33)).count(), 9, "{shown}");
    assert!(shown.contains("https://192.168.100.200:8443/#ABCDEFGH"), "{shown}");
    assert_eq!(shown.matches("AB:AB:AB:AB:AB:AB:AB:AB ").count(), 4, "{shown}");
    press(&mut ui, KeyCode::Char('v'));
    assert!(!ui.invitation);
}

#[test]
fn the_bell_rings_for_what_is_new_unless_it_is_off() {
    let mut ui = ui();
    let with = |alerts: u64| {
        let mut snapshot = tui_scene::snapshot();
        (0..alerts).for_each(|_| snapshot.alarms.raise(cellwarden_core::detect::Severity::Critical));
        snapshot
    };
    ui.update(with(1));
    assert_eq!(std::mem::take(&mut ui.bells), 3);
    ui.update(with(1));
    assert_eq!(ui.bells, 0, "it was heard");
    press(&mut ui, KeyCode::Char('m'));
    ui.update(with(2));
    assert_eq!(ui.bells, 0);
    assert!(text(&mut ui, 80, 24).contains("sound off"));
    press(&mut ui, KeyCode::Char('m'));
    ui.update(with(3));
    assert_eq!(ui.bells, 3);
}

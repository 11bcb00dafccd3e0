//! What is hostile: text from the air, numbers that are none, keys of any kind, terminals of any size.

use std::sync::Arc;

use cellwarden::tui::{ScreenSnapshot, Theme, Ui, View, draw, keys::handle, ui::PROMPT_MOST};
use cellwarden_core::{
    locate::{Ellipse, Whereabouts},
    observation::Position,
};
use cellwarden_report::escape::escape;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use proptest::{prelude::*, sample::select};
use ratatui::{Terminal, backend::TestBackend};
use serde_json::json;

use crate::{drawn, press, tui_scene, type_text, ui};

/// Texts that would move the cursor, reorder, hide or overflow.
const PIECES: [&str; 14] = [
    "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "abc\u{202e}fed\u{2066}",
    "a\u{200b}\u{200d}\u{feff}b",
    "\u{9b}31mred",
    "\u{1b}P+q\u{1b}\\",
    "line\r\nbreak\u{2028}\t",
    "우리집 펨토셀",
    "\u{1112}\u{1161}\u{11ab}",
    "גנוב مسروق",
    "e\u{301}\u{301}\u{301}",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "ｆｕｌｌ",
    "\u{e000}\u{10ffff}\u{0}",
    "plain",
];

/// The drive with this text wherever text comes from the air, from files or from users.
fn scene_with(text: &str) -> ScreenSnapshot {
    let mut snapshot = tui_scene::snapshot();
    snapshot.title = text.to_owned();
    snapshot.health.source = text.to_owned();
    let cell = Arc::make_mut(&mut snapshot.cells[3]);
    cell.observation.broadcast.hnb_name = Some(text.to_owned());
    cell.observation.note = Some(text.to_owned());
    cell.observation.sibs.insert(text.to_owned(), json!({ text: text, "list": [{ text: [text] }] }));
    cell.findings[0].evidence.insert(text.to_owned(), text.into());
    let alert = Arc::make_mut(&mut snapshot.alerts[2]);
    alert.note = text.to_owned();
    alert.alert.summary = text.to_owned();
    alert.alert.evidence_file = Some(text.to_owned());
    alert.alert.evidence.insert(text.to_owned(), text.into());
    Arc::make_mut(&mut snapshot.log)[0].text = text.to_owned();
    snapshot
}

fn assert_tame(backend: &TestBackend, what: &str) {
    for cell in backend.buffer().content() {
        assert_eq!(escape(cell.symbol()), cell.symbol(), "{what}");
    }
}

#[test]
fn text_from_the_air_cannot_command_the_terminal() {
    for text in PIECES.iter().flat_map(|piece| [(*piece).to_owned(), piece.repeat(100)]) {
        let mut ui = Ui::new(Theme::new(true, true));
        ui.update(scene_with(&text));
        for view in View::ALL {
            ui.view = view;
            press(&mut ui, KeyCode::Char('e'));
            for (width, height) in [(80, 24), (200, 60)] {
                assert_tame(&drawn(&mut ui, width, height), &format!("{text:?} in {view:?}"));
            }
        }
    }
}

#[test]
fn typing_ends_at_its_limit_and_pasting_too() {
    let mut ui = ui();
    press(&mut ui, KeyCode::Char('/'));
    (0..2 * PROMPT_MOST).for_each(|_| type_text(&mut ui, "x"));
    handle(&mut ui, &Event::Paste("\u{1b}[2Jy\n".repeat(1000)));
    let typed = ui.prompt.as_ref().map(|prompt| prompt.text.clone()).unwrap_or_default();
    assert_eq!(typed.chars().count(), PROMPT_MOST);
    drawn(&mut ui, 80, 24);
}

/// A number, or something that is none.
fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![any::<f64>(), select(vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e308, 90.0, 180.0])]
}

fn any_size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![(1u16..=5, 1u16..=5), (75u16..=130, 20u16..=45), (1u16..=500, 1u16..=200)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn no_scene_breaks_a_terminal_that_changes_its_size(
        pieces in proptest::collection::vec(select(&PIECES[..]), 1..6),
        numbers in proptest::collection::vec(any_number(), 12),
        bins in proptest::collection::vec(any::<f32>(), 0..40),
        sizes in proptest::collection::vec(any_size(), 2..5),
        help: bool,
    ) {
        let mut snapshot = scene_with(&pieces.concat());
        let place = Position { lat: numbers[0], lon: numbers[1], error_m: numbers[2] };
        Arc::make_mut(&mut snapshot.track).push(place);
        let clone = Arc::make_mut(&mut snapshot.cells[5]);
        let Some(Whereabouts::Fixed(fix)) = &mut clone.whereabouts else { panic!("it stands") };
        fix.position = place;
        fix.ellipse = Ellipse { semi_major_m: numbers[3], semi_minor_m: numbers[4], bearing_deg: numbers[5] };
        clone.history[3].rsrp_db = numbers[6];
        clone.strongest = Some(cellwarden::tui::state::LevelPoint { position: Some(place), ..clone.history[3] });
        clone.channel_response_db.clone_from(&bins);
        clone.constellation = bins.iter().map(|bin| (*bin, numbers[7] as f32)).collect();
        let spectrum = Arc::make_mut(&mut snapshot.spectra[0]);
        (spectrum.center_hz, spectrum.span_hz) = (numbers[8], numbers[9]);
        spectrum.rows.extend([Arc::from(&bins[..]), Arc::from(&bins[..bins.len() / 2])]);
        spectrum.carriers.push((numbers[10], None));
        snapshot.health.realtime_factor = Some(numbers[11]);
        let mut ui = Ui::new(Theme::new(true, true));
        ui.update(snapshot);
        ui.selected = Some(ui.snapshot.cells[5].id.clone());
        ui.help = help;
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal of memory");
        for view in View::ALL {
            ui.view = view;
            for (width, height) in &sizes {
                terminal.backend_mut().resize(*width, *height);
                terminal.draw(|frame| draw(frame, &mut ui)).expect("drawn");
                assert_tame(terminal.backend(), "escaped");
            }
        }
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let key = prop_oneof![
        any::<char>().prop_map(KeyCode::Char),
        select("1234567?/sSanechjklgG[]iof .+-!".chars().collect::<Vec<_>>()).prop_map(KeyCode::Char),
        select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Backspace,
        ]),
    ];
    let kind = select(vec![
        MouseEventKind::Down(MouseButton::Left),
        MouseEventKind::ScrollUp,
        MouseEventKind::ScrollDown,
        MouseEventKind::Moved,
    ]);
    prop_oneof![
        8 => key.prop_map(|code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE))),
        2 => (kind, 0u16..130, 0u16..50).prop_map(|(kind, column, row)| {
            Event::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
        }),
        1 => any::<String>().prop_map(Event::Paste),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_keys_break_it(
        events in proptest::collection::vec(any_event(), 0..60),
        width in 1u16..130,
        height in 1u16..45,
        forget in any::<bool>(),
    ) {
        let mut ui = ui();
        for (i, event) in events.iter().enumerate() {
            handle(&mut ui, event);
            if forget && i == events.len() / 2 {
                // Cells and alerts may go while the cursor stands on them.
                ui.update(ScreenSnapshot { replay: ui.snapshot.replay, ..ScreenSnapshot::default() });
            }
            drawn(&mut ui, if i % 3 == 0 { width } else { 80 }, if i % 3 == 0 { height } else { 24 });
        }
    }
}

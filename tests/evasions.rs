//! Ways to talk past the rules, over whole drives: each is raised, and its honest twin is left alone.

mod drive;

use cellwarden_core::{
    observation::{Observation, Position, Warning},
    registry::{CellKind, RegisteredCell},
};
use drive::{Box, Scanner, Stand, air, drive, ecgi, place, registry, scan};

const SEEDS: std::ops::Range<u64> = 1..21;

/// Twenty stops 60 m apart, eastwards.
fn road() -> Vec<Position> {
    (0..20).map(|i| place(60.0 * f64::from(i), 0.0)).collect()
}

fn macro_a() -> Box {
    Box::new(CellKind::Macro, 0x3f_0d101, 301, Stand::At(place(200.0, 250.0)))
}

fn macro_b() -> Box {
    Box::new(CellKind::Macro, 0x3f_0d202, 302, Stand::At(place(900.0, 400.0)))
}

/// A box beside the road, with a femtocell's power.
fn beside_road(eci: u32, pci: u16) -> Box {
    Box::new(CellKind::Femto, eci, pci, Stand::At(place(600.0, 20.0)))
}

fn listed() -> Vec<RegisteredCell> {
    vec![macro_a().row(), macro_b().row()]
}

/// The dwells of a drive past both macro cells and a box, changed.
fn dwells_with(seed: u64, cell: &Box, change: impl Fn(usize, &mut Observation)) -> Vec<Vec<Observation>> {
    let mut dwells = drive(&road(), &[macro_a(), macro_b(), cell.clone()], air(seed));
    for (step, dwell) in dwells.iter_mut().enumerate() {
        dwell.iter_mut().filter(|o| o.pci.get() == cell.pci).for_each(|o| change(step, o));
    }
    dwells
}

/// In how many of the drives the rule alerts on the box; no other cell may be accused. Prints how many dwells that took
/// from the first one that heard the box, which stands in `docs/src/rules/measured.md`.
fn raised(rule: &str, rows: &[RegisteredCell], cell: &Box, change: impl Fn(usize, &mut Observation)) -> usize {
    let list = registry(rows);
    let mut delays: Vec<usize> = Vec::new();
    for seed in SEEDS {
        let dwells = dwells_with(seed, cell, &change);
        let mut scanner = Scanner::new(Some(&list));
        let (mut since_heard, mut raised_after) = (0, None);
        for dwell in &dwells {
            scanner.take(std::slice::from_ref(dwell));
            since_heard += usize::from(since_heard > 0 || dwell.iter().any(|o| o.pci.get() == cell.pci));
            // A dwell too faint for SIB1 may raise another rule first.
            if raised_after.is_none() && scanner.alerts.iter().any(|a| a.rule == rule) {
                raised_after = Some(since_heard);
            }
        }
        let lines = scanner.alert_lines();
        assert!(scanner.alerts.iter().all(|a| a.pci.get() == cell.pci), "seed {seed}: {lines:?}");
        delays.extend(raised_after);
    }
    delays.sort_unstable();
    let (median, most) = (delays.get(delays.len() / 2), delays.last());
    println!("{rule}: {} of {}, after dwells: median {median:?}, most {most:?}", delays.len(), SEEDS.count());
    delays.len()
}

/// Asserts that nothing is raised.
fn is_left_alone(rows: &[RegisteredCell], cell: &Box, change: impl Fn(usize, &mut Observation)) {
    let list = registry(rows);
    for seed in SEEDS {
        let found = scan(Some(&list), &dwells_with(seed, cell, &change));
        assert!(found.alerts.is_empty(), "seed {seed}: {:?}", found.alert_lines());
    }
}

#[test]
fn a_shared_networks_host_that_is_allowed_is_left_alone() {
    let host = Box {
        plmns: vec!["450-06", "450-08"],
        names: vec![(0, ecgi("450-06", 0x12_3457))],
        kind: CellKind::Macro,
        stand: Stand::At(place(600.0, 300.0)),
        ..beside_road(0x12_3457, 304)
    };
    let list = registry(&listed());
    for seed in SEEDS {
        let mut scanner = Scanner::new(Some(&list)).with_ran_hosts(&["450-06".parse().expect("a PLMN")]);
        scanner.take(&dwells_with(seed, &host, as_it_is));
        assert!(scanner.alerts.is_empty(), "seed {seed}: {:?}", scanner.alert_lines());
    }
}

#[test]
fn a_box_that_rides_along_is_raised_under_its_name() {
    let rider = Box { stand: Stand::Along(35.0), on: (3, 18), ..beside_road(0x5a_fff31, 304) };
    let list = registry(&listed());
    for seed in SEEDS {
        let found = scan(Some(&list), &dwells_with(seed, &rider, as_it_is));
        assert!(found.has("unregistered", rider.names[0].1, 304), "seed {seed}: {:?}", found.alert_lines());
    }
}

fn as_it_is(_: usize, _: &mut Observation) {}

#[test]
fn a_rogue_that_lists_another_operator_first_is_unregistered() {
    for plmns in [vec!["450-05", "450-08"], vec!["450-05", "450-06", "450-08"]] {
        let rogue = Box { plmns, names: vec![(0, ecgi("450-05", 0x5a_fff31))], ..beside_road(0x5a_fff31, 304) };
        assert_eq!(raised("unregistered", &listed(), &rogue, as_it_is), SEEDS.count());
    }
}

#[test]
fn another_countrys_network_on_an_own_carrier_is_foreign_and_a_border_is_not() {
    let roamers =
        Box { plmns: vec!["440-10"], names: vec![(0, ecgi("440-10", 0x12_34501))], ..beside_road(0x12_34501, 304) };
    assert_eq!(raised("foreign-plmn", &listed(), &roamers, as_it_is), SEEDS.count());
    // A macro cell across the border, two kilometres away.
    let border = Box { kind: CellKind::Macro, stand: Stand::At(place(600.0, -2_000.0)), ..roamers.clone() };
    is_left_alone(&listed(), &border, as_it_is);
    // On a carrier of its own it is no business of ours.
    is_left_alone(&listed(), &Box { carrier: (1835e6, 1500), ..roamers }, as_it_is);
}

#[test]
fn a_borrowed_site_is_unregistered_and_a_forgotten_sector_is_not_accused() {
    // The next sector number of macro A's base station.
    let borrowed = beside_road(0x3f_0d10f, 304);
    assert_eq!(raised("unregistered", &listed(), &borrowed, as_it_is), SEEDS.count());
    let synchronised = Box { phase_ms: macro_a().phase_ms, ppm: macro_a().ppm + 0.03, ..borrowed };
    assert_eq!(raised("unregistered", &listed(), &synchronised, as_it_is), SEEDS.count());
    let forgotten = Box { pci: 304, names: vec![(0, ecgi("450-08", 0x3f_0d10f))], ..macro_a() };
    is_left_alone(&listed(), &forgotten, as_it_is);
}

#[test]
fn a_far_macros_clone_is_too_strong_and_the_macro_is_not() {
    let clone = beside_road(0x3f_0d303, 304);
    for north_m in [15_000.0, 6_000.0] {
        let row = RegisteredCell { kind: Some(CellKind::Macro), place: Some(place(600.0, north_m)), ..clone.row() };
        let rows = [listed(), vec![row]].concat();
        let count = raised("too-strong-here", &rows, &clone, as_it_is);
        assert!(count >= SEEDS.count() - 1, "{north_m} m: {count}");
    }
    let real = Box { stand: Stand::At(place(600.0, 1_200.0)), kind: CellKind::Macro, ..clone };
    is_left_alone(&[listed(), vec![real.row()]].concat(), &real, as_it_is);
}

#[test]
fn a_cloned_femtocell_is_far_from_home_in_one_pass() {
    for (home_m, least) in [(300.0, 18), (400.0, 20), (700.0, 20)] {
        let clone = Box { on: (9, 12), ..beside_road(0x5a_00101, 452) };
        let rows =
            [listed(), vec![RegisteredCell { place: Some(place(600.0, 20.0 + home_m)), ..clone.row() }]].concat();
        let count = raised("far-from-home", &rows, &clone, as_it_is);
        assert!(count >= least, "{home_m} m: {count}");
    }
    for away_m in [18.0, 60.0, 150.0] {
        let home = Box { stand: Stand::At(place(600.0, away_m)), ..beside_road(0x5a_00101, 452) };
        is_left_alone(&[listed(), vec![home.row()]].concat(), &home, as_it_is);
    }
}

#[test]
fn a_blaster_of_any_network_flips_its_area_and_a_new_plan_is_not_one() {
    let flips = |step: usize, o: &mut Observation| {
        o.identity.iter_mut().for_each(|identity| identity.tac = 900 + step as u16 / 4);
    };
    for plmn in ["450-08", "450-05", "440-10"] {
        let blaster = Box {
            plmns: vec![plmn],
            names: vec![(0, ecgi(plmn, 0x12_34501))],
            carrier: (1835e6, 1500),
            kind: CellKind::Macro,
            ..beside_road(0x12_34501, 304)
        };
        let count = raised("tac-flap", &listed(), &blaster, flips);
        assert!(count >= 18, "{plmn}: {count}");
    }
    let theirs = Box {
        plmns: vec!["450-05"],
        names: vec![(0, ecgi("450-05", 0x12_34501))],
        carrier: (1835e6, 1500),
        ..beside_road(0x12_34501, 304)
    };
    is_left_alone(&listed(), &theirs, |step, o| {
        o.identity.iter_mut().for_each(|identity| identity.tac = 900 + u16::from(step > 10));
    });
}

#[test]
fn a_recording_in_a_loop_is_raised() {
    let looped = Box {
        plmns: vec!["450-05"],
        names: vec![(0, ecgi("450-05", 0x12_34501))],
        carrier: (1835e6, 1500),
        ..beside_road(0x12_34501, 304)
    };
    let stands = |_: usize, o: &mut Observation| (o.frame_number_stands, o.timing.sfn) = (true, None);
    assert_eq!(raised("frame-number-stands", &listed(), &looped, stands), SEEDS.count());
}

#[test]
fn an_overshadowed_cell_is_raised_and_one_change_is_not() {
    let shadowed = Box { kind: CellKind::Macro, stand: Stand::At(place(600.0, 300.0)), ..beside_road(0x3f_0d303, 304) };
    let rows = [listed(), vec![shadowed.row()]].concat();
    let says = |o: &mut Observation, q_rx_lev_min: i32| {
        if o.identity.is_some() {
            let sib1 = serde_json::json!({"cellSelectionInfo": {"q-RxLevMin": q_rx_lev_min}});
            o.sibs.insert("sib1".to_owned(), sib1);
        }
    };
    let by_turns = |step: usize, o: &mut Observation| says(o, if step.is_multiple_of(2) { -62 } else { -70 });
    let count = raised("overshadowed", &rows, &shadowed, by_turns);
    assert!(count >= 18, "{count}");
    is_left_alone(&rows, &shadowed, |step, o| says(o, if step < 10 { -62 } else { -64 }));
}

#[test]
fn an_emergency_test_on_all_cells_is_left_alone() {
    let list = registry(&listed());
    let sent = Warning { message_identifier: 4380, serial_number: 1, text: Some("test".to_owned()) };
    for seed in SEEDS {
        let mut dwells = drive(&road(), &[macro_a(), macro_b()], air(seed));
        for o in dwells.iter_mut().skip(5).flatten().filter(|o| o.identity.is_some()) {
            o.broadcast.scheduled_sibs = vec![2, 3, 12];
            o.broadcast.warnings = vec![sent.clone()];
        }
        let found = scan(Some(&list), &dwells);
        assert!(found.alerts.is_empty(), "seed {seed}: {:?}", found.alert_lines());
    }
}

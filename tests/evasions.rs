//! Ways to talk past the rules, over whole drives: each is raised, and its honest twin is left alone.

mod drive;

use std::collections::BTreeSet;

use cellwarden_core::{
    alert::Alert,
    detect::Severity,
    observation::{Observation, Position, Warning},
    registry::{CellKind, RegisteredCell},
};
use cellwarden_event::AlertState;
use drive::{Air, Box, Dice, Scanner, Stand, air, drive, ecgi, place, registry, scan};

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
    raised_in(rule, rows, cell, |seed| dwells_with(seed, cell, &change))
}

/// The same in the drives that are made of each seed.
fn raised_in(rule: &str, rows: &[RegisteredCell], cell: &Box, drive: impl Fn(u64) -> Vec<Vec<Observation>>) -> usize {
    let list = registry(rows);
    let mut delays: Vec<usize> = Vec::new();
    for seed in SEEDS {
        let dwells = drive(seed);
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

/// The `n`th base station of another country's network.
fn foreign(n: u32, stand: Position) -> Box {
    let eci = 0x12_34501 + 256 * n;
    Box {
        plmns: vec!["440-10"],
        names: vec![(0, ecgi("440-10", eci))],
        ..Box::new(CellKind::Macro, eci, 310 + n as u16, Stand::At(stand))
    }
}

/// What stands of the alerts on a foreign PLMN after a drive of 1.2 km past these boxes and the operator's macro cells.
fn foreign_plmn_after(boxes: &[Box]) -> Vec<Vec<Alert>> {
    let list = registry(&listed());
    let after = |seed| {
        let mut scanner = Scanner::new(Some(&list));
        scanner.take(&drive(&road(), &[&[macro_a(), macro_b()], boxes].concat(), air(seed)));
        last_revisions(&scanner).into_iter().filter(|alert| alert.rule == "foreign-plmn").collect()
    };
    SEEDS.map(after).collect()
}

#[test]
fn a_border_is_explained_once_its_network_is_known_and_one_box_in_turn_is_not() {
    // Three base stations along the border, each as near to the road as the operator's own.
    let border: Vec<Box> = (0..3).map(|n| foreign(n, place(150.0 + 450.0 * f64::from(n), -250.0))).collect();
    let explained = foreign_plmn_after(&border);
    assert!(explained.iter().filter(|alerts| !alerts.is_empty()).count() >= 15, "what is explained was raised");
    for (seed, alerts) in explained.into_iter().enumerate() {
        assert!(alerts.iter().all(|alert| !alert.is_open() && alert.is_explained()), "drive {seed}: {alerts:?}");
        assert!(alerts.iter().all(|alert| alert.severity < Severity::High), "drive {seed}: {alerts:?}");
        assert!(alerts.iter().all(|alert| alert.summary.contains("Explained later: 3 base stations")), "{alerts:?}");
    }
    // Without the third they are a box's as well as a network's.
    let open =
        |alerts: &Vec<Alert>| alerts.iter().any(|alert| alert.severity == Severity::Critical && !alert.is_explained());
    assert!(foreign_plmn_after(&border[..2]).iter().filter(|alerts| open(alerts)).count() >= 15);
    // One box that gives four base stations, one after the other.
    let in_turn: Vec<Box> = (0..4)
        .map(|n| Box { on: (4 + 3 * n, 7 + 3 * n), phase_ms: 3.3, ppm: 0.02, ..foreign(n as u32, place(600.0, 60.0)) })
        .collect();
    assert!(foreign_plmn_after(&in_turn).iter().all(open));
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

// ---- A macro's clone where no other macro says what levels mean ----

/// A slow drive past the box, a dwell each 12 m.
fn slow_road() -> Vec<Position> {
    (0..80).map(|i| place(12.0 * f64::from(i) + 120.0, 0.0)).collect()
}

/// A macro cell that is registered so many metres north of the road's middle and stands elsewhere.
fn macro_from(stand: Position, site_m: f64) -> (Box, Vec<RegisteredCell>) {
    let cell = Box {
        ports: macro_a().ports,
        tac: macro_a().tac,
        ..Box::new(CellKind::Macro, 0x3f_0d303, 304, Stand::At(stand))
    };
    let row = RegisteredCell { place: Some(place(600.0, site_m)), ..cell.row() };
    (cell, vec![row])
}

/// Changes the level of a cell.
fn louder(o: &mut Observation, db: f64) {
    o.level.rsrp_dbfs += db as f32;
    o.level.sinr_db += db as f32;
}

/// Shadowing of 8 dB with a correlation over 50 m along the slow road.
fn shadowing(seed: u64) -> Vec<f64> {
    let mut dice = Dice::new(seed + 1_000);
    let alike = (-12.0_f64 / 50.0).exp();
    let mut value = dice.normal(8.0);
    let mut next = || {
        value = alike * value + dice.normal(8.0 * (1.0 - alike * alike).sqrt());
        value
    };
    (0..80).map(|_| next()).collect()
}

/// The most that any rule says of a cell in a drive along the slow road, and the alerts.
fn most_of_not_at_site(
    seed: u64,
    rows: &[RegisteredCell],
    boxes: &[Box],
    change: impl Fn(usize, &mut Observation),
) -> (Option<Severity>, Vec<String>) {
    let list = registry(rows);
    let mut dwells = drive(&slow_road(), boxes, air(seed));
    for (step, dwell) in dwells.iter_mut().enumerate() {
        dwell.iter_mut().for_each(|o| change(step, o));
        dwell.retain(|o| o.level.sinr_db > -12.0);
    }
    let mut scanner = Scanner::new(Some(&list));
    scanner.take(&dwells);
    let of_rule = scanner.findings.iter().filter(|finding| finding.rule == "not-at-site");
    (of_rule.map(|finding| finding.severity).max(), scanner.alert_lines())
}

#[test]
fn a_macros_clone_beside_the_road_is_not_at_its_site() {
    // In step with the genuine cell, which is too far to be heard here; nothing else says what levels mean.
    for (beside_m, site_m) in [(2.0, 6_000.0), (3.0, 3_000.0), (5.0, 15_000.0)] {
        let (cell, rows) = macro_from(place(600.0, beside_m), site_m);
        let clone = Box { kind: CellKind::Small, ..cell };
        let boxes = std::slice::from_ref(&clone);
        let count = raised_in("not-at-site", &rows, &clone, |seed| drive(&slow_road(), boxes, air(seed)));
        assert!(count >= 19, "{beside_m} m beside the road, site {site_m} m away");
    }
}

#[test]
fn what_hides_and_shows_an_honest_macro_is_not_taken_for_its_clone() {
    let honest = |what: &str,
                  cell: &Box,
                  rows: &[RegisteredCell],
                  most: Option<Severity>,
                  change: &dyn Fn(u64, usize) -> f64| {
        for seed in SEEDS {
            let shadow = shadowing(seed);
            let changed = |step: usize, o: &mut Observation| louder(o, change(seed, step) + shadow[step]);
            let (said, alerts) = most_of_not_at_site(seed, rows, std::slice::from_ref(cell), changed);
            assert!(said <= most && alerts.is_empty(), "{what}, seed {seed}: {said:?}, {alerts:?}");
        }
    };
    let at = |step: usize, from: usize, to: usize| (from..to).contains(&step);
    for north_m in [60.0, 300.0, 1_500.0] {
        let (cell, rows) = macro_from(place(600.0, north_m), north_m);
        honest("past a site", &cell, &rows, None, &|_, _| 0.0);
    }
    let (far, rows) = macro_from(place(600.0, 1_500.0), 1_500.0);
    // 20 dB at a corner, a crossing of 30 m and of one dwell, the end of a tunnel, and the gap between two.
    let up = |db: f64| move |is_open: bool| if is_open { db } else { 0.0 };
    honest("a corner", &far, &rows, None, &|_, step| 15.0 + up(20.0)(step > 40));
    honest("a crossing", &far, &rows, None, &|_, step| 15.0 + up(20.0)(at(step, 40, 43)));
    honest("a narrow crossing", &far, &rows, None, &|_, step| 15.0 + up(20.0)(step == 40));
    honest("a tunnel's end", &far, &rows, None, &|_, step| up(40.0)(step > 40));
    honest("between tunnels", &far, &rows, None, &|_, step| up(40.0)(at(step, 36, 44)));
    honest("nothing", &far, &rows, None, &|_, _| 15.0);
    // The list has the site 300 m off.
    let (moved, rows) = macro_from(place(600.0, 30.0), 330.0);
    honest("a wrong place", &moved, &rows, Some(Severity::Info), &|_, _| 0.0);
    let (lost, rows) = macro_from(place(600.0, 30.0), 5_000.0);
    honest("a place that is wrong by far", &lost, &rows, Some(Severity::Medium), &|_, _| 0.0);
    // An antenna inside a house 25 m from the road, 15 dB of wall, 5 µs of delay.
    let (cell, rows) = macro_from(place(600.0, 25.0), 3_000.0);
    let indoor = Box { kind: CellKind::Small, phase_ms: cell.phase_ms + 0.005, ..cell };
    honest("indoors", &indoor, &rows, Some(Severity::Medium), &|_, _| -15.0);
    honest("a repeater", &indoor, &rows, Some(Severity::Medium), &|_, _| 0.0);
}

/// The last revision of each alert, in the order in which they were raised.
fn last_revisions(scanner: &Scanner<'_>) -> Vec<Alert> {
    let last = |first: &Alert| scanner.revisions.iter().rev().find(|alert| alert.id == first.id).cloned();
    scanner.alerts.iter().filter_map(last).collect()
}

// ---- One box under several identities, one after the other ----

/// The box under so many identities, each for so many dwells of 5 s, heard from a place or along the road.
fn in_turn(
    identities: usize,
    dwells: usize,
    rows: &[RegisteredCell],
    parked: bool,
    name: impl Fn(usize) -> Box,
) -> Vec<(u64, Vec<Alert>)> {
    let boxes: Vec<Box> =
        (0..identities).map(|i| Box { on: (5 + i * dwells, 5 + (i + 1) * dwells), ..name(i) }).collect();
    let steps = 10 + identities * dwells;
    let road: Vec<Position> = (0..steps)
        .map(|i| if parked { place(560.0, 0.0) } else { place(300.0 + 600.0 * i as f64 / steps as f64, 0.0) })
        .collect();
    let list = registry(&[listed(), rows.to_vec()].concat());
    (1..6)
        .map(|seed| {
            let all = [vec![macro_a(), macro_b()], boxes.clone()].concat();
            let mut scanner = Scanner::new(Some(&list));
            // One transmitter has one shadow, which each box of a drive has for itself.
            scanner.take(&drive(&road, &all, Air { shadowing_db: 0.0, ..air(seed) }));
            (seed, last_revisions(&scanner))
        })
        .collect()
}

/// The alerts that stand of each rule at the end, with the identities that they name.
fn standing(alerts: &[Alert], rule: &str) -> Vec<usize> {
    let of_rule = alerts.iter().filter(|alert| alert.rule == rule && alert.state != AlertState::Merged);
    of_rule.map(|alert| 1 + alert.identities.len()).collect()
}

#[test]
fn one_box_under_several_identities_in_turn_is_one_alert_that_grows() {
    let strange = |i: usize| Box { phase_ms: 3.3, ppm: 0.02, ..beside_road(0x5a_fff31 + i as u32, 304 + i as u16) };
    // As strong as a macro cell, it drowns everything else.
    let drowning = |i: usize| Box { kind: CellKind::Macro, ..strange(i) };
    // In the car ahead.
    let riding = |i: usize| Box { stand: Stand::Along(35.0), ..strange(i) };
    // Clones of femtocells that are at home kilometres away.
    let cloned = |i: usize| {
        let home = place(2_000.0 + 500.0 * i as f64, 3_000.0);
        RegisteredCell { kind: Some(CellKind::Femto), place: Some(home), ..strange(i).row() }
    };
    for name in [&strange as &dyn Fn(usize) -> Box, &drowning, &riding] {
        for parked in [true, false] {
            for (identities, dwells) in [(4, 6), (4, 3), (40, 4)] {
                let rows: Vec<RegisteredCell> = (0..identities).map(cloned).collect();
                for (rule, rows) in [("unregistered", &[] as &[RegisteredCell]), ("far-from-home", &rows)] {
                    for (seed, alerts) in in_turn(identities, dwells, rows, parked, name) {
                        let what = format!(
                            "{rule}, {identities}, parked {parked}, seed {seed}: {:?}",
                            standing(&alerts, rule)
                        );
                        let [named] = standing(&alerts, rule)[..] else { panic!("{what}") };
                        // Driving past, the first and the last are too far to be read.
                        assert!(named == identities || !parked && identities > 4 && named > identities / 3, "{what}");
                        let transmitters: BTreeSet<&str> = alerts.iter().map(|alert| &*alert.transmitter).collect();
                        assert_eq!(transmitters.len(), 1, "{what}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_parked_box_that_starts_anew_under_each_identity_is_one_alert_that_grows() {
    // A new frame timing and frame count with each.
    let restarted = |i: usize| {
        let (phase_ms, frames_ahead) = (3.3 + 1.37 * i as f64, 100 * i as i64);
        Box { phase_ms, frames_ahead, ppm: 0.02, ..beside_road(0x5a_fff31 + i as u32, 304 + i as u16) }
    };
    for (seed, alerts) in in_turn(4, 6, &[], true, restarted) {
        assert_eq!(standing(&alerts, "unregistered"), [4], "seed {seed}");
    }
}

//! The rules over whole drives: what must be raised, and the many drives on which nothing may be.

mod drive;

use std::{fs, path::Path};

use cellwarden_core::{
    detect::Verdict,
    observation::{BroadcastFacts, Ecgi, Observation, Position},
    registry::{CellKind, CellStatus, ImportOptions, RegisteredCell, Registry},
};
use drive::{Air, Box, Dice, Scanner, Stand, air, drive, ecgi, place, registry, scan};
use lte_dsp::cell::AntennaPorts;
use serde_json::Value;

/// Twenty-two stops 60 m apart, first east, then north.
fn round_the_corner() -> Vec<Position> {
    (0..12).map(|i| place(60.0 * f64::from(i), 0.0)).chain((1..11).map(|i| place(660.0, 60.0 * f64::from(i)))).collect()
}

fn macro_a() -> Box {
    Box::new(CellKind::Macro, 0x3f_0d101, 301, Stand::At(place(200.0, 250.0)))
}

fn macro_b() -> Box {
    Box::new(CellKind::Macro, 0x3f_0d102, 302, Stand::At(place(900.0, 400.0)))
}

fn home() -> Box {
    Box::new(CellKind::Femto, 0x5a_00101, 452, Stand::At(place(300.0, 18.0)))
}

/// A femtocell in the car ahead, from the sixth stop to the fifteenth.
fn ahead(eci: u32, pci: u16) -> Box {
    Box { on: (5, 15), ..Box::new(CellKind::Femto, eci, pci, Stand::Along(35.0)) }
}

fn rows(boxes: &[Box]) -> Vec<RegisteredCell> {
    boxes.iter().map(Box::row).collect()
}

const SEEDS: std::ops::Range<u64> = 1..41;

#[test]
fn a_femtocell_driving_ahead_is_unregistered_and_co_moving() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    let mut co_moving = 0;
    for seed in SEEDS {
        let boxes = [macro_a(), macro_b(), home(), ahead(0x5a_fff31, 304)];
        let found = scan(Some(&list), &drive(&round_the_corner(), &boxes, air(seed)));
        let rogue = ecgi("450-08", 0x5a_fff31);
        assert!(found.has("unregistered", rogue, 304), "seed {seed}: {:?}", found.alert_lines());
        co_moving += u32::from(found.has("co-moving", rogue, 304));
        assert!(found.alerts.iter().all(|a| a.ecgi == Some(rogue)), "seed {seed}: {:?}", found.alert_lines());
    }
    // In some of the drives shadowing keeps the others within 20 dB while the car is ahead.
    assert!(co_moving >= 38, "co-moving in {co_moving} of 40 drives");
}

#[test]
fn a_lost_femtocell_back_on_air_is_inactive() {
    let lost = Box::new(CellKind::Femto, 0x5a_00102, 455, Stand::At(place(690.0, 300.0)));
    let mut list = rows(&[macro_a(), macro_b(), home(), lost.clone()]);
    list[3].status = CellStatus::Lost;
    let list = registry(&list);
    for seed in SEEDS {
        let boxes = [macro_a(), macro_b(), home(), lost.clone()];
        let found = scan(Some(&list), &drive(&round_the_corner(), &boxes, air(seed)));
        assert!(found.has("inactive-on-air", lost.names[0].1, 455), "seed {seed}: {:?}", found.alert_lines());
        assert_eq!(found.alerts.len(), 1, "seed {seed}: {:?}", found.alert_lines());
    }
}

#[test]
fn a_transmitter_that_changes_its_identity_is_found_out() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    let (first, second) = (ecgi("450-08", 0x5a_fff41), ecgi("450-08", 0x5a_fff42));
    for seed in SEEDS {
        let mut changing = ahead(0x5a_fff41, 307);
        changing.names = vec![(0, first), (10, second)];
        for stand in [Stand::Along(35.0), Stand::At(place(560.0, -20.0))] {
            let boxes = [macro_a(), macro_b(), home(), Box { stand, ..changing.clone() }];
            for rough_starts in [false, true] {
                let dwells = drive(&round_the_corner(), &boxes, Air { rough_starts, ..air(seed) });
                let found = scan(Some(&list), &dwells);
                let alert_lines = found.alert_lines();
                assert!(found.has("many-identities", second, 307), "seed {seed} {rough_starts}: {alert_lines:?}");
                assert!(found.alerts.iter().all(|a| a.pci.get() == 307), "seed {seed}: {alert_lines:?}");
            }
        }
    }
}

#[test]
fn a_transmitter_that_changes_its_pci_too_is_found_out() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    for seed in SEEDS {
        let first = ahead(0x5a_fff41, 307);
        let second = Box { on: (10, 15), ..ahead(0x5a_fff42, 311) };
        let first = Box { on: (5, 10), phase_ms: second.phase_ms, ppm: second.ppm, ..first };
        let boxes = [macro_a(), macro_b(), home(), first.clone(), second.clone()];
        for rough_starts in [false, true] {
            let found = scan(Some(&list), &drive(&round_the_corner(), &boxes, Air { rough_starts, ..air(seed) }));
            let alert_lines = found.alert_lines();
            assert!(
                found.has("many-identities", second.names[0].1, 311),
                "seed {seed} {rough_starts}: {alert_lines:?}"
            );
            assert!(found.alerts.iter().all(|a| [307, 311].contains(&a.pci.get())), "seed {seed}: {alert_lines:?}");
        }
    }
}

#[test]
fn a_perfect_twin_driving_along_is_found_out() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    for (genuine, other) in [(macro_b(), macro_a()), (macro_a(), macro_b())] {
        let (mut co_moving, mut alternating) = (0, 0);
        for seed in SEEDS {
            // The same names, network and ports; its own crystal and frames.
            let twin = Box {
                stand: Stand::Along(35.0),
                kind: CellKind::Femto,
                on: (5, 15),
                phase_ms: 1.9,
                ppm: 0.2,
                ..genuine.clone()
            };
            let boxes = [other.clone(), genuine.clone(), home(), twin];
            let dwells = drive(&round_the_corner(), &boxes, air(seed));
            let found = scan(Some(&list), &dwells);
            let (name, pci) = (genuine.names[0].1, genuine.pci);
            let alert_lines = found.alert_lines();
            assert!(found.has("twin", name, pci), "seed {seed}: {alert_lines:?}");
            co_moving += u32::from(found.has("co-moving", name, pci));
            assert!(found.has("pci-collision", name, pci), "seed {seed}: {alert_lines:?}");
            assert!(found.alerts.iter().all(|a| a.ecgi == Some(name)), "seed {seed}: {alert_lines:?}");
            // A receiver to which the stronger of the two hides the other.
            let hidden = scan(Some(&list), &strongest_of_each_pci(dwells));
            alternating += u32::from(hidden.has("twin", name, pci));
            assert!(hidden.alerts.iter().all(|a| a.ecgi == Some(name)), "seed {seed}: {:?}", hidden.alert_lines());
        }
        assert!(co_moving >= 36, "co-moving in {co_moving} of 40 drives");
        assert!(alternating >= 36, "twin in {alternating} of 40 drives where one hides the other");
    }
}

#[test]
fn a_perfect_twin_that_hides_the_cell_all_the_way_is_co_moving() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    let mut co_moving = 0;
    for seed in SEEDS {
        let twin = Box { stand: Stand::Along(35.0), kind: CellKind::Femto, phase_ms: 1.9, ppm: 0.2, ..macro_b() };
        let dwells = drive(&round_the_corner(), &[macro_a(), macro_b(), home(), twin], air(seed));
        let found = scan(Some(&list), &strongest_of_each_pci(dwells));
        co_moving += u32::from(found.has("co-moving", macro_b().names[0].1, 302));
        assert!(found.alerts.iter().all(|a| a.pci.get() == 302), "seed {seed}: {:?}", found.alert_lines());
    }
    assert!(co_moving >= 20, "co-moving in {co_moving} of 40 drives");
}

#[test]
fn a_perfect_twin_that_is_gone_before_the_cell_is_heard_is_found_out() {
    // The site is at the far end of the road, the twin ahead at its beginning.
    let site = Box::new(CellKind::Macro, 0x3f_0d103, 303, Stand::At(place(1_700.0, 250.0)));
    let road: Vec<_> = (0..30).map(|i| place(60.0 * f64::from(i), 0.0)).collect();
    let twin =
        Box { stand: Stand::Along(35.0), kind: CellKind::Femto, on: (1, 10), phase_ms: 1.9, ppm: 0.15, ..site.clone() };
    let list = registry(&rows(&[macro_a(), home(), site.clone()]));
    for seed in SEEDS {
        let dwells = drive(&road, &[macro_a(), home(), site.clone(), twin.clone()], air(seed));
        let found = scan(Some(&list), &strongest_of_each_pci(dwells));
        assert!(found.has("twin", site.names[0].1, 303), "seed {seed}: {:?}", found.alert_lines());
        assert!(found.alerts.iter().all(|a| a.pci.get() == 303), "seed {seed}: {:?}", found.alert_lines());
    }
}

/// What a receiver hears that takes two cells of one PCI for one.
fn strongest_of_each_pci(mut dwells: Vec<Vec<Observation>>) -> Vec<Vec<Observation>> {
    for dwell in &mut dwells {
        dwell.sort_by(|a, b| b.level.sinr_db.total_cmp(&a.level.sinr_db));
        let mut seen = Vec::new();
        dwell.retain(|o| {
            let first = !seen.contains(&o.pci);
            seen.push(o.pci);
            first
        });
    }
    dwells
}

#[test]
fn the_clone_under_another_pci_is_accused_and_not_the_macro() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    for seed in SEEDS {
        let clone = Box {
            pci: 77,
            stand: Stand::At(place(690.0, 560.0)),
            kind: CellKind::Femto,
            phase_ms: 4.1,
            ppm: 0.28,
            ports: AntennaPorts::One,
            ..macro_b()
        };
        let found = scan(Some(&list), &drive(&round_the_corner(), &[macro_a(), macro_b(), home(), clone], air(seed)));
        let name = macro_b().names[0].1;
        assert!(found.has("pci-mismatch", name, 77), "seed {seed}: {:?}", found.alert_lines());
        assert!(found.has("twin", name, 77), "seed {seed}: {:?}", found.alert_lines());
        assert!(found.alerts.iter().all(|a| a.pci.get() == 77), "seed {seed}: {:?}", found.alert_lines());
    }
}

#[test]
fn the_clone_of_the_same_hardware_beyond_the_cells_reach_is_accused() {
    // The cell is passed on the first stops, its clone 3 km on; then the cell is never passed.
    let road: Vec<_> = (0..60).map(|i| place(60.0 * f64::from(i), 0.0)).collect();
    let next = Box::new(CellKind::Macro, 0x3f_0d105, 305, Stand::At(place(3_000.0, 300.0)));
    let clone = |of: Box| Box {
        pci: 77,
        stand: Stand::At(place(3_300.0, 25.0)),
        kind: CellKind::Femto,
        phase_ms: 4.1,
        ppm: 0.04,
        ..of
    };
    let away = Box::new(CellKind::Macro, 0x3f_0d106, 306, Stand::At(place(-4_000.0, 0.0)));
    let list = registry(&rows(&[macro_a(), macro_b(), next.clone(), away.clone()]));
    let (mut twin, mut too_strong) = (0, 0);
    for seed in SEEDS.step_by(2) {
        let boxes = [macro_a(), macro_b(), next.clone(), clone(macro_a())];
        let found = scan(Some(&list), &drive(&road, &boxes, air(seed)));
        let name = macro_a().names[0].1;
        assert!(found.alerts.iter().all(|a| a.pci.get() == 77), "seed {seed}: {:?}", found.alert_lines());
        twin += u32::from(["twin", "pci-mismatch"].iter().all(|rule| found.has(rule, name, 77)));

        let boxes = [macro_a(), macro_b(), next.clone(), clone(away.clone())];
        let found = scan(Some(&list), &drive(&road, &boxes, air(seed)));
        assert!(found.alerts.iter().all(|a| a.pci.get() == 77), "seed {seed}: {:?}", found.alert_lines());
        let name = away.names[0].1;
        too_strong += u32::from(["too-strong-here", "pci-mismatch"].iter().all(|rule| found.has(rule, name, 77)));
    }
    // Shadowing may hide the cell at the beginning of the road, or the macro cells that levels are compared with.
    assert!(twin >= 18 && too_strong >= 18, "twin in {twin}, too strong in {too_strong} of 20 drives");
}

#[test]
fn a_perfect_twin_within_microseconds_is_found_out() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    for seed in SEEDS.step_by(2) {
        let genuine = macro_a();
        let twin = Box {
            stand: Stand::Along(35.0),
            kind: CellKind::Femto,
            on: (5, 15),
            phase_ms: genuine.phase_ms + 0.03,
            frames_ahead: 300,
            ..genuine.clone()
        };
        for rough_starts in [false, true] {
            let dwells = drive(
                &round_the_corner(),
                &[genuine.clone(), macro_b(), home(), twin.clone()],
                Air { rough_starts, ..air(seed) },
            );
            let found = scan(Some(&list), &dwells);
            assert!(found.has("twin", genuine.names[0].1, genuine.pci), "seed {seed}: {:?}", found.alert_lines());
            assert!(found.alerts.iter().all(|a| a.pci.get() == genuine.pci), "seed {seed}: {:?}", found.alert_lines());
        }
    }
}

#[test]
fn the_stops_in_any_order_and_twice_raise_the_same_alerts_once() {
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    let dwells = drive(&round_the_corner(), &[macro_a(), macro_b(), home(), ahead(0x5a_fff31, 304)], air(3));
    let keys = |found: &drive::Scanner<'_>| {
        let mut keys: Vec<_> = found.alerts.iter().map(|a| (a.rule.clone(), a.ecgi, a.pci)).collect();
        keys.sort();
        keys
    };
    let once = scan(Some(&list), &dwells);
    let ids: Vec<_> = once.alerts.iter().map(|a| a.id.clone()).collect();
    assert_eq!(scan(Some(&list), &dwells).alerts.iter().map(|a| a.id.clone()).collect::<Vec<_>>(), ids);

    let mut twice = scan(Some(&list), &dwells);
    twice.take(&dwells);
    assert_eq!(twice.alerts.iter().map(|a| a.id.clone()).collect::<Vec<_>>(), ids);

    // The first half, a restart that judges it again from the store, and the second half.
    let (first, second) = dwells.split_at(11);
    let before = scan(Some(&list), first);
    let mut after = scan(Some(&list), first);
    assert_eq!(before.alerts, after.alerts);
    after.take(second);
    assert_eq!(after.alerts.iter().map(|a| a.id.clone()).collect::<Vec<_>>(), ids);

    let mut backwards = scan(Some(&list), second);
    backwards.take(first);
    assert_eq!(keys(&backwards), keys(&once));
}

/// Drives a path past honest cells under a registry of these rows: nothing may be raised, nor without a registry.
fn is_innocent(
    path: &[Position],
    boxes: &[Box],
    list: &[RegisteredCell],
    airs: impl IntoIterator<Item = Air>,
    what: &str,
) {
    let list = registry(list);
    for air in airs {
        let dwells = drive(path, boxes, air);
        for registry in [Some(&list), None] {
            let found = scan(registry, &dwells);
            let given = registry.is_some();
            assert!(found.alerts.is_empty(), "{what}, seed {}, registry {given}: {:?}", air.seed, found.alert_lines());
        }
    }
}

#[test]
fn honest_cells_in_heavy_shadowing_raise_nothing() {
    let boxes = [macro_a(), macro_b(), home()];
    let paths = [round_the_corner(), (0..60).map(|i| place(40.0 * f64::from(i), 0.0)).collect()];
    for path in &paths {
        let airs =
            (1..51).map(|seed| Air { shadowing_db: 6.0, fading_db: 6.0, rough_starts: seed % 2 == 0, ..air(seed) });
        is_innocent(path, &boxes, &rows(&boxes), airs, "shadowing");
    }
}

#[test]
fn a_macro_beside_a_straight_road_raises_nothing() {
    // Constant within 6 dB over the whole road, and the strongest, while a femtocell beside the road comes and goes.
    let beside = Box::new(CellKind::Macro, 0x3f_0d103, 303, Stand::At(place(400.0, 350.0)));
    let boxes = [macro_a(), macro_b(), home(), beside];
    let road: Vec<_> = (0..16).map(|i| place(60.0 * f64::from(i), 0.0)).collect();
    let airs = SEEDS.map(|seed| Air { shadowing_db: 1.0, fading_db: 0.5, ..air(seed) });
    is_innocent(&road, &boxes, &rows(&boxes), airs, "straight road");
}

#[test]
fn other_operators_and_shared_networks_raise_nothing() {
    let theirs = Box {
        plmns: vec!["450-05"],
        names: vec![(0, ecgi("450-05", 0x12_3456))],
        carrier: (1835e6, 1500),
        ..Box::new(CellKind::Macro, 0x12_3456, 111, Stand::At(place(400.0, 100.0)))
    };
    let guest = Box {
        plmns: vec!["450-06", "450-08"],
        names: vec![(0, ecgi("450-06", 0x12_3457))],
        ..Box::new(CellKind::Macro, 0x12_3457, 112, Stand::At(place(500.0, 100.0)))
    };
    let host = Box { plmns: vec!["450-08", "450-06"], ..macro_b() };
    let boxes = [macro_a(), host, theirs, guest, home()];
    let list = registry(&rows(&[macro_a(), macro_b(), home()]));
    let hosts = ["450-06".parse().expect("a PLMN")];
    for seed in SEEDS {
        let dwells = drive(&round_the_corner(), &boxes, air(seed));
        for registry in [Some(&list), None] {
            let mut scanner = Scanner::new(registry).with_ran_hosts(&hosts);
            scanner.take(&dwells);
            assert!(scanner.alerts.is_empty(), "seed {seed}: {:?}", scanner.alert_lines());
        }
        // Without a list of hosts, a cell that nobody registered is the operator's to answer for.
        let name = ecgi("450-06", 0x12_3457);
        let found = scan(Some(&list), &dwells);
        assert!(found.has("unregistered", name, 112), "seed {seed}: {:?}", found.alert_lines());
        assert!(found.alerts.iter().all(|a| a.ecgi == Some(name)), "seed {seed}: {:?}", found.alert_lines());
    }
}

#[test]
fn a_femtocell_that_chose_another_pci_raises_nothing() {
    let boxes = [macro_a(), macro_b(), home()];
    let mut list = rows(&boxes);
    list[2].pci = lte_dsp::cell::Pci::new(460);
    is_innocent(&round_the_corner(), &boxes, &list, SEEDS.map(air), "automatic PCI");
}

#[test]
fn a_tracking_area_border_raises_nothing() {
    let far_side = Box { tac: 11794, ..macro_b() };
    let boxes = [macro_a(), far_side, home()];
    is_innocent(&round_the_corner(), &boxes, &rows(&boxes), SEEDS.map(air), "border");
    // A row moved to the other area after the list was made is one finding, and no alert by itself.
    let mut list = rows(&boxes);
    list[1].tac = Some(11793);
    is_innocent(&round_the_corner(), &boxes, &list, SEEDS.map(air), "border moved");
}

#[test]
fn cells_that_never_say_their_name_raise_nothing() {
    let mute = [macro_a(), macro_b(), home()].map(|b| Box { mute: true, ..b });
    is_innocent(&round_the_corner(), &mute, &rows(&mute), SEEDS.map(air), "mute");
    let stranger = Box { mute: true, ..Box::new(CellKind::Femto, 0x12_3456, 99, Stand::At(place(300.0, 30.0))) };
    let boxes = [macro_a(), macro_b(), home(), stranger];
    is_innocent(&round_the_corner(), &boxes, &rows(&boxes[..3]), SEEDS.map(air), "one mute");
}

#[test]
fn a_lost_fix_and_rough_start_times_raise_nothing() {
    let boxes = [macro_a(), macro_b(), home()];
    let airs = SEEDS.map(|seed| Air { rough_starts: true, lost_fix: Some(seed as usize % 22), ..air(seed) });
    is_innocent(&round_the_corner(), &boxes, &rows(&boxes), airs, "lost fix");
}

#[test]
fn reused_and_common_values_of_a_real_network_raise_nothing() {
    // Common timing, as of a network synchronised by satellites, and the same PCI again 3 km down the road.
    let again = Box::new(CellKind::Macro, 0x3f_0d201, 301, Stand::At(place(3_400.0, 250.0)));
    let boxes = [macro_a(), macro_b(), home(), again].map(|b| Box { phase_ms: 2.0, ..b });
    let road: Vec<_> = (0..80).map(|i| place(50.0 * f64::from(i), 0.0)).collect();
    is_innocent(&road, &boxes, &rows(&boxes), SEEDS.map(air), "common timing");
    let unsynchronised = [macro_a(), macro_b(), home(), Box { phase_ms: 6.6, ..boxes[3].clone() }];
    is_innocent(&road, &unsynchronised, &rows(&unsynchronised), SEEDS.map(air), "reuse");
}

#[test]
fn a_site_that_restarts_raises_nothing() {
    // Off for two stops, then back with other frames and another value tag.
    let before = Box { on: (0, 9), ..macro_b() };
    let tag = BroadcastFacts { value_tag: Some(2), ..BroadcastFacts::default() };
    let after = Box { on: (11, 99), phase_ms: 8.8, broadcast: tag, ..macro_b() };
    let boxes = [macro_a(), before, after, home()];
    is_innocent(&round_the_corner(), &boxes, &rows(&[macro_a(), macro_b(), home()]), SEEDS.map(air), "restart");
}

#[test]
fn antennas_far_from_their_station_raise_nothing() {
    // Fibre of 4 km and of 20 km: the same frames 20 µs and 100 µs later from another place.
    for fibre_ms in [0.02, 0.1] {
        let stand = Stand::At(place(500.0, -150.0));
        let antenna = Box { stand, phase_ms: macro_b().phase_ms + fibre_ms, ..macro_b() };
        let boxes = [macro_a(), macro_b(), home(), antenna];
        let airs = SEEDS.step_by(3).map(|seed| Air { rough_starts: seed % 2 == 0, ..air(seed) });
        is_innocent(&round_the_corner(), &boxes, &rows(&boxes[..3]), airs, "distributed antennas");
    }
}

#[test]
fn standing_still_raises_nothing() {
    let here: Vec<_> = (0..120).map(|i| place(f64::from(i % 3), f64::from(i % 5))).collect();
    let boxes =
        [macro_a(), macro_b(), home(), Box::new(CellKind::Macro, 0x3f_0d103, 303, Stand::At(place(30.0, 90.0)))];
    is_innocent(&here, &boxes, &rows(&boxes), SEEDS.map(air), "standstill");
}

// ---- The recorded drive, by its truth ----

/// The recorded drive's folder, where the test data is at hand.
fn recorded() -> Option<(Value, Registry)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.ancestors().map(|a| a.join("shared/captures/drive-a")).find(|f| f.is_dir())?;
    let truth = serde_json::from_str(&fs::read_to_string(folder.join("truth.json")).ok()?).ok()?;
    let mut options = ImportOptions::at("2026-11-19T12:00:00Z".parse().ok()?);
    options.max_bad = 0;
    let (list, _) = cellwarden_store::registry::open(&folder.join("registry-a.csv"), &options).ok()?;
    Some((truth, list))
}

/// Frame timing in milliseconds and carrier error in ppm of the drive's transmitters, as measured in its recordings.
fn measured(pci: u16) -> (f64, f64) {
    match pci {
        301 => (8.798, 0.0),
        302 => (5.298, -0.027),
        452 => (2.698, 0.075),
        304 => (1.198, 0.216),
        455 => (6.898, -0.121),
        _ => (4.098, 0.26),
    }
}

/// The observations that a good receiver makes of the drive, level and depth by the truth's Es/N0 and some fading.
fn observed(truth: &Value, seed: u64, fading_db: f64) -> Vec<Vec<Observation>> {
    let mut dice = Dice::new(seed);
    let dwells = truth["dwells"].as_object().expect("dwells");
    let mut all = Vec::new();
    for (step, (name, dwell)) in dwells.iter().enumerate() {
        let number = |v: &Value| v.as_f64().expect("a number");
        let here = Position { lat: number(&dwell["position"][0]), lon: number(&dwell["position"][1]), error_m: 5.0 };
        let mut heard = Vec::new();
        for cell in dwell["cells"].as_array().expect("cells") {
            let pci = cell["pci"].as_u64().expect("a PCI") as u16;
            let eci = cell["eci"].as_u64().expect("an ECI") as u32;
            let sinr_db = number(&cell["crs_es_n0_db"]) + dice.normal(fading_db);
            let (phase_ms, ppm) = measured(pci);
            let ports = if cell["antenna_ports"] == 2 { AntennaPorts::Two } else { AntennaPorts::One };
            let tac = cell["tac"].as_u64().expect("a TAC") as u16;
            let model = Box { tac, ports, phase_ms, ppm, ..Box::new(CellKind::Macro, eci, pci, Stand::Along(10.0)) };
            let mut one = drive(&[here], &[model], Air { seed: seed + step as u64, fading_db: 0.0, ..air(seed) });
            let mut o = one.pop().and_then(|mut d| d.pop()).expect("10 m off");
            o.dwell.recording.clone_from(name);
            o.dwell.start = Some(dwell["datetime"].as_str().expect("a time").parse().expect("a time"));
            o.dwell.gain_db = Some(number(&dwell["gain_db"]));
            o.level.rsrp_dbfs = (sinr_db - 60.0 + number(&dwell["gain_db"])) as f32;
            o.level.sinr_db = sinr_db as f32;
            if sinr_db < -2.0 {
                (o.identity, o.sib1_periods, o.si_agrees) = (None, 0, false);
                o.broadcast = BroadcastFacts::default();
                o.state = cellwarden_core::observation::CellState::Mib;
            }
            if sinr_db > -12.0 {
                heard.push(o);
            }
        }
        all.push(heard);
    }
    all
}

#[test]
fn the_recorded_drive_raises_what_it_must_and_nothing_else() {
    let Some((truth, list)) = recorded() else { return };
    for seed in SEEDS {
        let found = scan(Some(&list), &observed(&truth, seed, 1.5));
        let alert_lines = found.alert_lines();
        for wanted in truth["expect"]["alerts"].as_array().expect("alerts") {
            let name: Ecgi = wanted["ecgi"].as_str().expect("text").parse().expect("an ECGI");
            let pci = wanted["pci"].as_u64().expect("a PCI") as u16;
            let rule = wanted["rule"].as_str().expect("text");
            assert!(found.has(rule, name, pci), "seed {seed}: {wanted} is missing in {alert_lines:?}");
        }
        for registered in truth["expect"]["registered"].as_array().expect("registered") {
            let name: Ecgi = registered.as_str().expect("text").parse().expect("an ECGI");
            let judged = |v: &(Option<Ecgi>, _, Verdict)| v.0 == Some(name) && v.2 == Verdict::Registered;
            assert!(found.verdicts.iter().any(judged), "seed {seed}: {registered} is not registered");
        }
        for alert in &found.alerts {
            assert!([304, 455, 77].contains(&alert.pci.get()), "seed {seed}: {alert_lines:?}");
        }
    }
}

//! The account of a drive: which registered cells are silent, and on what that rests.
//!
//! The drive's route, levels and registry are made by the path-loss model's opposite: levels are written down, not
//! computed by the code under test.

use cellwarden_core::{
    drive::Searched,
    observation::{Ecgi, Position},
    registry::{
        ImportOptions, Registry, RegistryBuilder,
        import::{Input, read_cells},
        inspect::{
            Account, Area, DoorReason, HeardCell, InspectedDwell, Inspection, Outcome, State, Visit, VisitOutcome,
            doors, inspect,
        },
        path_loss::PathLossModel,
    },
};
use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

const CARRIER_HZ: f64 = 1840e6;

fn registry(list: &str) -> Registry {
    let mut builder = RegistryBuilder::default();
    let input = Input { name: "list".into(), reader: list.as_bytes() };
    let options = ImportOptions::at("2026-11-19T00:00:00Z".parse().expect("a time"));
    let report = read_cells([Ok(input)], &options, |cell| builder.push(cell)).expect("a list");
    builder.build(report.snapshot).expect("room")
}

fn start() -> Timestamp {
    "2026-11-20T01:00:00Z".parse().expect("a time")
}

/// Stops of a drive eastwards, 60 m and 5 s apart, on the parallel of 37.478°.
fn street(stops: usize) -> Vec<InspectedDwell> {
    (0..stops)
        .map(|i| InspectedDwell {
            id: format!("stop-{i}"),
            time: start().checked_add(SignedDuration::from_secs(5 * i as i64)).ok(),
            position: Some(Position { lat: 37.478, lon: 126.878 + 0.00068 * i as f64, error_m: 5.0 }),
            searched: Searched::band(1.84e9, 5.0e6 + 1.08e6),
            heard: Vec::new(),
        })
        .collect()
}

fn heard(ecgi: &str, pci: u16, over_noise_db: f64) -> HeardCell {
    HeardCell {
        earfcn_candidates: Vec::new(),
        ecgis: ecgi.parse::<Ecgi>().into_iter().collect(),
        pci: Pci::new(pci).expect("a PCI"),
        earfcn: Some(1550),
        tac: Some(11793),
        accesses_r14: Vec::new(),
        bandwidth: Some(Bandwidth::Rb25),
        antenna_ports: Some(AntennaPorts::One),
        rsrp_db: over_noise_db - 60.0,
        sinr_db: over_noise_db,
    }
}

fn all(registry: &Registry, dwells: &[InspectedDwell]) -> Inspection {
    inspect(registry, &Area::Everywhere, dwells, &[], PathLossModel::default())
}

fn account<'a>(inspection: &'a Inspection, ecgi: &str) -> &'a Account {
    inspection.accounts.iter().find(|account| account.cell.ecgi.to_string() == ecgi).expect("accounted for")
}

/// A femtocell 15 m beside the sixth stop, one with another status, one on a carrier nobody searched, one 2 km away, one
/// without a place.
const FEMTOS: &str = "plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports,lat,lon\n\
    450-08,5a00001,femto,active,440,1550,11793,25,1,37.478135,126.8814\n\
    450-08,5a00002,femto,dormant,441,1550,11793,25,1,37.478135,126.8814\n\
    450-08,5a00003,femto,active,442,1300,11793,25,1,37.478135,126.8814\n\
    450-08,5a00004,femto,active,443,1550,11793,25,1,37.496,126.8814\n\
    450-08,5a00005,femto,active,444,1550,11793,25,1,,\n\
    450-08,5a00006,femto,active,445,1550,11793,25,1,37.4782,126.8818\n";

#[test]
fn silence_is_claimed_where_the_cell_was_passed_and_nowhere_else() {
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    for (stop, over_noise_db) in [(4, 8.0), (5, 18.0), (6, 28.0), (7, 20.0), (8, 9.0)] {
        dwells[stop].heard.push(heard("450-08-5a00006", 445, over_noise_db));
    }
    let inspection = all(&registry, &dwells);
    let outcomes: Vec<&str> = inspection.accounts.iter().map(|account| account.outcome.word()).collect();
    let expected =
        ["not-heard", "silent-as-registered", "never-covered", "never-covered", "never-covered", "as-registered"];
    assert_eq!(outcomes, expected);
    let states: Vec<State> = inspection.accounts.iter().map(Account::state).collect();
    // A recent registration says nothing of contact, so the active one may have moved: silence is not settled.
    let not_passed = State::NotPassed;
    let expected = [State::PassedNotSure, State::Silent, not_passed, not_passed, not_passed, State::OnAirAsRegistered];
    assert_eq!(states, expected);
    let silent = account(&inspection, "450-08-5a00001");
    assert_eq!(silent.passes, 1);
    let nearest_m = silent.nearest_m.expect("passed");
    assert!((nearest_m - 15.0).abs() < 1.0, "{nearest_m}");
    let prediction = silent.prediction.expect("expected");
    let missed = silent.belief.expect("passed").missed;
    assert!(prediction.margin_db >= 10.0 && missed < 0.2, "{prediction:?}, {missed}");
    assert!((prediction.over_noise_db - prediction.rsrp_dbm - 123.2).abs() < 0.01, "{prediction:?}");
}

#[test]
fn one_drive_past_is_one_pass_and_coming_back_is_another() {
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    let passes = |dwells: &[InspectedDwell]| account(&all(&registry, dwells), "450-08-5a00001").passes;
    assert_eq!(passes(&dwells), 1);
    // The way back, the same stops in reverse.
    let back: Vec<InspectedDwell> = street(12)
        .into_iter()
        .rev()
        .zip(12i64..)
        .map(|(dwell, i)| InspectedDwell { time: start().checked_add(SignedDuration::from_secs(5 * i)).ok(), ..dwell })
        .collect();
    dwells.extend(back);
    assert_eq!(passes(&dwells), 2);
    // Dwells on another carrier in between do not split a pass; an hour does.
    let beside = street(12).remove(5);
    let at = |seconds: i64, hz: f64| InspectedDwell {
        time: start().checked_add(SignedDuration::from_secs(seconds)).ok(),
        searched: Searched::carriers(&[hz]),
        ..beside.clone()
    };
    assert_eq!(passes(&[at(0, CARRIER_HZ), at(1, 2.1e9), at(2, CARRIER_HZ)]), 1);
    assert_eq!(passes(&[at(0, CARRIER_HZ), at(3600, CARRIER_HZ)]), 2);
}

#[test]
fn dwells_without_the_carrier_or_a_position_expect_nothing() {
    let registry = registry(FEMTOS);
    let without = |change: fn(&mut InspectedDwell)| {
        let mut dwells = street(12);
        dwells.iter_mut().for_each(change);
        account(&all(&registry, &dwells), "450-08-5a00001").outcome.clone()
    };
    assert_eq!(without(|_| ()), Outcome::NotHeard);
    assert_eq!(without(|dwell| dwell.position = None), Outcome::NeverCovered);
    assert_eq!(without(|dwell| dwell.searched = Searched::band(2.15e9, 0.1e9)), Outcome::NeverCovered);
    // Near, perhaps: nobody knows.
    assert_eq!(without(|dwell| dwell.position.iter_mut().for_each(|p| p.error_m = 500.0)), Outcome::PassedNotSure);
    assert_eq!(all(&registry, &[]).accounts.len(), 6);
}

#[test]
fn a_strong_cell_on_the_carrier_hides_weaker_ones() {
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    for dwell in &mut dwells {
        dwell.heard.push(heard("450-08-0000001", 1, 60.0));
    }
    // Passed at 15 m, and hidden.
    assert_eq!(account(&all(&registry, &dwells), "450-08-5a00001").outcome, Outcome::PassedNotSure);
    for dwell in &mut dwells {
        dwell.heard[0].earfcn = Some(1300);
    }
    assert_eq!(account(&all(&registry, &dwells), "450-08-5a00001").outcome, Outcome::NotHeard);
}

#[test]
fn a_deaf_receiver_accuses_nobody() {
    // The femtocell beside the sixth stop is heard 40 dB below what it should be, so the other may be missed as well.
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    dwells[5].heard.push(heard("450-08-5a00006", 445, -8.0));
    assert_eq!(account(&all(&registry, &dwells), "450-08-5a00001").state(), State::PassedNotSure);
}

#[test]
fn differences_are_named_and_a_bare_pci_is_no_proof() {
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    dwells[4].heard.push(heard("450-08-5a00002", 441, 20.0));
    dwells[5].heard.push(HeardCell { tac: Some(7), ..heard("450-08-5a00006", 99, 20.0) });
    dwells[5].heard.push(HeardCell { ecgis: Vec::new(), ..heard("", 440, 3.0) });
    let inspection = all(&registry, &dwells);
    let differences = |ecgi| match &account(&inspection, ecgi).outcome {
        Outcome::WithDifferences(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(differences("450-08-5a00002"), ["status: dormant registered, on air heard"]);
    assert_eq!(differences("450-08-5a00006"), ["pci: 445 registered, 99 heard", "tac: 11793 registered, 7 heard"]);
    assert_eq!(account(&inspection, "450-08-5a00001").outcome, Outcome::ByPciOnly);
}

#[test]
fn areas_choose_who_is_accounted_for() {
    let registry = registry(FEMTOS);
    let count = |area: Area| inspect(&registry, &area, &street(12), &[], PathLossModel::default()).accounts.len();
    assert_eq!(count(Area::Everywhere), 6);
    assert_eq!(count(Area::rectangle((37.47, 126.87), (37.48, 126.89))), 4);
    assert_eq!(count(Area::AlongDrive(100.0)), 4);
    assert_eq!(count(Area::AlongDrive(5_000.0)), 5);
}

/// The drive test of the recordings' folder, `CELLWARDEN_CAPTURES`; its truth stands in for the receiver.
#[test]
fn the_recorded_drive_has_three_silent_femtocells() {
    let Some(folder) = std::env::var_os("CELLWARDEN_CAPTURES") else {
        println!("left out: CELLWARDEN_CAPTURES names no folder of recordings");
        return;
    };
    let folder = std::path::Path::new(&folder).join("drive-a");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("the drive's files");
    let registry = registry(&read("registry-a.csv"));
    let truth: serde_json::Value = serde_json::from_str(&read("truth.json")).expect("the drive's truth");
    let number = |value: &serde_json::Value| value.as_f64().expect("a number");
    let dwells: Vec<InspectedDwell> = truth["dwells"]
        .as_object()
        .expect("dwells")
        .iter()
        .map(|(id, dwell)| InspectedDwell {
            id: id.clone(),
            time: dwell["datetime"].as_str().and_then(|time| time.parse().ok()),
            position: Some(Position {
                lat: number(&dwell["position"][0]),
                lon: number(&dwell["position"][1]),
                error_m: 5.0,
            }),
            searched: Searched::carriers(&[CARRIER_HZ]),
            heard: dwell["cells"]
                .as_array()
                .expect("cells")
                .iter()
                // What the receiver's targets give: SIB1 down to -8 dB.
                .filter(|cell| number(&cell["crs_es_n0_db"]) >= -8.0)
                .map(|cell| {
                    let ecgi = format!("450-08-{:07x}", cell["eci"].as_u64().expect("a number"));
                    HeardCell {
                        bandwidth: Bandwidth::from_n_rb_dl(number(&cell["bandwidth_rb"]) as usize),
                        antenna_ports: AntennaPorts::ALL
                            .into_iter()
                            .find(|ports| ports.count() == number(&cell["antenna_ports"]) as usize),
                        ..heard(&ecgi, number(&cell["pci"]) as u16, number(&cell["crs_es_n0_db"]))
                    }
                })
                .collect(),
        })
        .collect();
    let inspection = all(&registry, &dwells);
    let with = |word: &str| {
        let accounts = inspection.accounts.iter().filter(|account| account.outcome.word() == word);
        accounts.map(|account| account.cell.ecgi.to_string()).collect::<Vec<_>>()
    };
    let expected: Vec<&str> =
        truth["expect"]["not_heard"].as_array().expect("a list").iter().filter_map(|e| e.as_str()).collect();
    assert_eq!(with("not-heard"), expected);
    assert_eq!(with("as-registered"), ["450-08-3f0d101", "450-08-5a00101"]);
    assert_eq!(with("with-differences"), ["450-08-3f0d102", "450-08-5a00102"]);
    assert_eq!(inspection.accounts.len(), 5_007);
    assert!(with("never-covered").len() > 4_990);
    for ecgi in expected {
        let silent = account(&inspection, ecgi);
        println!(
            "{ecgi}: {} passes, {:.0} m, {:?}",
            silent.passes,
            silent.nearest_m.unwrap_or(f64::NAN),
            silent.prediction
        );
        assert!(silent.passes >= 1 && silent.nearest_m.is_some_and(|metres| metres < 25.0));
    }
    println!("silent as registered: {:?}; {:?}", with("silent-as-registered"), inspection.excess);
}

fn visit(ecgi: &str, date: &str, outcome: VisitOutcome) -> Visit {
    let ecgi = ecgi.parse().expect("an ECGI");
    Visit { ecgi, date: date.parse().expect("a day"), outcome, again_on: None, note: String::new() }
}

fn visited(registry: &Registry, dwells: &[InspectedDwell], visits: &[Visit]) -> Inspection {
    inspect(registry, &Area::Everywhere, dwells, visits, PathLossModel::default())
}

#[test]
fn a_recovered_cell_that_is_heard_later_is_somebody_elses() {
    let registry = registry(FEMTOS);
    let mut dwells = street(12);
    dwells[6].heard.push(heard("450-08-5a00006", 445, 28.0));
    let state = |date: &str, outcome| {
        let inspection = visited(&registry, &dwells, &[visit("450-08-5a00006", date, outcome)]);
        account(&inspection, "450-08-5a00006").state()
    };
    // The drive was on the 20th.
    assert_eq!(state("2026-11-20", VisitOutcome::Recovered), State::Recovered);
    assert_eq!(state("2026-11-21", VisitOutcome::Unplugged), State::Recovered);
    assert_eq!(state("2026-11-19", VisitOutcome::Recovered), State::OnAirNotAsRegistered);
    assert_eq!(state("2026-11-19", VisitOutcome::Refused), State::OnAirAsRegistered);
    assert_eq!(state("2026-11-19", VisitOutcome::NotFound), State::OnAirNotAsRegistered);
    let inspection = visited(&registry, &dwells, &[visit("450-08-5a00006", "2026-11-19", VisitOutcome::Recovered)]);
    let Outcome::WithDifferences(differences) = &account(&inspection, "450-08-5a00006").outcome else {
        panic!("heard after it was recovered")
    };
    assert_eq!(differences[0].to_string(), "visit: recovered on 2026-11-19 registered, on air heard");
}

#[test]
fn the_latest_visit_counts_and_what_crews_find_is_learned() {
    let registry = registry(FEMTOS);
    let dwells = street(12);
    let (first, second) = ("450-08-5a00001", "450-08-5a00003");
    let silent = |visits: &[Visit]| {
        let inspection = visited(&registry, &dwells, visits);
        account(&inspection, first).belief.expect("passed").silent
    };
    let before = silent(&[]);
    let found: Vec<Visit> = ["450-08-5a00003", "450-08-5a00004", "450-08-5a00005", "450-08-5a00006"]
        .map(|ecgi| visit(ecgi, "2026-11-20", VisitOutcome::Recovered))
        .into();
    assert!(silent(&found) > before + 0.01, "{before} {}", silent(&found));
    let visits =
        [visit(second, "2026-11-22", VisitOutcome::ComeAgain), visit(second, "2026-11-21", VisitOutcome::Recovered)];
    let inspection = visited(&registry, &dwells, &visits);
    assert_eq!(account(&inspection, second).state(), State::NotPassed);
    let absent = visited(&registry, &dwells, &[visit(first, "2026-11-20", VisitOutcome::WrongAddress)]);
    assert_eq!(account(&absent, first).belief.expect("passed").as_registered, 0.0);
}

#[test]
fn doors_are_those_that_no_street_settles_and_close_with_visits() {
    let registry = registry(FEMTOS);
    let dwells = street(12);
    let today = "2026-11-25".parse().expect("a day");
    let listed = |visits: &[Visit]| -> Vec<(String, DoorReason)> {
        let inspection = visited(&registry, &dwells, visits);
        let doors = doors(&inspection, today);
        doors.iter().map(|door| (door.account.cell.ecgi.to_string(), door.reason)).collect()
    };
    let silent = "450-08-5a00002";
    let has = |visits: &[Visit], reason| listed(visits).contains(&(silent.to_owned(), reason));
    assert!(has(&[], DoorReason::Silent), "{:?}", listed(&[]));
    let again =
        |day: &str| Visit { again_on: day.parse().ok(), ..visit(silent, "2026-11-22", VisitOutcome::ComeAgain) };
    assert!(has(&[again("2026-11-25")], DoorReason::ComeAgain));
    assert_eq!(listed(&[again("2026-11-25")])[0].0, silent, "it comes first");
    assert!(has(&[visit(silent, "2026-11-22", VisitOutcome::Refused)], DoorReason::Silent));
    for gone in [
        again("2026-11-26"),
        visit(silent, "2026-11-22", VisitOutcome::Recovered),
        visit(silent, "2026-11-22", VisitOutcome::NotFound),
    ] {
        assert!(listed(std::slice::from_ref(&gone)).iter().all(|(ecgi, _)| ecgi != silent), "{gone:?}");
    }
}

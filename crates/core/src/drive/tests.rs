use super::*;
use crate::{
    detect::{
        Verdict,
        scene::{macro_cell, north_m},
    },
    observation::Observation,
};

/// A dwell of the whole band about 1840 MHz, or of named carriers, so many metres north.
fn dwell(name: &str, metres: f64, carriers_hz: Option<&[f64]>) -> SearchedDwell {
    SearchedDwell {
        recording: name.to_owned(),
        start: None,
        center_hz: 1840e6,
        sample_rate_hz: 20e6,
        samples: 1_200_000,
        lost: 0,
        clipped: 0.0,
        gain_db: Some(0.0),
        carriers_hz: carriers_hz.map(<[f64]>::to_vec),
        position: Some(north_m(metres)),
    }
}

fn heard(observation: Observation, verdict: Verdict) -> JudgedCell {
    JudgedCell { observation, verdict, findings: Vec::new() }
}

fn rogue() -> JudgedCell {
    heard(macro_cell(0x5a_fff31, 304).observation, Verdict::Unregistered)
}

/// A drive of eight stops 50 m apart.
fn drive(carriers_hz: Option<&[f64]>, cells: impl Fn(usize) -> Vec<JudgedCell>) -> Drive {
    let mut builder = DriveBuilder::default();
    for i in 0..8 {
        builder.add(&dwell(&format!("d{i}"), 50.0 * i as f64, carriers_hz), &cells(i));
    }
    builder.finish()
}

#[test]
fn what_was_not_searched_is_not_gone() {
    let before = drive(None, |_| vec![rogue()]);
    let searched_elsewhere = drive(Some(&[1845.2e6]), |_| Vec::new());
    assert_eq!(compare(&before, &searched_elsewhere), [], "its carrier was not searched");
    let gone = compare(&before, &drive(Some(&[1840e6]), |_| Vec::new()));
    assert_eq!(gone.iter().map(|d| &d.fate).collect::<Vec<_>>(), [&Fate::Gone]);
    let gone = compare(&before, &drive(None, |_| Vec::new()));
    assert_eq!(gone.iter().map(|d| &d.fate).collect::<Vec<_>>(), [&Fate::Gone]);
}

#[test]
fn the_footprint_leaves_out_stops_that_searched_other_carriers() {
    // At every other stop only another carrier was looked at: those stops say nothing of the rogue.
    let mut builder = DriveBuilder::default();
    for i in 0..8 {
        let (carriers, cells) = if i % 2 == 0 { ([1840e6], vec![rogue()]) } else { ([1845.2e6], Vec::new()) };
        builder.add(&dwell(&format!("d{i}"), 50.0 * f64::from(i), Some(&carriers)), &cells);
    }
    let drive = builder.finish();
    let [rogue] = &drive.transmitters[..] else { panic!("one transmitter") };
    assert_eq!(rogue.footprint.iter().map(|stretch| stretch.stops).collect::<Vec<_>>(), [4], "one stretch, not four");
}

#[test]
fn clipped_levels_neither_locate_nor_cover() {
    let build = |clipped_stops: &[i32]| {
        let mut builder = DriveBuilder::default();
        for i in 0..9 {
            let mut cell = rogue();
            let is_clipped = clipped_stops.contains(&i);
            // Where it is strongest, a clipped level is 30 dB too low.
            let wrong_db = if is_clipped { 30.0 } else { 0.0 };
            cell.observation.level.rsrp_dbfs = -40.0 - 6.0 * (f64::from(i) - 2.0).abs() as f32 - wrong_db;
            let clipped = if is_clipped { 0.4 } else { 0.0 };
            builder.add(&SearchedDwell { clipped, ..dwell(&format!("d{i}"), 60.0 * f64::from(i), None) }, &[cell]);
        }
        builder.finish().transmitters.remove(0)
    };
    let at = |transmitter: &Transmitter| match &transmitter.whereabouts {
        Some(Whereabouts::Fixed(fix)) => fix.position.distance_m(&north_m(120.0)),
        other => panic!("{other:?}"),
    };
    assert!(at(&build(&[2, 3])) < at(&build(&[])) + 100.0, "{} m", at(&build(&[2, 3])));
    let covered = build(&[2, 3]).footprint;
    assert_eq!(covered.iter().map(|part| part.stops).sum::<usize>(), 7, "clipped stops say nothing of the margin");
}

#[test]
fn only_near_places_are_compared() {
    let before = drive(None, |_| vec![rogue()]);
    let mut far = DriveBuilder::default();
    for i in 0..8 {
        far.add(&dwell(&format!("f{i}"), 5_000.0 + 50.0 * f64::from(i), None), &[]);
    }
    assert_eq!(compare(&before, &far.finish()), []);
    let mut beside = DriveBuilder::default();
    beside.add(&dwell("b", -70.0, None), &[]);
    assert_eq!(compare(&before, &beside.finish()).len(), 1, "70 m beside is the same place");
    let mut placeless = DriveBuilder::default();
    placeless.add(&SearchedDwell { position: None, ..dwell("p", 0.0, None) }, &[]);
    assert_eq!(compare(&before, &placeless.finish()).len(), 1, "without places the drives are of one place");
}

#[test]
fn squares_hold_their_neighbours_at_every_latitude() {
    for lat in [-67.3, -0.0003, 0.0, 0.0003, 37.478, 69.9] {
        let at = Position { lat, lon: 126.878, error_m: 5.0 };
        for (north_m, east_m) in [(74.0, 0.0), (-74.0, 0.0), (0.0, 74.0), (0.0, -74.0), (52.0, 52.0), (-52.0, -52.0)] {
            let lon = at.lon + east_m / DEGREE_LON_M / at.lat.to_radians().cos();
            let other = Position { lat: lat + north_m / DEGREE_LON_M, lon, error_m: 5.0 };
            assert!(comparison::are_near(&at, &other), "{lat} {north_m} {east_m}: {} m", at.distance_m(&other));
        }
    }
}

/// Metres of a degree on the equator.
const DEGREE_LON_M: f64 = 111_195.0;

#[test]
fn a_transmitter_is_located_while_the_drive_goes_on_and_named_by_its_carrier() {
    let mut builder = DriveBuilder::default();
    let mut id = None;
    for i in 0..8 {
        let mut cell = rogue();
        cell.observation.level.rsrp_dbfs = -40.0 - 6.0 * (f64::from(i) - 2.0).abs() as f32;
        if i == 7 {
            cell = heard(Observation { identity: None, ..cell.observation }, Verdict::Unidentified);
            id = Some(CellId::new(&cell.observation, None));
        }
        builder.add(&dwell(&format!("d{i}"), 60.0 * f64::from(i), None), &[cell]);
    }
    let (transmitter, whereabouts) = builder.locate(&id.expect("heard")).expect("suspicious by its name's verdict");
    assert!(transmitter.id.ecgi.is_some());
    assert!(matches!(whereabouts, Whereabouts::Fixed(_)), "{whereabouts:?}");
    let on_the_way = whereabouts;
    let [transmitter] = &builder.finish().transmitters[..] else { panic!("one transmitter") };
    assert_eq!((transmitter.readings.len(), transmitter.suspicious), (8, true));
    assert_eq!(transmitter.whereabouts, Some(on_the_way), "one way to locate, by the same readings");
}

#[test]
fn an_honest_cell_is_not_located_until_an_alert_is_about_it() {
    let mut builder = DriveBuilder::default();
    let cell = macro_cell(0x3f_0d101, 301).observation;
    let id = CellId::new(&cell, cell.ecgi());
    builder.add(&dwell("d", 0.0, None), &[heard(cell, Verdict::Registered)]);
    assert!(builder.locate(&id).is_none());
    builder.alerted.entry((id.ecgi, id.pci, id.earfcn)).or_default().insert(RuleId::of("twin"));
    assert!(matches!(builder.locate(&id), Some((_, Whereabouts::TooFew { places: 1, .. }))));
}

/// An alert about a cell, of a transmitter.
fn alert(cell: &Observation, transmitter: &str, identities: &[&Observation]) -> Alert {
    let finding = crate::detect::Finding {
        rule: RuleId::of("unregistered"),
        version: 1,
        severity: cellwarden_event::Severity::Critical,
        evidence: serde_json::Map::new(),
        grounds: crate::detect::Grounds::default(),
    };
    let identities = identities.iter().filter_map(|o| o.ecgi()).collect();
    let alert = Alert::new(&CellId::new(cell, cell.ecgi()), &finding, None, Vec::new());
    Alert { transmitter: transmitter.to_owned(), identities, ..alert }
}

#[test]
fn one_box_under_several_identities_is_at_one_place() {
    // Three identities in turn, eight stops each, past a box 20 m beside the road.
    let cells =
        [(0x3f_0d101, 304), (0x3f_0d201, 305), (0x3f_0d301, 306)].map(|(eci, pci)| macro_cell(eci, pci).observation);
    let honest = macro_cell(0x3f_0d401, 307).observation;
    let (elsewhere, lonely) = (macro_cell(0x3f_0d501, 308).observation, macro_cell(0x3f_0d601, 309).observation);
    let mut builder = DriveBuilder::default();
    for i in 0..24 {
        let metres = 20.0 * f64::from(i);
        let mut cell = cells[i as usize / 8].clone();
        cell.level.rsrp_dbfs = (-30.0 - 30.0 * (metres - 240.0).hypot(20.0).log10()) as f32;
        let cells = [cell, honest.clone()].map(|cell| heard(cell, Verdict::Registered));
        builder.add(&dwell(&format!("d{i}"), metres, None), &cells);
    }
    let old = [&elsewhere, &lonely].map(|cell| heard(cell.clone(), Verdict::Registered));
    builder.add(&dwell("old", 500.0, None), &old);
    let [first, second, third] = &cells;
    builder.add_alert(&alert(first, "a", &[second]));
    builder.add_alert(&alert(third, "a", &[]));
    // What an older version stored names no transmitter, and is of none of these.
    builder.add_alert(&alert(&elsewhere, "", &[]));
    builder.add_alert(&Alert { id: "other".to_owned(), ..alert(&lonely, "", &[]) });
    let (_, on_the_way) = builder.locate(&CellId::new(second, second.ecgi())).expect("named by an alert");
    let drive = builder.finish();
    let is_of_box = |t: &&Transmitter| cells.iter().any(|cell| cell.pci == t.id.pci);
    let (suspicious, old): (Vec<&Transmitter>, Vec<&Transmitter>) =
        drive.transmitters.iter().filter(|t| t.suspicious).partition(is_of_box);
    assert_eq!((suspicious.len(), old.len()), (3, 2));
    assert!(old.iter().all(|t| matches!(t.whereabouts, Some(Whereabouts::TooFew { places: 1, .. }))));
    let Whereabouts::Fixed(fix) = &on_the_way else { panic!("{on_the_way:?}") };
    assert!(fix.position.distance_m(&north_m(240.0)) < 40.0, "{fix:?}");
    assert!(suspicious.iter().all(|t| t.whereabouts.as_ref() == Some(&on_the_way)), "one place, on the way too");
}

#[test]
fn an_identity_that_is_heard_under_two_pcis_accuses_neither() {
    let (first, genuine) = (macro_cell(0x5a_fff31, 304).observation, macro_cell(0x3f_0d101, 301).observation);
    let copy = Observation { pci: crate::detect::scene::pci(77), ..genuine.clone() };
    let mut builder = DriveBuilder::default();
    let cells = [&first, &genuine, &copy].map(|cell| heard(cell.clone(), Verdict::Registered));
    builder.add(&dwell("d", 0.0, None), &cells);
    builder.add_alert(&alert(&first, "a", &[&genuine]));
    let suspicious =
        |drive: Drive| drive.transmitters.iter().filter(|t| t.suspicious).map(|t| t.id.pci.get()).collect::<Vec<_>>();
    assert_eq!(suspicious(builder.finish()), [304]);
}

#[test]
fn what_an_alert_was_explained_by_later_is_no_longer_suspicious() {
    let cell = macro_cell(0x5a_fff31, 304).observation;
    let mut builder = DriveBuilder::default();
    builder.add(&dwell("d", 0.0, None), &[heard(cell.clone(), Verdict::Registered)]);
    let mut alert = alert(&cell, "a", &[]);
    builder.add_alert(&alert);
    assert!(builder.locate(&CellId::new(&cell, cell.ecgi())).is_some());
    alert.evidence.insert("explained_by".to_owned(), serde_json::json!({}));
    builder.add_alert(&alert);
    assert!(builder.finish().transmitters.iter().all(|t| !t.suspicious));
}

#[test]
fn a_drive_that_never_ends_forgets_its_older_half() {
    let mut builder = DriveBuilder::default();
    builder.add(&dwell("old", 0.0, None), &[heard(macro_cell(1, 1).observation, Verdict::Registered)]);
    for i in 0..MAX_STOPS {
        builder.add(&dwell("d", i as f64, None), &[rogue()]);
        builder.forget_old();
    }
    assert!(builder.stops.len() <= MAX_STOPS && builder.heard.len() == 1);
    let drive = builder.finish();
    let readings = &drive.transmitters[0].readings;
    assert_eq!((readings.len(), readings[0].stop), (drive.stops.len(), 0));
}

use serde_json::Map;

use super::*;
use crate::detect::{
    Verdict,
    scene::{Build, macro_cell, north_m},
};

fn finding(rule: &'static str, severity: Severity) -> Finding {
    let facts = crate::detect::about(rule).expect("a rule").facts.to_vec();
    let grounds = crate::detect::Grounds { facts, ..crate::detect::Grounds::default() };
    Finding { rule: RuleId::of(rule), version: 1, severity, evidence: Map::new(), grounds }
}

fn critical() -> Finding {
    finding("unregistered", Severity::Critical)
}

fn high() -> Finding {
    finding("pci-mismatch", Severity::High)
}

fn time(second: i64) -> Timestamp {
    let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
    start + jiff::SignedDuration::from_secs(second)
}

/// Takes the cells of one dwell with their findings, so many seconds into the drive. Their frames start where the cells
/// say, in one timebase.
fn take_all(book: &mut AlertBook, second: i64, cells: &[(&Build, Vec<Finding>)]) -> Vec<Alert> {
    let observation = |cell: &Build| {
        let mut o = cell.observation.clone();
        (o.dwell.start, o.dwell.recording) = (Some(time(second)), second.to_string());
        o
    };
    let observations: Vec<Observation> = cells.iter().map(|(cell, _)| observation(cell)).collect();
    let judged: Vec<Judged> = (observations.iter().zip(cells))
        .map(|(o, (_, findings))| Judged {
            ecgi: o.ecgi(),
            verdict: Verdict::Unchecked,
            findings: findings.clone(),
            phase_s: Some(o.timing.at_seconds),
        })
        .collect();
    book.take(&observations, &judged)
}

fn take(book: &mut AlertBook, second: i64, cell: &Build, findings: Vec<Finding>) -> Vec<Alert> {
    take_all(book, second, &[(cell, findings)])
}

fn raised(changes: &[Alert]) -> Vec<&str> {
    changes.iter().filter(|alert| alert.revision == 1).map(|alert| &*alert.rule).collect()
}

fn states(changes: &[Alert]) -> Vec<(&str, u32, AlertState)> {
    changes.iter().map(|alert| (&*alert.id, alert.revision, alert.state)).collect()
}

/// The `n`th identity of one box: frames and offset stay.
fn identity(n: u32, pci: u16) -> Build {
    macro_cell(0x5a_00000 + n, pci).frames_at_s(4e-3).offset_hz(300.0)
}

#[test]
fn a_critical_finding_alerts_alone_and_once() {
    let mut book = AlertBook::new(&Rules::default());
    let cell = macro_cell(0x5a_fff31, 304);
    assert_eq!(raised(&take(&mut book, 0, &cell, vec![critical()])), ["unregistered"]);
    for second in [5, 200, 499] {
        assert_eq!(take(&mut book, second, &cell, vec![critical()]), []);
    }
    assert_eq!(book.open(), 1);
}

#[test]
fn a_high_finding_waits_for_one_of_another_class() {
    let mut book = AlertBook::new(&Rules::default());
    let cell = macro_cell(0x3f_0d102, 77);
    let same_class = finding("carrier-mismatch", Severity::High);
    let light = finding("thin-si", Severity::Info);
    assert_eq!(take(&mut book, 0, &cell, vec![high(), same_class, light]), []);
    let other = finding("drift", Severity::Medium);
    let changes = take(&mut book, 60, &cell, vec![other]);
    assert_eq!(raised(&changes), ["carrier-mismatch", "pci-mismatch"]);
    assert_eq!(changes[1].evidence["corroborated_by"], serde_json::json!(["drift"]));
    assert_eq!(changes[1].time, Some(time(0)));
    assert_eq!(changes[1].transmitter, changes[0].id, "both are of one transmitter");
}

#[test]
fn what_the_allow_list_knows_is_held_and_never_raised() {
    let mut book = AlertBook::new(&Rules::default());
    let cell = macro_cell(0x5a_fff31, 304);
    let mut known = critical();
    known.grounds.suppressed = true;
    let mut light = finding("drift", Severity::High);
    light.grounds.suppressed = true;
    assert_eq!(take(&mut book, 0, &cell, vec![known.clone(), light]), []);
    assert_eq!(take(&mut book, 5, &cell, vec![high()]), [], "what is allowed corroborates nothing");
    // It is over, or the cell is elsewhere.
    assert_eq!(raised(&take(&mut book, 10, &cell, vec![critical()])), ["unregistered"]);
    assert_eq!(take(&mut book, 15, &cell, vec![known]), []);
}

#[test]
fn the_operator_may_let_a_high_finding_stand_alone() {
    let rules = Rules::parse("[pci-mismatch]\nalone = true").expect("good file");
    let mut book = AlertBook::new(&rules);
    assert_eq!(raised(&take(&mut book, 0, &macro_cell(0x3f_0d102, 77), vec![high()])), ["pci-mismatch"]);
}

#[test]
fn an_alert_closes_opens_and_after_half_an_hour_is_a_new_one() {
    let mut book = AlertBook::new(&Rules::default());
    let (cell, other) = (macro_cell(0x5a_fff31, 304), macro_cell(0x3f_0d101, 301));
    let alert = take(&mut book, 0, &cell, vec![critical()]).remove(0);
    assert_eq!(take(&mut book, 300, &other, vec![]), []);
    let closed = take(&mut book, 301, &other, vec![]);
    assert_eq!(states(&closed), [(&*alert.id, 2, AlertState::Closed)]);
    assert_eq!((closed[0].last_heard, book.open()), (alert.time, 0));
    let back = take(&mut book, 1800, &cell, vec![critical()]);
    assert_eq!(states(&back), [(&*alert.id, 3, AlertState::Raised)]);
    let anew = take(&mut book, 3601, &cell, vec![critical()]);
    assert_eq!(raised(&anew), ["unregistered"]);
    assert_ne!(anew.last().expect("raised").id, alert.id);
    let gone = anew.iter().find(|change| change.id == alert.id).expect("the one before is closed");
    assert_eq!((gone.revision, gone.state), (4, AlertState::Closed));
}

#[test]
fn an_alert_rises_with_what_weighs_or_proves_more_and_not_with_less() {
    let mut book = AlertBook::new(&Rules::parse("[pci-mismatch]\nalone = true").expect("good file"));
    let cell = macro_cell(0x3f_0d102, 77);
    let heard = |severity, sinr_db: f64| vec![finding("pci-mismatch", severity).with("sinr_db", sinr_db)];
    let first = take(&mut book, 0, &cell, heard(Severity::High, -4.0)).remove(0);
    assert_eq!(take(&mut book, 5, &cell, heard(Severity::High, 1.9)), [], "5.9 dB better is not better");
    assert_eq!(take(&mut book, 10, &cell, heard(Severity::Medium, 20.0)), [], "less weight proves no more");
    let better = take(&mut book, 15, &cell, heard(Severity::High, 2.0)).remove(0);
    assert_eq!((&better.id, better.revision, better.state), (&first.id, 2, AlertState::Risen));
    assert_eq!((better.evidence["sinr_db"].as_f64(), better.severity), (Some(2.0), Severity::High));
    let heavier = take(&mut book, 20, &cell, heard(Severity::Critical, -3.0)).remove(0);
    assert_eq!((heavier.revision, heavier.severity, heavier.time), (3, Severity::Critical, first.time));
    assert_eq!(heavier.evidence["heard_dwells"], 5);
    assert_eq!(take(&mut book, 25, &cell, heard(Severity::High, 30.0)), [], "a lighter finding takes nothing back");
    let ids: BTreeSet<String> = [&first, &better, &heavier].map(Alert::revision_id).into();
    assert!(ids.len() == 3 && ids.contains(&first.id));
}

#[test]
fn the_identities_of_one_box_are_one_alert_that_grows() {
    let mut book = AlertBook::new(&Rules::default());
    let mut events = Vec::new();
    for n in 0..300 {
        let pci = 300 + (n % 7) as u16;
        events.extend(take(&mut book, i64::from(n) * 20, &identity(n, pci), vec![critical()]));
    }
    assert_eq!(raised(&events), ["unregistered"]);
    let alerts: BTreeSet<&str> = events.iter().map(|alert| &*alert.id).collect();
    assert_eq!(alerts.len(), 1);
    assert_eq!(events.len(), 1 + MAX_IDENTITIES, "raised, and then with each further identity");
    assert_eq!(events.last().expect("risen").identities.len(), MAX_IDENTITIES);
    assert_eq!(book.open(), 1);
}

/// The `n`th identity of a box whose frames start anew with each, at a level.
fn restarted(n: u32, level_db: f64) -> Build {
    identity(n, 304 + n as u16).frames_at_s(1e-3 * f64::from(n)).level_db(level_db)
}

#[test]
fn a_box_that_starts_anew_under_each_identity_is_one_alert() {
    let mut book = AlertBook::new(&Rules::default());
    let mut last = Vec::new();
    for n in 0..6 {
        for second in [0, 5, 10, 15] {
            let found = if second < 5 { vec![] } else { vec![critical()] };
            last = [last, take(&mut book, i64::from(n) * 40 + second, &restarted(n, -30.0), found)].concat();
        }
    }
    assert_eq!(raised(&last), ["unregistered"]);
    assert_eq!(last.last().expect("risen").identities.len(), 5);
}

#[test]
fn what_fades_is_elsewhere_is_late_or_is_on_air_too_is_another_box() {
    let at = |metres: f64, level_db: f64| restarted(1, level_db).change(|o| o.position = Some(north_m(metres)));
    let near = |cell: Build| cell.change(|o| o.position = Some(north_m(0.0)));
    let of = |gap_s, first_db: f64, second: Build| {
        let mut book = AlertBook::new(&Rules::default());
        let mut changes = take(&mut book, 0, &near(restarted(0, first_db)), vec![critical()]);
        changes.extend(take(&mut book, gap_s, &second, vec![critical()]));
        raised(&changes).len()
    };
    assert_eq!(of(60, -30.0, at(0.0, -36.0)), 1);
    assert_eq!(of(61, -30.0, at(0.0, -30.0)), 2, "long after");
    assert_eq!(of(60, -30.0, at(0.0, -36.1)), 2, "another level");
    assert_eq!(of(60, -54.1, at(0.0, -54.0)), 2, "faint: it went by itself");
    assert_eq!(of(60, -54.0, at(0.0, -54.0)), 1);
    assert_eq!(of(60, -30.0, at(99.0, -41.0)), 1);
    assert_eq!(of(60, -30.0, at(101.0, -30.0)), 2, "elsewhere");
    let crystal = |ppm: f64| at(0.0, -30.0).change(|o| o.offset.ppm += ppm);
    assert_eq!((of(60, -30.0, crystal(0.1)), of(60, -30.0, crystal(0.2))), (1, 2));
    assert_eq!(
        of(60, -30.0, at(0.0, -30.0).earfcn(Some(1602)).change(|o| o.carrier.hz = 1845.2e6)),
        2,
        "another carrier"
    );
    let mut book = AlertBook::new(&Rules::default());
    let (first, second) = (restarted(0, -30.0), restarted(1, -30.0));
    let mut changes = take(&mut book, 0, &first, vec![critical()]);
    changes.extend(take_all(&mut book, 5, &[(&first, vec![]), (&second, vec![])]));
    changes.extend(take(&mut book, 10, &second, vec![critical()]));
    assert_eq!(raised(&changes).len(), 2, "both are on air");
}

#[test]
fn what_is_of_one_transmitter_stays_so_when_two_become_one() {
    let mut book = AlertBook::new(&Rules::default());
    let (a, b) = (identity(1, 304), identity(2, 305));
    let more = || finding("far-from-home", Severity::Critical);
    let first = take(&mut book, 0, &a, vec![critical()]).remove(0);
    let unlike = b.clone().frames_at_s(9e-3).level_db(-50.0);
    let second = take(&mut book, 10, &unlike, vec![critical(), more()]);
    assert!(second.iter().all(|alert| alert.transmitter != first.id));
    let changes = take_all(&mut book, 20, &[(&a, vec![critical()]), (&b, vec![critical()])]);
    let other = changes.iter().find(|alert| alert.rule == "far-from-home").expect("changed");
    assert_eq!((&other.transmitter, other.revision), (&first.id, 2));
}

#[test]
fn cells_on_air_together_are_one_where_timing_and_offset_agree_and_not_otherwise() {
    let honest = macro_cell(0x3f_0d101, 301).frames_at_s(1e-3).offset_hz(300.0);
    let (a, b) = (identity(1, 304), identity(2, 305));
    let far = |change: fn(Build) -> Build| change(identity(3, 306));
    let later_frames = far(|cell| cell.frames_at_s(4.03e-3));
    let other_offset = far(|cell| cell.offset_hz(3_000.0).change(|o| o.offset.ppm += 2.0));
    for (other, alerts) in [(&b, 1), (&later_frames, 2), (&other_offset, 2)] {
        let mut book = AlertBook::new(&Rules::default());
        let cells = [(&honest, vec![]), (&a, vec![critical()]), (other, vec![critical()])];
        let changes = take_all(&mut book, 0, &cells);
        assert_eq!(raised(&changes).len(), alerts);
        assert!(changes.iter().all(|alert| alert.state == AlertState::Raised), "what is new is raised");
    }
}

#[test]
fn in_a_network_with_common_timing_two_rogues_stay_two() {
    let honest = macro_cell(0x3f_0d101, 301).frames_at_s(4e-3).offset_hz(300.0);
    let (a, b, renamed) = (identity(1, 304), identity(2, 305), identity(3, 304));
    let mut book = AlertBook::new(&Rules::default());
    let together = [(&honest, vec![]), (&a, vec![critical()]), (&b, vec![critical()])];
    assert_eq!(raised(&take_all(&mut book, 0, &together)).len(), 2);
    let later = [(&honest, vec![]), (&renamed, vec![critical()])];
    assert_eq!(raised(&take_all(&mut book, 20, &later)).len(), 0, "one PCI on one carrier is one place in the plan");
}

#[test]
fn two_alerts_of_one_transmitter_become_one() {
    let mut book = AlertBook::new(&Rules::default());
    let (a, b) = (identity(1, 304), identity(2, 305));
    let unlike = b.clone().frames_at_s(9e-3).level_db(-50.0);
    let first = take(&mut book, 0, &a, vec![critical()]).remove(0);
    let second = take(&mut book, 10, &unlike, vec![critical()]).remove(0);
    // Heard together, their frames are seen to be one.
    let changes = take_all(&mut book, 20, &[(&a, vec![critical()]), (&b, vec![critical()])]);
    let merged = changes.iter().find(|alert| alert.id == second.id).expect("merged");
    assert_eq!((merged.state, merged.revision), (AlertState::Merged, 2));
    assert_eq!((merged.merged_into.as_ref(), &merged.transmitter), (Some(&first.id), &first.id));
    let grown = changes.iter().find(|alert| alert.id == first.id).expect("grown");
    assert_eq!((grown.state, &grown.identities[..]), (AlertState::Risen, &[b.observation.ecgi().expect("named")][..]));
    assert!(!merged.is_open() && book.open() == 1);
}

#[test]
fn what_is_explained_later_closes_with_the_reason_and_only_more_weight_raises_it() {
    let foreign = |severity, plmn: &str| {
        finding("foreign-plmn", severity).with("plmn", plmn).with("carrier_hz", 1.84e9).with("base_stations", 1)
    };
    let network = || {
        let by = finding("foreign-plmn", Severity::Medium).with("plmn", "440-10").with("carrier_hz", 1.84e9);
        by.with("base_stations", 3).explaining(&["plmn", "carrier_hz"])
    };
    let mut book = AlertBook::new(&Rules::default());
    let (a, b) = (macro_cell(0x12_34501, 304), macro_cell(0x12_34701, 306).level_db(-50.0));
    let other = macro_cell(0x12_34801, 307).level_db(-50.0);
    let first = take(&mut book, 0, &a, vec![foreign(Severity::Critical, "440-10")]).remove(0);
    take(&mut book, 5, &other, vec![foreign(Severity::Critical, "441-20")]);
    // Another cell of the same network explains it; a third network is not explained.
    let changes = take(&mut book, 10, &b, vec![network()]);
    assert_eq!(states(&changes), [(&*first.id, 2, AlertState::Closed)]);
    let closed = &changes[0];
    assert_eq!((closed.severity, closed.is_explained(), book.open()), (Severity::Medium, true, 1));
    assert_eq!(
        (&closed.evidence["base_stations"], &closed.evidence["explained_by"]["base_stations"]),
        (&1.into(), &3.into())
    );
    assert!(closed.summary.contains("Explained later: 3 base stations of 440-10"), "{}", closed.summary);
    assert!(!closed.summary.contains("Next:"), "{}", closed.summary);
    // It stays closed, over a restart too, and is raised by what weighs more.
    let kept = serde_json::from_str(&serde_json::to_string(&book.kept()).expect("written")).expect("read");
    let mut book = AlertBook::new(&Rules::default()).with_kept(kept);
    assert_eq!(take(&mut book, 20, &a, vec![network()]), []);
    assert_eq!(take(&mut book, 25, &a, vec![]), []);
    let again = take(&mut book, 30, &a, vec![foreign(Severity::Critical, "440-10")]);
    assert_eq!(states(&again), [(&*first.id, 3, AlertState::Risen)]);
    assert!(!again[0].is_explained() && again[0].severity == Severity::Critical);
}

#[test]
fn what_is_explained_before_it_alerts_is_not_raised_by_what_corroborates_it() {
    let foreign = |severity| finding("foreign-plmn", severity).with("plmn", "440-10");
    let raised_after = |explained: bool| {
        let mut book = AlertBook::new(&Rules::default());
        let (a, b) = (macro_cell(0x12_34501, 304), macro_cell(0x12_34701, 306).level_db(-50.0));
        assert_eq!(take(&mut book, 0, &a, vec![foreign(Severity::High)]), []);
        let network = foreign(Severity::Medium);
        let network = if explained { network.explaining(&["plmn"]) } else { network };
        assert_eq!(take(&mut book, 5, &b, vec![network]), []);
        raised(&take(&mut book, 10, &a, vec![finding("drift", Severity::Medium)])).len()
    };
    assert_eq!((raised_after(false), raised_after(true)), (1, 0));
}

#[test]
fn a_replay_gives_the_same_revisions_and_without_times_one_drive() {
    let run = || {
        let mut book = AlertBook::new(&Rules::default());
        (0..40).flat_map(|n| take(&mut book, n * 15, &identity(n as u32, 304), vec![critical()])).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
    let mut book = AlertBook::new(&Rules::default());
    let cell = macro_cell(0x5a_fff31, 304);
    let judged = || [Judged { ecgi: None, verdict: Verdict::Unchecked, findings: vec![critical()], phase_s: None }];
    let o = std::slice::from_ref(&cell.observation);
    assert_eq!(book.take(o, &judged()).len(), 1);
    assert_eq!(book.take(o, &judged()), []);
}

#[test]
fn a_book_that_was_written_down_goes_on_alike() {
    let mut book = AlertBook::new(&Rules::default());
    let (cell, other) = (macro_cell(0x5a_fff31, 304).frames_at_s(1e-3), macro_cell(0x3f_0d102, 77).frames_at_s(2e-3));
    take(&mut book, 0, &cell, vec![critical()]);
    take(&mut book, 5, &other, vec![high()]);
    take_all(&mut book, 7, &[(&identity(1, 304), vec![critical()]), (&identity(2, 305), vec![critical()])]);
    let text = serde_json::to_string(&book.kept()).expect("written");
    let kept = serde_json::from_str(&text).expect("read");
    let mut read = AlertBook::new(&Rules::default()).with_kept(kept);
    assert_eq!(read.kept(), book.kept());
    let light = || vec![finding("drift", Severity::Medium)];
    for (second, cell, findings) in [(10, &other, light()), (400, &other, vec![]), (500, &cell, vec![critical()])] {
        let changes = take(&mut read, second, cell, findings.clone());
        assert_eq!(changes, take(&mut book, second, cell, findings));
        assert!(!changes.is_empty());
    }
}

#[test]
fn the_summary_says_where_it_was_strongest() {
    let mut book = AlertBook::new(&Rules::default());
    let near = macro_cell(0x5a_fff31, 304).level_db(-30.0).change(|o| o.position = Some(north_m(100.0)));
    // Farther off the receiver amplifies more: what it receives is larger, and what comes in is less.
    let far = macro_cell(0x5a_fff31, 304).change(|o| {
        (o.position, o.dwell.gain_db, o.level.rsrp_dbfs) = (Some(north_m(900.0)), Some(60.0), -5.0);
    });
    let twice = take_all(&mut book, 0, &[(&near, vec![]), (&near.clone().frames_at_s(4e-3), vec![])]);
    assert!(twice.is_empty());
    let alert = take(&mut book, 5, &far, vec![critical()]).remove(0);
    assert!(
        alert
            .summary
            .contains("Heard in 2 dwells so far, strongest -30 dB (receiver gain removed) at 37.47890, 126.87800."),
        "{}",
        alert.summary
    );
}

#[test]
fn the_event_has_the_fields_of_the_contract() {
    let alert =
        take(&mut AlertBook::new(&Rules::default()), 0, &macro_cell(0x5a_fff31, 304), vec![critical()]).remove(0);
    let event = serde_json::to_value(alert).expect("JSON");
    for (field, value) in [("ecgi", "450-08-5afff31"), ("rule", "unregistered"), ("severity", "critical")] {
        assert_eq!(event[field], value);
    }
    assert_eq!((&event["pci"], &event["earfcn"]), (&304.into(), &1550.into()));
    assert_eq!((&event["revision"], &event["state"]), (&1.into(), &"raised".into()));
    assert_eq!(event["time"], "2026-11-20T01:00:00Z");
    assert!(event["evidence_file"].is_null() && event["evidence"].is_object() && event["id"].is_string());
}

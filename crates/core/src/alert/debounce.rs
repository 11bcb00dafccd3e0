//! One alert a cell and rule, however often the rule fires.
//!
//! Time is that of the dwells. The first finding raises an alert; further ones belong to it. It closes when the cell was
//! not heard for the debounce time, opens again when the cell is back, and only after a longer absence is a finding a
//! new alert. Recordings without a time are one drive.

use std::collections::{BTreeMap, BTreeSet};

use cellwarden_event::RuleId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Alert, CellId,
    corroboration::{Standing, corroborating},
};
use crate::{
    detect::{Finding, Judged, Rules, Severity, rules_file::AlertLimits},
    observation::Observation,
};

/// Cells remembered; the longest unheard are forgotten first.
const MAX_CELLS: usize = 4096;

/// What a dwell did to the alerts.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A new alert.
    Raised(Alert),
    /// The cell of an alert is gone.
    Closed {
        /// The alert.
        id: String,
        /// When the cell was last heard.
        time: Option<Timestamp>,
    },
    /// The cell of a closed alert is back and the rule fires again.
    Opened {
        /// The alert.
        id: String,
        /// When.
        time: Option<Timestamp>,
    },
}

/// A finding that stands, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) finding: Finding,
    pub(super) first: Option<Timestamp>,
    pub(super) alert: Option<String>,
    pub(super) open: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CellRecord {
    pub(super) heard: Option<Timestamp>,
    pub(super) rules: BTreeMap<RuleId, Held>,
}

/// The findings and alerts of every cell.
///
/// After a restart the stored dwells are judged and taken again, and the changes dropped: that rebuilds it.
#[derive(Debug)]
pub struct AlertBook {
    limits: AlertLimits,
    alone: BTreeSet<&'static str>,
    pub(super) cells: BTreeMap<CellId, CellRecord>,
}

impl AlertBook {
    /// An empty book under the limits of a rules file.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        let alone = crate::detect::RULES.iter().map(|entry| entry.about.id).filter(|id| rules.alone(id)).collect();
        Self { limits: rules.limits, alone, cells: BTreeMap::new() }
    }

    /// Takes the judged cells of one dwell: what was raised, opened again and closed.
    pub fn take(&mut self, observations: &[Observation], judged: &[Judged]) -> Vec<Change> {
        let mut changes = Vec::new();
        let now = observations.first().and_then(|o| o.dwell.start);
        for (observation, judged) in observations.iter().zip(judged) {
            let cell = CellId::new(observation, judged.ecgi);
            self.hear(&cell, now, &mut changes);
            self.hold(&cell, now, &judged.findings, &mut changes);
        }
        self.close(now, &mut changes);
        self.make_room();
        changes
    }

    /// How many alerts are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.cells.values().flat_map(|record| record.rules.values()).filter(|held| held.open).count()
    }

    /// Notes that a cell is on air; after a long absence it starts anew.
    fn hear(&mut self, cell: &CellId, now: Option<Timestamp>, changes: &mut Vec<Change>) {
        let record = self.cells.entry(cell.clone()).or_default();
        if apart_s(record.heard, now) > self.limits.again_after_s {
            close_all(record, changes);
            record.rules.clear();
        }
        record.heard = record.heard.max(now);
    }

    fn hold(&mut self, cell: &CellId, now: Option<Timestamp>, findings: &[Finding], changes: &mut Vec<Change>) {
        let Some(record) = self.cells.get_mut(cell) else { return };
        for finding in findings {
            let held = record.rules.entry(finding.rule.clone()).or_insert_with(|| Held {
                finding: finding.clone(),
                first: now,
                alert: None,
                open: false,
            });
            let excused = held.finding.grounds.suppressed && !finding.grounds.suppressed;
            if held.alert.is_none() && (excused || finding.severity > held.finding.severity) {
                (held.finding, held.first) = (finding.clone(), now);
            }
            if let Some(id) = held.alert.clone().filter(|_| !held.open) {
                held.open = true;
                changes.push(Change::Opened { id, time: now });
            }
        }
        // A finding may be corroborated dwells later, so all that stand are looked at, not only the new ones.
        let standing: Vec<Standing> = record.rules.values().map(|held| Standing::of(&held.finding)).collect();
        for held in record.rules.values_mut().filter(|held| held.alert.is_none()) {
            let by = corroborating(&held.finding, &standing);
            let alerts_now = match held.finding.severity {
                _ if held.finding.grounds.suppressed => false,
                Severity::Critical => true,
                Severity::High => !by.is_empty() || self.alone.contains(&*held.finding.rule),
                Severity::Medium | Severity::Info => false,
            };
            if alerts_now {
                let alert = Alert::new(cell, &held.finding, held.first, by);
                held.alert = Some(alert.id.clone());
                held.open = true;
                changes.push(Change::Raised(alert));
            }
        }
    }

    fn close(&mut self, now: Option<Timestamp>, changes: &mut Vec<Change>) {
        let debounce_s = self.limits.debounce_s;
        for record in self.cells.values_mut().filter(|record| apart_s(record.heard, now) > debounce_s) {
            close_all(record, changes);
        }
    }

    fn make_room(&mut self) {
        while self.cells.len() > MAX_CELLS {
            let oldest = self.cells.iter().min_by_key(|(_, record)| record.heard).map(|(cell, _)| cell.clone());
            oldest.and_then(|cell| self.cells.remove(&cell));
        }
    }
}

fn close_all(record: &mut CellRecord, changes: &mut Vec<Change>) {
    for held in record.rules.values_mut().filter(|held| held.open) {
        held.open = false;
        changes.extend(held.alert.clone().map(|id| Change::Closed { id, time: record.heard }));
    }
}

/// Seconds between two times, 0 where one is unknown.
fn apart_s(a: Option<Timestamp>, b: Option<Timestamp>) -> f64 {
    a.zip(b).map_or(0.0, |(a, b)| a.duration_since(b).as_secs_f64().abs())
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::detect::{
        Verdict,
        scene::{Build, macro_cell},
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

    /// Takes one cell with these findings, so many seconds into the drive.
    fn take(book: &mut AlertBook, second: i64, cell: &Build, findings: Vec<Finding>) -> Vec<Change> {
        let mut o = cell.observation.clone();
        let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
        o.dwell.start = Some(start + jiff::SignedDuration::from_secs(second));
        let judged = Judged { ecgi: o.ecgi(), verdict: Verdict::Unchecked, findings };
        book.take(&[o], &[judged])
    }

    fn raised(changes: &[Change]) -> Vec<&str> {
        changes.iter().filter_map(|c| if let Change::Raised(alert) = c { Some(&*alert.rule) } else { None }).collect()
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
        let Change::Raised(alert) = &changes[1] else { panic!("raised") };
        assert_eq!(alert.evidence["corroborated_by"], serde_json::json!(["drift"]));
        assert_eq!(alert.time, Some("2026-11-20T01:00:00Z".parse().expect("a time")));
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
        let first = take(&mut book, 0, &cell, vec![critical()]);
        let Change::Raised(alert) = &first[0] else { panic!("raised") };
        assert_eq!(take(&mut book, 300, &other, vec![]), []);
        let closed = take(&mut book, 301, &other, vec![]);
        assert_eq!(closed, [Change::Closed { id: alert.id.clone(), time: alert.time }]);
        let back = take(&mut book, 1800, &cell, vec![critical()]);
        assert!(matches!(&back[..], [Change::Opened { id, .. }] if *id == alert.id), "{back:?}");
        let anew = take(&mut book, 3601, &cell, vec![critical()]);
        assert_eq!(raised(&anew), ["unregistered"]);
        assert!(!anew.iter().any(|c| matches!(c, Change::Raised(a) if a.id == alert.id)));
    }

    #[test]
    fn a_replay_gives_the_same_ids_and_without_times_one_drive() {
        let cell = macro_cell(0x5a_fff31, 304);
        let run = || take(&mut AlertBook::new(&Rules::default()), 5, &cell, vec![critical()]);
        assert_eq!(run(), run());
        let mut book = AlertBook::new(&Rules::default());
        let judged = || [Judged { ecgi: None, verdict: Verdict::Unchecked, findings: vec![critical()] }];
        let o = std::slice::from_ref(&cell.observation);
        assert_eq!(book.take(o, &judged()).len(), 1);
        assert_eq!(book.take(o, &judged()), []);
    }

    #[test]
    fn a_book_that_was_written_down_goes_on_alike() {
        let mut book = AlertBook::new(&Rules::default());
        let (cell, other) = (macro_cell(0x5a_fff31, 304), macro_cell(0x3f_0d102, 77));
        take(&mut book, 0, &cell, vec![critical()]);
        take(&mut book, 5, &other, vec![high()]);
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
    fn the_event_has_the_fields_of_the_contract() {
        let changes = take(&mut AlertBook::new(&Rules::default()), 0, &macro_cell(0x5a_fff31, 304), vec![critical()]);
        let Change::Raised(alert) = &changes[0] else { panic!("raised") };
        let event = serde_json::to_value(alert).expect("JSON");
        for (field, value) in [("ecgi", "450-08-5afff31"), ("rule", "unregistered"), ("severity", "critical")] {
            assert_eq!(event[field], value);
        }
        assert_eq!((&event["pci"], &event["earfcn"]), (&304.into(), &1550.into()));
        assert_eq!(event["time"], "2026-11-20T01:00:00Z");
        assert!(event["evidence_file"].is_null() && event["evidence"].is_object() && event["id"].is_string());
    }
}

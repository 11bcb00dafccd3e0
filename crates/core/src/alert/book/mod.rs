//! One alert a transmitter and rule, however often the rule fires.
//!
//! Time is that of the dwells. The first finding raises an alert; further ones belong to it, and make it rise where they
//! weigh more, prove more, or are of another cell of the same transmitter. It closes when its cells were not heard for the
//! debounce time, is raised again when one is back, and only after a longer absence is a finding a new alert. Recordings
//! without a time are one drive.

use std::collections::{BTreeMap, BTreeSet};

use cellwarden_event::{AlertState, RuleId};
use cellwarden_text::Language;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Alert, CellId, EXPLAINED_BY,
    corroboration::{Standing, corroborating},
    mark::{Mark, marks},
    sentence,
};
use crate::{
    detect::{Finding, Judged, Rules, Severity, rules_file::AlertLimits},
    observation::{Ecgi, Observation, Position},
};

/// Cells remembered; the longest unheard are forgotten first.
const MAX_CELLS: usize = 4096;

/// So much more Es/N0, in decibels, is better evidence: every block that the alert rests on decodes with margin then, and
/// from the faintest SIB1 (-10 dB) to the strongest (30 dB) an alert takes new evidence seven times at most.
const BETTER_DB: f64 = 6.0;

/// Further identities that an alert names, with a revision each; more would say nothing new.
const MAX_IDENTITIES: usize = 64;

/// A finding that stands, and the alert that it belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) finding: Finding,
    pub(super) first: Option<Timestamp>,
    pub(super) alert: Option<String>,
}

/// The dwells in which a cell was heard, and the strongest of them.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct HeardIn {
    dwells: u32,
    #[serde(default)]
    strongest: Option<Strongest>,
}

/// The dwell in which a cell was heard strongest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Strongest {
    /// As received.
    dbfs: f64,
    /// Freed of the receiver's gain; `None` where the gain is unknown.
    comparable_db: Option<f64>,
    at: Option<Position>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct CellRecord {
    pub(super) heard: Option<Timestamp>,
    pub(super) heard_in: HeardIn,
    /// When it was heard for the first time.
    pub(super) came: Option<Mark>,
    /// When it was heard last.
    pub(super) mark: Option<Mark>,
    pub(super) rules: BTreeMap<RuleId, Held>,
}

/// An alert as it stands, and the cells whose findings belong to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StandingAlert {
    pub(super) alert: Alert,
    pub(super) cells: BTreeSet<CellId>,
}

/// The findings and alerts of every cell.
///
/// After a restart the stored dwells are judged and taken again, and the changes dropped: that rebuilds it.
#[derive(Debug)]
pub struct AlertBook {
    limits: AlertLimits,
    alone: BTreeSet<&'static str>,
    pub(super) cells: BTreeMap<CellId, CellRecord>,
    pub(super) alerts: BTreeMap<String, StandingAlert>,
}

/// The alerts that a dwell changes, in the order of the first change: however much happens to one, it is one revision.
#[derive(Default)]
struct Changed {
    order: Vec<String>,
    merged: BTreeMap<String, Alert>,
}

impl Changed {
    fn add(&mut self, id: &str) {
        if !self.order.iter().any(|known| known == id) {
            self.order.push(id.to_owned());
        }
    }
}

impl AlertBook {
    /// An empty book under the limits of a rules file.
    #[must_use]
    pub fn new(rules: &Rules) -> Self {
        let alone = crate::detect::RULES.iter().map(|entry| entry.about.id).filter(|id| rules.alone(id)).collect();
        Self { limits: rules.limits, alone, cells: BTreeMap::new(), alerts: BTreeMap::new() }
    }

    /// Takes the judged cells of one dwell: a revision of each alert that changed, the first of those that are new.
    pub fn take(&mut self, observations: &[Observation], judged: &[Judged]) -> Vec<Alert> {
        let mut changed = Changed::default();
        let now = observations.first().and_then(|o| o.dwell.start);
        let mut heard = BTreeSet::new();
        for ((observation, judged), mark) in observations.iter().zip(judged).zip(marks(observations, judged)) {
            let cell = CellId::new(observation, judged.ecgi);
            self.hear(&cell, observation, mark, &mut changed);
            if heard.insert(cell.clone()) {
                self.cells.entry(cell.clone()).or_default().heard_in.dwells += 1;
            }
            self.hold(&cell, now, &judged.findings, &mut changed);
            judged.findings.iter().for_each(|finding| self.explain(finding, &mut changed));
            self.raise(&cell, &mut changed);
            self.merge(&cell, &mut changed);
        }
        self.close(now, &mut changed);
        let revisions = self.revisions(changed);
        self.make_room();
        revisions
    }

    /// How many alerts are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.alerts.values().filter(|standing| standing.alert.is_open()).count()
    }

    /// Notes that a cell is on air; after a long absence it starts anew.
    fn hear(&mut self, cell: &CellId, observation: &Observation, mark: Mark, changed: &mut Changed) {
        let now = observation.dwell.start;
        if self.cells.get(cell).is_some_and(|record| apart_s(record.heard, now) > self.limits.again_after_s) {
            self.forget(cell, changed);
        }
        let record = self.cells.entry(cell.clone()).or_default();
        record.heard = record.heard.max(now);
        record.came.get_or_insert_with(|| mark.clone());
        record.mark = Some(mark);
        record.heard_in.add(observation);
    }

    /// Takes a cell out of its alerts, which close where they have no other.
    fn forget(&mut self, cell: &CellId, changed: &mut Changed) {
        let Some(record) = self.cells.remove(cell) else { return };
        for id in record.rules.into_values().filter_map(|held| held.alert) {
            let Some(standing) = self.alerts.get_mut(&id) else { continue };
            standing.cells.remove(cell);
            standing.alert.last_heard = standing.alert.last_heard.max(record.heard);
            if standing.cells.is_empty() && standing.alert.is_open() {
                standing.alert.state = AlertState::Closed;
                changed.add(&id);
            }
        }
    }

    /// Takes the findings of a cell in a dwell: the heaviest of a rule and, of equals, the best proven stands.
    fn hold(&mut self, cell: &CellId, now: Option<Timestamp>, findings: &[Finding], changed: &mut Changed) {
        let Some(record) = self.cells.get_mut(cell) else { return };
        for finding in findings {
            let held = record.rules.entry(finding.rule.clone()).or_insert_with(|| Held {
                finding: finding.clone(),
                first: now,
                alert: None,
            });
            let is_heavier = finding.severity > held.finding.severity;
            let is_better = finding.severity == held.finding.severity
                && sinr_db(finding).zip(sinr_db(&held.finding)).is_some_and(|(new, old)| new >= old + BETTER_DB);
            // What the allow-list excused before and does not now is new.
            let is_no_longer_excused = held.finding.grounds.suppressed && !finding.grounds.suppressed;
            if (is_heavier || is_no_longer_excused) && held.alert.is_none() {
                held.first = now;
            }
            if is_heavier || is_better || is_no_longer_excused {
                held.finding = finding.clone();
            }
            if finding.grounds.suppressed {
                continue;
            }
            let Some(standing) = held.alert.as_ref().and_then(|id| self.alerts.get_mut(id)) else { continue };
            if finding.severity > standing.alert.severity || standing.alert.is_about(cell) && is_better {
                standing.alert.rise(finding);
                changed.add(&standing.alert.id);
            }
            if !standing.alert.is_open() && !standing.alert.is_explained() {
                standing.alert.state = AlertState::Raised;
                changed.add(&standing.alert.id);
            }
        }
    }

    /// Closes the alerts that a finding explains, with its values as the reason: they weigh what it weighs, and only a heavier
    /// finding raises them again.
    fn explain(&mut self, reason: &Finding, changed: &mut Changed) {
        let names = &reason.grounds.explains;
        if names.is_empty() {
            return;
        }
        let explains = |evidence: &Map<String, Value>| {
            names.iter().all(|name| evidence.get(name).is_some_and(|value| reason.evidence.get(name) == Some(value)))
        };
        for standing in self.alerts.values_mut() {
            let alert = &mut standing.alert;
            if alert.rule == reason.rule && !alert.is_explained() && explains(&alert.evidence) {
                alert.explained_by(reason);
                changed.add(&alert.id);
            }
        }
        let held = self.cells.values_mut().filter_map(|record| record.rules.get_mut(&reason.rule));
        for held in held.filter(|held| held.finding.severity > reason.severity && explains(&held.finding.evidence)) {
            held.finding.severity = reason.severity;
        }
    }

    /// Makes alerts of the findings that weigh enough, or adds them to the alert of the same transmitter.
    fn raise(&mut self, cell: &CellId, changed: &mut Changed) {
        let Some(record) = self.cells.get(cell) else { return };
        // A finding may be corroborated dwells later, so all that stand are looked at, not only the new ones.
        let standing: Vec<Standing> = record.rules.values().map(|held| Standing::of(&held.finding)).collect();
        let mut due = Vec::new();
        for held in record.rules.values().filter(|held| held.alert.is_none()) {
            let by = corroborating(&held.finding, &standing);
            let alerts_now = match held.finding.severity {
                _ if held.finding.grounds.suppressed => false,
                Severity::Critical => true,
                Severity::High => !by.is_empty() || self.alone.contains(&*held.finding.rule),
                Severity::Medium | Severity::Info => false,
            };
            if alerts_now {
                due.push(Alert::new(cell, &held.finding, held.first, by));
            }
        }
        if due.is_empty() {
            return;
        }
        let one_with = self.one_with(cell);
        for mut alert in due {
            let rule = alert.rule.clone();
            let id = match one_with.iter().find_map(|other| self.open_alert(other, &rule)) {
                Some(id) => id,
                None => {
                    let own = self.cells.get(cell).into_iter().flat_map(|record| record.rules.values());
                    let others = one_with.iter().filter_map(|other| self.cells.get(other));
                    let others = others.flat_map(|record| record.rules.values());
                    let mut known = own.chain(others).filter_map(|held| self.alerts.get(held.alert.as_ref()?));
                    if let Some(standing) = known.find(|standing| standing.alert.is_open()) {
                        alert.transmitter = standing.alert.transmitter.clone();
                    }
                    let id = alert.id.clone();
                    // Raised as its first revision.
                    alert.revision = 0;
                    self.alerts.insert(id.clone(), StandingAlert { alert, cells: BTreeSet::new() });
                    changed.add(&id);
                    id
                }
            };
            self.join(cell, &rule, &id, changed);
        }
    }

    /// Adds a cell's finding to an alert.
    fn join(&mut self, cell: &CellId, rule: &RuleId, id: &str, changed: &mut Changed) {
        let Some(held) = self.cells.get_mut(cell).and_then(|record| record.rules.get_mut(rule)) else { return };
        let Some(standing) = self.alerts.get_mut(id) else { return };
        held.alert = Some(id.to_owned());
        standing.cells.insert(cell.clone());
        if held.finding.severity > standing.alert.severity {
            standing.alert.rise(&held.finding);
            changed.add(id);
        }
        if standing.alert.adds_identity(cell) {
            changed.add(id);
        }
    }

    /// Joins the alerts of a rule that turn out to be of one transmitter: the younger goes into the older.
    fn merge(&mut self, cell: &CellId, changed: &mut Changed) {
        let Some(record) = self.cells.get(cell) else { return };
        let rules: Vec<RuleId> =
            record.rules.keys().filter(|rule| self.open_alert(cell, rule).is_some()).cloned().collect();
        // Most cells have no alert, and are compared with none.
        if rules.is_empty() {
            return;
        }
        for other in self.one_with(cell) {
            for rule in &rules {
                let (Some(a), Some(b)) = (self.open_alert(cell, rule), self.open_alert(&other, rule)) else {
                    continue;
                };
                if a == b {
                    continue;
                }
                let age = |id: &String| self.alerts.get(id).map(|s| (s.alert.time, s.alert.id.clone()));
                let (into, from) = if age(&a) <= age(&b) { (a, b) } else { (b, a) };
                let Some(mut gone) = self.alerts.remove(&from) else { continue };
                for cell in &gone.cells {
                    self.join(cell, rule, &into, changed);
                }
                gone.alert.state = AlertState::Merged;
                gone.alert.merged_into = Some(into.clone());
                let transmitter = self.alerts.get(&into).map_or_else(|| into.clone(), |s| s.alert.transmitter.clone());
                let was = std::mem::replace(&mut gone.alert.transmitter, transmitter.clone());
                changed.add(&from);
                changed.merged.insert(from, gone.alert);
                // Its alerts of other rules are the same transmitter's.
                for (id, standing) in
                    self.alerts.iter_mut().filter(|(_, s)| s.alert.transmitter == was && was != transmitter)
                {
                    standing.alert.transmitter.clone_from(&transmitter);
                    changed.add(id);
                }
                changed.add(&into);
            }
        }
    }

    /// The other cells that are the same transmitter as a cell, as far as both were heard lately.
    fn one_with(&self, cell: &CellId) -> Vec<CellId> {
        let Some(own) = self.cells.get(cell) else { return Vec::new() };
        let is_one = |other: &CellRecord| {
            let marks = own.mark.as_ref().zip(other.mark.as_ref());
            let became = |first: &CellRecord, second: &CellRecord| {
                first.mark.as_ref().zip(second.came.as_ref()).is_some_and(|(last, came)| last.became(came))
            };
            marks.is_some_and(|(own, other)| own.is_one_with(other)) || became(other, own) || became(own, other)
        };
        let suspicious = self.cells.iter().filter(|(_, record)| record.rules.values().any(|held| held.alert.is_some()));
        suspicious.filter(|(other, record)| *other != cell && is_one(record)).map(|(other, _)| other.clone()).collect()
    }

    /// The open alert that a cell has of a rule.
    fn open_alert(&self, cell: &CellId, rule: &RuleId) -> Option<String> {
        let id = self.cells.get(cell)?.rules.get(rule)?.alert.clone()?;
        self.alerts.get(&id).is_some_and(|standing| standing.alert.is_open()).then_some(id)
    }

    fn close(&mut self, now: Option<Timestamp>, changed: &mut Changed) {
        let debounce_s = self.limits.debounce_s;
        for (id, standing) in self.alerts.iter_mut().filter(|(_, standing)| standing.alert.is_open()) {
            let heard = standing.cells.iter().filter_map(|cell| self.cells.get(cell));
            if heard.map(|record| apart_s(record.heard, now)).all(|apart_s| apart_s > debounce_s) {
                standing.alert.state = AlertState::Closed;
                changed.add(id);
            }
        }
    }

    /// The changed alerts, each under its next revision.
    fn revisions(&mut self, mut changed: Changed) -> Vec<Alert> {
        let mut revisions = Vec::new();
        for id in &changed.order {
            let (alert, cells) = match (changed.merged.get_mut(id), self.alerts.get_mut(id)) {
                (Some(alert), _) => (alert, None),
                (None, Some(standing)) => (&mut standing.alert, Some(&standing.cells)),
                (None, None) => continue,
            };
            alert.revision += 1;
            if alert.revision == 1 && alert.is_open() {
                alert.state = AlertState::Raised;
            }
            let records = cells.into_iter().flatten().filter_map(|cell| self.cells.get(cell));
            alert.last_heard = records.filter_map(|record| record.heard).max().max(alert.last_heard);
            let own = self.cells.iter().find(|(cell, _)| alert.is_about(cell)).map(|(_, record)| &record.heard_in);
            own.into_iter().for_each(|heard_in| heard_in.enter(alert));
            alert.summary = sentence(Language::English, alert);
            revisions.push(alert.clone());
        }
        self.alerts.retain(|_, standing| !standing.cells.is_empty());
        revisions
    }

    fn make_room(&mut self) {
        while self.cells.len() > MAX_CELLS {
            let oldest = self.cells.iter().min_by_key(|(_, record)| record.heard).map(|(cell, _)| cell.clone());
            // Whether its alerts close is not known: it was not heard, nor were the dwells watched for it.
            oldest.into_iter().for_each(|cell| self.forget(&cell, &mut Changed::default()));
            self.alerts.retain(|_, standing| !standing.cells.is_empty());
        }
    }
}

impl HeardIn {
    /// Takes the level of a dwell. Levels compare without the receiver's gain: where one is known, those without are left
    /// out.
    fn add(&mut self, o: &Observation) {
        if o.is_clipped() {
            return;
        }
        let new = Strongest { dbfs: f64::from(o.level.rsrp_dbfs), comparable_db: o.comparable_db(), at: o.position };
        let is_stronger = self.strongest.is_none_or(|old| match (new.comparable_db, old.comparable_db) {
            (Some(new_db), Some(old_db)) => new_db > old_db,
            (None, None) => new.dbfs > old.dbfs,
            (new_db, _) => new_db.is_some(),
        });
        if is_stronger {
            self.strongest = Some(new);
        }
    }

    fn enter(&self, alert: &mut Alert) {
        let rounded = |db: f64| crate::detect::rule::rounded(db, 1);
        let strongest = self.strongest;
        alert.evidence.insert("heard_dwells".to_owned(), self.dwells.into());
        alert.evidence.insert("strongest_dbfs".to_owned(), strongest.map(|s| rounded(s.dbfs)).into());
        let without_gain = strongest.and_then(|s| s.comparable_db).map(rounded);
        alert.evidence.insert("strongest_without_gain_db".to_owned(), without_gain.into());
        alert.evidence.insert("strongest_at".to_owned(), json!(strongest.and_then(|s| s.at)));
    }
}

impl Alert {
    /// Closes it, as a finding explains what it rests on.
    fn explained_by(&mut self, reason: &Finding) {
        self.evidence.insert(EXPLAINED_BY.to_owned(), Value::Object(reason.evidence.clone()));
        self.severity = reason.severity;
        self.state = AlertState::Closed;
    }

    /// Takes a finding that weighs or proves more.
    fn rise(&mut self, finding: &Finding) {
        let corroborated_by = self.evidence.remove("corroborated_by");
        self.evidence = finding.evidence.clone();
        self.evidence.extend(corroborated_by.map(|rules| ("corroborated_by".to_owned(), rules)));
        (self.rule_version, self.severity) = (finding.version, self.severity.max(finding.severity));
        self.state = AlertState::Risen;
    }

    /// Adds the identity of another cell of its transmitter; whether it is a new one.
    fn adds_identity(&mut self, cell: &CellId) -> bool {
        let known = |ecgi: &Ecgi| Some(*ecgi) == self.ecgi || self.identities.contains(ecgi);
        let Some(ecgi) = cell.ecgi.filter(|ecgi| !known(ecgi) && self.identities.len() < MAX_IDENTITIES) else {
            return false;
        };
        self.identities.push(ecgi);
        self.state = AlertState::Risen;
        true
    }
}

/// CRS Es/N0 of the reception that a finding rests on.
fn sinr_db(finding: &Finding) -> Option<f64> {
    finding.evidence.get("sinr_db")?.as_f64()
}

/// Seconds between two times, 0 where one is unknown.
fn apart_s(a: Option<Timestamp>, b: Option<Timestamp>) -> f64 {
    a.zip(b).map_or(0.0, |(a, b)| a.duration_since(b).as_secs_f64().abs())
}

#[cfg(test)]
mod tests;

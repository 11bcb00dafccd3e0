//! `warning-alone`: a public warning that only one cell of a network sends.

use serde_json::json;

use super::{
    history::{Track, time_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::observation::BroadcastFacts;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "warning-alone",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Warning],
    severity: Severity::High,
    seen: "SIB10 to SIB12, or paging that announces them, from one cell while the other cells of the network heard beside it \
           schedule none",
    reference: "TS 36.331 §5.2.1.5 (ETWS and CMAS); TS 23.041 §9.1.3.4 (a warning goes to all cells of its area)",
    false_positives: "local tests; the edge of a warning's area",
    settings: WarningAlone::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct WarningAlone {
        /// Other cells of the network whose schedules must be known.
        min_others: usize = 2,
        /// Seconds within which they must have been heard: warnings begin and end.
        window_s: f64 = 60.0,
    }
}

/// Blocks with warnings. TS 36.331 §6.3.1.
const WARNING_SIBS: [u8; 3] = [10, 11, 12];

impl Rule for WarningAlone {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let plmns = observation.identity.as_ref().filter(|_| case.confirmed)?.all_plmns();
        let facts = &observation.broadcast;
        let announced = facts.paging.is_some_and(|paging| paging.warnings > 0);
        if !(warns(facts) || announced) {
            return None;
        }
        let now_s = time_s(observation);
        let is_near =
            |then_s: Option<f64>| now_s.zip(then_s).is_none_or(|(now, then)| (now - then).abs() <= self.window_s);
        let own = case.cell.track;
        let is_other = |track: &&Track| {
            let named = track.sightings.iter().rev().find(|s| s.ecgi.is_some());
            !std::ptr::eq(*track, own) && track.is_of_any(&plmns) && named.is_some_and(|s| is_near(s.time_s))
        };
        let others: Vec<&Track> = case.history.tracks().iter().filter(is_other).collect();
        // What a cell schedules now; its former warnings stay among its facts.
        let known: Vec<_> = others.iter().filter(|track| !track.broadcast.scheduled_sibs.is_empty()).collect();
        let quiet: Vec<String> = known
            .iter()
            .filter(|track| !schedules_warnings(&track.broadcast))
            .filter_map(|track| Some(track.identities.iter().max_by_key(|k| k.last_seq)?.ecgi.to_string()))
            .collect();
        if quiet.len() < self.min_others || quiet.len() < known.len() {
            return None;
        }
        Some(
            case.finding(&ABOUT)
                .with("ecgi", observation.ecgi().map(|ecgi| ecgi.to_string()))
                .with("warnings", json!(facts.warnings))
                .with("warning_sibs_scheduled", warning_sibs(&facts.scheduled_sibs))
                .with("warning_pages", facts.paging.map(|paging| paging.warnings))
                .with("quiet_cells", quiet),
        )
    }
}

fn warning_sibs(sibs: &[u8]) -> Vec<u8> {
    sibs.iter().copied().filter(|sib| WARNING_SIBS.contains(sib)).collect()
}

fn schedules_warnings(facts: &BroadcastFacts) -> bool {
    !warning_sibs(&facts.scheduled_sibs).is_empty()
}

/// Whether a cell sends a warning in this dwell.
fn warns(facts: &BroadcastFacts) -> bool {
    !facts.warnings.is_empty() || schedules_warnings(facts)
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::{
        detect::{
            Finding,
            scene::{Build, Scene, macro_cell},
        },
        observation::{PagingCounts, Warning},
    };

    fn quiet(n: u16) -> Build {
        macro_cell(0x3f_0d100 + u32::from(n), 300 + n).broadcast(|b| b.scheduled_sibs = vec![2, 3, 5])
    }

    fn warning(n: u16) -> Build {
        let sent = Warning { message_identifier: 4370, serial_number: 1, text: Some("Evacuate".to_owned()) };
        quiet(n).broadcast(|b| (b.scheduled_sibs, b.warnings) = (vec![2, 3, 5, 12], vec![sent]))
    }

    fn last_of(cells: &[Build]) -> Option<Finding> {
        Scene::new().dwell(cells).pop().expect("a cell").of(ABOUT.id)
    }

    #[test]
    fn fires_where_one_cell_of_several_warns() {
        let finding = last_of(&[quiet(1), quiet(2), warning(9)]).expect("fires");
        assert_eq!(finding.evidence["warnings"][0]["message_identifier"], 4370);
        assert_eq!(finding.evidence["quiet_cells"], serde_json::json!(["450-08-3f0d101", "450-08-3f0d102"]));
        let pages = quiet(9).broadcast(|b| b.paging = Some(PagingCounts { warnings: 1, ..PagingCounts::default() }));
        assert!(last_of(&[quiet(1), quiet(2), pages]).is_some());
        // On whatever carriers the others are.
        let elsewhere = |n| quiet(n).change(|o| (o.carrier.hz, o.carrier.earfcn) = (1845e6, Some(1600)));
        assert!(last_of(&[elsewhere(1), quiet(2), warning(9)]).is_some());
    }

    #[test]
    fn stays_silent_on_a_test_on_all_cells_and_on_other_networks() {
        assert_eq!(last_of(&[warning(1), warning(2), warning(9)]), None);
        assert_eq!(last_of(&[quiet(1), quiet(2), warning(3), warning(9)]), None);
        let other = |n| quiet(n).plmns(&["450-05"]);
        assert_eq!(last_of(&[other(1), other(2), warning(9)]), None);
        // The others were heard before the warning began, or what they schedule is not known.
        let mut scene = Scene::new();
        scene.dwell(&[quiet(1), quiet(2)]);
        scene.wait_s(56);
        assert_eq!(scene.judge(ABOUT.id, warning(9)), None);
        let unknown = |n| quiet(n).broadcast(|b| b.scheduled_sibs = Vec::new());
        assert_eq!(last_of(&[unknown(1), unknown(2), warning(9)]), None);
        // A test that has ended elsewhere is among what the others sent.
        let mut scene = Scene::new();
        scene.dwell(&[warning(1), warning(2), warning(9)]);
        assert_eq!(scene.dwell(&[quiet(1), quiet(2), quiet(9)]).pop().expect("a cell").of(ABOUT.id), None);
    }

    #[test]
    fn one_other_cell_is_just_below_the_limit() {
        assert_eq!(last_of(&[quiet(1), warning(9)]), None);
        let mut scene = Scene::new();
        scene.dwell(&[quiet(1), quiet(2)]);
        scene.wait_s(55);
        assert!(scene.judge(ABOUT.id, warning(9)).is_some());
    }
}

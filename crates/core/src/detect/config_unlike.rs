//! `config-unlike`: a radio configuration unlike that of every other cell of the operator.

use serde_json::{Map, Value, json};

use super::{
    history::Track,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "config-unlike",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::RadioConfiguration],
    severity: Severity::Medium,
    seen: "values of PHICH, TDD, PRACH, power control, timers or p-Max in which all other cells of the network on the carrier \
           agree, and this one differs",
    reference: "TS 36.331 §6.2.2 (MIB, SIB1), §6.3.1 (SIB2), §6.3.2 (radioResourceConfigCommon)",
    false_positives: "a new vendor; femtocells, whose configuration is their own by design",
    settings: ConfigUnlike::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ConfigUnlike {
        /// Other cells that must agree on a value.
        min_others: usize = 3,
        /// Values in which the cell must differ: one may be planned for a place.
        min_values: usize = 2,
    }
}

impl Rule for ConfigUnlike {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let own = case.cell.track;
        let plmns = case.observation().identity.as_ref().filter(|_| case.confirmed)?.all_plmns();
        let is_other = |track: &&Track| {
            track.carrier == own.carrier
                && track.duplex == own.duplex
                && track.pci != own.pci
                && track.is_of_any(&plmns)
        };
        let others: Vec<&Track> = case.history.tracks().iter().filter(is_other).collect();
        let mut unlike = Map::new();
        for (name, value) in own.configuration.values() {
            let known: Vec<&str> = others.iter().filter_map(|track| track.configuration.get(name)).collect();
            let Some(common) = known.first().filter(|first| known.iter().all(|other| other == *first)) else {
                continue;
            };
            if known.len() >= self.min_others && *common != value {
                unlike.insert(name.to_owned(), json!({"cell": value, "others": common}));
            }
        }
        if unlike.len() < self.min_values {
            return None;
        }
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", case.observation().ecgi().map(|ecgi| ecgi.to_string()))
            .with("unlike", Value::Object(unlike))
            .with("other_cells", others.len());
        let is_femto = case.row().is_some_and(|near| near.cell.kind == Some(CellKind::Femto));
        Some(if is_femto { finding.by_design() } else { finding })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ABOUT;
    use crate::detect::{
        Finding,
        scene::{Build, Scene, femto_cell, macro_cell},
    };

    fn with(cell: Build, p_max: i32, t300: &str) -> Build {
        cell.change(|o| {
            o.sibs.insert("sib1".to_owned(), json!({"p-Max": p_max}));
            o.sibs.insert("sib2".to_owned(), json!({"ue-TimersAndConstants": {"t300": t300}}));
        })
    }

    fn usual(n: u16) -> Build {
        with(macro_cell(0x3f_0d000 + 256 * u32::from(n), 300 + n), 23, "ms1000")
    }

    fn beside(others: &[Build], cell: Build) -> Option<Finding> {
        let mut heard = others.to_vec();
        heard.push(cell);
        Scene::new().dwell(&heard).pop().expect("a cell").of(ABOUT.id)
    }

    fn three() -> [Build; 3] {
        [1, 2, 3].map(usual)
    }

    #[test]
    fn fires_where_all_others_agree() {
        let odd = || with(macro_cell(0x5a_fff31, 304), 10, "ms200");
        let finding = beside(&three(), odd()).expect("fires");
        assert_eq!(finding.evidence["unlike"]["p-Max"], json!({"cell": "10", "others": "23"}));
        assert_eq!(finding.evidence["unlike"].as_object().map(serde_json::Map::len), Some(2));
        assert!(!finding.grounds.by_design);
        let home = with(femto_cell(0x5a_00101, 452), 10, "ms200");
        let mut scene = Scene::new().registered(&home);
        let heard = [usual(1), usual(2), usual(3), home];
        assert!(scene.dwell(&heard).pop().expect("a cell").of(ABOUT.id).expect("fires").grounds.by_design);
    }

    #[test]
    fn stays_silent_where_others_differ_too_or_are_elsewhere() {
        let odd = || with(macro_cell(0x5a_fff31, 304), 10, "ms200");
        let mixed = [usual(1), usual(2), with(usual(3), 20, "ms400")];
        assert_eq!(beside(&mixed, odd()), None);
        let elsewhere = three().map(|cell| cell.change(|o| (o.carrier.hz, o.carrier.earfcn) = (1845e6, Some(1600))));
        assert_eq!(beside(&elsewhere, odd()), None);
        assert_eq!(beside(&three().map(|cell| cell.plmns(&["450-05"])), odd()), None);
        assert_eq!(beside(&three(), usual(4)), None);
    }

    #[test]
    fn two_others_and_one_value_are_just_below_the_limit() {
        let odd = || with(macro_cell(0x5a_fff31, 304), 10, "ms200");
        assert_eq!(beside(&three()[..2], odd()), None);
        assert_eq!(beside(&three(), with(macro_cell(0x5a_fff31, 304), 10, "ms1000")), None);
    }
}

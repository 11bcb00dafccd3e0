//! `hnb-name`: a femtocell's broadcast name is not the registered one.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "hnb-name",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::HnbName, Fact::Csg],
    severity: Severity::Medium,
    seen: "a SIB9 home eNB name that is not the registered femtocell's name",
    reference: "TS 36.331 §6.3.1 (hnb-Name); TS 22.220 §5.4.3",
    false_positives: "names set by the owner, lists that hold other names than those on air",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HnbName {}

impl Rule for HnbName {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let row = &case.row().filter(|near| near.cell.kind == Some(CellKind::Femto))?.cell;
        let name = case.observation().broadcast.hnb_name.as_deref()?;
        // Letters in another case and spaces around are how the same name is typed, not another name.
        let same = row.name.trim().to_lowercase() == name.trim().to_lowercase();
        (!row.name.trim().is_empty() && !same).then(|| {
            case.finding(&ABOUT)
                .with("ecgi", row.ecgi.to_string())
                .with("hnb_name", name)
                .with("registered_name", &*row.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, femto_cell, macro_cell};

    fn fires(registered: &str, broadcast: Option<&str>) -> bool {
        let cell = femto_cell(0x5a_00101, 452).broadcast(|b| b.hnb_name = broadcast.map(str::to_owned));
        Scene::new().registered_as(&cell, |row| row.name = registered.into()).judge(ABOUT.id, cell).is_some()
    }

    #[test]
    fn fires_on_another_name() {
        assert!(fires("KT-HOME-0101", Some("free wifi")));
    }

    #[test]
    fn stays_silent_without_either_name_and_on_other_cells() {
        assert!(!fires("", Some("free wifi")));
        assert!(!fires("KT-HOME-0101", None));
        let cell = macro_cell(0x3f_0d101, 301).broadcast(|b| b.hnb_name = Some("x".to_owned()));
        assert_eq!(Scene::new().registered_as(&cell, |row| row.name = "y".into()).judge(ABOUT.id, cell), None);
    }

    #[test]
    fn another_spelling_is_just_below_the_limit() {
        assert!(!fires("KT-HOME-0101 ", Some("kt-home-0101")));
        assert!(fires("KT-HOME-0101", Some("KT-HOME-0102")));
    }
}

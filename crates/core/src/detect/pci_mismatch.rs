//! `pci-mismatch`: a registered cell is on air under another physical-layer identity.

use serde::Deserialize;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};
use crate::registry::CellKind;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "pci-mismatch",
    version: 2,
    class: Class::Registry,
    facts: &[Fact::Pci],
    severity: Severity::High,
    seen: "a registered ECGI under a PCI that is not the registered one",
    reference: "TS 36.211 §6.11 (PCI); TS 36.300 §22.3.5 (automatic PCI selection)",
    false_positives: "automatic PCI at femtocells, which makes it medium",
    settings: &[],
};

/// No thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PciMismatch {}

impl Rule for PciMismatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let near = case.row()?;
        let observed = case.observation().pci;
        let registered = near.cell.pci.filter(|&pci| pci != observed)?;
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", near.cell.ecgi.to_string())
            .with("pci", observed.get())
            .with("registered_pci", registered.get())
            .with("registered_kind", near.cell.kind.map(CellKind::word));
        let automatic = near.cell.kind == Some(CellKind::Femto);
        Some(if automatic { finding.by_design() } else { finding })
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Severity,
        scene::{Scene, femto_cell, macro_cell, pci},
    };

    #[test]
    fn fires_on_a_macro_under_another_pci() {
        let cell = macro_cell(0x3f_0d102, 77);
        let finding = Scene::new().registered_as(&cell, |row| row.pci = Some(pci(302))).judge(ABOUT.id, cell);
        let finding = finding.expect("fires");
        assert_eq!((finding.severity, &finding.evidence["registered_pci"]), (Severity::High, &302.into()));
    }

    #[test]
    fn stays_silent_on_the_registered_pci_and_on_rows_without_one() {
        let cell = macro_cell(0x3f_0d102, 302);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, cell.clone()), None);
        assert_eq!(Scene::new().registered_as(&cell, |row| row.pci = None).judge(ABOUT.id, cell), None);
    }

    #[test]
    fn a_femtocell_may_choose_its_own() {
        let cell = femto_cell(0x5a_00101, 450);
        let finding = Scene::new().registered_as(&cell, |row| row.pci = Some(pci(452))).judge(ABOUT.id, cell);
        assert_eq!(finding.expect("fires").severity, Severity::Medium);
    }
}

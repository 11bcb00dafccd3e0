//! `carrier-mismatch`: a registered cell is on air with another carrier, bandwidth or number of antenna ports.

use lte_dsp::cell::{AntennaPorts, Bandwidth};

use super::registry_view::is_other_carrier;
use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "carrier-mismatch",
    version: 3,
    class: Class::Registry,
    facts: &[Fact::Carrier, Fact::Bandwidth, Fact::AntennaPorts],
    severity: Severity::High,
    seen: "a registered ECGI on an EARFCN, bandwidth or number of antenna ports that is not the registered one",
    reference: "TS 36.101 §5.7.3 (EARFCN); TS 36.331 §6.2.2 (dl-Bandwidth); TS 36.212 §5.3.1.1 (antenna ports)",
    false_positives: "refarming; a femtocell's row in an old list, which makes it medium; an alias in the receiver, a whole number of \
                      sample rates from the registered carrier, which makes it info",
    settings: CarrierMismatch::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct CarrierMismatch {
        /// A list older than this is not firm about a femtocell's carrier.
        femto_stale_after_days: f64 = 30.0,
    }
}

impl Rule for CarrierMismatch {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let row = &case.row()?.cell;
        let observation = case.observation();
        let mib = observation.mib.as_ref();
        let earfcns = row.earfcn.zip(observation.certain_earfcn());
        let earfcn = earfcns.filter(|_| is_other_carrier(row.earfcn, observation.certain_earfcn()));
        let bandwidth = differing(row.bandwidth, mib.map(|m| m.bandwidth));
        let ports = differing(row.antenna_ports, mib.map(|m| m.antenna_ports));
        if earfcn.is_none() && bandwidth.is_none() && ports.is_none() {
            return None;
        }
        let differing = [
            (Fact::Carrier, earfcn.is_some()),
            (Fact::Bandwidth, bandwidth.is_some()),
            (Fact::AntennaPorts, ports.is_some()),
        ];
        let alias_hz = earfcn.and_then(|(registered, _)| observation.alias_of_hz(registered));
        let is_alias_alone = alias_hz.is_some() && bandwidth.is_none() && ports.is_none();
        let facts = differing.into_iter().filter(|(_, differs)| *differs).map(|(fact, _)| fact);
        let mut finding = case.finding(&ABOUT).resting_on(facts).with("ecgi", row.ecgi.to_string());
        if let Some((registered, observed)) = earfcn {
            finding = finding.with("registered_earfcn", registered).with("earfcn", observed);
        }
        if let Some((registered, observed)) = bandwidth.map(|(r, o)| (Bandwidth::n_rb_dl(r), Bandwidth::n_rb_dl(o))) {
            finding = finding.with("registered_bandwidth_rb", registered).with("bandwidth_rb", observed);
        }
        if let Some((registered, observed)) = ports.map(|(r, o)| (AntennaPorts::count(r), AntennaPorts::count(o))) {
            finding = finding.with("registered_antenna_ports", registered).with("antenna_ports", observed);
        }
        if let Some(hz) = alias_hz {
            finding = finding.with("alias_by_mhz", rounded(hz.abs() / 1e6, 2));
        }
        Some(match () {
            () if is_alias_alone => finding.by_design().weighing(Severity::Info),
            () if case.is_stale_femtocell_row(self.femto_stale_after_days) => finding.by_design(),
            () => finding,
        })
    }
}

/// The registered and the observed value, where both are known and differ.
fn differing<T: PartialEq + Copy>(registered: Option<T>, observed: Option<T>) -> Option<(T, T)> {
    registered.zip(observed).filter(|(r, o)| r != o)
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::{AntennaPorts, Bandwidth};

    use super::ABOUT;
    use crate::detect::{
        Severity, Verdict,
        scene::{Build, Scene, femto_cell, macro_cell},
    };

    #[test]
    fn fires_on_each_of_the_three() {
        let cell = macro_cell(0x3f_0d101, 301);
        let fired = |change: fn(&mut crate::registry::RegisteredCell)| {
            Scene::new().registered_as(&cell, change).judge(ABOUT.id, cell.clone()).expect("fires").evidence
        };
        assert_eq!(fired(|row| row.earfcn = Some(1300))["registered_earfcn"], 1300);
        assert_eq!(fired(|row| row.bandwidth = Some(Bandwidth::Rb50))["registered_bandwidth_rb"], 50);
        assert_eq!(fired(|row| row.antenna_ports = Some(AntennaPorts::Four))["registered_antenna_ports"], 4);
    }

    #[test]
    fn the_numbers_of_overlapping_bands_are_one_carrier() {
        // 880.0 MHz is 8900 in band 26, 2510 in band 5; 2511 is 880.1 MHz.
        for (heard, listed, fires) in
            [(8900, 2510, false), (2510, 8900, false), (2510, 6050, false), (8900, 2511, true)]
        {
            let cell = macro_cell(0x3f_0d101, 301).earfcn(Some(heard));
            let mut scene = Scene::new().registered_as(&cell, |row| row.earfcn = Some(listed));
            let outcome = scene.dwell(&[cell]).pop().expect("one cell");
            assert_eq!(outcome.of(ABOUT.id).is_some(), fires, "{heard}, {listed}");
            let verdict = if fires { Verdict::Mismatch } else { Verdict::Registered };
            assert_eq!(outcome.verdict(), verdict, "{heard}, {listed}");
        }
    }

    #[test]
    fn a_femtocell_s_row_of_an_old_list_weighs_less() {
        let fired = |cell: Build, days| {
            let mut scene = Scene::new().registered_as(&cell, |row| row.earfcn = Some(1300)).age_days(days);
            scene.judge(ABOUT.id, cell).expect("fires")
        };
        let old = fired(femto_cell(0x5a_00101, 452), 30.1);
        assert_eq!((old.severity, old.grounds.by_design), (Severity::Medium, true));
        assert_eq!(fired(femto_cell(0x5a_00101, 452), 29.9).severity, Severity::High);
        assert_eq!(fired(macro_cell(0x3f_0d101, 301), 300.0).severity, Severity::High);
    }

    #[test]
    fn what_is_a_sample_rate_away_is_the_receivers_alias() {
        // 1840 MHz is registered, EARFCN 1550, and 19.2 MHz above is 1742.
        let fired = |earfcn: u32, rate_hz: f64, change: fn(Build) -> Build| {
            let cell = macro_cell(0x3f_0d101, 301);
            let heard = change(cell.clone().earfcn(Some(earfcn)).change(|o| {
                o.carrier.hz = 1840e6 + (f64::from(earfcn) - 1550.0) * 100e3;
                o.timing.at_sample = o.timing.at_seconds * rate_hz;
            }));
            let outcome = Scene::new().registered(&cell).dwell(&[heard]).pop().expect("one cell");
            (outcome.of(ABOUT.id).map(|finding| finding.severity), outcome.verdict())
        };
        let same = |cell: Build| cell;
        for (earfcn, rate_hz) in [(1742, 19.2e6), (1358, 19.2e6), (1742, 9.6e6), (1742, 19.24e6)] {
            assert_eq!(fired(earfcn, rate_hz, same), (Some(Severity::Info), Verdict::Registered), "{earfcn} {rate_hz}");
        }
        for (earfcn, rate_hz) in [(1743, 19.2e6), (1741, 19.2e6), (1742, 6.4e6), (1742, 20e6)] {
            assert_eq!(fired(earfcn, rate_hz, same), (Some(Severity::High), Verdict::Mismatch), "{earfcn} {rate_hz}");
        }
        let other_ports =
            |cell: Build| cell.change(|o| o.mib.iter_mut().for_each(|mib| mib.antenna_ports = AntennaPorts::One));
        assert_eq!(fired(1742, 19.2e6, other_ports), (Some(Severity::High), Verdict::Mismatch));
        let at_the_start = |cell: Build| cell.change(|o| (o.timing.at_sample, o.timing.at_seconds) = (0.0, 0.0));
        assert_eq!(fired(1742, 19.2e6, at_the_start).0, Some(Severity::High), "the rate is not known");
    }

    #[test]
    fn stays_silent_as_registered() {
        let cell = macro_cell(0x3f_0d101, 301);
        assert_eq!(Scene::new().registered(&cell).judge(ABOUT.id, cell), None);
    }

    #[test]
    fn what_is_not_registered_or_not_known_is_just_below_the_limit() {
        let uncertain = macro_cell(0x3f_0d101, 301).change(|o| o.earfcn_candidates = vec![1551]);
        let elsewhere = |row: &mut crate::registry::RegisteredCell| row.earfcn = Some(1551);
        assert_eq!(Scene::new().registered_as(&uncertain, elsewhere).judge(ABOUT.id, uncertain.clone()), None);
        let cell = macro_cell(0x3f_0d101, 301).earfcn(None);
        let blank = |row: &mut crate::registry::RegisteredCell| (row.bandwidth, row.antenna_ports) = (None, None);
        assert_eq!(Scene::new().registered_as(&cell, blank).judge(ABOUT.id, cell), None);
    }
}

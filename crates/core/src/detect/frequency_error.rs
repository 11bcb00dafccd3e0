//! `frequency-error`: a carrier farther off than the standard allows, measured against the operator's macro cells.

use super::{
    history::{Route, median, range, time_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::{
    observation::{CellState, Observation},
    registry::CellKind,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "frequency-error",
    version: 3,
    class: Class::Radio,
    facts: &[Fact::CarrierOffset],
    severity: Severity::Critical,
    seen: "a carrier offset against the median of the macro cells on the same carrier beyond the limit of the cell's class",
    reference: "TS 36.104 Table 6.5.1-1: 0.05 ppm wide area, 0.1 ppm medium range and local area, 0.25 ppm home",
    false_positives: "Doppler, few macro cells; none is known beyond 5 ppm, where it is critical and high elsewhere",
    settings: FrequencyError::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct FrequencyError {
        /// Frequency error of a wide-area base station.
        macro_ppm: f64 = 0.05,
        /// Greatest offset of a medium-range or local-area base station.
        small_ppm: f64 = 0.1,
        /// Greatest offset of a home base station, and of a cell that is not registered.
        home_ppm: f64 = 0.25,
        /// Offset that no base station has, whatever its class and whatever it has lost, nor any Doppler.
        certain_ppm: f64 = 5.0,
        /// Macro cells of the dwell that make the reference, the judged one not counted.
        min_macros: usize = 2,
        /// How many standard errors of the measurement are allowed.
        sigmas: f64 = 3.0,
        /// Metres moved in 20 seconds that are still a standstill.
        standstill_m: f64 = 30.0,
        /// Standard errors beyond this are no measurement.
        max_error_hz: f64 = 50.0,
    }
}

/// Seconds over which the receiver must have stood still.
const STANDSTILL_S: f64 = 20.0;

impl Rule for FrequencyError {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let offset = &observation.offset;
        if !case.confirmed || !case.own_network() || offset.error_hz > self.max_error_hz {
            return None;
        }
        // Another carrier's stations may follow another clock, and a receiver may be off otherwise there.
        let carrier_hz = observation.carrier.hz;
        let genuine = case.others().filter(|o| o.track.is_genuine(CellKind::Macro));
        // Where that is not certain, all on it are as wrong.
        let compares = |o: &Observation| o.carrier.hz.total_cmp(&carrier_hz).is_eq();
        let exact = genuine.filter(|o| o.observation.offset.error_hz <= self.max_error_hz && compares(o.observation));
        let mut macros: Vec<f64> = exact.map(|o| o.observation.offset.hz).collect();
        if macros.len() < self.min_macros {
            return None;
        }
        let spread_hz = range(&macros);
        let reference_hz = median(&mut macros)?;
        let apart_hz = (offset.hz - reference_hz).abs();
        let kind = case.row().and_then(|near| near.cell.kind);
        let (class, limit_ppm) = match kind {
            Some(CellKind::Macro) => ("wide area", self.macro_ppm),
            Some(CellKind::Small) => ("medium range or local area", self.small_ppm),
            Some(CellKind::Femto) | None => ("home", self.home_ppm),
        };
        // The macro cells may be off themselves: by their limit, or by what they are seen to differ.
        let reference_error_hz = (self.macro_ppm * 1e-6 * carrier_hz).max(spread_hz / 2.0);
        let allowed_hz = limit_ppm * 1e-6 * carrier_hz + reference_error_hz + self.sigmas * offset.error_hz;
        // Where no MIB is decoded an offset may be an alias's.
        let is_certain =
            observation.state >= CellState::Mib && apart_hz >= self.certain_ppm * 1e-6 * carrier_hz + allowed_hz;
        (is_certain || apart_hz > allowed_hz && self.stands_still(case)).then(|| {
            case.finding(&ABOUT)
                .weighing(if is_certain { Severity::Critical } else { Severity::High })
                .with("carrier_offset_hz", rounded(offset.hz, 1))
                .with("carrier_offset_error_hz", rounded(offset.error_hz, 1))
                .with("macros_median_hz", rounded(reference_hz, 1))
                .with("macros", macros.len())
                .with("apart_ppm", rounded(apart_hz / carrier_hz * 1e6, 3))
                .with("limit_ppm", limit_ppm)
                .with("allowed_hz", rounded(allowed_hz, 1))
                .with("station_class", class)
                .with("explanation", if is_certain { "none" } else { "class" })
        })
    }
}

impl FrequencyError {
    /// Whether the receiver was at one place over the last seconds; not without positions.
    fn stands_still(&self, case: &Case<'_>) -> bool {
        let Some(now_s) = time_s(case.observation()) else { return false };
        stands_still(case, now_s - STANDSTILL_S, now_s, self.standstill_m)
    }
}

/// Whether dwells with a position cover the time between two instants and lie within so many metres.
pub(super) fn stands_still(case: &Case<'_>, from_s: f64, to_s: f64, within_m: f64) -> bool {
    let placed = || {
        let inside = |t: f64| (from_s..=to_s).contains(&t);
        case.history.dwells().iter().filter(move |d| d.position.is_some() && d.time_s.is_some_and(inside))
    };
    // Less than half the time covered says nothing of the other half.
    let covered_s = placed().next_back().and_then(|d| d.time_s).zip(placed().next().and_then(|d| d.time_s));
    let covers = covered_s.is_some_and(|(last, first)| last - first >= (to_s - from_s) / 2.0);
    covers && Route::between(case.history.dwells(), from_s, to_s).extent_m() <= within_m
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, femto_cell, macro_cell, north_m},
    };

    /// Stands still for a minute beside three macro cells at -2200 Hz with a cell off by so many ppm of 1840 MHz.
    fn beside_macros(scene: Scene, cell: Build, ppm: f64, step_m: f64) -> Option<Finding> {
        let macros = [301, 302, 303].map(|pci| macro_cell(0x3f_0d000 + u32::from(pci), pci));
        let mut scene = macros.iter().fold(scene, Scene::registered);
        let mut heard = macros.to_vec();
        heard.push(cell.offset_hz(-2200.0 + ppm * 1840.0));
        let mut last = None;
        for step in 0..12 {
            scene.at(north_m(step_m * f64::from(step)));
            last = scene.dwell(&heard).pop();
        }
        last?.of(ABOUT.id)
    }

    #[test]
    fn fires_on_a_macro_with_a_cheap_crystal() {
        let cell = macro_cell(0x3f_0d102, 304);
        let finding = beside_macros(Scene::new().registered(&cell), cell, 0.3, 0.0).expect("fires");
        assert_eq!((&finding.evidence["apart_ppm"], &finding.evidence["macros"]), (&0.3.into(), &3.into()));
        assert_eq!(finding.severity, Severity::High);
    }

    #[test]
    fn what_no_base_station_has_is_critical_also_while_driving() {
        let cell = macro_cell(0x3f_0d102, 304);
        let severity = |ppm: f64| {
            beside_macros(Scene::new().registered(&cell), cell.clone(), ppm, 100.0).map(|finding| finding.severity)
        };
        // 5 ppm, and what a macro cell and the reference are allowed.
        assert_eq!([5.09, 5.2, -53.0].map(severity), [None, Some(Severity::Critical), Some(Severity::Critical)]);
    }

    #[test]
    fn stays_silent_while_driving_without_macros_and_on_other_networks() {
        let cell = macro_cell(0x3f_0d102, 304);
        assert_eq!(beside_macros(Scene::new().registered(&cell), cell.clone(), 0.3, 60.0), None);
        assert_eq!(beside_macros(Scene::new(), cell.clone().plmns(&["450-05"]), 3.0, 0.0), None);
        assert_eq!(beside_macros(Scene::new(), cell.clone().no_position(), 0.1, 0.0), None);
        let mut alone = Scene::new().registered(&cell);
        for _ in 0..12 {
            assert_eq!(alone.judge(ABOUT.id, cell.clone().offset_hz(9e3)), None);
        }
    }

    #[test]
    fn carriers_that_are_uncertain_compare_with_none_but_themselves() {
        let uncertain = |o: &mut crate::observation::Observation| o.earfcn_candidates = vec![1549, 1551];
        let rogue = macro_cell(0x3f_0d102, 304).change(uncertain);
        // The same carrier, named wrongly or not: what only one cell has is evidence.
        assert!(beside_macros(Scene::new().registered(&rogue), rogue.clone(), 53.0, 0.0).is_some());
        let elsewhere = rogue.change(|o| o.carrier.hz += 5e6);
        assert_eq!(beside_macros(Scene::new().registered(&elsewhere), elsewhere, 53.0, 0.0), None);
    }

    #[test]
    fn the_operators_other_carrier_is_no_reference() {
        // Its stations follow another clock: 0.3 ppm apart, three on each carrier.
        let on = |carrier_hz: f64, pci: u16, ppm: f64| {
            let cell = macro_cell(0x3f_0d000 + u32::from(pci), pci).change(|o| o.carrier.hz = carrier_hz);
            cell.offset_hz((ppm - 1.2) * 1e-6 * carrier_hz)
        };
        let other: Vec<Build> = [301, 302, 303].map(|pci| on(1840e6, pci, 0.0)).into();
        let own: Vec<Build> = [401, 402, 403].map(|pci| on(1845.2e6, pci, 0.3)).into();
        let judged = |heard: Vec<Build>| {
            let mut scene = heard.iter().fold(Scene::new(), Scene::registered);
            let mut last = Vec::new();
            for _ in 0..12 {
                last = scene.dwell(&heard);
            }
            last.iter().filter_map(|cell| cell.of(ABOUT.id)).count()
        };
        assert_eq!(judged([other.clone(), own[..1].to_vec()].concat()), 0);
        assert_eq!(judged([other.clone(), own.clone()].concat()), 0);
        // One off its own carrier's stations.
        assert_eq!(judged([other, own, vec![on(1845.2e6, 404, 0.0)]].concat()), 1);
    }

    #[test]
    fn half_the_spread_of_the_macros_and_the_errors_are_allowed() {
        // Macro cells at 0, 0 and 0.2 ppm of 1840 MHz: half their spread is 0.1 ppm, with 0.05 ppm of the cell's class and
        // three standard errors of 5 Hz, 0.0082 ppm. From their median, on either side.
        let judged = |ppm: f64| {
            let at =
                |pci: u16, ppm: f64| macro_cell(0x3f_0d000 + u32::from(pci), pci).offset_hz(-2200.0 + ppm * 1840.0);
            let heard = [at(301, 0.0), at(302, 0.0), at(303, 0.2), at(304, ppm)];
            let mut scene = heard.iter().fold(Scene::new(), Scene::registered);
            let fired = (0..12).map(|_| scene.dwell(&heard).pop()).last().flatten().expect("cells").of(ABOUT.id);
            fired.map(|f| (f.evidence["allowed_hz"].clone(), f.evidence["macros_median_hz"].clone()))
        };
        for ppm in [0.157, -0.157] {
            assert_eq!(judged(ppm), None, "{ppm}");
        }
        for ppm in [0.160, -0.160] {
            assert_eq!(judged(ppm), Some((291.0.into(), (-2200.0).into())), "{ppm}");
        }
    }

    #[test]
    fn the_limit_of_each_class_and_the_errors_are_just_below() {
        // Limit of the class, 0.05 ppm of the reference, and three standard errors of 5 Hz: 0.0082 ppm.
        let wide = || macro_cell(0x3f_0d102, 304);
        let home = || femto_cell(0x5a_00101, 452);
        let cases = [(wide(), 0.107, false), (wide(), 0.109, true), (home(), 0.307, false), (home(), 0.309, true)];
        for (cell, ppm, fires) in cases {
            let scene = Scene::new().registered(&cell);
            assert_eq!(beside_macros(scene, cell, ppm, 0.0).is_some(), fires, "{ppm} ppm");
        }
        // A cell that nobody knows is given the widest class.
        assert_eq!(beside_macros(Scene::new(), macro_cell(0x5a_fff31, 304), 0.307, 0.0), None);
    }
}

//! `co-moving`: a cell that stays as strong as it is while the receiver drives on: it drives along.

use super::{
    calibration::{PowerCalibration, levels_of_macros},
    history::{Route, Sighting, Track, median, range, time_s},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
    standing::Levels,
    twin::{are_two, are_unlike, heard_at_once},
};
use crate::observation::Position;

/// The fixed facts.
pub static ABOUT: About = About {
    id: "co-moving",
    version: 3,
    class: Class::Place,
    facts: &[Fact::Level, Fact::Place],
    severity: Severity::Critical,
    seen: "the strongest cell varies by less than 6 dB over more than 500 m driven while others vary by more than 20 dB; \
           a rogue also where it is as strong as they are, a registered cell's twin if its site does not explain it; no \
           transmitter that stands at any place explains its levels",
    reference: "ITU-R P.525-4 §2.3: in free space, 6 dB is a doubling of the distance",
    false_positives: "a repeater in the own car, a cell in a train; where no registry tells places it is medium",
    settings: CoMoving::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct CoMoving {
        /// Largest variation of the cell's level, small-scale fading smoothed out.
        max_variation_db: f64 = 6.0,
        /// Smallest variation of at least one other cell's level.
        min_others_variation_db: f64 = 20.0,
        /// Metres driven.
        min_route_m: f64 = 500.0,
        /// How far from one place the way must lead: round a block, a cell in its middle is constant too.
        min_extent_m: f64 = 250.0,
        /// How much stronger than each other cell it is, by the medians: a distant cell is constant too.
        min_lead_db: f64 = 3.0,
        /// The same of a cell that the registry lacks, or that is on air twice: rogue as it is, it need not lead.
        min_lead_rogue_db: f64 = -3.0,
        /// Dwells it was heard in.
        min_dwells: usize = 8,
        /// Seconds looked back.
        window_s: f64 = 1800.0,
        /// How far above free space from its site a registered cell must be.
        margin_db: f64 = 10.0,
        /// How much the distance to its site should have changed the level of a registered cell.
        min_expected_db: f64 = 8.0,
        /// Macro cells that must calibrate the levels for that.
        min_macros: usize = 1,
        /// Of two transmitters under one name that are heard in turn, how far the powers at the registered site are apart
        /// that explain their levels.
        min_power_apart_db: f64 = 15.0,
        /// How far their frame timings are apart at least, where frame numbers and offsets do not prove two.
        min_timing_us: f64 = 150.0,
    }
}

/// Whether a cell's registered site explains a level that stays constant on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SiteExplanation {
    /// A station there may be as constant and as strong, and nothing shows two.
    Explains,
    /// The identity is on air twice, and from this place the level would have changed or been lower.
    HasATwin,
    /// There is none: the registry lacks the cell.
    Unregistered,
    /// Nothing that explains it: it must be told from a distant station otherwise.
    Unknown,
}

/// Path-loss exponent of the change expected along a street. 3GPP TR 36.814 Table A.2.1.1.2-3 has 3.9 without and 2.2
/// with line of sight.
const EXPONENT: f64 = 3.0;

/// By how much a level is above free space from the site, or would have changed more than it did, where two transmitters
/// give the identity.
const BEYOND_SITE_DB: f64 = 3.0;

/// Share of the dwells of its stretch that it must have been heard in.
const PRESENCE: f64 = 0.8;

/// Dwells that the median smooths over.
const SMOOTHED: usize = 5;

impl Rule for CoMoving {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        // A cell and its twin under one PCI are one to an alert: what is known of the other is told with either, as what
        // shows that there are two may come when the twin is gone.
        let track = case.cell.track;
        let now_s = time_s(case.observation())?;
        let lately =
            |twin: &&Track| twin.sightings.last().and_then(|s| s.time_s).is_some_and(|t| now_s - t <= self.window_s);
        let twins = self.twins_of(case, track).into_iter().filter(lately);
        std::iter::once(track).chain(twins).find_map(|track| self.moves_along(case, track))
    }
}

impl CoMoving {
    /// What is to be said of one track.
    fn moves_along(&self, case: &Case<'_>, track: &Track) -> Option<Finding> {
        let sightings: Vec<&Sighting> = track.recent(self.window_s).collect();
        if sightings.len() < self.min_dwells {
            return None;
        }
        // Of those whose level was clipped only that the cell was heard counts.
        let levels: Vec<f64> = sightings.iter().filter_map(|s| s.level_db).collect();
        if levels.len() < self.min_dwells {
            return None;
        }
        let variation_db = range(&smoothed(&levels));
        if variation_db >= self.max_variation_db {
            return None;
        }
        let from_s = sightings.first()?.time_s?;
        let to_s = sightings.last()?.time_s?;
        let route = Route::between(case.history.dwells(), from_s, to_s);
        if route.length_m() <= self.min_route_m || route.extent_m() < self.min_extent_m {
            return None;
        }
        let within = |t: Option<f64>| t.is_some_and(|t| (from_s..=to_s).contains(&t));
        let dwells = case.history.dwells().iter().filter(|d| within(d.time_s)).count();
        if (sightings.len() as f64) < PRESENCE * dwells as f64 {
            return None;
        }
        let median_db = median(&mut levels.clone())?;
        let site = self.site_explanation(case, track, &sightings, variation_db);
        if site == SiteExplanation::Explains {
            return None;
        }
        let recent = |t: Option<f64>| t.is_some_and(|t| (to_s - self.window_s..=to_s).contains(&t));
        let ceilings = unheard_ceilings(case, track, recent);
        if site != SiteExplanation::HasATwin && Self::stands_somewhere(case, track, &sightings, &ceilings) {
            return None;
        }
        let lead_db = match site {
            SiteExplanation::HasATwin | SiteExplanation::Unregistered => self.min_lead_rogue_db,
            SiteExplanation::Explains | SiteExplanation::Unknown => self.min_lead_db,
        };
        let mut others_db: f64 = 0.0;
        for other in case.history.tracks().iter().filter(|t| !std::ptr::eq(*t, track)) {
            let seen = || other.sightings.iter().filter(|s| recent(s.time_s));
            let unheard = ceilings.iter().filter(|(seq, _)| seen().all(|s| s.seq != *seq)).map(|(_, level)| *level);
            let strongest = seen().filter_map(|s| s.level_db).fold(f64::NEG_INFINITY, f64::max);
            let weakest = seen().filter_map(|s| s.level_db).chain(unheard).fold(f64::INFINITY, f64::min);
            others_db = others_db.max(strongest - weakest);
            let mut heard: Vec<f64> = seen().filter(|s| within(s.time_s)).filter_map(|s| s.level_db).collect();
            let rival = 2 * heard.len() >= levels.len();
            if rival && median(&mut heard).is_some_and(|m| m > median_db - lead_db) {
                return None;
            }
        }
        if others_db < self.min_others_variation_db {
            return None;
        }
        let finding = case
            .finding(&ABOUT)
            .with("variation_db", rounded(variation_db, 1))
            .with("limit_db", self.max_variation_db)
            .with("median_level_db", rounded(median_db, 1))
            .with("others_variation_db", rounded(others_db, 1))
            .with("route_m", rounded(route.length_m(), 0))
            .with("extent_m", rounded(route.extent_m(), 0))
            .with("dwells", sightings.len())
            .with("seconds", rounded(to_s - from_s, 0));
        // Where no registry knows its network, a distant station beside the road cannot be ruled out.
        let known_network = track.last_confirmed().is_some_and(|k| k.own_network);
        Some(if known_network { finding } else { finding.weighing(Severity::Medium) })
    }

    /// Whether a transmitter that stands still may give the levels, wherever it stands. Of two under one name it is asked
    /// only which of them is not where it is registered.
    fn stands_somewhere(case: &Case<'_>, track: &Track, sightings: &[&Sighting], ceilings: &[(u64, f64)]) -> bool {
        let heard: Vec<(Position, f64)> = sightings.iter().filter_map(|s| s.position.zip(s.level_db)).collect();
        let stations: Vec<(f64, f64)> = levels_of_macros(case.history, track).flatten().collect();
        let place = |seq: u64| case.history.dwells().iter().find(|d| d.seq == seq).and_then(|d| d.position);
        let is_heard = |seq: u64| track.sightings.iter().any(|s| s.seq == seq);
        let unheard = ceilings.iter().filter(|(seq, _)| !is_heard(*seq));
        let unheard: Vec<(Position, f64)> =
            unheard.filter_map(|(seq, most_db)| Some((place(*seq)?, *most_db))).collect();
        Levels { heard: &heard, unheard: &unheard, stations: &stations }.are_of_a_standing_transmitter()
    }

    /// The other transmitters under a track's name and PCI: on air at once with it, or in turn at levels that no station at
    /// the registered place gives both.
    fn twins_of<'a>(&self, case: &Case<'a>, track: &'a Track) -> Vec<&'a Track> {
        let Some(known) = track.last_confirmed() else { return Vec::new() };
        let heard_at_once = |other: &Track| heard_at_once(track, other, known.ecgi, self.window_s);
        let in_turn = |other: &Track| are_unlike(track, known, other, self.window_s, self.min_power_apart_db);
        let is_twin = |other: &&Track| {
            other.shares_pci_with(track)
                && are_two(case, track, other, self.min_timing_us)
                && (heard_at_once(other) || in_turn(other))
        };
        case.history.others_named(known.ecgi, track).filter(is_twin).collect()
    }

    /// What the registered place says of a constant level there. A row without a place says nothing.
    fn site_explanation(
        &self,
        case: &Case<'_>,
        track: &Track,
        sightings: &[&Sighting],
        variation_db: f64,
    ) -> SiteExplanation {
        let Some(known) = track.last_confirmed() else { return SiteExplanation::Unknown };
        let Some(registered) = known.registered else {
            return if known.own_network { SiteExplanation::Unregistered } else { SiteExplanation::Unknown };
        };
        let expected_db = |site: &Position| {
            let places = || sightings.iter().filter_map(|s| s.position);
            let farthest = places().map(|p| p.certain_distance_m(site)).fold(1.0, f64::max);
            // Their errors make the way seem longer than it was, never shorter.
            let nearest = places().map(|p| p.distance_m(site) + p.greatest_error_m()).fold(f64::INFINITY, f64::min);
            10.0 * EXPONENT * (farthest / nearest.max(1.0)).log10().max(0.0)
        };
        let carrier_hz = case.observation().carrier.hz;
        let calibration = PowerCalibration::of(case.history, carrier_hz, track, self.min_macros);
        let is_above = |site: &Position, margin_db: f64| {
            let above = |s: &&&Sighting| {
                let ceiling_db = |p: Position| Some(calibration?.ceiling_db(p.certain_distance_m(site), carrier_hz));
                s.position.and_then(ceiling_db).zip(s.level_db).is_some_and(|(most, l)| l - most > margin_db)
            };
            2 * sightings.iter().filter(above).count() >= sightings.iter().filter(|s| s.level_db.is_some()).count()
        };
        if !self.twins_of(case, track).is_empty() {
            // Only which of the two is elsewhere is asked.
            let changes = |site: &Position| expected_db(site) >= variation_db + BEYOND_SITE_DB;
            let is_elsewhere = |site: &Position| changes(site) || is_above(site, BEYOND_SITE_DB);
            return if registered.place.as_ref().is_some_and(is_elsewhere) {
                SiteExplanation::HasATwin
            } else {
                SiteExplanation::Unknown
            };
        }
        // A list may leave places out, and its rows may be cloned like others.
        let Some(site) = registered.place else { return SiteExplanation::Unknown };
        let is_elsewhere = expected_db(&site) >= self.min_expected_db && is_above(&site, self.margin_db);
        if is_elsewhere { SiteExplanation::Unknown } else { SiteExplanation::Explains }
    }
}

/// What a cell of the carrier that was not heard can have been at most in each dwell: its power is part of the
/// interference and noise that the cells heard were measured against.
fn unheard_ceilings(case: &Case<'_>, track: &Track, recent: impl Fn(Option<f64>) -> bool) -> Vec<(u64, f64)> {
    let mut ceilings: Vec<(u64, f64)> = Vec::new();
    for heard in case.history.tracks().iter().filter(|t| t.carrier == track.carrier) {
        for s in heard.sightings.iter().filter(|s| recent(s.time_s)) {
            let Some(level_db) = s.level_db else { continue };
            let noise_db = level_db - s.sinr_db;
            match ceilings.iter_mut().find(|(seq, _)| *seq == s.seq) {
                Some((_, lowest)) => *lowest = lowest.min(noise_db),
                None => ceilings.push((s.seq, noise_db)),
            }
        }
    }
    ceilings
}

/// The running median, which leaves the change along the way and takes the fading of single dwells.
fn smoothed(levels: &[f64]) -> Vec<f64> {
    levels.windows(SMOOTHED).filter_map(|w| median(&mut w.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::{ABOUT, Position};
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, macro_cell, north_m},
    };

    /// What is said of `cell` at the end of `steps` steps of 60 m past a cell that falls by 3 dB a step.
    fn drive(scene: Scene, cell: &Build, steps: u32, level_db: impl Fn(u32) -> f64) -> Option<Finding> {
        let passed = macro_cell(0x3f_0d101, 301).site(Some(north_m(0.0)));
        let mut scene = scene.registered(&passed);
        let mut last = None;
        for step in 0..=steps {
            scene.at(north_m(60.0 * f64::from(step)));
            let falling = passed.clone().level_db(-20.0 - 3.0 * f64::from(step));
            last = scene.dwell(&[falling, cell.clone().level_db(level_db(step))]).pop();
        }
        last?.of(ABOUT.id)
    }

    /// Two decibels up and down, as small-scale fading makes of a constant level.
    fn constant(step: u32) -> f64 {
        -15.0 + [0.0, 2.0, -2.0, 1.0][step as usize % 4]
    }

    #[test]
    fn fires_on_a_cell_that_drives_along() {
        let finding = drive(Scene::new(), &macro_cell(0x5a_fff31, 304), 9, constant).expect("fires");
        assert_eq!(finding.evidence["dwells"], 10);
        assert!(finding.evidence["route_m"].as_f64().is_some_and(|m| (m - 540.0).abs() < 2.0));
    }

    #[test]
    fn clipped_levels_are_neither_constant_nor_changing() {
        let rider = || macro_cell(0x5a_fff31, 304);
        assert_eq!(drive(Scene::new(), &rider().clipped(0.3), 9, constant), None, "all of it clipped");
        // A few dwells of many, in which the level is far too low, before the gain was stepped down.
        let passed = macro_cell(0x3f_0d101, 301).site(Some(north_m(0.0)));
        let mut scene = Scene::new().registered(&passed);
        let mut last = None;
        for step in 0..=11 {
            scene.at(north_m(60.0 * f64::from(step)));
            let falling = passed.clone().level_db(-20.0 - 3.0 * f64::from(step));
            let heard = rider().level_db(constant(step));
            let heard = if [2, 3, 4].contains(&step) { heard.level_db(-34.0).clipped(0.5) } else { heard };
            last = scene.dwell(&[falling, heard]).pop();
        }
        assert!(last.expect("judged").of(ABOUT.id).is_some());
    }

    #[test]
    fn stays_silent_on_a_distant_cell_at_standstill_and_without_gain() {
        let cell = macro_cell(0x5a_fff31, 304);
        let weak = |step| constant(step) - 40.0;
        assert_eq!(drive(Scene::new(), &cell, 9, weak), None);
        let mut standing = Scene::new();
        for step in 0..30 {
            assert_eq!(standing.judge(ABOUT.id, cell.clone().level_db(constant(step))), None);
        }
        let no_gain = cell.clone().change(|o| o.dwell.gain_db = None);
        assert_eq!(drive(Scene::new(), &no_gain, 9, constant), None);
    }

    #[test]
    fn a_registered_cell_is_silent_where_its_site_may_explain_it() {
        let registered = |east_m: f64, level_db: f64| {
            let mut site = north_m(270.0);
            site.lon += east_m / 88_000.0;
            let cell = macro_cell(0x3f_0d102, 302).site(Some(site));
            drive(Scene::new().registered(&cell), &cell, 9, |step| constant(step) + level_db).is_some()
        };
        // From 600 m beside the road the level changes by 1 dB; on the road by 40 dB.
        assert!(!registered(600.0, 0.0));
        assert!(registered(5.0, 0.0));
        // The cell passed is -20 dB at its foot: at 135 m, half way, -19 dB and more would be too strong.
        assert!(!registered(5.0, -16.0));
    }

    /// A kilometre of road past two macro cells at its begin, with another network's cell, strong and about 35 dB stronger
    /// at the end than in the beginning, beside the cell judged.
    fn kilometre(cell: &Build, rival_db: f64, level_db: impl Fn(u32) -> f64) -> Option<Finding> {
        let macros = [301, 302].map(|pci| macro_cell(0x3f_0d000 + u32::from(pci), pci).site(Some(north_m(0.0))));
        let rival = macro_cell(0x12_34501, 99).plmns(&["450-05"]);
        let mut scene = macros.iter().fold(Scene::new(), Scene::registered);
        let mut last = None;
        for step in 0..=16_u32 {
            let way_m = 60.0 * f64::from(step);
            scene.at(north_m(way_m));
            let mut heard: Vec<Build> =
                macros.iter().map(|m| m.clone().level_db(25.0 - 30.0 * way_m.max(50.0).log10())).collect();
            // Its median is that of its middle.
            heard.push(rival.clone().level_db(rival_db + 2.2 * (f64::from(step) - 8.0)));
            heard.push(cell.clone().level_db(level_db(step)));
            last = scene.dwell(&heard).pop();
        }
        last?.of(ABOUT.id)
    }

    #[test]
    fn a_row_without_a_place_that_rides_along_explains_nothing() {
        let cell = macro_cell(0x3f_0d102, 302);
        let nowhere = || Scene::new().registered_as(&cell, |row| row.place = None);
        assert!(drive(nowhere(), &cell, 9, constant).is_some());
        // It must lead, as one of whom nothing is known: the cell passed is at -33.5 dB in the middle.
        assert_eq!(drive(nowhere(), &cell, 9, |step| constant(step) - 16.5), None);
    }

    #[test]
    fn an_unregistered_cell_need_not_lead() {
        // A macro cell's level at 150 m, over a kilometre.
        let rider = |step| constant(step) - 25.0;
        let stranger = macro_cell(0x5a_fff31, 304);
        assert!(kilometre(&stranger, -37.0, rider).is_some());
        assert_eq!(kilometre(&stranger, -35.0, rider), None);
        let other_network = stranger.plmns(&["450-05"]);
        assert_eq!(kilometre(&other_network, -37.0, rider), None);
    }

    #[test]
    fn a_new_sector_of_a_listed_site_beside_the_road_does_not_ride_along() {
        // 250 m off the middle of a straight road of 540 m; with fading of 2 dB either way, drawn anew for each seed.
        let site = |east_m: f64| {
            let mut site = north_m(270.0);
            site.lon += east_m / 88_250.0;
            site
        };
        for seed in 1..=5_u32 {
            let fading = move |step: u32| {
                f64::from((step + 1).wrapping_mul(2_654_435_761_u32.wrapping_mul(seed)) >> 16 & 0xFF) / 64.0 - 2.0
            };
            let macros = [301, 302].map(|pci| macro_cell(0x3f_0d000 + u32::from(pci), pci).site(Some(site(250.0))));
            // Another site is passed, so that others vary as much as the rule wants.
            let passed = macro_cell(0x3f_0d401, 311).site(Some(north_m(0.0)));
            let heard_at = |step: u32, level_db: f64| {
                let here = north_m(60.0 * f64::from(step));
                let macro_db =
                    |place: Position, down_db: f64| 30.0 - down_db - 30.0 * here.distance_m(&place).max(50.0).log10();
                vec![
                    macros[0].clone().level_db(macro_db(site(250.0), 0.0)),
                    macros[1].clone().level_db(macro_db(site(250.0), 20.0)),
                    passed.clone().level_db(macro_db(north_m(0.0), 0.0) - 10.0),
                    macro_cell(0x3f_0d003, 304).level_db(level_db),
                ]
            };
            let fires = |level_db: &dyn Fn(u32) -> f64| {
                let mut scene = macros.iter().chain([&passed]).fold(Scene::new(), Scene::registered);
                let mut last = None;
                for step in 0..=9 {
                    scene.at(north_m(60.0 * f64::from(step)));
                    last = scene.dwell(&heard_at(step, level_db(step))).pop();
                }
                last.expect("a cell").of(ABOUT.id).is_some()
            };
            let sector = |step: u32| {
                let here = north_m(60.0 * f64::from(step));
                30.0 - 30.0 * here.distance_m(&site(250.0)).log10() + fading(step)
            };
            assert!(!fires(&sector), "seed {seed}");
            // The same name in a car that drives ahead.
            assert!(fires(&|step| -10.0 + fading(step)), "seed {seed}");
        }
    }

    #[test]
    fn a_registered_cells_twin_is_found_when_the_cell_shows_that_there_are_two() {
        let passed = macro_cell(0x3f_0d101, 301).site(Some(north_m(0.0)));
        let cell = macro_cell(0x3f_0d102, 302).site(Some(north_m(700.0)));
        let mut scene = Scene::new().registered(&passed).registered(&cell);
        let twin = cell.clone().frames_at_s(0.0083);
        let mut fired_at = Vec::new();
        for step in 0..13 {
            scene.at(north_m(60.0 * f64::from(step)));
            let falling = passed.clone().level_db(-20.0 - 3.0 * f64::from(step));
            // Not the strongest, and the cell itself before and after it.
            let heard =
                if (1..11).contains(&step) { twin.clone().level_db(constant(step) - 20.0) } else { cell.clone() };
            fired_at.extend(scene.dwell(&[falling, heard]).pop().expect("two cells").of(ABOUT.id).map(|_| step));
        }
        assert_eq!(fired_at, [11, 12]);
        // Half an hour later it is no news.
        scene.wait_s(1_800);
        assert_eq!(scene.dwell(&[passed, cell]).pop().expect("two cells").of(ABOUT.id), None);
    }

    #[test]
    fn a_network_without_a_registry_weighs_less() {
        let cell = macro_cell(0x5a_fff31, 304).plmns(&["450-05"]);
        assert_eq!(drive(Scene::new(), &cell, 9, constant).map(|f| f.severity), Some(Severity::Medium));
    }

    #[test]
    fn a_shorter_way_and_more_variation_are_just_below_the_limit() {
        let cell = macro_cell(0x5a_fff31, 304);
        assert_eq!(drive(Scene::new(), &cell, 8, constant), None);
        // Medians of five leave five steps of ten dwells.
        let rising = |step| -15.0 + 1.25 * f64::from(step);
        assert_eq!(drive(Scene::new(), &cell, 9, rising), None);
        let slower = |step| -15.0 + 1.15 * f64::from(step);
        assert!(drive(Scene::new(), &cell, 9, slower).is_some());
    }
}

//! `not-at-site`: the levels of a registered cell rise and fall as past a transmitter beside the road, far from its site.

use super::{
    history::{Sighting, median},
    network_timing::NetworkTiming,
    rule::{About, Case, Class, Fact, Finding, Rule, Severity, rounded},
    settings::settings,
};
use crate::{
    locate::{Levels, Whereabouts, locate},
    observation::Position,
    registry::CellKind,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "not-at-site",
    version: 2,
    class: Class::Place,
    facts: &[Fact::Level, Fact::Place],
    severity: Severity::Critical,
    seen: "the level of a registered cell rises to a point and falls again within so few metres that its transmitter is beside \
           that point and not at the registered site",
    reference: "TR 36.814 Table A.2.1.1.2-3 (path-loss exponents); TR 36.814 Table A.2.1.1.2-8 (home base stations, wall \
                losses)",
    false_positives: "wrong coordinates in the list, which make it info below 1 km; a street that opens to the site, info where \
                      the frames come as from there; repeaters and distributed antennas, which make it medium, unless the \
                      cell is stronger than one indoors is outside or its frames come too early or later than any fibre makes \
                      them",
    settings: NotAtSite::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct NotAtSite {
        /// How far the level must fall on both sides of the point.
        min_fall_db: f64 = 20.0,
        /// Within how many metres of it.
        within_m: f64 = 200.0,
        /// Places on each side where it must have fallen.
        min_beside: usize = 3,
        /// How near to a mast's antenna the road may lead; a transmitter that is not known to this is no proof.
        mast_m: f64 = 20.0,
        /// How much farther than past a mast the level must fall: shadowing on top.
        margin_db: f64 = 10.0,
        /// Es/N0 that an antenna inside a building cannot give outside.
        indoor_max_sinr_db: f64 = 40.0,
        /// Nearer than this a site is one whose coordinates are wrong.
        min_site_m: f64 = 1000.0,
        /// Seconds looked back.
        window_s: f64 = 600.0,
    }
}

/// Path-loss exponent past a mast: with line of sight at first, without it later. TR 36.814 Table A.2.1.1.2-3 has 2.2 and
/// 3.9.
const EXPONENT: f64 = 3.2;

/// A gap between tunnels or houses lets a level jump up and down again; what falls gradually comes from one point. So many
/// times less than a jump must a fall with the distance leave unexplained.
const BETTER_THAN_A_GAP: f64 = 2.0;

/// Places nearer than this to the next have one level: small-scale fading is averaged over some ten wavelengths.
const PLACE_M: f64 = 5.0;

/// Levels along the road past the point where they are strongest.
struct Pass {
    /// The strongest sighting's place and level.
    top: Position,
    top_db: f64,
    /// Its Es/N0.
    sinr_db: f64,
    /// Places in order of time with their levels, the top included.
    levels: Vec<(Position, f64)>,
    /// Which of them is the top.
    at: usize,
}

impl Rule for NotAtSite {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let row = &case.row()?.cell;
        let site = row.place.filter(|_| row.kind != Some(CellKind::Femto))?;
        let pass = self.pass(case)?;
        let site_m = pass.top.certain_distance_m(&site);
        let fall_db = pass.fall_db(self.min_beside, |_| true)?;
        if site_m <= self.within_m || fall_db < self.min_fall_db || !pass.falls_gradually() {
            return None;
        }
        let Whereabouts::Fixed(fix) = locate(&pass.heard(), false) else { return None };
        if fix.position.certain_distance_m(&site) <= self.within_m {
            return None;
        }
        // Whatever the errors of the fixes allow is in favour of the cell.
        let beyond_mast = |away_m: f64| away_m.hypot(self.mast_m) / self.mast_m;
        let is_no_mast = |(place, level_db): &(Position, f64)| {
            let away_m = pass.top.distance_m(place) + pass.top.greatest_error_m() + place.greatest_error_m();
            pass.top_db - level_db > 10.0 * EXPONENT * beyond_mast(away_m).log10() + self.margin_db
        };
        let is_beside_the_road =
            fix.position.greatest_error_m() <= self.mast_m && pass.fall_db(self.min_beside, is_no_mast).is_some();
        let timing = NetworkTiming::of(case, site);
        let from = timing.map_or(Frames::Unknown, Frames::of);
        let is_no_repeater =
            from == Frames::Elsewhere || from != Frames::Late && pass.sinr_db >= self.indoor_max_sinr_db;
        let (severity, explanation) = match (site_m >= self.min_site_m, is_beside_the_road && is_no_repeater, from) {
            (false, ..) => (Severity::Info, "list"),
            (true, true, _) => (Severity::Critical, "transmitter"),
            (true, false, Frames::Elsewhere) => (Severity::High, "elsewhere"),
            (true, false, Frames::Late) => (Severity::Medium, "late"),
            (true, false, Frames::Unknown) => (Severity::Medium, "repeater"),
            // The site itself may send them, down a street that opens to it.
            (true, false, Frames::OfSite) => (Severity::Info, "site"),
        };
        let fallen_m = pass.fallen_within_m(self.min_beside, self.min_fall_db);
        let fallen_db = pass.fall_db(self.min_beside, |(place, _)| pass.top.distance_m(place) <= fallen_m)?;
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", row.ecgi.to_string())
            .with("level_db", rounded(pass.top_db, 1))
            .with("top_sinr_db", rounded(pass.sinr_db, 1))
            .with("fall_db", rounded(fallen_db, 1))
            .with("fall_m", rounded(fallen_m, 0))
            .with("places", pass.levels.len())
            .with("near_lat", rounded(fix.position.lat, 5))
            .with("near_lon", rounded(fix.position.lon, 5))
            .with("near_error_m", rounded(fix.position.greatest_error_m(), 0))
            .with("site_distance_m", rounded(fix.position.distance_m(&site), 0))
            .with("explanation", explanation);
        let finding = match timing {
            Some(timing) => finding.with_all(timing.values()),
            None => finding.with("network_synchronised", false),
        };
        let finding = finding.weighing(severity);
        // What an operator's own repeater gives speaks for nothing else either.
        Some(if severity == Severity::Medium { finding.by_design() } else { finding })
    }
}

/// How late a repeater's frames or those of an antenna at the end of a fibre are at most: 30 km of fibre.
const MAX_REPEATED_S: f64 = 150e-6;

/// What the frames of a cell say against those of a synchronised network.
#[derive(Clone, Copy, PartialEq)]
enum Frames {
    /// There is no such network to compare with.
    Unknown,
    /// They come as from the registered site.
    OfSite,
    /// They come later, as through a repeater.
    Late,
    /// Neither the site nor a repeater sends them.
    Elsewhere,
}

impl Frames {
    fn of(timing: NetworkTiming) -> Self {
        match timing {
            timing if !timing.contradicts() => Self::OfSite,
            timing if timing.is_late_by(MAX_REPEATED_S) => Self::Late,
            _ => Self::Elsewhere,
        }
    }
}

impl NotAtSite {
    /// The way past the strongest place of the last minutes.
    fn pass(&self, case: &Case<'_>) -> Option<Pass> {
        let known = |s: &&Sighting| s.position.is_some() && s.level_db.is_some();
        let recent: Vec<&Sighting> = case.cell.track.recent(self.window_s).filter(known).collect();
        let strongest =
            recent.iter().max_by(|a, b| a.level_db.unwrap_or(f64::MIN).total_cmp(&b.level_db.unwrap_or(f64::MIN)))?;
        let (top, top_db) = strongest.position.zip(strongest.level_db)?;
        let near = recent.iter().filter_map(|s| s.position.zip(s.level_db).map(|level| (s.seq, level)));
        let mut levels: Vec<(Position, f64)> = Vec::new();
        let mut at = 0;
        for (seq, level) in near.filter(|(_, (place, _))| top.distance_m(place) <= self.within_m) {
            if seq == strongest.seq {
                at = levels.len();
            }
            levels.push(level);
        }
        Some(Pass { top, top_db, sinr_db: strongest.sinr_db, levels, at })
    }
}

impl Pass {
    /// How far the level falls on both sides, by so many places of each that count.
    fn fall_db(&self, beside: usize, counts: impl Fn(&(Position, f64)) -> bool) -> Option<f64> {
        let (before, after) = (&self.levels[..self.at], &self.levels[self.at + 1..]);
        let side = |side: &[(Position, f64)]| {
            let mut falls: Vec<f64> = Vec::new();
            let mut last: Option<Position> = None;
            for (place, level_db) in side.iter().filter(|level| counts(level)) {
                if last.is_none_or(|last| last.distance_m(place) >= PLACE_M) {
                    falls.push(self.top_db - level_db);
                    last = Some(*place);
                }
            }
            falls.sort_by(|a, b| b.total_cmp(a));
            falls.get(beside.max(1) - 1).copied()
        };
        Some(side(before)?.min(side(after)?))
    }

    /// Within how many metres the level has fallen so far on both sides.
    fn fallen_within_m(&self, beside: usize, fall_db: f64) -> f64 {
        let mut metres: Vec<f64> = self.levels.iter().map(|(place, _)| self.top.distance_m(place)).collect();
        metres.sort_by(f64::total_cmp);
        let has_fallen = |within_m: &f64| {
            self.fall_db(beside, |(place, _)| self.top.distance_m(place) <= *within_m)
                .is_some_and(|fall| fall >= fall_db)
        };
        metres.into_iter().find(has_fallen).unwrap_or(f64::INFINITY)
    }

    /// Whether a fall with the distance explains the levels better than a gap in what hides the site.
    fn falls_gradually(&self) -> bool {
        let levels: Vec<f64> = self.levels.iter().map(|(_, level_db)| *level_db).collect();
        let gap = |from: usize, to: usize| spread(&levels[..from]) + spread(&levels[from..to]) + spread(&levels[to..]);
        let ends = |from: usize| (from + 1..=levels.len()).map(move |to| (from, to));
        let best = (0..levels.len()).flat_map(ends).map(|(from, to)| gap(from, to)).fold(f64::INFINITY, f64::min);
        self.left_by_distance() * BETTER_THAN_A_GAP <= best
    }

    /// Squares that a straight line over the logarithm of the distance from the top leaves, as near to it as it may be.
    fn left_by_distance(&self) -> f64 {
        let left = |nearest_m: f64| {
            let points: Vec<(f64, f64)> =
                self.levels.iter().map(|(p, db)| (self.top.distance_m(p).hypot(nearest_m).log10(), *db)).collect();
            let n = points.len() as f64;
            let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
            let (x, y) = (mean(|p| p.0), mean(|p| p.1));
            let xx: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
            let xy: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
            let yy: f64 = points.iter().map(|p| (p.1 - y).powi(2)).sum();
            if xy < 0.0 { yy - xy * xy / xx } else { yy }
        };
        NEAREST_M.iter().map(|nearest_m| left(*nearest_m)).fold(f64::INFINITY, f64::min)
    }

    /// The levels as the estimator takes them.
    fn heard(&self) -> Levels {
        let mut heard = Levels::default();
        self.levels.iter().for_each(|(place, level_db)| heard.add(place, *level_db));
        heard
    }
}

/// Distances in metres of the transmitter from the road that are tried.
const NEAREST_M: [f64; 6] = [1.5, 3.0, 6.0, 12.0, 25.0, 50.0];

/// Squares about the median.
fn spread(levels: &[f64]) -> f64 {
    let Some(middle) = median(&mut levels.to_vec()) else { return 0.0 };
    levels.iter().map(|level_db| (level_db - middle).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::{
        Finding, Severity,
        scene::{Build, Scene, macro_cell, north_m},
    };

    fn cell(site_m: f64) -> Build {
        macro_cell(0x3f_0d103, 303).site(Some(north_m(site_m)))
    }

    /// Drives north past HOME, a dwell each 12 m, with the level at each distance; the most that the rule says.
    fn pass(mut scene: Scene, beside: &[Build], cell: &Build, level_db: impl Fn(f64) -> f64) -> Option<Finding> {
        let steps = -10..=10;
        let mut said = Vec::new();
        for away_m in steps.map(|step| 12.0 * f64::from(step)) {
            scene.at(north_m(away_m));
            let mut heard = beside.to_vec();
            heard.push(cell.clone().level_db(level_db(away_m)));
            said.extend(scene.dwell(&heard).pop().and_then(|outcome| outcome.of(ABOUT.id)));
        }
        said.into_iter().max_by_key(|finding| finding.severity)
    }

    /// Levels of a transmitter so many metres beside the road, with so many dB at its nearest.
    fn beside(metres: f64, top_db: f64) -> impl Fn(f64) -> f64 {
        move |away_m: f64| top_db - 32.0 * (away_m.hypot(metres) / metres).log10()
    }

    fn alone(site_m: f64, level_db: impl Fn(f64) -> f64) -> Option<Finding> {
        let cell = cell(site_m);
        pass(Scene::new().registered(&cell), &[], &cell, level_db)
    }

    #[test]
    fn fires_on_a_transmitter_beside_the_road() {
        let finding = alone(5_000.0, beside(3.0, -8.0)).expect("fires");
        assert_eq!(finding.severity, Severity::Critical);
        assert_eq!(
            (&finding.evidence["top_sinr_db"], &finding.evidence["explanation"]),
            (&52.0.into(), &"transmitter".into())
        );
        let site_m = finding.evidence["site_distance_m"].as_f64().expect("a number");
        assert!((site_m - 5_000.0).abs() < 60.0, "{site_m}");
        let fall_m = finding.evidence["fall_m"].as_f64().expect("a number");
        assert!(fall_m <= 60.0, "{fall_m}");
    }

    #[test]
    fn a_repeater_a_mast_and_an_antenna_indoors_weigh_less() {
        let severity = |level_db: &dyn Fn(f64) -> f64| alone(5_000.0, level_db).map(|finding| finding.severity);
        assert_eq!(severity(&beside(3.0, -20.0)), Some(Severity::Critical));
        assert_eq!(severity(&beside(3.0, -20.1)), Some(Severity::Medium));
        assert_eq!(severity(&beside(20.0, -8.0)), Some(Severity::Medium));
        let by_design = |top_db: f64| alone(5_000.0, beside(3.0, top_db)).expect("fires").grounds.by_design;
        assert_eq!([-20.0, -20.1].map(by_design), [false, true]);
    }

    /// What is said of a cell with frames so late beside a synchronised network, with the level at each distance.
    fn beside_a_network(late_s: f64, level_db: impl Fn(f64) -> f64) -> (Severity, String) {
        let sent = |metres: f64| 4e-3 + metres / 299_792_458.0;
        let place = |metres| Some(north_m(metres));
        let a = macro_cell(0x3f_0d101, 301).site(place(1_000.0)).frames_at_s(sent(1_000.0)).level_db(-40.0);
        let b = macro_cell(0x3f_0d202, 302).site(place(2_000.0)).frames_at_s(sent(2_000.0)).level_db(-40.0);
        let own = cell(5_000.0).frames_at_s(sent(5_000.0) + late_s);
        let scene = [&a, &b, &own].into_iter().fold(Scene::new(), Scene::registered);
        let finding = pass(scene, &[a, b], &own, level_db).expect("fires");
        (finding.severity, finding.evidence["explanation"].as_str().expect("a word").to_owned())
    }

    #[test]
    fn the_frames_of_a_synchronised_network_tell_a_repeater() {
        let of = |late_s: f64, top_db: f64| beside_a_network(late_s, beside(3.0, top_db));
        assert_eq!(of(-12e-6, -25.0), (Severity::Critical, "transmitter".to_owned()));
        // A street that opens to the site.
        assert_eq!(of(0.0, -25.0), (Severity::Info, "site".to_owned()));
        assert_eq!(of(0.0, -8.0), (Severity::Critical, "transmitter".to_owned()));
        assert_eq!(of(12e-6, -8.0), (Severity::Medium, "late".to_owned()));
        // No fibre is as long.
        assert_eq!(of(2.5e-3, -25.0), (Severity::Critical, "transmitter".to_owned()));
        assert_eq!(beside_a_network(2.5e-3, beside(20.0, -25.0)), (Severity::High, "elsewhere".to_owned()));
    }

    #[test]
    fn near_its_site_it_is_silent_and_a_little_off_the_list_is_wrong() {
        assert_eq!(alone(3.0, beside(3.0, -8.0)), None);
        // 200 m, and 30 m of errors of the places.
        assert_eq!(alone(229.0, beside(3.0, -8.0)), None);
        let off = alone(400.0, beside(3.0, -8.0)).expect("fires");
        assert_eq!((off.severity, &off.evidence["explanation"]), (Severity::Info, &"list".into()));
        // 1 km and those errors.
        assert_eq!(alone(1_029.0, beside(3.0, -8.0)).map(|f| f.severity), Some(Severity::Info));
        assert_eq!(alone(1_031.0, beside(3.0, -8.0)).map(|f| f.severity), Some(Severity::Critical));
    }

    #[test]
    fn stays_silent_on_what_hides_and_shows_a_site() {
        let open = |from: f64, to: f64, db: f64| {
            move |away_m: f64| -50.0 + if (from..=to).contains(&away_m) { db } else { 0.0 }
        };
        for (what, from, to, db) in [
            ("a corner", 0.0, 999.0, 20.0),
            ("a crossing", -15.0, 15.0, 20.0),
            ("a tunnel's end", -40.0, 999.0, 40.0),
            ("between tunnels", -40.0, 40.0, 40.0),
            ("a short gap", -1.0, 1.0, 40.0),
        ] {
            assert_eq!(alone(5_000.0, open(from, to, db)), None, "{what}");
        }
    }

    #[test]
    fn a_fall_on_one_side_and_a_small_fall_are_just_below_the_limit() {
        let level = beside(3.0, -8.0);
        assert_eq!(alone(5_000.0, |away_m| level(away_m.max(0.0))), None);
        // 10 m beside the road the third farthest place, 96 m away, is 31 dB below.
        let scaled = |fall_db: f64| {
            move |away_m: f64| {
                let whole = (96.0_f64.hypot(10.0) / 10.0).log10();
                -40.0 - fall_db * (away_m.hypot(10.0) / 10.0).log10() / whole
            }
        };
        assert!(alone(5_000.0, scaled(20.1)).is_some());
        assert_eq!(alone(5_000.0, scaled(19.9)), None);
    }

    #[test]
    fn stays_silent_on_femtocells_and_without_places_or_levels() {
        let past = |change: fn(Build) -> Build| {
            let cell = change(cell(5_000.0));
            pass(Scene::new().registered(&cell), &[], &cell, beside(3.0, -8.0))
        };
        assert!(past(|cell| cell).is_some());
        assert_eq!(past(|cell| cell.site(None)), None);
        assert_eq!(past(Build::no_position), None);
        assert_eq!(past(|cell| cell.clipped(0.01)), None);
        assert_eq!(past(|cell| cell.change(|o| o.dwell.gain_db = None)), None);
        let home = crate::detect::scene::femto_cell(0x5a_00101, 452).site(Some(north_m(5_000.0)));
        assert_eq!(pass(Scene::new().registered(&home), &[], &home, beside(3.0, -8.0)), None);
    }
}

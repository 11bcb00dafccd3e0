//! `overshadowed`: one place of the schedule that decodes to different content, in turn.

use serde_json::json;

use super::{
    history::{Retention, Sighting},
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};
use crate::{observation::BroadcastFacts, registry::CellKind};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "overshadowed",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Contradiction],
    severity: Severity::Critical,
    seen: "one place of the schedule of system information that holds other content and then the former again, within a \
           dwell or, of SIB1, from dwell to dwell; or priority 7 and q-RxLevMin -140 dBm of a cell that had neither before: a \
           second signal over the cell's own",
    reference: "TS 36.331 §5.2.1.2 (SIB1 is one in each 80 ms), §5.2.1.3 (a change comes with a modification period)",
    false_positives: "a network that changes SIB1 to and fro within minutes, as under test",
    settings: Overshadowed::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct Overshadowed {
        /// How often SIB1 must have come back to what it was before, from dwell to dwell. Within a dwell once is enough.
        min_returns: usize = 2,
        /// The same of cellBarred alone, which maintenance sets and takes back.
        min_barring_returns: usize = 4,
        /// Seconds looked back for both.
        window_s: f64 = 300.0,
    }
}

impl Rule for Overshadowed {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let ecgi = observation.ecgi().filter(|_| case.confirmed)?;
        let within = &observation.broadcast.alternations;
        let of_cell = |s: &Sighting| s.sib1.filter(|_| s.ecgi == Some(ecgi));
        let seen = case.cell.track.series(self.window_s, of_cell);
        let contents: Vec<u32> = seen.iter().map(|(_, content)| *content).collect();
        let returns = self::returns(&contents);
        // It must be going on: the last dwell shows one of them.
        let is_between = returns >= self.min_returns && observation.sibs.contains_key("sib1");
        let barred: Vec<bool> = case
            .cell
            .track
            .series(self.window_s, |s| s.barred.filter(|_| s.ecgi == Some(ecgi)))
            .into_iter()
            .map(|(_, b)| b)
            .collect();
        let barring_returns = self::returns(&barred);
        let bars_by_turns = barring_returns >= self.min_barring_returns;
        let is_femto = case.row().is_some_and(|near| near.cell.kind == Some(CellKind::Femto));
        let has_one_name = case.cell.track.identities.len() == 1;
        let switched =
            !is_femto && has_one_name && retains_since(case.cell.track.first_retention, &observation.broadcast);
        if within.is_empty() && !is_between && !bars_by_turns && !switched {
            return None;
        }
        let mut different = contents.clone();
        different.sort_unstable();
        different.dedup();
        let mut tacs: Vec<u16> = case
            .cell
            .track
            .series(self.window_s, |s| s.tac.filter(|_| s.ecgi == Some(ecgi)))
            .into_iter()
            .map(|(_, tac)| tac)
            .collect();
        tacs.sort_unstable();
        tacs.dedup();
        let finding = case
            .finding(&ABOUT)
            .with("ecgi", ecgi.to_string())
            .with("within_dwell", json!(within))
            .with("sib1_contents", different.len())
            .with("sib1_returns", returns)
            .with("tacs", (tacs.len() > 1).then_some(tacs))
            .with("barring_returns", bars_by_turns.then_some(barring_returns))
            .with("dwells", contents.len())
            .with("window_s", self.window_s);
        if !switched {
            return Some(finding);
        }
        let (now, first) = (&observation.broadcast, case.cell.track.first_retention);
        Some(
            finding
                .with("began_to_retain", true)
                .with("serving_priority", now.serving_priority)
                .with("serving_priority_first", first.serving_priority)
                .with("q_rx_lev_min_dbm", now.q_rx_lev_min_dbm)
                .with("q_rx_lev_min_dbm_first", first.q_rx_lev_min_dbm),
        )
    }
}

/// Whether a cell now has both ends of what keeps terminals, the highest priority and the lowest level, and had neither when
/// it was first heard: a network plans them for years. TS 36.304 §5.2.3.2, §5.2.4.1.
fn retains_since(first: Retention, now: &BroadcastFacts) -> bool {
    let is_retaining = now.serving_priority == Some(7) && now.q_rx_lev_min_dbm == Some(-140);
    let was_not = first.serving_priority.is_some_and(|p| p != 7) && first.q_rx_lev_min_dbm.is_some_and(|q| q != -140);
    is_retaining && was_not
}

/// How often a content comes that was there before the last one.
fn returns<T: PartialEq>(contents: &[T]) -> usize {
    let comes_back = |i: usize| contents[i] != contents[i - 1] && contents[..i - 1].contains(&contents[i]);
    (2..contents.len()).filter(|&i| comes_back(i)).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::ABOUT;
    use crate::{
        detect::{
            Finding,
            scene::{Build, Scene, macro_cell},
        },
        observation::Alternation,
    };

    fn cell(q_rx_lev_min: i32) -> Build {
        let sib1 = json!({"cellSelectionInfo": {"q-RxLevMin": q_rx_lev_min}});
        macro_cell(0x3f_0d101, 301).change(|o| drop(o.sibs.insert("sib1".to_owned(), sib1)))
    }

    fn in_turn(cells: &[Build]) -> Option<Finding> {
        let mut scene = Scene::new();
        cells.iter().map(|cell| scene.judge(ABOUT.id, cell.clone())).last().flatten()
    }

    #[test]
    fn fires_on_a_dwell_whose_blocks_contradict_each_other() {
        let alternation = Alternation { place: "SI-1".to_owned(), contents: 2, returns: 1, receptions: 5 };
        let finding = in_turn(&[cell(-62).broadcast(|b| b.alternations = vec![alternation])]).expect("fires");
        assert_eq!(finding.evidence["within_dwell"][0]["place"], "SI-1");
    }

    #[test]
    fn fires_on_a_sib1_that_goes_to_and_fro() {
        let finding = in_turn(&[cell(-62), cell(-70), cell(-62), cell(-70)]).expect("fires");
        assert_eq!((&finding.evidence["sib1_returns"], &finding.evidence["sib1_contents"]), (&2.into(), &2.into()));
    }

    #[test]
    fn fires_on_a_cell_that_begins_to_retain() {
        let with = |priority, level| {
            macro_cell(0x3f_0d101, 301)
                .broadcast(|b| (b.serving_priority, b.q_rx_lev_min_dbm) = (Some(priority), Some(level)))
        };
        let finding = in_turn(&[with(6, -124), with(7, -140)]).expect("fires");
        assert_eq!(
            (&finding.evidence["began_to_retain"], &finding.evidence["serving_priority_first"]),
            (&true.into(), &6.into())
        );
        for (before, now) in
            [((7, -140), (7, -140)), ((7, -124), (7, -140)), ((6, -140), (7, -140)), ((6, -124), (7, -138))]
        {
            assert_eq!(in_turn(&[with(before.0, before.1), with(now.0, now.1)]), None, "{before:?} {now:?}");
        }
        let unknown = macro_cell(0x3f_0d101, 301).broadcast(|b| b.q_rx_lev_min_dbm = Some(-124));
        assert_eq!(in_turn(&[unknown, with(7, -140)]), None);
    }

    #[test]
    fn stays_silent_on_changes_and_on_two_cells_of_one_pci() {
        assert_eq!(in_turn(&[cell(-62), cell(-64), cell(-66), cell(-68)]), None);
        let other = || cell(-64).eci(0x3f_0d201);
        assert_eq!(in_turn(&[cell(-62), other(), cell(-62), other(), cell(-62), other()]), None);
        let barred = || cell(-62).change(|o| o.identity.iter_mut().for_each(|i| i.cell_barred = true));
        assert_eq!(in_turn(&[cell(-62), barred(), cell(-62), barred(), cell(-62)]), None);
        // The fourth return.
        assert!(in_turn(&[cell(-62), barred(), cell(-62), barred(), cell(-62), barred()]).is_some());
        // Nothing new without a SIB1.
        assert_eq!(in_turn(&[cell(-62), cell(-70), cell(-62), cell(-70), macro_cell(0x3f_0d101, 301)]), None);
    }

    #[test]
    fn one_return_and_five_minutes_are_just_below_the_limit() {
        assert_eq!(in_turn(&[cell(-62), cell(-70), cell(-62)]), None);
        let slow = |wait_s: i64| {
            let mut scene = Scene::new();
            [cell(-62), cell(-70), cell(-62), cell(-70)].map(|cell| {
                let finding = scene.judge(ABOUT.id, cell);
                scene.wait_s(wait_s);
                finding
            })[3]
                .clone()
        };
        assert!(slow(95).is_some());
        assert_eq!(slow(96), None);
    }
}

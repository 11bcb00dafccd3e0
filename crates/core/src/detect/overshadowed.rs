//! `overshadowed`: one place of the schedule that decodes to different content, in turn.

use serde::Deserialize;
use serde_json::json;

use super::rule::{About, Case, Class, Fact, Finding, Rule, Severity};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "overshadowed",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Contradiction],
    severity: Severity::Critical,
    seen: "one place of the schedule of system information that holds other content and then the former again, within a \
           dwell or, of SIB1, from dwell to dwell: a second signal over the cell's own",
    reference: "TS 36.331 §5.2.1.2 (SIB1 is one in each 80 ms), §5.2.1.3 (a change comes with a modification period)",
    false_positives: "a network that changes SIB1 to and fro within minutes, as under test",
    settings: "min_returns = 2\n\
        window_s = 300.0\n",
};

/// Thresholds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overshadowed {
    /// How often SIB1 must have come back to what it was before, from dwell to dwell. Within a dwell once is enough.
    min_returns: usize,
    /// Seconds looked back for that.
    window_s: f64,
}

impl Rule for Overshadowed {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let observation = case.observation();
        let ecgi = observation.ecgi().filter(|_| case.confirmed)?;
        let within = &observation.broadcast.alternations;
        let of_cell = |s: &super::history::Sighting| s.sib1.filter(|_| s.ecgi == Some(ecgi));
        let seen = case.cell.track.series(self.window_s, of_cell);
        let contents: Vec<u32> = seen.iter().map(|(_, content)| *content).collect();
        let returns = returns(&contents);
        // It must be going on: the last dwell shows one of them.
        let is_between = returns >= self.min_returns && observation.sibs.contains_key("sib1");
        if within.is_empty() && !is_between {
            return None;
        }
        let mut different = contents.clone();
        different.sort_unstable();
        different.dedup();
        Some(
            case.finding(&ABOUT)
                .with("ecgi", ecgi.to_string())
                .with("within_dwell", json!(within))
                .with("sib1_contents", different.len())
                .with("sib1_returns", returns)
                .with("dwells", contents.len())
                .with("window_s", self.window_s),
        )
    }
}

/// How often a content comes that was there before the last one.
fn returns(contents: &[u32]) -> usize {
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
    fn stays_silent_on_changes_and_on_two_cells_of_one_pci() {
        assert_eq!(in_turn(&[cell(-62), cell(-64), cell(-66), cell(-68)]), None);
        let other = || cell(-64).eci(0x3f_0d201);
        assert_eq!(in_turn(&[cell(-62), other(), cell(-62), other(), cell(-62), other()]), None);
        let barred = || cell(-62).change(|o| o.identity.iter_mut().for_each(|i| i.cell_barred = true));
        assert_eq!(in_turn(&[cell(-62), barred(), cell(-62), barred(), cell(-62)]), None);
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

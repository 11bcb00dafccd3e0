//! `thin-si`: a cell that broadcasts little more than it must.

use super::{
    rule::{About, Case, Class, Fact, Finding, Rule, Severity},
    settings::settings,
};

/// The fixed facts.
pub static ABOUT: About = About {
    id: "thin-si",
    version: 1,
    class: Class::Broadcast,
    facts: &[Fact::Schedule],
    severity: Severity::Info,
    seen: "fewer than two blocks of system information scheduled beyond SIB2",
    reference: "TS 36.331 §6.2.2 (schedulingInfoList)",
    false_positives: "small cells",
    settings: ThinSi::SETTINGS,
};

settings! {
    /// Thresholds.
    pub struct ThinSi {
        /// Blocks beyond SIB2 that are enough.
        min_blocks: usize = 2,
    }
}

impl Rule for ThinSi {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn judge(&self, case: &Case<'_>) -> Option<Finding> {
        let scheduled = &case.observation().broadcast.scheduled_sibs;
        // SIB1 itself always schedules SIB2: an empty list was not read.
        let beyond = scheduled.iter().filter(|&&sib| sib > 2).count();
        (!scheduled.is_empty() && beyond < self.min_blocks)
            .then(|| case.finding(&ABOUT).with("scheduled_sibs", scheduled.clone()).with("min_blocks", self.min_blocks))
    }
}

#[cfg(test)]
mod tests {
    use super::ABOUT;
    use crate::detect::scene::{Scene, macro_cell};

    fn fires(scheduled: &[u8]) -> bool {
        let cell = macro_cell(0x3f_0d101, 301).broadcast(|b| b.scheduled_sibs = scheduled.to_vec());
        Scene::new().judge(ABOUT.id, cell).is_some()
    }

    #[test]
    fn fires_on_sib2_alone_and_one_more() {
        assert!(fires(&[2]));
        assert!(fires(&[2, 3]));
    }

    #[test]
    fn stays_silent_on_a_full_list_and_without_one() {
        assert!(!fires(&[2, 3, 4, 5, 6]));
        assert!(!fires(&[]));
    }

    #[test]
    fn two_blocks_are_just_below_the_limit() {
        assert!(!fires(&[2, 3, 5]));
    }
}

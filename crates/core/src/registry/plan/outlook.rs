//! What may be expected of a plan, and of the days after it.

use super::{route::Planner, streets::Node};
use crate::registry::inspect::{Account, Ahead};

/// Share of what streets can settle at which an area counts as done: the last rows take as long as all before.
pub const DONE_SHARE: f64 = 0.95;

/// Most days that are looked ahead, and the most drives of them all.
const MAX_DAYS: usize = 30;
const MAX_DRIVES: usize = 120;

/// Expected numbers of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Rows of the area.
    pub rows: usize,
    /// Rows that are settled already.
    pub settled: usize,
    /// Rows that no street can settle, as expected: without a place or a channel, behind walls that no street hears through,
    /// or as probably elsewhere as silent. They need visits.
    pub visits: f64,
    /// Rows that are expected to be settled by the end of each day, those before included; the first is the plan's.
    pub by_day: Vec<f64>,
    /// Day, from 1, on which [`DONE_SHARE`] of what streets can settle is settled; beyond those of `by_day`, the least that it
    /// may be. `None` where the first or the last day settles nothing.
    pub done_on_day: Option<usize>,
}

/// Plans the days that follow in outline, and counts.
pub fn look_out(
    ahead: &Ahead,
    mut planner: Planner<'_>,
    starts: &[Node],
    metres: f64,
    can_settle: f64,
    first_day: f64,
) -> Outlook {
    let accounts = &ahead.inspection.accounts;
    let is_settled = |account: &&Account| account.state().is_settled();
    let settled = accounts.iter().filter(is_settled).count();
    let goal = settled as f64 + DONE_SHARE * can_settle;
    let mut by_day = vec![settled as f64 + first_day];
    let days = MAX_DAYS.min(MAX_DRIVES / starts.len().max(1)).max(2);
    let mut last = first_day;
    let mut now = settled as f64 + first_day;
    while by_day.len() < days && now < goal && last > 0.0 {
        planner.begin_day();
        last =
            planner.drives(starts, metres).iter().flat_map(|drive| &drive.settled).map(|&more| f64::from(more)).sum();
        now += last;
        by_day.push(now);
    }
    let done_on_day = if first_day <= 0.0 {
        None
    } else if now >= goal {
        Some(by_day.len())
    } else {
        (last > 0.0).then(|| by_day.len() + ((goal - now) / last).ceil() as usize)
    };
    let open = (accounts.len() - settled) as f64;
    Outlook { rows: accounts.len(), settled, visits: (open - can_settle).max(0.0), by_day, done_on_day }
}

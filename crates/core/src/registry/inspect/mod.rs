//! The account of an inspection: every registered cell of an area, and what the drives say about it.
//!
//! In: the registry, and what was searched and heard where. Out: one [`Account`] per registered cell, each in exactly one
//! [`State`].
//!
//! - A dwell *looks* at a cell where it searched its carrier so near that it might hear it ([`LEAST_CLEARANCE_DB`]). The
//!   level predicted at the dwell's place is compared with the one that its SIB1 needs over the noise and over the strongest
//!   cell that the dwell heard on the carrier.
//! - A dwell *passes* a cell where it would hear it one time in two, or within [`CERTAIN_PASS_M`]. Consecutive such dwells on
//!   the carrier are one *pass*. A dwell on the carrier that does not, or a pause of more than [`PASS_PAUSE`], ends it.
//! - From the looks at a cell follows how probable it is that it is on air as registered, elsewhere, or silent: see
//!   `posterior`.

mod account;
mod area;
mod doors;
mod evidence;
mod excess;
mod heard;
mod look;
mod needed;
mod passes;
mod posterior;
mod prior;
mod prospect;
mod visit;

use std::collections::BTreeMap;

use jiff::Timestamp;

pub use account::{Account, Outcome, Prediction, Settle, State};
pub use area::Area;
pub use doors::{Address, AddressError, Door, DoorReason, doors, read_addresses};
pub use evidence::INTERMITTENT_OFF;
pub use heard::{FieldDifference, HeardCell};
pub use needed::Needed;
pub use passes::{CERTAIN_PASS_M, LEAST_CLEARANCE_DB, PASS_PAUSE};
pub use posterior::{Belief, SETTLED};
pub use prospect::{POINTS, Points, Prospect, missed};
pub use visit::{MAX_NOTE, MAX_VISITS, VISIT_COLUMNS, Visit, VisitError, VisitOutcome, read_visits};

use super::{CellKind, RegisteredCell, Registry, RegistrySnapshot, path_loss::PathLossModel};
use crate::observation::{Ecgi, Position, Searched};
use evidence::Evidence;
use passes::{InspectedDrive, Level, Trace};
use posterior::Learned;
use prior::CellClass;

/// What was searched at one place, and what was heard there.
#[derive(Debug, Clone, PartialEq)]
pub struct InspectedDwell {
    /// The dwell's or recording's name.
    pub id: String,
    /// When; dwells without a time keep their order.
    pub time: Option<Timestamp>,
    /// Where.
    pub position: Option<Position>,
    /// What was searched.
    pub searched: Searched,
    /// The cells heard.
    pub heard: Vec<HeardCell>,
}

/// The account of an area.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The state of the list it rests on.
    pub snapshot: RegistrySnapshot,
    /// What was learned of the levels of each kind, in the order of [`CellKind::ALL`].
    pub excess: [Excess; 3],
    /// The registered cells of the area, by global identifier.
    pub accounts: Vec<Account>,
}

/// How the levels of a kind's cells differ from the predicted ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Excess {
    /// Mean of measured less predicted levels, in dB.
    pub mean_db: f64,
    /// Standard deviation from cell to cell, in dB.
    pub deviation_db: f64,
    /// How many cells of the kind were heard.
    pub heard: usize,
}

/// An account, and what further looks may settle.
#[derive(Debug, Clone)]
pub struct Ahead {
    /// The account.
    pub inspection: Inspection,
    /// Of each account that is not settled and not a visit's: what further looks may settle.
    pub prospects: Vec<Option<Prospect>>,
    /// What SIB1 needed where the drives were.
    pub needed: Needed,
}

impl Ahead {
    /// The accounts that further looks may settle.
    pub fn open(&self) -> impl Iterator<Item = &Account> {
        self.inspection.accounts.iter().zip(&self.prospects).filter_map(|(account, prospect)| prospect.map(|_| account))
    }
}

/// Accounts for every registered cell of an area. Of several visits to a cell the latest counts.
#[must_use]
pub fn inspect(
    registry: &Registry,
    area: &Area,
    dwells: &[InspectedDwell],
    visits: &[Visit],
    model: PathLossModel,
) -> Inspection {
    Examined::new(registry, area, dwells, visits, model).inspection(registry)
}

/// Accounts for every registered cell of an area, and looks ahead at those that are not settled.
#[must_use]
pub fn inspect_ahead(
    registry: &Registry,
    area: &Area,
    dwells: &[InspectedDwell],
    visits: &[Visit],
    model: PathLossModel,
) -> Ahead {
    let examined = Examined::new(registry, area, dwells, visits, model);
    let prospects = examined.prospects(model);
    let earfcns: Vec<u32> = registry.all_earfcns().into_iter().collect();
    let needed = Needed::of(dwells.iter(), &earfcns);
    let inspection = examined.inspection(registry);
    let prospects = prospects.into_iter().zip(&inspection.accounts);
    let prospects = prospects.map(|(prospect, account)| prospect.filter(|_| !account.state().is_settled())).collect();
    Ahead { inspection, prospects, needed }
}

/// What the dwells say of the cells of an area.
struct Examined {
    cells: Vec<RegisteredCell>,
    traces: Vec<Trace>,
    /// Of the cells that were passed, heard or visited.
    evidence: Vec<Option<Evidence>>,
    learned: Learned,
    /// Time of the last dwell, else of the list.
    now: Timestamp,
}

impl Examined {
    fn new(
        registry: &Registry,
        area: &Area,
        dwells: &[InspectedDwell],
        visits: &[Visit],
        model: PathLossModel,
    ) -> Self {
        let mut in_time: Vec<&InspectedDwell> = dwells.iter().collect();
        in_time.sort_by_key(|dwell| dwell.time);
        let mut cells = area.cells(registry, dwells);
        cells.dedup_by_key(|cell| cell.ecgi);
        let now = in_time.last().and_then(|dwell| dwell.time).unwrap_or(registry.snapshot().imported);
        let mut latest: BTreeMap<Ecgi, &Visit> = BTreeMap::new();
        for visit in visits {
            let kept = latest.entry(visit.ecgi).or_insert(visit);
            if visit.date >= kept.date {
                *kept = visit;
            }
        }
        let trace = |cell: &RegisteredCell| Trace::after(latest.get(&cell.ecgi).copied());
        let mut traces: Vec<Trace> = cells.iter().map(trace).collect();
        let mut drive = InspectedDrive::new(registry, &cells, model);
        for dwell in in_time {
            drive.hear(dwell, &mut traces);
            drive.look(dwell, &mut traces);
        }
        let evidence = |(cell, trace): (&RegisteredCell, &Trace)| {
            let heard = trace.heard_dwells > 0;
            let visited = trace.visit.as_ref().map(|visit| visit.outcome);
            let evidence = || {
                let level = Level { cell, model };
                Evidence::of(CellClass::of(cell, now), &trace.looks, heard, &level).after(visited)
            };
            (heard || trace.passes > 0 || visited.is_some()).then(evidence)
        };
        let evidence: Vec<Option<Evidence>> = cells.iter().zip(&traces).map(evidence).collect();
        let learned = Learned::from_cells(evidence.iter().flatten());
        Self { cells, traces, evidence, learned, now }
    }

    /// The prospects of the cells, settled ones included.
    fn prospects(&self, model: PathLossModel) -> Vec<Option<Prospect>> {
        let cells = self.cells.iter().zip(&self.traces).zip(&self.evidence);
        let prospect = |((cell, trace), evidence): ((&RegisteredCell, &Trace), &Option<Evidence>)| {
            let (None, Some(_), Some(_)) = (evidence.as_ref().filter(|cell| cell.heard), cell.place, cell.earfcn)
            else {
                return None;
            };
            let unpassed = || Evidence::of(CellClass::of(cell, self.now), &trace.looks, false, &Level { cell, model });
            let evidence = evidence.as_ref();
            Some(evidence.map_or_else(
                || self.learned.prospect(&unpassed(), &trace.looks),
                |evidence| self.learned.prospect(evidence, &trace.looks),
            ))
        };
        cells.map(prospect).collect()
    }

    fn inspection(self, registry: &Registry) -> Inspection {
        let Self { cells, traces, evidence, learned, .. } = self;
        let excess = std::array::from_fn(|kind| {
            let (mean_db, deviation_db) = learned.excess_db(kind);
            let is_heard = |(cell, trace): &(&RegisteredCell, &Trace)| {
                cell.kind == Some(CellKind::ALL[kind]) && trace.looks.heard_identity()
            };
            Excess { mean_db, deviation_db, heard: cells.iter().zip(&traces).filter(is_heard).count() }
        });
        let accounts = cells.into_iter().zip(traces).zip(evidence);
        let account = |((cell, trace), evidence): ((RegisteredCell, Trace), Option<Evidence>)| {
            let belief = evidence.map(|evidence| learned.belief(&evidence, &trace.looks));
            trace.account(cell, belief)
        };
        Inspection { snapshot: registry.snapshot().clone(), excess, accounts: accounts.map(account).collect() }
    }
}

//! The rows of the cells table: the cells that pass the filter, in the order of the sort. They are worked out where cells,
//! sort or filter change, and not for every picture.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use super::state::CellEntry;
use cellwarden_core::{detect::Verdict, observation::Plmn, registry::CellKind};

/// What the cells table is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The worst first, then the strongest.
    Verdict,
    /// Physical-layer identity.
    Pci,
    /// Carrier.
    Carrier,
    /// Network.
    Plmn,
    /// Tracking area.
    Tac,
    /// Network and cell identity.
    Identity,
    /// What the registry says it is.
    Kind,
    /// The strongest first.
    Level,
    /// The clearest first.
    Sinr,
    /// The latest heard first.
    Age,
}

impl SortKey {
    /// All of them, in the order that the key walks through.
    pub const ALL: [Self; 10] = [
        Self::Verdict,
        Self::Pci,
        Self::Carrier,
        Self::Plmn,
        Self::Tac,
        Self::Identity,
        Self::Kind,
        Self::Level,
        Self::Sinr,
        Self::Age,
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Verdict => "verdict",
            Self::Pci => "PCI",
            Self::Carrier => "carrier",
            Self::Plmn => "PLMN",
            Self::Tac => "TAC",
            Self::Identity => "identity",
            Self::Kind => "kind",
            Self::Level => "RSRP",
            Self::Sinr => "SINR",
            Self::Age => "age",
        }
    }

    fn compare(self, a: &CellEntry, b: &CellEntry) -> Ordering {
        let (first, second) = (&a.observation, &b.observation);
        let stronger = || second.rsrp_db().total_cmp(&first.rsrp_db());
        match self {
            Self::Verdict => urgency(b.verdict).cmp(&urgency(a.verdict)).then_with(stronger),
            Self::Pci => first.pci.get().cmp(&second.pci.get()).then_with(stronger),
            Self::Carrier => first.carrier.hz.total_cmp(&second.carrier.hz).then_with(stronger),
            Self::Plmn => known_first(plmn(a), plmn(b)).then_with(stronger),
            Self::Tac => known_first(tac(a), tac(b)).then_with(stronger),
            Self::Identity => known_first(a.id.ecgi, b.id.ecgi).then_with(stronger),
            Self::Kind => known_first(a.kind.map(CellKind::word), b.kind.map(CellKind::word)).then_with(stronger),
            Self::Level => stronger(),
            Self::Sinr => second.level.sinr_db.total_cmp(&first.level.sinr_db),
            Self::Age => second.time().cmp(&first.time()).then_with(stronger),
        }
    }
}

fn plmn(cell: &CellEntry) -> Option<Plmn> {
    cell.observation.identity.as_ref().and_then(|identity| identity.plmns.first()).copied()
}

fn tac(cell: &CellEntry) -> Option<u16> {
    cell.observation.identity.as_ref().map(|identity| identity.tac)
}

/// Ascending, and what is not known last.
fn known_first<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(&b))
}

/// How soon somebody should look at a cell.
fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Unregistered => 5,
        Verdict::Inactive => 4,
        Verdict::Mismatch => 3,
        Verdict::Unidentified => 2,
        Verdict::Unchecked => 1,
        Verdict::Registered => 0,
    }
}

/// The rows, and what makes them.
#[derive(Debug, Clone)]
pub struct CellTable {
    sort: SortKey,
    reversed: bool,
    filter: String,
    rows: Vec<Arc<CellEntry>>,
    /// What the filter looked into, by the entry that a row holds: an entry that changes is another one.
    searched: HashMap<usize, (Arc<CellEntry>, String)>,
}

impl Default for CellTable {
    fn default() -> Self {
        Self {
            sort: SortKey::Verdict,
            reversed: false,
            filter: String::new(),
            rows: Vec::new(),
            searched: HashMap::new(),
        }
    }
}

impl CellTable {
    /// What it is sorted by.
    #[must_use]
    pub fn sort(&self) -> SortKey {
        self.sort
    }

    /// Whether the sort runs backwards.
    #[must_use]
    pub fn reversed(&self) -> bool {
        self.reversed
    }

    /// Only cells whose row has these words are shown.
    #[must_use]
    pub fn filter(&self) -> &str {
        &self.filter
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> &[Arc<CellEntry>] {
        &self.rows
    }

    /// Sorts by something else.
    pub fn sort_by(&mut self, sort: SortKey, reversed: bool, cells: &[Arc<CellEntry>]) {
        (self.sort, self.reversed) = (sort, reversed);
        self.work_out(cells);
    }

    /// Shows only cells whose row has these words.
    pub fn filter_by(&mut self, filter: &str, cells: &[Arc<CellEntry>]) {
        filter.clone_into(&mut self.filter);
        self.work_out(cells);
    }

    /// Works the rows out anew.
    pub fn work_out(&mut self, cells: &[Arc<CellEntry>]) {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        self.rows.clear();
        if words.is_empty() {
            self.searched.clear();
            self.rows.extend_from_slice(cells);
        } else {
            let mut before = std::mem::take(&mut self.searched);
            for cell in cells {
                let address = Arc::as_ptr(cell).addr();
                let known = before.remove(&address).unwrap_or_else(|| (Arc::clone(cell), searched(cell)));
                if words.iter().all(|word| known.1.contains(word)) {
                    self.rows.push(Arc::clone(cell));
                }
                self.searched.insert(address, known);
            }
        }
        self.rows.sort_by(|a, b| self.sort.compare(a, b));
        if self.reversed {
            self.rows.reverse();
        }
    }
}

/// What the filter looks into, in lower case.
fn searched(cell: &CellEntry) -> String {
    let observation = &cell.observation;
    let mut text = format!("{} pci{} {:.3}", cell.verdict, observation.pci.get(), observation.carrier.hz * 1e-6);
    for number in [observation.carrier.earfcn, observation.carrier.band.map(u32::from)].into_iter().flatten() {
        text += &format!(" {number}");
    }
    if let Some(identity) = &observation.identity {
        text += &format!(" {} {:07x}", identity.tac, identity.eci.get());
        identity.all_plmns().iter().for_each(|plmn| text += &format!(" {plmn}"));
    }
    for word in [observation.broadcast.hnb_name.as_deref(), cell.kind.map(|kind| kind.word())].into_iter().flatten() {
        text.push(' ');
        text += word;
    }
    cell.findings.iter().for_each(|finding| text += &format!(" {}", finding.rule));
    text.to_lowercase()
}

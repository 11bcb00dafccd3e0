//! What is doubtful in a registered cell list although each field can be read.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Serialize;

use super::{CellKind, CellStatus, RegisteredCell, Registry, RegistrySnapshot};
use crate::observation::{Earfcn, Plmn};

/// A kind of doubt about rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// A global identifier stands in several rows.
    DuplicateEcgi,
    /// Two cells on one carrier with one PCI stand within [`SAME_PCI_M`]: terminals confuse them.
    SamePciNearby,
    /// The PLMN is one of those set aside for tests. TS 23.003 §2.2.
    TestPlmn,
    /// The tracking area code is 0x0000 or 0xFFFE, which mean that there is none. TS 23.003 §19.4.2.3.
    ReservedTac,
    /// No band has the EARFCN in its downlink. TS 36.101 Table 5.7.3-1.
    EarfcnInNoBand,
    /// A femtocell without coordinates: no rule of place can hold it.
    FemtoWithoutPlace,
    /// Latitude and longitude are both 0: a geocoder's way to say that it found nothing.
    ZeroPlace,
    /// The last contact lies after the import.
    ContactAfterImport,
    /// An active cell without contact for [`NO_CONTACT`] before the import.
    ActiveWithoutContact,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubts {
    /// The check.
    pub check: Check,
    /// How many rows or pairs it found.
    pub count: u64,
    /// The first [`EXAMPLES`] of them, in words.
    pub examples: Vec<String>,
}

/// How near two cells with one PCI on one carrier must be to be reported, in metres.
pub const SAME_PCI_M: f64 = 300.0;

/// How long an active cell may be without contact.
pub const NO_CONTACT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How many findings of a check are named.
pub const EXAMPLES: usize = 20;

impl Check {
    /// What is wrong, in a few words.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::DuplicateEcgi => "identifiers in several rows",
            Self::SamePciNearby => "pairs with one PCI on one carrier within 300 m",
            Self::TestPlmn => "test PLMNs (001-01, 999-xx)",
            Self::ReservedTac => "reserved tracking area codes (0x0000, 0xFFFE)",
            Self::EarfcnInNoBand => "EARFCNs of no band's downlink",
            Self::FemtoWithoutPlace => "femtocells without coordinates",
            Self::ZeroPlace => "coordinates 0, 0",
            Self::ContactAfterImport => "last contacts after the import",
            Self::ActiveWithoutContact => "active cells without contact for 90 days",
        }
    }

    /// Whether the row cannot be true, rather than being unusual.
    #[must_use]
    pub const fn is_impossible(self) -> bool {
        !matches!(self, Self::SamePciNearby | Self::FemtoWithoutPlace | Self::ActiveWithoutContact | Self::TestPlmn)
    }
}

/// Goes through all rows. Checks that find nothing are left out.
#[must_use]
pub fn verify(registry: &Registry) -> Vec<Doubts> {
    let mut found = DoubtCounts::default();
    let mut last: Option<RegisteredCell> = None;
    for cell in registry.cells() {
        if last.as_ref().is_some_and(|last| last.ecgi == cell.ecgi) {
            found.add(Check::DuplicateEcgi, || cell.ecgi.to_string());
        }
        verify_row(&cell, registry.snapshot(), &mut found);
        last = Some(cell);
    }
    for (one, other, distance_m) in registry.same_pair_within(SAME_PCI_M) {
        found.add(Check::SamePciNearby, || {
            let pci = one.pci.map_or(0, |pci| pci.get());
            format!("{} and {}: PCI {pci}, {distance_m:.0} m apart", one.ecgi, other.ecgi)
        });
    }
    found.0.into_values().collect()
}

fn verify_row(cell: &RegisteredCell, snapshot: &RegistrySnapshot, found: &mut DoubtCounts) {
    let ecgi = cell.ecgi;
    if ecgi.plmn.is_test() {
        found.add(Check::TestPlmn, || ecgi.to_string());
    }
    if let Some(tac @ (0 | 0xFFFE)) = cell.tac {
        found.add(Check::ReservedTac, || format!("{ecgi}: {tac:#06x}"));
    }
    if let Some(earfcn) = cell.earfcn.filter(|&earfcn| Earfcn::new(earfcn).is_none()) {
        found.add(Check::EarfcnInNoBand, || format!("{ecgi}: {earfcn}"));
    }
    match cell.place {
        None if cell.kind == Some(CellKind::Femto) => found.add(Check::FemtoWithoutPlace, || ecgi.to_string()),
        Some(place) if place.lat == 0.0 && place.lon == 0.0 => found.add(Check::ZeroPlace, || ecgi.to_string()),
        _ => {}
    }
    if let Some(contact) = cell.last_contact {
        let since = snapshot.imported.duration_since(contact);
        if since.is_negative() {
            found.add(Check::ContactAfterImport, || format!("{ecgi}: {contact}"));
        } else if since > NO_CONTACT && cell.status == CellStatus::Active {
            found.add(Check::ActiveWithoutContact, || format!("{ecgi}: {contact}"));
        }
    }
}

#[derive(Default)]
struct DoubtCounts(BTreeMap<Check, Doubts>);

impl DoubtCounts {
    fn add(&mut self, check: Check, example: impl FnOnce() -> String) {
        let doubts = self.0.entry(check).or_insert_with(|| Doubts { check, count: 0, examples: Vec::new() });
        doubts.count += 1;
        if doubts.examples.len() < EXAMPLES {
            doubts.examples.push(example());
        }
    }
}

/// Counts over a registered cell list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// The state of the list.
    pub snapshot: RegistrySnapshot,
    /// Rows of each PLMN.
    pub plmns: BTreeMap<String, u64>,
    /// Rows of each kind; `unknown` where the list does not say.
    pub kinds: BTreeMap<&'static str, u64>,
    /// Rows of each status.
    pub statuses: BTreeMap<&'static str, u64>,
    /// Rows on each EARFCN.
    pub earfcns: BTreeMap<u32, u64>,
    /// Rows without a place.
    pub without_place: u64,
    /// Rows without an EARFCN or a PCI.
    pub without_carrier_or_pci: u64,
}

/// Counts the rows.
#[must_use]
pub fn stats(registry: &Registry) -> Stats {
    let mut plmns: BTreeMap<Plmn, u64> = BTreeMap::new();
    let mut stats = Stats {
        snapshot: registry.snapshot().clone(),
        plmns: BTreeMap::new(),
        kinds: BTreeMap::new(),
        statuses: BTreeMap::new(),
        earfcns: BTreeMap::new(),
        without_place: 0,
        without_carrier_or_pci: 0,
    };
    for cell in registry.cells() {
        *plmns.entry(cell.ecgi.plmn).or_default() += 1;
        *stats.kinds.entry(cell.kind.map_or("unknown", CellKind::word)).or_default() += 1;
        *stats.statuses.entry(cell.status.word()).or_default() += 1;
        if let Some(earfcn) = cell.earfcn {
            *stats.earfcns.entry(earfcn).or_default() += 1;
        }
        stats.without_place += u64::from(cell.place.is_none());
        stats.without_carrier_or_pci += u64::from(cell.earfcn.is_none() || cell.pci.is_none());
    }
    stats.plmns = plmns.into_iter().map(|(plmn, count)| (plmn.to_string(), count)).collect();
    stats
}

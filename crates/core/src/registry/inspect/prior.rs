//! What is believed of a registered cell before any dwell: by kind, status and last contact.

use jiff::Timestamp;

use crate::registry::{CellKind, CellStatus, RegisteredCell};

/// Cells that are expected to behave alike: one kind, one status, one age of the last contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellClass {
    /// Place in [`CellKind::ALL`]; 3 where the list does not say.
    pub kind: usize,
    contact: Contact,
}

/// How long ago the core heard of a cell, or what its status says instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Contact {
    WithinWeek,
    WithinMonth,
    WithinQuarter,
    Older,
    Unknown,
    Inactive,
    Planned,
}

/// Width of the receiver's place on the scale before any dwell, in dB; heavy tails, as an antenna may be unplugged.
pub const RECEIVER_DB: f64 = 8.0;

/// How many kinds of cell there are, the unknown one included.
pub const KINDS: usize = CellKind::ALL.len() + 1;

impl CellClass {
    /// The class of a cell at a time.
    #[must_use]
    pub fn of(cell: &RegisteredCell, now: Timestamp) -> Self {
        let kind = cell.kind.and_then(|kind| CellKind::ALL.iter().position(|k| *k == kind));
        let contact = match (cell.status, cell.last_contact) {
            (CellStatus::Planned, _) => Contact::Planned,
            (status, _) if status.is_inactive() => Contact::Inactive,
            (_, None) => Contact::Unknown,
            (_, Some(last)) => match now.duration_since(last).as_hours() / 24 {
                ..=7 => Contact::WithinWeek,
                8..=30 => Contact::WithinMonth,
                31..=90 => Contact::WithinQuarter,
                _ => Contact::Older,
            },
        };
        Self { kind: kind.unwrap_or(KINDS - 1), contact }
    }

    /// A class of a kind, by its place in [`CellKind::ALL`], of which no more is known.
    #[must_use]
    pub fn of_kind(kind: usize) -> Self {
        Self { kind, contact: Contact::Unknown }
    }

    /// Probability that a cell of the class is silent, before any dwell.
    ///
    /// The Korean operator of 2025 had 43,000 of 232,000 femtocells without contact for three months: a share of 0.19
    /// where nothing is known of a cell. The others are assumptions, which the drives correct.
    #[must_use]
    pub fn silent(self) -> f64 {
        match self.contact {
            Contact::WithinWeek => 0.03,
            Contact::WithinMonth => 0.1,
            Contact::WithinQuarter => 0.3,
            Contact::Older => 0.75,
            Contact::Unknown if self.is_femto() => 0.19,
            Contact::Unknown => 0.03,
            Contact::Inactive => 0.9,
            Contact::Planned => 0.97,
        }
    }

    /// Share of the cells on air that stand elsewhere than registered, before any dwell. A subscriber carries a
    /// femtocell when moving house; a mast stays.
    #[must_use]
    pub fn elsewhere(self) -> f64 {
        if self.is_femto() { 0.05 } else { 0.01 }
    }

    /// Mean and standard deviation of a cell's measured level less the predicted one, in dB, before any dwell.
    ///
    /// A femtocell's walls take 5 to 35 dB where the prediction takes 20 (ITU-R P.2109), and its place in the house 8 dB of
    /// standard deviation more. Behind a sector antenna the level is up to 25 dB lower than in front of it (TR 36.814 Table
    /// A.2.1.1-2), and the list does not say where it points.
    #[must_use]
    pub fn excess_db(self) -> (f64, f64) {
        if self.is_femto() { (0.0, 12.0) } else { (-6.0, 12.0) }
    }

    /// Half the width of the uniform part of the excess that walls are the cause of, in dB.
    #[must_use]
    pub fn walls_db(self) -> f64 {
        if self.is_femto() { 15.0 } else { 0.0 }
    }

    fn is_femto(self) -> bool {
        !matches!(CellKind::ALL.get(self.kind), Some(CellKind::Macro | CellKind::Small))
    }
}

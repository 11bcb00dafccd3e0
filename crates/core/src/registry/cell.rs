//! One row of the registered cell list.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::observation::{Ecgi, Position};

/// A cell as its operator registered it. Fields that the list leaves empty are `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct RegisteredCell {
    /// Global identifier: the row's `plmn` and `eci`.
    pub ecgi: Ecgi,
    /// What kind of station it is.
    pub kind: Option<CellKind>,
    /// Whether it may be on air; active where the list does not say.
    pub status: CellStatus,
    /// Physical-layer identity.
    pub pci: Option<Pci>,
    /// Downlink channel number. TS 36.101 §5.7.3.
    pub earfcn: Option<u32>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// Downlink bandwidth.
    pub bandwidth: Option<Bandwidth>,
    /// Number of cell-specific antenna ports.
    pub antenna_ports: Option<AntennaPorts>,
    /// Registered place. Its error is 0 for an operator's own list, the stated range for OpenCelliD's.
    pub place: Option<Position>,
    /// When the core last heard of it.
    pub last_contact: Option<Timestamp>,
    /// Name of the site or of the femtocell, as in the list.
    pub name: Box<str>,
}

/// Kind of a registered station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CellKind {
    /// Wide-area station.
    Macro,
    /// Medium-range or local-area station.
    Small,
    /// Home eNB.
    Femto,
}

/// Registration status of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CellStatus {
    /// In service.
    #[default]
    Active,
    /// Registered, without contact for long.
    Dormant,
    /// Reported lost.
    Lost,
    /// Called back by the operator.
    Recalled,
    /// Not yet in service.
    Planned,
    /// Out of service for good.
    Retired,
}

impl CellKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Macro, Self::Small, Self::Femto];

    /// The word the list uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Macro => "macro",
            Self::Small => "small",
            Self::Femto => "femto",
        }
    }
}

impl CellStatus {
    /// All six.
    pub const ALL: [Self; 6] = [Self::Active, Self::Dormant, Self::Lost, Self::Recalled, Self::Planned, Self::Retired];

    /// The word the list uses.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Dormant => "dormant",
            Self::Lost => "lost",
            Self::Recalled => "recalled",
            Self::Planned => "planned",
            Self::Retired => "retired",
        }
    }

    /// Whether a cell with this status should be on air: active.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Active)
    }

    /// Whether a cell with this status has no business on air: dormant, lost, recalled or retired.
    #[must_use]
    pub const fn is_inactive(self) -> bool {
        matches!(self, Self::Dormant | Self::Lost | Self::Recalled | Self::Retired)
    }
}

impl fmt::Display for CellKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for CellStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for CellKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| text.eq_ignore_ascii_case(kind.word())).ok_or(())
    }
}

impl FromStr for CellStatus {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|status| text.eq_ignore_ascii_case(status.word())).ok_or(())
    }
}

/// The row under the list's own column names, as evidence and reports carry it.
impl Serialize for RegisteredCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("plmn", &self.ecgi.plmn.to_string())?;
        row.serialize_entry("eci", &format!("{:07x}", self.ecgi.eci.get()))?;
        row.serialize_entry("kind", &self.kind.map(CellKind::word))?;
        row.serialize_entry("status", self.status.word())?;
        row.serialize_entry("pci", &self.pci.map(Pci::get))?;
        row.serialize_entry("earfcn", &self.earfcn)?;
        row.serialize_entry("tac", &self.tac)?;
        row.serialize_entry("bandwidth_rb", &self.bandwidth.map(Bandwidth::n_rb_dl))?;
        row.serialize_entry("antenna_ports", &self.antenna_ports.map(AntennaPorts::count))?;
        row.serialize_entry("lat", &self.place.map(|place| place.lat))?;
        row.serialize_entry("lon", &self.place.map(|place| place.lon))?;
        row.serialize_entry("last_contact", &self.last_contact)?;
        row.serialize_entry("name", &*self.name)?;
        row.end()
    }
}

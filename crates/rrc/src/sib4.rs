//! SystemInformationBlockType4: neighbours on the same carrier. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::mobility::{PhysCellIdRange, QOffsetRange};

/// SystemInformationBlockType4. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib4 {
    #[rasn(identifier = "intraFreqNeighCellList", size("1..=16"))]
    pub intra_freq_neigh_cell_list: Option<Vec<IntraFreqNeighCellInfo>>,
    /// Named intraFreqBlackCellList before release 16.
    #[rasn(identifier = "intraFreqExcludedCellList", size("1..=16"))]
    pub intra_freq_excluded_cell_list: Option<Vec<PhysCellIdRange>>,
    #[rasn(identifier = "csg-PhysCellIdRange")]
    pub csg_phys_cell_id_range: Option<PhysCellIdRange>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib4V1530>,
}

/// Additions of v1530 to SystemInformationBlockType4. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib4V1530 {
    #[rasn(identifier = "intraFreqNeighHSDN-CellList-r15", size("1..=16"))]
    pub intra_freq_neigh_hsdn_cell_list_r15: Option<Vec<PhysCellIdRange>>,
}

/// IntraFreqNeighCellInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct IntraFreqNeighCellInfo {
    #[rasn(identifier = "physCellId", value("0..=503"))]
    pub phys_cell_id: u16,
    #[rasn(identifier = "q-OffsetCell")]
    pub q_offset_cell: QOffsetRange,
}

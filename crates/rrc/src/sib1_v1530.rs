//! Extension of SIB1 of release 15: positioning and access through the 5G core. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::{
    containing::Unread,
    enumerated::{Enumerated, Identifiers, True},
    mobility::CellSelectionInfoCeV1530,
    sib1::{CellBarred, CellReservedForOperatorUse, PlmnIdentity, SiPeriodicity},
};

/// SystemInformationBlockType1-v1530-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1530 {
    #[rasn(identifier = "hsdn-Cell-r15")]
    pub hsdn_cell_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "cellSelectionInfoCE-v1530")]
    pub cell_selection_info_ce_v1530: Option<CellSelectionInfoCeV1530>,
    #[rasn(identifier = "crs-IntfMitigConfig-r15")]
    pub crs_intf_mitig_config_r15: Option<CrsIntfMitigConfigR15>,
    #[rasn(identifier = "cellBarred-CRS-r15")]
    pub cell_barred_crs_r15: Enumerated<CellBarred>,
    #[rasn(identifier = "plmn-IdentityList-v1530", size("1..=6"))]
    pub plmn_identity_list_v1530: Option<Vec<PlmnIdentityInfoV1530>>,
    #[rasn(identifier = "posSchedulingInfoList-r15", size("1..=32"))]
    pub pos_scheduling_info_list_r15: Option<Vec<PosSchedulingInfoR15>>,
    #[rasn(identifier = "cellAccessRelatedInfo-5GC-r15")]
    pub cell_access_related_info_5gc_r15: Option<CellAccessRelatedInfo5gc>,
    #[rasn(identifier = "ims-EmergencySupport5GC-r15")]
    pub ims_emergency_support_5gc_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "eCallOverIMS-Support5GC-r15")]
    pub ecall_over_ims_support_5gc_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "nonCriticalExtension")]
    pub non_critical_extension: Option<Unread>,
}

/// crs-IntfMitigConfig-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum CrsIntfMitigConfigR15 {
    #[rasn(identifier = "crs-IntfMitigEnabled-15")]
    CrsIntfMitigEnabled15(()),
    #[rasn(identifier = "crs-IntfMitigNumPRBs-r15")]
    CrsIntfMitigNumPrBsR15(Enumerated<CrsIntfMitigNumPrBsR15>),
}

/// crs-IntfMitigNumPRBs-r15. TS 36.331 §6.2.2.
pub enum CrsIntfMitigNumPrBsR15 {}

impl Identifiers for CrsIntfMitigNumPrBsR15 {
    const ROOT: &[&str] = &["n6", "n24"];
}

/// PLMN-IdentityInfo-v1530. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnIdentityInfoV1530 {
    #[rasn(identifier = "cellReservedForOperatorUse-CRS-r15")]
    pub cell_reserved_for_operator_use_crs_r15: Enumerated<CellReservedForOperatorUse>,
}

/// PosSchedulingInfo-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PosSchedulingInfoR15 {
    #[rasn(identifier = "posSI-Periodicity-r15")]
    pub pos_si_periodicity_r15: Enumerated<SiPeriodicity>,
    #[rasn(identifier = "posSIB-MappingInfo-r15", size("1..=32"))]
    pub pos_sib_mapping_info_r15: Vec<PosSibTypeR15>,
}

/// PosSIB-Type-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct PosSibTypeR15 {
    #[rasn(identifier = "encrypted-r15")]
    pub encrypted_r15: Option<Enumerated<True>>,
    #[rasn(identifier = "gnss-id-r15")]
    pub gnss_id_r15: Option<GnssIdR15>,
    #[rasn(identifier = "sbas-id-r15")]
    pub sbas_id_r15: Option<SbasIdR15>,
    #[rasn(identifier = "posSibType-r15")]
    pub pos_sib_type_r15: Enumerated<PosSibTypeR15PosSibTypeR15>,
}

/// posSibType-r15. TS 36.331 §6.2.2.
pub enum PosSibTypeR15PosSibTypeR15 {}

impl Identifiers for PosSibTypeR15PosSibTypeR15 {
    const ROOT: &[&str] = &[
        "posSibType1-1",
        "posSibType1-2",
        "posSibType1-3",
        "posSibType1-4",
        "posSibType1-5",
        "posSibType1-6",
        "posSibType1-7",
        "posSibType2-1",
        "posSibType2-2",
        "posSibType2-3",
        "posSibType2-4",
        "posSibType2-5",
        "posSibType2-6",
        "posSibType2-7",
        "posSibType2-8",
        "posSibType2-9",
        "posSibType2-10",
        "posSibType2-11",
        "posSibType2-12",
        "posSibType2-13",
        "posSibType2-14",
        "posSibType2-15",
        "posSibType2-16",
        "posSibType2-17",
        "posSibType2-18",
        "posSibType2-19",
        "posSibType3-1",
    ];
    const ADDITIONS: Option<&[&str]> = Some(&[]);
}

/// GNSS-ID-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct GnssIdR15 {
    #[rasn(identifier = "gnss-id-r15")]
    pub gnss_id_r15: Enumerated<GnssIdR15GnssIdR15>,
}

/// gnss-id-r15. TS 36.331 §6.2.2.
pub enum GnssIdR15GnssIdR15 {}

impl Identifiers for GnssIdR15GnssIdR15 {
    const ROOT: &[&str] = &["gps", "sbas", "qzss", "galileo", "glonass", "bds"];
    const ADDITIONS: Option<&[&str]> = Some(&[]);
}

/// SBAS-ID-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct SbasIdR15 {
    #[rasn(identifier = "sbas-id-r15")]
    pub sbas_id_r15: Enumerated<SbasIdR15SbasIdR15>,
}

/// sbas-id-r15. TS 36.331 §6.2.2.
pub enum SbasIdR15SbasIdR15 {}

impl Identifiers for SbasIdR15SbasIdR15 {
    const ROOT: &[&str] = &["waas", "egnos", "msas", "gagan"];
    const ADDITIONS: Option<&[&str]> = Some(&[]);
}

/// CellAccessRelatedInfo5GC. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfo5gc {
    #[rasn(identifier = "cellBarred-5GC-r15")]
    pub cell_barred_5gc_r15: Enumerated<CellBarred>,
    #[rasn(identifier = "cellBarred-5GC-CRS-r15")]
    pub cell_barred_5gc_crs_r15: Enumerated<CellBarred>,
    #[rasn(identifier = "cellAccessRelatedInfoList-5GC-r15", size("1..=6"))]
    pub cell_access_related_info_list_5gc_r15: Vec<CellAccessRelatedInfo5gcR15>,
}

/// CellAccessRelatedInfo-5GC-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfo5gcR15 {
    #[rasn(identifier = "plmn-IdentityList-r15", size("1..=6"))]
    pub plmn_identity_list_r15: Vec<PlmnIdentityInfoR15>,
    #[rasn(identifier = "ran-AreaCode-r15", value("0..=255"))]
    pub ran_area_code_r15: Option<u8>,
    #[rasn(identifier = "trackingAreaCode-5GC-r15", value("0..=16777215"))]
    pub tracking_area_code_5gc_r15: u32,
    #[rasn(identifier = "cellIdentity-5GC-r15")]
    pub cell_identity_5gc_r15: CellIdentity5gcR15,
}

/// cellIdentity-5GC-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum CellIdentity5gcR15 {
    #[rasn(identifier = "cellIdentity-r15", value("0..=268435455"))]
    CellIdentityR15(u32),
    #[rasn(identifier = "cellId-Index-r15", value("1..=6"))]
    CellIdIndexR15(u8),
}

/// PLMN-IdentityInfo-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnIdentityInfoR15 {
    #[rasn(identifier = "plmn-Identity-5GC-r15")]
    pub plmn_identity_5gc_r15: PlmnIdentity5gcR15,
    #[rasn(identifier = "cellReservedForOperatorUse-r15")]
    pub cell_reserved_for_operator_use_r15: Enumerated<CellReservedForOperatorUse>,
    #[rasn(identifier = "cellReservedForOperatorUse-CRS-r15")]
    pub cell_reserved_for_operator_use_crs_r15: Enumerated<CellReservedForOperatorUse>,
}

/// plmn-Identity-5GC-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum PlmnIdentity5gcR15 {
    #[rasn(identifier = "plmn-Identity-r15")]
    PlmnIdentityR15(PlmnIdentity),
    #[rasn(identifier = "plmn-Index-r15", value("1..=6"))]
    PlmnIndexR15(u8),
}

//! Extension of SIB1 of release 15: positioning and access through the 5G core. TS 36.331 §6.2.2.

use rasn::prelude::*;

use super::{
    cell_access::{CellBarred, CellReservedForOperatorUse, PlmnIdentity},
    containing::Unread,
    enumerated::{True, enumeration},
    mobility::CellSelectionInfoCeV1530,
    scheduling::SiPeriodicity,
};

/// SystemInformationBlockType1-v1530-IEs. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib1V1530 {
    #[rasn(identifier = "hsdn-Cell-r15")]
    pub hsdn_cell_r15: Option<True>,
    #[rasn(identifier = "cellSelectionInfoCE-v1530")]
    pub cell_selection_info_ce_v1530: Option<CellSelectionInfoCeV1530>,
    #[rasn(identifier = "crs-IntfMitigConfig-r15")]
    pub crs_intf_mitig_config_r15: Option<CrsIntfMitigConfigR15>,
    #[rasn(identifier = "cellBarred-CRS-r15")]
    pub cell_barred_crs_r15: CellBarred,
    #[rasn(identifier = "plmn-IdentityList-v1530", size("1..=6"))]
    pub plmn_identity_list_v1530: Option<Vec<PlmnIdentityInfoV1530>>,
    #[rasn(identifier = "posSchedulingInfoList-r15", size("1..=32"))]
    pub pos_scheduling_info_list_r15: Option<Vec<PosSchedulingInfoR15>>,
    #[rasn(identifier = "cellAccessRelatedInfo-5GC-r15")]
    pub cell_access_related_info_5gc_r15: Option<CellAccessRelatedInfo5gc>,
    #[rasn(identifier = "ims-EmergencySupport5GC-r15")]
    pub ims_emergency_support_5gc_r15: Option<True>,
    #[rasn(identifier = "eCallOverIMS-Support5GC-r15")]
    pub ecall_over_ims_support_5gc_r15: Option<True>,
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
    CrsIntfMitigNumPrBsR15(CrsIntfMitigNumPrBsR15),
}

enumeration! {
    /// crs-IntfMitigNumPRBs-r15. TS 36.331 §6.2.2.
    pub enum CrsIntfMitigNumPrBsR15 {
        N6 = "n6", N24 = "n24"
    }
}

/// PLMN-IdentityInfo-v1530. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PlmnIdentityInfoV1530 {
    #[rasn(identifier = "cellReservedForOperatorUse-CRS-r15")]
    pub cell_reserved_for_operator_use_crs_r15: CellReservedForOperatorUse,
}

/// PosSchedulingInfo-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PosSchedulingInfoR15 {
    #[rasn(identifier = "posSI-Periodicity-r15")]
    pub pos_si_periodicity_r15: SiPeriodicity,
    #[rasn(identifier = "posSIB-MappingInfo-r15", size("1..=32"))]
    pub pos_sib_mapping_info_r15: Vec<PosSibTypeR15>,
}

/// PosSIB-Type-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct PosSibTypeR15 {
    #[rasn(identifier = "encrypted-r15")]
    pub encrypted_r15: Option<True>,
    #[rasn(identifier = "gnss-id-r15")]
    pub gnss_id_r15: Option<GnssIdR15>,
    #[rasn(identifier = "sbas-id-r15")]
    pub sbas_id_r15: Option<SbasIdR15>,
    #[rasn(identifier = "posSibType-r15")]
    pub pos_sib_type_r15: PosSibTypeR15PosSibTypeR15,
}

enumeration! {
    /// posSibType-r15. TS 36.331 §6.2.2.
    pub enum PosSibTypeR15PosSibTypeR15 {
        PosSibType1_1 = "posSibType1-1", PosSibType1_2 = "posSibType1-2", PosSibType1_3 = "posSibType1-3",
        PosSibType1_4 = "posSibType1-4", PosSibType1_5 = "posSibType1-5", PosSibType1_6 = "posSibType1-6",
        PosSibType1_7 = "posSibType1-7", PosSibType2_1 = "posSibType2-1", PosSibType2_2 = "posSibType2-2",
        PosSibType2_3 = "posSibType2-3", PosSibType2_4 = "posSibType2-4", PosSibType2_5 = "posSibType2-5",
        PosSibType2_6 = "posSibType2-6", PosSibType2_7 = "posSibType2-7", PosSibType2_8 = "posSibType2-8",
        PosSibType2_9 = "posSibType2-9", PosSibType2_10 = "posSibType2-10", PosSibType2_11 = "posSibType2-11",
        PosSibType2_12 = "posSibType2-12", PosSibType2_13 = "posSibType2-13", PosSibType2_14 = "posSibType2-14",
        PosSibType2_15 = "posSibType2-15", PosSibType2_16 = "posSibType2-16", PosSibType2_17 = "posSibType2-17",
        PosSibType2_18 = "posSibType2-18", PosSibType2_19 = "posSibType2-19", PosSibType3_1 = "posSibType3-1", ...
    }
}

/// GNSS-ID-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct GnssIdR15 {
    #[rasn(identifier = "gnss-id-r15")]
    pub gnss_id_r15: GnssIdR15GnssIdR15,
}

enumeration! {
    /// gnss-id-r15. TS 36.331 §6.2.2.
    pub enum GnssIdR15GnssIdR15 {
        Gps = "gps", Sbas = "sbas", Qzss = "qzss", Galileo = "galileo", Glonass = "glonass", Bds = "bds", ...
    }
}

/// SBAS-ID-r15. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct SbasIdR15 {
    #[rasn(identifier = "sbas-id-r15")]
    pub sbas_id_r15: SbasIdR15SbasIdR15,
}

enumeration! {
    /// sbas-id-r15. TS 36.331 §6.2.2.
    pub enum SbasIdR15SbasIdR15 {
        Waas = "waas", Egnos = "egnos", Msas = "msas", Gagan = "gagan", ...
    }
}

/// CellAccessRelatedInfo5GC. TS 36.331 §6.2.2.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellAccessRelatedInfo5gc {
    #[rasn(identifier = "cellBarred-5GC-r15")]
    pub cell_barred_5gc_r15: CellBarred,
    #[rasn(identifier = "cellBarred-5GC-CRS-r15")]
    pub cell_barred_5gc_crs_r15: CellBarred,
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
    pub cell_reserved_for_operator_use_r15: CellReservedForOperatorUse,
    #[rasn(identifier = "cellReservedForOperatorUse-CRS-r15")]
    pub cell_reserved_for_operator_use_crs_r15: CellReservedForOperatorUse,
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

//! SystemInformationBlockType8: CDMA2000 carriers. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::{
    enumerated::{True, enumeration},
    mobility::SpeedStateScaleFactors,
};

/// SystemInformationBlockType8. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib8 {
    #[rasn(identifier = "systemTimeInfo")]
    pub system_time_info: Option<SystemTimeInfoCdma2000>,
    #[rasn(identifier = "searchWindowSize", value("0..=15"))]
    pub search_window_size: Option<u8>,
    #[rasn(identifier = "parametersHRPD")]
    pub parameters_hrpd: Option<ParametersHrpd>,
    #[rasn(identifier = "parameters1XRTT")]
    pub parameters_1xrtt: Option<Parameters1xrtt>,
    #[rasn(extension_addition, identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v920]]")]
    pub v920: Option<Sib8V920>,
    #[rasn(extension_addition_group, identifier = "[[v1020]]")]
    pub v1020: Option<Sib8V1020>,
}

/// Additions of v920 to SystemInformationBlockType8. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib8V920 {
    #[rasn(identifier = "csfb-SupportForDualRxUEs-r9")]
    pub csfb_support_for_dual_rx_ues_r9: Option<bool>,
    #[rasn(identifier = "cellReselectionParametersHRPD-v920")]
    pub cell_reselection_parameters_hrpd_v920: Option<CellReselectionParametersCdma2000V920>,
    #[rasn(identifier = "cellReselectionParameters1XRTT-v920")]
    pub cell_reselection_parameters_1xrtt_v920: Option<CellReselectionParametersCdma2000V920>,
    #[rasn(identifier = "csfb-RegistrationParam1XRTT-v920")]
    pub csfb_registration_param_1xrtt_v920: Option<CsfbRegistrationParam1xrttV920>,
    #[rasn(identifier = "ac-BarringConfig1XRTT-r9")]
    pub ac_barring_config_1xrtt_r9: Option<AcBarringConfig1xrttR9>,
}

/// Additions of v1020 to SystemInformationBlockType8. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib8V1020 {
    #[rasn(identifier = "csfb-DualRxTxSupport-r10")]
    pub csfb_dual_rx_tx_support_r10: Option<True>,
}

/// SystemTimeInfoCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SystemTimeInfoCdma2000 {
    #[rasn(identifier = "cdma-EUTRA-Synchronisation")]
    pub cdma_eutra_synchronisation: bool,
    #[rasn(identifier = "cdma-SystemTime")]
    pub cdma_system_time: CdmaSystemTime,
}

/// cdma-SystemTime. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum CdmaSystemTime {
    #[rasn(identifier = "synchronousSystemTime", value("0..=549755813887"))]
    SynchronousSystemTime(u64),
    #[rasn(identifier = "asynchronousSystemTime", value("0..=562949953421311"))]
    AsynchronousSystemTime(u64),
}

/// ParametersHRPD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct ParametersHrpd {
    #[rasn(identifier = "preRegistrationInfoHRPD")]
    pub pre_registration_info_hrpd: PreRegistrationInfoHrpd,
    #[rasn(identifier = "cellReselectionParametersHRPD")]
    pub cell_reselection_parameters_hrpd: Option<CellReselectionParametersCdma2000>,
}

/// PreRegistrationInfoHRPD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PreRegistrationInfoHrpd {
    #[rasn(identifier = "preRegistrationAllowed")]
    pub pre_registration_allowed: bool,
    #[rasn(identifier = "preRegistrationZoneId", value("0..=255"))]
    pub pre_registration_zone_id: Option<u8>,
    #[rasn(identifier = "secondaryPreRegistrationZoneIdList", size("1..=2"))]
    pub secondary_pre_registration_zone_id_list: Option<Vec<PreRegistrationZoneIdHrpd>>,
}

/// PreRegistrationZoneIdHRPD. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=255"))]
pub struct PreRegistrationZoneIdHrpd(pub u8);

/// Parameters1XRTT. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Parameters1xrtt {
    #[rasn(identifier = "csfb-RegistrationParam1XRTT")]
    pub csfb_registration_param_1xrtt: Option<CsfbRegistrationParam1xrtt>,
    #[rasn(identifier = "longCodeState1XRTT", value("0..=4398046511103"))]
    pub long_code_state_1xrtt: Option<u64>,
    #[rasn(identifier = "cellReselectionParameters1XRTT")]
    pub cell_reselection_parameters_1xrtt: Option<CellReselectionParametersCdma2000>,
}

/// CSFB-RegistrationParam1XRTT. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CsfbRegistrationParam1xrtt {
    #[rasn(value("0..=32767"))]
    pub sid: u16,
    #[rasn(value("0..=65535"))]
    pub nid: u16,
    #[rasn(identifier = "multipleSID")]
    pub multiple_sid: bool,
    #[rasn(identifier = "multipleNID")]
    pub multiple_nid: bool,
    #[rasn(identifier = "homeReg")]
    pub home_reg: bool,
    #[rasn(identifier = "foreignSIDReg")]
    pub foreign_sid_reg: bool,
    #[rasn(identifier = "foreignNIDReg")]
    pub foreign_nid_reg: bool,
    #[rasn(identifier = "parameterReg")]
    pub parameter_reg: bool,
    #[rasn(identifier = "powerUpReg")]
    pub power_up_reg: bool,
    #[rasn(identifier = "registrationPeriod", value("0..=127"))]
    pub registration_period: u8,
    #[rasn(identifier = "registrationZone", value("0..=4095"))]
    pub registration_zone: u16,
    #[rasn(identifier = "totalZone", value("0..=7"))]
    pub total_zone: u8,
    #[rasn(identifier = "zoneTimer", value("0..=7"))]
    pub zone_timer: u8,
}

/// CSFB-RegistrationParam1XRTT-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CsfbRegistrationParam1xrttV920 {
    #[rasn(identifier = "powerDownReg-r9")]
    pub power_down_reg_r9: True,
}

/// CellReselectionParametersCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionParametersCdma2000 {
    #[rasn(identifier = "bandClassList", size("1..=32"))]
    pub band_class_list: Vec<BandClassInfoCdma2000>,
    #[rasn(identifier = "neighCellList", size("1..=16"))]
    pub neigh_cell_list: Vec<NeighCellCdma2000>,
    #[rasn(identifier = "t-ReselectionCDMA2000", value("0..=7"))]
    pub t_reselection_cdma2000: u8,
    #[rasn(identifier = "t-ReselectionCDMA2000-SF")]
    pub t_reselection_cdma2000_sf: Option<SpeedStateScaleFactors>,
}

/// BandClassInfoCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct BandClassInfoCdma2000 {
    #[rasn(identifier = "bandClass")]
    pub band_class: BandclassCdma2000,
    #[rasn(identifier = "cellReselectionPriority", value("0..=7"))]
    pub cell_reselection_priority: Option<u8>,
    #[rasn(identifier = "threshX-High", value("0..=63"))]
    pub thresh_x_high: u8,
    #[rasn(identifier = "threshX-Low", value("0..=63"))]
    pub thresh_x_low: u8,
}

enumeration! {
    /// BandclassCDMA2000. TS 36.331 §6.3.1.
    pub enum BandclassCdma2000 {
        Bc0 = "bc0", Bc1 = "bc1", Bc2 = "bc2", Bc3 = "bc3", Bc4 = "bc4", Bc5 = "bc5", Bc6 = "bc6", Bc7 = "bc7",
        Bc8 = "bc8", Bc9 = "bc9", Bc10 = "bc10", Bc11 = "bc11", Bc12 = "bc12", Bc13 = "bc13", Bc14 = "bc14",
        Bc15 = "bc15", Bc16 = "bc16", Bc17 = "bc17", Bc18V9a0 = "bc18-v9a0", Bc19V9a0 = "bc19-v9a0",
        Bc20V9a0 = "bc20-v9a0", Bc21V9a0 = "bc21-v9a0", Spare10 = "spare10", Spare9 = "spare9", Spare8 = "spare8",
        Spare7 = "spare7", Spare6 = "spare6", Spare5 = "spare5", Spare4 = "spare4", Spare3 = "spare3", Spare2 = "spare2",
        Spare1 = "spare1", ...
    }
}

/// NeighCellCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NeighCellCdma2000 {
    #[rasn(identifier = "bandClass")]
    pub band_class: BandclassCdma2000,
    #[rasn(identifier = "neighCellsPerFreqList", size("1..=16"))]
    pub neigh_cells_per_freq_list: Vec<NeighCellsPerBandclassCdma2000>,
}

/// NeighCellsPerBandclassCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NeighCellsPerBandclassCdma2000 {
    #[rasn(value("0..=2047"))]
    pub arfcn: u16,
    #[rasn(identifier = "physCellIdList", size("1..=16"))]
    pub phys_cell_id_list: Vec<PhysCellIdCdma2000>,
}

/// PhysCellIdCDMA2000. TS 36.331 §6.3.1.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("0..=511"))]
pub struct PhysCellIdCdma2000(pub u16);

/// CellReselectionParametersCDMA2000-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellReselectionParametersCdma2000V920 {
    #[rasn(identifier = "neighCellList-v920", size("1..=16"))]
    pub neigh_cell_list_v920: Vec<NeighCellCdma2000V920>,
}

/// NeighCellCDMA2000-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NeighCellCdma2000V920 {
    #[rasn(identifier = "neighCellsPerFreqList-v920", size("1..=16"))]
    pub neigh_cells_per_freq_list_v920: Vec<NeighCellsPerBandclassCdma2000V920>,
}

/// NeighCellsPerBandclassCDMA2000-v920. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NeighCellsPerBandclassCdma2000V920 {
    #[rasn(identifier = "physCellIdList-v920", size("0..=24"))]
    pub phys_cell_id_list_v920: Vec<PhysCellIdCdma2000>,
}

/// AC-BarringConfig1XRTT-r9. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct AcBarringConfig1xrttR9 {
    #[rasn(identifier = "ac-Barring0to9-r9", value("0..=63"))]
    pub ac_barring_0to9_r9: u8,
    #[rasn(identifier = "ac-Barring10-r9", value("0..=7"))]
    pub ac_barring10_r9: u8,
    #[rasn(identifier = "ac-Barring11-r9", value("0..=7"))]
    pub ac_barring11_r9: u8,
    #[rasn(identifier = "ac-Barring12-r9", value("0..=7"))]
    pub ac_barring12_r9: u8,
    #[rasn(identifier = "ac-Barring13-r9", value("0..=7"))]
    pub ac_barring13_r9: u8,
    #[rasn(identifier = "ac-Barring14-r9", value("0..=7"))]
    pub ac_barring14_r9: u8,
    #[rasn(identifier = "ac-Barring15-r9", value("0..=7"))]
    pub ac_barring15_r9: u8,
    #[rasn(identifier = "ac-BarringMsg-r9", value("0..=7"))]
    pub ac_barring_msg_r9: u8,
    #[rasn(identifier = "ac-BarringReg-r9", value("0..=7"))]
    pub ac_barring_reg_r9: u8,
    #[rasn(identifier = "ac-BarringEmg-r9", value("0..=7"))]
    pub ac_barring_emg_r9: u8,
}

//! Mobility control information elements shared by several blocks. TS 36.331 §6.3.4.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// MobilityStateParameters. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MobilityStateParameters {
    #[rasn(identifier = "t-Evaluation")]
    pub t_evaluation: MobilityStateTime,
    #[rasn(identifier = "t-HystNormal")]
    pub t_hyst_normal: MobilityStateTime,
    #[rasn(identifier = "n-CellChangeMedium", value("1..=16"))]
    pub n_cell_change_medium: u8,
    #[rasn(identifier = "n-CellChangeHigh", value("1..=16"))]
    pub n_cell_change_high: u8,
}

enumeration! {
    /// t-Evaluation and t-HystNormal. TS 36.331 §6.3.4.
    pub enum MobilityStateTime {
        S30 = "s30", S60 = "s60", S120 = "s120", S180 = "s180", S240 = "s240", Spare3 = "spare3", Spare2 = "spare2",
        Spare1 = "spare1"
    }
}

/// SpeedStateScaleFactors. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct SpeedStateScaleFactors {
    #[rasn(identifier = "sf-Medium")]
    pub sf_medium: SpeedStateScale,
    #[rasn(identifier = "sf-High")]
    pub sf_high: SpeedStateScale,
}

enumeration! {
    /// sf-Medium and sf-High of SpeedStateScaleFactors. TS 36.331 §6.3.4.
    pub enum SpeedStateScale {
        ODot25 = "oDot25", ODot5 = "oDot5", ODot75 = "oDot75", LDot0 = "lDot0"
    }
}

enumeration! {
    /// Q-OffsetRange. TS 36.331 §6.3.4.
    pub enum QOffsetRange {
        DbMinus24 = "dB-24", DbMinus22 = "dB-22", DbMinus20 = "dB-20", DbMinus18 = "dB-18", DbMinus16 = "dB-16",
        DbMinus14 = "dB-14", DbMinus12 = "dB-12", DbMinus10 = "dB-10", DbMinus8 = "dB-8", DbMinus6 = "dB-6",
        DbMinus5 = "dB-5", DbMinus4 = "dB-4", DbMinus3 = "dB-3", DbMinus2 = "dB-2", DbMinus1 = "dB-1", Db0 = "dB0",
        Db1 = "dB1", Db2 = "dB2", Db3 = "dB3", Db4 = "dB4", Db5 = "dB5", Db6 = "dB6", Db8 = "dB8", Db10 = "dB10",
        Db12 = "dB12", Db14 = "dB14", Db16 = "dB16", Db18 = "dB18", Db20 = "dB20", Db22 = "dB22", Db24 = "dB24"
    }
}

enumeration! {
    /// AllowedMeasBandwidth. TS 36.331 §6.3.4.
    pub enum AllowedMeasBandwidth {
        Mbw6 = "mbw6", Mbw15 = "mbw15", Mbw25 = "mbw25", Mbw50 = "mbw50", Mbw75 = "mbw75", Mbw100 = "mbw100"
    }
}

enumeration! {
    /// CellReselectionSubPriority-r13. TS 36.331 §6.3.4.
    pub enum CellReselectionSubPriorityR13 {
        ODot2 = "oDot2", ODot4 = "oDot4", ODot6 = "oDot6", ODot8 = "oDot8"
    }
}

/// PhysCellIdRange. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct PhysCellIdRange {
    #[rasn(value("0..=503"))]
    pub start: u16,
    /// Number of identities from `start`; absent: only `start`.
    pub range: Option<Range>,
}

enumeration! {
    /// range. TS 36.331 §6.3.4.
    pub enum Range {
        N4 = "n4", N8 = "n8", N12 = "n12", N16 = "n16", N24 = "n24", N32 = "n32", N48 = "n48", N64 = "n64", N84 = "n84",
        N96 = "n96", N128 = "n128", N168 = "n168", N252 = "n252", N504 = "n504", Spare2 = "spare2", Spare1 = "spare1"
    }
}

impl Range {
    /// How many identities; `None` for a spare value.
    #[must_use]
    pub fn count(self) -> Option<u16> {
        Some(match self {
            Self::N4 => 4,
            Self::N8 => 8,
            Self::N12 => 12,
            Self::N16 => 16,
            Self::N24 => 24,
            Self::N32 => 32,
            Self::N48 => 48,
            Self::N64 => 64,
            Self::N84 => 84,
            Self::N96 => 96,
            Self::N128 => 128,
            Self::N168 => 168,
            Self::N252 => 252,
            Self::N504 => 504,
            Self::Spare2 | Self::Spare1 => return None,
        })
    }
}

/// FreqBandIndicator. TS 36.331 §6.3.4.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=64"))]
pub struct FreqBandIndicator(pub u8);

/// FreqBandIndicator-r11. TS 36.331 §6.3.4.
#[derive(Debug, Clone, Copy, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, value("1..=256"))]
pub struct FreqBandIndicatorR11(pub u16);

/// MultiBandInfo-v9e0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct MultiBandInfoV9e0 {
    #[rasn(identifier = "freqBandIndicator-v9e0", value("65..=256"))]
    pub freq_band_indicator_v9e0: Option<u16>,
}

/// NS-PmaxList-r10. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, size("1..=8"))]
pub struct NsPmaxListR10(pub Vec<NsPmaxValueR10>);

/// NS-PmaxValue-r10. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NsPmaxValueR10 {
    #[rasn(identifier = "additionalPmax-r10", value("-30..=33"))]
    pub additional_pmax_r10: Option<i8>,
    #[rasn(identifier = "additionalSpectrumEmission", value("1..=32"))]
    pub additional_spectrum_emission: u8,
}

/// NS-PmaxList-v10l0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(delegate, size("1..=8"))]
pub struct NsPmaxListV10l0(pub Vec<NsPmaxValueV10l0>);

/// NS-PmaxValue-v10l0. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct NsPmaxValueV10l0 {
    #[rasn(identifier = "additionalSpectrumEmission-v10l0", value("33..=288"))]
    pub additional_spectrum_emission_v10l0: Option<u16>,
}

/// CellSelectionInfoCE-r13. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCeR13 {
    #[rasn(identifier = "q-RxLevMinCE-r13", value("-70..=-22"))]
    pub q_rx_lev_min_ce_r13: i8,
    #[rasn(identifier = "q-QualMinRSRQ-CE-r13", value("-34..=-3"))]
    pub q_qual_min_rsrq_ce_r13: Option<i8>,
}

/// CellSelectionInfoCE-v1530. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCeV1530 {
    #[rasn(identifier = "powerClass14dBm-Offset-r15")]
    pub power_class14_dbm_offset_r15: PowerClass14DbmOffsetR15,
}

enumeration! {
    /// powerClass14dBm-Offset-r15. TS 36.331 §6.3.4.
    pub enum PowerClass14DbmOffsetR15 {
        DbMinus6 = "dB-6", DbMinus3 = "dB-3", Db3 = "dB3", Db6 = "dB6", Db9 = "dB9", Db12 = "dB12"
    }
}

/// CellSelectionInfoCE1-r13. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCe1R13 {
    #[rasn(identifier = "q-RxLevMinCE1-r13", value("-70..=-22"))]
    pub q_rx_lev_min_ce1_r13: i8,
    #[rasn(identifier = "q-QualMinRSRQ-CE1-r13", value("-34..=-3"))]
    pub q_qual_min_rsrq_ce1_r13: Option<i8>,
}

/// CellSelectionInfoCE1-v1360. TS 36.331 §6.3.4.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct CellSelectionInfoCe1V1360 {
    #[rasn(identifier = "delta-RxLevMinCE1-v1360", value("-8..=-1"))]
    pub delta_rx_lev_min_ce1_v1360: i8,
}

/// InterFreqNeighCellInfo. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct InterFreqNeighCellInfo {
    #[rasn(identifier = "physCellId", value("0..=503"))]
    pub phys_cell_id: u16,
    #[rasn(identifier = "q-OffsetCell")]
    pub q_offset_cell: QOffsetRange,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spare_range_has_no_count() {
        assert_eq!((Range::N4.count(), Range::N504.count()), (Some(4), Some(504)));
        assert_eq!((Range::Spare2.count(), Range::Spare1.count()), (None, None));
    }
}

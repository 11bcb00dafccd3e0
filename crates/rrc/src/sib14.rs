//! SystemInformationBlockType14: extended access barring. TS 36.331 §6.3.1.

use rasn::prelude::*;

use super::enumerated::enumeration;

/// SystemInformationBlockType14-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
#[non_exhaustive]
pub struct Sib14 {
    #[rasn(identifier = "eab-Param-r11")]
    pub eab_param_r11: Option<EabParamR11>,
    #[rasn(identifier = "lateNonCriticalExtension")]
    pub late_non_critical_extension: Option<OctetString>,
    #[rasn(extension_addition_group, identifier = "[[v1530]]")]
    pub v1530: Option<Sib14V1530>,
}

/// Additions of v1530 to SystemInformationBlockType14-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct Sib14V1530 {
    #[rasn(identifier = "eab-PerRSRP-r15")]
    pub eab_per_rsrp_r15: Option<EabPerRsrpR15>,
}

/// eab-Param-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(choice, automatic_tags)]
pub enum EabParamR11 {
    #[rasn(identifier = "eab-Common-r11")]
    EabCommonR11(EabConfigR11),
    #[rasn(identifier = "eab-PerPLMN-List-r11", size("1..=6"))]
    EabPerPlmnListR11(Vec<EabConfigPlmnR11>),
}

enumeration! {
    /// eab-PerRSRP-r15. TS 36.331 §6.3.1.
    pub enum EabPerRsrpR15 {
        Thresh0 = "thresh0", Thresh1 = "thresh1", Thresh2 = "thresh2", Thresh3 = "thresh3"
    }
}

/// EAB-ConfigPLMN-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct EabConfigPlmnR11 {
    #[rasn(identifier = "eab-Config-r11")]
    pub eab_config_r11: Option<EabConfigR11>,
}

/// EAB-Config-r11. TS 36.331 §6.3.1.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
#[rasn(automatic_tags)]
pub struct EabConfigR11 {
    #[rasn(identifier = "eab-Category-r11")]
    pub eab_category_r11: EabCategoryR11,
    #[rasn(identifier = "eab-BarringBitmap-r11", value("0..=1023"))]
    pub eab_barring_bitmap_r11: u16,
}

enumeration! {
    /// eab-Category-r11. TS 36.331 §6.3.1.
    pub enum EabCategoryR11 {
        A = "a", B = "b", C = "c"
    }
}

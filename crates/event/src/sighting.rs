//! The data of a sighting event.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    CellState, ReceiverPosition, RuleId, Technology, Verdict,
    given::{Given, given},
    patterns::{ECGI, MAX_TEXT, TEXT},
};

/// A cell heard in a dwell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
#[garde(allow_unvalidated)]
pub struct SightingData {
    /// The recording that the dwell is of.
    #[garde(length(chars, max = MAX_TEXT), pattern(TEXT))]
    pub recording: String,
    /// Length of the dwell.
    #[garde(range(min = 0.0))]
    pub seconds: f64,
    /// Gain of the receiver; null where the recording does not say.
    #[serde(default)]
    pub gain_db: Option<f64>,
    /// Share of the dwell's samples that the converter clipped; from 0.01 on its levels say nothing.
    #[serde(default)]
    #[garde(range(min = 0.0, max = 1.0))]
    pub clipped: f64,
    /// Absent in events of before there were others.
    #[serde(default)]
    pub technology: Technology,
    /// Nominal raster frequency.
    #[garde(range(min = 1.0))]
    pub carrier_hz: f64,
    /// Channel number; null off every raster.
    #[serde(default)]
    pub earfcn: Option<u32>,
    /// Operating band. TS 36.101 §5.5.
    #[serde(default)]
    pub band: Option<u16>,
    /// Physical-layer cell identity.
    #[garde(range(max = 503))]
    pub pci: u16,
    /// Cell-specific antenna ports; null without a MIB.
    #[serde(default)]
    #[schemars(extend("enum" = [1, 2, 4, null]))]
    #[garde(range(min = 1, max = 4))]
    pub antenna_ports: Option<u8>,
    /// Downlink bandwidth in resource blocks; null without a MIB.
    #[serde(default)]
    #[schemars(extend("enum" = [6, 15, 25, 50, 75, 100, null]))]
    #[garde(range(min = 6, max = 100))]
    pub bandwidth_rb: Option<u8>,
    /// Offset of the carrier from its raster frequency, as received.
    #[serde(default)]
    pub cfo_hz: Option<f64>,
    /// RSRP in dB of the converter's full scale.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<f64>")]
    pub rsrp_dbfs: Option<f64>,
    /// RSRP in dBm, by a calibrated receiver.
    #[serde(default)]
    pub rsrp_dbm: Option<f64>,
    /// RSRQ.
    #[serde(default)]
    pub rsrq_db: Option<f64>,
    /// Signal to interference and noise of the cell's reference symbols.
    #[serde(default)]
    pub sinr_db: Option<f64>,
    /// How far the cell was decoded.
    pub state: CellState,
    /// Global identifier; null without SIB1.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<String>")]
    #[garde(pattern(ECGI))]
    pub ecgi: Option<String>,
    /// Every PLMN of SIB1; null without it.
    #[serde(default)]
    #[garde(inner(inner(pattern(r"^[0-9]{3}-[0-9]{2,3}$"))))]
    pub plmns: Option<Vec<String>>,
    /// Tracking area code.
    #[serde(default)]
    pub tac: Option<u16>,
    /// E-UTRAN cell identity: 28 bits.
    #[serde(default)]
    #[garde(range(max = 268_435_455))]
    pub eci: Option<u32>,
    /// csg-Identity of SIB1.
    #[serde(default)]
    pub csg_identity: Option<u32>,
    /// hnb-Name of SIB9.
    #[serde(default)]
    pub hnb_name: Option<String>,
    /// What the registry makes of the cell.
    pub verdict: Verdict,
    /// Rules that found something.
    #[garde(dive)]
    pub rules: Vec<RuleId>,
    /// Those of them that the allow-list suppresses.
    #[serde(default)]
    #[garde(dive)]
    pub rules_suppressed: Vec<RuleId>,
    /// Where the receiver was; null without a fix.
    #[serde(deserialize_with = "given")]
    #[schemars(with = "Given<ReceiverPosition>")]
    #[garde(dive)]
    pub position: Option<ReceiverPosition>,
}

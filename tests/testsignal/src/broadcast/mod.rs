//! What the cells broadcast, as bits: an encoder for the few messages needed, made apart from the receiver's decoder so
//! that each checks the other. TS 36.331 §6.2, encoded by the unaligned packed rules of ITU-T X.691.

mod bit_writer;
mod mib;
mod paging;
mod sib1;
mod sib2;
mod system_information;

pub use bit_writer::BitWriter;
pub use mib::mib;
pub use paging::{STmsi, paging};
pub use sib1::sib1;
pub use system_information::system_information;

use serde::Deserialize;

use crate::scenario::{ScenarioError, require};

/// What SIB1 and the other SI messages say, and when they are sent. TS 36.331 §6.2.2, §6.3.1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SystemInformation {
    /// PLMN identities in order, as `"450-08"`.
    pub plmns: Vec<Plmn>,
    /// Tracking area code.
    pub tac: u16,
    /// Cell identity, 28 bits.
    pub cell_identity: u32,
    /// cellBarred.
    #[serde(default)]
    pub cell_barred: bool,
    /// csg-Indication.
    #[serde(default)]
    pub csg_indication: bool,
    /// csg-Identity, 27 bits.
    #[serde(default)]
    pub csg_identity: Option<u32>,
    /// q-RxLevMin in units of 2 dBm, -70 to -22.
    #[serde(default = "q_rx_lev_min")]
    pub q_rx_lev_min: i8,
    /// freqBandIndicator, 1–64.
    #[serde(default = "band")]
    pub band: u8,
    /// systemInfoValueTag, 0–31.
    #[serde(default)]
    pub value_tag: u8,
    /// si-WindowLength in milliseconds: 1, 2, 5, 10, 15, 20 or 40.
    #[serde(default = "si_window_ms")]
    pub si_window_ms: u8,
    /// The SI messages in the order of schedulingInfoList; the first has SIB2 besides what it names.
    #[serde(default = "sib3_every_16_frames")]
    pub messages: Vec<SiMessage>,
    /// cellReselectionPriority of the serving frequency, 0–7.
    #[serde(default = "priority")]
    pub priority: u8,
    /// Neighbouring cells on the same carrier, for SIB4.
    #[serde(default)]
    pub neighbours: Vec<u16>,
    /// First identity and length of csg-PhysCellIdRange, for SIB4; a length of TS 36.331's list from 4 to 504.
    #[serde(default)]
    pub csg_pci_range: Option<(u16, u16)>,
    /// Other carriers, for SIB5.
    #[serde(default)]
    pub carriers: Vec<NeighbourCarrier>,
    /// hnb-Name, for SIB9: up to 48 bytes.
    #[serde(default)]
    pub hnb_name: String,
    /// Subframes for MBSFN, for SIB2: the cell sends them as such.
    #[serde(default)]
    pub mbsfn: Vec<MbsfnAllocation>,
}

/// One entry of mbsfn-SubframeConfigList. TS 36.331 §6.3.7.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MbsfnAllocation {
    /// radioframeAllocationPeriod: 1, 2, 4, 8, 16 or 32.
    pub period_rf: u16,
    /// radioframeAllocationOffset: 0 to 7.
    #[serde(default)]
    pub offset_rf: u8,
    /// oneFrame: six bits, the first for subframe 1 of FDD and 3 of TDD.
    pub one_frame: u8,
}

/// One entry of schedulingInfoList.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiMessage {
    /// si-Periodicity in radio frames: 8, 16, 32, 64, 128, 256 or 512.
    pub periodicity_rf: u16,
    /// Numbers of its SIBs: 3, 4, 5 and 9 can be made.
    pub sibs: Vec<u8>,
}

/// A carrier of SIB5.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NeighbourCarrier {
    /// dl-CarrierFreq.
    pub earfcn: u16,
    /// cellReselectionPriority, 0–7.
    pub priority: u8,
    /// Its cells.
    #[serde(default)]
    pub cells: Vec<u16>,
}

/// A PLMN identity: three digits of country, two or three of network. TS 23.003 §2.2.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Plmn {
    mcc: [u8; 3],
    mnc: Vec<u8>,
}

impl TryFrom<String> for Plmn {
    type Error = ScenarioError;

    fn try_from(text: String) -> Result<Self, ScenarioError> {
        let digits =
            |part: &str| -> Option<Vec<u8>> { part.bytes().map(|b| b.is_ascii_digit().then(|| b - b'0')).collect() };
        text.split_once('-')
            .and_then(|(mcc, mnc)| {
                let (mcc, mnc) = (digits(mcc)?.try_into().ok()?, digits(mnc)?);
                matches!(mnc.len(), 2 | 3).then_some(Self { mcc, mnc })
            })
            .ok_or(ScenarioError { what: "plmn", value: text, allowed: "three digits, a hyphen, two or three digits" })
    }
}

impl std::fmt::Display for Plmn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.mcc.iter().try_for_each(|d| write!(f, "{d}"))?;
        write!(f, "-")?;
        self.mnc.iter().try_for_each(|d| write!(f, "{d}"))
    }
}

impl SystemInformation {
    /// SIB2 and SIB3 every 16 frames for one PLMN, to be changed field by field.
    #[must_use]
    pub fn new(plmn: Plmn, tac: u16, cell_identity: u32) -> Self {
        Self {
            plmns: vec![plmn],
            tac,
            cell_identity,
            cell_barred: false,
            csg_indication: false,
            csg_identity: None,
            q_rx_lev_min: q_rx_lev_min(),
            band: band(),
            value_tag: 0,
            si_window_ms: si_window_ms(),
            messages: sib3_every_16_frames(),
            priority: priority(),
            neighbours: Vec::new(),
            csg_pci_range: None,
            carriers: Vec::new(),
            hnb_name: String::new(),
            mbsfn: Vec::new(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), ScenarioError> {
        require((1..=6).contains(&self.plmns.len()), "plmns", self.plmns.len(), "1 to 6 of them")?;
        require(self.cell_identity < 1 << 28, "cell_identity", self.cell_identity, "28 bits")?;
        require(
            self.csg_identity.is_none_or(|id| id < 1 << 27),
            "csg_identity",
            format!("{:?}", self.csg_identity),
            "27 bits",
        )?;
        require((-70..=-22).contains(&self.q_rx_lev_min), "q_rx_lev_min", self.q_rx_lev_min, "-70 to -22")?;
        require((1..=64).contains(&self.band), "band", self.band, "1 to 64")?;
        require(self.value_tag < 32, "value_tag", self.value_tag, "0 to 31")?;
        require(
            sib1::SI_WINDOWS_MS.contains(&self.si_window_ms),
            "si_window_ms",
            self.si_window_ms,
            "1, 2, 5, 10, 15, 20 or 40",
        )?;
        require((1..=32).contains(&self.messages.len()), "messages", self.messages.len(), "1 to 32 of them")?;
        for message in &self.messages {
            let allowed = "8, 16, 32, 64, 128, 256 or 512";
            require(
                sib1::SI_PERIODS_RF.contains(&message.periodicity_rf),
                "periodicity_rf",
                message.periodicity_rf,
                allowed,
            )?;
            require(
                message.sibs.iter().all(|n| [3, 4, 5, 9].contains(n)),
                "sibs",
                format!("{:?}", message.sibs),
                "3, 4, 5 and 9",
            )?;
        }
        require(self.priority < 8, "priority", self.priority, "0 to 7")?;
        require(self.neighbours.len() <= 16, "neighbours", self.neighbours.len(), "up to 16 of them")?;
        let range = self.csg_pci_range;
        let known = range.is_none_or(|(_, n)| system_information::PCI_RANGES.contains(&n));
        require(
            known,
            "csg_pci_range",
            format!("{range:?}"),
            "a length of 4, 8, 12, 16, 24, 32, 48, 64, 84, 96, 128, 168, 252 or 504",
        )?;
        require(self.carriers.len() <= 8, "carriers", self.carriers.len(), "up to 8 of them")?;
        for carrier in &self.carriers {
            require(
                carrier.priority < 8 && carrier.cells.len() <= 16,
                "carriers",
                format!("{carrier:?}"),
                "priority 0 to 7, up to 16 cells",
            )?;
        }
        let cells = self.carriers.iter().flat_map(|c| &c.cells).chain(&self.neighbours);
        let cells = cells.chain(range.iter().map(|(first, _)| first));
        cells.copied().try_for_each(|pci| require(pci < 504, "neighbouring pci", pci, "0 to 503"))?;
        require(self.mbsfn.len() <= 8, "mbsfn", self.mbsfn.len(), "up to 8 of them")?;
        for MbsfnAllocation { period_rf, offset_rf, one_frame } in &self.mbsfn {
            let allowed = "1, 2, 4, 8, 16 or 32";
            require(sib2::MBSFN_PERIODS_RF.contains(period_rf), "period_rf", period_rf, allowed)?;
            require(*offset_rf < 8, "offset_rf", offset_rf, "0 to 7")?;
            require(*one_frame < 64, "one_frame", one_frame, "six bits")?;
        }
        require(self.hnb_name.len() <= 48, "hnb_name", &self.hnb_name, "up to 48 bytes")
    }
}

fn q_rx_lev_min() -> i8 {
    -62
}

fn band() -> u8 {
    3
}

fn si_window_ms() -> u8 {
    20
}

fn sib3_every_16_frames() -> Vec<SiMessage> {
    vec![SiMessage { periodicity_rf: 16, sibs: vec![3] }]
}

fn priority() -> u8 {
    6
}

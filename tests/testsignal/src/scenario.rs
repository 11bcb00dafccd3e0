//! What is on the air and what receives it: plain settings, from a TOML file or from code.
//!
//! Levels: the noise power of one resource element (N_0 · 15 kHz) is 1. A cell's `crs_es_n0_db` is the energy of a CRS
//! resource element of antenna port 0 over it. Every port sends its CRS with that energy; all other channels send it
//! summed over the ports, so that one resource element carries the same energy whatever the number of ports.

use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource};
use serde::Deserialize;

use crate::{
    broadcast::{Plmn, SystemInformation},
    fading::Profile,
    front_end::FrontEnd,
    names,
    schedule::Scheduling,
};

/// A whole recording: its receiver, its noise and its cells.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// File stem of the recording; that of the scenario's file.
    #[serde(skip)]
    pub name: String,
    /// What the recording shows, in a sentence.
    #[serde(default)]
    pub description: String,
    /// When the first sample was taken, RFC 3339.
    #[serde(default = "datetime")]
    pub datetime: String,
    /// Where, as latitude and longitude in degrees.
    #[serde(default)]
    pub position: Option<[f64; 2]>,
    /// Alerts that the recording should raise with the registry meant for it.
    #[serde(default)]
    pub alerts: Vec<ExpectedAlert>,
    /// Nominal output rate in samples per second.
    pub sample_rate_hz: f64,
    /// Frequency the receiver says it is tuned to.
    pub center_hz: f64,
    /// Length of the recording.
    pub seconds: f64,
    /// The same seed gives the same samples.
    #[serde(default)]
    pub seed: u64,
    /// Whether there is noise. Without it, levels still count from the noise that would be there.
    #[serde(default = "yes")]
    pub noise: bool,
    /// Error of the receiver's crystal: both its tuning and its sample clock are fast by this much.
    #[serde(default)]
    pub crystal_ppm: f64,
    /// Further error of the sample clock alone, as behind a frequency converter.
    #[serde(default)]
    pub clock_ppm: f64,
    /// Faults and levels of the receiver.
    #[serde(default)]
    pub front_end: FrontEnd,
    /// The transmitters, in no particular order.
    #[serde(default)]
    pub cells: Vec<CellConfig>,
}

/// One transmitter.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CellConfig {
    /// Physical-layer cell identity.
    #[serde(deserialize_with = "names::pci")]
    pub pci: Pci,
    /// Downlink bandwidth.
    #[serde(rename = "bandwidth_rb", deserialize_with = "names::bandwidth")]
    pub bandwidth: Bandwidth,
    /// Cell-specific antenna ports.
    #[serde(default = "one_port", deserialize_with = "names::antenna_ports")]
    pub antenna_ports: AntennaPorts,
    /// Cyclic prefix of the downlink.
    #[serde(default = "normal_cp", with = "names::CyclicPrefixName")]
    pub cp: CyclicPrefix,
    /// Frame structure type 2 with these settings; absent for FDD.
    #[serde(default)]
    pub tdd: Option<TddConfig>,
    /// PHICH duration.
    #[serde(default = "normal_phich", with = "names::PhichDurationName")]
    pub phich_duration: PhichDuration,
    /// PHICH resource N_g.
    #[serde(default = "phich_of_one", with = "names::PhichResourceName")]
    pub phich_resource: PhichResource,
    /// System frame number of the frame that is on the air at the first sample.
    #[serde(default)]
    pub first_sfn: u16,
    /// How far into that frame the first sample lies, 0 to 10 ms. Propagation delay makes it smaller.
    #[serde(default)]
    pub time_offset_s: f64,
    /// Nominal carrier frequency.
    pub carrier_hz: f64,
    /// The transmitter's own carrier error; its clock is off by the same ratio, both having one source (TS 36.104 §6.5.1).
    #[serde(default)]
    pub cfo_hz: f64,
    /// CRS Es/N0 of antenna port 0, see the module's head.
    #[serde(default = "strong")]
    pub crs_es_n0_db: f32,
    /// Which antenna ports send the synchronisation signals, which the standard leaves open.
    #[serde(default)]
    pub sync_ports: SyncPorts,
    /// Propagation.
    #[serde(default)]
    pub channel: ChannelConfig,
    /// What SIB1 and the SI messages say; absent, nothing but the MIB is broadcast.
    #[serde(default)]
    pub system_information: Option<SystemInformation>,
    /// How the control region and the resource blocks are used.
    #[serde(default)]
    pub scheduling: Scheduling,
    /// How far a receiver should come with it.
    #[serde(default)]
    pub expect: Expect,
}

/// How far a receiver should come with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Expect {
    /// All that the cell broadcasts.
    #[default]
    All,
    /// Its identity.
    Detected,
    /// Its MIB.
    Mib,
    /// SIB1.
    Sib1,
}

impl Expect {
    /// The state's name in the events of a receiver.
    pub(crate) fn name(self, cell: &CellConfig) -> &'static str {
        match self {
            Self::All if cell.system_information.is_some() => "si",
            Self::All | Self::Mib => "mib",
            Self::Detected => "detected",
            Self::Sib1 => "sib1",
        }
    }
}

/// An alert that a recording should raise.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedAlert {
    /// The rule's id.
    pub rule: String,
    /// The cell's global identity, as `"450-08-3f0d101"`.
    pub ecgi: String,
    /// Its physical-layer identity.
    pub pci: u16,
}

/// Which antenna ports send PSS and SSS, each with the energy of its CRS. TS 36.211 §6.11.1.2 leaves it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyncPorts {
    /// Port 0 alone: the least energy a receiver may hope for.
    #[default]
    First,
    /// Every port the same, as many transmitters do.
    All,
    /// Every port, turned against the first by another angle each half frame, so that no place lies in a null for long.
    Turning,
}

/// Frame structure type 2. TS 36.211 §4.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TddConfig {
    /// Uplink-downlink configuration, 0–6.
    pub assignment: u8,
    /// Special subframe configuration, 0–9 (normal prefix) or 0–7 (extended).
    pub special_subframe: u8,
}

/// Propagation from one cell to the receiver.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    /// Delay profile.
    #[serde(default)]
    pub profile: Profile,
    /// Largest Doppler shift. At 0 the taps stand still at a random draw.
    #[serde(default)]
    pub doppler_hz: f64,
}

/// A setting outside what the standard or this generator allows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{what} is {value}, allowed: {allowed}")]
pub struct ScenarioError {
    /// The setting's name.
    pub what: &'static str,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub allowed: &'static str,
}

/// Fails with this setting unless it is `ok`.
pub(crate) fn require(
    ok: bool,
    what: &'static str,
    value: impl ToString,
    allowed: &'static str,
) -> Result<(), ScenarioError> {
    if ok { Ok(()) } else { Err(ScenarioError { what, value: value.to_string(), allowed }) }
}

impl Scenario {
    /// A perfect receiver in noise, with these cells, to be changed field by field.
    #[must_use]
    pub fn new(sample_rate_hz: f64, center_hz: f64, seconds: f64, cells: Vec<CellConfig>) -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            datetime: datetime(),
            position: None,
            alerts: Vec::new(),
            sample_rate_hz,
            center_hz,
            seconds,
            seed: 0,
            noise: true,
            crystal_ppm: 0.0,
            clock_ppm: 0.0,
            front_end: FrontEnd::default(),
            cells,
        }
    }

    /// How much faster than nominal the sample clock runs, as a ratio minus one.
    #[must_use]
    pub fn clock_error(&self) -> f64 {
        (self.crystal_ppm + self.clock_ppm) * 1e-6
    }

    /// Samples in the recording.
    #[must_use]
    pub fn samples(&self) -> usize {
        (self.seconds * self.sample_rate_hz).round() as usize
    }

    pub(crate) fn check(&self) -> Result<(), ScenarioError> {
        let rate = self.sample_rate_hz;
        require((1.92e6..=61.44e6).contains(&rate), "sample_rate_hz", rate, "1.92e6 to 61.44e6 samples per second")?;
        require(self.seconds > 0.0 && self.seconds <= 60.0, "seconds", self.seconds, "above 0, up to 60 s")?;
        require(self.clock_error().abs() < 1e-3, "crystal_ppm + clock_ppm", self.clock_error() * 1e6, "-1000 to 1000")?;
        self.cells.iter().try_for_each(CellConfig::check)
    }
}

impl CellConfig {
    /// A one-port FDD cell with normal prefix, strong, on time and on frequency, to be changed field by field.
    #[must_use]
    pub fn new(pci: Pci, bandwidth: Bandwidth, carrier_hz: f64) -> Self {
        Self {
            pci,
            bandwidth,
            antenna_ports: one_port(),
            cp: normal_cp(),
            tdd: None,
            phich_duration: normal_phich(),
            phich_resource: phich_of_one(),
            first_sfn: 0,
            time_offset_s: 0.0,
            carrier_hz,
            cfo_hz: 0.0,
            crs_es_n0_db: strong(),
            sync_ports: SyncPorts::default(),
            channel: ChannelConfig::default(),
            system_information: None,
            scheduling: Scheduling::default(),
            expect: Expect::default(),
        }
    }

    /// The same, which names itself in SIB1, its ECI made of its PCI, and sends an SI message every 80 ms.
    ///
    /// # Panics
    /// If `pci` is above 503.
    #[must_use]
    pub fn broadcasting(pci: u16, bandwidth: Bandwidth, carrier_hz: f64) -> Self {
        let mut cell = Self::new(Pci::new(pci).expect("below 504"), bandwidth, carrier_hz);
        let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
        let mut si = SystemInformation::new(plmn, 0x2E11, 0x3F0_0000 + u32::from(pci));
        si.messages[0].periodicity_rf = 8;
        cell.system_information = Some(si);
        cell
    }

    /// Frame structure type.
    #[must_use]
    pub fn duplex(&self) -> Duplex {
        if self.tdd.is_some() { Duplex::Tdd } else { Duplex::Fdd }
    }

    fn check(&self) -> Result<(), ScenarioError> {
        require(self.first_sfn < 1024, "first_sfn", self.first_sfn, "0 to 1023")?;
        require((0.0..0.01).contains(&self.time_offset_s), "time_offset_s", self.time_offset_s, "0 up to 0.01 s")?;
        require((1e8..1e10).contains(&self.carrier_hz), "carrier_hz", self.carrier_hz, "1e8 to 1e10 Hz")?;
        require(self.cfo_hz.abs() < 1e6, "cfo_hz", self.cfo_hz, "-1e6 to 1e6 Hz")?;
        if let Some(tdd) = self.tdd {
            require(tdd.assignment < 7, "tdd.assignment", tdd.assignment, "0 to 6")?;
            let (most, allowed) = match self.cp {
                CyclicPrefix::Normal => (9, "0 to 9 with the normal prefix"),
                CyclicPrefix::Extended => (7, "0 to 7 with the extended prefix"),
            };
            require(tdd.special_subframe <= most, "tdd.special_subframe", tdd.special_subframe, allowed)?;
        }
        if let Some(si) = &self.system_information {
            si.check()?;
        }
        self.scheduling.check(self)?;
        self.channel.check()
    }
}

impl ChannelConfig {
    fn check(&self) -> Result<(), ScenarioError> {
        require((0.0..=2000.0).contains(&self.doppler_hz), "channel.doppler_hz", self.doppler_hz, "0 to 2000 Hz")
    }
}

fn datetime() -> String {
    "2026-11-20T01:00:00Z".to_owned()
}

fn yes() -> bool {
    true
}

fn one_port() -> AntennaPorts {
    AntennaPorts::One
}

fn normal_cp() -> CyclicPrefix {
    CyclicPrefix::Normal
}

fn normal_phich() -> PhichDuration {
    PhichDuration::Normal
}

fn phich_of_one() -> PhichResource {
    PhichResource::One
}

fn strong() -> f32 {
    20.0
}

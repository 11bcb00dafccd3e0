//! What is on the air in a study, and at which levels.

use std::ops::RangeInclusive;

use cellwarden_core::observation::CellState;
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};
use testsignal::{
    CellConfig, ChannelConfig, Scenario, ScenarioError, TddConfig, Waveform,
    broadcast::{Plmn, SystemInformation},
    fading::Profile,
};

use crate::{base_waveform::BaseWaveform, trial::Target};

/// Carrier of the cells.
pub const CARRIER_HZ: f64 = 1.84e9;
/// Signal of one reception.
const SECONDS: f64 = 0.16;
/// CRS Es/N0 of the first cell over a second one.
const FIRST_ES_N0_DB: f32 = 30.0;
/// Share of the first cell's resource blocks that carry traffic.
const FIRST_LOAD: f32 = 0.6;

/// A radio channel. TS 36.101 Annex B.
#[derive(Clone, Copy)]
pub enum Channel {
    /// One still path.
    Awgn,
    /// Extended pedestrian A, 5 Hz.
    Epa5,
    /// Extended vehicular A, 70 Hz.
    Eva70,
    /// Extended typical urban, 70 Hz.
    Etu70,
    /// Extended typical urban, 300 Hz.
    Etu300,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Awgn, Self::Epa5, Self::Eva70, Self::Etu70, Self::Etu300];
    /// Those of the studies with two cells.
    pub const SLOW: [Self; 2] = [Self::Awgn, Self::Epa5];

    fn name(self) -> &'static str {
        match self {
            Self::Awgn => "AWGN",
            Self::Epa5 => "EPA 5 Hz",
            Self::Eva70 => "EVA 70 Hz",
            Self::Etu70 => "ETU 70 Hz",
            Self::Etu300 => "ETU 300 Hz",
        }
    }

    fn config(self) -> ChannelConfig {
        let (profile, doppler_hz) = match self {
            Self::Awgn => (Profile::Flat, 0.0),
            Self::Epa5 => (Profile::Epa, 5.0),
            Self::Eva70 => (Profile::Eva, 70.0),
            Self::Etu70 => (Profile::Etu, 70.0),
            Self::Etu300 => (Profile::Etu, 300.0),
        };
        ChannelConfig { profile, doppler_hz }
    }
}

/// A carrier's width and duplex mode.
#[derive(Clone, Copy)]
pub struct Carrier {
    bandwidth: Bandwidth,
    tdd: bool,
}

impl Carrier {
    /// That of the studies with two cells.
    const NARROW: Self = Self { bandwidth: Bandwidth::Rb25, tdd: false };
    /// Those of the studies of one cell.
    pub const ALL: [Self; 6] = [
        Self::NARROW,
        Self { bandwidth: Bandwidth::Rb50, tdd: false },
        Self { bandwidth: Bandwidth::Rb100, tdd: false },
        Self { bandwidth: Bandwidth::Rb25, tdd: true },
        Self { bandwidth: Bandwidth::Rb50, tdd: true },
        Self { bandwidth: Bandwidth::Rb100, tdd: true },
    ];

    fn name(self) -> String {
        let duplex = if self.tdd { "TDD" } else { "FDD" };
        format!("{} MHz {duplex}", self.bandwidth.n_rb_dl() / 5)
    }

    /// Its resource blocks and a filter's roll-off.
    fn rate_hz(self) -> f64 {
        5.76e6 / 25.0 * self.bandwidth.n_rb_dl() as f64
    }
}

/// One curve: a scenario whose last cell goes through levels.
pub struct Study {
    /// Its name.
    pub title: String,
    /// What a level is.
    pub axis: &'static str,
    /// The cells and the receiver.
    pub scenario: Scenario,
    /// What is to be received.
    pub target: Target,
    levels: RangeInclusive<i32>,
    /// What a level of 0 dB is over noise.
    reference_db: f32,
    base: Option<Waveform>,
}

impl Study {
    /// A cell in noise.
    pub fn alone(carrier: Carrier, channel: Channel) -> Self {
        let levels = match channel {
            Channel::Awgn => -20..=-4,
            Channel::Epa5 => -20..=2,
            Channel::Eva70 | Channel::Etu70 | Channel::Etu300 => -16..=0,
        };
        let cell = cell(301, carrier, channel);
        Self {
            title: format!("{}, {}", carrier.name(), channel.name()),
            axis: "CRS Es/N0 in dB",
            target: Target::of(&cell),
            scenario: Scenario::new(carrier.rate_hz(), CARRIER_HZ, SECONDS, vec![cell]),
            levels,
            reference_db: 0.0,
            base: None,
        }
    }

    /// A cell under a stronger one of the same N_ID^(2), which is loaded.
    pub fn under_another(channel: Channel) -> Self {
        Self::second("second cell", 451, channel)
    }

    /// The same of another transmitter of the same identity.
    pub fn under_a_twin(channel: Channel) -> Self {
        Self::second("twin", 301, channel)
    }

    fn second(name: &str, pci: u16, channel: Channel) -> Self {
        let carrier = Carrier::NARROW;
        let mut first = cell(301, carrier, channel);
        (first.crs_es_n0_db, first.scheduling.load) = (FIRST_ES_N0_DB, FIRST_LOAD);
        let mut second = cell(pci, carrier, channel);
        second.first_sfn = 333;
        Self {
            title: format!("{name}, {}", channel.name()),
            axis: "CRS level against the first cell's in dB",
            target: Target::of(&second),
            scenario: Scenario::new(carrier.rate_hz(), CARRIER_HZ, SECONDS, vec![first, second]),
            levels: -36..=-8,
            reference_db: FIRST_ES_N0_DB,
            base: None,
        }
    }

    /// A recorded cell put into noise.
    pub fn of_waveform(base: &BaseWaveform, channel: Channel) -> Self {
        let mut cell = base.cell.clone();
        cell.channel = channel.config();
        Self {
            title: format!("{}, {}", base.name, channel.name()),
            target: base.target.clone(),
            scenario: Scenario::new(base.rate_hz, cell.carrier_hz, SECONDS.min(base.seconds), vec![cell]),
            base: Some(base.waveform.clone()),
            ..Self::alone(Carrier::NARROW, channel)
        }
    }

    /// The levels, weakest first.
    pub fn levels(&self, step_db: f32) -> Vec<f32> {
        let (least, most) = (*self.levels.start() as f32, *self.levels.end() as f32);
        (0..).map(|n| least + n as f32 * step_db).take_while(|level| *level <= most).collect()
    }

    /// Puts the last cell at a level.
    pub fn set_level(&mut self, level_db: f32) {
        if let Some(cell) = self.scenario.cells.last_mut() {
            cell.crs_es_n0_db = self.reference_db + level_db;
        }
    }

    /// What the cells send.
    ///
    /// # Errors
    /// None: the settings are within their ranges.
    pub fn transmit(&self) -> Result<Vec<Waveform>, ScenarioError> {
        match &self.base {
            Some(waveform) => Ok(vec![waveform.clone()]),
            None => self.scenario.transmit(),
        }
    }

    /// The best state a cell of this study can be received to.
    pub fn best_state(&self) -> CellState {
        if self.target.identity.is_some() { CellState::Sib1 } else { CellState::Mib }
    }
}

/// A cell on two ports, half of its other blocks in use.
fn cell(pci: u16, carrier: Carrier, channel: Channel) -> CellConfig {
    let mut cell = CellConfig::new(Pci::new(pci).expect("below 504"), carrier.bandwidth, CARRIER_HZ);
    cell.tdd = carrier.tdd.then_some(TddConfig { assignment: 2, special_subframe: 7 });
    let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
    cell.system_information = Some(SystemInformation::new(plmn, 0x2E11, 0x3F0_0000 + u32::from(pci)));
    (cell.antenna_ports, cell.channel, cell.scheduling.load) = (AntennaPorts::Two, channel.config(), 0.5);
    // Not to be reached by counting from 0.
    cell.first_sfn = 1018;
    cell
}

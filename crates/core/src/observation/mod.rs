//! The flat vocabulary that everything downstream of the receiver reads.
//!
//! In: nothing; the receiver's `assemble` makes observations. Out: plain facts about one cell in one dwell.
//! Refuses to know samples, RRC messages, files and the registry.

pub mod earfcn;
pub mod identity;
pub mod measurement;
pub mod neighbours;
pub mod paging;
pub mod plmn;
pub mod position;
pub mod searched;

use jiff::Timestamp;
use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource, Sfn};

pub use cellwarden_event::{CellState, Technology};
pub use earfcn::Earfcn;
pub use identity::{Access, CellIdentity, Ecgi, Eci};
pub use measurement::{CarrierOffset, FrameTiming, Level};
pub use neighbours::{Alternation, BroadcastFacts, InterFrequency, OtherTechnology, Rat, Warning};
pub use paging::PagingCounts;
pub use plmn::Plmn;
pub use position::Position;
pub use searched::Searched;

/// One cell in one recording or dwell: all that was learnt of it, at the dwell's end.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// The dwell it was heard in.
    pub dwell: Dwell,
    /// Its radio access technology.
    pub technology: Technology,
    /// The carrier it was heard on.
    pub carrier: Carrier,
    /// Channel numbers of the other carriers that it may be, where the receiver's own clock is unknown and neither place nor
    /// clock says which; empty where the carrier is certain.
    pub earfcn_candidates: Vec<u32>,
    /// Physical-layer identity.
    pub pci: Pci,
    /// Frame structure.
    pub duplex: Duplex,
    /// Cyclic prefix.
    pub cp: CyclicPrefix,
    /// How far it was decoded.
    pub state: CellState,
    /// Facts of the MIB.
    pub mib: Option<MibFacts>,
    /// Frame timing.
    pub timing: FrameTiming,
    /// Carrier offset.
    pub offset: CarrierOffset,
    /// Levels.
    pub level: Level,
    /// Identity fields of SIB1.
    pub identity: Option<CellIdentity>,
    /// How many different 80 ms periods of the dwell gave a CRC-clean SIB1.
    pub sib1_periods: u32,
    /// Whether an SI message was decoded that matches SIB1's scheduling.
    pub si_agrees: bool,
    /// Facts of the other SIBs.
    pub broadcast: BroadcastFacts,
    /// Transport blocks as received, without repeats: the MIB first, then SIB1, then SI messages.
    pub blocks: Vec<ReceivedBlock>,
    /// The decoded messages, keys as in TS 36.331 (`sib1`, `sib2`, …).
    pub sibs: serde_json::Map<String, serde_json::Value>,
    /// Where the receiver was.
    pub position: Option<Position>,
    /// Why decoding stopped where it did, where that is worth saying.
    pub note: Option<String>,
    /// Whether the frame number stands over 80 ms or more: it comes again instead of advancing, as of a recording that is
    /// played in a loop. The timing then has no frame number.
    pub frame_number_stands: bool,
}

/// From so many samples on, their number over their time is the sample rate to a part in a thousand.
const RATE_MIN_SAMPLES: f64 = 1e3;

/// A filter that lets through what is more sample rates away is none.
const MAX_ALIAS: f64 = 2.0;

/// Half the channel raster: the nearest channel is named for a carrier between two. TS 36.101 §5.7.2.
const ALIAS_ERROR_HZ: f64 = 50e3;

/// Share of clipped samples from which on a dwell's levels say nothing: a signal of which a share p of the numbers is cut off
/// comes out too low by 20 log₁₀(1 − p), and one that is on air for a tenth of the time, as an idle cell's reference
/// elements are, by 1 dB where a hundredth of all samples is.
pub const MAX_CLIPPED: f64 = 0.01;

/// The stretch of signal an observation was made in.
#[derive(Debug, Clone, PartialEq)]
pub struct Dwell {
    /// File stem of the recording, or the dwell's own id.
    pub recording: String,
    /// Time of the first sample, where the recording says it.
    pub start: Option<Timestamp>,
    /// Length in seconds.
    pub seconds: f64,
    /// Receiver gain in dB, where the recording says it: subtract it from dBFS to compare dwells.
    pub gain_db: Option<f64>,
    /// Samples lost in it: times on the two sides of a loss do not compare.
    pub lost: u64,
    /// Share of its samples, 0 to 1, whose I or Q is at the end of the converter's range.
    pub clipped: f64,
}

/// A carrier on the raster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carrier {
    /// Nominal raster frequency.
    pub hz: f64,
    /// Channel number, `None` off every band's raster.
    pub earfcn: Option<u32>,
    /// Band: SIB1's where known, else the first that has the channel number.
    pub band: Option<u16>,
}

/// What the PBCH says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MibFacts {
    /// From the CRC mask.
    pub antenna_ports: AntennaPorts,
    /// dl-Bandwidth.
    pub bandwidth: Bandwidth,
    /// phich-Duration.
    pub phich_duration: PhichDuration,
    /// phich-Resource.
    pub phich_resource: PhichResource,
}

/// A channel that carries transport blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BlockChannel {
    /// The MIB's.
    BcchBch,
    /// SIB1's and the SI messages'.
    BcchDlSch,
    /// Paging; counted by kind, never stored.
    Pcch,
}

/// A transport block whose CRC passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedBlock {
    /// The channel it came over.
    pub channel: BlockChannel,
    /// Frame of its first reception.
    pub sfn: Sfn,
    /// Subframe of its first reception.
    pub subframe: u8,
    /// Sample of the recording where that subframe starts.
    pub at_sample: u64,
    /// The bytes, CRC removed.
    pub bytes: Vec<u8>,
}

impl Observation {
    /// Power of port 0 freed of the receiver's gain, so that dwells compare: dBFS less gain.
    #[must_use]
    pub fn rsrp_db(&self) -> f64 {
        f64::from(self.level.rsrp_dbfs) - self.dwell.gain_db.unwrap_or(0.0)
    }

    /// Whether so much of the dwell was clipped that its levels are wrong.
    #[must_use]
    pub fn is_clipped(&self) -> bool {
        self.dwell.clipped >= MAX_CLIPPED
    }

    /// Power of port 0 freed of the receiver's gain, where that can be compared with other dwells' and with places: the gain is
    /// known, and the converter did not clip.
    #[must_use]
    pub fn comparable_db(&self) -> Option<f64> {
        self.dwell.gain_db.filter(|_| !self.is_clipped()).map(|_| self.rsrp_db())
    }

    /// Whether the carrier is certain, and not one of several.
    #[must_use]
    pub fn is_carrier_certain(&self) -> bool {
        self.earfcn_candidates.is_empty()
    }

    /// The channel number, where it is certain: what is compared with a list.
    #[must_use]
    pub fn certain_earfcn(&self) -> Option<u32> {
        self.carrier.earfcn.filter(|_| self.is_carrier_certain())
    }

    /// Sample rate of the recording in hertz, as its frames count samples and seconds; `None` too near its start to say.
    #[must_use]
    pub fn sample_rate_hz(&self) -> Option<f64> {
        let FrameTiming { at_sample, at_seconds, .. } = self.timing;
        (at_sample >= RATE_MIN_SAMPLES && at_seconds > 0.0).then(|| at_sample / at_seconds)
    }

    /// By how many hertz the carrier is the alias of another channel's, where it is so by a whole number of sample rates: what a
    /// receiver's filter lets through from outside its band is heard there. `None` of a carrier that is in its place.
    #[must_use]
    pub fn alias_of_hz(&self, earfcn: u32) -> Option<f64> {
        let apart_hz = self.carrier.hz - earfcn::Earfcn::new(earfcn)?.frequency().0;
        let rate_hz = self.sample_rate_hz()?;
        let times = (apart_hz / rate_hz).round();
        let is_alias = times != 0.0 && times.abs() <= MAX_ALIAS && (apart_hz - times * rate_hz).abs() <= ALIAS_ERROR_HZ;
        is_alias.then_some(apart_hz)
    }

    /// The first global identifier, where SIB1 is known.
    #[must_use]
    pub fn ecgi(&self) -> Option<Ecgi> {
        self.identity.as_ref().map(|identity| identity.first_ecgi())
    }

    /// Time of the middle of the dwell.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        let half = jiff::SignedDuration::try_from_secs_f64(self.dwell.seconds / 2.0).ok()?;
        self.dwell.start?.checked_add(half).ok()
    }

    /// Whether the identity stands on more than one reception: two SIB1 periods, or one and a matching SI message.
    #[must_use]
    pub fn identity_confirmed(&self) -> bool {
        self.identity.is_some() && (self.sib1_periods >= 2 || self.si_agrees)
    }
}

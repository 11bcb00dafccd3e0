//! One transmitter over the dwells it was heard in.

use lte_dsp::cell::{Duplex, Pci, Sfn};
use serde::{Deserialize, Serialize};

use super::{
    SAME_OFFSET_PPM, SAME_TIMING_S,
    configuration::{self, Configuration},
    kept,
    timebase::wrap_s,
};
use crate::{
    detect::registry_view::{best_row, differences, own_accesses, stranger},
    observation::{BroadcastFacts, Carrier, CellState, Ecgi, Observation, PagingCounts, Plmn, Position},
    registry::{CellKind, CellStatus, RegistryAnswer},
};

/// Sightings kept of one transmitter; the oldest go first.
pub const MAX_SIGHTINGS: usize = 384;

/// Identities kept of one transmitter; more would say nothing new.
const MAX_IDENTITIES: usize = 16;

/// A carrier as tracks compare it: its nominal frequency in 100 kHz. TS 36.101 §5.7.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CarrierKey(u64);

impl CarrierKey {
    /// The key of a carrier.
    #[must_use]
    pub fn of(carrier: &Carrier) -> Self {
        Self((carrier.hz / 100e3).round().max(0.0) as u64)
    }

    /// Its frequency.
    #[must_use]
    pub fn hz(self) -> f64 {
        self.0 as f64 * 100e3
    }
}

/// An identity that a transmitter gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Its first global identifier.
    #[serde(with = "kept::text")]
    pub ecgi: Ecgi,
    /// Tracking area code that came with it last.
    pub tac: u16,
    /// Receptions that count for it: one a dwell, two where the dwell itself confirmed it.
    pub receptions: u32,
    /// First time it was given, Unix seconds.
    pub first_s: Option<f64>,
    /// Last time it was given.
    pub last_s: Option<f64>,
    /// Order of arrival of the latest dwell where it was given.
    pub last_seq: u64,
    /// The registry's row for it, if any.
    pub registered: Option<RegisteredAs>,
    /// Whether the registry covers its network.
    pub own_network: bool,
}

impl Known {
    /// Whether it stands on more than one reception.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.receptions >= 2
    }
}

/// What the registry says of a track's identity, in the few facts that rules compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RegisteredAs {
    /// Kind of station.
    #[serde(with = "kept::optional_text")]
    pub kind: Option<CellKind>,
    /// Status.
    #[serde(with = "kept::text")]
    pub status: CellStatus,
    /// Registered place.
    pub place: Option<Position>,
    /// Registered tracking area.
    #[serde(default)]
    pub tac: Option<u16>,
    /// Whether the transmitter's PCI, carrier and tracking area are the registered ones.
    pub alike: bool,
}

/// A track in one dwell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sighting {
    /// Order of arrival of the dwell.
    pub seq: u64,
    /// Unix time in seconds.
    pub time_s: Option<f64>,
    /// Where the receiver was.
    pub position: Option<Position>,
    /// Level freed of the receiver's gain, in dB; `None` where the gain is unknown.
    pub level_db: Option<f64>,
    /// CRS Es/N0 in dB.
    pub sinr_db: f64,
    /// Carrier offset in hertz.
    pub offset_hz: f64,
    /// Its standard error.
    pub offset_error_hz: f64,
    /// Where a frame starts, in seconds after the recording's first sample.
    pub at_s: f64,
    /// That frame's number.
    #[serde(with = "kept::sfn")]
    pub sfn: Option<Sfn>,
    /// Where in a frame's length frames start in the common timebase; `None` where the dwell could not be aligned.
    pub phase_s: Option<f64>,
    /// How far it was decoded.
    pub state: CellState,
    /// Its first global identifier, where SIB1 was decoded.
    #[serde(with = "kept::optional_text")]
    pub ecgi: Option<Ecgi>,
    /// systemInfoValueTag.
    pub value_tag: Option<u8>,
    /// cellBarred.
    pub barred: Option<bool>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// Whether the frame number stood.
    pub stands: bool,
    /// What SIB1 said, as a number that differs where SIB1 does.
    pub sib1: Option<u32>,
}

/// Serving priority and lowest level of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Retention {
    /// SIB3 cellReselectionPriority, 0–7.
    pub serving_priority: Option<u8>,
    /// SIB1 q-RxLevMin in dBm.
    pub q_rx_lev_min_dbm: Option<i16>,
}

impl Retention {
    /// Adds what is not known yet.
    fn learn(&mut self, facts: &BroadcastFacts) {
        self.serving_priority = self.serving_priority.or(facts.serving_priority);
        self.q_rx_lev_min_dbm = self.q_rx_lev_min_dbm.or(facts.q_rx_lev_min_dbm);
    }
}

/// One transmitter: what stays the same of it, and its sightings in order of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Physical-layer identity.
    #[serde(with = "kept::pci")]
    pub pci: Pci,
    /// Its carrier.
    pub carrier: CarrierKey,
    /// Frame structure.
    #[serde(with = "kept::duplex")]
    pub duplex: Duplex,
    /// Where in a frame's length its frames start, in the common timebase, when it was last heard.
    pub phase_s: Option<f64>,
    /// Carrier offset when it was last heard.
    pub offset_hz: f64,
    /// Identities it gave, in order of their first reception.
    pub identities: Vec<Known>,
    /// The PLMNs of SIB1's lists at the last reception.
    #[serde(with = "kept::texts")]
    pub plmns: Vec<Plmn>,
    /// The latest known of each fact that it broadcast.
    pub broadcast: BroadcastFacts,
    /// The first known of the two that keep terminals on a cell.
    pub first_retention: Retention,
    /// The latest known of each value of its radio configuration that cells of one network have in common.
    pub configuration: Configuration,
    /// How it paged, over all dwells.
    pub paging: PagingCounts,
    /// In order of time.
    pub sightings: Vec<Sighting>,
}

impl Track {
    /// The empty track of a transmitter heard for the first time.
    #[must_use]
    pub fn new(o: &Observation) -> Self {
        Self {
            pci: o.pci,
            carrier: CarrierKey::of(&o.carrier),
            duplex: o.duplex,
            phase_s: None,
            offset_hz: o.offset.hz,
            identities: Vec::new(),
            plmns: Vec::new(),
            broadcast: BroadcastFacts::default(),
            first_retention: Retention::default(),
            configuration: Configuration::default(),
            paging: PagingCounts::default(),
            sightings: Vec::new(),
        }
    }

    /// What the track knows of an identity.
    #[must_use]
    pub fn known(&self, ecgi: Ecgi) -> Option<&Known> {
        self.identities.iter().find(|k| k.ecgi == ecgi)
    }

    /// The identity it gave last, where more than one reception confirms it.
    #[must_use]
    pub fn last_confirmed(&self) -> Option<&Known> {
        self.identities.iter().filter(|k| k.is_confirmed()).max_by_key(|k| k.last_seq)
    }

    /// Whether it is a cell of this kind that is active and on air as registered.
    #[must_use]
    pub fn is_genuine(&self, kind: CellKind) -> bool {
        let fits = |r: RegisteredAs| r.kind == Some(kind) && r.alike && !r.status.is_inactive();
        self.last_confirmed().and_then(|k| k.registered).is_some_and(fits)
    }

    /// Whether its cell is of one of these networks.
    #[must_use]
    pub fn is_of_any(&self, plmns: &[Plmn]) -> bool {
        self.plmns.iter().any(|plmn| plmns.contains(plmn))
    }

    /// Whether it is on the same carrier under the same physical-layer identity as another.
    #[must_use]
    pub fn shares_pci_with(&self, other: &Self) -> bool {
        self.pci == other.pci && self.carrier == other.carrier
    }

    /// How far the frame timings of two tracks are apart in seconds, 0 to half a frame; `None` where one is unknown.
    #[must_use]
    pub fn timing_apart_s(&self, other: &Self) -> Option<f64> {
        Some(wrap_s(self.phase_s? - other.phase_s?).abs())
    }

    /// The sightings within `window_s` seconds of the last, those without a time left out.
    pub fn recent(&self, window_s: f64) -> impl Iterator<Item = &Sighting> {
        let last = self.sightings.iter().filter_map(|s| s.time_s).fold(f64::NEG_INFINITY, f64::max);
        self.sightings.iter().filter(move |s| s.time_s.is_some_and(|t| last - t <= window_s))
    }

    /// A value of its sightings over the last seconds, with their times; those without it or a time are left out.
    pub fn series<T>(&self, window_s: f64, value: impl Fn(&Sighting) -> Option<T>) -> Vec<(f64, T)> {
        self.recent(window_s).filter_map(|s| Some((s.time_s?, value(s)?))).collect()
    }

    /// Order of arrival of the latest dwell it was heard in.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.sightings.iter().map(|s| s.seq).max().unwrap_or(0)
    }

    /// Whether it was heard within `seconds` of a time, or within `dwells` where there is no time.
    #[must_use]
    pub fn is_live(&self, now_s: Option<f64>, seq: u64, seconds: f64, dwells: u64) -> bool {
        self.sightings.iter().any(|s| match (now_s, s.time_s) {
            (Some(now), Some(then)) => (now - then).abs() <= seconds,
            _ => seq.saturating_sub(s.seq) <= dwells,
        })
    }

    /// How unlike an observation is, 0 to 1 by timing and more by offset alone, of the same PCI and carrier; `None` where
    /// it is another transmitter.
    #[must_use]
    pub(super) fn apart(&self, o: &Observation, phase_s: Option<f64>, drift_hz: Option<f64>) -> Option<f64> {
        if let Some(drift) = drift_hz {
            let limit_hz = SAME_OFFSET_PPM * o.carrier.hz * 1e-6 + 5.0 * o.offset.error_hz;
            if (o.offset.hz - drift - self.offset_hz).abs() > limit_hz {
                return None;
            }
        }
        match (phase_s, self.phase_s) {
            (Some(a), Some(b)) => {
                let apart = wrap_s(a - b).abs() / SAME_TIMING_S;
                (apart <= 1.0).then_some(apart)
            }
            // Without a common timebase the PCI is all there is, and that the receiver's own drift is small.
            _ => Some(1.0 + (o.offset.hz - drift_hz.unwrap_or(0.0) - self.offset_hz).abs() / o.carrier.hz),
        }
    }

    /// Adds a dwell.
    pub(super) fn hear(
        &mut self,
        o: &Observation,
        answer: Option<&RegistryAnswer>,
        seq: u64,
        time_s: Option<f64>,
        phase_s: Option<f64>,
    ) {
        self.offset_hz = o.offset.hz;
        self.phase_s = phase_s.or(self.phase_s);
        self.learn_identity(o, answer, seq, time_s);
        self.broadcast.learn(&o.broadcast);
        self.first_retention.learn(&o.broadcast);
        self.configuration.learn(o);
        self.paging.add(o.broadcast.paging.unwrap_or_default());
        let sighting = Sighting {
            seq,
            time_s,
            position: o.position,
            level_db: o.comparable_db(),
            sinr_db: f64::from(o.level.sinr_db),
            offset_hz: o.offset.hz,
            offset_error_hz: o.offset.error_hz,
            at_s: o.timing.at_seconds,
            sfn: o.timing.sfn.filter(|_| o.dwell.lost == 0),
            phase_s,
            state: o.state,
            ecgi: o.ecgi(),
            value_tag: o.broadcast.value_tag,
            barred: o.identity.as_ref().map(|i| i.cell_barred),
            tac: o.identity.as_ref().map(|i| i.tac),
            stands: o.frame_number_stands,
            sib1: configuration::sib1_content(o),
        };
        let at = self.sightings.partition_point(|s| s.time_s <= time_s);
        self.sightings.insert(at, sighting);
        if self.sightings.len() > MAX_SIGHTINGS {
            self.sightings.remove(0);
        }
    }

    fn learn_identity(&mut self, o: &Observation, answer: Option<&RegistryAnswer>, seq: u64, time_s: Option<f64>) {
        let (Some(ecgi), Some(identity)) = (o.ecgi(), &o.identity) else { return };
        self.plmns = identity.all_plmns();
        let registered = answer.filter(|answer| stranger(o, answer).is_none()).and_then(|answer| {
            let row = &best_row(o, answer)?.cell;
            let alike = differences(o, answer).is_empty();
            Some(RegisteredAs { kind: row.kind, status: row.status, place: row.place, tac: row.tac, alike })
        });
        let own_network = answer.is_some_and(|a| !own_accesses(o, a).is_empty());
        let receptions = if o.identity_confirmed() { 2 } else { 1 };
        let room = self.identities.len() < MAX_IDENTITIES;
        match self.identities.iter_mut().find(|k| k.ecgi == ecgi) {
            Some(known) => {
                known.receptions = known.receptions.saturating_add(receptions);
                known.first_s = joined(known.first_s, time_s, f64::min);
                known.last_s = joined(known.last_s, time_s, f64::max);
                known.last_seq = known.last_seq.max(seq);
                known.tac = identity.tac;
                known.registered = registered;
                known.own_network = own_network;
            }
            None if room => self.identities.push(Known {
                ecgi,
                tac: identity.tac,
                receptions,
                first_s: time_s,
                last_s: time_s,
                last_seq: seq,
                registered,
                own_network,
            }),
            None => {}
        }
    }
}

/// One of two times by `choose`, or the one that is known.
fn joined(a: Option<f64>, b: Option<f64>, choose: fn(f64, f64) -> f64) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(choose(a, b)),
        _ => a.or(b),
    }
}

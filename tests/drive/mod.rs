//! Drives at the level of observations: transmitters on a map, a receiver that drives past, and the fading between.

use cellwarden_core::{
    alert::{Alert, AlertBook},
    detect::{Engine, Finding, Rules, Verdict},
    observation::{
        BroadcastFacts, Carrier, CarrierOffset, CellIdentity, CellState, Dwell, Ecgi, Eci, FrameTiming, Level,
        MibFacts, Observation, Plmn, Position,
    },
    registry::{CellKind, CellStatus, RegisteredCell, Registry, RegistryBuilder, RegistrySnapshot, check},
};
use cellwarden_event::Technology;
use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource, Sfn};

/// Where drives start.
pub const START: Position = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };

/// Level of the receiver's noise, freed of the gain.
const NOISE_DB: f64 = -100.0;

/// Es/N0 from which each is decoded, and how far below the strongest cell the receiver hears.
const HEARD_DB: f64 = -12.0;
const SIB1_DB: f64 = -2.0;
const SI_DB: f64 = 3.0;
const HIDDEN_DB: f64 = 25.0;

/// As near as a receiver comes to an antenna, in metres.
const NEAREST_M: f64 = 2.0;

/// A place so many metres east and north of [`START`].
pub fn place(east_m: f64, north_m: f64) -> Position {
    let metres = 111_195.0;
    let lat = START.lat + north_m / metres;
    Position { lat, lon: START.lon + east_m / (metres * START.lat.to_radians().cos()), error_m: 5.0 }
}

/// Where a transmitter is.
#[derive(Debug, Clone, Copy)]
pub enum Stand {
    /// At one place.
    At(Position),
    /// So many metres from the receiver, wherever it goes.
    Along(f64),
}

/// A transmitter.
#[derive(Debug, Clone)]
pub struct Box {
    pub pci: u16,
    /// Its identity from each step on.
    pub names: Vec<(usize, Ecgi)>,
    pub plmns: Vec<&'static str>,
    pub tac: u16,
    pub kind: CellKind,
    pub stand: Stand,
    /// First step on air, and the first after.
    pub on: (usize, usize),
    /// Frames after the second, in milliseconds.
    pub phase_ms: f64,
    /// How many frames it is ahead of the others in its count.
    pub frames_ahead: i64,
    /// Its carrier's own error.
    pub ppm: f64,
    pub ports: AntennaPorts,
    /// Frequency and channel number.
    pub carrier: (f64, u32),
    pub broadcast: BroadcastFacts,
    /// Whether its SIB1 is ever decoded.
    pub mute: bool,
}

impl Box {
    /// A cell of 450-08 with frames of its own.
    pub fn new(kind: CellKind, eci: u32, pci: u16, stand: Stand) -> Self {
        let femto = kind == CellKind::Femto;
        Self {
            pci,
            names: vec![(0, ecgi("450-08", eci))],
            plmns: vec!["450-08"],
            tac: 11793,
            kind,
            stand,
            on: (0, usize::MAX),
            phase_ms: f64::from(pci) * 7.37 % 10.0,
            frames_ahead: 0,
            ppm: f64::from(pci % 7) * 0.01 - 0.03,
            ports: if femto { AntennaPorts::One } else { AntennaPorts::Two },
            carrier: (1840e6, 1550),
            broadcast: BroadcastFacts { value_tag: Some(1), ..BroadcastFacts::default() },
            mute: false,
        }
    }

    /// Power that makes the level, in dB: Es/N0 of 15 dB at 250 m of a macro cell and of 20 dB at 35 m of a femtocell.
    fn power_db(&self) -> f64 {
        match self.kind {
            CellKind::Macro => 30.0,
            CellKind::Small | CellKind::Femto => 8.0,
        }
    }

    /// The row under which it is registered as it is.
    pub fn row(&self) -> RegisteredCell {
        RegisteredCell {
            ecgi: self.names[0].1,
            kind: Some(self.kind),
            status: CellStatus::Active,
            pci: Pci::new(self.pci),
            earfcn: Some(self.carrier.1),
            tac: Some(self.tac),
            bandwidth: Some(Bandwidth::Rb25),
            antenna_ports: Some(self.ports),
            place: match self.stand {
                Stand::At(place) => Some(Position { error_m: 0.0, ..place }),
                Stand::Along(_) => None,
            },
            last_contact: None,
            name: "".into(),
        }
    }
}

/// A global identifier.
pub fn ecgi(plmn: &str, eci: u32) -> Ecgi {
    Ecgi { plmn: plmn.parse().expect("a PLMN"), eci: Eci::new(eci).expect("28 bits") }
}

/// A registry of these rows, imported a day before the drive.
pub fn registry(rows: &[RegisteredCell]) -> Registry {
    let mut builder = RegistryBuilder::default();
    for row in rows {
        builder.push(row).expect("few rows");
    }
    let imported = "2026-11-19T00:00:00Z".parse().expect("a time");
    builder.build(RegistrySnapshot { sha256: "ab".repeat(32), imported, rows: rows.len() as u64 }).expect("few rows")
}

/// Small numbers that look random and are the same at every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Between 0 and 1.
    pub fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normal with a standard deviation, to within the sum of twelve.
    pub fn normal(&mut self, sigma: f64) -> f64 {
        sigma * ((0..12).map(|_| self.share()).sum::<f64>() - 6.0)
    }
}

/// What varies between drives.
#[derive(Debug, Clone, Copy)]
pub struct Air {
    pub seed: u64,
    /// Standard deviation of shadowing and of fading.
    pub shadowing_db: f64,
    pub fading_db: f64,
    /// Whether each recording starts at its own time against the frames, as when start times are rough.
    pub rough_starts: bool,
    /// The dwell without a position, if any.
    pub lost_fix: Option<usize>,
}

/// The usual air.
pub fn air(seed: u64) -> Air {
    Air { seed, shadowing_db: 3.0, fading_db: 2.0, rough_starts: false, lost_fix: None }
}

/// The dwells of a drive along a path past some boxes, one every five seconds.
pub fn drive(path: &[Position], boxes: &[Box], air: Air) -> Vec<Vec<Observation>> {
    let mut dice = Dice::new(air.seed);
    let shadowing: Vec<f64> = boxes.iter().map(|_| dice.normal(air.shadowing_db)).collect();
    let start: Timestamp = "2026-11-20T01:00:00Z".parse().expect("a time");
    path.iter()
        .enumerate()
        .map(|(step, here)| {
            let dwell = Dwell {
                recording: format!("drive-{step:03}"),
                start: Some(start + SignedDuration::from_secs(5 * step as i64)),
                seconds: 0.06,
                gain_db: Some(-20.0 - 10.0 * dice.share()),
                lost: 0,
                clipped: 0.0,
            };
            let late_ms = if air.rough_starts { 10.0 * dice.share() } else { 0.0 };
            let here = (air.lost_fix != Some(step)).then_some(*here).ok_or(*here);
            let mut heard: Vec<Observation> = boxes
                .iter()
                .zip(&shadowing)
                .filter(|(b, _)| (b.on.0..b.on.1).contains(&step))
                .map(|(b, shadow_db)| observe(b, step, &dwell, here, *shadow_db, late_ms, air, &mut dice))
                .collect();
            let strongest = heard.iter().map(|o| o.level.sinr_db).fold(f32::NEG_INFINITY, f32::max);
            heard.retain(|o| {
                let sinr_db = f64::from(o.level.sinr_db);
                sinr_db > HEARD_DB && sinr_db > f64::from(strongest) - HIDDEN_DB
            });
            heard
        })
        .collect()
}

#[expect(clippy::too_many_arguments, reason = "the parts of one observation")]
fn observe(
    b: &Box,
    step: usize,
    dwell: &Dwell,
    here: Result<Position, Position>,
    shadow_db: f64,
    late_ms: f64,
    air: Air,
    dice: &mut Dice,
) -> Observation {
    let true_place = here.unwrap_or_else(|place| place);
    let (distance_m, wall_db) = match b.stand {
        Stand::At(place) => (true_place.distance_m(&place).max(NEAREST_M), shadow_db),
        Stand::Along(distance_m) => (distance_m, 0.0),
    };
    let level_db = b.power_db() - 38.0 - 32.0 * distance_m.log10() + wall_db + dice.normal(air.fading_db);
    let sinr_db = level_db - NOISE_DB;
    let read = sinr_db > SIB1_DB && !b.mute;
    let (hz, earfcn) = b.carrier;
    let offset_hz = (b.ppm - 1.2) * 1840.0 + dice.normal(10.0);
    let name = b.names.iter().rev().find(|(from, _)| *from <= step).expect("a first name").1;
    let since_ms = b.phase_ms + late_ms;
    let at_seconds = since_ms.rem_euclid(10.0) * 1e-3 + dice.normal(0.3e-6) + distance_m / 3e8;
    let sfn = Sfn::wrapping(step as i64 + b.frames_ahead - since_ms.div_euclid(10.0) as i64);
    Observation {
        dwell: dwell.clone(),
        technology: Technology::Lte,
        carrier: Carrier { hz, earfcn: Some(earfcn), band: Some(3) },
        earfcn_candidates: Vec::new(),
        pci: Pci::new(b.pci).expect("below 504"),
        duplex: Duplex::Fdd,
        cp: CyclicPrefix::Normal,
        state: match sinr_db {
            s if s <= -8.0 => CellState::Detected,
            _ if !read => CellState::Mib,
            s if s > SI_DB => CellState::Si,
            _ => CellState::Sib1,
        },
        mib: (sinr_db > -8.0).then_some(MibFacts {
            antenna_ports: b.ports,
            bandwidth: Bandwidth::Rb25,
            phich_duration: PhichDuration::Normal,
            phich_resource: PhichResource::One,
        }),
        timing: FrameTiming { sfn: Some(sfn), at_sample: at_seconds * 5.76e6, at_seconds },
        offset: CarrierOffset { hz: offset_hz, ppm: offset_hz / 1840.0, error_hz: 10.0 },
        level: Level {
            rsrp_dbfs: (level_db + dwell.gain_db.unwrap_or(0.0)) as f32,
            rsrp_dbm: None,
            rsrq_db: None,
            sinr_db: sinr_db as f32,
        },
        identity: read.then(|| CellIdentity {
            plmns: b.plmns.iter().map(|p| p.parse().expect("a PLMN")).collect(),
            tac: b.tac,
            eci: name.eci,
            accesses_r14: Vec::new(),
            csg_indication: false,
            csg_identity: None,
            cell_barred: false,
            tdd_config: None,
            band: 3,
        }),
        // 60 ms hold one SIB1 at most.
        sib1_periods: u32::from(read),
        si_agrees: read && sinr_db > SI_DB,
        broadcast: if read { b.broadcast.clone() } else { BroadcastFacts::default() },
        blocks: Vec::new(),
        sibs: serde_json::Map::new(),
        position: here.ok(),
        note: None,
        frame_number_stands: false,
    }
}

/// A scanner: what was raised so far.
pub struct Scanner<'a> {
    registry: Option<&'a Registry>,
    ran_hosts: Vec<Plmn>,
    engine: Engine,
    book: AlertBook,
    pub alerts: Vec<Alert>,
    pub verdicts: Vec<(Option<Ecgi>, Pci, Verdict)>,
    /// Every finding, in order of the dwells.
    pub findings: Vec<Finding>,
    /// Every change of an alert.
    pub revisions: Vec<Alert>,
}

impl<'a> Scanner<'a> {
    pub fn new(registry: Option<&'a Registry>) -> Self {
        let rules = Rules::default();
        let book = AlertBook::new(&rules);
        Self {
            registry,
            ran_hosts: Vec::new(),
            engine: Engine::new(rules),
            book,
            alerts: Vec::new(),
            verdicts: Vec::new(),
            findings: Vec::new(),
            revisions: Vec::new(),
        }
    }

    pub fn with_ran_hosts(self, ran_hosts: &[Plmn]) -> Self {
        Self { ran_hosts: ran_hosts.to_vec(), ..self }
    }

    pub fn take(&mut self, dwells: &[Vec<Observation>]) {
        for observations in dwells {
            let hosts = &self.ran_hosts;
            let answers = observations.iter().filter_map(|o| check(self.registry?, hosts, o).ok());
            let answers: Vec<_> = answers.collect();
            let judged = self.engine.dwell(observations, &answers);
            self.verdicts.extend(observations.iter().zip(&judged).map(|(o, j)| (j.ecgi, o.pci, j.verdict)));
            self.findings.extend(judged.iter().flat_map(|judged| judged.findings.clone()));
            let revisions = self.book.take(observations, &judged);
            self.alerts.extend(revisions.iter().filter(|alert| alert.revision == 1).cloned());
            self.revisions.extend(revisions);
        }
    }

    /// Whether a rule alerted on a cell.
    pub fn has(&self, rule: &str, ecgi: Ecgi, pci: u16) -> bool {
        self.alerts.iter().any(|a| a.rule == rule && a.ecgi == Some(ecgi) && a.pci.get() == pci)
    }

    /// The alerts as text, for messages.
    pub fn alert_lines(&self) -> Vec<String> {
        self.alerts
            .iter()
            .map(|a| format!("{} {:?} {} {:?}", a.rule, a.ecgi.map(|e| e.to_string()), a.pci, a.evidence))
            .collect()
    }
}

/// What a drive raised under a registry.
pub fn scan<'a>(registry: Option<&'a Registry>, dwells: &[Vec<Observation>]) -> Scanner<'a> {
    let mut scanner = Scanner::new(registry);
    scanner.take(dwells);
    scanner
}

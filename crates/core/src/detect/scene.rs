//! Observations and registry answers made by hand, for the rules' own tests.

use cellwarden_text::{Language, NONE};
use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{AntennaPorts, Pci};

use super::{Engine, Finding, Judged, Rules, Verdict};
use crate::{
    alert::{Alert, CellId, sentence},
    observation::{
        Access, BroadcastFacts, CellIdentity, CellState, Dwell, Eci, Observation, Plmn, Position, position::DEGREE_M,
    },
    observed::identified,
    registry::{CellKind, CellStatus, NearCell, RegisteredCell, RegistryAnswer, RegistrySnapshot},
};

/// Where scenes play.
pub const HOME: Position = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };

/// A physical-layer identity.
pub fn pci(value: u16) -> Pci {
    Pci::new(value).expect("below 504")
}

/// A place so many metres north of [`HOME`].
pub fn north_m(metres: f64) -> Position {
    Position { lat: HOME.lat + metres / DEGREE_M, ..HOME }
}

/// A cell in the making.
#[derive(Debug, Clone)]
pub struct Build {
    pub observation: Observation,
    kind: CellKind,
    place: Option<Position>,
    nowhere: bool,
}

/// A two-port macro cell of 450-08 on EARFCN 1550 at 0 dB Es/N0 and more, with a confirmed identity.
pub fn macro_cell(eci: u32, pci_value: u16) -> Build {
    cell(eci, pci_value, CellKind::Macro, AntennaPorts::Two)
}

/// The same as a one-port femtocell.
pub fn femto_cell(eci: u32, pci_value: u16) -> Build {
    cell(eci, pci_value, CellKind::Femto, AntennaPorts::One)
}

fn cell(eci: u32, pci_value: u16, kind: CellKind, antenna_ports: AntennaPorts) -> Build {
    let mut observation = Observation {
        dwell: Dwell {
            recording: String::new(),
            start: None,
            seconds: 0.06,
            gain_db: Some(-20.0),
            lost: 0,
            clipped: 0.0,
        },
        state: CellState::Si,
        broadcast: BroadcastFacts { value_tag: Some(3), ..BroadcastFacts::default() },
        position: None,
        ..identified(pci_value, eci)
    };
    // Each cell has frames of its own, as in a network without common timing.
    observation.timing.at_seconds = f64::from(pci_value) * 1.1e-5 + 1e-3;
    observation.mib.iter_mut().for_each(|mib| mib.antenna_ports = antenna_ports);
    Build { observation, kind, place: Some(HOME), nowhere: false }
}

/// Whether each finding has every value that its sentences ask for.
fn assert_whole_sentences(o: &Observation, judged: &Judged) {
    for finding in &judged.findings {
        let alert = Alert::new(&CellId::new(o, judged.ecgi), finding, None, Vec::new());
        for language in Language::ALL {
            let text = sentence(language, &alert);
            let mut words = text.split(|c: char| !c.is_alphanumeric());
            assert!(words.all(|word| word != NONE), "{text}\n{:?}", finding.evidence);
        }
    }
}

/// The row under which a cell is registered as it is.
pub fn row_of(cell: &Build) -> RegisteredCell {
    cell.row()
}

impl Build {
    pub fn change(mut self, change: impl FnOnce(&mut Observation)) -> Self {
        change(&mut self.observation);
        self
    }

    fn identity(self, change: impl FnOnce(&mut CellIdentity)) -> Self {
        self.change(|o| change(o.identity.as_mut().expect("SIB1 is there")))
    }

    pub fn plmns(self, plmns: &[&str]) -> Self {
        self.identity(|i| i.plmns = plmns.iter().map(|p| p.parse().expect("a PLMN")).collect())
    }

    pub fn tac(self, tac: u16) -> Self {
        self.identity(|i| i.tac = tac)
    }

    /// An entry of SIB1's list of release 14.
    pub fn access_r14(self, plmn: &str, tac: u16, eci: u32) -> Self {
        let eci = Eci::new(eci).expect("28 bits");
        self.identity(|i| i.accesses_r14.push(Access { plmn: plmn.parse().expect("a PLMN"), tac, eci }))
    }

    pub fn eci(self, eci: u32) -> Self {
        self.identity(|i| i.eci = Eci::new(eci).expect("28 bits"))
    }

    pub fn earfcn(self, earfcn: Option<u32>) -> Self {
        self.change(|o| o.carrier.earfcn = earfcn)
    }

    pub fn sib1_periods(self, periods: u32) -> Self {
        self.change(|o| o.sib1_periods = periods)
    }

    pub fn no_sib1(self) -> Self {
        self.change(|o| {
            (o.identity, o.sib1_periods, o.si_agrees, o.state) = (None, 0, false, CellState::Mib);
            o.broadcast = BroadcastFacts::default();
        })
    }

    pub fn sinr_db(self, sinr_db: f32) -> Self {
        self.change(|o| o.level.sinr_db = sinr_db)
    }

    /// Level freed of the gain, with an Es/N0 of 60 dB more: the noise of these scenes is at -60 dB.
    pub fn level_db(self, level_db: f64) -> Self {
        self.change(|o| {
            o.level.rsrp_dbfs = (level_db + o.dwell.gain_db.unwrap_or(0.0)) as f32;
            o.level.sinr_db = (level_db + 60.0) as f32;
        })
    }

    /// A dwell of which this share was clipped.
    pub fn clipped(self, share: f64) -> Self {
        self.change(|o| o.dwell.clipped = share)
    }

    pub fn offset_hz(self, hz: f64) -> Self {
        self.change(|o| o.offset.hz = hz)
    }

    pub fn frames_at_s(self, at_seconds: f64) -> Self {
        self.change(|o| o.timing.at_seconds = at_seconds)
    }

    pub fn broadcast(self, change: impl FnOnce(&mut BroadcastFacts)) -> Self {
        self.change(|o| change(&mut o.broadcast))
    }

    /// Where the cell is registered; nowhere known for `None`.
    pub fn site(mut self, place: Option<Position>) -> Self {
        self.place = place;
        self
    }

    pub fn no_position(mut self) -> Self {
        self.nowhere = true;
        self
    }

    fn row(&self) -> RegisteredCell {
        let o = &self.observation;
        RegisteredCell {
            ecgi: o.ecgi().expect("SIB1 is there"),
            kind: Some(self.kind),
            status: CellStatus::Active,
            pci: Some(o.pci),
            earfcn: o.carrier.earfcn,
            tac: o.identity.as_ref().map(|i| i.tac),
            bandwidth: o.mib.map(|m| m.bandwidth),
            antenna_ports: o.mib.map(|m| m.antenna_ports),
            place: self.place,
            last_contact: None,
            name: "".into(),
        }
    }
}

/// One judged cell of a scene.
#[derive(Debug)]
pub struct SceneCell(pub Judged);

impl SceneCell {
    pub fn of(&self, rule: &str) -> Option<Finding> {
        self.0.findings.iter().find(|f| f.rule == rule).cloned()
    }

    pub fn verdict(&self) -> Verdict {
        self.0.verdict
    }
}

/// A drive in the making: one dwell every five seconds from [`HOME`].
pub struct Scene {
    engine: Engine,
    rows: Option<Vec<RegisteredCell>>,
    covered: Vec<Plmn>,
    hosts: Vec<Plmn>,
    pairs: Vec<(Pci, NearCell)>,
    tacs: Vec<u16>,
    earfcns: Vec<u32>,
    age: SignedDuration,
    position: Position,
    time: Timestamp,
    dwells: u32,
}

impl Scene {
    /// A scene with a registry that covers 450-08.
    pub fn new() -> Self {
        Self {
            engine: Engine::new(Rules::default()),
            rows: Some(Vec::new()),
            covered: vec!["450-08".parse().expect("a PLMN")],
            hosts: Vec::new(),
            pairs: Vec::new(),
            tacs: Vec::new(),
            earfcns: Vec::new(),
            age: SignedDuration::from_hours(24),
            position: HOME,
            time: "2026-11-20T01:00:00Z".parse().expect("a time"),
            dwells: 0,
        }
    }

    pub fn without_registry() -> Self {
        Self { rows: None, ..Self::new() }
    }

    pub fn registered(self, cell: &Build) -> Self {
        self.registered_as(cell, |_| {})
    }

    pub fn registered_as(mut self, cell: &Build, change: impl FnOnce(&mut RegisteredCell)) -> Self {
        let mut row = cell.row();
        change(&mut row);
        self.rows.get_or_insert_default().push(row);
        self
    }

    pub fn covers(mut self, plmn: &str) -> Self {
        self.covered.push(plmn.parse().expect("a PLMN"));
        self
    }

    pub fn ran_host(mut self, plmn: &str) -> Self {
        self.hosts.push(plmn.parse().expect("a PLMN"));
        self
    }

    pub fn same_pair(mut self, cell: &Build, distance_m: Option<f64>) -> Self {
        let row = RegisteredCell { ecgi: "450-08-0000001".parse().expect("an ECGI"), ..macro_cell(1, 0).row() };
        self.pairs.push((cell.observation.pci, NearCell { cell: row, distance_m }));
        self
    }

    pub fn tacs_around(mut self, tacs: &[u16]) -> Self {
        self.tacs = tacs.to_vec();
        self
    }

    pub fn earfcns(mut self, earfcns: &[u32]) -> Self {
        self.earfcns = earfcns.to_vec();
        self
    }

    pub fn age_days(mut self, days: f64) -> Self {
        self.age = SignedDuration::from_secs_f64(days * 86_400.0);
        self
    }

    /// Puts the receiver somewhere.
    pub fn at(&mut self, position: Position) -> &mut Self {
        self.position = position;
        self
    }

    /// Lets time pass.
    pub fn wait_s(&mut self, seconds: i64) -> &mut Self {
        self.time += SignedDuration::from_secs(seconds);
        self
    }

    /// One dwell with these cells.
    pub fn dwell(&mut self, cells: &[Build]) -> Vec<SceneCell> {
        let observations: Vec<_> = cells.iter().map(|cell| self.placed(cell)).collect();
        let answers: Vec<_> = observations.iter().filter_map(|o| self.answer(o)).collect();
        self.dwells += 1;
        self.wait_s(5);
        let judged = self.engine.dwell(&observations, &answers);
        observations.iter().zip(&judged).for_each(|(o, judged)| assert_whole_sentences(o, judged));
        judged.into_iter().map(SceneCell).collect()
    }

    /// One dwell with one cell.
    pub fn judge(&mut self, rule: &str, cell: Build) -> Option<Finding> {
        self.dwell(&[cell]).pop().expect("one cell").of(rule)
    }

    fn placed(&self, cell: &Build) -> Observation {
        let mut o = cell.observation.clone();
        o.dwell.recording = format!("dwell-{:03}", self.dwells);
        o.dwell.start = Some(self.time);
        o.position = (!cell.nowhere).then_some(self.position);
        o
    }

    fn answer(&self, o: &Observation) -> Option<RegistryAnswer> {
        let rows = self.rows.as_ref()?;
        let near = |row: &RegisteredCell| NearCell {
            cell: row.clone(),
            distance_m: row.place.zip(o.position).map(|(a, b)| a.distance_m(&b)),
        };
        let plmns = o.identity.as_ref().map(|i| i.all_plmns()).unwrap_or_default();
        let is_host = |plmn: &Plmn| self.hosts.contains(plmn) && !self.covered.contains(plmn);
        let named = |row: &&RegisteredCell| o.identity.as_ref().is_some_and(|i| i.ecgis().contains(&row.ecgi));
        let paired = |row: &&RegisteredCell| row.pci == Some(o.pci) && row.earfcn == o.carrier.earfcn;
        let pairs = self.pairs.iter().filter(|(pci, _)| *pci == o.pci).map(|(_, near)| near.clone());
        let on_carrier = |row: &&RegisteredCell| row.earfcn == o.carrier.earfcn;
        let mut owners: Vec<Plmn> = rows.iter().filter(on_carrier).map(|row| row.ecgi.plmn).collect();
        owners.sort_unstable();
        owners.dedup();
        let within = |n: &NearCell| n.distance_m.is_some_and(|d| d < 5_000.0);
        let nearest_on_carrier = rows.iter().filter(on_carrier).filter(|row| !row.status.is_inactive()).map(near);
        let active = rows.iter().filter(|row| !row.status.is_inactive()).map(near);
        Some(RegistryAnswer {
            snapshot: RegistrySnapshot { sha256: "00".repeat(32), imported: self.time, rows: rows.len() as u64 },
            age: Some(self.age),
            covered: plmns.iter().copied().filter(|plmn| self.covered.contains(plmn)).collect(),
            registered: rows.iter().filter(named).map(near).collect(),
            same_pair: rows.iter().filter(paired).map(near).chain(pairs).collect(),
            earfcns: self.earfcns.clone(),
            nearby_tacs: self.tacs.clone(),
            nearest: active
                .filter(within)
                .min_by(|a, b| a.distance_m.unwrap_or(f64::MAX).total_cmp(&b.distance_m.unwrap_or(f64::MAX))),
            ran_hosts: plmns.iter().copied().filter(is_host).collect(),
            on_carrier: owners,
            nearest_on_carrier: nearest_on_carrier
                .filter(within)
                .min_by(|a, b| a.distance_m.unwrap_or(f64::MAX).total_cmp(&b.distance_m.unwrap_or(f64::MAX))),
        })
    }
}

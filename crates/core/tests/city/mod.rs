//! A made city with its truth, for judging inspections.
//!
//! Nothing here is the estimator's: path loss is that of a street canyon with walls (ITU-R P.1411 with P.2109's spread of
//! building loss), shadowing is correlated over 60 m, the decoder's curve and the depth below a macro are the receiver's
//! measured ones, a fifth of the boxes is off for hours, and one row in twenty has a wrong place.

use cellwarden_core::{
    drive::Searched,
    observation::{Ecgi, Position},
    registry::{
        ImportOptions, Registry, RegistryBuilder,
        import::{Input, read_cells},
        inspect::{HeardCell, InspectedDwell},
    },
};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

/// What a city is made of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Side of the city in metres; streets are 100 m apart in both directions.
    pub side_m: f64,
    /// Femtocells.
    pub femtos: usize,
    /// Days on which every street is driven.
    pub days: i64,
    /// Metres between dwells.
    pub step_m: f64,
    /// Level of the strongest macro cell over the noise: from, to.
    pub macro_db: (f64, f64),
}

/// One femtocell as it is.
pub struct Femto {
    pub ecgi: Ecgi,
    pub is_silent: bool,
    /// It stands elsewhere than registered.
    pub is_elsewhere: bool,
    registered_m: (f64, f64),
    at_m: (f64, f64),
    pci: u16,
    /// Power less the building's loss, in dBm over the carrier.
    outside_dbm: f64,
    /// It is off for hours.
    is_intermittent: bool,
    shadow: Shadow,
    silent_for_days: i64,
}

/// The city, what the operator's list says of it, and what a van heard in it.
pub struct City {
    pub boxes: Vec<Femto>,
    pub registry: Registry,
    pub dwells: Vec<InspectedDwell>,
    /// In how many dwells each box's registered place was passed within 20 m.
    pub near: Vec<u32>,
    plan: Plan,
    start: Timestamp,
    rng: Rng,
    macros: Shadow,
}

/// Where a van is, in metres east and north, after so many seconds.
pub type Stop = (i64, (f64, f64));

const SOUTH_WEST: (f64, f64) = (37.50, 127.00);
const EARFCN: u32 = 1550;
const CARRIER_MHZ: f64 = 1840.0;
const STREETS_M: f64 = 100.0;

/// A sum of waves: Gaussian, with a standard deviation of 1, alike over some 60 m.
struct Shadow([(f64, f64, f64); 12]);

impl Shadow {
    fn new(rng: &mut Rng) -> Self {
        Self(std::array::from_fn(|_| {
            let (turn, length_m) = (std::f64::consts::TAU * rng.f64(), 120.0 + 240.0 * rng.f64());
            let k = std::f64::consts::TAU / length_m;
            (k * turn.cos(), k * turn.sin(), std::f64::consts::TAU * rng.f64())
        }))
    }

    fn at(&self, (x, y): (f64, f64)) -> f64 {
        let sum: f64 = self.0.iter().map(|(kx, ky, phase)| (kx * x + ky * y + phase).cos()).sum();
        sum * (2.0 / self.0.len() as f64).sqrt()
    }
}

fn normal(rng: &mut Rng) -> f64 {
    (-2.0 * (1.0 - rng.f64()).ln()).sqrt() * (std::f64::consts::TAU * rng.f64()).cos()
}

/// Where a place is, in metres east and north.
pub fn metres_of(place: Position) -> (f64, f64) {
    let y = (place.lat - SOUTH_WEST.0) * 111_195.0;
    ((place.lon - SOUTH_WEST.1) * 111_195.0 * SOUTH_WEST.0.to_radians().cos(), y)
}

/// The place of a point.
pub fn position((x, y): (f64, f64), error_m: f64) -> Position {
    let lat = SOUTH_WEST.0 + y / 111_195.0;
    Position { lat, lon: SOUTH_WEST.1 + x / (111_195.0 * SOUTH_WEST.0.to_radians().cos()), error_m }
}

/// Loss between a house's wall and the street: free space to 50 m, then 40 dB per decade.
fn street_loss_db(metres: f64) -> f64 {
    let free = |m: f64| 32.4 + 20.0 * CARRIER_MHZ.log10() + 20.0 * (m / 1e3).log10();
    let metres = metres.max(3.0);
    if metres <= 50.0 { free(metres) } else { free(50.0) + 40.0 * (metres / 50.0).log10() }
}

impl City {
    /// Builds and drives a city.
    pub fn new(plan: Plan, seed: u64) -> Self {
        let mut city = Self::made(plan, seed);
        let route = every_street(plan);
        for day in 0..plan.days {
            let seconds = |i: usize| day * 86_400 + (i as f64 * 6.0 * 3600.0 / route.len() as f64) as i64;
            let drive: Vec<Stop> = route.iter().enumerate().map(|(i, &here_m)| (seconds(i), here_m)).collect();
            city.drive(&drive);
        }
        city
    }

    /// Builds a city that no van has driven in.
    pub fn made(plan: Plan, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let start: Timestamp = "2026-11-20T00:00:00Z".parse().expect("a time");
        let boxes: Vec<Femto> = (0..plan.femtos).map(|i| Femto::new(i, &plan, &mut rng)).collect();
        let registry = registry(&boxes, start);
        let macros = Shadow::new(&mut rng);
        let near = vec![0; boxes.len()];
        Self { boxes, registry, dwells: Vec::new(), near, plan, start, rng, macros }
    }

    /// What it is made of.
    pub fn plan(&self) -> Plan {
        self.plan
    }

    /// Drives a van, with a dwell at each stop.
    pub fn drive(&mut self, stops: &[Stop]) {
        for &(seconds, here_m) in stops {
            let time = self.start.checked_add(SignedDuration::from_secs(seconds)).expect("a time");
            let (from, to) = self.plan.macro_db;
            let macro_db = from + (to - from) * (0.5 + 0.4 * self.macros.at(here_m)).clamp(0.0, 1.0);
            let mut levels = Vec::new();
            for (number, cell) in self.boxes.iter().enumerate() {
                self.near[number] += u32::from(distance_m(cell.registered_m, here_m) <= 20.0);
                let metres = distance_m(cell.at_m, here_m);
                if cell.is_silent || metres > 600.0 || cell.is_off(seconds) {
                    continue;
                }
                // 50 resource blocks; the receiver's noise figure is 6 dB, its antenna on the roof has 2 dBi.
                let rsrp_dbm = cell.outside_dbm - 27.8 - street_loss_db(metres) + 6.0 * cell.shadow.at(here_m) + 2.0;
                levels.push((cell, rsrp_dbm + 132.2 - 6.0 + 3.0 * normal(&mut self.rng)));
            }
            let power = |db: f64| 10f64.powf(db / 10.0);
            let all = power(macro_db) + levels.iter().map(|(_, db)| power(*db)).sum::<f64>();
            let mut heard = vec![macro_cell(macro_db)];
            for (cell, over_noise_db) in levels {
                // What cancelling leaves of the others: 18 dB below them a SIB1 is half decoded.
                let noise = 1.0 + (all - power(over_noise_db)) * power(-10.0);
                let clear_db = over_noise_db - 10.0 * noise.log10();
                let identity = (clear_db >= -8.0).then_some(cell.ecgi);
                if clear_db >= -12.0 {
                    heard.push(femto(identity, cell.pci, over_noise_db));
                }
            }
            self.dwells.push(InspectedDwell {
                id: format!("{seconds}-{}", self.dwells.len()),
                time: Some(time),
                position: Some(position(here_m, 5.0)),
                searched: Searched::carriers(&[CARRIER_MHZ * 1e6]),
                heard,
            });
        }
    }
}

fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Every street, along and across.
pub fn every_street(plan: Plan) -> Vec<(f64, f64)> {
    let streets = (plan.side_m / STREETS_M) as usize;
    let along = (plan.side_m / plan.step_m) as usize;
    let of_street = |street: usize| (0..=along).map(move |i| (i as f64 * plan.step_m, street as f64 * STREETS_M));
    let east = (0..=streets).flat_map(of_street);
    east.clone().chain(east.map(|(x, y)| (y, x))).collect()
}

impl Femto {
    fn new(number: usize, plan: &Plan, rng: &mut Rng) -> Self {
        // In a house: 6 to 50 m from the nearest street.
        let place = |rng: &mut Rng| {
            let block = |rng: &mut Rng| STREETS_M * (rng.f64() * plan.side_m / STREETS_M).floor();
            (block(rng) + 6.0 + 88.0 * rng.f64(), block(rng) + 6.0 + 88.0 * rng.f64())
        };
        let registered_m = place(rng);
        let is_silent = rng.f64() < 0.185;
        let is_elsewhere = rng.f64() < 0.05;
        // Of the silent ones the core misses most for months; of those on air it has lost some.
        let silent_for_days = match (is_silent, rng.f64()) {
            (true, x) if x < 0.8 => 100,
            (false, x) if x < 0.05 => 100,
            (_, x) => (x * 20.0) as i64,
        };
        Self {
            ecgi: format!("450-08-{:07x}", 0x5a0_0000 + number).parse().expect("an ECGI"),
            is_silent,
            is_elsewhere,
            registered_m,
            at_m: if is_elsewhere { place(rng) } else { registered_m },
            pci: 400 + rng.u16(0..80),
            outside_dbm: 20.0 - (5.0 + 30.0 * rng.f64()),
            is_intermittent: rng.f64() < 0.2,
            shadow: Shadow::new(rng),
            silent_for_days,
        }
    }

    /// Off in one of two shifts of three hours, by chance.
    fn is_off(&self, seconds: i64) -> bool {
        let shift = seconds.div_euclid(10_800) as u64;
        self.is_intermittent && Rng::with_seed(shift ^ (u64::from(self.ecgi.eci.get()) << 20)).bool()
    }
}

fn registry(boxes: &[Femto], start: Timestamp) -> Registry {
    let mut list = "plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports,lat,lon,last_contact\n".to_owned();
    for cell in boxes {
        let place = position(cell.registered_m, 0.0);
        let contact = start.checked_add(SignedDuration::from_hours(-24 * cell.silent_for_days)).expect("a time");
        let (plmn, eci) =
            cell.ecgi.to_string().rsplit_once('-').map(|(p, e)| (p.to_owned(), e.to_owned())).expect("two");
        list +=
            &format!("{plmn},{eci},femto,active,{},{EARFCN},7,50,1,{},{},{contact}\n", cell.pci, place.lat, place.lon);
    }
    let mut builder = RegistryBuilder::default();
    let input = Input { name: "list".into(), reader: list.as_bytes() };
    let report = read_cells([Ok(input)], &ImportOptions::at(start), |cell| builder.push(cell)).expect("a list");
    builder.build(report.snapshot).expect("room")
}

fn femto(ecgi: Option<Ecgi>, pci: u16, over_noise_db: f64) -> HeardCell {
    HeardCell {
        ecgis: ecgi.into_iter().collect(),
        pci: Pci::new(pci).expect("a PCI"),
        earfcn: Some(EARFCN),
        earfcn_candidates: Vec::new(),
        tac: Some(7),
        accesses_r14: Vec::new(),
        bandwidth: Some(Bandwidth::Rb50),
        antenna_ports: Some(AntennaPorts::One),
        rsrp_db: over_noise_db - 60.0,
        sinr_db: over_noise_db.min(30.0),
    }
}

/// A macro cell that is not in the list; the first in every dwell, so that the noise is known by it.
fn macro_cell(over_noise_db: f64) -> HeardCell {
    HeardCell { sinr_db: over_noise_db, ..femto("450-08-0000001".parse().ok(), 1, over_noise_db) }
}

//! Who is on the air along the road, who is registered, and what a scanner must make of it.

use std::ops::Range;

use lte_dsp::cell::{AntennaPorts, Bandwidth, Pci};

use super::road::{Place, Road};
use crate::{
    broadcast::{NeighbourCarrier, Plmn, SiMessage, SystemInformation},
    fading::Profile,
    random::Draw,
    scenario::{CellConfig, ChannelConfig, ExpectedAlert},
};

/// EARFCN of the drive's carrier and its frequency. TS 36.101 §5.7.3.
pub(super) const EARFCN: u16 = 1550;
pub(super) const CARRIER_HZ: f64 = 1.84e9;

/// Where a transmitter is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stand {
    /// At a place.
    At(Place),
    /// In a car so many metres from the receiver's.
    Along(f64),
}

/// What a station is registered as; its power goes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Macro,
    Femto,
}

impl Kind {
    /// CRS Es/N0 in dB at a distance; nearer to its mast a macro cell's antenna looks over the receiver.
    pub fn level_db(self, distance_m: f64) -> f64 {
        match self {
            Self::Macro => 15.0 - 35.0 * (distance_m.max(100.0) / 250.0).log10(),
            Self::Femto => 20.5 - 30.0 * (distance_m.max(12.0) / 30.0).log10(),
        }
    }
}

/// One box with one crystal.
#[derive(Debug, Clone)]
pub struct Transmitter {
    pub kind: Kind,
    pub stand: Stand,
    /// Stops at which it is on the air.
    pub on_air: Range<usize>,
    /// When its SFN is 0, in seconds before the drive starts.
    pub sfn_0_s: f64,
    /// By how much walls and the like change its level on the whole, in dB.
    pub shadowing_db: f64,
    /// What it transmits, from which stop on; levels, times and channels apart.
    pub as_cell: Vec<(usize, CellConfig)>,
}

impl Transmitter {
    /// Its distance from the receiver at a stop.
    pub fn distance_m(&self, at: Place) -> f64 {
        match self.stand {
            Stand::At(place) => place.distance_m(at),
            Stand::Along(distance_m) => distance_m,
        }
    }

    /// CRS Es/N0 at a stop without small-scale fading.
    pub fn level_db(&self, at: Place) -> f64 {
        self.kind.level_db(self.distance_m(at)) + self.shadowing_db
    }
}

/// A row of the registered cell list.
#[derive(Debug, Clone)]
pub struct Row {
    pub cell: CellConfig,
    pub kind: Kind,
    pub status: &'static str,
    pub place: Place,
    pub name: String,
}

/// A drive before it is received.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Stem of the files' names.
    pub name: String,
    pub(super) seed: u64,
    pub(super) road: Road,
    pub(super) transmitters: Vec<Transmitter>,
    pub(super) rows: Vec<Row>,
    /// The receiver's crystal.
    pub(super) crystal_ppm: f64,
    pub(super) channel: ChannelConfig,
    /// Whether the transmitters' clocks run on between stops by their carriers' errors, as they do in life; a drive
    /// made of recordings that were each generated anew has them stand.
    pub(super) clocks_run: bool,
    /// Alerts that must be raised; no other transmitter may raise any.
    pub(super) alerts: Vec<ExpectedAlert>,
    /// Registered cells that are silent though the road leads past them.
    pub(super) silent: Vec<String>,
}

/// What is wrong, or only odd, on a stretch of the road.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// A femtocell that is registered as lost, back at its place.
    LostBack,
    /// A transmitter that says it is one cell and then another.
    Changing,
    /// A macro cell's identity and broadcast from a car ahead.
    Twin,
    /// An unregistered femtocell in a car ahead.
    Riding,
    /// An unregistered femtocell in a house.
    Parked,
    /// The global identity of the area's macro cell under another PCI.
    Clone,
    /// Honest: a femtocell that chose another PCI by itself.
    AutomaticPci,
    /// Honest: a second femtocell.
    Neighbour,
}

impl Event {
    /// Stops of the stretch that it gets for itself; a car must be followed for half a kilometre to be one.
    fn stops(self, draw: &mut Draw) -> usize {
        let stops = if matches!(self, Self::Riding | Self::Twin) { 10 } else { 8 };
        stops + draw.up_to(3)
    }
}

/// Stops before the first event and after the last.
const QUIET: usize = 3;

impl Plan {
    /// The drive of a seed: two or three macro cells, registered femtocells on air and silent, and, unless it is
    /// `honest`, a lost femtocell, a changing transmitter, a twin driving along, and now and then others.
    #[must_use]
    pub fn draw(seed: u64, honest: bool) -> Self {
        let mut draw = Draw::new(seed);
        let mut events = if honest {
            vec![Event::AutomaticPci, Event::Neighbour]
        } else {
            vec![Event::LostBack, Event::Changing, Event::Twin]
        };
        if !honest {
            let more = [None, None, Some(Event::Riding), Some(Event::Parked), Some(Event::Clone)];
            events.extend(draw.of(&more));
        }
        draw.shuffle(&mut events);
        // In one drive of three they overlap, and rogues disturb each other.
        let apart = if draw.once_in(3) { 0.5 } else { 1.0 };
        let mut stretches: Vec<Range<usize>> = Vec::new();
        let mut begin = QUIET;
        for event in &events {
            let stops = event.stops(&mut draw);
            stretches.push(begin..begin + stops);
            begin += (apart * stops as f64).round() as usize;
        }
        let end = stretches.iter().map(|stretch| stretch.end).max().unwrap_or(begin);
        let road = Road::draw(end + QUIET, &mut draw);
        let doppler_hz = draw.of(&[5.0, 20.0, 70.0]);
        let profile = draw.of(&[Profile::Flat, Profile::Epa, Profile::Epa]);
        let channel = ChannelConfig { profile, doppler_hz };
        let mut plan = Self {
            name: format!("drive-{seed}"),
            seed,
            road,
            transmitters: Vec::new(),
            rows: Vec::new(),
            crystal_ppm: draw.between(-3.0, 3.0),
            channel,
            clocks_run: !draw.once_in(3),
            alerts: Vec::new(),
            silent: Vec::new(),
        };
        let mut names = Names::new(&mut draw);
        plan.add_macros(&mut names, &mut draw);
        plan.add_silent(&mut names, &mut draw);
        let home = draw.of(&[1, plan.road.len() - 2]);
        plan.add_home(home, "active", &mut names, &mut draw);
        for (event, stretch) in events.into_iter().zip(stretches) {
            plan.add_event(event, &stretch, &mut names, &mut draw);
        }
        plan.add_elsewhere(&mut names, &mut draw);
        plan
    }

    fn add_macros(&mut self, names: &mut Names, draw: &mut Draw) {
        let count = 2 + draw.up_to(2);
        // One operator in four has satellite receivers at its sites: all frames start together.
        let common_timing = draw.once_in(4).then(|| draw.between(0.0, 10.24));
        for n in 0..count {
            let beside = self.road.len() * (2 * n + 1) / (2 * count);
            let place = loop {
                let place = self.road.beside(beside, draw.of(&[-1.0, 1.0]) * draw.between(180.0, 350.0));
                // Behind a corner the road may lead back to it; beside its mast no femtocell is heard.
                if self.road.nearest_m(place) > 170.0 {
                    break place;
                }
            };
            let cell = macro_cell(names, draw);
            let mut site = self.transmitter(Kind::Macro, Stand::At(place), cell.clone(), draw);
            site.sfn_0_s = common_timing.unwrap_or(site.sfn_0_s);
            self.transmitters.push(site);
            self.register(cell, Kind::Macro, "active", place);
        }
        let all: Vec<u16> = self.transmitters.iter().map(|t| t.as_cell[0].1.pci.get()).collect();
        for site in &mut self.transmitters {
            let cell = &mut site.as_cell[0].1;
            let own = cell.pci.get();
            let si = cell.system_information.as_mut().expect("made with it");
            si.neighbours = all.iter().copied().filter(|pci| *pci != own).collect();
        }
    }

    /// Femtocells that are registered beside the road and switched off.
    fn add_silent(&mut self, names: &mut Names, draw: &mut Draw) {
        for _ in 0..3 {
            let stop = draw.up_to(self.road.len());
            let place = self.road.beside(stop, draw.of(&[-1.0, 1.0]) * draw.between(12.0, 18.0));
            let cell = femto_cell(names, draw);
            self.silent.push(ecgi(&cell));
            self.register(cell, Kind::Femto, "active", place);
        }
    }

    /// The rest of the list: cells kilometres away, with PCIs that are in use here too.
    fn add_elsewhere(&mut self, names: &mut Names, draw: &mut Draw) {
        for _ in 0..500 {
            let mut far = || draw.of(&[-1.0, 1.0]) * draw.between(4e3, 20e3);
            let place = Place { east_m: far(), north_m: far() };
            let kind = draw.of(&[Kind::Macro, Kind::Femto, Kind::Femto, Kind::Femto]);
            let mut cell = if kind == Kind::Macro { macro_cell(names, draw) } else { femto_cell(names, draw) };
            cell.pci = any_pci(kind, draw);
            let status = if kind == Kind::Macro { "active" } else { draw.of(&["active", "active", "dormant", "lost"]) };
            self.register(cell, kind, status, place);
        }
    }

    /// A femtocell in a house beside the road, registered with a status.
    fn add_home(&mut self, stop: usize, status: &'static str, names: &mut Names, draw: &mut Draw) -> ExpectedAlert {
        let cell = femto_cell(names, draw);
        let place = self.house(stop, draw);
        self.register(cell.clone(), Kind::Femto, status, place);
        let home = self.transmitter(Kind::Femto, Stand::At(place), cell.clone(), draw);
        self.transmitters.push(home);
        alert("inactive-on-air", &cell)
    }

    fn add_event(&mut self, event: Event, stretch: &Range<usize>, names: &mut Names, draw: &mut Draw) {
        let middle = (stretch.start + stretch.end) / 2;
        let along = Stand::Along(draw.between(30.0, 45.0));
        match event {
            Event::Neighbour => drop(self.add_home(middle, "active", names, draw)),
            Event::AutomaticPci => {
                self.add_home(middle, "active", names, draw);
                let row = self.rows.last_mut().expect("just added");
                row.cell.pci = any_pci(Kind::Femto, draw);
            }
            Event::LostBack => {
                let status = draw.of(&["lost", "lost", "dormant", "recalled"]);
                let expected = self.add_home(middle, status, names, draw);
                self.alerts.push(expected);
            }
            Event::Parked => {
                let cell = femto_cell(names, draw);
                self.alerts.push(alert("unregistered", &cell));
                let house = Stand::At(self.house(middle, draw));
                let rogue = self.transmitter(Kind::Femto, house, cell, draw);
                self.transmitters.push(rogue);
            }
            Event::Riding => {
                let cell = femto_cell(names, draw);
                self.alerts.extend(["unregistered", "co-moving"].map(|rule| alert(rule, &cell)));
                let rogue = self.transmitter(Kind::Femto, along, cell, draw);
                self.transmitters.push(Transmitter { on_air: stretch.clone(), ..rogue });
            }
            Event::Changing => {
                let (first, mut second) = (femto_cell(names, draw), femto_cell(names, draw));
                if !draw.once_in(3) {
                    second.pci = first.pci;
                }
                second.cfo_hz = first.cfo_hz;
                self.alerts.extend([alert("unregistered", &first), alert("many-identities", &second)]);
                let house = Stand::At(self.house(middle, draw));
                let stand = draw.of(&[along, house]);
                let rogue = self.transmitter(Kind::Femto, stand, first, draw);
                let mut rogue = Transmitter { on_air: stretch.clone(), ..rogue };
                rogue.as_cell.push((middle, second));
                self.transmitters.push(rogue);
            }
            Event::Twin => {
                let (mut cell, genuine_s) = self.a_macro(draw);
                cell.cfo_hz = draw.between(-0.25, 0.25) * 1e-6 * CARRIER_HZ;
                self.alerts.extend(["twin", "co-moving"].map(|rule| alert(rule, &cell)));
                let rogue = self.transmitter(Kind::Femto, along, cell, draw);
                // Frames of its own: by chance alone one twin in a thousand would have the macro cell's to 5 µs.
                let sfn_0_s = genuine_s + 0.01 * draw.up_to(1024) as f64 + draw.between(0.001, 0.009);
                self.transmitters.push(Transmitter { on_air: stretch.clone(), sfn_0_s, ..rogue });
            }
            Event::Clone => {
                let mut cell = self.nearest_macro(middle);
                cell.pci = names.pci(Kind::Femto, draw);
                cell.antenna_ports = AntennaPorts::One;
                cell.cfo_hz = draw.between(-0.25, 0.25) * 1e-6 * CARRIER_HZ;
                self.alerts.extend(["pci-mismatch", "twin"].map(|rule| alert(rule, &cell)));
                let house = Stand::At(self.house(middle, draw));
                let rogue = self.transmitter(Kind::Femto, house, cell, draw);
                self.transmitters.push(rogue);
            }
        }
    }

    /// One of the macro cells on the air, and when its SFN was 0.
    fn a_macro(&self, draw: &mut Draw) -> (CellConfig, f64) {
        let macros: Vec<&Transmitter> = self.transmitters.iter().filter(|t| t.kind == Kind::Macro).collect();
        let site = macros[draw.up_to(macros.len())];
        (site.as_cell[0].1.clone(), site.sfn_0_s)
    }

    /// The macro cell whose area a stop is in.
    fn nearest_macro(&self, stop: usize) -> CellConfig {
        let here = self.road.stop(stop);
        let macros = self.transmitters.iter().filter(|t| t.kind == Kind::Macro);
        let nearest = macros.min_by(|a, b| a.distance_m(here).total_cmp(&b.distance_m(here)));
        nearest.expect("there are two or more, and a macro's twin is no macro").as_cell[0].1.clone()
    }

    fn house(&self, stop: usize, draw: &mut Draw) -> Place {
        self.road.beside(stop, draw.of(&[-1.0, 1.0]) * draw.between(15.0, 28.0))
    }

    fn transmitter(&self, kind: Kind, stand: Stand, cell: CellConfig, draw: &mut Draw) -> Transmitter {
        let shadowing_db = if matches!(stand, Stand::At(_)) { draw.normal(2.0).clamp(-4.0, 4.0) } else { 0.0 };
        Transmitter {
            kind,
            stand,
            on_air: 0..self.road.len(),
            sfn_0_s: draw.between(0.0, 10.24),
            shadowing_db,
            as_cell: vec![(0, cell)],
        }
    }

    fn register(&mut self, cell: CellConfig, kind: Kind, status: &'static str, place: Place) {
        let name = format!("{}-{:04}", if kind == Kind::Macro { "SITE" } else { "HOME" }, self.rows.len());
        self.rows.push(Row { cell, kind, status, place, name });
    }
}

/// Identities that are not given twice.
struct Names {
    tac: u16,
    macro_site: u32,
    femto: u32,
    pcis: Vec<u16>,
}

impl Names {
    fn new(draw: &mut Draw) -> Self {
        let macro_site = 0x3_0000 + draw.up_to(0x1000) as u32;
        let femto = 0x5a0_0000 + 0x1000 * draw.up_to(0x100) as u32;
        Self { tac: 11_000 + draw.up_to(1000) as u16, macro_site, femto, pcis: Vec::new() }
    }

    /// A PCI of the kind's range that nobody has here.
    fn pci(&mut self, kind: Kind, draw: &mut Draw) -> Pci {
        loop {
            let pci = any_pci(kind, draw);
            // A list of a whole country has more cells than there are PCIs.
            if self.pcis.len() >= 100 || !self.pcis.contains(&pci.get()) {
                self.pcis.push(pci.get());
                return pci;
            }
        }
    }
}

fn any_pci(kind: Kind, draw: &mut Draw) -> Pci {
    let value = match kind {
        Kind::Macro => draw.up_to(300),
        Kind::Femto => 300 + draw.up_to(204),
    };
    Pci::new(value as u16).expect("below 504")
}

/// The cell's global identifier as text.
pub(super) fn ecgi(cell: &CellConfig) -> String {
    let si = cell.system_information.as_ref().expect("drives have cells that say their name");
    format!("{}-{:07x}", si.plmns[0], si.cell_identity)
}

fn alert(rule: &str, cell: &CellConfig) -> ExpectedAlert {
    ExpectedAlert { rule: rule.to_owned(), ecgi: ecgi(cell), pci: cell.pci.get() }
}

fn macro_cell(names: &mut Names, draw: &mut Draw) -> CellConfig {
    names.macro_site += 1;
    let identity = names.macro_site << 8 | 1;
    let mut cell = cell(Kind::Macro, identity, names, draw);
    cell.antenna_ports = AntennaPorts::Two;
    cell.cfo_hz = draw.between(-0.04, 0.04) * 1e-6 * CARRIER_HZ;
    cell.scheduling.load = draw.between(0.2, 0.6) as f32;
    let si = cell.system_information.as_mut().expect("made with it");
    let message = |periodicity_rf, sibs: &[u8]| SiMessage { periodicity_rf, sibs: sibs.to_vec() };
    si.messages = vec![message(8, &[]), message(16, &[3]), message(32, &[4, 5])];
    si.csg_pci_range = Some((450, 24));
    si.carriers = vec![NeighbourCarrier { earfcn: 1602, priority: 4, cells: Vec::new() }];
    cell
}

fn femto_cell(names: &mut Names, draw: &mut Draw) -> CellConfig {
    names.femto += 1 + draw.up_to(40) as u32;
    let identity = names.femto;
    let mut cell = cell(Kind::Femto, identity, names, draw);
    cell.cfo_hz = draw.between(-0.22, 0.22) * 1e-6 * CARRIER_HZ;
    cell.scheduling.load = draw.between(0.0, 0.2) as f32;
    cell
}

fn cell(kind: Kind, identity: u32, names: &mut Names, draw: &mut Draw) -> CellConfig {
    let mut cell = CellConfig::new(names.pci(kind, draw), Bandwidth::Rb25, CARRIER_HZ);
    let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
    let mut si = SystemInformation::new(plmn, names.tac, identity);
    si.value_tag = draw.up_to(32) as u8;
    cell.system_information = Some(si);
    cell.scheduling.phich = true;
    cell
}

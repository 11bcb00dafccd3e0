//! What a cell sends in each subframe, as grids of its antenna ports. TS 36.211 §6.

use lte_dsp::{
    cell::{CyclicPrefix, Sfn, TddAssignment},
    channels::{
        CellConfig as Mapping,
        dci::{Dci1A, Dci1C, DlAssignment, VirtualBlocks},
        pbch::{self, Mib},
        pcfich::{self, Cfi},
        pdcch::{BITS_PER_CCE, Candidate, ControlRegion, encode_dci},
        pdsch::{self, DownlinkSubframe},
        phich_mapping,
        virtual_blocks::PrbSet,
    },
    coding::{demap::Modulation, rate_match::RedundancyVersion},
    grid::{ResourceGrid, equalise},
    tables::{
        rb_gap::{Gap, n_rb_step, n_vrb_dl},
        tbs::{NPrb1A, tbs_1a, tbs_1c},
    },
};
use rand::{RngExt, rngs::Xoshiro256PlusPlus};

use crate::{
    broadcast::{BitWriter, SystemInformation, mib},
    frame_structure::{control_symbols_of_mbsfn, is_mbsfn, subframe},
    scenario::{CellConfig, ScenarioError},
    schedule::{Broadcast, SiFormat, broadcast, first_block},
    signals::{put_crs, put_mbsfn_reference, put_synchronisation},
};

/// A broadcast message as a transport block, with what its DCI says of the block's size. TS 36.213 §7.1.7.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Payload {
    bits: Vec<u8>,
    i_tbs: usize,
    n_prb_1a: NPrb1A,
}

impl Payload {
    /// The message in the smallest transport block that holds it; `None` if none does.
    pub(crate) fn of(cell: &CellConfig, message: &BitWriter) -> Option<Self> {
        let columns = [NPrb1A::Two, NPrb1A::Three];
        let size = |i_tbs, n_prb_1a| match cell.scheduling.si_format {
            SiFormat::Format1C => tbs_1c(i_tbs),
            _ => tbs_1a(i_tbs, n_prb_1a),
        };
        let all = (0..32).flat_map(|i_tbs| columns.map(|n_prb_1a| (i_tbs, n_prb_1a)));
        let fitting = all.filter_map(|(i_tbs, n_prb_1a)| Some((size(i_tbs, n_prb_1a)?, i_tbs, n_prb_1a)));
        let (size, i_tbs, n_prb_1a) =
            fitting.filter(|(size, ..)| *size >= message.bits().len()).min_by_key(|(size, ..)| *size)?;
        Some(Self { bits: message.padded(size), i_tbs, n_prb_1a })
    }

    /// The transport block in hexadecimal.
    pub(crate) fn hex(&self) -> String {
        self.bits.chunks(8).map(|bits| format!("{:02x}", bits.iter().fold(0, |byte, bit| byte << 1 | bit))).collect()
    }
}

impl CellConfig {
    /// What the mapping of the channels to resource elements follows from.
    #[must_use]
    pub fn mapping(&self) -> Mapping {
        Mapping {
            pci: self.pci,
            duplex: self.duplex(),
            cp: self.cp,
            bandwidth: self.bandwidth,
            ports: self.antenna_ports,
            phich_duration: self.phich_duration,
            phich_resource: self.phich_resource,
        }
    }
}

/// Makes a cell's subframes, one after another.
pub struct Transmitter<'a> {
    cell: &'a CellConfig,
    mapping: Mapping,
    /// Control format and control region of each subframe; none of uplink subframes.
    regions: Vec<Option<(Cfi, ControlRegion)>>,
    /// The same of MBSFN subframes.
    mbsfn_regions: Vec<Option<(Cfi, ControlRegion)>>,
    rng: Xoshiro256PlusPlus,
}

impl<'a> Transmitter<'a> {
    /// A transmitter whose other users' data come from `rng`.
    ///
    /// # Errors
    /// If the control region has no place for the broadcast's DCI, or a message is too long for a transport block.
    pub fn new(cell: &'a CellConfig, rng: Xoshiro256PlusPlus) -> Result<Self, ScenarioError> {
        let mapping = cell.mapping();
        let wanted = usize::from(cell.scheduling.cfi) + usize::from(cell.bandwidth.n_rb_dl() <= 10);
        let regions = |wanted| (0..10).map(move |n| control_region(cell, &mapping, n, wanted)).collect::<Vec<_>>();
        let (regions, mbsfn_regions) = (regions(wanted), regions(control_symbols_of_mbsfn(cell)));
        if let Some(si) = &cell.system_information {
            let narrow = regions.iter().flatten().any(|(_, region)| region.common_search_space().next().is_none());
            if narrow {
                let (what, value) = ("cfi", cell.scheduling.cfi.to_string());
                return Err(ScenarioError { what, value, allowed: "large enough for four control channel elements" });
            }
            let messages = (0..si.messages.len()).map(|message| Broadcast::SystemInformation { message, rv: 0 });
            for message in messages.chain([Broadcast::Sib1 { rv: 0 }]) {
                let bits = message.message(cell, si);
                Payload::of(cell, &bits).ok_or(ScenarioError {
                    what: "length of a broadcast message",
                    value: bits.bits().len().to_string(),
                    allowed: "2216 bits with format 1A, 1736 with 1C",
                })?;
            }
        }
        Ok(Self { cell, mapping, regions, mbsfn_regions, rng })
    }

    /// What every antenna port sends in subframe `n` (0–9) of frame `sfn`; of an MBSFN subframe in its control region.
    ///
    /// # Panics
    /// If `n` is above 9.
    pub fn subframe(&mut self, sfn: Sfn, n: usize) -> Vec<ResourceGrid> {
        let cell = self.cell;
        let is_mbsfn = is_mbsfn(cell, sfn, n);
        let symbols = if is_mbsfn { control_symbols_of_mbsfn(cell) } else { subframe(cell, n).symbols(cell.cp) };
        let mut grids: Vec<_> = (0..cell.antenna_ports.count())
            .map(|port| {
                let mut grid = ResourceGrid::new(cell.cp, cell.bandwidth);
                put_crs(cell, n, symbols, port, &mut grid);
                put_synchronisation(cell, sfn, n, port, &mut grid);
                grid
            })
            .collect();
        if n == 0 {
            let bits = mib(cell, sfn).bits().iter().fold(0, |word, bit| word << 1 | u32::from(*bit));
            let quarter = usize::from(sfn.get() % 4);
            pbch::encode_burst(Mib::new(bits), cell.pci, cell.cp, cell.antenna_ports, quarter, &mut grids);
        }
        let regions = if is_mbsfn { &mut self.mbsfn_regions } else { &mut self.regions };
        let Some((cfi, region)) = regions[n].take() else { return grids };
        pcfich::encode(cfi, &self.mapping, n, &mut grids);
        if cell.scheduling.phich {
            self.put_phich(n, &mut grids);
        }
        let shape = DownlinkSubframe { number: n, control_symbols: cfi.control_symbols(cell.bandwidth), symbols };
        let taken = self.put_broadcast(sfn, &region, &shape, &mut grids);
        self.put_other_users(&region, &shape, taken, &mut grids);
        let regions = if is_mbsfn { &mut self.mbsfn_regions } else { &mut self.regions };
        regions[n] = Some((cfi, region));
        grids
    }

    /// What antenna port 4 sends in an MBSFN subframe, with the extended prefix: the PMCH over all blocks, as often as other
    /// users have any. `None` of other subframes and where nothing is sent. TS 36.211 §6.5, §6.10.2.
    pub fn mbsfn_region(&mut self, sfn: Sfn, n: usize) -> Option<ResourceGrid> {
        let load = f64::from(self.cell.scheduling.load);
        if !is_mbsfn(self.cell, sfn, n) || !self.rng.random_bool(load) {
            return None;
        }
        let mut grid = ResourceGrid::new(CyclicPrefix::Extended, self.cell.bandwidth);
        let modulation = self.draw_modulation();
        let symbols = control_symbols_of_mbsfn(self.cell)..grid.symbols();
        for l in symbols.clone() {
            let bits = self.random_bits(modulation.bits_per_symbol() * grid.subcarriers());
            for (element, x) in grid.symbol_mut(l).iter_mut().zip(modulation.modulate(&bits)) {
                *element = x;
            }
        }
        put_mbsfn_reference(self.cell, n, symbols, &mut grid);
        Some(grid)
    }

    fn draw_modulation(&mut self) -> Modulation {
        let choices = &self.cell.scheduling.modulation_bits;
        match choices[self.rng.random_range(0..choices.len())] {
            2 => Modulation::Qpsk,
            4 => Modulation::Qam16,
            _ => Modulation::Qam64,
        }
    }

    /// Sends what the broadcast has for this subframe, and says which control channel elements and resource blocks it takes.
    fn put_broadcast(
        &self,
        sfn: Sfn,
        region: &ControlRegion,
        shape: &DownlinkSubframe,
        grids: &mut [ResourceGrid],
    ) -> Option<(Candidate, DlAssignment)> {
        let si = self.cell.system_information.as_ref()?;
        let message = broadcast(self.cell, si, sfn, shape.number)?;
        let rv = RedundancyVersion::new(message.rv())?;
        let (payload, dci, assignment) = self.assign(si, message, rv)?;
        let candidate = region.common_search_space().next()?;
        region.map(candidate.first_cce, &encode_dci(&dci, message.rnti(), candidate.aggregation), grids);
        pdsch::encode(&payload.bits, rv, &self.mapping, shape, assignment.prbs, message.rnti(), grids);
        Some((candidate, assignment))
    }

    /// A broadcast message's transport block, its DCI's payload and what that assigns.
    fn assign(
        &self,
        si: &SystemInformation,
        message: Broadcast,
        rv: RedundancyVersion,
    ) -> Option<(Payload, Vec<u8>, DlAssignment)> {
        let (cell, scheduling) = (self.cell, &self.cell.scheduling);
        let payload = Payload::of(cell, &message.message(cell, si))?;
        let bandwidth = cell.bandwidth;
        let (dci, assignment) = if scheduling.si_format == SiFormat::Format1C {
            let step = n_rb_step(bandwidth);
            let most = n_vrb_dl(bandwidth, Gap::First)? / step * step;
            let length = scheduling.si_blocks.next_multiple_of(step).min(most);
            let start = (first_block(bandwidth) / step * step).min(most - length);
            let dci = Dci1C { gap: Gap::First, start, length, i_tbs: payload.i_tbs };
            (dci.payload(bandwidth), dci.assignment(bandwidth)?)
        } else {
            let (blocks, most) = match scheduling.si_format {
                SiFormat::Distributed1A => (VirtualBlocks::Distributed(Gap::First), n_vrb_dl(bandwidth, Gap::First)?),
                _ => (VirtualBlocks::Localised, bandwidth.n_rb_dl()),
            };
            let length = scheduling.si_blocks.min(most);
            let start = first_block(bandwidth).min(most - length);
            let (i_mcs, n_prb_1a) = (payload.i_tbs, payload.n_prb_1a);
            let dci = Dci1A { blocks, start, length, i_mcs, n_prb_1a, rv };
            (dci.payload(bandwidth, cell.duplex()), dci.assignment(bandwidth)?)
        };
        Some((payload, dci, assignment))
    }

    /// Fills a share of what is left with random data: other users' DCIs and their PDSCH, by transmit diversity.
    fn put_other_users(
        &mut self,
        region: &ControlRegion,
        shape: &DownlinkSubframe,
        taken: Option<(Candidate, DlAssignment)>,
        grids: &mut [ResourceGrid],
    ) {
        let load = f64::from(self.cell.scheduling.load);
        let first_free = taken.map_or(0, |(candidate, _)| candidate.first_cce + candidate.aggregation);
        for cce in first_free..region.cces() {
            if self.rng.random_bool(load) {
                let bits = self.random_bits(BITS_PER_CCE);
                region.map(cce, &bits, grids);
            }
        }
        for n_prb in 0..self.cell.bandwidth.n_rb_dl() {
            let is_taken = taken.is_some_and(|(_, a)| a.prbs.iter().any(|slot| slot.contains(n_prb)));
            if is_taken || !self.rng.random_bool(load) {
                continue;
            }
            let modulation = self.draw_modulation();
            let block = PrbSet::from_iter([n_prb]);
            let mut elements = Vec::new();
            pdsch::elements(&self.mapping, shape, [block, block], &mut elements);
            let bits = self.random_bits(modulation.bits_per_symbol() * elements.len());
            equalise::map_symbols(modulation.modulate(&bits), &elements, grids);
        }
    }

    /// Random symbols on every PHICH group's elements; which acknowledgements they would be does not matter here.
    fn put_phich(&mut self, n: usize, grids: &mut [ResourceGrid]) {
        let factor = phich_factor(self.cell, n);
        for reg in phich_mapping::regs(&self.mapping, n, factor) {
            let elements: Vec<_> = reg.elements(&self.mapping).collect();
            let bits = self.random_bits(2 * elements.len());
            equalise::map_symbols(Modulation::Qpsk.modulate(&bits), &elements, grids);
        }
    }

    fn random_bits(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| u8::from(self.rng.random::<bool>())).collect()
    }
}

/// m_i of subframe `n`; 1 for FDD. TS 36.211 §6.9.
fn phich_factor(cell: &CellConfig, n: usize) -> usize {
    cell.tdd.and_then(|tdd| TddAssignment::new(tdd.assignment)).map_or(1, |a| phich_mapping::factor(a, n))
}

/// The control format of subframe `n` with the symbols nearest to those `wanted`, and its region; `None` of an uplink
/// subframe.
fn control_region(cell: &CellConfig, mapping: &Mapping, n: usize, wanted: usize) -> Option<(Cfi, ControlRegion)> {
    let sent = subframe(cell, n).symbols(cell.cp);
    let symbols = |cfi: &Cfi| cfi.control_symbols(cell.bandwidth);
    let least = phich_mapping::least_control_symbols(mapping, n);
    let cfi = Cfi::possible(mapping, n)
        .filter(|cfi| (least..=sent).contains(&symbols(cfi)))
        .min_by_key(|cfi| symbols(cfi).abs_diff(wanted))?;
    Some((cfi, ControlRegion::new(mapping, n, symbols(&cfi), phich_factor(cell, n))?))
}

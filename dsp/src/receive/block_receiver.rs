//! One subframe at a time: the assignments of a broadcast RNTI on the PDCCH, and the blocks on the PDSCH.
//!
//! Soft bits of what does not decode are kept, so that repetitions add up.

use std::collections::HashMap;

use crate::{
    cell::{Rnti, TddAssignment},
    channels::{
        CellConfig,
        dci::{self, DciFormat, DlAssignment},
        dci_search::DciSearch,
        pcfich::{self, Cfi},
        pdcch::{self, Candidate, ControlRegion},
        pdsch::{self, DownlinkSubframe, SoftBuffer, TransportBlock},
        phich_mapping,
        virtual_blocks::PrbSet,
    },
    coding::{
        bits,
        convolutional::ConvolutionalDecoder,
        llr::{self, Llr},
        rate_match::{CircularBuffer, RedundancyVersion},
        turbo::TurboDecoder,
    },
    frontend::channelise::StreamView,
    grid::{
        ChannelEstimate,
        channel_estimate::{ChannelEstimator, Subframe},
        equalise::{self, Element},
    },
    search::FoundCell,
};
use num_complex::Complex32;

/// Iterations of the turbo decoder at most.
const TURBO_ITERATIONS: usize = 8;
/// Least agreement of soft bits with a DCI's codeword: far below what decodes, above what chance gives.
const LEAST_AGREEMENT: f32 = 0.3;
/// Lead of one CFI's agreement over the next from which the others are not tried: without noise it is 1.3. Noise alone
/// leads by so much once in a hundred times, by calculation.
const CLEAR_LEAD: f32 = 0.9;

/// Candidates of a subframe that are compared with all DCIs that may be sent.
const MAX_SEARCHED: usize = 2;

/// Share of what was received that a block must explain to be the one sent: chance explains as many parts of it as there
/// are elements, some hundred at least, and a cell that disturbs others is above them all.
const EXPLAINED: f32 = 0.25;

/// Receives blocks of one cell, subframe by subframe; keeps its tables and the memory that this takes.
pub struct BlockReceiver {
    estimator: ChannelEstimator,
    cell: CellConfig,
    /// Uplink-downlink configuration, once SIB1 has told it.
    pub tdd: Option<TddAssignment>,
    viterbi: ConvolutionalDecoder,
    turbo: TurboDecoder,
    /// Both formats, each with the order of its coded bits.
    formats: [(DciFormat, CircularBuffer); 2],
    /// Control regions by subframe and shape; `None` where the standard has none.
    regions: HashMap<(usize, Shape), Option<ControlRegion>>,
    /// The subframe at hand, and its channel.
    subframe: Subframe,
    channel: ChannelEstimate,
    /// Shapes that its control region may have, the likeliest first.
    shapes: Vec<Shape>,
    /// Finds DCIs of SIB1 that noise hides from their decoder, once one was looked for.
    search: Option<DciSearch>,
    /// Scratch.
    dci: SoftDci,
    elements: Vec<Element>,
    soft: Vec<Llr>,
    /// Soft bits of a block, and of which in the subframe at hand.
    block: Vec<Llr>,
    block_of: Option<(DlAssignment, usize, Rnti)>,
}

/// Shape of a control region: its symbols, and the PHICH factor.
type Shape = (usize, usize);

/// Soft bits of blocks that have not decoded yet, by size.
#[derive(Default)]
pub struct SoftBuffers(Vec<(usize, SoftBuffer)>);

/// Sums of a repeated DCI's soft bits: one entry a control region's shape, format and candidate.
#[derive(Default)]
pub struct DciSums(Vec<(DciKey, SoftDci)>);

/// Soft bits of a DCI's coded streams.
#[derive(Clone, Default)]
struct SoftDci {
    streams: Vec<Llr>,
    /// Soft bits added up in them, and their power.
    count: usize,
    power: f32,
}

type DciKey = (Shape, DciFormat, Candidate);

impl BlockReceiver {
    /// A receiver for the cell that `estimator` is for.
    pub fn new(estimator: ChannelEstimator, cell: CellConfig) -> Self {
        let order = |format: DciFormat| pdcch::buffer(format.payload_bits(cell.bandwidth, cell.duplex));
        Self {
            estimator,
            tdd: None,
            viterbi: ConvolutionalDecoder::default(),
            turbo: TurboDecoder::default(),
            formats: DciFormat::ALL.map(|format| (format, order(format))),
            regions: HashMap::new(),
            subframe: Subframe::new(cell.cp, cell.bandwidth),
            channel: ChannelEstimate::default(),
            shapes: Vec::new(),
            search: None,
            dci: SoftDci::default(),
            elements: Vec::new(),
            soft: Vec::new(),
            block: Vec::new(),
            block_of: None,
            cell,
        }
    }

    /// The cell.
    pub fn cell(&self) -> &CellConfig {
        &self.cell
    }

    /// Goes on in another stream, where the cell stands so.
    pub fn renew(&mut self, found: &FoundCell) {
        self.estimator.renew(found.sync, found.statistics);
    }

    /// The channel of the subframe at hand.
    pub fn channel(&self) -> &ChannelEstimate {
        &self.channel
    }

    /// Goes on to subframe `number`, counted from the frame's start, of which the cell sends the first `sent` symbols. False
    /// where the stream does not hold it.
    pub fn read(&mut self, stream: StreamView<'_>, number: i64, sent: usize) -> bool {
        let Self { estimator, cell, subframe, channel, shapes, .. } = self;
        let in_frame = number.rem_euclid(10) as usize;
        let symbols = |cfi: Cfi| cfi.control_symbols(cell.bandwidth);
        let Some(most) = Cfi::possible(cell, in_frame).map(symbols).max() else { return false };
        self.block_of = None;
        if !estimator.read_begun(stream, number, sent, cell.ports, subframe)
            || !estimator.complete(stream, subframe, 0..most.min(sent))
        {
            return false;
        }
        estimator.estimate(stream, subframe, cell.ports, channel);
        let agreements = pcfich::agreements(&pcfich::soft_bits(&subframe.grid, channel, cell, in_frame));
        let agreement = |cfi: &Cfi| agreements[usize::from(cfi.get()) - 1];
        let mut cfis = Cfi::ALL;
        cfis.sort_by(|a, b| agreement(b).total_cmp(&agreement(a)));
        let possible = |cfi: &Cfi| Cfi::possible(cell, in_frame).any(|possible| possible == *cfi);
        let mut likeliest = cfis.into_iter().filter(possible);
        let is_clear = match (likeliest.next(), likeliest.next()) {
            (Some(first), Some(second)) => agreement(&first) - agreement(&second) > CLEAR_LEAD,
            _ => false,
        };
        let told = self.tdd.map(|assignment| phich_mapping::factor(assignment, in_frame));
        shapes.clear();
        for cfi in cfis.into_iter().filter(possible).take(if is_clear { 1 } else { cfis.len() }) {
            match told {
                Some(m_i) => shapes.push((symbols(cfi), m_i)),
                None => {
                    shapes.extend(phich_mapping::possible_factors(cell.duplex, in_frame).map(|m_i| (symbols(cfi), m_i)))
                }
            }
        }
        true
    }

    /// The assignments to `rnti` in the subframe at hand, each with the symbols of its control region.
    ///
    /// `sums`, where given, take the soft bits of every candidate as if they had redundancy version 0, their own being
    /// `rv`; a sum that decodes counts like a candidate of this subframe.
    pub fn assignments(
        &mut self,
        rnti: Rnti,
        mut sums: Option<(&mut DciSums, RedundancyVersion)>,
    ) -> Vec<(DlAssignment, usize)> {
        let Self { cell, viterbi, formats, regions, subframe, channel, shapes, dci, soft, .. } = self;
        let in_frame = subframe.number.rem_euclid(10) as usize;
        let differences =
            DciFormat::ALL.map(|format| sums.as_ref().map_or(Vec::new(), |(_, rv)| difference(cell, format, *rv)));
        let mut decode = |dci: &SoftDci, format| decode_dci(dci, cell, viterbi, rnti, format);
        let mut found: Vec<(DlAssignment, usize)> = Vec::new();
        for &shape in shapes.iter() {
            let region = regions
                .entry((in_frame, shape))
                .or_insert_with(|| ControlRegion::new(cell, in_frame, shape.0, shape.1));
            let Some(region) = region else { continue };
            region.soft_bits(&subframe.grid, channel, soft);
            // Elements of the DCIs found, as bits: what else seems to stand there is a part of those.
            let mut taken = 0u32;
            for candidate in region.common_search_space() {
                let elements = ((1 << candidate.aggregation) - 1) << candidate.first_cce;
                if taken & elements != 0 {
                    continue;
                }
                let Some(soft) = soft.get(candidate.bits()) else { continue };
                (dci.count, dci.power) = (soft.len(), llr::power(soft));
                for ((format, order), difference) in formats.iter().zip(&differences) {
                    pdcch::streams(soft, order, &mut dci.streams);
                    let mut assignment = decode(dci, *format);
                    if let Some((sums, _)) = &mut sums {
                        dci.flip(difference);
                        let sum = sums.add((shape, *format, candidate), dci);
                        if assignment.is_none() {
                            let mut sum = sum.clone();
                            sum.flip(difference);
                            assignment = decode(&sum, *format);
                        }
                    }
                    if let Some(assignment) = assignment {
                        taken |= elements;
                        found.push((assignment, shape.0));
                    }
                }
            }
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    /// Assignments of SIB1 with redundancy version `rv` in the subframe at hand that were not found by their CRC: the
    /// likeliest of the most coherent candidates. What such a one leads to stands on its own CRC.
    pub fn likeliest_assignments(&mut self, rv: RedundancyVersion) -> Vec<(DlAssignment, usize)> {
        let Self { cell, formats, regions, subframe, channel, shapes, search, soft, .. } = self;
        let in_frame = subframe.number.rem_euclid(10) as usize;
        let [(_, order), _] = formats;
        let mut candidates: Vec<(f32, usize, SoftDci)> = Vec::new();
        for &shape in shapes.iter() {
            let Some(Some(region)) = regions.get(&(in_frame, shape)) else { continue };
            region.soft_bits(&subframe.grid, channel, soft);
            for candidate in region.common_search_space() {
                let Some(soft) = soft.get(candidate.bits()) else { continue };
                let mut dci = SoftDci { count: soft.len(), power: llr::power(soft), ..SoftDci::default() };
                pdcch::streams(soft, order, &mut dci.streams);
                let coherence = llr::power(&dci.streams) / dci.power.max(f32::MIN_POSITIVE);
                candidates.push((coherence, shape.0, dci));
            }
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        let search = search.get_or_insert_with(|| DciSearch::new(cell.bandwidth, cell.duplex, Rnti::SI));
        let likeliest = candidates.into_iter().take(MAX_SEARCHED).filter_map(|(_, control_symbols, dci)| {
            let assignment = search.find(&dci.streams, rv)?.assignment(cell.bandwidth)?;
            Some((assignment, control_symbols))
        });
        likeliest.collect()
    }

    /// The block of an assignment in the subframe at hand, if it decodes, alone or with what `buffers` has of the same
    /// size.
    ///
    /// `rv` is the redundancy version where the assignment has none.
    pub fn block(
        &mut self,
        stream: StreamView<'_>,
        (assignment, control_symbols): (DlAssignment, usize),
        rnti: Rnti,
        rv: RedundancyVersion,
        buffers: &mut SoftBuffers,
    ) -> Option<TransportBlock> {
        let Self { estimator, cell, subframe, channel, elements, block, turbo, .. } = self;
        let wanted = Some((assignment, control_symbols, rnti));
        if self.block_of != wanted {
            let blocks = assignment.prbs.map(PrbSet::iter);
            if !estimator.complete_blocks(stream, subframe, control_symbols..subframe.sent, blocks) {
                return None;
            }
            let number = subframe.number.rem_euclid(10) as usize;
            let downlink = DownlinkSubframe { number, control_symbols, symbols: subframe.sent };
            pdsch::elements(cell, &downlink, assignment.prbs, elements);
            pdsch::soft_bits(&subframe.grid, channel, cell, number, rnti, elements, block);
            self.block_of = wanted;
        }
        let buffer = buffers.of(assignment.tbs)?;
        buffer.add(block, assignment.rv.unwrap_or(rv));
        buffer.decode(turbo, TURBO_ITERATIONS)
    }

    /// What was received of an assignment of SI in the subframe at hand, if one of the blocks `known` explains it: its
    /// symbols with their elements.
    pub fn rebuilt<'a>(
        &mut self,
        stream: StreamView<'_>,
        (assignment, control_symbols): (DlAssignment, usize),
        rv: RedundancyVersion,
        known: impl Iterator<Item = &'a [u8]>,
    ) -> Option<Vec<(usize, Vec<Complex32>)>> {
        let Self { estimator, cell, subframe, channel, elements, .. } = self;
        let symbols = control_symbols..subframe.sent;
        if !estimator.complete_blocks(stream, subframe, symbols, assignment.prbs.map(PrbSet::iter)) {
            return None;
        }
        let number = subframe.number.rem_euclid(10) as usize;
        let downlink = DownlinkSubframe { number, control_symbols, symbols: subframe.sent };
        pdsch::elements(cell, &downlink, assignment.prbs, elements);
        let energy: f32 = elements.iter().map(|&e| subframe.grid[e].norm_sqr()).sum();
        for block in known {
            let (bits, rv) = (bits::unpack(block), assignment.rv.unwrap_or(rv));
            let sent = pdsch::symbols(&bits, rv, cell, number, Rnti::SI, elements.len());
            let sent = equalise::precode(&sent, channel.ports.len());
            let through = |(i, &e): (usize, &Element)| {
                sent.iter().enumerate().map(|(port, x)| x[i] * channel.gain(port, e)).sum::<Complex32>()
            };
            let expected: Vec<Complex32> = elements.iter().enumerate().map(through).collect();
            let power: f32 = expected.iter().map(Complex32::norm_sqr).sum();
            let product: Complex32 = elements.iter().zip(&expected).map(|(&e, x)| subframe.grid[e] * x.conj()).sum();
            if product.norm_sqr() > EXPLAINED * power * energy {
                let mut rebuilt: Vec<(usize, Vec<Complex32>)> = Vec::new();
                for (&(l, k), x) in elements.iter().zip(expected) {
                    if rebuilt.last().is_none_or(|(last, _)| *last != l) {
                        rebuilt.push((l, vec![Complex32::ZERO; subframe.grid.subcarriers()]));
                    }
                    if let Some((_, symbol)) = rebuilt.last_mut() {
                        symbol[k] = x * product / power;
                    }
                }
                return Some(rebuilt);
            }
        }
        None
    }
}

/// Which coded bits of a DCI differ between redundancy version 0 and `rv`.
fn difference(cell: &CellConfig, format: DciFormat, rv: RedundancyVersion) -> Vec<u8> {
    let payload = match format {
        DciFormat::Format1A => dci::rv_difference(cell.bandwidth, cell.duplex, RedundancyVersion::ALL[0], rv),
        DciFormat::Format1C => vec![0; format.payload_bits(cell.bandwidth, cell.duplex)],
    };
    pdcch::streams_difference(&payload)
}

fn decode_dci(
    dci: &SoftDci,
    cell: &CellConfig,
    viterbi: &mut ConvolutionalDecoder,
    rnti: Rnti,
    format: DciFormat,
) -> Option<DlAssignment> {
    if !llr::may_be_repeated(&dci.streams, dci.count, dci.power) {
        return None;
    }
    let decoded = pdcch::decode(&dci.streams, rnti, viterbi)?;
    if decoded.agreement < LEAST_AGREEMENT {
        return None;
    }
    dci::parse(format, decoded.payload, cell.bandwidth, cell.duplex)
}

impl SoftBuffers {
    /// Forgets what was added up, for other blocks.
    pub fn start_over(&mut self) {
        self.0.iter_mut().for_each(|(_, buffer)| buffer.start_over());
    }

    /// Sizes kept at most; a cell sends few.
    const MOST: usize = 8;

    /// The buffer for blocks of `tbs` bits, `None` for a size that no code block holds.
    fn of(&mut self, tbs: usize) -> Option<&mut SoftBuffer> {
        let at = match self.0.iter().position(|(size, _)| *size == tbs) {
            Some(at) => at,
            None => {
                if self.0.len() == Self::MOST {
                    self.0.remove(0);
                }
                self.0.push((tbs, SoftBuffer::new(tbs)?));
                self.0.len() - 1
            }
        };
        Some(&mut self.0[at].1)
    }
}

impl SoftDci {
    /// Turns them to those of a DCI whose coded bits have this difference.
    fn flip(&mut self, difference: &[u8]) {
        llr::flip(&mut self.streams, difference);
    }
}

impl DciSums {
    /// Adds soft bits turned to redundancy version 0, and gives the sum.
    fn add(&mut self, key: DciKey, dci: &SoftDci) -> &SoftDci {
        let at = match self.0.iter().position(|(k, _)| *k == key) {
            Some(at) => {
                let sum = &mut self.0[at].1;
                llr::combine(&mut sum.streams, &dci.streams);
                sum.count += dci.count;
                sum.power += dci.power;
                at
            }
            None => {
                self.0.push((key, dci.clone()));
                self.0.len() - 1
            }
        };
        &self.0[at].1
    }
}

//! One subframe at a time: the assignments of a broadcast RNTI on the PDCCH, and the blocks on the PDSCH.
//!
//! Soft bits of what does not decode are kept, so that repetitions add up.

use lte_dsp::{
    cell::{Rnti, TddAssignment},
    channels::{
        CellConfig,
        dci::{self, DciFormat, DlAssignment},
        pcfich::{self, Cfi},
        pdcch::{self, ControlRegion},
        pdsch::{self, DownlinkSubframe, SoftBuffer, TransportBlock},
        phich_mapping,
    },
    coding::{
        convolutional::ConvolutionalDecoder,
        llr::{self, Llr},
        rate_match::RedundancyVersion,
        turbo::TurboDecoder,
    },
    frontend::channelise::StreamView,
    grid::{
        ChannelEstimate,
        channel_estimate::{ChannelEstimator, Subframe},
    },
};

/// Iterations of the turbo decoder at most.
const TURBO_ITERATIONS: usize = 8;
/// Least agreement of soft bits with a DCI's codeword: far below what decodes, above what chance gives.
const LEAST_AGREEMENT: f32 = 0.3;
/// Lead of one CFI's agreement over the next from which the others are not tried: without noise it is 1.3. Noise alone
/// leads by so much once in a hundred times, by calculation.
const CLEAR_LEAD: f32 = 0.9;

/// Receives blocks of one cell.
pub struct BlockReceiver {
    estimator: ChannelEstimator,
    cell: CellConfig,
    /// Uplink-downlink configuration, once SIB1 has told it.
    pub tdd: Option<TddAssignment>,
    viterbi: ConvolutionalDecoder,
    turbo: TurboDecoder,
}

/// Soft bits of blocks that have not decoded yet, by size.
#[derive(Default)]
pub struct SoftBuffers(Vec<(usize, SoftBuffer)>);

/// Sums of a repeated DCI's soft bits: one entry a control region's shape, format and candidate.
#[derive(Default)]
pub struct DciSums(Vec<(DciKey, SoftDci)>);

/// Soft bits of a DCI's coded streams.
#[derive(Clone)]
struct SoftDci {
    streams: Vec<Llr>,
    /// Soft bits added up in them, and their power.
    count: usize,
    power: f32,
}

type DciKey = (usize, usize, DciFormat, usize, usize);

/// A subframe with its channel and the shapes its control region may have, the likeliest first.
pub struct ControlledSubframe {
    subframe: Subframe,
    /// Symbols that the cell sends in it.
    sent: usize,
    channel: ChannelEstimate,
    /// Symbols of the control region and PHICH factor.
    shapes: Vec<(usize, usize)>,
}

impl ControlledSubframe {
    /// Its channel.
    pub fn channel(&self) -> &ChannelEstimate {
        &self.channel
    }
}

impl BlockReceiver {
    /// A receiver for the cell that `estimator` is for.
    pub fn new(estimator: ChannelEstimator, cell: CellConfig) -> Self {
        Self { estimator, cell, tdd: None, viterbi: ConvolutionalDecoder::default(), turbo: TurboDecoder::default() }
    }

    /// Subframe `number`, counted from the frame's start, of which the cell sends the first `sent` symbols. `None` where
    /// the stream does not hold it.
    pub fn subframe(&mut self, stream: StreamView<'_>, number: i64, sent: usize) -> Option<ControlledSubframe> {
        let in_frame = number.rem_euclid(10) as usize;
        let most = Cfi::possible(&self.cell, in_frame).map(|cfi| cfi.control_symbols(self.cell.bandwidth)).max()?;
        let subframe = self.estimator.begun_subframe(stream, number, most, sent)?;
        let channel = self.estimator.estimate(stream, &subframe, self.cell.ports);
        let agreements = pcfich::agreements(&pcfich::soft_bits(&subframe.grid, &channel, &self.cell, in_frame));
        let mut sizes: Vec<(f32, usize)> = Cfi::possible(&self.cell, in_frame)
            .map(|cfi| (agreements[usize::from(cfi.get()) - 1], cfi.control_symbols(self.cell.bandwidth)))
            .collect();
        sizes.sort_by(|a, b| b.0.total_cmp(&a.0));
        if let [first, second, ..] = sizes[..]
            && first.0 - second.0 > CLEAR_LEAD
        {
            sizes.truncate(1);
        }
        let factors = match self.tdd {
            Some(assignment) => vec![phich_mapping::factor(assignment, in_frame)],
            None => phich_mapping::possible_factors(self.cell.duplex, in_frame),
        };
        let shapes = sizes.iter().flat_map(|&(_, symbols)| factors.iter().map(move |&m_i| (symbols, m_i))).collect();
        Some(ControlledSubframe { subframe, sent, channel, shapes })
    }

    /// The assignments to `rnti` in a subframe, each with the symbols of its control region.
    ///
    /// `sums`, where given, take the soft bits of every candidate as if they had redundancy version 0, their own being
    /// `rv`; a sum that decodes counts like a candidate of this subframe.
    pub fn assignments(
        &mut self,
        controlled: &ControlledSubframe,
        rnti: Rnti,
        mut sums: Option<(&mut DciSums, RedundancyVersion)>,
    ) -> Vec<(DlAssignment, usize)> {
        let in_frame = controlled.subframe.number.rem_euclid(10) as usize;
        let (bandwidth, duplex) = (self.cell.bandwidth, self.cell.duplex);
        let formats = DciFormat::ALL.map(|format| {
            let difference = sums.as_ref().map(|(_, rv)| self.difference(format, *rv));
            (format, format.payload_bits(bandwidth, duplex), difference.unwrap_or_default())
        });
        let mut found: Vec<(DlAssignment, usize)> = Vec::new();
        for &(symbols, m_i) in &controlled.shapes {
            let Some(region) = ControlRegion::new(&self.cell, in_frame, symbols, m_i) else { continue };
            let soft = region.soft_bits(&controlled.subframe.grid, &controlled.channel);
            for candidate in region.common_search_space() {
                let Some(soft) = soft.get(candidate.bits()) else { continue };
                for (format, payload_bits, difference) in &formats {
                    let streams = pdcch::streams(soft, *payload_bits);
                    let mut dci = SoftDci { streams, count: soft.len(), power: llr::power(soft) };
                    let mut assignment = self.decode_dci(&dci, rnti, *format);
                    if let Some((sums, _)) = &mut sums {
                        let key = (symbols, m_i, *format, candidate.first_cce, candidate.aggregation);
                        dci.flip(difference);
                        let sum = sums.add(key, dci);
                        if assignment.is_none() {
                            let mut sum = sum.clone();
                            sum.flip(difference);
                            assignment = self.decode_dci(&sum, rnti, *format);
                        }
                    }
                    if let Some(assignment) = assignment
                        && !found.iter().any(|f| f.0 == assignment)
                    {
                        found.push((assignment, symbols));
                    }
                }
            }
            if !found.is_empty() {
                break;
            }
        }
        found
    }

    /// Which coded bits of a DCI differ between redundancy version 0 and `rv`.
    fn difference(&self, format: DciFormat, rv: RedundancyVersion) -> Vec<u8> {
        let (bandwidth, duplex) = (self.cell.bandwidth, self.cell.duplex);
        let payload = match format {
            DciFormat::Format1A => dci::rv_difference(bandwidth, duplex, RedundancyVersion::ALL[0], rv),
            DciFormat::Format1C => vec![0; format.payload_bits(bandwidth, duplex)],
        };
        pdcch::streams_difference(&payload)
    }

    fn decode_dci(&mut self, dci: &SoftDci, rnti: Rnti, format: DciFormat) -> Option<DlAssignment> {
        if !llr::may_be_repeated(&dci.streams, dci.count, dci.power) {
            return None;
        }
        let decoded = pdcch::decode(&dci.streams, rnti, &mut self.viterbi)?;
        if decoded.agreement < LEAST_AGREEMENT {
            return None;
        }
        dci::parse(format, &decoded.payload, self.cell.bandwidth, self.cell.duplex)
    }

    /// The block of an assignment, if it decodes, alone or with what `buffers` has of the same size.
    ///
    /// `rv` is the redundancy version where the assignment has none.
    pub fn block(
        &mut self,
        stream: StreamView<'_>,
        controlled: &mut ControlledSubframe,
        (assignment, control_symbols): (DlAssignment, usize),
        rnti: Rnti,
        rv: RedundancyVersion,
        buffers: &mut SoftBuffers,
    ) -> Option<TransportBlock> {
        let symbols = controlled.sent;
        if !self.estimator.complete(stream, &mut controlled.subframe, 0..symbols) {
            return None;
        }
        let number = controlled.subframe.number.rem_euclid(10) as usize;
        let downlink = DownlinkSubframe { number, control_symbols, symbols };
        let grid = &controlled.subframe.grid;
        let soft = pdsch::soft_bits(grid, &controlled.channel, &self.cell, &downlink, assignment.prbs, rnti);
        let buffer = buffers.of(assignment.tbs)?;
        buffer.add(&soft, assignment.rv.unwrap_or(rv));
        buffer.decode(&mut self.turbo, TURBO_ITERATIONS)
    }
}

impl SoftBuffers {
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
    fn add(&mut self, key: DciKey, dci: SoftDci) -> &SoftDci {
        let at = match self.0.iter().position(|(k, _)| *k == key) {
            Some(at) => {
                let sum = &mut self.0[at].1;
                llr::combine(&mut sum.streams, &dci.streams);
                sum.count += dci.count;
                sum.power += dci.power;
                at
            }
            None => {
                self.0.push((key, dci));
                self.0.len() - 1
            }
        };
        &self.0[at].1
    }
}

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
    coding::{convolutional::ConvolutionalDecoder, llr::Llr, rate_match::RedundancyVersion, turbo::TurboDecoder},
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
pub struct DciSums(Vec<(DciKey, Vec<Llr>)>);

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
        let mut found: Vec<(DlAssignment, usize)> = Vec::new();
        for &(symbols, m_i) in &controlled.shapes {
            let Some(region) = ControlRegion::new(&self.cell, in_frame, symbols, m_i) else { continue };
            let soft = region.soft_bits(&controlled.subframe.grid, &controlled.channel);
            for candidate in region.common_search_space() {
                let Some(soft) = soft.get(candidate.bits()) else { continue };
                for format in DciFormat::ALL {
                    let payload_bits = format.payload_bits(bandwidth, duplex);
                    let streams = pdcch::streams(soft, payload_bits);
                    let mut assignment = self.decode_dci(&streams, rnti, format);
                    if let Some((sums, rv)) = &mut sums {
                        let key = (symbols, m_i, format, candidate.first_cce, candidate.aggregation);
                        let sum = sums.add(key, &streams, &self.difference(format, *rv));
                        if assignment.is_none() {
                            let mut sum = sum.to_vec();
                            lte_dsp::coding::llr::flip(&mut sum, &self.difference(format, *rv));
                            assignment = self.decode_dci(&sum, rnti, format);
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

    fn decode_dci(&mut self, streams: &[Llr], rnti: Rnti, format: DciFormat) -> Option<DlAssignment> {
        let decoded = pdcch::decode(streams, rnti, &mut self.viterbi)?;
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

impl DciSums {
    /// Adds soft bits, turned to redundancy version 0 by `difference`, and gives the sum.
    fn add(&mut self, key: DciKey, streams: &[Llr], difference: &[u8]) -> &[Llr] {
        let mut turned = streams.to_vec();
        lte_dsp::coding::llr::flip(&mut turned, difference);
        let at = match self.0.iter().position(|(k, _)| *k == key) {
            Some(at) => {
                lte_dsp::coding::llr::combine(&mut self.0[at].1, &turned);
                at
            }
            None => {
                self.0.push((key, turned));
                self.0.len() - 1
            }
        };
        &self.0[at].1
    }
}

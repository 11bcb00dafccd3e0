//! Every channel against resource grids of an independent transmitter (`vectors/README.md`): what it sent is decoded,
//! and what we would send for the same content is what it mapped.

use std::{fs, path::PathBuf};

use lte_dsp::{
    cell::{
        AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource, Rnti, Sfn, TddAssignment,
    },
    channels::{
        CellConfig,
        dci::{self, DciFormat},
        pbch::{self, Mib},
        pcfich::{self, Cfi},
        pdcch::{self, Candidate, ControlRegion},
        pdsch::{self, DownlinkSubframe, SoftBuffer},
        phich_mapping,
    },
    coding::{bits, convolutional::ConvolutionalDecoder, rate_match::RedundancyVersion, turbo::TurboDecoder},
    grid::{ChannelEstimate, ResourceGrid, equalise::Element},
};
use num_complex::Complex32;
use serde_json::Value;

/// One row of the README's table.
struct Case {
    name: &'static str,
    sfn: u16,
    cfi: usize,
    cell: CellConfig,
}

fn cases() -> Vec<Case> {
    use {AntennaPorts::*, Bandwidth::*, CyclicPrefix::*, Duplex::*};
    let case = |name, pci, sfn, cfi, bandwidth, ports, cp, duplex, phich_resource| {
        let pci = Pci::new(pci).expect("in range");
        let phich_duration = PhichDuration::Normal;
        Case { name, sfn, cfi, cell: CellConfig { pci, duplex, cp, bandwidth, ports, phich_duration, phich_resource } }
    };
    vec![
        case("fdd-6rb-1port", 7, 14, 3, Rb6, One, Normal, Fdd, PhichResource::One),
        case("fdd-15rb-2port", 130, 1016, 3, Rb15, Two, Normal, Fdd, PhichResource::One),
        case("fdd-25rb-4port", 400, 240, 2, Rb25, Four, Normal, Fdd, PhichResource::Half),
        case("fdd-50rb-2port-dci1c", 55, 600, 2, Rb50, Two, Normal, Fdd, PhichResource::One),
        case("fdd-50rb-1port-extcp", 56, 312, 2, Rb50, One, Extended, Fdd, PhichResource::One),
        case("tdd2-50rb-2port", 210, 48, 2, Rb50, Two, Normal, Tdd, PhichResource::One),
        case("fdd-100rb-2port", 333, 902, 1, Rb100, Two, Normal, Fdd, PhichResource::Two),
    ]
}

fn vectors() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

impl Case {
    /// The grids of the antenna ports, or `None` where this subframe is not among the vectors.
    fn sent(&self, subframe: usize) -> Option<Vec<ResourceGrid>> {
        let path = vectors().join(format!("{}.sfn{}.sf{subframe}.ci8", self.name, self.sfn));
        let bytes = fs::read(path).ok()?;
        let mut values = bytes.chunks_exact(2).map(|z| Complex32::new(z[0] as i8 as f32, z[1] as i8 as f32) / 100.0);
        let mut grids = vec![self.empty(); self.cell.ports.count()];
        for element in grids.iter_mut().flat_map(|grid| grid.elements_mut()) {
            *element = values.next().expect("a whole grid for each port");
        }
        assert!(values.next().is_none(), "{}: more than the ports' grids", self.name);
        Some(grids)
    }

    fn empty(&self) -> ResourceGrid {
        ResourceGrid::new(self.cell.cp, self.cell.bandwidth)
    }

    /// What one antenna receives of `sent` through channels of gain 1, and that channel.
    fn received(&self, sent: &[ResourceGrid]) -> (ResourceGrid, ChannelEstimate) {
        let mut sum = self.empty();
        for grid in sent {
            sum.elements_mut().iter_mut().zip(grid.elements()).for_each(|(sum, x)| *sum += x);
        }
        let gains = vec![Complex32::ONE; self.cell.bandwidth.subcarriers()];
        let noise = vec![0.1; self.cell.bandwidth.n_rb_dl()];
        (sum, ChannelEstimate::still(vec![gains; sent.len()], noise))
    }

    /// All SI transmissions with their subframe numbers.
    fn transmissions(&self) -> Vec<(usize, Value)> {
        let text = fs::read_to_string(vectors().join(format!("{}.jsonl", self.name))).expect("a list of transmissions");
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
            .map(|value| (number(&value, "subframe"), value))
            .collect()
    }

    /// dl-Bandwidth, phich-Config, the eight upper bits of the SFN and ten spare bits. TS 36.331 §6.2.2.
    fn mib(&self) -> Mib {
        let bandwidth = Bandwidth::ALL.iter().position(|b| *b == self.cell.bandwidth).expect("one of six") as u32;
        let phich = self.cell.phich_resource as u32;
        Mib::new(bandwidth << 21 | phich << 18 | u32::from(self.sfn / 4) << 10)
    }

    fn region(&self, subframe: usize) -> ControlRegion {
        let m_i = match self.cell.duplex {
            Duplex::Fdd => 1,
            Duplex::Tdd => phich_mapping::factor(TddAssignment::new(2).expect("in range"), subframe),
        };
        ControlRegion::new(&self.cell, subframe, self.control_symbols(), m_i).expect("a region of the standard")
    }

    fn control_symbols(&self) -> usize {
        self.cfi().control_symbols(self.cell.bandwidth)
    }

    fn cfi(&self) -> Cfi {
        Cfi::ALL[self.cfi - 1]
    }

    fn downlink(&self, subframe: usize) -> DownlinkSubframe {
        let special = self.cell.duplex == Duplex::Tdd && subframe == 1;
        let whole = self.cell.cp.symbols_per_subframe();
        let symbols = if special { pdsch::dwpts_symbols(7, self.cell.cp).expect("exists") } else { whole };
        DownlinkSubframe { number: subframe, control_symbols: self.control_symbols(), symbols }
    }
}

fn number(value: &Value, key: &str) -> usize {
    value[key].as_u64().unwrap_or_else(|| panic!("no number {key}")) as usize
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("no text {key}"))
}

fn payload(value: &Value) -> Vec<u8> {
    text(value, "dci_bits").bytes().map(|bit| bit - b'0').collect()
}

fn transport_block(value: &Value) -> Vec<u8> {
    let hex = text(value, "tb_hex");
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect()
}

fn prbs(value: &Value, key: &str) -> Vec<usize> {
    value[key].as_array().expect("a list").iter().map(|n| n.as_u64().expect("a number") as usize).collect()
}

/// Panics unless `ours` and `theirs` are the same on `elements`, as far as 8 bits tell; a transmitter may send a channel
/// with more power than the reference signals, so one positive factor for all ports is free.
fn assert_same(what: &str, ours: &[ResourceGrid], theirs: &[ResourceGrid], elements: &[Element]) {
    let of = |grids: &[ResourceGrid]| -> Vec<Complex32> {
        grids.iter().flat_map(|grid| elements.iter().map(|&element| grid[element])).collect()
    };
    let (ours, theirs) = (of(ours), of(theirs));
    let energy = |values: &[Complex32]| values.iter().map(Complex32::norm_sqr).sum::<f32>();
    let factor = (energy(&theirs) / energy(&ours)).sqrt();
    assert!((0.99..1.42).contains(&factor), "{what}: {factor} times our amplitude");
    for (i, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        let element = elements[i % elements.len()];
        let difference = (ours * factor - theirs).norm();
        assert!(difference < 0.01, "{what}: value {i} at {element:?}: {ours} for {theirs}");
    }
}

#[test]
fn every_mib_is_decoded_and_mapped_alike() {
    let mut decoder = ConvolutionalDecoder::default();
    for case in cases() {
        let sent = case.sent(0).expect("subframe 0 is among the vectors");
        let (received, channel) = case.received(&sent);
        let (pci, cp, quarter) = (case.cell.pci, case.cell.cp, usize::from(case.sfn % 4));
        let mut coded = [0.0; pbch::CODED_BITS];
        let burst = pbch::burst_soft_bits(&received, &channel, pci, cp, case.cell.ports);
        pbch::accumulate(&burst, pci, cp, quarter, &mut coded);
        let decoded = pbch::decode(&coded, &mut decoder).unwrap_or_else(|| panic!("{}: no MIB", case.name));
        assert_eq!((decoded.mib, decoded.ports), (case.mib(), case.cell.ports), "{}", case.name);
        assert!(decoded.agreement > 0.99, "{}: {}", case.name, decoded.agreement);

        let mut ours = vec![case.empty(); sent.len()];
        pbch::encode_burst(case.mib(), pci, cp, case.cell.ports, quarter, &mut ours);
        assert_same(case.name, &ours, &sent, &pbch::elements(pci, cp, received.subcarriers()));
    }
}

#[test]
fn every_cfi_is_decoded_and_mapped_alike() {
    for case in cases() {
        for subframe in [0, 1, 5] {
            let Some(sent) = case.sent(subframe) else { continue };
            let (received, channel) = case.received(&sent);
            let agreements = pcfich::agreements(&pcfich::soft_bits(&received, &channel, &case.cell, subframe));
            for (cfi, agreement) in Cfi::ALL.into_iter().zip(agreements) {
                assert_eq!(agreement > 0.9, cfi == case.cfi(), "{} subframe {subframe}: {agreements:?}", case.name);
            }
            let mut ours = vec![case.empty(); sent.len()];
            pcfich::encode(case.cfi(), &case.cell, subframe, &mut ours);
            assert_same(case.name, &ours, &sent, &pcfich::elements(&case.cell));
        }
    }
}

#[test]
fn every_si_transmission_is_decoded() {
    let (mut viterbi, mut turbo) = (ConvolutionalDecoder::default(), TurboDecoder::default());
    let mut decoded = 0;
    for case in cases() {
        for (subframe, expected) in case.transmissions() {
            let what = format!("{} subframe {subframe}", case.name);
            let sent = case.sent(subframe).unwrap_or_else(|| panic!("{what}: no grid"));
            let (received, channel) = case.received(&sent);
            let region = case.region(subframe);
            let mut soft = Vec::new();
            region.soft_bits(&received, &channel, &mut soft);

            let (cell, bandwidth, duplex) = (&case.cell, case.cell.bandwidth, case.cell.duplex);
            let mut found = Vec::new();
            for candidate in region.common_search_space() {
                for format in DciFormat::ALL {
                    let mut streams = Vec::new();
                    let order = pdcch::buffer(format.payload_bits(bandwidth, duplex));
                    pdcch::streams(&soft[candidate.bits()], &order, &mut streams);
                    let dci = pdcch::decode(&streams, Rnti::SI, &mut viterbi).filter(|dci| dci.agreement > 0.99);
                    found.extend(dci.map(|dci| (candidate, format, dci.payload.to_vec())));
                }
            }
            let format = match text(&expected, "dci_format") {
                "1A" => DciFormat::Format1A,
                _ => DciFormat::Format1C,
            };
            let first_cce = number(&expected, "first_cce");
            let candidate = Candidate { first_cce, aggregation: number(&expected, "aggregation_cces") };
            // Where nothing follows it, a DCI on four elements is seen on eight too.
            assert!(found.contains(&(candidate, format, payload(&expected))), "{what}: {found:?}");
            assert!(found.iter().all(|(_, _, found)| *found == payload(&expected)), "{what}: {found:?}");

            let assignment = dci::parse(format, &payload(&expected), bandwidth, duplex).expect("an assignment");
            let slots = assignment.prbs.map(|slot| slot.iter().collect::<Vec<_>>());
            assert_eq!(slots, [prbs(&expected, "prbs"), prbs(&expected, "prbs_slot1")], "{what}");
            assert_eq!(assignment.tbs, number(&expected, "tbs"), "{what}");
            // Format 1C does not tell the version: subframe 5 of an even frame is SIB1's, and the window of the
            // SI message starts in subframe 0.
            let implied =
                if subframe == 5 { dci::sib1_rv(Sfn::wrapping(case.sfn.into())) } else { dci::si_rv(subframe) };
            let rv = assignment.rv.unwrap_or(implied);
            assert_eq!(usize::from(rv.get()), number(&expected, "rv"), "{what}");

            let subframe = case.downlink(subframe);
            let mut elements = Vec::new();
            pdsch::elements(cell, &subframe, assignment.prbs, &mut elements);
            pdsch::soft_bits(&received, &channel, cell, subframe.number, Rnti::SI, &elements, &mut soft);
            assert_eq!(soft.len(), number(&expected, "coded_bits"), "{what}");
            let mut buffer = SoftBuffer::new(assignment.tbs).expect("one code block");
            buffer.add(&soft, rv);
            let block = buffer.decode(&mut turbo, 8).unwrap_or_else(|| panic!("{what}: no transport block"));
            assert_eq!(block.bytes(), transport_block(&expected), "{what}");
            decoded += 1;
        }
    }
    assert_eq!(decoded, 16);
}

#[test]
fn every_si_transmission_is_mapped_alike() {
    for case in cases() {
        for (subframe, expected) in case.transmissions() {
            let what = format!("{} subframe {subframe}", case.name);
            let sent = case.sent(subframe).unwrap_or_else(|| panic!("{what}: no grid"));
            let mut ours = vec![case.empty(); sent.len()];

            let region = case.region(subframe);
            let (first_cce, aggregation) = (number(&expected, "first_cce"), number(&expected, "aggregation_cces"));
            region.map(first_cce, &pdcch::encode_dci(&payload(&expected), Rnti::SI, aggregation), &mut ours);
            assert_same(&what, &ours, &sent, &region.elements(first_cce..first_cce + aggregation));

            let slots = ["prbs", "prbs_slot1"].map(|slot| prbs(&expected, slot).into_iter().collect());
            let rv = RedundancyVersion::ALL[number(&expected, "rv")];
            let block = bits::unpack(&transport_block(&expected));
            let subframe = case.downlink(subframe);
            pdsch::encode(&block, rv, &case.cell, &subframe, slots, Rnti::SI, &mut ours);
            let mut elements = Vec::new();
            pdsch::elements(&case.cell, &subframe, slots, &mut elements);
            assert_same(&what, &ours, &sent, &elements);
        }
    }
}

/// Before SIB1 the factor m_i of TDD is unknown: of all that subframe 5 may have, only the right one finds the DCI.
#[test]
fn a_wrong_phich_factor_finds_nothing() {
    let case = cases().into_iter().find(|case| case.cell.duplex == Duplex::Tdd).expect("one is TDD");
    let sent = case.sent(5).expect("subframe 5 is among the vectors");
    let (received, channel) = case.received(&sent);
    let mut viterbi = ConvolutionalDecoder::default();
    let mut found = |m_i| {
        let region = ControlRegion::new(&case.cell, 5, case.control_symbols(), m_i).expect("a region of the standard");
        let (mut soft, mut streams) = (Vec::new(), Vec::new());
        region.soft_bits(&received, &channel, &mut soft);
        let order = pdcch::buffer(DciFormat::Format1A.payload_bits(case.cell.bandwidth, case.cell.duplex));
        region.common_search_space().any(|candidate| {
            pdcch::streams(&soft[candidate.bits()], &order, &mut streams);
            pdcch::decode(&streams, Rnti::SI, &mut viterbi).is_some()
        })
    };
    let factors = phich_mapping::possible_factors(Duplex::Tdd, 5);
    assert_eq!(factors.map(|m_i| (m_i, found(m_i))).collect::<Vec<_>>(), [(0, true), (1, false), (2, false)]);
}

//! Every kind of cell sends its broadcast so that the receiver's channel decoders get it back, over known gains.

use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci, PhichDuration, PhichResource, Rnti, Sfn, TddAssignment},
    channels::{
        dci::{self, DciFormat, si_rv, sib1_rv},
        pbch,
        pcfich::{self, Cfi},
        pdcch::{self, ControlRegion},
        pdsch::{self, DownlinkSubframe, SoftBuffer},
        phich_mapping,
    },
    coding::{convolutional::ConvolutionalDecoder, turbo::TurboDecoder},
    grid::{ChannelEstimate, ResourceGrid},
};
use num_complex::Complex32;
use testsignal::{
    CellConfig, TddConfig,
    broadcast::{Plmn, STmsi, SystemInformation, mib, paging, sib1, system_information},
    frame_structure::subframe,
    random::{Purpose, generator},
    schedule::SiFormat,
    subframe::Transmitter,
};

fn cell(pci: u16, bandwidth: Bandwidth, ports: AntennaPorts) -> CellConfig {
    let mut cell = CellConfig::new(Pci::new(pci).expect("in range"), bandwidth, 1.84e9);
    cell.antenna_ports = ports;
    let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
    cell.system_information = Some(SystemInformation::new(plmn, 0x2E11, 0x3F0_D101));
    cell.scheduling.load = 0.7;
    cell.scheduling.phich = true;
    if bandwidth == Bandwidth::Rb6 {
        cell.scheduling.cfi = 3;
    }
    cell
}

/// The ports' grids through gains that differ by port, and the estimate that says so.
fn receive(cell: &CellConfig, grids: &[ResourceGrid]) -> (ResourceGrid, ChannelEstimate) {
    let mut received = ResourceGrid::new(cell.cp, cell.bandwidth);
    let mut ports = Vec::new();
    for (port, grid) in grids.iter().enumerate() {
        let gain = Complex32::from_polar(1.0 + 0.2 * port as f32, 0.9 * port as f32);
        for (sum, x) in received.elements_mut().iter_mut().zip(grid.elements()) {
            *sum += gain * x;
        }
        ports.push(vec![gain; cell.bandwidth.subcarriers()]);
    }
    (received, ChannelEstimate::still(ports, vec![1e-3; cell.bandwidth.n_rb_dl()]))
}

/// The transport block for `rnti` in subframe `n`, found as a receiver would: PCFICH, PDCCH, PDSCH.
fn decode_block(cell: &CellConfig, grids: &[ResourceGrid], n: usize, rnti: Rnti, format_1c_rv: u8) -> Option<Vec<u8>> {
    let (mapping, (received, estimate)) = (cell.mapping(), receive(cell, grids));
    let agreements = pcfich::agreements(&pcfich::soft_bits(&received, &estimate, &mapping, n));
    let cfi = Cfi::ALL.into_iter().zip(agreements).find(|(_, agreement)| *agreement > 0.99)?.0;
    let control_symbols = cfi.control_symbols(cell.bandwidth);
    let m_i = cell.tdd.map_or(1, |tdd| phich_mapping::factor(TddAssignment::new(tdd.assignment).expect("in range"), n));
    let region = ControlRegion::new(&mapping, n, control_symbols, m_i)?;
    let (mut soft, mut streams, mut elements) = (Vec::new(), Vec::new(), Vec::new());
    region.soft_bits(&received, &estimate, &mut soft);
    let mut decoder = ConvolutionalDecoder::default();
    let assignment = region.common_search_space().find_map(|candidate| {
        DciFormat::ALL.into_iter().find_map(|format| {
            let order = pdcch::buffer(format.payload_bits(cell.bandwidth, cell.duplex()));
            pdcch::streams(&soft[candidate.bits()], &order, &mut streams);
            let dci = pdcch::decode(&streams, rnti, &mut decoder)?;
            dci::parse(format, dci.payload, cell.bandwidth, cell.duplex())
        })
    })?;
    let symbols = subframe(cell, n).symbols(cell.cp);
    let shape = DownlinkSubframe { number: n, control_symbols, symbols };
    pdsch::elements(&mapping, &shape, assignment.prbs, &mut elements);
    pdsch::soft_bits(&received, &estimate, &mapping, n, rnti, &elements, &mut soft);
    let rv = assignment.rv.or(lte_dsp::coding::rate_match::RedundancyVersion::new(format_1c_rv))?;
    let mut buffer = SoftBuffer::new(assignment.tbs)?;
    buffer.add(&soft, rv);
    Some(buffer.decode(&mut TurboDecoder::default(), 8)?.bytes().to_vec())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sends 16 frames of a cell and takes its MIB, SIB1 and SI message out of each place they must be in.
fn assert_broadcast(cell: &CellConfig) {
    let what = format!(
        "PCI {} {:?} {:?} {:?} {:?} {:?}",
        cell.pci, cell.bandwidth, cell.antenna_ports, cell.cp, cell.tdd, cell.scheduling.si_format
    );
    let si = cell.system_information.as_ref().expect("broadcast");
    let mut transmitter = Transmitter::new(cell, generator(1, Purpose::Traffic { cell: 0 })).expect("valid");
    let mut coded = [0.0; pbch::CODED_BITS];
    let (mut sib1_found, mut si_found) = (0, 0);
    for sfn in (1020..1036).map(Sfn::wrapping) {
        for n in 0..10 {
            let grids = transmitter.subframe(sfn, n);
            if n == 0 {
                let (received, estimate) = receive(cell, &grids);
                let burst = pbch::burst_soft_bits(&received, &estimate, cell.pci, cell.cp, cell.antenna_ports);
                let quarter = usize::from(sfn.get() % 4);
                pbch::accumulate(&burst, cell.pci, cell.cp, quarter, &mut coded);
                if quarter == 3 {
                    let decoded = pbch::decode(&coded, &mut ConvolutionalDecoder::default()).expect("a MIB");
                    assert_eq!(hex(&decoded.mib.bytes()), mib(cell, sfn).hex(), "{what}");
                    assert_eq!(decoded.ports, cell.antenna_ports, "{what}");
                    coded.fill(0.0);
                }
            }
            // The only SI message's window is the first 20 ms of every 16 frames.
            let (is_sib1, frame) = (n == 5 && sfn.get() % 2 == 0, usize::from(sfn.get() % 16));
            let expected = match (is_sib1, frame) {
                (true, _) => sib1(si, cell.tdd, cell.cp),
                (false, 0 | 1) => system_information(si, 0),
                _ => continue,
            };
            let rv = if is_sib1 { sib1_rv(sfn) } else { si_rv(10 * frame + n) };
            let Some(block) = decode_block(cell, &grids, n, Rnti::SI, rv.get()) else {
                assert!(!is_sib1 || matches!(rv.get(), 2 | 3), "{what}: SIB1 of SFN {sfn}");
                continue;
            };
            let (got, expected) = (hex(&block), expected.hex());
            assert!(got.starts_with(&expected), "{what}: {got} {expected}");
            assert!(got[expected.len()..].bytes().all(|digit| digit == b'0'), "{what}: {got}");
            *(if is_sib1 { &mut sib1_found } else { &mut si_found }) += 1;
        }
    }
    assert!(sib1_found >= 4 && si_found >= 2, "{what}: {sib1_found} SIB1, {si_found} SI");
}

#[test]
fn all_bandwidths_and_ports() {
    for (i, bandwidth) in Bandwidth::ALL.into_iter().enumerate() {
        for (j, ports) in AntennaPorts::ALL.into_iter().enumerate() {
            assert_broadcast(&cell(83 * i as u16 + 31 * j as u16, bandwidth, ports));
        }
    }
}

#[test]
fn all_formats() {
    for si_format in [SiFormat::Localised1A, SiFormat::Distributed1A, SiFormat::Format1C] {
        for bandwidth in [Bandwidth::Rb15, Bandwidth::Rb50, Bandwidth::Rb100] {
            let mut cell = cell(400, bandwidth, AntennaPorts::Two);
            cell.scheduling.si_format = si_format;
            assert_broadcast(&cell);
        }
    }
}

#[test]
fn all_tdd_configurations_and_prefixes() {
    for cp in [CyclicPrefix::Normal, CyclicPrefix::Extended] {
        for assignment in 0..7 {
            let mut cell = cell(210, Bandwidth::Rb25, AntennaPorts::Two);
            let special_subframe = (assignment + 3) % 8;
            (cell.cp, cell.tdd) = (cp, Some(TddConfig { assignment, special_subframe }));
            assert_broadcast(&cell);
        }
    }
}

#[test]
fn all_phich_settings_and_control_formats() {
    for phich_resource in [PhichResource::OneSixth, PhichResource::Half, PhichResource::One, PhichResource::Two] {
        for phich_duration in [PhichDuration::Normal, PhichDuration::Extended] {
            for cfi in 1..=3 {
                let mut cell = cell(55, Bandwidth::Rb50, AntennaPorts::Four);
                (cell.phich_duration, cell.phich_resource, cell.scheduling.cfi) = (phich_duration, phich_resource, cfi);
                assert_broadcast(&cell);
            }
        }
    }
}

#[test]
fn paging_is_for_its_own_rnti() {
    let mut cell = cell(77, Bandwidth::Rb25, AntennaPorts::Two);
    cell.scheduling.paging = true;
    let mut transmitter = Transmitter::new(&cell, generator(1, Purpose::Traffic { cell: 0 })).expect("valid");
    let grids = transmitter.subframe(Sfn::wrapping(4), 9);
    assert_eq!(decode_block(&cell, &grids, 9, Rnti::SI, 0), None);
    let block = decode_block(&cell, &grids, 9, Rnti::P, 0).expect("a paging message");
    assert!(hex(&block).starts_with(&paging(&[STmsi { mmec: 1, m_tmsi: 0x0123_4567 }]).hex()));
}

/// A control region without room for a DCI of the common search space is refused, not left out.
#[test]
fn too_narrow_a_control_region_is_refused() {
    let mut cell = cell(0, Bandwidth::Rb6, AntennaPorts::One);
    cell.scheduling.cfi = 1;
    let error = Transmitter::new(&cell, generator(1, Purpose::Traffic { cell: 0 })).err().expect("refused");
    assert_eq!(error.what, "cfi");
}

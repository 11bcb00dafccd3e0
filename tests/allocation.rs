//! The signal path asks for no memory once it runs: each stage is warm after its first samples, and so is the loop of
//! `receive` once its cells have told everything, between searches.
//!
//! Only a message that is decoded is kept in memory of its own: that is counted and bounded.

mod memory;

use std::sync::{Arc, atomic::AtomicBool};

use allocation_counter::measure;
use cellwarden_core::observation::Observation;
use cellwarden_receiver::{ReceiverSettings, receive};
use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, Rnti, mbsfn::MbsfnSubframes},
    coding::rate_match::RedundancyVersion,
    fft::Transforms,
    frontend::{
        SampleFormat,
        channelise::{CarrierStream, Channeliser, StreamView},
        convert,
        correction::Corrector,
        ofdm::{CellSync, OfdmDemodulator},
        resample::Resampler,
        sample_buffer::SampleBuffer,
        spectra::BlockSpectra,
    },
    grid::channel_estimate::ChannelEstimator,
    receive::{BlockReceiver, SoftBuffers},
    search::{FoundCell, Nominal, Tracker, statistics::ChannelStatistics},
    units::{Hertz, SampleRate},
};
use memory::Memory;
use num_complex::Complex32;
use testsignal::{CellConfig, Scenario};

const CARRIER_HZ: f64 = 1.84e9;
/// Between searches: the second comes in the eighth chunk of 160 ms, the third in the fifteenth.
const CHUNKS: [usize; 2] = [9, 13];
const CHUNK_SECONDS: f64 = 0.16;
/// A decoded assignment and block: the list of the one, the bytes of the other.
const MAX_PER_BLOCK: u64 = 2;
/// Paging with one record: those, and what its decoder makes of it.
const MAX_PER_MESSAGE: i64 = 12;

fn cell(pci: u16, bandwidth: Bandwidth, carrier_hz: f64) -> CellConfig {
    let mut cell = CellConfig::broadcasting(pci, bandwidth, carrier_hz);
    cell.antenna_ports = AntennaPorts::Two;
    cell.scheduling.load = 0.5;
    cell
}

/// Allocations of `work`, the third time that it is done.
fn warm(mut work: impl FnMut()) -> u64 {
    work();
    work();
    measure(work).count_total
}

#[test]
fn stages_that_are_warm_allocate_nothing() {
    let sent = cell(301, Bandwidth::Rb25, CARRIER_HZ);
    let mapping = sent.mapping();
    let rate = SampleRate::new(5.76e6).expect("positive");
    let samples = Scenario::new(rate.hz(), CARRIER_HZ, 0.1, vec![sent]).generate().expect("a valid scenario");
    let stream = StreamView { samples: &samples, first: 0, rate, centre: Hertz(0.0) };

    let (bytes, mut converted) = (vec![3; 2 * samples.len()], samples.clone());
    assert_eq!(warm(|| assert_eq!(convert(SampleFormat::Ci8, &bytes, &mut converted), 0)), 0, "conversion");
    let mut corrector = Corrector::new(28_800);
    assert_eq!(warm(|| _ = corrector.correct(&mut converted)), 0, "correction");
    let (mut resampler, mut resampled) =
        (Resampler::new(SampleRate::new(5e6).expect("positive"), rate), SampleBuffer::new());
    let resample = || {
        resampled.resize(0);
        resampler.push(&converted[..100_000], &mut resampled);
    };
    assert_eq!(warm(resample), 0, "resampling");
    let (mut transforms, mut spectra) = (Transforms::new(), BlockSpectra::empty(rate));
    assert_eq!(warm(|| spectra.renew(&mut transforms, &samples)), 0, "spectra");
    let mut channeliser = Channeliser::new();
    let mut middle = CarrierStream::empty(SampleRate::LTE_1_4_MHZ, Hertz(0.0));
    assert_eq!(warm(|| channeliser.renew(&mut middle, &spectra, Hertz(0.0))), 0, "taking a carrier out");

    let sync = CellSync {
        pci: mapping.pci,
        duplex: mapping.duplex,
        cp: mapping.cp,
        frame_start: 0.0,
        clock_excess: 0.0,
        offset: Hertz(0.0),
        mbsfn: MbsfnSubframes::default(),
    };
    let (mut demodulator, mut elements) = (OfdmDemodulator::new(), [Complex32::ZERO; 300]);
    assert_eq!(warm(|| assert!(demodulator.symbol(stream, &sync, 10, 3, &mut elements))), 0, "demodulation");
    let nominal = Nominal::tied(Hertz(0.0), Hertz(CARRIER_HZ));
    let mut tracker = Tracker::new();
    for stream in [stream, middle.view()] {
        assert_eq!(warm(|| assert!(tracker.follow(stream, sync, &nominal).is_some())), 0, "tracking");
    }

    let power = samples.iter().map(Complex32::norm_sqr).sum::<f32>() / samples.len() as f32 / 300.0;
    // Of these the second reads the neighbours of a subframe too.
    for noise in [1e-3, 0.2] {
        let statistics =
            ChannelStatistics { power, noise: power * noise, delay_spread: 1e-7, doppler: 5.0, quality: 0.1 };
        let found = FoundCell { sync, statistics, strength: 100.0 };
        let mut receiver = BlockReceiver::new(ChannelEstimator::new(sync, mapping.bandwidth, statistics), mapping);
        let mut buffers = SoftBuffers::default();
        let mut receive = |rnti: Rnti| {
            receiver.renew(&found);
            assert!(receiver.read(stream, 25, 14), "within the stream");
            buffers.start_over();
            let assignments = receiver.assignments(rnti, None);
            let block = assignments.first().and_then(|assignment| {
                receiver.block(stream, *assignment, rnti, RedundancyVersion::ALL[0], &mut buffers)
            });
            assert_eq!(block.is_some(), rnti == Rnti::SI);
        };
        assert_eq!(warm(|| receive(Rnti::P)), 0, "a subframe without an assignment");
        assert!(warm(|| receive(Rnti::SI)) <= MAX_PER_BLOCK, "a subframe with SIB1");
    }
}

/// Allocations from chunk to chunk while the cells are followed, and paging messages heard meanwhile.
///
/// The pool allocates for its own queues now and then, at no fixed place, so each length is received twice and the run
/// with fewer allocations counts. Negative where the longer recording allocated less.
fn while_following(mut scenario: Scenario) -> (i64, i64) {
    let carriers: Vec<Hertz> = scenario.cells.iter().map(|cell| Hertz(cell.carrier_hz)).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    scenario.seconds = CHUNKS[1] as f64 * CHUNK_SECONDS;
    let samples = scenario.generate().expect("a valid scenario");
    let receive_chunks = |chunks: usize| {
        let length = (chunks as f64 * CHUNK_SECONDS * scenario.sample_rate_hz) as usize;
        let mut source = Memory::new(&scenario, samples[..length].to_vec());
        let settings = ReceiverSettings {
            carriers: Some(carriers.clone()),
            crystal: None,
            stop: Arc::new(AtomicBool::new(false)),
            backlog: Default::default(),
            level_of: None,
        };
        pool.install(|| {
            let mut heard: Vec<Observation> = Vec::new();
            let count = measure(|| heard = receive(&mut source, &settings, &|_| {}).expect("samples").observations);
            assert_eq!(heard.len(), carriers.len(), "cells");
            let facts = heard.iter().map(|cell| &cell.broadcast);
            assert!(facts.clone().all(|facts| facts.scheduled_sibs.iter().all(|sib| facts.decoded_sibs.contains(sib))));
            let messages: u32 = facts.filter_map(|facts| facts.paging.as_ref()).map(|paging| paging.messages).sum();
            (count.count_total as i64, i64::from(messages))
        })
    };
    // Plans the thread's transforms.
    receive_chunks(CHUNKS[0]);
    let [(fewer, before), (more, after)] = CHUNKS.map(|chunks| receive_chunks(chunks).min(receive_chunks(chunks)));
    (more - fewer, after - before)
}

/// In the recording itself.
#[test]
fn following_a_cell_allocates_nothing() {
    let scenario = Scenario::new(5.76e6, CARRIER_HZ, 1.0, vec![cell(301, Bandwidth::Rb25, CARRIER_HZ)]);
    let (allocations, messages) = while_following(scenario);
    assert!(allocations <= 0 && messages == 0, "{allocations} allocations, {messages} messages");
}

/// In streams taken out of it.
#[test]
fn following_several_carriers_allocates_nothing() {
    let cells = [-1.7e6, 1.7e6].map(|offset| cell(150, Bandwidth::Rb15, CARRIER_HZ + offset));
    let (allocations, messages) = while_following(Scenario::new(7.68e6, CARRIER_HZ, 1.0, cells.to_vec()));
    assert!(allocations <= 0 && messages == 0, "{allocations} allocations, {messages} messages");
}

#[test]
fn a_paging_message_allocates_a_few_times() {
    let mut paging = cell(301, Bandwidth::Rb25, CARRIER_HZ);
    paging.scheduling.paging = true;
    let (allocations, messages) = while_following(Scenario::new(5.76e6, CARRIER_HZ, 1.0, vec![paging]));
    assert!(messages > 10, "{messages} messages");
    assert!(allocations <= MAX_PER_MESSAGE * messages, "{allocations} of {messages} messages");
}

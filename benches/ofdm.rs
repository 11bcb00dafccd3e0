//! One subframe of a 20 MHz cell at 19.2 MS/s: its symbols alone, and SIB1 from samples to a block with a good CRC.

mod meter;

use std::{hint::black_box, process::ExitCode};

use lte_dsp::{
    cell::{AntennaPorts, Bandwidth, Pci, Rnti, mbsfn::MbsfnSubframes},
    coding::rate_match::RedundancyVersion,
    frontend::{
        channelise::StreamView,
        ofdm::{CellSync, OfdmDemodulator},
    },
    grid::channel_estimate::ChannelEstimator,
    receive::{BlockReceiver, SoftBuffers},
    search::statistics::ChannelStatistics,
    units::{Hertz, SampleRate},
};
use meter::{Amount, Floor, Meter};
use num_complex::Complex32;
use testsignal::{
    CellConfig, Scenario,
    broadcast::{Plmn, SystemInformation},
};

const CARRIER_HZ: f64 = 1.84e9;
const RATE_HZ: f64 = 19.2e6;
/// SIB1's subframe in an even frame. TS 36.331 §5.2.1.2.
const NUMBER: i64 = 5;
const SYMBOLS: usize = 14;
const POINTS: usize = 1280;

fn main() -> ExitCode {
    let mut meter = Meter::new();
    let mut sent = CellConfig::new(Pci::new(301).expect("in range"), Bandwidth::Rb100, CARRIER_HZ);
    sent.antenna_ports = AntennaPorts::Two;
    let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
    sent.system_information = Some(SystemInformation::new(plmn, 0x2E11, 0x3F0_D101));
    let cell = sent.mapping();
    let samples = Scenario::new(RATE_HZ, CARRIER_HZ, 0.01, vec![sent]).generate().expect("a valid scenario");
    let rate = SampleRate::new(RATE_HZ).expect("positive");
    let stream = StreamView { samples: &samples, first: 0, rate, centre: Hertz(0.0) };
    let sync = CellSync {
        pci: cell.pci,
        duplex: cell.duplex,
        cp: cell.cp,
        frame_start: 0.0,
        clock_excess: 0.0,
        offset: Hertz(0.0),
        mbsfn: MbsfnSubframes::default(),
    };
    let subframe = Amount::Samples(RATE_HZ as usize / 1000, 1e-3);

    let mut demodulator = OfdmDemodulator::new();
    let mut elements = vec![Complex32::ZERO; cell.bandwidth.subcarriers()];
    meter.measure("subframe_symbols", subframe, &Floor { count: SYMBOLS, len: POINTS, most: 4.0 }, || {
        for l in 0..SYMBOLS {
            let slot = 2 * NUMBER + (l / 7) as i64;
            assert!(demodulator.symbol(stream, &sync, slot, l % 7, black_box(&mut elements)), "within the stream");
        }
    });

    let power = samples.iter().map(Complex32::norm_sqr).sum::<f32>() / samples.len() as f32 / 1200.0;
    let statistics = ChannelStatistics { power, noise: power * 1e-3, delay_spread: 1e-7, doppler: 5.0, quality: 0.1 };
    let mut receiver = BlockReceiver::new(ChannelEstimator::new(sync, cell.bandwidth, statistics), cell);
    let mut buffers = SoftBuffers::default();
    meter.measure("subframe_to_block", subframe, &Floor { count: SYMBOLS, len: POINTS, most: 7.0 }, || {
        assert!(receiver.read(stream, NUMBER, SYMBOLS), "within the stream");
        buffers.start_over();
        let assignment = receiver.assignments(Rnti::SI, None).first().copied().expect("an assignment");
        let block = receiver.block(stream, assignment, Rnti::SI, RedundancyVersion::ALL[0], &mut buffers);
        assert!(block.is_some(), "a block");
    });
    meter.finish()
}

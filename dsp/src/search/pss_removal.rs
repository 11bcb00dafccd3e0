//! Takes the PSS of a cell off a stream: what is left at a peak near it tells whether the peak is a ghost of it.
//!
//! A Zadoff-Chu sequence correlates with itself shifted in time and frequency at once, and with the others everywhere a
//! little: a strong cell's PSS makes peaks at hundreds of other places, frequencies and identities.

use num_complex::Complex32;

use super::sss::{sync_places, sync_symbols};
use crate::{
    frontend::{
        channelise::CarrierStream,
        ofdm::{CellSync, OfdmDemodulator, SUBFRAME},
    },
    sequences::zadoff_chu::pss,
};

/// Elements of a PSS.
const ELEMENTS: usize = 62;
/// Elements on either side over which the channel is averaged: what is within 3 µs goes, all but a tenth of other signals
/// stays.
const REACH: usize = 5;
/// Slots a half frame.
const SLOTS: i64 = 10;

/// Place of the first PSS of a cell's frame, its prefix left out.
pub(super) fn first_pss(sync: &CellSync) -> f64 {
    sync.at(sync_places(sync.duplex, sync.cp).0)
}

/// Takes the PSS of `sync` off every half frame of `stream`, each through the channel that it shows itself.
pub(super) fn take_pss_off(demodulator: &mut OfdmDemodulator, stream: &mut CarrierStream, sync: &CellSync) {
    let ((slot, l), _) = sync_symbols(sync.duplex, sync.cp);
    let d = pss(sync.pci.n_id_2());
    let mut y = [Complex32::ZERO; ELEMENTS];
    for half_frame in sync.numbers_in(stream.view(), 5 * SUBFRAME) {
        let slot = SLOTS * half_frame + slot;
        if !demodulator.symbol(stream.view(), sync, slot, l, &mut y) {
            continue;
        }
        let gains: [Complex32; ELEMENTS] = std::array::from_fn(|k| y[k] * d[k].conj());
        let sent: [Complex32; ELEMENTS] = std::array::from_fn(|k| {
            let reach = REACH.min(k).min(ELEMENTS - 1 - k);
            let around = &gains[k - reach..=k + reach];
            around.iter().sum::<Complex32>() * d[k] / around.len() as f32
        });
        demodulator.subtract(stream, sync, slot, l, &sent);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{CyclicPrefix, Duplex, NId1, NId2, Pci, mbsfn::MbsfnSubframes},
        fft::Transforms,
        frontend::{mixer::cis, sample_buffer::SampleBuffer, spectra::BlockSpectra},
        search::{
            pss::{PssCorrelator, PssHypothesis, PssPeak},
            timing::Refiner,
        },
        units::{Hertz, SampleRate},
    };
    use rand::{RngExt, SeedableRng, rngs::StdRng};

    const HALF_FRAMES: usize = 16;

    fn cell(n_id_2: NId2, frame_start: f64, offset_hz: f64) -> CellSync {
        CellSync {
            pci: Pci::from_parts(NId1::default(), n_id_2),
            duplex: Duplex::Fdd,
            cp: CyclicPrefix::Normal,
            frame_start,
            clock_excess: 0.0,
            offset: Hertz(offset_hz),
            mbsfn: MbsfnSubframes::default(),
        }
    }

    /// Adds the cell's PSS with their prefixes to samples at 1.92 MS/s, each of this mean amplitude.
    fn add_pss(stream: &mut CarrierStream, sync: &CellSync, amplitude: f32) {
        let d = pss(sync.pci.n_id_2());
        for half_frame in 0..HALF_FRAMES {
            let start = first_pss(sync) + half_frame as f64 * 9600.0;
            for (n, x) in stream.samples.iter_mut().enumerate().skip(start as usize - 9).take(9 + 128) {
                let elements = d.iter().enumerate().map(|(i, d)| {
                    let k = if i < 31 { i as f64 - 31.0 } else { i as f64 - 30.0 };
                    d * cis(k * (n as f64 - start) / 128.0 + sync.offset.0 * n as f64 / 1.92e6)
                });
                *x += elements.sum::<Complex32>() * (amplitude / (ELEMENTS as f32).sqrt());
            }
        }
    }

    fn peaks(stream: &CarrierStream) -> (Vec<PssPeak>, f64) {
        let spectra = BlockSpectra::new(&mut Transforms::new(), &stream.samples, stream.rate);
        let mut correlator = PssCorrelator::new(spectra.block_len());
        let hypotheses = NId2::ALL.into_iter().flat_map(|n_id_2| {
            (-60..=60).step_by(5).map(move |bin| PssHypothesis { n_id_2, bin, clock_excess: bin as f64 * -0.5e-6 })
        });
        let peaks = hypotheses.flat_map(|h| correlator.peaks(&spectra, h, usize::MAX, 5.5, 8)).collect();
        (peaks, spectra.bin_hz())
    }

    /// Of a PSS taken off none of its ghosts stands out, of another cell 8 dB weaker and 26 µs later the PSS does.
    #[test]
    fn what_stands_out_of_the_rest_is_another_cell() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut uniform = || (0..4).map(|_| rng.random::<f32>() - 0.5).sum::<f32>() * 0.3;
        let samples: Vec<Complex32> = (0..HALF_FRAMES * 9600).map(|_| Complex32::new(uniform(), uniform())).collect();
        let mut stream = CarrierStream {
            samples: SampleBuffer::from(&samples[..]),
            first: 0,
            rate: SampleRate::LTE_1_4_MHZ,
            centre: Hertz(0.0),
        };
        let (own, other) = (cell(NId2::ALL[1], 1000.6, 4321.0), cell(NId2::ALL[1], 1050.0, 4000.0));
        let (mut demodulator, mut refiner) = (OfdmDemodulator::new(), Refiner::new());
        let mut standing_out = |stream: &CarrierStream| {
            let mut left = stream.clone();
            take_pss_off(&mut demodulator, &mut left, &own);
            let (peaks, bin_hz) = peaks(stream);
            let candidates = peaks.iter().filter_map(|peak| refiner.refine(stream.view(), &left.samples, peak, bin_hz));
            let standing_out = candidates.filter(|candidate| candidate.stands_out()).map(|candidate| candidate.at);
            (peaks.len(), standing_out.collect::<Vec<_>>())
        };
        add_pss(&mut stream, &own, 1.0);
        let (peaks, ghosts) = standing_out(&stream);
        assert!(peaks > 100 && ghosts.is_empty(), "of {peaks}: {ghosts:?}");
        add_pss(&mut stream, &other, 0.4);
        let (_, others) = standing_out(&stream);
        assert!(others.iter().any(|at| (at - first_pss(&other)).abs() < 0.5), "{others:?}");
    }
}

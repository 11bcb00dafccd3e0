//! What the receiver says of signals in which it finds nothing: the reason that was measured, and no other.

mod memory;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use cellwarden_core::observation::MAX_CLIPPED;
use cellwarden_receiver::{
    ReceiverError, ReceiverSettings, Reception,
    notes::{NoteCode, Unsearchable},
    receive,
};
use lte_dsp::{
    cell::{Bandwidth, Pci},
    units::Hertz,
};
use memory::Memory;
use num_complex::Complex32;
use testsignal::{CellConfig, Scenario};

const CARRIER_HZ: f64 = 1.84e9;
const RATE_HZ: f64 = 3.84e6;

fn scenario(seconds: f64, es_n0_db: f32) -> Scenario {
    let mut cell = CellConfig::new(Pci::new(301).expect("in range"), Bandwidth::Rb15, CARRIER_HZ + 0.2e6);
    (cell.crs_es_n0_db, cell.time_offset_s) = (es_n0_db, 0.0037);
    cell.scheduling.load = 0.5;
    Scenario::new(RATE_HZ, CARRIER_HZ, seconds, vec![cell])
}

fn samples(scenario: &Scenario) -> Vec<Complex32> {
    scenario.receive(&scenario.transmit().expect("a valid scenario"))
}

fn noise(seconds: f64, seed: u64) -> (Scenario, Vec<Complex32>) {
    let mut scenario = scenario(seconds, 0.0);
    scenario.cells.clear();
    scenario.seed = seed;
    let samples = samples(&scenario);
    (scenario, samples)
}

fn search(
    scenario: &Scenario,
    samples: Vec<Complex32>,
    carriers: Option<Vec<Hertz>>,
) -> Result<Reception, ReceiverError> {
    let settings = ReceiverSettings {
        carriers,
        crystal: None,
        stop: Arc::new(AtomicBool::new(false)),
        backlog: Default::default(),
        level_of: None,
    };
    receive(&mut Memory::new(scenario, samples), &settings, &|_| {})
}

fn codes(reception: &Reception) -> Vec<NoteCode> {
    reception.notes.iter().map(|note| note.code).collect()
}

#[test]
fn a_cell_that_is_found_needs_no_reason() {
    let scenario = scenario(0.04, 15.0);
    let reception = search(&scenario, samples(&scenario), None).expect("searched");
    assert_eq!((reception.observations.len(), reception.notes, reception.unsearchable), (1, vec![], None));
}

#[test]
fn a_cell_of_a_clipped_signal_is_found_and_its_levels_are_said_to_be_wrong() {
    let mut scenario = scenario(0.08, 25.0);
    for (rms, is_wrong) in [(0.2, false), (0.3, false), (0.6, true), (2.0, true)] {
        scenario.front_end.rms = rms;
        let clipped: Vec<Complex32> = samples(&scenario).into_iter().map(eight_bits).collect();
        let reception = search(&scenario, clipped, None).expect("searched");
        assert_eq!(reception.observations.len(), 1, "{rms}");
        let expected = if is_wrong { vec![NoteCode::Clipped] } else { vec![] };
        assert_eq!(codes(&reception), expected, "{rms}: {}", reception.clipped);
        assert_eq!(reception.clipped >= MAX_CLIPPED, is_wrong, "{rms}: {}", reception.clipped);
    }
}

/// What an 8-bit converter makes of a sample.
fn eight_bits(sample: Complex32) -> Complex32 {
    let number = |x: f32| (x * 128.0).round().clamp(-128.0, 127.0) / 128.0;
    Complex32::new(number(sample.re), number(sample.im))
}

#[test]
fn a_spectrum_turned_over_and_swapped_i_and_q_are_told() {
    let scenario = scenario(0.08, 15.0);
    let upright = samples(&scenario);
    let turned_over: Vec<Complex32> = upright.iter().map(|x| x.conj()).collect();
    let swapped: Vec<Complex32> = upright.iter().map(|x| Complex32::new(x.im, x.re)).collect();
    for samples in [turned_over, swapped] {
        let reception = search(&scenario, samples, None).expect("searched");
        assert_eq!((reception.observations.len(), codes(&reception)), (0, vec![NoteCode::PerhapsInverted]));
        let message = &reception.notes[0].message;
        assert!(message.contains("PCI 301 at 1840.200 MHz") && message.contains("--invert-spectrum"), "{message}");
    }
}

#[test]
fn noise_is_noise_and_nothing_else() {
    for (seed, seconds) in [(1, 0.008), (2, 0.02), (3, 0.08), (4, 0.2)] {
        let (scenario, samples) = noise(seconds, seed);
        let reception = search(&scenario, samples, None).expect("searched");
        assert_eq!((codes(&reception), reception.unsearchable), (vec![NoteCode::Noise], None), "{seconds} s");
    }
}

#[test]
fn a_narrow_signal_is_no_lte() {
    let (scenario, mut samples) = noise(0.08, 1);
    let power = samples.iter().map(|x| x.norm_sqr()).sum::<f32>() / samples.len() as f32;
    for (n, x) in samples.iter_mut().enumerate() {
        *x += Complex32::from_polar(3.0 * power.sqrt(), 0.3 * n as f32 + (0.002 * n as f32).sin() * 5.0);
    }
    let reception = search(&scenario, samples, None).expect("searched");
    assert_eq!(codes(&reception), [NoteCode::NotLte], "{:?}", reception.notes);
}

#[test]
fn what_cannot_be_searched_does_not_read_as_no_cell() {
    let (noisy, samples) = noise(0.006, 1);
    let reception = search(&noisy, samples, None).expect("read");
    assert!(matches!(reception.unsearchable, Some(Unsearchable::TooShort { .. })), "{reception:?}");
    assert_eq!(reception.notes, []);
    let (still, samples) = noise(0.08, 1);
    for value in [Complex32::ZERO, Complex32::new(-0.5, 0.25)] {
        let reception = search(&still, vec![value; samples.len()], None).expect("read");
        assert!(matches!(reception.unsearchable, Some(Unsearchable::AllZero { .. })), "{reception:?}");
    }
    let outside = search(&still, samples.clone(), Some(vec![Hertz(1.85e9)])).expect_err("outside the band");
    assert_eq!(outside.code(), "bad-frequency");
    let in_part = search(&still, samples, Some(vec![Hertz(1.84e9), Hertz(1.85e9)])).expect("searched in part");
    assert_eq!(codes(&in_part), [NoteCode::SearchedInPart, NoteCode::Noise]);
    assert!(in_part.notes[0].message.contains("1850.000 MHz are outside"), "{:?}", in_part.notes);
}

#[test]
fn a_frequency_that_no_band_has_is_refused() {
    for (hz, meant) in [(1840.0, "did you mean 1840M?"), (0.0, "below every LTE band"), (1e8, "below every LTE band")] {
        let (mut scenario, samples) = noise(0.02, 1);
        scenario.center_hz = hz;
        let error = search(&scenario, samples, None).expect_err("refused").to_string();
        assert!(error.contains(meant), "{error}");
    }
}

/// A wide band of many narrow signals keeps the search busy for long.
#[test]
fn a_search_that_nobody_wants_any_more_ends() {
    let (mut scenario, mut samples) = noise(0.1, 1);
    scenario.sample_rate_hz = 30.72e6;
    samples.iter_mut().enumerate().for_each(|(n, x)| *x *= if n % 1000 < 500 { 1.0 } else { 3.0 });
    let stop = Arc::new(AtomicBool::new(false));
    let settings = ReceiverSettings {
        carriers: None,
        crystal: None,
        stop: Arc::clone(&stop),
        backlog: Default::default(),
        level_of: None,
    };
    let samples: Vec<Complex32> = samples.iter().cycle().take(3_072_000).copied().collect();
    let stopper = thread::spawn(move || {
        thread::sleep(Duration::from_millis(200));
        stop.store(true, Ordering::Relaxed);
        Instant::now()
    });
    let reception = receive(&mut Memory::new(&scenario, samples), &settings, &|_| {}).expect("ended");
    let ended = Instant::now();
    let stopped = stopper.join().expect("it sleeps");
    let late = ended.saturating_duration_since(stopped);
    // What an optimised program does in a fraction of it, beside other tests.
    assert!(late < Duration::from_secs(5), "{late:?}");
    assert!(
        reception.notes.iter().all(|note| note.code == NoteCode::SearchedInPart) || ended < stopped,
        "{reception:?}"
    );
}

//! The reader and its dwells over a radio made here, whose samples count on and carry its faults.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use num_complex::Complex32;

use super::*;
use cellwarden_source::{Reading, SampleSource, Span};

/// Samples a read.
const READ: usize = 1000;
/// Samples a second.
const RATE: f64 = 1e6;

/// What the radio does at its next reads, shared with the test.
#[derive(Default)]
struct Script {
    acts: Mutex<VecDeque<Act>>,
    tunings: Mutex<Vec<Tuning>>,
}

#[derive(Clone, Copy)]
enum Act {
    /// So many samples are dropped, and that is said.
    Overflow(i64),
    Timeout,
    Gone,
}

/// A radio of samples that count on: the i-th is i / 32768 modulo 1 in I.
struct Counting {
    facts: DeviceFacts,
    script: Arc<Script>,
    taken: i64,
}

impl Tuner for Counting {
    fn facts(&self) -> &DeviceFacts {
        &self.facts
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), TunerError> {
        self.facts.check(tuning)?;
        self.script.tunings.lock().unwrap_or_else(PoisonError::into_inner).push(*tuning);
        Ok(())
    }

    fn read(&mut self, out: &mut SampleBuffer) -> Result<Reading, TunerError> {
        match self.script.acts.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            Some(Act::Overflow(samples)) => {
                self.taken += samples;
                return Ok(Reading::Overflow);
            }
            Some(Act::Timeout) => return Ok(Reading::Timeout),
            Some(Act::Gone) => return Err(TunerError::Gone { device: String::new(), reason: "pulled".to_owned() }),
            None => {}
        }
        // As fast as a radio would be, so that the reader does not take all of a processor.
        thread::sleep(Duration::from_micros(200));
        let len = READ.min(out.room().len() / 4);
        for (i, sample) in out.room().chunks_exact_mut(4).take(len).enumerate() {
            let value = ((self.taken + i as i64) % 32_768) as i16;
            sample.copy_from_slice(&[value.to_le_bytes(), [0; 2]].concat());
        }
        out.fill(len * 4);
        let time_ns = (self.taken as f64 / RATE * 1e9) as i64;
        self.taken += len as i64;
        Ok(Reading::Samples { len, time_ns: Some(time_ns), short: false })
    }
}

fn facts() -> DeviceFacts {
    DeviceFacts {
        driver: "counting".to_owned(),
        label: "Counting radio".to_owned(),
        serial: None,
        antennas: Vec::new(),
        frequencies: vec![Span { from: 1e8, to: 6e9 }],
        rates: vec![Span { from: RATE, to: RATE }],
        bandwidths: Vec::new(),
        gain: Span { from: 0.0, to: 60.0 },
        gain_stages: Vec::new(),
        staged_gain_db: None,
        clock_sources: Vec::new(),
        time_sources: Vec::new(),
        format: SampleFormat::Ci16Le,
        scale: 1.0,
        has_time: true,
    }
}

fn radio(script: &Arc<Script>) -> Radio {
    let script = Arc::clone(script);
    let opener = move || -> Result<Box<dyn Tuner>, TunerError> {
        Ok(Box::new(Counting { facts: facts(), script: Arc::clone(&script), taken: 0 }))
    };
    Radio::open(Box::new(opener), Arc::default(), None).expect("opened")
}

fn order(samples: u64) -> Order {
    let tuning = Tuning { center: Hertz(1.84e9), rate: SampleRate::new(RATE).expect("positive"), gain_db: 30.0 };
    Order { tuning, samples, when_full: WhenFull::End }
}

fn act(script: &Script, acts: &[Act]) {
    script.acts.lock().expect("not poisoned").extend(acts);
}

/// The samples of a dwell as the radio's count, `None` for a zero that stands for a lost one; and the losses told.
fn receive(radio: &mut Radio, order: Order) -> (Vec<Option<i64>>, u64, Vec<Gap>) {
    let asked = radio.ask(order);
    receive_asked(radio, asked)
}

fn receive_asked(radio: &Radio, asked: Asked) -> (Vec<Option<i64>>, u64, Vec<Gap>) {
    let mut live = loop {
        if let Some(live) = radio.receive(asked, |_| "dwell".to_owned()).expect("tuned") {
            break live;
        }
    };
    let (mut all, mut lost) = (Vec::new(), 0);
    let mut chunk = vec![Complex32::new(9.0, 9.0); 777];
    loop {
        let block = live.read(&mut chunk).expect("no failure");
        assert_eq!(block.start.0, all.len() as u64);
        lost += block.lost;
        all.extend(chunk[..block.len].iter().map(|x| (x.re != 0.0).then_some((x.re * 32_768.0).round() as i64)));
        if block.len < chunk.len() {
            let gaps = live.take_gaps();
            return (all, lost, gaps);
        }
    }
}

/// Whether each sample counts one on from the one before, lost ones counted.
fn counts_on(samples: &[Option<i64>]) -> bool {
    let known: Vec<(usize, i64)> = samples.iter().enumerate().filter_map(|(i, x)| x.map(|x| (i, x))).collect();
    known.windows(2).all(|pair| (pair[1].1 - pair[0].1).rem_euclid(32_768) == (pair[1].0 - pair[0].0) as i64 % 32_768)
}

#[test]
fn dwells_are_whole_and_what_lies_between_them_is_skipped() {
    let script = Arc::default();
    let mut radio = radio(&script);
    for samples in [10_000, 123_456, 5] {
        let (all, lost, gaps) = receive(&mut radio, order(samples));
        assert_eq!((all.len() as u64, lost, gaps.len()), (samples, 0, 0));
        assert!(counts_on(&all));
        thread::sleep(Duration::from_millis(5));
    }
    assert!(radio.counts().skipped_samples > 0);
    assert_eq!(radio.counts().faults(), 0);
}

#[test]
fn what_the_radio_drops_are_zeros_in_their_place() {
    let script: Arc<Script> = Arc::default();
    let mut radio = radio(&script);
    let (signal, signalled) = crossbeam_channel::bounded(0);
    let faults = Arc::clone(&script);
    let faulty = thread::spawn(move || {
        signalled.recv().expect("told");
        act(&faults, &[Act::Overflow(1234), Act::Timeout]);
        signalled.recv().expect("told");
        act(&faults, &[Act::Overflow(400)]);
    });
    let asked = radio.ask(order(400_000));
    let mut live = loop {
        if let Some(live) = radio.receive(asked, |_| String::new()).expect("tuned") {
            break live;
        }
    };
    let mut all = vec![Complex32::ZERO; 400_000];
    let first = live.read(&mut all[..50_000]).expect("no failure");
    signal.send(()).expect("listened to");
    let second = live.read(&mut all[50_000..200_000]).expect("no failure");
    signal.send(()).expect("listened to");
    let third = live.read(&mut all[200_000..]).expect("no failure");
    faulty.join().expect("ended");
    assert_eq!(first.len + second.len + third.len, 400_000);
    assert_eq!(first.lost + second.lost + third.lost, 1634);
    let samples: Vec<Option<i64>> =
        all.iter().map(|x| (x.re != 0.0).then_some((x.re * 32_768.0).round() as i64)).collect();
    assert!(counts_on(&samples));
    let gaps = live.take_gaps();
    assert_eq!(gaps.iter().map(|gap| gap.samples).sum::<u64>(), 1634, "{gaps:?}");
    for gap in gaps {
        assert!(samples[gap.start as usize..][..gap.samples as usize].iter().all(Option::is_none));
    }
    drop(live);
    assert_eq!((radio.counts().overflows, radio.counts().timeouts), (2, 1));
}

#[test]
fn a_receiver_that_is_behind_ends_the_dwell_and_gets_the_newest_next() {
    let script = Arc::default();
    let mut radio = radio(&script);
    let pool = (BLOCKS * BLOCK_BYTES / 4) as u64;
    let asked = radio.ask(order(10 * pool));
    let mut live = loop {
        if let Some(live) = radio.receive(asked, |_| String::new()).expect("tuned") {
            break live;
        }
    };
    // Until the reader has no block left and lets samples go.
    while live.radio.counts().skipped_samples == 0 {
        thread::sleep(Duration::from_millis(20));
    }
    let mut all = vec![Complex32::ZERO; 2 * pool as usize];
    let block = live.read(&mut all).expect("no failure");
    assert_eq!(block.lost, 0);
    assert!((block.len as u64) <= pool && block.len as u64 > pool - pool / 4, "{} of {pool}", block.len);
    drop(live);
    let (all, lost, _) = receive(&mut radio, order(3000));
    assert_eq!((all.len(), lost), (3000, 0), "the blocks came back");
}

#[test]
fn a_pulled_radio_is_opened_again_and_the_scan_goes_on() {
    let script: Arc<Script> = Arc::default();
    let mut radio = radio(&script);
    act(&script, &[Act::Gone]);
    let (all, ..) = receive(&mut radio, order(20_000));
    assert_eq!(all.len(), 20_000, "the dwell had not begun: it waits for the radio");
    let asked = radio.ask(order(u64::MAX));
    let mut live = loop {
        if let Some(live) = radio.receive(asked, |_| String::new()).expect("tuned") {
            break live;
        }
    };
    act(&script, &[Act::Gone]);
    let mut chunk = vec![Complex32::ZERO; 100_000];
    let mut received = 0;
    loop {
        let block = live.read(&mut chunk).expect("no failure");
        received += block.len;
        if block.len < chunk.len() {
            break;
        }
    }
    assert!(received > 0, "what came before is kept");
    drop(live);
    assert_eq!(receive(&mut radio, order(2000)).0.len(), 2000);
    assert_eq!(radio.counts().disconnects, 2);
    assert_eq!(script.tunings.lock().expect("not poisoned").len(), 4, "tuned again each time");
}

#[test]
fn a_radio_that_takes_a_moment_to_start_has_no_fault() {
    let script: Arc<Script> = Arc::default();
    act(&script, &[Act::Timeout, Act::Overflow(5_000)]);
    let mut radio = radio(&script);
    let (all, lost, _) = receive(&mut radio, order(20_000));
    assert_eq!((all.len(), lost, radio.counts().faults()), (20_000, 0, 0));
}

#[test]
fn a_radio_that_says_nothing_is_gone_after_a_while() {
    let script: Arc<Script> = Arc::default();
    let mut radio = radio(&script);
    act(&script, &[Act::Timeout; 10]);
    assert_eq!(receive(&mut radio, order(2000)).0.len(), 2000);
    assert_eq!((radio.counts().timeouts, radio.counts().disconnects), (9, 1), "the first may be its start");
}

#[test]
fn a_tuning_that_the_radio_has_not_is_an_error_and_no_end() {
    let script = Arc::default();
    let mut radio = radio(&script);
    let mut loud = order(1000);
    loud.tuning.gain_db = 99.0;
    let asked = radio.ask(loud);
    let error = radio.receive(asked, |_| String::new()).map(|_| ()).expect_err("not supported");
    assert!(matches!(error, TunerError::Unsupported { what: "gain", .. }), "{error}");
    assert_eq!(receive(&mut radio, order(1000)).0.len(), 1000);
}

#[test]
fn waiting_ends_when_all_is_to_end() {
    let script: Arc<Script> = Arc::default();
    let opener: Opener = {
        let script = Arc::clone(&script);
        let mut opened = 0;
        Box::new(move || {
            opened += 1;
            if opened > 1 {
                return Err(TunerError::Absent { args: String::new() });
            }
            Ok(Box::new(Counting { facts: facts(), script: Arc::clone(&script), taken: 0 }))
        })
    };
    let until = Instant::now() + Duration::from_millis(600);
    let mut radio = Radio::open(opener, Arc::default(), Some(until)).expect("opened");
    act(&script, &[Act::Gone]);
    let asked = radio.ask(order(1000));
    while !radio.is_over() {
        assert!(radio.receive(asked, |_| String::new()).expect("no failure").is_none());
    }
    drop(radio);
    assert!(Instant::now() < until + Duration::from_secs(5), "the reader ends with it, the radio gone or not");
}

/// An order for another centre.
fn at(center_hz: f64, samples: u64) -> Order {
    let order = order(samples);
    Order { tuning: Tuning { center: Hertz(center_hz), ..order.tuning }, ..order }
}

#[test]
fn a_queued_dwell_is_received_while_nobody_asks() {
    let script = Arc::default();
    let mut radio = radio(&script);
    let asked = radio.ask(at(1.84e9, 5_000));
    radio.queue(at(1.86e9, 4_000));
    let (first, lost, _) = receive_asked(&radio, asked);
    assert_eq!((first.len(), lost), (5_000, 0));
    // Long enough for the second to be whole, and for more samples that nobody wants.
    thread::sleep(Duration::from_millis(50));
    let wanted = Order { tuning: Tuning { gain_db: 32.0, ..at(1.86e9, 0).tuning }, ..at(1.86e9, 4_000) };
    let asked = radio.ask(wanted);
    assert_eq!(asked.order.tuning.gain_db, 30.0, "as it was received");
    let (second, lost, _) = receive_asked(&radio, asked);
    assert_eq!((second.len(), lost), (4_000, 0));
    assert!(counts_on(&second), "in one piece");
    let after = second[0].expect("a sample") - first[4_999].expect("a sample");
    assert!(after < 2_000, "at once after the first: {after}");
    let centres: Vec<f64> = script.tunings.lock().expect("not poisoned").iter().map(|t| t.center.0).collect();
    assert_eq!(centres, [1.84e9, 1.86e9]);
}

#[test]
fn a_queued_dwell_that_is_not_asked_for_gives_way() {
    let script = Arc::default();
    let mut radio = radio(&script);
    for other in
        [at(1.88e9, 3_000), Order { tuning: Tuning { gain_db: 40.0, ..at(1.86e9, 0).tuning }, ..at(1.86e9, 3_000) }]
    {
        let asked = radio.ask(at(1.84e9, 1_000));
        radio.queue(at(1.86e9, 3_000));
        receive_asked(&radio, asked);
        let asked = radio.ask(other);
        assert_eq!(asked.order, other);
        let (samples, lost, _) = receive_asked(&radio, asked);
        assert_eq!((samples.len(), lost), (3_000, 0));
        assert!(counts_on(&samples));
        assert_eq!(script.tunings.lock().expect("not poisoned").last(), Some(&other.tuning));
    }
}

/// While the one before holds all blocks, it waits for one.
#[test]
fn a_queued_dwell_waits_for_memory_and_is_whole() {
    let mut radio = radio(&Arc::default());
    let asked = radio.ask(order(20_000_000));
    let next = at(1.86e9, 10_000);
    radio.queue(next);
    while radio.counts().skipped_samples == 0 {
        thread::sleep(Duration::from_millis(20));
    }
    let (samples, lost, _) = receive_asked(&radio, asked);
    assert_eq!(lost, 0);
    assert!((samples.len() as f64) < 20e6, "it ended as the pool was empty");
    let asked = radio.ask(next);
    let (samples, lost, _) = receive_asked(&radio, asked);
    assert_eq!((samples.len(), lost), (10_000, 0));
    assert!(counts_on(&samples));
    // What memory does not hold twice is not queued.
    radio.queue(at(1.86e9, 10_000_000));
    assert_eq!(radio.queued, None);
}

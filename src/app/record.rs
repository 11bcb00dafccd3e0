//! `record`: writes what a radio receives as one SigMF recording.

use std::{
    fs,
    io::{self, Write},
    time::Instant,
};

use anyhow::{Context, Result};
use lte_dsp::units::{Hertz, SampleRate};
use num_complex::Complex32;

use super::{
    Outcome,
    dwell_recorder::{annotate_gaps, begin_recording, capture},
    positions::{AnnouncedFault, open_positions},
    radio::{Order, Radio, WhenFull},
    scan::{Gains, dwell_name, open},
    stop_on_interrupt,
};
use crate::{
    config::{GlobalSettings, RecordSettings},
    console,
};
use cellwarden_report::{ProgressDisplay, escape::escape};
use cellwarden_source::{SampleSource, SigmfWriter, Tuning};

/// Samples written at once.
const CHUNK: usize = 1 << 17;
/// Length of the dwells that the gain is found with, and how many there are at most.
const LEVEL_S: f64 = 0.1;
const MAX_LEVELS: usize = 6;

/// Runs the command.
pub fn record(global: &GlobalSettings, settings: &RecordSettings) -> Result<Outcome> {
    let stop = stop_on_interrupt()?;
    let positions = settings.gps.as_ref().map(open_positions).transpose()?;
    let mut fault = AnnouncedFault::default();
    let mut radio = open(&settings.radio, &stop, None)?;
    let mut gains = Gains::new(&settings.radio, radio.facts());
    if gains.is_automatic() {
        find_gain(&mut radio, settings.center, settings.rate, &mut gains)?;
    }
    let tuning = Tuning { center: settings.center, rate: settings.rate, gain_db: gains.at(settings.center) };
    let wanted = settings.duration.map(|duration| (duration.as_secs_f64() * settings.rate.hz()) as u64);
    let until = settings.duration.map(|duration| Instant::now() + duration);
    let progress = ProgressDisplay::new(wanted, global.quiet);
    let device = radio.facts().name();
    fs::create_dir_all(&settings.folder).with_context(|| settings.folder.display().to_string())?;
    let mut writer: Option<SigmfWriter> = None;
    let mut lost = 0;
    let mut chunk = vec![Complex32::ZERO; CHUNK];
    let mut failed = Ok(());
    // One dwell, unless the radio is gone in between: then the recording goes on with another capture.
    'recording: while !radio.is_over() && until.is_none_or(|until| Instant::now() < until) {
        let done = writer.as_ref().map_or(0, SigmfWriter::samples);
        let left = wanted.map_or(u64::MAX, |wanted| wanted.saturating_sub(done));
        if left == 0 {
            break;
        }
        let asked = radio.ask(Order { tuning, samples: left, when_full: WhenFull::Lose });
        let mut live = loop {
            match radio.receive(asked, |start| dwell_name(start, tuning.center))? {
                Some(live) => break live,
                None if radio.is_over() || until.is_some_and(|until| Instant::now() >= until) => break 'recording,
                None => {}
            }
        };
        if let Some(text) = positions.as_ref().and_then(|positions| fault.change(positions.receiver())) {
            console::write_error_line(text);
        }
        let position = positions.as_ref().zip(live.info().start).and_then(|(positions, start)| positions.at(start));
        let written = match &mut writer {
            Some(writer) => {
                writer.begin_capture(capture(live.info(), position));
                writer
            }
            None => {
                let stem = settings.folder.join(&live.info().name);
                writer.insert(begin_recording(&stem, live.info(), &device, position)?)
            }
        };
        loop {
            let block = live.read(&mut chunk)?;
            if block.len == 0 {
                break;
            }
            lost += block.lost;
            failed = written.write(&chunk[..block.len]);
            if failed.is_err() {
                break 'recording;
            }
            progress.advance(block.len as u64);
        }
        annotate_gaps(written, &live.take_gaps(), done);
    }
    progress.end();
    let counts = radio.counts();
    let Some(writer) = writer else { return Ok(Outcome::Interrupted) };
    let samples = writer.samples();
    // What was written until a failure is a recording too.
    let meta = writer.finish();
    failed?;
    let mut line = format!(
        "{}: {:.3} MHz, {}, gain {} dB, {:.3} s, {samples} samples, {lost} lost",
        escape(&meta?.display().to_string()),
        tuning.center.0 * 1e-6,
        tuning.rate,
        tuning.gain_db,
        samples as f64 / tuning.rate.hz(),
    );
    if counts.faults() > 0 {
        line += &format!(
            "; {} overflows, {} timeouts, {} disconnects",
            counts.overflows, counts.timeouts, counts.disconnects
        );
    }
    writeln!(io::stdout(), "{line}")?;
    Ok(if radio.is_over() { Outcome::Interrupted } else { Outcome::Done })
}

/// Finds the gain with short dwells.
pub fn find_gain(radio: &mut Radio, center: Hertz, rate: SampleRate, gains: &mut Gains) -> Result<()> {
    let mut chunk = vec![Complex32::ZERO; CHUNK];
    for _ in 0..MAX_LEVELS {
        let tuning = Tuning { center, rate, gain_db: gains.at(center) };
        let samples = (LEVEL_S * rate.hz()) as u64;
        let asked = radio.ask(Order { tuning, samples, when_full: WhenFull::End });
        let Some(mut live) = radio.receive(asked, |start| dwell_name(start, tuning.center))? else { continue };
        while live.read(&mut chunk)?.len > 0 {}
        if !gains.learn(center, &live.loudness()) {
            break;
        }
    }
    Ok(())
}

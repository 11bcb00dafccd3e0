//! Plays recordings: several side by side, each told in its turn.

use std::{
    any::Any,
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, bounded};
use lte_dsp::units::Hertz;

use super::spectrum::SpectrumTap;
use crate::{
    config::ReplaySettings,
    receiver::{Progress, ReceiverSettings, Reception, receive},
    report::ProgressDisplay,
    source::{Found, Hints, Input, SampleSource, SourceError, SourceInfo, find},
};

/// A recording, or the name of an input that cannot be read and why.
pub type Listed = Result<Found, (String, SourceError)>;

/// What one recording gave.
pub struct Played {
    /// Its name.
    pub name: String,
    /// Its dwells.
    pub dwells: Vec<PlayedDwell>,
    /// The recording, to be read once more; `None` where it passes only once.
    pub again: Option<Found>,
    /// Why there is not more of it.
    pub failure: Option<String>,
}

/// What one dwell gave.
pub struct PlayedDwell {
    /// What its recording says of it.
    pub info: SourceInfo,
    /// The carriers searched; `None`: the whole received band.
    pub carriers: Option<Vec<Hertz>>,
    /// What the receiver found.
    pub reception: Reception,
    /// Mean power a bin in dBFS, lowest frequency first.
    pub spectrum: Vec<f32>,
}

/// The recordings of all inputs in order, and the inputs that cannot be read in their places.
pub fn list(settings: &ReplaySettings) -> Vec<Listed> {
    let ReplaySettings { format, rate, center, verify_hash, .. } = *settings;
    let hints = Hints { format, rate, center, verify_hash };
    let mut recordings = Vec::new();
    for path in &settings.inputs {
        let input = if path.as_os_str() == "-" { Input::Stdin } else { Input::Path(path.clone()) };
        match find(&input, &hints) {
            Ok(found) => recordings.extend(found.into_iter().map(Ok)),
            Err(error) => {
                let stem = path.file_stem().unwrap_or(path.as_os_str());
                recordings.push(Err((stem.to_string_lossy().into_owned(), error)));
            }
        }
    }
    recordings
}

/// The length of the work, where all of it is known.
pub fn total_samples(recordings: &[Listed]) -> Option<u64> {
    // A recording that cannot be read is no work.
    recordings.iter().flatten().filter(|found| !found.is_unreadable()).map(Found::samples).sum()
}

/// Plays recordings side by side, as many at once as there are threads, and hands them to `tell` in order.
///
/// # Errors
/// What `tell` returns; nothing more is played then.
pub fn play_all(
    recordings: Vec<Listed>,
    settings: &ReplaySettings,
    stop: &Arc<AtomicBool>,
    progress: &ProgressDisplay,
    tell: &mut dyn FnMut(Played) -> Result<()>,
) -> Result<()> {
    let threads = settings.threads.get();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(io::Error::other)?;
    let receiver_settings =
        ReceiverSettings { carriers: settings.carriers.clone(), crystal: None, threads, stop: Arc::clone(stop) };
    let mut tell_next = |running: &mut VecDeque<Receiver<Played>>| {
        let Some(played) = running.pop_front().and_then(|played| played.recv().ok()) else { return Ok(()) };
        progress.aside(|| tell(played))
    };
    pool.in_place_scope(|scope| {
        let mut running: VecDeque<Receiver<Played>> = VecDeque::new();
        let mut told = Ok(());
        for recording in recordings {
            // Bounded: neither samples nor results pile up.
            if running.len() >= threads {
                told = tell_next(&mut running);
            }
            if told.is_err() || stop.load(Ordering::Relaxed) {
                break;
            }
            let (send, played) = bounded(1);
            running.push_back(played);
            match recording {
                Ok(found) => {
                    let receiver_settings = &receiver_settings;
                    scope.spawn(move |_| {
                        // Nobody takes it after a broken pipe.
                        let _ = send.send(play(found, receiver_settings, progress));
                    });
                }
                Err((name, error)) => {
                    let _ =
                        send.send(Played { name, dwells: Vec::new(), again: None, failure: Some(error.to_string()) });
                }
            }
        }
        while told.is_ok() && !running.is_empty() {
            told = tell_next(&mut running);
        }
        if told.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        told
    })
}

/// Plays a recording, come what may.
fn play(found: Found, settings: &ReceiverSettings, progress: &ProgressDisplay) -> Played {
    let (name, again) = (found.name().to_owned(), found.again());
    progress.say(name.clone());
    let mut dwells = Vec::new();
    // A fault of ours in one recording must not lose what the others hold.
    let failure = match catch_unwind(AssertUnwindSafe(|| play_dwells(found, settings, progress, &mut dwells))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => Some(format!("{name}: a fault of this program, please report it: {}", panic_text(&*panic))),
    };
    Played { name, dwells, again, failure }
}

/// Plays all dwells of a recording and adds what each gave to `dwells`.
fn play_dwells(
    found: Found,
    settings: &ReceiverSettings,
    progress: &ProgressDisplay,
    dwells: &mut Vec<PlayedDwell>,
) -> Result<()> {
    for dwell in found.open()? {
        if settings.stop.load(Ordering::Relaxed) {
            break;
        }
        let mut source = SpectrumTap::new(dwell?);
        let done = AtomicU64::new(0);
        let advance = |now: Progress| {
            progress.advance(now.samples.saturating_sub(done.fetch_max(now.samples, Ordering::Relaxed)));
        };
        let info = source.info().clone();
        let reception = receive(&mut source, settings, &advance).with_context(|| info.name.clone())?;
        let carriers = settings.carriers.clone();
        dwells.push(PlayedDwell { info, carriers, reception, spectrum: source.row() });
    }
    Ok(())
}

/// What a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic without a message")
}

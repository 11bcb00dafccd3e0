//! Plays recordings: several side by side, each published in its turn.

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
use crossbeam_channel::{Receiver, Sender, bounded};
use lte_dsp::units::{Hertz, Ppm};

use super::{crystals, spectrum::SpectrumTap};
use crate::config::ReplaySettings;
use cellwarden_receiver::{Progress, ReceiverSettings, Reception, receive};
use cellwarden_report::ProgressDisplay;
use cellwarden_source::{Found, Hints, Input, SampleSource, SourceError, SourceInfo, find};

/// A recording, or the name of an input that cannot be read and why.
pub type Listed = Result<Found, (String, SourceError)>;

/// Dwells of a recording that may wait to be published while those before it are played.
const WAITING_DWELLS: usize = 16;

/// A recording that is played.
pub struct Playing {
    /// Its name.
    pub name: String,
    /// The recording, to be read once more; `None` where it passes only once.
    pub again: Option<Found>,
}

/// What a recording gives, in order: its dwells, and one end.
pub enum Part {
    /// A dwell.
    Dwell(Box<PlayedDwell>),
    /// There is nothing more.
    End {
        /// How many dwells there were.
        dwells: u64,
        /// Why there are not more.
        failure: Option<String>,
    },
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
    /// Error of the receiver's crystal, as far as it was learnt.
    pub crystal: Option<Ppm>,
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

/// Plays recordings side by side, as many at once as there are threads, and hands what each gives to `publish` in order.
///
/// # Errors
/// What `publish` returns; nothing more is played then.
pub fn play_all(
    recordings: Vec<Listed>,
    settings: &ReplaySettings,
    stop: &Arc<AtomicBool>,
    progress: &ProgressDisplay,
    publish: &mut dyn FnMut(&Playing, Part) -> Result<()>,
) -> Result<()> {
    let threads = settings.threads.get();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(io::Error::other)?;
    let receiver_settings = ReceiverSettings {
        carriers: settings.carriers.clone(),
        crystal: Some(settings.oscillators),
        stop: Arc::clone(stop),
    };
    let mut publish_next = |running: &mut VecDeque<(Playing, Receiver<Part>)>| {
        let Some((playing, parts)) = running.pop_front() else { return Ok(()) };
        parts.iter().try_for_each(|part| progress.aside(|| publish(&playing, part)))
    };
    pool.in_place_scope(|scope| {
        let mut running: VecDeque<(Playing, Receiver<Part>)> = VecDeque::new();
        let mut published = Ok(());
        for recording in recordings {
            // Bounded: neither samples nor results pile up.
            if running.len() >= threads {
                published = publish_next(&mut running);
            }
            if published.is_err() || stop.load(Ordering::Relaxed) {
                break;
            }
            let (send, parts) = bounded(WAITING_DWELLS);
            match recording {
                Ok(found) => {
                    running.push_back((Playing { name: found.name().to_owned(), again: found.again() }, parts));
                    let receiver_settings = &receiver_settings;
                    scope.spawn(move |_| play(found, receiver_settings, progress, &send));
                }
                Err((name, error)) => {
                    running.push_back((Playing { name, again: None }, parts));
                    let _ = send.send(Part::End { dwells: 0, failure: Some(error.to_string()) });
                }
            }
        }
        while published.is_ok() && !running.is_empty() {
            published = publish_next(&mut running);
        }
        if published.is_err() {
            stop.store(true, Ordering::Relaxed);
        }
        published
    })
}

/// Plays a recording, come what may.
fn play(found: Found, settings: &ReceiverSettings, progress: &ProgressDisplay, parts: &Sender<Part>) {
    let name = found.name().to_owned();
    progress.say(name.clone());
    let mut dwells = 0;
    // A fault of ours in one recording must not lose what the others hold.
    let failure = match catch_unwind(AssertUnwindSafe(|| play_dwells(found, settings, progress, parts, &mut dwells))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("{error:#}")),
        Err(panic) => Some(format!("{name}: a fault of this program, please report it: {}", panic_text(&*panic))),
    };
    // Nobody takes it after a broken pipe.
    let _ = parts.send(Part::End { dwells, failure });
}

/// Plays all dwells of a recording, hands over what each gave and counts them.
fn play_dwells(
    found: Found,
    settings: &ReceiverSettings,
    progress: &ProgressDisplay,
    parts: &Sender<Part>,
    dwells: &mut u64,
) -> Result<()> {
    for dwell in found.open_until(&settings.stop)? {
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
        let crystal = crystals::heard(&reception.observations);
        let dwell = PlayedDwell { info, carriers, reception, spectrum: source.row(), crystal };
        if parts.send(Part::Dwell(Box::new(dwell))).is_err() {
            break;
        }
        *dwells += 1;
    }
    Ok(())
}

/// What a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic without a message")
}

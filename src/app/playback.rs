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
    time::{Duration, Instant},
};

use anyhow::Result;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use lte_dsp::units::{Hertz, Ppm};

use super::{crystals, spectrum::SpectrumTap};
use crate::config::ReplaySettings;
use cellwarden_receiver::{
    Progress, ReceiverError, ReceiverSettings, Reception,
    notes::{Note, NoteCode},
    receive,
};
use cellwarden_report::ProgressDisplay;
use cellwarden_source::{Found, Hints, Input, SampleSource, SourceError, SourceInfo, find};

/// How often a waiting teller looks whether all is to end, and how long what runs then has to say what it found.
const LOOK: Duration = Duration::from_millis(50);
const GRACE: Duration = Duration::from_millis(600);
/// Samples of another format that are searched to see whether it is the right one: 160 ms hold any cell.
const TRIED_SECONDS: f64 = 0.16;

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
    /// What its metadata says that cannot be used.
    Warning(String),
    /// A dwell.
    Dwell(Box<PlayedDwell>),
    /// Something about the whole recording.
    Note(Note),
    /// There is nothing more.
    End {
        /// How many dwells there were.
        dwells: u64,
        /// Why there are not more.
        failure: Option<Failure>,
    },
}

/// Why a recording, or the rest of it, was not searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The word that programs rely on; `None` of a fault of this program.
    pub code: Option<&'static str>,
    /// What, where, what to do.
    pub message: String,
}

impl Failure {
    fn of_source(error: &SourceError) -> Self {
        Self { code: Some(error.code()), message: error.to_string() }
    }
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
    let ReplaySettings { format, rate, center, verify_hash, invert_spectrum, .. } = *settings;
    let hints = Hints { format, rate, center, verify_hash, invert_spectrum };
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
        backlog: Default::default(),
        level_of: None,
    };
    let mut running: VecDeque<(Playing, Receiver<Part>)> = VecDeque::new();
    let mut publish_next = |running: &mut VecDeque<(Playing, Receiver<Part>)>| {
        let Some((playing, parts)) = running.pop_front() else { return Ok(()) };
        while let Some(part) = next_part(&parts, stop) {
            progress.aside(|| publish(&playing, part))?;
        }
        Ok(())
    };
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
                let (receiver_settings, progress) = (receiver_settings.clone(), progress.clone());
                pool.spawn(move || play(found, &receiver_settings, &progress, &send));
            }
            Err((name, error)) => {
                running.push_back((Playing { name, again: None }, parts));
                let _ = send.send(Part::End { dwells: 0, failure: Some(Failure::of_source(&error)) });
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
}

/// What a recording gives next; `None` at its end, and where it gives nothing [`GRACE`] after the user wants an end: what
/// takes longer is left behind.
fn next_part(parts: &Receiver<Part>, stop: &AtomicBool) -> Option<Part> {
    let mut stopped: Option<Instant> = None;
    loop {
        match parts.recv_timeout(LOOK) {
            Ok(part) => return Some(part),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if stop.load(Ordering::Relaxed) && stopped.get_or_insert_with(Instant::now).elapsed() > GRACE {
            return None;
        }
    }
}

/// Plays a recording, come what may.
fn play(found: Found, settings: &ReceiverSettings, progress: &ProgressDisplay, parts: &Sender<Part>) {
    let name = found.name().to_owned();
    progress.say(name.clone());
    let mut dwells = 0;
    // A fault of ours in one recording must not lose what the others hold.
    let failure = match catch_unwind(AssertUnwindSafe(|| play_dwells(found, settings, progress, parts, &mut dwells))) {
        Ok(failure) => failure,
        Err(panic) => {
            let message = format!("{name}: a fault of this program, please report it: {}", panic_text(&*panic));
            Some(Failure { code: None, message })
        }
    };
    // Nobody takes it after a broken pipe.
    let _ = parts.send(Part::End { dwells, failure });
}

/// Plays all dwells of a recording, hands over what each gave and counts them. Gives why it has no dwell, or why it was
/// not read to its end; dwells that could not be searched among others are noted.
fn play_dwells(
    found: Found,
    settings: &ReceiverSettings,
    progress: &ProgressDisplay,
    parts: &Sender<Part>,
    dwells: &mut u64,
) -> Option<Failure> {
    for warning in found.warnings() {
        let _ = parts.send(Part::Warning(warning.clone()));
    }
    let (samples, again) = (found.samples(), found.again());
    let opened = match found.open_until(&settings.stop) {
        Ok(opened) => opened,
        Err(error) => return Some(Failure::of_source(&error)),
    };
    // What was not searched: the first reason, and how much of it was.
    let (mut skipped, mut searched): (Option<Failure>, u64) = (None, 0);
    for dwell in opened {
        if settings.stop.load(Ordering::Relaxed) {
            break;
        }
        let mut source = match dwell {
            Ok(dwell) => SpectrumTap::new(dwell),
            Err(error) if error.code() == "bad-frequency" => {
                skipped.get_or_insert(Failure::of_source(&error));
                continue;
            }
            Err(error) => return Some(Failure::of_source(&error)),
        };
        let done = AtomicU64::new(0);
        let advance = |now: Progress<'_>| {
            progress.advance(now.samples.saturating_sub(done.fetch_max(now.samples, Ordering::Relaxed)));
        };
        let info = source.info().clone();
        let message = |error: &dyn std::fmt::Display| format!("{}: {error}", info.name);
        let mut reception = match receive(&mut source, settings, &advance) {
            Ok(reception) => reception,
            Err(ReceiverError::Source(error)) => {
                return Some(Failure { code: Some(error.code()), message: message(&error) });
            }
            Err(error) => {
                skipped.get_or_insert(Failure { code: Some(error.code()), message: message(&error) });
                continue;
            }
        };
        if let Some(reason) = reception.unsearchable {
            skipped.get_or_insert(Failure { code: Some(reason.code()), message: message(&reason) });
            continue;
        }
        searched += reception.samples;
        if reception.observations.is_empty()
            && !settings.stop.load(Ordering::Relaxed)
            && let Some(note) = again.as_ref().and_then(|again| try_other_format(again, &info, settings))
        {
            // It explains what was seen: noise is what wrong bytes look like.
            reception.notes.retain(|note| note.code == NoteCode::SearchedInPart);
            reception.notes.push(note);
        }
        let carriers = settings.carriers.clone();
        let crystal = crystals::heard(&reception.observations);
        let dwell = PlayedDwell { info, carriers, reception, spectrum: source.row(), crystal };
        if parts.send(Part::Dwell(Box::new(dwell))).is_err() {
            break;
        }
        *dwells += 1;
    }
    let skipped = skipped?;
    if *dwells == 0 {
        return Some(skipped);
    }
    let share = samples.filter(|&samples| samples > 0).map(|samples| searched as f64 / samples as f64);
    let _ = parts.send(Part::Note(Note::in_part(share, &skipped.message)));
    None
}

/// A note where a recording's bytes look like samples of another format than they were read as: what they look like, and
/// whether there is a cell in them when they are read so.
fn try_other_format(found: &Found, info: &SourceInfo, settings: &ReceiverSettings) -> Option<Note> {
    let suspected = found.suspected_format().ok()??;
    let mut text = format!("read as {}, the bytes look like {suspected}", info.format);
    let other = found.in_format(suspected, TRIED_SECONDS)?;
    let cells = other.open_until(&settings.stop).ok()?.find_map(|dwell| {
        let reception = receive(&mut dwell.ok()?, settings, &|_| ()).ok()?;
        reception.observations.into_iter().find(|cell| cell.mib.is_some())
    });
    if let Some(cell) = cells {
        text += &format!(", and read so they hold a cell with a MIB (PCI {})", cell.pci);
    }
    text += &format!("; search again with --format {suspected}, or correct core:datatype");
    Some(Note::new(NoteCode::PerhapsOtherFormat, text))
}

/// What a panic says.
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic without a message")
}

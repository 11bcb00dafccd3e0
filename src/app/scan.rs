//! `scan`: receives live, dwell by dwell, as the plan says; each dwell goes the way of a recording.

use std::{
    collections::BTreeMap,
    io,
    ops::RangeInclusive,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use cpu_time::ProcessTime;
use crossbeam_channel::{RecvTimeoutError, bounded};
use jiff::{Timestamp, tz::TimeZone};
use lte_dsp::units::Hertz;

use super::{
    Outcome,
    crystals::Crystal,
    drive::{Drive, ReportedDwell, report_fault},
    dwell_recorder::{DwellRecorder, RecordingTap},
    known_carriers,
    output::{DriveOutput, HomingStretch, HomingTarget, OutputOptions, publish_drive},
    playback::{PlayedDwell, panic_text},
    radio::{Order, Radio, WhenFull},
    screen::LogLines,
    spectrum::SpectrumTap,
    stop_on_interrupt,
    sweep::{AirAccount, StepTime},
};
use crate::{
    cli::ModeOfScan,
    config::{GlobalSettings, RadioSettings, ScanSettings},
    tui::Theme,
};
use cellwarden_core::{drive::JudgedCell, observation::MAX_CLIPPED};
use cellwarden_receiver::{
    Backlog, Progress, ReceiverSettings, Reception,
    notes::{Note, NoteCode},
    receive,
    scan_plan::{HeardCell, Interest, PlanSettings, ScanMode, ScanPlan, Step, SweepStatus},
};
use cellwarden_report::DeviceCounts;
use cellwarden_source::{DeviceFacts, SampleSource, Span, TunerError, Tuning, open_radio};

/// Runs the command; `lines` takes the log where the terminal is taken over.
pub fn scan(global: &GlobalSettings, settings: &ScanSettings, lines: LogLines) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let stop = stop_on_interrupt()?;
    let radio = open(&settings.radio, &stop, settings.duration.map(|duration| clock.0 + duration))?;
    let facts = radio.facts();
    let mut plan = ScanPlan::new(PlanSettings {
        centres: settings.centres.clone(),
        mode: match settings.mode {
            ModeOfScan::Fast => ScanMode::Fast,
            ModeOfScan::Deep => ScanMode::Deep,
        },
        rates: facts.rates.clone(),
        frequencies: facts.frequencies.clone(),
        rate: settings.radio.rate,
        dwell_s: settings.dwell.map(|dwell| dwell.as_secs_f64()),
    })?;
    plan.begin_with(&known_carriers::read(&settings.carriers));
    let recorder = DwellRecorder::open(settings, facts.name())?;
    let serial = facts.serial.clone().unwrap_or_else(|| facts.label.clone());
    let crystal = Crystal::open(settings.crystals.clone(), serial, settings.radio.ppm, settings.radio.clock_ppm);
    let drive = Drive::open("scan", &settings.check)?;
    if settings.check.evidence.is_none() {
        report_fault("no evidence is kept, as --evidence-limit is 0: nobody can prove the alerts of this drive");
    }
    let options = OutputOptions {
        command: "scan",
        title: format!("scan {}", facts.name()),
        replay: None,
        format: settings.output,
        color: global.color,
        theme: Theme::new(global.color, global.is_dark),
        lines,
        view: settings.view.clone(),
        sound: settings.sound,
        stop: &stop,
        clock,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(settings.threads.get()).build().map_err(io::Error::other)?;
    let mut scan = Scan {
        gains: Gains::new(&settings.radio, facts),
        radio,
        plan,
        recorder,
        crystal,
        pool,
        begun: clock.0,
        published: DeviceCounts::default(),
        dwells: 0,
        backlog: Backlog::default(),
        air: AirAccount::default(),
        carriers: settings.carriers.clone(),
        centres: settings.centres.clone(),
        has_homed: false,
        stop: Arc::clone(&stop),
    };
    publish_drive(options, drive, |output| scan.run(output))
}

/// Opens the radio that the settings name, and checks the gain that they fix.
pub fn open(settings: &RadioSettings, stop: &Arc<AtomicBool>, until: Option<Instant>) -> Result<Radio, TunerError> {
    let RadioSettings { setup, gain_db, .. } = settings.clone();
    let opener = move || open_radio(&setup);
    let radio = Radio::open(Box::new(opener), Arc::clone(stop), until)?;
    gain_db.map_or(Ok(()), |gain_db| radio.facts().check_gain(gain_db))?;
    Ok(radio)
}

/// A dwell's name: when it began, and where.
pub fn dwell_name(start: Timestamp, center: Hertz) -> String {
    let start = start.to_zoned(TimeZone::UTC);
    format!("{}_{:.3}MHz", start.strftime("%Y%m%dT%H%M%S%.3fZ"), center.0 * 1e-6)
}

/// The gain for each tuning: one may be beside a mast's band, another far from any.
pub struct Gains {
    fixed: Option<f64>,
    allowed: Span,
    /// By the centre in hertz, and the last one set anywhere.
    known: BTreeMap<u64, f64>,
    last: f64,
}

impl Gains {
    pub fn new(settings: &RadioSettings, facts: &DeviceFacts) -> Self {
        let allowed = facts.gain;
        let middle = f64::midpoint(allowed.from, allowed.to).round().clamp(allowed.from, allowed.to);
        let fixed = settings.gain_db.or(facts.staged_gain_db);
        Self { fixed, allowed, known: BTreeMap::new(), last: middle }
    }

    /// Whether the gain follows what is heard.
    pub fn is_automatic(&self) -> bool {
        self.fixed.is_none()
    }

    /// The gain at a centre.
    pub fn at(&self, center: Hertz) -> f64 {
        self.fixed.unwrap_or_else(|| self.known.get(&(center.0 as u64)).copied().unwrap_or(self.last))
    }

    /// Learns how loud a dwell was; whether the gain is to be another.
    pub fn learn(&mut self, center: Hertz, loudness: &cellwarden_source::Loudness) -> bool {
        let before = self.at(center);
        self.last = loudness.next_gain(before, self.allowed);
        self.known.insert(center.0 as u64, self.last);
        self.at(center) != before
    }
}

/// Stretches of a dwell that wait to be shown.
const MAX_WAITING_STRETCHES: usize = 64;
/// How often it is looked whether the user wants something else.
const LOOK: Duration = Duration::from_millis(50);

/// What a dwell homes in on, and what the user wanted when it began.
#[derive(Clone, Copy)]
struct Homed {
    target: Option<HomingTarget>,
    wanted: Option<HomingTarget>,
}

/// A scan at work.
struct Scan {
    radio: Radio,
    plan: ScanPlan,
    gains: Gains,
    recorder: Option<DwellRecorder>,
    crystal: Crystal,
    pool: rayon::ThreadPool,
    begun: Instant,
    /// The radio's counts that were last published.
    published: DeviceCounts,
    /// Dwells that the radio gave samples of.
    dwells: u64,
    /// What dwells left undone, for the next ones on the same carriers.
    backlog: Backlog,
    /// What became of the time of the current sweep.
    air: AirAccount,
    /// The file of the carriers that scans heard, and what this one searches.
    carriers: PathBuf,
    centres: Vec<RangeInclusive<f64>>,
    /// Whether the last dwell homed in on a cell.
    has_homed: bool,
    stop: Arc<AtomicBool>,
}

impl Scan {
    /// Scans until it is over.
    fn run(&mut self, output: &mut DriveOutput) -> Result<()> {
        while !self.radio.is_over() {
            let wanted = output.homing();
            let (step, target) = self.next_step(wanted);
            let status = self.plan.status(self.seconds());
            self.publish_sweep(&step, status, false, output)?;
            let heard = self.step(&step, Homed { target, wanted }, output)?;
            self.publish_device(output)?;
            self.has_homed = target.is_some();
            if wanted.is_some() && target.is_none() {
                output.beside_homing();
            }
            let Some(heard) = heard else { continue };
            let cells: Vec<HeardCell> = heard.cells.iter().map(heard_cell).collect();
            if let Some(ended) = self.plan.heard(&step, &cells, self.seconds()) {
                self.publish_sweep(&step, ended, true, output)?;
                self.air.begin_sweep();
                let known = self.plan.known_carriers();
                if let Err(error) = known_carriers::write(&self.carriers, known, &self.centres) {
                    tracing::warn!(%error, "{}: the carriers heard cannot be written down", self.carriers.display());
                }
            }
            if self.plan.unswept() == 0 && self.plan.carriers() == 0 && self.crystal.forget() {
                // The crystal may be another than what was remembered of it: sweep with nothing known.
                tracing::info!("no cell within the remembered crystal error: sweeping without it");
                self.plan.sweep_again();
            }
        }
        if self.dwells == 0 && !self.stop.load(Ordering::Relaxed) {
            let device = self.radio.facts().name();
            let why = "gave no samples: see `cellwarden devices`, its cable and who else uses it";
            output.failure(&device, &format!("{device}: {why}"))?;
        }
        self.publish_device(output)
    }

    /// What to receive next, and the cell that it homes in on. Between two dwells that home in, what else is due is looked
    /// at.
    fn next_step(&self, wanted: Option<HomingTarget>) -> (Step, Option<HomingTarget>) {
        let Some(target) = wanted else { return (self.plan.next(self.seconds()), None) };
        let beside = self.plan.beside_homing(target.carrier, self.seconds()).filter(|_| self.has_homed);
        beside.map_or_else(|| (self.plan.homing(target.carrier), wanted), |step| (step, None))
    }

    fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Publishes where the sweep stands, with `step` at work.
    fn publish_sweep(
        &mut self,
        step: &Step,
        status: SweepStatus,
        is_complete: bool,
        output: &mut DriveOutput,
    ) -> Result<()> {
        let is_due = self.air.is_due(status.seconds_since_complete.is_none(), Instant::now());
        let window = self.plan.window_of(step.center);
        output.sweep(self.air.progress(&status, step.center, window, is_complete), is_due)
    }

    /// Publishes the radio's faults since the last call.
    fn publish_device(&mut self, output: &mut DriveOutput) -> Result<()> {
        let counts = self.radio.counts();
        output.device(&self.radio.facts().name(), &counts.since(&self.published), &counts)?;
        self.published = counts;
        Ok(())
    }

    /// What the radio is asked for.
    fn order(&self, step: &Step) -> Order {
        let tuning = Tuning { center: step.center, rate: step.rate, gain_db: self.gains.at(step.center) };
        Order { tuning, samples: (step.seconds * step.rate.hz()) as u64, when_full: WhenFull::End }
    }

    /// Receives and publishes one dwell; `None` where there was none, or where it was cut short because another cell is to be
    /// homed in on: that says nothing of what was not heard.
    fn step(&mut self, step: &Step, homed: Homed, output: &mut DriveOutput) -> Result<Option<ReportedDwell>> {
        let asked_at = Instant::now();
        let asked = self.radio.ask(self.order(step));
        if let Some(next) = self.plan.after(step) {
            self.radio.queue(self.order(&next));
        }
        let mut live = loop {
            match self.radio.receive(asked, |start| dwell_name(start, step.center))? {
                Some(live) => break live,
                None if self.radio.is_over() => return Ok(None),
                // The radio is gone, or does not say anything yet.
                None => {
                    let counts = self.radio.counts();
                    output.device(&self.radio.facts().name(), &counts.since(&self.published), &counts)?;
                    self.published = counts;
                }
            }
        };
        let retuning_s = asked_at.elapsed().as_secs_f64();
        let info = live.info().clone();
        let settings = ReceiverSettings {
            carriers: step.carriers.clone(),
            crystal: Some(self.crystal.oscillators()),
            stop: Arc::clone(&self.stop),
            backlog: self.backlog.clone(),
            level_of: homed.target.map(|target| target.pci),
        };
        let (end, cut, clipped) = (live.ender(), live.ender(), live.clipped());
        let (send, stretches) = bounded(MAX_WAITING_STRETCHES);
        let progress = move |now: Progress<'_>| {
            match &homed.target {
                // Nothing may be left to learn of it; its level goes on.
                Some(target) => {
                    let level = target.level_in(now.levels);
                    // Where the engine is behind, newer levels follow.
                    let _ = send.try_send(HomingStretch { level, clipped: clipped.share() });
                }
                None if now.complete => end.end(),
                None => {}
            }
        };
        let recording = RecordingTap::new(&mut live, self.recorder.as_mut(), output.position(info.start));
        let mut source = SpectrumTap::new(recording);
        let gain_db = info.gain_db.unwrap_or(0.0);
        let is_gain_automatic = self.gains.is_automatic();
        let mut is_cut = false;
        // It is set before the scope ends.
        let mut received = Ok(Ok(Reception::default()));
        self.pool.in_place_scope(|scope| {
            let (source, settings, received) = (&mut source, &settings, &mut received);
            // A fault of ours in one dwell must not end the scan.
            scope.spawn(move |_| {
                *received = catch_unwind(AssertUnwindSafe(|| receive(source, settings, &progress)));
                drop(progress);
            });
            loop {
                match stretches.recv_timeout(LOOK) {
                    Ok(stretch) => {
                        output.home(&stretch, gain_db);
                        if is_gain_automatic && stretch.clipped >= MAX_CLIPPED {
                            // The next dwell has less gain.
                            cut.end();
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if output.homing() != homed.wanted {
                    is_cut = true;
                    cut.end();
                }
            }
        });
        let (recording, spectrum) = source.into_parts();
        let again = recording.end().map_err(|error| format!("{}: not kept: {error}", info.name));
        if self.gains.learn(step.center, &live.loudness()) {
            tracing::debug!(center_hz = step.center.0, gain_db = self.gains.at(step.center), "gain");
        }
        drop(live);
        let again = match again {
            Ok(again) => again,
            Err(message) => {
                output.failure(&info.name, &message)?;
                None
            }
        };
        let mut reception = match received {
            Ok(reception) => reception.with_context(|| info.name.clone())?,
            Err(panic) => {
                let fault = "a fault of this program, please report it";
                output.failure(&info.name, &format!("{}: {fault}: {}", info.name, panic_text(&*panic)))?;
                return Ok(None);
            }
        };
        if reception.samples == 0 {
            return Ok(None);
        }
        let rate_hz = info.sample_rate.hz();
        self.air.add(&StepTime {
            retuning_s,
            received_s: reception.samples as f64 / rate_hz,
            lost_s: reception.lost as f64 / rate_hz,
        });
        self.backlog.take_over(std::mem::take(&mut reception.backlog), info.center, info.sample_rate);
        if let Err(error) = self.crystal.learn(&reception) {
            tracing::warn!(%error, "the crystal's error cannot be written down");
        }
        let clock = self.radio.take_clock_fault().map(|fault| Note::new(NoteCode::ClocksDiffer, fault));
        reception.notes.extend(clock);
        let name = info.name.clone();
        let (carriers, crystal) = (step.carriers.clone(), self.crystal.ppm());
        let played = PlayedDwell { info, carriers, reception, spectrum, crystal };
        let reported = output.live(played, again.as_ref())?;
        self.dwells += 1;
        for alert in reported.raised() {
            let recording =
                self.recorder.as_ref().map_or(Ok(()), |recorder| recorder.copy_lead_up(&alert.id, step.center));
            if let Err(error) = recording {
                output.failure(&name, &format!("what led to alert {} is not kept: {error}", alert.id))?;
            }
        }
        Ok((!is_cut).then_some(reported))
    }
}

/// What the plan needs to know of a cell.
fn heard_cell(JudgedCell { observation, verdict, findings }: &JudgedCell) -> HeardCell {
    let facts = &observation.broadcast;
    let is_complete =
        observation.identity_confirmed() && facts.scheduled_sibs.iter().all(|sib| facts.decoded_sibs.contains(sib));
    HeardCell {
        carrier: Hertz(observation.carrier.hz),
        pci: observation.pci,
        n_rb_dl: observation.mib.map(|mib| mib.bandwidth.n_rb_dl()),
        is_complete,
        is_identified: observation.identity_confirmed(),
        interest: match verdict {
            _ if verdict.is_suspicious() => Interest::Unregistered,
            _ if !findings.is_empty() => Interest::Changed,
            _ => Interest::Plain,
        },
    }
}

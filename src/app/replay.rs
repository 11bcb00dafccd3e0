//! `replay`: decodes recordings and tells their cells, in the order of the inputs.

use std::{
    io::{self, BufWriter, StdoutLock, Write},
    sync::atomic::Ordering,
    time::Instant,
};

use anyhow::{Context, Result};
use cpu_time::ProcessTime;

use super::{
    Outcome,
    drive::Drive,
    is_broken_pipe,
    playback::{Played, list, play_all, total_samples},
    stop_on_interrupt,
};
use crate::{
    alert::Alert,
    config::{GlobalSettings, Output, ReplaySettings},
    receiver::Reception,
    report::{JsonReport, ProgressDisplay, Report, SearchedDwell, Summary, TextReport, escape::escape},
    source::{Found, SourceInfo},
};

/// Runs the command.
pub fn replay(global: &GlobalSettings, settings: &ReplaySettings) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let carriers_hz = settings.carriers.as_ref().map(|carriers| carriers.iter().map(|carrier| carrier.0).collect());
    let drive = Drive::open("replay", &settings.check, carriers_hz)?;
    let stop = stop_on_interrupt()?;
    let recordings = list(settings);
    let progress = ProgressDisplay::new(total_samples(&recordings), global.quiet);
    let out = BufWriter::new(io::stdout().lock());
    let mut told = Told {
        report: match settings.output {
            Output::Text => Report::Text(TextReport::new(out, global.color)),
            Output::Json => Report::Json(JsonReport::new(out)),
        },
        drive,
        summary: Summary::default(),
    };
    let done = told
        .begin()
        .and_then(|()| play_all(recordings, settings, &stop, &progress, &mut |played| told.recording(played)));
    progress.end();
    told.summary.wall_seconds = clock.0.elapsed().as_secs_f64();
    told.summary.cpu_seconds = clock.1.elapsed().as_secs_f64();
    if done.as_ref().is_err_and(|error| !is_broken_pipe(error)) {
        told.summary.errors += 1;
    }
    // What was found until a failure is told to its end.
    done.and(told.report.end(&told.summary).context(CANNOT_WRITE))?;
    Ok(if stop.load(Ordering::Relaxed) {
        Outcome::Interrupted
    } else if told.summary.errors > 0 {
        Outcome::Failed
    } else if told.summary.alerts > 0 {
        Outcome::Alerts
    } else {
        Outcome::Done
    })
}

const CANNOT_WRITE: &str = "cannot write to standard output";

/// What is told to the user, and the sums of it.
struct Told {
    report: Report<BufWriter<StdoutLock<'static>>>,
    drive: Drive,
    summary: Summary,
}

impl Told {
    fn begin(&mut self) -> Result<()> {
        self.report.begin("replay", Some(&self.drive.rules_version())).context(CANNOT_WRITE)?;
        for alert in self.drive.recall()? {
            self.alert(&alert)?;
        }
        Ok(())
    }

    fn recording(&mut self, played: Played) -> Result<()> {
        let Played { name, dwells, again, failure } = played;
        self.summary.recordings += u64::from(failure.is_none() || !dwells.is_empty());
        for (info, reception) in dwells {
            self.dwell(info, reception, again.as_ref())?;
        }
        if let Some(message) = failure {
            self.summary.errors += 1;
            // Standard error may be closed; the event and the exit code say it too.
            let _ = writeln!(io::stderr(), "cellwarden: {}", escape(&message));
            self.report.error(&name, &message).context(CANNOT_WRITE)?;
        }
        Ok(())
    }

    fn dwell(&mut self, info: SourceInfo, reception: Reception, again: Option<&Found>) -> Result<()> {
        let (samples, lost) = (reception.samples, reception.lost);
        let told = self.drive.dwell(&info, reception, again)?;
        let searched = SearchedDwell {
            recording: info.name,
            center: info.center,
            sample_rate: info.sample_rate,
            start: info.start,
            samples,
            lost,
        };
        self.summary.iq_seconds += searched.seconds();
        self.summary.lost_samples += searched.lost;
        self.summary.cells += told.cells.len() as u64;
        self.report.dwell(&searched, &told.cells).context(CANNOT_WRITE)?;
        told.alerts.iter().try_for_each(|alert| self.alert(alert))
    }

    fn alert(&mut self, alert: &Alert) -> Result<()> {
        self.summary.alerts += 1;
        self.report.alert(alert).context(CANNOT_WRITE)
    }
}

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
    judge::Judge,
    playback::{Played, list, play_all, total_samples},
    stop_on_interrupt,
};
use crate::{
    config::{GlobalSettings, Output, ReplaySettings},
    receiver::Reception,
    report::{JsonReport, ProgressDisplay, Report, SearchedDwell, Summary, TextReport, escape::escape},
    source::SourceInfo,
};

/// Runs the command.
pub fn replay(global: &GlobalSettings, settings: &ReplaySettings) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let judge = Judge::open(&settings.check)?;
    let stop = stop_on_interrupt()?;
    let recordings = list(settings);
    let progress = ProgressDisplay::new(total_samples(&recordings), global.quiet);
    let out = BufWriter::new(io::stdout().lock());
    let mut told = Told {
        report: match settings.output {
            Output::Text => Report::Text(TextReport::new(out, global.color)),
            Output::Json => Report::Json(JsonReport::new(out)),
        },
        judge,
        summary: Summary::default(),
    };
    let rules_version = told.judge.rules_version();
    let begun = told.report.begin("replay", Some(&rules_version)).context(CANNOT_WRITE);
    let done =
        begun.and_then(|()| play_all(recordings, settings, &stop, &progress, &mut |played| told.recording(played)));
    progress.end();
    told.summary.wall_seconds = clock.0.elapsed().as_secs_f64();
    told.summary.cpu_seconds = clock.1.elapsed().as_secs_f64();
    match done.and_then(|()| told.report.end(&told.summary).context(CANNOT_WRITE)) {
        // Whoever read the output has seen enough.
        Err(error) if is_broken_pipe(&error) => return Ok(Outcome::Done),
        done => done?,
    }
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

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// What is told to the user, and the sums of it.
struct Told {
    report: Report<BufWriter<StdoutLock<'static>>>,
    judge: Judge,
    summary: Summary,
}

impl Told {
    fn recording(&mut self, played: Played) -> Result<()> {
        let Played { name, dwells, failure } = played;
        self.summary.recordings += u64::from(failure.is_none() || !dwells.is_empty());
        for (info, reception) in dwells {
            self.dwell(info, reception)?;
        }
        if let Some(message) = failure {
            self.summary.errors += 1;
            // Standard error may be closed; the event and the exit code say it too.
            let _ = writeln!(io::stderr(), "cellwarden: {}", escape(&message));
            self.report.error(&name, &message).context(CANNOT_WRITE)?;
        }
        Ok(())
    }

    fn dwell(&mut self, info: SourceInfo, reception: Reception) -> Result<()> {
        let searched = SearchedDwell {
            recording: info.name,
            center: info.center,
            sample_rate: info.sample_rate,
            start: info.start,
            samples: reception.samples,
            lost: reception.lost,
        };
        self.summary.iq_seconds += searched.seconds();
        self.summary.lost_samples += searched.lost;
        let judged = self.judge.dwell(reception.observations);
        self.summary.cells += judged.cells.len() as u64;
        self.report.dwell(&searched, &judged.cells).context(CANNOT_WRITE)?;
        for alert in judged.raised() {
            self.summary.alerts += 1;
            self.report.alert(alert).context(CANNOT_WRITE)?;
        }
        Ok(())
    }
}

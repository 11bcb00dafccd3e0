//! How weak a cell may be: the probability of receiving its PCI, MIB and SIB1 against its level, in noise, in fading and
//! under a stronger cell, and how often a cell is told that nobody sent.
//!
//! ```sh
//! cargo run --release --example sensitivity -- --trials 20
//! ```
//!
//! Writes `sensitivity.csv` and `sensitivity.svg`. Levels are CRS Es/N0 of one antenna, as testsignal defines them.
//! Ctrl-C ends it with what was counted until then.

mod air;
mod base_waveform;
#[path = "../../tests/memory/mod.rs"]
mod memory;
mod plot;
mod trial;

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use air::{Carrier, Channel, Study};
use anyhow::{Context, Result, ensure};
use base_waveform::BaseWaveform;
use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use plot::{Panel, Point};
use rayon::prelude::*;
use trial::{Outcome, false_alarms};

/// Draws the probability of receiving PCI, MIB and SIB1 against a cell's level.
#[derive(Parser)]
#[command(after_help = "Example: sensitivity --trials 20 --waveform captures/one-cell.sigmf-meta --false-alarms 1000")]
struct Arguments {
    /// Receptions of each level, each with its own noise, channel and place in the frame
    #[arg(long, default_value_t = 20)]
    trials: u64,
    /// Decibels between levels
    #[arg(long, default_value_t = 2.0)]
    step: f32,
    /// A recording of one strong cell to be put into noise too; may be repeated
    #[arg(long, value_name = "FILE")]
    waveform: Vec<PathBuf>,
    /// Only the curves whose title contains this
    #[arg(long, default_value = "", hide_default_value = true)]
    only: String,
    /// Count false cells over so many recordings of noise and of single cells; no curves are drawn
    #[arg(long, value_name = "N")]
    false_alarms: Option<u64>,
    /// Draw the curves of earlier tables instead; may be repeated
    #[arg(long, value_name = "FILE")]
    table: Vec<PathBuf>,
    /// Only levels from this one on
    #[arg(long, allow_negative_numbers = true, value_name = "DB")]
    from: Option<f32>,
    /// Only levels up to this one
    #[arg(long, allow_negative_numbers = true, value_name = "DB")]
    to: Option<f32>,
    /// First seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Threads; all processors by default
    #[arg(long, default_value_t = 0)]
    threads: usize,
    /// Results, without a suffix
    #[arg(long, default_value = "sensitivity")]
    out: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(arguments.step > 0.0, "--step is {}, allowed: above 0", arguments.step);
    if !arguments.table.is_empty() {
        return plot::write(&arguments.out, &plot::read(&arguments.table)?);
    }
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads).build_global()?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    signal_hook::flag::register(signal_hook::consts::SIGINT, flag)?;
    let seeds = |count: u64| arguments.seed..arguments.seed.saturating_add(count);
    if let Some(count) = arguments.false_alarms {
        let bar = progress(count);
        let counted = false_alarms(seeds(count), &stop, &bar);
        bar.finish_and_clear();
        println!("{counted}");
        return Ok(());
    }
    let mut studies: Vec<Study> = Vec::new();
    for carrier in Carrier::ALL {
        studies.extend(Channel::ALL.into_iter().map(|channel| Study::alone(carrier, channel)));
    }
    for study in [Study::under_another, Study::under_a_twin] {
        studies.extend(Channel::SLOW.into_iter().map(study));
    }
    for path in &arguments.waveform {
        let base = BaseWaveform::read(path).with_context(|| path.display().to_string())?;
        studies.extend(Channel::ALL.into_iter().map(|channel| Study::of_waveform(&base, channel)));
    }
    studies.retain(|study| study.title.contains(&arguments.only));
    let levels = |study: &Study| -> Vec<f32> {
        let is_wanted =
            |db: &f32| arguments.from.is_none_or(|from| from <= *db) && arguments.to.is_none_or(|to| *db <= to);
        study.levels(arguments.step).into_iter().filter(is_wanted).collect()
    };
    let points = studies.iter().map(|study| levels(study).len() as u64).sum::<u64>();
    let bar = progress(points * arguments.trials);
    let mut panels = Vec::new();
    for mut study in studies {
        let waveforms = study.transmit()?;
        let mut panel = Panel { title: study.title.clone(), axis: study.axis.to_owned(), points: Vec::new() };
        for level_db in levels(&study) {
            study.set_level(level_db);
            let outcomes: Vec<Outcome> = seeds(arguments.trials)
                .into_par_iter()
                .filter_map(|seed| {
                    let outcome = study.trial(seed, &waveforms, &stop);
                    bar.inc(1);
                    outcome
                })
                .collect();
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let point = Point::new(level_db, &outcomes);
            bar.suspend(|| println!("{}: {point}", study.title));
            panel.points.push(point);
        }
        panels.push(panel);
        // After each curve, so that nothing is lost whatever happens.
        plot::write(&arguments.out, &panels)?;
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

fn progress(length: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {eta} left").expect("a template without faults");
    ProgressBar::new(length).with_style(style)
}

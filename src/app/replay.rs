//! `replay`: decodes recordings and publishes their cells, in the order of the inputs.

use std::time::Instant;

use anyhow::Result;
use cpu_time::ProcessTime;

use super::{
    Outcome,
    drive::Drive,
    output::{OutputOptions, publish_drive},
    playback::{list, play_all, total_samples},
    screen::LogLines,
    stop_on_interrupt,
};
use crate::{
    config::{GlobalSettings, Output, ReplaySettings},
    tui::{
        Theme,
        state::{ReplayProgress, Speed},
    },
};
use cellwarden_report::ProgressDisplay;
use cellwarden_source::Found;

/// Runs the command; `lines` takes the log where the terminal is taken over.
pub fn replay(global: &GlobalSettings, settings: &ReplaySettings, lines: LogLines) -> Result<Outcome> {
    let clock = (Instant::now(), ProcessTime::now());
    let drive = Drive::open("replay", &settings.check)?;
    let stop = stop_on_interrupt()?;
    let recordings = list(settings);
    drive.check_track(recordings.iter().flatten().flat_map(Found::times))?;
    let on_screen = settings.output == Output::Screen;
    let progress = ProgressDisplay::new(total_samples(&recordings), global.quiet || on_screen);
    let options = OutputOptions {
        command: "replay",
        title: title(settings),
        replay: Some(begin(settings, recordings.len() as u64)),
        format: settings.output,
        color: global.color,
        theme: Theme::new(global.color, global.is_dark),
        lines,
        view: settings.view.clone(),
        sound: settings.sound,
        stop: &stop,
        clock,
    };
    let outcome = publish_drive(options, drive, |output| {
        play_all(recordings, settings, &stop, &progress, &mut |playing, part| output.part(playing, part))
    });
    progress.end();
    outcome
}

/// Where the replay begins.
fn begin(settings: &ReplaySettings, total: u64) -> ReplayProgress {
    let speed = settings.speed.map_or(Speed::Full, Speed::Times);
    ReplayProgress { shown: 0, total, paused: settings.paused, speed, ended: false }
}

/// What the screen calls this replay.
fn title(settings: &ReplaySettings) -> String {
    let names = settings.inputs.iter().map(|path| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    format!("replay {}", names.collect::<Vec<_>>().join(" "))
}

//! Runs the program, and makes what it is given.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use cellwarden_source::{Capture, SigmfWriter};
use lte_dsp::{
    frontend::SampleFormat,
    units::{Hertz, SampleRate},
};
use num_complex::Complex32;
use serde_json::Value;

use crate::folder::Folder;

/// 20 ms at the lowest rate.
pub const SAMPLES: usize = 38_400;

pub fn cellwarden() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    // No settings but the test's own.
    command.env_remove("NO_COLOR").env("XDG_CONFIG_HOME", "/nonexistent");
    command
}

pub fn run(arguments: &[&str]) -> Output {
    cellwarden().args(arguments).stdin(Stdio::null()).output().expect("started")
}

pub fn events(output: &Output) -> Vec<Value> {
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect()
}

pub fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().expect("every line has a type")).collect()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

impl Folder {
    /// A SigMF recording of faint noise; gives its metadata's name.
    pub fn noise(&self, stem: &str, start: &str) -> String {
        let capture = Capture {
            center: Hertz(1840e6),
            start: Some(start.parse().expect("a time")),
            gain_db: Some(20.0),
            position: None,
        };
        let rate = SampleRate::LTE_1_4_MHZ;
        let mut writer =
            SigmfWriter::create(&self.path(stem), SampleFormat::Ci8, rate, "noise", capture).expect("created");
        writer.write(&noise()).expect("written");
        writer.finish().expect("finished").to_str().expect("UTF-8").to_owned()
    }
}

/// Uniform noise of a small generator, some dB below full scale.
fn noise() -> Vec<Complex32> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 24) as f32 - 0.5
    };
    (0..SAMPLES).map(|_| Complex32::new(next(), next()) * 0.5).collect()
}

/// Bytes of every value, in no order.
pub fn noise_bytes(count: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    (0..count).map(|_| next()).collect()
}

/// The repository's recording of one macro cell.
pub fn one_cell() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/one-cell.sigmf-meta").display().to_string()
}

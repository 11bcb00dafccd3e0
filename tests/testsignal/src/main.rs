//! Writes SigMF recordings of synthetic LTE cells, from scenario files or as a drive drawn at random.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use testsignal::{Scenario, drive, sigmf};

/// Writes a SigMF recording of each scenario into OUTPUT, and what is in it into OUTPUT/expected/NAME.json.
///
/// Examples: testsignal captures/scenarios/*.toml captures/; testsignal --drive 7 /tmp/drive-7
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Write the drive of this seed: recordings, track, registered cell list and truth.
    #[arg(long, value_name = "SEED")]
    drive: Option<u64>,
    /// No rogue is on the air in the drive.
    #[arg(long, requires = "drive")]
    honest: bool,
    /// Scenario files (TOML), a recording taking its file's name; the last is the folder for the recordings.
    #[arg(required = true, value_name = "SCENARIO|OUTPUT")]
    paths: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let Arguments { drive, honest, mut paths } = Arguments::parse();
    let output = paths.pop().unwrap_or_default();
    let written = match drive {
        Some(seed) if paths.is_empty() => drive::write(seed, honest, &output).map(drop).map_err(|e| e.to_string()),
        None if !paths.is_empty() => paths
            .iter()
            .try_for_each(|path| record(path, &output).map_err(|message| format!("{}: {message}", path.display()))),
        _ => Err("either --drive SEED or scenario files are to be given, and a folder".to_owned()),
    };
    if let Err(message) = written {
        eprintln!("testsignal: {message}");
        return ExitCode::from(2);
    }
    ExitCode::SUCCESS
}

fn record(path: &Path, output: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut scenario: Scenario = toml::from_str(&fs::read_to_string(path)?)?;
    scenario.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let samples = scenario.generate()?;
    let expected = output.join("expected");
    fs::create_dir_all(&expected)?;
    sigmf::write(&scenario, &samples, output)?;
    fs::write(expected.join(format!("{}.json", scenario.name)), format!("{:#}\n", scenario.truth()))?;
    eprintln!("{}: {} samples, {} cells", scenario.name, samples.len(), scenario.cells.len());
    Ok(())
}

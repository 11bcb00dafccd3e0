//! Writes SigMF recordings of synthetic LTE cells from scenario files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use testsignal::{Scenario, sigmf};

/// Writes a SigMF recording of each scenario into OUTPUT, and what is in it into OUTPUT/expected/NAME.json.
///
/// Example: testsignal captures/scenarios/*.toml captures/
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Scenario files (TOML); a recording takes its file's name.
    #[arg(required = true)]
    scenarios: Vec<PathBuf>,
    /// Folder for the recordings.
    output: PathBuf,
}

fn main() -> ExitCode {
    let Arguments { scenarios, output } = Arguments::parse();
    for path in &scenarios {
        if let Err(message) = record(path, &output) {
            eprintln!("testsignal: {}: {message}", path.display());
            return ExitCode::from(2);
        }
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

//! parse → check → run → exit code.

use std::process::ExitCode;

use cellwarden::{
    app::{self, Outcome},
    cli::Cli,
    config, console,
};
use clap::Parser;

fn main() -> ExitCode {
    // Clap ends the program with 2 on bad usage, and with 0 after `--help`.
    let cli = Cli::parse();
    let outcome = config::check(cli).map_err(anyhow::Error::from).and_then(|settings| app::run(&settings));
    let outcome = outcome.unwrap_or_else(|error| {
        console::write_error_line(error_line(&error));
        Outcome::Failed
    });
    ExitCode::from(outcome as u8)
}

/// An error and its causes in one line; some errors say their cause themselves.
fn error_line(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.ends_with(&cause) {
            text += &format!(": {cause}");
        }
    }
    text
}

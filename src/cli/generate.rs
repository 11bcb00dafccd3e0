//! What is made of the command line's own description: shell completions and manual pages.

use std::{io, path::Path};

use clap::CommandFactory;
pub use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

/// The script that makes a shell complete commands and options.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cellwarden", &mut script);
    script
}

/// The manual page of the program, as roff.
///
/// # Errors
/// None: memory takes it.
pub fn man_page() -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    Ok(page)
}

/// Writes the manual pages of the program and of every command into a folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn man_pages(folder: &Path) -> io::Result<()> {
    clap_mangen::generate_to(Cli::command(), folder)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_shell_learns_the_commands() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(completions(*shell)).expect("UTF-8");
            for word in ["replay", "evidence-limit", "completions"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
        }
    }
}

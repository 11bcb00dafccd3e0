//! What is made of the command line's own description: shell completions and manual pages.

use std::{
    env, fs,
    io::{self, Write},
    path::Path,
};

use clap::{Command, CommandFactory};
pub use clap_complete::Shell;
use clap_mangen::Man;
use jiff::Timestamp;

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
    page(&built())
}

/// Writes the manual pages of the program and of every command into a folder.
///
/// # Errors
/// Where a file cannot be written.
pub fn man_pages(folder: &Path) -> io::Result<()> {
    commands(&built())
        .iter()
        .try_for_each(|command| fs::write(folder.join(format!("{}.1", name_of(command))), page(command)?))
}

/// The program's command line, with the full names of all commands.
fn built() -> Command {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    command
}

/// A command and all below it.
fn commands(command: &Command) -> Vec<Command> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    std::iter::once(command.clone()).chain(below.flat_map(commands)).collect()
}

fn name_of(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// When the pages are made: where a build is to give the same each time, the time that it is told. See
/// <https://reproducible-builds.org/specs/source-date-epoch/>.
fn date() -> String {
    let told = env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| Timestamp::from_second(text.parse().ok()?).ok());
    told.unwrap_or_else(Timestamp::now).strftime("%Y-%m-%d").to_string()
}

/// The page of a command: its name in one sentence, how it is called, and the sections of its help.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let sentence = about.split_once(". ").map_or(about.as_str(), |(first, _)| first).trim_end_matches('.').to_owned();
    let short = command.clone().about(sentence);
    let man = |command: &Command| {
        Man::new(command.clone())
            .title(name_of(command).to_uppercase())
            .date(date())
            .source(concat!("cellwarden ", env!("CARGO_PKG_VERSION")))
            .manual("User Commands")
    };
    let (whole, mut page) = (man(command), Vec::new());
    whole.render_title(&mut page)?;
    man(&short).render_name_section(&mut page)?;
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>().join(" ");
    writeln!(page, ".SH SYNOPSIS\n{}", usage.replace('\\', "\\\\").replace('-', "\\-"))?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    if command.has_subcommands() {
        whole.render_subcommands_section(&mut page)?;
    }
    if command.get_after_help().is_some() || command.get_after_long_help().is_some() {
        whole.render_extra_section(&mut page)?;
    }
    Ok(tidy(&String::from_utf8_lossy(&page)).into_bytes())
}

/// Longest line of a page's source.
const MAX_LINE: usize = 79;

/// The page without what manual page checkers complain of: lines that end in spaces, empty ones, breaks that break nothing,
/// and long ones.
fn tidy(page: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in page.lines().map(str::trim_end) {
        let is_break =
            |line: &str| line == ".br" || line == ".sp" || line.starts_with(".SH") || line.starts_with(".TP");
        match line {
            "" => {}
            ".SH EXTRA" => lines.push(".SH EXAMPLES".to_owned()),
            ".br" | ".sp" if lines.last().is_some_and(|last| is_break(last)) => {}
            _ if line.starts_with(['.', ' ']) || line.len() <= MAX_LINE => lines.push(line.to_owned()),
            _ => wrap(line, &mut lines),
        }
    }
    // Two paragraphs are a line apart.
    lines.iter().flat_map(|line| [line, "\n"]).map(|text| if text == ".br" { ".sp" } else { text }).collect()
}

/// A line of text in several: none begins like a request.
fn wrap(line: &str, lines: &mut Vec<String>) {
    let mut current = String::new();
    for word in line.split(' ') {
        let is_request = word.starts_with(['.', '\'']);
        if !current.is_empty() && !is_request && current.len() + 1 + word.len() > MAX_LINE {
            lines.push(std::mem::take(&mut current));
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    lines.push(current);
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

    #[test]
    fn every_page_has_a_version_a_date_and_values() {
        for command in commands(&built()) {
            let (name, page) = (name_of(&command), String::from_utf8(page(&command).expect("memory")).expect("UTF-8"));
            let title = page.lines().find(|line| line.starts_with(".TH")).expect("a title");
            let version = concat!("\"cellwarden ", env!("CARGO_PKG_VERSION"), "\"");
            assert!(title.contains(version) && title.contains(&date()[..4]) && title.contains("User"), "{title}");
            assert!(page.contains(".SH EXAMPLES") && !page.contains("EXTRA"), "{name}");
            assert!(page.lines().all(|line| line.trim_end() == line && !line.is_empty()), "{name}");
        }
        let page = String::from_utf8(man_page().expect("memory")).expect("UTF-8");
        assert!(page.contains("Finds rogue LTE base stations"), "{page}");
    }

    /// A checker's word on every page, where it is there.
    #[test]
    fn mandoc_finds_nothing_to_warn_of() {
        let folder = tempfile::tempdir().expect("a folder");
        man_pages(folder.path()).expect("written");
        for entry in fs::read_dir(folder.path()).expect("a folder").flatten() {
            let checked =
                std::process::Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(entry.path()).output();
            let Ok(checked) = checked else {
                println!("left out: mandoc cannot be run");
                return;
            };
            let said = String::from_utf8_lossy(&[checked.stdout, checked.stderr].concat()).into_owned();
            assert!(said.is_empty(), "{said}");
        }
    }
}

//! What crates cannot hold: that those which know no files, clocks, threads and networks take none from the standard
//! library or from jiff. Who may import whom is held by the manifests.
//!
//! A crate is read word by word, tests included, comments and literals left out: however a path is spelled, its last
//! module stands in it as a word.

use std::{fs, path::Path};

/// Crates that compute and no more.
const PURE: &[&str] = &["dsp/src", "crates/rrc/src", "crates/event/src", "crates/core/src"];

/// Words by which files, clocks, threads, processes and logs are reached.
const REACHING: &[&str] = &[
    "fs",
    "File",
    "thread",
    "spawn",
    "sleep",
    "net",
    "process",
    "env",
    "Instant",
    "SystemTime",
    "::now",
    "rusqlite",
    "tracing",
    "println",
    "eprintln",
];

#[test]
fn pure_crates_reach_no_files_clocks_or_threads() {
    let mut reached = Vec::new();
    for root in PURE {
        for (file, text) in sources(Path::new(root)) {
            reached.extend(reaching(&text).into_iter().map(|(line, word)| format!("{file}:{line}: {word}")));
        }
    }
    assert!(reached.is_empty(), "what these need comes from the caller:\n{}", reached.join("\n"));
}

#[test]
fn every_way_of_reaching_is_seen() {
    for bad in [
        "use std::fs;",
        "use std::{io, fs::File};",
        "fn f() { std::thread::scope(|_| ()); }",
        "let now = jiff::Timestamp::now();",
        "#[cfg(test)]\nmod tests {}\nuse std::time::Instant;",
        "use rusqlite::Connection;",
    ] {
        assert!(!reaching(bad).is_empty(), "{bad}");
    }
    for fine in ["// std::fs\nuse std::io::Read;", "let text = \"use std::fs\";", "/* Instant */ let first = 1;", "'n'"]
    {
        assert_eq!(reaching(fine), [], "{fine}");
    }
}

/// The words of [`REACHING`] in a source text, with their lines.
fn reaching(text: &str) -> Vec<(usize, String)> {
    let word = regex_lite::Regex::new(r"(?:::)?\w+").expect("a pattern");
    let is_reaching = |word: &str| REACHING.contains(&word) || REACHING.contains(&word.trim_start_matches("::"));
    let mut found = Vec::new();
    for (number, line) in code_of(text).lines().enumerate() {
        let words = word.find_iter(line).map(|found| found.as_str()).filter(|word| is_reaching(word));
        found.extend(words.map(|word| (number + 1, word.to_owned())));
    }
    found
}

/// The text without comments and literals.
fn code_of(text: &str) -> String {
    let literal =
        regex_lite::Regex::new(r##"(?s)//[^\n]*|/\*.*?\*/|r#".*?"#|"(?:\\.|[^"\\])*"|'(?:\\[^\n]{1,6}|[^'\\\n])'"##)
            .expect("a pattern");
    literal.replace_all(text, |found: &regex_lite::Captures<'_>| found[0].replace(|c| c != '\n', " ")).into_owned()
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push((path.display().to_string(), fs::read_to_string(&path).expect("readable")));
        }
    }
    files
}

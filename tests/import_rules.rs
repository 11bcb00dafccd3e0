//! Who may import whom. Data moves down the list, imports follow; this test holds the list and fails on a breach.
//!
//! Source text is read, not compiled: comments, strings and tests are left out, paths that begin with `crate`, `super`,
//! `self` or a crate's name are followed to a module.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A module, and what of ours it may import. The longest name that fits a file counts; an import is allowed where a
/// name of the list is it or stands above it. Everyone may import from its own folder.
type Rule = (&'static str, &'static [&'static str]);

/// `src/`, in signal order.
const APP: &[Rule] = &[
    ("source", &["lte_dsp::units", "lte_dsp::frontend"]),
    ("rrc", &["lte_dsp::cell"]),
    ("observation", &["lte_dsp::units", "lte_dsp::cell"]),
    ("receiver", &["source", "rrc", "observation", "lte_dsp"]),
    ("registry", &["observation", "lte_dsp::units", "lte_dsp::cell"]),
    ("detect", &["observation", "registry", "lte_dsp::units", "lte_dsp::cell"]),
    ("alert", &["observation", "registry", "detect", "lte_dsp::units", "lte_dsp::cell"]),
    (
        "store",
        &[
            "observation",
            "registry",
            "detect",
            "alert",
            "source",
            "lte_dsp::units",
            "lte_dsp::cell",
            "lte_dsp::frontend",
        ],
    ),
    ("position", &["observation"]),
    ("locate", &["observation"]),
    ("report", &["observation", "registry", "detect", "alert", "store", "locate", "lte_dsp::units", "lte_dsp::cell"]),
    ("feed", &["observation", "registry", "detect", "alert", "store", "lte_dsp::units", "lte_dsp::cell"]),
    (
        "tui",
        &[
            "observation",
            "registry",
            "detect",
            "alert",
            "store",
            "locate",
            "report::escape",
            "lte_dsp::units",
            "lte_dsp::cell",
        ],
    ),
    ("service", &["observation", "registry", "detect", "alert", "store", "locate", "feed"]),
    ("cli", &[]),
    (
        "config",
        &[
            "cli",
            "observation",
            "position",
            "registry",
            "report::html",
            "alert::outbox",
            "feed::target",
            "lte_dsp::units",
            "lte_dsp::frontend",
        ],
    ),
    ("app", &[""]),
    ("main", &[""]),
    ("lib", &[]),
];

/// `dsp/src/`: frontend ← search ← grid ← channels, on tools that know none of them.
const DSP: &[Rule] = &[
    ("units", &[]),
    ("cell", &[]),
    ("fft", &["units", "cell"]),
    ("sequences", &["units", "cell"]),
    ("tables", &["units", "cell"]),
    ("kernels", &["units", "cell"]),
    ("coding", &["units", "cell", "sequences", "tables", "kernels"]),
    ("frontend", &["units", "cell", "fft", "kernels"]),
    ("search", &["units", "cell", "fft", "sequences", "kernels", "frontend"]),
    ("grid", &["units", "cell", "fft", "sequences", "kernels", "frontend", "search"]),
    ("channels", &["units", "cell", "fft", "sequences", "tables", "kernels", "coding", "frontend", "search", "grid"]),
    ("lib", &[]),
];

/// Crates of others that belong to one module only.
const ONE_PLACE: &[(&str, &[&str])] = &[
    ("clap", &["cli", "main"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("ratatui", &["tui"]),
    ("crossterm", &["tui"]),
    ("soapysdr", &["source::soapy"]),
    ("anyhow", &["app", "main"]),
    ("indicatif", &["report::progress"]),
    ("ctrlc", &["app"]),
    ("ureq", &["feed::http", "feed::download"]),
    ("rumqttc", &["feed::mqtt", "service::intake"]),
    ("rustls", &["feed", "service"]),
    ("tokio", &["service"]),
    ("axum", &["service"]),
    ("axum_server", &["service"]),
    ("argon2", &["service::tokens"]),
    ("postgres", &["service::database"]),
    ("tokio_postgres_rustls", &["service::database"]),
    ("fastrand", &["app"]),
    ("nix", &["app::disk", "source::open", "tui::terminal"]),
];

/// What is pure must not reach: files, the clock, threads, the log.
const IMPURE: &[&str] = &["std::fs", "std::net", "std::process", "std::thread", "std::time", "tracing", "std::env"];

/// Modules of pure functions; the registry's database is the file next to them.
const PURE: &[&str] = &["observation", "rrc", "detect", "registry::check", "registry::index", "alert"];

#[test]
fn the_app_keeps_the_order() {
    check(Path::new("src"), APP);
}

#[test]
fn the_signal_chain_keeps_the_order() {
    check(Path::new("dsp/src"), DSP);
    for (file, _) in sources(Path::new("dsp/src")) {
        for path in imports(&file, Path::new("dsp/src")) {
            let reaches = IMPURE.iter().any(|impure| is_under(&path, impure)) || is_under(&path, "serde");
            assert!(!reaches, "{}: {path}: no files, clock, threads, log or serde here", file.display());
        }
    }
}

#[test]
fn crates_stay_in_their_place_and_pure_modules_pure() {
    for (file, module) in sources(Path::new("src")) {
        for path in imports(&file, Path::new("src")) {
            for (name, places) in ONE_PLACE.iter().filter(|(name, _)| is_under(&path, name)) {
                let here = places.iter().any(|place| is_under(&module, place));
                assert!(here, "{}: {name} belongs to {places:?} only", file.display());
            }
            let pure = PURE.iter().any(|pure| is_under(&module, pure));
            let impure = IMPURE.iter().any(|impure| is_under(&path, impure));
            assert!(!(pure && impure), "{}: {path} in a module of pure functions", file.display());
        }
    }
}

fn check(root: &Path, rules: &[Rule]) {
    let mut breaches = Vec::new();
    let own: BTreeSet<&str> = rules.iter().map(|(module, _)| module.split("::").next().expect("a name")).collect();
    for (file, module) in sources(root) {
        let fits = rules.iter().filter(|(name, _)| is_under(&module, name));
        let Some((name, allowed)) = fits.max_by_key(|(name, _)| name.len()) else {
            breaches.push(format!("{}: no rule for this module", file.display()));
            continue;
        };
        for path in imports(&file, root) {
            let first = path.split("::").next().expect("a name");
            let ours = path.strip_prefix("crate::").or((first == "lte_dsp").then_some(path.as_str()));
            let Some(ours) =
                ours.filter(|path| path.starts_with("lte_dsp") || own.contains(path.split("::").next().unwrap_or("")))
            else {
                continue;
            };
            let home = name.split("::").next().expect("a name");
            let fine = is_under(ours, home) || allowed.iter().any(|allowed| is_under(ours, allowed));
            if !fine {
                breaches.push(format!("{}: imports {ours}; {name} may import {allowed:?}", file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// Whether `path` is `above` or lies in it; everything lies in the nameless root.
fn is_under(path: &str, above: &str) -> bool {
    above.is_empty() || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The source files under a folder that are no tests, with their module paths.
fn sources(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let module = module_of(&path, root).join("::");
                found.push((path, if module.is_empty() { "lib".to_owned() } else { module }));
            }
        }
    }
    assert!(!found.is_empty(), "{}", root.display());
    found
}

fn module_of(file: &Path, root: &Path) -> Vec<String> {
    let inside = file.strip_prefix(root).expect("under the root").with_extension("");
    let mut names: Vec<String> = inside.iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if matches!(names.last().map(String::as_str), Some("mod" | "lib")) {
        names.pop();
    }
    names
}

/// All paths that a file names, those of our own crate from `crate` on.
fn imports(file: &Path, root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).expect("readable");
    paths(&code(&text), &module_of(file, root))
}

/// The code without comments, texts, characters and tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().expect("a beginning");
    let mut code = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c == '"' {
            let mut escaped = false;
            let end = rest[1..].find(|c| {
                let end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                end
            });
            end.map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(c);
            c.len_utf8()
        };
        rest = &rest[skip..];
    }
    code
}

/// Every path of the code: the trees of `use` spread out, and paths that stand elsewhere.
fn paths(code: &str, module: &[String]) -> BTreeSet<String> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut characters = code.chars().peekable();
    while let Some(c) = characters.next() {
        if c.is_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            tokens.push(std::mem::take(&mut word));
        }
        if c == ':' && characters.peek() == Some(&':') {
            characters.next();
            tokens.push("::".to_owned());
        } else if !c.is_whitespace() {
            tokens.push(c.to_string());
        }
    }
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_use = tokens[at] == "use";
        let starts = is_word(&tokens[at]) && tokens.get(at + 1).is_some_and(|next| next == "::");
        if is_use {
            at += 1;
            spread(&tokens, &mut at, &[], module, &mut found);
        } else if starts {
            let mut path = vec![tokens[at].clone()];
            at += 1;
            while tokens.get(at).is_some_and(|t| t == "::") && tokens.get(at + 1).is_some_and(|t| is_word(t)) {
                path.push(tokens[at + 1].clone());
                at += 2;
            }
            at += usize::from(tokens.get(at).is_some_and(|t| t == "::"));
            found.insert(absolute(&path, module));
        } else {
            at += 1;
        }
    }
    found
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Spreads one tree of a `use`; `at` ends behind it.
fn spread(tokens: &[String], at: &mut usize, above: &[String], module: &[String], found: &mut BTreeSet<String>) {
    let mut path = above.to_vec();
    while let Some(token) = tokens.get(*at) {
        match token.as_str() {
            "{" => {
                *at += 1;
                while tokens.get(*at).is_some_and(|t| t != "}") {
                    spread(tokens, at, &path, module, found);
                    *at += usize::from(tokens.get(*at).is_some_and(|t| t == ","));
                }
                *at += 1;
                return;
            }
            "::" | "*" => *at += 1,
            "as" => *at += 2,
            word if is_word(word) => {
                path.push(word.to_owned());
                *at += 1;
            }
            _ => break,
        }
    }
    found.insert(absolute(&path, module));
}

/// The path from `crate` on, where it is one of ours.
fn absolute(path: &[String], module: &[String]) -> String {
    let supers = path.iter().take_while(|name| *name == "super").count();
    let from_here = supers > 0 || path.first().is_some_and(|name| name == "self");
    if !from_here {
        return path.join("::");
    }
    let above = &module[..module.len().saturating_sub(supers)];
    let below = path.iter().skip(supers.max(1));
    let names: Vec<&str> =
        std::iter::once("crate").chain(above.iter().map(String::as_str)).chain(below.map(String::as_str)).collect();
    names.join("::")
}

#[test]
fn paths_are_followed() {
    let text = r#"
        //! use crate::comment;
        use crate::{a::{self, B}, c as d};
        use super::super::e::F;
        use std::fs;
        fn f() -> super::g::H { let _ = "crate::text"; lte_dsp::cell::i() }
        #[cfg(test)]
        mod tests { use crate::only_in_tests; }
    "#;
    let module = ["x".to_owned(), "y".to_owned()];
    let found = paths(&code(text), &module);
    let expected =
        ["crate::a::self", "crate::a::B", "crate::c", "crate::e::F", "std::fs", "crate::x::g::H", "lte_dsp::cell::i"];
    assert_eq!(found, expected.iter().map(|&path| path.to_owned()).collect());
}

#[test]
fn a_breach_is_seen() {
    assert!(is_under("search::pss", "search") && is_under("search", "search") && is_under("search", ""));
    assert!(!is_under("search", "search::pss") && !is_under("searching", "search"));
}

//! Every file of the fuzzers' corpora, and every crash that became one, goes through its target's function once.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

/// Time that one input may take, in a build that is not optimised: a fuzzer's limit is a second in an optimised one.
const MAX_TIME: Duration = Duration::from_secs(20);

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").flatten().map(|e| e.path()).collect();
    entries.sort();
    entries
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

#[test]
fn every_input_of_the_corpora_is_taken_without_a_panic() {
    for (name, target) in targets::TARGETS {
        let inputs = entries(&fuzz().join("corpus").join(name));
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            let data = fs::read(&input).expect("read");
            let begun = Instant::now();
            target(&data);
            assert!(begun.elapsed() < MAX_TIME, "{} takes {:?}", input.display(), begun.elapsed());
            // What is cut or changed is the commonest of all that fuzzers make.
            target(&data[..data.len() / 2]);
        }
    }
}

#[test]
fn every_target_is_a_program_and_has_a_corpus() {
    let names: BTreeSet<String> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names.len(), targets::TARGETS.len());
    let stems = |folder: &str| -> BTreeSet<String> {
        let stem = |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()).expect("UTF-8").to_owned();
        entries(&fuzz().join(folder)).iter().map(stem).collect()
    };
    assert_eq!(stems("fuzz_targets"), names);
    assert_eq!(stems("corpus"), names);
}

//! More signal never finds less: what 80 ms show at +3 dB or more is found whatever happens to the signal that must not
//! matter, under the same name, once, and without an alert.
//!
//! Each kind of impairment is a file in `kinds/`. A few cases of each are tried in every run; all of them, over generated
//! signals and over the recordings beside the repository, by
//! `[KIND=text] [SUBJECT=text] [EVERY=n] cargo test --release --test invariance -- --ignored --nocapture whole`,
//! which prints a table by kind.

mod judge;
mod kinds;
mod program;
mod signal;
mod subject;
mod table;

use std::{path::Path, sync::OnceLock};

use judge::judge;
use kinds::{Case, Impairment};
use rayon::prelude::*;
use subject::Subject;
use table::{Row, Table};

/// Cases of a kind and subject that are tried in every run.
const SHORT: usize = 3;

/// Tries every `every`-th case of a kind, from one in the middle of the first so many.
fn try_kind(kind: &dyn Impairment, subjects: &[Subject], every: impl Fn(usize) -> usize) -> Row {
    let mut row = Row::new(kind.name());
    for subject in subjects {
        let cases = kind.cases(subject);
        let every = every(cases.len()).max(1);
        let picked: Vec<Case> = cases.into_iter().skip(every / 2).step_by(every).collect();
        let verdicts: Vec<_> = picked.par_iter().map(|case| judge(subject, case)).collect();
        picked.iter().zip(verdicts).for_each(|(case, verdict)| row.count(&subject.name, &case.what, verdict));
    }
    row
}

/// A few cases of the kind `name` over the small signals.
fn short(name: &str) {
    static SUBJECTS: OnceLock<Vec<Subject>> = OnceLock::new();
    let subjects = SUBJECTS.get_or_init(subject::small);
    let kind = kinds::ALL.into_iter().find(|kind| kind.name() == name).expect("a kind");
    let row = try_kind(kind, subjects, |cases| cases.div_ceil(SHORT));
    assert!(row.failures.is_empty(), "{}\n{}", row.failures.join("\n"), Table(&[row]));
}

/// All cases over these subjects, or those that the environment names.
fn whole(subjects: Vec<Subject>) {
    let given = |name: &str| std::env::var(name).unwrap_or_default();
    let (kind, subject) = (given("KIND"), given("SUBJECT"));
    let every = given("EVERY").parse().unwrap_or(1);
    let subjects: Vec<Subject> = subjects.into_iter().filter(|s| s.name.contains(&subject)).collect();
    for subject in &subjects {
        let shown = subject.shown();
        let cells: Vec<String> = shown.cells.iter().map(|c| format!("{} at {:.1} dB", c.pci, c.sinr_db)).collect();
        println!("{}: {}; alerts {:?}", subject.name, cells.join(", "), shown.alerts);
    }
    let mut rows = Vec::new();
    for kind in kinds::ALL.into_iter().filter(|k| k.name().contains(&kind)) {
        let row = try_kind(kind, &subjects, |_| every);
        row.failures.iter().for_each(|failure| println!("{failure}"));
        rows.push(row);
    }
    println!("{}", Table(&rows));
    assert!(rows.iter().all(|row| row.failures.is_empty()));
}

#[test]
#[ignore = "an hour of work; prints a table"]
fn whole_of_generated_signals() {
    whole(subject::generated());
}

#[test]
#[ignore = "hours of work; prints a table"]
fn whole_of_recordings() {
    let given = std::env::var_os("CELLWARDEN_SHARED").map(Into::into);
    whole(subject::recorded(&given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"))));
}

/// A test of a few cases of each kind.
macro_rules! short_tests {
    ($($(#[$ignored:meta])? $test:ident: $name:literal;)*) => {
        $(#[test] $(#[$ignored])? fn $test() { short($name); })*
        const TESTED: [&str; [$($name),*].len()] = [$($name),*];
    };
}

short_tests! {
    longer_cut: "longer cut";
    later_start: "later start";
    scale: "scale";
    format: "format";
    sample_rate: "sample rate";
    clock: "clock";
    carrier_offset: "carrier offset";
    delay: "delay";
    second_path: "second path";
    lost_samples: "lost samples";
    zeroed: "zeroed";
    gain_steps: "gain steps";
    direct_current: "direct current";
    iq_imbalance: "IQ imbalance";
    clipping: "clipping";
    few_steps: "few steps";
    drift: "drift";
    uplink_burst: "uplink burst";
    cut_clock_and_loss: "cut, clock and loss";
}

#[test]
fn every_kind_has_a_test() {
    assert_eq!(kinds::ALL.map(|kind| kind.name()), TESTED);
}

//! Results by kind.

use std::fmt;

use crate::judge::{Fault, Verdict};

/// How the cases of one kind came out.
pub struct Row {
    pub kind: &'static str,
    trials: usize,
    cells: usize,
    passed: usize,
    faults: [usize; Fault::ALL.len()],
    /// What was wrong, a line a case.
    pub failures: Vec<String>,
}

impl Row {
    pub fn new(kind: &'static str) -> Self {
        Self { kind, trials: 0, cells: 0, passed: 0, faults: [0; Fault::ALL.len()], failures: Vec::new() }
    }

    /// Counts the case `what` of a subject.
    pub fn count(&mut self, subject: &str, what: &str, verdict: Verdict) {
        self.trials += 1;
        self.cells += verdict.expected;
        self.passed += usize::from(verdict.faults.is_empty());
        for (count, fault) in self.faults.iter_mut().zip(Fault::ALL) {
            *count += verdict.faults.iter().filter(|(of, _)| *of == fault).count();
        }
        if !verdict.faults.is_empty() {
            let faults: Vec<String> = verdict.faults.iter().map(|(fault, of)| format!("{fault:?} {of}")).collect();
            self.failures.push(format!("{}, {subject}, {what}: {}", self.kind, faults.join("; ")));
        }
    }
}

/// The rows under a heading.
pub struct Table<'a>(pub &'a [Row]);

impl fmt::Display for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:24} {:>6} {:>6} {:>6}", "kind", "trials", "passed", "cells")?;
        Fault::ALL.iter().try_for_each(|fault| write!(f, " {:>8}", format!("{fault:?}").to_lowercase()))?;
        for row in self.0 {
            write!(f, "\n{:24} {:6} {:6} {:6}", row.kind, row.trials, row.passed, row.cells)?;
            row.faults.iter().try_for_each(|count| write!(f, " {count:8}"))?;
        }
        Ok(())
    }
}

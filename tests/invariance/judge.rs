//! Whether an impaired signal shows what the first 80 ms showed.

use crate::{
    kinds::Case,
    program::{Answer, Reported, replay},
    subject::Subject,
};

/// CRS Es/N0 from which a cell must be found.
pub const LEAST_DB: f32 = 3.0;
/// Carriers of one name are not so far apart.
const ONE_CARRIER_HZ: f64 = 1e6;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// A cell was not found.
    Lost,
    /// Its MIB or SIB1 was not received.
    Unread,
    /// Its MIB or SIB1 was another one.
    Changed,
    /// It had another EARFCN, which was said to be certain.
    Renamed,
    /// It was reported more than once.
    Doubled,
    /// A cell was found that nobody sent.
    Ghost,
    /// An alert was raised.
    Alert,
}

impl Fault {
    pub const ALL: [Self; 7] =
        [Self::Lost, Self::Unread, Self::Changed, Self::Renamed, Self::Doubled, Self::Ghost, Self::Alert];
}

/// The faults of one case, each with what it was, and how many cells had to be found.
pub struct Verdict {
    pub expected: usize,
    pub faults: Vec<(Fault, String)>,
}

/// Tries one case.
pub fn judge(subject: &Subject, case: &Case) -> Verdict {
    let shown = subject.shown();
    let signal = (case.make)(&subject.signal);
    let folder = tempfile::tempdir().expect("a folder");
    let answer = replay(&signal, &shown.registered, folder.path());
    let gain = signal.scale * signal.scale;
    let level_db = |cell: &Reported| {
        let power = 10f32.powf(cell.rsrp_dbfs / 10.0) * gain;
        let noise = power / 10f32.powf(cell.sinr_db / 10.0) + signal.added_noise;
        10.0 * (power / noise).log10() + (case.change_db)(cell, &signal)
    };
    let expected: Vec<&Reported> = shown.cells.iter().filter(|cell| level_db(cell) >= LEAST_DB).collect();
    let mut faults: Vec<_> = expected.iter().flat_map(|cell| faults_of(cell, &answer)).collect();
    faults.extend(doubled(&answer));
    let ghosts = answer.cells.iter().filter(|cell| subject.is_ghost(cell.pci));
    faults.extend(ghosts.map(|cell| (Fault::Ghost, format!("PCI {} at {:.1} dB", cell.pci, cell.sinr_db))));
    let raised = answer.alerts.iter().filter(|alert| !shown.alerts.contains(alert));
    faults.extend(raised.map(|(rule, pci)| (Fault::Alert, format!("{rule} PCI {pci}"))));
    Verdict { expected: expected.len(), faults }
}

fn faults_of(cell: &Reported, answer: &Answer) -> Vec<(Fault, String)> {
    let near = answer.cells.iter().filter(|found| is_one(found, cell));
    let Some(found) = near.max_by_key(|found| (found.sib1.is_some(), found.mib.is_some())) else {
        return vec![(Fault::Lost, format!("PCI {}", cell.pci))];
    };
    let mut faults = Vec::new();
    for (name, shown, found) in [("MIB", &cell.mib, &found.mib), ("SIB1", &cell.sib1, &found.sib1)] {
        match (shown, found) {
            (Some(shown), Some(found)) if shown != found => {
                faults.push((Fault::Changed, format!("PCI {} {name} {found} for {shown}", cell.pci)));
            }
            (Some(_), None) => faults.push((Fault::Unread, format!("PCI {} {name}", cell.pci))),
            _ => {}
        }
    }
    let name = |cell: &Reported| cell.earfcn.ok_or(cell.carrier_hz as u64);
    if found.earfcn_certain && name(found) != name(cell) {
        faults.push((Fault::Renamed, format!("PCI {} {} for {}", cell.pci, found.carrier_hz, cell.carrier_hz)));
    }
    faults
}

/// Whether two reports may be of one cell.
fn is_one(a: &Reported, b: &Reported) -> bool {
    a.pci == b.pci && (a.carrier_hz - b.carrier_hz).abs() < ONE_CARRIER_HZ
}

fn doubled(answer: &Answer) -> Vec<(Fault, String)> {
    let is_again = |i: usize| answer.cells[..i].iter().any(|other| is_one(other, &answer.cells[i]));
    let again = (0..answer.cells.len()).filter(|&i| is_again(i));
    again.map(|i| (Fault::Doubled, format!("PCI {}", answer.cells[i].pci))).collect()
}

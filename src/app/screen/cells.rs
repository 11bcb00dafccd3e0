//! The cells as the screen shows them: what each dwell gives, joined with what those before gave.

use std::sync::Arc;

use super::super::locator::Located;
use crate::tui::state::{CellEntry, LevelPoint};
use cellwarden_core::{alert::CellId, drive::JudgedCell, registry::CellKind};
use cellwarden_receiver::Picture;

/// Cells kept; the oldest goes first.
const MAX_CELLS: usize = 4_096;
/// Levels kept of each.
const MAX_LEVELS: usize = 2_000;

/// Adds what a dwell gave of a cell.
pub fn hear(
    cells: &mut Vec<Arc<CellEntry>>,
    id: &CellId,
    JudgedCell { observation, verdict, findings }: &JudgedCell,
    kind: Option<CellKind>,
    picture: Option<&Picture>,
) {
    let Picture { constellation, channel_response_db } = picture.cloned().unwrap_or_default();
    let (verdict, findings) = (*verdict, findings.clone());
    let point = LevelPoint {
        time: observation.time(),
        rsrp_db: observation.rsrp_db(),
        sinr_db: f64::from(observation.level.sinr_db),
        position: observation.position,
    };
    let id = &id.named_among(cells.iter().map(|cell| &cell.id)).unwrap_or(id).clone();
    let Some(at) = entry_of(cells, id) else {
        if cells.len() >= MAX_CELLS {
            cells.remove(0);
        }
        let mut cell = CellEntry {
            id: id.clone(),
            observation: observation.clone(),
            verdict,
            findings,
            kind,
            history: Vec::new(),
            strongest: None,
            whereabouts: None,
            constellation,
            channel_response_db,
        };
        cell.hear(point, MAX_LEVELS);
        cells.push(Arc::new(cell));
        return;
    };
    let cell = Arc::make_mut(&mut cells[at]);
    cell.hear(point, MAX_LEVELS);
    (cell.constellation, cell.channel_response_db) = (constellation, channel_response_db);
    cell.kind = kind.or(cell.kind);
    // Each rule's last word stands until it speaks again.
    for finding in findings {
        match cell.findings.iter_mut().find(|held| held.rule == finding.rule) {
            Some(held) => *held = finding,
            None => cell.findings.push(finding),
        }
    }
    let before = std::mem::replace(&mut cell.observation, observation.clone());
    let sibs = before.sibs;
    if observation.identity.is_none() && before.identity.is_some() {
        // Too weak this time to say its name again; the rules know it by its transmitter, and their word stands.
        let now = &mut cell.observation;
        (now.identity, now.broadcast, now.state) = (before.identity, before.broadcast, before.state);
        now.mib = now.mib.or(before.mib);
    } else {
        cell.verdict = verdict;
    }
    // What a short dwell did not hear again is still what the cell says.
    for (name, value) in sibs {
        cell.observation.sibs.entry(name).or_insert(value);
    }
}

/// Notes where cells are.
pub fn place(cells: &mut [Arc<CellEntry>], located: &[Located]) {
    for Located { id, whereabouts } in located {
        if let Some(cell) = cells.iter_mut().find(|cell| cell.id == *id) {
            Arc::make_mut(cell).whereabouts = Some(whereabouts.clone());
        }
    }
}

/// The entry of a cell; one that was heard before it said its name becomes its entry.
fn entry_of(cells: &mut [Arc<CellEntry>], id: &CellId) -> Option<usize> {
    if let Some(at) = cells.iter().position(|cell| cell.id == *id) {
        return Some(at);
    }
    let with_this = || cells.iter().map(|cell| &cell.id).chain([id]);
    let at = cells.iter().position(|cell| cell.id.named_among(with_this()) == Some(id))?;
    Arc::make_mut(&mut cells[at]).id = id.clone();
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::detect::{Finding, Grounds, Severity, Verdict, scene::macro_cell};
    use cellwarden_event::RuleId;

    #[test]
    fn a_rogue_too_weak_to_say_its_name_again_stays_a_rogue() {
        let mut cells = Vec::new();
        let mut observation = macro_cell(0x5a_fff31, 304).observation;
        let id = CellId::new(&observation, observation.ecgi());
        let (rule, severity) = (RuleId::of("unregistered"), Severity::Critical);
        let findings =
            vec![Finding { rule, version: 1, severity, evidence: serde_json::Map::new(), grounds: Grounds::default() }];
        let verdict = Verdict::Unregistered;
        hear(&mut cells, &id, &JudgedCell { observation: observation.clone(), verdict, findings }, None, None);
        observation.identity = None;
        let weak = JudgedCell { observation, verdict: Verdict::Unidentified, findings: Vec::new() };
        hear(&mut cells, &id, &weak, None, None);
        let [cell] = &cells[..] else { panic!("one cell: {cells:?}") };
        assert_eq!((cell.verdict, cell.history.len(), cell.findings.len()), (Verdict::Unregistered, 2, 1));
        assert!(cell.observation.identity.is_some());
    }

    #[test]
    fn a_cell_that_is_too_weak_to_say_its_name_is_not_listed_twice() {
        let mut cells = Vec::new();
        let mut heard = |eci: Option<u32>| {
            let mut observation = macro_cell(eci.unwrap_or(1), 304).observation;
            observation.identity = observation.identity.filter(|_| eci.is_some());
            let verdict = if eci.is_some() { Verdict::Unregistered } else { Verdict::Unidentified };
            let id = CellId::new(&observation, observation.ecgi());
            hear(&mut cells, &id, &JudgedCell { observation, verdict, findings: Vec::new() }, None, None);
            cells.iter().map(|cell| (cell.verdict, cell.history.len())).collect::<Vec<_>>()
        };
        assert_eq!(heard(None), [(Verdict::Unidentified, 1)]);
        assert_eq!(heard(Some(0x5a_fff31)), [(Verdict::Unregistered, 2)]);
        assert_eq!(heard(None), [(Verdict::Unregistered, 3)]);
        // Of two with a name nobody knows whose it is.
        assert_eq!(heard(Some(0x5a_fff32)), [(Verdict::Unregistered, 3), (Verdict::Unregistered, 1)]);
        assert_eq!(heard(None).len(), 3);
    }
}

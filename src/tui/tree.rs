//! The foldable tree of a cell: its findings with their values, then what it broadcast.

use std::collections::BTreeSet;

use serde_json::Value;

use super::state::CellEntry;

/// Nodes that are open until the user folds them.
pub const OPEN_AT_FIRST: &[&str] = &["findings", "broadcast", "broadcast/sib1"];

/// Most lines shown of one cell.
const MAX_ROWS: usize = 5_000;
/// Deepest nesting shown. TS 36.331 nests to about half of this.
const DEEPEST: usize = 48;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeRow {
    /// The node's place.
    pub path: String,
    /// How deep it lies.
    pub depth: usize,
    /// Its name.
    pub name: String,
    /// Its value, or what is within.
    pub value: String,
    /// `None` for a value, else whether it is open.
    pub open: Option<bool>,
    /// A finding's place in the cell's list.
    pub finding: Option<usize>,
}

/// The lines of the tree as far as its nodes are in `opened`.
#[must_use]
pub fn rows(cell: &CellEntry, opened: &BTreeSet<String>) -> Vec<TreeRow> {
    let mut lines = Lines { rows: Vec::new(), opened };
    let findings = lines.node("findings", 0, "findings", &format!("{}", cell.findings.len()));
    if findings {
        for (i, finding) in cell.findings.iter().enumerate() {
            let path = format!("findings/{i}");
            let at = lines.rows.len();
            let open = lines.node(&path, 1, &finding.rule, finding.severity.word());
            if let Some(row) = lines.rows.get_mut(at) {
                row.finding = Some(i);
            }
            if open {
                finding.evidence.iter().for_each(|(name, value)| lines.value(&path, 2, name, value));
            }
        }
    }
    let sibs = &cell.observation.sibs;
    let names = sibs.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    if lines.node("broadcast", 0, "broadcast", &names) {
        sibs.iter().for_each(|(name, value)| lines.value("broadcast", 1, name, value));
    }
    lines.rows
}

struct Lines<'a> {
    rows: Vec<TreeRow>,
    opened: &'a BTreeSet<String>,
}

impl Lines<'_> {
    /// Adds a node and says whether it is open.
    fn node(&mut self, path: &str, depth: usize, name: &str, value: &str) -> bool {
        let open = self.opened.contains(path) && depth < DEEPEST;
        self.push(path, depth, name, value.to_owned(), Some(open));
        open
    }

    fn push(&mut self, path: &str, depth: usize, name: &str, value: String, open: Option<bool>) {
        if self.rows.len() < MAX_ROWS {
            let (path, name) = (path.to_owned(), name.to_owned());
            self.rows.push(TreeRow { path, depth, name, value, open, finding: None });
        }
    }

    fn value(&mut self, parent: &str, depth: usize, name: &str, value: &Value) {
        if self.rows.len() >= MAX_ROWS {
            return;
        }
        let path = format!("{parent}/{name}");
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                if self.node(&path, depth, name, &format!("{{{}}}", fields.len())) {
                    fields.iter().for_each(|(name, value)| self.value(&path, depth + 1, name, value));
                }
            }
            Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
                if self.node(&path, depth, name, &format!("[{}]", items.len())) {
                    items.iter().enumerate().for_each(|(i, item)| self.value(&path, depth + 1, &i.to_string(), item));
                }
            }
            Value::String(text) => self.push(&path, depth, name, text.clone(), None),
            plain => self.push(&path, depth, name, plain.to_string(), None),
        }
    }
}

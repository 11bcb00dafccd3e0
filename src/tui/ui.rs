//! What the user looks at: the view, the selections, what is typed. Knows nothing of keys and drawing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ratatui::layout::Rect;

use super::{
    state::{AlertEntry, CellEntry, ScreenSnapshot},
    table::{CellTable, SortKey},
    theme::Theme,
    tree::{self, TreeRow},
};
use cellwarden_core::alert::CellId;

/// The views, in the order of the tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Table of the cells.
    Cells,
    /// Spectrum and waterfall.
    Spectrum,
    /// One cell.
    Cell,
    /// Alerts.
    Alerts,
    /// Map.
    Map,
    /// Log.
    Log,
    /// The receiver's state.
    Device,
    /// The level of one cell.
    Homing,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Cells, Self::Spectrum, Self::Cell, Self::Alerts, Self::Map, Self::Log, Self::Device, Self::Homing];

    /// The tab's text.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Cells => "Cells",
            Self::Spectrum => "Spectrum",
            Self::Cell => "Cell",
            Self::Alerts => "Alerts",
            Self::Map => "Map",
            Self::Log => "Log",
            Self::Device => "Device",
            Self::Homing => "Homing",
        }
    }
}

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    pub text: String,
}

/// What a typed line is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// The filter of the cells table; what it was before stands again when the line is dropped.
    Filter {
        /// The filter before.
        before: String,
    },
    /// The note of the alert with this id.
    Note(String),
}

/// Longest line that can be typed, in characters.
pub const PROMPT_MOST: usize = 500;

/// A list with one selected row, scrolled so that it is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The selected row.
    pub at: usize,
    /// The first row seen.
    pub top: usize,
}

impl Cursor {
    /// Moves by so many rows within `len`.
    pub fn by(&mut self, rows: isize, len: usize) {
        self.at = self.at.saturating_add_signed(rows).min(len.saturating_sub(1));
    }

    /// Scrolls so that the selected row is among `height` rows seen, and none is wasted below the last.
    pub fn show(&mut self, len: usize, height: usize) {
        self.at = self.at.min(len.saturating_sub(1));
        let least = (self.at + 1).saturating_sub(height);
        self.top = self.top.clamp(least, self.at.max(least)).min(len.saturating_sub(height));
    }
}

/// Where the map looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MapView {
    /// How much larger than all that there is; 1 shows everything.
    pub zoom: f64,
    /// Eastwards from the middle of everything, in parts of the width seen.
    pub east: f64,
    /// Northwards, in parts of the height seen.
    pub north: f64,
    /// Whether the middle is where the receiver is, once it is zoomed in.
    pub follows: bool,
}

impl Default for MapView {
    fn default() -> Self {
        Self { zoom: 1.0, east: 0.0, north: 0.0, follows: true }
    }
}

/// Where the clickable things were drawn.
#[derive(Debug, Clone, Default)]
pub struct ClickAreas {
    /// The tabs.
    pub tabs: Vec<(Rect, usize)>,
    /// The rows of the view's list.
    pub rows: Rect,
    /// The headings that a table can be sorted by.
    pub headings: Vec<(Rect, SortKey)>,
}

/// What the user looks at.
#[derive(Debug, Clone)]
pub struct Ui {
    /// The data.
    pub snapshot: ScreenSnapshot,
    /// The styles.
    pub theme: Theme,
    /// The view.
    pub view: View,
    /// Whether the help lies over it.
    pub help: bool,
    /// Whether the way to the van's page lies over it.
    pub invitation: bool,
    /// Whether the bell is off.
    pub is_mute: bool,
    /// How often the bell is still to ring.
    pub bells: u32,
    /// Whether the next `q` ends a live drive.
    pub quit_asked: bool,
    /// The line being typed.
    pub prompt: Option<Prompt>,
    /// The cells table.
    pub table: CellTable,
    /// The selected cell, which keeps its place in its own right: rows move as cells come.
    pub selected: Option<CellId>,
    /// The cells table's cursor.
    pub cells: Cursor,
    /// The tree's cursor.
    pub tree: Cursor,
    /// Opened nodes of the tree.
    pub opened: BTreeSet<String>,
    /// The alerts' cursor.
    pub alerts: Cursor,
    /// The tuning shown.
    pub spectrum: usize,
    /// Where the map looks.
    pub map: MapView,
    /// Lines between the end of the log and the last one seen.
    pub log_back: usize,
    /// Where the clickable things were drawn.
    pub click_areas: ClickAreas,
    /// Annotations that the engine has not confirmed yet, by alert: acknowledged or not, and the note.
    pub pending: BTreeMap<String, (bool, String)>,
}

impl Ui {
    /// The first view of nothing.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        Self {
            snapshot: ScreenSnapshot::default(),
            theme,
            view: View::Cells,
            help: false,
            invitation: false,
            is_mute: false,
            bells: 0,
            quit_asked: false,
            prompt: None,
            table: CellTable::default(),
            selected: None,
            cells: Cursor::default(),
            tree: Cursor::default(),
            opened: tree::OPEN_AT_FIRST.iter().map(|&path| path.to_owned()).collect(),
            alerts: Cursor::default(),
            spectrum: 0,
            map: MapView::default(),
            log_back: 0,
            click_areas: ClickAreas::default(),
            pending: BTreeMap::new(),
        }
    }

    /// Takes newer data; what was selected stays selected.
    pub fn update(&mut self, snapshot: ScreenSnapshot) {
        if self.log_back > 0 {
            // What is being read does not move away.
            self.log_back += snapshot.log.len().saturating_sub(self.snapshot.log.len());
        }
        let before = std::mem::replace(&mut self.snapshot, snapshot);
        if !self.is_mute {
            self.bells = self.bells.max(self.snapshot.alarms.bells_since(&before.alarms));
        }
        let alerts = &self.snapshot.alerts;
        self.pending.retain(|id, (seen, note)| {
            alerts.iter().any(|a| a.alert.id == *id && (a.acknowledged != *seen || a.note != *note))
        });
        let cells = &self.snapshot.cells;
        if cells.len() != before.cells.len() || !cells.iter().zip(&before.cells).all(|(a, b)| Arc::ptr_eq(a, b)) {
            self.table.work_out(cells);
            self.follow_selected();
        }
    }

    /// Puts the cursor of the cells table where the selected cell is.
    pub fn follow_selected(&mut self) {
        let selected = self.selected.as_ref();
        if let Some(at) = selected.and_then(|id| self.rows().iter().position(|cell| cell.id == *id)) {
            self.cells.at = at;
        }
    }

    /// Sorts the cells table by something else; the cursor stays on the selected cell.
    pub fn sort_by(&mut self, sort: SortKey, reversed: bool) {
        self.table.sort_by(sort, reversed, &self.snapshot.cells);
        self.follow_selected();
    }

    /// Shows only cells whose row has these words.
    pub fn filter_by(&mut self, filter: &str) {
        self.table.filter_by(filter, &self.snapshot.cells);
    }

    /// The cells that pass the filter, sorted.
    #[must_use]
    pub fn rows(&self) -> &[Arc<CellEntry>] {
        self.table.rows()
    }

    /// The cell selected in the table.
    #[must_use]
    pub fn cell(&self) -> Option<Arc<CellEntry>> {
        let rows = self.rows();
        let named = self.selected.as_ref().and_then(|id| self.snapshot.cells.iter().find(|cell| cell.id == *id));
        named.or_else(|| rows.get(self.cells.at).or(rows.first())).cloned()
    }

    /// The entry of the cell that is homed in on: that of its name before one without.
    #[must_use]
    pub fn homing_cell(&self) -> Option<Arc<CellEntry>> {
        let homing = self.snapshot.homing.as_ref()?;
        let alike = || self.snapshot.cells.iter().filter(|cell| homing.is_of(&cell.id));
        alike().find(|cell| cell.id.ecgi.is_some()).or_else(|| alike().next()).cloned()
    }

    /// Moves the selection in the cells table.
    pub fn move_cell(&mut self, by: isize) {
        let len = self.rows().len();
        self.cells.by(by, len);
        self.selected = self.rows().get(self.cells.at).map(|cell| cell.id.clone());
        self.tree = Cursor::default();
    }

    /// Shows the cell of an alert, where it is still known.
    pub fn open_cell_of(&mut self, alert: &AlertEntry) {
        let alert = &alert.alert;
        let mut alike = self.snapshot.cells.iter().filter(|c| c.id.pci == alert.pci && c.id.earfcn == alert.earfcn);
        // Where it was too weak to say its name it is another entry, and the second choice.
        let named = alike.clone().find(|cell| cell.id.ecgi == alert.ecgi);
        if let Some(cell) = named.or_else(|| alike.find(|c| alert.ecgi.is_none() || c.id.ecgi.is_none())) {
            self.selected = Some(cell.id.clone());
            self.tree = Cursor::default();
            self.view = View::Cell;
        }
    }

    /// The tree of the selected cell, as far as it is open.
    #[must_use]
    pub fn tree_rows(&self) -> Vec<TreeRow> {
        self.cell().map(|cell| tree::rows(&cell, &self.opened)).unwrap_or_default()
    }

    /// Alerts, the newest first, with what the user did to them.
    #[must_use]
    pub fn alert_rows(&self) -> Vec<Arc<AlertEntry>> {
        let with_pending = |entry: &Arc<AlertEntry>| match self.pending.get(&entry.alert.id) {
            None => Arc::clone(entry),
            Some((seen, note)) => {
                Arc::new(AlertEntry { acknowledged: *seen, note: note.clone(), ..AlertEntry::clone(entry) })
            }
        };
        self.snapshot.alerts.iter().rev().map(with_pending).collect()
    }

    /// Alerts that nobody has seen.
    #[must_use]
    pub fn unseen(&self) -> usize {
        self.alert_rows().iter().filter(|alert| !alert.acknowledged).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_row_is_always_seen() {
        let mut cursor = Cursor::default();
        for (by, len, height) in
            [(7, 10, 3), (-2, 10, 3), (100, 10, 3), (-100, 10, 3), (5, 10, 0), (1, 0, 5), (3, 2, 9)]
        {
            cursor.by(by, len);
            cursor.show(len, height);
            assert!(len == 0 || cursor.at < len);
            assert!(height == 0 || (cursor.top..cursor.top + height).contains(&cursor.at), "{cursor:?}");
            assert!(cursor.top == 0 || cursor.top + height <= len, "{cursor:?}");
        }
    }
}

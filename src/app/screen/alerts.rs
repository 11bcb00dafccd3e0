//! The alerts as the screen shows them, raised now or stored before.

use std::sync::Arc;

use crate::tui::state::AlertEntry;
use cellwarden_core::alert::Change;
use cellwarden_store::StoredAlert;

/// Alerts kept; the oldest goes first.
const MAX_ALERTS: usize = 4_096;

/// The newest alerts of a store.
pub fn of_store(alerts: &[StoredAlert]) -> Vec<Arc<AlertEntry>> {
    let newest = &alerts[alerts.len().saturating_sub(MAX_ALERTS)..];
    newest.iter().map(alert_entry).map(Arc::new).collect()
}

/// Something became of an alert.
pub fn change(alerts: &mut Vec<Arc<AlertEntry>>, change: &Change) {
    let (id, open) = match change {
        Change::Raised(alert) => {
            if alerts.len() >= MAX_ALERTS {
                alerts.remove(0);
            }
            let entry = AlertEntry { alert: alert.clone(), open: true, acknowledged: false, note: String::new() };
            alerts.push(Arc::new(entry));
            return;
        }
        Change::Closed { id, .. } => (id, false),
        Change::Opened { id, .. } => (id, true),
    };
    if let Some(entry) = alerts.iter_mut().find(|entry| entry.alert.id == *id) {
        Arc::make_mut(entry).open = open;
    }
}

/// A stored alert as the screen shows it.
fn alert_entry(stored: &StoredAlert) -> AlertEntry {
    let (acknowledged, note) = (stored.acknowledged().is_some(), stored.note().unwrap_or_default().to_owned());
    AlertEntry { alert: stored.alert.clone(), open: stored.open, acknowledged, note }
}

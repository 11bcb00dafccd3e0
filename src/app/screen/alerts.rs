//! The alerts as the screen shows them, raised now or stored before.

use std::sync::Arc;

use crate::tui::state::AlertEntry;
use cellwarden_core::alert::Alert;
use cellwarden_event::AlertState;
use cellwarden_store::StoredAlert;

/// Alerts kept; the oldest goes first.
const MAX_ALERTS: usize = 4_096;

/// The newest alerts of a store.
pub fn of_store(alerts: &[StoredAlert]) -> Vec<Arc<AlertEntry>> {
    let newest = &alerts[alerts.len().saturating_sub(MAX_ALERTS)..];
    newest.iter().map(alert_entry).map(Arc::new).collect()
}

/// An alert was raised or has changed. One that went into another is no longer listed.
pub fn change(alerts: &mut Vec<Arc<AlertEntry>>, alert: &Alert) {
    let known = alerts.iter().position(|entry| entry.alert.id == alert.id);
    match known {
        Some(n) if alert.state == AlertState::Merged => drop(alerts.remove(n)),
        Some(n) => Arc::make_mut(&mut alerts[n]).alert = alert.clone(),
        None => {
            if alerts.len() >= MAX_ALERTS {
                alerts.remove(0);
            }
            let entry = AlertEntry { alert: alert.clone(), acknowledged: false, note: String::new() };
            alerts.push(Arc::new(entry));
        }
    }
}

/// A stored alert as the screen shows it.
fn alert_entry(stored: &StoredAlert) -> AlertEntry {
    let (acknowledged, note) = (stored.acknowledged().is_some(), stored.note().unwrap_or_default().to_owned());
    AlertEntry { alert: stored.alert.clone(), acknowledged, note }
}

//! The alerts as the screen shows them, raised now or stored before.

use std::sync::Arc;

use lte_dsp::cell::Pci;
use serde_json::Value;

use crate::tui::state::AlertEntry;
use cellwarden_core::{
    alert::{Alert, Change},
    detect::Severity,
};
use cellwarden_store::StoredAlert;

/// Alerts kept; the oldest goes first.
const MAX_ALERTS: usize = 4_096;

/// The newest alerts of a store.
pub fn of_store(alerts: &[StoredAlert]) -> Vec<Arc<AlertEntry>> {
    let newest = &alerts[alerts.len().saturating_sub(MAX_ALERTS)..];
    newest.iter().filter_map(alert_entry).map(Arc::new).collect()
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
fn alert_entry(stored: &StoredAlert) -> Option<AlertEntry> {
    let text = |field: &str| stored.event.get(field).and_then(Value::as_str);
    let number = |field: &str| stored.event.get(field).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
    let alert = Alert {
        id: text("id")?.to_owned(),
        time: text("time").and_then(|time| time.parse().ok()),
        rule: text("rule")?.to_owned(),
        rule_version: number("rule_version")?,
        severity: severity(text("severity")?)?,
        ecgi: text("ecgi").and_then(|ecgi| ecgi.parse().ok()),
        pci: Pci::new(number("pci")?.try_into().ok()?)?,
        earfcn: number("earfcn"),
        summary: text("summary")?.to_owned(),
        evidence: stored.event.get("evidence")?.as_object()?.clone(),
        evidence_file: text("evidence_file").map(str::to_owned),
    };
    let (acknowledged, note) = (stored.acknowledged().is_some(), stored.note().unwrap_or_default().to_owned());
    Some(AlertEntry { alert, open: stored.open, acknowledged, note })
}

/// The weight that a word says.
pub fn severity(word: &str) -> Option<Severity> {
    let severities = [Severity::Info, Severity::Medium, Severity::High, Severity::Critical];
    severities.into_iter().find(|known| known.word() == word)
}

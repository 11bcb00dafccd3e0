//! What an alert says to people: what was seen in values, against what, and what to do next.
//!
//! The sentences stand in the catalogue of messages in every language; the arguments are the evidence under its names.

use cellwarden_text::{Argument, Language, NONE, message, message_of};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Alert, EXPLAINED_BY};
use crate::detect::{about, rule::STALE_DAYS};

/// The alert in a language.
#[must_use]
pub fn sentence(language: Language, alert: &Alert) -> String {
    let cell = cell(language, alert);
    let mut parts = vec![clause(language, &alert.rule, "seen", &alert.evidence, &cell).unwrap_or_else(|| {
        // Of another version of the program, which knew a rule or a value that this one does not.
        let seen = about(&alert.rule).map_or(&*alert.rule, |about| about.seen);
        format!("{cell}: {seen}.")
    })];
    let number = |name: &str| alert.evidence.get(name).and_then(Value::as_f64);
    if let (Some(dwells), Some(strongest)) = (number("heard_dwells"), number("strongest_dbfs")) {
        let place = alert.evidence.get("strongest_at").and_then(place).unwrap_or_else(|| NONE.to_owned());
        // A calibrated or known gain makes levels comparable; without it, the level is as received.
        let without_gain = number("strongest_without_gain_db");
        let gain = if without_gain.is_some() { "removed" } else { NONE };
        let strongest = without_gain.unwrap_or(strongest);
        let heard =
            message!(language, "finding-heard", dwells = dwells, strongest = strongest, gain = gain, place = place);
        parts.push(heard.into_owned());
    }
    if !alert.identities.is_empty() {
        let ecgis: Vec<String> = alert.identities.iter().map(ToString::to_string).collect();
        parts.push(message!(language, "finding-identities", ecgis = ecgis.join(", ")).into_owned());
    }
    if let Some(days) = number("registry_age_days").filter(|days| *days > STALE_DAYS) {
        parts.push(message!(language, "finding-stale-list", days = days.round()).into_owned());
    }
    if let Some(explanation) = alert.evidence.get(EXPLAINED_BY).and_then(Value::as_object) {
        let reason = clause(language, &alert.rule, "explained", explanation, &cell).unwrap_or_default();
        parts.push(message!(language, "finding-explained", reason = reason).into_owned());
    } else if let Some(step) = clause(language, &alert.rule, "next", &alert.evidence, &cell) {
        parts.push(message!(language, "finding-next", step = step).into_owned());
    }
    parts.join(" ")
}

/// What a rule saw or what to do next; `None` of a rule that the catalogue lacks.
fn clause(language: Language, rule: &str, part: &str, evidence: &Map<String, Value>, cell: &str) -> Option<String> {
    let mut arguments: Vec<(&str, Argument<'_>)> =
        evidence.iter().filter_map(|(name, value)| Some((name.as_str(), argument(value)?))).collect();
    arguments.push(("cell", Argument::from(cell)));
    message_of(language, &format!("rule-{rule}-{part}"), &arguments)
}

/// The cell as people call it.
fn cell(language: Language, alert: &Alert) -> String {
    let name = match alert.ecgi {
        Some(ecgi) => ecgi.to_string(),
        None => message!(language, "finding-cell-unnamed").into_owned(),
    };
    let pci = alert.pci.get();
    match alert.earfcn {
        Some(earfcn) => message!(language, "finding-cell", name = name, pci = pci, earfcn = earfcn.to_string()),
        None => {
            let hz = alert.evidence.get("carrier_hz").and_then(Value::as_f64).unwrap_or_default();
            message!(language, "finding-cell-off-raster", name = name, pci = pci, megahertz = hz / 1e6)
        }
    }
    .into_owned()
}

/// A value of the evidence as a message takes it; `None` of one that is not there.
fn argument(value: &Value) -> Option<Argument<'static>> {
    match value {
        Value::Null => None,
        Value::Number(number) => number.as_f64().map(Argument::from),
        _ => Some(Argument::from(text(value))).filter(|_| value.as_array().is_none_or(|list| !list.is_empty())),
    }
}

/// A value in words: the values of a list one after the other, those of an object with their names, a time as its day.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(_) => text.split('T').next().unwrap_or(text).to_owned(),
            Err(_) => text.clone(),
        },
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Object(fields) => match (fields.get("old"), fields.get("new")) {
            (Some(old), Some(new)) => {
                let name = fields.get("field").map(text).unwrap_or_default();
                format!("{name} {} → {}", text(old), text(new))
            }
            // A changed block: its hashes are for programs.
            _ if fields.contains_key("fields") => fields.get("fields").map(text).unwrap_or_default(),
            _ => fields.iter().map(|(name, value)| format!("{name} {}", text(value))).collect::<Vec<_>>().join(" "),
        },
        other => other.to_string(),
    }
}

/// A place in degrees, to a metre.
fn place(value: &Value) -> Option<String> {
    Some(format!("{:.5}, {:.5}", value.get("lat")?.as_f64()?, value.get("lon")?.as_f64()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        alert::CellId,
        detect::{Finding, Grounds, RULES, Severity, scene::macro_cell},
    };
    use cellwarden_event::RuleId;

    fn alert(rule: &'static str, evidence: Value) -> Alert {
        let Value::Object(evidence) = evidence else { panic!("an object") };
        let o = macro_cell(0x5a_fff31, 304).observation;
        let grounds = Grounds::default();
        let finding = Finding { rule: RuleId::of(rule), version: 1, severity: Severity::Critical, evidence, grounds };
        Alert::new(&CellId::new(&o, o.ecgi()), &finding, None, Vec::new())
    }

    #[test]
    fn every_rule_has_its_sentences_in_every_language() {
        for language in Language::ALL {
            for entry in RULES {
                for part in ["seen", "next"] {
                    let known = clause(language, entry.about.id, part, &Map::new(), "x");
                    assert!(known.is_some(), "{}: no rule-{}-{part}", language.tag(), entry.about.id);
                }
            }
        }
    }

    #[test]
    fn a_sentence_says_what_was_seen_against_what_and_what_to_do() {
        let evidence = json!({
            "registry_imported": "2026-11-19T08:00:00Z", "registry_rows": 1_200_000, "registry_age_days": 100.2,
            "heard_dwells": 9, "strongest_dbfs": -61.0, "strongest_at": {"lat": 37.4802, "lon": 126.8803},
        });
        let alert = alert("unregistered", evidence);
        assert_eq!(
            sentence(Language::English, &alert),
            "450-08-5afff31 (PCI 304, EARFCN 1550) is not in the registered list of 2026-11-19 (1200000 cells). Heard in 9 \
             dwells so far, strongest -61 dBFS at 37.48020, 126.88030. The list is 100 days old: make sure first that it is \
             current. Next: ask the registry whether a cell was put on air here lately; if not, drive around it until its \
             ellipse is small."
        );
        let korean = sentence(Language::Korean, &alert);
        assert!(korean.contains("등록 목록(셀 1200000개)에 없음") && korean.contains("다음 조치"), "{korean}");
    }

    #[test]
    fn a_sentence_leaves_out_what_is_not_known() {
        let cases = [
            (
                "retaining",
                json!({"serving_priority": null, "q_rx_lev_min_dbm": -140, "neighbours_serving_priority": [],
                "neighbours_q_rx_lev_min_dbm": [-124, -124]}),
            ),
            (
                "retaining",
                json!({"serving_priority": 7, "q_rx_lev_min_dbm": null, "neighbours_serving_priority": [5, 5],
                "neighbours_q_rx_lev_min_dbm": []}),
            ),
            ("thin-si", json!({"scheduled_sibs": [], "min_blocks": 2})),
            (
                "two-places",
                json!({"level_db": -20.0, "reach_m": 300, "apart_m": 2000, "other_lat": 37.5, "other_lon": 127.0,
                "other_level_db": null, "other_reach_m": null}),
            ),
            (
                "foreign-plmn",
                json!({"plmn": "450-05", "plmns_on_carrier": ["450-08"], "nearest_registered": "450-08-3f0d101",
                "nearest_registered_m": null}),
            ),
            ("content-changed", json!({"value_tag": null, "changed": [{"field": "a", "old": 1, "new": 2}]})),
            (
                "overshadowed",
                json!({"began_to_retain": true, "serving_priority": 7, "serving_priority_first": null,
                "q_rx_lev_min_dbm": -140, "q_rx_lev_min_dbm_first": null}),
            ),
            (
                "overshadowed",
                json!({"began_to_retain": true, "serving_priority": null, "serving_priority_first": 3,
                "q_rx_lev_min_dbm": -140, "q_rx_lev_min_dbm_first": -124}),
            ),
            ("warning-alone", json!({"warning_pages": 2, "quiet_cells": []})),
            ("foreign-carrier", json!({"earfcn": 1550, "registered_earfcns": []})),
            ("not-heard", json!({"dwells_expected": 1, "passes": 1, "nearest_m": null})),
        ];
        for (rule, evidence) in cases {
            for language in Language::ALL {
                let text = sentence(language, &alert(rule, evidence.clone()));
                let is_clean = ["none", "  ", ",,", ", .", ": .", "()", "( "].iter().all(|odd| !text.contains(odd));
                assert!(is_clean, "{rule}: {text}");
            }
        }
    }

    #[test]
    fn changes_lists_and_objects_are_readable() {
        let changes = json!({"value_tag": 3, "changed": [{"sib": "sib2", "sha256": "ab", "fields": [
            {"field": "sib2.ac-BarringInfo", "old": "absent", "new": "present"},
            {"field": "sib3.q-Hyst", "old": 2, "new": 4},
        ]}]});
        let text = sentence(Language::English, &alert("content-changed", changes));
        assert!(text.contains("sib2.ac-BarringInfo absent → present, sib3.q-Hyst 2 → 4"), "{text}");
    }

    #[test]
    fn what_another_version_stored_still_reads() {
        let text = sentence(Language::English, &alert("rule-of-tomorrow", json!({})));
        assert_eq!(text, "450-08-5afff31 (PCI 304, EARFCN 1550): rule-of-tomorrow.");
    }
}

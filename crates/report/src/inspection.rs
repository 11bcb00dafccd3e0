//! The account of an inspection as a table, as CSV and as JSON lines.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde_json::{Value, json};

use super::{escape::escape, spreadsheet::escape_formula};
use cellwarden_core::registry::{
    CellKind,
    inspect::{Account, Excess, Inspection, Outcome, State},
};

/// Columns of the CSV, in order; the keys of a JSON line are the same and `type`.
pub const COLUMNS: [&str; 26] = [
    "ecgi",
    "outcome",
    "kind",
    "status",
    "pci",
    "earfcn",
    "lat",
    "lon",
    "last_contact",
    "name",
    "heard_dwells",
    "pci_only_dwells",
    "passes",
    "expected_dwells",
    "nearest_m",
    "predicted_dbm",
    "margin_db",
    "missed",
    "differences",
    "state",
    "p_as_registered",
    "p_elsewhere",
    "p_silent",
    "to_settle",
    "visit",
    "visit_date",
];

/// A table for people, most urgent cells first. Cells that were not passed are counted; `all` lists them too.
///
/// # Errors
/// From writing.
pub fn write_table(out: &mut impl Write, inspection: &Inspection, all: bool) -> io::Result<()> {
    writeln!(out, "Registry snapshot {}, imported {:.0}", inspection.snapshot.id(), inspection.snapshot.imported)?;
    for (kind, excess) in CellKind::ALL.into_iter().zip(inspection.excess).filter(|(_, excess)| excess.heard > 0) {
        let Excess { mean_db, deviation_db, heard } = excess;
        writeln!(
            out,
            "Levels of {kind} cells: {mean_db:+.1} ± {deviation_db:.1} dB against the prediction, {heard} heard"
        )?;
    }
    writeln!(
        out,
        "\n{:<15} {:<6} {:<8} {:>3} {:<24} {:>5} {:>6} {:>6} {:>9} {:>9} {:<9}  NAME, DIFFERENCES",
        "ECGI", "KIND", "STATUS", "PCI", "STATE", "P", "HEARD", "PASSES", "NEAREST m", "MARGIN dB", "TO SETTLE"
    )?;
    let mut listed: Vec<&Account> = inspection.accounts.iter().collect();
    listed.retain(|account| all || account.state() != State::NotPassed);
    listed.sort_by_key(|account| account.state());
    for account in listed {
        let cell = &account.cell;
        let number = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        writeln!(
            out,
            "{:<15} {:<6} {:<8} {:>3} {:<24} {:>5} {:>6} {:>6} {:>9} {:>9} {:<9}  {}",
            cell.ecgi.to_string(),
            cell.kind.map_or("-", CellKind::word),
            cell.status.word(),
            cell.pci.map_or("-".to_owned(), |pci| pci.to_string()),
            account.state().word(),
            shown_probability(account),
            account.heard_dwells,
            account.passes,
            number(account.nearest_m, 0),
            number(account.prediction.map(|p| p.margin_db), 1),
            account.to_settle().map_or("-".to_owned(), |settle| settle.to_string()),
            escape(&[cell.name.as_ref(), &differences(&account.outcome).join("; ")].join("  ")).trim_end(),
        )?;
    }
    let counts = counts(inspection).map(|(state, count)| format!("{count} {}", state.word())).collect::<Vec<_>>();
    writeln!(out, "\n{} registered cells: {}", inspection.accounts.len(), counts.join(", "))
}

/// How many cells are in each state, most urgent first; states without a cell are left out.
pub fn counts(inspection: &Inspection) -> impl Iterator<Item = (State, usize)> {
    let in_state = |state| inspection.accounts.iter().filter(|account| account.state() == state).count();
    State::ALL.map(|state| (state, in_state(state))).into_iter().filter(|(_, count)| *count > 0)
}

/// Probability of a cell's state in percent; of one that is not sure, that it is silent.
pub fn shown_probability(account: &Account) -> String {
    let probability = account.probability().or(account.belief.map(|belief| belief.silent));
    probability.map_or("-".to_owned(), |p| format!("{:.0} %", p * 100.0))
}

/// All cells as CSV. Names that a spreadsheet would take for formulas get an apostrophe in front.
///
/// # Errors
/// From writing.
pub fn write_csv(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for account in &inspection.accounts {
        let row = values(account);
        csv.write_record(COLUMNS.map(|column| match &row[column] {
            Value::Null => String::new(),
            Value::String(text) => escape_formula(text).into_owned(),
            Value::Array(texts) => texts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; "),
            number => number.to_string(),
        }))?;
    }
    csv.flush()
}

/// One JSON object a line: first the inspection's, then one a cell.
///
/// # Errors
/// From writing.
pub fn write_json(out: &mut impl Write, inspection: &Inspection) -> io::Result<()> {
    let calibration: BTreeMap<&str, Value> = CellKind::ALL
        .into_iter()
        .zip(inspection.excess)
        .map(|(kind, excess)| {
            let (offset_db, error_db) = (rounded(excess.mean_db, 1), rounded(excess.deviation_db, 1));
            (kind.word(), json!({"offset_db": offset_db, "error_db": error_db, "cells": excess.heard}))
        })
        .collect();
    let states: BTreeMap<&str, usize> = counts(inspection).map(|(state, count)| (state.word(), count)).collect();
    let head = json!({
        "type": "inspection",
        "snapshot": inspection.snapshot,
        "snapshot_id": inspection.snapshot.id(),
        "calibration": calibration,
        "cells": inspection.accounts.len(),
        "states": states,
    });
    writeln!(out, "{head}")?;
    for account in &inspection.accounts {
        let mut row = values(account);
        row["type"] = "inspected_cell".into();
        writeln!(out, "{row}")?;
    }
    Ok(())
}

fn values(account: &Account) -> Value {
    let cell = &account.cell;
    json!({
        "ecgi": cell.ecgi.to_string(),
        "outcome": account.outcome.word(),
        "kind": cell.kind.map(CellKind::word),
        "status": cell.status.word(),
        "pci": cell.pci.map(|pci| pci.get()),
        "earfcn": cell.earfcn,
        "lat": cell.place.map(|place| place.lat),
        "lon": cell.place.map(|place| place.lon),
        "last_contact": cell.last_contact,
        "name": &*cell.name,
        "heard_dwells": account.heard_dwells,
        "pci_only_dwells": account.pci_only_dwells,
        "passes": account.passes,
        "expected_dwells": account.expected_dwells,
        "nearest_m": account.nearest_m.map(|metres| rounded(metres, 1)),
        "predicted_dbm": account.prediction.map(|p| rounded(p.rsrp_dbm, 1)),
        "margin_db": account.prediction.map(|p| rounded(p.margin_db, 1)),
        "missed": account.belief.map(|belief| rounded(belief.missed, 4)),
        "differences": differences(&account.outcome),
        "state": account.state().word(),
        "p_as_registered": account.belief.map(|belief| rounded(belief.as_registered, 4)),
        "p_elsewhere": account.belief.map(|belief| rounded(belief.elsewhere, 4)),
        "p_silent": account.belief.map(|belief| rounded(belief.silent, 4)),
        "to_settle": account.to_settle().map(|settle| settle.to_string()),
        "visit": account.visit.as_ref().map(|visit| visit.outcome.word()),
        "visit_date": account.visit.as_ref().map(|visit| visit.date.to_string()),
    })
}

pub(crate) fn differences(outcome: &Outcome) -> Vec<String> {
    match outcome {
        Outcome::WithDifferences(list) => list.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;
    use cellwarden_core::{
        drive::Searched,
        observation::Position,
        registry::{
            ImportOptions, RegistryBuilder,
            import::{Input, read_cells},
            inspect::{Area, InspectedDwell, inspect},
            path_loss::PathLossModel,
        },
    };

    fn inspection() -> Inspection {
        let list = "plmn,eci,kind,pci,earfcn,bandwidth_rb,lat,lon,name\n\
            450-08,0000001,femto,440,1550,25,37.4781,126.878,\"=HYPERLINK(\"\"x\"\")\u{1b}[2J\"\n\
            450-08,0000002,femto,441,1550,25,38.0,126.878,\"far, away\"\n";
        let mut builder = RegistryBuilder::default();
        let input = Input { name: "list".into(), reader: list.as_bytes() };
        let options = ImportOptions::at("2026-11-19T00:00:00Z".parse().expect("a time"));
        let report = read_cells([Ok(input)], &options, |cell| builder.push(cell)).expect("a list");
        let dwell = InspectedDwell {
            id: "d".into(),
            time: None,
            position: Some(Position { lat: 37.478, lon: 126.878, error_m: 5.0 }),
            searched: Searched::band(1.85e9, 0.1e9),
            heard: Vec::new(),
        };
        let registry = builder.build(report.snapshot).expect("room");
        inspect(&registry, &Area::Everywhere, &[dwell], &[], PathLossModel::default())
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_table_lists_what_was_covered_and_counts_the_rest() {
        let table = text(|out| write_table(out, &inspection(), false));
        assert!(table.contains("450-08-0000001 ") && !table.contains("450-08-0000002 "), "{table}");
        assert!(table.ends_with("2 registered cells: 1 passed-not-sure, 1 not-passed\n"), "{table}");
        assert!(!table.contains('\u{1b}'), "{table}");
        assert!(text(|out| write_table(out, &inspection(), true)).contains("450-08-0000002 "));
    }

    #[test]
    fn csv_reads_back_and_holds_no_formula() {
        let bytes = text(|out| write_csv(out, &inspection()));
        let mut reader = csv::Reader::from_reader(bytes.as_bytes());
        assert_eq!(reader.headers().expect("a header"), &COLUMNS[..]);
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
        let field = |row: usize, column: &str| {
            rows[row].get(COLUMNS.iter().position(|c| *c == column).expect("a column")).expect("a field").to_owned()
        };
        assert_eq!(field(0, "outcome"), "not-heard");
        assert_eq!(field(0, "name"), "'=HYPERLINK(\"x\")\u{1b}[2J");
        assert!(field(0, "predicted_dbm").starts_with('-'), "a number stays one");
        assert_eq!((field(1, "name"), field(1, "predicted_dbm")), ("far, away".to_owned(), String::new()));
    }

    #[test]
    fn json_has_one_object_a_line() {
        let lines = text(|out| write_json(out, &inspection()));
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 3);
        assert_eq!((&lines[0]["type"], &lines[0]["cells"]), (&json!("inspection"), &json!(2)));
        assert_eq!((&lines[1]["outcome"], &lines[1]["passes"]), (&json!("not-heard"), &json!(1)));
        assert_eq!(lines[1]["nearest_m"], json!(11.1));
        assert!(COLUMNS.iter().all(|column| lines[2].get(column).is_some()));
    }

    mod every_row_is_in_one_state {
        use super::*;
        use crate::{account::Account as Drives, features::features, html::write_html};
        use cellwarden_core::registry::inspect::{HeardCell, Visit, VisitOutcome};
        use cellwarden_text::Language;
        use lte_dsp::cell::Pci;
        use proptest::prelude::*;
        use strum::IntoEnumIterator;

        /// A row: its place in metres north and east of a street's start, its status, whether it is heard, and its PCI
        /// heard; and the outcome of a visit, so many days from that of the drive.
        type Row = (f64, f64, bool, Option<(f64, bool)>, Option<(usize, i64)>);

        fn rows() -> impl Strategy<Value = Vec<Row>> {
            let heard = proptest::option::of((-5.0..40.0, any::<bool>()));
            let visit = proptest::option::of((0..6_usize, -1..=1_i64));
            proptest::collection::vec((-400.0..400.0, -2_000.0..3_000.0, any::<bool>(), heard, visit), 1..60)
        }

        fn inspected(rows: &[Row]) -> Inspection {
            let place = |north_m: f64, east_m: f64| (37.478 + north_m / 111_195.0, 126.878 + east_m / 88_240.0);
            let mut list = "plmn,eci,kind,status,pci,earfcn,bandwidth_rb,lat,lon\n".to_owned();
            for (i, &(north_m, east_m, active, ..)) in rows.iter().enumerate() {
                let (lat, lon) = place(north_m, east_m);
                let status = if active { "active" } else { "dormant" };
                list += &format!("450-08,5a{i:05x},femto,{status},{},1550,25,{lat},{lon}\n", i % 504);
            }
            let mut builder = RegistryBuilder::default();
            let input = Input { name: "list".into(), reader: list.as_bytes() };
            let options = ImportOptions::at("2026-11-19T00:00:00Z".parse().expect("a time"));
            let report = read_cells([Ok(input)], &options, |cell| builder.push(cell)).expect("a list");
            let dwells: Vec<InspectedDwell> = (0..20)
                .map(|stop| {
                    let (lat, lon) = place(0.0, 50.0 * f64::from(stop));
                    let heard = rows.iter().enumerate().filter(|(i, _)| i % 20 == stop as usize);
                    let heard = heard.filter_map(|(i, &(_, _, _, heard, _))| heard.map(|heard| (i, heard)));
                    let heard = heard.map(|(i, (sinr_db, other_tac))| HeardCell {
                        ecgis: format!("450-08-5a{i:05x}").parse().into_iter().collect(),
                        pci: Pci::new((i % 504) as u16).expect("a PCI"),
                        earfcn: Some(if other_tac { 1300 } else { 1550 }),
                        earfcn_candidates: Vec::new(),
                        tac: None,
                        accesses_r14: Vec::new(),
                        bandwidth: None,
                        antenna_ports: None,
                        rsrp_db: sinr_db - 60.0,
                        sinr_db,
                    });
                    InspectedDwell {
                        id: stop.to_string(),
                        time: "2026-11-20T01:00:00Z".parse().ok(),
                        position: Some(Position { lat, lon, error_m: 5.0 }),
                        searched: Searched::band(1.85e9, 0.1e9),
                        heard: heard.collect(),
                    }
                })
                .collect();
            let visits = rows.iter().enumerate().filter_map(|(i, row)| row.4.map(|visit| (i, visit)));
            let visits = visits.map(|(i, (outcome, days))| Visit {
                ecgi: format!("450-08-5a{i:05x}").parse().expect("an ECGI"),
                date: jiff::civil::date(2026, 11, 20).saturating_add(jiff::Span::new().days(days)),
                outcome: VisitOutcome::iter().nth(outcome).expect("six"),
                again_on: None,
                note: String::new(),
            });
            let visits: Vec<Visit> = visits.collect();
            let registry = builder.build(report.snapshot).expect("room");
            inspect(&registry, &Area::Everywhere, &dwells, &visits, PathLossModel::default())
        }

        fn counted(words: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
            let mut counts = BTreeMap::new();
            words.for_each(|word| *counts.entry(word).or_default() += 1);
            counts
        }

        proptest! {
            #![proptest_config(ProptestConfig::with_cases(64))]
            #[test]
            fn and_all_forms_agree(rows in rows()) {
                let inspection = inspected(&rows);
                prop_assert_eq!(inspection.accounts.len(), rows.len());
                let expected: BTreeMap<String, usize> =
                    counts(&inspection).map(|(state, count)| (state.word().to_owned(), count)).collect();
                prop_assert_eq!(expected.values().sum::<usize>(), rows.len());
                // What a crew took along is recovered, unless it was heard on a later day.
                for (account, row) in inspection.accounts.iter().zip(&rows) {
                    let closed = row.4.is_some_and(|(outcome, _)| outcome < 2);
                    let heard_since = row.3.is_some() && row.4.is_some_and(|(_, days)| days < 0);
                    prop_assert_eq!(account.state() == State::Recovered, closed && !heard_since);
                    if closed && heard_since {
                        prop_assert_eq!(account.state(), State::OnAirNotAsRegistered);
                    }
                }

                let table = text(|out| write_table(out, &inspection, true));
                let field = |line: &str| line.split_whitespace().nth(4).unwrap_or_default().to_owned();
                let listed = table.lines().filter(|line| line.starts_with("450-08-"));
                prop_assert_eq!(&counted(listed.map(field)), &expected);

                let json = text(|out| write_json(out, &inspection));
                let lines: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
                let state = |row: &Value| row["state"].as_str().unwrap_or_default().to_owned();
                prop_assert_eq!(&counted(lines[1..].iter().map(state)), &expected);
                prop_assert_eq!(&lines[0]["states"], &json!(expected));

                let bytes = text(|out| write_csv(out, &inspection));
                let column = COLUMNS.iter().position(|column| *column == "state").expect("a column");
                let mut reader = csv::Reader::from_reader(bytes.as_bytes());
                let states = reader.records().map(|row| row.expect("a row").get(column).expect("a field").to_owned());
                prop_assert_eq!(&counted(states), &expected);

                let account = Drives { inspection: Some(inspection), ..Drives::default() };
                let features = features(&account);
                let inspected = features.iter().filter(|feature| feature.kind == "inspected-cell");
                let states = inspected.map(|feature| state(&Value::Object(feature.properties.clone())));
                prop_assert_eq!(&counted(states), &expected);

                let html = text(|out| write_html(out, &account, Language::English));
                let not_passed = expected.get("not-passed").copied().unwrap_or(0);
                let listed = html.split("<table class=\"inspection\">").nth(1).expect("a table");
                prop_assert_eq!(listed.matches("<td>450-08-").count(), rows.len() - not_passed);
            }
        }
    }
}

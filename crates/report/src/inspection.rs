//! The account of an inspection as a table, as CSV and as JSON lines.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde_json::{Value, json};

use super::{escape::escape, spreadsheet::escape_formula};
use cellwarden_core::registry::{
    CellKind,
    inspect::{Account, Inspection, Outcome},
};

/// Columns of the CSV, in order; the keys of a JSON line are the same and `type`.
pub const COLUMNS: [&str; 19] = [
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
];

/// A table for people. Cells that were never covered are counted; `all` lists them too.
///
/// # Errors
/// From writing.
pub fn write_table(out: &mut impl Write, inspection: &Inspection, all: bool) -> io::Result<()> {
    writeln!(out, "Registry snapshot {}, imported {:.0}", inspection.snapshot.id(), inspection.snapshot.imported)?;
    for kind in CellKind::ALL {
        let correction = inspection.calibration.of(Some(kind));
        let basis = match correction.cells {
            0 => "assumed, none heard as registered".to_owned(),
            cells => format!("from {cells} heard as registered"),
        };
        let (offset_db, error_db) = (correction.offset_db, correction.error_db);
        writeln!(out, "Predictions for {kind}: {offset_db:+.1} ± {error_db:.1} dB, {basis}")?;
    }
    writeln!(
        out,
        "\n{:<15} {:<6} {:<8} {:>3} {:<20} {:>6} {:>6} {:>9} {:>9} {:>8} {:>6}  NAME, DIFFERENCES",
        "ECGI", "KIND", "STATUS", "PCI", "OUTCOME", "HEARD", "PASSES", "NEAREST m", "PRED. dBm", "MARGIN", "MISSED"
    )?;
    let listed = |account: &&Account| all || account.outcome != Outcome::NeverCovered;
    for account in inspection.accounts.iter().filter(listed) {
        let cell = &account.cell;
        let number = |value: Option<f64>, digits: usize| value.map_or("-".to_owned(), |v| format!("{v:.digits$}"));
        let predicted = account.prediction;
        writeln!(
            out,
            "{:<15} {:<6} {:<8} {:>3} {:<20} {:>6} {:>6} {:>9} {:>9} {:>8} {:>6}  {}",
            cell.ecgi.to_string(),
            cell.kind.map_or("-", CellKind::word),
            cell.status.word(),
            cell.pci.map_or("-".to_owned(), |pci| pci.to_string()),
            account.outcome.word(),
            account.heard_dwells,
            account.passes,
            number(account.nearest_m, 0),
            number(predicted.map(|p| p.rsrp_dbm), 1),
            number(predicted.map(|p| p.margin_db), 1),
            predicted.map_or("-".to_owned(), |p| format!("{:.0} %", p.missed * 100.0)),
            escape(&[cell.name.as_ref(), &differences(&account.outcome).join("; ")].join("  ")).trim_end(),
        )?;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for account in &inspection.accounts {
        *counts.entry(account.outcome.word()).or_default() += 1;
    }
    let counts: Vec<String> = counts.into_iter().map(|(word, count)| format!("{count} {word}")).collect();
    writeln!(out, "\n{} registered cells: {}", inspection.accounts.len(), counts.join(", "))
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
        .map(|kind| {
            let correction = inspection.calibration.of(Some(kind));
            let (offset_db, error_db) = (rounded(correction.offset_db, 1), rounded(correction.error_db, 1));
            (kind.word(), json!({"offset_db": offset_db, "error_db": error_db, "cells": correction.cells}))
        })
        .collect();
    let head = json!({
        "type": "inspection",
        "snapshot": inspection.snapshot,
        "snapshot_id": inspection.snapshot.id(),
        "calibration": calibration,
        "cells": inspection.accounts.len(),
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
        "missed": account.prediction.map(|p| rounded(p.missed, 4)),
        "differences": differences(&account.outcome),
    })
}

fn differences(outcome: &Outcome) -> Vec<String> {
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
            inspect::{Area, InspectOptions, InspectedDwell, inspect},
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
        inspect(&registry, &Area::Everywhere, &[dwell], &InspectOptions::default())
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
        assert!(table.ends_with("2 registered cells: 1 never-covered, 1 not-heard\n"), "{table}");
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
}

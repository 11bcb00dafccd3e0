//! The report's tables.

use std::io::{self, Write};

use super::{
    super::{
        inspection::{counts, differences},
        markup::escape_markup,
    },
    Account, Words,
};
use cellwarden_core::{
    alert::{Alert, sentence},
    locate::FootprintPart,
    registry::{
        CellKind,
        inspect::{Account as InspectedAccount, Inspection, Settle, State},
    },
};
use cellwarden_store::StoredAlert;
use cellwarden_text::{Language, message};

fn begin(out: &mut impl Write, class: &str, columns: &[&str]) -> io::Result<()> {
    write!(out, "<div class=\"wide\"><table class=\"{class}\"><thead><tr>")?;
    for column in columns {
        write!(out, "<th>{column}</th>")?;
    }
    writeln!(out, "</tr></thead><tbody>")
}

fn end(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "</tbody></table></div>")
}

/// A row of texts, each escaped.
fn row(out: &mut impl Write, class: &str, fields: &[String]) -> io::Result<()> {
    write!(out, "<tr class=\"{class}\">")?;
    for field in fields {
        write!(out, "<td>{}</td>", escape_markup(field))?;
    }
    writeln!(out, "</tr>")
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

pub fn write_footprint(out: &mut impl Write, parts: &[(&str, &FootprintPart)], words: &Words) -> io::Result<()> {
    writeln!(out, "<h4>{}</h4>", words.footprint)?;
    begin(out, "footprint", &["", words.from, words.to, words.stops, words.area, words.margin])?;
    for (kind, part) in parts {
        let margin = part.margin_db.map_or("–".to_owned(), |db| format!("{db:+.1} dB"));
        let area = format!("{:.3} km²", part.area_m2 / 1e6);
        let fields = [(*kind).to_owned(), text(part.from), text(part.to), part.stops.to_string(), area, margin];
        row(out, "", &fields)?;
    }
    end(out)
}

/// What an alert says: in English as it was published.
fn sentence_of(alert: &Alert, language: Language) -> String {
    match language {
        Language::English => alert.summary.clone(),
        Language::Korean => sentence(language, alert),
    }
}

pub fn write_alerts(out: &mut impl Write, account: &Account, words: &Words) -> io::Result<()> {
    if account.alerts.is_empty() {
        return writeln!(out, "<p>{}</p>", words.none);
    }
    begin(out, "alerts", &[words.time, words.severity, words.rule, words.what, words.evidence])?;
    for alert in &account.alerts {
        let StoredAlert { alert, evidence_sha256, .. } = alert;
        write!(
            out,
            "<tr class=\"{severity}\"><td>{}</td><td><span class=\"tag {severity}\">{severity}</span></td>\
             <td>{} v{}</td><td>{}<dl class=\"values\">",
            alert.time.map_or_else(|| "–".to_owned(), |time| time.to_string()),
            escape_markup(&alert.rule),
            alert.rule_version,
            escape_markup(&sentence_of(alert, words.language)),
            severity = alert.severity,
        )?;
        for (name, value) in &alert.evidence {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            write!(out, "<dt>{}</dt><dd>{}</dd>", escape_markup(name), escape_markup(&value))?;
        }
        write!(out, "</dl></td><td>")?;
        match &alert.evidence_file {
            Some(file) => {
                write!(
                    out,
                    "{}<br>{}<br><code>cellwarden alerts verify {}</code>",
                    escape_markup(file),
                    words.verify,
                    escape_markup(&alert.id)
                )?;
            }
            None => write!(out, "{}; {}", words.no_evidence, escape_markup(&alert.id))?,
        }
        if let Some(hash) = evidence_sha256 {
            write!(out, "<br><span class=\"hash\">SHA-256 {}</span>", escape_markup(hash))?;
        }
        writeln!(out, "</td></tr>")?;
    }
    end(out)
}

pub fn write_cells(out: &mut impl Write, account: &Account, words: &Words) -> io::Result<()> {
    let columns = [
        words.cell,
        "PCI",
        "EARFCN",
        "MHz",
        "PLMN",
        "TAC",
        "RB",
        words.verdict,
        words.heard,
        "max dB",
        "max Es/N0",
        words.name,
    ];
    begin(out, "cells", &columns)?;
    for transmitter in &account.drive.transmitters {
        let (best, id) = (&transmitter.best, &transmitter.id);
        let identity = best.identity.as_ref();
        let sinr_db = transmitter.readings.iter().map(|r| r.sinr_db).fold(f64::NEG_INFINITY, f64::max);
        let plmns = identity.map(|id| id.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        row(
            out,
            if transmitter.suspicious { "bad" } else { "" },
            &[
                text(id.ecgi),
                id.pci.get().to_string(),
                text(id.earfcn),
                format!("{:.1}", best.carrier.hz / 1e6),
                text(plmns),
                text(identity.map(|id| id.tac)),
                text(best.mib.map(|mib| mib.bandwidth.n_rb_dl())),
                words.verdict(transmitter.verdict).to_owned(),
                transmitter.readings.len().to_string(),
                text(transmitter.strongest().map(|r| format!("{:.1}", r.level_db))),
                format!("{sinr_db:.1}"),
                text(best.broadcast.hnb_name.as_deref()),
            ],
        )?;
    }
    end(out)
}

/// How many registered cells are in each state, and every cell that was passed, most urgent first.
pub fn write_inspection(
    out: &mut impl Write,
    inspection: &Inspection,
    words: &Words,
    language: Language,
) -> io::Result<()> {
    writeln!(out, "<p>{}: {}</p>", words.registry, escape_markup(&inspection.snapshot.id()))?;
    begin(out, "states", &[words.state, words.cells])?;
    for (state, count) in counts(inspection) {
        row(out, class_of(state), &[words.state_of(state).to_owned(), count.to_string()])?;
    }
    end(out)?;
    let columns = [
        words.cell,
        words.state,
        words.silent_probability,
        words.settle,
        words.kind,
        words.status,
        "PCI",
        "EARFCN",
        words.heard,
        words.passes,
        words.name,
    ];
    begin(out, "inspection", &columns)?;
    let mut passed: Vec<&InspectedAccount> =
        inspection.accounts.iter().filter(|a| a.state() != State::NotPassed).collect();
    passed.sort_by_key(|account| account.state());
    for account in passed {
        let cell = &account.cell;
        let state = [words.state_of(account.state()).to_owned()].into_iter().chain(differences(&account.outcome));
        let settle = account.to_settle().map(|settle| match settle {
            Settle::Passes(passes) => message!(language, "report-settle-passes", passes = passes),
            Settle::Visit => message!(language, "report-settle-visit"),
        });
        row(
            out,
            class_of(account.state()),
            &[
                cell.ecgi.to_string(),
                state.collect::<Vec<_>>().join("; "),
                text(account.belief.map(|belief| format!("{:.0} %", belief.silent * 100.0))),
                text(settle),
                text(cell.kind.map(CellKind::word)),
                cell.status.word().to_owned(),
                text(cell.pci.map(|pci| pci.get())),
                text(cell.earfcn),
                account.heard_dwells.to_string(),
                account.passes.to_string(),
                cell.name.to_string(),
            ],
        )?;
    }
    end(out)
}

fn class_of(state: State) -> &'static str {
    match state {
        State::OnAirNotAsRegistered => "bad",
        State::Silent => "watch",
        State::PassedNotSure | State::OnAirAsRegistered | State::NotPassed | State::Recovered => "",
    }
}

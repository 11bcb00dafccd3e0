//! The report's tables.

use maud::{Markup, html};

use super::{
    super::inspection::{counts, differences},
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

/// A table of texts, each row with its class.
fn table(class: &str, columns: &[&str], rows: impl IntoIterator<Item = (&'static str, Vec<String>)>) -> Markup {
    framed(
        class,
        columns,
        html! {
            @for (class, fields) in rows {
                tr class=(class) {
                    @for field in fields {
                        td { (field) }
                    }
                }
            }
        },
    )
}

/// A table of these rows.
fn framed(class: &str, columns: &[&str], rows: Markup) -> Markup {
    html! {
        div.wide {
            table class=(class) {
                thead {
                    tr {
                        @for column in columns {
                            th { (column) }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}

fn text(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

pub fn footprint(parts: &[(&str, &FootprintPart)], words: &Words) -> Markup {
    let rows = parts.iter().map(|(kind, part)| {
        let margin = part.margin_db.map_or("–".to_owned(), |db| format!("{db:+.1} dB"));
        let area = format!("{:.3} km²", part.area_m2 / 1e6);
        ("", vec![(*kind).to_owned(), text(part.from), text(part.to), part.stops.to_string(), area, margin])
    });
    html! {
        h4 { (words.footprint) }
        (table("footprint", &["", words.from, words.to, words.stops, words.area, words.margin], rows))
    }
}

/// What an alert says: in English as it was published.
fn sentence_of(alert: &Alert, language: Language) -> String {
    match language {
        Language::English => alert.summary.clone(),
        Language::Korean => sentence(language, alert),
    }
}

pub fn alerts(account: &Account, words: &Words) -> Markup {
    if account.alerts.is_empty() {
        return html! { p { (words.none) } };
    }
    let rows = html! {
        @for StoredAlert { alert, evidence_sha256, .. } in &account.alerts {
            tr class=(alert.severity) {
                td { (text(alert.time)) }
                td { span class={ "tag " (alert.severity) } { (alert.severity) } }
                td { (alert.rule) " v" (alert.rule_version) }
                td {
                    (sentence_of(alert, words.language))
                    dl.values {
                        @for (name, value) in &alert.evidence {
                            dt { (name) }
                            dd { (value.as_str().map_or_else(|| value.to_string(), str::to_owned)) }
                        }
                    }
                }
                td {
                    @match &alert.evidence_file {
                        Some(file) => {
                            (file) br; (words.verify) br;
                            code { "cellwarden alerts verify " (alert.id) }
                        }
                        None => { (words.no_evidence) "; " (alert.id) }
                    }
                    @if let Some(hash) = evidence_sha256 {
                        br;
                        span.hash { "SHA-256 " (hash) }
                    }
                }
            }
        }
    };
    framed("alerts", &[words.time, words.severity, words.rule, words.what, words.evidence], rows)
}

pub fn cells(account: &Account, words: &Words) -> Markup {
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
    let rows = account.drive.transmitters.iter().map(|transmitter| {
        let (best, id) = (&transmitter.best, &transmitter.id);
        let identity = best.identity.as_ref();
        let sinr_db = transmitter.readings.iter().map(|r| r.sinr_db).fold(f64::NEG_INFINITY, f64::max);
        let plmns = identity.map(|id| id.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "));
        let fields = vec![
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
        ];
        (if transmitter.suspicious { "bad" } else { "" }, fields)
    });
    table("cells", &columns, rows)
}

/// How many registered cells are in each state, and every cell that was passed, most urgent first.
pub fn inspection(inspection: &Inspection, words: &Words, language: Language) -> Markup {
    let states = counts(inspection)
        .map(|(state, count)| (class_of(state), vec![words.state_of(state).to_owned(), count.to_string()]));
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
    let mut passed: Vec<&InspectedAccount> =
        inspection.accounts.iter().filter(|a| a.state() != State::NotPassed).collect();
    passed.sort_by_key(|account| account.state());
    let rows = passed.into_iter().map(|account| {
        let cell = &account.cell;
        let state = [words.state_of(account.state()).to_owned()].into_iter().chain(differences(&account.outcome));
        let settle = account.to_settle().map(|settle| match settle {
            Settle::Passes(passes) => message!(language, "report-settle-passes", passes = passes),
            Settle::Visit => message!(language, "report-settle-visit"),
        });
        let fields = vec![
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
        ];
        (class_of(account.state()), fields)
    });
    html! {
        p { (words.registry) ": " (inspection.snapshot.id()) }
        (table("states", &[words.state, words.cells], states))
        (table("inspection", &columns, rows))
    }
}

fn class_of(state: State) -> &'static str {
    match state {
        State::OnAirNotAsRegistered => "bad",
        State::Silent => "watch",
        State::PassedNotSure | State::OnAirAsRegistered | State::NotPassed | State::Recovered => "",
    }
}

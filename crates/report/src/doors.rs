//! The door list as CSV, and as sheets to print: one box for each cell, for the crew to fill in.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use cellwarden_core::{
    observation::Ecgi,
    registry::{
        CellKind,
        inspect::{Account, Address, Door, DoorReason, VisitOutcome},
    },
};
use cellwarden_text::{Language, message};
use maud::{Markup, html};
use strum::IntoEnumIterator;

use super::{html::write_page, spreadsheet::escape_formula};

/// Columns of the CSV, in order. The last ones are those of a list of visits: filled in, the file is one.
pub const COLUMNS: [&str; 18] = [
    "ecgi",
    "reason",
    "name",
    "address",
    "floor",
    "lat",
    "lon",
    "kind",
    "pci",
    "last_contact",
    "p_silent",
    "why",
    "last_visit",
    "last_outcome",
    "date",
    "outcome",
    "again_on",
    "note",
];

/// The doors as CSV. Texts that a spreadsheet would take for formulas get an apostrophe in front.
///
/// # Errors
/// From writing.
pub fn write_csv(
    out: &mut impl Write,
    doors: &[Door<'_>],
    addresses: &BTreeMap<Ecgi, Address>,
    language: Language,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for door in doors {
        let Door { account, reason } = door;
        let cell = &account.cell;
        let address = addresses.get(&cell.ecgi).cloned().unwrap_or_default();
        let degrees = |value: Option<f64>| value.map_or(String::new(), |v| format!("{v:.7}"));
        let visit = account.visit.as_ref();
        csv.write_record([
            cell.ecgi.to_string(),
            reason.word().to_owned(),
            escape_formula(&cell.name).into_owned(),
            escape_formula(&address.address).into_owned(),
            escape_formula(&address.floor).into_owned(),
            degrees(cell.place.map(|place| place.lat)),
            degrees(cell.place.map(|place| place.lon)),
            cell.kind.map_or("", CellKind::word).to_owned(),
            cell.pci.map_or(String::new(), |pci| pci.to_string()),
            cell.last_contact.map_or(String::new(), |time| time.to_string()),
            account.belief.map_or(String::new(), |belief| format!("{:.3}", belief.silent)),
            why(account, *reason, language),
            visit.map_or(String::new(), |visit| visit.date.to_string()),
            visit.map_or("", |visit| visit.outcome.word()).to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ])?;
    }
    csv.flush()
}

/// The doors as one HTML file to print: no script, no network, no other file.
///
/// # Errors
/// From writing.
pub fn write_html(
    out: &mut impl Write,
    doors: &[Door<'_>],
    addresses: &BTreeMap<Ecgi, Address>,
    language: Language,
) -> io::Result<()> {
    let title = message!(language, "doors-title");
    let count = |reason| doors.iter().filter(|door| door.reason == reason).count();
    let body = html! {
        header {
            h1 { (title) }
            ul.tiles {
                @for (reason, count) in DoorReason::ALL.into_iter().map(|reason| (reason, count(reason))) {
                    @if count > 0 {
                        li { b { (count) } " " (reason_of(reason, language)) }
                    }
                }
            }
            p { (message!(language, "doors-personal")) }
        }
        @for (door, number) in doors.iter().zip(1..) {
            (sheet(number, door, addresses.get(&door.account.cell.ecgi), language))
        }
    };
    write_page(out, language, &title, &body)
}

fn sheet(number: usize, door: &Door<'_>, address: Option<&Address>, language: Language) -> Markup {
    let Door { account, reason } = door;
    let cell = &account.cell;
    let place = cell.place.map(|place| format!("{:.6}, {:.6}", place.lat, place.lon));
    let visit = account.visit.as_ref();
    let last = visit.map(|visit| format!("{} {} {}", visit.date, outcome_of(visit.outcome, language), visit.note));
    let kind = cell.kind.map_or("–", CellKind::word);
    let pci = cell.pci.map_or("–".to_owned(), |pci| pci.to_string());
    let facts = [
        (message!(language, "doors-address"), address.map(|address| address.address.clone())),
        (message!(language, "doors-floor"), address.map(|address| address.floor.clone())),
        (message!(language, "doors-place"), place),
        (message!(language, "report-cell"), Some(format!("{} · {kind} · PCI {pci}", cell.ecgi))),
        (message!(language, "doors-last-contact"), cell.last_contact.map(|time| time.to_string())),
        (message!(language, "doors-why"), Some(why(account, *reason, language))),
        (message!(language, "doors-last-visit"), last),
    ];
    let name: &str = if cell.name.is_empty() { "–" } else { &cell.name };
    html! {
        article.door {
            h3 { (number) ". " (name) " " span.tag { (reason_of(*reason, language)) } }
            dl.facts {
                @for (word, value) in facts {
                    @if let Some(value) = value.filter(|value| !value.is_empty()) {
                        dt { (word) }
                        dd { (value) }
                    }
                }
            }
            p {
                @for (n, outcome) in VisitOutcome::iter().enumerate() {
                    @if n > 0 { " \u{a0} " } "☐ " (outcome_of(outcome, language))
                }
            }
            p {
                (message!(language, "doors-date")) ": ______________ "
                (message!(language, "doors-note")) ": ______________________________________"
            }
        }
    }
}

/// How sure and why, in a sentence.
fn why(account: &Account, reason: DoorReason, language: Language) -> String {
    let Some(belief) = account.belief.filter(|_| reason != DoorReason::NoPlace) else {
        return message!(language, "doors-why-no-place").into_owned();
    };
    let percent = |p: f64| format!("{:.0}", 100.0 * p);
    let (silent, missed) = (percent(belief.silent), percent(belief.missed));
    let nearest = account.nearest_m.map_or("–".to_owned(), |metres| format!("{metres:.0}"));
    message!(language, "doors-why-passed", silent = silent, missed = missed, nearest = nearest, passes = account.passes)
        .into_owned()
}

fn reason_of(reason: DoorReason, language: Language) -> String {
    match reason {
        DoorReason::ComeAgain => message!(language, "doors-reason-come-again"),
        DoorReason::Silent => message!(language, "doors-reason-silent"),
        DoorReason::NoStreet => message!(language, "doors-reason-no-street"),
        DoorReason::NoPlace => message!(language, "doors-reason-no-place"),
    }
    .into_owned()
}

fn outcome_of(outcome: VisitOutcome, language: Language) -> String {
    match outcome {
        VisitOutcome::Recovered => message!(language, "doors-recovered"),
        VisitOutcome::Unplugged => message!(language, "doors-unplugged"),
        VisitOutcome::Refused => message!(language, "doors-refused"),
        VisitOutcome::NotFound => message!(language, "doors-not-found"),
        VisitOutcome::WrongAddress => message!(language, "doors-wrong-address"),
        VisitOutcome::ComeAgain => message!(language, "doors-come-again"),
    }
    .into_owned()
}

//! The account of a drive as one HTML file that needs nothing else: no script, no network, no other file.
//!
//! Text from the air, from lists and from file names passes [`escape_markup`]; a content security policy forbids what might
//! get through all the same.

mod chart;
mod map;
mod tables;
mod words;

use std::io::{self, Write};

use super::{
    account::Account,
    format::{Format, Writer},
    markup::escape_markup,
};
use cellwarden_core::{
    drive::Transmitter,
    locate::{FootprintPart, Whereabouts},
};
pub use cellwarden_text::Language;
use words::{Words, words};

/// The form.
pub static FORMAT: Format = Format {
    name: "html",
    about: "One file with everything, for people",
    writer: Writer::Account(|mut out, account, language| write_html(&mut out, account, language)),
};

/// Writes the report.
///
/// # Errors
/// From writing.
pub fn write_html(out: &mut impl Write, account: &Account, language: Language) -> io::Result<()> {
    let words = words(language);
    begin_page(out, language, words.title)?;
    head(out, account, words)?;
    writeln!(out, "<section><h2>{}</h2>", words.map)?;
    map::write_map(out, account, words)?;
    writeln!(out, "</section>")?;
    let suspicious: Vec<&Transmitter> = account.drive.transmitters.iter().filter(|t| t.suspicious).collect();
    writeln!(out, "<section><h2>{}</h2>", words.suspicious)?;
    if suspicious.is_empty() {
        writeln!(out, "<p>{}</p>", words.none)?;
    }
    for transmitter in suspicious {
        write_transmitter(out, account, transmitter, words)?;
    }
    writeln!(out, "</section><section><h2>{}</h2>", words.alerts)?;
    tables::write_alerts(out, account, words)?;
    writeln!(out, "</section><section><h2>{}</h2>", words.cells)?;
    tables::write_cells(out, account, words)?;
    writeln!(out, "</section>")?;
    if let Some(inspection) = &account.inspection {
        writeln!(out, "<section><h2>{}</h2>", words.inspection)?;
        tables::write_inspection(out, inspection, words, language)?;
        writeln!(out, "</section>")?;
    }
    writeln!(out, "</body></html>")
}

/// The beginning of a page that needs no script, no network and no other file, as far as its body. The title is not escaped.
pub(crate) fn begin_page(out: &mut impl Write, language: Language, title: &str) -> io::Result<()> {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\">\n\
         <link rel=\"icon\" href=\"data:,\"><title>{title}</title><style>{}</style></head><body>",
        language.tag(),
        include_str!("style.css")
    )
}

fn head(out: &mut impl Write, account: &Account, words: &Words) -> io::Result<()> {
    let times = || account.drive.stops.iter().filter_map(|stop| stop.time);
    let span = match (times().min(), times().max()) {
        (Some(from), Some(to)) => format!("{from} – {to}"),
        _ => "–".to_owned(),
    };
    let suspicious = account.drive.transmitters.iter().filter(|t| t.suspicious).count();
    writeln!(
        out,
        "<header><h1>{}</h1><p class=\"when\">{}</p><ul class=\"tiles\">",
        words.title,
        escape_markup(&span)
    )?;
    for (figure, word, class) in [
        (account.alerts.len(), words.alerts, "bad"),
        (suspicious, words.suspicious, "bad"),
        (account.drive.transmitters.len(), words.cells, ""),
        (account.drive.stops.len(), words.dwells, ""),
    ] {
        let class = if figure > 0 { class } else { "" };
        writeln!(out, "<li class=\"{class}\"><b>{figure}</b> {word}</li>")?;
    }
    writeln!(out, "</ul><dl class=\"facts\">")?;
    for drive in &account.drives {
        let record = &drive.record;
        let facts = format!(
            "{} · cellwarden {} ({}) · {}: {} · {}: {}",
            drive.id,
            drive.program_version,
            record.command,
            words.rules,
            record.rules_version,
            words.registry,
            record.registry_snapshot.as_deref().unwrap_or("–"),
        );
        writeln!(out, "<dt>{}</dt><dd>{}</dd>", words.drive, escape_markup(&facts))?;
    }
    writeln!(out, "</dl></header>")
}

fn write_transmitter(
    out: &mut impl Write,
    account: &Account,
    transmitter: &Transmitter,
    words: &Words,
) -> io::Result<()> {
    writeln!(
        out,
        "<article><h3>{} <span class=\"tag bad\">{}</span></h3>",
        escape_markup(&transmitter.name()),
        words.verdict(transmitter.verdict)
    )?;
    if let Some(name) = &transmitter.best.broadcast.hnb_name {
        writeln!(out, "<p>{}: <q>{}</q></p>", words.home_name, escape_markup(name))?;
    }
    for warning in transmitter.best.broadcast.warnings.iter().filter_map(|warning| warning.text.as_ref()) {
        writeln!(out, "<p>{}: <q>{}</q></p>", words.warning, escape_markup(warning))?;
    }
    if let Some(whereabouts) = &transmitter.whereabouts {
        writeln!(out, "<p class=\"where\">{}</p>", escape_markup(&place_sentence(whereabouts, words)))?;
    }
    chart::write_chart(out, account, transmitter, words)?;
    let parts = transmitter.footprint.iter().map(|s| (words.measured, s));
    let parts: Vec<(&str, &FootprintPart)> =
        parts.chain(transmitter.modelled.iter().map(|s| (words.modelled, s))).collect();
    if parts.is_empty() {
        return writeln!(out, "<p>{}</p></article>", words.no_footprint);
    }
    tables::write_footprint(out, &parts, words)?;
    writeln!(out, "</article>")
}

fn place_sentence(whereabouts: &Whereabouts, words: &Words) -> String {
    match whereabouts {
        Whereabouts::TooFew { places, extent_m } => {
            format!("{} ({places}; {extent_m:.0} m)", words.too_few)
        }
        Whereabouts::WithReceiver { spread_db, log10_ratio } => {
            format!("{} (± {spread_db:.1} dB; 10^{log10_ratio:.1} : 1)", words.with_receiver)
        }
        Whereabouts::Moving { log10_ratio } => format!("{} (10^{log10_ratio:.1} : 1)", words.moving),
        Whereabouts::Fixed(fix) => {
            let (at, ellipse) = (fix.position, fix.ellipse);
            let mut sentence = format!(
                "{}: {:.6}, {:.6}; {} {:.0} m × {:.0} m, {:.0}°; n = {:.1}, ± {:.1} dB, {} {}",
                words.stands_at,
                at.lat,
                at.lon,
                words.ellipse,
                2.0 * ellipse.semi_major_m,
                2.0 * ellipse.semi_minor_m,
                ellipse.bearing_deg,
                fix.exponent,
                fix.shadowing_db,
                fix.places,
                words.places,
            );
            if let Some(next) = fix.next {
                let (lat, lon) = (next.position.lat, next.position.lon);
                sentence += &format!(". {}: {lat:.5}, {lon:.5} ({:.0} %)", words.drive_next, next.shrinks_to * 100.0);
            }
            sentence
        }
    }
}

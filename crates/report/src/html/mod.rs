//! The account of a drive as one HTML file that needs nothing else: no script, no network, no other file.
//!
//! The templates escape whatever is put into them, and `write_page` what would hide or imitate text; a content security
//! policy forbids what might get through all the same.

mod chart;
mod map;
mod tables;
mod words;

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{
    account::Account,
    escape::escape,
    format::{Format, Writer},
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
    let suspicious: Vec<&Transmitter> = account.drive.transmitters.iter().filter(|t| t.suspicious).collect();
    let body = html! {
        (head(account, words))
        section {
            h2 { (words.map) }
            (map::map(account, words))
        }
        section {
            h2 { (words.suspicious) }
            @if suspicious.is_empty() {
                p { (words.none) }
            }
            @for transmitter in suspicious {
                (article(account, transmitter, words))
            }
        }
        section {
            h2 { (words.alerts) }
            (tables::alerts(account, words))
        }
        section {
            h2 { (words.cells) }
            (tables::cells(account, words))
        }
        @if let Some(inspection) = &account.inspection {
            section {
                h2 { (words.inspection) }
                (tables::inspection(inspection, words, language))
            }
        }
    };
    write_page(out, language, words.title, &body)
}

/// Writes a page that needs no script, no network and no other file. Characters of its body that hide, reorder or imitate
/// text are written out, wherever they came from.
pub(crate) fn write_page(out: &mut impl Write, language: Language, title: &str, body: &Markup) -> io::Result<()> {
    let body = PreEscaped(escape(&body.0));
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    let page = html! {
        (DOCTYPE)
        html lang=(language.tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width";
                meta name="color-scheme" content="light dark";
                link rel="icon" href="data:,";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { (body) }
        }
    };
    writeln!(out, "{}", page.0)
}

/// A coordinate of a picture, or a length.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

fn head(account: &Account, words: &Words) -> Markup {
    let times = || account.drive.stops.iter().filter_map(|stop| stop.time);
    let span = match (times().min(), times().max()) {
        (Some(from), Some(to)) => format!("{from} – {to}"),
        _ => "–".to_owned(),
    };
    let suspicious = account.drive.transmitters.iter().filter(|t| t.suspicious).count();
    let tiles = [
        (account.alerts.len(), words.alerts, "bad"),
        (suspicious, words.suspicious, "bad"),
        (account.drive.transmitters.len(), words.cells, ""),
        (account.drive.stops.len(), words.dwells, ""),
    ];
    html! {
        header {
            h1 { (words.title) }
            p.when { (span) }
            ul.tiles {
                @for (figure, word, class) in tiles {
                    li class=(if figure > 0 { class } else { "" }) { b { (figure) } " " (word) }
                }
            }
            dl.facts {
                @for drive in &account.drives {
                    dt { (words.drive) }
                    dd {
                        (drive.id) " · cellwarden " (drive.program_version) " (" (drive.record.command) ") · "
                        (words.rules) ": " (drive.record.rules_version) " · "
                        (words.registry) ": " (drive.record.registry_snapshot.as_deref().unwrap_or("–"))
                    }
                }
            }
        }
    }
}

fn article(account: &Account, transmitter: &Transmitter, words: &Words) -> Markup {
    let broadcast = &transmitter.best.broadcast;
    let parts = transmitter.footprint.iter().map(|s| (words.measured, s));
    let parts: Vec<(&str, &FootprintPart)> =
        parts.chain(transmitter.modelled.iter().map(|s| (words.modelled, s))).collect();
    html! {
        article {
            h3 { (transmitter.name()) " " span.tag.bad { (words.verdict(transmitter.verdict)) } }
            @if let Some(name) = &broadcast.hnb_name {
                p { (words.home_name) ": " q { (name) } }
            }
            @for warning in broadcast.warnings.iter().filter_map(|warning| warning.text.as_ref()) {
                p { (words.warning) ": " q { (warning) } }
            }
            @if let Some(whereabouts) = &transmitter.whereabouts {
                p.where { (place_sentence(whereabouts, words)) }
            }
            (chart::chart(account, transmitter, words))
            @if parts.is_empty() {
                p { (words.no_footprint) }
            } @else {
                (tables::footprint(&parts, words))
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_markup_and_none_hides() {
        let text = "<script>alert('\"&')</script> a\u{0}\u{1b}[2J\u{ffff}\u{202e} 홈펨토";
        let body = html! { p title=(text) { (text) } };
        let mut page = Vec::new();
        write_page(&mut page, Language::English, text, &body).expect("memory");
        let page = String::from_utf8(page).expect("text");
        let safe = "&lt;script&gt;alert('&quot;&amp;')&lt;/script&gt; a\\u{0}\\u{1b}[2J\\u{ffff}\\u{202e} 홈펨토";
        let body = format!("<body><p title=\"{safe}\">{safe}</p></body>");
        assert!(page.contains(&body), "{page}");
        assert!(!page.contains("<script"), "{page}");
    }
}

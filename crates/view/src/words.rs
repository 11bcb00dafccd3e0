//! The page's words, of the catalogue of messages.

use cellwarden_text::{Language, message};
use serde_json::{Map, Value};

/// The page's words in a language, by the names that its script has for them. Where a value is put in stands its name in
/// braces.
#[must_use]
pub fn of(language: Language) -> Map<String, Value> {
    let words = [
        ("accuracy", message!(language, "view-accuracy", long = "{long}", wide = "{wide}")),
        ("acknowledge", message!(language, "view-acknowledge")),
        ("again", message!(language, "view-again")),
        ("alerts", message!(language, "view-alerts")),
        ("beside", message!(language, "view-beside", seconds = "{seconds}")),
        ("beside-never", message!(language, "view-beside-never")),
        ("cells", message!(language, "view-cells")),
        ("closer", message!(language, "view-closer", change = "{change}")),
        ("copied", message!(language, "view-copied")),
        ("copy", message!(language, "view-copy")),
        ("day", message!(language, "view-day")),
        ("disk-low", message!(language, "view-disk-low", size = "{size}")),
        ("dwells", message!(language, "view-dwells", count = "{count}")),
        ("ended", message!(language, "view-ended")),
        ("farther", message!(language, "view-farther", change = "{change}")),
        ("fit", message!(language, "view-fit")),
        ("follow", message!(language, "view-follow")),
        ("go-on", message!(language, "view-go-on")),
        ("gone", message!(language, "view-gone")),
        ("home-in", message!(language, "view-home-in")),
        ("homing", message!(language, "view-homing")),
        ("homing-none", message!(language, "view-homing-none")),
        ("let-go", message!(language, "view-let-go")),
        ("level", message!(language, "view-level", level = "{level}")),
        ("live", message!(language, "view-live")),
        ("lost-connection", message!(language, "view-lost-connection")),
        ("lost-fix", message!(language, "view-lost-fix")),
        ("lost-samples", message!(language, "view-lost-samples", count = "{count}")),
        ("map", message!(language, "view-map")),
        ("moving", message!(language, "view-moving")),
        ("next", message!(language, "view-next", metres = "{metres}", wind = "{wind}", left = "{left}")),
        ("no-alert", message!(language, "view-no-alert")),
        ("no-data", message!(language, "view-no-data")),
        ("no-cell", message!(language, "view-no-cell")),
        ("no-place", message!(language, "view-no-place")),
        ("no-position", message!(language, "view-no-position")),
        ("no-spectrum", message!(language, "view-no-spectrum")),
        ("no-trend", message!(language, "view-no-trend")),
        ("not-heard", message!(language, "view-not-heard", seconds = "{seconds}")),
        ("not-kept", message!(language, "view-not-kept")),
        ("not-saved", message!(language, "view-not-saved")),
        ("note", message!(language, "view-note")),
        ("ok-level", message!(language, "view-ok-level", share = "{share}")),
        ("old", message!(language, "view-old", time = "{time}")),
        ("open-map", message!(language, "view-open-map")),
        ("overload", message!(language, "view-overload", share = "{share}")),
        ("pair", message!(language, "view-pair")),
        ("pair-ask", message!(language, "view-pair-ask")),
        ("pair-closed", message!(language, "view-pair-closed")),
        ("pair-wrong", message!(language, "view-pair-wrong")),
        ("pause", message!(language, "view-pause")),
        ("paused", message!(language, "view-paused")),
        ("peak", message!(language, "view-peak", level = "{level}", seconds = "{seconds}")),
        ("places", message!(language, "view-places", count = "{count}")),
        ("radio-fault", message!(language, "view-radio-fault", count = "{count}")),
        ("replay", message!(language, "view-replay")),
        ("save", message!(language, "view-save")),
        ("saved", message!(language, "view-saved")),
        ("seen", message!(language, "view-seen")),
        ("sound", message!(language, "view-sound")),
        ("spectrum", message!(language, "view-spectrum")),
        ("stands", message!(language, "view-stands", place = "{place}")),
        ("steady", message!(language, "view-steady", change = "{change}")),
        ("strongest", message!(language, "view-strongest", place = "{place}")),
        ("swept", message!(language, "view-swept", seconds = "{seconds}", searched = "{searched}")),
        ("sweeping", message!(language, "view-sweeping", done = "{done}", windows = "{windows}", mhz = "{mhz}")),
        ("this-car", message!(language, "view-this-car")),
        ("too-many", message!(language, "view-too-many")),
        ("unstored", message!(language, "view-unstored", dwells = "{dwells}", alerts = "{alerts}")),
        ("with-receiver", message!(language, "view-with-receiver", spread = "{spread}")),
        ("winds", message!(language, "view-winds")),
        ("registered", message!(language, "verdict-registered")),
        ("unregistered", message!(language, "verdict-unregistered")),
        ("inactive", message!(language, "verdict-inactive")),
        ("mismatch", message!(language, "verdict-mismatch")),
        ("unidentified", message!(language, "verdict-unidentified")),
        ("unchecked", message!(language, "verdict-unchecked")),
        ("info", message!(language, "severity-info")),
        ("medium", message!(language, "severity-medium")),
        ("high", message!(language, "severity-high")),
        ("critical", message!(language, "severity-critical")),
    ];
    words.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text.into_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_word_that_it_asks_for() {
        let page = [include_str!("../page/index.html"), include_str!("../page/page.js")].concat();
        let words = of(Language::English);
        let asked = page.split("word(\"").chain(page.split("data-word=\"")).filter_map(|rest| rest.split('"').next());
        let asked: Vec<&str> = asked.filter(|name| name.bytes().all(|c| c.is_ascii_lowercase() || c == b'-')).collect();
        assert!(asked.len() > 40, "{asked:?}");
        for name in asked {
            assert!(words.contains_key(name), "{name}");
        }
    }
}

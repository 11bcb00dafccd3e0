//! The report's words, from the catalogue of messages.

use std::{borrow::Cow, sync::LazyLock};

use cellwarden_core::{detect::Verdict, registry::inspect::State};
use cellwarden_text::{Language, message};

/// The words of a language, formatted once.
pub(super) fn words(language: Language) -> &'static Words {
    static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::of(Language::English));
    static KOREAN: LazyLock<Words> = LazyLock::new(|| Words::of(Language::Korean));
    match language {
        Language::English => &ENGLISH,
        Language::Korean => &KOREAN,
    }
}

/// One word or sentence for each place in the report.
pub(super) struct Words {
    pub language: Language,
    pub title: &'static str,
    pub map: &'static str,
    pub suspicious: &'static str,
    pub alerts: &'static str,
    pub cells: &'static str,
    pub dwells: &'static str,
    pub inspection: &'static str,
    pub drive: &'static str,
    pub rules: &'static str,
    pub registry: &'static str,
    pub none: &'static str,
    pub home_name: &'static str,
    pub warning: &'static str,
    pub too_few: &'static str,
    pub with_receiver: &'static str,
    pub moving: &'static str,
    pub stands_at: &'static str,
    pub ellipse: &'static str,
    pub places: &'static str,
    pub drive_next: &'static str,
    pub footprint: &'static str,
    pub measured: &'static str,
    pub modelled: &'static str,
    pub no_footprint: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub stops: &'static str,
    pub area: &'static str,
    pub margin: &'static str,
    pub level: &'static str,
    pub this_cell: &'static str,
    pub strongest_other: &'static str,
    pub no_position: &'static str,
    pub track: &'static str,
    pub site: &'static str,
    pub estimate: &'static str,
    pub time: &'static str,
    pub rule: &'static str,
    pub severity: &'static str,
    pub cell: &'static str,
    pub what: &'static str,
    pub evidence: &'static str,
    pub verify: &'static str,
    pub no_evidence: &'static str,
    pub verdict: &'static str,
    pub heard: &'static str,
    pub name: &'static str,
    pub state: &'static str,
    pub silent_probability: &'static str,
    pub settle: &'static str,
    pub kind: &'static str,
    pub status: &'static str,
    pub passes: &'static str,
    states: [&'static str; 6],
    verdicts: [&'static str; 6],
}

impl Words {
    fn of(language: Language) -> Self {
        // Formatted once a language: what is not borrowed from the catalogue may stay as long as the program.
        let fixed = |message: Cow<'static, str>| match message {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => text.leak(),
        };
        Self {
            language,
            title: fixed(message!(language, "report-title")),
            map: fixed(message!(language, "report-map")),
            suspicious: fixed(message!(language, "report-suspicious")),
            alerts: fixed(message!(language, "report-alerts")),
            cells: fixed(message!(language, "report-cells")),
            dwells: fixed(message!(language, "report-dwells")),
            inspection: fixed(message!(language, "report-inspection")),
            drive: fixed(message!(language, "report-drive")),
            rules: fixed(message!(language, "report-rules")),
            registry: fixed(message!(language, "report-registry")),
            none: fixed(message!(language, "report-none")),
            home_name: fixed(message!(language, "report-home-name")),
            warning: fixed(message!(language, "report-warning")),
            too_few: fixed(message!(language, "report-too-few")),
            with_receiver: fixed(message!(language, "report-with-receiver")),
            moving: fixed(message!(language, "report-moving")),
            stands_at: fixed(message!(language, "report-stands-at")),
            ellipse: fixed(message!(language, "report-ellipse")),
            places: fixed(message!(language, "report-places")),
            drive_next: fixed(message!(language, "report-drive-next")),
            footprint: fixed(message!(language, "report-footprint")),
            measured: fixed(message!(language, "report-measured")),
            modelled: fixed(message!(language, "report-modelled")),
            no_footprint: fixed(message!(language, "report-no-footprint")),
            from: fixed(message!(language, "report-from")),
            to: fixed(message!(language, "report-to")),
            stops: fixed(message!(language, "report-stops")),
            area: fixed(message!(language, "report-area")),
            margin: fixed(message!(language, "report-margin")),
            level: fixed(message!(language, "report-level")),
            this_cell: fixed(message!(language, "report-this-cell")),
            strongest_other: fixed(message!(language, "report-strongest-other")),
            no_position: fixed(message!(language, "report-no-position")),
            track: fixed(message!(language, "report-track")),
            site: fixed(message!(language, "report-site")),
            estimate: fixed(message!(language, "report-estimate")),
            time: fixed(message!(language, "report-time")),
            rule: fixed(message!(language, "report-rule")),
            severity: fixed(message!(language, "report-severity")),
            cell: fixed(message!(language, "report-cell")),
            what: fixed(message!(language, "report-what")),
            evidence: fixed(message!(language, "report-evidence")),
            verify: fixed(message!(language, "report-verify")),
            no_evidence: fixed(message!(language, "report-no-evidence")),
            verdict: fixed(message!(language, "report-verdict")),
            heard: fixed(message!(language, "report-heard")),
            name: fixed(message!(language, "report-name")),
            state: fixed(message!(language, "report-state")),
            silent_probability: fixed(message!(language, "report-silent-probability")),
            settle: fixed(message!(language, "report-settle")),
            kind: fixed(message!(language, "report-kind")),
            status: fixed(message!(language, "report-status")),
            passes: fixed(message!(language, "report-passes")),
            // In the order of `State::ALL`.
            states: [
                fixed(message!(language, "report-state-on-air-not-as-registered")),
                fixed(message!(language, "report-state-silent")),
                fixed(message!(language, "report-state-passed-not-sure")),
                fixed(message!(language, "report-state-on-air-as-registered")),
                fixed(message!(language, "report-state-not-passed")),
                fixed(message!(language, "report-state-recovered")),
            ],
            verdicts: [
                fixed(message!(language, "verdict-registered")),
                fixed(message!(language, "verdict-unregistered")),
                fixed(message!(language, "verdict-inactive")),
                fixed(message!(language, "verdict-mismatch")),
                fixed(message!(language, "verdict-unidentified")),
                fixed(message!(language, "verdict-unchecked")),
            ],
        }
    }

    pub fn state_of(&self, state: State) -> &'static str {
        let at = State::ALL.iter().position(|s| *s == state);
        at.map_or("", |at| self.states[at])
    }

    pub fn verdict(&self, verdict: Verdict) -> &'static str {
        let at = Verdict::ALL.iter().position(|v| *v == verdict);
        at.map_or("", |at| self.verdicts[at])
    }
}

//! The rules file: each rule's switch and thresholds.
//!
//! In: TOML text. Out: the rules that are on, built with their thresholds. The default file is made of the rules' own settings and
//! names every key; an operator's file names only what differs, and a key that the default file lacks is refused with
//! its line.

use std::fmt::Write as _;

use cellwarden_text::{Language, message_of};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use thiserror::Error;
use toml::{Table, Value, de::DeTable};

use super::{
    RULES,
    rule::{About, Finding, Rule, Severity},
    settings::Setting,
};
use crate::registry::inspect::Account;

/// How the default file begins.
const HEAD: &str = "\
# The detection rules' switches and thresholds. An operator's own file (`--rules FILE`) names only what differs.
# `enabled` switches a rule; `alone = true` lets a rule of high severity raise an alert without a finding of another
# class. Units are part of the names.

[alerts]
debounce_s = 300.0
again_after_s = 1800.0
";

/// The file with every rule, switch and threshold.
#[must_use]
pub fn default_file() -> String {
    let mut text = HEAD.to_owned();
    let mut class = None;
    for About { id, class: of_rule, severity, settings, .. } in RULES.iter().map(|entry| entry.about) {
        if class.replace(*of_rule) != Some(*of_rule) {
            let _ = writeln!(text, "\n# ---- {of_rule} ----");
        }
        let alone = if *severity == Severity::High { "alone = false\n" } else { "" };
        let _ = write!(text, "\n[{id}]\nenabled = true\n{alone}");
        for Setting { name, default, meaning } in *settings {
            let _ = writeln!(text, "# {}\n{name} = {default}", meaning.trim());
        }
    }
    text
}

/// What a key means that every rule has.
fn switch(name: &str) -> &'static str {
    match name {
        "enabled" => "Whether the rule is used.",
        "alone" => "Whether a high finding raises an alert without a finding of another class.",
        _ => "",
    }
}

/// Section of the alerting limits, the only one that is no rule.
const ALERTS: &str = "alerts";

/// An entry of the list of rules: its fixed facts, and how to build it from its thresholds.
pub struct RuleEntry {
    /// The fixed facts.
    pub about: &'static About,
    build: fn(Table) -> Result<Box<dyn Rule>, toml::de::Error>,
}

/// The entry of a rule whose thresholds are the fields of `R`.
#[must_use]
pub const fn entry<R: Rule + DeserializeOwned + 'static>(about: &'static About) -> RuleEntry {
    RuleEntry { about, build: build::<R> }
}

fn build<R: Rule + DeserializeOwned + 'static>(thresholds: Table) -> Result<Box<dyn Rule>, toml::de::Error> {
    Ok(Box::new(thresholds.try_into::<R>()?))
}

/// Why a rules file was refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {what}")]
pub struct RulesFileError {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong there, with what is allowed.
    pub what: String,
}

/// When findings become alerts, and when alerts repeat and close. See [`crate::alert`].
#[derive(Debug, Clone, Copy, PartialEq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlertLimits {
    /// Seconds without the cell after which its alerts are closed; within them a repeated finding is the same event.
    pub debounce_s: f64,
    /// Seconds without the cell after which a finding is a new alert, no longer the same one opened again.
    pub again_after_s: f64,
}

struct RuleSwitches {
    about: &'static About,
    enabled: bool,
    alone: bool,
    rule: Box<dyn Rule>,
}

/// The rules with their switches and thresholds.
pub struct Rules {
    settings: Vec<RuleSwitches>,
    effective: Table,
    /// When findings become alerts.
    pub limits: AlertLimits,
}

impl Rules {
    /// The rules under an operator's file; an empty text gives the defaults.
    ///
    /// # Errors
    /// [`RulesFileError`] names the line of the first key that is unknown, of another type or out of range.
    ///
    /// # Panics
    /// Where the default file lacks a rule or a threshold, which a test rules out.
    pub fn parse(text: &str) -> Result<Self, RulesFileError> {
        let effective = merged(text)?;
        let section = |name: &str| effective.get(name).and_then(Value::as_table).cloned().unwrap_or_default();
        let settings = RULES
            .iter()
            .map(|entry| {
                let mut thresholds = section(entry.about.id);
                let enabled = take_bool(&mut thresholds, "enabled");
                let alone = take_bool(&mut thresholds, "alone");
                let rule = (entry.build)(thresholds).expect("merged() tried every key and the default file is whole");
                RuleSwitches { about: entry.about, enabled, alone, rule }
            })
            .collect();
        let limits = Value::Table(section(ALERTS)).try_into().expect("merged() tried every key");
        Ok(Self { settings, effective, limits })
    }

    /// The rules that are on.
    pub fn enabled(&self) -> impl Iterator<Item = &dyn Rule> {
        self.settings.iter().filter(|s| s.enabled).map(|s| &*s.rule)
    }

    /// What the rules say of a registered cell by an inspection's account of it.
    #[must_use]
    pub fn account(&self, account: &Account) -> Vec<Finding> {
        self.enabled().filter_map(|rule| rule.account(account)).collect()
    }

    /// Whether the operator lets a rule of high severity alert without a finding of another class.
    #[must_use]
    pub fn alone(&self, id: &str) -> bool {
        self.settings.iter().any(|s| s.about.id == id && s.alone)
    }

    /// A name that changes with any rule's version, switch or threshold.
    #[must_use]
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        for setting in &self.settings {
            hash.update(format!("{} {}\n", setting.about.id, setting.about.version));
        }
        hash.update(self.effective.to_string());
        hex::encode(&hash.finalize()[..6])
    }

    /// One rule per line, ordered by class: id, version, severity, class, switch and what must be seen.
    #[must_use]
    pub fn list(&self) -> String {
        let mut text = String::new();
        let mut rules: Vec<&RuleSwitches> = self.settings.iter().collect();
        rules.sort_by_key(|rule| rule.about.class);
        for RuleSwitches { about, enabled, .. } in rules {
            let switch = if *enabled { "on" } else { "off" };
            let (id, version, severity, class) = (about.id, about.version, about.severity, about.class);
            let _ = writeln!(text, "{id:<18} v{version:<2} {severity:<8} {class:<9} {switch:<3} {}", about.seen);
        }
        text
    }

    /// All about one rule, its thresholds included; `None` where there is none of this id.
    #[must_use]
    pub fn show(&self, id: &str) -> Option<String> {
        let about = self.settings.iter().find(|s| s.about.id == id)?.about;
        let mut text = format!(
            "{} v{}\nseverity         {}\nclass            {}\nfires on         {}\nfalse positives  {}\nreference        {}\n",
            about.id, about.version, about.severity, about.class, about.seen, about.false_positives, about.reference,
        );
        if let Some(step) = message_of(Language::English, &format!("rule-{id}-next"), &[]) {
            let _ = writeln!(text, "what to do       {step}");
        }
        let _ = writeln!(text, "settings         in the rules file under [{id}]");
        let section = self.effective.get(id).and_then(Value::as_table)?;
        // The switches, then the thresholds in the order in which the rule defines them.
        let place = |name: &str| about.settings.iter().position(|threshold| threshold.name == name);
        let mut keys: Vec<_> = section.iter().collect();
        keys.sort_by_key(|(name, _)| (place(name), *name != "enabled"));
        for (name, value) in keys {
            let threshold = about.settings.iter().find(|threshold| threshold.name == name);
            let meaning = threshold.map_or_else(|| switch(name), |threshold| threshold.meaning.trim());
            let default = threshold.map(|threshold| threshold.default).filter(|default| *default != value.to_string());
            let default = default.map(|default| format!(", not {default} as usual")).unwrap_or_default();
            let _ = writeln!(text, "  {name} = {value}{default}\n      {meaning}");
        }
        Some(text)
    }
}

impl Default for Rules {
    /// The rules under the default file.
    fn default() -> Self {
        Self::parse("").expect("the default file is tested")
    }
}

fn take_bool(section: &mut Table, key: &str) -> bool {
    section.remove(key).and_then(|v| v.as_bool()).unwrap_or(false)
}

/// The default file with the operator's values in it.
fn merged(text: &str) -> Result<Table, RulesFileError> {
    let mut effective: Table = default_file().parse().expect("the default file is tested");
    let syntax = |e: toml::de::Error| {
        let start = e.span().map_or(0, |span| span.start);
        RulesFileError { line: line_of(text, start), what: e.message().to_owned() }
    };
    let values: Table = text.parse().map_err(syntax)?;
    // A second pass over the text for the place of each key, which plain values do not keep.
    let spans = DeTable::parse(text).map_err(syntax)?;
    for (section, body) in spans.get_ref() {
        let line = line_of(text, section.span().start);
        let name = section.get_ref().as_ref();
        let names = || effective.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let Some(defaults) = effective.get(name).and_then(Value::as_table) else {
            return Err(RulesFileError { line, what: format!("unknown section {name:?}; there are {}", names()) });
        };
        let Some(given) = body.get_ref().as_table() else {
            return Err(RulesFileError { line, what: format!("{name:?} must be a section: [{name}]") });
        };
        let mut settings = defaults.clone();
        for key in given.keys() {
            let line = line_of(text, key.span().start);
            let key = key.get_ref().as_ref();
            let value = values.get(name).and_then(|s| s.get(key)).cloned().unwrap_or(Value::Boolean(false));
            settings = with(name, settings, key, value).map_err(|what| RulesFileError { line, what })?;
        }
        effective.insert(name.to_owned(), Value::Table(settings));
    }
    Ok(effective)
}

/// A section with one value replaced, or what is wrong with that value.
fn with(section: &str, settings: Table, key: &str, value: Value) -> Result<Table, String> {
    let Some(default) = settings.get(key) else {
        let keys: Vec<_> = settings.keys().map(String::as_str).collect();
        return Err(format!("[{section}] has no {key:?}; it has {}", keys.join(", ")));
    };
    let value = match (default, value) {
        (Value::Float(_), Value::Integer(whole)) => Value::Float(whole as f64),
        (_, value) => value,
    };
    if !default.same_type(&value) {
        return Err(format!("{key} = {value} is {}; {} is expected", value.type_str(), default.type_str()));
    }
    let negative_allowed = default.as_float().is_some_and(|d| d < 0.0);
    if value.as_float().is_some_and(|v| !v.is_finite() || (v < 0.0 && !negative_allowed)) {
        return Err(format!("{key} = {value} is out of range: a finite number from 0 up is expected"));
    }
    let mut settings = settings;
    settings.insert(key.to_owned(), value);
    let mut thresholds = settings.clone();
    for switch in ["enabled", "alone"] {
        thresholds.remove(switch);
    }
    let tried = match RULES.iter().find(|entry| entry.about.id == section) {
        Some(entry) => (entry.build)(thresholds).map(drop),
        None => Value::Table(thresholds).try_into::<AlertLimits>().map(drop),
    };
    tried.map_err(|e| e.message().to_owned())?;
    Ok(settings)
}

/// Line of a byte offset, counted from 1.
fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&b| b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_names_every_rule_and_nothing_else() {
        let file: Table = default_file().parse().expect("TOML");
        let mut sections: Vec<_> = file.keys().map(String::as_str).collect();
        let mut ids: Vec<_> = RULES.iter().map(|e| e.about.id).chain([ALERTS]).collect();
        sections.sort_unstable();
        ids.sort_unstable();
        assert_eq!(sections, ids);
        for entry in RULES {
            let section = file[entry.about.id].as_table().expect("a section");
            assert!(section.get("enabled").is_some_and(Value::is_bool), "{}", entry.about.id);
            let may_stand_alone = entry.about.severity == Severity::High;
            assert_eq!(section.contains_key("alone"), may_stand_alone, "{}", entry.about.id);
            assert!(!entry.about.reference.is_empty() && !entry.about.false_positives.is_empty(), "{}", entry.about.id);
        }
        let _ = Rules::default();
    }

    #[test]
    fn an_operators_file_changes_only_what_it_names() {
        let rules = Rules::parse("[unregistered]\nenabled = false\n").expect("good file");
        assert_eq!(rules.enabled().count(), RULES.len() - 1);
        assert_ne!(rules.version(), Rules::default().version());
        assert_eq!(Rules::default().version(), Rules::default().version());
        assert!(Rules::parse("[pci-mismatch]\nalone = true").expect("good file").alone("pci-mismatch"));
        assert!(!Rules::default().alone("pci-mismatch"));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, line, part) in [
            ("[unregistred]\n", 1, "unregistred"),
            ("\n[unregistered]\nenabled = true\nstale_days = 3\n", 4, "stale_after_days"),
            ("[unregistered]\nstale_after_days = \"3\"\n", 2, "float is expected"),
            ("[unregistered]\nstale_after_days = nan\n", 2, "out of range"),
            ("[unregistered]\nstale_after_days = -1\n", 2, "out of range"),
            ("[unregistered]\nenabled = 1\n", 2, "boolean is expected"),
            ("unregistered = 1\n", 1, "[unregistered]"),
            ("[alerts]\ndebounce = 3\n", 2, "debounce_s"),
            ("[unregistered\n", 1, ""),
            ("[unregistered]\nenabled = true\nenabled = true\n", 3, ""),
        ] {
            let error = Rules::parse(text).err().unwrap_or_else(|| panic!("{text:?} was taken"));
            assert_eq!(error.line, line, "{text:?}: {error}");
            assert!(error.what.contains(part), "{text:?}: {error}");
        }
    }

    #[test]
    fn rules_are_listed_and_shown() {
        let rules = Rules::default();
        assert_eq!(rules.list().lines().count(), RULES.len());
        for entry in RULES {
            let text = rules.show(entry.about.id).expect("a rule");
            for threshold in entry.about.settings {
                assert!(text.contains(&format!("  {} = ", threshold.name)), "{text}");
                assert!(threshold.meaning.trim().len() > 10, "{}: {}", entry.about.id, threshold.name);
            }
        }
        let own = Rules::parse("[unregistered]\nstale_after_days = 30.0\n").expect("good file");
        let shown = own.show("unregistered").expect("a rule");
        assert!(shown.contains("stale_after_days = 30.0, not 365.0 as usual"), "{shown}");
        assert_eq!(rules.show("nonsense"), None);
    }
}

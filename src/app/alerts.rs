//! `alerts`: what was raised, whether its evidence still proves it, and who was told.

use std::{
    borrow::Cow,
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    Outcome,
    proof::decode,
    sender::{self, waiting_text},
    stored::open_to_read,
};
use crate::{cli::AlertsAction, config::AlertsSettings};
use cellwarden_core::alert::Alert;
use cellwarden_event::AlertState;
use cellwarden_report::escape::escape;
use cellwarden_store::{
    AlertAnnotation, Store, StoredAlert, StoredAnnotation,
    evidence::{Verification, verify},
    outbox::{DeadLetter, Dropped, FeedState},
};
use cellwarden_text::counted;

/// Runs the command.
///
/// # Errors
/// What keeps it from its work.
pub fn alerts(settings: &AlertsSettings) -> Result<Outcome> {
    let mut out = BufWriter::new(io::stdout().lock());
    let outcome = match &settings.action {
        AlertsAction::List => list(settings, &mut out),
        AlertsAction::Show { id } => show(settings, id, &mut out),
        AlertsAction::Verify { id } => verify_one(settings, id, &mut out),
        AlertsAction::Ack { id } => annotate(settings, id, &AlertAnnotation::Acknowledged(true), &mut out),
        AlertsAction::Note { id, text } => annotate(settings, id, &AlertAnnotation::Note(text.clone()), &mut out),
        AlertsAction::Export => export(settings, &mut out),
        AlertsAction::Send { retry, .. } => send(settings, *retry, &mut out),
        AlertsAction::Outbox => outbox(settings, &mut out),
        AlertsAction::Forget { url } => forget(settings, url, &mut out),
    };
    out.flush()?;
    outcome
}

fn open_to_write(settings: &AlertsSettings) -> Result<Store> {
    Store::open(&settings.store).with_context(|| format!("{}: cannot use the store", settings.store.display()))
}

/// A value, or a dash where there is none.
fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn list(settings: &AlertsSettings, out: &mut impl Write) -> Result<Outcome> {
    if settings.json {
        return export(settings, out);
    }
    let alerts = open_to_read(&settings.store)?.alerts()?;
    writeln!(
        out,
        "{:<16}  {:<20}  {:<8}  {:<17}  {:<6}  {:<4}  CELL",
        "ID", "TIME", "SEVERITY", "RULE", "STATE", "SEEN"
    )?;
    for stored in &alerts {
        let StoredAlert { alert, .. } = stored;
        let state = state_word(alert);
        let seen = if stored.acknowledged().is_some() { "seen" } else { "new" };
        let note = stored.note().map(|note| format!("  “{}”", one_line(note))).unwrap_or_default();
        writeln!(
            out,
            "{:<16}  {:<20}  {:<8}  {:<17}  {state:<6}  {seen:<4}  {} PCI {}{note}",
            escape(&alert.id),
            or_dash(alert.time),
            alert.severity,
            escape(&alert.rule),
            or_dash(alert.ecgi),
            alert.pci,
        )?;
    }
    writeln!(out, "{}", counted(alerts.len() as u64, "alert"))?;
    Ok(Outcome::Done)
}

/// What people ask of an alert first: whether its cell is on air.
fn state_word(alert: &Alert) -> &'static str {
    match alert.state {
        AlertState::Raised | AlertState::Risen => "open",
        AlertState::Closed => "closed",
        AlertState::Merged => "merged",
    }
}

fn export(settings: &AlertsSettings, out: &mut impl Write) -> Result<Outcome> {
    for alert in open_to_read(&settings.store)?.alerts()? {
        writeln!(out, "{}", event(&alert))?;
    }
    Ok(Outcome::Done)
}

/// The alert's event, with what became of it.
fn event(alert: &StoredAlert) -> Value {
    let mut event = json!(alert.alert);
    event["type"] = "alert".into();
    event["open"] = alert.alert.is_open().into();
    event["acknowledged"] = json!(alert.acknowledged());
    event["note"] = json!(alert.note());
    event["remarks"] = alert.annotations.iter().map(StoredAnnotation::to_json).collect();
    event
}

fn find(settings: &AlertsSettings, id: &str) -> Result<StoredAlert> {
    let Some(alert) = open_to_read(&settings.store)?.alert(id)? else {
        bail!("no one alert begins with {id:?} in {}; `alerts list` names them", settings.store.display())
    };
    Ok(alert)
}

fn show(settings: &AlertsSettings, id: &str, out: &mut impl Write) -> Result<Outcome> {
    let alert = find(settings, id)?;
    if settings.json {
        writeln!(out, "{}", event(&alert))?;
        return Ok(Outcome::Done);
    }
    let fields = json!(alert.alert);
    for field in ["id", "time", "rule", "rule_version", "severity", "ecgi", "pci", "earfcn", "summary", "evidence_file"]
    {
        writeln!(out, "{field:<14}{}", shown(&fields[field]))?;
    }
    let state = state_word(&alert.alert);
    let merged = alert.alert.merged_into.as_deref().map(|id| format!(" into {}", escape(id))).unwrap_or_default();
    writeln!(out, "{:<14}{state}{merged}, revision {}", "state", alert.alert.revision)?;
    writeln!(out, "{:<14}{}", "last heard", or_dash(alert.alert.last_heard))?;
    writeln!(out, "{:<14}{}", "acknowledged", alert.acknowledged().map_or("-".into(), escape))?;
    writeln!(out, "{:<14}{}", "note", alert.note().map_or("-".into(), one_line))?;
    writeln!(out, "evidence")?;
    for (name, value) in &alert.alert.evidence {
        writeln!(out, "  {:<28} {}", escape(name), shown(value))?;
    }
    if !alert.annotations.is_empty() {
        writeln!(out, "remarks")?;
    }
    for StoredAnnotation { time, annotation } in &alert.annotations {
        let said = match annotation {
            AlertAnnotation::Acknowledged(true) => "acknowledged".into(),
            AlertAnnotation::Acknowledged(false) => "acknowledgement taken back".into(),
            AlertAnnotation::Note(text) => format!("note “{}”", one_line(text)),
        };
        writeln!(out, "  {:<30}  {said}", escape(time))?;
    }
    Ok(Outcome::Done)
}

/// A note in one line: its lines with ` / ` between them, safe for a terminal.
fn one_line(note: &str) -> Cow<'_, str> {
    if note.contains('\n') { note.lines().map(escape).collect::<Vec<_>>().join(" / ").into() } else { escape(note) }
}

/// Keeps what is said of an alert.
fn annotate(
    settings: &AlertsSettings,
    id: &str,
    annotation: &AlertAnnotation,
    out: &mut impl Write,
) -> Result<Outcome> {
    let StoredAlert { alert, .. } = find(settings, id)?;
    open_to_write(settings)?.annotate_alert(&alert.id, Timestamp::now(), annotation)?;
    if settings.json {
        writeln!(out, "{}", event(&find(settings, &alert.id)?))?;
        return Ok(Outcome::Done);
    }
    let done = match annotation {
        AlertAnnotation::Acknowledged(true) => "acknowledged".into(),
        AlertAnnotation::Acknowledged(false) => "acknowledgement taken back".into(),
        AlertAnnotation::Note(text) if text.is_empty() => "note removed".into(),
        AlertAnnotation::Note(text) => format!("note “{}”", one_line(text)),
    };
    let (id, rule) = (escape(&alert.id), escape(&alert.rule));
    writeln!(out, "alert {id} ({rule}, {} PCI {}): {done}", or_dash(alert.ecgi), alert.pci)?;
    Ok(Outcome::Done)
}

/// A value for people: text without quotes, nothing that a terminal would obey.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => escape(text).into_owned(),
        other => escape(&other.to_string()).into_owned(),
    }
}

fn verify_one(settings: &AlertsSettings, id: &str, out: &mut impl Write) -> Result<Outcome> {
    let (document, stored) = if Path::new(id).extension().is_some_and(|extension| extension == "json") {
        (PathBuf::from(id), None)
    } else {
        if Path::new(id).is_file() {
            bail!(
                "{id}: `alerts verify` takes an evidence document, which ends in .json and lies beside its recording, or the \
                 id of a stored alert"
            )
        }
        let alert = find(settings, id)?;
        let Some(file) = alert.alert.evidence_file.as_deref() else {
            bail!("alert {} has no evidence: {}", escape(&alert.alert.id), why_no_evidence(settings, &alert)?)
        };
        let document = Path::new(file).with_extension("json");
        let moved = settings.evidence.as_ref().zip(document.file_name()).map(|(folder, name)| folder.join(name));
        (moved.unwrap_or(document), alert.evidence_sha256)
    };
    let verification = verify(&document, stored.as_deref(), &decode)?;
    print_verification(&verification, settings.json, out)?;
    Ok(if verification.holds() { Outcome::Done } else { Outcome::Failed })
}

/// Why an alert has no evidence, and what to do.
fn why_no_evidence(settings: &AlertsSettings, alert: &StoredAlert) -> Result<String> {
    let again = "the same command again with --evidence, on the same recordings, makes up for it";
    Ok(match open_to_read(&settings.store)?.evidence_failure(&alert.alert.id)? {
        Some(why) => format!("it could not be written: {}; {again}", escape(&why)),
        None => format!(
            "no folder for it was named when the alert was raised, or an earlier version did not note why; {again}"
        ),
    })
}

fn print_verification(verification: &Verification, as_json: bool, out: &mut impl Write) -> Result<()> {
    if as_json {
        let checks = verification.checks.iter().map(|check| {
            let (ok, text) = match &check.outcome {
                Ok(text) => (true, text),
                Err(text) => (false, text),
            };
            json!({"check": check.what, "ok": ok, "message": text})
        });
        let checks: Vec<Value> = checks.collect();
        let line = json!({
            "type": "verification", "alert": verification.alert, "verified": verification.holds(), "checks": checks,
        });
        writeln!(out, "{line}")?;
        return Ok(());
    }
    for check in &verification.checks {
        let (word, text) = match &check.outcome {
            Ok(text) => ("ok  ", text),
            Err(text) => ("BAD ", text),
        };
        writeln!(out, "{word}  {:<9} {}", check.what, escape(text))?;
    }
    let word = if verification.holds() { "verified" } else { "NOT VERIFIED" };
    writeln!(out, "alert {}: {word}", escape(&verification.alert))?;
    Ok(())
}

fn send(settings: &AlertsSettings, retry: bool, out: &mut impl Write) -> Result<Outcome> {
    let mut complete = true;
    for sent in sender::send_now(&settings.store, &settings.feed, retry)? {
        let waiting = sent.left.waiting_alerts + sent.left.waiting_sightings;
        complete &= waiting + sent.left.dead == 0;
        if settings.json {
            let mut line = feed_event(&sent.left);
            line["delivered"] = sent.delivered.into();
            writeln!(out, "{line}")?;
        } else {
            writeln!(out, "{}: {} delivered, {}", sent.left.url, sent.delivered, state_text(&sent.left))?;
            print_dead_letters(&open_to_read(&settings.store)?.dead_letters()?, &sent.left, out)?;
        }
    }
    Ok(if complete { Outcome::Done } else { Outcome::Failed })
}

fn outbox(settings: &AlertsSettings, out: &mut impl Write) -> Result<Outcome> {
    let store = open_to_read(&settings.store)?;
    let (feeds, dead, Dropped { sightings, alerts }) = (store.feeds()?, store.dead_letters()?, store.dropped()?);
    if settings.json {
        feeds.iter().try_for_each(|feed| writeln!(out, "{}", feed_event(feed)))?;
        for letter in dead {
            let line = json!({
                "type": "dead", "url": letter.url, "id": letter.id, "event": letter.kind.cloud_type(),
                "cell": letter.cell, "why": letter.why,
            });
            writeln!(out, "{line}")?;
        }
        writeln!(out, "{}", json!({"type": "dropped", "sightings": sightings, "alerts": alerts}))?;
        return Ok(Outcome::Done);
    }
    for feed in &feeds {
        writeln!(out, "{}: {}", escape(&feed.url), state_text(feed))?;
        print_dead_letters(&dead, feed, out)?;
    }
    let feeds = counted(feeds.len() as u64, "feed");
    let (sightings, alerts) = (counted(sightings, "sighting"), counted(alerts, "alert"));
    writeln!(out, "{feeds}; dropped unsent so far: {sightings}, {alerts}")?;
    Ok(Outcome::Done)
}

/// Prints the events that a feed's receiver refused.
fn print_dead_letters(dead: &[DeadLetter], feed: &FeedState, out: &mut impl Write) -> Result<()> {
    for letter in dead.iter().filter(|letter| letter.url == feed.url) {
        let (id, kind) = (escape(&letter.id), letter.kind.word());
        writeln!(out, "  set aside: {kind} {id} of {}: {}", escape(&letter.cell), escape(&letter.why))?;
    }
    Ok(())
}

fn forget(settings: &AlertsSettings, url: &str, out: &mut impl Write) -> Result<Outcome> {
    if !open_to_write(settings)?.forget_feed(url)? {
        bail!("{}: the store knows no feed {url:?}; `alerts outbox` names them", settings.store.display());
    }
    writeln!(out, "{} is forgotten", escape(url))?;
    Ok(Outcome::Done)
}

fn state_text(feed: &FeedState) -> String {
    let waiting = waiting_text(feed);
    let why = feed.error.as_deref().map(|why| format!(" ({})", escape(why))).unwrap_or_default();
    format!("{waiting}{why}, {} set aside", feed.dead)
}

fn feed_event(feed: &FeedState) -> Value {
    json!({
        "type": "feed", "url": feed.url, "waiting_alerts": feed.waiting_alerts,
        "waiting_sightings": feed.waiting_sightings, "dead": feed.dead, "failures": feed.failures,
        "not_before": feed.not_before, "error": feed.error,
    })
}

//! The command `serve`: runs the registry service, and works on its tokens.

use std::{
    env,
    fs::OpenOptions,
    io::{self, Write},
    net::SocketAddr,
    os::unix::fs::OpenOptionsExt,
};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};
use nix::unistd::{Uid, User};
use serde_json::{Value, json};

use super::{
    Outcome,
    registry::make_folder_of,
    sender::{open_access, warn_of_readers},
    stop_on_interrupt,
};
use crate::{
    cli::{AuditAction, ServeAction, TokenAction},
    config::ServeSettings,
};
use cellwarden_event::outbox::ScannerName;
use cellwarden_feed::FeedUrl;
use cellwarden_service::{
    self, ServiceOptions,
    audit::{Audit, AuditOutput, AuditVerification, AuditedRequest, verify},
    database::{Database, DatabaseAddress, PrunedCases, RefusedMessage},
    health::Health,
    proxies::TrustedProxies,
    tokens::TokenRecord,
};
use cellwarden_text::counted;

/// Runs the service until it is told to end, or works on its tokens.
///
/// # Errors
/// What keeps it from that.
pub fn serve(settings: &ServeSettings) -> Result<Outcome> {
    // As other programs of PostgreSQL do, so that no password stands on a command line.
    let password = env::var("PGPASSWORD").ok();
    let database = DatabaseAddress::new(&settings.database, password.as_deref()).context("--database")?;
    if let DatabaseAddress::Sqlite(path, _) = &database {
        make_folder_of(path)?;
    }
    match &settings.action {
        None => run(settings, database),
        Some(ServeAction::Token { action }) => {
            let mut open = database.open().with_context(|| format!("{database}: cannot use the database"))?;
            let audit = open_audit(settings)?.map(|audit| Audit::new(audit, Health::default()));
            tokens(action, &mut *open, audit.as_ref(), &mut io::stdout().lock())
        }
        Some(ServeAction::Refused) => {
            let mut open = database.open().with_context(|| format!("{database}: cannot use the database"))?;
            refused(&mut *open, &mut io::stdout().lock())
        }
        Some(ServeAction::Prune { older_than, dry_run }) => {
            let mut open = database.open().with_context(|| format!("{database}: cannot use the database"))?;
            let audit = open_audit(settings)?.map(|audit| Audit::new(audit, Health::default()));
            prune(&mut *open, audit.as_ref(), *older_than, *dry_run)
        }
    }
}

/// Removes closed cases in which nothing happened for so many days.
fn prune(database: &mut dyn Database, audit: Option<&Audit>, days: u32, dry_run: bool) -> Result<Outcome> {
    let age = SignedDuration::from_hours(24 * i64::from(days));
    let before = Timestamp::now().checked_sub(age).context("--older-than: that is before there were dates")?;
    if !dry_run {
        write_down(audit, "serve prune", &json!({ "before": before }))?;
    }
    let PrunedCases { cases, alerts, events, levels, refused } = database.prune(before, dry_run)?;
    let word = if dry_run { "would go" } else { "gone" };
    writeln!(
        io::stdout(),
        "{cases} closed cases {word}, with {alerts} alerts, {events} events and {levels} levels; {refused} refused messages \
         {word}; what came before {before:.0} and is in no open case"
    )?;
    Ok(Outcome::Done)
}

fn run(settings: &ServeSettings, database: DatabaseAddress) -> Result<Outcome> {
    let audit = open_audit(settings)?.unwrap_or_else(|| AuditOutput::stream(Box::new(io::stderr())));
    let access = open_access(settings.intake_access.as_deref())?;
    let with_access = |url: FeedUrl| access.of(&url).map(|access| (url, access));
    let options = ServiceOptions {
        intake: settings.intake.clone().map(with_access).transpose()?,
        listen: settings.listen,
        tls: settings.tls.clone(),
        authentication: settings.authentication,
        events_per_second: settings.events_per_second,
        keep_sightings: settings.keep_sightings,
        database,
        list: settings.registry_list.clone(),
        trusted_proxies: TrustedProxies::new(settings.trusted_proxies.clone()),
        audit,
    };
    settings.intake_access.iter().for_each(|path| warn_of_readers(path));
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let stop = stop_on_interrupt()?;
    cellwarden_service::run(options, &stop, |address: SocketAddr| {
        // Whoever started it may not listen any more.
        let _ = writeln!(io::stdout(), "serving {scheme}://{address}").and_then(|()| io::stdout().flush());
    })?;
    // To be told to end is how a service ends.
    Ok(Outcome::Done)
}

/// The audit log's file, where one is named. Only its owner may read who did what.
fn open_audit(settings: &ServeSettings) -> Result<Option<AuditOutput>> {
    let Some(path) = &settings.audit_log else { return Ok(None) };
    let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path);
    Ok(Some(AuditOutput::File(file.with_context(|| format!("{}: cannot write the audit log", path.display()))?)))
}

/// Verifies an audit log.
///
/// # Errors
/// Where it cannot be read.
pub fn audit(AuditAction::Verify { file }: &AuditAction) -> Result<Outcome> {
    let AuditVerification { good, bad, last } =
        verify(file).with_context(|| format!("{}: cannot read", file.display()))?;
    let mut out = io::stdout().lock();
    for (line, what) in &bad {
        writeln!(out, "line {line}: {what}")?;
    }
    let word = if bad.is_empty() { "verified" } else { "NOT VERIFIED" };
    let follow = if good == 1 { "1 entry follows".to_owned() } else { format!("{} follow", counted(good, "entry")) };
    let not = if bad.len() == 1 { "1 does not".to_owned() } else { format!("{} do not", bad.len()) };
    writeln!(out, "{word}: {follow} from the one before, {not}; the last hash is {last}")?;
    Ok(if bad.is_empty() { Outcome::Done } else { Outcome::Failed })
}

/// Writes down what is about to be done on this host: what cannot be written down is not done.
fn write_down(audit: Option<&Audit>, what: &str, details: &Value) -> Result<()> {
    let asked = AuditedRequest { peer: None, what: what.to_owned() };
    let written = audit.map_or(Ok(()), |audit| audit.done(&asked, &local_user(), details));
    written.context("the audit log cannot be written: nothing is changed")
}

/// Who runs this program on this host: the user's name by its number, not by what the environment says; under sudo who
/// called it.
fn local_user() -> String {
    let uid = Uid::effective();
    let caller = env::var("SUDO_USER").ok().filter(|_| uid.is_root());
    let own = || User::from_uid(uid).ok().flatten().map(|user| user.name);
    caller.or_else(own).unwrap_or_else(|| "local".to_owned())
}

/// Prints the messages that were not taken from the broker as JSON, one message per line.
fn refused(database: &mut dyn Database, out: &mut impl Write) -> Result<Outcome> {
    for RefusedMessage { received, topic, why, body } in database.refused()? {
        let body = String::from_utf8_lossy(&body);
        writeln!(out, "{}", json!({"type": "refused", "time": received, "topic": topic, "why": why, "body": body}))?;
    }
    Ok(Outcome::Done)
}

fn tokens(
    action: &TokenAction,
    database: &mut dyn Database,
    audit: Option<&Audit>,
    out: &mut impl Write,
) -> Result<Outcome> {
    let now = Timestamp::now();
    match action {
        TokenAction::Add { name, scope, days } => {
            let name = ScannerName::new(name)
                .with_context(|| format!("{name:?} is no name: 1 to 64 letters, digits, - and _ are"))?;
            let lifetime = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
            let expires = days.map(|days| now.checked_add(lifetime(days)).context("--days: that is too long"));
            let (token, text) =
                TokenRecord::new(name, scope.parse()?, now, expires.transpose()?).context("cannot make a token")?;
            write_down(
                audit,
                "serve token add",
                &json!({"token": token.id, "name": token.name.as_str(), "scopes": token.scopes.to_string()}),
            )?;
            database.add_token(&token)?;
            writeln!(out, "{text}")?;
        }
        TokenAction::List => {
            let tokens = database.tokens()?;
            writeln!(out, "{:<12}  {:<16}  {:<26}  {:<20}  STATE", "ID", "NAME", "SCOPES", "CREATED")?;
            for token in tokens {
                let state = match (token.revoked, token.expires) {
                    (Some(revoked), _) => format!("revoked {revoked:.0}"),
                    (None, Some(expires)) if expires <= now => format!("expired {expires:.0}"),
                    (None, Some(expires)) => format!("until {expires:.0}"),
                    (None, None) => "holds".to_owned(),
                };
                let TokenRecord { id, name, scopes, created, .. } = token;
                let (name, scopes) = (name.to_string(), scopes.to_string());
                writeln!(out, "{id:<12}  {name:<16}  {scopes:<26}  {created:<20.0}  {state}")?;
            }
        }
        TokenAction::Revoke { id } => {
            write_down(audit, "serve token revoke", &json!({ "token": id }))?;
            anyhow::ensure!(database.revoke_token(id, now)?, "{id}: there is no such token that is not revoked yet");
        }
    }
    Ok(Outcome::Done)
}

//! The command `serve`: runs the registry service, and works on its tokens.

use std::{
    env,
    fs::OpenOptions,
    io::{self, Write},
    net::SocketAddr,
};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::{Outcome, registry::make_folder_of, sender::open_access, stop_on_interrupt};
use crate::{
    cli::{ServeAction, TokenAction},
    config::ServeSettings,
};
use cellwarden_event::outbox::ScannerName;
use cellwarden_feed::FeedUrl;
use cellwarden_service::{
    self, ServiceOptions,
    database::{Database, DatabaseAddress},
    tokens::TokenRecord,
};

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
            tokens(action, &mut *open, &mut io::stdout().lock())
        }
    }
}

fn run(settings: &ServeSettings, database: DatabaseAddress) -> Result<Outcome> {
    let audit: Box<dyn Write + Send> = match &settings.audit_log {
        None => Box::new(io::stderr()),
        Some(path) => {
            let file = OpenOptions::new().create(true).append(true).open(path);
            Box::new(file.with_context(|| format!("{}: cannot write the audit log", path.display()))?)
        }
    };
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
        audit,
    };
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let stop = stop_on_interrupt()?;
    cellwarden_service::run(options, &stop, |address: SocketAddr| {
        // Whoever started it may not listen any more.
        let _ = writeln!(io::stdout(), "serving {scheme}://{address}").and_then(|()| io::stdout().flush());
    })?;
    // To be told to end is how a service ends.
    Ok(Outcome::Done)
}

fn tokens(action: &TokenAction, database: &mut dyn Database, out: &mut impl Write) -> Result<Outcome> {
    let now = Timestamp::now();
    match action {
        TokenAction::Add { name, scope, days } => {
            let name = ScannerName::new(name)
                .with_context(|| format!("{name:?} is no name: 1 to 64 letters, digits, - and _ are"))?;
            let lifetime = |days: u32| SignedDuration::from_hours(24 * i64::from(days));
            let expires = days.map(|days| now.checked_add(lifetime(days)).context("--days: that is too long"));
            let (token, text) =
                TokenRecord::new(name, scope.parse()?, now, expires.transpose()?).context("cannot make a token")?;
            database.add_token(&token)?;
            writeln!(out, "{text}")?;
        }
        TokenAction::List => {
            writeln!(out, "{:<12}  {:<16}  {:<26}  {:<20}  STATE", "ID", "NAME", "SCOPES", "CREATED")?;
            for token in database.tokens()? {
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
            anyhow::ensure!(database.revoke_token(id, now)?, "{id}: there is no such token that is not revoked yet");
        }
    }
    Ok(Outcome::Done)
}

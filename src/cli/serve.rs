//! The command `serve`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// What to do with the registry service; without a word, run it.
#[derive(Debug, Subcommand)]
pub enum ServeAction {
    /// Make, list and revoke the tokens that let scanners and people in.
    #[command(after_help = "Example:\n  cellwarden serve token add van-3 --scope events,registry")]
    Token {
        /// What to do.
        #[command(subcommand)]
        action: TokenAction,
    },
    /// Print the refused messages of the broker, which are kept only here, as JSON, one message per line.
    #[command(after_help = "Example:\n  cellwarden serve refused --database service.sqlite")]
    Refused,
    /// Remove closed cases with their alerts, sightings' levels and notes, and refused messages, where nothing happened to
    /// them for so many days; report what went. Open cases stay whatever their age. A scanner that sends again what was
    /// removed makes a new case: keep more days than outboxes do (`--outbox-age`).
    #[command(after_help = "Example:\n  cellwarden serve prune --older-than 730 --dry-run")]
    Prune {
        /// Days since the cell was last heard, the case last changed, or the message came.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        older_than: u32,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
}

/// What to do with an audit log.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Verify that every entry follows from the one before, and print the hash of the last: noted elsewhere, it shows
    /// later that none was cut off.
    #[command(after_help = "Example:\n  cellwarden audit verify audit.jsonl")]
    Verify {
        /// The log's file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenAction {
    /// Make a token and print it, this once.
    #[command(after_help = "Example:\n  cellwarden serve token add van-3 --scope events,registry --days 365")]
    Add {
        /// Whose it is: the scanner that it may send for, or a person; letters, digits, - and _.
        #[arg(value_name = "NAME")]
        name: String,
        /// What it allows: events (send), registry (get the cell list), read (see cases), write (change them).
        #[arg(long, value_name = "SCOPES", default_value = "events,registry")]
        scope: String,
        /// Days until it expires; never unless given.
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// List the tokens, without their secrets.
    #[command(after_help = "Example:\n  cellwarden serve token list")]
    List,
    /// Revoke a token.
    #[command(after_help = "Example:\n  cellwarden serve token revoke 3f0d10155afe")]
    Revoke {
        /// Its id, as listed.
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// Options of `serve`; in the file under `[serve]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServeOptions {
    /// Address and port to listen on; 127.0.0.1:8080 unless given.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<Text>,
    /// Where events and cases are kept: a file, or postgres://USER@HOST/NAME with the password in PGPASSWORD; the file
    /// in the data folder unless given.
    #[arg(long, global = true, value_name = "DATABASE")]
    pub database: Option<String>,
    /// The service's certificate and those that it rests on, as PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key, as PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Ask nobody for a token: everybody who reaches the address may send, see and change everything.
    #[arg(long)]
    pub without_authentication: Option<bool>,
    /// Listen beyond this host also without TLS or without authentication: everybody on the way can read tokens, or
    /// everybody who reaches the address can change everything.
    #[arg(long)]
    pub insecure_beyond_this_host: Option<bool>,
    /// Events that one scanner may send a second, over some time; 500 unless given.
    #[arg(long, value_name = "N")]
    pub events_per_second: Option<Text>,
    /// Drop sightings, and the levels that they brought, this many days after they came; alerts, cases and estimates stay.
    /// 60 unless given. A scanner that sends again what was dropped (`--outbox-age`) is counted twice.
    #[arg(long, value_name = "DAYS")]
    pub keep_sightings: Option<Text>,
    /// Take events from a broker too: mqtts://HOST/TOPIC or mqtt://HOST/TOPIC, the address that scanners have for --feed.
    #[arg(long, value_name = "URL")]
    pub intake: Option<String>,
    /// TOML file with what the service shows to the broker, as for feeds.
    #[arg(long, value_name = "FILE")]
    pub intake_access: Option<PathBuf>,
    /// Provide this registered cell list at /v1/registry/cells.csv, with its minisign signature in FILE.minisig beside
    /// it, for `registry sync`.
    #[arg(long, value_name = "FILE")]
    pub registry_list: Option<PathBuf>,
    /// Networks of proxies before the service, like 10.0.0.0/8,2001:db8::7: of a request that comes from there, the nearest
    /// address of X-Forwarded-For that is not there is the client: limits and the audit log use it.
    #[arg(long, value_name = "NETWORKS", value_delimiter = ',')]
    pub trusted_proxies: Vec<String>,
    /// Write who was refused and who changed what to this file; to standard error unless given.
    #[arg(long, global = true, value_name = "FILE")]
    pub audit_log: Option<PathBuf>,
}

/// Where it listens unless given.
pub const LISTEN: &str = "127.0.0.1:8080";

/// Events of one scanner a second unless given: thirty times what a scan of thirty cells sends.
pub const EVENTS_PER_SECOND: &str = "500";

/// Days that sightings are kept unless given: twice what a scanner's outbox keeps.
pub const KEEP_SIGHTINGS_DAYS: &str = "60";

layers!(ServeOptions {
    listen,
    database,
    tls_certificate,
    tls_key,
    without_authentication,
    insecure_beyond_this_host,
    events_per_second,
    keep_sightings,
    intake,
    intake_access,
    registry_list,
    trusted_proxies,
    audit_log
});

impl ServeOptions {
    pub(crate) fn standard() -> Self {
        let text = |value: &str| Some(Text(value.to_owned()));
        Self {
            listen: text(LISTEN),
            events_per_second: text(EVENTS_PER_SECOND),
            keep_sightings: text(KEEP_SIGHTINGS_DAYS),
            ..Self::default()
        }
    }
}

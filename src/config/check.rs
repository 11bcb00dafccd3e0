//! Settings of checking what was heard: list, rules, positions, store, evidence.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{
    ConfigError, FeedSettings,
    feed::check_feeds,
    records::in_data_folder,
    values::{check_given, check_value, parse_bytes},
};
use crate::cli::{CheckOptions, EVIDENCE_LIMIT, FeedOptions, Text};
use cellwarden_core::{observation::Plmn, registry::own_list::date};
use cellwarden_position::{FixedPosition, gpsd};

/// Settings of checking what was heard, by replay or live.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckSettings {
    /// The registered cell list: CSV, or a database.
    pub registry: Option<PathBuf>,
    /// Whether that list is the one in the data folder, which nobody named.
    pub registry_is_default: bool,
    /// Networks whose cells may carry the operator's PLMN as a guest, in the order of their numbers.
    pub ran_hosts: Vec<Plmn>,
    /// The date of the list.
    pub list_date: Option<Timestamp>,
    /// The allow-list: CSV or TOML.
    pub allow: Option<PathBuf>,
    /// The rules file.
    pub rules: Option<PathBuf>,
    /// Where the receiver was.
    pub gps: Option<Gps>,
    /// The file that keeps what is heard and found.
    pub store: Option<PathBuf>,
    /// The folder for recordings that prove alerts.
    pub evidence: Option<PathBuf>,
    /// How much they may take.
    pub evidence_limit_bytes: u64,
    /// The capture file of decoded messages.
    pub pcap: Option<PathBuf>,
    /// Who is told.
    pub feed: FeedSettings,
}

/// Where positions come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Gps {
    /// A receiver that stays where it is.
    Fixed(FixedPosition),
    /// A GPX track, joined by time.
    Gpx(PathBuf),
    /// NMEA sentences: a file, or a receiver at a serial port.
    Nmea {
        /// The file or port.
        path: PathBuf,
        /// Bits per second of the port.
        baud: u32,
    },
    /// gpsd, over TCP.
    Gpsd {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
    },
}

pub fn check_checks(options: CheckOptions, feed: FeedOptions) -> Result<CheckSettings, ConfigError> {
    let feed = check_feeds(feed)?;
    if !feed.urls.is_empty() && options.store.is_none() {
        let why = "what is to be sent waits there until it is received";
        return Err(ConfigError::Needs { option: "feed", needed: "store", why });
    }
    let is_left_out = options.no_registry == Some(true);
    // What `registry import` wrote, where it did.
    let imported = || in_data_folder("registry.sqlite", "registry").ok().filter(|path| path.is_file());
    let default = if options.registry.is_none() && !is_left_out { imported() } else { None };
    Ok(CheckSettings {
        feed,
        registry_is_default: default.is_some(),
        registry: options.registry.or(default),
        ran_hosts: check_hosts(options.ran_hosts)?,
        list_date: check_value("list-date", options.list_date.map(Text), LIST_DATE_EXPECTED, date)?,
        allow: options.allow,
        rules: options.rules,
        gps: check_value("gps", options.gps.map(Text), GPS_EXPECTED, parse_gps)?,
        store: options.store,
        evidence: options.evidence,
        evidence_limit_bytes: check_given(
            "evidence-limit",
            options.evidence_limit.unwrap_or_else(|| Text(EVIDENCE_LIMIT.to_owned())),
            "a number of bytes, like 500M or 4G",
            parse_bytes,
        )?,
        pcap: options.pcap,
    })
}

fn check_hosts(hosts: Vec<Text>) -> Result<Vec<Plmn>, ConfigError> {
    let expected = "PLMNs with commas between, like 450-05,450-06";
    let parse = |host| check_given("ran-hosts", host, expected, |text| text.parse::<Plmn>().ok());
    let mut hosts: Vec<Plmn> = hosts.into_iter().map(parse).collect::<Result<_, _>>()?;
    hosts.sort_unstable();
    hosts.dedup();
    Ok(hosts)
}

/// Where positions come from, as it is written.
pub fn parse_gps(text: &str) -> Option<Gps> {
    if let Some(path) = text.strip_prefix("gpx:") {
        return (!path.is_empty()).then(|| Gps::Gpx(path.into()));
    }
    if let Some(path) = text.strip_prefix("nmea:") {
        let (path, baud) = match path.rsplit_once('@') {
            Some((path, baud)) => (path, baud.parse().ok()?),
            None => (path, NMEA_BAUD),
        };
        return (!path.is_empty() && baud > 0).then(|| Gps::Nmea { path: path.into(), baud });
    }
    if let Some(address) = text.strip_prefix("gpsd://") {
        // An address of IPv6 stands in brackets.
        let (host, port) = match address.rsplit_once(':').filter(|_| !address.ends_with(']')) {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (address, gpsd::PORT),
        };
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        return (!host.is_empty() && port > 0).then(|| Gps::Gpsd { host: host.to_owned(), port });
    }
    text.parse().ok().map(Gps::Fixed)
}

/// What is expected of a list's date.
pub const LIST_DATE_EXPECTED: &str = "a date like 2026-11-19, or a time like 2026-11-19T00:00:00Z";

/// What is expected of it.
pub const GPS_EXPECTED: &str =
    "gpsd://HOST:PORT, nmea:PATH (with @BAUD behind a serial port), gpx:PATH, or LAT,LON in degrees";

/// Speed of a serial port unless given; the standard's 4800 is rare today.
const NMEA_BAUD: u32 = 9_600;

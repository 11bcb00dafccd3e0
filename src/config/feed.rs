//! Checked settings of who is told.

use std::path::PathBuf;

use jiff::SignedDuration;

use super::{
    ConfigError,
    values::{check_given, check_value, parse_bytes},
};
use crate::cli::{FeedOptions, OUTBOX_AGE_DAYS, OUTBOX_LIMIT, Text};
use cellwarden_event::outbox::{OutboxLimits, ScannerName};
use cellwarden_feed::target::FeedUrl;

/// Who is told, and as whom.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedSettings {
    /// The receivers; none where nobody is named.
    pub urls: Vec<FeedUrl>,
    /// The file with tokens, passwords and certificates.
    pub access: Option<PathBuf>,
    /// The scanner's name; the host's where none is given.
    pub scanner: Option<ScannerName>,
    /// How much may wait.
    pub limits: OutboxLimits,
}

pub(super) fn check_feeds(options: FeedOptions) -> Result<FeedSettings, ConfigError> {
    let url = |text: String| text.parse().map_err(|error| ConfigError::Feed { value: text, error });
    let days = |text: &str| text.parse::<i64>().ok().filter(|days| (1..=3_650).contains(days));
    let age = options.outbox_age.unwrap_or_else(|| Text(OUTBOX_AGE_DAYS.to_owned()));
    let limit = options.outbox_limit.unwrap_or_else(|| Text(OUTBOX_LIMIT.to_owned()));
    Ok(FeedSettings {
        urls: options.feed.into_iter().map(url).collect::<Result<_, _>>()?,
        access: options.feed_access,
        scanner: check_value(
            "scanner",
            options.scanner.map(Text),
            "1 to 64 letters, digits, - and _",
            ScannerName::new,
        )?,
        limits: OutboxLimits {
            bytes: check_given("outbox-limit", limit, "a number of bytes, like 500M", parse_bytes)?,
            age: SignedDuration::from_hours(24 * check_given("outbox-age", age, "1 to 3650 days", days)?),
        },
    })
}

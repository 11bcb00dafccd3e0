//! Options of who is told.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// Options of `replay`, `scan` and `alerts send` alike; in the file under `[feed]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FeedOptions {
    /// Send alerts and sightings as CloudEvents to https://HOST/PATH, mqtts://HOST/TOPIC or mqtt://HOST/TOPIC
    /// (?version=5 for MQTT 5); they wait in the store until they are there. May be given more than once.
    #[arg(long, value_name = "URL")]
    pub feed: Vec<String>,
    /// TOML file with a table for each receiver, named by scheme, host and port: token-file, token-env, user,
    /// password-file, password-env, ca, certificate, key, proxy.
    #[arg(long, value_name = "FILE")]
    pub feed_access: Option<PathBuf>,
    /// Name of this scanner to receivers, of letters, digits, - and _; the host's unless given.
    #[arg(long, value_name = "NAME")]
    pub scanner: Option<String>,
    /// Largest size of what waits to be sent, like 500M; 1G unless given. Sightings are dropped first.
    #[arg(long, value_name = "BYTES")]
    pub outbox_limit: Option<Text>,
    /// Drop sightings that have waited this many days; 30 unless given.
    #[arg(long, value_name = "DAYS")]
    pub outbox_age: Option<Text>,
}

/// Size of what may wait unless given: a week of ten cells every two seconds.
pub const OUTBOX_LIMIT: &str = "1G";

/// Age of sightings in days unless given.
pub const OUTBOX_AGE_DAYS: &str = "30";

layers!(FeedOptions { feed, feed_access, scanner, outbox_limit, outbox_age });

impl FeedOptions {
    pub(crate) fn standard() -> Self {
        let text = |value: &str| Some(Text(value.to_owned()));
        Self { outbox_limit: text(OUTBOX_LIMIT), outbox_age: text(OUTBOX_AGE_DAYS), ..Self::default() }
    }
}

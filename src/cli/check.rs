//! Options of checking what was heard, of `replay` and `scan` alike.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// Size of the evidence folder unless given: a hundred alerts of 20 MHz cells.
pub const EVIDENCE_LIMIT: &str = "4G";

/// Options of `replay` and `scan` alike; in the file under `[check]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckOptions {
    /// Registered cell list to check against: a CSV file, or a database that `registry import` made; the one in the data
    /// folder unless given, where it is there.
    #[arg(long, value_name = "FILE")]
    pub registry: Option<PathBuf>,
    /// Check against no registered cell list, where none is named beside it: not the one in the data folder, nor the file's.
    #[arg(long)]
    pub no_registry: Option<bool>,
    /// RAN hosts of shared networks: PLMNs whose cells may carry the operator's PLMN beside their own without being in the
    /// registered cell list, like 450-05,450-06. A cell of another first PLMN is judged by the operator's that it lists.
    #[arg(long, value_delimiter = ',', value_name = "PLMN")]
    pub ran_hosts: Vec<Text>,
    /// The date of the list where it is a CSV file, like 2026-11-19; else what its column list_date says, or the file's own.
    #[arg(long, value_name = "DATE")]
    pub list_date: Option<String>,
    /// Cells that are known and honest, as CSV or TOML: their findings are marked and never alerted.
    #[arg(long, value_name = "FILE")]
    pub allow: Option<PathBuf>,
    /// Rules file: switches and thresholds that differ from the defaults.
    #[arg(long, value_name = "FILE")]
    pub rules: Option<PathBuf>,
    /// Where the receiver was: gpsd://HOST:PORT, nmea:PATH for a file or a serial port (@BAUD behind it; 9600), gpx:PATH for
    /// a track, or LAT,LON.
    #[arg(long, value_name = "SOURCE", allow_hyphen_values = true)]
    pub gps: Option<String>,
    /// Keep what is heard and found in this file; dwells in it are remembered and not recorded again.
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Write the recordings that prove alerts into this folder; in a scan the folder `evidence` beside the store unless
    /// given.
    #[arg(long, value_name = "DIR")]
    pub evidence: Option<PathBuf>,
    /// Largest size of the evidence folder's recordings, like 500M; 4G unless given. Recordings of alerts that are not
    /// critical go first, the oldest before the others; the newest stays. 0 in a scan keeps none.
    #[arg(long, value_name = "BYTES")]
    pub evidence_limit: Option<Text>,
    /// Write the decoded messages as pcapng, for protocol analysers.
    #[arg(long, value_name = "FILE")]
    pub pcap: Option<PathBuf>,
}

layers!(
    CheckOptions {
        registry,
        no_registry,
        list_date,
        ran_hosts,
        allow,
        rules,
        gps,
        store,
        evidence,
        evidence_limit,
        pcap
    },
    |line, below| {
        // Each undoes the other.
        if line.registry.is_some() {
            below.no_registry = None;
        }
        if line.no_registry == Some(true) {
            below.registry = None;
        }
    }
);

impl CheckOptions {
    pub(crate) fn standard() -> Self {
        Self { evidence_limit: Some(Text(EVIDENCE_LIMIT.to_owned())), ..Self::default() }
    }
}

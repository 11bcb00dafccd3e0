//! Options of `replay`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// Word for a replay as fast as it is decoded.
pub const FULL_SPEED: &str = "full";

/// Options of `replay`; in the file under `[replay]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplayOptions {
    /// Sample format of raw files: ci8, cu8, ci16_le, cf32_le and SigMF's other complex types, or names like cs16 and fc32.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Text>,
    /// Sample rate of raw files, or of SigMF recordings that do not name it, in samples per second, like 19.2M.
    #[arg(long, value_name = "HZ")]
    pub rate: Option<Text>,
    /// Centre frequency of raw files, or of SigMF and WAV recordings that do not name it, like 1815.3M.
    #[arg(long, value_name = "HZ")]
    pub freq: Option<Text>,
    /// Turn the spectrum over: for recordings whose I and Q are swapped, or that come from a converter whose oscillator is
    /// above the signal.
    #[arg(long)]
    pub invert_spectrum: Option<bool>,
    /// Search only these carriers: EARFCNs or frequencies, like 1550,1842.5M.
    #[arg(long, value_delimiter = ',', value_name = "CARRIER")]
    pub carriers: Vec<Text>,
    /// Error of the crystal that recorded, in parts per million, like -1.5: where carriers are seen too high, it is positive.
    /// Learnt from the first cell unless given.
    #[arg(long, value_name = "PPM", allow_hyphen_values = true)]
    pub ppm: Option<Text>,
    /// Error of the sample clock on the same scale, where it is another than that of the crystal, as behind a frequency
    /// converter; learnt unless given.
    #[arg(long, value_name = "PPM", allow_hyphen_values = true)]
    pub clock_ppm: Option<Text>,
    /// Check `core:sha512` of recordings beyond 1 GiB too.
    #[arg(long)]
    pub verify_hash: Option<bool>,
    /// Print a text table, also to a terminal.
    #[arg(long)]
    pub headless: Option<bool>,
    /// Print events as JSON, one event per line.
    #[arg(long)]
    pub json: Option<bool>,
    /// Threads to use; all processors unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// How many times faster than recorded the terminal interface shows dwells, like 1 or 0.5; `full`: as fast as they
    /// are decoded.
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<Text>,
    /// Let the terminal interface wait for a key before the first dwell.
    #[arg(long)]
    pub paused: Option<bool>,
    /// Serve the van's page for a tablet or phone: a port of this host, like 8090, or an address, like 0.0.0.0:8443. Beyond
    /// this host it is served by TLS and asks for a pairing code.
    #[arg(long, value_name = "ADDRESS")]
    pub view: Option<Text>,
    /// Ring the terminal's bell without the terminal interface too.
    #[arg(long)]
    pub sound: Option<bool>,
}

layers!(
    ReplayOptions {
        format,
        rate,
        freq,
        invert_spectrum,
        carriers,
        ppm,
        clock_ppm,
        verify_hash,
        headless,
        json,
        threads,
        speed,
        paused,
        view,
        sound
    },
    |line, below| {
        // A table is asked for instead of the events.
        below.json = below.json.filter(|_| line.headless != Some(true));
    }
);

impl ReplayOptions {
    pub(crate) fn standard() -> Self {
        Self { speed: Some(Text(FULL_SPEED.to_owned())), ..Self::default() }
    }
}

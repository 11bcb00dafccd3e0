//! Options of `scan`, `record` and `devices`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// Options of every command that uses a radio; in the file under `[radio]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RadioOptions {
    /// Which radio, as SoapySDR names it, like driver=hackrf or driver=lime,serial=1D3AC5; the first found unless given.
    #[arg(long, value_name = "ARGS")]
    pub device: Option<String>,
    /// Samples per second, like 19.2M; what suits the carriers and the radio unless given.
    #[arg(long, value_name = "HZ")]
    pub rate: Option<Text>,
    /// Gain in dB, or auto: set by what is heard, and still within a dwell.
    #[arg(long, value_name = "DB", allow_hyphen_values = true)]
    pub gain: Option<Text>,
    /// Error of the radio's crystal in parts per million, like -1.5; learnt from the first good cell unless given.
    #[arg(long, value_name = "PPM", allow_hyphen_values = true)]
    pub ppm: Option<Text>,
    /// Error of the radio's sample clock on the same scale, where it is another than that of its crystal, as behind a
    /// frequency converter; learnt unless given.
    #[arg(long, value_name = "PPM", allow_hyphen_values = true)]
    pub clock_ppm: Option<Text>,
    /// The radio's antenna, by the name that `devices` shows.
    #[arg(long, value_name = "NAME")]
    pub antenna: Option<String>,
    /// Gain of one of the radio's stages in dB, like LNA=20; may be given for several, in place of --gain. `devices` shows
    /// the stages.
    #[arg(long, value_name = "STAGE=DB")]
    pub gain_stage: Vec<String>,
    /// Width of the radio's filter, like 15M; the widest within the sample rate unless given.
    #[arg(long, value_name = "HZ")]
    pub bandwidth: Option<Text>,
    /// Where the radio's clock comes from, like external or gpsdo, by the name that `devices` shows.
    #[arg(long, value_name = "NAME")]
    pub clock_source: Option<String>,
    /// Where the radio's time comes from, by the name that `devices` shows.
    #[arg(long, value_name = "NAME")]
    pub time_source: Option<String>,
    /// A setting of the radio's driver by the name that SoapySDR has for it, like biastee=true; may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub setting: Vec<String>,
}

/// Options of `scan`; in the file under `[scan]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScanOptions {
    /// Bands to scan, like 3,8.
    #[arg(long, value_delimiter = ',', value_name = "BAND")]
    pub band: Vec<Text>,
    /// Channels to scan: EARFCNs and ranges of them, like 1550,3450-3799.
    #[arg(long, value_delimiter = ',', value_name = "EARFCN")]
    pub earfcn: Vec<Text>,
    /// Carrier frequencies to scan, and ranges of them, like 1842.5M,1805M-1880M.
    #[arg(long, value_delimiter = ',', value_name = "HZ")]
    pub freq: Vec<Text>,
    /// How thorough: fast sweeps quickly, deep sums more and waits for the slowest system information.
    #[arg(long, value_enum)]
    pub mode: Option<ModeOfScan>,
    /// Longest stay on a carrier, like 2s; 1.28 s in fast mode, 5.12 s in deep, unless given.
    #[arg(long, value_name = "TIME")]
    pub dwell: Option<Text>,
    /// End after this time, like 90s, 10m or 2h.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<Text>,
    /// Keep what is received, as SigMF recordings in this folder.
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Most bytes that the recordings of one scan take, like 500M; 50G unless given. The oldest go first.
    #[arg(long, value_name = "BYTES")]
    pub record_limit: Option<Text>,
    /// Print a text table, also to a terminal.
    #[arg(long)]
    pub headless: Option<bool>,
    /// Print events as JSON, one event per line.
    #[arg(long)]
    pub json: Option<bool>,
    /// Threads to use; all processors unless given.
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Serve the van's page for a tablet or phone: a port of this host, like 8090, or an address, like 0.0.0.0:8443. Beyond
    /// this host it is served by TLS and asks for a pairing code.
    #[arg(long, value_name = "ADDRESS")]
    pub view: Option<Text>,
    /// Ring the terminal's bell without the terminal interface too.
    #[arg(long)]
    pub sound: Option<bool>,
}

/// Size of a scan's recordings unless given: 20 minutes at 20 MS/s and 8 bits.
pub const RECORD_LIMIT: &str = "50G";

/// How thorough a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModeOfScan {
    /// Sweeps quickly.
    #[default]
    Fast,
    /// Sums more, and waits longer.
    Deep,
}

/// Options of `record`; in the file under `[record]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RecordOptions {
    /// Centre of the band to record, like 1842.5M.
    #[arg(long, value_name = "HZ")]
    pub freq: Option<Text>,
    /// End after this time, like 90s or 10m.
    #[arg(long, value_name = "TIME")]
    pub duration: Option<Text>,
    /// Where the receiver is: gpx:PATH for a track, or LAT,LON.
    #[arg(long, value_name = "SOURCE", allow_hyphen_values = true)]
    pub gps: Option<String>,
}

/// Options of `devices`; in the file under `[devices]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DevicesOptions {
    /// Print JSON, one device per line.
    #[arg(long)]
    pub json: Option<bool>,
}

layers!(
    RadioOptions {
        device,
        rate,
        gain,
        ppm,
        clock_ppm,
        antenna,
        gain_stage,
        bandwidth,
        clock_source,
        time_source,
        setting
    },
    |line, below| {
        // Of an overall gain and gains of stages the one given on the command line holds.
        if !line.gain_stage.is_empty() {
            below.gain = None;
        } else if line.gain.is_some() {
            below.gain_stage = Vec::new();
        }
    }
);

impl RadioOptions {
    pub(crate) fn standard() -> Self {
        Self { gain: Some(Text("auto".to_owned())), ..Self::default() }
    }
}

layers!(
    ScanOptions {
        band,
        earfcn,
        freq,
        mode,
        dwell,
        duration,
        record,
        record_limit,
        headless,
        json,
        threads,
        view,
        sound
    },
    |line, below| {
        // A user who names bands, channels or frequencies means just those.
        if !(line.band.is_empty() && line.earfcn.is_empty() && line.freq.is_empty()) {
            (below.band, below.earfcn, below.freq) = (Vec::new(), Vec::new(), Vec::new());
        }
        // A table is asked for instead of the events.
        below.json = below.json.filter(|_| line.headless != Some(true));
    }
);

impl ScanOptions {
    pub(crate) fn standard() -> Self {
        let record_limit = Some(Text(RECORD_LIMIT.to_owned()));
        Self { mode: Some(ModeOfScan::default()), record_limit, ..Self::default() }
    }
}

layers!(RecordOptions { freq, duration, gps });

layers!(DevicesOptions { json });

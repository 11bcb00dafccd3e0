//! Options of `doctor`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{Text, layers::layers};

/// Options of `doctor`; in the file under `[doctor]`.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DoctorOptions {
    /// Centre of the band that the radio is tried at; 1842.5M unless given.
    #[arg(long, value_name = "HZ")]
    pub freq: Option<Text>,
    /// Print JSON, one check per line.
    #[arg(long)]
    pub json: Option<bool>,
}

layers!(DoctorOptions { freq, json });

/// Centre of the band that the radio is tried at unless given: band 3.
pub const DOCTOR_FREQ: &str = "1842.5M";

impl DoctorOptions {
    pub(crate) fn standard() -> Self {
        Self { freq: Some(Text(DOCTOR_FREQ.to_owned())), ..Self::default() }
    }
}

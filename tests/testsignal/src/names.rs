//! How scenario files spell the vocabulary of `lte_dsp::cell`: a mirror of each enumeration for serde.

use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Pci, PhichDuration, PhichResource};
use serde::{Deserialize, Deserializer, de::Error};

/// `"normal"` or `"extended"`.
#[derive(Deserialize)]
#[serde(remote = "CyclicPrefix", rename_all = "lowercase")]
pub(crate) enum CyclicPrefixName {
    Normal,
    Extended,
}

/// `"normal"` or `"extended"`.
#[derive(Deserialize)]
#[serde(remote = "PhichDuration", rename_all = "lowercase")]
pub(crate) enum PhichDurationName {
    Normal,
    Extended,
}

/// N_g as `"1/6"`, `"1/2"`, `"1"` or `"2"`.
#[derive(Deserialize)]
#[serde(remote = "PhichResource")]
pub(crate) enum PhichResourceName {
    #[serde(rename = "1/6")]
    OneSixth,
    #[serde(rename = "1/2")]
    Half,
    #[serde(rename = "1")]
    One,
    #[serde(rename = "2")]
    Two,
}

/// A cell identity by its number.
pub(crate) fn pci<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pci, D::Error> {
    let value = u16::deserialize(deserializer)?;
    Pci::new(value).ok_or_else(|| D::Error::custom(format!("pci {value} is not within 0-503")))
}

/// A bandwidth by its number of resource blocks.
pub(crate) fn bandwidth<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bandwidth, D::Error> {
    let n_rb_dl = usize::deserialize(deserializer)?;
    Bandwidth::from_n_rb_dl(n_rb_dl)
        .ok_or_else(|| D::Error::custom(format!("bandwidth_rb {n_rb_dl} is not one of 6, 15, 25, 50, 75, 100")))
}

/// The number of antenna ports.
pub(crate) fn antenna_ports<'de, D: Deserializer<'de>>(deserializer: D) -> Result<AntennaPorts, D::Error> {
    let count = usize::deserialize(deserializer)?;
    AntennaPorts::ALL
        .into_iter()
        .find(|p| p.count() == count)
        .ok_or_else(|| D::Error::custom(format!("antenna_ports {count} is not one of 1, 2, 4")))
}

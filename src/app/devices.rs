//! `devices`: lists radios with what they can do.

use std::io::{self, Write};

use anyhow::Result;
use serde_json::json;

use super::Outcome;
use crate::config::DevicesSettings;
use cellwarden_report::escape::escape;
use cellwarden_source::{DeviceFacts, ListedRadio, Span, TunerError, list_radios};

/// Runs the command.
pub fn devices(settings: &DevicesSettings) -> Result<Outcome> {
    let mut out = io::stdout().lock();
    for ListedRadio { args, facts } in list_radios(&settings.device)? {
        let text = if settings.json { event(&args, &facts).to_string() + "\n" } else { paragraph(&args, &facts) };
        out.write_all(text.as_bytes())?;
    }
    Ok(Outcome::Done)
}

fn event(args: &str, facts: &Result<DeviceFacts, TunerError>) -> serde_json::Value {
    match facts {
        Err(error) => json!({ "type": "device", "args": args, "error": error.to_string() }),
        Ok(facts) => {
            let stages = facts.gain_stages.iter().map(|(name, span)| json!({ "name": name, "gain_db": span }));
            json!({
                "type": "device", "args": args, "driver": facts.driver, "label": facts.label, "serial": facts.serial,
                "sample_rates_hz": facts.rates, "frequencies_hz": facts.frequencies, "bandwidths_hz": facts.bandwidths,
                "gain_db": facts.gain, "gain_stages": stages.collect::<Vec<_>>(), "antennas": facts.antennas,
                "clock_sources": facts.clock_sources, "time_sources": facts.time_sources,
                "format": facts.format.name(), "hardware_time": facts.has_time,
            })
        }
    }
}

fn paragraph(args: &str, facts: &Result<DeviceFacts, TunerError>) -> String {
    let facts = match facts {
        Err(error) => return format!("{}\n  {}\n", escape(args), escape(&error.to_string())),
        Ok(facts) => facts,
    };
    let stages = facts.gain_stages.iter().map(|(name, span)| format!("{name} {span}")).collect::<Vec<_>>().join(", ");
    let gain = if stages.is_empty() { facts.gain.to_string() } else { format!("{} ({stages})", facts.gain) };
    let mut device = format!("driver={}", facts.driver);
    if let Some(serial) = &facts.serial {
        device += &format!(",serial={serial}");
    }
    let lines = [
        ("device", device),
        ("sample rates, MS/s", Span::list_mega(&facts.rates)),
        ("frequencies, MHz", Span::list_mega(&facts.frequencies)),
        ("filters, MHz", Span::list_mega(&facts.bandwidths)),
        ("gain, dB", gain),
        ("antennas", facts.antennas.join(", ")),
        ("clock sources", facts.clock_sources.join(", ")),
        ("time sources", facts.time_sources.join(", ")),
        ("samples", format!("{}{}", facts.format, if facts.has_time { ", with the radio's time" } else { "" })),
    ];
    let lines = lines.into_iter().filter(|(_, value)| !value.is_empty());
    let lines: String = lines.map(|(what, value)| format!("  {what:<19} {}\n", escape(&value))).collect();
    format!("{}\n{lines}", escape(&facts.label))
}

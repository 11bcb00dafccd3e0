//! Checked settings of `plan`.

use std::path::PathBuf;

use super::{
    ConfigError,
    records::{AREA_EXPECTED, in_data_folder, parse_area, parse_corner},
};
use crate::cli::{HOURS, PlanFormat, PlanOptions, SPEED_KMH};
use cellwarden_core::{
    observation::Position,
    registry::{inspect::Area, path_loss::PathLossModel},
};

/// Settings of `plan`.
#[derive(Debug)]
pub struct PlanSettings {
    /// The registered cell list.
    pub registry: PathBuf,
    /// The store of the drives so far.
    pub store: PathBuf,
    /// Whether that was named, and so must be there.
    pub is_store_named: bool,
    /// The cells to settle.
    pub area: Area,
    /// Path loss.
    pub model: PathLossModel,
    /// How many vans drive.
    pub vans: usize,
    /// For how many hours.
    pub hours: f64,
    /// How fast, in km/h.
    pub speed_kmh: f64,
    /// Where they start, in turn.
    pub starts: Vec<Position>,
    /// The road network.
    pub roads: Option<PathBuf>,
    /// The van whose route is written, from 0; all where none is named.
    pub van: Option<usize>,
    /// Form of the routes.
    pub format: PlanFormat,
}

/// Most vans.
const MAX_VANS: usize = 1_000;

pub(super) fn check_plan(options: PlanOptions) -> Result<PlanSettings, ConfigError> {
    let area = options.area.unwrap_or_else(|| "all".to_owned());
    let Some(parsed) = parse_area(&area) else {
        return Err(ConfigError::Value { option: "area", value: area, expected: AREA_EXPECTED });
    };
    let between = |option, value: f64, limit: f64, expected| {
        let is_inside = value > 0.0 && value <= limit;
        if is_inside { Ok(value) } else { Err(ConfigError::Value { option, value: value.to_string(), expected }) }
    };
    let start = |text: String| {
        let expected = "LAT,LON in degrees, like 37.4781,126.878";
        let Some((lat, lon)) = parse_corner(&text) else {
            return Err(ConfigError::Value { option: "start", value: text, expected });
        };
        Ok(Position { lat, lon, error_m: 0.0 })
    };
    let number = |option, value: usize, limit: usize, expected| {
        let is_one = (1..=limit).contains(&value);
        if is_one { Ok(value) } else { Err(ConfigError::Value { option, value: value.to_string(), expected }) }
    };
    let vans = number("vans", options.vans.unwrap_or(1), MAX_VANS, "1 to 1000")?;
    let van = options.van.map(|van| number("van", van, vans, "the number of a van, from 1 to that of --vans"));
    Ok(PlanSettings {
        is_store_named: options.store.is_some(),
        registry: options.registry.map_or_else(|| in_data_folder("registry.sqlite", "registry"), Ok)?,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        area: parsed,
        model: options.model.unwrap_or_default().into(),
        vans,
        hours: between("hours", options.hours.unwrap_or(HOURS), 24.0, "hours, above 0 and up to 24")?,
        speed_kmh: between("speed", options.speed.unwrap_or(SPEED_KMH), 130.0, "km/h, above 0 and up to 130")?,
        starts: options.start.into_iter().map(start).collect::<Result<_, _>>()?,
        roads: options.roads,
        van: van.transpose()?.map(|van| van - 1),
        format: options.format.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_driven_is_refused() {
        let given = || PlanOptions { registry: Some("r".into()), store: Some("s".into()), ..PlanOptions::default() };
        let refused = |options: PlanOptions| match check_plan(options) {
            Err(ConfigError::Value { option, .. }) => Some(option),
            _ => None,
        };
        assert_eq!(refused(given()), None);
        assert_eq!(refused(PlanOptions { vans: Some(0), ..given() }), Some("vans"));
        assert_eq!(refused(PlanOptions { vans: Some(1_001), ..given() }), Some("vans"));
        assert_eq!(refused(PlanOptions { van: Some(2), ..given() }), Some("van"));
        assert_eq!(refused(PlanOptions { van: Some(2), vans: Some(2), ..given() }), None);
        for hours in [0.0, -1.0, f64::NAN, 25.0] {
            assert_eq!(refused(PlanOptions { hours: Some(hours), ..given() }), Some("hours"));
            assert_eq!(refused(PlanOptions { speed: Some(10.0 * hours), ..given() }), Some("speed"));
        }
        for start in ["", "37.4", "91,0", "a,b"] {
            assert_eq!(refused(PlanOptions { start: vec![start.to_owned()], ..given() }), Some("start"));
        }
        assert_eq!(refused(PlanOptions { area: Some("here".to_owned()), ..given() }), Some("area"));
    }
}

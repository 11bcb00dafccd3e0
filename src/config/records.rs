//! Checked settings of `registry`, `inspect`, `alerts` and `rules`.

use std::{env, path::PathBuf};

use jiff::Timestamp;

use super::{ConfigError, FeedSettings, check::LIST_DATE_EXPECTED, feed::check_feeds, values::check_value};
use crate::cli::{
    ALONG_M, AlertsAction, AlertsOptions, EciChoice, FeedOptions, FormatChoice, InspectOptions, Layer, ModelChoice,
    RegistryAction, RegistryOptions, RulesAction, Text,
};
use cellwarden_core::registry::{
    inspect::Area,
    own_list::{ColumnName, EciNotation, date},
    path_loss::PathLossModel,
};

/// Settings of `registry`.
#[derive(Debug)]
pub struct RegistrySettings {
    /// What to do.
    pub action: RegistryAction,
    /// The list.
    pub registry: PathBuf,
    /// How cell identities are written; `None`: as the column shows.
    pub eci_notation: Option<EciNotation>,
    /// Columns under other headers.
    pub renamed: Vec<ColumnName>,
    /// How many bad rows to pass over.
    pub max_bad: u64,
    /// The list's date.
    pub list_date: Option<Timestamp>,
    /// The key of signed snapshots.
    pub key: Option<PathBuf>,
    /// What a service is shown.
    pub feed_access: Option<PathBuf>,
    /// JSON instead of text.
    pub json: bool,
}

/// Settings of `inspect`.
#[derive(Debug)]
pub struct InspectSettings {
    /// The registered cell list.
    pub registry: PathBuf,
    /// The store of the drives.
    pub store: PathBuf,
    /// The cells to account for.
    pub area: Area,
    /// Path loss.
    pub model: PathLossModel,
    /// Form of the account.
    pub form: Form,
    /// List the cells that were never covered too.
    pub all: bool,
}

/// A form of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Table,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
}

/// Settings of `alerts`.
#[derive(Debug)]
pub struct AlertsSettings {
    /// What to do.
    pub action: AlertsAction,
    /// Who is told, by `send`.
    pub feed: FeedSettings,
    /// The store.
    pub store: PathBuf,
    /// Where the evidence lies now, if it was moved.
    pub evidence: Option<PathBuf>,
    /// JSON instead of text.
    pub json: bool,
}

/// Settings of `rules`.
#[derive(Debug)]
pub struct RulesSettings {
    /// What to do.
    pub action: RulesAction,
    /// The rules file.
    pub rules: Option<PathBuf>,
}

pub(super) fn check_registry(
    action: RegistryAction,
    options: RegistryOptions,
) -> Result<RegistrySettings, ConfigError> {
    let column = |text: String| {
        text.parse::<ColumnName>().map_err(|_| ConfigError::Value {
            option: "map",
            value: text,
            expected: "COLUMN=HEADER with a column of the list, like tac=TAC_CODE",
        })
    };
    Ok(RegistrySettings {
        action,
        registry: options.registry.map_or_else(|| in_data_folder("registry.sqlite", "registry"), Ok)?,
        eci_notation: options.eci.map(|eci| match eci {
            EciChoice::Dec => EciNotation::Decimal,
            EciChoice::Hex => EciNotation::Hexadecimal,
        }),
        renamed: options.map.into_iter().map(column).collect::<Result<_, _>>()?,
        max_bad: options.max_bad.unwrap_or(0),
        list_date: check_value("list-date", options.list_date.map(Text), LIST_DATE_EXPECTED, date)?,
        key: options.key,
        feed_access: options.feed_access,
        json: options.json.unwrap_or_default(),
    })
}

pub(super) fn check_inspect(options: InspectOptions) -> Result<InspectSettings, ConfigError> {
    let area = match (options.area, options.along) {
        (Some(text), _) => {
            parse_area(&text).ok_or(ConfigError::Value { option: "area", value: text, expected: AREA_EXPECTED })?
        }
        (None, Some(along)) if !(along > 0.0 && along <= 100e3) => {
            let expected = "metres, above 0 and up to 100000";
            return Err(ConfigError::Value { option: "along", value: along.to_string(), expected });
        }
        (None, along) => Area::AlongDrive(along.unwrap_or(ALONG_M)),
    };
    Ok(InspectSettings {
        registry: options.registry.map_or_else(|| in_data_folder("registry.sqlite", "registry"), Ok)?,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        area,
        model: options.model.unwrap_or_default().into(),
        form: match options.format.unwrap_or_default() {
            FormatChoice::Csv => Form::Csv,
            FormatChoice::Json => Form::Json,
            FormatChoice::Table => Form::Table,
        },
        all: options.all.unwrap_or_default(),
    })
}

pub(super) fn check_alerts(
    mut action: AlertsAction,
    options: AlertsOptions,
    from_file: FeedOptions,
) -> Result<AlertsSettings, ConfigError> {
    let typed =
        if let AlertsAction::Send { feed, .. } = &mut action { std::mem::take(feed) } else { Default::default() };
    Ok(AlertsSettings {
        action,
        feed: check_feeds(typed.or(from_file))?,
        store: options.store.map_or_else(|| in_data_folder("store.sqlite", "store"), Ok)?,
        evidence: options.evidence,
        json: options.json.unwrap_or_default(),
    })
}

/// What `--area` expects.
pub(super) const AREA_EXPECTED: &str = "all, or two or more corners LAT,LON:LAT,LON in degrees";

pub(super) fn parse_area(text: &str) -> Option<Area> {
    if text == "all" {
        return Some(Area::Everywhere);
    }
    let corners: Vec<(f64, f64)> = text.split(':').map(parse_corner).collect::<Option<_>>()?;
    match corners[..] {
        [] | [_] => None,
        [one, other] => Some(Area::rectangle(one, other)),
        _ => Some(Area::Polygon(corners)),
    }
}

/// A latitude and a longitude in degrees.
pub(super) fn parse_corner(text: &str) -> Option<(f64, f64)> {
    let (lat, lon) = text.split_once(',')?;
    let degrees = |text: &str, limit: f64| text.trim().parse().ok().filter(|value: &f64| value.abs() <= limit);
    Some((degrees(lat, 90.0)?, degrees(lon, 180.0)?))
}

impl From<ModelChoice> for PathLossModel {
    fn from(choice: ModelChoice) -> Self {
        match choice {
            ModelChoice::FreeSpace => Self::FreeSpace,
            ModelChoice::Urban => Self::Urban,
        }
    }
}

/// A file in the data folder: `cellwarden` under `XDG_DATA_HOME`, or under `~/.local/share`.
pub(super) fn in_data_folder(name: &str, option: &'static str) -> Result<PathBuf, ConfigError> {
    let data = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share")));
    Ok(data.ok_or(ConfigError::NoDataFolder { option })?.join("cellwarden").join(name))
}

/// The user's configuration file: in `cellwarden` under `XDG_CONFIG_HOME`, or under `~/.config`.
pub(super) fn own_file() -> Option<PathBuf> {
    let config = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")));
    Some(config?.join("cellwarden/config.toml"))
}

fn set(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_are_rectangles_polygons_or_all() {
        assert_eq!(parse_area("all"), Some(Area::Everywhere));
        assert_eq!(parse_area("37.4,126.8:37.5,-126.9"), Some(Area::rectangle((37.4, 126.8), (37.5, -126.9))));
        assert!(matches!(parse_area("0,0:0,1:1,1"), Some(Area::Polygon(corners)) if corners.len() == 3));
        for bad in ["", "37.4", "37.4,126.8", "91,0:0,0", "0,181:0,0", "a,b:c,d", "NaN,0:1,1", "0,0:"] {
            assert_eq!(parse_area(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_width_must_be_one() {
        for along in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let registry = Some("r".into());
            let options = InspectOptions {
                registry: registry.clone(),
                store: registry,
                along: Some(along),
                ..Default::default()
            };
            assert!(matches!(check_inspect(options), Err(ConfigError::Value { option: "along", .. })), "{along}");
        }
    }
}

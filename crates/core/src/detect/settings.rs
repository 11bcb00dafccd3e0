//! The settings of a rule: a struct whose fields are the thresholds, each with what it means and its default.

/// A threshold of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    /// Its key in the rules file; the unit is part of it.
    pub name: &'static str,
    /// Its default, as the rules file has it.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// Declares the thresholds of a rule: a struct that the rules file is read into, and `SETTINGS`, which the default file
/// and the explanation of the rule are made of.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $($(#[doc = $line:literal])+ $field:ident: $type:ty = $default:expr),* $(,)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[doc = $line])+ $field: $type,)*
        }

        impl $name {
            /// The thresholds with their defaults.
            pub const SETTINGS: &'static [$crate::detect::settings::Setting] = &[$(
                $crate::detect::settings::Setting {
                    name: stringify!($field),
                    default: stringify!($default),
                    meaning: concat!($($line),+),
                },
            )*];
        }
    };
}

pub(in crate::detect) use settings;

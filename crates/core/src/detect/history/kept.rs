//! How the memory of the rules is written down, so that a drive goes on where the program ended.
//!
//! Types that the standard names are written as their numbers or texts, and read back only where they are in range.

use std::{collections::BTreeMap, fmt::Display, str::FromStr};

use lte_dsp::cell::{Duplex, Pci, Sfn};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A value as its text.
pub mod text {
    use super::*;

    /// Writes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The reader's, and where the text does not parse.
    pub fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        parsed(&String::deserialize(deserializer)?)
    }
}

/// A value that may be missing as its text.
pub mod optional_text {
    use super::*;

    /// Writes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_ref().map(ToString::to_string).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The reader's, and where the text does not parse.
    pub fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(deserializer)?.map(|text| parsed(&text)).transpose()
    }
}

/// Values as their texts.
pub mod texts {
    use super::*;

    /// Writes them.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<T: Display, S: Serializer>(values: &[T], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(ToString::to_string))
    }

    /// Reads them.
    ///
    /// # Errors
    /// The reader's, and where a text does not parse.
    pub fn deserialize<'de, T: FromStr, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
        Vec::<String>::deserialize(deserializer)?.iter().map(|text| parsed(text)).collect()
    }
}

/// A physical-layer identity as its number.
pub mod pci {
    use super::*;

    /// Writes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<S: Serializer>(pci: &Pci, serializer: S) -> Result<S::Ok, S::Error> {
        pci.get().serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The reader's, and where the number is above 503.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pci, D::Error> {
        let number = u16::deserialize(deserializer)?;
        Pci::new(number).ok_or_else(|| D::Error::custom("no physical-layer identity"))
    }
}

/// A system frame number that may be missing.
pub mod sfn {
    use super::*;

    /// Writes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<S: Serializer>(sfn: &Option<Sfn>, serializer: S) -> Result<S::Ok, S::Error> {
        sfn.map(Sfn::get).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The reader's.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Sfn>, D::Error> {
        Ok(Option::<u16>::deserialize(deserializer)?.map(|number| Sfn::wrapping(i64::from(number))))
    }
}

/// A frame structure: whether it is that of TDD.
pub mod duplex {
    use super::*;

    /// Writes it.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<S: Serializer>(duplex: &Duplex, serializer: S) -> Result<S::Ok, S::Error> {
        (*duplex == Duplex::Tdd).serialize(serializer)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The reader's.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duplex, D::Error> {
        Ok(if bool::deserialize(deserializer)? { Duplex::Tdd } else { Duplex::Fdd })
    }
}

/// The baselines of cells, as a list.
pub mod contents {
    use super::*;
    use crate::detect::history::{
        CarrierKey,
        contents::{Baseline, CellKey},
    };

    type Blocks = BTreeMap<String, Baseline>;

    /// Writes them.
    ///
    /// # Errors
    /// The writer's.
    pub fn serialize<S: Serializer>(cells: &BTreeMap<CellKey, Blocks>, serializer: S) -> Result<S::Ok, S::Error> {
        let listed = cells.iter().map(|((ecgi, pci, carrier), blocks)| (ecgi.to_string(), pci.get(), carrier, blocks));
        serializer.collect_seq(listed)
    }

    /// Reads them.
    ///
    /// # Errors
    /// The reader's, and where a cell is none.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<CellKey, Blocks>, D::Error> {
        let listed = Vec::<(String, u16, CarrierKey, Blocks)>::deserialize(deserializer)?;
        let cell = |(ecgi, pci, carrier, blocks): (String, u16, CarrierKey, Blocks)| {
            let pci = Pci::new(pci).ok_or_else(|| D::Error::custom("no physical-layer identity"))?;
            Ok(((parsed(&ecgi)?, pci, carrier), blocks))
        };
        listed.into_iter().map(cell).collect()
    }
}

fn parsed<T: FromStr, E: Error>(text: &str) -> Result<T, E> {
    text.parse().map_err(|_| E::custom("no such value"))
}

//! OpenCelliD's CSV, of which only the LTE rows are cells of ours.
//!
//! It is crowd-sourced: a place is an estimate with a range, and what it lacks proves nothing.

use csv::ByteRecord;
use lte_dsp::cell::Pci;

use super::{
    CellStatus, RegisteredCell,
    field::{BadField, degrees, number, optional, required, shown, text_of},
};
use crate::observation::{Ecgi, Eci, Plmn, Position};

/// The header by which the file is recognised.
pub const HEADER: [&str; 14] = [
    "radio",
    "mcc",
    "net",
    "area",
    "cell",
    "unit",
    "lon",
    "lat",
    "range",
    "samples",
    "changeable",
    "created",
    "updated",
    "averageSignal",
];

/// The words of the radio technologies.
const RADIOS: [&str; 5] = ["GSM", "UMTS", "LTE", "CDMA", "NR"];

/// Country codes under which every network code has three digits: North America and most of the Caribbean, Honduras,
/// Argentina, Colombia, the Falkland Islands. ITU-T E.212, list of mobile network codes.
const THREE_DIGITS: [u32; 26] = [
    302, 310, 311, 312, 313, 314, 315, 316, 334, 338, 342, 344, 346, 348, 352, 354, 356, 358, 360, 365, 366, 376, 708,
    722, 732, 750,
];

const RADIO: usize = 0;
const MCC: usize = 1;
const NET: usize = 2;
const AREA: usize = 3;
const CELL: usize = 4;
const UNIT: usize = 5;
const LON: usize = 6;
const LAT: usize = 7;
const RANGE: usize = 8;

/// The cell of a row, `None` for one of another radio technology.
pub(super) fn cell(row: &ByteRecord) -> Result<Option<RegisteredCell>, BadField> {
    if !text_of(row, RADIO)?.trim().eq_ignore_ascii_case("LTE") {
        return Ok(None);
    }
    let mcc = required(row, MCC, |text| number(text, 1..=999))?;
    let mnc = required(row, NET, |text| number(text, 0..=999))?;
    let eci = required(row, CELL, |text| number(text, 0..=(1 << 28) - 1))?;
    let eci = Eci::new(eci).ok_or_else(|| BadField::new(Some(CELL), "has more than 28 bits"))?;
    let lat = required(row, LAT, |text| degrees(text, 90.0))?;
    let lon = required(row, LON, |text| degrees(text, 180.0))?;
    let range_m = optional(row, Some(RANGE), |text| number(text, 0..=u32::MAX))?.unwrap_or(0);
    Ok(Some(RegisteredCell {
        ecgi: Ecgi { plmn: plmn_of(mcc, mnc)?, eci },
        kind: None,
        status: CellStatus::Active,
        pci: optional(row, Some(UNIT), parse_unit)?.flatten(),
        earfcn: None,
        tac: optional(row, Some(AREA), |text| number(text, 0..=0xFFFF).map(|tac| tac as u16))?,
        bandwidth: None,
        antenna_ports: None,
        place: Some(Position { lat, lon, error_m: f64::from(range_m) }),
        last_contact: None,
        name: "".into(),
    }))
}

/// Whether a row is one of this file, by its radio technology and its number of fields: country files have no header.
pub(super) fn is_row(row: &ByteRecord) -> bool {
    let radio = row.get(RADIO).unwrap_or_default().trim_ascii();
    row.len() == HEADER.len() && RADIOS.iter().any(|known| radio.eq_ignore_ascii_case(known.as_bytes()))
}

/// The file writes network codes as numbers and loses their leading zeros, so the number of digits must be inferred:
/// three in the countries where all codes have three, else two unless the code needs three.
fn plmn_of(mcc: u32, mnc: u32) -> Result<Plmn, BadField> {
    let three = mnc > 99 || THREE_DIGITS.contains(&mcc);
    let text = if three { format!("{mcc:03}-{mnc:03}") } else { format!("{mcc:03}-{mnc:02}") };
    text.parse().map_err(|_| BadField::new(Some(NET), format!("{text} is no PLMN")))
}

/// The file writes -1 or 0 for a PCI nobody measured: a PCI of 0 is then unknown too, for a wrong one would accuse the
/// cell.
fn parse_unit(text: &str) -> Result<Option<Pci>, String> {
    match text {
        "-1" | "0" => Ok(None),
        _ => {
            let value = number(text, 0..=503).map_err(|_| format!("{} is no PCI from -1 to 503", shown(text)))?;
            Ok(Pci::new(value as u16))
        }
    }
}

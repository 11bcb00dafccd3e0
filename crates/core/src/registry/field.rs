//! One field of a list: its text, as a number or an angle, or why it keeps its row out.

use csv::ByteRecord;

/// Why a field keeps its row out.
pub struct BadField {
    /// Its column, from 0; 0 for the row as a whole.
    pub column: usize,
    /// What was seen, and what is expected.
    pub message: String,
}

impl BadField {
    /// What is wrong in a column, or in the row as a whole.
    pub fn new(column: Option<usize>, message: impl Into<String>) -> Self {
        Self { column: column.unwrap_or(0), message: message.into() }
    }
}

/// The field's text, where it is UTF-8; the last field without the carriage return that ends the line.
pub fn text_of(row: &ByteRecord, column: usize) -> Result<&str, BadField> {
    let mut bytes = row.get(column).unwrap_or_default();
    if column + 1 == row.len() {
        bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        BadField::new(
            Some(column),
            format!("byte {} of the field, {:#04x}, is not UTF-8: save the file as UTF-8", at + 1, bytes[at]),
        )
    })
}

/// A field that must be filled.
pub fn required<T>(
    row: &ByteRecord,
    column: usize,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, BadField> {
    optional(row, Some(column), parse)?.ok_or_else(|| BadField::new(Some(column), "is empty"))
}

/// A field that may be empty, or its column missing.
pub fn optional<T>(
    row: &ByteRecord,
    column: Option<usize>,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, BadField> {
    let Some(at) = column else { return Ok(None) };
    let text = text_of(row, at)?.trim();
    if text.is_empty() {
        return Ok(None);
    }
    parse(text).map(Some).map_err(|message| BadField::new(column, message))
}

/// A number without the decimals that a spreadsheet adds to whole ones: `485.0` is 485.
pub fn without_zeros(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, zeros)) if !whole.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => text,
    }
}

/// What to do about a number that a spreadsheet rounded.
pub fn rounded_hint(text: &str) -> &'static str {
    let is_scientific = text.contains(['e', 'E']) && text.contains(['+', '.']);
    if is_scientific { "; a spreadsheet rounded it: format the column as text and export again" } else { "" }
}

/// A decimal number within a range.
pub fn number(text: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, String> {
    let whole = without_zeros(text);
    let digits = whole.bytes().all(|b| b.is_ascii_digit());
    let value = digits.then(|| whole.parse().ok()).flatten();
    value.filter(|value| range.contains(value)).ok_or_else(|| {
        format!("{} is no number from {} to {}{}", shown(text), range.start(), range.end(), rounded_hint(text))
    })
}

/// An angle in decimal degrees.
pub fn degrees(text: &str, limit: f64) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| value.abs() <= limit)
        .ok_or_else(|| format!("{} is no angle from -{limit} to {limit} degrees", shown(text)))
}

/// A field's text in a message: quoted, escaped and cut.
pub fn shown(text: &str) -> String {
    let cut: String = text.chars().take(40).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{dots}")
}

//! The differences between two drives, as text or JSON.

use std::io::{self, Write};

use cellwarden_core::drive::{Difference, Fate};
use serde_json::{Value, json};

use super::escape::escape;

/// Writes the differences as text, or as one JSON object a line.
///
/// # Errors
/// From writing.
pub fn write_comparison(out: &mut impl Write, differences: &[Difference], as_json: bool) -> io::Result<()> {
    for Difference { cell, fate, suspicious } in differences {
        let word = match fate {
            Fate::Appeared => "appeared",
            Fate::Gone => "gone",
            Fate::Changed(_) => "changed",
        };
        let changes: &[_] = if let Fate::Changed(changes) = fate { changes } else { &[] };
        if as_json {
            let changes: Vec<Value> =
                changes.iter().map(|(name, was, is)| json!({"what": name, "before": was, "after": is})).collect();
            writeln!(
                out,
                "{}",
                json!({"type": "difference", "cell": cell, "fate": word, "suspicious": suspicious, "changes": changes})
            )?;
        } else {
            let mark = if *suspicious { "!" } else { " " };
            let changes: Vec<String> = changes.iter().map(|(name, was, is)| format!("{name} {was} -> {is}")).collect();
            writeln!(out, "{mark} {word:<9} {:<40} {}", escape(cell), escape(&changes.join("; ")))?;
        }
    }
    if !as_json && differences.is_empty() {
        writeln!(out, "no difference where both drives searched")?;
    }
    Ok(())
}

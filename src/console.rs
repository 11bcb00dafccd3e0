//! Lines for people on standard error.

use std::{
    fmt::Display,
    io::{self, Write},
};

use cellwarden_report::escape::escape;

/// Writes one line, escaped, after the program's name. Standard error may be closed: what matters is in the results and
/// the exit code too.
pub fn write_error_line(line: impl Display) {
    let _ = writeln!(io::stderr(), "cellwarden: {}", escape(&line.to_string()));
}

/// Rings the terminal's bell on standard error, so many times.
pub fn ring(bells: u32) {
    let _ = io::stderr().write_all("\x07".repeat(bells as usize).as_bytes());
}

//! The forms that a drive is reported in. A form is one file, with a `FORMAT` in it, and one line in `formats!` of
//! the crate.

use std::{
    io::{self, Write},
    path::Path,
};

use cellwarden_core::drive::{JudgedCell, SearchedDwell};

use crate::account::Account;
use cellwarden_text::Language;

/// A form of report.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, for the help text.
    pub about: &'static str,
    /// What writes it.
    pub writer: Writer,
}

/// What writes a form, by what it is written from and to.
#[derive(Debug)]
pub enum Writer {
    /// The account, as a stream of bytes.
    Account(fn(&mut dyn Write, &Account, Language) -> io::Result<()>),
    /// The account, as a file of its own making that does not exist yet.
    File(fn(&Path, &Account) -> io::Result<()>),
    /// Every dwell with its cells in order, as a stream of bytes.
    Dwells(for<'a> fn(&'a mut dyn Write) -> io::Result<Box<dyn DwellWriter + 'a>>),
}

/// Writes dwells as they come.
pub trait DwellWriter {
    /// Writes the cells of a dwell.
    ///
    /// # Errors
    /// From writing.
    fn dwell(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell]) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use crate::FORMATS;

    #[test]
    fn names_are_distinct_and_fit_the_command_line() {
        for (i, format) in FORMATS.iter().enumerate() {
            assert!(format.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{}", format.name);
            assert!(FORMATS[..i].iter().all(|before| before.name != format.name), "{}", format.name);
            assert!(!format.about.is_empty());
        }
    }
}

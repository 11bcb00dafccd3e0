//! Reading a registered cell list: bytes in, cells and bad rows out, in bounded memory whatever the file holds.

use std::io::{self, Read};

use csv::ByteRecord;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::{
    BadRow, ListError, RegisteredCell, RegistrySnapshot,
    field::BadField,
    form::{Formed, formed, named_separator, separator_name, separator_of},
    opencellid,
    own_list::{ColumnName, EciNotation, OwnList},
};
use cellwarden_text::counted;

/// How to read a list.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// The time of the import: the snapshot's age counts from here where the list has no date.
    pub imported: Timestamp,
    /// The list's date; a `list_date` column goes before the time of the import, this before both.
    pub list_date: Option<Timestamp>,
    /// How cell identities are written; `None`: seven hexadecimal digits, unless the column shows otherwise.
    pub eci_notation: Option<EciNotation>,
    /// Columns under other headers.
    pub renamed: Vec<ColumnName>,
    /// How many bad rows to pass over; one more and nothing is imported.
    pub max_bad: u64,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportReport {
    /// The new snapshot.
    pub snapshot: RegistrySnapshot,
    /// How many rows were kept out as bad.
    pub bad: u64,
    /// The first [`BAD_ROWS_SHOWN`] of them.
    pub bad_rows: Vec<BadRow>,
    /// Rows of other radio technologies in OpenCelliD files.
    pub not_lte: u64,
    /// Headers that are no column of the list.
    pub ignored_columns: Vec<String>,
    /// What was assumed or is missing, one sentence each, with what to do where it is wrong.
    pub remarks: Vec<String>,
}

/// How many bad rows are named one by one; the others are counted.
pub const BAD_ROWS_SHOWN: usize = 100;

/// Longest row in bytes. A quote left open makes the rest of the file one field.
pub const MAX_ROW: u64 = 1 << 20;

const BUFFER: usize = 1 << 16;

impl ImportOptions {
    /// The list's own form, no bad row allowed.
    #[must_use]
    pub fn at(imported: Timestamp) -> Self {
        Self { imported, list_date: None, eci_notation: None, renamed: Vec::new(), max_bad: 0 }
    }
}

/// An open list.
pub struct Input<R> {
    /// Its name in messages.
    pub name: String,
    /// Its bytes.
    pub reader: R,
}

/// Hands the cells of all lists to `keep`, in order.
///
/// # Errors
/// A file that cannot be read, is empty or has a wrong header; more than `max_bad` bad rows; what `keep` returns. What
/// `keep` took until then must be thrown away.
pub fn read_cells<R: Read, E: From<ListError>>(
    inputs: impl IntoIterator<Item = Result<Input<R>, ListError>>,
    options: &ImportOptions,
    mut keep: impl FnMut(&RegisteredCell) -> Result<(), E>,
) -> Result<ImportReport, E> {
    let mut hash = Sha256::new();
    let snapshot = RegistrySnapshot { sha256: String::new(), imported: options.imported, rows: 0 };
    let mut dates = None;
    let mut report = ImportReport {
        snapshot,
        bad: 0,
        bad_rows: Vec::new(),
        not_lte: 0,
        ignored_columns: Vec::new(),
        remarks: Vec::new(),
    };
    for input in inputs {
        read_list(input?, options, &mut hash, &mut report, &mut dates, &mut keep)?;
    }
    if report.bad > options.max_bad {
        let (count, allowed) = (report.bad, options.max_bad);
        return Err(ListError::TooManyBad { count, allowed, rows: report.bad_rows }.into());
    }
    report.snapshot.imported = options.list_date.or(dates).unwrap_or(options.imported);
    report.snapshot.sha256 = hex::encode(hash.finalize());
    Ok(report)
}

fn read_list<R: Read, E: From<ListError>>(
    input: Input<R>,
    options: &ImportOptions,
    hash: &mut Sha256,
    report: &mut ImportReport,
    latest: &mut Option<Timestamp>,
    keep: &mut impl FnMut(&RegisteredCell) -> Result<(), E>,
) -> Result<(), E> {
    let file = input.name;
    let cannot_read = |source| ListError::Read { file: file.as_str().into(), source };
    let Formed { text, sample, remarks, binary } = formed(Hashed { inner: input.reader, hash }).map_err(cannot_read)?;
    if let Some(what) = binary {
        return Err(ListError::Binary { file, what }.into());
    }
    let named = named_separator(&sample);
    let likely = || {
        separator_of(&sample, |row| {
            let header = header_of(row, &file);
            opencellid::is_row(row) || header.is_ok_and(|header| List::recognise(&header, options, b',').is_ok())
        })
    };
    let separator = named.unwrap_or_else(likely);
    let mut csv = csv::ReaderBuilder::new();
    csv.has_headers(false)
        .flexible(true)
        .delimiter(separator)
        // With its default the reader numbers the lines of files that end them with CR LF one too low.
        .terminator(csv::Terminator::Any(b'\n'))
        .buffer_capacity(BUFFER);
    let mut reader = csv.from_reader(Metered { inner: text, since_row: 0 });
    let (mut row, mut blank) = (ByteRecord::new(), 0);
    // The line that names the separator is no row.
    let mut more = named.is_none() || next_row(&mut reader, &mut row, &file, &mut blank)?;
    more = more && next_row(&mut reader, &mut row, &file, &mut blank)?;
    if !more {
        return Err(ListError::Empty { file, what: "the file is empty" }.into());
    }
    let mut remark_on = |text: &str| report.remarks.push(format!("{file}: {text}"));
    remarks.into_iter().for_each(&mut remark_on);
    // Country files of OpenCelliD have no header.
    let has_header = !opencellid::is_row(&row);
    let header = if has_header { header_of(&row, &file)? } else { opencellid::HEADER.map(str::to_owned).to_vec() };
    let wrong = |message| ListError::Header { file: file.clone(), message };
    let mut list = List::recognise(&header, options, separator).map_err(wrong)?;
    if separator != b',' {
        let reason = if named.is_some() { ", as its first line says" } else { "" };
        remark_on(&format!("fields separated by {}{reason}", separator_name(separator)));
    }
    if let List::Own(own) = &mut list {
        let before_rows = 1 + usize::from(named.is_some());
        let rows = csv.from_reader(&*sample).into_byte_records().skip(before_rows).map_while(Result::ok);
        own.examine(rows, &header, &mut remark_on).map_err(|(rows, example)| ListError::Notation {
            file: file.clone(),
            rows,
            example,
        })?;
        report.ignored_columns.extend(own.ignored(&header));
    } else if !has_header {
        remark_on("has no header: read as OpenCelliD's rows, by their first fields");
    }
    let before = report.snapshot.rows + report.bad + report.not_lte;
    blank = 0;
    more = !has_header || next_row(&mut reader, &mut row, &file, &mut blank)?;
    while more {
        match list.cell(&row, header.len()) {
            Ok(Some((cell, date))) => {
                *latest = (*latest).max(date);
                report.snapshot.rows += 1;
                if report.bad <= options.max_bad {
                    keep(&cell)?;
                }
            }
            Ok(None) => report.not_lte += 1,
            Err(bad) => {
                report.bad += 1;
                if report.bad_rows.len() < BAD_ROWS_SHOWN {
                    report.bad_rows.push(BadRow {
                        file: file.clone(),
                        line: row.position().map_or(0, csv::Position::line),
                        column: bad.column + 1,
                        header: header.get(bad.column).cloned().unwrap_or_default(),
                        message: bad.message,
                    });
                }
            }
        }
        more = next_row(&mut reader, &mut row, &file, &mut blank)?;
    }
    if report.snapshot.rows + report.bad + report.not_lte == before {
        return Err(ListError::Empty { file, what: "the file has a header and no rows" }.into());
    }
    let mut remark_on = |text: &str| report.remarks.push(format!("{file}: {text}"));
    if blank > 0 {
        remark_on(&format!("{} without a value skipped", counted(blank, "row")));
    }
    if let List::Own(own) = &list {
        own.remarks().iter().for_each(|remark| remark_on(remark));
    }
    Ok(())
}

/// Which list a file is.
enum List {
    Own(Box<OwnList>),
    OpenCellId,
}

impl List {
    fn recognise(header: &[String], options: &ImportOptions, separator: u8) -> Result<Self, String> {
        let same = |(a, b): (&String, &str)| a.eq_ignore_ascii_case(b);
        if header.len() == opencellid::HEADER.len() && header.iter().zip(opencellid::HEADER).all(same) {
            return Ok(Self::OpenCellId);
        }
        let list = OwnList::from_header(header, &options.renamed, options.eci_notation, separator != b',')?;
        Ok(Self::Own(Box::new(list)))
    }

    /// The cell of a row, and the list's date as the row gives it.
    fn cell(&self, row: &ByteRecord, fields: usize) -> Result<Option<(RegisteredCell, Option<Timestamp>)>, BadField> {
        if row.len() != fields {
            let column = row.len().min(fields).saturating_sub(1);
            return Err(BadField::new(Some(column), format!("the row has {} fields, the header {fields}", row.len())));
        }
        match self {
            Self::Own(list) => Ok(Some((list.cell(row)?, list.date(row)?))),
            Self::OpenCellId => Ok(opencellid::cell(row)?.map(|cell| (cell, None))),
        }
    }
}

fn header_of(row: &ByteRecord, file: &str) -> Result<Vec<String>, ListError> {
    let field = |bytes: &[u8]| std::str::from_utf8(bytes).map(|text| text.trim().to_owned());
    let wrong = || "the header is not UTF-8, nor CP949 throughout; save the file as UTF-8".to_owned();
    row.iter()
        .map(field)
        .collect::<Result<_, _>>()
        .map_err(|_| ListError::Header { file: file.to_owned(), message: wrong() })
}

/// Reads the next row that holds something, and counts those between that are rows without a value; `false` at the end of
/// the file.
fn next_row<R: Read>(
    reader: &mut csv::Reader<Metered<R>>,
    row: &mut ByteRecord,
    file: &str,
    blank: &mut u64,
) -> Result<bool, ListError> {
    loop {
        let line = reader.position().line();
        reader.get_mut().since_row = 0;
        let more = reader.read_byte_record(row).map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(source) if source.kind() == io::ErrorKind::FileTooLarge => {
                ListError::RowTooLong { file: file.to_owned(), line, limit: MAX_ROW }
            }
            csv::ErrorKind::Io(source) => ListError::Read { file: file.into(), source },
            other => unreachable!("reading bytes of any shape fails by input and output alone: {other:?}"),
        })?;
        if !more || row.iter().any(|field| !field.trim_ascii().is_empty()) {
            return Ok(more);
        }
        *blank += u64::from(row.len() > 1);
    }
}

/// Hashes what passes.
struct Hashed<'a, R> {
    inner: R,
    hash: &'a mut Sha256,
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.inner.read(buffer)?;
        self.hash.update(&buffer[..len]);
        Ok(len)
    }
}

/// Stops a row that does not end.
struct Metered<R> {
    inner: R,
    since_row: u64,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row > MAX_ROW {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let len = self.inner.read(buffer)?;
        self.since_row += len as u64;
        Ok(len)
    }
}

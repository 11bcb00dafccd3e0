//! The form of a list's file: compression, encoding and separator. Each is decided from the file's beginning, and only
//! where it is certain; the rest of the file must keep to it.

use std::io::{self, Cursor, Read};

use csv::ByteRecord;
use encoding_rs::{Decoder, EUC_KR, Encoding, UTF_16BE, UTF_16LE};
use flate2::read::MultiGzDecoder;

/// How much of a file decides its form, in bytes: some thousands of rows.
pub(super) const SAMPLE: usize = 1 << 19;

const BUFFER: usize = 1 << 16;

/// What separates fields, the likeliest first.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A file in its form: its text, and the beginning of that text.
pub(super) struct Formed<'a> {
    /// All of its text, as UTF-8 where its encoding is known.
    pub text: Box<dyn Read + 'a>,
    /// The beginning of the same: whole lines.
    pub sample: Vec<u8>,
    /// What was found to be unlike the list's own form.
    pub remarks: Vec<&'static str>,
    /// What it is, where it is no text.
    pub binary: Option<&'static str>,
}

/// Unpacks and decodes a file.
///
/// # Errors
/// From reading.
pub(super) fn formed<'a>(file: impl Read + 'a) -> io::Result<Formed<'a>> {
    let (start, file) = peeked(file, 2)?;
    let is_packed = start == [0x1F, 0x8B];
    let file: Box<dyn Read + 'a> = if is_packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let (raw, file) = peeked(file, SAMPLE)?;
    let is_whole = raw.len() < SAMPLE;
    let encoding = encoding_of(&raw, is_whole);
    let binary = if encoding.is_none() { binary_of(&raw) } else { None };
    let remarks = is_packed.then_some("unpacked, as it is gzip").into_iter().chain(encoding.map(|(_, remark)| remark));
    let remarks = remarks.collect();
    let (text, mut sample): (Box<dyn Read + 'a>, _) = match encoding {
        None => (Box::new(file), raw),
        Some((encoding, _)) => {
            let mut sample = Vec::new();
            // The sample may end within a character.
            let mut decoded = Decoded::new(Cursor::new(&raw), encoding, is_whole);
            let _ = decoded.read_to_end(&mut sample);
            (Box::new(Decoded::new(file, encoding, true)), sample)
        }
    };
    if !is_whole {
        sample.truncate(sample.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1));
    }
    Ok(Formed { text, sample, remarks, binary })
}

/// The first bytes of a file, and the whole file again.
fn peeked<R: Read>(mut file: R, len: usize) -> io::Result<(Vec<u8>, impl Read + use<R>)> {
    let mut start = Vec::new();
    file.by_ref().take(len as u64).read_to_end(&mut start)?;
    Ok((start.clone(), Cursor::new(start).chain(file)))
}

/// The encoding of a text that is not UTF-8, where it is certain: UTF-16 by its mark, CP949 (EUC-KR with Microsoft's
/// extension) where every character is one of it and most are its ordinary Hangul.
fn encoding_of(raw: &[u8], is_whole: bool) -> Option<(&'static Encoding, &'static str)> {
    match raw {
        [0xFF, 0xFE, ..] => return Some((UTF_16LE, "read as UTF-16, by its byte order mark")),
        [0xFE, 0xFF, ..] => return Some((UTF_16BE, "read as UTF-16, by its byte order mark")),
        _ => {}
    }
    match std::str::from_utf8(raw) {
        Ok(_) => return None,
        // The sample ends within a character.
        Err(error) if !is_whole && error.error_len().is_none() => return None,
        Err(_) => {}
    }
    let (mut pairs, mut hangul, mut at) = (0_u64, 0_u64, 0);
    while let Some(&lead) = raw.get(at) {
        if lead < 0x80 {
            at += 1;
            continue;
        }
        let Some(&trail) = raw.get(at + 1) else {
            if is_whole {
                return None;
            }
            break;
        };
        EUC_KR.decode_without_bom_handling_and_without_replacement(&[lead, trail])?;
        pairs += 1;
        // The syllables of KS X 1001, rows 16 to 40. Letters of western encodings rarely stand in such pairs.
        hangul += u64::from((0xB0..=0xC8).contains(&lead) && trail >= 0xA1);
        at += 2;
    }
    (2 * hangul > pairs).then_some((EUC_KR, "read as CP949 (EUC-KR), as it is not UTF-8 and all of it is CP949"))
}

/// What a file is that is no text, by its first bytes: a workbook, or text of two bytes for each character without a mark.
fn binary_of(raw: &[u8]) -> Option<&'static str> {
    let line = raw.split(|&byte| byte == b'\n').next().unwrap_or_default();
    match raw {
        [b'P', b'K', 3, 4, ..] => {
            Some("is an Excel workbook (.xlsx) or another ZIP archive: save the list as CSV UTF-8")
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Some("is an Excel workbook (.xls): save it as CSV UTF-8"),
        _ => line.contains(&0).then_some("has NUL bytes in its first line, as no UTF-8 text has: save it as CSV UTF-8"),
    }
}

/// The separator that the first line names, as spreadsheets write and read it: `sep=;`.
pub(super) fn named_separator(sample: &[u8]) -> Option<u8> {
    let text = sample.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(sample);
    let line = text.split(|&byte| byte == b'\n').next()?;
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    let (separator, name) = line.split_last()?;
    (name.eq_ignore_ascii_case(b"sep=") && SEPARATORS.contains(separator)).then_some(*separator)
}

/// What people call a separator.
pub(super) const fn separator_name(separator: u8) -> &'static str {
    match separator {
        b';' => "semicolons",
        b'\t' => "tabs",
        b'|' => "vertical bars",
        _ => "commas",
    }
}

/// The header's separator: the first with which `is_known` recognises the header, else the one that gives most fields.
pub(super) fn separator_of(sample: &[u8], is_known: impl Fn(&ByteRecord) -> bool) -> u8 {
    let headers = SEPARATORS.map(|separator| {
        let mut header = ByteRecord::new();
        let line = sample.split_inclusive(|&byte| byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let mut reader = csv::ReaderBuilder::new();
        let mut reader =
            reader.has_headers(false).flexible(true).delimiter(separator).from_reader(line.unwrap_or_default());
        let _ = reader.read_byte_record(&mut header);
        (separator, header)
    });
    let known = headers.iter().find(|(_, header)| is_known(header));
    // Of equals the first, so that a file of one column is the list's own form.
    let most = headers.iter().rev().max_by_key(|(_, header)| header.len());
    known.or(most).map_or(b',', |(separator, _)| *separator)
}

/// A text on its way to UTF-8.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    encoding: &'static Encoding,
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
    /// Whether the end of the input is the end of the text.
    has_end: bool,
}

impl<R: Read> Decoded<R> {
    fn new(inner: R, encoding: &'static Encoding, has_end: bool) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        Self { inner, decoder, encoding, raw: vec![0; BUFFER], text: Vec::new(), at: 0, ended: false, has_end }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() {
            if self.ended {
                return Ok(0);
            }
            let len = self.inner.read(&mut self.raw)?;
            self.ended = len == 0;
            let room = self.decoder.max_utf8_buffer_length(len).unwrap_or(4 * BUFFER);
            self.text.clear();
            self.text.resize(room, 0);
            let last = self.ended && self.has_end;
            let (_, _, written, replaced) = self.decoder.decode_to_utf8(&self.raw[..len], &mut self.text, last);
            if replaced {
                let what = format!("not all of it is {}; save it as UTF-8", self.encoding.name());
                return Err(io::Error::new(io::ErrorKind::InvalidData, what));
            }
            self.text.truncate(written);
            self.at = 0;
        }
        let len = buffer.len().min(self.text.len() - self.at);
        buffer[..len].copy_from_slice(&self.text[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, Vec<&'static str>) {
        let mut formed = formed(bytes).expect("read");
        let mut text = String::new();
        formed.text.read_to_string(&mut text).expect("UTF-8");
        assert_eq!(text.as_bytes(), formed.sample);
        (text, formed.remarks)
    }

    #[test]
    fn korean_is_read_as_cp949_where_it_is_certain() {
        let (bytes, _, _) = EUC_KR.encode("eci,name\n5a00101,홍대역-0231\n");
        let (read, remarks) = text(&bytes);
        assert_eq!(read, "eci,name\n5a00101,홍대역-0231\n");
        assert!(remarks[0].contains("CP949"));
        // The extension's syllables among the ordinary ones.
        let (bytes, _, _) = EUC_KR.encode("a\n가나다 똠방각하\n");
        assert_eq!(text(&bytes).0, "a\n가나다 똠방각하\n");
    }

    #[test]
    fn what_is_not_certain_is_left_as_it_is() {
        for bytes in [&b"name\ncaf\xE9,1\n"[..], b"name\n\xC4rger \xDCber\n", b"name\n\xE9\xE8\n"] {
            let mut formed = formed(bytes).expect("read");
            let mut read = Vec::new();
            formed.text.read_to_end(&mut read).expect("read");
            assert_eq!((&read[..], formed.remarks), (bytes, Vec::new()));
        }
    }

    #[test]
    fn utf_16_is_read_by_its_mark() {
        let bytes: Vec<u8> = "\u{FEFF}plmn\teci\n서초\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&bytes).0, "plmn\teci\n서초\n");
        let bytes: Vec<u8> = "\u{FEFF}plmn\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(text(&bytes).0, "plmn\n");
    }

    #[test]
    fn packed_files_are_unpacked() {
        let mut packed = flate2::read::GzEncoder::new(&b"plmn,eci\n"[..], flate2::Compression::fast());
        let mut bytes = Vec::new();
        packed.read_to_end(&mut bytes).expect("packed");
        let (read, remarks) = text(&bytes);
        assert_eq!(read, "plmn,eci\n");
        assert!(remarks[0].contains("gzip"));
    }

    #[test]
    fn workbooks_and_text_without_a_mark_are_named() {
        let utf16: Vec<u8> = "plmn,eci\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, what) in [
            (&b"PK\x03\x04\x14\0\x06\0"[..], Some("Excel workbook (.xlsx)")),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0", Some("Excel workbook (.xls)")),
            (&utf16, Some("NUL")),
            (b"PK,eci\n", None),
            (b"plmn,eci\n1,\0\n", None),
            (b"", None),
        ] {
            let found = formed(bytes).expect("read").binary;
            assert_eq!(found.is_some(), what.is_some(), "{bytes:?}: {found:?}");
            assert!(found.zip(what).is_none_or(|(found, what)| found.contains(what)), "{found:?}");
        }
    }

    #[test]
    fn a_first_line_may_name_the_separator() {
        for (text, separator) in [
            ("sep=;\nplmn;eci\n", Some(b';')),
            ("\u{FEFF}SEP=\t\r\nplmn\teci\r\n", Some(b'\t')),
            ("\"sep=|\"\nplmn|eci\n", Some(b'|')),
            ("sep=,", Some(b',')),
            ("sep=x\n", None),
            ("sep=\n", None),
            ("plmn;eci\nsep=;\n", None),
            ("", None),
        ] {
            assert_eq!(named_separator(text.as_bytes()), separator, "{text:?}");
        }
    }

    #[test]
    fn the_separator_is_that_of_a_known_header() {
        let known = |header: &ByteRecord| header.iter().any(|field| field == b"eci");
        assert_eq!(separator_of(b"plmn;eci;a,b,c,d\n", known), b';');
        assert_eq!(separator_of(b"plmn\teci\r\n", known), b'\t');
        assert_eq!(separator_of(b"plmn,eci\n", known), b',');
        assert_eq!(separator_of(b"a;b;c\n", known), b';');
        assert_eq!(separator_of(b"", known), b',');
    }
}

//! The text of a cell broadcast message. TS 23.041 §9.4.2.2.5, TS 23.038 §5, §6.

/// Pages a message has at most. TS 23.041 §9.4.2.2.5.
const MAX_PAGES: usize = 15;
/// CBS-Message-Information-Page: octets a page takes, used or not. TS 23.041 §9.4.2.2.5.
const PAGE_OCTETS: usize = 82;

/// Which characters a message's octets are. TS 23.038 §5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataCodingScheme {
    /// The GSM 7 bit default alphabet.
    Gsm7Bit,
    /// The same behind two letters that name the language and a carriage return.
    Gsm7BitWithLanguage,
    /// UCS2, big endian.
    Ucs2,
    /// UCS2 behind two octets that name the language.
    Ucs2WithLanguage,
    /// 8 bit data, or compressed: not text.
    Data,
}

impl DataCodingScheme {
    /// The scheme of a CBS Data Coding Scheme octet; reserved values are read as the 7 bit alphabet, as §5 says.
    pub fn from_octet(octet: u8) -> Self {
        let alphabet = |code| match code {
            1 => Self::Data,
            2 => Self::Ucs2,
            _ => Self::Gsm7Bit,
        };
        match (octet >> 4, octet & 0xF) {
            (1, 0) => Self::Gsm7BitWithLanguage,
            (1, 1) => Self::Ucs2WithLanguage,
            (6 | 7, _) => Self::Data,
            (4 | 5 | 9, low) => alphabet(low >> 2),
            (15, low) => alphabet(low >> 2 & 1),
            _ => Self::Gsm7Bit,
        }
    }
}

/// The text of a whole Warning Message Contents, `None` where it is not text or breaks its definition.
pub fn decode_cb_data(data: &[u8], scheme: DataCodingScheme) -> Option<String> {
    let (&pages, data) = data.split_first()?;
    let pages = usize::from(pages);
    if !(1..=MAX_PAGES).contains(&pages) {
        return None;
    }
    let mut text = String::new();
    for page in 0..pages {
        let page = data.get(page * (PAGE_OCTETS + 1)..)?.get(..=PAGE_OCTETS)?;
        let (octets, length) = page.split_at(PAGE_OCTETS);
        let used = octets.get(..usize::from(length[0]))?;
        let characters = match scheme {
            DataCodingScheme::Gsm7Bit => gsm_7_bit(used),
            DataCodingScheme::Gsm7BitWithLanguage => without_language(&gsm_7_bit(used)).to_owned(),
            DataCodingScheme::Ucs2 => ucs2(used),
            DataCodingScheme::Ucs2WithLanguage => ucs2(used.get(2..).unwrap_or_default()),
            DataCodingScheme::Data => return None,
        };
        // Pages are filled up with carriage returns (TS 23.038 §6.1.2.2.1).
        text.push_str(characters.trim_end_matches('\r'));
    }
    Some(text)
}

/// The text behind a language of two characters and a carriage return, where it begins with them.
fn without_language(text: &str) -> &str {
    text.split_once('\r').filter(|(language, _)| language.chars().count() == 2).map_or(text, |(_, text)| text)
}

/// Octets as UTF-16: UCS2 is its basic plane, and networks send the rest as surrogates.
fn ucs2(octets: &[u8]) -> String {
    let units: Vec<u16> = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// Septets packed from the least significant bit on (TS 23.038 §6.1.2.2) as characters.
fn gsm_7_bit(octets: &[u8]) -> String {
    let septet = |i: usize| {
        let (octet, shift) = (7 * i / 8, 7 * i % 8);
        let next = octets.get(octet + 1).copied().unwrap_or(0);
        (u16::from_le_bytes([octets[octet], next]) >> shift & 0x7F) as u8
    };
    let mut text = String::new();
    let mut is_escaped = false;
    for code in (0..8 * octets.len() / 7).map(septet) {
        if code == ESCAPE && !is_escaped {
            is_escaped = true;
            continue;
        }
        let plain = DEFAULT_ALPHABET[usize::from(code)];
        text.push(if is_escaped { extension(code).unwrap_or(plain) } else { plain });
        is_escaped = false;
    }
    text
}

/// Code that makes the next one a character of the extension table.
const ESCAPE: u8 = 0x1B;

/// GSM 7 bit default alphabet. TS 23.038 §6.2.1. The escape itself is shown as a space.
#[rustfmt::skip]
static DEFAULT_ALPHABET: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', ' ', 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];

/// GSM 7 bit default alphabet extension table. TS 23.038 §6.2.1.1.
fn extension(code: u8) -> Option<char> {
    Some(match code {
        0x0A => '\u{C}',
        0x14 => '^',
        0x28 => '{',
        0x29 => '}',
        0x2F => '\\',
        0x3C => '[',
        0x3D => '~',
        0x3E => ']',
        0x40 => '|',
        0x65 => '€',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Septets packed one bit after the other, the least significant first.
    fn pack(septets: &[u8]) -> Vec<u8> {
        let mut octets = vec![0; (7 * septets.len()).div_ceil(8)];
        for (i, bit) in (0..7 * septets.len()).map(|bit| (bit, septets[bit / 7] >> (bit % 7) & 1)) {
            octets[i / 8] |= bit << (i % 8);
        }
        octets
    }

    fn page(octets: &[u8]) -> Vec<u8> {
        let mut page = octets.to_vec();
        page.resize(PAGE_OCTETS, 0);
        page.push(octets.len() as u8);
        page
    }

    #[test]
    fn the_alphabet_agrees_with_ascii_where_both_have_a_character() {
        for code in (b'a'..=b'z').chain(b'A'..=b'Z').chain(b'%'..=b'?').chain(*b"!\"# ") {
            assert_eq!(DEFAULT_ALPHABET[usize::from(code)], char::from(code));
        }
        let mut characters: Vec<char> = DEFAULT_ALPHABET.into();
        characters.sort_unstable();
        characters.dedup();
        assert_eq!(characters.len(), 127, "only the space stands twice, for the escape");
    }

    #[test]
    fn septets_are_unpacked() {
        assert_eq!(gsm_7_bit(&[0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37]), "hellohello");
        assert_eq!(gsm_7_bit(&pack(&[0x1B, 0x65, 0x35, 0x1B, 0x41, 0x00])), "€5A@");
        assert_eq!(gsm_7_bit(&[]), "");
    }

    #[test]
    fn pages_follow_each_other_and_lose_their_filling() {
        let mut data = vec![2];
        data.extend(page(&pack(b"TSUNAMI \r\r\r")));
        data.extend(page(&pack(b"WARNING\r")));
        assert_eq!(decode_cb_data(&data, DataCodingScheme::from_octet(0x0F)).as_deref(), Some("TSUNAMI WARNING"));
    }

    #[test]
    fn a_language_before_the_text_is_left_out() {
        let message = [vec![1], page(&pack(b"en\rTSUNAMI"))].concat();
        assert_eq!(decode_cb_data(&message, DataCodingScheme::from_octet(0x10)).as_deref(), Some("TSUNAMI"));
        let message = [vec![1], page(&pack(b"NO LANGUAGE\r\r\r"))].concat();
        assert_eq!(decode_cb_data(&message, DataCodingScheme::from_octet(0x10)).as_deref(), Some("NO LANGUAGE"));
    }

    #[test]
    fn ucs2_pages_are_read_with_and_without_a_language() {
        let mut octets = vec![0xAE, 0x34, 0xAE, 0x09];
        let message = [vec![1], page(&octets)].concat();
        assert_eq!(decode_cb_data(&message, DataCodingScheme::from_octet(0x48)).as_deref(), Some("긴급"));
        octets.splice(..0, [0xEB, 0x39]);
        let message = [vec![1], page(&octets)].concat();
        assert_eq!(decode_cb_data(&message, DataCodingScheme::from_octet(0x11)).as_deref(), Some("긴급"));
    }

    #[test]
    fn what_is_no_text_or_ends_early_gives_none() {
        let message = [vec![1], page(b"abc")].concat();
        assert_eq!(decode_cb_data(&message, DataCodingScheme::from_octet(0x44)), None, "8 bit data");
        assert_eq!(decode_cb_data(&message[..83], DataCodingScheme::Gsm7Bit), None, "cut");
        assert_eq!(decode_cb_data(&[], DataCodingScheme::Gsm7Bit), None);
        assert_eq!(decode_cb_data(&[0], DataCodingScheme::Gsm7Bit), None, "no page");
        assert_eq!(decode_cb_data(&[16; 2000], DataCodingScheme::Gsm7Bit), None, "sixteen pages");
        let too_long = [vec![1], vec![0; PAGE_OCTETS], vec![83]].concat();
        assert_eq!(decode_cb_data(&too_long, DataCodingScheme::Gsm7Bit), None);
    }

    proptest! {
        #[test]
        fn no_octets_panic(data in prop::collection::vec(any::<u8>(), 0..1300), octet: u8) {
            let _ = decode_cb_data(&data, DataCodingScheme::from_octet(octet));
        }
    }
}

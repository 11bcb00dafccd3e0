//! Public warnings: the segments of SIB11 and SIB12 put together and read as text. TS 36.331 §5.2.2.19, TS 23.041.

use super::{
    sib11::{Sib11, WarningMessageSegmentType},
    sib12::Sib12,
    warning_text::{DataCodingScheme, decode_cb_data},
};

/// How many warnings are held at a time; a cell that sends more pushes the oldest out.
const MAX_WARNINGS: usize = 8;
/// warningMessageSegmentNumber is 0 to 63.
const MAX_SEGMENTS: usize = 64;

/// What tells one warning from another. TS 23.041 §9.4.3.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WarningId {
    /// messageIdentifier: the kind of the warning.
    pub message_identifier: u16,
    /// serialNumber: a new one where the content changes.
    pub serial_number: u16,
}

/// One segment of a warning. TS 36.331 §6.3.1 (SystemInformationBlockType11, SystemInformationBlockType12).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment<'a> {
    id: WarningId,
    is_last: bool,
    number: u8,
    data: &'a [u8],
    data_coding_scheme: Option<u8>,
}

impl<'a> From<&'a Sib11> for Segment<'a> {
    fn from(sib11: &'a Sib11) -> Self {
        Self {
            id: WarningId { message_identifier: sib11.message_identifier, serial_number: sib11.serial_number },
            is_last: sib11.warning_message_segment_type == WarningMessageSegmentType::LastSegment,
            number: sib11.warning_message_segment_number,
            data: &sib11.warning_message_segment,
            data_coding_scheme: sib11.data_coding_scheme.as_ref().and_then(|octets| octets.first().copied()),
        }
    }
}

impl<'a> From<&'a Sib12> for Segment<'a> {
    fn from(sib12: &'a Sib12) -> Self {
        Self {
            id: WarningId { message_identifier: sib12.message_identifier_r9, serial_number: sib12.serial_number_r9 },
            is_last: sib12.warning_message_segment_type_r9 == WarningMessageSegmentType::LastSegment,
            number: sib12.warning_message_segment_number_r9,
            data: &sib12.warning_message_segment_r9,
            data_coding_scheme: sib12.data_coding_scheme_r9.as_ref().and_then(|octets| octets.first().copied()),
        }
    }
}

/// Collects segments in any order and with repeats.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WarningAssembler {
    warnings: Vec<Partial>,
}

#[derive(Debug, Clone, PartialEq)]
struct Partial {
    id: WarningId,
    segments: Vec<Option<Vec<u8>>>,
    last: Option<usize>,
    data_coding_scheme: Option<u8>,
}

impl WarningAssembler {
    /// Takes a segment and gives the warning's text, once all of its segments are there.
    ///
    /// The text is as sent: control characters and all.
    pub fn take<'a>(&mut self, segment: impl Into<Segment<'a>>) -> (WarningId, Option<String>) {
        let segment = segment.into();
        let known = self.warnings.iter().position(|warning| warning.id == segment.id);
        let index = known.unwrap_or_else(|| {
            if self.warnings.len() == MAX_WARNINGS {
                self.warnings.remove(0);
            }
            let segments = vec![None; MAX_SEGMENTS];
            self.warnings.push(Partial { id: segment.id, segments, last: None, data_coding_scheme: None });
            self.warnings.len() - 1
        });
        (segment.id, self.warnings[index].take(&segment))
    }
}

impl Partial {
    fn take(&mut self, segment: &Segment) -> Option<String> {
        let number = usize::from(segment.number);
        if let Some(place) = self.segments.get_mut(number) {
            *place = Some(segment.data.to_vec());
        }
        if segment.is_last {
            self.last = Some(number);
        }
        self.data_coding_scheme = segment.data_coding_scheme.or(self.data_coding_scheme);
        let segments: Option<Vec<&[u8]>> = self.segments.get(..=self.last?)?.iter().map(Option::as_deref).collect();
        let scheme = DataCodingScheme::from_octet(self.data_coding_scheme?);
        decode_cb_data(&segments?.concat(), scheme)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: WarningId = WarningId { message_identifier: 0x1112, serial_number: 0x4001 };

    /// One page of "hellohello" in the 7-bit default alphabet.
    fn cb_data() -> Vec<u8> {
        let mut data = vec![1, 0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37];
        data.resize(1 + 82, 0);
        data.push(9);
        data
    }

    fn segment(number: u8, is_last: bool, data: &[u8]) -> Segment<'_> {
        Segment { id: ID, is_last, number, data, data_coding_scheme: (number == 0).then_some(0x01) }
    }

    #[test]
    fn segments_come_in_any_order_and_repeat() {
        let data = cb_data();
        let (first, second) = data.split_at(30);
        let mut assembler = WarningAssembler::default();
        assert_eq!(assembler.take(segment(1, true, second)), (ID, None));
        assert_eq!(assembler.take(segment(1, true, second)), (ID, None));
        assert_eq!(assembler.take(segment(0, false, first)), (ID, Some("hellohello".to_owned())));
    }

    #[test]
    fn a_flood_of_warnings_is_bounded() {
        let mut assembler = WarningAssembler::default();
        for serial_number in 0..1000 {
            let id = WarningId { serial_number, ..ID };
            assembler.take(Segment { id, ..segment(63, false, &[0; 200]) });
        }
        assert_eq!(assembler.warnings.len(), MAX_WARNINGS);
        assert_eq!(assembler.warnings.last().map(|warning| warning.id.serial_number), Some(999));
    }

    #[test]
    fn a_segment_without_its_scheme_gives_no_text() {
        let data = cb_data();
        let lone = Segment { data_coding_scheme: None, ..segment(0, true, &data) };
        assert_eq!(WarningAssembler::default().take(lone), (ID, None));
    }
}

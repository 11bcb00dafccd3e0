//! ENUMERATED types, read by their identifiers. ITU-T X.691 §14.
//!
//! An enumeration of the standard is a type with its list of identifiers, in the standard's order; its values are
//! indices into that list. So each list stands once, no value is lost that a later release adds, and the JSON shows the
//! standard's own words.

use std::{fmt, marker::PhantomData};

use rasn::{
    Codec,
    error::DecodeError,
    prelude::{AsnType, Constraints, Decode, Decoder, Encode, Encoder, Identifier, Tag},
};

/// The identifiers of an ENUMERATED type, in the standard's order.
pub trait Identifiers {
    /// Those of the extension root.
    const ROOT: &[&str];
    /// Those after the extension marker, where the type has one.
    const ADDITIONS: Option<&[&str]> = None;
}

/// `ENUMERATED {true}`, the standard's way to say that a flag is set.
pub enum True {}

impl Identifiers for True {
    const ROOT: &[&str] = &["true"];
}

/// A value of the enumeration `T`.
pub struct Enumerated<T> {
    index: u8,
    is_addition: bool,
    list: PhantomData<fn() -> T>,
}

impl<T: Identifiers> Enumerated<T> {
    /// Position of the value in the root list; `None` for one added after the extension marker.
    pub fn index(self) -> Option<u8> {
        (!self.is_addition).then_some(self.index)
    }

    /// The standard's identifier, `None` for a value added after release 15.
    pub fn identifier(self) -> Option<&'static str> {
        let list = if self.is_addition { T::ADDITIONS.unwrap_or_default() } else { T::ROOT };
        list.get(usize::from(self.index)).copied()
    }
}

/// Reads `count` bits, the first one most significant.
fn bits<D: Decoder>(decoder: &mut D, count: u32) -> Result<u8, D::Error> {
    (0..count).try_fold(0, |value, _| Ok(value << 1 | u8::from(decoder.decode_bool(Tag::BOOL)?)))
}

impl<T: Identifiers> AsnType for Enumerated<T> {
    const TAG: Tag = Tag::ENUMERATED;
}

impl<T: Identifiers> Decode for Enumerated<T> {
    fn decode_with_tag_and_constraints<D: Decoder>(decoder: &mut D, _: Tag, _: &Constraints) -> Result<Self, D::Error> {
        let is_addition = T::ADDITIONS.is_some() && decoder.decode_bool(Tag::BOOL)?;
        let index = if is_addition {
            // A normally small number (X.691 §11.6): a zero and six bits. No list of the standard needs its long form.
            if decoder.decode_bool(Tag::BOOL)? {
                return Err(DecodeError::enumeration_index_not_found(64, true, Codec::Uper).into());
            }
            bits(decoder, 6)?
        } else {
            bits(decoder, usize::BITS - (T::ROOT.len() - 1).leading_zeros())?
        };
        if !is_addition && usize::from(index) >= T::ROOT.len() {
            return Err(DecodeError::enumeration_index_not_found(index.into(), false, Codec::Uper).into());
        }
        Ok(Self { index, is_addition, list: PhantomData })
    }
}

impl<T: Identifiers> Encode for Enumerated<T> {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        _: Tag,
        constraints: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        let text = match self.identifier() {
            Some(text) => text.to_owned(),
            None => format!("addition{}", self.index),
        };
        encoder.encode_utf8_string(Tag::UTF8_STRING, constraints, &text, identifier).map(drop)
    }
}

impl<T> Clone for Enumerated<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Enumerated<T> {}

impl<T> PartialEq for Enumerated<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.index, self.is_addition) == (other.index, other.is_addition)
    }
}

impl<T: Identifiers> fmt::Debug for Enumerated<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.identifier() {
            Some(text) => f.write_str(text),
            None => write!(f, "addition{}", self.index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Plain {}
    impl Identifiers for Plain {
        const ROOT: &[&str] = &["a", "b", "c"];
    }

    enum Extensible {}
    impl Identifiers for Extensible {
        const ROOT: &[&str] = &["a", "b"];
        const ADDITIONS: Option<&[&str]> = Some(&["d"]);
    }

    fn read<T: Identifiers>(octet: u8) -> Option<String> {
        rasn::uper::decode_with_remainder::<Enumerated<T>>(&[octet]).ok().map(|(value, _)| format!("{value:?}"))
    }

    #[test]
    fn a_root_value_takes_the_bits_that_its_list_needs() {
        assert_eq!(read::<Plain>(0b1000_0000).as_deref(), Some("c"));
        assert_eq!(read::<Plain>(0b1100_0000), None, "index 3 of 3");
        assert_eq!(read::<Extensible>(0b0100_0000).as_deref(), Some("b"));
    }

    #[test]
    fn an_addition_is_kept_even_where_no_name_is_known() {
        assert_eq!(read::<Extensible>(0b1000_0000).as_deref(), Some("d"));
        assert_eq!(read::<Extensible>(0b1000_0101).as_deref(), Some("addition5"));
        assert_eq!(read::<Extensible>(0b1100_0000), None, "long form");
    }
}

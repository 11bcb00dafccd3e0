//! ENUMERATED types as Rust enumerations. ITU-T X.691 §14.
//!
//! A declaration lists the values in the standard's order, each with the standard's identifier, so that each list stands
//! once and the JSON shows the standard's own words. Where the standard allows later values (`...`), those behind the list
//! are kept as `Unknown`.

use rasn::{
    Codec,
    error::DecodeError,
    prelude::{Constraints, Decoder, Encoder, Identifier, Tag},
};

/// Declares an ENUMERATED type: `Variant = "identifier"` for each value, `...` where the standard has its extension marker.
macro_rules! enumeration {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident {
            $($root:ident = $identifier:literal),+ $(, ... $(, $addition:ident = $added:literal)*)?
        }
    ) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(clippy::enum_variant_names, reason = "the names are those of TS 36.331")]
        pub enum $name {
            $(#[doc = $identifier] $root,)+
            $(
                $(#[doc = $added] $addition,)*
                /// A value that a later release added: its position behind the extension marker.
                Unknown(u8),
            )?
        }

        impl $name {
            const ROOT: &[Self] = &[$(Self::$root),+];

            /// The value at a position behind the extension marker; `None` for a type without one.
            #[allow(unused_variables, reason = "where there is no extension marker")]
            fn addition(index: u8) -> Option<Self> {
                None$(.or({
                    let known: &[Self] = &[$(Self::$addition),*];
                    known.get(usize::from(index)).copied().or(Some(Self::Unknown(index)))
                }))?
            }
        }

        impl rasn::AsnType for $name {
            const TAG: rasn::types::Tag = rasn::types::Tag::ENUMERATED;
        }

        impl rasn::Decode for $name {
            fn decode_with_tag_and_constraints<D: rasn::Decoder>(
                decoder: &mut D,
                _: rasn::types::Tag,
                _: &rasn::types::Constraints,
            ) -> Result<Self, D::Error> {
                $crate::enumerated::read(decoder, Self::ROOT, Self::addition)
            }
        }

        impl rasn::Encode for $name {
            fn encode_with_tag_and_constraints<'b, E: rasn::Encoder<'b>>(
                &self,
                encoder: &mut E,
                _: rasn::types::Tag,
                constraints: &rasn::types::Constraints,
                identifier: rasn::types::Identifier,
            ) -> Result<(), E::Error> {
                let text = match self {
                    $(Self::$root => $identifier,)+
                    $(
                        $(Self::$addition => $added,)*
                        Self::Unknown(index) => &format!("addition{index}"),
                    )?
                };
                $crate::enumerated::write(encoder, constraints, text, identifier)
            }
        }
    };
}

pub(crate) use enumeration;

enumeration! {
    /// `ENUMERATED {true}`, the standard's way to say that a flag is set.
    pub enum True {
        True = "true"
    }
}

/// Reads one of the `root` values, or one behind the extension marker.
pub fn read<T: Copy, D: Decoder>(decoder: &mut D, root: &[T], addition: fn(u8) -> Option<T>) -> Result<T, D::Error> {
    let is_addition = addition(0).is_some() && decoder.decode_bool(Tag::BOOL)?;
    let not_found = |index: u8| DecodeError::enumeration_index_not_found(index.into(), is_addition, Codec::Uper).into();
    if is_addition {
        // A normally small number (X.691 §11.6): a zero and six bits. No list of the standard needs its long form.
        if decoder.decode_bool(Tag::BOOL)? {
            return Err(not_found(64));
        }
        let index = bits(decoder, 6)?;
        return addition(index).ok_or_else(|| not_found(index));
    }
    let index = bits(decoder, usize::BITS - (root.len() - 1).leading_zeros())?;
    root.get(usize::from(index)).copied().ok_or_else(|| not_found(index))
}

/// Writes a value's identifier, for JSON.
pub fn write<'b, E: Encoder<'b>>(
    encoder: &mut E,
    constraints: &Constraints,
    text: &str,
    identifier: Identifier,
) -> Result<(), E::Error> {
    encoder.encode_utf8_string(Tag::UTF8_STRING, constraints, text, identifier).map(drop)
}

/// Reads `count` bits, the first one most significant.
fn bits<D: Decoder>(decoder: &mut D, count: u32) -> Result<u8, D::Error> {
    (0..count).try_fold(0, |value, _| Ok(value << 1 | u8::from(decoder.decode_bool(Tag::BOOL)?)))
}

#[cfg(test)]
mod tests {
    use crate::json::to_json;

    enumeration! {
        pub enum Plain {
            A = "a", B = "b", C = "c-v1"
        }
    }

    enumeration! {
        pub enum Extensible {
            A = "a", B = "b", ..., D = "d"
        }
    }

    enumeration! {
        pub enum ExtensibleLater {
            A = "a", ...
        }
    }

    fn read<T: rasn::Decode>(octet: u8) -> Option<T> {
        rasn::uper::decode_with_remainder::<T>(&[octet]).ok().map(|(value, _)| value)
    }

    #[test]
    fn a_root_value_takes_the_bits_that_its_list_needs() {
        assert_eq!(read(0b1000_0000), Some(Plain::C));
        assert_eq!(read::<Plain>(0b1100_0000), None, "index 3 of 3");
        assert_eq!(read(0b0100_0000), Some(Extensible::B));
    }

    #[test]
    fn an_addition_is_kept_even_where_no_name_is_known() {
        assert_eq!(read(0b1000_0000), Some(Extensible::D));
        assert_eq!(read(0b1000_0101), Some(Extensible::Unknown(5)));
        assert_eq!(read::<Extensible>(0b1100_0000), None, "long form");
        assert_eq!(read(0b1000_0000), Some(ExtensibleLater::Unknown(0)));
    }

    #[test]
    fn the_json_has_the_identifier_of_the_standard() {
        assert_eq!(to_json(&Plain::C), "c-v1");
        assert_eq!(to_json(&Extensible::D), "d");
        assert_eq!(to_json(&Extensible::Unknown(5)), "addition5");
    }
}

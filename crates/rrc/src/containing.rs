//! OCTET STRINGs with a message inside, and ends of extension chains.

use rasn::prelude::*;

/// `OCTET STRING (CONTAINING T)`: how a release adds fields to an older one after that was frozen. ITU-T X.682 §11.
#[derive(Debug, Clone, PartialEq)]
pub enum Containing<T> {
    /// The value inside; what a later release put behind it is not read.
    Value(T),
    /// The octets, where they are no `T`: the fault does not reach beyond the string.
    Octets(OctetString),
}

impl<T> Containing<T> {
    /// The value, where it could be read.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Octets(_) => None,
        }
    }
}

impl<T: AsnType> AsnType for Containing<T> {
    const TAG: Tag = Tag::OCTET_STRING;
}

impl<T: Decode> Decode for Containing<T> {
    fn decode_with_tag_and_constraints<D: Decoder>(
        decoder: &mut D,
        tag: Tag,
        constraints: &Constraints,
    ) -> Result<Self, D::Error> {
        let octets = OctetString::decode_with_tag_and_constraints(decoder, tag, constraints)?;
        Ok(match rasn::uper::decode_with_remainder(&octets) {
            Ok((value, _)) => Self::Value(value),
            Err(_) => Self::Octets(octets),
        })
    }
}

impl<T: Encode> Encode for Containing<T> {
    fn encode_with_tag_and_constraints<'b, E: Encoder<'b>>(
        &self,
        encoder: &mut E,
        tag: Tag,
        constraints: &Constraints,
        identifier: Identifier,
    ) -> Result<(), E::Error> {
        match self {
            Self::Value(value) => value.encode_with_tag_and_constraints(encoder, T::TAG, constraints, identifier),
            Self::Octets(octets) => octets.encode_with_tag_and_constraints(encoder, tag, constraints, identifier),
        }
    }
}

/// The `nonCriticalExtension` of a release later than those read here; it ends the message, so nothing after it is lost.
#[derive(Debug, Clone, PartialEq, AsnType, Decode, Encode)]
pub struct Unread {}

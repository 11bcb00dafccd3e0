//! A place in a block from which one element after another is read.

use rasn::{
    prelude::{Decode, OctetString},
    types::BitStr,
    uper::de::{Decoder, DecoderOptions},
};

use super::error::RrcError;

/// Reads a block from its first bit on; a fault is reported with the bit where the faulty element starts.
pub struct Cursor<'a> {
    decoder: Decoder<'a, 0, 0>,
    bits: usize,
}

impl<'a> Cursor<'a> {
    /// At the first bit of `block`.
    pub fn new(block: &'a [u8]) -> Self {
        let decoder = Decoder::new(BitStr::from_slice(block), DecoderOptions::unaligned());
        Self { decoder, bits: 8 * block.len() }
    }

    /// The bit that is read next.
    pub fn at_bit(&self) -> usize {
        self.bits - self.decoder.input().len()
    }

    /// The next element, of type `T`.
    pub fn read<T: Decode>(&mut self, what: &'static str) -> Result<T, RrcError> {
        let at_bit = self.at_bit();
        T::decode(&mut self.decoder).map_err(|error| RrcError::Malformed { what, at_bit, value: error.to_string() })
    }

    /// The next bit.
    pub fn flag(&mut self, what: &'static str) -> Result<bool, RrcError> {
        self.read(what)
    }

    /// The next `count` bits, at most 8, as a number.
    pub fn number(&mut self, what: &'static str, count: u32) -> Result<u8, RrcError> {
        (0..count).try_fold(0, |value, _| Ok(value << 1 | u8::from(self.flag(what)?)))
    }

    /// The octets of an open type. ITU-T X.691 §11.2.
    pub fn open_type(&mut self, what: &'static str) -> Result<OctetString, RrcError> {
        self.read(what)
    }
}

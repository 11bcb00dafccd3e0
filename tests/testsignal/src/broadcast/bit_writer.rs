//! Bits of a message in the unaligned packed encoding rules. ITU-T X.691.

/// Collects bits, most significant first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BitWriter {
    bits: Vec<u8>,
}

impl BitWriter {
    /// Appends the lowest `width` bits of `value`: a bit string, or a constrained integer less its lower bound.
    ///
    /// # Panics
    /// If `value` needs more bits.
    pub fn put(&mut self, value: u32, width: u32) -> &mut Self {
        assert!(u64::from(value) >> width == 0, "{value} does not fit {width} bits");
        self.bits.extend((0..width).rev().map(|i| (value >> i & 1) as u8));
        self
    }

    /// Appends one bit: a boolean, or whether an optional field is there.
    pub fn flag(&mut self, value: bool) -> &mut Self {
        self.put(value.into(), 1)
    }

    /// Appends a code point of an enumeration: `value`'s place among `values`.
    ///
    /// # Panics
    /// If it is not among them.
    pub fn choice<T: PartialEq + std::fmt::Debug>(&mut self, value: &T, values: &[T], width: u32) -> &mut Self {
        let index = values.iter().position(|v| v == value);
        let index = index.unwrap_or_else(|| panic!("{value:?} is not one of {values:?}"));
        self.put(index as u32, width)
    }

    /// Appends another message's bits.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.bits.extend(&other.bits);
        self
    }

    /// The bits, each 0 or 1.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// The bits as a transport block of `len` bits, the rest padded with zeros. TS 36.331 §9.1.1.
    ///
    /// # Panics
    /// If they are more than `len`.
    #[must_use]
    pub fn padded(&self, len: usize) -> Vec<u8> {
        assert!(self.bits.len() <= len, "{} bits do not fit {len}", self.bits.len());
        let mut bits = self.bits.clone();
        bits.resize(len, 0);
        bits
    }

    /// The bits as whole bytes in hexadecimal, the last filled up with zeros.
    #[must_use]
    pub fn hex(&self) -> String {
        let byte = |bits: &[u8]| bits.iter().enumerate().map(|(i, bit)| bit << (7 - i)).sum::<u8>();
        self.bits.chunks(8).map(|bits| format!("{:02x}", byte(bits))).collect()
    }
}

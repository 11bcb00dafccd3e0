//! Bits of this crate (one a byte, 0 or 1) to and from packed bytes, most significant bit first.

/// Packs bits into bytes, the first bit as the most significant; a last part of a byte is filled with zeros.
#[must_use]
pub fn pack(bits: &[u8]) -> Vec<u8> {
    bits.chunks(8).map(|chunk| chunk.iter().enumerate().fold(0, |byte, (i, bit)| byte | (bit & 1) << (7 - i))).collect()
}

/// The bits of packed bytes, the most significant of each byte first.
#[must_use]
pub fn unpack(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| (0..8).map(move |i| byte >> (7 - i) & 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bit_is_the_most_significant() {
        assert_eq!(pack(&[1, 0, 0, 0, 0, 0, 1, 0, 1]), [0x82, 0x80]);
        assert_eq!(pack(&[]), []);
        assert_eq!(unpack(&[0x82]), [1, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn whole_bytes_round_trip() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(pack(&unpack(&bytes)), bytes);
    }
}

//! Cyclic redundancy check. TS 36.212 §5.1.1.

use crate::cell::AntennaPorts;

/// A cyclic generator polynomial; its parity bits p_0 … p_{L-1} are held in a `u32` with p_{L-1} as the lowest bit.
/// TS 36.212 §5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crc {
    /// g without its leading term, D^0 as the lowest bit.
    polynomial: u32,
    len: u32,
    /// What eight bits at the top of the register become when they are shifted out.
    table: &'static [u32; 256],
}

/// g_CRC24A(D), of transport blocks. TS 36.212 §5.1.1.
pub const CRC24A: Crc = Crc { polynomial: 0x86_4C_FB, len: 24, table: &TABLE_24A };
/// g_CRC24B(D), of code blocks. TS 36.212 §5.1.1.
pub const CRC24B: Crc = Crc { polynomial: 0x80_00_63, len: 24, table: &TABLE_24B };
/// g_CRC16(D), of the BCH and of DCI. TS 36.212 §5.1.1.
pub const CRC16: Crc = Crc { polynomial: 0x10_21, len: 16, table: &TABLE_16 };
/// g_CRC8(D). TS 36.212 §5.1.1.
pub const CRC8: Crc = Crc { polynomial: 0x9B, len: 8, table: &TABLE_8 };

static TABLE_24A: [u32; 256] = table(0x86_4C_FB << 8);
static TABLE_24B: [u32; 256] = table(0x80_00_63 << 8);
static TABLE_16: [u32; 256] = table(0x10_21 << 16);
static TABLE_8: [u32; 256] = table(0x9B << 24);

/// The table of a polynomial that stands at the top of the word.
const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        let mut register = (byte as u32) << 24;
        while bit < 8 {
            register = shifted(register, polynomial);
            bit += 1;
        }
        table[byte] = register;
        byte += 1;
    }
    table
}

/// The register after one bit has been shifted out at its top.
const fn shifted(register: u32, polynomial: u32) -> u32 {
    (register << 1) ^ (polynomial & (register >> 31).wrapping_neg())
}

impl Crc {
    /// L, the number of parity bits.
    #[must_use]
    pub const fn parity_bits(self) -> usize {
        self.len as usize
    }

    /// The parity bits of `bits`.
    #[must_use]
    pub fn parity(self, bits: &[u8]) -> u32 {
        // The register stands at the top of the word, so one loop serves all lengths.
        let shift = 32 - self.len;
        let mut register = 0u32;
        let (bytes, rest) = bits.as_chunks::<8>();
        for bits in bytes {
            // The product moves bit i of the eight to bit 7 - i of its top byte; no two land on one place.
            let byte = (u64::from_le_bytes(*bits) & 0x0101_0101_0101_0101).wrapping_mul(0x8040_2010_0804_0201) >> 56;
            register = (register << 8) ^ self.table[(register >> 24) as usize ^ byte as usize];
        }
        for bit in rest {
            register = shifted(register ^ u32::from(bit & 1) << 31, self.polynomial << shift);
        }
        register >> shift
    }

    /// Writes `bits` followed by their parity bits, these xored with `mask`, to `out`. An RNTI or an antenna mask is
    /// such a mask; where there is none it is 0. TS 36.212 §5.1.1, §5.3.1.1, §5.3.3.2.
    pub fn attach(self, bits: &[u8], mask: u32, out: &mut Vec<u8>) {
        let parity = self.parity(bits) ^ mask;
        out.clear();
        out.extend_from_slice(bits);
        out.extend((0..self.len).rev().map(|i| (parity >> i & 1) as u8));
    }

    /// The mask under which the parity bits at the end of `bits` are right: 0 where the check passes as it is, the RNTI
    /// of a DCI meant for it, garbage where there are bit errors.
    ///
    /// `None` if `bits` is shorter than the parity bits.
    #[must_use]
    pub fn mask(self, bits: &[u8]) -> Option<u32> {
        let payload = bits.len().checked_sub(self.parity_bits())?;
        let (payload, received) = bits.split_at(payload);
        let received = received.iter().fold(0, |word, bit| word << 1 | u32::from(bit & 1));
        Some(self.parity(payload) ^ received)
    }

    /// The payload of `bits` if the parity bits at its end, xored with `mask`, are right, else `None`.
    #[must_use]
    pub fn check(self, bits: &[u8], mask: u32) -> Option<&[u8]> {
        (self.mask(bits)? == mask).then(|| &bits[..bits.len() - self.parity_bits()])
    }
}

/// The CRC mask of the PBCH, which tells the number of antenna ports. TS 36.212 Table 5.3.1.1-1.
#[must_use]
pub const fn pbch_mask(ports: AntennaPorts) -> u32 {
    match ports {
        AntennaPorts::One => 0x0000,
        AntennaPorts::Two => 0xFFFF,
        AntennaPorts::Four => 0x5555,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Crc; 4] = [CRC24A, CRC24B, CRC16, CRC8];

    /// The exponents printed in the clause.
    #[test]
    fn polynomials_are_the_printed_ones() {
        let of = |exponents: &[u32]| exponents.iter().map(|e| 1u64 << e).sum::<u64>();
        let printed = [
            of(&[24, 23, 18, 17, 14, 11, 10, 7, 6, 5, 4, 3, 1, 0]),
            of(&[24, 23, 6, 5, 1, 0]),
            of(&[16, 12, 5, 0]),
            of(&[8, 7, 4, 3, 1, 0]),
        ];
        assert_eq!(ALL.map(|crc| u64::from(crc.polynomial) | 1 << crc.len), printed);
    }

    /// Long division of the clause: a_0 D^{A+L-1} + … + p_{L-1} leaves no remainder.
    fn divides(crc: Crc, bits: &[u8]) -> bool {
        let mut bits = bits.to_vec();
        let l = crc.parity_bits();
        for i in 0..bits.len() - l {
            if bits[i] == 1 {
                for j in 0..=l {
                    bits[i + j] ^= ((u64::from(crc.polynomial) | 1 << l) >> (l - j) & 1) as u8;
                }
            }
        }
        bits.iter().all(|bit| *bit == 0)
    }

    #[test]
    fn attached_parity_divides_and_every_single_error_is_seen() {
        let payload: Vec<u8> = (0..61u32).map(|i| (i * i / 3 % 2) as u8).collect();
        let mut bits = vec![7; 3];
        for crc in ALL {
            crc.attach(&payload, 0, &mut bits);
            assert!(divides(crc, &bits), "{crc:?}");
            assert_eq!(crc.check(&bits, 0), Some(&payload[..]));
            for i in 0..bits.len() {
                bits[i] ^= 1;
                assert_eq!(crc.check(&bits, 0), None, "{crc:?} bit {i}");
                bits[i] ^= 1;
            }
        }
    }

    #[test]
    fn mask_is_recovered() {
        let mut bits = Vec::new();
        CRC16.attach(&[1, 0, 1, 1], 0xFFFF, &mut bits);
        assert_eq!(CRC16.mask(&bits), Some(0xFFFF));
        assert_eq!(CRC16.check(&bits, 0), None);
        assert_eq!(CRC16.check(&bits, 0xFFFF), Some(&[1, 0, 1, 1][..]));
    }

    /// CRC-16/XMODEM is this polynomial with this start: its published check value over "123456789" is 0x31C3.
    #[test]
    fn crc16_has_its_published_check_value() {
        assert_eq!(CRC16.parity(&crate::coding::bits::unpack(b"123456789")), 0x31C3);
    }

    #[test]
    fn too_short_is_not_a_pass() {
        assert_eq!(CRC24A.mask(&[0; 23]), None);
        assert_eq!(CRC24A.check(&[], 0), None);
        assert_eq!(CRC24A.check(&[0; 24], 0), Some(&[][..]));
    }
}

//! Code block segmentation and code block CRC attachment. TS 36.212 §5.1.2.

use crate::{
    coding::{crc::CRC24B, turbo::BlockSize},
    tables::turbo_interleaver::TURBO_INTERLEAVER,
};

/// Z, the maximum code block size. TS 36.212 §5.1.2.
const Z: usize = 6144;

/// How a transport block with its CRC is cut into code blocks. TS 36.212 §5.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segmentation {
    b: usize,
    l: usize,
    k_plus: BlockSize,
    c_plus: usize,
    k_minus: Option<BlockSize>,
    c_minus: usize,
    f: usize,
}

impl Segmentation {
    /// The segmentation of `b` bits, transport block CRC included, or `None` for no bits at all.
    #[must_use]
    pub fn new(b: usize) -> Option<Self> {
        if b == 0 {
            return None;
        }
        let (l, c) = if b <= Z { (0, 1) } else { (CRC24B.parity_bits(), b.div_ceil(Z - CRC24B.parity_bits())) };
        let b_prime = b + c * l;
        let k_plus = BlockSize::at_least(b_prime.div_ceil(c))?;
        let below = TURBO_INTERLEAVER.iter().rev().map(|row| usize::from(row.0)).find(|k| *k < k_plus.k());
        let k_minus = below.filter(|_| c > 1).and_then(BlockSize::new);
        let c_minus = k_minus.map_or(0, |k_minus| (c * k_plus.k() - b_prime) / (k_plus.k() - k_minus.k()));
        let c_plus = c - c_minus;
        let f = c_plus * k_plus.k() + k_minus.map_or(0, |k_minus| c_minus * k_minus.k()) - b_prime;
        Some(Self { b, l, k_plus, c_plus, k_minus, c_minus, f })
    }

    /// C, the number of code blocks.
    #[must_use]
    pub const fn code_blocks(&self) -> usize {
        self.c_plus + self.c_minus
    }

    /// K_r, the size of code block `r`: the first C_- have K_-, the others K_+.
    #[must_use]
    pub fn size(&self, r: usize) -> BlockSize {
        self.k_minus.filter(|_| r < self.c_minus).unwrap_or(self.k_plus)
    }

    /// F, the number of filler bits at the start of the first code block; code block `r` has none unless it is that.
    #[must_use]
    pub const fn filler(&self, r: usize) -> usize {
        if r == 0 { self.f } else { 0 }
    }

    /// Cuts `bits` into code blocks c_{r,0} …, one after another, each K_r long: filler bits as 0, and a CRC24B on each
    /// where there is more than one.
    ///
    /// # Panics
    /// If `bits` is not as long as this segmentation is for.
    #[must_use]
    pub fn split(&self, bits: &[u8]) -> Vec<u8> {
        assert_eq!(bits.len(), self.b, "segmentation made for another length");
        let mut out = Vec::new();
        let (mut rest, mut block) = (bits, Vec::new());
        for r in 0..self.code_blocks() {
            let start = out.len();
            out.resize(start + self.filler(r), 0);
            let (payload, after) = rest.split_at(self.size(r).k() - self.filler(r) - self.l);
            out.extend_from_slice(payload);
            rest = after;
            if self.l > 0 {
                CRC24B.attach(&out[start..], 0, &mut block);
                out.truncate(start);
                out.extend_from_slice(&block);
            }
        }
        out
    }

    /// The inverse of [`split`](Self::split): drops filler bits and code block CRCs.
    ///
    /// `None` if a code block's CRC fails or `blocks` is shorter than Σ K_r.
    #[must_use]
    pub fn join(&self, blocks: &[u8]) -> Option<Vec<u8>> {
        let mut bits = Vec::with_capacity(self.b);
        let mut rest = blocks;
        for r in 0..self.code_blocks() {
            let (block, after) = rest.split_at_checked(self.size(r).k())?;
            rest = after;
            let block = if self.l > 0 { CRC24B.check(block, 0)? } else { block };
            bits.extend_from_slice(&block[self.filler(r)..]);
        }
        Some(bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_block_takes_the_smallest_size_that_holds_it() {
        for (b, k, f) in [(1, 40, 39), (40, 40, 0), (41, 48, 7), (232, 232, 0), (513, 528, 15), (6144, 6144, 0)] {
            let s = Segmentation::new(b).expect("not empty");
            assert_eq!((s.code_blocks(), s.size(0).k(), s.filler(0)), (1, k, f), "B {b}");
        }
        assert_eq!(Segmentation::new(0), None);
    }

    /// B = 6145 worked by hand: C = 2, B' = 6193, K_+ = 3136, K_- = 3072, C_- = ⌊(6272 - 6193)/64⌋ = 1, F = 15.
    #[test]
    fn two_blocks_of_different_size() {
        let s = Segmentation::new(6145).expect("not empty");
        assert_eq!((s.code_blocks(), s.size(0).k(), s.size(1).k()), (2, 3072, 3136));
        assert_eq!((s.filler(0), s.filler(1)), (15, 0));
    }

    #[test]
    fn blocks_hold_exactly_what_came_in() {
        for b in (1..20_000).step_by(7) {
            let s = Segmentation::new(b).expect("not empty");
            let total: usize = (0..s.code_blocks()).map(|r| s.size(r).k()).sum();
            let l = if s.code_blocks() > 1 { 24 } else { 0 };
            assert_eq!(total, b + s.filler(0) + s.code_blocks() * l, "B {b}");
            assert!(s.filler(0) < 64, "B {b}");
        }
    }

    #[test]
    fn split_and_join_round_trip() {
        for b in [1, 40, 100, 6144, 6145, 13_000] {
            let bits: Vec<u8> = (0..b as u32).map(|i| (i * i % 7 % 2) as u8).collect();
            let s = Segmentation::new(b).expect("not empty");
            let mut blocks = s.split(&bits);
            assert_eq!(s.join(&blocks), Some(bits), "B {b}");
            assert_eq!(s.join(&blocks[1..]), None);
            if s.code_blocks() > 1 {
                blocks[100] ^= 1;
                assert_eq!(s.join(&blocks), None, "a code block CRC must fail");
            }
        }
    }
}

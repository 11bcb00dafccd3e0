//! Scrambling with the pseudo-random sequence, and its undoing on soft bits. TS 36.211 §6.3.1, §6.6.1, §6.8.2.

use multiversion::multiversion;

use crate::{coding::llr::Llr, sequences::gold::GoldSequence};

/// Scrambles bits in place: b̃(i) = b(i) ⊕ c(i); a second pass with the same sequence undoes it. TS 36.211 §6.3.1.
///
/// Takes as many bits of `sequence` as there are `bits`, so that a channel may go on where it stopped.
pub fn scramble(bits: &mut [u8], sequence: &mut GoldSequence) {
    for (bit, c) in bits.iter_mut().zip(sequence) {
        *bit ^= u8::from(c);
    }
}

/// Descrambles soft bits in place: changes the sign where c(i) is 1. TS 36.211 §6.3.1.
///
/// Takes as many bits of `sequence` as there are `llrs`.
pub fn descramble(llrs: &mut [Llr], sequence: &mut GoldSequence) {
    for llrs in llrs.chunks_mut(GoldSequence::WORD as usize) {
        flip_signs(llrs, sequence.word(llrs.len() as u32) as u32);
    }
}

/// Changes the sign of the n-th value where bit n of `word` is 1.
#[multiversion(targets("x86_64+avx2", "x86_64+sse4.1"))]
fn flip_signs(llrs: &mut [Llr], word: u32) {
    for (n, llr) in llrs.iter_mut().enumerate() {
        *llr = Llr::from_bits(llr.to_bits() ^ (word >> n & 1) << 31);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_bits_are_descrambled_piece_by_piece() {
        let mut bits = vec![0; 100];
        scramble(&mut bits, &mut GoldSequence::new(301));
        let mut llrs: Vec<Llr> = bits.iter().map(|bit| if *bit == 1 { -2.0 } else { 2.0 }).collect();
        let mut sequence = GoldSequence::new(301);
        for piece in llrs.chunks_mut(33) {
            descramble(piece, &mut sequence);
        }
        assert!(llrs.iter().all(|llr| *llr == 2.0));
        assert!(bits.contains(&1));
    }
}

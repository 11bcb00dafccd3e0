//! Pseudo-random sequence generation. TS 36.211 §7.2.

/// Bits that one step of the shift registers yields: feedback reaches back at most to bit 3 of 31.
const STEP: u32 = 28;
const STATE: u64 = (1 << 31) - 1;
/// N_C, the bits discarded at the start.
const N_C: usize = 1600;
/// The first register after those, which always starts at 1.
const X_1: u64 = after_n_c(1, 0b1001);
/// What each bit of c_init has become in the second register after those: the feedback is linear.
static X_2: [u64; 31] = {
    let mut table = [0; 31];
    let mut bit = 0;
    while bit < 31 {
        table[bit] = after_n_c(1 << bit, 0b1111);
        bit += 1;
    }
    table
};

/// A register's state after N_C steps, its feedback the sum of the bits of `taps`.
const fn after_n_c(mut x: u64, taps: u64) -> u64 {
    let mut n = 0;
    while n < N_C {
        x = x >> 1 | (((x & taps).count_ones() & 1) as u64) << 30;
        n += 1;
    }
    x
}

/// The length-31 Gold sequence c(n) for `c_init`, bit by bit from n = 0. TS 36.211 §7.2.
///
/// Never ends; take as many bits as the channel needs.
#[derive(Debug, Clone)]
pub struct GoldSequence {
    x_1: u64,
    x_2: u64,
    word: u64,
    left: u32,
}

impl GoldSequence {
    /// Bits that [`word`](Self::word) gives at most, and most easily.
    pub const WORD: u32 = STEP;

    /// Starts the sequence; only the low 31 bits of `c_init` are used, as the standard has it.
    #[must_use]
    pub fn new(c_init: u32) -> Self {
        let bits = X_2.iter().enumerate().filter(|&(bit, _)| c_init >> bit & 1 == 1);
        Self { x_1: X_1, x_2: bits.fold(0, |sum, (_, state)| sum ^ state), word: 0, left: 0 }
    }

    /// Passes over `bits` bits.
    pub fn advance(&mut self, mut bits: usize) {
        while bits > self.left as usize {
            bits -= self.left as usize;
            self.refill();
        }
        self.word >>= bits;
        self.left -= bits as u32;
    }

    /// The next `bits` bits, the first as the lowest.
    ///
    /// # Panics
    /// If there are more than [`WORD`](Self::WORD).
    pub fn word(&mut self, bits: u32) -> u64 {
        assert!(bits <= Self::WORD, "{bits} bits, of {} a word", Self::WORD);
        let (mut word, had) = (self.word, self.left);
        if had < bits {
            self.refill();
            word |= self.word << had;
        }
        let taken = bits - if had < bits { had } else { 0 };
        self.word >>= taken;
        self.left -= taken;
        word & ((1 << bits) - 1)
    }

    /// Loads the next `STEP` bits and advances both registers by as much.
    fn refill(&mut self) {
        self.word = (self.x_1 ^ self.x_2) & ((1 << STEP) - 1);
        self.left = STEP;
        let x_1 = self.x_1 | ((self.x_1 ^ (self.x_1 >> 3)) & ((1 << STEP) - 1)) << 31;
        let feedback = self.x_2 ^ (self.x_2 >> 1) ^ (self.x_2 >> 2) ^ (self.x_2 >> 3);
        let x_2 = self.x_2 | (feedback & ((1 << STEP) - 1)) << 31;
        self.x_1 = (x_1 >> STEP) & STATE;
        self.x_2 = (x_2 >> STEP) & STATE;
    }
}

impl Iterator for GoldSequence {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        if self.left == 0 {
            self.refill();
        }
        let bit = self.word & 1 == 1;
        self.word >>= 1;
        self.left -= 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recurrences of the clause, letter by letter.
    fn naive(c_init: u32, len: usize) -> Vec<bool> {
        let n = N_C + len + 31;
        let (mut x_1, mut x_2) = (vec![false; n], vec![false; n]);
        x_1[0] = true;
        for (i, bit) in x_2.iter_mut().take(31).enumerate() {
            *bit = c_init >> i & 1 == 1;
        }
        for i in 0..n - 31 {
            x_1[i + 31] = x_1[i + 3] ^ x_1[i];
            x_2[i + 31] = x_2[i + 3] ^ x_2[i + 2] ^ x_2[i + 1] ^ x_2[i];
        }
        (0..len).map(|i| x_1[i + N_C] ^ x_2[i + N_C]).collect()
    }

    #[test]
    fn equals_the_recurrences() {
        for c_init in [0, 1, 503, 0x7FFF_FFFF, 0x1234_5678] {
            let got: Vec<bool> = GoldSequence::new(c_init).take(500).collect();
            assert_eq!(got, naive(c_init, 500), "c_init {c_init:#x}");
            for start in [0, 27, 28, 29, 56, 300] {
                let mut later = GoldSequence::new(c_init);
                later.advance(start);
                later.advance(1);
                assert!(later.take(60).eq(got[start + 1..][..60].iter().copied()), "c_init {c_init:#x} from {start}");
                let mut words = GoldSequence::new(c_init);
                words.advance(start);
                let bits = [28, 28, 5, 0, 28, 23, 1, 27, 28].map(|bits| (bits, words.word(bits)));
                let bits = bits.into_iter().flat_map(|(bits, word)| (0..bits).map(move |i| word >> i & 1 == 1));
                assert!(bits.eq(got[start..][..168].iter().copied()), "c_init {c_init:#x} from {start}");
            }
        }
    }
}

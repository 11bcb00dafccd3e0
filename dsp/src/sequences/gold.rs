//! Pseudo-random sequence generation. TS 36.211 §7.2.

/// Bits that one step of the shift registers yields: feedback reaches back at most to bit 3 of 31.
const STEP: u32 = 28;
const STATE: u64 = (1 << 31) - 1;
/// N_C, the bits discarded at the start.
const N_C: usize = 1600;

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
    /// Starts the sequence; only the low 31 bits of `c_init` are used, as the standard has it.
    #[must_use]
    pub fn new(c_init: u32) -> Self {
        let mut sequence = Self { x_1: 1, x_2: u64::from(c_init) & STATE, word: 0, left: 0 };
        for _ in 0..N_C / STEP as usize {
            sequence.refill();
        }
        sequence.left = 0;
        sequence.advance(N_C % STEP as usize);
        sequence
    }

    /// Passes over `bits` bits.
    pub fn advance(&mut self, bits: usize) {
        for _ in 0..bits {
            self.next();
        }
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
        }
    }
}

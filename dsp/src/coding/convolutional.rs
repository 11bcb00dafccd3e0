//! Tail-biting convolutional coding, rate 1/3, constraint length 7. TS 36.212 §5.1.3.1.

use crate::{
    coding::llr::{self, Llr},
    kernels::{
        Backend,
        viterbi::{BUTTERFLIES, STATES},
    },
};

/// G_0, G_1, G_2; the highest of the seven bits takes the bit that comes in. TS 36.212 Figure 5.1.3-1.
static GENERATORS: [u8; 3] = [0o133, 0o171, 0o165];

/// The output bits of the register (c_k as bit 0, c_{k-1} as bit 1, …) on the three streams.
const fn outputs(register: u8) -> [u8; 3] {
    let mut out = [0; 3];
    let mut i = 0;
    while i < 3 {
        // The generators are printed with c_k first, which is our lowest bit.
        let taps = GENERATORS[i].reverse_bits() >> 1;
        out[i] = (register & taps).count_ones() as u8 & 1;
        i += 1;
    }
    out
}

/// The streams d^(0), d^(1), d^(2) of `bits`, one after another in `d`. TS 36.212 §5.1.3.1.
///
/// # Panics
/// If `d` is not three times as long as `bits`.
pub fn encode(bits: &[u8], d: &mut [u8]) {
    let len = bits.len();
    assert_eq!(d.len(), 3 * len, "three streams as long as the bits");
    // Tail-biting: the register starts with the last six bits, and a shorter block goes round in it.
    let mut register = 0;
    for back in (1..=6).rev().filter(|_| len > 0) {
        register = register << 1 | bits[(6 * len - back) % len] & 1;
    }
    for (k, bit) in bits.iter().enumerate() {
        register = (register << 1 | bit & 1) & 0x7F;
        for (i, out) in outputs(register).into_iter().enumerate() {
            d[i * len + k] = out;
        }
    }
}

/// Metric of a start state that is ruled out: below all that six steps can make up for.
const RULED_OUT: i16 = -20_000;

/// A maximum-likelihood decoder of the tail-biting code, with its scratch.
///
/// Exact, not iterated: one pass with a free start state bounds what each state can reach as start and end; the states
/// are then tried in the order of their bounds until none left can be better.
#[derive(Debug, Clone)]
pub struct ConvolutionalDecoder {
    backend: Backend,
    soft: Vec<i16>,
    branches: Vec<[i16; BUTTERFLIES]>,
    decisions: Vec<u64>,
    candidate: Vec<u8>,
    codeword: Vec<u8>,
}

impl Default for ConvolutionalDecoder {
    fn default() -> Self {
        Self::new(Backend::detect())
    }
}

impl ConvolutionalDecoder {
    /// A decoder that uses the kernels of `backend`; `default()` takes the fastest of this machine.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            soft: Vec::new(),
            branches: Vec::new(),
            decisions: Vec::new(),
            candidate: Vec::new(),
            codeword: Vec::new(),
        }
    }

    /// Writes the most likely bits to `bits`, and returns how well the soft bits agree with their codeword
    /// ([`llr::agreement`]): 1 without noise, small for noise alone. A CRC must tell whether they are right.
    ///
    /// `d` holds the soft bits of the three streams, each as long as `bits`.
    ///
    /// # Panics
    /// If `d` is not three times as long as `bits`.
    pub fn decode(&mut self, d: &[Llr], bits: &mut [u8]) -> f32 {
        let len = bits.len();
        assert_eq!(d.len(), 3 * len, "three streams as long as the bits");
        if len == 0 {
            return 0.0;
        }
        self.load(d, len);

        let mut bounds = [0; STATES];
        let offset = self.run(&mut bounds);
        let mut order: [(i32, usize); STATES] = std::array::from_fn(|s| (offset + i32::from(bounds[s]), s));
        order.sort_unstable_by(|a, b| b.cmp(a));
        if self.trace(order[0].1, bits) != order[0].1 {
            let mut best = i32::MIN;
            self.candidate.resize(len, 0);
            for (bound, state) in order {
                if bound <= best {
                    break;
                }
                let metric = self.run_from(state);
                if metric > best {
                    best = metric;
                    self.trace(state, bits);
                }
            }
        }
        self.codeword.resize(3 * len, 0);
        encode(bits, &mut self.codeword);
        llr::agreement(d, &self.codeword)
    }

    /// Quantises the soft bits and makes the branch metrics of all steps: for butterfly i that of the transition from
    /// state i with a 0; the other three are the same or its negative, as all generators tap both ends.
    fn load(&mut self, d: &[Llr], len: usize) {
        llr::quantise(d, llr::quantiser_scale(d), &mut self.soft);
        self.branches.clear();
        self.branches.extend((0..len).map(|k| {
            let soft: [i16; 3] = std::array::from_fn(|i| self.soft[i * len + k]);
            // Eight sign patterns serve all butterflies.
            let sums: [i16; 8] = std::array::from_fn(|pattern| {
                (0..3).map(|i| if pattern >> i & 1 == 1 { -soft[i] } else { soft[i] }).sum()
            });
            PATTERNS.map(|pattern| sums[usize::from(pattern)])
        }));
        self.decisions.resize(len, 0);
    }

    /// All steps from the given state metrics, which become those at the end; returns what normalising took off them.
    fn run(&mut self, metrics: &mut [i16; STATES]) -> i32 {
        self.backend.viterbi(&self.branches, metrics, &mut self.decisions)
    }

    /// All steps from `state`; returns the metric of the best path that ends there, too.
    fn run_from(&mut self, state: usize) -> i32 {
        let mut metrics = [RULED_OUT; STATES];
        metrics[state] = 0;
        let offset = self.run(&mut metrics);
        offset + i32::from(metrics[state])
    }

    /// Follows the decisions back from the end `state`; returns the state in which the path started.
    fn trace(&self, mut state: usize, bits: &mut [u8]) -> usize {
        for (bit, decisions) in bits.iter_mut().zip(&self.decisions).rev() {
            *bit = (state & 1) as u8;
            state = state >> 1 | ((decisions >> state & 1) as usize) << 5;
        }
        state
    }
}

/// For each butterfly the three outputs of the transition from state i with a 0, packed.
static PATTERNS: [u8; BUTTERFLIES] = patterns();

const fn patterns() -> [u8; BUTTERFLIES] {
    let mut patterns = [0; BUTTERFLIES];
    let mut i = 0;
    while i < BUTTERFLIES {
        let out = outputs((i as u8) << 1);
        patterns[i] = out[0] | out[1] << 1 | out[2] << 2;
        i += 1;
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coding::test_channel::{TestChannel, random_bits};

    /// The code as a circular convolution, from the generators' printed digits.
    fn naive(bits: &[u8]) -> Vec<u8> {
        let (len, taps) = (bits.len(), ["1011011", "1111001", "1110101"]);
        let stream = |taps: &str, k: usize| {
            taps.bytes()
                .enumerate()
                .filter(|(_, tap)| *tap == b'1')
                .map(|(j, _)| bits[(k + 6 * len - j) % len])
                .sum::<u8>()
        };
        taps.iter().flat_map(|taps| (0..len).map(|k| stream(taps, k) % 2).collect::<Vec<_>>()).collect()
    }

    fn coded(bits: &[u8]) -> Vec<u8> {
        let mut d = vec![9; 3 * bits.len()];
        encode(bits, &mut d);
        d
    }

    #[test]
    fn encoder_is_a_circular_convolution() {
        for len in 1..80 {
            let bits = random_bits(len, len as u64);
            assert_eq!(coded(&bits), naive(&bits), "{len} bits");
        }
        encode(&[], &mut []);
    }

    #[test]
    fn decodes_every_length_without_noise() {
        let mut decoder = ConvolutionalDecoder::default();
        for len in 0..90 {
            let bits = random_bits(len, len as u64);
            let d: Vec<Llr> = coded(&bits).iter().map(|bit| 0.5 - f32::from(*bit)).collect();
            let mut got = vec![9; len];
            let agreement = decoder.decode(&d, &mut got);
            assert_eq!(coded(&got), coded(&bits), "{len} bits");
            assert!(len == 0 || agreement == 1.0);
        }
    }

    /// Short blocks against a search of all codewords: the decoder's has the greatest correlation.
    #[test]
    fn finds_the_most_likely_codeword() {
        let mut decoder = ConvolutionalDecoder::default();
        let mut channel = TestChannel::new(11);
        for seed in 0..60 {
            let len = 6 + seed as usize % 5;
            // Whole numbers within the quantiser's range at a fixed mean, so that it rounds nothing.
            let mut llrs: Vec<Llr> = channel.transmit(&coded(&random_bits(len, seed)), -6.0);
            for llr in &mut llrs {
                *llr = (*llr * 8.0).round();
            }
            let correlation = |bits: &[u8]| -> f32 {
                coded(bits).iter().zip(&llrs).map(|(bit, llr)| (1.0 - 2.0 * f32::from(*bit)) * llr).sum()
            };
            let all = (0..1u32 << len).map(|word| (0..len).map(|i| (word >> i & 1) as u8).collect::<Vec<_>>());
            let best = all.map(|bits| correlation(&bits)).fold(f32::MIN, f32::max);
            let mut got = vec![0; len];
            decoder.decode(&llrs, &mut got);
            let total: f32 = llrs.iter().map(|llr| llr.abs()).sum();
            assert!(best - correlation(&got) <= 0.01 * total, "seed {seed}: {} below {best}", correlation(&got));
        }
    }

    #[test]
    fn any_input_is_taken() {
        let mut decoder = ConvolutionalDecoder::default();
        for value in [0.0, f32::NAN, f32::INFINITY, -f32::INFINITY, f32::MAX, -1e-38] {
            let agreement = decoder.decode(&[value; 120], &mut [0; 40]);
            assert!(!agreement.is_finite() || agreement.abs() <= 1.0);
        }
    }

    /// Every set of kernels against the definition: bits, decisions and all.
    #[test]
    fn all_kernels_agree() {
        let mut decoders = [ConvolutionalDecoder::new(Backend::SCALAR), ConvolutionalDecoder::default()];
        let mut channel = TestChannel::new(5);
        for seed in 0..200 {
            let len = 1 + seed as usize % 75;
            let llrs = channel.transmit(&coded(&random_bits(len, seed)), [-12.0, -3.0, 20.0][seed as usize % 3]);
            let [expected, got] = decoders.each_mut().map(|decoder| {
                let mut bits = vec![9; len];
                let agreement = decoder.decode(&llrs, &mut bits);
                (bits, agreement, decoder.decisions.clone())
            });
            assert_eq!(got, expected, "seed {seed}");
        }
    }
}

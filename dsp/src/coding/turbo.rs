//! Turbo coding, rate 1/3, two 8-state constituent encoders. TS 36.212 §5.1.3.2.

use crate::{
    coding::llr::{self, Llr},
    kernels::{
        Backend,
        turbo::{Edges, LANES, Metrics, Row, RowMap, STATES, next_state, parity, weighted},
    },
    tables::turbo_interleaver::TURBO_INTERLEAVER,
};

/// Tail bits of each stream. TS 36.212 §5.1.3.2.2.
const TAIL: usize = 4;

/// A code block size K of Table 5.1.3-3, with its interleaver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockSize {
    k: u16,
    f_1: u16,
    f_2: u16,
}

impl BlockSize {
    /// The size `k`, or `None` if the table does not have it.
    #[must_use]
    pub fn new(k: usize) -> Option<Self> {
        Self::at_least(k).filter(|size| size.k() == k)
    }

    /// The smallest size that is at least `bits`, or `None` above 6144.
    #[must_use]
    pub fn at_least(bits: usize) -> Option<Self> {
        let row = TURBO_INTERLEAVER.partition_point(|row| usize::from(row.0) < bits);
        TURBO_INTERLEAVER.get(row).map(|&(k, f_1, f_2)| Self { k, f_1, f_2 })
    }

    /// K.
    #[must_use]
    pub const fn k(self) -> usize {
        self.k as usize
    }

    /// D = K + 4, the length of each of the three streams.
    #[must_use]
    pub const fn d(self) -> usize {
        self.k() + TAIL
    }

    /// Π(i) = (f_1·i + f_2·i²) mod K, for all i in order. TS 36.212 §5.1.3.2.3.
    pub fn interleaver(self) -> impl Iterator<Item = usize> {
        let (k, f_1, f_2) = (u64::from(self.k), u64::from(self.f_1), u64::from(self.f_2));
        (0..k).map(move |i| ((f_1 + f_2 * i) * i % k) as usize)
    }
}

/// Where the six termination bits x, z, x, z, x, z of constituent encoder `which` (0 or 1) stand in the streams.
/// TS 36.212 §5.1.3.2.2.
fn tail_places(size: BlockSize, which: usize) -> [usize; 6] {
    std::array::from_fn(|n| n % 3 * size.d() + size.k() + 2 * which + n / 3)
}

/// The streams d^(0), d^(1), d^(2) of one code block, one after another in `d`. Filler bits are coded as the zeros they
/// are; rate matching leaves them out. TS 36.212 §5.1.3.2.
///
/// # Panics
/// If `bits` is not K long or `d` is not 3·(K + 4).
pub fn encode(size: BlockSize, bits: &[u8], d: &mut [u8]) {
    let k = size.k();
    assert_eq!((bits.len(), d.len()), (k, 3 * size.d()), "K bits, three streams of K + 4");
    d[..k].copy_from_slice(bits);
    constituent_encode(size, 0, bits.iter().copied(), d);
    constituent_encode(size, 1, size.interleaver().map(|i| bits[i]), d);
}

/// The parity bits and the termination of one constituent encoder. TS 36.212 §5.1.3.2.1, §5.1.3.2.2.
fn constituent_encode(size: BlockSize, which: usize, bits: impl Iterator<Item = u8>, d: &mut [u8]) {
    let mut state = 0;
    for (bit, z) in bits.zip(&mut d[(1 + which) * size.d()..]) {
        *z = parity(state, usize::from(bit & 1)) as u8;
        state = next_state(state, usize::from(bit & 1));
    }
    for place in tail_places(size, which).chunks_exact(2) {
        let x = terminating_input(state);
        d[place[0]] = x as u8;
        d[place[1]] = parity(state, x) as u8;
        state = next_state(state, x);
    }
}

/// The input that brings a zero into the register: the feedback itself. TS 36.212 §5.1.3.2.2.
fn terminating_input(state: usize) -> usize {
    next_state(state, 0) & 1
}

/// Forward metric of a state the encoder cannot start in: below all that three steps can make up for.
const RULED_OUT: i16 = -8192;

/// What a successful decoding gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The K bits of the code block, filler bits included.
    pub bits: &'a [u8],
    /// Iterations it took.
    pub iterations: usize,
}

/// An iterative max-log-MAP decoder with its scratch; extrinsic values are weighted by 3/4.
#[derive(Debug, Clone)]
pub struct TurboDecoder {
    backend: Backend,
    /// Whose interleaver `forward` and `backward` are.
    size: Option<BlockSize>,
    windows: usize,
    forward: RowMap,
    backward: RowMap,
    /// The quantised soft bits, as they came.
    soft: Vec<i16>,
    systematic: [Vec<Row>; 2],
    parity: [Vec<Row>; 2],
    edges: [Edges; 2],
    /// Systematic plus a-priori values of the constituent decoder to run next.
    input: [Vec<Row>; 2],
    extrinsic: [Vec<Row>; 2],
    alpha: Vec<Metrics>,
    /// Hard decisions by row and lane.
    decisions: Vec<[u8; LANES]>,
    bits: Vec<u8>,
}

impl Default for TurboDecoder {
    fn default() -> Self {
        Self::new(Backend::detect())
    }
}

impl TurboDecoder {
    /// A decoder that uses the kernels of `backend`; `default()` takes the fastest of this machine.
    #[must_use]
    pub fn new(backend: Backend) -> Self {
        Self {
            backend,
            size: None,
            windows: 1,
            forward: RowMap::default(),
            backward: RowMap::default(),
            soft: Vec::new(),
            systematic: Default::default(),
            parity: Default::default(),
            edges: Default::default(),
            input: Default::default(),
            extrinsic: Default::default(),
            alpha: Vec::new(),
            decisions: Vec::new(),
            bits: Vec::new(),
        }
    }

    /// Decodes one code block from the soft bits of its three streams, of which the first `filler` bits are known to be
    /// zero. After each iteration `accept` sees the K bits; the first that it accepts (the CRC's word) end the work, so
    /// that many iterations cost time only where a few do not do: 16 instead of 8 gain 0.1 dB.
    ///
    /// `None` if `accept` refused the bits of all of `max_iterations`.
    ///
    /// # Panics
    /// If `d` is not 3·(K + 4) long or there are more filler bits than K.
    pub fn decode(
        &mut self,
        size: BlockSize,
        filler: usize,
        d: &[Llr],
        max_iterations: usize,
        mut accept: impl FnMut(&[u8]) -> bool,
    ) -> Option<Decoded<'_>> {
        assert_eq!(d.len(), 3 * size.d(), "three streams of K + 4");
        assert!(filler <= size.k(), "{filler} filler bits in a block of {}", size.k());
        self.prepare(size);
        self.load(size, filler, d);
        for iteration in 1..=max_iterations {
            self.iterate();
            self.decide();
            if accept(&self.bits) {
                return Some(Decoded { bits: &self.bits, iterations: iteration });
            }
        }
        None
    }

    /// Makes the interleaver's maps and the scratch, unless they are there from the last block.
    fn prepare(&mut self, size: BlockSize) {
        if self.size == Some(size) {
            return;
        }
        // As many windows as leave each 64 steps: then not knowing a window's edges at first costs less than 0.1 dB.
        self.windows = [16, 8, 4, 2].into_iter().find(|windows| size.k() >= 64 * windows).unwrap_or(1);
        let rows = size.k() / self.windows;
        for map in [&mut self.forward, &mut self.backward] {
            map.rows.clear();
            map.rows.resize(rows, 0);
            map.lanes.clear();
            map.lanes.resize(rows, std::array::from_fn(|t| t as u8));
        }
        for (i, source) in size.interleaver().enumerate() {
            let (j, t, source_j, source_t) = (i % rows, i / rows, source % rows, source / rows);
            self.forward.rows[j] = source_j as u16;
            self.forward.lanes[j][t] = source_t as u8;
            self.backward.rows[source_j] = j as u16;
            self.backward.lanes[source_j][source_t] = t as u8;
        }
        for buffer in [&mut self.systematic, &mut self.parity, &mut self.input, &mut self.extrinsic] {
            for rows_of_one in buffer {
                rows_of_one.clear();
                rows_of_one.resize(rows, Row::default());
            }
        }
        self.alpha.resize(rows, Metrics::default());
        self.decisions.resize(rows, [0; LANES]);
        self.bits.resize(size.k(), 0);
        self.size = Some(size);
    }

    /// Quantises the soft bits into rows and sets the windows' edges to what is known before the first iteration.
    fn load(&mut self, size: BlockSize, filler: usize, d: &[Llr]) {
        let (k, rows) = (size.k(), self.alpha.len());
        llr::quantise(d, llr::quantiser_scale(d), &mut self.soft);
        let (first, second) = self.soft.split_at_mut(size.d());
        first[..filler].fill(llr::MAX_QUANTISED);
        second[..filler].fill(llr::MAX_QUANTISED);
        let streams = self.soft.chunks_exact(size.d());
        for (stream, target) in streams.zip([&mut self.systematic[0]].into_iter().chain(&mut self.parity)) {
            for (t, window) in stream[..k].chunks_exact(rows).enumerate() {
                for (row, soft) in target.iter_mut().zip(window) {
                    row.0[t] = *soft;
                }
            }
        }
        let [natural, interleaved] = &mut self.systematic;
        for ((row, source), lanes) in interleaved.iter_mut().zip(&self.forward.rows).zip(&self.forward.lanes) {
            let source = &natural[usize::from(*source)];
            row.0 = lanes.map(|t| source.0[usize::from(t)]);
        }
        self.input[0].copy_from_slice(&self.systematic[0]);
        for which in 0..2 {
            let mut edges = Edges::default();
            for row in &mut edges.alpha[1..] {
                row.0[0] = RULED_OUT;
            }
            let end = tail_metrics(tail_places(size, which).map(|place| self.soft[place]));
            for (row, metric) in edges.beta.iter_mut().zip(end) {
                row.0[self.windows - 1] = metric;
            }
            self.edges[which] = edges;
        }
    }

    /// One iteration: both constituent decoders, each with what the other found out.
    fn iterate(&mut self) {
        for which in 0..2 {
            self.backend.turbo_constituent(
                &self.input[which],
                &self.parity[which],
                self.windows,
                &mut self.edges[which],
                &mut self.alpha,
                &mut self.extrinsic[which],
            );
            let map = if which == 0 { &self.forward } else { &self.backward };
            let other = 1 - which;
            self.backend.turbo_exchange(&self.systematic[other], &self.extrinsic[which], map, &mut self.input[other]);
        }
    }

    /// Hard decisions on the sum of the channel's and both decoders' values.
    fn decide(&mut self) {
        for ((decisions, input), extrinsic) in self.decisions.iter_mut().zip(&self.input[0]).zip(&self.extrinsic[0]) {
            *decisions = std::array::from_fn(|t| u8::from(input.0[t] + weighted(extrinsic.0[t]) < 0));
        }
        for (t, bits) in self.bits.chunks_exact_mut(self.decisions.len()).enumerate() {
            for (bit, decisions) in bits.iter_mut().zip(&self.decisions) {
                *bit = decisions[t];
            }
        }
    }
}

/// Backward metrics at the end of the block, from the soft values of the termination bits x, z, x, z, x, z: from each
/// state exactly one path leads to state 0.
fn tail_metrics(soft: [i16; 6]) -> [i16; STATES] {
    std::array::from_fn(|start| {
        let (mut metric, mut state) = (0, start);
        for pair in soft.chunks_exact(2) {
            let x = terminating_input(state);
            metric += if x == 0 { pair[0] } else { 0 };
            metric += if parity(state, x) == 0 { pair[1] } else { 0 };
            state = next_state(state, x);
        }
        metric
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::coding::{
        crc::CRC24A,
        test_channel::{TestChannel, random_bits},
    };

    fn soft(d: &[u8], amplitude: f32) -> Vec<Llr> {
        d.iter().map(|bit| amplitude * (1.0 - 2.0 * f32::from(*bit))).collect()
    }

    #[test]
    fn sizes_are_those_of_the_table() {
        assert_eq!(BlockSize::new(40).map(BlockSize::k), Some(40));
        assert_eq!(BlockSize::at_least(0).map(BlockSize::k), Some(40));
        assert_eq!(BlockSize::at_least(513).map(BlockSize::k), Some(528));
        assert_eq!((BlockSize::new(41), BlockSize::at_least(6145)), (None, None));
    }

    /// The clause's generator matrix as polynomials: z(D)·g_0(D) = x(D)·g_1(D) modulo 2, tail included.
    #[test]
    fn encoder_obeys_its_transfer_function() {
        let size = BlockSize::new(56).expect("in the table");
        let bits = random_bits(56, 1);
        let mut d = vec![9; 3 * size.d()];
        encode(size, &bits, &mut d);
        for which in 0..2 {
            let mut x: Vec<u8> = if which == 0 { bits.clone() } else { size.interleaver().map(|i| bits[i]).collect() };
            let mut z = d[(1 + which) * 60..][..56].to_vec();
            // Table of §5.1.3.2.2, written out.
            let at = |stream: usize, k: usize| d[stream * 60 + 56 + k];
            let tail = [
                [at(0, 0), at(1, 0), at(2, 0), at(0, 1), at(1, 1), at(2, 1)],
                [at(0, 2), at(1, 2), at(2, 2), at(0, 3), at(1, 3), at(2, 3)],
            ][which];
            x.extend([tail[0], tail[2], tail[4]]);
            z.extend([tail[1], tail[3], tail[5]]);
            let tap = |v: &[u8], k: usize, delay: usize| k.checked_sub(delay).map_or(0, |i| v.get(i).map_or(0, |b| *b));
            // Beyond the tail the register is empty, so the products agree to the very end.
            for k in 0..62 {
                let left = tap(&z, k, 0) ^ tap(&z, k, 2) ^ tap(&z, k, 3);
                let right = tap(&x, k, 0) ^ tap(&x, k, 1) ^ tap(&x, k, 3);
                assert_eq!(left, right, "encoder {which} k {k}");
            }
        }
        assert_eq!(d[..56], bits[..]);
    }

    #[test]
    fn decodes_every_size_without_noise() {
        let mut decoder = TurboDecoder::default();
        for (k, ..) in TURBO_INTERLEAVER {
            let size = BlockSize::new(usize::from(k)).expect("in the table");
            let bits = random_bits(size.k(), u64::from(k));
            let mut d = vec![0; 3 * size.d()];
            encode(size, &bits, &mut d);
            let decoded = decoder.decode(size, 0, &soft(&d, 3.0), 2, |got| got == bits);
            assert!(decoded.is_some(), "K {k}");
        }
    }

    /// Known zeros at the start, of which the receiver has no soft bits in d^(0) and d^(1).
    #[test]
    fn filler_bits_are_known() {
        let size = BlockSize::new(56).expect("in the table");
        let mut bits = random_bits(56, 3);
        bits[..20].fill(0);
        let mut d = vec![0; 3 * size.d()];
        encode(size, &bits, &mut d);
        let mut llrs = soft(&d, 1.0);
        llrs[..20].fill(0.0);
        llrs[60..80].fill(0.0);
        let mut decoder = TurboDecoder::default();
        assert!(decoder.decode(size, 20, &llrs, 4, |got| got == bits).is_some());
    }

    #[test]
    fn any_input_is_taken() {
        let mut decoder = TurboDecoder::default();
        let size = BlockSize::new(40).expect("in the table");
        assert!(decoder.decode(size, 0, &[1.0; 132], 0, |_| true).is_none(), "no iterations, no decision");
        for value in [0.0, f32::NAN, f32::INFINITY, -f32::INFINITY, f32::MAX, -1e-38] {
            assert!(decoder.decode(size, 40, &vec![value; 132], 2, |_| false).is_none());
        }
    }

    /// Over noise, through the CRC: rate 1/3, 8 iterations, each with one, some and all windows. Shannon's limit is -2.3 dB.
    #[test]
    fn decodes_over_noise_near_the_limit() {
        let mut decoder = TurboDecoder::default();
        for (k, esn0_db, at_least) in [(40, 0.6, 95), (328, -0.5, 95), (1056, -0.9, 95)] {
            let size = BlockSize::new(k).expect("in the table");
            let mut channel = TestChannel::new(7);
            let (mut payload, mut d) = (Vec::new(), vec![0; 3 * size.d()]);
            let mut decoded = 0;
            for seed in 0..100 {
                CRC24A.attach(&random_bits(k - 24, seed), 0, &mut payload);
                encode(size, &payload, &mut d);
                let llrs = channel.transmit(&d, esn0_db);
                let result = decoder.decode(size, 0, &llrs, 8, |bits| CRC24A.check(bits, 0).is_some());
                decoded += u32::from(result.is_some_and(|r| r.bits == payload));
            }
            assert!(decoded >= at_least, "K {k} at {esn0_db} dB: {decoded} of 100");
        }
    }

    /// Every set of kernels against the definition, on dirty scratch: the decisions of each iteration are the same.
    #[test]
    fn all_kernels_agree() {
        let mut decoders = [TurboDecoder::new(Backend::SCALAR), TurboDecoder::default()];
        let mut channel = TestChannel::new(5);
        for (k, esn0_db) in [(6144, -2.0), (40, -3.0), (1056, 20.0), (528, -1.0), (208, -2.0), (512, -1.5)] {
            let size = BlockSize::new(k).expect("in the table");
            let mut d = vec![0; 3 * size.d()];
            encode(size, &random_bits(k, 9), &mut d);
            let llrs = channel.transmit(&d, esn0_db);
            let [expected, got] = decoders.each_mut().map(|decoder| {
                let mut trail = Vec::new();
                decoder.decode(size, 3, &llrs, 8, |bits| {
                    trail.push(bits.to_vec());
                    false
                });
                (trail, decoder.edges, decoder.extrinsic.clone())
            });
            assert!(expected == got, "K {k}");
        }
    }

    proptest! {
        #[test]
        fn any_block_round_trips(row in 0..TURBO_INTERLEAVER.len(), filler in 0..40usize, seed: u64) {
            let size = BlockSize::new(usize::from(TURBO_INTERLEAVER[row].0)).expect("in the table");
            let mut bits = random_bits(size.k(), seed);
            bits[..filler].fill(0);
            let mut d = vec![0; 3 * size.d()];
            encode(size, &bits, &mut d);
            let decoded = TurboDecoder::default().decode(size, filler, &soft(&d, 0.1), 2, |got| got == bits).is_some();
            prop_assert!(decoded);
        }
    }
}

//! Rate matching: sub-block interleaver, bit collection, selection and pruning. TS 36.212 §5.1.4.

use crate::coding::llr::Llr;

/// C_subblock, the columns of the sub-block interleaver of both codes.
const COLUMNS: usize = 32;

/// Places of a circular buffer that soft bits are added to at once.
const AT_ONCE: usize = 16;

/// Redundancy version number rv_idx of a turbo-coded transmission. TS 36.212 §5.1.4.1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RedundancyVersion(u8);

impl RedundancyVersion {
    /// All four in numeric order.
    pub const ALL: [Self; 4] = [Self(0), Self(1), Self(2), Self(3)];

    /// The version, or `None` above 3.
    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if value < 4 { Some(Self(value)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// The order in which the coded bits of one block are sent: a circular buffer over its three streams, with the
/// `<NULL>`s already taken out. TS 36.212 §5.1.4.
///
/// Made once for a block size, then used both ways. Soft bits are added, not written: redundancy versions, repetitions
/// and further periods of the same block are combined by calling [`accumulate`](Self::accumulate) for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CircularBuffer {
    /// 3·D.
    len: usize,
    /// Indices into the streams, in the order sent.
    order: Vec<u32>,
    /// Where in `order` each redundancy version starts; all 0 for the convolutional code.
    starts: [usize; 4],
}

/// Column j of the permutation of Table 5.1.4-1: its number with the five bits reversed.
const fn bit_reversed(j: usize) -> usize {
    (j as u8).reverse_bits() as usize >> 3
}

/// Index k of a stream of D bits that stands at `position` of the R × 32 matrix, or `None` for one of the dummy
/// `<NULL>`s which fill the matrix's start.
fn stream_index(position: usize, d: usize) -> Option<usize> {
    let dummies = d.next_multiple_of(COLUMNS) - d;
    position.checked_sub(dummies)
}

/// The order in which the convolutional code's sub-block interleaver puts out a stream of `d` values, dummies left out;
/// the PDCCH interleaves its symbol quadruplets with it too. TS 36.212 §5.1.4.2.1.
pub fn sub_block_order(d: usize) -> impl Iterator<Item = usize> {
    let rows = d.div_ceil(COLUMNS);
    (0..COLUMNS).flat_map(move |j| {
        // Table 5.1.4-2: the permutation of Table 5.1.4-1 with its halves exchanged.
        let column = bit_reversed((j + COLUMNS / 2) % COLUMNS);
        (0..rows).filter_map(move |row| stream_index(row * COLUMNS + column, d))
    })
}

impl CircularBuffer {
    /// The buffer of a tail-biting convolutional code with streams of `d` bits. TS 36.212 §5.1.4.2.
    #[must_use]
    pub fn convolutional(d: usize) -> Self {
        let order = (0..3).flat_map(|stream| sub_block_order(d).map(move |k| (stream * d + k) as u32)).collect();
        Self { len: 3 * d, order, starts: [0; 4] }
    }

    /// The buffer of a turbo code block with streams of `d` = K + 4 bits, the first `filler` of which are `<NULL>` in
    /// d^(0) and d^(1). TS 36.212 §5.1.4.1.
    ///
    /// N_cb is K_w: the soft buffer of even a category 1 terminal, N_IR = ⌊250368/8⌋ = 31296 bits, is larger than the
    /// K_w = 18528 of the largest block, so it limits no transport block of one code block, as all of the SI are.
    #[must_use]
    pub fn turbo(d: usize, filler: usize) -> Self {
        let rows = d.div_ceil(COLUMNS);
        let k_pi = rows * COLUMNS;
        // v^(0) and v^(1): position y of the matrix for place k.
        let permuted = |k: usize| COLUMNS * (k % rows) + bit_reversed(k / rows);
        let not_filler = |k: &usize| *k >= filler;
        let v_0 = |k| stream_index(permuted(k), d).filter(not_filler);
        let v_1 = |k| stream_index(permuted(k), d).filter(not_filler).map(|k| d + k);
        let v_2 = |k| stream_index((permuted(k) + 1) % k_pi, d).map(|k| 2 * d + k);
        let k_0 = RedundancyVersion::ALL.map(|rv| {
            let n_cb = 3 * k_pi;
            rows * (2 * n_cb.div_ceil(8 * rows) * usize::from(rv.get()) + 2)
        });

        let mut order = Vec::with_capacity(3 * d);
        let mut starts = [0; 4];
        for place in 0..3 * k_pi {
            for (start, k_0) in starts.iter_mut().zip(k_0) {
                if place == k_0 {
                    *start = order.len();
                }
            }
            let index = match place.checked_sub(k_pi) {
                None => v_0(place),
                Some(k) if k % 2 == 0 => v_1(k / 2),
                Some(k) => v_2(k / 2),
            };
            order.extend(index.map(|index| index as u32));
        }
        Self { len: 3 * d, order, starts }
    }

    /// Coded bits of one turn, `<NULL>`s left out.
    #[must_use]
    pub fn bits_a_turn(&self) -> usize {
        self.order.len()
    }

    /// Where `rv` starts, for [`select`](Self::select) and [`accumulate`](Self::accumulate). TS 36.212 §5.1.4.1.2.
    #[must_use]
    pub fn start(&self, rv: RedundancyVersion) -> usize {
        self.starts[usize::from(rv.0)]
    }

    /// Fills `e` with the coded bits sent from place `start` on, turn after turn. TS 36.212 §5.1.4.1.2, §5.1.4.2.2.
    ///
    /// `start` is that of a redundancy version, or for a channel that sends its bits in parts (the PBCH's four frames)
    /// the number of bits sent before.
    ///
    /// # Panics
    /// If `d` is not the three streams this buffer is made for.
    pub fn select(&self, d: &[u8], start: usize, e: &mut [u8]) {
        assert_eq!(d.len(), self.len, "streams of another block size");
        let mut places = self.places(start);
        for e in e {
            let Some(index) = places.next() else { return };
            *e = d[index];
        }
    }

    /// Adds the soft bits `e`, sent from place `start` on, to those of the streams `d`: the inverse of
    /// [`select`](Self::select).
    ///
    /// # Panics
    /// If `d` is not the three streams this buffer is made for.
    pub fn accumulate(&self, e: &[Llr], start: usize, d: &mut [Llr]) {
        assert_eq!(d.len(), self.len, "streams of another block size");
        let turn = self.order.len().max(1);
        let (before, after) = self.order.split_at(start.checked_rem(self.order.len()).unwrap_or(0));
        let mut from = 0;
        for places in after.chunks(AT_ONCE).chain(before.chunks(AT_ONCE)) {
            // What all turns have for some places that follow each other, before it is scattered.
            let mut sums = [0.0; AT_ONCE];
            for e in e.get(from..).unwrap_or(&[]).chunks(turn) {
                for (sum, e) in sums[..places.len()].iter_mut().zip(e) {
                    *sum += e;
                }
            }
            for (sum, index) in sums.iter().zip(places) {
                d[*index as usize] += sum;
            }
            from += places.len();
        }
    }

    /// Indices into the streams from `start` on, for ever (never, of an empty block).
    fn places(&self, start: usize) -> impl Iterator<Item = usize> {
        let start = start.checked_rem(self.order.len()).unwrap_or(0);
        self.order[start..].iter().chain(self.order.iter().cycle()).map(|index| *index as usize)
    }
}

/// E, the coded bits of code block `r` of `code_blocks` that share `g` bits of a transport block. TS 36.212 §5.1.4.1.2.
///
/// `n_l` is 1 for one layer and 2 for transmit diversity, whatever its ports; `q_m` the bits a symbol.
#[must_use]
pub const fn code_block_bits(g: usize, n_l: usize, q_m: usize, code_blocks: usize, r: usize) -> usize {
    let unit = n_l * q_m;
    let g_prime = g / unit;
    let gamma = g_prime % code_blocks;
    unit * if r + gamma < code_blocks { g_prime / code_blocks } else { g_prime.div_ceil(code_blocks) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables 5.1.4-1 and 5.1.4-2 as printed.
    static TURBO_COLUMNS: [usize; 32] = [
        0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22, 14, 30, 1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23,
        15, 31,
    ];
    static CONVOLUTIONAL_COLUMNS: [usize; 32] = [
        1, 17, 9, 25, 5, 21, 13, 29, 3, 19, 11, 27, 7, 23, 15, 31, 0, 16, 8, 24, 4, 20, 12, 28, 2, 18, 10, 26, 6, 22,
        14, 30,
    ];

    /// The clause step by step, with `<NULL>` written as `None`: the w sequence of streams of labels.
    fn naive_w(streams: &[Vec<Option<u32>>; 3], turbo: bool) -> Vec<Option<u32>> {
        let d = streams[0].len();
        let r = d.div_ceil(32);
        let k_pi = 32 * r;
        let v: Vec<Vec<Option<u32>>> = (0..3)
            .map(|i| {
                let mut y = vec![None; k_pi - d];
                y.extend(&streams[i]);
                if turbo && i == 2 {
                    return (0..k_pi).map(|k| y[(TURBO_COLUMNS[k / r] + 32 * (k % r) + 1) % k_pi]).collect();
                }
                let columns = if turbo { &TURBO_COLUMNS } else { &CONVOLUTIONAL_COLUMNS };
                columns.iter().flat_map(|p| (0..r).map(|row| y[32 * row + p]).collect::<Vec<_>>()).collect()
            })
            .collect();
        if turbo {
            let pairs = v[1].iter().zip(&v[2]).flat_map(|(a, b)| [*a, *b]);
            v[0].iter().copied().chain(pairs).collect()
        } else {
            v.concat()
        }
    }

    fn labels(d: usize, filler: usize) -> [Vec<Option<u32>>; 3] {
        std::array::from_fn(|i| {
            (0..d).map(|k| if i < 2 && k < filler { None } else { Some((i * d + k) as u32) }).collect()
        })
    }

    fn naive_select(w: &[Option<u32>], k_0: usize, e: usize) -> Vec<u32> {
        (0..).filter_map(|j| w[(k_0 + j) % w.len()]).take(e).collect()
    }

    #[test]
    fn convolutional_order_is_that_of_the_clause() {
        for d in [1, 31, 32, 33, 40, 43, 64, 76] {
            let expected = naive_select(&naive_w(&labels(d, 0), false), 0, 7 * d);
            let buffer = CircularBuffer::convolutional(d);
            let got: Vec<u32> = buffer.places(0).take(7 * d).map(|i| i as u32).collect();
            assert_eq!(got, expected, "D {d}");
        }
    }

    #[test]
    fn turbo_order_is_that_of_the_clause() {
        for (k, filler) in [(40, 0), (40, 39), (56, 7), (232, 0), (528, 15), (1056, 3), (6144, 0)] {
            let d = k + 4;
            let w = naive_w(&labels(d, filler), true);
            let buffer = CircularBuffer::turbo(d, filler);
            let r = d.div_ceil(32);
            for rv in RedundancyVersion::ALL {
                let k_0 = r * (2 * w.len().div_ceil(8 * r) * usize::from(rv.get()) + 2);
                let expected = naive_select(&w, k_0, 4 * d);
                let got: Vec<u32> = buffer.places(buffer.start(rv)).take(4 * d).map(|i| i as u32).collect();
                assert_eq!(got, expected, "K {k} F {filler} rv {}", rv.get());
            }
        }
    }

    #[test]
    fn soft_bits_come_back_to_their_places_and_add_up() {
        let d: Vec<u8> = (0..3 * 44u32).map(|i| (i * i % 11 % 2) as u8).collect();
        let buffer = CircularBuffer::turbo(44, 0);
        let mut sums = vec![0.0; d.len()];
        for rv in RedundancyVersion::ALL {
            let mut e = vec![0; 200];
            buffer.select(&d, buffer.start(rv), &mut e);
            let soft: Vec<Llr> = e.iter().map(|e| 1.0 - 2.0 * f32::from(*e)).collect();
            buffer.accumulate(&soft, buffer.start(rv), &mut sums);
        }
        assert_eq!(sums.iter().map(|s| s.abs()).sum::<f32>(), 800.0);
        assert!(sums.iter().zip(&d).all(|(s, d)| *s != 0.0 && (*s < 0.0) == (*d == 1)));
    }

    /// The PBCH sends 1728 bits in four frames with the extended prefix: parts of one sequence.
    #[test]
    fn parts_of_a_sequence_continue_each_other() {
        let d: Vec<u8> = (0..120u32).map(|i| (i * i % 13 % 2) as u8).collect();
        let buffer = CircularBuffer::convolutional(40);
        let mut whole = vec![0; 1728];
        buffer.select(&d, 0, &mut whole);
        for (quarter, expected) in whole.chunks(432).enumerate() {
            let mut part = vec![0; 432];
            buffer.select(&d, 432 * quarter, &mut part);
            assert_eq!(part, expected, "quarter {quarter}");
        }
    }

    #[test]
    fn an_empty_block_is_harmless() {
        let buffer = CircularBuffer::convolutional(0);
        let mut e = [3; 4];
        buffer.select(&[], 5, &mut e);
        buffer.accumulate(&[1.0], 5, &mut []);
        assert_eq!(e, [3; 4]);
    }

    #[test]
    fn code_blocks_share_all_whole_symbols() {
        assert_eq!(code_block_bits(920, 2, 2, 1, 0), 920);
        assert_eq!(code_block_bits(922, 2, 2, 1, 0), 920);
        let shares: Vec<usize> = (0..3).map(|r| code_block_bits(100, 1, 2, 3, r)).collect();
        assert_eq!(shares, [32, 34, 34]);
    }
}

//! The kernels with 256-bit integer vectors. Each gives the same bits as its scalar definition.

use std::arch::x86_64::*;

use super::turbo::{self, Edges, MAX_EXTRINSIC, Metrics, Row, RowMap, next_state, parity};

/// See [`turbo::constituent_scalar`].
#[target_feature(enable = "avx2")]
pub(super) fn turbo_constituent(
    ls: &[Row],
    lp: &[Row],
    windows: usize,
    edges: &mut Edges,
    alpha: &mut [Metrics],
    extrinsic: &mut [Row],
) {
    let mut ends = Edges::default();
    let mut m = get(&edges.alpha);
    for (j, ((ls, lp), alpha)) in ls.iter().zip(lp).zip(alpha.iter_mut()).enumerate() {
        if j % turbo::NORMALISE_EVERY == 0 {
            normalise(&mut m);
        }
        put(&m, alpha);
        m = forward(&m, &Branches::new(load(&ls.0), load(&lp.0)));
    }
    normalise(&mut m);
    put(&m, &mut ends.alpha);

    let mut m = get(&edges.beta);
    for (j, (((ls, lp), alpha), extrinsic)) in ls.iter().zip(lp).zip(alpha).zip(extrinsic).enumerate().rev() {
        if j % turbo::NORMALISE_EVERY == 0 {
            normalise(&mut m);
        }
        let branch = Branches::new(load(&ls.0), load(&lp.0));
        let [zero, one] = [best_path(&get(alpha), &m, &branch, 0), best_path(&get(alpha), &m, &branch, 1)];
        store(_mm256_subs_epi16(zero, one), &mut extrinsic.0);
        m = backward(&m, &branch);
    }
    normalise(&mut m);
    put(&m, &mut ends.beta);
    edges.take_over(&ends, windows);
}

// Loops over states are plain ones: a closure in `map` or `from_fn` is a function without AVX2 and stays a call.

/// The forward metrics after one step. State n is reached from two states that differ in the oldest bit, with opposite
/// inputs and parities.
#[inline]
#[target_feature(enable = "avx2")]
fn forward(m: &[__m256i; turbo::STATES], branch: &Branches) -> [__m256i; turbo::STATES] {
    let mut next = *m;
    for (n, next) in next.iter_mut().enumerate() {
        let (a, b) = (n >> 1, (n >> 1) + turbo::STATES / 2);
        let u = (next_state(a, 0) ^ n) & 1;
        *next = _mm256_max_epi16(branch.add(m[a], u, parity(a, u)), branch.add(m[b], 1 - u, parity(b, 1 - u)));
    }
    next
}

/// The backward metrics before one step.
#[inline]
#[target_feature(enable = "avx2")]
fn backward(m: &[__m256i; turbo::STATES], branch: &Branches) -> [__m256i; turbo::STATES] {
    let mut before = *m;
    for (s, before) in before.iter_mut().enumerate() {
        let zero = branch.add(m[next_state(s, 0)], 0, parity(s, 0));
        let one = branch.add(m[next_state(s, 1)], 1, parity(s, 1));
        *before = _mm256_max_epi16(zero, one);
    }
    before
}

/// The best path with input `u`, without the systematic value. The parity value is added to the best of the four paths
/// that have z = 0, not to each.
#[inline]
#[target_feature(enable = "avx2")]
fn best_path(
    alpha: &[__m256i; turbo::STATES],
    beta: &[__m256i; turbo::STATES],
    branch: &Branches,
    u: usize,
) -> __m256i {
    let mut best = [_mm256_set1_epi16(i16::MIN); 2];
    for (s, alpha) in alpha.iter().enumerate() {
        let path = _mm256_adds_epi16(*alpha, beta[next_state(s, u)]);
        let best = &mut best[parity(s, u)];
        *best = _mm256_max_epi16(*best, path);
    }
    _mm256_max_epi16(_mm256_adds_epi16(best[0], branch.lp), best[1])
}

/// The three branch metrics of a step that are not zero.
struct Branches {
    both: __m256i,
    ls: __m256i,
    lp: __m256i,
}

impl Branches {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn new(ls: __m256i, lp: __m256i) -> Self {
        Self { both: _mm256_adds_epi16(ls, lp), ls, lp }
    }

    /// `metric` plus the branch metric of input `u` and parity `z`.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn add(&self, metric: __m256i, u: usize, z: usize) -> __m256i {
        match (u, z) {
            (0, 0) => _mm256_adds_epi16(metric, self.both),
            (0, _) => _mm256_adds_epi16(metric, self.ls),
            (_, 0) => _mm256_adds_epi16(metric, self.lp),
            _ => metric,
        }
    }
}

/// Takes the metric of state 0 off all of them.
#[inline]
#[target_feature(enable = "avx2")]
fn normalise(m: &mut [__m256i; turbo::STATES]) {
    let zero = m[0];
    for metric in m {
        *metric = _mm256_subs_epi16(*metric, zero);
    }
}

/// See [`turbo::exchange_scalar`].
#[target_feature(enable = "avx2")]
pub(super) fn turbo_exchange(base: &[Row], extrinsic: &[Row], map: &RowMap, out: &mut [Row]) {
    let (max, min) = (_mm256_set1_epi16(MAX_EXTRINSIC), _mm256_set1_epi16(-MAX_EXTRINSIC));
    for ((base, out), (source, lanes)) in base.iter().zip(out).zip(map.rows.iter().zip(&map.lanes)) {
        let source = load(&extrinsic[usize::from(*source)].0);
        let weighted = _mm256_sub_epi16(source, _mm256_srai_epi16::<2>(source));
        let weighted = _mm256_min_epi16(_mm256_max_epi16(weighted, min), max);
        // Lane l holds the bytes 2l and 2l + 1. The byte shuffle looks at their low four bits and picks from each
        // 128-bit half; bit 4 then tells which half was meant.
        // SAFETY: `lanes` is 16 bytes long, and the load needs no alignment.
        let lanes = _mm256_cvtepu8_epi16(unsafe { _mm_loadu_si128(lanes.as_ptr().cast()) });
        let bytes = _mm256_add_epi16(_mm256_mullo_epi16(lanes, _mm256_set1_epi16(0x0202)), _mm256_set1_epi16(0x0100));
        let low = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x00>(weighted, weighted), bytes);
        let high = _mm256_shuffle_epi8(_mm256_permute2x128_si256::<0x11>(weighted, weighted), bytes);
        let permuted = _mm256_blendv_epi8(low, high, _mm256_slli_epi16::<3>(bytes));
        store(_mm256_adds_epi16(load(&base.0), permuted), &mut out.0);
    }
}

/// One vector a state.
#[inline]
#[target_feature(enable = "avx2")]
fn get(all: &Metrics) -> [__m256i; turbo::STATES] {
    let mut m = [_mm256_setzero_si256(); turbo::STATES];
    for (m, row) in m.iter_mut().zip(all) {
        *m = load(&row.0);
    }
    m
}

/// Stores one vector a state.
#[inline]
#[target_feature(enable = "avx2")]
fn put(m: &[__m256i; turbo::STATES], all: &mut Metrics) {
    for (m, row) in m.iter().zip(all) {
        store(*m, &mut row.0);
    }
}

/// Sixteen values as a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn load(values: &[i16]) -> __m256i {
    assert!(values.len() == 16, "a vector has sixteen values");
    // SAFETY: 32 readable bytes, as just checked; the load needs no alignment.
    unsafe { _mm256_loadu_si256(values.as_ptr().cast()) }
}

/// A vector as sixteen values.
#[inline]
#[target_feature(enable = "avx2")]
fn store(vector: __m256i, values: &mut [i16]) {
    assert!(values.len() == 16, "a vector has sixteen values");
    // SAFETY: 32 writable bytes, as just checked; the store needs no alignment.
    unsafe { _mm256_storeu_si256(values.as_mut_ptr().cast(), vector) }
}

//! The search for PSS at many places of a band, those side by side measured against the same powers.

use lte_dsp::{
    frontend::spectra::BlockSpectra,
    search::{
        pss::{PssHypothesis, PssPeak, blocks_of},
        symbol_powers::SymbolPowers,
    },
};
use rayon::prelude::*;

/// Bins so near each other that their bands hold the same power: 30 kHz, a thirtieth of them.
const SAME_POWERS_BINS: i64 = 32;

/// What `look` finds at the places of `hypotheses` in at most so many half frames, strongest first, with the memory that
/// `new` makes for spectra of a block length.
pub fn peaks_near<S>(
    spectra: &BlockSpectra,
    mut hypotheses: Vec<PssHypothesis>,
    periods: usize,
    new: impl Fn(usize) -> S + Sync,
    look: impl Fn(&mut S, &SymbolPowers, PssHypothesis) -> Vec<PssPeak> + Sync,
) -> Vec<PssPeak> {
    hypotheses.sort_by_key(|hypothesis| (hypothesis.bin, hypothesis.n_id_2));
    let first = hypotheses.first().map_or(0, |hypothesis| hypothesis.bin);
    let group = |hypothesis: &PssHypothesis| (hypothesis.bin - first) / SAME_POWERS_BINS;
    let groups: Vec<&[PssHypothesis]> = hypotheses.chunk_by(|a, b| group(a) == group(b)).collect();
    let len = spectra.block_len();
    let mut peaks: Vec<PssPeak> = groups
        .into_par_iter()
        .map_init(
            || (new(len), SymbolPowers::new(len)),
            |(search, powers), group| {
                let bin = (group[0].bin + group[group.len() - 1].bin) / 2;
                powers.renew(spectra, bin, blocks_of(spectra, periods));
                group.iter().flat_map(|hypothesis| look(search, powers, *hypothesis)).collect::<Vec<PssPeak>>()
            },
        )
        .flatten()
        .collect();
    peaks.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    peaks
}

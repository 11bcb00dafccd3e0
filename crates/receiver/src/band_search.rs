//! The search of one chunk for carriers and their cells: those that were named, or all that the band holds.

use lte_dsp::{
    search::{ANY_CRYSTAL, KNOWN_CRYSTAL, Nominal},
    units::{Hertz, Ppm, SampleRate},
};

use super::{
    carrier::{CarrierSession, Chunk},
    carrier_candidates::{Stretch, find_candidates, nominals_near},
    carrier_shape::{CENTRE_TOLERANCE, carrier_centres},
    raster::Oscillators,
};

/// Places looked at for a carrier of any clock at most, the strongest first: a receiver's clock is the same on all.
const MAX_ANY_CLOCK: usize = 16;

/// A search with what it has found so far.
pub struct BandSearch<'a> {
    chunk: &'a Chunk,
    /// Frequency of the recording's centre.
    center: Hertz,
    /// The receiver's oscillators as far as they are known beforehand.
    told: Oscillators,
    /// Excess of the sample clock beyond the carriers', where cells of this recording have shown it.
    heard_bias: Option<f64>,
    /// Carriers that were found before, of which those with a MIB are left out and tell the crystal's error.
    followed: &'a [CarrierSession],
    found: Vec<CarrierSession>,
    /// Places that were looked at for a carrier of any clock.
    at_any_clock: usize,
}

impl<'a> BandSearch<'a> {
    /// A search that has found nothing yet.
    pub fn new(
        chunk: &'a Chunk,
        center: Hertz,
        told: Oscillators,
        heard_bias: Option<f64>,
        followed: &'a [CarrierSession],
    ) -> Self {
        Self { chunk, center, told, heard_bias, followed, found: Vec::new(), at_any_clock: 0 }
    }

    /// The carriers among `absolute` that have no MIB yet, with their cells or none.
    pub fn named(mut self, absolute: &[Hertz]) -> Vec<CarrierSession> {
        let (expected, range) = self.expected_crystal(KNOWN_CRYSTAL);
        for &hz in absolute {
            let mut carrier = self.session(hz);
            if !self.is_followed(&carrier) {
                self.search_carrier(&mut carrier, expected, range);
                carrier.settle(absolute, self.told);
                self.found.push(carrier);
            }
        }
        self.found
    }

    /// Searches a carrier with the clock tied to it, or as far from it as is known, and where no cell has shown how far that
    /// is and none has a MIB, then at any clock: at a wrong one a cell's ghosts are found in its stead.
    fn search_carrier(&self, carrier: &mut CarrierSession, expected: Ppm, range: Ppm) {
        carrier.search(self.chunk, expected, range);
        if !carrier.is_certain() && self.bias_by_cells().is_none() {
            let mut free = self.on(carrier.nominal);
            free.search_at_any_clock(self.chunk, expected, range);
            if is_better(&free, Some(carrier)) {
                *carrier = free;
            }
        }
    }

    /// All carriers of the band that have cells.
    pub fn whole(mut self) -> Vec<CarrierSession> {
        self.search_centre();
        self.follow_shapes();
        self.follow_candidates(&[]);
        self.search_shapes();
        let explained = self.explained();
        self.found.retain(|carrier| {
            carrier.is_certain() || !explained.iter().any(|stretch| stretch.contains(carrier.nominal.relative.0))
        });
        self.found
    }

    /// Most recordings are tuned to a carrier: its cells tell the crystal's error, which narrows all that follows.
    fn search_centre(&mut self) {
        if self.explained().iter().any(|stretch| stretch.contains(0.0)) {
            return;
        }
        let (expected, range) = self.expected_crystal(KNOWN_CRYSTAL);
        let mut carrier = self.session(self.center);
        self.search_carrier(&mut carrier, expected, range);
        if !carrier.cells.is_empty() {
            carrier.settle(&[self.center], self.oscillators());
            self.found.push(carrier);
        }
    }

    /// Follows up what shows a PSS where the band has a carrier's shape: the carriers found explain most of the band, so that
    /// little of it is left to look at bin by bin.
    fn follow_shapes(&mut self) {
        let chunk = self.chunk;
        let mut centres = carrier_centres(&chunk.spectra, chunk.recorded, &self.explained());
        if !centres.is_empty() {
            centres.sort_by(|a, b| a.0.total_cmp(&b.0));
            let off = Hertz(CENTRE_TOLERANCE.0 + ANY_CRYSTAL.of(self.center).0);
            self.follow_candidates(&beside(&centres, off, chunk.recorded));
        }
    }

    /// Follows up what shows a PSS in a few half frames, but for those `left_out`.
    fn follow_candidates(&mut self, left_out: &[Stretch]) {
        let chunk = self.chunk;
        if chunk.is_stopped() {
            return;
        }
        let explained = [&self.explained(), left_out].concat();
        for candidate in find_candidates(&chunk.spectra, chunk.recorded, &explained) {
            let look = |carrier: &mut CarrierSession| {
                carrier.follow(chunk, &candidate.peaks_of(&carrier.nominal), |carrier| {
                    candidate.peaks_of(&carrier.nominal)
                });
            };
            self.look_near(candidate.seen, look, |carrier| {
                carrier.follow_at_any_clock(chunk, candidate.hypotheses());
            });
        }
    }

    /// What a few half frames do not show is looked for in all of them where the band has a carrier's shape.
    fn search_shapes(&mut self) {
        let chunk = self.chunk;
        for centre in carrier_centres(&chunk.spectra, chunk.recorded, &self.explained()) {
            let look = |carrier: &mut CarrierSession, any_clock: bool| {
                let (off, tolerance) = carrier.nominal_error(centre, CENTRE_TOLERANCE);
                if any_clock {
                    carrier.search_at_any_clock(chunk, off, tolerance);
                } else {
                    carrier.search(chunk, off, tolerance);
                }
            };
            self.look_near(centre, |carrier| look(carrier, false), |carrier| look(carrier, true));
        }
    }

    /// Adds the carrier that `look` finds cells of on one of the raster frequencies that may show at `seen`, or, where no cell
    /// has shown the clock, `look_at_any_clock`.
    fn look_near(
        &mut self,
        seen: Hertz,
        look: impl Fn(&mut CarrierSession),
        look_at_any_clock: impl Fn(&mut CarrierSession),
    ) {
        if self.chunk.is_stopped() {
            return;
        }
        let (expected, range) = self.expected_crystal(Ppm(0.0));
        let nominals = nominals_near(seen, self.center, expected, range);
        let explained = self.explained();
        if nominals.first().is_none_or(|n| explained.iter().any(|stretch| stretch.contains(n.relative.0))) {
            return;
        }
        // Each raster frequency ties another clock to the carrier; a far one loses the cell.
        let nearest = nominals.first().copied();
        let wanted = nominals.into_iter().take_while(|_| !self.chunk.is_stopped());
        let mut found = wanted.map(|nominal| self.on(nominal)).find_map(|mut carrier| {
            look(&mut carrier);
            (!carrier.cells.is_empty()).then_some(carrier)
        });
        let is_certain = found.as_ref().is_some_and(CarrierSession::is_certain);
        if !is_certain
            && self.bias_by_cells().is_none()
            && self.at_any_clock < MAX_ANY_CLOCK
            && let Some(nominal) = nearest
        {
            self.at_any_clock += 1;
            let mut carrier = self.on(nominal);
            look_at_any_clock(&mut carrier);
            if is_better(&carrier, found.as_ref()) {
                found = Some(carrier);
            }
        }
        let Some(mut carrier) = found else { return };
        carrier.settle(&[self.center], self.oscillators());
        if let Some(own) = carrier.crystal() {
            carrier.search(self.chunk, own, KNOWN_CRYSTAL);
        }
        // Ghosts of a carrier show at other frequencies too, without a MIB; the strongest was looked at first.
        let is_free = |other: &CarrierSession| !other.occupied().contains(carrier.nominal.relative.0);
        if carrier.is_certain() || self.found.iter().all(is_free) {
            self.found.push(carrier);
        }
    }

    fn session(&self, absolute: Hertz) -> CarrierSession {
        self.on(Nominal::tied(Hertz(absolute.0 - self.center.0), absolute))
    }

    /// A carrier at `nominal` with the clock as far from it as is known.
    fn on(&self, nominal: Nominal) -> CarrierSession {
        let clock_bias = self.bias_by_cells().or(self.told.bias()).unwrap_or(0.0);
        CarrierSession::with_backlog(Nominal { clock_bias, ..nominal }, &self.chunk.backlog)
    }

    fn is_followed(&self, new: &CarrierSession) -> bool {
        self.followed.iter().any(|known| known.is_certain() && known.nominal.absolute == new.nominal.absolute)
    }

    /// Carriers with a MIB, old and new.
    fn certain(&self) -> impl Iterator<Item = &CarrierSession> {
        self.followed.iter().chain(&self.found).filter(|carrier| carrier.is_certain())
    }

    /// Where those are.
    fn explained(&self) -> Vec<Stretch> {
        self.certain().map(CarrierSession::occupied).collect()
    }

    /// The crystal's error, where a cell or the user tells it.
    fn crystal(&self) -> Option<Ppm> {
        self.certain().next().and_then(CarrierSession::crystal).or(self.told.carrier)
    }

    /// How far the clock is from the carriers', where a cell shows it.
    fn bias_by_cells(&self) -> Option<f64> {
        self.certain().next().map(|carrier| carrier.nominal.clock_bias).or(self.heard_bias)
    }

    /// The receiver's oscillators by the carriers whose frequency is certain, or as far as they are known beforehand.
    fn oscillators(&self) -> Oscillators {
        self.certain().find_map(CarrierSession::oscillators).unwrap_or(self.told)
    }

    /// The crystal's error and how far it may be from that: `known` where anything tells it.
    fn expected_crystal(&self, known: Ppm) -> (Ppm, Ppm) {
        self.crystal().map_or((Ppm(0.0), ANY_CRYSTAL), |crystal| (crystal, known))
    }
}

/// The stretches of a band farther than `off` from where carriers seem to be centred, which ascend.
fn beside(centres: &[Hertz], off: Hertz, recorded: SampleRate) -> Vec<Stretch> {
    let edge = recorded.hz() / 2.0;
    let from = std::iter::once(-edge).chain(centres.iter().map(|centre| centre.0 + off.0));
    let to = centres.iter().map(|centre| centre.0 - off.0).chain([edge]);
    from.zip(to).filter(|(from, to)| from < to).map(|(from, to)| Stretch { from, to }).collect()
}

/// How much stronger the reference signals of the cells found at any clock must be than those found at the clock expected.
const BETTER: f32 = 1.2;

/// Whether a carrier's search at any clock found what that at the clock expected did not.
fn is_better(free: &CarrierSession, tied: Option<&CarrierSession>) -> bool {
    are_better(std::slice::from_ref(free), tied.map_or(&[], std::slice::from_ref))
}

/// Whether a search under other assumptions found what the one before did not: any cell, or one with a MIB that stands out
/// more. A cell whose carrier drifts has no MIB under either for a while, and is as strong.
pub fn are_better(other: &[CarrierSession], before: &[CarrierSession]) -> bool {
    let strength = |carriers: &[CarrierSession]| {
        let strongest = carriers.iter().filter_map(CarrierSession::strongest);
        strongest.map(|cell| cell.found.strength).fold(0.0, f32::max)
    };
    if before.iter().all(|carrier| carrier.cells.is_empty()) {
        return other.iter().any(|carrier| !carrier.cells.is_empty());
    }
    other.iter().any(CarrierSession::is_certain) && strength(other) > BETTER * strength(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_is_left_out_but_for_where_carriers_seem_to_be() {
        let rate = SampleRate::new(20e6).expect("positive");
        let left_out = beside(&[-4e6, -3.98e6, 5e6].map(Hertz), Hertz(30e3), rate);
        let is_left_out = |hz: f64| left_out.iter().any(|stretch| stretch.contains(hz));
        for (hz, expected) in
            [(-9e6, true), (-4.02e6, false), (-3.99e6, false), (0.0, true), (5.02e6, false), (5.1e6, true)]
        {
            assert_eq!(is_left_out(hz), expected, "{hz}");
        }
    }
}

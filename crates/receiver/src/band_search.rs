//! The search of one chunk for carriers and their cells: those that were named, or all that the band holds.

use lte_dsp::{
    search::Nominal,
    units::{Hertz, Ppm},
};

use super::{
    carrier::{CarrierSession, Chunk},
    carrier_candidates::{Stretch, find_candidates, nominals_near},
    carrier_shape::{CENTRE_TOLERANCE, carrier_centres},
};

/// Error of a crystal that nothing is known of.
const ANY_CRYSTAL: Ppm = Ppm(60.0);
/// Cells differ from each other by less than this, once one of them has told the crystal's error.
const KNOWN_CRYSTAL: Ppm = Ppm(3.0);

/// A search with what it has found so far.
pub struct BandSearch<'a> {
    chunk: &'a Chunk,
    /// Frequency of the recording's centre.
    center: Hertz,
    /// The crystal's error as far as the user knows it.
    told_crystal: Option<Ppm>,
    /// Carriers that were found before, of which those with a MIB are left out and tell the crystal's error.
    followed: &'a [CarrierSession],
    found: Vec<CarrierSession>,
}

impl<'a> BandSearch<'a> {
    /// A search that has found nothing yet.
    pub fn new(chunk: &'a Chunk, center: Hertz, told_crystal: Option<Ppm>, followed: &'a [CarrierSession]) -> Self {
        Self { chunk, center, told_crystal, followed, found: Vec::new() }
    }

    /// The carriers among `absolute` that have no MIB yet, with their cells or none.
    pub fn named(mut self, absolute: &[Hertz]) -> Vec<CarrierSession> {
        let (expected, range) = self.expected_crystal(KNOWN_CRYSTAL);
        self.found = absolute.iter().map(|&hz| self.session(hz)).filter(|new| !self.is_followed(new)).collect();
        self.found.iter_mut().for_each(|carrier| carrier.search(self.chunk, expected, range));
        self.found
    }

    /// All carriers of the band that have cells.
    pub fn whole(mut self) -> Vec<CarrierSession> {
        self.search_centre();
        self.follow_candidates();
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
        carrier.search(self.chunk, expected, range);
        if !carrier.cells.is_empty() {
            carrier.settle();
            self.found.push(carrier);
        }
    }

    /// Follows up what shows a PSS in a few half frames.
    fn follow_candidates(&mut self) {
        let chunk = self.chunk;
        for candidate in find_candidates(&chunk.spectra, chunk.recorded, &self.explained()) {
            self.look_near(candidate.seen, |carrier| carrier.follow(chunk, &candidate.peaks_of(&carrier.nominal)));
        }
    }

    /// What a few half frames do not show is looked for in all of them where the band has a carrier's shape.
    fn search_shapes(&mut self) {
        let chunk = self.chunk;
        for centre in carrier_centres(&chunk.spectra, chunk.recorded, &self.explained()) {
            self.look_near(centre, |carrier| {
                let ppm = |hz: f64| Ppm(hz / carrier.nominal.absolute.0 * 1e6);
                let (off, tolerance) = (ppm(centre.0 - carrier.nominal.relative.0), ppm(CENTRE_TOLERANCE.0));
                carrier.search(chunk, off, tolerance);
            });
        }
    }

    /// Adds the carrier that `look` finds cells of on one of the raster frequencies that may show at `seen`.
    fn look_near(&mut self, seen: Hertz, look: impl Fn(&mut CarrierSession)) {
        let (expected, range) = self.expected_crystal(Ppm(0.0));
        let nominals = nominals_near(seen, self.center, expected, range);
        let explained = self.explained();
        if nominals.first().is_none_or(|n| explained.iter().any(|stretch| stretch.contains(n.relative.0))) {
            return;
        }
        // Each raster frequency ties another clock to the carrier; a far one loses the cell.
        let found = nominals.into_iter().map(CarrierSession::new).find_map(|mut carrier| {
            look(&mut carrier);
            (!carrier.cells.is_empty()).then_some(carrier)
        });
        let Some(mut carrier) = found else { return };
        if self.crystal().is_none() {
            carrier.settle();
        }
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
        CarrierSession::new(Nominal { relative: Hertz(absolute.0 - self.center.0), absolute })
    }

    fn is_followed(&self, new: &CarrierSession) -> bool {
        self.followed.iter().any(|known| known.is_certain() && known.nominal == new.nominal)
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
        self.certain().next().and_then(CarrierSession::crystal).or(self.told_crystal)
    }

    /// The crystal's error and how far it may be from that: `known` where anything tells it.
    fn expected_crystal(&self, known: Ppm) -> (Ppm, Ppm) {
        self.crystal().map_or((Ppm(0.0), ANY_CRYSTAL), |crystal| (crystal, known))
    }
}

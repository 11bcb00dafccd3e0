//! Why nothing was found in a dwell, collected while it is searched.

use lte_dsp::units::{Hertz, SampleRate};

use super::{
    Oscillators, Reception,
    band_picture::BandPicture,
    band_search::BandSearch,
    carrier::{CarrierSession, Chunk},
    carrier_candidates::EDGE_HZ,
    notes::{MIN_SECONDS, Note, NoteCode, Unsearchable},
    witness::Witness,
};
use cellwarden_source::SourceInfo;

/// Share of lost samples from which on a dwell in which nothing was found was searched in part only.
const LOST_SHARE: f64 = 0.01;

/// What was seen of a dwell whose search found nothing so far.
#[derive(Default)]
pub struct Unfound {
    /// Samples whose search came to its end.
    pub searched: u64,
    /// What the band looked like where it looked most like a signal.
    seen: Option<Note>,
    /// The cells of the spectrum turned over: their carrier and identity.
    inverted: Option<Note>,
    is_tried: bool,
}

impl Unfound {
    /// Looks at a chunk in which no cell was found. The first that holds a signal is turned over and searched once more.
    pub fn look(&mut self, chunk: &mut Chunk, center: Hertz, named: Option<&[Hertz]>) {
        if chunk.is_stopped() {
            return;
        }
        let Some(picture) = BandPicture::measure(&chunk.samples, chunk.rate, chunk.recorded) else { return };
        let is_noise = picture.code() == NoteCode::Noise;
        if !is_noise && !self.is_tried {
            self.is_tried = true;
            self.inverted = search_inverted(chunk, center, named);
        }
        if self.seen.as_ref().is_none_or(|seen| seen.code == NoteCode::Noise) {
            self.seen = Some(picture.note());
        }
    }

    /// Says in `reception` why nothing was found, and what was not searched. `outside` were named and are outside the
    /// recorded band; `is_stopped` where the search was ended early.
    pub fn explain(
        self,
        reception: &mut Reception,
        info: &SourceInfo,
        witness: &Witness<'_>,
        outside: &[Hertz],
        is_stopped: bool,
    ) {
        let samples = reception.samples;
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        if samples == 0 {
            return;
        }
        if is_stopped && info.length.is_none_or(|length| self.searched < length) {
            let share = info.length.and_then(|length| share(self.searched, length));
            reception.notes.push(Note::in_part(share, "interrupted"));
        } else if let Some(length) = info.length.filter(|&length| samples < length) {
            reception.notes.push(Note::in_part(share(samples, length), "the file ends before its samples do"));
        }
        if !outside.is_empty() {
            let reason = outside_text(outside, info.center, info.sample_rate);
            reception.notes.push(Note::in_part(None, &reason));
        }
        let wrong_levels = witness.wrong_levels();
        if !reception.observations.is_empty() || (info.is_live() && wrong_levels.is_some()) {
            reception.notes.extend(wrong_levels);
        }
        // Live, a dwell in which nothing is found is nothing to tell of.
        if !reception.observations.is_empty() || info.is_live() || is_stopped {
            return;
        }
        let seconds = samples as f64 / info.sample_rate.hz();
        reception.unsearchable = if reception.lost >= samples && info.format.is_float() {
            Some(Unsearchable::BadFormat { samples })
        } else if let Some(value) = witness.only_sample().filter(|_| samples > 1) {
            Some(Unsearchable::AllZero { samples, value })
        } else {
            (seconds < MIN_SECONDS).then_some(Unsearchable::TooShort { seconds })
        };
        if reception.unsearchable.is_some() {
            return;
        }
        let lost = share(reception.lost, samples).unwrap_or(0.0);
        if lost > LOST_SHARE {
            reception.notes.push(Note::in_part(Some(1.0 - lost), "the other samples are lost"));
        }
        let reason = self.inverted.or_else(|| witness.clipping()).or(self.seen);
        reception.notes.push(reason.unwrap_or_else(|| {
            Note::new(NoteCode::NoCell, "no cell was found, and the signal is too short to say why".to_owned())
        }));
    }
}

/// The note of a chunk whose spectrum turned over holds a cell with a MIB; the chunk is left as it was.
fn search_inverted(chunk: &mut Chunk, center: Hertz, named: Option<&[Hertz]>) -> Option<Note> {
    turn_over(chunk);
    let search = BandSearch::new(chunk, center, Oscillators::default(), None, &[]);
    let found = match named {
        Some(named) => search.named(named),
        None => search.whole(),
    };
    let note = found.iter().find(|carrier| carrier.is_certain()).map(inverted_note);
    turn_over(chunk);
    note
}

fn inverted_note(carrier: &CarrierSession) -> Note {
    let pcis: Vec<String> = carrier.cells.iter().map(|cell| cell.found.sync.pci.to_string()).collect();
    let text = format!(
        "with the spectrum turned over there is a cell with a MIB (PCI {} at {:.3} MHz): I and Q are swapped, or a \
         converter's oscillator is above the signal; search again with --invert-spectrum",
        pcis.join(", "),
        carrier.nominal.absolute.0 / 1e6
    );
    Note::new(NoteCode::PerhapsInverted, text)
}

fn turn_over(chunk: &mut Chunk) {
    chunk.samples.iter_mut().for_each(|sample| *sample = sample.conj());
    chunk.has_spectra = false;
    chunk.make_spectra();
}

/// The named carriers that are within the recorded band, and those that are not; `None` where none was named.
pub fn split_by_band(named: Option<&[Hertz]>, center: Hertz, rate: SampleRate) -> (Option<Vec<Hertz>>, Vec<Hertz>) {
    let reach = rate.hz() / 2.0 - EDGE_HZ;
    let Some(named) = named else { return (None, Vec::new()) };
    let (inside, outside) = named.iter().partition(|carrier: &&Hertz| (carrier.0 - center.0).abs() <= reach);
    (Some(inside), outside)
}

/// Says that carriers are outside the recorded band.
pub fn outside_text(carriers: &[Hertz], center: Hertz, rate: SampleRate) -> String {
    let listed: Vec<String> = carriers.iter().take(8).map(|carrier| format!("{:.3}", carrier.0 / 1e6)).collect();
    let more = if carriers.len() > listed.len() { ", …" } else { "" };
    format!(
        "the carriers at {}{more} MHz are outside the recorded band, {:.3} to {:.3} MHz",
        listed.join(", "),
        (center.0 - rate.hz() / 2.0) / 1e6,
        (center.0 + rate.hz() / 2.0) / 1e6
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriers_outside_the_band_are_told_from_those_inside() {
        let rate = SampleRate::new(5.76e6).expect("positive");
        let (inside, outside) =
            split_by_band(Some(&[Hertz(1840e6), Hertz(1842.4e6), Hertz(1843e6)]), Hertz(1840e6), rate);
        assert_eq!((inside, outside.clone()), (Some(vec![Hertz(1840e6), Hertz(1842.4e6)]), vec![Hertz(1843e6)]));
        let text = outside_text(&outside, Hertz(1840e6), rate);
        assert_eq!(text, "the carriers at 1843.000 MHz are outside the recorded band, 1837.120 to 1842.880 MHz");
        assert_eq!(split_by_band(None, Hertz(1840e6), rate), (None, vec![]));
    }
}

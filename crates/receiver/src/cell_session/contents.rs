//! What each place of the schedule held through the dwell, so that a second signal over the cell's own is seen.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde_json::Value;

use cellwarden_core::observation::Alternation;
use lte_rrc::BcchDlSch;

/// Receptions remembered of one place.
const MAX_RECEPTIONS: usize = 1024;

/// Receptions after which a place that held different content needs no more of them.
const CLEAR_RECEPTIONS: usize = 32;

/// Receptions from which a content counts: one block may pass its CRC by chance.
const MIN_RECEPTIONS: usize = 2;

/// Blocks that change by themselves: time, warnings and their segments, access barring. TS 36.331 §5.2.1.3.
const CHANGING_SIBS: [u8; 6] = [8, 10, 11, 12, 14, 16];

/// Fields of access barring, by the beginning of their names: they follow the load. TS 36.331 §6.3.1.
const BARRING: [&str; 5] = ["ac-Barring", "ssac-Barring", "acdc-Barring", "barringPerACDC", "udt-Restricting"];

/// A place of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// SIB1.
    Sib1,
    /// The SI message with this index in SIB1's scheduling list.
    Si(usize),
}

/// The contents of all places, by the 80 ms period they were received in.
#[derive(Debug, Default)]
pub struct Contents(BTreeMap<Place, BTreeMap<i64, Vec<u64>>>);

impl Contents {
    /// Adds a reception.
    pub fn add(&mut self, place: Place, period: i64, message: &BcchDlSch) {
        if holds_changing(message) {
            return;
        }
        let mut hasher = DefaultHasher::new();
        for (name, block) in message.to_json() {
            (name, without_barring(&block).to_string()).hash(&mut hasher);
        }
        let periods = self.0.entry(place).or_default();
        if periods.len() < MAX_RECEPTIONS || periods.contains_key(&period) {
            let contents = periods.entry(period).or_default();
            let content = hasher.finish();
            if !contents.contains(&content) {
                contents.push(content);
            }
        }
    }

    /// Takes over what another session of the cell received.
    pub fn join(&mut self, other: Self) {
        for (place, periods) in other.0 {
            self.0.entry(place).or_default().extend(periods);
        }
    }

    /// Whether a place held different content and it is not clear yet whether it changed or alternates.
    #[must_use]
    pub fn are_unclear(&self) -> bool {
        let is_unclear = |periods: &BTreeMap<i64, Vec<u64>>| {
            let mut contents = periods.values().flatten();
            let first = contents.next();
            periods.len() < CLEAR_RECEPTIONS && contents.any(|content| Some(content) != first)
        };
        self.0.values().any(is_unclear)
    }

    /// The places whose content came back after another one, or that held two in one period.
    #[must_use]
    pub fn alternations(&self) -> Vec<Alternation> {
        self.0.iter().filter_map(|(place, periods)| alternation(*place, periods)).collect()
    }
}

fn alternation(place: Place, periods: &BTreeMap<i64, Vec<u64>>) -> Option<Alternation> {
    let mut receptions: BTreeMap<u64, usize> = BTreeMap::new();
    periods.values().flatten().for_each(|content| *receptions.entry(*content).or_default() += 1);
    receptions.retain(|_, count| *count >= MIN_RECEPTIONS);
    let in_order: Vec<u64> = periods.values().flatten().copied().filter(|c| receptions.contains_key(c)).collect();
    let comes_back = |i: &usize| in_order[*i] != in_order[i - 1] && in_order[..i - 1].contains(&in_order[*i]);
    let returns = (2..in_order.len()).filter(comes_back).count();
    (returns > 0).then(|| Alternation {
        place: match place {
            Place::Sib1 => "SIB1".to_owned(),
            Place::Si(index) => format!("SI-{}", index + 1),
        },
        contents: receptions.len() as u32,
        returns: returns as u32,
        receptions: in_order.len() as u32,
    })
}

fn holds_changing(message: &BcchDlSch) -> bool {
    let BcchDlSch::SystemInformation(information) = message else { return false };
    information.sibs.iter().any(|sib| sib.number().is_none_or(|number| CHANGING_SIBS.contains(&number)))
}

fn without_barring(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !BARRING.iter().any(|barring| name.starts_with(barring)));
            Value::Object(kept.map(|(name, value)| (name.clone(), without_barring(value))).collect())
        }
        Value::Array(items) => items.iter().map(without_barring).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::CyclicPrefix;
    use lte_rrc::decode_bcch_dl_sch;
    use testsignal::broadcast::{Plmn, SystemInformation, sib1};

    use super::*;

    fn message(q_rx_lev_min: i8) -> BcchDlSch {
        let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
        let si = SystemInformation { q_rx_lev_min, ..SystemInformation::new(plmn, 11793, 1) };
        let bits = sib1(&si, None, CyclicPrefix::Normal);
        let bytes: Vec<u8> = bits
            .bits()
            .chunks(8)
            .map(|byte| byte.iter().enumerate().fold(0, |b, (i, bit)| b | bit << (7 - i)))
            .collect();
        decode_bcch_dl_sch(&bytes).expect("a SIB1")
    }

    fn alternations(received: &[(i64, i8)]) -> Vec<(u32, u32)> {
        let mut contents = Contents::default();
        received.iter().for_each(|&(period, value)| contents.add(Place::Sib1, period, &message(value)));
        contents.alternations().iter().map(|a| (a.contents, a.returns)).collect()
    }

    #[test]
    fn a_content_that_comes_back_is_told_and_a_change_is_not() {
        assert_eq!(alternations(&[(0, -62), (1, -62), (2, -70), (3, -70), (4, -70)]), []);
        assert_eq!(alternations(&[(0, -62), (1, -70), (2, -62), (3, -70)]), [(2, 2)]);
        assert_eq!(alternations(&[(0, -62), (1, -64), (2, -66), (0, -62), (1, -64), (2, -66)]), []);
        // Received in another order, and twice.
        assert_eq!(alternations(&[(3, -70), (0, -62), (2, -70), (1, -62), (0, -62), (3, -70)]), []);
    }

    #[test]
    fn two_contents_of_one_period_contradict_each_other_and_one_chance_block_does_not() {
        assert_eq!(alternations(&[(0, -62), (0, -70), (1, -62), (1, -70)]), [(2, 2)]);
        assert_eq!(alternations(&[(0, -62), (1, -70), (2, -62), (3, -62)]), []);
    }

    #[test]
    fn what_differs_is_listened_to_for_a_while() {
        let mut contents = Contents::default();
        contents.add(Place::Sib1, 0, &message(-62));
        assert!(!contents.are_unclear());
        contents.add(Place::Sib1, 1, &message(-70));
        assert!(contents.are_unclear());
        (2..CLEAR_RECEPTIONS as i64).for_each(|period| contents.add(Place::Sib1, period, &message(-70)));
        assert!(!contents.are_unclear());
    }

    #[test]
    fn memory_is_bounded() {
        let mut contents = Contents::default();
        let messages = [message(-62), message(-70)];
        for period in 0..3 * MAX_RECEPTIONS as i64 {
            contents.add(Place::Si(3), period, &messages[(period % 2) as usize]);
        }
        let told = contents.alternations();
        assert_eq!((told[0].place.as_str(), told[0].receptions), ("SI-4", MAX_RECEPTIONS as u32));
    }
}

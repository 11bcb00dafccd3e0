//! SystemInformationBlockType1. TS 36.331 §6.2.2.

use lte_dsp::cell::CyclicPrefix;

use super::{BitWriter, Plmn, SystemInformation};
use crate::scenario::TddConfig;

/// si-Periodicity in radio frames, by code point.
pub(super) static SI_PERIODS_RF: [u16; 7] = [8, 16, 32, 64, 128, 256, 512];
/// si-WindowLength in milliseconds, by code point.
pub(super) static SI_WINDOWS_MS: [u8; 7] = [1, 2, 5, 10, 15, 20, 40];

/// SIB1 as a BCCH-DL-SCH-Message.
#[must_use]
pub fn sib1(si: &SystemInformation, tdd: Option<TddConfig>, cp: CyclicPrefix) -> BitWriter {
    let extended = tdd.and_then(|tdd| extended_pattern(tdd, cp));
    let mut out = BitWriter::default();
    // c1, systemInformationBlockType1; p-Max absent, tdd-Config and nonCriticalExtension as needed.
    out.flag(false).flag(true).flag(false).flag(tdd.is_some()).flag(extended.is_some());
    out.flag(si.csg_identity.is_some());
    plmn_list(&si.plmns, &mut out);
    out.put(si.tac.into(), 16).put(si.cell_identity, 28);
    // cellBarred's first value is barred; intraFreqReselection is allowed.
    out.flag(!si.cell_barred).flag(false).flag(si.csg_indication);
    if let Some(id) = si.csg_identity {
        out.put(id, 27);
    }
    // No q-RxLevMinOffset.
    out.flag(false).put((i32::from(si.q_rx_lev_min) + 70) as u32, 6);
    out.put(u32::from(si.band) - 1, 6);
    out.put(si.messages.len() as u32 - 1, 5);
    for message in &si.messages {
        out.choice(&message.periodicity_rf, &SI_PERIODS_RF, 3);
        out.put(message.sibs.len() as u32, 5);
        for sib in &message.sibs {
            // Within the enumeration's root, which starts at sibType3.
            out.flag(false).put(u32::from(*sib) - 3, 4);
        }
    }
    if let Some(tdd) = tdd {
        let pattern = extended.map_or(tdd.special_subframe.into(), |(base, _)| base);
        out.put(tdd.assignment.into(), 3).put(pattern, 4);
    }
    out.choice(&si.si_window_ms, &SI_WINDOWS_MS, 3).put(si.value_tag.into(), 5);
    if let Some((_, pattern)) = extended {
        // v890: no lateNonCriticalExtension, next; v920: only the next; v1130: tdd-Config-v1130 alone.
        out.put(0b01, 2).put(0b001, 3).put(0b100, 3).put(pattern, 1);
    }
    out
}

/// For a pattern that the first release does not have: what specialSubframePatterns says for old terminals, and the code
/// point of specialSubframePatterns-v1130 (ssp7, ssp9). TS 36.331 §6.3.2 (TDD-Config).
fn extended_pattern(tdd: TddConfig, cp: CyclicPrefix) -> Option<(u32, u32)> {
    match (cp, tdd.special_subframe) {
        (CyclicPrefix::Extended, 7) => Some((4, 0)),
        (CyclicPrefix::Normal, 9) => Some((5, 1)),
        _ => None,
    }
}

fn plmn_list(plmns: &[Plmn], out: &mut BitWriter) {
    out.put(plmns.len() as u32 - 1, 3);
    let mut country = None;
    for plmn in plmns {
        // A country equal to the one before is left out.
        out.flag(country != Some(plmn.mcc));
        if country != Some(plmn.mcc) {
            plmn.mcc.iter().for_each(|d| _ = out.put((*d).into(), 4));
        }
        country = Some(plmn.mcc);
        out.put(plmn.mnc.len() as u32 - 2, 1);
        plmn.mnc.iter().for_each(|d| _ = out.put((*d).into(), 4));
        // notReserved for operator use.
        out.flag(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plmn(text: &str) -> Plmn {
        Plmn::try_from(text.to_owned()).expect("a PLMN")
    }

    /// Messages of an independent ASN.1 encoder.
    #[test]
    fn equals_an_independent_encoder() {
        let mut si = SystemInformation::new(plmn("450-08"), 0x2F21, 0x5B0_0201);
        (si.csg_indication, si.csg_identity, si.value_tag) = (true, Some(0x2001), 1);
        assert_eq!(sib1(&si, None, CyclicPrefix::Normal).hex(), "445140112f215b00201a000800440402105080");

        let mut si = SystemInformation::new(plmn("460-00"), 0x1234, 0x0A0_B0C0);
        (si.band, si.value_tag) = (40, 1);
        let tdd = TddConfig { assignment: 2, special_subframe: 7 };
        assert_eq!(sib1(&si, Some(tdd), CyclicPrefix::Normal).hex(), "5051800112340a0b0c08227010813d08");
    }

    /// The extension's bits come last: patterns of release 11 keep an old value for old terminals.
    #[test]
    fn late_special_subframe_patterns_are_in_the_extension() {
        let si = SystemInformation::new(plmn("450-08"), 1, 2);
        for (cp, pattern, base, late) in [(CyclicPrefix::Normal, 9, 5, 1), (CyclicPrefix::Extended, 7, 4, 0)] {
            let tdd = |special_subframe| Some(TddConfig { assignment: 2, special_subframe });
            let (with, without) = (sib1(&si, tdd(pattern), cp), sib1(&si, tdd(base), cp));
            let (head, tail) = with.bits().split_at(without.bits().len());
            assert_eq!(tail, [0, 1, 0, 0, 1, 1, 0, 0, late]);
            assert_eq!((head[4], &head[5..]), (1, &without.bits()[5..]));
        }
    }

    #[test]
    fn plmns_are_checked() {
        for bad in ["", "450", "45-08", "450-0", "450-0888", "4a0-08", "450-08-1"] {
            assert!(Plmn::try_from(bad.to_owned()).is_err(), "{bad}");
        }
        assert_eq!(plmn("310-410").to_string(), "310-410");
    }
}

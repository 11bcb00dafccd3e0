//! SystemInformationBlockType2 with plain values; nothing in it identifies a cell. TS 36.331 §6.3.1, §6.3.2.

use super::{BitWriter, MbsfnAllocation};

/// The fields of SIB2 after its flags and before mbsfn-SubframeConfigList, in order, each `(value less its lower bound or code point, width)`. Comments name the groups.
#[rustfmt::skip]
static FIELDS: &[(u32, u32)] = &[
    // radioResourceConfigCommon without extension.
    (0, 1),
    // rach-ConfigCommon without extension, preambleInfo with group A: n52; n28, b56, dB10.
    (0, 1), (1, 1), (12, 4), (0, 1), (6, 4), (0, 2), (4, 3),
    // dB2, dBm-104; n10, sf10, sf64; maxHARQ-Msg3Tx 5.
    (1, 2), (8, 4), (6, 4), (7, 3), (7, 3), (4, 3),
    // bcch-Config: n2; pcch-Config: rf64, quarterT.
    (0, 2), (1, 2), (4, 3),
    // prach-Config: root 270; index 4, low speed, zone 12, offset 6.
    (270, 10), (4, 6), (0, 1), (12, 4), (6, 7),
    // pdsch-ConfigCommon: 18 dBm, p-b 1.
    (78, 7), (1, 2),
    // pusch-ConfigCommon: n-SB 4, interSubFrame, offset 22, 64QAM; no hopping, group 0, shift 0.
    (3, 2), (0, 1), (22, 7), (1, 1), (0, 1), (0, 5), (0, 1), (0, 3),
    // pucch-ConfigCommon: ds2, nRB-CQI 1, nCS-AN 0, n1PUCCH-AN 10.
    (1, 2), (1, 7), (0, 3), (10, 11),
    // soundingRS-UL-ConfigCommon: setup without srs-MaxUpPts, bw3, sc3, simultaneous.
    (1, 1), (0, 1), (3, 3), (3, 4), (1, 1),
    // uplinkPowerControlCommon: -67 dBm, al07, -105 dBm; deltaF0, deltaF3, deltaF1, deltaF2, deltaF2; delta 4.
    (59, 8), (4, 3), (22, 5), (1, 2), (1, 2), (2, 2), (2, 2), (2, 2), (5, 3),
    // ul-CyclicPrefixLength len1.
    (0, 1),
    // ue-TimersAndConstants without extension: ms200, ms200, ms1000, n10, ms10000, n1.
    (0, 1), (1, 3), (1, 3), (5, 3), (6, 3), (3, 3), (0, 3),
    // freqInfo: no ul-CarrierFreq, ul-Bandwidth n50, additionalSpectrumEmission 1.
    (0, 1), (1, 1), (3, 3), (0, 5),
];

/// radioframeAllocationPeriod by code point.
pub(super) static MBSFN_PERIODS_RF: [u16; 6] = [1, 2, 4, 8, 16, 32];

/// Appends SIB2 with the list of these MBSFN subframes, where there are any.
pub(super) fn put(mbsfn: &[MbsfnAllocation], out: &mut BitWriter) {
    // No extension, no ac-BarringInfo.
    out.put(0, 2).flag(!mbsfn.is_empty());
    for &(value, width) in FIELDS {
        out.put(value, width);
    }
    if !mbsfn.is_empty() {
        out.put(mbsfn.len() as u32 - 1, 3);
        for allocation in mbsfn {
            // subframeAllocation is oneFrame.
            out.choice(&allocation.period_rf, &MBSFN_PERIODS_RF, 3).put(allocation.offset_rf.into(), 3);
            out.flag(false).put(allocation.one_frame.into(), 6);
        }
    }
    // timeAlignmentTimerCommon sf1920.
    out.put(3, 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A real SI message with these values begins with a list of two and the choice of SIB2, then equals ours up to the
    /// choice of its SIB3.
    #[test]
    fn equals_a_real_message() {
        let mut out = BitWriter::default();
        out.put(0, 4).put(1, 5).put(0, 5);
        put(&[], &mut out);
        out.put(1, 5);
        assert_eq!(out.bits().len(), 218);
        let real = "00801c31186fe0c43846069ce2d001020054ce772cb5509b985818";
        assert_eq!(out.hex()[..54], real[..54]);
    }
}

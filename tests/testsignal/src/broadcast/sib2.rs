//! SystemInformationBlockType2 with plain values; nothing in it identifies a cell. TS 36.331 §6.3.1, §6.3.2.

use super::BitWriter;

/// The fields of SIB2 in order, each `(value less its lower bound, width)`. Comments name the groups.
#[rustfmt::skip]
static FIELDS: &[(u32, u32)] = &[
    // No extension, no ac-BarringInfo, no mbsfn-SubframeConfigList; radioResourceConfigCommon without extension.
    (0, 1), (0, 2), (0, 1),
    // rach-ConfigCommon: no extension; n52, no group A; dB2, dBm-104; n10, sf10, sf64; 5 messages 3.
    (0, 1), (12, 4), (0, 1), (1, 2), (8, 4), (6, 4), (7, 3), (7, 3), (4, 3),
    // bcch-Config: n2; pcch-Config: rf64, oneT.
    (0, 2), (1, 2), (2, 3),
    // prach-Config: root 128; index 3, low speed, zone 5, offset 4.
    (128, 10), (3, 6), (0, 1), (5, 4), (4, 7),
    // pdsch-ConfigCommon: 15 dBm, p-b 1.
    (75, 7), (1, 2),
    // pusch-ConfigCommon: n-SB 1, interSubFrame, offset 4, no 64QAM; no hopping, group 0, shift 0.
    (0, 2), (0, 1), (4, 7), (0, 1), (0, 1), (0, 5), (0, 1), (0, 3),
    // pucch-ConfigCommon: ds1, nRB-CQI 2, nCS-AN 0, n1PUCCH-AN 12; soundingRS release.
    (0, 2), (2, 7), (0, 3), (12, 11), (0, 1),
    // uplinkPowerControlCommon: -80 dBm, al08, -105 dBm; deltaF0, deltaF1, deltaF0 ×3; delta 4.
    (46, 8), (5, 3), (22, 5), (1, 2), (0, 2), (1, 2), (1, 2), (1, 2), (5, 3),
    // ul-CyclicPrefixLength len1.
    (0, 1),
    // ue-TimersAndConstants: no extension; ms1000, ms1000, ms1000, n10, ms10000, n1.
    (0, 1), (5, 3), (5, 3), (5, 3), (6, 3), (3, 3), (0, 3),
    // freqInfo: the default carrier and bandwidth; additionalSpectrumEmission 1; timeAlignmentTimerCommon sf1920.
    (0, 2), (0, 5), (3, 3),
];

/// Appends SIB2.
pub(super) fn put(out: &mut BitWriter) {
    for &(value, width) in FIELDS {
        out.put(value, width);
    }
}

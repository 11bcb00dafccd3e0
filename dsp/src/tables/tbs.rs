//! Transport block sizes of the broadcast: only what SI-RNTI, P-RNTI and RA-RNTI can schedule. TS 36.213 §7.1.7.2.

/// Columns N_PRB = 2 and 3 of Table 7.1.7.2.1-1, by I_TBS 0–26.
static N_PRB_2_AND_3: [[u16; 2]; 27] = [
    [32, 56],
    [56, 88],
    [72, 144],
    [104, 176],
    [120, 208],
    [144, 224],
    [176, 256],
    [224, 328],
    [256, 392],
    [296, 456],
    [328, 504],
    [376, 584],
    [440, 680],
    [488, 744],
    [552, 840],
    [600, 904],
    [632, 968],
    [696, 1064],
    [776, 1160],
    [840, 1288],
    [904, 1384],
    [1000, 1480],
    [1064, 1608],
    [1128, 1736],
    [1192, 1800],
    [1256, 1864],
    [1480, 2216],
];

/// Table 7.1.7.2.3-1, by I_TBS 0–31.
static FORMAT_1C: [u16; 32] = [
    40, 56, 72, 120, 136, 144, 176, 208, 224, 256, 280, 296, 328, 336, 392, 488, 552, 600, 632, 696, 776, 840, 904,
    1000, 1064, 1128, 1224, 1288, 1384, 1480, 1608, 1736,
];

/// N_PRB^1A, the column of the size table that a DCI format 1A of the broadcast names. TS 36.213 §7.1.7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NPrb1A {
    /// Column 2.
    Two,
    /// Column 3.
    Three,
}

/// Transport block size in bits that DCI format 1A gives, or `None` above I_TBS 26. TS 36.213 Table 7.1.7.2.1-1.
#[must_use]
pub fn tbs_1a(i_tbs: usize, n_prb_1a: NPrb1A) -> Option<usize> {
    N_PRB_2_AND_3.get(i_tbs).map(|row| usize::from(row[n_prb_1a as usize]))
}

/// Transport block size in bits that DCI format 1C gives, or `None` above I_TBS 31. TS 36.213 Table 7.1.7.2.3-1.
#[must_use]
pub fn tbs_1c(i_tbs: usize) -> Option<usize> {
    FORMAT_1C.get(i_tbs).map(|&tbs| usize::from(tbs))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes were chosen so that a block with its CRC24 needs no filler bits: it is a size of the turbo code's
    /// interleaver (TS 36.212 Table 5.1.3-3: steps of 8 to 512, 16 to 1024, 32 to 2048, 64 to 6144).
    fn needs_no_filler(tbs: u16) -> bool {
        let step = match tbs + 24 {
            0..=512 => 8,
            513..=1024 => 16,
            1025..=2048 => 32,
            _ => 64,
        };
        (tbs + 24).is_multiple_of(step)
    }

    #[test]
    fn every_size_fills_a_code_block() {
        for tbs in N_PRB_2_AND_3.iter().flatten().chain(&FORMAT_1C) {
            assert!(needs_no_filler(*tbs), "{tbs}");
        }
    }

    #[test]
    fn sizes_rise() {
        for column in [0, 1] {
            assert!(N_PRB_2_AND_3.is_sorted_by(|a, b| a[column] < b[column]));
        }
        assert!(N_PRB_2_AND_3.iter().all(|row| row[0] < row[1]));
        assert!(FORMAT_1C.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn corners() {
        assert_eq!(tbs_1a(0, NPrb1A::Two), Some(32));
        assert_eq!(tbs_1a(26, NPrb1A::Three), Some(2216));
        assert_eq!(tbs_1a(27, NPrb1A::Two), None);
        assert_eq!((tbs_1c(0), tbs_1c(31), tbs_1c(32)), (Some(40), Some(1736), None));
    }
}

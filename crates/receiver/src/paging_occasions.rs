//! When a cell may page. TS 36.304 §7.1, §7.2.

use lte_dsp::cell::{Duplex, Sfn};

use lte_rrc::{NB, PcchConfig};

/// The subframes that SIB2's nB leaves for paging, whichever terminals are paged in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PagingOccasions {
    /// Every how many frames there are some: T/nB, where nB is below T.
    every_frames: u16,
    /// In those frames.
    subframes: &'static [u8],
}

impl PagingOccasions {
    /// The occasions that `pcch` gives.
    #[must_use]
    pub fn of(pcch: &PcchConfig, duplex: Duplex) -> Self {
        // N_s of one, two and four. TS 36.304 §7.2.
        let [one, two, four]: [&[u8]; 3] = match duplex {
            Duplex::Fdd => [&[9], &[4, 9], &[0, 4, 5, 9]],
            Duplex::Tdd => [&[0], &[0, 5], &[0, 1, 5, 6]],
        };
        let (every_frames, subframes) = match pcch.n_b {
            NB::FourT => (1, four),
            NB::TwoT => (1, two),
            NB::OneT => (1, one),
            NB::HalfT => (2, one),
            NB::QuarterT => (4, one),
            NB::OneEighthT => (8, one),
            NB::OneSixteenthT => (16, one),
            NB::OneThirtySecondT => (32, one),
        };
        Self { every_frames, subframes }
    }

    /// The subframes of frame `sfn` in which terminals may be paged.
    #[must_use]
    pub fn in_frame(&self, sfn: Sfn) -> &'static [u8] {
        if sfn.get().is_multiple_of(self.every_frames) { self.subframes } else { &[] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lte_rrc::{BcchDlSch, Sib, decode_bcch_dl_sch};

    /// Off the air: pcch-Config with nB of a quarter.
    const SI: &str = "00801c31186fe0c43846069ce2d001020054ce772cb5509b985818";

    #[test]
    fn a_quarter_is_one_subframe_in_every_fourth_frame() {
        let block = hex::decode(SI).expect("hexadecimal");
        let Ok(BcchDlSch::SystemInformation(message)) = decode_bcch_dl_sch(&block) else { panic!("no SI") };
        let sib2 = message.sibs.iter().find_map(|sib| if let Sib::Sib2(sib2) = sib { Some(sib2) } else { None });
        let pcch = &sib2.expect("a SIB2").radio_resource_config_common.pcch_config;
        for (duplex, subframe) in [(Duplex::Fdd, 9), (Duplex::Tdd, 0)] {
            let occasions = PagingOccasions::of(pcch, duplex);
            for sfn in 0..1024 {
                let expected: &[u8] = if sfn % 4 == 0 { &[subframe] } else { &[] };
                assert_eq!(occasions.in_frame(Sfn::wrapping(sfn)), expected, "{sfn}");
            }
        }
    }
}

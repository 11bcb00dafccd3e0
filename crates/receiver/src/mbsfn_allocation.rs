//! Which subframes a cell says are for MBSFN. TS 36.331 §6.3.7 (MBSFN-SubframeConfig).

use lte_dsp::cell::{Duplex, mbsfn::MbsfnSubframes};

use lte_rrc::{MbsfnSubframeConfig, Sib2, SubframeAllocation, SubframeAllocationV1430};

/// Bits of subframeAllocation a frame, and of its addition in release 14.
const BITS: [usize; 2] = [6, 2];

/// The subframes that `sib2` gives to MBSFN, counted from frame 0 on the air.
pub fn mbsfn_subframes(sib2: &Sib2, duplex: Duplex) -> MbsfnSubframes {
    // In the order of the bits, the first on the left. Uplink subframes may be named; they hold nothing anyway, and the
    // last bit of TDD stands for none.
    let numbers: [&[u8]; 2] = match duplex {
        Duplex::Fdd => [&[1, 2, 3, 6, 7, 8], &[4, 9]],
        Duplex::Tdd => [&[3, 4, 7, 8, 9], &[]],
    };
    let added = sib2.v1430.as_ref().and_then(|group| group.mbsfn_subframe_config_list_v1430.as_ref());
    MbsfnSubframes::told(|frame| {
        let mut subframes = 0;
        for (i, config) in sib2.mbsfn_subframe_config_list.iter().flatten().enumerate() {
            let Some(since) = frames_since_allocation(config, frame) else { continue };
            let added = added.and_then(|list| list.get(i)).map(|added| match added.subframe_allocation_v1430 {
                SubframeAllocationV1430::OneFrameV1430(bits) => (u32::from(bits), 1),
                SubframeAllocationV1430::FourFramesV1430(bits) => (u32::from(bits), 4),
            });
            let root = match config.subframe_allocation {
                SubframeAllocation::OneFrame(bits) => (u32::from(bits), 1),
                SubframeAllocation::FourFrames(bits) => (bits, 4),
            };
            for ((allocation, numbers), bits) in [Some(root), added].into_iter().zip(numbers).zip(BITS) {
                let Some((allocation, frames)) = allocation.filter(|(_, frames)| since < *frames) else { continue };
                let of_frame = allocation >> (bits * (frames - 1 - since));
                let is_named = |place: &usize| of_frame >> (bits - 1 - place) & 1 == 1;
                (0..numbers.len()).filter(is_named).for_each(|place| subframes |= 1 << numbers[place]);
            }
        }
        subframes
    })
}

/// Frames since the last one with SFN mod radioframeAllocationPeriod = radioframeAllocationOffset; `None` for an
/// offset that no frame has.
fn frames_since_allocation(config: &MbsfnSubframeConfig, frame: usize) -> Option<usize> {
    let period = config.radioframe_allocation_period.frames();
    let offset = usize::from(config.radioframe_allocation_offset);
    (offset < period).then(|| (frame + period - offset) % period)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lte_rrc::{BcchDlSch, Sib, decode_bcch_dl_sch};

    /// Off the air; its bits up to the list, and those after it.
    const SI: &str = "00801c31186fe0c43846069ce2d001020054ce772cb5509b985818";

    /// The SIB2 of [`SI`] with a list of MBSFN-SubframeConfig, as bits: period, offset, choice, allocation.
    fn sib2(configs: &[&str]) -> Sib2 {
        let block = hex::decode(SI).expect("hexadecimal");
        let mut bits: String = block.iter().map(|byte| format!("{byte:08b}")).collect();
        // The second flag of SIB2's two, and the list before the three bits of timeAlignmentTimerCommon, where SIB3 begins
        // at bit 213.
        assert_eq!(&bits[14..17], "000");
        bits.replace_range(16..17, "1");
        // Of the list's two blocks the first.
        bits.replace_range(4..9, "00000");
        bits.insert_str(210, &format!("{:03b}{}", configs.len() - 1, configs.concat()));
        while !bits.len().is_multiple_of(8) {
            bits.push('0');
        }
        let block: Vec<u8> =
            bits.as_bytes().chunks(8).map(|b| b.iter().fold(0, |byte, bit| byte << 1 | (bit - b'0'))).collect();
        let Ok(BcchDlSch::SystemInformation(message)) = decode_bcch_dl_sch(&block) else { panic!("no SI") };
        assert!(message.faults.is_empty(), "{:?}", message.faults);
        let sib2 = message.sibs.into_iter().find_map(|sib| if let Sib::Sib2(sib2) = sib { Some(*sib2) } else { None });
        sib2.expect("a SIB2")
    }

    fn named(sib2: &Sib2, duplex: Duplex) -> Vec<i64> {
        let mbsfn = mbsfn_subframes(sib2, duplex);
        assert!(mbsfn.is_told());
        (0..320).filter(|n| mbsfn.contains(*n)).collect()
    }

    #[test]
    fn one_frame_of_a_period() {
        // n8, offset 3, oneFrame: the second and the last bit.
        let sib2 = sib2(&[&["011", "011", "0", "010001"].concat()]);
        assert_eq!(named(&sib2, Duplex::Fdd), [32, 38, 112, 118, 192, 198, 272, 278]);
        assert_eq!(named(&sib2, Duplex::Tdd), [34, 114, 194, 274]);
    }

    #[test]
    fn four_frames_of_a_period_beside_another_allocation() {
        // n16, offset 7, fourFrames: subframe 1 of the first, 3 of the third, 8 of the fourth; n32, offset 0: subframe 6.
        let four = ["100", "111", "1", "100000", "000000", "001000", "000001"].concat();
        let sib2 = sib2(&[&four, &["101", "000", "0", "000100"].concat()]);
        assert_eq!(named(&sib2, Duplex::Fdd), [6, 71, 93, 108, 231, 253, 268]);
    }
}

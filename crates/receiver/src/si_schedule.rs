//! When a cell sends its SI messages. TS 36.331 §5.2.3.

use lte_dsp::cell::Sfn;

use lte_rrc::Sib1;

/// SIB1's scheduling information. TS 36.331 §6.2.2 (SchedulingInfoList).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiSchedule {
    /// si-WindowLength in subframes, which are milliseconds.
    pub window_subframes: u32,
    /// The SI messages, in the list's order.
    pub messages: Vec<SiMessage>,
}

/// One SI message. TS 36.331 §6.2.2 (SchedulingInfo).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiMessage {
    /// si-Periodicity in radio frames.
    pub period_frames: u32,
    /// Numbers of the blocks mapped to it, ascending; SIB2 is in the first message without being listed. A block that
    /// came after release 15 is left away.
    pub sibs: Vec<u8>,
}

impl SiSchedule {
    /// The schedule that `sib1` gives.
    #[must_use]
    pub fn of(sib1: &Sib1) -> Self {
        let messages = sib1.scheduling_info_list.iter().enumerate().map(|(i, info)| {
            let listed = info.sib_mapping_info.iter().filter_map(|sib_type| sib_type.number());
            let mut sibs: Vec<u8> = (i == 0).then_some(2).into_iter().chain(listed).collect();
            sibs.sort_unstable();
            SiMessage { period_frames: info.si_periodicity.frames(), sibs }
        });
        Self { window_subframes: sib1.si_window_length.subframes(), messages: messages.collect() }
    }

    /// Frame, modulo the period, and subframe where the windows of message `n`, counted from 0, start:
    /// x = n·w, SFN mod T = ⌊x / 10⌋, a = x mod 10. TS 36.331 §5.2.3.
    #[must_use]
    pub fn window_start(&self, n: usize) -> (u32, u32) {
        let x = n as u32 * self.window_subframes;
        (x / 10, x % 10)
    }

    /// Which message may be sent in a subframe, counted from 0 in the list; `None` outside of all windows and in
    /// subframe 5 of even frames, which is SIB1's. Uplink and MBSFN subframes are for the caller to leave out.
    #[must_use]
    pub fn message_at(&self, sfn: Sfn, subframe: u8) -> Option<usize> {
        if subframe == 5 && sfn.get().is_multiple_of(2) {
            return None;
        }
        let now = 10 * u32::from(sfn.get()) + u32::from(subframe);
        (0..self.messages.len()).find(|&n| {
            let period = 10 * self.messages[n].period_frames;
            let x = n as u32 * self.window_subframes;
            // A window that starts beyond its own period never comes: the frame number modulo T cannot reach it.
            x < period && (now + period - x) % period < self.window_subframes
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lte_rrc::{BcchDlSch, decode_bcch_dl_sch};

    fn schedule(sib1_hex: &str) -> SiSchedule {
        let block = hex::decode(sib1_hex).expect("hexadecimal");
        match decode_bcch_dl_sch(&block).expect("a message") {
            BcchDlSch::Sib1(sib1) => SiSchedule::of(&sib1),
            other => panic!("{other:?} is no SIB1"),
        }
    }

    /// Off the air: messages every 16, 16, 64 and 64 frames with SIB2, SIB3, SIB5 and SIB6, windows of 20 ms.
    const FOUR_MESSAGES: &str = "68cc42821989c402240f3f6bc2d03ea18c80840c22611d0e098fd080814b62e0";

    #[test]
    fn blocks_and_periods_are_those_of_sib1() {
        let schedule = schedule(FOUR_MESSAGES);
        let message = |period_frames, sib| SiMessage { period_frames, sibs: vec![sib] };
        assert_eq!(schedule.window_subframes, 20);
        assert_eq!(schedule.messages, [message(16, 2), message(16, 3), message(64, 5), message(64, 6)]);
    }

    #[test]
    fn every_subframe_has_the_message_that_the_clause_gives_it() {
        let mut schedule = schedule(FOUR_MESSAGES);
        for (window, n_late) in [(1, 2), (5, 1), (15, 3), (20, 3), (40, 3)] {
            schedule.window_subframes = window;
            assert_eq!(schedule.window_start(n_late), (n_late as u32 * window / 10, n_late as u32 * window % 10));
            let mut expected = vec![None; 10 * 1024];
            for (n, message) in schedule.messages.iter().enumerate() {
                let (frame, subframe) = schedule.window_start(n);
                for sfn in (0..1024).filter(|sfn| sfn % message.period_frames == frame) {
                    (0..window).for_each(|i| expected[((10 * sfn + subframe + i) % 10240) as usize] = Some(n));
                }
            }
            for (at, expected) in expected.into_iter().enumerate() {
                let (sfn, subframe) = (at / 10, at % 10);
                let expected = expected.filter(|_| subframe != 5 || sfn % 2 == 1);
                let sfn = Sfn::wrapping(sfn as i64);
                assert_eq!(schedule.message_at(sfn, subframe as u8), expected, "{window} ms, {sfn}.{subframe}");
            }
        }
    }
}

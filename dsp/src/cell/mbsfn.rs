//! Subframes whose reference signals end with the control region. TS 36.211 §6.1, §6.10.1.2.

/// Frames after which every allocation repeats: the longest radioframeAllocationPeriod. TS 36.331 §6.3.7.
const PERIOD_FRAMES: usize = 32;

/// A cell's MBSFN subframes, counted from the frame that its timing counts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MbsfnSubframes {
    /// By frame, modulo the period: bit n stands for subframe n.
    frames: [u16; PERIOD_FRAMES],
    is_told: bool,
}

impl MbsfnSubframes {
    /// Symbols of an MBSFN subframe that may be in its control region, with reference signals. TS 36.211 §6.7.
    pub const CONTROL_SYMBOLS: usize = 2;
    /// Subframes of frame structure type 1 that none is among. TS 36.331 §6.3.7.
    pub const NEVER: [i64; 4] = [0, 4, 5, 9];

    /// Those that the cell tells: of each frame, modulo 32, the subframes as bits.
    #[must_use]
    pub fn told(of_frame: impl FnMut(usize) -> u16) -> Self {
        Self { frames: std::array::from_fn(of_frame), is_told: true }
    }

    /// Whether the cell has told which they are.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.is_told
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames == [0; PERIOD_FRAMES]
    }

    /// Whether both name the same subframes.
    #[must_use]
    pub fn names_those_of(&self, other: &Self) -> bool {
        self.frames == other.frames
    }

    /// Whether `subframe`, counted from the first frame's start, is one.
    #[must_use]
    pub fn contains(&self, subframe: i64) -> bool {
        self.frames[subframe.div_euclid(10).rem_euclid(PERIOD_FRAMES as i64) as usize] >> subframe.rem_euclid(10) & 1
            == 1
    }

    /// Adds subframe `number` (0–9) of every frame.
    pub fn add_in_every_frame(&mut self, number: u8) {
        self.frames.iter_mut().for_each(|frame| *frame |= 1 << number);
    }

    /// The same, counted from a frame that is `frames` later.
    #[must_use]
    pub fn counted_from(mut self, frames: i64) -> Self {
        self.frames.rotate_left(frames.rem_euclid(PERIOD_FRAMES as i64) as usize);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_first_frame_leaves_the_subframes_where_they_are() {
        let told = MbsfnSubframes::told(|frame| if frame % 8 == 3 { 0b10_0000_0010 } else { 0 });
        let named = |mbsfn: &MbsfnSubframes| (-400..400).filter(|n| mbsfn.contains(*n)).collect::<Vec<i64>>();
        assert_eq!(named(&told)[..4], [-369, -361, -289, -281]);
        for frames in [-70, -1, 0, 5, 32, 1023] {
            let later = told.counted_from(frames);
            assert!((-400..400).all(|n| later.contains(n) == told.contains(n + 10 * frames)), "{frames}");
        }
    }

    #[test]
    fn what_was_seen_is_in_every_frame() {
        let mut seen = MbsfnSubframes::default();
        assert!(seen.is_empty() && !seen.is_told());
        seen.add_in_every_frame(7);
        assert!((-320..640).all(|n: i64| seen.contains(n) == (n.rem_euclid(10) == 7)));
        assert!(seen.names_those_of(&MbsfnSubframes::told(|_| 1 << 7)) && !seen.is_told());
    }
}

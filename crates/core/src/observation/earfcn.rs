//! E-UTRA channel numbers and the bands they lie in.

use lte_dsp::{cell::Duplex, units::Hertz};

use Duplex::{Fdd, Tdd};

/// E-UTRA absolute radio frequency channel number of the downlink. TS 36.101 §5.7.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Earfcn(u32);

/// A row of Table 5.7.3-1, with the upper band edge and the duplex mode of Table 5.5-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Number of the band.
    pub number: u16,
    /// Frame structure used in it; bands of downlink only count as FDD.
    pub duplex: Duplex,
    /// F_DL_low in steps of the raster, 100 kHz.
    low: u32,
    /// F_DL_high in the same steps.
    high: u32,
    /// N_Offs-DL, the first channel number.
    first: u32,
    /// The last channel number.
    last: u32,
}

/// The channel raster. TS 36.101 §5.7.2.
const RASTER_HZ: f64 = 100e3;

impl Band {
    /// Lower and upper edge of the downlink, F_DL_low and F_DL_high.
    #[must_use]
    pub fn downlink(&self) -> (Hertz, Hertz) {
        (Hertz(f64::from(self.low) * RASTER_HZ), Hertz(f64::from(self.high) * RASTER_HZ))
    }
}

impl Earfcn {
    /// The channel of this number, or `None` where no band has it.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        band_of(number).map(|_| Self(number))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// The band that has the number. No number is in two bands.
    ///
    /// # Panics
    /// Never: the number was in a band when it was made.
    #[must_use]
    pub fn band(self) -> &'static Band {
        band_of(self.0).expect("checked when made")
    }

    /// F_DL = F_DL_low + 0.1 MHz (N_DL - N_Offs-DL). TS 36.101 §5.7.3.
    #[must_use]
    pub fn frequency(self) -> Hertz {
        let band = self.band();
        Hertz(f64::from(band.low + self.0 - band.first) * RASTER_HZ)
    }
}

/// Whether two channel numbers name one carrier: the same frequency and duplex mode, under the numbers of bands that
/// overlap. TS 36.101 §5.7.3; TS 36.331 §6.2.2 (multiBandInfoList).
#[must_use]
pub fn is_same_carrier(one: u32, other: u32) -> bool {
    let carrier = |number| Earfcn::new(number).map(|channel| (channel.frequency().0.to_bits(), channel.band().duplex));
    one == other || carrier(one).is_some_and(|one| Some(one) == carrier(other))
}

/// The numbers that name the same carrier as `number`, itself included.
#[must_use]
pub fn numbers_of_carrier(number: u32) -> Vec<u32> {
    let Some(channel) = Earfcn::new(number) else { return vec![number] };
    channels_at(channel.frequency(), Some(channel.band().duplex)).into_iter().map(Earfcn::get).collect()
}

/// All channels at a frequency, one for each band that covers it, the lowest band first; empty off the raster. With
/// `duplex`, only those of its bands.
///
/// A frequency is on the raster within 1 kHz of it.
#[must_use]
pub fn channels_at(frequency: Hertz, duplex: Option<Duplex>) -> Vec<Earfcn> {
    let steps = (frequency.0 / RASTER_HZ).round();
    // False for NaN too.
    let on_raster = (frequency.0 - steps * RASTER_HZ).abs() <= 1e3;
    if !on_raster || !(0.0..1e6).contains(&steps) {
        return Vec::new();
    }
    let steps = steps as u32;
    let covers = |band: &&Band| (band.low..band.high).contains(&steps) && duplex.is_none_or(|d| d == band.duplex);
    BANDS.iter().filter(covers).map(|band| Earfcn(band.first + steps - band.low)).collect()
}

/// The channel at a frequency in one band, as SIB1's freqBandIndicator names it; `None` where the band does not cover it.
#[must_use]
pub fn channel_in_band(frequency: Hertz, band: u16) -> Option<Earfcn> {
    channels_at(frequency, None).into_iter().find(|channel| channel.band().number == band)
}

/// The bands of the table in its order.
pub fn bands() -> impl Iterator<Item = &'static Band> {
    BANDS.iter()
}

fn band_of(number: u32) -> Option<&'static Band> {
    BANDS.iter().find(|band| (band.first..=band.last).contains(&number))
}

const fn row(number: u16, low: u32, high: u32, first: u32, last: u32, duplex: Duplex) -> Band {
    Band { number, duplex, low, high, first, last }
}

/// TS 36.101 v15 Table 5.7.3-1, downlink columns, F_DL_high and the duplex mode from Table 5.5-1: band, F_DL_low and
/// F_DL_high in 100 kHz, N_Offs-DL, last N_DL. Bands 15, 16, 54–64, 77–84 and 86 are not used, or not by E-UTRA.
#[rustfmt::skip]
static BANDS: [Band; 66] = [
    row(1, 21100, 21700, 0, 599, Fdd),
    row(2, 19300, 19900, 600, 1199, Fdd),
    row(3, 18050, 18800, 1200, 1949, Fdd),
    row(4, 21100, 21550, 1950, 2399, Fdd),
    row(5, 8690, 8940, 2400, 2649, Fdd),
    row(6, 8750, 8850, 2650, 2749, Fdd),
    row(7, 26200, 26900, 2750, 3449, Fdd),
    row(8, 9250, 9600, 3450, 3799, Fdd),
    row(9, 18449, 18799, 3800, 4149, Fdd),
    row(10, 21100, 21700, 4150, 4749, Fdd),
    row(11, 14759, 14959, 4750, 4949, Fdd),
    row(12, 7290, 7460, 5010, 5179, Fdd),
    row(13, 7460, 7560, 5180, 5279, Fdd),
    row(14, 7580, 7680, 5280, 5379, Fdd),
    row(17, 7340, 7460, 5730, 5849, Fdd),
    row(18, 8600, 8750, 5850, 5999, Fdd),
    row(19, 8750, 8900, 6000, 6149, Fdd),
    row(20, 7910, 8210, 6150, 6449, Fdd),
    row(21, 14959, 15109, 6450, 6599, Fdd),
    row(22, 35100, 35900, 6600, 7399, Fdd),
    row(23, 21800, 22000, 7500, 7699, Fdd),
    row(24, 15250, 15590, 7700, 8039, Fdd),
    row(25, 19300, 19950, 8040, 8689, Fdd),
    row(26, 8590, 8940, 8690, 9039, Fdd),
    row(27, 8520, 8690, 9040, 9209, Fdd),
    row(28, 7580, 8030, 9210, 9659, Fdd),
    row(29, 7170, 7280, 9660, 9769, Fdd),
    row(30, 23500, 23600, 9770, 9869, Fdd),
    row(31, 4625, 4675, 9870, 9919, Fdd),
    row(32, 14520, 14960, 9920, 10359, Fdd),
    row(33, 19000, 19200, 36000, 36199, Tdd),
    row(34, 20100, 20250, 36200, 36349, Tdd),
    row(35, 18500, 19100, 36350, 36949, Tdd),
    row(36, 19300, 19900, 36950, 37549, Tdd),
    row(37, 19100, 19300, 37550, 37749, Tdd),
    row(38, 25700, 26200, 37750, 38249, Tdd),
    row(39, 18800, 19200, 38250, 38649, Tdd),
    row(40, 23000, 24000, 38650, 39649, Tdd),
    row(41, 24960, 26900, 39650, 41589, Tdd),
    row(42, 34000, 36000, 41590, 43589, Tdd),
    row(43, 36000, 38000, 43590, 45589, Tdd),
    row(44, 7030, 8030, 45590, 46589, Tdd),
    row(45, 14470, 14670, 46590, 46789, Tdd),
    row(46, 51500, 59250, 46790, 54539, Tdd),
    row(47, 58550, 59250, 54540, 55239, Tdd),
    row(48, 35500, 37000, 55240, 56739, Tdd),
    row(49, 35500, 37000, 56740, 58239, Tdd),
    row(50, 14320, 15170, 58240, 59089, Tdd),
    row(51, 14270, 14320, 59090, 59139, Tdd),
    row(52, 33000, 34000, 59140, 60139, Tdd),
    row(53, 24835, 24950, 60140, 60254, Tdd),
    row(65, 21100, 22000, 65536, 66435, Fdd),
    row(66, 21100, 22000, 66436, 67335, Fdd),
    row(67, 7380, 7580, 67336, 67535, Fdd),
    row(68, 7530, 7830, 67536, 67835, Fdd),
    row(69, 25700, 26200, 67836, 68335, Fdd),
    row(70, 19950, 20200, 68336, 68585, Fdd),
    row(71, 6170, 6520, 68586, 68935, Fdd),
    row(72, 4610, 4660, 68936, 68985, Fdd),
    row(73, 4600, 4650, 68986, 69035, Fdd),
    row(74, 14750, 15180, 69036, 69465, Fdd),
    row(75, 14320, 15170, 69466, 70315, Fdd),
    row(76, 14270, 14320, 70316, 70365, Fdd),
    row(85, 7280, 7460, 70366, 70545, Fdd),
    row(87, 4200, 4250, 70546, 70595, Fdd),
    row(88, 4220, 4270, 70596, 70645, Fdd),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_band_has_one_channel_for_each_raster_step() {
        for band in bands() {
            assert_eq!(band.last - band.first + 1, band.high - band.low, "band {}", band.number);
        }
    }

    #[test]
    fn numbers_and_bands_rise_and_are_in_one_band_each() {
        for pair in BANDS.windows(2) {
            assert!(pair[0].last < pair[1].first && pair[0].number < pair[1].number, "{pair:?}");
        }
        for band in bands() {
            assert_eq!(band.duplex == Tdd, (33..=53).contains(&band.number), "band {}", band.number);
        }
    }

    #[test]
    fn every_number_comes_back_from_its_frequency() {
        for band in bands() {
            for number in band.first..=band.last {
                let channel = Earfcn::new(number).expect("in the band");
                assert_eq!(channel_in_band(channel.frequency(), band.number), Some(channel));
            }
        }
    }

    #[test]
    fn known_channels() {
        let mhz = |number| Earfcn::new(number).map(|channel| channel.frequency().0 / 1e6);
        assert_eq!(mhz(1550), Some(1840.0));
        assert_eq!(mhz(3743), Some(954.3));
        assert_eq!(mhz(300), Some(2140.0));
        assert_eq!(mhz(38_000), Some(2595.0));
        assert_eq!(mhz(66_986), Some(2165.0));
        for none in [4950, 5380, 10_360, 35_999, 60_255, 65_535, 70_646, u32::MAX] {
            assert_eq!(Earfcn::new(none), None, "{none}");
        }
    }

    #[test]
    fn the_lowest_band_comes_first_and_the_duplex_mode_counts() {
        let bands = |hz, duplex| channels_at(Hertz(hz), duplex).iter().map(|c| c.band().number).collect::<Vec<_>>();
        assert_eq!(bands(880e6, None), [5, 6, 19, 26]);
        assert_eq!(bands(2585e6, None), [38, 41, 69]);
        assert_eq!(bands(2585e6, Some(Fdd)), [69]);
        assert_eq!(bands(2585e6, Some(Tdd)), [38, 41]);
    }

    #[test]
    fn numbers_of_overlapping_bands_name_one_carrier() {
        // 880.0 MHz in bands 5, 6, 19 and 26; 2630.0 MHz is FDD in band 7 and TDD in band 41.
        let same = numbers_of_carrier(8900);
        assert_eq!(same, [2510, 2700, 6050, 8900]);
        for (one, other, are) in
            [(8900, 2510, true), (2510, 8900, true), (8900, 2511, false), (2850, 40990, false), (1550, 1550, true)]
        {
            assert_eq!(is_same_carrier(one, other), are, "{one}, {other}");
        }
        // A number in no band is the same as itself only.
        assert!(is_same_carrier(300_000, 300_000) && !is_same_carrier(300_000, 300_001));
        assert_eq!(numbers_of_carrier(300_000), [300_000]);
    }

    #[test]
    fn off_the_raster_there_is_no_channel() {
        for hz in [1_840_050_000.0, 1_840_002_000.0, 0.0, -1.84e9, 100e9, f64::NAN, f64::INFINITY, 1880e6 - 50e3] {
            assert!(channels_at(Hertz(hz), None).is_empty(), "{hz}");
        }
        assert_eq!(channels_at(Hertz(1_840_000_900.0), None).first().map(|c| c.get()), Some(1550));
    }
}

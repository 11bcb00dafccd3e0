//! MasterInformationBlock. TS 36.331 §6.2.2.

use lte_dsp::{
    cell::{Bandwidth, PhichDuration, PhichResource},
    channels::pbch,
};

use super::error::RrcError;

/// The 24 bits that the PBCH carries. TS 36.331 §6.2.2 (MasterInformationBlock).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mib {
    /// dl-Bandwidth.
    pub bandwidth: Bandwidth,
    /// phich-Config: phich-Duration.
    pub phich_duration: PhichDuration,
    /// phich-Config: phich-Resource.
    pub phich_resource: PhichResource,
    /// systemFrameNumber: the eight most significant bits; the other two are the burst's place in its 40 ms.
    pub sfn_msb: u8,
    /// The last ten bits, spare in release 8. Later releases schedule SIB1-BR with them, so they may be set.
    pub spare: u16,
}

impl Mib {
    /// Reads the 24 bits, the first one most significant in the first byte.
    ///
    /// # Errors
    /// [`RrcError::Malformed`] where dl-Bandwidth is one of its two unused code points.
    pub fn from_bits(octets: [u8; 3]) -> Result<Self, RrcError> {
        let mib = pbch::Mib::new(u32::from_be_bytes([0, octets[0], octets[1], octets[2]]));
        let bandwidth = mib.bandwidth().ok_or_else(|| RrcError::Malformed {
            what: "dl-Bandwidth",
            at_bit: 0,
            value: format!("{}, where 0 to 5 are bandwidths", mib.get() >> 21),
        })?;
        Ok(Self {
            bandwidth,
            phich_duration: mib.phich_duration(),
            phich_resource: mib.phich_resource(),
            sfn_msb: mib.sfn_msbs(),
            spare: (mib.get() & 0x3FF) as u16,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_at_its_place() {
        let mib = Mib::from_bits([0b1011_1010, 0b0101_0110, 0b0000_0001]).expect("20 MHz");
        assert_eq!(mib.bandwidth, Bandwidth::Rb100);
        assert_eq!((mib.phich_duration, mib.phich_resource), (PhichDuration::Extended, PhichResource::One));
        assert_eq!((mib.sfn_msb, mib.spare), (0b1001_0101, 0b10_0000_0001));
        let mib = Mib::from_bits([0, 0, 0]).expect("1.4 MHz");
        assert_eq!((mib.bandwidth, mib.phich_duration), (Bandwidth::Rb6, PhichDuration::Normal));
        assert_eq!((mib.phich_resource, mib.sfn_msb, mib.spare), (PhichResource::OneSixth, 0, 0));
    }

    #[test]
    fn unused_bandwidth_codes_are_refused() {
        for first in 0..=u8::MAX {
            assert_eq!(Mib::from_bits([first, 0, 0]).is_ok(), first >> 5 < 6, "{first:08b}");
        }
    }
}

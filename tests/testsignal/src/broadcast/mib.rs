//! MasterInformationBlock. TS 36.331 §6.2.2.

use lte_dsp::cell::{Bandwidth, PhichDuration, PhichResource, Sfn};

use super::BitWriter;
use crate::scenario::CellConfig;

/// The 24 bits of a cell's MIB in frame `sfn`; the same in each of its 40 ms.
#[must_use]
pub fn mib(cell: &CellConfig, sfn: Sfn) -> BitWriter {
    use PhichResource::{Half, One, OneSixth, Two};
    let mut out = BitWriter::default();
    out.choice(&cell.bandwidth, &Bandwidth::ALL, 3)
        .flag(cell.phich_duration == PhichDuration::Extended)
        .choice(&cell.phich_resource, &[OneSixth, Half, One, Two], 2)
        .put(u32::from(sfn.get() >> 2), 8)
        .put(0, 10);
    out
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Pci;

    use super::*;

    /// n25 is code point 2, normal 0, one 2, the SFN's eight upper bits, ten spare bits.
    #[test]
    fn fields_are_in_the_order_of_the_clause() {
        let cell = CellConfig::new(Pci::new(0).expect("in range"), Bandwidth::Rb25, 1.84e9);
        for sfn in [240, 243] {
            let bits: String = mib(&cell, Sfn::wrapping(sfn)).bits().iter().map(u8::to_string).collect();
            assert_eq!(bits, "010".to_owned() + "0" + "10" + "00111100" + "0000000000");
        }
    }
}

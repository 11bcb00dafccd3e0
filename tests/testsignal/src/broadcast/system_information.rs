//! SystemInformation messages with SIB2, 3, 4, 5 and 9. TS 36.331 §6.2.2, §6.3.1.

use super::{BitWriter, NeighbourCarrier, SystemInformation, sib2};

/// PhysCellIdRange's lengths, by code point. TS 36.331 §6.3.4.
pub(super) static PCI_RANGES: [u16; 14] = [4, 8, 12, 16, 24, 32, 48, 64, 84, 96, 128, 168, 252, 504];
/// Q-OffsetRange's code point of 0 dB. TS 36.331 §6.3.4.
const Q_OFFSET_DB0: u32 = 15;

/// The SI message `index` of schedulingInfoList as a BCCH-DL-SCH-Message.
///
/// # Panics
/// If there is no such message.
#[must_use]
pub fn system_information(si: &SystemInformation, index: usize) -> BitWriter {
    let sibs: Vec<u8> = (index == 0).then_some(2).into_iter().chain(si.messages[index].sibs.iter().copied()).collect();
    let mut out = BitWriter::default();
    // c1, systemInformation, systemInformation-r8, no nonCriticalExtension.
    out.put(0, 4).put(sibs.len() as u32 - 1, 5);
    for sib in sibs {
        // Within the choice's root, which starts at sib2.
        out.flag(false).put(u32::from(sib) - 2, 4);
        match sib {
            2 => sib2::put(&si.mbsfn, &mut out),
            3 => sib3(si, &mut out),
            4 => sib4(si, &mut out),
            5 => sib5(si, &mut out),
            _ => sib9(si, &mut out),
        }
    }
    out
}

fn sib3(si: &SystemInformation, out: &mut BitWriter) {
    // No extension; no speedStateReselectionPars; q-Hyst dB4.
    out.flag(false).flag(false).put(4, 4);
    // s-NonIntraSearch 5, threshServingLow 2, the priority.
    out.flag(true).put(5, 5).put(2, 5).put(si.priority.into(), 3);
    // Of the options only s-IntraSearch; q-RxLevMin, then it, presenceAntennaPort1, neighCellConfig, t-ReselectionEUTRA.
    out.put(0b0100, 4).put((i32::from(si.q_rx_lev_min) + 70) as u32, 6);
    out.put(20, 5).flag(true).put(0b01, 2).put(1, 3);
}

fn sib4(si: &SystemInformation, out: &mut BitWriter) {
    out.flag(false).flag(!si.neighbours.is_empty()).flag(false).flag(si.csg_pci_range.is_some());
    if !si.neighbours.is_empty() {
        out.put(si.neighbours.len() as u32 - 1, 4);
        for pci in &si.neighbours {
            out.flag(false).put((*pci).into(), 9).put(Q_OFFSET_DB0, 5);
        }
    }
    if let Some((start, range)) = si.csg_pci_range {
        out.flag(true).put(start.into(), 9).choice(&range, &PCI_RANGES, 4);
    }
}

fn sib5(si: &SystemInformation, out: &mut BitWriter) {
    // interFreqCarrierFreqList cannot be empty: without carriers it names a frequency that nobody uses.
    let nobody = [NeighbourCarrier { earfcn: 0, priority: 0, cells: Vec::new() }];
    let carriers = if si.carriers.is_empty() { &nobody[..] } else { &si.carriers };
    out.flag(false).put(carriers.len() as u32 - 1, 3);
    for carrier in carriers {
        // No extension; no p-Max, no t-ReselectionEUTRA-SF, the priority, q-OffsetFreq at its default, cells, no others.
        out.flag(false).put(0b0010, 4).flag(!carrier.cells.is_empty()).flag(false);
        // q-RxLevMin -62, t-Reselection 1, threshX-High 8, threshX-Low 6, mbw50, presenceAntennaPort1.
        out.put(carrier.earfcn.into(), 16).put(8, 6).put(1, 3).put(8, 5).put(6, 5).put(3, 3).flag(true);
        out.put(carrier.priority.into(), 3).put(0b01, 2);
        if !carrier.cells.is_empty() {
            out.put(carrier.cells.len() as u32 - 1, 4);
            for pci in &carrier.cells {
                out.put((*pci).into(), 9).put(Q_OFFSET_DB0, 5);
            }
        }
    }
}

fn sib9(si: &SystemInformation, out: &mut BitWriter) {
    let name = si.hnb_name.as_bytes();
    out.flag(false).flag(!name.is_empty());
    if !name.is_empty() {
        out.put(name.len() as u32 - 1, 6);
        name.iter().for_each(|byte| _ = out.put((*byte).into(), 8));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broadcast::{Plmn, SiMessage};

    fn si(sibs: &[u8]) -> SystemInformation {
        let plmn = Plmn::try_from("450-08".to_owned()).expect("a PLMN");
        let mut si = SystemInformation::new(plmn, 1, 2);
        si.messages.push(SiMessage { periodicity_rf: 32, sibs: sibs.to_vec() });
        si
    }

    /// A message of an independent ASN.1 encoder. Its carriers are those of `sib5` but for q-OffsetFreq, which it does
    /// not write as it is the default.
    #[test]
    fn sib5_and_sib9_equal_an_independent_encoder() {
        let mut si = si(&[5, 9]);
        si.carriers = [(1550, 6), (3743, 4)]
            .map(|(earfcn, priority)| NeighbourCarrier { earfcn, priority, cells: Vec::new() })
            .to_vec();
        si.hnb_name = "KT-홈펨토-0231".to_owned();
        let expected = "008c440307105067c880e9f20a0cf13a825aa16f6ccc476c75476c35016981919988";
        assert_eq!(system_information(&si, 1).hex(), expected);
    }

    /// The fields that an independent encoder writes for `csg-PhysCellIdRange { start 300, range n24 }`, cut from its SIB4.
    #[test]
    fn sib4_has_its_fields_in_order() {
        let mut si = si(&[4]);
        si.neighbours = vec![10];
        si.csg_pci_range = Some((300, 24));
        let bits: String = system_information(&si, 1).bits().iter().map(u8::to_string).collect();
        let head = "0000".to_owned() + "00000" + "0" + "0010";
        let body = "0".to_owned() + "101" + "0000" + "0" + "000001010" + "01111" + "1" + "100101100" + "0100";
        assert_eq!(bits, head + &body);
    }

    #[test]
    fn the_first_message_starts_with_sib2() {
        let bits = system_information(&si(&[5]), 0);
        // Two SIBs; the first is alternative 0 of the choice.
        assert_eq!(bits.bits()[..14], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
    }
}

//! Paging with S-TMSIs. TS 36.331 §6.2.2.

use super::BitWriter;

/// A terminal's temporary identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct STmsi {
    /// Code of the mobility management entity.
    pub mmec: u8,
    /// The identity that it gave.
    pub m_tmsi: u32,
}

/// A Paging message of the PCCH, with packet-switched records for `terminals`, 1 to 16 of them.
///
/// # Panics
/// If they are none or more.
#[must_use]
pub fn paging(terminals: &[STmsi]) -> BitWriter {
    let mut out = BitWriter::default();
    // c1, paging; of the options only pagingRecordList.
    out.flag(false).put(0b1000, 4).put(terminals.len() as u32 - 1, 4);
    for terminal in terminals {
        // No extension; within the choice's root, s-TMSI; cn-Domain ps.
        out.put(0b000, 3).put(terminal.mmec.into(), 8).put(terminal.m_tmsi, 32).flag(false);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first record of an independent encoder's message follows nine bits like ours.
    #[test]
    fn a_record_equals_an_independent_encoders() {
        let terminal = STmsi { mmec: 0x12, m_tmsi: 0xDEAD_BEEF };
        let hex = paging(&[terminal, terminal]).hex();
        // Theirs has 78 where the other options are set too, ours 40.
        assert_eq!(hex[..2], *"40");
        assert_eq!(hex[2..13], "78812deadbeef19001011234567890b0"[2..13]);
    }
}

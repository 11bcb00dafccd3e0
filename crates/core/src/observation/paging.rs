//! How a cell pages: counted by the kind of identity. The identities name subscribers and are never kept.

use serde::{Deserialize, Serialize};

/// Paging of a dwell, as far as it was listened to: while there was other system information to receive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PagingCounts {
    /// Subframes listened to in which terminals may be paged. TS 36.304 §7.
    pub occasions: u32,
    /// Paging messages received in them.
    pub messages: u32,
    /// Records that page by S-TMSI.
    pub s_tmsi: u32,
    /// Records that page by IMSI, which a network does only where it has lost the terminal's S-TMSI. TS 23.401 §5.3.4.3.
    pub imsi: u32,
    /// Records that page by an identity of the 5G core.
    pub five_g: u32,
    /// Records for the circuit-switched domain.
    pub cs_domain: u32,
    /// Messages that announce a public warning: etws-Indication or cmas-Indication. TS 36.331 §6.2.2 (Paging).
    #[serde(default)]
    pub warnings: u32,
}

impl PagingCounts {
    /// Adds the paging of another dwell.
    pub fn add(&mut self, other: Self) {
        let Self { occasions, messages, s_tmsi, imsi, five_g, cs_domain, warnings } = other;
        let sums = [
            (&mut self.occasions, occasions),
            (&mut self.messages, messages),
            (&mut self.s_tmsi, s_tmsi),
            (&mut self.imsi, imsi),
            (&mut self.five_g, five_g),
            (&mut self.cs_domain, cs_domain),
            (&mut self.warnings, warnings),
        ];
        for (sum, more) in sums {
            *sum = sum.saturating_add(more);
        }
    }

    /// Records of all kinds.
    #[must_use]
    pub fn records(&self) -> u32 {
        self.s_tmsi.saturating_add(self.imsi).saturating_add(self.five_g)
    }
}

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
}

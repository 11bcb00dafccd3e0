//! A cell as far as it is known, for what is taken off a stream and for what is looked for there.

use super::{mib_burst::Turn, pbch::Mib};
use crate::{
    cell::{AntennaPorts, Bandwidth},
    frontend::ofdm::CellSync,
    search::statistics::ChannelStatistics,
};

/// A cell as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownCell {
    /// The cell and its frames.
    pub sync: CellSync,
    /// Its radio channel.
    pub statistics: ChannelStatistics,
    /// Symbols of each subframe of a frame that it sends, where it has told them.
    pub sent: Option<[usize; 10]>,
    /// `None` before the MIB.
    pub mib: Option<KnownMib>,
}

/// What a cell's PBCH says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownMib {
    /// Antenna ports.
    pub ports: AntennaPorts,
    /// Bandwidth of the downlink.
    pub bandwidth: Bandwidth,
    /// The MIB sent in the 40 ms that begin with frame `frame`.
    pub mib: Mib,
    /// That frame, counted from the frame's start.
    pub frame: i64,
    /// Frames that are sent over and over, where they are.
    pub turn: Option<Turn>,
}

impl KnownCell {
    /// Its antenna ports; two are likely before the MIB.
    #[must_use]
    pub fn ports(&self) -> AntennaPorts {
        self.mib.map_or(AntennaPorts::Two, |mib| mib.ports)
    }

    /// As much of the middle `bandwidth` as it sends.
    pub(super) fn within(&self, bandwidth: Bandwidth) -> Bandwidth {
        let own = self.mib.map_or(bandwidth, |mib| mib.bandwidth);
        if own.n_rb_dl() < bandwidth.n_rb_dl() { own } else { bandwidth }
    }
}

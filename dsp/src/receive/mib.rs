//! The MIB of a cell that was found in a stream.

use crate::{
    cell::{AntennaPorts, Bandwidth},
    channels::{
        mib::{Burst, FoundMib, find_mib},
        pbch::{self, Mib},
    },
    coding::convolutional::ConvolutionalDecoder,
    frontend::{channelise::StreamView, ofdm::FRAME},
    grid::{
        ChannelEstimate,
        channel_estimate::{ChannelEstimator, Subframe},
    },
    search::FoundCell,
};

/// The PBCH bursts of a cell in a stream at 1.92 MS/s, one a frame that the stream holds, in order, their frames counted from
/// the one that `found.sync.frame_start` begins. `seen` takes the channel of each, as four antenna ports.
pub fn mib_bursts(stream: StreamView<'_>, found: &FoundCell, mut seen: impl FnMut(&ChannelEstimate)) -> Vec<Burst> {
    let sync = found.sync;
    let mut estimator = ChannelEstimator::new(sync, Bandwidth::Rb6, found.statistics);
    let mut bursts = Vec::new();
    let (mut subframe, mut channel) = (Subframe::new(sync.cp, Bandwidth::Rb6), ChannelEstimate::default());
    for frame in sync.numbers_in(stream, FRAME) {
        if estimator.read(stream, 10 * frame, AntennaPorts::Four, &mut subframe)
            && estimator.complete(stream, &mut subframe, pbch::symbols(sync.cp))
        {
            estimator.estimate(stream, &subframe, AntennaPorts::Four, &mut channel);
            seen(&channel);
            let soft_bits =
                AntennaPorts::ALL.map(|p| pbch::burst_soft_bits(&subframe.grid, &channel, sync.pci, sync.cp, p));
            bursts.push(Burst { frame, soft_bits });
        }
    }
    bursts
}

/// The MIB that a cell's `bursts` give, or `None` where none decodes; see [`find_mib`].
#[must_use]
pub fn mib_of(bursts: &[Burst], found: &FoundCell) -> Option<FoundMib> {
    let is_legal = |mib: Mib| mib.bandwidth().is_some();
    find_mib(bursts, found.sync.pci, found.sync.cp, &mut ConvolutionalDecoder::default(), is_legal)
}

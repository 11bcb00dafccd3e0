//! From samples to resource elements, and what the cell's reference signals say about the channel.

pub mod channel_estimate;
pub mod equalise;
mod filters;
pub mod resource_grid;
pub mod wiener;

pub use resource_grid::{ChannelEstimate, ResourceGrid};

//! Stage 2. In: block spectra and a carrier's samples. Out: cells whose PSS, SSS and CRS agree.

pub mod confirm;
pub mod pss;
pub mod sss;
pub mod timing;

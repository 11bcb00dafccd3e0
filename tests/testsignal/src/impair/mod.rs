//! What happens to samples that are there already, generated or recorded: one function a file.

mod band;
mod burst;
mod clock;
mod drift;
mod path;

pub use band::shift;
pub use burst::{ADVANCE_S, UplinkBurst, add_bursts};
pub use clock::{at_rate, delayed_by_part, with_clock_error};
pub use drift::drift;
pub use path::{Path, add_path};

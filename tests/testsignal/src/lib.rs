//! LTE downlink generator for tests. It writes to memory and files only; nothing here can transmit.
//!
//! ```text
//! scenario → transmit: schedule, broadcast, signals → subframe → ofdm → waveform (one a cell, every antenna port)
//!          → receive:  fading → resample (clocks, carrier offsets) → sum, noise → front_end → samples
//! ```
//!
//! The transmitted waveforms depend on the cells' content only. A sensitivity test makes them once and receives them
//! many times with other levels, channels and seeds:
//!
//! ```
//! use lte_dsp::cell::{Bandwidth, Pci};
//! use testsignal::{CellConfig, Scenario};
//!
//! let cell = CellConfig::new(Pci::new(123).expect("below 504"), Bandwidth::Rb6, 1.84e9);
//! let mut scenario = Scenario::new(1.92e6, 1.84e9, 0.02, vec![cell]);
//! let waveforms = scenario.transmit()?;
//! for seed in 0..3 {
//!     scenario.seed = seed;
//!     scenario.cells[0].crs_es_n0_db = -6.0;
//!     assert_eq!(scenario.receive(&waveforms).len(), 38_400);
//! }
//! # Ok::<(), testsignal::ScenarioError>(())
//! ```

pub mod broadcast;
pub mod drive;
pub mod fading;
pub mod frame_structure;
pub mod front_end;
pub mod impair;
mod names;
pub mod ofdm;
pub mod random;
mod receive;
pub mod resample;
pub mod scenario;
pub mod schedule;
pub mod sigmf;
pub mod signals;
pub mod subframe;
mod truth;
mod waveform;

pub use scenario::{CellConfig, ChannelConfig, Scenario, ScenarioError, SyncPorts, TddConfig};
pub use waveform::Waveform;

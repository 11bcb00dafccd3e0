//! The kinds of impairment, one a file. A new kind is a file here and a line in [`ALL`].

mod carrier;
mod clipping;
mod clock;
mod cut;
mod dc;
mod delay;
mod drift;
mod format;
mod gain_steps;
mod imbalance;
mod loss;
mod path;
mod quantising;
mod rate;
mod scale;
mod start;
mod together;
mod uplink_burst;
mod zeroed;

use crate::{program::Reported, signal::Signal, subject::Subject};

/// Something that must not matter.
pub trait Impairment: Sync {
    /// Its name in the table.
    fn name(&self) -> &'static str;

    /// The ways in which it may happen to a subject, none where it cannot. Every one leaves 80 ms of signal in one piece.
    fn cases(&self, subject: &Subject) -> Vec<Case>;
}

/// All kinds.
pub const ALL: [&dyn Impairment; 19] = [
    &cut::Cut,
    &start::Start,
    &scale::Scale,
    &format::Formats,
    &rate::Rate,
    &clock::Clock,
    &carrier::Carrier,
    &delay::Delay,
    &path::SecondPath,
    &loss::Loss,
    &zeroed::Zeroed,
    &gain_steps::GainSteps,
    &dc::Dc,
    &imbalance::Imbalance,
    &clipping::Clipping,
    &quantising::Quantising,
    &drift::Drift,
    &uplink_burst::UplinkBursts,
    &together::Together,
];

type Make = Box<dyn Fn(&Signal) -> Signal + Send + Sync>;
type Change = Box<dyn Fn(&Reported, &Signal) -> f32 + Send + Sync>;

/// One way of an impairment.
pub struct Case {
    /// Which one.
    pub what: String,
    /// The signal made of a subject's.
    pub make: Make,
    /// What a cell's level changes by in decibels, other than by noise of rounding and clipping.
    pub change_db: Change,
}

impl Case {
    fn new(what: impl Into<String>, make: impl Fn(&Signal) -> Signal + Send + Sync + 'static) -> Self {
        Self { what: what.into(), make: Box::new(make), change_db: Box::new(|_, _| 0.0) }
    }

    /// The same with another level.
    fn changing(mut self, change_db: impl Fn(&Reported, &Signal) -> f32 + Send + Sync + 'static) -> Self {
        self.change_db = Box::new(change_db);
        self
    }
}

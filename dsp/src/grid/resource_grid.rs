//! The one shape that all stages share. TS 36.211 §6.2.

use std::ops::{Index, IndexMut};

use num_complex::Complex32;

use crate::cell::{Bandwidth, CyclicPrefix};

/// Resource elements a_{k,l} of one subframe: `[l][k]`, l over its symbols, k ascending in frequency without DC.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceGrid {
    subcarriers: usize,
    data: Vec<Complex32>,
}

impl ResourceGrid {
    /// A grid of zeros for one subframe.
    #[must_use]
    pub fn new(cp: CyclicPrefix, bandwidth: Bandwidth) -> Self {
        let subcarriers = bandwidth.subcarriers();
        Self { subcarriers, data: vec![Complex32::ZERO; cp.symbols_per_subframe() * subcarriers] }
    }

    /// Number of OFDM symbols.
    #[must_use]
    pub fn symbols(&self) -> usize {
        self.data.len() / self.subcarriers
    }

    /// Number of subcarriers, 12·N_RB^DL.
    #[must_use]
    pub fn subcarriers(&self) -> usize {
        self.subcarriers
    }

    /// One symbol's elements, k ascending.
    ///
    /// # Panics
    /// If `l` is not below `symbols()`.
    #[must_use]
    pub fn symbol(&self, l: usize) -> &[Complex32] {
        &self.data[l * self.subcarriers..][..self.subcarriers]
    }

    /// The same, to be written.
    ///
    /// # Panics
    /// If `l` is not below `symbols()`.
    pub fn symbol_mut(&mut self, l: usize) -> &mut [Complex32] {
        &mut self.data[l * self.subcarriers..][..self.subcarriers]
    }

    /// All elements, `[l][k]` row-major.
    #[must_use]
    pub fn elements(&self) -> &[Complex32] {
        &self.data
    }

    /// The same, to be written.
    pub fn elements_mut(&mut self) -> &mut [Complex32] {
        &mut self.data
    }
}

impl Index<(usize, usize)> for ResourceGrid {
    type Output = Complex32;

    fn index(&self, (l, k): (usize, usize)) -> &Complex32 {
        &self.symbol(l)[k]
    }
}

impl IndexMut<(usize, usize)> for ResourceGrid {
    fn index_mut(&mut self, (l, k): (usize, usize)) -> &mut Complex32 {
        &mut self.symbol_mut(l)[k]
    }
}

/// The channel of one subframe as its reference signals show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ChannelEstimate {
    /// One grid an antenna port, in port order: the complex gain of each resource element.
    pub ports: Vec<ResourceGrid>,
    /// Noise and interference power a resource element, one value a resource block of the bandwidth.
    pub noise: Vec<f32>,
}

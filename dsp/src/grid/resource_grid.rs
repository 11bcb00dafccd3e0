//! The shapes that all stages share: a subframe's resource elements and its channel. TS 36.211 §6.2.

use std::ops::{Index, IndexMut, Range};

use num_complex::Complex32;

use crate::{
    cell::{Bandwidth, CyclicPrefix},
    kernels::complex,
};

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

/// Most OFDM symbols a subframe. TS 36.211 Table 6.2.3-1.
const MAX_SYMBOLS: usize = 14;

/// The channel of one subframe as its reference signals show it: the gain of each resource element lies on the line in
/// time through those of its subcarrier at two instants.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChannelEstimate {
    /// One an antenna port, in port order: the complex gain of each subcarrier at the first instant and at the second.
    pub ports: Vec<[Vec<Complex32>; 2]>,
    /// How far of the way from the first instant to the second each symbol is.
    pub parts: [f32; MAX_SYMBOLS],
    /// Noise and interference power a resource element, one value a resource block of the bandwidth.
    pub noise: Vec<f32>,
}

impl ChannelEstimate {
    /// A channel that stays what it is: for each antenna port the gains of the subcarriers.
    #[must_use]
    pub fn still(ports: Vec<Vec<Complex32>>, noise: Vec<f32>) -> Self {
        let ports = ports.into_iter().map(|gains| [gains.clone(), gains]).collect();
        Self { ports, parts: [0.0; MAX_SYMBOLS], noise }
    }

    /// The gain of a resource element (l, k) for antenna port `port`.
    ///
    /// # Panics
    /// If there is no such port or element.
    #[must_use]
    pub fn gain(&self, port: usize, (l, k): (usize, usize)) -> Complex32 {
        let ([first, second], part) = (&self.ports[port], self.parts[l]);
        first[k] * (1.0 - part) + second[k] * part
    }

    /// Sets `gains` to those of the subcarriers `range` in symbol `l` for antenna port `port`.
    ///
    /// # Panics
    /// If there is no such port, symbol or subcarrier.
    pub fn gains(&self, port: usize, l: usize, range: Range<usize>, gains: &mut [Complex32]) {
        let [first, second] = &self.ports[port];
        complex::along(&first[range.clone()], &second[range], self.parts[l], gains);
    }
}

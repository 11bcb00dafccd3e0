//! QPSK between bits and resource elements, over one antenna port or transmit diversity: both directions.
//!
//! In: the elements of one channel in its own mapping order. Out: soft bits in the order of the bits sent. It knows
//! nothing of channels, coding or scrambling.

use std::f32::consts::FRAC_1_SQRT_2;

use num_complex::Complex32;

use super::{ChannelEstimate, ResourceGrid};
use crate::{cell::AntennaPorts, kernels::equalise};

/// A resource element of a subframe, (l, k): l from the start of the subframe, k ascending in frequency without DC.
pub type Element = (usize, usize);

/// The antenna ports that send pair `i` of a channel: of one, that; else under transmit diversity. TS 36.211 §6.3.4.3.
fn port_pair(ports: usize, i: usize) -> (usize, usize) {
    match (ports, i % 2) {
        (1, _) => (0, 0),
        (4, 0) => (0, 2),
        (4, _) => (1, 3),
        _ => (0, 1),
    }
}

/// What each of so many antenna ports sends of `symbols`, one for each element. One port sends them as they are, two or four
/// by layer mapping and precoding for transmit diversity, half a pair not at all. TS 36.211 §6.3.3.3, §6.3.4.3.
///
/// # Panics
/// If the number of ports is not 1, 2 or 4.
#[must_use]
pub fn precode(symbols: &[Complex32], ports: usize) -> Vec<Vec<Complex32>> {
    assert!(matches!(ports, 1 | 2 | 4), "{ports} antenna ports, of 1, 2 or 4");
    if ports == 1 {
        return vec![symbols.to_vec()];
    }
    let mut sent = vec![vec![Complex32::ZERO; symbols.len()]; ports];
    for (i, pair) in symbols.as_chunks::<2>().0.iter().enumerate() {
        let [x_0, x_1] = pair.map(|x| x * FRAC_1_SQRT_2);
        let (first, second) = port_pair(ports, i);
        sent[first][2 * i..2 * i + 2].copy_from_slice(&[x_0, x_1]);
        sent[second][2 * i..2 * i + 2].copy_from_slice(&[-x_1.conj(), x_0.conj()]);
    }
    sent
}

/// Adds `symbols`, one for each of `elements`, to the grids of the antenna ports, as [`precode`] has it.
///
/// # Panics
/// If the number of grids is not 1, 2 or 4, or if an element lies outside them.
pub fn map_symbols(symbols: impl IntoIterator<Item = Complex32>, elements: &[Element], ports: &mut [ResourceGrid]) {
    let symbols: Vec<Complex32> = symbols.into_iter().take(elements.len()).collect();
    for (sent, port) in precode(&symbols, ports.len()).into_iter().zip(ports) {
        for (x, &element) in sent.into_iter().zip(elements) {
            port[element] += x;
        }
    }
}

/// Sets `soft` to the soft bits (log-likelihood ratios, positive = 0) of QPSK on `elements`, two an element, in the order of
/// the bits sent. The inverse of [`map_symbols`]. TS 36.211 §6.3.3, §6.3.4.
///
/// Each element weighs by its resource block's noise. Where the channel differs between the two elements of a transmit
/// diversity pair, the leakage between their symbols is removed by the unbiased MMSE solution. A value that is not
/// finite becomes 0, no knowledge.
///
/// # Panics
/// If the estimate has fewer ports than `ports`, if an element lies outside the grids, or if `soft` is not twice as long as
/// `elements`.
pub fn soft_bits(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    ports: AntennaPorts,
    elements: &[Element],
    soft: &mut [f32],
) {
    let count = ports.count();
    assert!(channel.ports.len() >= count, "{} ports estimated, {count} needed", channel.ports.len());
    assert_eq!(soft.len(), 2 * elements.len(), "two soft bits an element");
    let mut step = equalise::Elements::NONE;
    let mut bits = [0.0; 2 * equalise::ELEMENTS];
    for (elements, soft) in elements.chunks(equalise::ELEMENTS).zip(soft.chunks_mut(2 * equalise::ELEMENTS)) {
        if ports == AntennaPorts::Four {
            for first in 0..2 {
                gather(received, channel, port_pair(count, first), elements, |i| i / 2 % 2 == first, &mut step);
            }
        } else {
            gather(received, channel, port_pair(count, 0), elements, |_| true, &mut step);
        }
        match ports {
            AntennaPorts::One => equalise::one_port(&step, &mut bits),
            AntennaPorts::Two | AntennaPorts::Four => equalise::diversity(&step, &mut bits),
        }
        soft.copy_from_slice(&bits[..soft.len()]);
    }
    if count > 1 && elements.len() % 2 == 1 {
        // The standard never leaves half a pair; a channel cut by the end of the recorded band may.
        soft[2 * elements.len() - 2..].fill(0.0);
    }
}

/// Puts what belongs to `elements` in their places of `step`, of those pairs that the two `ports` send: all or every other.
fn gather(
    received: &ResourceGrid,
    channel: &ChannelEstimate,
    ports: (usize, usize),
    elements: &[Element],
    is_wanted: impl Fn(usize) -> bool,
    step: &mut equalise::Elements,
) {
    let (y, subcarriers) = (received.elements(), received.subcarriers());
    // Of one length, so that one look at k serves all.
    let gains = |port: usize, instant: usize| &channel.ports[port][instant][..subcarriers];
    let (a_0, b_0) = (gains(ports.0, 0), gains(ports.0, 1));
    let (a_1, b_1) = (gains(ports.1, 0), gains(ports.1, 1));
    for (i, &(l, k)) in elements.iter().enumerate().take(equalise::ELEMENTS) {
        if !is_wanted(i) {
            continue;
        }
        step.y[i] = y[l * subcarriers + k];
        step.noise[i] = channel.noise[k / 12];
        step.parts[i] = channel.parts[l];
        step.gains[0][0][i] = a_0[k];
        step.gains[0][1][i] = b_0[k];
        step.gains[1][0][i] = a_1[k];
        step.gains[1][1][i] = b_1[k];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::{Bandwidth, CyclicPrefix},
        coding::demap::Modulation,
    };

    fn grid() -> ResourceGrid {
        ResourceGrid::new(CyclicPrefix::Normal, Bandwidth::Rb6)
    }

    fn elements(count: usize) -> Vec<Element> {
        (0..count).map(|i| (i / 60, i % 60 + 3)).collect()
    }

    /// Deterministic bits, no two runs of them alike.
    fn bits(count: usize) -> Vec<u8> {
        crate::sequences::gold::GoldSequence::new(77).take(count).map(u8::from).collect()
    }

    /// A gain that differs from port to port, from subcarrier to subcarrier and from symbol to symbol.
    fn channel(count: usize, slope: f32) -> ChannelEstimate {
        let ports = (0..count).map(|port| {
            [0.0, 1.0].map(|instant| {
                let phase = |k: usize| 0.9 * port as f32 + slope * (k as f32 + instant) * (1.0 + port as f32);
                (0..72).map(|k| Complex32::from_polar(0.6 + 0.3 * port as f32, phase(k))).collect()
            })
        });
        let parts = std::array::from_fn(|l| 0.1 * l as f32 - 0.3);
        ChannelEstimate { ports: ports.collect(), parts, noise: vec![0.01; 6] }
    }

    /// What arrives without noise.
    fn through(sent: &[ResourceGrid], channel: &ChannelEstimate) -> ResourceGrid {
        let mut y = grid();
        for element in (0..y.symbols()).flat_map(|l| (0..72).map(move |k| (l, k))) {
            y[element] = sent.iter().enumerate().map(|(port, x)| x[element] * channel.gain(port, element)).sum();
        }
        y
    }

    fn soft(y: &ResourceGrid, channel: &ChannelEstimate, ports: AntennaPorts, elements: &[Element]) -> Vec<f32> {
        let mut soft = vec![f32::NAN; 2 * elements.len()];
        soft_bits(y, channel, ports, elements, &mut soft);
        soft
    }

    /// The 4×4 matrix of §6.3.4.3 for two ports, row by row.
    #[test]
    fn two_ports_send_the_matrix_of_the_standard() {
        let (x_0, x_1) = (Complex32::new(0.3, 0.5), Complex32::new(-0.7, 0.2));
        let mut ports = [grid(), grid()];
        map_symbols([x_0, x_1], &[(0, 4), (0, 5)], &mut ports);
        let vector = [x_0.re, x_1.re, x_0.im, x_1.im].map(Complex32::from);
        let j = Complex32::I;
        let (o, l) = (Complex32::ZERO, Complex32::ONE);
        let rows = [[l, o, j, o], [o, -l, o, j], [o, l, o, j], [l, o, -j, o]];
        let expected = rows.map(|row| row.iter().zip(vector).map(|(m, v)| m * v).sum::<Complex32>() * FRAC_1_SQRT_2);
        let got = [ports[0][(0, 4)], ports[1][(0, 4)], ports[0][(0, 5)], ports[1][(0, 5)]];
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).norm() < 1e-6, "{got} for {expected}");
        }
    }

    #[test]
    fn four_ports_alternate_in_pairs() {
        let mut ports = [grid(), grid(), grid(), grid()];
        map_symbols(Modulation::Qpsk.modulate(&[0; 8]), &elements(4), &mut ports);
        let active = |element| [0, 1, 2, 3].map(|p: usize| ports[p][element] != Complex32::ZERO);
        assert_eq!(active((0, 3)), [true, false, true, false]);
        assert_eq!(active((0, 4)), [true, false, true, false]);
        assert_eq!(active((0, 5)), [false, true, false, true]);
        assert_eq!(active((0, 6)), [false, true, false, true]);
    }

    #[test]
    fn bits_come_back_through_a_channel() {
        let (elements, bits) = (elements(130), bits(260));
        for ports in AntennaPorts::ALL {
            for slope in [0.0, 0.11] {
                let mut sent = vec![grid(); ports.count()];
                map_symbols(Modulation::Qpsk.modulate(&bits), &elements, &mut sent);
                let channel = channel(ports.count(), slope);
                let soft = soft(&through(&sent, &channel), &channel, ports, &elements);
                for (i, (llr, bit)) in soft.iter().zip(&bits).enumerate() {
                    assert!(*llr != 0.0 && (*llr < 0.0) == (*bit == 1), "{ports:?} slope {slope} bit {i}: {llr}");
                }
            }
        }
    }

    /// On a flat channel the value is known in closed form: |y - h·x|² differs by 4·|h|²·½ between the two values of a
    /// bit. Two ports at half power each, received twice, give the same.
    #[test]
    fn values_are_log_likelihood_ratios() {
        let flat = vec![Complex32::new(0.0, 0.5); 72];
        for ports in [AntennaPorts::One, AntennaPorts::Two] {
            let channel = ChannelEstimate::still(vec![flat.clone(); ports.count()], vec![0.1; 6]);
            let mut sent = vec![grid(); ports.count()];
            map_symbols(Modulation::Qpsk.modulate(&[0, 1, 1, 0]), &elements(2), &mut sent);
            let soft = soft(&through(&sent, &channel), &channel, ports, &elements(2));
            for (llr, expected) in soft.iter().zip([5.0, -5.0, -5.0, 5.0]) {
                assert!((llr - expected).abs() < 1e-4, "{ports:?}: {llr} for {expected}");
            }
        }
    }

    #[test]
    fn an_erased_block_says_nothing_and_nonsense_is_finite() {
        let mut channel = channel(2, 0.1);
        channel.noise = vec![f32::INFINITY, 0.0, f32::NAN, 1.0, 1.0, 1.0];
        let mut y = grid();
        y.elements_mut().fill(Complex32::new(f32::NAN, 1.0));
        let elements: Vec<Element> = (0..72).map(|k| (0, k)).collect();
        for ports in [AntennaPorts::One, AntennaPorts::Two] {
            assert!(soft(&y, &channel, ports, &elements).iter().all(|llr| llr.is_finite()));
            assert!(soft(&grid(), &channel, ports, &elements).iter().all(|&llr| llr == 0.0));
        }
    }

    #[test]
    fn half_a_pair_is_no_knowledge() {
        let channel = channel(2, 0.0);
        let y = through(&[grid(), grid()], &channel);
        assert_eq!(soft(&y, &channel, AntennaPorts::Two, &elements(3))[4..], [0.0; 2]);
        assert!(soft(&y, &channel, AntennaPorts::Two, &[]).is_empty());
    }
}

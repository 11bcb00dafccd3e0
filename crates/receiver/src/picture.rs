//! How a cell was received, for people to look at; nothing is decided by it.

use lte_dsp::{coding::llr::Llr, grid::ChannelEstimate};

/// Equalised symbols and channel of a cell's last dwell.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Picture {
    /// PBCH symbols as (I, Q), their mean power 1; empty before the MIB.
    pub constellation: Vec<(f32, f32)>,
    /// Power of port 0's channel in dB, one value a subcarrier, lowest frequency first.
    pub channel_response_db: Vec<f32>,
}

/// QPSK symbols of their soft bits, scaled to mean power 1. TS 36.211 §7.1.2: a bit 0 lies on the positive side.
pub fn constellation(soft_bits: &[Llr]) -> Vec<(f32, f32)> {
    let symbols = soft_bits.as_chunks::<2>().0;
    let power = symbols.iter().map(|[i, q]| i * i + q * q).sum::<f32>() / symbols.len().max(1) as f32;
    if !(power > 0.0 && power.is_finite()) {
        return Vec::new();
    }
    let scale = power.sqrt().recip();
    symbols.iter().map(|[i, q]| (i * scale, q * scale)).collect()
}

/// Power of port 0's channel in dB over the subcarriers of symbol `l`.
pub fn channel_response_db(channel: &ChannelEstimate, l: usize) -> Vec<f32> {
    let subcarriers = channel.ports.first().map_or(0, |[gains, _]| gains.len());
    let gains = (0..subcarriers).map(|k| channel.gain(0, (l, k)));
    gains.map(|gain| 10.0 * (gain.norm_sqr() + 1e-20).log10()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_pairs_of_soft_bits_at_power_one() {
        let symbols = constellation(&[3.0, -3.0, -3.0, 3.0, 9.0]);
        let expected = [(1.0, -1.0), (-1.0, 1.0)].map(|(i, q): (f32, f32)| (i / 2f32.sqrt(), q / 2f32.sqrt()));
        assert_eq!(symbols.len(), expected.len());
        for (symbol, expected) in symbols.iter().zip(expected) {
            assert!((symbol.0 - expected.0).abs() < 1e-6 && (symbol.1 - expected.1).abs() < 1e-6, "{symbol:?}");
        }
        for nothing in [&[][..], &[1.0], &[0.0, 0.0], &[f32::NAN, 1.0]] {
            assert!(constellation(nothing).is_empty());
        }
    }
}

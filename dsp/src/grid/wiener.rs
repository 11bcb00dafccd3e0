//! Linear minimum mean square error interpolation over a few known points: the filter, not the data.

/// Makes filters, one after the other in the same memory.
#[derive(Debug, Clone, Default)]
pub struct Wiener {
    /// L of L·Lᵀ, the correlation of what is seen; row by row.
    factor: Vec<f64>,
    /// One filter.
    row: Vec<f64>,
}

impl Wiener {
    /// Sets `weights` to the w that minimise E|h(x) - Σ w_i·(h(p_i) + n_i)|² for each `target` x, given the points p_i: for
    /// each target one a point.
    ///
    /// `correlation` is that of h over a distance, 1 at 0; `noise` is the power of n_i relative to that of h.
    ///
    /// Runs in the cube of the number of points. Points that coincide are no trouble as long as `noise` is positive.
    ///
    /// # Panics
    /// If `noise` is not positive.
    pub fn weights(
        &mut self,
        points: &[f32],
        targets: impl IntoIterator<Item = f32>,
        noise: f32,
        correlation: impl Fn(f32) -> f32,
        weights: &mut Vec<f32>,
    ) {
        assert!(noise > 0.0, "the filter of points without noise need not exist");
        let n = points.len();
        let (l, w) = (&mut self.factor, &mut self.row);
        l.clear();
        l.resize(n * n, 0.0);
        for i in 0..n {
            for j in 0..=i {
                let r = f64::from(correlation(points[i] - points[j])) + if i == j { f64::from(noise) } else { 0.0 };
                let sum: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
                // Rounding may leave a pivot a little below zero where the points say the same and noise is tiny.
                l[i * n + j] = if i == j { (r - sum).max(1e-9).sqrt() } else { (r - sum) / l[j * n + j] };
            }
        }
        weights.clear();
        for x in targets {
            w.clear();
            w.extend(points.iter().map(|p| f64::from(correlation(x - p))));
            for i in 0..n {
                let sum: f64 = (0..i).map(|k| l[i * n + k] * w[k]).sum();
                w[i] = (w[i] - sum) / l[i * n + i];
            }
            for i in (0..n).rev() {
                let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * w[k]).sum();
                w[i] = (w[i] - sum) / l[i * n + i];
            }
            weights.extend(w.iter().map(|w| *w as f32));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(points: &[f32], target: f32, noise: f32, correlation: impl Fn(f32) -> f32) -> Vec<f32> {
        let mut weights = vec![7.0; 3];
        Wiener::default().weights(points, [target], noise, correlation, &mut weights);
        weights
    }

    /// What is fully correlated is a mean: n points of noise σ² weigh 1/(n + σ²) each.
    #[test]
    fn a_constant_is_averaged() {
        let w = weights(&[0.0, 1.0, 2.0, 3.0], 10.0, 0.5, |_| 1.0);
        assert_eq!(w.len(), 4);
        for weight in w {
            assert!((weight - 1.0 / 4.5).abs() < 1e-5, "{weight}");
        }
    }

    /// Orthogonality: the error is uncorrelated with every point.
    #[test]
    fn the_error_is_orthogonal_to_the_points() {
        let correlation = |d: f32| (-0.1 * d * d).exp();
        let (points, noise) = ([0.0, 1.5, 4.0, 5.0], 0.2);
        for x in [-1.0, 0.7, 4.5] {
            let w = weights(&points, x, noise, correlation);
            for (i, p) in points.iter().enumerate() {
                let seen: f32 = points.iter().zip(&w).map(|(q, w)| w * correlation(p - q)).sum::<f32>() + noise * w[i];
                assert!((correlation(x - p) - seen).abs() < 1e-5, "target {x}, point {p}");
            }
        }
    }

    #[test]
    fn without_points_nothing_is_known() {
        assert!(weights(&[], 1.0, 1.0, |_| 1.0).is_empty());
    }
}

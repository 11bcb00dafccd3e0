//! Linear minimum mean square error interpolation over a few known points: the filter, not the data.

/// Weights w that minimise E|h(x) - Σ w_i·(h(p_i) + n_i)|² for each `target` x, given the points p_i.
///
/// `correlation` is that of h over a distance, 1 at 0; `noise` is the power of n_i relative to that of h. Rows are
/// targets, columns points.
///
/// Runs in the cube of the number of points. Points that coincide are no trouble as long as `noise` is positive.
///
/// # Panics
/// If `noise` is not positive.
#[must_use]
pub fn weights(points: &[f32], targets: &[f32], noise: f32, correlation: impl Fn(f32) -> f32) -> Vec<Vec<f32>> {
    assert!(noise > 0.0, "the filter of points without noise need not exist");
    let n = points.len();
    // R = L·Lᵀ, the correlation of what is seen.
    let mut l = vec![vec![0f64; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let r = f64::from(correlation(points[i] - points[j])) + if i == j { f64::from(noise) } else { 0.0 };
            let sum: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            // Rounding may leave a pivot a little below zero where the points say the same and noise is tiny.
            l[i][j] = if i == j { (r - sum).max(1e-9).sqrt() } else { (r - sum) / l[j][j] };
        }
    }
    targets
        .iter()
        .map(|x| {
            let mut w: Vec<f64> = points.iter().map(|p| f64::from(correlation(x - p))).collect();
            for i in 0..n {
                let sum: f64 = (0..i).map(|k| l[i][k] * w[k]).sum();
                w[i] = (w[i] - sum) / l[i][i];
            }
            for i in (0..n).rev() {
                let sum: f64 = (i + 1..n).map(|k| l[k][i] * w[k]).sum();
                w[i] = (w[i] - sum) / l[i][i];
            }
            w.into_iter().map(|w| w as f32).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is fully correlated is a mean: n points of noise σ² weigh 1/(n + σ²) each.
    #[test]
    fn a_constant_is_averaged() {
        let w = weights(&[0.0, 1.0, 2.0, 3.0], &[10.0], 0.5, |_| 1.0);
        for weight in &w[0] {
            assert!((weight - 1.0 / 4.5).abs() < 1e-5, "{weight}");
        }
    }

    /// Orthogonality: the error is uncorrelated with every point.
    #[test]
    fn the_error_is_orthogonal_to_the_points() {
        let correlation = |d: f32| (-0.1 * d * d).exp();
        let (points, noise) = ([0.0, 1.5, 4.0, 5.0], 0.2);
        for x in [-1.0, 0.7, 4.5] {
            let w = &weights(&points, &[x], noise, correlation)[0];
            for (i, p) in points.iter().enumerate() {
                let seen: f32 = points.iter().zip(w).map(|(q, w)| w * correlation(p - q)).sum::<f32>() + noise * w[i];
                assert!((correlation(x - p) - seen).abs() < 1e-5, "target {x}, point {p}");
            }
        }
    }

    #[test]
    fn without_points_nothing_is_known() {
        assert_eq!(weights(&[], &[1.0], 1.0, |_| 1.0), vec![Vec::<f32>::new()]);
    }
}

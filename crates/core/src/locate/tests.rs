//! A few simulated drives from fixed seeds; `tests/whereabouts.rs` has the rates over many.

use super::{
    plane::{Plane, Point, distance_m},
    *,
};

/// A generator of fixed numbers: SplitMix64, and normal ones by Box and Muller.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.uniform()).ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

const ORIGIN: Position = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };

/// Shadowing along a drive: an autoregressive series, 6 dB, falling to 1/e over `correlation_m`.
fn shadowing(random: &mut Random, track: &[Point], correlation_m: f64) -> Vec<f64> {
    let mut series = vec![6.0 * random.normal()];
    for pair in track.windows(2) {
        let rho = (-distance_m(pair[0], pair[1]) / correlation_m).exp();
        let last = series[series.len() - 1];
        series.push(rho * last + (1.0 - rho * rho).sqrt() * 6.0 * random.normal());
    }
    series
}

/// 25 places about a block and past it: east, north, west and north again.
fn track(step_m: f64) -> Vec<Point> {
    let mut at = (0.0, 0.0);
    let mut track = vec![at];
    for (steps, east, north) in [(8, 1.0, 0.0), (5, 0.0, 1.0), (8, -1.0, 0.0), (3, 0.0, 1.0)] {
        for _ in 0..steps {
            at = (at.0 + east * step_m, at.1 + north * step_m);
            track.push(at);
        }
    }
    track
}

fn levels(track: &[Point], level_db: impl Fn(usize, Point) -> f64) -> Levels {
    let plane = Plane::at(&ORIGIN);
    let mut levels = Levels::default();
    for (i, point) in track.iter().enumerate() {
        levels.add(&plane.place(*point, 5.0), level_db(i, *point));
    }
    levels
}

#[test]
fn what_drives_along_is_with_the_receiver() {
    let mut random = Random(2);
    let mut with_receiver = 0;
    for _ in 0..20 {
        let fading: Vec<f64> = (0..25).map(|_| 1.5 * random.normal()).collect();
        let found = locate(&levels(&track(40.0), |i, _| -35.0 + fading[i]), false);
        with_receiver += usize::from(matches!(found, Whereabouts::WithReceiver { .. }));
    }
    assert!(with_receiver >= 18, "{with_receiver} of 20");
}

#[test]
fn in_fading_the_other_cells_decide() {
    // Ten places of a drive with 3 dB of fading: alone, a far transmitter would explain them too.
    let fading = [-1.6, -1.4, -2.1, 0.4, 6.3, -0.3, 3.7, 1.5, -1.0, -5.3];
    let corner = |i: usize| if i < 7 { (60.0 * i as f64, 0.0) } else { (360.0, 60.0 * (i - 6) as f64) };
    let levels = levels(&(0..10).map(corner).collect::<Vec<_>>(), |i, _| -4.0 + fading[i]);
    assert!(matches!(locate(&levels, true), Whereabouts::WithReceiver { .. }));
    assert!(!matches!(locate(&levels, false), Whereabouts::WithReceiver { .. }));
    // And no finding makes a cell move that comes and goes with the distance.
    let passed = self::levels(&track(40.0), |_, p| -35.0 * distance_m(p, (160.0, 30.0)).max(5.0).log10());
    assert!(matches!(locate(&passed, true), Whereabouts::Fixed(_)));
}

#[test]
fn what_drives_another_way_moves() {
    let mut random = Random(3);
    let mut moving = 0;
    for _ in 0..10 {
        let track = track(40.0);
        let shadow: Vec<f64> = shadowing(&mut random, &track, 10.0).iter().map(|s| s / 2.0).collect();
        // It stands by the first street, and is driven on to the end of the last while the receiver is elsewhere.
        let at = |i: usize| if i < 12 { (160.0, 30.0) } else { (20.0, 320.0) };
        let found = locate(&levels(&track, |i, p| -35.0 * distance_m(p, at(i)).max(5.0).log10() + shadow[i]), false);
        moving += usize::from(matches!(found, Whereabouts::Moving { .. }));
    }
    assert!(moving >= 8, "{moving} of 10");
}

#[test]
fn the_place_to_drive_next_makes_the_ellipse_smaller() {
    // A straight drive does not tell left from right; the way to one side does.
    let there = (230.0, 45.0);
    let mut random = Random(4);
    let shadow: Vec<f64> = (0..24).map(|_| 2.0 * random.normal()).collect();
    let mut all = levels(&(0..18).map(|i| (30.0 * f64::from(i), 0.0)).collect::<Vec<_>>(), |i, p| {
        -35.0 * distance_m(p, there).log10() + shadow[i]
    });
    let Whereabouts::Fixed(before) = locate(&all, false) else { panic!("fixed") };
    let next = before.next.expect("a place");
    let plane = Plane::at(&ORIGIN);
    let point = plane.point(&next.position);
    assert!(point.1.abs() > 25.0 && next.shrinks_to < 0.8, "{point:?}, {next:?}");
    for k in 0..3 {
        let p = (point.0 + 20.0 * f64::from(k), point.1);
        all.add(&plane.place(p, 5.0), -35.0 * distance_m(p, there).max(5.0).log10() + shadow[18 + k as usize]);
    }
    let Whereabouts::Fixed(after) = locate(&all, false) else { panic!("fixed") };
    assert!(after.ellipse.area_m2() < 0.7 * before.ellipse.area_m2());
}

#[test]
fn few_places_say_nothing_and_bad_numbers_are_passed_over() {
    let mut levels = Levels::default();
    assert_eq!(locate(&levels, false), Whereabouts::TooFew { places: 0, extent_m: 0.0 });
    let plane = Plane::at(&ORIGIN);
    for k in 0..3 {
        levels.add(&plane.place((100.0 * f64::from(k), 0.0), 5.0), -40.0);
        levels.add(&plane.place((0.0, 0.0), 5.0), f64::NAN);
        levels.add(&Position { lat: f64::NAN, ..ORIGIN }, -40.0);
    }
    assert!(matches!(locate(&levels, false), Whereabouts::TooFew { places: 3, .. }));
    // Standing still is one place, however long.
    let mut standing = Levels::default();
    for k in 0..10_000 {
        standing.add(&plane.place((f64::from(k % 7), 0.0), 5.0), -40.0);
    }
    assert!(matches!(locate(&standing, false), Whereabouts::TooFew { places: 1, .. }));
    // And a long drive stays within bounds.
    let mut long = Levels::default();
    for k in 0..5_000 {
        long.add(&plane.place((f64::from(k) * 10.0, 0.0), 5.0), -40.0 - f64::from(k % 5));
    }
    assert!(long.places().len() <= 48 && long.extent_m() > 45_000.0);
}

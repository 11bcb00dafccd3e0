//! Where transmitters are said to be, over simulated drives of 25 places: how far off the place is, how often the ellipse
//! holds the truth, and how often each verdict is given on what stands, rides along or goes its own way.
//!
//! Levels are drawn by the path-loss model of TR 36.814 Table A.2.1.1.2-3 with a power that nobody knows: level = power -
//! 10·n·log10(distance) + shadowing, correlated over the ground that either end covers (Gudmundson 1991), + fading.

use std::{f64::consts::TAU, ops::RangeInclusive, thread};

use cellwarden_core::{
    locate::{
        Levels, Whereabouts, locate,
        plane::{Plane, Point, distance_m},
    },
    observation::Position,
};

const ORIGIN: Position = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };

/// Drives of each kind.
const RUNS: u64 = 200;

/// Numbers that look random and are the same at every run: SplitMix64, and normal ones by Box and Muller.
struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.share()
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * (1.0 - self.share()).ln()).sqrt() * (TAU * self.share()).cos()
    }
}

/// A way of so many steps east and north, 30 m to 45 m each.
fn way(dice: &mut Dice, legs: &[(usize, f64, f64)]) -> Vec<Point> {
    let step_m = dice.between(30.0, 45.0);
    let mut way = vec![(0.0, 0.0)];
    for &(steps, east, north) in legs {
        for _ in 0..steps {
            let last = way[way.len() - 1];
            way.push((last.0 + east * step_m, last.1 + north * step_m));
        }
    }
    way
}

/// Round a block and past it.
const BLOCK: [(usize, f64, f64); 4] = [(8, 1.0, 0.0), (5, 0.0, 1.0), (8, -1.0, 0.0), (3, 0.0, 1.0)];
/// Round one corner.
const CORNER: [(usize, f64, f64); 2] = [(12, 1.0, 0.0), (12, 0.0, 1.0)];

/// A drive past a transmitter, with where that was at each place.
struct Scene {
    receiver: Vec<Point>,
    transmitter: Vec<Point>,
    shadowing_db: f64,
    fading_db: f64,
}

impl Scene {
    fn levels(&self, dice: &mut Dice) -> Levels {
        let (power_db, n, correlation_m) = (dice.between(-20.0, 40.0), dice.between(2.4, 4.2), dice.between(5.0, 50.0));
        let (plane, mut levels, mut shadow, mut last) = (Plane::at(&ORIGIN), Levels::default(), dice.normal(), None);
        for (&here, &there) in self.receiver.iter().zip(&self.transmitter) {
            if let Some((was_here, was_there)) = last.replace((here, there)) {
                let moved_m = distance_m(here, was_here).hypot(distance_m(there, was_there));
                let rho = (-moved_m / correlation_m).exp();
                shadow = rho * shadow + (1.0 - rho * rho).sqrt() * dice.normal();
            }
            let loss_db = 10.0 * n * distance_m(here, there).max(5.0).log10();
            let level_db = power_db - loss_db + self.shadowing_db * shadow + self.fading_db * dice.normal();
            levels.add(&plane.place(here, 5.0), level_db);
        }
        levels
    }
}

/// Parked within a square of the ground.
fn parked(dice: &mut Dice, legs: &[(usize, f64, f64)], shadowing_db: f64) -> Scene {
    let receiver = way(dice, legs);
    let at = (dice.between(-100.0, 420.0), dice.between(-120.0, 420.0));
    Scene { transmitter: vec![at; receiver.len()], receiver, shadowing_db, fading_db: 0.0 }
}

/// Parked so far from the middle of the block.
fn parked_far(dice: &mut Dice, metres: f64, shadowing_db: f64) -> Scene {
    let (receiver, (sin, cos)) = (way(dice, &BLOCK), (TAU * dice.share()).sin_cos());
    let at = (150.0 + metres * sin, 150.0 + metres * cos);
    Scene { transmitter: vec![at; receiver.len()], receiver, shadowing_db, fading_db: 1.5 }
}

/// In the receiver's own car, or one that keeps its distance.
fn riding(dice: &mut Dice, legs: &[(usize, f64, f64)], fading_db: f64) -> Scene {
    let receiver = way(dice, legs);
    let ahead = |p: &Point| (p.0 + 25.0, p.1 + 25.0);
    Scene { transmitter: receiver.iter().map(ahead).collect(), receiver, shadowing_db: 0.0, fading_db }
}

/// Parked by the first half of the way, then, while the receiver drives the second, by that.
fn moved_on(dice: &mut Dice, legs: &[(usize, f64, f64)]) -> Scene {
    let receiver = way(dice, legs);
    let half = receiver.len() / 2;
    let mut beside = |p: Point| (p.0 + dice.between(-60.0, 60.0), p.1 + dice.between(-60.0, 60.0));
    let stands = [beside(receiver[half / 2]), beside(receiver[half + half / 2])];
    let transmitter = (0..receiver.len()).map(|i| stands[usize::from(i >= half)]).collect();
    Scene { transmitter, receiver, shadowing_db: 3.0, fading_db: 1.5 }
}

/// Driven about the same blocks, without regard to the receiver.
fn own_way(dice: &mut Dice) -> Scene {
    let (receiver, step_m) = (way(dice, &BLOCK), dice.between(20.0, 50.0));
    let (mut at, mut quarter) = ((dice.between(0.0, 400.0), dice.between(0.0, 300.0)), dice.share());
    let transmitter = receiver.iter().map(|_| {
        if dice.share() < 0.2 {
            quarter = (4.0 * dice.share()).floor() / 4.0;
        }
        let (sin, cos) = (TAU * quarter).sin_cos();
        at = (at.0 + step_m * sin, at.1 + step_m * cos);
        at
    });
    Scene { transmitter: transmitter.collect(), receiver, shadowing_db: 3.0, fading_db: 1.5 }
}

/// What was said of [`RUNS`] drives.
#[derive(Debug, Default)]
struct Rates {
    fixed: f64,
    with_receiver: f64,
    moving: f64,
    /// Truth inside the 90 % ellipse; what was not placed counts as missed.
    inside: f64,
    errors_m: Vec<f64>,
}

impl Rates {
    fn median_error_m(&self) -> f64 {
        self.errors_m[self.errors_m.len() / 2]
    }
}

/// The rates over drives that `draw` makes, on two threads; each drive has dice of its own.
fn rates(what: &str, seed: u64, found_co_moving: bool, draw: impl Fn(&mut Dice) -> Scene + Sync) -> Rates {
    let one = |run: u64| {
        let mut dice = Dice(seed << 32 | run);
        let scene = draw(&mut dice);
        let truth = Plane::at(&ORIGIN).place(scene.transmitter[0], 0.0);
        (locate(&scene.levels(&mut dice), found_co_moving), truth)
    };
    let found: Vec<(Whereabouts, Position)> = thread::scope(|scope| {
        let halves = [0..RUNS / 2, RUNS / 2..RUNS].map(|half| scope.spawn(|| half.map(one).collect::<Vec<_>>()));
        halves.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    let (mut rates, part) = (Rates::default(), 1.0 / RUNS as f64);
    for (whereabouts, truth) in found {
        let error_m = match whereabouts {
            Whereabouts::Fixed(fix) => {
                rates.fixed += part;
                rates.inside += if fix.ellipse.holds(&fix.position, &truth) { part } else { 0.0 };
                fix.position.distance_m(&truth)
            }
            Whereabouts::WithReceiver { .. } => {
                rates.with_receiver += part;
                f64::INFINITY
            }
            Whereabouts::Moving { .. } => {
                rates.moving += part;
                f64::INFINITY
            }
            Whereabouts::TooFew { .. } => f64::INFINITY,
        };
        rates.errors_m.push(error_m);
    }
    rates.errors_m.sort_by(f64::total_cmp);
    eprintln!(
        "{what}: fixed {:.1} %, with the receiver {:.1} %, moving {:.1} %; inside {:.1} %, median {:.0} m, 90 % within {:.0} m",
        100.0 * rates.fixed,
        100.0 * rates.with_receiver,
        100.0 * rates.moving,
        100.0 * rates.inside,
        rates.median_error_m(),
        rates.errors_m[rates.errors_m.len() * 9 / 10],
    );
    rates
}

#[test]
fn the_place_is_near_and_the_ellipse_as_large_as_it_says() {
    const SHARE: RangeInclusive<f64> = 0.85..=0.95;
    for seed in 1..=2 {
        let found = rates("parked, 6 dB", seed, false, |dice| parked(dice, &BLOCK, 6.0));
        assert!(found.median_error_m() <= 60.0, "seed {seed}: {} m", found.median_error_m());
        assert!(SHARE.contains(&found.inside), "seed {seed}: {} inside", found.inside);
    }
    // Far off there is little to tell the distance by; the ellipse says so.
    let far = rates("parked 1 km away, 4 dB", 21, false, |dice| parked_far(dice, 1_000.0, 4.0));
    assert!(SHARE.contains(&far.inside) && far.with_receiver <= 0.05, "{far:?}");
}

#[test]
fn what_stands_is_not_said_to_move() {
    for (what, found) in [
        ("parked, 8 dB", rates("parked, 8 dB", 4, false, |dice| parked(dice, &BLOCK, 8.0))),
        ("by one corner", rates("parked by one corner", 5, false, |dice| parked(dice, &CORNER, 6.0))),
        ("far", rates("parked 500 m away, 4 dB", 6, false, |dice| parked_far(dice, 500.0, 4.0))),
    ] {
        assert!(found.moving <= 0.02 && found.with_receiver <= 0.02, "{what}: {found:?}");
    }
}

#[test]
fn what_rides_along_is_with_the_receiver() {
    let block = rates("riding, 2 dB", 7, false, |dice| riding(dice, &BLOCK, 2.0));
    let corner = rates("riding round a corner, 2 dB", 8, false, |dice| riding(dice, &CORNER, 2.0));
    for found in [block, corner] {
        assert!(found.with_receiver >= 0.95 && found.moving <= 0.01, "{found:?}");
    }
    // In deeper fading it takes the rule that looks at the other cells too.
    let alone = rates("riding, 3 dB", 9, false, |dice| riding(dice, &BLOCK, 3.0));
    let helped = rates("riding, 3 dB, found co-moving", 9, true, |dice| riding(dice, &BLOCK, 3.0));
    assert!(alone.with_receiver >= 0.6 && helped.with_receiver >= 0.98, "{alone:?}, {helped:?}");
}

#[test]
fn what_is_moved_on_is_said_to_move_and_never_to_ride_along() {
    let corner = rates("moved on, one corner", 10, false, |dice| moved_on(dice, &CORNER));
    let block = rates("moved on, a block", 11, false, |dice| moved_on(dice, &BLOCK));
    assert!(corner.moving >= 0.5 && block.moving >= 0.3, "{corner:?}, {block:?}");
    // Levels alone hardly tell what drives about from what stands in deep shadow; but it is not with the receiver.
    let about = rates("driven about", 12, false, own_way);
    assert!([corner, block, about].iter().all(|found| found.with_receiver <= 0.05));
}

//! A look at a registered cell: a dwell that searched its carrier so near that it might have been heard.
//!
//! Dwells in one square share the wall and the street, so a square is one look in each occasion, that of its best dwell.

use jiff::Timestamp;

use crate::observation::Position;

/// What a dwell that might have heard a cell says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Where it was.
    pub square: Square,
    /// When: the number of its [`OCCASION_HOURS`], or `None` for dwells without a time.
    pub occasion: Option<i64>,
    /// Level over the noise that is predicted from the registered place, in dB.
    pub predicted_db: f32,
    /// Level over the noise at which one of two SIB1s is decoded, in dB.
    pub needed_db: f32,
    /// What was heard.
    pub heard: Heard,
}

/// What was heard of a cell in a look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Heard {
    /// Nothing.
    Nothing,
    /// Its carrier and PCI without an identity. Of the other listed cells with this pair, the one that would be heard best
    /// has this clearance in dB; minus infinity where there is none.
    PciOnly(f32),
    /// Its identity, at a level over the noise in dB.
    Identity(f32),
}

/// A square of [`SQUARE_M`], by its number northwards and eastwards.
pub type Square = (i32, i32);

/// Side of a square in metres: shadowing in a street is alike over 30 to 100 m (TR 36.814 Table A.2.1.1.2-8).
pub const SQUARE_M: f64 = 50.0;

/// Length of an occasion in hours: a box that is switched off is off for hours.
const OCCASION_HOURS: i64 = 4;

/// The most looks kept of a cell; the best ones.
const MAX_LOOKS: usize = 16;

/// The looks at one cell, each square and occasion once.
#[derive(Debug, Clone, Default)]
pub struct Looks(Vec<Look>);

impl Look {
    /// A look from a place at a time.
    #[must_use]
    pub fn new(here: Position, time: Option<Timestamp>, [predicted_db, needed_db]: [f64; 2], heard: Heard) -> Self {
        // A degree of latitude is 111.2 km; squares of one drive need not be square near the poles.
        let metres = |degrees: f64| degrees * 111_195.0;
        let number = |metres: f64| (metres / SQUARE_M).floor() as i32;
        Self {
            square: (number(metres(here.lat)), number(metres(here.lon) * here.lat.to_radians().cos())),
            occasion: time.map(|time| time.as_second().div_euclid(OCCASION_HOURS * 3600)),
            predicted_db: predicted_db as f32,
            needed_db: needed_db as f32,
            heard,
        }
    }
}

impl Looks {
    /// Adds a look, to the one of the same square and occasion if there is one.
    pub fn add(&mut self, look: Look) {
        let same = self.0.iter().position(|l| (l.square, l.occasion) == (look.square, look.occasion));
        let full = self.0.len() == MAX_LOOKS;
        let worst = || (0..self.0.len()).min_by(|&a, &b| self.0[a].weight().total_cmp(&self.0[b].weight()));
        match same.or_else(|| full.then(worst).flatten()) {
            Some(other) if self.0[other].weight() < look.weight() => self.0[other] = look,
            Some(_) => {}
            None => self.0.push(look),
        }
    }

    /// All of them, in no order.
    #[must_use]
    pub fn all(&self) -> &[Look] {
        &self.0
    }

    /// Of the looks that heard the PCI without an identity: the cell's clearance and that of the other one of its pair that
    /// would be heard best, in dB.
    pub fn pci_only(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        self.0.iter().filter_map(|look| match look.heard {
            Heard::PciOnly(other_db) => Some((look.clearance_db(), f64::from(other_db))),
            _ => None,
        })
    }

    /// Whether the cell's identity was heard.
    #[must_use]
    pub fn heard_identity(&self) -> bool {
        self.0.iter().any(Look::is_identity)
    }
}

impl Look {
    /// Whether the identity was heard.
    #[must_use]
    pub fn is_identity(&self) -> bool {
        matches!(self.heard, Heard::Identity(_))
    }

    /// Predicted level less the one that is needed, in dB.
    #[must_use]
    pub fn clearance_db(&self) -> f64 {
        f64::from(self.predicted_db - self.needed_db)
    }

    /// Distance between the middles of two squares, in metres.
    #[must_use]
    pub fn distance_m(&self, other: Square) -> f64 {
        let metres = |a: i32, b: i32| f64::from(a - b) * SQUARE_M;
        metres(self.square.0, other.0).hypot(metres(self.square.1, other.1))
    }

    /// What was heard counts before what might have been.
    pub(super) fn weight(&self) -> f32 {
        let rank = match self.heard {
            Heard::Nothing => 0.0,
            Heard::PciOnly(_) => 1e3,
            Heard::Identity(_) => 1e6,
        };
        rank + self.clearance_db() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(metres_east: f64, hours: i64, clearance_db: f64, heard: Heard) -> Look {
        let here = Position { lat: 0.0, lon: metres_east / 111_195.0, error_m: 5.0 };
        Look::new(here, Timestamp::from_second(3600 * hours).ok(), [clearance_db, 0.0], heard)
    }

    #[test]
    fn a_square_is_one_look_in_each_occasion_and_its_best_dwell_counts() {
        let mut looks = Looks::default();
        for (metres_east, hours, clearance_db) in
            [(10.0, 0, 3.0), (20.0, 1, 9.0), (30.0, 2, 5.0), (60.0, 0, 1.0), (10.0, 5, 2.0)]
        {
            looks.add(look(metres_east, hours, clearance_db, Heard::Nothing));
        }
        let clearances: Vec<f64> = looks.all().iter().map(|look| look.clearance_db()).collect();
        assert_eq!(clearances, [9.0, 1.0, 2.0]);
        looks.add(look(10.0, 0, -20.0, Heard::Identity(-12.0)));
        assert!(looks.heard_identity() && looks.all()[0].clearance_db() == -20.0);
    }

    #[test]
    fn the_best_looks_are_kept() {
        let mut looks = Looks::default();
        for i in 0..40 {
            looks.add(look(100.0 * f64::from(i), 0, f64::from(i), Heard::Nothing));
        }
        assert_eq!(looks.all().len(), MAX_LOOKS);
        assert!(looks.all().iter().all(|look| look.clearance_db() >= 24.0));
    }
}

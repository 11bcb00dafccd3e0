//! In words where a transmitter is, and where to drive next.

use cellwarden_core::{
    locate::{Whereabouts, plane::Plane},
    observation::Position,
};
use cellwarden_text::counted;

/// The winds, from north over east.
const WINDS: [&str; 8] = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

/// One sentence; ways begin where the receiver is.
pub fn sentence(whereabouts: &Whereabouts, here: Option<&Position>) -> String {
    match whereabouts {
        Whereabouts::TooFew { places, .. } => {
            format!("heard at {}: not enough to say where it is", counted(*places as u64, "place"))
        }
        Whereabouts::WithReceiver { spread_db, .. } => format!("moves with you: level within ±{spread_db:.1} dB"),
        Whereabouts::Moving { .. } => "moves: no one place explains its levels".to_owned(),
        Whereabouts::Fixed(fix) => {
            let (at, ellipse) = (fix.position, fix.ellipse);
            let (long, wide) = (2.0 * ellipse.semi_major_m, 2.0 * ellipse.semi_minor_m);
            let mut sentence = format!("at {:.5} {:.5}, 90 % in {long:.0} × {wide:.0} m", at.lat, at.lon);
            if let Some((next, here)) = fix.next.as_ref().zip(here) {
                let left = 100.0 * next.shrinks_to;
                sentence += &format!("; drive {}, leaves {left:.0} %", way(here, &next.position));
            }
            sentence
        }
    }
}

/// How far and which way from one place to another.
pub fn way(from: &Position, to: &Position) -> String {
    let (east, north) = Plane::at(from).point(to);
    let eighth = (east.atan2(north).to_degrees() / 45.0).round().rem_euclid(8.0);
    format!("{:.0} m {}", east.hypot(north), WINDS[eighth as usize % WINDS.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_are_a_distance_and_a_compass_point() {
        let here = Position { lat: 37.478, lon: 126.878, error_m: 5.0 };
        let plane = Plane::at(&here);
        for (point, text) in [
            ((0.0, 120.0), "120 m N"),
            ((30.0, 30.0), "42 m NE"),
            ((-200.0, 1.0), "200 m W"),
            ((-10.0, 100.0), "100 m N"),
            ((0.0, 0.0), "0 m N"),
        ] {
            assert_eq!(way(&here, &plane.place(point, 0.0)), text);
        }
    }
}

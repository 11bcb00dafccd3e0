//! Which ways a car may drive, by their tags (OpenStreetMap Wiki, "Key:highway", "Key:access", "Key:oneway").

use cellwarden_core::registry::plan::Directions;

/// Values of `highway` that cars drive on.
const ROADS: [&str; 15] = [
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "road",
];

/// In which directions a way may be driven, and whether it must be turned around first; `None` where no car may.
pub fn drivable<'a>(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<(Directions, bool)> {
    let (mut highway, mut oneway, mut is_round, mut is_open) = ("", "", false, true);
    for (key, value) in tags {
        match key {
            "highway" => highway = value,
            "oneway" => oneway = value,
            "junction" => is_round = value == "roundabout" || value == "circular",
            "access" | "vehicle" | "motor_vehicle" | "motorcar" => is_open &= value != "no" && value != "private",
            "service" => is_open &= value != "driveway" && value != "parking_aisle" && value != "drive-through",
            "area" => is_open &= value != "yes",
            _ => {}
        }
    }
    if !is_open || !ROADS.contains(&highway) {
        return None;
    }
    Some(match oneway {
        "yes" | "1" | "true" => (Directions::Forward, false),
        "-1" | "reverse" => (Directions::Forward, true),
        "no" | "0" | "false" => (Directions::Both, false),
        _ if is_round || highway == "motorway" => (Directions::Forward, false),
        _ => (Directions::Both, false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cars_drive_where_they_may() {
        let of = |tags: &[(&'static str, &'static str)]| drivable(tags.iter().copied());
        assert_eq!(of(&[("highway", "residential")]), Some((Directions::Both, false)));
        assert_eq!(of(&[("highway", "primary"), ("oneway", "-1")]), Some((Directions::Forward, true)));
        assert_eq!(of(&[("highway", "motorway")]), Some((Directions::Forward, false)));
        assert_eq!(of(&[("highway", "tertiary"), ("junction", "roundabout")]), Some((Directions::Forward, false)));
        for tags in [
            &[("highway", "footway")][..],
            &[("highway", "service"), ("service", "parking_aisle")],
            &[("highway", "residential"), ("access", "private")],
            &[("highway", "residential"), ("motor_vehicle", "no")],
            &[("building", "yes")],
            &[],
        ] {
            assert_eq!(of(tags), None, "{tags:?}");
        }
    }
}

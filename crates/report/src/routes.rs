//! The plan of an inspection as a table, as CSV, as JSON lines, as GeoJSON and as GPX.

use std::io::{self, Write};

use serde_json::{Value, json};

use cellwarden_core::{
    observation::Position,
    registry::plan::{DONE_SHARE, Leg, Outlook, Plan, Request, Route},
};

/// Columns of the CSV, in order; the keys of a JSON line are the same and `type`.
pub const COLUMNS: [&str; 9] =
    ["van", "turn", "lat", "lon", "heading", "km", "minutes", "expected_settled", "expected_total"];

/// Where a van begins to drive straight on, or ends.
struct Turn {
    at: Position,
    /// Where it drives, in degrees from north; `None` where the route ends.
    heading: Option<f64>,
    /// Driven until there, in metres.
    from_m: f64,
    /// Rows expected to be settled until the next turn, and until this one.
    settled: f64,
    before: f64,
}

/// Directions that differ by less are straight on, in degrees.
const STRAIGHT_DEGREES: f64 = 30.0;

/// A table for people: each van's turns, and the outlook.
///
/// # Errors
/// From writing.
pub fn write_table(out: &mut impl Write, plan: &Plan, request: &Request) -> io::Result<()> {
    for route in &plan.routes {
        writeln!(
            out,
            "Van {}: {:.1} km, {:.0} rows per hour expected to be settled, {:.0} in all",
            route.van + 1,
            route.metres() / 1e3,
            per_hour(route, request),
            route.settled(),
        )?;
        writeln!(
            out,
            "{:>5} {:>6} {:>6}  {:>10} {:>11}  {:<7} {:>8}",
            "TURN", "TIME", "km", "LAT", "LON", "HEADING", "SETTLED"
        )?;
        for (number, turn) in turns(route).iter().enumerate() {
            let minutes = minutes(turn.from_m, request).round() as u64;
            writeln!(
                out,
                "{:>5} {:>3}:{:02} {:>6.1}  {:>10.6} {:>11.6}  {:<7} {:>8.1}",
                number + 1,
                minutes / 60,
                minutes % 60,
                turn.from_m / 1e3,
                turn.at.lat,
                turn.at.lon,
                turn.heading.map_or("end", compass),
                turn.before,
            )?;
        }
        writeln!(out)?;
    }
    for line in outlook_lines(&plan.outlook) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The outlook in sentences.
fn outlook_lines(outlook: &Outlook) -> Vec<String> {
    let Outlook { rows, settled, visits, by_day, done_on_day } = outlook;
    let of = |count: f64| 100.0 * count / (*rows).max(1) as f64;
    let mut lines =
        vec![format!("{rows} registered cells, {settled} settled before the plan ({:.0} %)", of(*settled as f64))];
    for (day, total) in by_day.iter().enumerate() {
        let since = total - day.checked_sub(1).map_or(*settled as f64, |before| by_day[before]);
        lines.push(format!(
            "Day {}: {total:.0} settled expected ({:.0} %), {since:.0} of them that day",
            day + 1,
            of(*total)
        ));
    }
    let share = 100.0 * DONE_SHARE;
    lines.push(match done_on_day {
        Some(day) if *day <= by_day.len() => {
            format!("{share:.0} % of what streets can settle: expected on day {day} of such days")
        }
        Some(day) => {
            format!("{share:.0} % of what streets can settle: expected on day {day} of such days at the earliest")
        }
        None => {
            "These streets settle nothing more: visit the cells that are not settled, or give more --area".to_owned()
        }
    });
    lines.push(format!(
        "No street can settle about {visits:.0} ({:.0} %): `visits list` lists those to visit",
        of(*visits)
    ));
    lines
}

/// All turns as CSV.
///
/// # Errors
/// From writing.
pub fn write_csv(out: &mut impl Write, plan: &Plan, request: &Request) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for route in &plan.routes {
        for (number, turn) in turns(route).iter().enumerate() {
            let row = values(route.van, number, turn, request);
            csv.write_record(COLUMNS.map(|column| match &row[column] {
                Value::Null => String::new(),
                number => number.to_string(),
            }))?;
        }
    }
    csv.flush()
}

/// One JSON object per line: first the plan's, then one per turn.
///
/// # Errors
/// From writing.
pub fn write_json(out: &mut impl Write, plan: &Plan, request: &Request) -> io::Result<()> {
    let Outlook { rows, settled, visits, by_day, done_on_day } = &plan.outlook;
    let vans: Vec<Value> = plan.routes.iter().map(|route| of_route(route, request)).collect();
    let head = json!({
        "type": "plan",
        "hours": request.hours,
        "speed_kmh": request.speed_kmh,
        "cells": rows,
        "settled": settled,
        "expected_visits": rounded(*visits, 1),
        "expected_settled_by_day": by_day.iter().map(|total| rounded(*total, 1)).collect::<Vec<_>>(),
        "done_share": DONE_SHARE,
        "done_on_day": done_on_day,
        "vans": vans,
    });
    writeln!(out, "{head}")?;
    for route in &plan.routes {
        for (number, turn) in turns(route).iter().enumerate() {
            let mut row = values(route.van, number, turn, request);
            row["type"] = "turn".into();
            writeln!(out, "{row}")?;
        }
    }
    Ok(())
}

/// A FeatureCollection, RFC 7946: one line per van.
///
/// # Errors
/// From writing.
pub fn write_geojson(out: &mut impl Write, plan: &Plan, request: &Request) -> io::Result<()> {
    let feature = |route: &Route| {
        let mut properties = of_route(route, request);
        properties["van"] = (route.van + 1).into();
        properties["feature"] = "route".into();
        let line: Vec<[f64; 2]> = places(route).iter().map(|place| [degrees(place.lon), degrees(place.lat)]).collect();
        json!({
            "type": "Feature",
            "geometry": if line.len() < 2 { Value::Null } else { json!({"type": "LineString", "coordinates": line}) },
            "properties": properties,
        })
    };
    let features: Vec<Value> = plan.routes.iter().map(feature).collect();
    writeln!(out, "{}", json!({"type": "FeatureCollection", "features": features}))
}

/// GPX 1.1 for a navigator: per van a route of its turns, and a track of its streets.
///
/// # Errors
/// From writing.
pub fn write_gpx(out: &mut impl Write, plan: &Plan) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<gpx xmlns=\"http://www.topografix.com/GPX/1/1\" version=\"1.1\" creator=\"cellwarden\">")?;
    let point = |place: &Position| format!("lat=\"{:.7}\" lon=\"{:.7}\"", place.lat, place.lon);
    // The schema wants all routes before all tracks.
    for route in &plan.routes {
        writeln!(out, "<rte><name>Van {}</name>", route.van + 1)?;
        for turn in turns(route) {
            writeln!(out, "<rtept {}><desc>{}</desc></rtept>", point(&turn.at), turn.heading.map_or("end", compass))?;
        }
        writeln!(out, "</rte>")?;
    }
    for route in &plan.routes {
        writeln!(out, "<trk><name>Van {}</name><trkseg>", route.van + 1)?;
        for place in places(route) {
            writeln!(out, "<trkpt {}/>", point(&place))?;
        }
        writeln!(out, "</trkseg></trk>")?;
    }
    writeln!(out, "</gpx>")
}

fn of_route(route: &Route, request: &Request) -> Value {
    json!({
        "km": rounded(route.metres() / 1e3, 3),
        "expected_settled": rounded(route.settled(), 1),
        "expected_settled_per_hour": rounded(per_hour(route, request), 1),
    })
}

fn values(van: usize, number: usize, turn: &Turn, request: &Request) -> Value {
    json!({
        "van": van + 1,
        "turn": number + 1,
        "lat": degrees(turn.at.lat),
        "lon": degrees(turn.at.lon),
        "heading": turn.heading.map(|degrees| degrees.round() % 360.0),
        "km": rounded(turn.from_m / 1e3, 3),
        "minutes": rounded(minutes(turn.from_m, request), 1),
        "expected_settled": rounded(turn.settled, 2),
        "expected_total": rounded(turn.before + turn.settled, 2),
    })
}

/// Rows an hour while it drives.
fn per_hour(route: &Route, request: &Request) -> f64 {
    let hours = minutes(route.metres(), request) / 60.0;
    if hours > 0.0 { route.settled() / hours } else { 0.0 }
}

fn minutes(metres: f64, request: &Request) -> f64 {
    metres / 1e3 / request.speed_kmh * 60.0
}

/// The places of a route, each crossing once.
fn places(route: &Route) -> Vec<Position> {
    let mut places: Vec<Position> = Vec::new();
    for &place in route.legs.iter().flat_map(|leg| &leg.places) {
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
    places
}

fn turns(route: &Route) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    let (mut driven_m, mut settled, mut arrives) = (0.0, 0.0, None);
    for leg in &route.legs {
        let Leg { places, metres, settled: of_leg } = leg;
        let ([first, second, ..], [.., last_but_one, last]) = (&places[..], &places[..]) else { continue };
        let leaves = heading(first, second);
        match turns.last_mut().filter(|_| arrives.is_some_and(|arrives| is_straight(arrives, leaves))) {
            Some(turn) => turn.settled += of_leg,
            None => {
                let heading = Some(leaves);
                turns.push(Turn { at: *first, heading, from_m: driven_m, settled: *of_leg, before: settled });
            }
        }
        driven_m += metres;
        settled += of_leg;
        arrives = Some(heading(last_but_one, last));
    }
    if let Some(&end) = route.legs.last().and_then(|leg| leg.places.last()) {
        turns.push(Turn { at: end, heading: None, from_m: driven_m, settled: 0.0, before: settled });
    }
    turns
}

/// Direction from one place to another, in degrees from north by east.
fn heading(from: &Position, to: &Position) -> f64 {
    let east = (to.lon - from.lon + 180.0).rem_euclid(360.0) - 180.0;
    (east * from.lat.to_radians().cos()).atan2(to.lat - from.lat).to_degrees().rem_euclid(360.0)
}

fn is_straight(before: f64, after: f64) -> bool {
    ((after - before + 180.0).rem_euclid(360.0) - 180.0).abs() < STRAIGHT_DEGREES
}

fn compass(degrees: f64) -> &'static str {
    const NAMES: [&str; 8] = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
    NAMES[((degrees / 45.0).round() as usize) % NAMES.len()]
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

/// 1 cm.
fn degrees(value: f64) -> f64 {
    rounded(value, 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position { lat, lon, error_m: 0.0 }
    }

    /// Two streets north, one east, and a van that stays.
    fn plan() -> (Plan, Request) {
        let corners = [at(37.0, 127.0), at(37.001, 127.0), at(37.002, 127.0), at(37.002, 127.001)];
        let leg = |pair: &[Position]| Leg { places: pair.to_vec(), metres: 100.0, settled: 1.5 };
        let routes =
            vec![Route { van: 0, legs: corners.windows(2).map(leg).collect() }, Route { van: 1, legs: Vec::new() }];
        let outlook = Outlook { rows: 20, settled: 4, visits: 2.0, by_day: vec![8.5, 12.0], done_on_day: Some(5) };
        (Plan { routes, outlook }, Request { starts: vec![corners[0]; 2], hours: 1.0, speed_kmh: 6.0 })
    }

    fn text(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).expect("memory takes all");
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn straight_streets_are_one_turn_and_the_table_adds_up() {
        let (plan, request) = plan();
        let table = text(|out| write_table(out, &plan, &request));
        assert!(table.contains("Van 1: 0.3 km, 90 rows per hour"), "{table}");
        assert!(table.contains("    1   0:00    0.0   37.000000  127.000000  N            0.0\n"), "{table}");
        assert!(table.contains("    2   0:02    0.2   37.002000  127.000000  E            3.0\n"), "{table}");
        assert!(table.contains("    3   0:03    0.3   37.002000  127.001000  end          4.5\n"), "{table}");
        assert!(table.contains("Van 2: 0.0 km, 0 rows per hour"), "{table}");
        assert!(table.contains("Day 2: 12 settled expected (60 %), 4 of them that day"), "{table}");
        assert!(table.contains("on day 5 of such days at the earliest"), "{table}");
        assert!(table.contains("No street can settle about 2 (10 %)"), "{table}");
    }

    #[test]
    fn csv_and_json_have_the_same_turns() {
        let (plan, request) = plan();
        let bytes = text(|out| write_csv(out, &plan, &request));
        let mut reader = csv::Reader::from_reader(bytes.as_bytes());
        assert_eq!(reader.headers().expect("a header"), &COLUMNS[..]);
        let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows");
        assert_eq!(
            rows[1],
            csv::StringRecord::from(vec!["1", "2", "37.002", "127.0", "90.0", "0.2", "2.0", "1.5", "4.5"])
        );
        let lines = text(|out| write_json(out, &plan, &request));
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines.len(), 1 + rows.len());
        assert_eq!(
            (&lines[0]["vans"][0]["expected_settled_per_hour"], &lines[0]["done_on_day"]),
            (&json!(90.0), &json!(5))
        );
        assert_eq!(lines[2]["expected_total"], json!(4.5));
        assert!(COLUMNS.iter().all(|column| lines[3].get(column).is_some()));
    }

    #[test]
    fn maps_and_navigators_get_every_place_once() {
        let (plan, request) = plan();
        let map: Value = serde_json::from_str(&text(|out| write_geojson(out, &plan, &request))).expect("JSON");
        let line = &map["features"][0]["geometry"]["coordinates"];
        assert_eq!(line, &json!([[127.0, 37.0], [127.0, 37.001], [127.0, 37.002], [127.001, 37.002]]));
        assert_eq!(map["features"][1]["geometry"], Value::Null);
        let gpx = text(|out| write_gpx(out, &plan));
        assert_eq!((gpx.matches("<trkpt ").count(), gpx.matches("<rtept ").count()), (4, 3), "{gpx}");
        assert!(gpx.rfind("<rte>") < gpx.find("<trk>"), "{gpx}");
    }
}

//! A plan against other drives of the same length, in a made city whose truth the planner does not know.

#[allow(dead_code, reason = "other tests use the rest")]
mod city;

use cellwarden_core::registry::{
    inspect::{Area, State, inspect, inspect_ahead},
    path_loss::PathLossModel,
    plan::{Directions, Node, Request, Streets, plan},
};
use city::{City, Plan, Stop, metres_of, position};

const MODEL: PathLossModel = PathLossModel::Urban;
const HOURS: f64 = 3.0;
const SPEED_KMH: f64 = 15.0;
const DWELL_M: f64 = 20.0;

const PLAN: Plan = Plan { side_m: 4_000.0, femtos: 10_000, days: 1, step_m: DWELL_M, macro_db: (10.0, 45.0) };

/// The streets of a made city.
fn streets(plan: Plan) -> Streets {
    let mut streets = Streets::empty();
    let blocks = (plan.side_m / 100.0) as usize;
    let nodes: Vec<Vec<Node>> = (0..=blocks)
        .map(|x| (0..=blocks).map(|y| streets.add_node(position((x as f64 * 100.0, y as f64 * 100.0), 0.0))).collect())
        .collect();
    for x in 0..=blocks {
        for y in 0..=blocks {
            if x < blocks {
                streets.add_street(nodes[x][y], nodes[x + 1][y], &[], Directions::Both);
            }
            if y < blocks {
                streets.add_street(nodes[x][y], nodes[x][y + 1], &[], Directions::Both);
            }
        }
    }
    streets
}

/// Stops at each step along corners, for so many metres.
fn stops(corners: &[(f64, f64)], metres: f64, day: i64, step_m: f64) -> Vec<Stop> {
    let (mut stops, mut driven, mut next) = (Vec::new(), 0.0, 0.0);
    for pair in corners.windows(2) {
        let length = (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
        while next <= driven + length && next <= metres {
            let part = if length > 0.0 { (next - driven) / length } else { 0.0 };
            let at = (pair[0].0 + part * (pair[1].0 - pair[0].0), pair[0].1 + part * (pair[1].1 - pair[0].1));
            stops.push((day * 86_400 + (next / (SPEED_KMH / 3.6)) as i64, at));
            next += step_m;
        }
        driven += length;
    }
    stops
}

fn settled(city: &City) -> u32 {
    let inspection = inspect(&city.registry, &Area::Everywhere, &city.dwells, &[], MODEL);
    inspection.accounts.iter().filter(|account| account.state().is_settled()).count() as u32
}

/// Every second street there, the other ones back: south to north.
fn boustrophedon(plan: Plan) -> Vec<(f64, f64)> {
    let blocks = (plan.side_m / 100.0) as usize;
    let east = (0..=blocks).flat_map(|y| {
        let y_m = y as f64 * 100.0;
        if y % 2 == 0 { [(0.0, y_m), (plan.side_m, y_m)] } else { [(plan.side_m, y_m), (0.0, y_m)] }
    });
    let north = (0..=blocks).flat_map(|x| {
        let x_m = plan.side_m - x as f64 * 100.0;
        if x % 2 == 0 { [(x_m, plan.side_m), (x_m, 0.0)] } else { [(x_m, 0.0), (x_m, plan.side_m)] }
    });
    east.chain(north).collect()
}

/// To the nearest row that was neither heard nor passed within half a block, again and again; it knows at once what was
/// heard.
fn drive_greedily(city: &mut City, plan: Plan, metres: f64, day: i64) {
    let blocks = (plan.side_m / 100.0) as i64;
    let mut done: Vec<bool> = vec![false; city.boxes.len()];
    let places: Vec<(f64, f64)> = city.registry.cells().map(|cell| metres_of(cell.place.expect("a place"))).collect();
    let ecgis: Vec<_> = city.registry.cells().map(|cell| cell.ecgi).collect();
    let (mut at, mut driven) = ((0_i64, 0_i64), 0.0);
    while driven < metres {
        let here = (at.0 as f64 * 100.0, at.1 as f64 * 100.0);
        let open = (0..places.len()).filter(|&row| !done[row]);
        let apart = |row: usize| (places[row].0 - here.0).hypot(places[row].1 - here.1);
        let Some(row) = open.min_by(|&a, &b| apart(a).total_cmp(&apart(b))) else { break };
        // The street nearest to it, and its ends.
        let (x, y) = (places[row].0 / 100.0, places[row].1 / 100.0);
        let along_x = (y - y.round()).abs() < (x - x.round()).abs();
        let ends = if along_x {
            [(x.floor() as i64, y.round() as i64), (x.floor() as i64 + 1, y.round() as i64)]
        } else {
            [(x.round() as i64, y.floor() as i64), (x.round() as i64, y.floor() as i64 + 1)]
        };
        let blocks_to = |end: (i64, i64)| (end.0 - at.0).abs() + (end.1 - at.1).abs();
        let [near, far] = if blocks_to(ends[0]) <= blocks_to(ends[1]) { ends } else { [ends[1], ends[0]] };
        let mut way = vec![at];
        for end in [near, far] {
            let mut last = way[way.len() - 1];
            while last != end {
                if last.0 == end.0 {
                    last.1 += (end.1 - last.1).signum()
                } else {
                    last.0 += (end.0 - last.0).signum()
                }
                way.push(last);
            }
        }
        assert!(way.iter().all(|at| (0..=blocks).contains(&at.0) && (0..=blocks).contains(&at.1)));
        // One block, then it looks again.
        let corners: Vec<(f64, f64)> = way[..2].iter().map(|at| (at.0 as f64 * 100.0, at.1 as f64 * 100.0)).collect();
        let mut block = stops(&corners, 99.0, day, DWELL_M);
        block.iter_mut().for_each(|stop| stop.0 += (driven / (SPEED_KMH / 3.6)) as i64);
        let before = city.dwells.len();
        city.drive(&block);
        for dwell in &city.dwells[before..] {
            for ecgi in dwell.heard.iter().flat_map(|heard| &heard.ecgis) {
                if let Ok(row) = ecgis.binary_search(ecgi) {
                    done[row] = true;
                }
            }
        }
        for (row, place) in places.iter().enumerate() {
            done[row] |= block.iter().any(|(_, at)| (at.0 - place.0).hypot(at.1 - place.1) <= 50.0);
        }
        at = way[1];
        driven += 100.0;
    }
}

/// Where the first van of a plan drives, and how many rows it is expected to settle.
fn planned(city: &City, request: &Request) -> (Vec<(f64, f64)>, f64) {
    let ahead = inspect_ahead(&city.registry, &Area::Everywhere, &city.dwells, &[], MODEL);
    let plan = plan(&ahead, &[], &streets(city.plan()), request, MODEL).expect("streets");
    let places = plan.routes[0].legs.iter().flat_map(|leg| &leg.places);
    (places.map(|&place| metres_of(place)).collect(), plan.routes[0].settled())
}

#[test]
fn a_plan_settles_more_than_other_drives_of_the_same_length() {
    let request = Request { starts: vec![position((0.0, 0.0), 0.0)], hours: HOURS, speed_kmh: SPEED_KMH };
    let metres = HOURS * SPEED_KMH * 1e3;
    let (mut of_plan, mut of_rows, mut of_greed, mut expected) = (0, 0, 0, 0.0);
    for seed in 0..2 {
        let mut city = City::made(PLAN, seed);
        let (corners, more) = planned(&city, &request);
        expected += more;
        city.drive(&stops(&corners, metres, 0, DWELL_M));
        of_plan += settled(&city);
        let mut city = City::made(PLAN, seed);
        city.drive(&stops(&boustrophedon(PLAN), metres, 0, DWELL_M));
        of_rows += settled(&city);
        let mut city = City::made(PLAN, seed);
        drive_greedily(&mut city, PLAN, metres, 0);
        of_greed += settled(&city);
        println!(
            "seed {seed}: settled by the plan {of_plan} (expected {expected:.0}), row by row {of_rows}, greedily {of_greed}"
        );
    }
    let [of_plan, of_rows, of_greed] = [of_plan, of_rows, of_greed].map(f64::from);
    assert!(of_plan >= 1.5 * of_rows, "{of_plan} against {of_rows} row by row");
    assert!(of_plan >= 1.1 * of_greed, "{of_plan} against {of_greed} greedily");
}

/// An inspection: its days, a smaller city and as much shorter drives, and fewer dwells, as all are looked through every day.
const DAYS: i64 = 14;
const CAMPAIGN: Plan = Plan { side_m: 2_000.0, femtos: 2_500, ..PLAN };
const CAMPAIGN_HOURS: f64 = 0.75;
const CAMPAIGN_DWELL_M: f64 = 50.0;

/// Share of the rows that is settled after each day, planned anew every evening, for 1, 5 and 20 vans, and for one van that
/// drives row by row: the table and the picture of the documentation.
///
/// `cargo test --release -p cellwarden-core --test plan -- --ignored --nocapture share_settled`
#[test]
#[ignore = "takes minutes, and writes docs/src/images/settled-by-day.svg"]
fn share_settled_by_day() {
    let names = ["1 van, row by row", "1 van, planned", "5 vans, planned", "20 vans, planned"];
    let shares = [row_by_row_days(), planned_days(1), planned_days(5), planned_days(20)];
    println!("| day | {} |\n| --- | --- | --- | --- | --- |", names.join(" | "));
    for day in 0..DAYS as usize {
        println!("| {} | {} |", day + 1, shares.each_ref().map(|of| format!("{:.1} %", 100.0 * of[day])).join(" | "));
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src/images/settled-by-day.svg");
    std::fs::write(file, picture(&names, &shares)).expect("written");
}

fn planned_days(vans: usize) -> Vec<f64> {
    let metres = CAMPAIGN_HOURS * SPEED_KMH * 1e3;
    let mut city = City::made(CAMPAIGN, 7);
    let corner = [(0.0, 0.0), (CAMPAIGN.side_m, 0.0), (0.0, CAMPAIGN.side_m), (CAMPAIGN.side_m, CAMPAIGN.side_m)];
    let starts = (0..vans).map(|van| position(corner[van % corner.len()], 0.0)).collect();
    let request = Request { starts, hours: CAMPAIGN_HOURS, speed_kmh: SPEED_KMH };
    let mut shares = Vec::new();
    for day in 0..DAYS {
        let ahead = inspect_ahead(&city.registry, &Area::Everywhere, &city.dwells, &[], MODEL);
        let plan = plan(&ahead, &[], &streets(CAMPAIGN), &request, MODEL).expect("streets");
        for route in &plan.routes {
            let places = route.legs.iter().flat_map(|leg| &leg.places);
            let corners: Vec<(f64, f64)> = places.map(|&place| metres_of(place)).collect();
            city.drive(&stops(&corners, metres, day, CAMPAIGN_DWELL_M));
        }
        shares.push(share_of(&city, &format!("{vans} vans, day {}", day + 1), plan.outlook.by_day[0]));
    }
    shares
}

fn row_by_row_days() -> Vec<f64> {
    let mut city = City::made(CAMPAIGN, 7);
    let corners = boustrophedon(CAMPAIGN);
    let length = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1);
    let whole = stops(&corners, corners.windows(2).map(length).sum(), 0, CAMPAIGN_DWELL_M);
    let per_day = (CAMPAIGN_HOURS * SPEED_KMH * 1e3 / CAMPAIGN_DWELL_M) as usize;
    let day = |day: i64| {
        let at = |i: usize| (day * 86_400 + whole[i].0, whole[(day as usize * per_day + i) % whole.len()].1);
        city.drive(&(0..per_day).map(at).collect::<Vec<_>>());
        share_of(&city, &format!("row by row, day {}", day + 1), 0.0)
    };
    (0..DAYS).map(day).collect()
}

/// Share of the rows that is settled, printed with how many of the silent ones are so.
fn share_of(city: &City, when: &str, expected: f64) -> f64 {
    let accounts = inspect(&city.registry, &Area::Everywhere, &city.dwells, &[], MODEL).accounts;
    let in_state = |state: State| accounts.iter().zip(&city.boxes).filter(move |(account, _)| account.state() == state);
    let settled = accounts.iter().filter(|account| account.state().is_settled()).count() as f64;
    let (silent, silent_so) =
        (in_state(State::Silent).count(), in_state(State::Silent).filter(|(_, cell)| cell.is_silent).count());
    println!("{when}: {settled} settled, {expected:.0} expected; {silent_so} of {silent} reported silent are");
    settled / accounts.len() as f64
}

/// Shares by day as a line chart.
fn picture(names: &[&str], shares: &[Vec<f64>]) -> String {
    let (left, top, width, height) = (50.0, 15.0, 560.0, 280.0);
    let x = |day: f64| left + width * day / DAYS as f64;
    let y = |share: f64| top + height * (1.0 - share);
    let mut svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 340\" font-family=\"sans-serif\" \
                   font-size=\"12\">\n<rect width=\"640\" height=\"340\" fill=\"#fff\"/>\n"
        .to_owned();
    for percent in (0..=100).step_by(20) {
        let y = y(f64::from(percent) / 100.0);
        svg += &format!("<line x1=\"{left}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\" stroke=\"#ddd\"/>\n", left + width);
        svg += &format!("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{percent} %</text>\n", left - 6.0, y + 4.0);
    }
    for day in (0..=DAYS).step_by(2) {
        svg += &format!("<text x=\"{}\" y=\"312\" text-anchor=\"middle\">{day}</text>\n", x(day as f64));
    }
    svg += &format!("<text x=\"{}\" y=\"332\" text-anchor=\"middle\">days</text>\n", left + width / 2.0);
    for (i, (name, of)) in names.iter().zip(shares).enumerate() {
        let colour = ["#1f4f8f", "#20904a", "#d04a10", "#777"][i % 4];
        let points = of.iter().enumerate().map(|(day, share)| format!("{:.1},{:.1}", x(day as f64 + 1.0), y(*share)));
        let points = [vec![format!("{:.1},{:.1}", x(0.0), y(0.0))], points.collect()].concat().join(" ");
        svg += &format!("<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\n");
        let at = top + height - 70.0 + 18.0 * i as f64;
        svg += &format!("<rect x=\"440\" y=\"{}\" width=\"18\" height=\"3\" fill=\"{colour}\"/>\n", at - 5.0);
        svg += &format!("<text x=\"464\" y=\"{at}\">{name}</text>\n");
    }
    svg + "</svg>\n"
}

/// `cargo test --release -p cellwarden-core --test plan -- --ignored --nocapture a_fleet`
#[test]
#[ignore = "takes a minute"]
fn a_fleet_in_a_whole_city_is_planned_in_a_minute() {
    let whole = Plan { side_m: 18_600.0, femtos: 232_000, ..PLAN };
    let city = City::made(whole, 0);
    let started = std::time::Instant::now();
    let ahead = inspect_ahead(&city.registry, &Area::Everywhere, &[], &[], MODEL);
    println!("looked ahead after {:.1?}", started.elapsed());
    let depots = [(0.0, 0.0), (18_000.0, 0.0), (0.0, 18_000.0), (9_000.0, 9_000.0)];
    let starts = (0..20).map(|van| position(depots[van % depots.len()], 0.0)).collect();
    let request = Request { starts, hours: 8.0, speed_kmh: SPEED_KMH };
    let places: Vec<_> = city.registry.cells().filter_map(|cell| cell.place).collect();
    let streets = Streets::grid(&places).expect("near each other");
    println!("{} crossings, {:.0} km after {:.1?}", streets.node_count(), streets.metres() / 1e3, started.elapsed());
    let plan = plan(&ahead, &[], &streets, &request, MODEL).expect("streets");
    println!("planned after {:.1?}", started.elapsed());
    for route in &plan.routes {
        println!("{:.0} settled in {:.0} km", route.settled(), route.metres() / 1e3);
    }
    println!("{:?}", plan.outlook);
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

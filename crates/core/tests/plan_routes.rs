//! Plans on small lists: routes can be driven, priorities lead, and what is far away is reached where it pays.

use std::collections::BTreeSet;

use cellwarden_core::{
    observation::Position,
    registry::{
        ImportOptions, Registry, RegistryBuilder,
        import::{Input, read_cells},
        inspect::{Ahead, Area, inspect_ahead},
        path_loss::PathLossModel,
        plan::{Concerns, Directions, Plan, PlanError, Request, Streets, plan, priorities},
    },
};

const MODEL: PathLossModel = PathLossModel::Urban;

/// A place so many metres east and north of a town.
fn at(east_m: f64, north_m: f64) -> Position {
    Position { lat: 37.5 + north_m / 111_195.0, lon: 127.0 + east_m / 88_216.0, error_m: 0.0 }
}

/// Femtocells at these places, with their last contact.
fn registry(cells: &[(f64, f64, &str)]) -> Registry {
    let mut list = "plmn,eci,kind,pci,earfcn,lat,lon,last_contact\n".to_owned();
    for (i, &(east_m, north_m, contact)) in cells.iter().enumerate() {
        let place = at(east_m, north_m);
        list += &format!("450-08,5a{i:05x},femto,{},1550,{},{},{contact}\n", i % 504, place.lat, place.lon);
    }
    let mut builder = RegistryBuilder::default();
    let input = Input { name: "list".into(), reader: list.as_bytes() };
    let options = ImportOptions::at("2026-11-19T00:00:00Z".parse().expect("a time"));
    let report = read_cells([Ok(input)], &options, |cell| builder.push(cell)).expect("a list");
    builder.build(report.snapshot).expect("room")
}

/// A block of cells, 20 m apart, around a place.
fn block(east_m: f64, north_m: f64, side: i32) -> Vec<(f64, f64, &'static str)> {
    let cell = |i: i32| (east_m + 20.0 * f64::from(i % side), north_m + 20.0 * f64::from(i / side), "2026-11-18");
    (0..side * side).map(cell).collect()
}

fn ahead(registry: &Registry) -> Ahead {
    inspect_ahead(registry, &Area::Everywhere, &[], &[], MODEL)
}

fn grid(ahead: &Ahead) -> Streets {
    let places: Vec<Position> = ahead.open().filter_map(|account| account.cell.place).collect();
    Streets::grid(&places).expect("near each other")
}

fn planned(ahead: &Ahead, weights: &[f32], starts: &[Position], hours: f64) -> Plan {
    let request = Request { starts: starts.to_vec(), hours, speed_kmh: 15.0 };
    plan(ahead, weights, &grid(ahead), &request, MODEL).expect("streets")
}

#[test]
fn every_leg_begins_where_the_one_before_ends_and_the_hours_hold() {
    let ahead = ahead(&registry(&block(0.0, 0.0, 20)));
    let plan = planned(&ahead, &[], &[at(0.0, 0.0), at(400.0, 400.0)], 0.5);
    assert_eq!(plan.routes.iter().map(|route| route.van).collect::<Vec<_>>(), [0, 1]);
    for route in &plan.routes {
        assert!(route.legs.len() > 10 && route.metres() <= 7_500.0, "{} m", route.metres());
        assert!(route.legs.windows(2).all(|legs| legs[0].places.last() == legs[1].places.first()));
    }
    assert!(plan.routes[1].legs[0].places[0].distance_m(&at(400.0, 400.0)) < 75.0);
    // The vans share the work, and no row is settled twice.
    let settled: f64 = plan.routes.iter().map(|route| route.settled()).sum();
    assert!(plan.routes.iter().all(|route| route.settled() > 0.2 * settled), "{settled}");
    let outlook = &plan.outlook;
    assert!((outlook.by_day[0] - settled).abs() < 1e-6 && settled <= 400.0 - outlook.visits, "{outlook:?}");
    assert!(outlook.by_day.windows(2).all(|days| days[0] <= days[1]), "{outlook:?}");
    assert_eq!((outlook.rows, outlook.settled), (400, 0));
}

#[test]
fn a_van_leaves_a_few_cells_for_many_that_are_far_away() {
    let mut cells = vec![(0.0, 0.0, "2026-11-18"), (60.0, 80.0, "2026-11-18")];
    cells.extend(block(5_000.0, 3_000.0, 20));
    let plan = planned(&ahead(&registry(&cells)), &[], &[at(0.0, 0.0)], 1.5);
    assert!(plan.routes[0].settled() > 150.0, "{} of 402", plan.routes[0].settled());
}

#[test]
fn what_comes_first_is_driven_to_first() {
    let mut cells = block(0.0, 0.0, 10);
    cells.extend(block(2_000.0, 0.0, 10));
    let registry = registry(&cells);
    let ahead = ahead(&registry);
    let of_east = |plan: &Plan| {
        let legs = plan.routes[0].legs.iter().filter(|leg| leg.places[0].lon > at(1_000.0, 0.0).lon);
        legs.map(|leg| leg.settled).sum::<f64>()
    };
    let middle = [at(1_050.0, 100.0)];
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    for (concern, is_east) in [(at(100.0, 100.0), false), (at(2_100.0, 100.0), true)] {
        let concerns = Concerns { identities: BTreeSet::new(), places: vec![concern] };
        let now = registry.snapshot().imported;
        let weights = priorities(&ahead.inspection.accounts, &concerns, now);
        assert_eq!(weights.iter().filter(|weight| **weight == 3.0).count(), 100);
        let east = of_east(&planned(&ahead, &weights, &middle, 0.15));
        if is_east { most = east } else { least = east }
    }
    assert!(most > 20.0 && least < 1.0, "{most} {least}");
}

#[test]
fn dormant_cells_come_first_where_cells_are_dense_and_named_ones_before_them() {
    let mut cells = block(0.0, 0.0, 10);
    (cells[0].2, cells[1].2) = ("2026-01-01", "2026-01-01");
    cells.extend((0..300).map(|i| (1_000.0 + 300.0 * f64::from(i), 0.0, "2026-01-01")));
    let registry = registry(&cells);
    let ahead = ahead(&registry);
    let identities = ["450-08-5a00001".parse().expect("an ECGI")].into();
    let concerns = Concerns { identities, places: Vec::new() };
    let weights = priorities(&ahead.inspection.accounts, &concerns, registry.snapshot().imported);
    assert_eq!(weights[..3], [2.0, 4.0, 1.0]);
    assert!(weights[100..].iter().all(|weight| *weight == 1.0), "alone, they are not dense");
}

#[test]
fn one_way_streets_are_driven_one_way() {
    let ahead = ahead(&registry(&block(0.0, 0.0, 10)));
    let mut streets = Streets::empty();
    let corners = [at(0.0, 0.0), at(200.0, 0.0), at(200.0, 200.0), at(0.0, 200.0)];
    let nodes = corners.map(|corner| streets.add_node(corner));
    for i in 0..4 {
        streets.add_street(nodes[i], nodes[(i + 1) % 4], &[], Directions::Forward);
    }
    streets.keep_connected();
    let request = Request { starts: vec![at(190.0, 10.0)], hours: 0.1, speed_kmh: 15.0 };
    let plan = plan(&ahead, &[], &streets, &request, MODEL).expect("streets");
    let route = &plan.routes[0];
    assert!(route.legs.len() >= 3, "{route:?}");
    for leg in &route.legs {
        let [from, to] = [0, 1].map(|end| corners.iter().position(|corner| *corner == leg.places[end]).expect("one"));
        assert_eq!((from + 1) % 4, to);
    }
}

#[test]
fn where_nothing_can_be_settled_nothing_is_driven() {
    let far = ahead(&registry(&[(0.0, 0.0, "2026-11-18")]));
    let mut streets = Streets::empty();
    let request = Request { starts: vec![at(0.0, 0.0)], hours: 1.0, speed_kmh: 15.0 };
    assert_eq!(plan(&far, &[], &streets, &request, MODEL), Err(PlanError::NoStreets));
    let nodes = [at(50_000.0, 0.0), at(50_200.0, 0.0)].map(|place| streets.add_node(place));
    streets.add_street(nodes[0], nodes[1], &[], Directions::Both);
    let plan = plan(&far, &[], &streets, &request, MODEL).expect("a street");
    assert!(plan.routes[0].legs.is_empty(), "{:?}", plan.routes);
    assert!((plan.outlook.visits - 1.0).abs() < 1e-6 && plan.outlook.done_on_day.is_none(), "{:?}", plan.outlook);
}

//! An inspection against the truth of a made city: what is reported with a probability is so that often.

#[allow(dead_code, reason = "other tests use the rest")]
mod city;

use cellwarden_core::registry::{
    inspect::{Account, Area, Belief, State, inspect},
    path_loss::PathLossModel,
};
use city::{City, Femto, Plan};

const PLAN: Plan = Plan { side_m: 1_500.0, femtos: 1_500, days: 1, step_m: 20.0, macro_db: (10.0, 45.0) };

/// What was believed, in rows of about one probability, and how often it was so.
#[derive(Default, Clone, Copy)]
struct Bin {
    rows: f64,
    believed: f64,
    so: f64,
}

/// A belief and the truth.
type Row = (f64, bool);

/// Bins of a tenth.
fn bins(rows: &[Row]) -> [Bin; 10] {
    let mut bins = [Bin::default(); 10];
    for &(believed, so) in rows {
        let bin = &mut bins[((believed * 10.0) as usize).min(9)];
        bin.rows += 1.0;
        bin.believed += believed;
        bin.so += f64::from(u8::from(so));
    }
    bins
}

fn print(title: &str, rows: &[Row]) {
    println!("{title}");
    for bin in bins(rows).iter().filter(|bin| bin.rows > 0.0) {
        println!("  believed {:.3}, so {:.3} of {}", bin.believed / bin.rows, bin.so / bin.rows, bin.rows);
    }
}

/// Mean square of belief less truth.
fn brier(rows: &[Row]) -> f64 {
    rows.iter().map(|&(p, so)| (p - f64::from(u8::from(so))).powi(2)).sum::<f64>() / rows.len() as f64
}

fn share(rows: impl Iterator<Item = bool>) -> f64 {
    let (count, so) = rows.fold((0.0, 0.0), |(count, so), is_so| (count + 1.0, so + f64::from(u8::from(is_so))));
    so / count
}

/// Two cities, driven as planned.
fn check(plan: Plan) {
    let mut rows: Vec<(Account, bool, bool, u32)> = Vec::new();
    for seed in 0..2 {
        let city = City::new(plan, seed);
        let inspection = inspect(&city.registry, &Area::Everywhere, &city.dwells, &[], PathLossModel::Urban);
        println!("{plan:?}, seed {seed}: {:?}", inspection.excess[2]);
        assert_eq!(inspection.accounts.len(), city.boxes.len());
        let truth = city.boxes.iter().zip(city.near);
        let row = |(account, (cell, near)): (Account, (&Femto, u32))| {
            (account, cell.is_silent, !cell.is_silent && !cell.is_elsewhere, near)
        };
        rows.extend(inspection.accounts.into_iter().zip(truth).map(row));
    }
    let with = |pick: fn(&Belief) -> f64, truth: fn(&(Account, bool, bool, u32)) -> bool| -> Vec<Row> {
        rows.iter().filter_map(|row| Some((pick(row.0.belief.as_ref()?), truth(row)))).collect()
    };
    let silent = with(|belief| belief.silent, |row| row.1);
    let on_air = with(|belief| belief.as_registered, |row| row.2);
    let before: Vec<Row> = silent.iter().map(|&(_, so)| (0.185, so)).collect();
    print("silent", &silent);
    print("on air as registered", &on_air);
    println!("Brier {:.4}, of the prior {:.4}", brier(&silent), brier(&before));
    let in_state = |state: State| rows.iter().filter(move |(account, ..)| account.state() == state);
    let settled = share(rows.iter().filter(|row| row.3 >= 3).map(|row| row.0.state() != State::PassedNotSure));
    let silent_so = share(in_state(State::Silent).map(|row| row.1));
    let on_air_so = share(in_state(State::OnAirAsRegistered).map(|row| row.2));
    let accused = share(rows.iter().filter(|row| row.2).map(|row| row.0.state() == State::OnAirNotAsRegistered));
    println!(
        "silent is so in {silent_so:.3}, on air as registered in {on_air_so:.3}; {accused:.4} of those at their place are \
         said to be elsewhere; settled of those within 20 m in three dwells {settled:.3}"
    );
    assert!((0.85..=0.99).contains(&silent_so), "silent: {silent_so}");
    assert!(on_air_so >= 0.95, "on air: {on_air_so}");
    assert!(accused <= 0.01, "elsewhere: {accused}");
    assert!(settled >= 0.6, "settled: {settled}");
    assert!(brier(&silent) < brier(&before) / 3.0, "no better than the prior");
    for bin in bins(&silent).into_iter().filter(|bin| bin.rows >= 100.0) {
        let (believed, so) = (bin.believed / bin.rows, bin.so / bin.rows);
        assert!((believed - so).abs() < 0.15, "believed {believed}, so {so}");
    }
}

#[test]
fn what_is_believed_after_a_day_is_so_as_often() {
    check(PLAN);
}

#[test]
fn what_is_believed_after_three_days_is_so_as_often() {
    check(Plan { days: 3, ..PLAN });
}

#[test]
fn what_is_believed_under_strong_macros_is_so_as_often() {
    check(Plan { days: 3, macro_db: (30.0, 60.0), ..PLAN });
}

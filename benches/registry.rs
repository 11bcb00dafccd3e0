//! The registry at a country's size: 232,000 femtocells and 1,000,000 other cells.
//!
//! To hold: import ≤ 10 s, load ≤ 2 s, ≤ 300 MiB, ≤ 2 µs a look-up in memory; from the database, which is not loaded, ≤ 0.1 s
//! to open it and ≤ 2 ms to check an observation. The memory of the loaded registry is printed first.

use std::{fmt::Write as _, hint::black_box, path::PathBuf, sync::LazyLock};

use cellwarden_core::{
    observation::{Ecgi, Eci, Observation, Position},
    observed::identified,
    registry::{ImportOptions, Registry, check},
};
use cellwarden_store::registry::{RegistryDatabase, import_files, load};
use divan::{Bencher, counter::ItemsCount};
use lte_dsp::cell::Pci;
use rusqlite::Connection;
use tempfile::TempDir;

const FEMTOS: u32 = 232_000;
const OTHERS: u32 = 1_000_000;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().expect("a temporary folder"));

static LIST: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = FOLDER.path().join("list.csv");
    std::fs::write(&path, list()).expect("the list is written");
    path
});

static DATABASE: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = FOLDER.path().join("registry.sqlite");
    let mut database = Connection::open(&path).expect("a database");
    import_files(&mut database, std::slice::from_ref(&*LIST), &options()).expect("the list is imported");
    path
});

static REGISTRY: LazyLock<Registry> =
    LazyLock::new(|| load(&Connection::open(&*DATABASE).expect("the database")).expect("the registry loads"));

fn main() {
    let before = resident_kib();
    let rows = REGISTRY.len();
    if let (Some(before), Some(after)) = (before, resident_kib()) {
        println!("{rows} rows loaded: {} MiB resident, {} MiB before", after / 1024, before / 1024);
    }
    divan::main();
}

#[divan::bench(sample_count = 3, sample_size = 1)]
fn import(bencher: Bencher) {
    let list = LIST.clone();
    bencher
        .with_inputs(|| Connection::open(FOLDER.path().join("import.sqlite")).expect("a database"))
        .bench_values(|mut database| import_files(&mut database, std::slice::from_ref(&list), &options()));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn load_from_database(bencher: Bencher) {
    bencher
        .with_inputs(|| Connection::open(&*DATABASE).expect("the database"))
        .bench_values(|database| load(&database).expect("the registry loads"));
}

#[divan::bench]
fn by_ecgi(bencher: Bencher) {
    let registry = &*REGISTRY;
    let wanted = picks(|cell| cell.ecgi);
    bencher
        .counter(ItemsCount::new(wanted.len()))
        .bench(|| wanted.iter().filter(|&&ecgi| registry.by_ecgi(black_box(ecgi)).next().is_some()).count());
}

#[divan::bench]
fn by_ecgi_unregistered(bencher: Bencher) {
    let registry = &*REGISTRY;
    let plmn = "450-08".parse().expect("a PLMN");
    let wanted: Vec<Ecgi> =
        (0..1000u32).map(|i| Ecgi { plmn, eci: Eci::new(0xFFF_0000 + i).expect("28 bits") }).collect();
    bencher
        .counter(ItemsCount::new(wanted.len()))
        .bench(|| wanted.iter().filter(|&&ecgi| registry.by_ecgi(black_box(ecgi)).next().is_some()).count());
}

#[divan::bench]
fn by_earfcn_and_pci(bencher: Bencher) {
    let registry = &*REGISTRY;
    let wanted: Vec<(u32, Pci)> = picks(|cell| cell.earfcn.zip(cell.pci)).into_iter().flatten().collect();
    bencher.counter(ItemsCount::new(wanted.len())).bench(|| {
        wanted.iter().filter(|&&(earfcn, pci)| registry.by_pair(earfcn, black_box(pci)).next().is_some()).count()
    });
}

#[divan::bench]
fn nearest_of_earfcn_and_pci(bencher: Bencher) {
    let registry = &*REGISTRY;
    let wanted: Vec<(u32, Pci)> = picks(|cell| cell.earfcn.zip(cell.pci)).into_iter().flatten().collect();
    let here = Position { lat: 36.5, lon: 127.5, error_m: 5.0 };
    bencher.counter(ItemsCount::new(wanted.len())).bench(|| {
        wanted
            .iter()
            .map(|&(earfcn, pci)| registry.nearest_of_pair(earfcn, pci, black_box(here), 1).len())
            .sum::<usize>()
    });
}

#[divan::bench]
fn nearest_by_place(bencher: Bencher) {
    let registry = &*REGISTRY;
    let wanted: Vec<Position> = picks(|cell| cell.place).into_iter().flatten().collect();
    bencher
        .counter(ItemsCount::new(wanted.len()))
        .bench(|| wanted.iter().filter(|&&here| registry.near(black_box(here), 1_000.0).next().is_some()).count());
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn open_database(bencher: Bencher) {
    bencher.bench(|| RegistryDatabase::open(&DATABASE).expect("opens"));
}

#[divan::bench]
fn check_in_memory(bencher: Bencher) {
    let (registry, heard) = (&*REGISTRY, heard());
    bencher
        .counter(ItemsCount::new(heard.len()))
        .bench(|| heard.iter().map(|o| registry.check(black_box(o)).registered.len()).sum::<usize>());
}

#[divan::bench]
fn check_in_database(bencher: Bencher) {
    let (registry, heard) = (RegistryDatabase::open(&DATABASE).expect("opens").expect("indexed"), heard());
    bencher.counter(ItemsCount::new(heard.len())).bench_local(|| {
        heard.iter().map(|o| check(&registry, &[], black_box(o)).expect("read").registered.len()).sum::<usize>()
    });
}

/// Cells of the list as they are heard where they stand.
fn heard() -> Vec<Observation> {
    picks(|cell| {
        let mut observation = identified(cell.pci.map_or(0, Pci::get), cell.ecgi.eci.get());
        (observation.carrier.earfcn, observation.position) = (cell.earfcn, cell.place);
        observation
    })
}

/// A thousandth of the cells, in random order.
fn picks<T>(of: impl Fn(&cellwarden_core::registry::RegisteredCell) -> T) -> Vec<T> {
    let mut keyed: Vec<(u32, T)> =
        REGISTRY.cells().step_by(1232).zip(random(7)).map(|(cell, key)| (key, of(&cell))).collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, picked)| picked).collect()
}

fn options() -> ImportOptions {
    ImportOptions::at("2026-11-20T00:00:00Z".parse().expect("a time"))
}

fn list() -> String {
    let mut text =
        String::from("plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports,lat,lon,last_contact,name\n");
    let mut random = random(1);
    let mut next = |below: u32| random.next().expect("endless") % below;
    for i in 0..FEMTOS + OTHERS {
        let femto = i < FEMTOS;
        let (kind, first_pci, pcis) = if femto { ("femto", 440, 64) } else { ("macro", 0, 440) };
        let earfcn = [1550, 3743, 100, 2500][next(if femto { 2 } else { 4 }) as usize];
        let (lat, lon) = (34.5 + f64::from(next(3_500_000)) / 1e6, 126.3 + f64::from(next(3_000_000)) / 1e6);
        writeln!(
            text,
            "450-08,{:07x},{kind},active,{},{earfcn},{},50,2,{lat:.6},{lon:.6},2026-11-19T00:00:00Z,KT-{kind}-{i:07}",
            // An odd factor permutes the 28-bit numbers, so that the list is in no order.
            (0x100_0000 + i).wrapping_mul(0x9E37_79B1) & 0xFFF_FFFF,
            first_pci + next(pcis),
            11_000 + next(900),
        )
        .expect("a string takes all");
    }
    text
}

/// Xorshift, 32 bits (Marsaglia 2003).
fn random(seed: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(seed), |&x| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 17);
        Some(x ^ (x << 5))
    })
    .skip(16)
}

/// Memory in use, where the system says it as Linux does.
fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

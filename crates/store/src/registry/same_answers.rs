//! The database answers as the index in memory does.

use std::path::Path;

use lte_dsp::cell::Pci;
use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{RegisteredCells, RegistryDatabase, database::import, load};
use cellwarden_core::{
    observation::{Ecgi, Eci, Plmn, Position},
    registry::{ImportOptions, Lookup, RegisteredCell, check, import::Input, own_list::EciNotation},
};

/// A row: PLMN, ECI, EARFCN and PCI, place; all out of few, so that they meet.
type Row = (u8, u32, Option<u8>, Option<u8>, Option<(f64, f64)>);

fn options() -> ImportOptions {
    let imported = "2026-11-20T00:00:00Z".parse().expect("a time");
    // Few identities that hold only digits could be either.
    ImportOptions { eci_notation: Some(EciNotation::Hexadecimal), ..ImportOptions::at(imported) }
}

fn list(rows: &[Row]) -> String {
    let mut text = "plmn,eci,status,pci,earfcn,tac,lat,lon,name\n".to_owned();
    for (n, (plmn, eci, earfcn, pci, place)) in rows.iter().enumerate() {
        let text_of = |number: &Option<u8>| number.map_or_else(String::new, |number| number.to_string());
        let (lat, lon) = place.map_or_else(Default::default, |(lat, lon)| (lat.to_string(), lon.to_string()));
        let status = ["active", "dormant", "lost"][n % 3];
        let (pci, earfcn) = (text_of(pci), text_of(earfcn));
        text += &format!("450-0{plmn},{eci:07x},{status},{pci},{earfcn},{},{lat},{lon},row {n}\n", 100 + n % 7);
    }
    text
}

fn imported(folder: &TempDir, text: &str) -> std::path::PathBuf {
    let path = folder.path().join("registry.sqlite");
    let mut database = Connection::open(&path).expect("a database");
    let input = Input { name: "list".into(), reader: text.as_bytes() };
    import(&mut database, [Ok(input)], &options()).expect("imported");
    path
}

fn opened(path: &Path) -> RegistryDatabase {
    RegistryDatabase::open(path).expect("opens").expect("it has indices")
}

fn at((lat, lon): (f64, f64)) -> Position {
    Position { lat, lon, error_m: 5.0 }
}

fn place() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![
        // A town, with several rows at one place.
        4 => (0u8..6, 0u8..6).prop_map(|(y, x)| (37.0 + f64::from(y) * 0.01, 127.0 + f64::from(x) * 0.01)),
        4 => (36.9f64..37.1, 126.9f64..127.1),
        // The date line, the equator, a pole.
        1 => (-0.02f64..0.02, 179.98f64..180.0),
        1 => (-0.02f64..0.02, -180.0f64..-179.98),
        1 => (89.98f64..90.0, -180.0f64..180.0),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let (earfcn, pci) = (prop::option::weighted(0.9, 1u8..3), prop::option::weighted(0.9, 0u8..3));
    (5u8..7, 0u32..40, earfcn, pci, prop::option::weighted(0.8, place()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn a_database_answers_as_memory_does(
        rows in prop::collection::vec(row(), 1..160),
        here in place(),
        count in 0usize..12,
        radius_m in prop_oneof![1.0f64..300.0, 300.0f64..20_000.0, Just(1e9), Just(f64::INFINITY)],
        eci in 0u32..40,
        pair in (1u8..3, 0u8..3),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = imported(&folder, &list(&rows));
        let memory = load(&Connection::open(&path).expect("opens")).expect("loads");
        let database = opened(&path);
        let here = at(here);
        let (earfcn, pci) = (u32::from(pair.0), Pci::new(u16::from(pair.1)).expect("a PCI"));
        prop_assert_eq!(database.snapshot(), memory.snapshot());
        for plmn in ["450-05", "450-06", "450-07"].map(|plmn| plmn.parse::<Plmn>().expect("a PLMN")) {
            prop_assert_eq!(database.earfcns(plmn), memory.earfcns(plmn));
            let ecgi = Ecgi { plmn, eci: Eci::new(eci).expect("28 bits") };
            prop_assert_eq!(database.by_ecgi(ecgi).expect("read"), memory.by_ecgi(ecgi).collect::<Vec<_>>());
        }
        let of_pair: Vec<RegisteredCell> = memory.by_pair(earfcn, pci).take(count).collect();
        prop_assert_eq!(database.by_pair(earfcn, pci, count).expect("read"), of_pair);
        let nearest = memory.nearest_of_pair(earfcn, pci, here, count);
        prop_assert_eq!(database.nearest_of_pair(earfcn, pci, here, count).expect("read"), nearest);
        let near: Vec<(RegisteredCell, f64)> = memory.near(here, radius_m).take(count).collect();
        prop_assert_eq!(database.near(here, radius_m, count).expect("read"), near);

        let mut observation = cellwarden_core::observed::identified(u16::from(pair.1), eci);
        observation.carrier.earfcn = Some(earfcn);
        observation.identity.iter_mut().for_each(|identity| {
            identity.plmns = ["450-06", "450-05"].map(|plmn| plmn.parse().expect("a PLMN")).to_vec();
        });
        for position in [Some(here), None] {
            observation.position = position;
            prop_assert_eq!(check(&database, &[], &observation).expect("read"), memory.check(&observation));
        }
    }
}

#[test]
fn an_import_beside_it_changes_nothing_of_what_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = list(&[(5, 1, Some(1), Some(1), None)]);
    let path = imported(&folder, &before);
    let open = opened(&path);
    let ecgi: Ecgi = "450-05-0000001".parse().expect("an ECGI");
    imported(&folder, &list(&[(5, 2, Some(1), Some(1), None)]));
    assert_eq!(open.by_ecgi(ecgi).expect("read").len(), 1);
    assert_eq!(opened(&path).by_ecgi(ecgi).expect("read"), []);
    drop(open);
    let files = std::fs::read_dir(folder.path()).expect("listed").count();
    assert_eq!(files, 1, "nothing is left beside the list");
}

#[test]
fn a_list_of_a_program_without_indices_gets_them_or_is_read_into_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = imported(&folder, &list(&[(5, 1, Some(1), Some(1), Some((37.0, 127.0)))]));
    // What an older program's import leaves: its own tables anew, and another's earlier table.
    let older = Connection::open(&path).expect("opens");
    older
        .execute_batch(
            "DROP INDEX registered_by_ecgi; DROP INDEX registered_by_pair; DROP INDEX registered_by_place;
             UPDATE registered_cell SET earfcn = 7; PRAGMA journal_mode = DELETE;",
        )
        .expect("as it was");
    drop(older);
    let bytes = std::fs::read(&path).expect("readable");
    let found = |cells: &RegisteredCells| {
        let plmn = "450-05".parse().expect("a PLMN");
        assert_eq!(cells.earfcns(plmn), Some(&[7][..]));
        cells.by_ecgi("450-05-0000001".parse().expect("an ECGI")).expect("read").len()
    };
    let open = || RegisteredCells::open(&path, &options()).expect("opens").0;
    let cells = open();
    assert!(matches!(cells, RegisteredCells::Database(_)));
    assert_eq!(found(&cells), 1);
    drop(cells);

    // A lock that is never given back stands for a file that cannot be written: root may write to all.
    std::fs::write(&path, bytes).expect("written");
    let lock = Connection::open(&path).expect("opens");
    lock.execute_batch("BEGIN; SELECT count(*) FROM registered_cell").expect("a lock");
    let cells = open();
    assert_eq!(found(&cells), 1);
}

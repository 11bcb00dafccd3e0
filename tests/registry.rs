//! The registered cell list from file to answer: what is taken, what is refused, and what survives a failure.

use std::{
    io::{self, Cursor, Read},
    path::Path,
};

use cellwarden_core::{
    observation::Ecgi,
    registry::{
        BadRow, CellKind, CellStatus, ImportOptions, ImportReport, ListError, Registry,
        import::{Input, MAX_ROW},
        own_list::EciNotation,
        verify::{Check, stats, verify},
    },
};
use cellwarden_store::registry::{self, RegistryError, database::import};
use rusqlite::Connection;

const HEADER: &str = "plmn,eci,kind,status,pci,earfcn,tac,bandwidth_rb,antenna_ports,lat,lon,last_contact,name\n";
const ROW: &str = "450-08,3f0d101,macro,active,301,1550,11793,25,2,37.480248,126.880266,2026-11-19T00:00:00Z,SITE-1\n";

fn options() -> ImportOptions {
    ImportOptions::at("2026-11-20T00:00:00Z".parse().expect("a time"))
}

fn import_bytes(
    database: &mut Connection,
    bytes: &[u8],
    options: &ImportOptions,
) -> Result<ImportReport, RegistryError> {
    import(database, [Ok(Input { name: "list.csv".into(), reader: Cursor::new(bytes) })], options)
}

fn registry_of(text: &str, options: &ImportOptions) -> Result<(Registry, ImportReport), RegistryError> {
    let mut database = Connection::open_in_memory().expect("a database");
    let report = import_bytes(&mut database, text.as_bytes(), options)?;
    Ok((registry::load(&database)?, report))
}

fn ecgi(text: &str) -> Ecgi {
    text.parse().expect("an ECGI")
}

fn bad_rows(text: &[u8]) -> Vec<BadRow> {
    let mut database = Connection::open_in_memory().expect("a database");
    let report = import_bytes(&mut database, text, &ImportOptions { max_bad: u64::MAX, ..options() });
    report.expect("the others are imported").bad_rows
}

#[test]
fn every_field_survives_the_way_through_the_database() {
    let (registry, report) = registry_of(&format!("{HEADER}{ROW}"), &options()).expect("imported");
    assert_eq!(report.snapshot.rows, 1);
    assert_eq!(registry.snapshot(), &report.snapshot);
    let cell = registry.by_ecgi(ecgi("450-08-3f0d101")).next().expect("registered");
    assert_eq!(cell.kind, Some(CellKind::Macro));
    assert_eq!(cell.status, CellStatus::Active);
    let row = serde_json::to_value(&cell).expect("a row");
    let expected = serde_json::json!({
        "plmn": "450-08", "eci": "3f0d101", "kind": "macro", "status": "active", "pci": 301, "earfcn": 1550,
        "tac": 11793, "bandwidth_rb": 25, "antenna_ports": 2, "lat": 37.480248, "lon": 126.880266,
        "last_contact": "2026-11-19T00:00:00Z", "name": "SITE-1",
    });
    assert_eq!(row, expected);
    assert_eq!(registry.by_ecgi(ecgi("450-08-3f0d102")).count(), 0);
    assert_eq!(registry.by_ecgi(ecgi("450-008-3f0d101")).count(), 0, "another PLMN");
}

#[test]
fn only_plmn_and_eci_are_required() {
    let (registry, _) = registry_of("eci,plmn\n0000001,001-01\n", &options()).expect("imported");
    let cell = registry.by_ecgi(ecgi("001-01-0000001")).next().expect("registered");
    assert_eq!((cell.kind, cell.pci, cell.place), (None, None, None));
    assert_eq!(cell.status, CellStatus::Active);
}

#[test]
fn the_snapshot_is_named_by_content_time_and_count() {
    let (_, report) = registry_of(&format!("{HEADER}{ROW}"), &options()).expect("imported");
    let (_, again) = registry_of(&format!("{HEADER}{ROW}"), &options()).expect("imported");
    let (_, other) = registry_of(&format!("{HEADER}{}", ROW.replace("301", "302")), &options()).expect("imported");
    assert_eq!(report.snapshot.id(), again.snapshot.id());
    assert_ne!(report.snapshot.sha256, other.snapshot.sha256);
    assert!(report.snapshot.id().ends_with("-20261120T000000Z-1"), "{}", report.snapshot.id());
}

#[test]
fn decimal_identities_and_other_headers() {
    let text = "plmn,CELL_ID,TAC_CODE,region\n450-08,66113793,11793,Seoul\n";
    let renamed = ["eci=CELL_ID", "tac=TAC_CODE"].map(|name| name.parse().expect("a column name")).to_vec();
    let options = ImportOptions { eci_notation: Some(EciNotation::Decimal), renamed, ..options() };
    let (registry, report) = registry_of(text, &options).expect("imported");
    assert_eq!(registry.by_ecgi(ecgi("450-08-3f0d101")).next().and_then(|cell| cell.tac), Some(11793));
    assert_eq!(report.ignored_columns, ["region"]);
}

/// The one remark that holds these words.
fn remark<'a>(report: &'a ImportReport, words: &str) -> &'a str {
    let found: Vec<_> = report.remarks.iter().filter(|remark| remark.contains(words)).collect();
    assert_eq!(found.len(), 1, "{words}: {:?}", report.remarks);
    found[0]
}

#[test]
fn separators_and_decimal_commas_are_read_where_they_are_certain() {
    let list = "plmn;eci;status;lat;lon;name\n450-08;5a00101;active;37,4801;126.8831;a, b\n";
    for text in [list.to_owned(), list.replace(';', "\t")] {
        let (registry, _) = registry_of(&text, &options()).expect("imported");
        let cell = registry.by_ecgi(ecgi("450-08-5a00101")).next().expect("registered");
        assert_eq!(cell.place.map(|place| (place.lat, place.lon)), Some((37.4801, 126.8831)));
        assert_eq!(&*cell.name, "a, b");
    }
}

#[test]
fn each_assumption_is_reported() {
    let list = "plmn;eci;status;pci;lat;lon;;\n45008.0;5a00101;active;452.0;37,4801;126,8831;;\n";
    let (registry, report) = registry_of(list, &options()).expect("imported");
    assert_eq!(registry.by_ecgi(ecgi("450-08-5a00101")).count(), 1);
    remark(&report, "separated by semicolons");
    remark(&report, "2 angles with a decimal comma");
    remark(&report, "2 numbers with decimals of zero");
    remark(&report, "2 columns without a header");
    assert_eq!(report.ignored_columns, [""; 0]);
    let (_, report) = registry_of(&format!("{HEADER}{ROW}"), &options()).expect("imported");
    assert_eq!(report.remarks, [""; 0], "the list's own form");
    // A line that names the separator is no row, and lines are counted with it.
    let named = "sep=;\nplmn;eci;status\n450-08;5a00101;active\n450-08;5a00102;stolen\n";
    assert_eq!(bad_rows(named.as_bytes())[0].line, 4);
    let (registry, report) = registry_of(&named.replace("stolen", "lost"), &options()).expect("imported");
    assert_eq!(registry.len(), 2);
    remark(&report, "separated by semicolons, as its first line says");
    // A workbook is named, not printed.
    let refused = registry_of("PK\u{3}\u{4}\0\0", &options()).map(|(_, report)| report).expect_err("a workbook");
    assert!(refused.to_string().contains("Excel workbook"), "{refused}");
}

#[test]
fn korean_values_are_read_and_unknown_ones_refused_with_those_known() {
    let list = "PLMN,ECI,종류,상태\n450-08,5a00101,펨토,분실\n450-08,3f0d101,매크로,사용\n";
    let (registry, report) = registry_of(list, &options()).expect("imported");
    let cell = registry.by_ecgi(ecgi("450-08-5a00101")).next().expect("registered");
    assert_eq!((cell.kind, cell.status), (Some(CellKind::Femto), CellStatus::Lost));
    assert!(remark(&report, "status: ").contains("분실 read as lost, 사용 read as active"));
    assert!(remark(&report, "kind: ").contains("펨토 read as femto"));
    let bad = bad_rows(list.replace("분실", "미사용").as_bytes());
    assert!(bad[0].message.contains("미사용") && bad[0].message.contains("active (사용, "), "{}", bad[0]);
    // A column of such words that is headed otherwise is noticed.
    let other = list.replace("상태", "현황");
    let (_, report) = registry_of(&other, &options()).expect("imported");
    assert!(remark(&report, "counts as active").contains("--map status=현황"));
}

#[test]
fn digits_only_are_asked_for_or_decided_per_column() {
    let list = |ecis: &[u32]| -> String {
        ecis.iter().fold("plmn,eci,status\n".to_owned(), |text, eci| format!("{text}450-08,{eci},active\n"))
    };
    let seven: Vec<u32> = (0..8).map(|n| 3_278_082 + 256 * n).collect();
    let refused = registry_of(&list(&seven), &options()).map(|(_, report)| report).expect_err("asked");
    assert!(matches!(&refused, RegistryError::List(ListError::Notation { rows: 8, .. })), "{refused}");
    assert!(refused.to_string().contains("--eci dec") && refused.to_string().contains("3278082"), "{refused}");
    for (notation, expected) in [(EciNotation::Decimal, "450-08-0320502"), (EciNotation::Hexadecimal, "450-08-3278082")]
    {
        let options = ImportOptions { eci_notation: Some(notation), ..options() };
        let (registry, report) = registry_of(&list(&seven), &options).expect("imported");
        assert_eq!((registry.by_ecgi(ecgi(expected)).count(), &report.remarks[..]), (1, &[][..]));
    }
    // A few rows with digits only are not unlikely in hexadecimal.
    let (registry, report) = registry_of(&list(&seven[..2]), &options()).expect("imported");
    assert_eq!(registry.by_ecgi(ecgi("450-08-3278082")).count(), 1);
    assert!(remark(&report, "read as hexadecimal").contains("--eci dec"));
    // Nine digits are no hexadecimal identity.
    let (registry, report) = registry_of(&list(&[66_113_793, 3_278_082]), &options()).expect("imported");
    assert_eq!(registry.by_ecgi(ecgi("450-08-3f0d101")).count(), 1);
    assert!(remark(&report, "read as decimal").contains("--eci hex"));
    // One letter settles it.
    let text = list(&seven) + "450-08,5a00101,active\n";
    assert_eq!(registry_of(&text, &options()).expect("imported").1.remarks, [""; 0]);
}

#[test]
fn other_headers_are_read_and_named_and_a_missing_status_is_loud() {
    let text = "PLMN,ECI,종류,상태,PCI,주파수,위도,경도,최종접속,이름\n\
        450-08,300000e,femto,dormant,322,3743,37.4,126.8,2026-09-28T01:00:00Z,송파\n";
    let (registry, report) = registry_of(text, &options()).expect("imported");
    let cell = registry.by_ecgi(ecgi("450-08-300000e")).next().expect("registered");
    assert_eq!((cell.kind, cell.status, cell.earfcn), (Some(CellKind::Femto), CellStatus::Dormant, Some(3743)));
    assert!(remark(&report, "상태 read as status").contains("--map status="));
    assert_eq!(report.ignored_columns, [""; 0]);

    let (_, report) = registry_of("plmn,eci,state\n450-08,5a00101,dormant\n", &options()).expect("imported");
    assert!(remark(&report, "counts as active").contains("--map status=state"));
    let (_, report) = registry_of("plmn,eci,region\n450-08,5a00101,Seoul\n", &options()).expect("imported");
    assert!(remark(&report, "counts as active").contains("no column status"));
}

#[test]
fn what_a_spreadsheet_writes_is_read_or_explained() {
    let row = |plmn: &str, pci: &str, contact: &str| {
        let text = format!("plmn,eci,status,pci,last_contact\n{plmn},5a00101,active,{pci},{contact}\n,,,,\n");
        let mut database = Connection::open_in_memory().expect("a database");
        let options = ImportOptions { max_bad: 1, ..options() };
        let report = import_bytes(&mut database, text.as_bytes(), &options).expect("a list");
        (registry::load(&database).expect("loads").cells().next(), report)
    };
    let (cell, report) = row("45008", "485.0", "2026-11-18 21:40:00");
    let cell = cell.expect("registered");
    assert_eq!((cell.ecgi, cell.pci.map(|pci| pci.get())), (ecgi("450-08-5a00101"), Some(485)));
    remark(&report, "1 row without a value skipped");
    remark(&report, "1 time in last_contact without a zone read as UTC");
    for (text, expected) in [
        ("2026-11-18 21:40", "2026-11-18T21:40:00Z"),
        ("2026-11-18", "2026-11-18T00:00:00Z"),
        ("2026/11/18 21:40:05", "2026-11-18T21:40:05Z"),
        ("2026. 11. 18. 21:40", "2026-11-18T21:40:00Z"),
        ("2026. 11. 18.", "2026-11-18T00:00:00Z"),
        ("2026-11-18 오전 9:00", "2026-11-18T09:00:00Z"),
        ("2026-11-18 오후 9:40:05", "2026-11-18T21:40:05Z"),
        ("2026. 11. 18. 오전 12:05", "2026-11-18T00:05:00Z"),
        ("2026년 11월 18일 오후 12:05", "2026-11-18T12:05:00Z"),
        ("2026/11/18 9:40 PM", "2026-11-18T21:40:00Z"),
        ("46344", "2026-11-18T00:00:00Z"),
        ("46344.75", "2026-11-18T18:00:00Z"),
    ] {
        let contact = row("450-08", "1", text).0.and_then(|cell| cell.last_contact);
        assert_eq!(contact.map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
    }
    for (plmn, pci, contact, hint) in [
        ("450-08", "1", "18/11/2026", "begin with the year"),
        ("450-08", "1", "11.18.2026", "begin with the year"),
        ("450-08", "1", "2026-11-18 오후 13:00", "no time"),
        ("450-08", "1", "2026-11-18 오전 0:00", "no time"),
        ("450-08", "4.85E+02", "", "a spreadsheet rounded it"),
        ("4.5008E+04", "1", "", "a spreadsheet rounded it"),
        ("450-08", "485.5", "", "no number"),
    ] {
        let (_, report) = row(plmn, pci, contact);
        assert!(report.bad_rows[0].message.contains(hint), "{}", report.bad_rows[0]);
    }
    let text = "plmn,eci,status\n450-08,5.00E+101,active\n";
    assert!(bad_rows(text.as_bytes())[0].message.contains("a spreadsheet rounded it"));
}

#[test]
fn duplicates_are_counted() {
    let text = "plmn,eci,status\n450-08,5a00101,active\n450-08,5a00102,active\n450-08,5a00101,lost\n";
    let (registry, report) = registry_of(text, &options()).expect("imported");
    assert_eq!(registry.len(), 3);
    assert!(remark(&report, "1 row with the identity of another").contains("450-08-5a00101"));
}

#[test]
fn opencellid_without_header_packed_and_with_three_digit_networks() {
    let row = |mcc: u32, mnc: u32| {
        format!("LTE,{mcc},{mnc},11793,66113793,301,126.880266,37.480248,1200,7,1,1459692342,1488347104,0\n")
    };
    let text = "GSM,450,8,1,2,,127.0,37.5,1000,1,1,1,1,0\n".to_owned()
        + &[(450, 8), (310, 12), (722, 34), (732, 1), (338, 50), (405, 840)].map(|(mcc, mnc)| row(mcc, mnc)).concat();
    let (registry, report) = registry_of(&text, &options()).expect("imported");
    assert_eq!((report.snapshot.rows, report.not_lte), (6, 1));
    remark(&report, "no header");
    for plmn in ["450-08", "310-012", "722-034", "732-001", "338-050", "405-840"] {
        assert_eq!(registry.by_ecgi(ecgi(&format!("{plmn}-3f0d101"))).count(), 1, "{plmn}");
    }
    let bad = bad_rows(text.replace("LTE,310,12", "LTE,310,x").as_bytes());
    assert_eq!(bad.iter().map(|row| (row.line, &*row.header)).collect::<Vec<_>>(), [(3, "net")]);
}

#[test]
fn opencellid_is_recognised_and_only_its_lte_rows_are_taken() {
    let text = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n\
        GSM,450,8,1,2,,127.0,37.5,1000,1,1,1,1,0\n\
        LTE,450,8,11793,66113793,301,126.880266,37.480248,1200,7,1,1459692342,1488347104,0\n\
        LTE,310,12,7,66113793,-1,-100.0,40.0,500,7,1,1459692342,1488347104,0\n\
        LTE,450,8,0,66113794,0,126.0,37.0,500,7,1,1459692342,1488347104,0\n";
    let (registry, report) = registry_of(text, &options()).expect("imported");
    assert_eq!((report.snapshot.rows, report.not_lte), (3, 1));
    let cell = registry.by_ecgi(ecgi("450-08-3f0d101")).next().expect("two digits in Korea");
    assert_eq!(cell.pci.map(|pci| pci.get()), Some(301));
    assert_eq!(cell.place.map(|place| place.error_m), Some(1200.0));
    assert_eq!(registry.by_ecgi(ecgi("310-012-3f0d101")).count(), 1, "three digits in the United States");
    let unmeasured = registry.by_ecgi(ecgi("450-08-3f0d102")).next().expect("registered");
    assert_eq!(unmeasured.pci, None, "0 is what the file writes for an unknown PCI");
}

#[test]
fn bad_rows_are_named_by_line_and_column_and_kept_out() {
    let cases = [
        ("450_08,3f0d101,,,,,,,,,,,", 1),
        ("450-08,,,,,,,,,,,,", 2),
        ("450-08,3f0d1,,,,,,,,,,,", 2),
        ("450-08,66113793,,,,,,,,,,,", 2),
        ("450-08,3f0d101,pico,,,,,,,,,,", 3),
        ("450-08,3f0d101,,stolen,,,,,,,,,", 4),
        ("450-08,3f0d101,,,504,,,,,,,,", 5),
        ("450-08,3f0d101,,,-1,,,,,,,,", 5),
        ("450-08,3f0d101,,,,262144,,,,,,,", 6),
        ("450-08,3f0d101,,,,,65536,,,,,,", 7),
        ("450-08,3f0d101,,,,,,20,,,,,", 8),
        ("450-08,3f0d101,,,,,,,3,,,,", 9),
        ("450-08,3f0d101,,,,,,,,90.1,0,,", 10),
        ("450-08,3f0d101,,,,,,,,NaN,0,,", 10),
        ("450-08,3f0d101,,,,,,,,0,180.5,,", 11),
        ("450-08,3f0d101,,,,,,,,37.5,,,", 11),
        ("450-08,3f0d101,,,,,,,,,,yesterday,", 12),
        ("450-08,3f0d101,,,,,,,,,,,,,", 13),
        ("450-08,3f0d101,macro", 3),
    ];
    for (row, column) in cases {
        let text = format!("{HEADER}{ROW}{row}\n{}", ROW.replace("3f0d101", "3f0d103"));
        let bad = bad_rows(text.as_bytes());
        assert_eq!(bad.len(), 1, "{row}: {bad:?}");
        assert_eq!((bad[0].line, bad[0].column), (3, column), "{row}: {}", bad[0]);
        let refused = registry_of(&text, &options());
        assert!(
            matches!(refused, Err(RegistryError::List(ListError::TooManyBad { count: 1, allowed: 0, .. }))),
            "{row}"
        );
    }
}

#[test]
fn lines_are_counted_through_line_breaks_in_names() {
    let text = format!("{HEADER}450-08,3f0d101,,,,,,,,,,,\"two\nlines, \"\"quoted\"\"\"\r\n450-08,bad,,,,,,,,,,,\n");
    let bad = bad_rows(text.as_bytes());
    assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [4]);
    let options = ImportOptions { max_bad: 1, ..options() };
    let (registry, _) = registry_of(&text, &options).expect("imported");
    let cell = registry.by_ecgi(ecgi("450-08-3f0d101")).next().expect("registered");
    assert_eq!(&*cell.name, "two\nlines, \"quoted\"");
}

#[test]
fn carriage_returns_end_lines_and_blank_lines_do_not_count_as_rows() {
    let text = format!("{HEADER}{ROW}\n450-08,bad,,,,,,,,,,,\n\n").replace('\n', "\r\n");
    let bad = bad_rows(text.as_bytes());
    assert_eq!(bad.iter().map(|row| row.line).collect::<Vec<_>>(), [4]);
    let (registry, report) = registry_of(&text, &ImportOptions { max_bad: 1, ..options() }).expect("imported");
    assert_eq!((report.snapshot.rows, report.bad), (1, 1));
    assert_eq!(registry.cells().next().map(|cell| cell.name), Some("SITE-1".into()));
}

#[test]
fn names_are_kept_as_they_are() {
    let names = [
        "=HYPERLINK(\"http://x\")",
        "+1",
        "-2+3",
        "@SUM(A1)",
        "a\0b",
        "\0",
        "\r\nlines\r\n\r\nand, \"quotes\"\n",
        "\u{1b}[2J\u{202e}홈펨토-0231",
        "'; DROP TABLE registered_cell; --",
        " spaces at both ends ",
    ];
    let mut text = HEADER.to_owned();
    for (name, eci) in names.iter().zip(1..) {
        text += &format!("450-08,{eci:07x},,,,,,,,,,,\"{}\"\n", name.replace('"', "\"\""));
    }
    let (registry, report) = registry_of(&text, &options()).expect("imported");
    assert_eq!((registry.len(), report.bad), (names.len(), 0));
    let kept: Vec<_> = registry.cells().map(|cell| cell.name).collect();
    assert!(kept.iter().map(|name| &**name).eq(names), "{kept:?}");
}

#[test]
fn formulas_and_odd_characters_in_other_fields_are_bad_rows() {
    for (row, column) in [
        ("450-08,=1+1,,,,,,,,,,,", 2),
        ("450-08,3f0d101,=cmd|' /C calc'!A0,,,,,,,,,,", 3),
        ("450-08,3f0d101,,,\"=3\"\"01\",,,,,,,,", 5),
        ("450-08,3f0d101,,,301\0,,,,,,,,", 5),
        ("450-08\0,3f0d101,,,,,,,,,,,", 1),
        ("450-08,3f0d101,,,,,,,,\"37.5\n\"\"\",,,", 10),
    ] {
        let bad = bad_rows(format!("{HEADER}{ROW}{row}\n").as_bytes());
        assert_eq!(bad.len(), 1, "{row}: {bad:?}");
        assert_eq!((bad[0].line, bad[0].column), (3, column), "{row}: {}", bad[0]);
    }
}

#[test]
fn byte_order_marks_and_other_encodings() {
    let mut database = Connection::open_in_memory().expect("a database");
    let marked = format!("\u{FEFF}{HEADER}{ROW}");
    import_bytes(&mut database, marked.as_bytes(), &options()).expect("a UTF-8 mark is passed over");

    let list = format!("{HEADER}{ROW}");
    let utf16: Vec<u8> = [0xFF, 0xFE].into_iter().chain(list.bytes().flat_map(|b| [b, 0])).collect();
    let report = import_bytes(&mut database, &utf16, &options()).expect("UTF-16 by its mark");
    assert!(report.remarks[0].contains("UTF-16"), "{:?}", report.remarks);
    let cp949 = [HEADER.as_bytes(), &ROW.as_bytes()[..ROW.len() - 7], b"\xc8\xab\xb4\xeb\xbf\xaa\n"].concat();
    let report = import_bytes(&mut database, &cp949, &options()).expect("CP949 where it is certain");
    assert!(report.remarks[0].contains("CP949"), "{:?}", report.remarks);
    let named = registry::load(&database).expect("loads").cells().next().map(|cell| cell.name);
    assert_eq!(named, Some("홍대역".into()));

    // Names in CP949 and UTF-16 among UTF-8 rows, as of lists that were joined.
    let row = |eci: u32, name: &[u8]| [format!("450-08,{eci:07x},,,,,,,,,,,").as_bytes(), name, b"\n"].concat();
    let korean = row(1, "홈펨토".as_bytes());
    let mixed = [HEADER.as_bytes(), &korean, &row(2, b"\xb1\xe2"), &row(3, b"\xff\xfeH\0"), &korean].concat();
    let bad = bad_rows(&mixed);
    assert_eq!(bad.iter().map(|row| (row.line, row.column)).collect::<Vec<_>>(), [(3, 13), (4, 13)]);
    assert!(bad[0].message.contains("0xb1"), "{}", bad[0]);
}

#[test]
fn empty_files_and_wrong_headers_leave_the_old_snapshot() {
    let mut database = Connection::open_in_memory().expect("a database");
    let first = import_bytes(&mut database, format!("{HEADER}{ROW}").as_bytes(), &options()).expect("imported");
    let refused: [&[u8]; 7] = [
        b"PK\x03\x04\x14\0",
        b"",
        HEADER.as_bytes(),
        b"name,lat,lon\nx,1,2\n",
        b"plmn,eci,plmn\n450-08,3f0d101,450-08\n",
        b"\x00\xff\xfe\x80\n1,2\n",
        b"plmn,eci\n450-08,zzz\n",
    ];
    for bytes in refused {
        import_bytes(&mut database, bytes, &options()).expect_err("refused");
        let registry = registry::load(&database).expect("the old snapshot");
        assert_eq!((registry.snapshot(), registry.len()), (&first.snapshot, 1));
    }
}

#[test]
fn an_import_replaces_all_rows() {
    let mut database = Connection::open_in_memory().expect("a database");
    import_bytes(&mut database, format!("{HEADER}{ROW}").as_bytes(), &options()).expect("imported");
    import_bytes(&mut database, b"plmn,eci\n450-08,0000002\n", &options()).expect("imported");
    let registry = registry::load(&database).expect("loads");
    assert_eq!(registry.len(), 1);
    assert_eq!(registry.by_ecgi(ecgi("450-08-3f0d101")).count(), 0);
}

#[test]
fn a_row_without_end_is_stopped() {
    let endless = Cursor::new(format!("{HEADER}{ROW}450-08,3f0d102,,,,,,,,,,,\"")).chain(io::repeat(b'x'));
    let mut database = Connection::open_in_memory().expect("a database");
    let error = import(&mut database, [Ok(Input { name: "list.csv".into(), reader: endless })], &options())
        .expect_err("refused");
    assert!(matches!(error, RegistryError::List(ListError::RowTooLong { line: 3, limit: MAX_ROW, .. })), "{error}");
}

#[test]
fn a_huge_field_is_a_bad_row() {
    let text = format!("{HEADER}{ROW}450-08,3f0d102,,,,,,,,,,,{}\n", "x".repeat(500_000));
    let bad = bad_rows(text.as_bytes());
    assert_eq!((bad[0].line, bad[0].column), (3, 13));
    assert!(bad[0].message.len() < 200);
}

#[test]
fn ten_thousand_bad_rows_are_counted_and_a_hundred_named() {
    let text = format!("{HEADER}{}", "450-08,bad,,,,,,,,,,,\n".repeat(10_000));
    match registry_of(&text, &options()) {
        Err(RegistryError::List(ListError::TooManyBad { count, rows, .. })) => {
            assert_eq!((count, rows.len()), (10_000, 100))
        }
        other => panic!("{:?}", other.map(|(_, report)| report)),
    }
}

/// A list that fails or copies the database half-way, as a crash would leave it.
struct HalfWay<'a> {
    rows: u32,
    end: &'a mut dyn FnMut() -> io::Result<usize>,
    buffer: Vec<u8>,
    next: u32,
}

impl Read for HalfWay<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            if self.next == 0 {
                self.buffer = HEADER.as_bytes().to_vec();
            } else if self.next <= self.rows {
                self.buffer = format!("450-08,{:07x},,,,,,,,,,,a name to fill pages with\n", self.next).into_bytes();
            } else {
                return (self.end)();
            }
            self.next += 1;
        }
        let len = out.len().min(self.buffer.len());
        out[..len].copy_from_slice(&self.buffer[..len]);
        self.buffer.drain(..len);
        Ok(len)
    }
}

fn copy_database(from: &Path, to: &Path) -> io::Result<()> {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        if Path::new(&name(from)).exists() {
            std::fs::copy(name(from), name(to))?;
        }
    }
    Ok(())
}

#[test]
fn a_crash_or_a_read_error_half_way_leaves_the_old_snapshot() {
    for journal in ["delete", "wal"] {
        let folder = tempfile::tempdir().expect("a folder");
        let (live, crashed) = (folder.path().join("live.sqlite"), folder.path().join("crashed.sqlite"));
        let mut database = Connection::open(&live).expect("a database");
        database.pragma_update(None, "journal_mode", journal).expect("a journal mode");
        let first = import_bytes(&mut database, format!("{HEADER}{ROW}").as_bytes(), &options()).expect("imported");
        // 100,000 rows are several MB, more than SQLite's cache: the new rows have reached the files by then.
        let mut end = || {
            copy_database(&live, &crashed)?;
            Err(io::Error::other("the disk was pulled out"))
        };
        let reader = HalfWay { rows: 100_000, end: &mut end, buffer: Vec::new(), next: 0 };
        let error = import(&mut database, [Ok(Input { name: "list.csv".into(), reader })], &options())
            .expect_err("the read fails");
        assert!(error.to_string().contains("pulled out"), "{error}");
        let written: u64 = std::fs::read_dir(folder.path())
            .expect("the folder")
            .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
            .sum();
        assert!(written > 2_000_000, "{journal}: only {written} bytes had reached the disk");
        for connection in [database, Connection::open(&crashed).expect("the copy")] {
            let registry = registry::load(&connection).expect("the old snapshot");
            assert_eq!((registry.snapshot(), registry.len()), (&first.snapshot, 1), "{journal}");
        }
    }
}

#[test]
fn several_files_are_one_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = [("a.csv", "plmn,eci\n450-08,0000001\n"), ("b.csv", "eci,plmn,note\n0000002,450-08,x\n")].map(
        |(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        },
    );
    let mut database = Connection::open_in_memory().expect("a database");
    let report = registry::import_files(&mut database, &paths, &options()).expect("imported");
    assert_eq!(report.snapshot.rows, 2);
    let missing = [paths[0].clone(), folder.path().join("c.csv")];
    let error = registry::import_files(&mut database, &missing, &options()).expect_err("no such file");
    assert!(error.to_string().contains("c.csv"), "{error}");
    assert_eq!(registry::load(&database).expect("the old snapshot").len(), 2);
}

#[test]
fn a_csv_and_a_database_open_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let (csv, sqlite) = (folder.path().join("list.csv"), folder.path().join("registry.sqlite"));
    std::fs::write(&csv, format!("{HEADER}{ROW}")).expect("written");
    let mut database = Connection::open(&sqlite).expect("a database");
    registry::import_files(&mut database, std::slice::from_ref(&csv), &options()).expect("imported");
    let (from_csv, report) = registry::open(&csv, &options()).expect("opens");
    let (from_sqlite, none) = registry::open(&sqlite, &options()).expect("opens");
    assert!(report.is_some() && none.is_none());
    assert_eq!(from_csv.snapshot(), from_sqlite.snapshot());
    assert!(from_csv.cells().eq(from_sqlite.cells()));
}

#[test]
fn databases_without_a_usable_snapshot_are_refused() {
    let database = Connection::open_in_memory().expect("a database");
    assert!(matches!(registry::load(&database), Err(RegistryError::NoSnapshot)));

    let mut database = Connection::open_in_memory().expect("a database");
    import_bytes(&mut database, format!("{HEADER}{ROW}").as_bytes(), &options()).expect("imported");
    for (column, value) in [
        ("eci", "268435456"),
        ("pci", "504"),
        ("pci", "-1"),
        ("lat", "91.0"),
        ("lat", "NULL"),
        ("status", "'gone'"),
        ("plmn", "'45008'"),
        ("tac", "70000"),
        ("antenna_ports", "3"),
    ] {
        let changed = database.transaction().expect("a transaction");
        changed.execute(&format!("UPDATE registered_cell SET {column} = {value}"), []).expect("updated");
        let error = registry::load(&changed).err().expect("refused");
        assert!(matches!(error, RegistryError::Stored { row: 1, .. }), "{column} = {value}: {error}");
    }
    database.execute("UPDATE registry_snapshot SET schema = 99", []).expect("updated");
    assert!(matches!(registry::load(&database), Err(RegistryError::Schema { found: 99, .. })));
}

#[test]
fn verify_names_what_is_doubtful_and_stats_count() {
    let text = "plmn,eci,kind,status,pci,earfcn,tac,lat,lon,last_contact\n\
        450-08,0000001,macro,active,1,1550,11793,37.5,127.0,2026-11-19T00:00:00Z\n\
        450-08,0000001,macro,active,2,1550,11793,37.5,127.0,2026-11-19T00:00:00Z\n\
        450-08,0000002,small,active,1,1550,0,37.502,127.0,2026-11-21T00:00:00Z\n\
        450-08,0000003,femto,active,3,18300,65534,,,2026-08-01T00:00:00Z\n\
        450-08,0000004,femto,dormant,1,1550,11793,0,0,2026-01-01T00:00:00Z\n\
        450-08,0000005,,active,1,1550,11793,37.503,127.0,\n\
        001-01,0000001,macro,active,1,1551,11793,37.5,127.0,\n";
    let (registry, _) = registry_of(text, &options()).expect("imported");
    let found: Vec<(Check, u64)> = verify(&registry).iter().map(|doubts| (doubts.check, doubts.count)).collect();
    let expected = [
        (Check::DuplicateEcgi, 1),
        // 222 m apart and 111 m apart; 334 m are too far, 1551 is another carrier.
        (Check::SamePciNearby, 2),
        (Check::TestPlmn, 1),
        (Check::ReservedTac, 2),
        (Check::EarfcnInNoBand, 1),
        (Check::FemtoWithoutPlace, 1),
        (Check::ZeroPlace, 1),
        (Check::ContactAfterImport, 1),
        (Check::ActiveWithoutContact, 1),
    ];
    assert_eq!(found, expected);
    let counts = stats(&registry);
    assert_eq!(counts.plmns.into_iter().collect::<Vec<_>>(), [("001-01".into(), 1), ("450-08".into(), 6)]);
    assert_eq!((counts.kinds["femto"], counts.kinds["unknown"], counts.statuses["dormant"]), (2, 1, 1));
    assert_eq!((counts.earfcns[&1550], counts.without_place), (5, 1));
    let (clean, _) = registry_of(&format!("{HEADER}{ROW}"), &options()).expect("imported");
    assert_eq!(verify(&clean), []);
}

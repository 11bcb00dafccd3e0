//! A drive from recording to report: located, written in every form, opened by other programs, carried and compared.
//!
//! Where Chromium, `xmllint` or `ogrinfo` are not installed, their part is left out, unless `CELLWARDEN_TEST_REPORT` is set.

#[expect(dead_code, reason = "the scanner is for the tests of the rules")]
mod drive;

use std::{
    env, fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};

use cellwarden::{
    alert::AlertBook,
    detect::{Engine, Rules},
    observation::Position,
    registry::CellKind,
    store::{DriveRecord, DwellRecord, Store},
};
use drive::{Box, Stand, air, place};
use jiff::SignedDuration;
use serde_json::Value;

/// What somebody might call a home cell to harm whoever reads of it.
const HOSTILE: &str = "=cmd|'/c x'!A1<script>alert(1)</script>\u{1b}[2J\u{7}&\u{202e}";

const CLONE_AT: (f64, f64) = (680.0, 620.0);

fn cellwarden(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cellwarden"))
        .args(arguments)
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .expect("it runs")
}

fn text(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The output of a program, or `None` where it is not installed and need not be.
fn tool(program: &str, arguments: &[&str]) -> Option<Output> {
    match Command::new(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if env::var_os("CELLWARDEN_TEST_REPORT").is_none() => {
            eprintln!("{program} left out: {error}");
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

/// Twenty-two stops 60 m apart, first east, then north.
fn round_the_corner() -> Vec<Position> {
    (0..12).map(|i| place(60.0 * f64::from(i), 0.0)).chain((1..11).map(|i| place(660.0, 60.0 * f64::from(i)))).collect()
}

fn clone_place() -> Position {
    place(CLONE_AT.0, CLONE_AT.1)
}

/// Two macro cells, a femtocell driving ahead under a hostile name, and a clone of the second macro cell by the last
/// street.
fn boxes() -> [Box; 4] {
    let macro_a = Box::new(CellKind::Macro, 0x3f_0d101, 301, Stand::At(place(200.0, 250.0)));
    let macro_b = Box::new(CellKind::Macro, 0x3f_0d102, 302, Stand::At(place(900.0, 400.0)));
    let mut ahead = Box { on: (5, 15), ..Box::new(CellKind::Femto, 0x5a_fff31, 304, Stand::Along(35.0)) };
    ahead.broadcast.hnb_name = Some(HOSTILE.to_owned());
    let clone = Box { pci: 77, ..Box::new(CellKind::Femto, 0x3f_0d102, 77, Stand::At(clone_place())) };
    [macro_a, macro_b, ahead, clone]
}

/// Stores a drive past these boxes, `days` later than the first.
fn store_drive(path: &Path, boxes: &[Box], days: i64) {
    let registry = drive::registry(&boxes[..2].iter().map(Box::row).collect::<Vec<_>>());
    let rules = Rules::default();
    let (mut book, mut store) = (AlertBook::new(&rules), Store::create(path).expect("a store"));
    let record = DriveRecord {
        command: "replay".into(),
        rules_version: rules.version(),
        registry_snapshot: Some(registry.snapshot().id()),
    };
    store.begin(&record).expect("begun");
    let mut engine = Engine::new(rules);
    for (mut observations, here) in drive::drive(&round_the_corner(), boxes, air(7)).into_iter().zip(round_the_corner())
    {
        for observation in &mut observations {
            observation.dwell.start =
                observation.dwell.start.map(|start| start + SignedDuration::from_hours(24 * days));
        }
        let Some(first) = observations.first() else { continue };
        let dwell = DwellRecord {
            recording: first.dwell.recording.clone(),
            start: first.dwell.start,
            center_hz: 1840e6,
            sample_rate_hz: 5.76e6,
            samples: 345_600,
            lost: 0,
            gain_db: first.dwell.gain_db,
            carriers_hz: None,
            position: Some(here),
        };
        let answers: Vec<_> = observations.iter().map(|o| registry.check(o)).collect();
        let judged = engine.dwell(&observations, &answers);
        let changes = book.take(&observations, &judged);
        let cells: Vec<_> = observations.into_iter().zip(judged).collect();
        store.record(&dwell, &cells, &changes, &[]).expect("stored");
    }
}

struct Stored {
    folder: tempfile::TempDir,
}

impl Stored {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stored = Self { folder };
        store_drive(Path::new(&stored.file("store.sqlite")), &boxes(), 0);
        let list = "plmn,eci,kind,status,pci,earfcn,lat,lon,name\n\
            450-08,3f0d101,macro,active,301,1550,37.480248,126.880266,\"<b>one</b>\"\n\
            450-08,3f0d102,macro,active,302,1550,37.481597,126.888199,two\n\
            450-08,5a00200,femto,active,460,1550,37.478100,126.881000,silent\n";
        fs::write(stored.file("cells.csv"), list).expect("written");
        stored
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn report(&self, format: &str, more: &[&str]) -> String {
        let out = self.file(&format!("report.{format}"));
        let (store, list) = (self.file("store.sqlite"), self.file("cells.csv"));
        let line = ["report", "--store", &store, "--registry", &list, "--format", format, "--out", &out];
        text(cellwarden(&[&line[..], more].concat()));
        out
    }

    fn shown(&self) -> Vec<Value> {
        let shown = text(cellwarden(&["drives", "show", "1", "--json", "--store", &self.file("store.sqlite")]));
        shown.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }
}

#[test]
fn the_rogue_moves_with_the_receiver_and_the_clone_has_its_place() {
    let stored = Stored::new();
    let shown = stored.shown();
    let of = |pci: &str| shown.iter().find(|row| row["cell"].as_str().is_some_and(|c| c.contains(pci))).expect("heard");
    assert_eq!(of("PCI 304")["whereabouts"]["is"], "with-receiver", "{}", of("PCI 304"));
    let clone = &of("PCI 77")["whereabouts"];
    let number = |key: &str| clone[key].as_f64().expect("a number");
    let found = Position { lat: number("lat"), lon: number("lon"), error_m: 0.0 };
    assert!(found.distance_m(&clone_place()) < 80.0, "{clone}");
    assert!(shown.iter().filter(|row| row["suspicious"] == false).all(|row| row["whereabouts"].is_null()));
}

#[test]
fn geojson_is_as_the_rfc_wants_it_and_the_footprint_covers_the_strongest_stops() {
    let stored = Stored::new();
    let json: Value = serde_json::from_slice(&fs::read(stored.report("geojson", &[])).expect("read")).expect("JSON");
    assert_eq!(json["type"], "FeatureCollection");
    let features = json["features"].as_array().expect("features");
    let mut polygons = 0;
    for feature in features {
        assert_eq!(feature["type"], "Feature");
        let coordinates = &feature["geometry"]["coordinates"];
        if feature["geometry"]["type"] == "MultiPolygon" {
            for (i, ring) in coordinates
                .as_array()
                .into_iter()
                .flatten()
                .flat_map(|p| p.as_array().into_iter().flatten().enumerate())
            {
                let ring: Vec<(f64, f64)> = ring.as_array().expect("a ring").iter().map(point).collect();
                assert!(ring.len() >= 4 && ring.first() == ring.last(), "closed");
                let twice_area: f64 = ring.windows(2).map(|e| e[0].0 * e[1].1 - e[1].0 * e[0].1).sum();
                // About the first corner, as degrees are large numbers.
                let about: f64 = ring
                    .windows(2)
                    .map(|e| (e[0].0 - ring[0].0) * (e[1].1 - ring[0].1) - (e[1].0 - ring[0].0) * (e[0].1 - ring[0].1))
                    .sum();
                assert!((i == 0) == (about > 0.0), "outer rings run counter-clockwise, holes clockwise: {twice_area}");
                polygons += 1;
            }
        }
        if feature["geometry"]["type"] == "Point" {
            let (lon, lat) = point(coordinates);
            assert!((126.0..128.0).contains(&lon) && (37.0..38.0).contains(&lat));
        }
    }
    assert!(polygons >= 3);
    let rogue = |f: &&Value| f["properties"]["pci"] == 304;
    let mut stops: Vec<&Value> =
        features.iter().filter(rogue).filter(|f| f["properties"]["feature"] == "measurement").collect();
    stops.sort_by(|a, b| {
        b["properties"]["level_db"].as_f64().partial_cmp(&a["properties"]["level_db"].as_f64()).expect("numbers")
    });
    let footprint: Vec<&Value> =
        features.iter().filter(rogue).filter(|f| f["properties"]["feature"] == "footprint").collect();
    assert!(footprint.iter().all(|f| f["properties"]["from"].is_string() && f["properties"]["to"].is_string()));
    for stop in &stops[..3] {
        let at = point(&stop["geometry"]["coordinates"]);
        assert!(footprint.iter().any(|f| is_inside(&f["geometry"]["coordinates"], at)), "{stop}");
    }
}

fn point(value: &Value) -> (f64, f64) {
    (value[0].as_f64().expect("a longitude"), value[1].as_f64().expect("a latitude"))
}

/// Inside an odd number of rings of a polygon.
fn is_inside(polygons: &Value, (x, y): (f64, f64)) -> bool {
    polygons.as_array().into_iter().flatten().any(|rings| {
        let crossings = rings.as_array().into_iter().flatten().flat_map(|ring| {
            let ring: Vec<(f64, f64)> = ring.as_array().into_iter().flatten().map(point).collect();
            ring.windows(2).map(|e| (e[0], e[1])).collect::<Vec<_>>()
        });
        let is_crossed = |((ax, ay), (bx, by)): &((f64, f64), (f64, f64))| {
            (*ay > y) != (*by > y) && x < ax + (y - ay) / (by - ay) * (bx - ax)
        };
        crossings.filter(is_crossed).count() % 2 == 1
    })
}

#[test]
fn a_browser_opens_the_report_and_asks_nobody() {
    let stored = Stored::new();
    for (language, word) in [("en", "Suspicious transmitters"), ("ko", "의심 송신기")] {
        let out = stored.report("html", &["--lang", language]);
        let html = fs::read_to_string(&out).expect("read");
        assert!(html.contains(word) && html.contains("450-08-5afff31") && !html.contains("<script"), "{language}");
        assert!(!html.contains('\u{1b}') && !html.contains('\u{202e}') && html.contains("&lt;script&gt;"));
        assert!(!html.contains("<b>one</b>") && html.contains("&lt;b&gt;one&lt;/b&gt;"));
        // Nothing that a browser would fetch: no address but the names of namespaces.
        for fetched in ["src=", "@import", "url(", "http:", "https:", "href=\"/"] {
            assert!(!html.contains(fetched), "{fetched}");
        }
        let (profile, log) = (stored.file(&format!("profile-{language}")), stored.file("net.json"));
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--enable-logging=stderr",
            &format!("--user-data-dir={profile}"),
            &format!("--log-net-log={log}"),
            "--dump-dom",
            &format!("file://{out}"),
        ];
        let Some(output) = tool("chromium", &arguments) else { continue };
        let (dom, told) = (text(output.clone()), String::from_utf8_lossy(&output.stderr).into_owned());
        assert!(!told.contains("CONSOLE"), "{told}");
        for drawn in [
            "<polyline class=\"track\" points=\"",
            "class=\"footprint\" d=\"M",
            "class=\"ellipse\"",
            "class=\"estimate\"",
            "class=\"site\"",
            "<polyline class=\"own\"",
            "<polyline class=\"other\"",
        ] {
            assert!(dom.contains(drawn), "{language}: {drawn}");
        }
        for table in ["alerts", "cells", "footprint", "inspection"] {
            let begin = dom.find(&format!("<table class=\"{table}\">")).unwrap_or_else(|| panic!("{table}"));
            let rows = dom[begin..].split("</table>").next().expect("a table").matches("<td>").count();
            assert!(rows >= 5, "{table}: {rows} fields");
        }
        assert!(!dom.contains("<script"), "no text became an element");
    }
}

#[test]
fn other_programs_open_what_is_written() {
    let stored = Stored::new();
    let kml = stored.report("kml", &[]);
    let written = fs::read_to_string(&kml).expect("read");
    assert!(!written.contains("<script") && !written.contains('\u{1b}') && !written.contains('\u{7}'));
    for element in ["<TimeSpan>", "<Polygon>", "<LineString>", "<Point>", "PCI 304"] {
        assert!(written.contains(element), "{element}");
    }
    if let Some(output) = tool("xmllint", &["--noout", &kml]) {
        text(output);
    }
    // The layers in order, with so many features.
    if let Some(output) = tool("ogrinfo", &["-so", "-al", &kml]) {
        assert!(text(output).contains("Layer name: Footprint"));
    }
    let gpkg = stored.report("gpkg", &[]);
    if let Some(output) = tool("ogrinfo", &["-ro", "-al", &gpkg]) {
        let shown = text(output.clone());
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        for layer in
            ["track (Line String)", "footprint (Multi Polygon)", "measurement (Point)", "ellipse (Multi Polygon)"]
        {
            let (name, shape) = layer.split_once(" (").expect("a shape");
            assert!(
                shown.contains(&format!("Layer name: {name}\nGeometry: {}", shape.trim_end_matches(')'))),
                "{layer}: {shown}"
            );
        }
        assert!(shown.contains("EPSG\",4326") && shown.contains("POINT (126."));
    }
    // A second time over the first.
    stored.report("gpkg", &[]);
    let wigle = fs::read_to_string(stored.report("wigle", &[])).expect("read");
    let mut lines = wigle.lines();
    assert!(lines.next().is_some_and(|line| line.starts_with("WigleWifi-1.6,appRelease=")));
    let header = "MAC,SSID,AuthMode,FirstSeen,Channel,Frequency,RSSI,CurrentLatitude,CurrentLongitude,AltitudeMeters,\
        AccuracyMeters,RCOIs,MfgrId,Type";
    assert_eq!(lines.next(), Some(header));
    assert!(lines.next().is_some_and(|line| line.starts_with("45008_") && line.ends_with(",LTE")));
    let csv = fs::read_to_string(stored.report("csv", &[])).expect("read");
    assert!(csv.contains("'=cmd|") && !csv.contains(",=cmd|") && !csv.contains('\u{1b}'));
    for text in [&csv, &wigle] {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{7}'));
    }
    let pcapng = fs::read(stored.report("pcapng", &[])).expect("read");
    assert_eq!(pcapng[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
}

#[test]
fn a_drive_travels_whole_or_not_at_all() {
    let stored = Stored::new();
    let (store, archive, other) =
        (stored.file("store.sqlite"), stored.file("drive.tar.zst"), stored.file("other/store.sqlite"));
    fs::create_dir(stored.file("other")).expect("a folder");
    let told = text(cellwarden(&["drives", "export", "1", &archive, "--store", &store]));
    assert!(told.contains("SHA-256"), "{told}");
    let listed = |store: &str| text(cellwarden(&["drives", "list", "--json", "--store", store]));
    text(cellwarden(&["drives", "import", &archive, "--store", &other]));
    assert_eq!(listed(&store), listed(&other));
    let show = |store: &str| text(cellwarden(&["drives", "show", "1", "--store", store]));
    assert_eq!(show(&store), show(&other));
    // Once only.
    let again = cellwarden(&["drives", "import", &archive, "--store", &other]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"));
    // A byte of the rows altered, with the archive made anew; and the archive cut short.
    let packed = fs::read(&archive).expect("read");
    let mut bytes = zstd::decode_all(&packed[..]).expect("zstd");
    let at = bytes.windows(8).position(|w| w == b"drive-00").expect("a recording's name");
    bytes[at] ^= 1;
    let mut altered = Vec::new();
    zstd::Encoder::new(&mut altered, 1)
        .and_then(|mut z| z.write_all(&bytes).and_then(|()| z.finish()))
        .expect("packed");
    for (name, bytes, says) in [
        ("altered", &altered[..], "altered"),
        ("short", &packed[..packed.len() / 2], ""),
        ("text", &b"no archive"[..], "no archive"),
    ] {
        let file = stored.file(name);
        fs::write(&file, bytes).expect("written");
        let fresh = stored.file(&format!("other/{name}.sqlite"));
        let refused = cellwarden(&["drives", "import", &file, "--store", &fresh]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && said.contains(says) && said.lines().count() == 1, "{name}: {said}");
        assert_eq!(listed(&fresh), "", "{name}");
    }
    let left = fs::read_dir(stored.folder.path()).expect("a folder").filter_map(Result::ok);
    assert!(left.map(|e| e.file_name()).all(|name| !name.to_string_lossy().starts_with('.')), "nothing is left behind");
}

#[test]
fn two_drives_of_one_route_are_compared_and_joined() {
    let stored = Stored::new();
    let store = stored.file("store.sqlite");
    // The clone is gone, the car too; another femtocell has come; a macro cell has another tracking area.
    let [mut macro_a, macro_b, ..] = boxes();
    macro_a.tac = 12_000;
    let new = Box::new(CellKind::Femto, 0x5a_00300, 470, Stand::At(place(300.0, 20.0)));
    store_drive(Path::new(&store), &[macro_a, macro_b, new], 1);
    let compared = text(cellwarden(&["drives", "compare", "1", "2", "--json", "--store", &store]));
    let rows: Vec<Value> = compared.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let fate = |pci: &str| {
        let row = rows.iter().find(|row| row["cell"].as_str().is_some_and(|c| c.contains(pci)));
        row.unwrap_or_else(|| panic!("{pci}: {compared}"))["fate"].clone()
    };
    assert_eq!(
        (fate("PCI 304"), fate("PCI 470"), fate("PCI 301")),
        ("gone".into(), "appeared".into(), "changed".into())
    );
    let changed = rows.iter().find(|row| row["fate"] == "changed").expect("changed");
    assert!(changed["changes"].to_string().contains("\"after\":12000"), "{changed}");
    // Of one place and judged alike, they can be one drive; what is not there cannot.
    text(cellwarden(&["drives", "merge", "1", "2", "--store", &store]));
    let list = text(cellwarden(&["drives", "list", "--json", "--store", &store]));
    let joined: Value = serde_json::from_str(list.trim()).expect("one drive");
    assert!(joined["dwells"].as_u64() > Some(40), "{joined}");
    assert_eq!(cellwarden(&["drives", "merge", "1", "9", "--store", &store]).status.code(), Some(2));
}

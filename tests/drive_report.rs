//! A drive from store to report: located, written in every form, and opened by other programs.
//!
//! Where Chromium, `xmllint` or `ogrinfo` are not installed, their part is left out, unless `CELLWARDEN_TEST_REPORT` is set.

#[expect(dead_code, reason = "the scanner is for the tests of the rules")]
mod drive;
mod stored_drive;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use cellwarden_core::{locate::Ellipse, observation::Position};
use drive::place;
use serde_json::Value;
use stored_drive::{Stored, boxes, cellwarden, clone_place, is_tame, round_the_corner, store_drive, text};

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

#[test]
fn the_rogue_moves_with_the_receiver_and_the_clone_has_its_place() {
    let stored = Stored::new();
    assert_eq!(stored.whereabouts("PCI 304")["is"], "with-receiver");
    let clone = stored.whereabouts("PCI 77");
    let number = |key: &str| clone[key].as_f64().expect("a number");
    let found = Position { lat: number("lat"), lon: number("lon"), error_m: 0.0 };
    assert!(found.distance_m(&clone_place()) < 80.0, "{clone}");
    assert!(stored.shown().iter().filter(|row| row["suspicious"] == false).all(|row| row["whereabouts"].is_null()));
}

/// The place from which a truth's distances are measured: the least squares over a grid of 5 m.
fn truth(dwells: &serde_json::Map<String, Value>, pci: u64) -> Position {
    let cells = |dwell: &Value| dwell["cells"].as_array().cloned().unwrap_or_default();
    let distances: Vec<(Position, f64)> = dwells
        .values()
        .flat_map(|dwell| cells(dwell).into_iter().map(|cell| (dwell["position"].clone(), cell)))
        .filter(|(_, cell)| cell["pci"] == pci)
        .filter_map(|(at, cell)| {
            let at = Position { lat: at[0].as_f64()?, lon: at[1].as_f64()?, error_m: 0.0 };
            Some((at, cell["d_m"].as_f64()?))
        })
        .collect();
    let wrong = |place: &Position| distances.iter().map(|(at, d_m)| (at.distance_m(place) - d_m).powi(2)).sum::<f64>();
    let grid =
        (0..240).flat_map(|east| (0..240).map(move |north| place(5.0 * f64::from(east), 5.0 * f64::from(north))));
    grid.min_by(|a, b| wrong(a).total_cmp(&wrong(b))).expect("a grid")
}

#[test]
fn the_rogues_of_a_recorded_drive_are_where_they_were() {
    let shared = env::var_os("CELLWARDEN_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = shared.join("captures/drive-a");
    let Ok(known) = fs::read(folder.join("truth.json")) else { return };
    let known: Value = serde_json::from_slice(&known).expect("JSON");
    let dwells = known["dwells"].as_object().expect("dwells");
    let stored = Stored::empty();
    let name = |file: &str| folder.join(file).display().to_string();
    let (store, list, track) = (stored.file("store.sqlite"), name("registry-a.csv"), name("drive-a.gpx"));
    fs::copy(&list, stored.file("cells.csv")).expect("copied");
    let gps = format!("gpx:{track}");
    let replayed = cellwarden(&["replay", &name(""), "--json", "--registry", &list, "--gps", &gps, "--store", &store]);
    assert_eq!(replayed.status.code(), Some(1), "{}", String::from_utf8_lossy(&replayed.stderr));
    assert_eq!(stored.whereabouts("PCI 304")["is"], "with-receiver");
    for (pci, most_m) in [(77, 80.0), (455, 80.0)] {
        let found = stored.whereabouts(&format!("PCI {pci}"));
        let number = |key: &str| found[key].as_f64().expect("it stands");
        let at = Position { lat: number("lat"), lon: number("lon"), error_m: 0.0 };
        let truth = truth(dwells, pci);
        let ellipse = Ellipse {
            semi_major_m: number("semi_major_m"),
            semi_minor_m: number("semi_minor_m"),
            bearing_deg: number("bearing_deg"),
        };
        eprintln!("PCI {pci}: {:.0} m off, {ellipse:?}", at.distance_m(&truth));
        assert!(at.distance_m(&truth) <= most_m && ellipse.holds(&at, &truth), "{pci}: {found}, {truth:?}");
    }
    // The footprint holds the stops where the femtocell driving along was the strongest by far, and none far from them.
    let json: Value = serde_json::from_slice(&fs::read(stored.report("geojson", &[])).expect("read")).expect("JSON");
    let footprint: Vec<&Value> = json["features"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|f| f["properties"]["pci"] == 304 && f["properties"]["feature"] == "footprint")
        .collect();
    let mut reached = 0;
    for dwell in dwells.values() {
        let level = |is_rogue: bool| {
            let cells = dwell["cells"].as_array().into_iter().flatten();
            let of_kind =
                cells.filter(|cell| (cell["pci"] == 304) == is_rogue && cell["pci"] != 77 && cell["pci"] != 455);
            of_kind.filter_map(|cell| cell["crs_es_n0_db"].as_f64()).fold(f64::NEG_INFINITY, f64::max)
        };
        let at = (dwell["position"][1].as_f64().expect("degrees"), dwell["position"][0].as_f64().expect("degrees"));
        let is_held = footprint.iter().any(|f| is_inside(&f["geometry"]["coordinates"], at));
        let margin_db = level(true) - level(false);
        reached += usize::from(margin_db > 8.0);
        assert!(margin_db <= 8.0 || is_held, "{dwell}");
        assert!(margin_db >= 0.0 || !is_held, "{dwell}");
    }
    assert!(reached >= 5, "{reached} stops");
}

#[test]
fn the_terminal_is_not_commanded() {
    let stored = Stored::new();
    let store = stored.file("store.sqlite");
    let list = text(cellwarden(&["alerts", "list", "--store", &store]));
    assert!(list.contains("unregistered"), "{list}");
    for line in [&["drives", "show", "1"][..], &["drives", "list"], &["alerts", "list"], &["alerts", "list", "--json"]]
    {
        let printed = text(cellwarden(&[line, &["--store", &store]].concat()));
        assert!(is_tame(&printed) && !printed.is_empty(), "{line:?}: {printed:?}");
    }
    let inspected =
        text(cellwarden(&["inspect", "--registry", &stored.file("cells.csv"), "--store", &store, "--along", "500"]));
    assert!(is_tame(&inspected) && inspected.contains("<script>"), "{inspected:?}");
}

#[test]
fn the_receivers_gain_leaves_no_trace_where_it_is_known() {
    let found = |gain_db: fn(usize) -> f64, is_known: bool| {
        let stored = Stored::empty();
        store_drive(Path::new(&stored.file("store.sqlite")), &boxes(), |step, observation| {
            let gain_db = gain_db(step);
            let was_db = observation.dwell.gain_db.replace(gain_db).expect("a gain");
            observation.level.rsrp_dbfs += (gain_db - was_db) as f32;
            observation.dwell.gain_db = is_known.then_some(gain_db);
        });
        stored.whereabouts("PCI 77")
    };
    let steps: fn(usize) -> f64 = |step| -10.0 * (step % 4) as f64;
    let (even, stepped, unknown) = (found(|_| -20.0, true), found(steps, true), found(steps, false));
    let place = |whereabouts: &Value| Position {
        lat: whereabouts["lat"].as_f64().expect("it stands"),
        lon: whereabouts["lon"].as_f64().expect("it stands"),
        error_m: 0.0,
    };
    assert!(place(&even).distance_m(&place(&stepped)) < 1.0, "{even}, {stepped}");
    let about_db = |whereabouts: &Value| whereabouts["shadowing_db"].as_f64().expect("it stands");
    assert!((about_db(&even) - about_db(&stepped)).abs() < 0.1, "{even}, {stepped}");
    assert!(about_db(&unknown) > about_db(&even) + 3.0, "steps that nobody tells are seen: {even}, {unknown}");
}

#[test]
fn geojson_is_as_the_rfc_wants_it_and_the_footprint_covers_the_strongest_stops() {
    let stored = Stored::new();
    let json: Value = serde_json::from_slice(&fs::read(stored.report("geojson", &[])).expect("read")).expect("JSON");
    assert_eq!(json["type"], "FeatureCollection");
    // §4: WGS 84 is the only system; §7: no member of another kind of object.
    assert!(["crs", "bbox", "coordinates", "geometry", "properties"].iter().all(|member| json.get(member).is_none()));
    assert!(is_tame(&json.to_string()) && json.to_string().contains("<script>"));
    let features = json["features"].as_array().expect("features");
    let mut polygons = 0;
    for feature in features {
        assert!(feature["type"] == "Feature" && feature["properties"].is_object());
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
                // About the first corner, as degrees are large numbers.
                let twice_area: f64 = ring
                    .windows(2)
                    .map(|e| (e[0].0 - ring[0].0) * (e[1].1 - ring[0].1) - (e[1].0 - ring[0].0) * (e[0].1 - ring[0].1))
                    .sum();
                assert!((i == 0) == (twice_area > 0.0), "§3.1.6: outer rings counter-clockwise, holes clockwise");
                polygons += 1;
            }
        }
        match feature["geometry"]["type"].as_str() {
            Some("Point") => assert!(is_near(coordinates)),
            Some("LineString") => {
                let line = coordinates.as_array().expect("positions");
                assert!(line.len() >= 2 && line.iter().all(is_near));
            }
            Some("MultiPolygon") => {}
            other => panic!("{other:?}"),
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

/// Longitude first, §3.1.1.
fn is_near(coordinates: &Value) -> bool {
    let (lon, lat) = point(coordinates);
    (126.0..128.0).contains(&lon) && (37.0..38.0).contains(&lat)
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

/// A page as Chromium sees it.
struct Page {
    dom: String,
    /// Chromium's own log, with the page's console.
    printed: String,
    /// The addresses that the page asked for, not those that the browser asks for by itself.
    asked: Vec<String>,
}

fn browse(stored: &Stored, page: &str) -> Option<Page> {
    let (profile, log) = (stored.file("profile"), stored.file("net.json"));
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
        &format!("file://{page}"),
    ];
    let output = tool("chromium", &arguments)?;
    let (dom, printed) = (text(output.clone()), String::from_utf8_lossy(&output.stderr).into_owned());
    let log: Value = serde_json::from_slice(&fs::read(log).expect("a log")).expect("JSON");
    let events = log["events"].as_array().expect("events");
    let of_page = |params: &&Value| params["initiator"].as_str().is_some_and(|by| by != "not an origin");
    let asked = events.iter().map(|event| &event["params"]).filter(of_page);
    let asked = asked.map(|params| params["url"].as_str().unwrap_or_default().to_owned()).collect();
    Some(Page { dom, printed, asked })
}

#[test]
fn a_page_that_asks_or_complains_would_be_noticed() {
    let stored = Stored::empty();
    let page = stored.file("page.html");
    fs::write(&page, "<img src=\"http://192.0.2.1/a.png\"><script>console.error('wrong')</script>").expect("written");
    let Some(Page { printed, asked, .. }) = browse(&stored, &page) else { return };
    assert!(printed.contains("CONSOLE") && asked == ["http://192.0.2.1/a.png"], "{printed}: {asked:?}");
}

#[test]
fn a_browser_opens_the_report_and_asks_nobody() {
    let stored = Stored::new();
    for (language, word) in [("en", "Suspicious transmitters"), ("ko", "의심 송신기")] {
        let out = stored.report("html", &["--lang", language]);
        let html = fs::read_to_string(&out).expect("read");
        assert!(html.contains(word) && html.contains("450-08-5afff31") && !html.contains("<script"), "{language}");
        assert!(
            is_tame(&html) && html.contains("&lt;script&gt;") && html.contains("\\u{1b}[2J") && html.contains(" flood")
        );
        assert!(!html.contains("<b>one</b>") && html.contains("&lt;b&gt;one&lt;/b&gt;"));
        // Nothing that a browser would fetch: no address but the names of namespaces.
        for fetched in ["src=", "@import", "url(", "http:", "https:", "href=\"/"] {
            assert!(!html.contains(fetched), "{fetched}");
        }
        let Some(Page { dom, printed, asked }) = browse(&stored, &out) else { continue };
        assert!(!printed.contains("CONSOLE") && asked.is_empty(), "{printed}: {asked:?}");
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

/// Has a GeoPackage checked by GDAL's validator.
fn is_valid_gpkg(gpkg: &str) {
    if let Some(output) = tool("/usr/bin/python3", &["-m", "osgeo_utils.samples.validate_gpkg", gpkg]) {
        let shown = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let is_missing = shown.contains("No module named") && env::var_os("CELLWARDEN_TEST_REPORT").is_none();
        assert!(is_missing || output.status.success(), "{shown}");
    }
}

#[test]
fn a_parked_car_has_valid_maps_and_the_time_it_was_reached() {
    let stored = Stored::new();
    let parked = Stored::empty();
    fs::copy(stored.file("cells.csv"), parked.file("cells.csv")).expect("copied");
    let here = round_the_corner()[8];
    store_drive(Path::new(&parked.file("store.sqlite")), &boxes(), |_, observation| observation.position = Some(here));
    let store = rusqlite::Connection::open(parked.file("store.sqlite")).expect("a store");
    let set = "UPDATE dwell SET lat = ?1, lon = ?2";
    store.execute(set, [here.lat, here.lon]).expect("moved");
    drop(store);
    is_valid_gpkg(&parked.report("gpkg", &[]));
    let json = fs::read_to_string(parked.report("geojson", &[])).expect("read");
    assert!(json.contains("\"feature\":\"footprint\"") && !json.contains("\"coordinates\":[]"), "{json}");
    assert!(!json.contains("-0.0"), "no area is below nothing");
}

#[test]
fn other_programs_open_what_is_written() {
    let stored = Stored::new();
    let kml = stored.report("kml", &[]);
    let written = fs::read_to_string(&kml).expect("read");
    assert!(is_tame(&written) && !written.contains("<script") && written.contains("&lt;script&gt;"));
    for element in ["<TimeSpan>", "<Polygon>", "<LineString>", "<Point>", "PCI 304"] {
        assert!(written.contains(element), "{element}");
    }
    let schema = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/kml.xsd");
    if let Some(output) = tool("xmllint", &["--noout", "--schema", schema, &kml]) {
        text(output);
        // A time in the wrong place is seen.
        let (from, to) = ("<styleUrl>#footprint</styleUrl>", "<styleUrl>#footprint</styleUrl><TimeStamp/>");
        let wrong = stored.file("wrong.kml");
        fs::write(&wrong, written.replacen(from, to, 1)).expect("written");
        assert!(tool("xmllint", &["--noout", "--schema", schema, &wrong]).is_some_and(|o| !o.status.success()));
    }
    // The layers in order, with so many features.
    if let Some(output) = tool("ogrinfo", &["-so", "-al", &kml]) {
        assert!(text(output).contains("Layer name: Footprint"));
    }
    // The styles and values come back out of the alerts' folder.
    if let Some(output) = tool("ogrinfo", &["-al", &kml, "Alerts"]) {
        let shown = text(output);
        assert!(shown.contains("severity (String) = critical") && shown.contains("Style = @alert-critical"), "{shown}");
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
        let layers: Vec<&str> = shown.lines().filter_map(|line| line.strip_prefix("Layer name: ")).collect();
        let order = [
            "footprint_modelled",
            "footprint",
            "track",
            "site",
            "inspected_cell",
            "measurement",
            "moving_track",
            "ellipse",
            "estimate",
            "next_place",
            "alert",
            "layer_styles",
        ];
        assert_eq!(layers, order, "what lies beneath first");
        assert!(shown.contains("EPSG\",4326") && shown.contains("POINT (126."));
        assert!(is_tame(&shown) && shown.contains("<script>"), "a name is kept as text");
        for field in ["severity: String", "last_heard: DateTime", "error_m: Real", "from: DateTime", "evidence: String"]
        {
            assert!(shown.contains(field), "{field}: {shown}");
        }
    }
    is_valid_gpkg(&gpkg);
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
    for text in [&csv, &wigle] {
        assert!(is_tame(text) && text.contains(",'=cmd|") && !text.contains(",=cmd|") && !text.contains(",\"=cmd|"));
    }
    let pcapng = fs::read(stored.report("pcapng", &[])).expect("read");
    assert_eq!(pcapng[..4], [0x0A, 0x0D, 0x0D, 0x0A]);
}

//! `plan` on a list without a drive: its forms agree, and what cannot be planned is refused.

use serde_json::Value;

use super::{Folder, events, run, stderr};

/// Forty femtocells along a street.
fn list(folder: &Folder) -> String {
    let mut list = "plmn,eci,kind,pci,earfcn,lat,lon\n".to_owned();
    for i in 0..40 {
        let lon = 126.878 + 0.0003 * f64::from(i);
        list += &format!("450-08,5a{i:05x},femto,{},1550,37.4781,{lon}\n", 400 + i);
    }
    folder.write("cells.csv", list)
}

#[test]
fn a_list_without_a_drive_is_planned_in_every_form() {
    let folder = Folder::new();
    let registry = list(&folder);
    let plan = |more: &[&str]| {
        let given = ["plan", "--registry", &registry, "--start", "37.4781,126.878", "--vans", "2", "--hours", "1"];
        let output = run(&[&given[..], more].concat());
        assert_eq!(output.status.code(), Some(0), "{more:?}: {}", stderr(&output));
        output
    };
    let events = events(&plan(&["--format", "json"]));
    assert_eq!((&events[0]["type"], &events[0]["cells"]), (&Value::from("plan"), &Value::from(40)));
    let expected = events[0]["vans"][0]["expected_settled"].as_f64().expect("a number");
    assert!(expected > 10.0, "{}", events[0]);
    let days = events[0]["expected_settled_by_day"].as_array().expect("days");
    assert!(days.windows(2).all(|pair| pair[0].as_f64() <= pair[1].as_f64()), "{days:?}");
    let text = |output: std::process::Output| String::from_utf8(output.stdout).expect("UTF-8");
    let table = text(plan(&[]));
    assert!(table.contains("Van 1:") && table.contains("Van 2:") && table.contains("40 registered cells"), "{table}");
    let csv = text(plan(&["--format", "csv", "--van", "2"]));
    assert!(csv.lines().skip(1).all(|line| line.starts_with("2,")), "{csv}");
    let gpx = text(plan(&["--format", "gpx", "--van", "1"]));
    assert!(gpx.contains("<name>Van 1</name>") && !gpx.contains("<name>Van 2</name>"), "{gpx}");
    let map: Value = serde_json::from_str(&text(plan(&["--format", "geojson"]))).expect("JSON");
    assert_eq!(map["features"].as_array().map(Vec::len), Some(2));
    assert_eq!(text(plan(&["--format", "gpx"])), text(plan(&["--format", "gpx"])), "the same every time");
}

#[test]
fn what_cannot_be_planned_is_refused_with_what_to_do() {
    let folder = Folder::new();
    let registry = list(&folder);
    let refused = |more: &[&str]| {
        let output = run(&[&["plan", "--registry", &registry], more].concat());
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        stderr(&output)
    };
    assert!(refused(&["--area", "10,10:11,11"]).contains("give another --area"));
    assert!(refused(&["--store", &folder.name("absent.sqlite")]).contains("absent.sqlite"));
    assert!(refused(&["--roads", &registry]).contains("not a PBF of OpenStreetMap"));
    assert!(refused(&["--roads", &folder.name("absent.pbf")]).contains("absent.pbf"));
    assert!(refused(&["--van", "2"]).contains("--van"));
}

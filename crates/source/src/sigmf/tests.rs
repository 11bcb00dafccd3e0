//! Metadata that says the truth, and metadata that lies.

use serde_json::json;

use super::*;

fn parse(root: &Value) -> Result<Metadata, SourceError> {
    Metadata::parse(Path::new("x.sigmf-meta"), root.to_string().as_bytes())
}

fn minimal() -> Value {
    json!({
        "global": { "core:datatype": "ci8", "core:sample_rate": 5.76e6, "core:version": "1.2.0" },
        "captures": [{ "core:sample_start": 0, "core:frequency": 1.84e9 }],
        "annotations": [],
    })
}

#[test]
fn all_of_a_drive_test_stop_is_read() {
    let mut root = minimal();
    root["captures"][0]["core:datetime"] = json!("2026-11-20T01:00:05Z");
    root["captures"][0]["core:geolocation"] = json!({ "type": "Point", "coordinates": [126.878, 37.478, 50.0] });
    root["captures"][0]["capture_details:gain"] = json!(-20.75);
    let metadata = parse(&root).expect("valid");
    assert_eq!((metadata.format, metadata.sample_rate), (SampleFormat::Ci8, SampleRate::new(5.76e6)));
    assert_eq!(metadata.warnings, [""; 0]);
    let capture = metadata.captures[0];
    assert_eq!(capture.frequency, Some(Hertz(1.84e9)));
    assert_eq!(capture.datetime.map(|t| t.to_string()).as_deref(), Some("2026-11-20T01:00:05Z"));
    assert_eq!(capture.position, Some(Coordinates { lat: 37.478, lon: 126.878 }));
    assert_eq!(capture.gain_db, Some(-20.75));
}

/// The metadata with one value changed.
fn changed(place: &str, value: Value) -> Value {
    let mut root = minimal();
    let (parent, key) = place.rsplit_once('/').expect("a pointer");
    match root.pointer_mut(parent).expect("there") {
        Value::Array(list) => list[0] = value,
        parent => parent[key] = value,
    }
    root
}

/// Each lie: where, what stands there, and what the message must name.
#[test]
fn a_lie_is_named() {
    let lies = [
        ("/global", json!([]), "global"),
        ("/global/core:datatype", json!(8), "core:datatype"),
        ("/global/core:datatype", json!("rf32_le"), "ci8, cu8"),
        ("/global/core:datatype", json!("ci16_me"), "ci8, cu8"),
        ("/global/core:num_channels", json!(2), "core:num_channels"),
        ("/global/core:metadata_only", json!(true), "core:metadata_only"),
        ("/global/core:offset", json!(5), "core:sample_start"),
        ("/captures", json!({}), "captures"),
        ("/captures/0", json!(3), "captures"),
        ("/captures/0/core:sample_start", json!(1.5), "core:sample_start"),
    ];
    for (place, value, named) in lies {
        let error = parse(&changed(place, value)).expect_err(place).to_string();
        assert!(error.contains(named) && error.starts_with("x.sigmf-meta: "), "{place}: {error}");
    }
}

/// Each field: where, what stands there, and what the warning must name.
#[test]
fn an_optional_field_that_is_wrong_costs_only_itself() {
    let fields = [
        ("/global/core:sample_rate", json!(-5.76e6), "-5760000.0"),
        ("/global/core:sample_rate", json!(0), "core:sample_rate"),
        ("/global/core:sample_rate", json!("5.76e6"), "core:sample_rate"),
        ("/global/core:num_channels", json!("one"), "core:num_channels"),
        ("/global/core:sha512", json!("abc"), "128 hexadecimal digits"),
        ("/global/core:sha512", json!(5), "core:sha512"),
        ("/global/core:dataset", json!("../../etc/passwd"), "core:dataset"),
        ("/global/core:trailing_bytes", json!(-1), "core:trailing_bytes"),
        ("/global/core:offset", json!("none"), "core:offset"),
        ("/global/core:geolocation", json!("here"), "core:geolocation"),
        ("/captures/0/core:header_bytes", json!("many"), "core:header_bytes"),
        ("/captures/0/core:frequency", json!(-1.0), "core:frequency"),
        ("/captures/0/core:frequency", json!(1e300), "core:frequency"),
        ("/captures/0/core:frequency", json!("1.84e9"), "core:frequency"),
        ("/captures/0/core:datetime", json!("yesterday"), "core:datetime"),
        ("/captures/0/core:datetime", json!(1_795_136_400), "core:datetime"),
        ("/captures/0/core:geolocation", json!({ "type": "Point", "coordinates": [0, 91] }), "core:geolocation"),
        ("/captures/0/core:geolocation", json!({ "type": "Point", "coordinates": [] }), "core:geolocation"),
        ("/captures/0/core:geolocation", json!({ "type": "Polygon", "coordinates": [1, 2] }), "core:geolocation"),
        ("/captures/0/capture_details:gain", json!("loud"), "capture_details:gain"),
    ];
    for (place, value, named) in fields {
        let metadata = parse(&changed(place, value)).expect(place);
        assert!(matches!(&metadata.warnings[..], [only] if only.contains(named)), "{place}: {:?}", metadata.warnings);
        let key = place.rsplit('/').next().expect("a key");
        let mut without = minimal();
        let parent = without.pointer_mut(place.rsplit_once('/').expect("a pointer").0).expect("there");
        parent.as_object_mut().expect("an object").remove(key);
        let expected = Metadata { warnings: metadata.warnings.clone(), ..parse(&without).expect("valid") };
        assert_eq!(metadata, expected, "{place}: as if it were absent");
    }
}

#[test]
fn a_frequency_of_0_is_unknown() {
    let metadata = parse(&changed("/captures/0/core:frequency", json!(0))).expect("valid");
    assert_eq!((metadata.captures[0].frequency, metadata.warnings.len()), (None, 0));
}

#[test]
fn a_time_has_any_number_of_fraction_digits() {
    for (text, read) in [
        ("2026-11-20T01:00:00.1234567890123Z", "2026-11-20T01:00:00.123456789Z"),
        ("2026-11-20T01:00:00.5Z", "2026-11-20T01:00:00.5Z"),
        ("2026-11-20T01:00:00.12345678901234567890+00:00", "2026-11-20T01:00:00.123456789Z"),
    ] {
        let metadata = parse(&changed("/captures/0/core:datetime", json!(text))).expect("valid");
        assert_eq!(metadata.captures[0].datetime.map(|t| t.to_string()).as_deref(), Some(read));
        assert_eq!(metadata.warnings, [""; 0], "{text}");
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_metadata() {
    let text = [&b"\xEF\xBB\xBF"[..], minimal().to_string().as_bytes()].concat();
    assert!(Metadata::parse(Path::new("x"), &text).is_ok());
}

#[test]
fn what_is_no_json_is_no_metadata() {
    for text in ["", "{", "[]", "null", "{\"global\": {\"core:sample_rate\": NaN}}", "\u{0}", "{\"global\": 1e999}"] {
        assert!(Metadata::parse(Path::new("x"), text.as_bytes()).is_err(), "{text}");
    }
    let deep = "[".repeat(1_000_000);
    assert!(Metadata::parse(Path::new("x"), deep.as_bytes()).is_err());
}

#[test]
fn a_message_is_short_and_holds_no_control_characters() {
    let mut root = minimal();
    root["captures"][0]["core:datetime"] = json!("\u{1b}[2J".repeat(1000));
    let warning = parse(&root).expect("only the time is wrong").warnings.remove(0);
    assert!(warning.len() < 300 && !warning.contains('\u{1b}'), "{warning}");
}

type Stretches = Vec<(u64, u64)>;

/// First byte and number of samples of each segment, and the warnings.
fn segments_warned(root: &Value, bytes: u64) -> Result<(Stretches, Vec<String>), String> {
    let mut metadata = parse(root).expect("valid");
    let rate = metadata.sample_rate.expect("a rate");
    let segments = metadata.segments(Path::new("x.sigmf-data"), rate, bytes).map_err(|error| error.to_string())?;
    Ok((segments.iter().map(|s| (s.at_byte, s.samples)).collect(), metadata.warnings))
}

fn segments(root: &Value, bytes: u64) -> Result<Stretches, String> {
    segments_warned(root, bytes).map(|(segments, _)| segments)
}

#[test]
fn a_file_of_one_capture_is_one_dwell() {
    assert_eq!(segments_warned(&minimal(), 200), Ok((vec![(0, 100)], vec![])));
    assert_eq!(segments(&minimal(), 0), Ok(vec![]));
    let (segments, warnings) = segments_warned(&minimal(), 201).expect("the whole samples");
    assert_eq!(segments, [(0, 100)]);
    assert!(warnings[0].contains("1 of the 2 bytes"), "{warnings:?}");
}

#[test]
fn what_lies_past_the_end_is_ignored() {
    let mut root = minimal();
    root["captures"] = json!([
        { "core:sample_start": 0, "core:frequency": 1e9 },
        { "core:sample_start": 150, "core:frequency": 2e9 },
        { "core:sample_start": 200, "core:frequency": 3e9 },
    ]);
    let (segments, warnings) = segments_warned(&root, 200).expect("the first");
    assert_eq!((segments, warnings.len()), (vec![(0, 100)], 1));
    assert!(warnings[0].contains("captures[1]") && warnings[0].contains("150"), "{warnings:?}");
}

#[test]
fn headers_and_trailers_are_left_out() {
    let mut root = minimal();
    root["global"]["core:trailing_bytes"] = json!(10);
    root["captures"] = json!([
        { "core:sample_start": 0, "core:frequency": 1e9, "core:header_bytes": 7 },
        { "core:sample_start": 100, "core:frequency": 2e9, "core:header_bytes": 3 },
    ]);
    // 7 + 200 bytes, 3 + 50 bytes, 10 bytes.
    assert_eq!(segments(&root, 270), Ok(vec![(7, 100), (210, 25)]));
    let (cut, warnings) = segments_warned(&root, 205).expect("the first");
    assert_eq!(cut, [(7, 94)]);
    assert!(warnings[0].contains("captures[1] begins after the end"), "{warnings:?}");
    let (cut, warnings) = segments_warned(&root, 9).expect("one sample");
    assert_eq!(cut, [(7, 1)]);
    assert!(warnings[0].contains("core:trailing_bytes"), "{warnings:?}");
}

#[test]
fn indices_count_from_the_offset() {
    let mut root = minimal();
    root["global"]["core:offset"] = json!(1000);
    root["captures"] = json!([
        { "core:sample_start": 1010, "core:frequency": 1e9 },
        { "core:sample_start": 1050, "core:frequency": 2e9 },
    ]);
    assert_eq!(segments(&root, 200), Ok(vec![(20, 40), (100, 50)]));
}

#[test]
fn captures_that_only_go_on_are_one_dwell() {
    let mut root = minimal();
    root["global"]["core:sample_rate"] = json!(1000.0);
    let at = |seconds: &str| json!(format!("2026-11-20T01:00:0{seconds}Z"));
    root["captures"] = json!([
        { "core:sample_start": 0, "core:frequency": 1e9, "core:datetime": at("0") },
        { "core:sample_start": 1000, "core:frequency": 1e9, "core:datetime": at("1") },
        { "core:sample_start": 2000, "core:frequency": 1e9 },
        // A second is missing here.
        { "core:sample_start": 3000, "core:frequency": 1e9, "core:datetime": at("4") },
        { "core:sample_start": 4000, "core:frequency": 1e9, "core:datetime": at("5"), "capture_details:gain": 3 },
    ]);
    assert_eq!(segments(&root, 10_000), Ok(vec![(0, 3000), (6000, 1000), (8000, 1000)]));
}

#[test]
fn absurd_indices_are_refused_without_overflow() {
    let mut root = minimal();
    root["captures"][0]["core:sample_start"] = json!(u64::MAX);
    assert!(segments(&root, 200).is_err());
    root["captures"][0]["core:sample_start"] = json!(1);
    root["captures"][0]["core:header_bytes"] = json!(u64::MAX);
    assert!(segments(&root, 200).is_err());
}

#[test]
fn a_collection_names_its_recordings() {
    let path = Path::new("x.sigmf-collection");
    let hash = "0".repeat(128);
    let text = json!({ "collection": { "core:streams": [{ "name": "a.b", "hash": hash }, { "name": "c" }] } });
    let streams = parse_collection(path, text.to_string().as_bytes()).expect("valid");
    assert_eq!(streams[0], Stream { name: "a.b".to_owned(), hash: Some([0; 64]) });
    assert_eq!(streams[1].hash, None);
    for bad in [json!({ "name": "../a" }), json!({ "name": "" }), json!({ "name": "a", "hash": 1 }), json!(7)] {
        let text = json!({ "collection": { "core:streams": [bad] } });
        assert!(parse_collection(path, text.to_string().as_bytes()).is_err(), "{text}");
    }
}

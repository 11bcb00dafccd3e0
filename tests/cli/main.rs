//! The program as its users and other programs see it: CONTRACT lines, one test each.
//!
//! The recordings are noise made here; what is decoded from real signals is the matter of other tests.

#[path = "../folder/mod.rs"]
mod folder;
mod hostile;
mod plan;
mod program;
#[cfg(feature = "serve")]
mod serve;
mod visits;

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use folder::Folder;
use program::{cellwarden, events, kinds, noise_bytes, one_cell, run, stderr};
use serde_json::{Value, json};

#[test]
fn json_is_one_object_a_line_from_a_header_to_a_summary() {
    let folder = Folder::new();
    let output = run(&["replay", "--json", &folder.noise("a", "2026-11-20T01:00:00Z")]);
    let events = events(&output);
    assert_eq!(kinds(&events), ["header", "note", "summary"]);
    assert_eq!((&events[1]["recording"], &events[1]["code"]), (&json!("a"), &json!("noise")));
    assert_eq!(events[0]["schema"], "cellwarden.events/1");
    assert_eq!(events[0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(events[0]["command"], "replay");
    assert!(events[0].get("rules_version").is_some());
    let summary = &events[2];
    assert_eq!((&summary["recordings"], &summary["cells"], &summary["alerts"]), (&json!(1), &json!(0), &json!(0)));
    assert_eq!((&summary["lost_samples"], &summary["errors"]), (&json!(0), &json!(0)));
    assert_eq!(summary["iq_seconds"], 0.02);
    for key in ["wall_seconds", "cpu_seconds", "realtime_factor"] {
        assert!(summary[key].as_f64().is_some_and(|x| x > 0.0), "{key}");
    }
    assert_eq!(output.status.code(), Some(0), "done and nothing raised");
    assert!(output.stderr.is_empty(), "results only, and no progress bar without a terminal: {}", stderr(&output));
}

#[test]
fn text_is_a_table_without_colours_in_a_pipe() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    let output = run(&["replay", "--headless", &recording]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.starts_with("  EARFCN") && text.contains("no cell found") && !text.contains('\u{1b}'), "{text}");
    assert!(text.contains("a: 1840.000 MHz, 1.92 MS/s, 0.020 s, 2026-11-20T01:00:00Z"), "{text}");
    let output = run(&["replay", "--color", "always", &recording]);
    assert!(output.stdout.contains(&0x1b));
    let output = cellwarden().args(["replay", "--color", "auto", &recording]).env("NO_COLOR", "1").output();
    assert!(!output.expect("started").stdout.contains(&0x1b));
}

#[test]
fn bad_usage_is_one_line_and_exit_code_2() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    for arguments in [
        &["replay", &recording, "--rate", "fast"][..],
        &["replay", &recording, "--carriers", "5000"],
        &["replay", &recording, "--threads", "0"],
        &["replay", &recording, "--config", "/nonexistent.toml"],
        &["replay", &recording, "--log", "/nonexistent/log"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(stderr(&output).lines().count(), 1, "{arguments:?}: {}", stderr(&output));
    }
    for arguments in [&["replay"][..], &["transmit"], &["replay", "--no-such-option", "x"]] {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_configuration_file_is_made_once_and_read_unasked() {
    let folder = Folder::new();
    let home = folder.name("home");
    let init = |more: &[&str]| {
        let output = cellwarden().env("XDG_CONFIG_HOME", &home).args([&["config", "init"], more].concat()).output();
        output.expect("started")
    };
    let made = init(&[]);
    assert_eq!(made.status.code(), Some(0), "{}", stderr(&made));
    let file = folder.name("home/cellwarden/config.toml");
    assert_eq!(String::from_utf8_lossy(&made.stdout).trim(), file);
    let standard = fs::read_to_string(&file).expect("made");
    assert!(standard.contains("\n[replay]\n") && standard.contains("\nevidence-limit = \"4G\"\n"), "{standard}");
    fs::write(&file, "[rules]\nrules = \"/nonexistent.toml\"\n").expect("writable");
    let list = |config: &[&str]| {
        let line = [&["rules", "list"], config].concat();
        cellwarden().env("XDG_CONFIG_HOME", &home).args(line).output().expect("started")
    };
    let refused = list(&[]);
    assert_eq!(refused.status.code(), Some(2), "the user's own file is read");
    assert!(stderr(&refused).contains("/nonexistent.toml"), "{}", stderr(&refused));
    let other = folder.write("other.toml", "");
    assert_eq!(list(&["--config", &other]).status.code(), Some(0), "the file that is named goes before it");
    let again = init(&[]);
    assert_eq!((again.status.code(), stderr(&again).lines().count()), (Some(2), 1), "{}", stderr(&again));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
    assert!(fs::read_to_string(&file).expect("there").starts_with("[rules]"), "left as it is");
    assert_eq!(init(&["--force"]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&file).expect("there"), standard);
    assert_eq!(String::from_utf8_lossy(&init(&["-"]).stdout), standard);
    let named = folder.name("deep/named.toml");
    assert_eq!(init(&["--config", &named]).status.code(), Some(0));
    assert_eq!(fs::read_to_string(&named).expect("made"), standard);
}

#[test]
fn a_profile_goes_before_the_file_and_after_the_command_line() {
    let folder = Folder::new();
    let input = folder.write("noise.bin", noise_bytes(76_800));
    let replay = "[replay]\nformat = \"cu8\"\nrate = 3.84e6\nfreq = \"1815.3M\"\njson = true\n";
    let slow = "[profile.slow.replay]\nrate = 1.92e6\n[profile.a]\n";
    let config = folder.write("c.toml", format!("{replay}{slow}"));
    let line = |more: &[&str]| run(&[&["replay", &input, "--config", &config], more].concat());
    let seconds = |output: Output| events(&output).last().expect("a summary")["iq_seconds"].as_f64();
    assert_eq!(seconds(line(&[])), Some(0.01));
    assert_eq!(seconds(line(&["--profile", "slow"])), Some(0.02));
    assert_eq!(seconds(line(&["--profile", "slow", "--rate", "3.84M"])), Some(0.01));
    let absent = line(&["--profile", "fast"]);
    assert_eq!(absent.status.code(), Some(2));
    assert_eq!(stderr(&absent).trim(), "cellwarden: --profile fast: not in the configuration file; there is: a, slow");
    folder.write("c.toml", format!("[global]\nprofile = \"slow\"\n{replay}{slow}"));
    assert_eq!(seconds(line(&[])), Some(0.02), "the file chooses");
    folder.write("c.toml", format!("{replay}[profile.slow.profile.slower]\n"));
    assert_eq!(line(&["--profile", "slow"]).status.code(), Some(2), "no profile within a profile");
}

#[test]
fn completions_and_manual_pages_come_from_the_program() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0), "{shell}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("replay"), "{shell}");
    }
    assert_eq!(run(&["completions", "abacus"]).status.code(), Some(2));
    let script = folder.write("completions.bash", run(&["completions", "bash"]).stdout);
    let checked = Command::new("bash").args(["-n", &script]).status().expect("bash runs");
    assert!(checked.success(), "bash understands it");
    assert!(String::from_utf8_lossy(&run(&["man"]).stdout).contains(".SH SYNOPSIS"));
    let pages = folder.name("man");
    assert_eq!(run(&["man", &pages]).status.code(), Some(0));
    for page in ["cellwarden.1", "cellwarden-replay.1", "cellwarden-alerts-verify.1"] {
        let text = fs::read_to_string(folder.path("man").join(page)).expect(page);
        assert!(text.contains("Example:"), "{page}");
    }
    assert_eq!(run(&["man", &folder.write("file", "")]).status.code(), Some(2));
}

/// What every command that receives takes.
const SHARED: &str =
    "--registry --ran-hosts --store --evidence --rules --gps --pcap --feed --threads --headless --json";

#[test]
fn every_command_has_the_options_of_the_contract_and_shows_an_example() {
    for (command, own, shared) in [
        ("replay", "--format --rate --freq --carriers --ppm --clock-ppm --invert-spectrum", SHARED),
        (
            "scan",
            "--device --band --earfcn --freq --gain --ppm --clock-ppm --antenna --dwell --duration --record \
             --setting --clock-source",
            SHARED,
        ),
        ("doctor", "--device --rate --gps --registry --store --feed --json", ""),
        ("record", "--device --freq --rate --gain --gps", ""),
        ("devices", "--device --json", ""),
        ("registry import", "--eci --map --max-bad", ""),
        ("registry show", "", ""),
        ("registry stats", "", ""),
        ("registry verify", "", ""),
        ("inspect", "--area --registry --store", ""),
        ("plan", "--area --registry --store --vans --hours --start --roads", ""),
        ("visits list", "--registry --store --addresses --format --lang", ""),
        ("alerts list", "--store", ""),
        ("alerts show", "--store", ""),
        ("alerts verify", "--store --evidence", ""),
        ("alerts export", "--store", ""),
        ("alerts send", "--store --feed", ""),
        ("report", "--store --format", ""),
        ("serve", "--listen --database --registry-list --intake --tls-certificate --tls-key", ""),
    ] {
        let output = run(&[&command.split(' ').collect::<Vec<_>>()[..], &["--help"]].concat());
        assert_eq!(output.status.code(), Some(0), "{command}");
        let help = String::from_utf8(output.stdout).expect("UTF-8");
        let words: Vec<&str> = help.split_whitespace().collect();
        let all = "--config -v, -q, --log --color".split(' ').chain(own.split(' ')).chain(shared.split(' '));
        for option in all.filter(|option| !option.is_empty()) {
            assert!(words.contains(&option), "{command} {option}: {help}");
        }
        let example = help.split_once("Example:").map(|(_, example)| example);
        assert!(example.is_some_and(|text| text.contains(&format!("cellwarden {command}"))), "{command}: {help}");
    }
}

#[test]
fn a_report_has_the_formats_of_the_contract() {
    let folder = Folder::new();
    let (store, out) = (folder.name("s.sqlite"), folder.name("out"));
    assert_eq!(run(&["replay", &one_cell(), "--json", "--store", &store]).status.code(), Some(0));
    let html = run(&["report", "--store", &store, "--out", &out]);
    assert_eq!(html.status.code(), Some(0), "{}", stderr(&html));
    assert!(fs::read_to_string(&out).expect("one file").contains("450-08"));
    for format in ["kml", "geojson", "csv", "gpkg", "wigle", "pcapng"] {
        let out = folder.name(format);
        let output = run(&["report", "--store", &store, "--format", format, "--out", &out]);
        assert_eq!(output.status.code(), Some(0), "{format}: {}", stderr(&output));
        assert!(fs::metadata(&out).is_ok_and(|facts| facts.len() > 0), "{format}");
    }
}

#[test]
fn recordings_of_a_folder_are_reported_in_order_of_time() {
    let folder = Folder::new();
    folder.noise("z-first", "2026-11-20T01:00:00Z");
    folder.noise("a-second", "2026-11-20T01:00:05Z");
    let output = run(&["replay", folder.0.path().to_str().expect("UTF-8"), "--threads", "2"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (first, second) = (text.find("z-first"), text.find("a-second"));
    assert!(first.is_some() && first < second, "{text}");
}

#[test]
fn standard_input_is_a_raw_recording() {
    let mut command = cellwarden();
    command.args(["replay", "-", "--json", "--format", "cu8", "--rate", "1.92M", "--freq", "1815.3M"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("piped").write_all(&noise_bytes(38_400)).expect("read");
    let events = events(&child.wait_with_output().expect("ended"));
    assert_eq!(events.last().expect("a summary")["iq_seconds"], 0.01);
}

#[test]
fn a_file_holds_options_and_the_command_line_goes_first() {
    let folder = Folder::new();
    let input = folder.write("noise.bin", noise_bytes(76_800));
    let config = folder.write("c.toml", "[replay]\nformat = \"cu8\"\nrate = 3.84e6\nfreq = \"1815.3M\"\njson = true\n");
    let seconds = |more: &[&str]| {
        let output = run(&[&["replay", &input, "--config", &config], more].concat());
        events(&output).last().expect("a summary")["iq_seconds"].as_f64()
    };
    assert_eq!(seconds(&[]), Some(0.01));
    assert_eq!(seconds(&["--rate", "1.92M"]), Some(0.02));
}

#[test]
fn a_switch_of_the_file_is_undone_on_the_command_line() {
    let folder = Folder::new();
    let input = folder.noise("a", "2026-11-20T01:00:00Z");
    let config = folder.write("c.toml", "[replay]\njson = true\n");
    let first = |more: &[&str]| {
        let output = run(&[&["replay", &input, "--config", &config], more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        output.stdout[0]
    };
    assert_eq!(first(&[]), b'{');
    for table in [&["--no-json"][..], &["--headless"], &["--json", "--no-json"]] {
        assert_eq!(first(table), b' ', "{table:?}");
    }
    assert_eq!(first(&["--headless", "--json"]), b'{', "events imply that there is no screen");
}

#[test]
fn a_mistake_in_the_file_is_reported_with_its_line() {
    let folder = Folder::new();
    for (text, message) in [
        ("[rules]\nrule = 1\n", "line 2: unknown field `rule`, expected `rules`"),
        ("[replay]\n\nthreads = \"two\"\n", "line 3: invalid type: string \"two\", expected usize"),
        ("[replay\n", "line 1: "),
    ] {
        let config = folder.write("c.toml", text);
        let output = run(&["rules", "list", "--config", &config]);
        let (code, printed) = (output.status.code(), stderr(&output));
        assert_eq!((code, printed.lines().count()), (Some(2), 1), "{printed}");
        assert!(printed.starts_with(&format!("cellwarden: {config}: {message}")), "{printed}");
    }
}

#[test]
fn a_cell_that_is_not_registered_is_an_alert_and_exit_code_1() {
    let folder = Folder::new();
    let list = folder.write("list.csv", LIST.replace("3f0d101", "3f0d1ff"));
    let (store, log) = (folder.name("s.sqlite"), folder.name("log"));
    let replay =
        ["replay", &one_cell(), "--json", "--registry", &list, "--store", "s.sqlite", "--evidence", "evidence"];
    // Named from where it is started.
    let output = cellwarden().args(replay).args(["--log", &log]).current_dir(folder.0.path()).output();
    let output = output.expect("started");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let events = events(&output);
    let of = |kind: &str| events.iter().find(|event| event["type"] == kind).unwrap_or_else(|| panic!("{kind}")).clone();
    let has = |kind: &str, fields: &str| {
        let event = of(kind);
        let missing: Vec<&str> = fields.split_whitespace().filter(|field| event.get(*field).is_none()).collect();
        assert!(missing.is_empty(), "{kind}: {missing:?}");
    };
    has("header", "type schema version command rules_version");
    has(
        "cell",
        "recording time carrier_hz earfcn earfcn_certain earfcn_candidates band pci duplex cp antenna_ports bandwidth_rb \
         phich_duration phich_resource sfn sfn_at_sample cfo_hz cfo_ppm clipped rsrp_dbfs rsrp_dbm rsrq_db sinr_db state plmns tac eci ecgis csg_indication \
         csg_identity hnb_name cell_barred tdd_config mib_hex sib1_hex si_hex sibs position verdict findings",
    );
    has("alert", "type id time rule severity ecgi pci earfcn summary evidence evidence_file");
    has("summary", "recordings cells alerts iq_seconds wall_seconds cpu_seconds realtime_factor lost_samples errors");
    let (cell, alert) = (of("cell"), of("alert"));
    assert_eq!((&cell["verdict"], &cell["pci"], &cell["earfcn"]), (&json!("unregistered"), &json!(301), &json!(1550)));
    assert_eq!((&cell["plmns"], &cell["ecgis"]), (&json!(["450-08"]), &json!(["450-08-3f0d101"])));
    let finding = cell["findings"].as_array().and_then(|list| list.iter().find(|f| f["rule"] == "unregistered"));
    let finding = finding.expect("the finding").as_object().expect("an object");
    assert!(
        ["rule", "version", "severity", "evidence"].iter().all(|field| finding.contains_key(*field)),
        "{finding:?}"
    );
    assert_eq!((&alert["rule"], &alert["ecgi"]), (&json!("unregistered"), &json!("450-08-3f0d101")));
    assert!(Path::new(alert["evidence_file"].as_str().expect("a text")).is_file(), "{alert}");
    let id = alert["id"].as_str().expect("a text");
    let output = run(&["alerts", "show", id, "--store", &store, "--json"]);
    let stored: Value = serde_json::from_slice(&output.stdout).expect("one object");
    for field in ["id", "time", "rule", "severity", "ecgi", "pci", "earfcn", "summary", "evidence", "evidence_file"] {
        assert_eq!(stored[field], alert[field], "{field}");
    }
    // The evidence holds from elsewhere, and where an archive took it.
    let (archive, other) = (folder.name("drive.tar.zst"), folder.name("other/s.sqlite"));
    fs::create_dir(folder.path("other")).expect("made");
    assert_eq!(run(&["alerts", "verify", id, "--store", &store]).status.code(), Some(0));
    assert_eq!(run(&["drives", "export", "1", &archive, "--store", &store]).status.code(), Some(0));
    fs::remove_dir_all(folder.path("evidence")).expect("removed");
    assert_eq!(run(&["drives", "import", &archive, "--store", &other]).status.code(), Some(0));
    let output = run(&["alerts", "verify", id, "--store", &other, "--json"]);
    let verification: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert_eq!(verification["verified"], true, "{verification}");
}

#[test]
fn an_output_that_takes_nothing_is_a_failure_of_one_line() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    for arguments in [&["replay", &recording][..], &["replay", "--json", &recording], &["rules", "list"], &["man"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("a Linux system");
        let output = cellwarden().args(arguments).stdout(full).output().expect("started");
        let printed = stderr(&output);
        assert_eq!((output.status.code(), printed.lines().count()), (Some(2), 1), "{arguments:?}: {printed}");
        assert!(printed.contains("No space left"), "{printed}");
    }
}

#[test]
fn no_command_minds_a_closed_pipe() {
    let folder = Folder::new();
    let list = folder.write("list.csv", LIST);
    for arguments in [
        &["rules", "list"][..],
        &["rules", "show", "twin"],
        &["registry", "stats", "--registry", &list],
        &["completions", "zsh"],
        &["man"],
        &["config", "init", "-"],
        &["--help"],
    ] {
        let mut child = cellwarden().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.as_mut().expect("started");
        drop(child.stdout.take());
        let mut printed = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().expect("piped"), &mut printed).expect("UTF-8");
        assert_eq!((child.wait().expect("ended").code(), printed.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn what_is_asked_for_is_logged() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    let quiet = run(&["replay", &recording, "-q"]);
    assert!(quiet.stderr.is_empty() && !quiet.stdout.is_empty());
    let loud = run(&["replay", &recording, "-v"]);
    assert!(stderr(&loud).contains("dwell recording=\"a\" cells=0 samples=38400 lost=0"), "{}", stderr(&loud));
    let lines = |output: &Output| String::from_utf8_lossy(&output.stdout).lines().count();
    assert_eq!(lines(&loud), lines(&quiet), "results only on standard output");
    let log = folder.name("log");
    for times in 1..=2 {
        let output = run(&["replay", &recording, &folder.name("absent"), "--log", &log]);
        assert_eq!(stderr(&output).lines().count(), 1, "failures still, and nothing else: {}", stderr(&output));
        let text = fs::read_to_string(&log).expect("made");
        assert_eq!(text.matches("dwell recording=\"a\"").count(), times, "added to: {text}");
        assert_eq!(text.matches(" WARN ").count(), times, "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    let mut child = cellwarden().args(["replay", &recording]).stdout(Stdio::piped()).spawn().expect("started");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("ended").code(), Some(0));
}

const LIST: &str = "plmn,eci,kind,status\n450-08,3f0d101,macro,active\n450-08,3f0d102,femto,dormant\n";

#[test]
fn the_registered_cell_list_is_imported_shown_counted_and_checked() {
    let folder = Folder::new();
    let (list, database) = (folder.write("list.csv", LIST), folder.name("data/registry.sqlite"));
    let registry = |arguments: &[&str]| run(&[&["registry", "--registry", &database], arguments].concat());
    let text = |output: &Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(registry(&["stats"]).status.code(), Some(2), "nothing imported yet");
    let imported = registry(&["import", &list]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    assert!(text(&imported).starts_with("2 rows imported"));
    let bad = folder.write("bad.csv", LIST.replace("3f0d102", "3f0d10x"));
    let refused = registry(&["import", &bad]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("line 3, column 2"), "{}", stderr(&refused));
    assert!(text(&registry(&["show", "450-08-3f0d102"])).contains("dormant"), "the list before is still there");
    assert_eq!(registry(&["show", "450-08-0000001"]).status.code(), Some(2));
    assert_eq!(registry(&["show", "450-08"]).status.code(), Some(2));
    assert!(text(&registry(&["stats"])).contains("PLMN 450-08             2\n"));
    assert_eq!(registry(&["verify"]).status.code(), Some(0));
    let doubled = folder.write("doubled.csv", LIST.replace("3f0d102", "3f0d101"));
    registry(&["import", &doubled]);
    assert_eq!(registry(&["verify"]).status.code(), Some(2), "one identifier in two rows");
}

#[test]
fn the_list_in_the_data_folder_is_used_unless_it_is_left_out() {
    let folder = Folder::new();
    let (list, recording) = (folder.write("list.csv", LIST), folder.noise("a", "2026-11-20T01:00:00Z"));
    let here = |arguments: &[&str]| {
        let output = cellwarden().args(arguments).env("XDG_DATA_HOME", folder.path("data")).output();
        stderr(&output.expect("started"))
    };
    let replay = |more: &[&str]| here(&[&["replay", "--json", &recording], more].concat());
    assert_eq!(replay(&[]), "", "there is no list yet");
    let bad = folder.write("bad.csv", LIST.replace("3f0d102", "3f0d10x"));
    assert!(here(&["registry", "import", &bad]).contains("nothing was imported"));
    assert!(!folder.path("data/cellwarden/registry.sqlite").exists(), "a list that was refused leaves no file");
    folder.write("data/cellwarden/registry.sqlite", "");
    assert_eq!(replay(&[]), "", "nor does an empty one count");
    assert_eq!(here(&["registry", "import", &list]), "");
    let line = replay(&[]);
    let names = line.contains("data/cellwarden/registry.sqlite, 2 cells of ") && line.contains("--no-registry");
    assert!(names && line.lines().count() == 1, "{line}");
    assert_eq!(replay(&["--no-registry"]), "");
    assert_eq!(replay(&["--registry", &list]), "", "what the user names needs no line");
    let config = folder.write("config.toml", "[check]\nno-registry = true\n");
    assert_eq!(replay(&["--config", &config]), "");
    let config = folder.write("config.toml", format!("[check]\nregistry = {list:?}\n"));
    assert_eq!(replay(&["--config", &config, "--no-registry"]), "");
}

#[test]
fn a_list_has_the_date_that_its_user_gives_it() {
    let folder = Folder::new();
    let list = folder.write("list.csv", LIST);
    for command in [&["stats"][..], &["verify"], &["show", "450-08-3f0d101"]] {
        let dated = run(&[&["registry", "--registry", &list, "--list-date", "2025-01-02"], command].concat());
        let text = String::from_utf8_lossy(&dated.stdout).into_owned();
        assert!(text.contains("-20250102T000000Z-2, "), "{command:?}: {text}");
    }
}

#[test]
fn rules_are_listed_shown_and_checked() {
    let folder = Folder::new();
    let list = run(&["rules", "list"]);
    assert!(String::from_utf8_lossy(&list.stdout).starts_with("unregistered "));
    let text = String::from_utf8_lossy(&list.stdout).into_owned();
    let classes: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().nth(3)).collect();
    let mut runs = classes.clone();
    runs.dedup();
    assert_eq!(runs, ["registry", "place", "identity", "broadcast", "radio"], "one run of each class");
    let shown = run(&["rules", "show", "unregistered"]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let keys: Vec<&str> =
        shown.lines().filter_map(|line| Some(line.strip_prefix("  ")?.split_once(" = ")?.0)).collect();
    assert_eq!(keys[..4], ["enabled", "stale_after_days", "faint_sinr_db", "max_timing_us"], "as they are defined");
    assert_eq!(run(&["rules", "show", "pci-mismatch"]).status.code(), Some(0));
    assert_eq!(run(&["rules", "show", "no-such-rule"]).status.code(), Some(2));
    let good = folder.write("good.toml", "[pci-mismatch]\nalone = true\n");
    assert_eq!(run(&["rules", "check", &good]).status.code(), Some(0));
    let bad = folder.write("bad.toml", "[pci-mismatch]\nalne = true\n");
    let output = run(&["rules", "check", &bad]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("line 2"), "{}", stderr(&output));
}

#[test]
fn what_judges_must_be_readable_before_anything_is_decoded() {
    let folder = Folder::new();
    let recording = folder.noise("a", "2026-11-20T01:00:00Z");
    for option in [["--registry", "/nonexistent.csv"], ["--rules", "/nonexistent.toml"], ["--gps", "gpx:/nonexistent"]]
    {
        let output = run(&["replay", &recording, option[0], option[1]]);
        assert_eq!(output.status.code(), Some(2), "{option:?}");
        assert!(output.stdout.is_empty() && stderr(&output).lines().count() == 1, "{option:?}: {}", stderr(&output));
    }
}

#[test]
fn the_capture_file_is_begun_even_without_a_cell() {
    let folder = Folder::new();
    let (recording, pcap) = (folder.noise("a", "2026-11-20T01:00:00Z"), folder.name("a.pcapng"));
    assert_eq!(run(&["replay", &recording, "--pcap", &pcap]).status.code(), Some(0));
    // The section header block's type, the same in either byte order.
    assert!(fs::read(&pcap).expect("written").starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]));
}

#[test]
#[cfg(not(feature = "soapy"))]
fn without_radios_the_program_says_how_to_get_them() {
    for command in
        [&["scan", "--band", "3"][..], &["devices"], &["record", "x", "--freq", "1842.5M", "--rate", "1.92M"]]
    {
        let output = run(command);
        assert_eq!(output.status.code(), Some(2), "{command:?}");
        assert!(output.stdout.is_empty());
        let said = stderr(&output);
        assert!(said.contains("--features soapy") && said.lines().count() == 1, "{said}");
    }
}

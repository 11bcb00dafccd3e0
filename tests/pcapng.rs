//! The capture file as an independent program reads it: tshark must find the same PLMN, TAC and cell identity.
//!
//! With `CELLWARDEN_TEST_TSHARK=1` a missing tshark is a failure; else the tests say that they were left out.

use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Stdio},
};

use cellwarden_core::observation::{BlockChannel, Observation, ReceivedBlock};
use cellwarden_report::pcapng::PcapngWriter;
use lte_dsp::{cell::Sfn, units::SampleRate};

/// Broadcasts of operators, from `tests/vectors/rrc.json`: SIB1 in hexadecimal, and the digits of its PLMNs, TAC and
/// cell identity as the vectors' own decoder read them.
fn sib1_vectors() -> Vec<(String, String, String, String)> {
    let text = include_str!("vectors/rrc.json");
    let vectors: Vec<serde_json::Value> = serde_json::from_str(text).expect("the vectors");
    let field = |vector: &serde_json::Value, key: &str| vector[key].as_str().unwrap_or_default().to_owned();
    let after = |asn1: &str, key: &str| {
        let value = asn1.split(key).nth(1).and_then(|rest| rest.split('\'').nth(1));
        value.unwrap_or_default().to_lowercase()
    };
    vectors
        .iter()
        .filter(|vector| field(vector, "pdu") == "BCCH-DL-SCH-Message")
        .map(|vector| (field(vector, "uper_hex"), field(vector, "asn1")))
        .filter(|(_, asn1)| asn1.contains("systemInformationBlockType1 :"))
        .map(|(hex, asn1)| {
            let plmns = asn1.split("cellReservedForOperatorUse").collect::<Vec<_>>();
            let digits = plmns[..plmns.len() - 1].join(" ");
            let digits = digits.split("plmn-IdentityList").nth(1).expect("a list").to_owned();
            let digits = digits.chars().filter(char::is_ascii_digit).collect();
            (hex, digits, after(&asn1, "trackingAreaCode"), after(&asn1, "cellIdentity"))
        })
        .collect()
}

fn observation(blocks: Vec<ReceivedBlock>) -> Observation {
    let mut observation = Observation { blocks, ..cellwarden_core::observed::observation(301) };
    observation.dwell.gain_db = Some(-20.75);
    (observation.level.rsrp_dbfs, observation.level.sinr_db) = (-45.25, -3.4);
    observation
}

fn block(channel: BlockChannel, hex: &str) -> ReceivedBlock {
    let bytes = hex::decode(hex).expect("hexadecimal");
    ReceivedBlock { channel, sfn: Sfn::wrapping(512), subframe: 5, at_sample: 57_600, bytes }
}

/// The fields tshark reads of each packet, separated by tabs; `None` without a tshark.
fn tshark(observation: &Observation, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("capture.pcapng");
    let mut writer = PcapngWriter::new(std::fs::File::create(&path).expect("a file")).expect("written");
    writer.observation(observation, SampleRate::new(5.76e6).expect("a rate")).expect("written");
    writer.flush().expect("written");
    read(&path, fields)
}

/// The fields tshark reads of each packet of a file.
fn read(path: &Path, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command.args(["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = match command.arg("-r").arg(path).output() {
        Ok(output) => output,
        Err(error) => {
            let wanted = std::env::var("CELLWARDEN_TEST_TSHARK").is_ok_and(|value| value == "1");
            assert!(!wanted, "tshark is wanted and cannot be run: {error}");
            println!("left out: tshark cannot be run: {error}");
            return None;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    Some(text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect())
}

#[test]
fn tshark_reads_the_identities_of_the_vectors() {
    let vectors = sib1_vectors();
    assert!(vectors.len() >= 3, "only {} SIB1 vectors", vectors.len());
    let blocks = vectors.iter().map(|(hex, ..)| block(BlockChannel::BcchDlSch, hex)).collect();
    let fields = ["lte-rrc.MCC_MNC_Digit", "lte-rrc.trackingAreaCode", "lte-rrc.cellIdentity", "_ws.malformed"];
    let Some(packets) = tshark(&observation(blocks), &fields) else { return };
    assert_eq!(packets.len(), vectors.len());
    for ((hex, digits, tac, eci), packet) in vectors.into_iter().zip(packets) {
        let text = |i: usize| packet.get(i).map_or("", String::as_str);
        assert_eq!(text(0).replace(',', ""), digits, "{hex}");
        assert_eq!(text(1).replace(':', ""), tac, "{hex}");
        // 28 bits in four bytes, the low four of them padding.
        let read = u32::from_str_radix(&text(2).replace(':', ""), 16).expect("hexadecimal") >> 4;
        assert_eq!(format!("{read:07x}"), eci, "{hex}");
        assert_eq!(text(3), "", "{hex} is malformed");
    }
}

#[test]
fn tshark_reads_channel_time_number_and_comment() {
    let blocks = vec![
        // 5 MHz, PHICH normal and 1, SFN 512 to 515: TS 36.331 §6.2.2 (MasterInformationBlock).
        block(BlockChannel::BcchBch, "4a0000"),
        block(BlockChannel::BcchDlSch, "405140112e113f0d1018202091002822a1"),
        // No paging record, no modification.
        block(BlockChannel::Pcch, "00"),
    ];
    let fields = [
        "gsmtap.type",
        "lte-rrc.BCCH_BCH_Message_element",
        "lte-rrc.dl_Bandwidth",
        "lte-rrc.BCCH_DL_SCH_Message_element",
        "lte-rrc.PCCH_Message_element",
        "gsmtap.arfcn",
        "gsmtap.snr_db",
        "frame.time_epoch",
        "frame.comment",
        "_ws.malformed",
    ];
    let Some(packets) = tshark(&observation(blocks), &fields) else { return };
    let column = |i: usize| packets.iter().map(|packet| packet[i].as_str()).collect::<Vec<_>>();
    assert_eq!(column(0), ["13"; 3], "{packets:?}");
    let holds = |i: usize| packets.iter().map(|packet| !packet[i].is_empty()).collect::<Vec<_>>();
    assert_eq!([holds(1), holds(3), holds(4)], [[true, false, false], [false, true, false], [false, false, true]]);
    assert_eq!(column(2), ["2", "", ""], "the third bandwidth, n25");
    assert_eq!(column(5), ["1550"; 3]);
    assert_eq!(column(6), ["-3"; 3]);
    // 57,600 samples at 5.76 MS/s after the start.
    assert_eq!(column(7), ["1795136400.010000000"; 3]);
    assert_eq!(column(9), [""; 3], "{packets:?}");
    for comment in column(8) {
        for part in ["EARFCN 1550", "PCI 301", "SFN 512", "-45.2", "37.478000,126.878000 ±5 m", "drive-a-000"] {
            assert!(comment.contains(part), "{comment}");
        }
    }
}

/// Where tshark has a value as a plain number, and where the events have it.
const NUMBERS: [(&str, &str); 18] = [
    ("subframeAssignment", "/sib1/tdd-Config/subframeAssignment"),
    ("specialSubframePatterns", "/sib1/tdd-Config/specialSubframePatterns"),
    ("systemInfoValueTag", "/sib1/systemInfoValueTag"),
    ("freqBandIndicator", "/sib1/freqBandIndicator"),
    ("referenceSignalPower", "/sib2/radioResourceConfigCommon/pdsch-ConfigCommon/referenceSignalPower"),
    ("p_b", "/sib2/radioResourceConfigCommon/pdsch-ConfigCommon/p-b"),
    ("rootSequenceIndex", "/sib2/radioResourceConfigCommon/prach-Config/rootSequenceIndex"),
    ("prach_ConfigIndex", "/sib2/radioResourceConfigCommon/prach-Config/prach-ConfigInfo/prach-ConfigIndex"),
    ("prach_FreqOffset", "/sib2/radioResourceConfigCommon/prach-Config/prach-ConfigInfo/prach-FreqOffset"),
    (
        "zeroCorrelationZoneConfig",
        "/sib2/radioResourceConfigCommon/prach-Config/prach-ConfigInfo/zeroCorrelationZoneConfig",
    ),
    ("n1PUCCH_AN", "/sib2/radioResourceConfigCommon/pucch-ConfigCommon/n1PUCCH-AN"),
    ("nRB_CQI", "/sib2/radioResourceConfigCommon/pucch-ConfigCommon/nRB-CQI"),
    ("pusch_HoppingOffset", "/sib2/radioResourceConfigCommon/pusch-ConfigCommon/pusch-ConfigBasic/pusch-HoppingOffset"),
    ("p0_NominalPUSCH", "/sib2/radioResourceConfigCommon/uplinkPowerControlCommon/p0-NominalPUSCH"),
    ("p0_NominalPUCCH", "/sib2/radioResourceConfigCommon/uplinkPowerControlCommon/p0-NominalPUCCH"),
    ("cellReselectionPriority", "/sib3/cellReselectionServingFreqInfo/cellReselectionPriority"),
    ("threshServingLow", "/sib3/cellReselectionServingFreqInfo/threshServingLow"),
    ("s_NonIntraSearch", "/sib3/cellReselectionServingFreqInfo/s-NonIntraSearch"),
];

/// The values of a field wherever it stands, as the numbers that they are coded by: "sa2" and "ssp7" hold them.
fn add_named(value: &serde_json::Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    serde_json::Value::String(word) if key == name => {
                        found.insert(word.trim_start_matches(char::is_alphabetic).to_owned());
                    }
                    serde_json::Value::Number(number) if key == name => drop(found.insert(number.to_string())),
                    _ => add_named(value, name, found),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter().for_each(|value| add_named(value, name, found)),
        _ => {}
    }
}

#[test]
fn tshark_reads_a_tdd_cells_system_information_as_the_events_have_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let pcap = folder.path().join("tdd.pcapng");
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/tdd-cell.sigmf-meta");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.arg("replay").arg(recording).arg("--json").arg("--pcap").arg(&pcap).stdin(Stdio::null());
    let output = command.output().expect("started");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let sibs = events.find(|event| event["type"] == "cell").expect("a cell")["sibs"].take();
    let fields = NUMBERS.map(|(field, _)| format!("lte-rrc.{field}"));
    let mut fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    fields.push("_ws.malformed");
    let Some(packets) = read(&pcap, &fields) else { return };
    for (i, (field, pointer)) in NUMBERS.iter().enumerate() {
        let read: BTreeSet<&str> = packets.iter().map(|packet| packet[i].as_str()).filter(|v| !v.is_empty()).collect();
        assert!(sibs.pointer(pointer).is_some(), "{pointer} is not in {sibs}");
        let mut ours = BTreeSet::new();
        add_named(&sibs, pointer.rsplit('/').next().unwrap_or(pointer), &mut ours);
        assert_eq!(read, ours.iter().map(String::as_str).collect(), "{field}");
    }
    assert!(packets.iter().all(|packet| packet[NUMBERS.len()].is_empty()), "malformed: {packets:?}");
}

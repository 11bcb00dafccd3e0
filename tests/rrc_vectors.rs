//! Messages of an independent encoder, of documents and off the air, against their decoded values.

mod value_notation;

use std::fs;

use lte_rrc::{self, PagingSummary, RrcError};
use proptest::prelude::*;
use serde_json::{Map, Value};
use value_notation::Notation;

/// The messages with their values that ship with the repository.
const SHIPPED: &str = include_str!("vectors/rrc.json");

struct Vector {
    name: String,
    pdu: String,
    bytes: Vec<u8>,
    value: Notation,
}

fn vectors(text: &str) -> Vec<Vector> {
    let entries: Vec<Value> = serde_json::from_str(text).expect("the vectors are JSON");
    let text = |entry: &Value, key: &str| entry[key].as_str().expect("a text").to_owned();
    entries
        .iter()
        .map(|entry| Vector {
            name: text(entry, "name"),
            pdu: text(entry, "pdu"),
            bytes: hex::decode(text(entry, "uper_hex")).expect("hexadecimal"),
            value: value_notation::parse(&text(entry, "asn1")),
        })
        .collect()
}

/// Every difference between the vector's value and what is decoded from its bytes; `None` for a dedicated channel.
fn differences(vector: &Vector) -> Option<Vec<String>> {
    let message = vector.value.field("message").expect("a message");
    let mut found = Vec::new();
    match vector.pdu.as_str() {
        "BCCH-DL-SCH-Message" => {
            let decoded = lte_rrc::decode_bcch_dl_sch(&vector.bytes).expect("a message").to_json();
            if let Some(sib1) = message.behind(&["c1", "systemInformationBlockType1"]) {
                assert_eq!(decoded.len(), 1);
                sib1.differences(&decoded["sib1"], "sib1", &mut found);
            } else {
                let information = message.behind(&["c1", "systemInformation"]).expect("system information");
                compare_sibs(information, &decoded, &mut found);
            }
        }
        "PCCH-Message" => {
            let paging = message.behind(&["c1", "paging"]).expect("paging");
            assert_eq!(lte_rrc::decode_pcch(&vector.bytes), Ok(count(paging)), "{}", vector.name);
        }
        _ => return None,
    }
    Some(found)
}

fn compare_sibs(information: &Notation, decoded: &Map<String, Value>, found: &mut Vec<String>) {
    let message = information.field("criticalExtensions").and_then(|value| value.behind(&["systemInformation-r8"]));
    let sibs = message.and_then(|message| message.field("sib-TypeAndInfo")).expect("a list of blocks").elements();
    assert_eq!(decoded.len(), sibs.len());
    for sib in sibs {
        let Notation::Choice(name, value) = sib else { panic!("{sib:?} is no alternative") };
        let name = name.split('-').next().expect("a name");
        value.differences(&decoded[name], name, found);
    }
}

/// What a summary must say of a paging message.
fn count(paging: &Notation) -> PagingSummary {
    let records = paging.field("pagingRecordList").map(Notation::elements).unwrap_or_default();
    let by = |kind| {
        let is_kind = |record: &&Notation| record.field("ue-Identity").is_some_and(|id| id.behind(&[kind]).is_some());
        records.iter().filter(is_kind).count() as u32
    };
    let is_cs = |record: &&Notation| record.field("cn-Domain") == Some(&Notation::Word("cs".to_owned()));
    let v920 = paging.field("nonCriticalExtension").and_then(|v890| v890.field("nonCriticalExtension"));
    PagingSummary {
        s_tmsi: by("s-TMSI"),
        imsi: by("imsi"),
        five_g: 0,
        cs_domain: records.iter().filter(is_cs).count() as u32,
        system_info_modification: paging.field("systemInfoModification").is_some(),
        etws_indication: paging.field("etws-Indication").is_some(),
        cmas_indication: v920.is_some_and(|v920| v920.field("cmas-Indication-r9").is_some()),
        eab_param_modification: false,
    }
}

fn assert_all_decode_to_their_values(text: &str) -> usize {
    let mut compared = 0;
    for vector in vectors(text) {
        if let Some(found) = differences(&vector) {
            assert!(found.is_empty(), "{}:\n{}", vector.name, found.join("\n"));
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_shipped_message_decodes_to_its_values() {
    assert_eq!(assert_all_decode_to_their_values(SHIPPED), 29);
}

/// The folder beside the repository holds more than what ships with it; without it there is nothing to do.
#[test]
fn every_message_beside_the_repository_decodes_to_its_values() {
    if let Ok(text) = fs::read_to_string("../shared/vectors/rrc.json") {
        assert!(assert_all_decode_to_their_values(&text) > 0);
    }
}

#[test]
fn a_difference_is_found() {
    let vector = &vectors(SHIPPED)[0];
    let decoded = lte_rrc::decode_bcch_dl_sch(&vector.bytes).expect("a message").to_json();
    let sib1 = vector.value.field("message").and_then(|m| m.behind(&["c1", "systemInformationBlockType1"]));
    for change in ["/p-Max", "/cellAccessRelatedInfo/csg-Identity", "/schedulingInfoList/2/sib-MappingInfo/6"] {
        let mut changed = decoded["sib1"].clone();
        *changed.pointer_mut(change).expect("in the message") = Value::from(99);
        let mut found = Vec::new();
        sib1.expect("a SIB1").differences(&changed, "sib1", &mut found);
        assert_eq!(found.len(), 1, "{change}: {found:?}");
    }
}

/// Decodes `block` in every way there is; nothing may panic.
fn decode_anything(block: &[u8]) {
    if let Ok(message) = lte_rrc::decode_bcch_dl_sch(block) {
        let _ = message.to_json();
    }
    let _ = lte_rrc::decode_pcch(block);
    if let Some(&octets) = block.first_chunk() {
        let _ = lte_rrc::decode_bcch_bch(octets);
    }
}

#[test]
fn no_flipped_bit_or_cut_panics() {
    for vector in vectors(SHIPPED) {
        for length in 0..vector.bytes.len() {
            decode_anything(&vector.bytes[..length]);
        }
        for bit in 0..8 * vector.bytes.len() {
            let mut bytes = vector.bytes.clone();
            bytes[bit / 8] ^= 0x80 >> (bit % 8);
            decode_anything(&bytes);
        }
    }
}

#[test]
fn a_block_longer_than_any_is_refused() {
    let block = vec![0x40; lte_rrc::MAX_BLOCK_BYTES + 1];
    assert_eq!(lte_rrc::decode_bcch_dl_sch(&block), Err(RrcError::Limit { bytes: 278, limit: 277 }));
    assert_eq!(lte_rrc::decode_pcch(&block), Err(RrcError::Limit { bytes: 278, limit: 277 }));
}

proptest! {
    #[test]
    fn no_bytes_panic(block in prop::collection::vec(any::<u8>(), 0..300)) {
        decode_anything(&block);
    }

    #[test]
    fn no_bytes_behind_a_true_beginning_panic(
        index in any::<prop::sample::Index>(),
        kept in 0.0..1.0f64,
        tail in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let vectors = vectors(SHIPPED);
        let bytes = &index.get(&vectors).bytes;
        let kept = (kept * bytes.len() as f64) as usize;
        decode_anything(&[&bytes[..kept], &tail].concat());
    }
}

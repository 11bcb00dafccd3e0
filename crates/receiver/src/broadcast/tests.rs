//! What messages of independent encoders and off the air say of their cells.

use std::fs;

use serde_json::json;

use super::*;
use lte_dsp::cell::CyclicPrefix;
use lte_rrc::decode_bcch_dl_sch;
use testsignal::broadcast::{BitWriter, SystemInformation};

fn broadcast(blocks: &[&str]) -> Broadcast {
    let mut broadcast = Broadcast::default();
    for block in blocks {
        let block = hex::decode(block).expect("hexadecimal");
        broadcast.take(&decode_bcch_dl_sch(&block).expect("a message"), Duplex::Fdd);
    }
    broadcast
}

fn texts(plmns: &[Plmn]) -> Vec<String> {
    plmns.iter().map(ToString::to_string).collect()
}

/// Off the air.
#[test]
fn a_macro_cell_is_flattened() {
    let sib1 = "4051800310240487879814211081044c23d4";
    let heard = broadcast(&[sib1, "001105a76618c14a134e0031829422", "000c0403390a529aa8"]);
    let identity = heard.identity.as_ref().expect("an identity");
    assert_eq!(texts(&identity.plmns), ["460-01"]);
    assert_eq!((identity.tac, identity.eci.get(), identity.tdd_config), (4132, 4_749_433, None));
    assert!(!identity.csg_indication && !identity.cell_barred);
    let utra = |carrier, priority| OtherTechnology { rat: Rat::Utra, carrier, priority: Some(priority) };
    assert_eq!(heard.facts.other_technologies, [utra(10713, 4), utra(10688, 0)]);
    assert_eq!(heard.facts.decoded_sibs, [1, 5, 6]);
    assert!(heard.facts.scheduled_sibs.starts_with(&[2]));
    assert_eq!(heard.sibs.keys().collect::<Vec<_>>(), ["sib1", "sib5", "sib6"]);
}

#[test]
fn each_network_of_release_14_has_its_own_tracking_area_and_cell() {
    let plmn = |text: &str| testsignal::broadcast::Plmn::try_from(text.to_owned()).expect("a PLMN");
    let si = SystemInformation::new(plmn("450-05"), 11793, 0x12_34567);
    let mut bits = testsignal::broadcast::sib1(&si, None, CyclicPrefix::Normal).bits().to_vec();
    // nonCriticalExtension follows, through v890, v920, v1130, v1250 with an empty cellAccessRelatedInfo-v1250, v1310,
    // v1320, v1350 and v1360, each with the next alone, to v1430 with the list alone.
    bits[4] = 1;
    let mut more = BitWriter::default();
    more.put(0b01, 2).put(0b001, 3).put(0b001, 3).put(0b0010, 4).put(0b00001, 5).put(0b01, 2).put(0b01, 2).put(0b01, 2);
    more.put(0b0010, 4).put(1, 3);
    for (plmns, tac, eci) in [(&[[4, 5, 0, 0, 8], [4, 5, 0, 0, 6]][..], 7, 0x5a_fff31), (&[[0, 0, 1, 0, 1]], 8, 3)] {
        more.put(plmns.len() as u32 - 1, 3);
        for (i, digits) in plmns.iter().enumerate() {
            // The second has the country of the first.
            more.flag(i == 0);
            digits[if i > 0 { 3 } else { 0 }..3].iter().for_each(|&digit| _ = more.put(digit, 4));
            more.put(0, 1);
            digits[3..].iter().for_each(|&digit| _ = more.put(digit, 4));
            more.flag(true);
        }
        more.put(tac, 16).put(eci, 28);
    }
    bits.extend(more.bits());
    let bytes = bits.chunks(8).map(|byte| byte.iter().enumerate().fold(0, |b, (i, bit)| b | bit << (7 - i))).collect();
    let heard = broadcast(&[&hex::encode::<Vec<u8>>(bytes)]);
    let identity = heard.identity.expect("an identity");
    let ecgis: Vec<String> = identity.ecgis().iter().map(ToString::to_string).collect();
    assert_eq!(ecgis, ["450-05-1234567", "450-08-5afff31", "450-06-5afff31", "001-01-0000003"]);
    assert_eq!(identity.accesses().iter().map(|access| access.tac).collect::<Vec<_>>(), [11793, 7, 7, 8]);
    assert_eq!(heard.facts.faults, Vec::<String>::new());
}

/// By an independent encoder.
#[test]
fn a_country_code_is_inherited_and_a_csg_kept() {
    let heard = broadcast(&["754c42821498126200c48d06af37bed55555594b5fc4004400b388643a55029ec4"]);
    let identity = heard.identity.expect("an identity");
    assert_eq!(texts(&identity.plmns), ["310-410", "310-260", "262-01"]);
    assert_eq!((identity.tac, identity.eci.get(), identity.band), (0x1234, 0x1AB_CDEF, 64));
    assert_eq!((identity.csg_indication, identity.csg_identity), (true, Some(0x555_5555)));
    assert_eq!(identity.tdd_config, Some((2, 7)));
    assert_eq!(heard.facts.scheduled_sibs, [2, 3, 4, 5, 6, 7, 10, 12, 13, 20]);
    assert_eq!((heard.facts.q_rx_lev_min_dbm, heard.facts.value_tag), (Some(-120), Some(17)));
}

/// By an independent encoder.
#[test]
fn reselection_neighbours_and_names_are_flattened() {
    let heard = broadcast(&[
        "0087420dda516e232a3a85b0002fd0aa2386000ec09cc0a6016c031806b02641cb10",
        "000c47039d148a34f44c14c05b018c06b20060e148a3480c07cc8200",
        "0014904b0052e4c37ff14420",
        "001d3549bd9dd594819995b5d1bc830e90",
    ]);
    let facts = &heard.facts;
    assert_eq!((facts.serving_priority, facts.q_hyst_db), (Some(6), Some(4)));
    assert_eq!(facts.intra_neighbours, [10, 11, 12, 13]);
    assert_eq!((&facts.intra_excluded[..], facts.csg_pci_range), (&[(100, 8)][..], Some((300, 24))));
    let [first, second] = &facts.inter_frequencies[..] else { panic!("two carriers") };
    assert_eq!((first.earfcn, first.priority, first.q_rx_lev_min_dbm), (1850, Some(7), -120));
    assert_eq!((first.neighbours.len(), second.earfcn, second.priority), (4, 3100, None));
    assert_eq!(facts.other_technologies, [OtherTechnology { rat: Rat::Geran, carrier: 600, priority: Some(7) }]);
    assert_eq!(facts.hnb_name.as_deref(), Some("Rogue femto ä"));
    assert_eq!(heard.identity, None);
}

/// By an independent encoder: ETWS, and the first segment of a CMAS message.
#[test]
fn warnings_are_kept_once() {
    let sib10 = concat!(
        "0021110030100580000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
        "1c1d1e1f202122232425262728292a2b2c2d2e2f3031",
    );
    let heard = broadcast(&[sib10, sib10]);
    let warning = Warning { message_identifier: 0x1100, serial_number: 0x3010, text: None };
    assert_eq!(heard.facts.warnings, [warning]);
}

#[test]
fn a_list_without_a_country_code_is_a_fault_and_no_identity() {
    let block = hex::decode("405140112e113f0d1018202091002822a1").expect("hexadecimal");
    let mut bits: Vec<u8> = (0..8 * block.len()).map(|i| block[i / 8] >> (7 - i % 8) & 1).collect();
    // Behind two bits of choices, three of presence, one of csg-Identity's presence and three of the list's length
    // the first mcc's presence and its three digits.
    bits.splice(9..22, [0]);
    bits.resize(8 * block.len(), 0);
    let block: Vec<u8> = bits.chunks_exact(8).map(|octet| octet.iter().fold(0, |n, bit| n << 1 | bit)).collect();
    let mut heard = Broadcast::default();
    heard.take(&decode_bcch_dl_sch(&block).expect("still a message"), Duplex::Fdd);
    assert_eq!(heard.identity, None);
    assert_eq!(heard.facts.faults, ["plmn-IdentityList starts without a mobile country code"]);
}

/// What one block says, nothing where it is no message.
fn take(block: &[u8]) -> Broadcast {
    let mut broadcast = Broadcast::default();
    if let Ok(message) = decode_bcch_dl_sch(block) {
        broadcast.take(&message, Duplex::Fdd);
    }
    broadcast
}

#[test]
fn a_sib1_that_is_cut_keeps_its_identity_or_gives_none() {
    let mut prefixes = 0;
    let vectors: Vec<Value> =
        serde_json::from_str(include_str!("../../../../tests/vectors/rrc.json")).expect("the vectors are JSON");
    for vector in vectors {
        let block = hex::decode(vector["uper_hex"].as_str().expect("a text")).expect("hexadecimal");
        let Some(identity) = take(&block).identity else { continue };
        for length in 0..block.len() {
            let cut = take(&block[..length]);
            if let Some(cut_identity) = cut.identity {
                assert_eq!((&cut_identity.plmns, cut_identity.eci), (&identity.plmns, identity.eci), "{vector}");
                prefixes += usize::from(cut.schedule.is_none() && !cut.facts.faults.is_empty());
            }
        }
    }
    assert!(prefixes > 10, "{prefixes} blocks gave an identity and a fault");
}

/// The blocks that the recordings beside the repository hold, against the identities that their transmitter was given.
#[test]
fn every_block_of_the_recordings_gives_its_identity() {
    for folder in ["ota", "synth", "drive-a"] {
        let Ok(text) = fs::read_to_string(format!("../shared/captures/{folder}/truth.json")) else { return };
        let truth: Value = serde_json::from_str(&text).expect("JSON");
        assert!(check_cells(&truth) > 0, "{folder}");
    }
}

/// Checks every object with a `sib1_hex`, however deep.
fn check_cells(truth: &Value) -> usize {
    if let Some(sib1) = truth["sib1_hex"].as_str() {
        let mut broadcast = Broadcast::default();
        let si = truth["si_hex"].as_array().into_iter().flatten().map(|text| text.as_str().expect("a text"));
        for block in std::iter::once(sib1).chain(si) {
            let block = hex::decode(block).expect("hexadecimal");
            broadcast.take(&decode_bcch_dl_sch(&block).expect("a message"), Duplex::Fdd);
        }
        let identity = broadcast.identity.expect("an identity");
        let plmns: Vec<String> = identity.plmns.iter().map(ToString::to_string).collect();
        assert_eq!(truth["plmns"], json!(plmns));
        assert_eq!((&truth["tac"], &truth["eci"]), (&json!(identity.tac), &json!(identity.eci.get())));
        assert_eq!(broadcast.facts.faults, Vec::<String>::new());
        if truth.get("csg_identity").is_some() {
            assert_eq!(truth["csg_identity"], json!(identity.csg_identity));
        }
        return 1;
    }
    match truth {
        Value::Object(fields) => fields.values().map(check_cells).sum(),
        Value::Array(values) => values.iter().map(check_cells).sum(),
        _ => 0,
    }
}

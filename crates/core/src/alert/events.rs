//! The events that a dwell sends to the registry service.

use cellwarden_event::{
    AlertData, Payload, ReceiverPosition, SightingData,
    outbox::{OutboxEvent, ScannerName, cell_key},
};
use cellwarden_text::Language;
use sha2::{Digest, Sha256};

use super::{Alert, sentence};
use crate::{
    detect::Judged,
    observation::{Ecgi, Observation, Position},
};

/// The event of an alert's revision: its fields, the hash of its evidence, and where the receiver was when it was raised.
#[must_use]
pub fn alert_event(
    scanner: &ScannerName,
    alert: &Alert,
    evidence_sha256: Option<&str>,
    recording: &str,
    position: Option<Position>,
) -> OutboxEvent {
    // Every field of an alert has its place in the event: a new one does not compile until it has.
    let Alert {
        id,
        revision,
        state,
        time,
        rule,
        rule_version,
        severity,
        technology,
        ecgi,
        pci,
        earfcn,
        transmitter,
        identities,
        merged_into,
        last_heard,
        summary,
        evidence,
        evidence_file,
    } = alert.clone();
    let ecgi = ecgi.map(|ecgi| ecgi.to_string());
    let cell = cell_key(ecgi.clone(), pci.get(), earfcn);
    let data = AlertData {
        alert_id: Some(id.clone()),
        id,
        revision,
        state,
        time,
        rule,
        rule_version,
        severity,
        technology,
        ecgi,
        pci: pci.get(),
        earfcn,
        transmitter: Some(transmitter),
        identities: identities.iter().map(Ecgi::to_string).collect(),
        merged_into,
        last_heard,
        summary,
        summary_ko: Some(sentence(Language::Korean, alert)),
        evidence,
        evidence_file,
        evidence_sha256: evidence_sha256.map(str::to_owned),
        recording: recording.to_owned(),
        position: position.map(ReceiverPosition::from),
    };
    OutboxEvent::new(scanner, alert.revision_id(), cell, time, Payload::Alert(Box::new(data)))
}

/// The event of a cell heard: the `number`th of its dwell.
#[must_use]
pub fn sighting_event(scanner: &ScannerName, number: usize, o: &Observation, judged: &Judged) -> OutboxEvent {
    let identity = o.identity.as_ref();
    let ecgi = judged.ecgi.as_ref().map(Ecgi::to_string);
    let suppressed = judged.findings.iter().filter(|finding| finding.grounds.suppressed);
    let data = SightingData {
        recording: o.dwell.recording.clone(),
        seconds: o.dwell.seconds,
        gain_db: o.dwell.gain_db,
        clipped: o.dwell.clipped,
        technology: o.technology,
        carrier_hz: o.carrier.hz,
        earfcn: o.carrier.earfcn,
        band: o.carrier.band,
        pci: o.pci.get(),
        antenna_ports: o.mib.map(|mib| mib.antenna_ports.count() as u8),
        bandwidth_rb: o.mib.map(|mib| mib.bandwidth.n_rb_dl() as u8),
        cfo_hz: Some(o.offset.hz),
        rsrp_dbfs: Some(o.level.rsrp_dbfs.into()),
        rsrp_dbm: o.level.rsrp_dbm.map(f64::from),
        rsrq_db: o.level.rsrq_db.map(f64::from),
        sinr_db: Some(o.level.sinr_db.into()),
        state: o.state,
        ecgi: ecgi.clone(),
        plmns: identity.map(|id| id.all_plmns().iter().map(ToString::to_string).collect()),
        tac: identity.map(|id| id.tac),
        eci: identity.map(|id| id.eci.get()),
        csg_identity: identity.and_then(|id| id.csg_identity),
        hnb_name: o.broadcast.hnb_name.clone(),
        verdict: judged.verdict,
        rules: judged.findings.iter().map(|finding| finding.rule.clone()).collect(),
        rules_suppressed: suppressed.map(|finding| finding.rule.clone()).collect(),
        position: o.position.map(ReceiverPosition::from),
    };
    let start = o.dwell.start.map(|time| time.to_string());
    let name = format!("sighting|{}|{start:?}|{}|{}|{number}", o.dwell.recording, o.carrier.hz, o.pci);
    let id = hex::encode(&Sha256::digest(name.as_bytes())[..12]);
    let cell = cell_key(ecgi, o.pci.get(), o.carrier.earfcn);
    OutboxEvent::new(scanner, id, cell, o.time(), Payload::Sighting(Box::new(data)))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::detect::{
        Verdict,
        scene::{Build, macro_cell},
    };

    fn scanner() -> ScannerName {
        ScannerName::new("van-3").expect("a name")
    }

    #[test]
    fn a_sighting_has_one_id_however_often_it_is_made() {
        let Build { observation, .. } = macro_cell(0x3f_0d101, 301);
        let judged =
            Judged { ecgi: observation.ecgi(), verdict: Verdict::Registered, findings: Vec::new(), phase_s: None };
        let event = |number| sighting_event(&scanner(), number, &observation, &judged);
        assert_eq!(event(0), event(0));
        assert_ne!(event(0).id, event(1).id, "two transmitters with one PCI are two cells");
        let cloud: Value = serde_json::from_str(&event(0).json).expect("JSON");
        assert_eq!((&cloud["id"], &cloud["specversion"]), (&event(0).id.into(), &"1.0".into()));
        assert_eq!(cloud["subject"], "450-08-3f0d101");
        assert_eq!(cloud["data"]["eci"], 0x3f_0d101);
        assert!(cloud.get("time").is_none(), "a recording without a time gives none");
    }
}

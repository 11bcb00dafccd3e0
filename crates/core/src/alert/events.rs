//! The events that a dwell sends to the registry service.

use cellwarden_event::outbox::{EventKind, OutboxEvent, ScannerName, cell_key, cloud_event};
use cellwarden_text::Language;
use lte_dsp::cell::Pci;
use serde_json::json;
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
    let ecgi = alert.ecgi.map(|ecgi| ecgi.to_string());
    let cell = cell_key(ecgi, Some(u64::from(alert.pci.get())), alert.earfcn.map(u64::from));
    let mut data = json!(alert);
    data["alert_id"] = alert.id.as_str().into();
    data["summary_ko"] = sentence(Language::Korean, alert).into();
    data["evidence_sha256"] = evidence_sha256.into();
    data["recording"] = recording.into();
    data["position"] = json!(position);
    cloud_event(scanner, EventKind::Alert, alert.revision_id(), cell, alert.time.map(|time| time.to_string()), data)
}

/// The event of a cell heard: the `number`th of its dwell.
#[must_use]
pub fn sighting_event(scanner: &ScannerName, number: usize, o: &Observation, judged: &Judged) -> OutboxEvent {
    let identity = o.identity.as_ref();
    let mib = o.mib.as_ref();
    let earfcn = o.carrier.earfcn;
    let ecgi = judged.ecgi.as_ref().map(Ecgi::to_string);
    let rules: Vec<&str> = judged.findings.iter().map(|finding| &*finding.rule).collect();
    let suppressed: Vec<&str> =
        judged.findings.iter().filter(|finding| finding.grounds.suppressed).map(|finding| &*finding.rule).collect();
    let data = json!({
        "recording": o.dwell.recording,
        "seconds": o.dwell.seconds,
        "gain_db": o.dwell.gain_db,
        "clipped": o.dwell.clipped,
        "technology": o.technology,
        "carrier_hz": o.carrier.hz,
        "earfcn": earfcn,
        "band": o.carrier.band,
        "pci": o.pci.get(),
        "antenna_ports": mib.map(|mib| mib.antenna_ports.count()),
        "bandwidth_rb": mib.map(|mib| mib.bandwidth.n_rb_dl()),
        "cfo_hz": o.offset.hz,
        "rsrp_dbfs": o.level.rsrp_dbfs,
        "rsrp_dbm": o.level.rsrp_dbm,
        "rsrq_db": o.level.rsrq_db,
        "sinr_db": o.level.sinr_db,
        "state": o.state,
        "ecgi": ecgi,
        "plmns": identity.map(|id| id.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>()),
        "tac": identity.map(|id| id.tac),
        "eci": identity.map(|id| id.eci.get()),
        "csg_identity": identity.and_then(|id| id.csg_identity),
        "hnb_name": o.broadcast.hnb_name,
        "position": o.position,
        "verdict": judged.verdict,
        "rules": rules,
        "rules_suppressed": suppressed,
    });
    let start = o.dwell.start.map(|time| time.to_string());
    let name = format!("sighting|{}|{start:?}|{}|{}|{number}", o.dwell.recording, o.carrier.hz, o.pci);
    let id = hex::encode(&Sha256::digest(name.as_bytes())[..12]);
    let cell = cell_key(ecgi, Some(u64::from(Pci::get(o.pci))), earfcn.map(u64::from));
    cloud_event(scanner, EventKind::Sighting, id, cell, o.time().map(|time| time.to_string()), data)
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

//! A cell as it may be heard, made by hand: what unit tests and integration tests begin with, and change.

use crate::observation::{
    BroadcastFacts, Carrier, CarrierOffset, CellIdentity, CellState, Dwell, Eci, FrameTiming, Level, MibFacts,
    Observation, Position, Technology,
};
use lte_dsp::cell::{AntennaPorts, Bandwidth, CyclicPrefix, Duplex, Pci, PhichDuration, PhichResource, Sfn};

/// A 5 MHz cell with two ports on EARFCN 1550, decoded to its MIB.
pub fn observation(pci: u16) -> Observation {
    Observation {
        dwell: Dwell {
            recording: "drive-a-000".to_owned(),
            start: Some("2026-11-20T01:00:00Z".parse().expect("a time")),
            seconds: 0.06,
            gain_db: Some(-20.0),
            lost: 0,
            clipped: 0.0,
        },
        technology: Technology::Lte,
        carrier: Carrier { hz: 1840e6, earfcn: Some(1550), band: Some(3) },
        earfcn_candidates: Vec::new(),
        pci: Pci::new(pci).expect("below 504"),
        duplex: Duplex::Fdd,
        cp: CyclicPrefix::Normal,
        state: CellState::Mib,
        mib: Some(MibFacts {
            antenna_ports: AntennaPorts::Two,
            bandwidth: Bandwidth::Rb25,
            phich_duration: PhichDuration::Normal,
            phich_resource: PhichResource::One,
        }),
        timing: FrameTiming { sfn: Some(Sfn::wrapping(100)), at_sample: 0.0, at_seconds: 0.001 },
        offset: CarrierOffset { hz: -2200.0, ppm: -1.2, error_hz: 5.0 },
        level: Level { rsrp_dbfs: -40.0, rsrp_dbm: None, rsrq_db: None, sinr_db: 10.0 },
        identity: None,
        sib1_periods: 0,
        si_agrees: false,
        broadcast: BroadcastFacts::default(),
        blocks: Vec::new(),
        sibs: serde_json::Map::new(),
        position: Some(Position { lat: 37.478, lon: 126.878, error_m: 5.0 }),
        note: None,
        frame_number_stands: false,
    }
}

/// The same decoded to its SIB1, in two periods.
#[allow(dead_code, reason = "each test is a program of its own with this module in it")]
pub fn identified(pci: u16, eci: u32) -> Observation {
    let identity = Some(identity(eci));
    Observation { state: CellState::Sib1, identity, sib1_periods: 2, ..observation(pci) }
}

/// What SIB1 says of a cell of 450-08.
#[allow(dead_code, reason = "each test is a program of its own with this module in it")]
pub fn identity(eci: u32) -> CellIdentity {
    CellIdentity {
        plmns: vec!["450-08".parse().expect("a PLMN")],
        tac: 11793,
        eci: Eci::new(eci).expect("28 bits"),
        accesses_r14: Vec::new(),
        csg_indication: false,
        csg_identity: None,
        cell_barred: false,
        tdd_config: None,
        band: 3,
    }
}

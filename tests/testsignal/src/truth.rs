//! What a receiver should find in a recording, from the transmitters' settings alone.

use lte_dsp::cell::{CyclicPrefix, PhichDuration, PhichResource, Sfn};
use serde_json::{Value, json};

use crate::{
    broadcast::{BitWriter, sib1, system_information},
    scenario::{CellConfig, Scenario},
    subframe::Payload,
};

impl Scenario {
    /// One entry `{name: {…}}`: the recording, its cells with what each broadcasts, and the alerts it should raise.
    #[must_use]
    pub fn truth(&self) -> Value {
        let cells: Vec<Value> = self.cells.iter().map(|cell| self.cell_truth(cell)).collect();
        let alerts: Vec<Value> = self
            .alerts
            .iter()
            .map(|alert| json!({ "rule": alert.rule, "ecgi": alert.ecgi, "pci": alert.pci }))
            .collect();
        json!({ self.name.clone(): {
            "format": self.front_end.format.datatype(),
            "sample_rate": self.sample_rate_hz,
            "center_hz": self.center_hz,
            "ppm": self.crystal_ppm,
            "seconds": self.samples() as f64 / self.sample_rate_hz,
            "cells": cells,
            "alerts": alerts,
        }})
    }

    /// Where the cell's carrier lies in the recording, relative to where it should.
    #[must_use]
    pub fn true_cfo_hz(&self, cell: &CellConfig) -> f64 {
        let offset_hz = cell.carrier_hz + cell.cfo_hz - self.center_hz * (1.0 + self.crystal_ppm * 1e-6);
        offset_hz / (1.0 + self.clock_error()) - (cell.carrier_hz - self.center_hz)
    }

    /// The first frame that starts in the recording: its number and the sample where it starts.
    #[must_use]
    pub fn first_frame(&self, cell: &CellConfig) -> (Sfn, f64) {
        let frames = (cell.time_offset_s / 0.01).ceil();
        let seconds = (0.01 * frames - cell.time_offset_s) / (1.0 + cell.cfo_hz / cell.carrier_hz);
        let sfn = Sfn::wrapping(i64::from(cell.first_sfn) + frames as i64);
        (sfn, seconds * self.sample_rate_hz * (1.0 + self.clock_error()))
    }

    fn cell_truth(&self, cell: &CellConfig) -> Value {
        let (sfn, sample) = self.first_frame(cell);
        let mut truth = json!({
            "pci": cell.pci.get(),
            "duplex": if cell.tdd.is_some() { "tdd" } else { "fdd" },
            "cp": if cell.cp == CyclicPrefix::Normal { "normal" } else { "extended" },
            "antenna_ports": cell.antenna_ports.count(),
            "bandwidth_rb": cell.bandwidth.n_rb_dl(),
            "phich_duration": if cell.phich_duration == PhichDuration::Normal { "normal" } else { "extended" },
            "phich_resource": match cell.phich_resource {
                PhichResource::OneSixth => "1/6",
                PhichResource::Half => "1/2",
                PhichResource::One => "1",
                PhichResource::Two => "2",
            },
            "carrier_hz": cell.carrier_hz,
            "true_cfo_hz": self.true_cfo_hz(cell),
            "crs_es_n0_db": cell.crs_es_n0_db,
            "sfn": sfn.get(),
            "sfn_at_sample": sample.round() as u64,
            "expect": cell.expect.name(cell),
        });
        if let Some(tdd) = cell.tdd {
            truth["tdd_config"] = json!([tdd.assignment, tdd.special_subframe]);
        }
        let Some(si) = &cell.system_information else { return truth };
        let block = |message: &BitWriter| Payload::of(cell, message).map(|payload| payload.hex());
        let plmns: Vec<String> = si.plmns.iter().map(ToString::to_string).collect();
        truth["ecgis"] = plmns.iter().map(|plmn| format!("{plmn}-{:07x}", si.cell_identity)).collect();
        truth["plmns"] = json!(plmns);
        truth["tac"] = json!(si.tac);
        truth["eci"] = json!(si.cell_identity);
        truth["cell_barred"] = json!(si.cell_barred);
        truth["csg_indication"] = json!(si.csg_indication);
        truth["csg_identity"] = json!(si.csg_identity);
        if !si.hnb_name.is_empty() {
            truth["hnb_name"] = json!(si.hnb_name);
        }
        truth["sib1_hex"] = json!(block(&sib1(si, cell.tdd, cell.cp)));
        truth["si_hex"] = (0..si.messages.len()).map(|n| json!(block(&system_information(si, n)))).collect();
        truth
    }
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::{Bandwidth, Pci};

    use super::*;

    fn scenario() -> Scenario {
        let cell = CellConfig::new(Pci::new(7).expect("in range"), Bandwidth::Rb6, 1.84e9);
        Scenario::new(1.92e6, 1.84e9, 0.1, vec![cell])
    }

    /// A crystal 2 ppm fast at 1.84 GHz: 3,680 Hz low, and with a cell 300 Hz high -3,380 Hz.
    #[test]
    fn offsets_have_the_receivers_sign() {
        let mut scenario = scenario();
        scenario.crystal_ppm = 2.0;
        scenario.cells[0].cfo_hz = 300.0;
        assert!((scenario.true_cfo_hz(&scenario.cells[0]) + 3_380.0).abs() < 0.1);
    }

    #[test]
    fn frames_count_from_the_offset() {
        let mut scenario = scenario();
        assert_eq!(scenario.first_frame(&scenario.cells[0]), (Sfn::wrapping(0), 0.0));
        (scenario.cells[0].time_offset_s, scenario.cells[0].first_sfn) = (0.004, 1023);
        let (sfn, sample) = scenario.first_frame(&scenario.cells[0]);
        assert_eq!(sfn.get(), 0);
        assert!((sample - 11_520.0).abs() < 1e-6, "{sample}");
    }
}

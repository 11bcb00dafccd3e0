//! Writes a recording as a SigMF pair. SigMF specification 1.2.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use num_complex::Complex32;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

use crate::scenario::Scenario;

/// Samples turned into bytes at a time.
const BLOCK: usize = 1 << 16;

/// Writes `NAME.sigmf-data` and `NAME.sigmf-meta` of a scenario's samples into `folder`.
///
/// # Errors
/// If a file cannot be written.
pub fn write(scenario: &Scenario, samples: &[Complex32], folder: &Path) -> io::Result<()> {
    let path = |extension: &str| folder.join(format!("{}.{extension}", scenario.name));
    let mut file = fs::File::create(path("sigmf-data"))?;
    let mut hash = Sha512::new();
    let mut bytes = Vec::new();
    for block in samples.chunks(BLOCK) {
        bytes.clear();
        block.iter().for_each(|x| scenario.front_end.format.write(*x, &mut bytes));
        hash.update(&bytes);
        file.write_all(&bytes)?;
    }
    let sha512 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    fs::write(path("sigmf-meta"), format!("{:#}\n", meta(scenario, &sha512)))
}

fn meta(scenario: &Scenario, sha512: &str) -> Value {
    let mut capture = json!({
        "core:sample_start": 0,
        "core:frequency": scenario.center_hz,
        "core:datetime": scenario.datetime,
    });
    if let Some([lat, lon]) = scenario.position {
        capture["core:geolocation"] = json!({ "type": "Point", "coordinates": [lon, lat] });
    }
    let mut recording = json!({
        "global": {
            "core:version": "1.2.0",
            "core:datatype": scenario.front_end.format.datatype(),
            "core:sample_rate": scenario.sample_rate_hz,
            "core:description": scenario.description,
            "core:recorder": concat!("testsignal ", env!("CARGO_PKG_VERSION")),
            "core:sha512": sha512,
        },
        "captures": [],
        "annotations": [],
    });
    if let Some(gain_db) = scenario.front_end.gain_db {
        capture["capture_details:gain"] = json!(gain_db);
        recording["global"]["core:extensions"] =
            json!([{ "name": "capture_details", "version": "1.0.0", "optional": true }]);
    }
    recording["captures"] = json!([capture]);
    recording
}

//! Events: one JSON object a line, the first a header, the last a summary. Programs rely on every key.

use std::io::{self, Write};

use jiff::Timestamp;
use lte_dsp::cell::{CyclicPrefix, Duplex, PhichDuration, PhichResource};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{DeviceCounts, SearchNote, StorageCounts, Summary, SweepProgress, whereabouts::whereabouts_value};
use cellwarden_core::{
    alert::{Alert, CellId},
    detect::{Finding, Verdict},
    drive::{JudgedCell, SearchedDwell},
    locate::Whereabouts,
    observation::{BlockChannel, CellState, Observation, PagingCounts, Position, ReceivedBlock, Technology},
};

/// Name and version of the events' form.
const SCHEMA: &str = "cellwarden.events/1";

/// Writes events.
pub struct JsonReport<W: Write> {
    out: W,
}

/// A line.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Event<'a> {
    Header {
        schema: &'static str,
        version: &'static str,
        command: &'a str,
        rules_version: Option<&'a str>,
    },
    Cell(Box<CellEvent<'a>>),
    Alert(&'a Alert),
    Place {
        ecgi: Option<String>,
        pci: u16,
        earfcn: Option<u32>,
        carrier_hz: u64,
        whereabouts: Value,
    },
    Lost(LostEvent<'a>),
    Note(NoteEvent<'a>),
    Error {
        recording: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<&'a str>,
        message: &'a str,
    },
    Storage {
        time: String,
        ok: bool,
        message: &'a str,
        #[serde(flatten)]
        counts: &'a StorageCounts,
    },
    Sweep(SweepEvent),
    Summary(SummaryEvent),
}

/// The `sweep` event.
#[derive(Serialize)]
struct SweepEvent {
    time: String,
    sweep: u64,
    complete: bool,
    band: Option<u16>,
    center_hz: f64,
    window: Option<usize>,
    windows: usize,
    windows_searched: usize,
    carriers: usize,
    carriers_identified: usize,
    carriers_overdue: usize,
    seconds: f64,
    seconds_left: Option<f64>,
    seconds_since_complete: Option<f64>,
    air: AirEvent,
}

/// What became of the time of a sweep, in shares.
#[derive(Serialize)]
struct AirEvent {
    searched: f64,
    processing: f64,
    retuning: f64,
    lost: f64,
}

/// The `lost` event: samples of a dwell, or faults of a device.
#[derive(Serialize, Default)]
struct LostEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    samples: u64,
    #[serde(flatten)]
    counts: Option<&'a DeviceCounts>,
}

/// The `note` event.
#[derive(Serialize)]
struct NoteEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    recording: &'a str,
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
}

/// The `summary` event.
#[derive(Serialize)]
struct SummaryEvent {
    recordings: u64,
    cells: u64,
    alerts: u64,
    iq_seconds: f64,
    wall_seconds: f64,
    cpu_seconds: f64,
    realtime_factor: f64,
    lost_samples: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    skipped_samples: Option<u64>,
    errors: u64,
}

/// The `cell` event.
#[derive(Serialize)]
struct CellEvent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    recording: &'a str,
    technology: Technology,
    carrier_hz: f64,
    earfcn: Option<u32>,
    earfcn_certain: bool,
    earfcn_candidates: &'a [u32],
    band: Option<u16>,
    pci: u16,
    duplex: &'static str,
    cp: &'static str,
    antenna_ports: Option<usize>,
    bandwidth_rb: Option<usize>,
    phich_duration: Option<&'static str>,
    phich_resource: Option<&'static str>,
    sfn: Option<u16>,
    sfn_at_sample: Option<f64>,
    cfo_hz: f64,
    cfo_ppm: f64,
    /// Share of the dwell's samples that the converter clipped.
    clipped: f64,
    rsrp_dbfs: f64,
    rsrp_dbm: Option<f64>,
    rsrq_db: Option<f64>,
    sinr_db: f64,
    state: CellState,
    note: Option<&'a str>,
    frame_number_stands: bool,
    plmns: Option<Vec<String>>,
    tac: Option<u16>,
    eci: Option<u32>,
    ecgis: Option<Vec<String>>,
    csg_indication: Option<bool>,
    csg_identity: Option<u32>,
    hnb_name: Option<&'a str>,
    cell_barred: Option<bool>,
    tdd_config: Option<[u8; 2]>,
    mib_hex: Option<String>,
    sib1_hex: Option<String>,
    si_hex: Vec<String>,
    paging: Option<PagingCounts>,
    sibs: &'a Map<String, Value>,
    position: Option<Position>,
    verdict: Verdict,
    findings: &'a [Finding],
}

impl<W: Write> JsonReport<W> {
    /// A report to `out`.
    pub fn new(out: W) -> Self {
        Self { out }
    }

    /// The `header` event.
    ///
    /// # Errors
    /// From writing.
    pub fn begin(&mut self, command: &str, rules_version: Option<&str>) -> io::Result<()> {
        self.line(&Event::Header { schema: SCHEMA, version: env!("CARGO_PKG_VERSION"), command, rules_version })?;
        // Whoever reads it learns that the work has begun, however long the first recording is.
        self.out.flush()
    }

    /// The `cell` events of a dwell, a `note` event for each reason that nothing was found or not all was searched, and a
    /// `lost` event where samples were lost.
    ///
    /// # Errors
    /// From writing.
    pub fn dwell(&mut self, dwell: &SearchedDwell, cells: &[JudgedCell], notes: &[SearchNote]) -> io::Result<()> {
        for cell in cells {
            self.line(&Event::Cell(Box::new(cell_event(cell))))?;
        }
        for note in notes {
            self.note(&dwell.recording, dwell.start, note)?;
        }
        if dwell.lost > 0 {
            let recording = Some(dwell.recording.as_str());
            self.line(&Event::Lost(LostEvent { recording, samples: dwell.lost, ..LostEvent::default() }))?;
        }
        self.out.flush()
    }

    /// An `alert` event.
    ///
    /// # Errors
    /// From writing.
    pub fn alert(&mut self, alert: &Alert) -> io::Result<()> {
        self.line(&Event::Alert(alert))?;
        self.out.flush()
    }

    /// A `place` event: where a suspicious cell is, by what was heard of it until now.
    ///
    /// # Errors
    /// From writing.
    pub fn place(&mut self, id: &CellId, whereabouts: &Whereabouts) -> io::Result<()> {
        self.line(&Event::Place {
            ecgi: id.ecgi.map(|ecgi| ecgi.to_string()),
            pci: id.pci.get(),
            earfcn: id.earfcn,
            carrier_hz: id.carrier_hz,
            whereabouts: whereabouts_value(whereabouts),
        })?;
        self.out.flush()
    }

    /// A `lost` event of a device.
    ///
    /// # Errors
    /// From writing.
    pub fn device(&mut self, device: &str, time: Timestamp, counts: &DeviceCounts) -> io::Result<()> {
        let (time, device, counts) = (Some(time.to_string()), Some(device), Some(counts));
        self.line(&Event::Lost(LostEvent { time, device, counts, ..LostEvent::default() }))?;
        self.out.flush()
    }

    /// An `error` event.
    ///
    /// # Errors
    /// From writing.
    pub fn error(&mut self, recording: &str, code: Option<&str>, message: &str) -> io::Result<()> {
        self.line(&Event::Error { recording, code, message })?;
        self.out.flush()
    }

    /// A `note` event.
    ///
    /// # Errors
    /// From writing.
    pub fn note(&mut self, recording: &str, time: Option<Timestamp>, note: &SearchNote) -> io::Result<()> {
        let SearchNote { code, message, share } = note;
        let (time, share) = (time.map(|time| time.to_string()), share.map(|share| rounded(share, 4)));
        self.line(&Event::Note(NoteEvent { time, recording, code, message, share }))?;
        self.out.flush()
    }

    /// A `sweep` event: where a scan's sweep stands.
    ///
    /// # Errors
    /// From writing.
    pub fn sweep(&mut self, time: Timestamp, progress: &SweepProgress) -> io::Result<()> {
        let air = progress.air;
        self.line(&Event::Sweep(SweepEvent {
            time: time.to_string(),
            sweep: progress.sweep,
            complete: progress.is_complete,
            band: progress.band,
            center_hz: progress.center_hz,
            window: progress.window,
            windows: progress.windows,
            windows_searched: progress.windows_searched,
            carriers: progress.carriers,
            carriers_identified: progress.carriers_identified,
            carriers_overdue: progress.carriers_overdue,
            seconds: rounded(progress.seconds, 3),
            seconds_left: progress.seconds_left.map(|left| rounded(left, 1)),
            seconds_since_complete: progress.seconds_since_complete.map(|age| rounded(age, 1)),
            air: AirEvent {
                searched: rounded(air.searched, 4),
                processing: rounded(air.processing, 4),
                retuning: rounded(air.retuning, 4),
                lost: rounded(air.lost, 6),
            },
        }))?;
        self.out.flush()
    }

    /// A `storage` event: the store cannot be written, or can again.
    ///
    /// # Errors
    /// From writing.
    pub fn storage(&mut self, time: Timestamp, ok: bool, message: &str, counts: &StorageCounts) -> io::Result<()> {
        self.line(&Event::Storage { time: time.to_string(), ok, message, counts })?;
        self.out.flush()
    }

    /// The `summary` event.
    ///
    /// # Errors
    /// From writing.
    pub fn end(&mut self, summary: &Summary) -> io::Result<()> {
        self.line(&Event::Summary(SummaryEvent {
            recordings: summary.recordings,
            cells: summary.cells,
            alerts: summary.alerts,
            iq_seconds: rounded(summary.iq_seconds, 6),
            wall_seconds: rounded(summary.wall_seconds, 6),
            cpu_seconds: rounded(summary.cpu_seconds, 6),
            realtime_factor: rounded(summary.realtime_factor(), 3),
            lost_samples: summary.lost_samples,
            skipped_samples: summary.skipped_samples,
            errors: summary.errors,
        }))?;
        self.out.flush()
    }

    fn line(&mut self, event: &Event<'_>) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, event)?;
        self.out.write_all(b"\n")
    }
}

fn cell_event(JudgedCell { observation, verdict, findings }: &JudgedCell) -> CellEvent<'_> {
    let Observation { mib, identity, timing, offset, level, carrier, .. } = observation;
    let identity = identity.as_ref();
    let blocks = |channel| observation.blocks.iter().filter(move |block| block.channel == channel);
    let hex = |block: &ReceivedBlock| hex::encode(&block.bytes);
    // SIB1 comes before the SI messages that it schedules.
    let mut shared = blocks(BlockChannel::BcchDlSch).map(hex);
    let sib1_hex = shared.next();
    let mut si_hex: Vec<String> = Vec::new();
    for message in shared {
        if !si_hex.contains(&message) {
            si_hex.push(message);
        }
    }
    CellEvent {
        time: observation.time().map(|time| time.to_string()),
        recording: &observation.dwell.recording,
        technology: observation.technology,
        carrier_hz: carrier.hz,
        earfcn: carrier.earfcn,
        earfcn_certain: observation.is_carrier_certain(),
        earfcn_candidates: &observation.earfcn_candidates,
        band: carrier.band,
        pci: observation.pci.get(),
        duplex: duplex_word(observation.duplex),
        cp: match observation.cp {
            CyclicPrefix::Normal => "normal",
            CyclicPrefix::Extended => "extended",
        },
        antenna_ports: mib.map(|mib| mib.antenna_ports.count()),
        bandwidth_rb: mib.map(|mib| mib.bandwidth.n_rb_dl()),
        phich_duration: mib.map(|mib| match mib.phich_duration {
            PhichDuration::Normal => "normal",
            PhichDuration::Extended => "extended",
        }),
        phich_resource: mib.map(|mib| match mib.phich_resource {
            PhichResource::OneSixth => "1/6",
            PhichResource::Half => "1/2",
            PhichResource::One => "1",
            PhichResource::Two => "2",
        }),
        sfn: timing.sfn.map(|sfn| sfn.get()),
        sfn_at_sample: timing.sfn.map(|_| rounded(timing.at_sample, 2)),
        cfo_hz: rounded(offset.hz, 1),
        cfo_ppm: rounded(offset.ppm, 4),
        clipped: rounded(observation.dwell.clipped, 4),
        rsrp_dbfs: rounded(level.rsrp_dbfs, 2),
        rsrp_dbm: level.rsrp_dbm.map(|x| rounded(x, 2)),
        rsrq_db: level.rsrq_db.map(|x| rounded(x, 2)),
        sinr_db: rounded(level.sinr_db, 2),
        state: observation.state,
        note: observation.note.as_deref(),
        frame_number_stands: observation.frame_number_stands,
        plmns: identity.map(|i| i.all_plmns().iter().map(ToString::to_string).collect()),
        tac: identity.map(|i| i.tac),
        eci: identity.map(|i| i.eci.get()),
        ecgis: identity.map(|i| i.ecgis().iter().map(ToString::to_string).collect()),
        csg_indication: identity.map(|i| i.csg_indication),
        csg_identity: identity.and_then(|i| i.csg_identity),
        hnb_name: observation.broadcast.hnb_name.as_deref(),
        cell_barred: identity.map(|i| i.cell_barred),
        tdd_config: identity.and_then(|i| i.tdd_config).map(|(assignment, special)| [assignment, special]),
        mib_hex: blocks(BlockChannel::BcchBch).next().map(hex),
        sib1_hex,
        si_hex,
        paging: observation.broadcast.paging,
        sibs: &observation.sibs,
        position: observation.position,
        verdict: *verdict,
        findings,
    }
}

pub(super) fn duplex_word(duplex: Duplex) -> &'static str {
    match duplex {
        Duplex::Fdd => "fdd",
        Duplex::Tdd => "tdd",
    }
}

/// Without digits that nobody measured.
fn rounded(x: impl Into<f64>, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (x.into() * scale).round() / scale
}

#[cfg(test)]
pub(super) mod tests;

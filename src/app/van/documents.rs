//! The screen's state as the documents of the van's page: what changed since the last snapshot is made anew.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use crate::tui::{
    ScreenSnapshot,
    state::{AlertEntry, CellEntry, Homing, Site, Spectrum},
    view::cells::kind,
};
use cellwarden_core::{
    alert::{CellId, sentence},
    locate::Whereabouts,
    observation::{MAX_CLIPPED, Position},
};
use cellwarden_text::Language;
use cellwarden_view::Documents;

/// Bins of a spectrum's row: a tablet has hardly more columns.
const BINS: usize = 256;
/// Places of the track in a document.
const TRACK_PART: usize = 256;
/// Documents of the track at most; the oldest goes first.
const MAX_TRACK_PARTS: usize = 80;
/// Places nearer than this to the one before are not drawn apart.
const APART_M: f64 = 5.0;
/// Seconds of the level's curve.
const CURVE_S: f64 = 60.0;

/// What is shown, to see what changes.
#[derive(Default)]
pub struct Shown {
    cells: BTreeMap<String, Arc<CellEntry>>,
    alerts: BTreeMap<String, (Arc<AlertEntry>, Option<String>)>,
    spectra: BTreeMap<String, Arc<Spectrum>>,
    sites: Option<Arc<Vec<Site>>>,
    /// The last place taken of the track, and those of the part that is being filled, by its number.
    taken: Option<Position>,
    part: Vec<[f64; 2]>,
    parts: usize,
}

impl Shown {
    /// The cell of a document.
    pub fn cell(&self, key: &str) -> Option<&CellId> {
        self.cells.get(key).map(|cell| &cell.id)
    }

    /// Brings the documents up to a snapshot.
    pub fn show(&mut self, snapshot: &ScreenSnapshot, documents: &mut Documents) {
        let are_others = self.show_cells(snapshot, documents);
        self.show_alerts(snapshot, are_others, documents);
        self.show_spectra(snapshot, documents);
        self.show_track(snapshot, documents);
        if self.sites.as_ref().is_none_or(|sites| !Arc::ptr_eq(sites, &snapshot.sites)) {
            self.sites = Some(Arc::clone(&snapshot.sites));
            let sites: Vec<[f64; 2]> = snapshot.sites.iter().map(|site| degrees(&site.place)).collect();
            documents.set("sites", &json!(sites));
        }
        match &snapshot.homing {
            Some(homing) => documents.set("homing", &of_homing(homing, &self.key_of(homing))),
            None => documents.remove("homing"),
        }
        documents.set("head", &head(snapshot));
    }

    /// Whether a cell came or went.
    fn show_cells(&mut self, snapshot: &ScreenSnapshot, documents: &mut Documents) -> bool {
        let now: BTreeMap<String, &Arc<CellEntry>> =
            snapshot.cells.iter().map(|cell| (cell_key(&cell.id), cell)).collect();
        let are_others = !now.keys().eq(self.cells.keys());
        self.cells.retain(|key, _| {
            let is_kept = now.contains_key(key);
            if !is_kept {
                documents.remove(key);
            }
            is_kept
        });
        for (key, cell) in now {
            if self.cells.get(&key).is_none_or(|known| !Arc::ptr_eq(known, cell)) {
                documents.set(&key, &of_cell(cell));
                self.cells.insert(key, Arc::clone(cell));
            }
        }
        are_others
    }

    fn show_alerts(&mut self, snapshot: &ScreenSnapshot, are_others: bool, documents: &mut Documents) {
        let ids: BTreeMap<&str, usize> =
            snapshot.alerts.iter().enumerate().map(|(i, entry)| (entry.alert.id.as_str(), i)).collect();
        self.alerts.retain(|id, _| {
            let is_kept = ids.contains_key(id.as_str());
            if !is_kept {
                documents.remove(&format!("alert/{id}"));
            }
            is_kept
        });
        for entry in &snapshot.alerts {
            let id = &entry.alert.id;
            let known = self.alerts.get(id).filter(|(known, _)| Arc::ptr_eq(known, entry));
            if known.is_some() && !are_others {
                continue;
            }
            let cell = self.cells.iter().find(|(_, cell)| entry.alert.is_about(&cell.id)).map(|(key, _)| key.clone());
            if known.is_none_or(|(_, to)| *to != cell) {
                documents.set(&format!("alert/{id}"), &of_alert(entry, cell.as_deref()));
                self.alerts.insert(id.clone(), (Arc::clone(entry), cell));
            }
        }
    }

    fn show_spectra(&mut self, snapshot: &ScreenSnapshot, documents: &mut Documents) {
        for spectrum in &snapshot.spectra {
            let key = format!("spectrum/{:.0}-{:.0}", spectrum.center_hz, spectrum.span_hz);
            if self.spectra.get(&key).is_none_or(|known| !Arc::ptr_eq(known, spectrum)) {
                documents.set(&key, &of_spectrum(spectrum));
                self.spectra.insert(key, Arc::clone(spectrum));
            }
        }
    }

    fn show_track(&mut self, snapshot: &ScreenSnapshot, documents: &mut Documents) {
        let track = &snapshot.track;
        let from = self.taken.and_then(|taken| track.iter().rposition(|place| *place == taken)).map_or(0, |at| at + 1);
        let mut is_longer = false;
        for place in &track[from..] {
            if self.taken.is_some_and(|taken| taken.distance_m(place) < APART_M) {
                continue;
            }
            self.taken = Some(*place);
            self.part.push(degrees(place));
            is_longer = true;
            if self.part.len() >= TRACK_PART {
                documents.set(&part_key(self.parts), &json!(self.part));
                // Parts meet in a place.
                self.part.drain(..TRACK_PART - 1);
                self.parts += 1;
                if self.parts >= MAX_TRACK_PARTS {
                    documents.remove(&part_key(self.parts - MAX_TRACK_PARTS));
                }
            }
        }
        if is_longer {
            documents.set(&part_key(self.parts), &json!(self.part));
        }
    }

    /// The document of the cell that is homed in on: of its entry with a name before one without.
    fn key_of(&self, homing: &Homing) -> String {
        let alike = || self.cells.iter().filter(|(_, cell)| homing.is_of(&cell.id));
        let named = alike().find(|(_, cell)| cell.id.ecgi.is_some()).or_else(|| alike().next());
        named.map_or_else(|| cell_key(&homing.id), |(key, _)| key.clone())
    }
}

fn part_key(part: usize) -> String {
    format!("track/{part:06}")
}

fn cell_key(id: &CellId) -> String {
    let ecgi = id.ecgi.map(|ecgi| ecgi.to_string()).unwrap_or_default();
    format!("cell/{}/{}/{ecgi}", id.carrier_hz, id.pci.get())
}

/// To a tenth of a metre.
fn degrees(place: &Position) -> [f64; 2] {
    [place.lat, place.lon].map(|degree| (degree * 1e6).round() / 1e6)
}

fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn head(snapshot: &ScreenSnapshot) -> Value {
    let health = &snapshot.health;
    let gnss = match health.gnss_mode {
        None => "none",
        Some(0 | 1) => "no-fix",
        Some(_) => "fix",
    };
    let sweep = snapshot.sweep.as_ref().map(|sweep| {
        json!({
            "done": sweep.windows_searched, "windows": sweep.windows, "mhz": sweep.center_hz * 1e-6,
            "age": sweep.seconds_since_complete.map(f64::round), "searched": sweep.air.searched,
        })
    });
    json!({
        "title": snapshot.title,
        "now": snapshot.now,
        "scan": snapshot.replay.is_none(),
        "paused": snapshot.replay.is_some_and(|replay| replay.paused),
        "ended": snapshot.replay.is_some_and(|replay| replay.ended),
        "sweep": sweep,
        "here": snapshot.track.last().map(degrees),
        "gnss": gnss,
        "lost": health.lost_samples,
        "faults": health.faults,
        "disk_gb": health.disk_left_bytes.map(|bytes| tenth(bytes as f64 * 1e-9)),
        "unstored": health.unstored,
        "unstored_alerts": health.unstored_alerts,
        "keeps_notes": health.keeps_notes,
    })
}

fn of_cell(cell: &CellEntry) -> Value {
    let observation = &cell.observation;
    let identity = observation.identity.as_ref();
    let findings: Vec<Value> = cell
        .findings
        .iter()
        .map(|finding| json!({"rule": finding.rule.to_string(), "severity": finding.severity.word()}))
        .collect();
    json!({
        "verdict": cell.verdict.word(),
        "pci": cell.id.pci.get(),
        "earfcn": cell.id.earfcn,
        "ecgi": cell.id.ecgi.map(|ecgi| ecgi.to_string()),
        "band": observation.carrier.band,
        "mhz": observation.carrier.hz * 1e-6,
        "tac": identity.map(|identity| identity.tac),
        "kind": Some(kind(cell)).filter(|kind| *kind != "-"),
        "name": observation.broadcast.hnb_name,
        "rsrp": tenth(observation.rsrp_db()),
        "sinr": tenth(f64::from(observation.level.sinr_db)),
        "time": observation.time(),
        "dwells": cell.history.len(),
        "findings": findings,
        "at": cell.strongest.and_then(|point| point.position).as_ref().map(degrees),
        "found": cell.whereabouts.as_ref().map(of_whereabouts),
    })
}

fn of_whereabouts(found: &Whereabouts) -> Value {
    match found {
        Whereabouts::TooFew { places, .. } => json!({"kind": "too-few", "places": places}),
        Whereabouts::WithReceiver { spread_db, .. } => json!({"kind": "with-receiver", "spread": tenth(*spread_db)}),
        Whereabouts::Moving { .. } => json!({"kind": "moving"}),
        Whereabouts::Fixed(fix) => {
            let [lat, lon] = degrees(&fix.position);
            let next = fix.next.as_ref().map(|next| {
                let [lat, lon] = degrees(&next.position);
                json!({"lat": lat, "lon": lon, "left": next.shrinks_to})
            });
            json!({
                "kind": "fixed", "lat": lat, "lon": lon, "a": tenth(fix.ellipse.semi_major_m),
                "b": tenth(fix.ellipse.semi_minor_m), "bearing": tenth(fix.ellipse.bearing_deg), "next": next,
            })
        }
    }
}

fn of_alert(entry: &AlertEntry, cell: Option<&str>) -> Value {
    let alert = &entry.alert;
    json!({
        "id": alert.id,
        "order": alert.time.map(jiff::Timestamp::as_millisecond),
        "time": alert.time,
        "severity": alert.severity.word(),
        "rule": alert.rule.to_string(),
        "ecgi": alert.ecgi.map(|ecgi| ecgi.to_string()),
        "pci": alert.pci.get(),
        "earfcn": alert.earfcn,
        "en": alert.summary,
        "ko": sentence(Language::Korean, alert),
        "open": alert.is_open(),
        "seen": entry.acknowledged,
        "note": entry.note,
        "cell": cell,
    })
}

fn of_spectrum(spectrum: &Spectrum) -> Value {
    let carriers: Vec<Value> = spectrum.carriers.iter().map(|(hz, earfcn)| json!([hz * 1e-6, earfcn])).collect();
    let row = spectrum.rows.last().map(|row| binned(row)).unwrap_or_default();
    json!({
        "mhz": spectrum.center_hz * 1e-6, "span": spectrum.span_hz * 1e-6, "carriers": carriers, "row": row,
    })
}

/// The row in fewer bins, the strongest of each, in whole decibels.
fn binned(row: &[f32]) -> Vec<i32> {
    let width = row.len().div_ceil(BINS).max(1);
    row.chunks(width).map(|bins| bins.iter().copied().fold(-200.0, f32::max).round() as i32).collect()
}

fn of_homing(homing: &Homing, cell: &str) -> Value {
    let (levels, now_s) = (&homing.levels, homing.now_s);
    let latest = levels.latest();
    let curve: Vec<[f64; 2]> = levels
        .iter()
        .map(|level| [tenth(now_s - level.seconds), tenth(level.rsrp_db)])
        .filter(|[ago_s, _]| *ago_s <= CURVE_S)
        .collect();
    json!({
        "cell": cell,
        "pci": homing.id.pci.get(),
        "earfcn": homing.id.earfcn,
        "ecgi": homing.id.ecgi.map(|ecgi| ecgi.to_string()),
        "level": latest.map(|level| tenth(level.rsrp_db)),
        "sinr": latest.map(|level| tenth(level.sinr_db)),
        "silent": latest.map_or(0.0, |level| tenth(now_s - level.seconds)),
        "trend": levels.trend_db().map(tenth),
        "rate": levels.per_second().map(tenth),
        "peak": levels.peak().map(|peak| tenth(peak.rsrp_db)),
        "peak_ago": levels.peak().map(|peak| tenth(now_s - peak.seconds)),
        "clipped": homing.clipped,
        "overload": homing.clipped >= MAX_CLIPPED,
        "beside": homing.beside_s.map(|beside_s| tenth(now_s - beside_s)),
        "curve": curve,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::state::{LevelPoint, Spectrum};
    use cellwarden_core::{
        detect::{Verdict, scene::macro_cell},
        locate::{Ellipse, Fix, NextPlace},
        observation::Position,
    };

    fn place(metres: f64) -> Position {
        Position { lat: 37.5 + metres / 111_195.0, lon: 127.0, error_m: 5.0 }
    }

    fn cell(eci: u32, pci: u16) -> Arc<CellEntry> {
        let observation = macro_cell(eci, pci).observation;
        let mut cell = CellEntry {
            id: CellId::new(&observation, observation.ecgi()),
            observation,
            verdict: Verdict::Unregistered,
            findings: Vec::new(),
            kind: None,
            history: Vec::new(),
            strongest: None,
            whereabouts: None,
            constellation: Vec::new(),
            channel_response_db: Vec::new(),
        };
        cell.hear(LevelPoint { time: None, rsrp_db: -60.0, sinr_db: 9.0, position: Some(place(0.0)) }, 10);
        Arc::new(cell)
    }

    fn change(documents: &Documents, from: Option<cellwarden_view::Place>) -> (cellwarden_view::Place, Value) {
        let (place, text) = documents.since(from).expect("a change");
        (place, serde_json::from_str(&text).expect("JSON"))
    }

    #[test]
    fn only_what_changed_is_made_anew_and_what_is_gone_goes() {
        let (mut shown, mut documents) = (Shown::default(), Documents::new(1));
        let (first, second) = (cell(0x5a_fff31, 304), cell(0x5a_fff32, 305));
        let mut snapshot = ScreenSnapshot { cells: vec![Arc::clone(&first), second], ..ScreenSnapshot::default() };
        shown.show(&snapshot, &mut documents);
        let (from, all) = change(&documents, None);
        let key = cell_key(&first.id);
        assert_eq!(all["set"][&key]["at"], json!([37.5, 127.0]));
        assert_eq!(shown.cell(&key), Some(&first.id));
        shown.show(&snapshot, &mut documents);
        assert_eq!(documents.since(Some(from)), None, "nothing changed");
        let mut located = CellEntry::clone(&first);
        located.whereabouts = Some(Whereabouts::Fixed(Fix {
            position: place(100.0),
            ellipse: Ellipse { semi_major_m: 140.04, semi_minor_m: 70.0, bearing_deg: 40.0 },
            exponent: 3.5,
            level_at_1_m_db: -10.0,
            shadowing_db: 5.0,
            places: 22,
            next: Some(NextPlace { position: place(300.0), shrinks_to: 0.55 }),
        }));
        snapshot.cells = vec![Arc::new(located)];
        snapshot.homing = Some(Homing::on(first.id.clone()));
        shown.show(&snapshot, &mut documents);
        let (from, now) = change(&documents, Some(from));
        assert_eq!(now["removed"].as_array().map(Vec::len), Some(1));
        let set = now["set"].as_object().expect("documents");
        assert_eq!(set.keys().collect::<Vec<_>>(), [&key, "homing"]);
        assert_eq!((&set[&key]["found"]["a"], &set[&key]["found"]["next"]["left"]), (&json!(140.0), &json!(0.55)));
        assert_eq!(set["homing"]["cell"], json!(key));
        snapshot.homing = None;
        shown.show(&snapshot, &mut documents);
        assert_eq!(change(&documents, Some(from)).1["removed"], json!(["homing"]));
    }

    #[test]
    fn a_long_track_is_bounded_and_its_parts_meet() {
        let (mut shown, mut documents) = (Shown::default(), Documents::new(1));
        let mut track = Vec::new();
        for i in 0..30_000_u32 {
            track.push(place(10.0 * f64::from(i)));
            // Some come two at a time, and a car that stands adds none.
            if i % 500 == 1 {
                track.push(place(10.0 * f64::from(i) + 1.0));
            }
            if i % 97 == 0 || i + 1 == 30_000 {
                let kept = track[track.len().saturating_sub(20_000)..].to_vec();
                let snapshot = ScreenSnapshot { track: Arc::new(kept), ..ScreenSnapshot::default() };
                shown.show(&snapshot, &mut documents);
            }
        }
        let (_, all) = change(&documents, None);
        let set = all["set"].as_object().expect("documents");
        let parts: Vec<&Vec<Value>> =
            set.iter().filter(|(key, _)| key.starts_with("track/")).filter_map(|(_, part)| part.as_array()).collect();
        assert_eq!(parts.len(), MAX_TRACK_PARTS);
        assert!(parts.windows(2).all(|pair| pair[0].last() == pair[1].first()), "a gap");
        assert_eq!(parts.last().and_then(|part| part.last()), Some(&json!(degrees(&place(299_990.0)))));
    }

    #[test]
    fn a_row_keeps_its_peaks_in_fewer_bins() {
        let mut row = vec![-100.0_f32; 1024];
        row[515] = -20.4;
        let spectrum =
            Spectrum { center_hz: 1840e6, span_hz: 20e6, rows: vec![Arc::from(row)], carriers: vec![(1840e6, None)] };
        let document = of_spectrum(&spectrum);
        let row = document["row"].as_array().expect("a row");
        assert_eq!((row.len(), &row[128], &row[129]), (BINS, &json!(-20), &json!(-100)));
        assert!(binned(&[]).is_empty() && binned(&[f32::NAN, -3.0]).len() == 2);
    }
}

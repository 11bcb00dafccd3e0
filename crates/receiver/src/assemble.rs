//! Makes observations of what the sessions learnt.

use lte_dsp::{
    cell::Duplex,
    search::{FoundCell, Nominal},
    units::{Db, Hertz},
};

use super::{broadcast::mib_facts, cell_session::CellSession, timeline::Timeline};
use cellwarden_core::observation::{
    Carrier, CarrierOffset, CellState, Dwell, FrameTiming, Level, Observation, Position, Technology,
    earfcn::{channel_in_band, channels_at},
};
use cellwarden_source::SourceInfo;

/// Standard error of a SigMF position that gives none.
const POSITION_ERROR_M: f64 = 10.0;

/// The observation of one cell in a dwell of `seconds`, on a carrier at `nominal` or one of `others`, which has gone on
/// along `timeline`.
pub fn observe(
    mut session: CellSession,
    nominal: &Nominal,
    others: &[Hertz],
    info: &SourceInfo,
    seconds: f64,
    timeline: &Timeline,
) -> Observation {
    for block in &mut session.blocks {
        block.at_sample = timeline.recorded(block.at_sample as f64).max(0.0) as u64;
    }
    session.broadcast.facts.alternations = session.alternations();
    let sync = session.found.sync;
    let frame_start = session.place.first_sample + sync.frame_start * session.place.ratio;
    let hz = sync.offset.0 - nominal.relative.0;
    let band = session.broadcast.identity.as_ref().map(|id| id.band);
    Observation {
        dwell: Dwell {
            recording: info.name.clone(),
            start: info.start,
            seconds,
            gain_db: info.gain_db,
            lost: 0,
            clipped: 0.0,
        },
        technology: Technology::Lte,
        carrier: carrier(nominal.absolute, sync.duplex, band),
        earfcn_candidates: others.iter().filter_map(|&hz| carrier(hz, sync.duplex, band).earfcn).collect(),
        pci: sync.pci,
        duplex: sync.duplex,
        cp: sync.cp,
        state: state(&session),
        mib: session.mib.map(|mib| mib_facts(&mib.fields, mib.ports)),
        timing: FrameTiming {
            sfn: session.mib.filter(|mib| !session.counts_anew && !mib.stands()).map(|mib| mib.sfn(0)),
            at_sample: timeline.recorded(frame_start),
            // A clock apart from the carrier counts other seconds than the carrier's offset says.
            at_seconds: frame_start / info.sample_rate.hz() * (1.0 - nominal.clock_bias),
        },
        offset: CarrierOffset {
            hz,
            ppm: hz / nominal.absolute.0 * 1e6,
            error_hz: offset_error(&session.found, seconds),
        },
        level: level(&session.found),
        sib1_periods: session.sib1_periods.len() as u32,
        si_agrees: session.si_agrees,
        identity: session.broadcast.identity,
        broadcast: session.broadcast.facts,
        blocks: session.blocks,
        sibs: session.broadcast.sibs,
        position: info.position.map(|p| Position { lat: p.lat, lon: p.lon, error_m: POSITION_ERROR_M }),
        note: session.note,
        frame_number_stands: session.mib.is_some_and(|mib| mib.stands()),
    }
}

fn state(session: &CellSession) -> CellState {
    match (&session.mib, &session.broadcast.identity) {
        (_, Some(_)) if session.si_agrees => CellState::Si,
        (_, Some(_)) => CellState::Sib1,
        (Some(_), None) => CellState::Mib,
        (None, None) => CellState::Detected,
    }
}

/// The carrier, in the band that SIB1 names or else in the first that has it.
fn carrier(frequency: Hertz, duplex: Duplex, band: Option<u16>) -> Carrier {
    let channel = band
        .and_then(|band| channel_in_band(frequency, band))
        .or_else(|| channels_at(frequency, Some(duplex)).first().copied());
    Carrier {
        hz: frequency.0,
        earfcn: channel.map(|channel| channel.get()),
        band: channel.map(|channel| channel.band().number).or(band),
    }
}

/// How strong it was when it was last tracked.
pub fn level(found: &FoundCell) -> Level {
    let statistics = &found.statistics;
    Level {
        rsrp_dbfs: Db::from_ratio(statistics.power).0,
        rsrp_dbm: None,
        rsrq_db: Some(Db::from_ratio(statistics.quality).0),
        sinr_db: Db::from_ratio(statistics.power / statistics.noise).0,
    }
}

/// Doppler shift of a receiver that walks or drives slowly, in hertz: between the 5 and 70 Hz of TS 36.101 Annex B.2.
const DOPPLER_HZ: f64 = 20.0;

/// Standard error of the carrier offset over T: what noise leaves by the Cramér-Rao bound, √(6/n·snr) / (2πT) with n
/// reference elements, and what fading adds. Over less than a fade a path's Doppler shift is all part of the offset;
/// over several it averages out.
fn offset_error(found: &FoundCell, seconds: f64) -> f64 {
    let snr = f64::from(found.statistics.power / found.statistics.noise);
    let elements = 48.0 * 1000.0 * seconds;
    let noise_hz = (6.0 / (elements * snr)).sqrt() / (std::f64::consts::TAU * seconds.max(1e-3));
    noise_hz.hypot(DOPPLER_HZ / (1.0 + DOPPLER_HZ * seconds.max(0.0)).sqrt())
}

//! An account as CSV: one row a cell and dwell.

use std::io::{self, Write};

use super::{
    account::Account,
    escape::escape,
    format::{Format, Writer},
    spreadsheet::escape_formula,
};

/// The form.
pub static FORMAT: Format = Format {
    name: "csv",
    about: "Every level as a row",
    writer: Writer::Account(|mut out, account, _| write_csv(&mut out, account)),
};

/// The columns, in order.
pub const COLUMNS: [&str; 21] = [
    "time",
    "recording",
    "lat",
    "lon",
    "error_m",
    "carrier_hz",
    "earfcn",
    "band",
    "pci",
    "ecgi",
    "plmns",
    "tac",
    "bandwidth_rb",
    "antenna_ports",
    "level_db",
    "rsrp_dbm",
    "sinr_db",
    "verdict",
    "suspicious",
    "name",
    "clipped",
];

/// Writes a row a reading, transmitter by transmitter. `level_db` is dBFS less the receiver's gain.
///
/// # Errors
/// From writing.
pub fn write_csv(out: &mut impl Write, account: &Account) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for transmitter in &account.drive.transmitters {
        let (best, id) = (&transmitter.best, &transmitter.id);
        let identity = best.identity.as_ref();
        for reading in &transmitter.readings {
            let stop = &account.drive.stops[reading.stop];
            let place = stop.place;
            csv.write_record([
                text(stop.time),
                safe(&stop.recording),
                text(place.map(|p| p.lat)),
                text(place.map(|p| p.lon)),
                text(place.map(|p| p.error_m)),
                best.carrier.hz.to_string(),
                text(id.earfcn),
                text(best.carrier.band),
                id.pci.get().to_string(),
                text(id.ecgi),
                identity
                    .map(|id| id.all_plmns().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
                    .unwrap_or_default(),
                text(identity.map(|id| id.tac)),
                text(best.mib.map(|mib| mib.bandwidth.n_rb_dl())),
                text(best.mib.map(|mib| mib.antenna_ports.count())),
                format!("{:.2}", reading.level_db),
                reading.rsrp_dbm.map(|dbm| format!("{dbm:.1}")).unwrap_or_default(),
                format!("{:.2}", reading.sinr_db),
                reading.verdict.word().to_owned(),
                transmitter.suspicious.to_string(),
                best.broadcast.hnb_name.as_deref().map(safe).unwrap_or_default(),
                format!("{:.3}", stop.clipped),
            ])?;
        }
    }
    csv.flush()
}

/// A text that others chose, for spreadsheets and for terminals.
pub(super) fn safe(text: &str) -> String {
    escape_formula(&escape(text)).into_owned()
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

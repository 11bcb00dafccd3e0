//! An account as WiGLE CSV, version 1.6 (api.wigle.net/csvFormat.html): cells whose identity is known, where the receiver
//! was. The receiver is not calibrated unless it says dBm; without, the RSSI field is empty.

use std::io::{self, Write};

use super::{
    account::Account,
    csv::safe,
    format::{Format, Writer},
};

/// The form.
pub static FORMAT: Format = Format {
    name: "wigle",
    about: "WiGLE CSV",
    writer: Writer::Account(|mut out, account, _| write_wigle(&mut out, account)),
};

/// The columns, in order.
pub const COLUMNS: [&str; 14] = [
    "MAC",
    "SSID",
    "AuthMode",
    "FirstSeen",
    "Channel",
    "Frequency",
    "RSSI",
    "CurrentLatitude",
    "CurrentLongitude",
    "AltitudeMeters",
    "AccuracyMeters",
    "RCOIs",
    "MfgrId",
    "Type",
];

/// Writes the client's line, the header, and a row a reading with place, time and identity.
///
/// # Errors
/// From writing.
pub fn write_wigle(out: &mut impl Write, account: &Account) -> io::Result<()> {
    writeln!(
        out,
        "WigleWifi-1.6,appRelease={0},model=cellwarden,release={0},device=cellwarden,display=none,board=none,\
         brand=cellwarden,star=Sol,body=3,subBody=0",
        env!("CARGO_PKG_VERSION")
    )?;
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for transmitter in &account.drive.transmitters {
        let Some((ecgi, identity)) = transmitter.id.ecgi.zip(transmitter.best.identity.as_ref()) else { continue };
        // Operator, tracking area and cell, as the service joins them.
        let operator = ecgi.plmn.to_string().replace('-', "");
        let key = format!("{operator}_{}_{}", identity.tac, ecgi.eci.get());
        let name = transmitter.best.broadcast.hnb_name.as_deref().unwrap_or_default();
        for reading in &transmitter.readings {
            let stop = &account.drive.stops[reading.stop];
            let Some((place, time)) = stop.place.zip(stop.time) else { continue };
            csv.write_record([
                key.as_str(),
                &safe(name),
                "LTE",
                &time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
                &transmitter.id.earfcn.map(|n| n.to_string()).unwrap_or_default(),
                &format!("{:.0}", transmitter.best.carrier.hz / 1e6),
                &reading.rsrp_dbm.map(|dbm| format!("{dbm:.0}")).unwrap_or_default(),
                &format!("{:.7}", place.lat),
                &format!("{:.7}", place.lon),
                "0",
                &format!("{:.1}", place.error_m),
                "",
                "",
                "LTE",
            ])?;
        }
    }
    csv.flush()
}

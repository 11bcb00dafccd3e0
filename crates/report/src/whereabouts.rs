//! Where a transmitter is, as JSON and as a phrase.

use cellwarden_core::locate::Whereabouts;
use cellwarden_text::counted;
use serde_json::{Value, json};

/// Whereabouts as an object whose `is` names the kind: `unknown`, `with-receiver`, `moving` or `fixed`.
#[must_use]
pub fn whereabouts_value(whereabouts: &Whereabouts) -> Value {
    match whereabouts {
        Whereabouts::TooFew { places, .. } => json!({"is": "unknown", "places": places}),
        Whereabouts::WithReceiver { log10_ratio, spread_db } => {
            json!({"is": "with-receiver", "log10_ratio": log10_ratio, "spread_db": spread_db})
        }
        Whereabouts::Moving { log10_ratio } => json!({"is": "moving", "log10_ratio": log10_ratio}),
        Whereabouts::Fixed(fix) => {
            let (at, ellipse) = (fix.position, fix.ellipse);
            let next =
                fix.next.map(|n| json!({"lat": n.position.lat, "lon": n.position.lon, "shrinks_to": n.shrinks_to}));
            json!({
                "is": "fixed", "lat": at.lat, "lon": at.lon, "error_m": at.error_m,
                "semi_major_m": ellipse.semi_major_m, "semi_minor_m": ellipse.semi_minor_m,
                "bearing_deg": ellipse.bearing_deg, "exponent": fix.exponent, "shadowing_db": fix.shadowing_db,
                "next": next,
            })
        }
    }
}

/// Whereabouts as a phrase that follows the cell's name.
#[must_use]
pub fn whereabouts_text(whereabouts: &Whereabouts) -> String {
    match whereabouts {
        Whereabouts::TooFew { places, .. } => format!("heard at {} only", counted(*places as u64, "place")),
        Whereabouts::WithReceiver { spread_db, .. } => format!("moves with the receiver (within {spread_db:.1} dB)"),
        Whereabouts::Moving { .. } => "moves".to_owned(),
        Whereabouts::Fixed(fix) => {
            let (at, ellipse) = (fix.position, fix.ellipse);
            format!(
                "stands at {:.6},{:.6} (90 %: {:.0} m by {:.0} m, {:.0}°)",
                at.lat,
                at.lon,
                2.0 * ellipse.semi_major_m,
                2.0 * ellipse.semi_minor_m,
                ellipse.bearing_deg
            )
        }
    }
}

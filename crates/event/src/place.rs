//! Where the receiver was.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A place on the WGS 84 ellipsoid, as events carry it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct ReceiverPosition {
    /// Latitude in degrees, north positive.
    #[garde(range(min = -90.0, max = 90.0))]
    pub lat: f64,
    /// Longitude in degrees, east positive.
    #[garde(range(min = -180.0, max = 180.0))]
    pub lon: f64,
    /// Standard error in metres.
    #[garde(range(min = 0.0))]
    pub error_m: f64,
}

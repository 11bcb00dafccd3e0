//! How maps draw each kind of feature: one palette for globes (KML) and geographic information systems (GeoPackage).

use cellwarden_core::detect::Severity;

/// A colour and its opacity: red, green, blue, alpha.
pub type Rgba = [u8; 4];

/// How a kind of feature is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The feature's kind.
    pub kind: &'static str,
    /// Title of its folder or layer.
    pub title: &'static str,
    /// Colour of lines, outlines and marks.
    pub line: Rgba,
    /// Colour inside of areas.
    pub fill: Rgba,
    /// Width of lines in tenths of a millimetre; marks are ten times as wide.
    pub width: u32,
}

const RED: Rgba = [192, 32, 32, 255];
const ORANGE: Rgba = [230, 89, 28, 255];
const GREY: Rgba = [128, 128, 128, 255];

/// Every kind, what lies beneath first.
pub const LOOKS: [Look; 11] = [
    look("footprint-modelled", "Footprint by the model", ORANGE, 48, 2),
    look("footprint", "Footprint", ORANGE, 112, 3),
    look("track", "Track", [47, 106, 176, 255], 0, 5),
    look("site", "Registered sites", GREY, 0, 2),
    look("inspected-cell", "Inspected cells", [64, 64, 64, 255], 0, 2),
    look("measurement", "Levels", [160, 160, 160, 255], 0, 1),
    look("moving-track", "Heard while it moved", RED, 0, 10),
    look("ellipse", "90 % ellipses", RED, 64, 4),
    look("estimate", "Estimates", RED, 0, 4),
    look("next-place", "Drive here next", [32, 160, 32, 255], 0, 4),
    look("alert", "Alerts", ORANGE, 0, 5),
];

const fn look(kind: &'static str, title: &'static str, line: Rgba, opacity: u8, width: u32) -> Look {
    Look { kind, title, line, fill: [line[0], line[1], line[2], opacity], width }
}

/// The look of a kind.
#[must_use]
pub fn look_of(kind: &str) -> Look {
    LOOKS.into_iter().find(|look| look.kind == kind).unwrap_or(look("", "", GREY, 0, 2))
}

/// The colour of alerts of a severity.
#[must_use]
pub fn severity_colour(severity: Severity) -> Rgba {
    match severity {
        Severity::Critical => [176, 0, 32, 255],
        Severity::High => ORANGE,
        Severity::Medium => [230, 180, 20, 255],
        Severity::Info => GREY,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_kind_and_severity_looks_like_no_other() {
        let kinds: BTreeSet<&str> = LOOKS.iter().map(|look| look.kind).collect();
        let titles: BTreeSet<&str> = LOOKS.iter().map(|look| look.title).collect();
        assert_eq!((kinds.len(), titles.len()), (LOOKS.len(), LOOKS.len()));
        let colours: BTreeSet<Rgba> = Severity::ALL.iter().map(|severity| severity_colour(*severity)).collect();
        assert_eq!(colours.len(), Severity::ALL.len());
    }
}

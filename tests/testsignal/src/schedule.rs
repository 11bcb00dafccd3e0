//! Which broadcast message is sent when, and how the rest of the carrier is used.
//! TS 36.331 §5.2.1.2, §5.2.3, TS 36.321 §5.3.1.

use lte_dsp::cell::{Bandwidth, Duplex, Rnti, Sfn};
use serde::Deserialize;

use crate::{
    broadcast::{BitWriter, STmsi, SystemInformation, paging, sib1, system_information},
    frame_structure::{Subframe, is_mbsfn, subframe},
    scenario::{CellConfig, ScenarioError, require},
};

/// DCI format, and kind of resource blocks, that schedules the broadcast. TS 36.212 §5.3.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum SiFormat {
    /// Format 1A with localised blocks.
    #[default]
    #[serde(rename = "1A")]
    Localised1A,
    /// Format 1A with distributed blocks.
    #[serde(rename = "1A-distributed")]
    Distributed1A,
    /// Format 1C, always distributed.
    #[serde(rename = "1C")]
    Format1C,
}

/// How a cell uses its control region and its resource blocks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scheduling {
    /// Control format indicator, 1–3; the PDCCH has one symbol more at 6 resource blocks. Subframes that allow fewer
    /// symbols, or need more for the PHICH, take the nearest that they may have.
    pub cfi: u8,
    /// How the broadcast is scheduled.
    pub si_format: SiFormat,
    /// Resource blocks of one broadcast transmission; rounded up to what the format can assign.
    pub si_blocks: usize,
    /// Transmissions of each SI message in its window, at most.
    pub si_repetitions: usize,
    /// Whether SI messages come in special subframes of TDD alone, instead of never in those.
    pub si_in_dwpts: bool,
    /// Share of the remaining resource blocks, and control channel elements, that other users have.
    pub load: f32,
    /// Bits a symbol of other users' modulation: 2, 4 or 6; one is drawn for each resource block.
    pub modulation_bits: Vec<usize>,
    /// Whether PHICH groups are sent.
    pub phich: bool,
    /// Whether a made-up terminal is paged in every paging occasion that SI leaves free.
    pub paging: bool,
}

impl Default for Scheduling {
    fn default() -> Self {
        Self {
            cfi: 2,
            si_format: SiFormat::default(),
            si_blocks: 6,
            si_repetitions: 4,
            si_in_dwpts: false,
            load: 0.0,
            modulation_bits: vec![2, 4, 6],
            phich: false,
            paging: false,
        }
    }
}

impl Scheduling {
    pub(crate) fn check(&self, cell: &CellConfig) -> Result<(), ScenarioError> {
        require((1..=3).contains(&self.cfi), "cfi", self.cfi, "1 to 3")?;
        let most = cell.bandwidth.n_rb_dl();
        require((1..=most).contains(&self.si_blocks), "si_blocks", self.si_blocks, "1 to the bandwidth's blocks")?;
        require(self.si_repetitions > 0, "si_repetitions", self.si_repetitions, "1 or more")?;
        require((0.0..=1.0).contains(&self.load), "load", self.load, "0 to 1")?;
        let known = !self.modulation_bits.is_empty() && self.modulation_bits.iter().all(|m| [2, 4, 6].contains(m));
        require(known, "modulation_bits", format!("{:?}", self.modulation_bits), "a list of 2, 4 and 6")
    }
}

/// One broadcast transmission: what is sent in one subframe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broadcast {
    /// SIB1, in its frame's place of the 80 ms.
    Sib1 {
        /// Redundancy version.
        rv: u8,
    },
    /// An SI message.
    SystemInformation {
        /// Its place in schedulingInfoList, from 0.
        message: usize,
        /// Redundancy version.
        rv: u8,
    },
    /// Paging of a made-up terminal.
    Paging,
}

impl Broadcast {
    /// Its redundancy version.
    #[must_use]
    pub fn rv(self) -> u8 {
        match self {
            Self::Sib1 { rv } | Self::SystemInformation { rv, .. } => rv,
            Self::Paging => 0,
        }
    }

    /// Whom its DCI is for. TS 36.321 §7.1.
    #[must_use]
    pub fn rnti(self) -> Rnti {
        match self {
            Self::Sib1 { .. } | Self::SystemInformation { .. } => Rnti::SI,
            Self::Paging => Rnti::P,
        }
    }

    /// The message that it carries.
    #[must_use]
    pub fn message(self, cell: &CellConfig, si: &SystemInformation) -> BitWriter {
        match self {
            Self::Sib1 { .. } => sib1(si, cell.tdd, cell.cp),
            Self::SystemInformation { message, .. } => system_information(si, message),
            Self::Paging => paging(&[STmsi { mmec: 1, m_tmsi: 0x0123_4567 }]),
        }
    }
}

/// RV_K = ⌈3/2·k⌉ mod 4. TS 36.321 §5.3.1.
fn redundancy_version(k: usize) -> u8 {
    [0, 2, 3, 1][k % 4]
}

/// Whether SI is sent in subframe `n` of frame `sfn`: not over SIB1, nor in those for MBSFN, nor outside of the kind of
/// subframes asked for.
fn may_carry_si(cell: &CellConfig, sfn: i64, n: usize) -> bool {
    if is_mbsfn(cell, Sfn::wrapping(sfn), n) {
        return false;
    }
    match subframe(cell, n) {
        Subframe::Downlink => !(cell.scheduling.si_in_dwpts || n == 5 && sfn % 2 == 0),
        Subframe::Special { .. } => cell.scheduling.si_in_dwpts,
        Subframe::Uplink => false,
    }
}

/// What the cell broadcasts on the PDSCH in subframe `n` of frame `sfn`, if anything. TS 36.331 §5.2.1.2, §5.2.3.
#[must_use]
pub fn broadcast(cell: &CellConfig, si: &SystemInformation, sfn: Sfn, n: usize) -> Option<Broadcast> {
    let sfn = i64::from(sfn.get());
    if n == 5 && sfn % 2 == 0 {
        return Some(Broadcast::Sib1 { rv: redundancy_version(sfn as usize / 2) });
    }
    let paging = (cell.scheduling.paging && is_paging_occasion(cell.duplex(), sfn, n)).then_some(Broadcast::Paging);
    if !may_carry_si(cell, sfn, n) {
        return paging;
    }
    let window = i64::from(si.si_window_ms);
    let now = 10 * sfn + n as i64;
    let message = si.messages.iter().enumerate().find_map(|(message, entry)| {
        let i = (now - message as i64 * window).rem_euclid(10 * i64::from(entry.periodicity_rf));
        let before = (now - i..now).filter(|t| may_carry_si(cell, t.div_euclid(10), t.rem_euclid(10) as usize));
        (i < window && before.count() < cell.scheduling.si_repetitions)
            .then(|| Broadcast::SystemInformation { message, rv: redundancy_version(i as usize) })
    });
    message.or(paging)
}

/// Whether terminals may be paged in subframe `n` of frame `sfn` under our SIB2 (nB a quarter of the cycle): in every
/// fourth frame, subframe 9 of FDD and 0 of TDD. TS 36.304 §7.1, §7.2.
fn is_paging_occasion(duplex: Duplex, sfn: i64, n: usize) -> bool {
    sfn % 4 == 0 && n == if duplex == Duplex::Fdd { 9 } else { 0 }
}

/// The first resource block of broadcast transmissions: beside the middle, where synchronisation signals and PBCH lie.
#[must_use]
pub fn first_block(bandwidth: Bandwidth) -> usize {
    bandwidth.n_rb_dl() / 12 * 2
}

#[cfg(test)]
mod tests {
    use lte_dsp::cell::Pci;

    use super::*;
    use crate::{
        TddConfig,
        broadcast::{Plmn, SiMessage},
    };

    fn cell() -> CellConfig {
        CellConfig::new(Pci::new(1).expect("in range"), Bandwidth::Rb25, 1.84e9)
    }

    fn si() -> SystemInformation {
        let mut si = SystemInformation::new(Plmn::try_from("450-08".to_owned()).expect("a PLMN"), 1, 2);
        si.si_window_ms = 10;
        si.messages = vec![
            SiMessage { periodicity_rf: 8, sibs: vec![] },
            SiMessage { periodicity_rf: 16, sibs: vec![3] },
            SiMessage { periodicity_rf: 32, sibs: vec![5] },
        ];
        si
    }

    /// SIB1 in subframe 5 of every even frame, redundancy versions 0, 2, 3, 1. TS 36.331 §5.2.1.2, TS 36.321 §5.3.1.
    #[test]
    fn sib1_repeats_every_20_ms() {
        for (sfn, rv) in
            [(0, Some(0)), (1, None), (2, Some(2)), (4, Some(3)), (6, Some(1)), (8, Some(0)), (1022, Some(1))]
        {
            let expected = rv.map(|rv| Broadcast::Sib1 { rv });
            let got = broadcast(&cell(), &si(), Sfn::wrapping(sfn), 5).filter(|b| matches!(b, Broadcast::Sib1 { .. }));
            assert_eq!(got, expected, "SFN {sfn}");
        }
    }

    /// Message n starts at subframe x mod 10 of frames with SFN mod T = ⌊x/10⌋, x = (n - 1)·w.
    #[test]
    fn windows_follow_one_another() {
        let all: Vec<_> = (0..64)
            .flat_map(|sfn| (0..10).map(move |n| (sfn, n)))
            .filter_map(|(sfn, n)| match broadcast(&cell(), &si(), Sfn::wrapping(sfn), n)? {
                Broadcast::SystemInformation { message, rv } => Some((sfn, n, message, rv)),
                Broadcast::Sib1 { .. } | Broadcast::Paging => None,
            })
            .collect();
        for &(sfn, n, message, rv) in &all {
            assert_eq!(sfn % [8, 16, 32][message], message as i64);
            assert_eq!((n, rv), (n, [0, 2, 3, 1][n % 4]));
        }
        assert_eq!(all.len(), 4 * (8 + 4 + 2));
        assert!(all.contains(&(8, 3, 0, 1)));
    }

    #[test]
    fn paging_takes_every_fourth_frame_that_si_leaves() {
        let mut cell = cell();
        cell.scheduling.paging = true;
        let paged =
            |cell: &CellConfig, sfn, n| broadcast(cell, &si(), Sfn::wrapping(sfn), n) == Some(Broadcast::Paging);
        assert!(paged(&cell, 12, 9) && !paged(&cell, 13, 9) && !paged(&cell, 12, 8));
        cell.tdd = Some(TddConfig { assignment: 1, special_subframe: 7 });
        assert!(paged(&cell, 12, 0) && !paged(&cell, 8, 0));
    }

    #[test]
    fn si_avoids_uplink_and_sib1() {
        let mut cell = cell();
        cell.tdd = Some(TddConfig { assignment: 0, special_subframe: 7 });
        cell.scheduling.si_repetitions = 10;
        let sent: Vec<_> = (0..10).filter(|n| broadcast(&cell, &si(), Sfn::wrapping(0), *n).is_some()).collect();
        assert_eq!(sent, [0, 5]);
        assert_eq!(broadcast(&cell, &si(), Sfn::wrapping(0), 5), Some(Broadcast::Sib1 { rv: 0 }));
    }
}

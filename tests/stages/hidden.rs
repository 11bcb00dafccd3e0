//! Cells under a stronger one of the same carrier, of other kinds than that or of the same.

use super::*;

const TWO: AntennaPorts = AntennaPorts::Two;

/// A cell 28 dB over noise with traffic in 60 % of its blocks, and one `below_db` under it.
fn scenario(pcis: [u16; 2], below_db: f32, change: impl FnOnce(&mut CellConfig, &mut CellConfig)) -> Scenario {
    let [mut first, mut second] = pcis.map(|pci| cell(pci, Bandwidth::Rb15));
    (first.crs_es_n0_db, first.scheduling.load) = (28.0, 0.6);
    (second.crs_es_n0_db, second.scheduling.load) = (28.0 - below_db, 0.3);
    (second.first_sfn, second.cfo_hz) = (333, 60.0);
    change(&mut first, &mut second);
    Scenario::new(3.84e6, CARRIER_HZ, 0.16, vec![first, second])
}

fn tdd(assignment: u8, special_subframe: u8) -> Option<TddConfig> {
    Some(TddConfig { assignment, special_subframe })
}

/// Where TDD cells are synchronous, their PSS are one.
#[test]
fn a_tdd_cell_of_the_same_pss_is_heard() {
    let mut scenario = scenario([17, 491], 10.0, |first, second| {
        for cell in [&mut *first, &mut *second] {
            (cell.tdd, cell.cp) = (tdd(4, 0), CyclicPrefix::Extended);
        }
        second.antenna_ports = TWO;
    });
    assert_eq!(rate(&mut scenario, CellState::Mib, 2), [2, 2]);
}

/// Synchronous cells send SIB1 in the same resource blocks of the same subframes, and its DCI between each other's. The
/// blocks of 15 begin half a block beside those of six.
#[test]
fn a_sib1_is_read_under_another_one() {
    let mut scenario = scenario([213, 168], 19.0, |first, second| {
        (first.tdd, second.tdd) = (tdd(4, 0), tdd(4, 0));
        second.first_sfn = first.first_sfn + 2;
    });
    assert_eq!(rate(&mut scenario, CellState::Sib1, 3), [3, 3]);
}

/// The first symbol of the DwPTS tells carriers apart that turn alike from one whole downlink subframe to the next: a cell
/// beside its carrier is badly cancelled, and shows once more under another identity.
#[test]
fn a_tdd_cell_is_not_heard_beside_its_carrier() {
    let mut scenario = scenario([429, 282], 9.0, |first, second| {
        (first.tdd, first.cp, first.antenna_ports) = (tdd(4, 4), CyclicPrefix::Extended, TWO);
        (second.tdd, second.antenna_ports) = (tdd(4, 4), AntennaPorts::Four);
        (first.cfo_hz, second.cfo_hz) = (65.74, -38.33);
        (first.first_sfn, second.first_sfn) = (814, 917);
        (first.time_offset_s, second.time_offset_s) = (0.008_705_855, 0.008_708_424);
    });
    scenario.crystal_ppm = -2.966;
    assert_eq!(rate(&mut scenario, CellState::Mib, 3), [3, 3]);
}

/// The PSS of cells in step stand at one place, and cancelling the stronger one takes the other's along.
#[test]
fn a_cell_of_the_same_pss_is_heard_in_step() {
    let mut scenario = scenario([33, 180], 14.0, |first, second| {
        first.cp = CyclicPrefix::Extended;
        (second.antenna_ports, second.time_offset_s) = (TWO, first.time_offset_s + 2e-7);
    });
    assert_eq!(rate(&mut scenario, CellState::Mib, 3), [3, 3]);
}

/// PSS and SSS may be sent in another direction each time.
#[test]
fn a_cell_is_heard_under_one_that_turns() {
    let mut scenario = scenario([271, 272], 20.0, |first, second| {
        (first.antenna_ports, first.sync_ports) = (TWO, SyncPorts::Turning);
        (second.antenna_ports, second.time_offset_s) = (TWO, first.time_offset_s + 1.5e-7);
    });
    assert_eq!(rate(&mut scenario, CellState::Sib1, 3), [3, 3]);
}

/// A strong cell's carrier is not that of all.
#[test]
fn a_cell_on_another_crystal_is_heard() {
    let mut scenario = scenario([33, 181], 8.0, |_, second| second.cfo_hz = 25e-6 * CARRIER_HZ);
    assert_eq!(rate(&mut scenario, CellState::Mib, 3), [3, 3]);
}

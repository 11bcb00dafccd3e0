//! What the registry says of one observation: the flat answer that the detection rules read.

use jiff::SignedDuration;

use super::{Lookup, RegisteredCell, Registry, RegistrySnapshot};
use crate::observation::{
    CellIdentity, Eci, Observation, Plmn,
    earfcn::{is_same_carrier, numbers_of_carrier},
};

/// The registry's answer to one observation. It states facts and judges nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryAnswer {
    /// The state of the list it rests on.
    pub snapshot: RegistrySnapshot,
    /// Time of the observation less the list's date, zero where the recording is older than the list; `None` where the
    /// recording has no time.
    pub age: Option<SignedDuration>,
    /// Broadcast PLMNs that the registry has cells of, in broadcast order; empty before SIB1.
    pub covered: Vec<Plmn>,
    /// Rows registered under the cell's global identifiers, in broadcast order; several rows of one identifier are
    /// duplicates in the list. Empty before SIB1 and for an unregistered cell.
    pub registered: Vec<NearCell>,
    /// Registered cells with the observed carrier, under the number of any band, and PCI, nearest first, those without a known distance last; at most
    /// [`MAX_SAME_PAIR`].
    pub same_pair: Vec<NearCell>,
    /// EARFCNs on which the covered PLMNs have registered cells, ascending.
    pub earfcns: Vec<u32>,
    /// Distinct tracking area codes of the registered cells of the covered PLMNs within [`NEARBY_M`] of the receiver,
    /// ascending, from at most [`MAX_NEARBY`] of them; the cell's own rows are not counted. Empty without a position.
    pub nearby_tacs: Vec<u16>,
    /// The active registered cell next to the receiver, on any carrier; `None` without a position or within
    /// [`NEARBY_M`].
    pub nearest: Option<NearCell>,
    /// Broadcast PLMNs that the operator allows as RAN hosts and that the list has no cell of.
    pub ran_hosts: Vec<Plmn>,
    /// PLMNs that have registered cells on the observed carrier, by frequency, anywhere; ascending.
    pub on_carrier: Vec<Plmn>,
    /// The active registered cell on the observed carrier next to the receiver, of those within [`NEARBY_M`] that an answer
    /// looks at.
    pub nearest_on_carrier: Option<NearCell>,
}

/// A registered cell and how far from the receiver it is registered.
#[derive(Debug, Clone, PartialEq)]
pub struct NearCell {
    /// The row.
    pub cell: RegisteredCell,
    /// Distance in metres; `None` where the receiver's or the cell's place is unknown.
    pub distance_m: Option<f64>,
}

/// How many cells of the same EARFCN and PCI an answer lists.
pub const MAX_SAME_PAIR: usize = 8;

/// How far an answer looks around the receiver, in metres.
pub const NEARBY_M: f64 = 5_000.0;

/// How many cells around the receiver an answer looks at, nearest first.
pub const MAX_NEARBY: usize = 64;

impl Registry {
    /// What the list says of one observation.
    #[must_use]
    pub fn check(&self, observation: &Observation) -> RegistryAnswer {
        let Ok(answer) = check(self, &[], observation);
        answer
    }
}

/// What a list says of one observation. `ran_hosts` are the networks whose cells may carry the operator's PLMN as a guest.
///
/// # Errors
/// Where the list cannot be read.
pub fn check<L: Lookup>(list: &L, ran_hosts: &[Plmn], observation: &Observation) -> Result<RegistryAnswer, L::Error> {
    let here = observation.position;
    let identity = observation.identity.as_ref();
    let plmns = identity.map(CellIdentity::all_plmns).unwrap_or_default();
    let covered: Vec<Plmn> = plmns.iter().copied().filter(|&plmn| list.earfcns(plmn).is_some()).collect();
    let mut registered = Vec::new();
    for ecgi in identity.into_iter().flat_map(CellIdentity::ecgis) {
        registered.extend(list.by_ecgi(ecgi)?.into_iter().map(|cell| {
            let distance_m = cell.place.zip(here).map(|(place, here)| place.distance_m(&here));
            NearCell { cell, distance_m }
        }));
    }
    let mut earfcns: Vec<u32> = covered.iter().filter_map(|&plmn| list.earfcns(plmn)).flatten().copied().collect();
    earfcns.sort_unstable();
    earfcns.dedup();
    let around = here.map_or_else(|| Ok(Vec::new()), |here| list.near(here, NEARBY_M, MAX_NEARBY))?;
    let around: Vec<NearCell> = around.into_iter().map(placed).collect();
    let is_here = |cell: &RegisteredCell| cell.earfcn.is_some_and(|earfcn| is_on_carrier(observation, earfcn));
    Ok(RegistryAnswer {
        snapshot: list.snapshot().clone(),
        age: observation.time().map(|time| time.duration_since(list.snapshot().imported).max(SignedDuration::ZERO)),
        registered,
        same_pair: same_pair(list, observation)?,
        earfcns,
        nearby_tacs: tacs_of(&around, &covered, observation),
        ran_hosts: plmns.into_iter().filter(|p| ran_hosts.contains(p) && !covered.contains(p)).collect(),
        on_carrier: on_carrier(list, observation),
        nearest_on_carrier: around.iter().find(|near| near.cell.status.is_active() && is_here(&near.cell)).cloned(),
        nearest: around.into_iter().find(|near| near.cell.status.is_active()),
        covered,
    })
}

fn same_pair<L: Lookup>(list: &L, observation: &Observation) -> Result<Vec<NearCell>, L::Error> {
    let (pci, here) = (observation.pci, observation.position);
    let Some(earfcn) = observation.certain_earfcn() else { return Ok(Vec::new()) };
    let (mut nearest, mut elsewhere) = (Vec::new(), Vec::new());
    // The list may have the carrier under the number of any band that covers it.
    for number in numbers_of_carrier(earfcn) {
        if let Some(here) = here {
            nearest.extend(list.nearest_of_pair(number, pci, here, MAX_SAME_PAIR)?);
        }
        elsewhere.extend(list.by_pair(number, pci, MAX_SAME_PAIR)?);
    }
    nearest.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let elsewhere = elsewhere
        .into_iter()
        .filter(|cell| here.is_none() || cell.place.is_none())
        .map(|cell| NearCell { cell, distance_m: None });
    Ok(nearest.into_iter().map(placed).chain(elsewhere).take(MAX_SAME_PAIR).collect())
}

/// Whether a channel number is that of the observation's carrier, where that is certain.
fn is_on_carrier(observation: &Observation, earfcn: u32) -> bool {
    observation.certain_earfcn().is_some_and(|own| is_same_carrier(own, earfcn))
}

fn on_carrier<L: Lookup>(list: &L, observation: &Observation) -> Vec<Plmn> {
    let has_cells = |&plmn: &Plmn| {
        list.earfcns(plmn).is_some_and(|earfcns| earfcns.iter().any(|&earfcn| is_on_carrier(observation, earfcn)))
    };
    list.plmns().into_iter().filter(has_cells).collect()
}

fn placed((cell, distance_m): (RegisteredCell, f64)) -> NearCell {
    NearCell { cell, distance_m: Some(distance_m) }
}

fn tacs_of(around: &[NearCell], covered: &[Plmn], observation: &Observation) -> Vec<u16> {
    let own: Vec<Eci> = observation.identity.iter().flat_map(CellIdentity::ecgis).map(|ecgi| ecgi.eci).collect();
    let mut tacs: Vec<u16> = around
        .iter()
        .map(|near| &near.cell)
        .filter(|cell| covered.contains(&cell.ecgi.plmn) && !own.contains(&cell.ecgi.eci))
        .filter_map(|cell| cell.tac)
        .collect();
    tacs.sort_unstable();
    tacs.dedup();
    tacs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        observation::{Carrier, CellIdentity, Dwell, Position},
        observed,
        registry::RegistryBuilder,
    };

    const LIST: &str = "plmn,eci,status,pci,earfcn,tac,lat,lon\n\
        450-08,0000001,active,301,1550,11793,37.480,126.880\n\
        450-08,0000002,dormant,301,1550,11793,37.470,126.880\n\
        450-08,0000003,active,77,3743,11800,37.500,126.880\n\
        450-08,0000004,active,301,1550,,,\n\
        450-05,0000001,active,301,100,500,37.480,126.881\n";

    fn registry() -> Registry {
        registry_of(LIST)
    }

    fn registry_of(list: &str) -> Registry {
        let options = crate::registry::ImportOptions::at("2026-11-20T00:00:00Z".parse().expect("a time"));
        let mut builder = RegistryBuilder::default();
        let input = crate::registry::import::Input { name: "list".into(), reader: list.as_bytes() };
        let report =
            crate::registry::import::read_cells([Ok(input)], &options, |cell| builder.push(cell)).expect("a list");
        builder.build(report.snapshot).expect("room")
    }

    fn observation(plmns: &[&str], eci: u32) -> Observation {
        let mut observation = observed::observation(301);
        observation.dwell = Dwell { start: "2026-11-21T00:00:00Z".parse().ok(), seconds: 0.0, ..observation.dwell };
        observation.position = Some(Position { lat: 37.4801, lon: 126.880, error_m: 5.0 });
        observation.identity = (!plmns.is_empty()).then(|| CellIdentity {
            plmns: plmns.iter().map(|plmn| plmn.parse().expect("a PLMN")).collect(),
            ..observed::identity(eci)
        });
        observation
    }

    fn names(cells: &[NearCell]) -> Vec<String> {
        cells.iter().map(|near| near.cell.ecgi.to_string()).collect()
    }

    #[test]
    fn a_shared_cell_is_looked_up_under_each_covered_plmn() {
        let answer = registry().check(&observation(&["450-08", "450-05", "450-06"], 1));
        assert_eq!(names(&answer.registered), ["450-08-0000001", "450-05-0000001"]);
        assert_eq!(answer.covered.iter().map(Plmn::to_string).collect::<Vec<_>>(), ["450-08", "450-05"]);
        assert_eq!(answer.earfcns, [100, 1550, 3743]);
        assert_eq!(answer.age, Some(SignedDuration::from_hours(24)));
        let distance_m = answer.registered[0].distance_m.expect("both places are known");
        assert!((distance_m - 11.1).abs() < 0.1, "{distance_m}");
        assert_eq!(answer.nearest.map(|near| near.cell.ecgi.to_string()), Some("450-08-0000001".into()));
    }

    #[test]
    fn an_unregistered_cell_of_a_covered_plmn() {
        let answer = registry().check(&observation(&["450-08"], 99));
        assert_eq!(answer.registered, []);
        assert_eq!(answer.covered.len(), 1);
        assert_eq!(answer.nearby_tacs, [11793, 11800]);
        assert_eq!(names(&answer.same_pair), ["450-08-0000001", "450-08-0000002", "450-08-0000004"]);
        assert_eq!(answer.same_pair[2].distance_m, None);
    }

    #[test]
    fn a_pair_is_found_under_the_number_of_another_band() {
        // 1845.0 MHz is 1600 in band 3 and 3801 in band 9.
        let cell = |number| {
            let carrier = Carrier { hz: 1845e6, earfcn: Some(number), band: None };
            Observation { carrier, ..observation(&[], 0) }
        };
        let list = "plmn,eci,pci,earfcn,lat,lon\n450-08,0000001,301,1600,37.5,126.88\n450-08,0000002,301,3801,37.48,126.88\n\
            450-08,0000003,301,3802,37.48,126.88\n";
        for number in [1600, 3801] {
            let answer = registry_of(list).check(&cell(number));
            assert_eq!(names(&answer.same_pair), ["450-08-0000002", "450-08-0000001"], "{number}");
        }
    }

    #[test]
    fn own_rows_do_not_vouch_for_their_tac() {
        let answer = registry().check(&observation(&["450-08"], 3));
        assert_eq!(answer.nearby_tacs, [11793]);
    }

    #[test]
    fn before_sib1_and_without_a_position_only_the_pair_is_known() {
        let unidentified = Observation { position: None, ..observation(&[], 0) };
        let answer = registry().check(&unidentified);
        assert_eq!((answer.covered.len(), answer.registered.len(), answer.earfcns.len()), (0, 0, 0));
        assert_eq!((answer.nearby_tacs.len(), answer.nearest), (0, None));
        assert_eq!(answer.same_pair.len(), 3);
        let off_raster = Observation { carrier: Carrier { hz: 1.0, earfcn: None, band: None }, ..unidentified };
        assert_eq!(registry().check(&off_raster).same_pair, []);
    }
}

# What a rule saw, in values and against what, and what to do next. The arguments are the names of the finding's evidence;
# one that the evidence lacks or that is null is "none", for which a sentence leaves its clause out. $cell names the cell.

## The cell, and how it was heard

finding-cell = { $name } (PCI { $pci }, EARFCN { $earfcn })
finding-cell-off-raster = { $name } (PCI { $pci }, { $megahertz } MHz)
finding-cell-unnamed = A cell without SIB1
finding-heard = Heard in { $dwells ->
    [one] 1 dwell
   *[other] { $dwells } dwells
} so far, strongest { $strongest } { $gain ->
    [none] dBFS
   *[removed] dB (receiver gain removed)
}{ $place ->
    [none] {""}
   *[other] {" "}at { $place }
}.
finding-identities = The same transmitter also gave { $ecgis }.
finding-stale-list = The list is { $days ->
    [one] 1 day
   *[other] { $days } days
} old: make sure first that it is current.
finding-explained = Explained later: { $reason } The alert is closed and kept.
finding-next = Next: { $step }

## Registered cell list

rule-unregistered-seen = { $cell } { $also_offers ->
    [none] is
   *[other] also offers { $also_offers }, which is
} not in the registered list of { $registry_imported } ({ $registry_rows ->
    [one] 1 cell
   *[other] { $registry_rows } cells
}){ $sector_of_site_of ->
    [none] {""}
   *[other] , which has other sectors of that site ({ $sector_of_site_of }){ $unlike_site_in ->
        [none] {""}
       *[other] , but unlike them in { $unlike_site_in }
    }
}{ $heard_once ->
    [none] {""}
   *[other] ; it was heard once, faintly
}.
rule-unregistered-next = ask the registry whether a cell was put on air here lately; if not, drive around it until its ellipse is small.
rule-inactive-on-air-seen = { $cell } is on air, but registered as { $registered_status }{ $last_contact ->
    [none] , without a last contact
   *[other] , last in contact on { $last_contact }
}{ $registered_distance_m ->
    [none] {""}
   *[other] ; its registered place is { $registered_distance_m } m from here
}.
rule-inactive-on-air-next = ask the registry whether it was found or put in service again; if not, locate it: its identity may be copied.
rule-planned-on-air-seen = { $cell } is on air, but registered as { $registered_status }{ $registered_distance_m ->
    [none] {""}
   *[other] ; its registered place is { $registered_distance_m } m from here
}.
rule-planned-on-air-next = ask the registry whether it was put in service; if so, update its row. The finding neither raises nor supports an alert.
rule-pci-mismatch-seen = { $cell } has PCI { $pci }; PCI { $registered_pci } is registered.
rule-pci-mismatch-next = compare with what the operator plans; if this was not planned, look for the registered cell nearby: two cells with one identity are a copy.
rule-carrier-mismatch-seen = { $cell } is not on air as registered: { $registered_earfcn ->
    [none] {""}
   *[other] EARFCN { $earfcn } instead of { $registered_earfcn };{" "}
}{ $registered_bandwidth_rb ->
    [none] {""}
   *[other] { $bandwidth_rb } instead of { $registered_bandwidth_rb } resource blocks;{" "}
}{ $registered_antenna_ports ->
    [none] {""}
   *[other] { $antenna_ports } instead of { $registered_antenna_ports } antenna ports;{" "}
}{ $alias_by_mhz ->
    [none] no planned change is in the list.
   *[other] the carriers are { $alias_by_mhz } MHz apart, a whole number of sample rates: the receiver's filter lets the registered carrier through, and it is heard a second time here.
}
rule-carrier-mismatch-next = { $alias_by_mhz ->
    [none] ask whether the cell was rebuilt or moved to another carrier; if not, look for the registered cell nearby.
   *[other] search the registered carrier itself, or use another sample rate: an alias moves with it.
}
rule-tac-mismatch-seen = { $cell } has TAC { $tac } for { $plmn }; { $registered_tac ->
    [none] the registered cells of { $plmn } around have { $tacs_around }
   *[other] TAC { $registered_tac } is registered
}{ $replanned_alike ->
    [none] {""}
    [one] ; 1 other registered cell changed alike
   *[other] ; { $replanned_alike } other registered cells changed alike
}.
rule-tac-mismatch-next = ask whether tracking areas were planned anew; if not, treat the cell as one that forces phones to register.
rule-plmn-mismatch-seen = { $cell } broadcasts { $plmns }{ $plmns_not_registered ->
    [none] {""}
   *[other] ; it is not registered under { $plmns_not_registered }
}{ $plmns_for_tests ->
    [none] {""}
   *[other] ; { $plmns_for_tests } is for tests only
}.
rule-plmn-mismatch-next = ask whether the network is shared here; a test PLMN on air outside a laboratory is to be located.
rule-unknown-pci-seen = { $cell } is strong ({ $sinr_db } dB, limit { $limit_sinr_db } dB) but sends no SIB1, and no registered cell within { $radius_m } m has its PCI and carrier{ $nearest_same_pair_m ->
    [none] {""}
   *[other] {" "}(the nearest is { $nearest_same_pair_m } m away)
}.
rule-unknown-pci-next = stay on this carrier and drive closer: SIB1 tells whether it is known.
rule-not-heard-seen = { $cell } was expected in { $dwells_expected ->
    [one] 1 dwell
   *[other] { $dwells_expected } dwells
} of { $passes ->
    [one] 1 pass
   *[other] { $passes } passes
}{ $nearest_m ->
    [none] {""}
   *[other] , the nearest { $nearest_m } m away at { $predicted_rsrp_dbm } dBm
}, and was not heard.
rule-not-heard-next = pass it once more with a longer dwell on its carrier, or visit the address.

rule-foreign-plmn-seen = { $cell } broadcasts { $plmn } on a carrier of { $plmns_on_carrier }{ $nearest_registered ->
    [none] {""}
   *[other] , whose nearest registered cell is { $nearest_registered }{ $nearest_registered_m ->
        [none] {""}
       *[other] , { $nearest_registered_m } m away
    }
}: only that operator and its hosts may be there.
rule-foreign-plmn-next = ask whether the network is shared here and, if so, name the host with --ran-hosts; near a border, look across it; else locate it.
rule-foreign-plmn-explained = { $base_stations } base stations of { $plmn } are heard together on this carrier, so it is a network's, as near a border or after refarming.

## Place

rule-too-strong-here-seen = { $cell } is { $above_free_space_db } dB above what its registered site, { $site_distance_m } m away, gives in free space (limit { $margin_db } dB), in { $dwells_above ->
    [one] 1 dwell
   *[other] { $dwells_above } dwells
}{ $frame_timing_off_us ->
    [none] {""}
   *[other] ; its frames are { $frame_timing_off_us } µs off the network's (allowed { $frame_timing_allowed_us } µs)
}.
rule-too-strong-here-next = check the site's coordinates; if they are right, the transmitter is nearer than the site: drive towards rising level.
rule-not-at-site-seen = { $cell } rises to { $top_sinr_db } dB Es/N0 and falls by { $fall_db } dB within { $fall_m } m on both sides, seen from { $places } places: its transmitter is at { $near_lat }, { $near_lon } (to { $near_error_m } m), and its registered site is { $site_distance_m } m away{ $frame_timing_off_us ->
    [none] {""}
   *[other] ; its frames are { $frame_timing_off_us } µs off the network's (allowed { $frame_timing_allowed_us } µs)
}{ $explanation ->
    [transmitter] . No mast and no antenna inside a building gives such levels on the road
    [late] . Frames that come late are a repeater's or a remote antenna's
    [elsewhere] . Neither the site nor a repeater sends such frames: a repeater delays them by 150 µs at most
    [site] . They come as from the site: a street that opens to it, or a repeater, may give such levels
    [repeater] . A repeater or an antenna inside a building may give such levels
   *[list] . A wrong place in the list explains it
}.
rule-not-at-site-next = { $explanation ->
    [list] check the site's coordinates in the list.
    [transmitter] ask whether an antenna of this cell stands there; if not, a copy of the cell does: go there and look.
   *[other] ask whether a repeater or an antenna of this cell stands there; if not, a copy of the cell does.
}
rule-far-from-home-seen = Femtocell { $cell } was read { $distance_m } m from its registered address (places sure to { $error_m } m) at { $sinr_db } dB Es/N0, { $beyond_expected_db } dB above the { $expected_sinr_db } dB that a femtocell gives that far, in { $dwells ->
    [one] 1 dwell
   *[other] { $dwells } dwells
}.
rule-far-from-home-next = check the address; if it is right, the identity is used elsewhere: locate the transmitter here.
rule-two-places-seen = { $cell } is strong here ({ $level_db } dB, reach { $reach_m } m) and { $apart_m } m away at { $other_lat }, { $other_lon }{ $other_level_db ->
    [none] {""}
   *[other] {" "}({ $other_level_db } dB, reach { $other_reach_m } m)
}{ $seconds_between ->
    [none] {""}
   *[other] , { $seconds_between } s apart
}: one station does not reach both.
rule-two-places-next = locate both; the one that is not at the registered site is the copy.
rule-co-moving-seen = { $cell } varied by { $variation_db } dB over { $route_m } m driven, while other cells varied by { $others_variation_db } dB: it moves with the car.
rule-co-moving-next = stop and let traffic pass; then look at which vehicle its level follows. Keep recording.
rule-short-lived-seen = { $cell } was heard for { $heard_for_s } s at a place passed { $passes ->
    [one] once
   *[other] { $passes } times
} (within { $radius_m } m).
rule-short-lived-next = ask whether a cell was switched on or repaired here; if not, come back at another time of the day.

## Identity

rule-many-identities-seen = One transmitter gave { $ecgis } in turn: same carrier, offsets { $carrier_offset_apart_hz } Hz apart, frame timing unbroken{ $seconds_between ->
    [none] {""}
   *[other] , { $seconds_between } s between them
}. { $cell } is the latest.
rule-many-identities-next = treat all these identities as one box and locate it once.
rule-twin-seen = { $cell } is on air twice: { $same_pci ->
    [true] both times under PCI { $pci }
   *[other] PCI { $pci } and { $other_pci }
}{ $frame_timing_apart_us ->
    [none] {""}
   *[other] , frame timings { $frame_timing_apart_us } µs apart
}, offsets { $carrier_offset_hz } and { $other_carrier_offset_hz } Hz{ $registered_alike ->
    [true] { $both_alike ->
        [true] . Both broadcast what is registered, so that only places tell which is the copy{ $own_strongest_at ->
            [none] {""}
           *[other] : this one was strongest ({ $own_strongest_db } dB) at { $own_strongest_at }{ $other_strongest_at ->
                [none] {""}
               *[other] , the other one ({ $other_strongest_db } dB) at { $other_strongest_at }
            }
        }
       *[other] . This one is on air as registered; the other one may be the copy
    }
    [false] . This one differs from the list and is the likelier copy
   *[none] . The list does not say which of them is the copy
}.
rule-twin-next = locate both; the one away from the registered site is the copy.
rule-pci-collision-seen = Two transmitters use PCI { $pci } on one carrier: { $cell } and { $other_ecgi ->
    [none] another without SIB1
   *[other] { $same_name ->
        [true] another under the same name
       *[other] { $other_ecgi }
    }
}{ $frame_timing_apart_us ->
    [none] {""}
   *[other] , frame timings { $frame_timing_apart_us } µs apart
}, offsets { $carrier_offset_hz } and { $other_carrier_offset_hz } Hz.
rule-pci-collision-next = look which of the two the list has here; locate the other one.
rule-not-in-neighbours-seen = { $cell } is strong ({ $sinr_db } dB) and in no neighbour list (read from PCI { $lists_of_pcis }), and lists nobody.
rule-not-in-neighbours-next = no step of its own: it is listed with the cell, and neither raises nor supports an alert.

## Broadcast content

rule-content-changed-seen = { $cell } changed what it broadcasts under { $value_tag ->
    [none] its value tag
   *[other] value tag { $value_tag }
}, which must change with it: { $changed }.
rule-content-changed-next = ask whether its software was changed; if not, compare level and timing before and after: another transmitter may have taken its place.
rule-thin-si-seen = { $cell } schedules { $scheduled_sibs ->
    [none] no SIB
   *[other] only SIB { $scheduled_sibs }
}, fewer than { $min_blocks } beyond SIB2.
rule-thin-si-next = no step of its own: it is listed with the cell, and neither raises nor supports an alert.
rule-lab-stack-seen = { $cell } broadcasts values of a laboratory station's sample configuration: { $values } (limit { $min_values }).
rule-lab-stack-next = ask whether a laboratory is near; if not, locate it.
rule-retaining-seen = { $cell } holds phones: { $serving_priority ->
    [none] {""}
   *[other] serving priority { $serving_priority }{ $neighbours_serving_priority ->
        [none] {""}
       *[other] {" "}(cells of its network around: { $neighbours_serving_priority })
    }{ $q_rx_lev_min_dbm ->
        [none] {""}
       *[other] ,{" "}
    }
}{ $q_rx_lev_min_dbm ->
    [none] {""}
   *[other] q-RxLevMin { $q_rx_lev_min_dbm } dBm{ $neighbours_q_rx_lev_min_dbm ->
        [none] {""}
       *[other] {" "}(cells of its network around: { $neighbours_q_rx_lev_min_dbm } dBm)
    }
}.
rule-retaining-next = ask whether the operator planned these values for this cell.
rule-downgrade-seen = { $cell } sends phones to older networks: { $above } above LTE priority { $highest_lte_priority }.
rule-downgrade-next = compare with the operator's other cells; if only this one does so, locate it.
rule-barring-flap-seen = { $cell } changed cellBarred { $changes } times, { $changes_per_minute } a minute.
rule-barring-flap-next = ask whether the site is under maintenance.
rule-tag-flap-seen = { $cell } changed its value tag { $changes } times, { $changes_per_minute } a minute: { $value_tags }.
rule-tag-flap-next = ask whether the site is under maintenance.
rule-tac-flap-seen = { $cell } changed its TAC { $changes } times in { $seconds } s, { $changes_per_minute } a minute: { $tacs }.
rule-tac-flap-next = each change makes phones register anew: locate it.
rule-frame-number-stands-seen = { $cell } sends frame numbers that do not count on, in { $dwells } of { $dwells_heard } dwells: a recording that is played in a loop.
rule-frame-number-stands-next = locate it; a station of the network counts 1024 frames on in 10.24 s.
rule-overshadowed-seen = { $began_to_retain ->
    [none] { $cell } sends different content at one place of its schedule { $within_dwell ->
        [none] and returns to the former: { $barring_returns ->
            [none] { $sib1_contents } contents of SIB1{ $tacs ->
                [none] {""}
               *[other] {" "}(TAC { $tacs })
            }, { $sib1_returns } returns in { $dwells } dwells
           *[other] cellBarred came back { $barring_returns } times in { $window_s } s
        }
       *[other] within one dwell
    }: a second transmitter lies over it.
   *[other] { $cell } began to hold phones: { $serving_priority ->
        [none] {""}
       *[other] priority { $serving_priority_first ->
            [none] {""}
           *[other] { $serving_priority_first } →{" "}
        }{ $serving_priority },{" "}
    }{ $q_rx_lev_min_dbm ->
        [none] {""}
       *[other] q-RxLevMin { $q_rx_lev_min_dbm_first ->
            [none] {""}
           *[other] { $q_rx_lev_min_dbm_first } →{" "}
        }{ $q_rx_lev_min_dbm } dBm:{" "}
    }a second transmitter may lie over it.
}
rule-overshadowed-next = keep the recording; drive towards the place where the foreign content is received most often.
rule-warning-alone-seen = { $cell } sends a public warning ({ $warning_sibs_scheduled ->
    [none] {""}
   *[other] SIB { $warning_sibs_scheduled } scheduled,{" "}
}{ $warning_pages ->
    [none] no
   *[other] { $warning_pages }
} pages that announce it), which the other cells of its network heard here do not{ $quiet_cells ->
    [none] {""}
   *[other] : { $quiet_cells }
}.
rule-warning-alone-next = ask whether a warning is out for this area; if not, warn the operator at once and locate it.
rule-imsi-paging-seen = { $cell } pages by IMSI in { $imsi_records } of { $records } records (share { $imsi_share }); the other cells of its network do in { $others_imsi_share } of { $others_records }.
rule-imsi-paging-next = ask whether the core network restarted; if not, it asks phones for their identities: locate it.
rule-nameless-seen = { $cell } is very strong ({ $sinr_db } dB, limit { $limit_sinr_db } dB) and sent no SIB1 in { $dwells ->
    [one] 1 dwell
   *[other] { $dwells } dwells
}, while the weaker { $witness ->
    [none] cell beside it
   *[other] cell { $witness }
} ({ $witness_sinr_db } dB) sent its own.
rule-nameless-next = ask whether a carrier without SIB1 is planned here; if not, it bars phones from the network: locate it.
rule-odd-on-carriers-seen = { $cell } shares { $tac ->
    [none] PCI { $pci }, which is not in the list and gives no name,
   *[other] TAC { $tac }, which no registered cell around has,
} with cells on the carriers { $carriers_hz } Hz, while registered cells are on air as listed.
rule-odd-on-carriers-next = treat the cells as one box with several transmitters: locate the strongest, and ask whether a site is missing in the list.
rule-carrier-flooded-seen = { $cells } cells with a MIB and without SIB1 are on the carrier of { $cell } at one place (limit { $limit_cells }; PCI { $pcis }).
rule-carrier-flooded-next = treat them as one transmitter and locate the strongest; look for a weaker cell that they hide.
rule-config-unlike-seen = { $cell } differs from the { $other_cells ->
    [one] other cell
   *[other] { $other_cells } other cells
} of its network on this carrier: { $unlike }.
rule-config-unlike-next = ask whether another vendor's equipment is planned here.
rule-csg-range-seen = { $cell } says csg-Indication { $csg_indication }, but PCI { $pci } is { $csg_indication ->
    [true] outside
   *[other] inside
} the { $range_count } PCIs from { $range_start } that SIB4 reserves for closed cells.
rule-csg-range-next = ask whether the network splits its PCIs.
rule-hnb-name-seen = { $cell } calls itself “{ $hnb_name }”; “{ $registered_name }” is registered.
rule-hnb-name-next = compare with the name that the owner gave.

## Radio

rule-frequency-error-seen = { $cell } is { $apart_ppm } ppm from the operator's { $macros ->
    [one] macro cell
   *[other] { $macros } macro cells
} ({ $carrier_offset_hz } Hz against { $macros_median_hz } Hz); { $limit_ppm } ppm is the limit of a { $station_class } base station.
rule-frequency-error-next = { $explanation ->
    [none] locate it: no base station of any class is so far off, nor does motion explain it.
   *[other] stand still for a minute; if it remains, it is not an operator's station of that class.
}
rule-drift-seen = { $cell } drifts at standstill against { $macros ->
    [one] 1 macro cell
   *[other] { $macros } macro cells
}: offset { $offset_change_ppm } ppm (limit { $limit_ppm }), timing { $timing_change_us_per_minute } µs a minute (limit { $limit_us_per_minute }).
rule-drift-next = stay at standstill for another { $seconds } s; a station of the operator is locked and does not drift.
rule-very-strong-seen = { $cell } is not registered and stronger ({ $level_db } dB) than a station reaches from beyond { $radius_m } m; the nearest registered cell is { $nearest_registered_m ->
    [none] at an unknown place
   *[other] { $nearest_registered_m } m away
}.
rule-very-strong-next = look around: the antenna is within some { $reach_m ->
    [none] hundred
   *[other] { $reach_m }
} metres.
rule-foreign-carrier-seen = { $cell } is on EARFCN { $earfcn }, where the operator has no registered cell{ $registered_earfcns ->
    [none] {""}
   *[other] {" "}(it has { $registered_earfcns })
}.
rule-foreign-carrier-next = ask whether a carrier was added; if not, locate it.

# What a rule saw, in values and against what, and what to do next: findings.en.ftl in Korean.

## The cell, and how it was heard

finding-cell = { $name } (PCI { $pci }, EARFCN { $earfcn })
finding-cell-off-raster = { $name } (PCI { $pci }, { $megahertz } MHz)
finding-cell-unnamed = SIB1이 없는 셀
finding-heard = 지금까지 측정 { $dwells }회 수신, 최대 { $strongest } { $gain ->
    [none] dBFS
   *[removed] dB(수신기 이득 제외)
}{ $place ->
    [none] {""}
   *[other] , 위치 { $place }
}.
finding-identities = 같은 송신기가 쓴 다른 식별자: { $ecgis }.
finding-stale-list = 등록 목록이 { $days }일 전 것임: 최신 목록인지 먼저 확인할 것.
finding-explained = 이후 설명됨: { $reason } 경보는 닫히고 보관됨.
finding-next = 다음 조치: { $step }

## Registered cell list

rule-unregistered-seen = { $cell }: { $also_offers ->
    [none] {""}
   *[other] 함께 송출하는 { $also_offers }가{" "}
}{ $registry_imported } 등록 목록(셀 { $registry_rows }개)에 없음{ $sector_of_site_of ->
    [none] {""}
   *[other] . 목록에는 이 사이트의 다른 섹터({ $sector_of_site_of })가 있음{ $unlike_site_in ->
        [none] {""}
       *[other] . 그 섹터들과 다른 점: { $unlike_site_in }
    }
}{ $heard_once ->
    [none] {""}
   *[other] . 약하게 한 번만 수신됨
}.
rule-unregistered-next = 최근 이곳에 개통된 셀이 있는지 등록 담당에 확인하고, 없으면 타원이 작아질 때까지 주변을 주행할 것.
rule-inactive-on-air-seen = { $cell }: 등록 상태는 { $registered_status }인데 전파를 송출 중{ $last_contact ->
    [none] , 마지막 접속 기록 없음
   *[other] , 마지막 접속 { $last_contact }
}{ $registered_distance_m ->
    [none] {""}
   *[other] , 등록 위치까지 { $registered_distance_m } m
}.
rule-inactive-on-air-next = 되찾았거나 다시 켰는지 등록 담당에 확인하고, 아니면 위치를 찾을 것: 식별자가 복제되었을 수 있음.
rule-planned-on-air-seen = { $cell }: 등록 상태는 { $registered_status }인데 전파를 송출 중{ $registered_distance_m ->
    [none] {""}
   *[other] , 등록 위치까지 { $registered_distance_m } m
}.
rule-planned-on-air-next = 개통되었는지 등록 담당에 확인하고, 개통되었으면 목록을 고칠 것. 경보를 만들거나 뒷받침하지 않음.
rule-pci-mismatch-seen = { $cell }: PCI { $pci } 사용 중, 등록된 PCI는 { $registered_pci }.
rule-pci-mismatch-next = 운용사의 변경 계획과 비교하고, 계획이 없으면 주변에서 등록된 셀을 찾을 것: 한 식별자의 셀이 둘이면 복제임.
rule-carrier-mismatch-seen = { $cell }: 등록과 다름: { $registered_earfcn ->
    [none] {""}
   *[other] EARFCN { $registered_earfcn } 대신 { $earfcn };{" "}
}{ $registered_bandwidth_rb ->
    [none] {""}
   *[other] 자원 블록 { $registered_bandwidth_rb }개 대신 { $bandwidth_rb }개;{" "}
}{ $registered_antenna_ports ->
    [none] {""}
   *[other] 안테나 포트 { $registered_antenna_ports }개 대신 { $antenna_ports }개;{" "}
}{ $alias_by_mhz ->
    [none] 목록에 변경 계획 없음.
   *[other] 두 반송파의 차 { $alias_by_mhz } MHz는 샘플링 속도의 정수배임: 수신기 필터를 통과한 등록 반송파의 에일리어스임.
}
rule-carrier-mismatch-next = { $alias_by_mhz ->
    [none] 셀이 교체되었거나 반송파가 변경되었는지 확인하고, 아니면 주변에서 등록된 셀을 찾을 것.
   *[other] 등록된 반송파를 직접 탐색하거나 다른 샘플링 속도를 쓸 것: 에일리어스는 속도에 따라 옮겨짐.
}
rule-tac-mismatch-seen = { $cell }: { $plmn }에 TAC { $tac } 사용 중, { $registered_tac ->
    [none] 주변 { $plmn } 등록 셀의 TAC는 { $tacs_around }
   *[other] 등록된 TAC는 { $registered_tac }
}{ $replanned_alike ->
    [none] {""}
   *[other] . 다른 등록 셀 { $replanned_alike }개도 똑같이 바뀜
}.
rule-tac-mismatch-next = 추적 영역이 재계획되었는지 확인하고, 아니면 단말의 재등록을 유도하는 셀로 다룰 것.
rule-plmn-mismatch-seen = { $cell }: 송출 PLMN { $plmns }{ $plmns_not_registered ->
    [none] {""}
   *[other] , 그중 { $plmns_not_registered }로는 등록되지 않음
}{ $plmns_for_tests ->
    [none] {""}
   *[other] , { $plmns_for_tests }는 시험용임
}.
rule-plmn-mismatch-next = 이곳이 공유망인지 확인하고, 실험실 밖의 시험용 PLMN은 위치를 찾을 것.
rule-unknown-pci-seen = { $cell }: 강하지만({ $sinr_db } dB, 기준 { $limit_sinr_db } dB) SIB1을 보내지 않고, { $radius_m } m 안에 이 PCI와 반송파의 등록 셀이 없음{ $nearest_same_pair_m ->
    [none] {""}
   *[other] (가장 가까운 것은 { $nearest_same_pair_m } m)
}.
rule-unknown-pci-next = 이 반송파에 머물며 더 가까이 갈 것: SIB1을 읽으면 등록 여부를 알 수 있음.
rule-not-heard-seen = { $cell }: 주행 { $passes }회, 측정 { $dwells_expected }회에서 { $nearest_m ->
    [none] {""}
   *[other] 최단 { $nearest_m } m, { $predicted_rsrp_dbm } dBm으로{" "}
}예상되었으나 수신되지 않음.
rule-not-heard-next = 이 반송파를 더 오래 측정하며 한 번 더 지나가거나 주소를 방문할 것.

rule-foreign-plmn-seen = { $cell }: { $plmns_on_carrier }의 반송파에서 { $plmn } 송출{ $nearest_registered ->
    [none] {""}
   *[other] , 가장 가까운 등록 셀 { $nearest_registered }{ $nearest_registered_m ->
        [none] {""}
       *[other] 까지 { $nearest_registered_m } m
    }
}: 이곳에는 그 운용사와 공유망 사업자만 있을 수 있음.
rule-foreign-plmn-next = 공유망인지 확인하고 그렇다면 --ran-hosts로 지정할 것. 국경 근처이면 건너편을 확인하고, 아니면 위치를 찾을 것.
rule-foreign-plmn-explained = 이 반송파에서 { $plmn } 기지국 { $base_stations }곳이 함께 수신되므로 국경 근처이거나 재배치된 실제 망임.

## Place

rule-too-strong-here-seen = { $cell }: { $site_distance_m } m 떨어진 등록 사이트의 자유 공간 세기보다 { $above_free_space_db } dB 강함(기준 { $margin_db } dB), 측정 { $dwells_above }회{ $frame_timing_off_us ->
    [none] {""}
   *[other] . 프레임이 망보다 { $frame_timing_off_us } µs 어긋남(허용 { $frame_timing_allowed_us } µs)
}.
rule-too-strong-here-next = 사이트 좌표를 확인하고, 맞으면 송신기는 사이트보다 가까이 있음: 세기가 커지는 쪽으로 주행할 것.
rule-not-at-site-seen = { $cell }: { $top_sinr_db } dB Es/N0까지 세지고 양쪽 { $fall_m } m 안에서 { $fall_db } dB 약해짐(지점 { $places }곳): 송신기는 { $near_lat }, { $near_lon }(오차 { $near_error_m } m)에 있고 등록 사이트는 { $site_distance_m } m 떨어져 있음{ $frame_timing_off_us ->
    [none] {""}
   *[other] . 프레임이 망보다 { $frame_timing_off_us } µs 어긋남(허용 { $frame_timing_allowed_us } µs)
}{ $explanation ->
    [transmitter] . 철탑이나 건물 안 안테나는 도로에서 이런 세기를 낼 수 없음
    [late] . 늦게 오는 프레임은 중계기나 원격 안테나의 것임
    [elsewhere] . 사이트도 중계기도 이런 프레임을 보내지 않음(중계기 지연은 최대 150 µs)
    [site] . 프레임이 사이트에서 온 것과 같음: 사이트 쪽으로 트인 길이나 중계기일 수 있음
    [repeater] . 중계기나 건물 안 안테나일 수 있음
   *[list] . 목록의 위치가 틀렸을 수 있음
}.
rule-not-at-site-next = { $explanation ->
    [list] 목록의 사이트 좌표를 확인할 것.
    [transmitter] 이 셀의 안테나가 그곳에 있는지 문의하고, 없으면 복제이므로 그곳에 가서 찾을 것.
   *[other] 이 셀의 중계기나 안테나가 그곳에 있는지 문의할 것. 없으면 복제임.
}
rule-far-from-home-seen = 펨토셀 { $cell }: 등록 주소에서 { $distance_m } m 떨어진 곳에서 { $sinr_db } dB Es/N0로 수신됨(위치 오차 { $error_m } m). 그 거리의 펨토셀 예상({ $expected_sinr_db } dB Es/N0)보다 { $beyond_expected_db } dB 강함, 측정 { $dwells ->
    [one] 1회
   *[other] { $dwells }회
}.
rule-far-from-home-next = 주소를 확인하고, 맞으면 식별자가 다른 곳에서 쓰이는 것임: 이곳에서 송신기를 찾을 것.
rule-two-places-seen = { $cell }: 여기서 강하고({ $level_db } dB, 도달 { $reach_m } m) { $apart_m } m 떨어진 { $other_lat }, { $other_lon }에서도 강함{ $other_level_db ->
    [none] {""}
   *[other] ({ $other_level_db } dB, 도달 { $other_reach_m } m)
}{ $seconds_between ->
    [none] {""}
   *[other] , 시간 차 { $seconds_between }초
}: 한 기지국이 두 곳에 닿을 수 없음.
rule-two-places-next = 두 곳을 모두 찾을 것. 등록 사이트가 아닌 쪽이 복제임.
rule-co-moving-seen = { $cell }: { $route_m } m 주행 동안 { $variation_db } dB만 변하고 다른 셀은 { $others_variation_db } dB 변함: 차량과 함께 움직임.
rule-co-moving-next = 멈추어 차들을 보내고 세기가 어느 차량을 따라가는지 볼 것. 녹음을 계속할 것.
rule-short-lived-seen = { $cell }: { $passes }회 지나간 곳({ $radius_m } m 이내)에서 { $heard_for_s }초 동안만 수신됨.
rule-short-lived-next = 이곳에서 셀을 켜거나 수리했는지 확인하고, 아니면 다른 시간대에 다시 올 것.

## Identity

rule-many-identities-seen = 한 송신기가 { $ecgis }을(를) 차례로 사용: 같은 반송파, 주파수 차 { $carrier_offset_apart_hz } Hz, 프레임 타이밍 연속{ $seconds_between ->
    [none] {""}
   *[other] , 사이 { $seconds_between }초
}. 마지막은 { $cell }.
rule-many-identities-next = 이 식별자들을 한 장비로 보고 위치를 한 번만 찾을 것.
rule-twin-seen = { $cell }: 두 곳에서 송출 중, { $same_pci ->
    [true] 둘 다 PCI { $pci }
   *[other] PCI { $pci }와(과) { $other_pci }
}{ $frame_timing_apart_us ->
    [none] {""}
   *[other] , 프레임 타이밍 차 { $frame_timing_apart_us } µs
}, 주파수 오차 { $carrier_offset_hz } Hz와 { $other_carrier_offset_hz } Hz{ $registered_alike ->
    [true] { $both_alike ->
        [true] . 둘 다 등록대로 송출하므로 위치로만 복제를 가릴 수 있음{ $own_strongest_at ->
            [none] {""}
           *[other] : 이쪽은 { $own_strongest_at }에서 가장 강했고({ $own_strongest_db } dB){ $other_strongest_at ->
                [none] {""}
               *[other] , 다른 쪽은 { $other_strongest_at }에서 가장 강했음({ $other_strongest_db } dB)
            }
        }
       *[other] . 이 셀은 등록과 같음: 다른 쪽이 복제일 수 있음
    }
    [false] . 이 셀은 등록과 다름: 이쪽이 복제일 가능성이 큼
   *[none] . 어느 쪽이 복제인지 목록으로는 알 수 없음
}.
rule-twin-next = 두 송신기를 모두 찾을 것. 등록 사이트에서 떨어진 쪽이 복제임.
rule-pci-collision-seen = 한 반송파에서 두 송신기가 PCI { $pci } 사용: { $cell }와(과) { $other_ecgi ->
    [none] SIB1이 없는 다른 셀
   *[other] { $same_name ->
        [true] 같은 이름의 다른 송신기
       *[other] { $other_ecgi }
    }
}{ $frame_timing_apart_us ->
    [none] {""}
   *[other] , 프레임 타이밍 차 { $frame_timing_apart_us } µs
}, 주파수 오차 { $carrier_offset_hz } Hz와 { $other_carrier_offset_hz } Hz.
rule-pci-collision-next = 목록에 있는 쪽을 확인하고 다른 쪽을 찾을 것.
rule-not-in-neighbours-seen = { $cell }: 강하지만({ $sinr_db } dB) 어느 인접 목록에도 없고(PCI { $lists_of_pcis }의 목록) 스스로도 인접 셀을 알리지 않음.
rule-not-in-neighbours-next = 단독 조치 없음: 셀과 함께 표시될 뿐 경보를 만들거나 뒷받침하지 않음.

## Broadcast content

rule-content-changed-seen = { $cell }: 내용이 바뀌면 함께 바뀌어야 하는 value tag{ $value_tag ->
    [none] {""}
   *[other] {" "}{ $value_tag }
}가 그대로인데 송출 내용이 바뀜: { $changed }.
rule-content-changed-next = 소프트웨어가 변경되었는지 확인하고, 아니면 변경 전후의 세기와 타이밍을 비교할 것: 다른 송신기일 수 있음.
rule-thin-si-seen = { $cell }: { $scheduled_sibs ->
    [none] SIB 스케줄 없음
   *[other] SIB { $scheduled_sibs }만 송출
}, SIB2 외 { $min_blocks }개 미만.
rule-thin-si-next = 단독 조치 없음: 셀과 함께 표시될 뿐 경보를 만들거나 뒷받침하지 않음.
rule-lab-stack-seen = { $cell }: 실험용 기지국 예제 설정의 값을 송출: { $values } (기준 { $min_values }개).
rule-lab-stack-next = 근처에 실험실이 있는지 확인하고, 없으면 위치를 찾을 것.
rule-retaining-seen = { $cell }: 단말을 붙잡음: { $serving_priority ->
    [none] {""}
   *[other] 서빙 우선순위 { $serving_priority }{ $neighbours_serving_priority ->
        [none] {""}
       *[other] (주변 같은 망 셀: { $neighbours_serving_priority })
    }{ $q_rx_lev_min_dbm ->
        [none] {""}
       *[other] ,{" "}
    }
}{ $q_rx_lev_min_dbm ->
    [none] {""}
   *[other] q-RxLevMin { $q_rx_lev_min_dbm } dBm{ $neighbours_q_rx_lev_min_dbm ->
        [none] {""}
       *[other] (주변 같은 망 셀: { $neighbours_q_rx_lev_min_dbm } dBm)
    }
}.
rule-retaining-next = 운용사가 이 셀에 이 값을 계획했는지 확인할 것.
rule-downgrade-seen = { $cell }: 단말을 옛 망으로 보냄: LTE 우선순위 { $highest_lte_priority }보다 높은 { $above }.
rule-downgrade-next = 운용사의 다른 셀과 비교하고, 이 셀만 그러면 위치를 찾을 것.
rule-barring-flap-seen = { $cell }: cellBarred가 { $changes }회, 분당 { $changes_per_minute }회 바뀜.
rule-barring-flap-next = 사이트가 점검 중인지 확인할 것.
rule-tag-flap-seen = { $cell }: value tag가 { $changes }회, 분당 { $changes_per_minute }회 바뀜: { $value_tags }.
rule-tag-flap-next = 사이트가 점검 중인지 확인할 것.
rule-tac-flap-seen = { $cell }: { $seconds }초 동안 TAC가 { $changes }회, 분당 { $changes_per_minute }회 바뀜: { $tacs }.
rule-tac-flap-next = 바뀔 때마다 단말이 다시 등록함: 위치를 찾을 것.
rule-frame-number-stands-seen = { $cell }: 측정 { $dwells_heard }회 중 { $dwells }회에서 프레임 번호가 이어지지 않음: 녹음을 반복 재생하는 것임.
rule-frame-number-stands-next = 위치를 찾을 것. 망의 기지국은 10.24초에 1024 프레임씩 번호가 이어짐.
rule-overshadowed-seen = { $began_to_retain ->
    [none] { $cell }: 같은 스케줄 위치에서 다른 내용을 송출 { $within_dwell ->
        [none] 후 이전 내용으로 돌아옴: { $barring_returns ->
            [none] 측정 { $dwells }회에서 SIB1 내용 { $sib1_contents }가지{ $tacs ->
                [none] {""}
               *[other] (TAC { $tacs })
            }, 복귀 { $sib1_returns }회
           *[other] cellBarred가 { $window_s }초 동안 { $barring_returns }회 되돌아옴
        }
       *[other] (한 측정 안에서)
    }: 두 번째 송신기가 덮고 있음.
   *[other] { $cell }: 단말을 붙잡기 시작함. { $serving_priority ->
        [none] {""}
       *[other] 우선순위 { $serving_priority_first ->
            [none] {""}
           *[other] { $serving_priority_first } →{" "}
        }{ $serving_priority },{" "}
    }{ $q_rx_lev_min_dbm ->
        [none] {""}
       *[other] q-RxLevMin { $q_rx_lev_min_dbm_first ->
            [none] {""}
           *[other] { $q_rx_lev_min_dbm_first } →{" "}
        }{ $q_rx_lev_min_dbm } dBm:{" "}
    }두 번째 송신기가 덮고 있을 수 있음.
}
rule-overshadowed-next = 녹음을 보관하고, 다른 내용이 가장 자주 수신되는 쪽으로 주행할 것.
rule-warning-alone-seen = { $cell }: 재난 문자 송출({ $warning_sibs_scheduled ->
    [none] {""}
   *[other] SIB { $warning_sibs_scheduled } 스케줄,{" "}
}알림 페이징 { $warning_pages ->
    [none] 없음
   *[other] { $warning_pages }회
}). 이곳의 같은 망 셀은 송출하지 않음{ $quiet_cells ->
    [none] {""}
   *[other] : { $quiet_cells }
}.
rule-warning-alone-next = 이 지역에 재난 문자가 발령되었는지 확인하고, 아니면 즉시 운용사에 알리고 위치를 찾을 것.
rule-imsi-paging-seen = { $cell }: 페이징 { $records }건 중 { $imsi_records }건이 IMSI(비율 { $imsi_share }). 같은 망의 다른 셀은 { $others_records }건 중 비율 { $others_imsi_share }.
rule-imsi-paging-next = 코어망이 재시작되었는지 확인하고, 아니면 단말의 신원을 묻는 것임: 위치를 찾을 것.
rule-nameless-seen = { $cell }: 매우 강하지만({ $sinr_db } dB, 기준 { $limit_sinr_db } dB) 측정 { $dwells }회 동안 SIB1이 없음. 더 약한 { $witness ->
    [none] 옆 셀
   *[other] 셀 { $witness }
}({ $witness_sinr_db } dB)은 SIB1을 보냄.
rule-nameless-next = SIB1 없는 반송파가 계획되었는지 확인하고, 아니면 단말의 접속을 막는 것임: 위치를 찾을 것.
rule-odd-on-carriers-seen = { $cell }: { $tac ->
    [none] 목록에 없고 이름을 알리지 않는 PCI { $pci }
   *[other] 주변의 등록 셀에 없는 TAC { $tac }
}가 반송파 { $carriers_hz } Hz에 함께 있음. 등록 셀은 목록대로 송출 중.
rule-odd-on-carriers-next = 송신기가 여럿인 한 장비로 보고 가장 강한 것의 위치를 찾을 것. 목록에 빠진 국소가 있는지도 확인할 것.
rule-carrier-flooded-seen = { $cell }의 반송파에 MIB만 있고 SIB1이 없는 셀 { $cells }개가 한곳에 있음(기준 { $limit_cells }개, PCI { $pcis }).
rule-carrier-flooded-next = 한 송신기로 보고 가장 강한 것의 위치를 찾을 것. 그 아래 가려진 약한 셀도 찾을 것.
rule-config-unlike-seen = { $cell }: 이 반송파의 같은 망 셀 { $other_cells }개와 다름: { $unlike }.
rule-config-unlike-next = 이곳에 다른 제조사의 장비가 계획되었는지 확인할 것.
rule-csg-range-seen = { $cell }: csg-Indication은 { $csg_indication }인데 PCI { $pci }는 SIB4가 폐쇄형 셀에 남겨 둔 { $range_start }부터 { $range_count }개 범위 { $csg_indication ->
    [true] 밖에 있음
   *[other] 안에 있음
}.
rule-csg-range-next = 이 망이 PCI를 나누어 쓰는지 확인할 것.
rule-hnb-name-seen = { $cell }: 이름 “{ $hnb_name }” 송출, 등록된 이름은 “{ $registered_name }”.
rule-hnb-name-next = 소유자가 정한 이름과 비교할 것.

## Radio

rule-frequency-error-seen = { $cell }: 운용사 매크로 셀 { $macros }개와 { $apart_ppm } ppm 차이({ $carrier_offset_hz } Hz 대 { $macros_median_hz } Hz). { $station_class } 기준은 { $limit_ppm } ppm.
rule-frequency-error-next = { $explanation ->
    [none] 위치를 찾을 것. 어떤 등급의 기지국도 이만큼 어긋나지 않으며 이동으로도 설명되지 않음.
   *[other] 1분 동안 정지해 있을 것. 그대로이면 그 등급의 운용사 기지국이 아님.
}
rule-drift-seen = { $cell }: 정지 중 매크로 셀 { $macros }개에 대해 변동: 주파수 { $offset_change_ppm } ppm(기준 { $limit_ppm }), 타이밍 분당 { $timing_change_us_per_minute } µs(기준 { $limit_us_per_minute }).
rule-drift-next = { $seconds }초 더 정지해 있을 것. 운용사 기지국은 동기되어 변동하지 않음.
rule-very-strong-seen = { $cell }: 미등록이며 { $radius_m } m 밖의 기지국이 낼 수 없는 세기({ $level_db } dB). 가장 가까운 등록 셀은 { $nearest_registered_m ->
    [none] 위치 불명
   *[other] { $nearest_registered_m } m 거리
}.
rule-very-strong-next = 주위를 살필 것: 안테나는 { $reach_m ->
    [none] 수백
   *[other] 약 { $reach_m }
} m 안에 있음.
rule-foreign-carrier-seen = { $cell }: EARFCN { $earfcn } 사용 중, 운용사의 등록 셀이 없는 반송파{ $registered_earfcns ->
    [none] {""}
   *[other] (등록된 것: { $registered_earfcns })
}.
rule-foreign-carrier-next = 반송파가 추가되었는지 확인하고, 아니면 위치를 찾을 것.

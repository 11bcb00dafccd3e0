//! The report's words, English and Korean.

use cellwarden_core::detect::Verdict;

/// A language of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean.
    Korean,
}

impl Language {
    /// Its tag. BCP 47.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Korean => "ko",
        }
    }

    pub(super) const fn words(self) -> &'static Words {
        match self {
            Self::English => &ENGLISH,
            Self::Korean => &KOREAN,
        }
    }
}

/// One word or sentence for each place in the report.
pub(super) struct Words {
    pub title: &'static str,
    pub map: &'static str,
    pub suspicious: &'static str,
    pub alerts: &'static str,
    pub cells: &'static str,
    pub dwells: &'static str,
    pub inspection: &'static str,
    pub drive: &'static str,
    pub rules: &'static str,
    pub registry: &'static str,
    pub none: &'static str,
    pub home_name: &'static str,
    pub warning: &'static str,
    pub too_few: &'static str,
    pub with_receiver: &'static str,
    pub moving: &'static str,
    pub stands_at: &'static str,
    pub ellipse: &'static str,
    pub places: &'static str,
    pub drive_next: &'static str,
    pub footprint: &'static str,
    pub measured: &'static str,
    pub modelled: &'static str,
    pub no_footprint: &'static str,
    pub from: &'static str,
    pub to: &'static str,
    pub stops: &'static str,
    pub area: &'static str,
    pub margin: &'static str,
    pub level: &'static str,
    pub this_cell: &'static str,
    pub strongest_other: &'static str,
    pub no_position: &'static str,
    pub track: &'static str,
    pub site: &'static str,
    pub estimate: &'static str,
    pub time: &'static str,
    pub rule: &'static str,
    pub severity: &'static str,
    pub cell: &'static str,
    pub what: &'static str,
    pub evidence: &'static str,
    pub verify: &'static str,
    pub no_evidence: &'static str,
    pub verdict: &'static str,
    pub heard: &'static str,
    pub name: &'static str,
    pub outcome: &'static str,
    pub kind: &'static str,
    pub status: &'static str,
    pub passes: &'static str,
    pub never_covered: &'static str,
    verdicts: [&'static str; 6],
}

impl Words {
    pub fn verdict(&self, verdict: Verdict) -> &'static str {
        let at = Verdict::ALL.iter().position(|v| *v == verdict);
        at.map_or("", |at| self.verdicts[at])
    }
}

const ENGLISH: Words = Words {
    title: "Drive test report",
    map: "Map",
    suspicious: "Suspicious transmitters",
    alerts: "Alerts",
    cells: "Cells heard",
    dwells: "Dwells",
    inspection: "Registered cells of the area",
    drive: "Drive",
    rules: "rules",
    registry: "registry snapshot",
    none: "None.",
    home_name: "Home eNB name",
    warning: "Public warning sent",
    too_few: "Heard at too few places, or too near each other, to be located",
    with_receiver: "Moves with the receiver: no fixed place explains levels this even",
    moving: "Moves: one fixed place does not explain the levels",
    stands_at: "Stands at",
    ellipse: "90 % ellipse",
    places: "places",
    drive_next: "Drive here next; what stays of the ellipse's area",
    footprint: "Footprint: where it beat the serving cell by the reselection margin",
    measured: "measured",
    modelled: "by the model",
    no_footprint: "Nowhere on this drive did it beat the serving cell by the reselection margin.",
    from: "From",
    to: "To",
    stops: "Stops",
    area: "Area",
    margin: "Greatest margin",
    level: "Level, receiver gain removed (dB)",
    this_cell: "this cell",
    strongest_other: "strongest other cell",
    no_position: "No dwell has a position.",
    track: "track",
    site: "registered site",
    estimate: "estimate and 90 % ellipse",
    time: "Time",
    rule: "Rule",
    severity: "Severity",
    cell: "Cell",
    what: "What was found",
    evidence: "Evidence",
    verify: "Verify with",
    no_evidence: "no recording kept",
    verdict: "Verdict",
    heard: "Heard in",
    name: "Name",
    outcome: "Outcome",
    kind: "Kind",
    status: "Status",
    passes: "Passes",
    never_covered: "more were never covered",
    verdicts: ["registered", "unregistered", "inactive", "mismatch", "unidentified", "unchecked"],
};

const KOREAN: Words = Words {
    title: "드라이브 테스트 보고서",
    map: "지도",
    suspicious: "의심 송신기",
    alerts: "경보",
    cells: "수신된 셀",
    dwells: "측정 지점",
    inspection: "지역 내 등록 셀",
    drive: "주행",
    rules: "규칙",
    registry: "등록 목록",
    none: "없음.",
    home_name: "홈 eNB 이름",
    warning: "송출된 재난 문자",
    too_few: "위치를 추정하기에는 수신 지점이 너무 적거나 서로 너무 가까움",
    with_receiver: "수신기와 함께 이동 중: 고정된 위치로는 이처럼 고른 수신 세기를 설명할 수 없음",
    moving: "이동 중: 하나의 고정된 위치로는 수신 세기를 설명할 수 없음",
    stands_at: "추정 위치",
    ellipse: "90 % 타원",
    places: "지점",
    drive_next: "다음 주행 지점과 그 뒤에 남을 타원 면적",
    footprint: "영향 지역: 재선택 여유만큼 서빙 셀보다 강했던 곳",
    measured: "측정",
    modelled: "모형",
    no_footprint: "이 주행에서는 재선택 여유만큼 서빙 셀보다 강했던 곳이 없음.",
    from: "시작",
    to: "끝",
    stops: "지점 수",
    area: "면적",
    margin: "최대 여유",
    level: "수신 세기, 수신기 이득 제외 (dB)",
    this_cell: "이 셀",
    strongest_other: "가장 강한 다른 셀",
    no_position: "위치가 기록된 측정 지점이 없음.",
    track: "주행 경로",
    site: "등록 사이트",
    estimate: "추정 위치와 90 % 타원",
    time: "시각",
    rule: "규칙",
    severity: "심각도",
    cell: "셀",
    what: "발견 내용",
    evidence: "증거",
    verify: "검증 명령",
    no_evidence: "보관된 녹음 없음",
    verdict: "판정",
    heard: "수신 횟수",
    name: "이름",
    outcome: "결과",
    kind: "종류",
    status: "상태",
    passes: "통과 횟수",
    never_covered: "개는 주행 범위 밖",
    verdicts: ["등록됨", "미등록", "비활성", "불일치", "식별 불가", "확인 안 됨"],
};

# Korean. The syntax is that of Project Fluent: https://projectfluent.org

## Verdicts

verdict-registered = 등록됨
verdict-unregistered = 미등록
verdict-inactive = 비활성
verdict-mismatch = 불일치
verdict-unidentified = 식별 불가
verdict-unchecked = 확인 안 됨

## HTML report

report-title = 드라이브 테스트 보고서
report-map = 지도
report-suspicious = 의심 송신기
report-alerts = 경보
report-cells = 수신된 셀
report-dwells = 측정 지점
report-inspection = 지역 내 등록 셀
report-drive = 주행
report-rules = 규칙
report-registry = 등록 목록
report-none = 없음.
report-home-name = 홈 eNB 이름
report-warning = 송출된 재난 문자
report-too-few = 위치를 추정하기에는 수신 지점이 너무 적거나 서로 너무 가까움
report-with-receiver = 수신기와 함께 이동 중: 고정된 위치로는 이처럼 고른 수신 세기를 설명할 수 없음
report-moving = 이동 중: 하나의 고정된 위치로는 수신 세기를 설명할 수 없음
report-stands-at = 추정 위치
report-ellipse = 90 % 타원
report-places = 지점
report-drive-next = 다음 주행 지점과 그 뒤에 남을 타원 면적
report-footprint = 영향 지역: 재선택 여유만큼 서빙 셀보다 강했던 곳
report-measured = 측정
report-modelled = 모형
report-no-footprint = 이 주행에서는 재선택 여유만큼 서빙 셀보다 강했던 곳이 없음.
report-from = 시작
report-to = 끝
report-stops = 지점 수
report-area = 면적
report-margin = 최대 여유
report-level = 수신 세기, 수신기 이득 제외 (dB)
report-this-cell = 이 셀
report-strongest-other = 가장 강한 다른 셀
report-no-position = 위치가 기록된 측정 지점이 없음.
report-track = 주행 경로
report-site = 등록 사이트
report-estimate = 추정 위치와 90 % 타원
report-time = 시각
report-rule = 규칙
report-severity = 심각도
report-cell = 셀
report-what = 발견 내용
report-evidence = 증거
report-verify = 검증 명령
report-no-evidence = 보관된 녹음 없음
report-verdict = 판정
report-heard = 수신 횟수
report-name = 이름
report-state = 상태 판단
report-silent-probability = 침묵 확률
report-settle = 확정에 필요한 것
report-settle-passes = 추가 주행 { $passes }회
report-settle-visit = 방문
report-kind = 종류
report-status = 상태
report-passes = 통과 횟수
report-state-on-air-as-registered = 등록대로 송출 중
report-state-on-air-not-as-registered = 등록과 다르게 송출 중
report-state-silent = 침묵
report-state-passed-not-sure = 지나갔으나 불확실
report-state-not-passed = 미주행

# English. The syntax is that of Project Fluent: https://projectfluent.org

## Verdicts

verdict-registered = registered
verdict-unregistered = unregistered
verdict-inactive = inactive
verdict-mismatch = mismatch
verdict-unidentified = unidentified
verdict-unchecked = unchecked

## HTML report

report-title = Drive test report
report-map = Map
report-suspicious = Suspicious transmitters
report-alerts = Alerts
report-cells = Cells heard
report-dwells = Dwells
report-inspection = Registered cells of the area
report-drive = Drive
report-rules = rules
report-registry = registry snapshot
report-none = None.
report-home-name = Home eNB name
report-warning = Public warning sent
report-too-few = Heard at too few places, or too near each other, to be located
report-with-receiver = Moves with the receiver: no fixed place explains levels this even
report-moving = Moves: one fixed place does not explain the levels
report-stands-at = Stands at
report-ellipse = 90 % ellipse
report-places = places
report-drive-next = Drive here next; what stays of the ellipse's area
report-footprint = Footprint: where it beat the serving cell by the reselection margin
report-measured = measured
report-modelled = by the model
report-no-footprint = Nowhere on this drive did it beat the serving cell by the reselection margin.
report-from = From
report-to = To
report-stops = Stops
report-area = Area
report-margin = Greatest margin
report-level = Level, receiver gain removed (dB)
report-this-cell = this cell
report-strongest-other = strongest other cell
report-no-position = No dwell has a position.
report-track = track
report-site = registered site
report-estimate = estimate and 90 % ellipse
report-time = Time
report-rule = Rule
report-severity = Severity
report-cell = Cell
report-what = What was found
report-evidence = Evidence
report-verify = Verify with
report-no-evidence = no recording kept
report-verdict = Verdict
report-heard = Heard in
report-name = Name
report-state = State
report-silent-probability = P silent
report-settle = To settle
report-settle-passes = { $passes ->
    [one] 1 more pass
   *[other] { $passes } more passes
}
report-settle-visit = a visit
report-kind = Kind
report-status = Status
report-passes = Passes
report-state-on-air-as-registered = on air as registered
report-state-on-air-not-as-registered = on air, not as registered
report-state-silent = silent
report-state-passed-not-sure = passed, not sure
report-state-not-passed = not passed
report-state-recovered = recovered
doors-title = Addresses to visit
doors-personal = Addresses are personal data: give each crew its own sheets only, and destroy them when the outcomes are stored.
doors-address = Address
doors-floor = Floor
doors-place = Place
doors-last-contact = Last contact
doors-why = How sure, and why
doors-last-visit = Last visit
doors-date = Date
doors-note = Note
doors-why-passed = silent with { $silent } %: { $passes ->
    [one] passed once
   *[other] passed { $passes } times
}, nearest { $nearest } m, not heard; on air as registered, it would be missed with { $missed } %
doors-why-no-place = the list has no place or no channel for it, so no drive can look at it
doors-reason-come-again = come again
doors-reason-silent = silent
doors-reason-no-street = no street settles it
doors-reason-no-place = no place in the list
doors-recovered = recovered
doors-unplugged = unplugged
doors-refused = refused
doors-not-found = not found
doors-wrong-address = wrong address
doors-come-again = come again on …

## The van's page

view-accuracy = 90 % within { $long } × { $wide } m
view-acknowledge = Acknowledge
view-again = Mark as new
view-alerts = Alerts
view-beside = Other carriers were looked at { $seconds } s ago.
view-beside-never = Other carriers are looked at when they are due, at most every 3 s.
view-cells = Cells
view-closer = ▲ { $change } dB in 10 s: closer
view-copied = Copied
view-copy = Copy
view-day = Day
view-disk-low = Only { $size } GB of disk space left: make room
view-dwells = dwells: { $count }
view-ended = Ended
view-farther = ▼ { $change } dB in 10 s: farther
view-fit = All
view-follow = Follow
view-go-on = Go on
view-gone = gone
view-home-in = Home in
view-homing = Homing
view-homing-none = Open a cell and press “Home in”: its level stands here, several times a second.
view-let-go = Let go
view-level = { $level } dB
view-live = live
view-lost-connection = no connection
view-lost-fix = No position: the GNSS receiver has no fix
view-lost-samples = samples lost: { $count }
view-map = Map
view-moving = moves: no one place explains its levels
view-next = Drive { $metres } m { $wind } next: leaves { $left } % of the area.
view-no-alert = No alert raised
view-no-cell = No cell heard yet
view-no-data = No data yet
view-no-place = No place yet: drive around it
view-no-position = No position: give --gps, or recordings with places
view-no-spectrum = No spectrum yet
view-no-trend = No trend yet
view-not-heard = not heard for { $seconds } s
view-not-kept = not kept: start with --store
view-not-saved = not saved: try again
view-note = Note
view-ok-level = No overload: { $share } % of the samples clipped
view-old = No answer from the program: what is shown is of { $time } UTC
view-open-map = Map app
view-overload = OVERLOAD: { $share } % of the samples clipped, levels read low. Take less gain.
view-pair = Pair
view-pair-ask = Pairing code, as the program shows it
view-pair-closed = Too many wrong codes: start the program again
view-pair-wrong = That is not the code
view-pause = Pause
view-paused = paused
view-peak = Highest { $level } dB, { $seconds } s ago
view-places = places with a level: { $count }, not enough to say where it is
view-radio-fault = Faults of the radio: { $count }, see the log
view-replay = replay
view-save = Save note
view-saved = saved
view-seen = seen
view-sound = Sound
view-spectrum = Spectrum
view-stands = at { $place }
view-steady = = { $change } dB in 10 s: steady
view-strongest = strongest at { $place }
view-swept = Swept { $seconds } s ago; { $searched } % of the air searched
view-sweeping = First sweep: { $done } of { $windows } windows, now { $mhz } MHz
view-this-car = This car:
view-too-many = Too many pages are open: close one
view-unstored = NOT STORED: dwells { $dwells }, alerts { $alerts }
view-with-receiver = moves with you: level within ±{ $spread } dB
view-winds = N NE E SE S SW W NW

## Severities

severity-info = info
severity-medium = medium
severity-high = high
severity-critical = critical

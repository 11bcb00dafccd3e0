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

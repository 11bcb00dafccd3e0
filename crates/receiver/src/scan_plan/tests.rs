use super::*;

fn settings(centres: &[RangeInclusive<f64>], rates: &[Span]) -> PlanSettings {
    PlanSettings {
        centres: centres.to_vec(),
        mode: ScanMode::Fast,
        rates: rates.to_vec(),
        frequencies: vec![Span { from: 70e6, to: 6e9 }],
        rate: None,
        dwell_s: None,
    }
}

const WIDE: Span = Span { from: 0.2e6, to: 30.72e6 };
/// Centres of 1.4 MHz carriers in band 3.
const BAND_3: RangeInclusive<f64> = 1805.7e6..=1879.3e6;

fn plan(centres: &[RangeInclusive<f64>]) -> ScanPlan {
    ScanPlan::new(settings(centres, &[WIDE])).expect("a plan")
}

fn cell(mhz: f64, pci: u16) -> HeardCell {
    HeardCell {
        carrier: Hertz(mhz * 1e6),
        pci: Pci::new(pci).expect("below 504"),
        n_rb_dl: Some(25),
        is_identified: false,
        is_complete: false,
        interest: Interest::Plain,
    }
}

fn complete(mhz: f64, pci: u16) -> HeardCell {
    HeardCell { is_identified: true, is_complete: true, ..cell(mhz, pci) }
}

/// Sweeps all windows, in which these cells are heard.
fn sweep(plan: &mut ScanPlan, cells: &[HeardCell], now_s: f64) {
    for _ in 0..plan.unswept() {
        let step = plan.next(now_s);
        let half = step.rate.hz() / 2.0;
        let inside = |cell: &&HeardCell| (cell.carrier.0 - step.center.0).abs() < half;
        let heard: Vec<HeardCell> = cells.iter().filter(inside).copied().collect();
        plan.heard(&step, &heard, now_s);
    }
}

#[test]
fn the_first_sweep_covers_a_band_as_wide_as_the_radio_can() {
    let mut plan = plan(&[BAND_3]);
    let mut windows = Vec::new();
    while plan.unswept() > 0 {
        let step = plan.next(0.0);
        assert_eq!(step.carriers, None);
        windows.push((step.center.0, step.rate.hz()));
        plan.heard(&step, &[], 0.0);
    }
    assert_eq!(windows.iter().map(|(_, rate)| rate / 1e6).collect::<Vec<_>>(), [30.72, 30.72, 30.72, 23.04]);
    let mut raster = *BAND_3.start();
    while raster <= *BAND_3.end() {
        let inside = windows.iter().any(|(center, rate)| (raster - center).abs() + HALF_PSS_HZ <= 0.4 * rate + 0.05e6);
        assert!(inside, "{raster} in {windows:?}");
        raster += RASTER_HZ;
    }
}

#[test]
fn a_slow_radio_takes_more_windows_and_an_unfit_one_is_refused() {
    let hackrf = Span { from: 2e6, to: 20e6 };
    let rtl_sdr = [Span { from: 225_001.0, to: 300_000.0 }, Span { from: 900_001.0, to: 3.2e6 }];
    let windows = |rates: &[Span]| ScanPlan::new(settings(&[BAND_3], rates)).map(|plan| plan.unswept());
    assert_eq!(windows(&[hackrf]), Ok(5));
    assert_eq!(windows(&rtl_sdr), Ok(45));
    assert_eq!(windows(&[Span { from: 0.2e6, to: 1e6 }]), Err(PlanError::NoRate("0.2 to 1".to_owned())));
    let low = PlanSettings { frequencies: vec![Span { from: 24e6, to: 1766e6 }], ..settings(&[BAND_3], &[WIDE]) };
    assert_eq!(ScanPlan::new(low), Err(PlanError::OutOfRange(1805.7, "24 to 1766".to_owned())));
}

#[test]
fn named_carriers_are_searched_together_where_they_fit() {
    let named = [1835e6, 1843.1e6, 1849.9e6, 954.3e6].map(|hz| hz..=hz);
    let plan = plan(&named);
    assert_eq!(plan.unswept(), 2);
    let step = plan.next(0.0);
    assert_eq!((step.center, step.carriers.as_deref()), (Hertz(954.3e6), Some(&[Hertz(954.3e6)][..])));
    assert_eq!(step.rate.hz(), 19.2e6, "a carrier of 20 MHz would be held whole");
    assert_eq!(plan.windows[1].carriers.as_ref().map(Vec::len), Some(3));
}

#[test]
fn after_the_sweep_new_carriers_are_dwelt_on_and_those_beside_them_too() {
    let mut plan = plan(&[BAND_3]);
    sweep(&mut plan, &[cell(1835.0, 301), cell(1843.1, 55), cell(1870.0, 7)], 1.0);
    let step = plan.next(1.0);
    assert_eq!(step.carriers, Some(vec![Hertz(1835e6), Hertz(1843.1e6)]), "the third is too far");
    assert_eq!(step.rate.hz(), 19.2e6, "12.6 MHz and what the filter takes");
    assert_eq!(step.center, Hertz(1839.1e6));
    assert_eq!(step.seconds, SHORT_S, "enough for SIB1 where it is not hidden");
    plan.heard(&step, &[cell(1835.0, 301), cell(1843.1, 55)], 1.5);
    let step = plan.next(1.5);
    assert_eq!(step.carriers, Some(vec![Hertz(1870e6)]), "those with fewer tries first");
    plan.heard(&step, &[HeardCell { is_identified: true, ..cell(1870.0, 7) }], 1.6);
    let step = plan.next(1.6);
    assert_eq!(step.carriers, Some(vec![Hertz(1835e6), Hertz(1843.1e6)]), "those that are not identified first");
    assert_eq!(step.seconds, 1.28);
    plan.heard(&step, &[complete(1835.0, 301), complete(1843.1, 55)], 2.0);
    let step = plan.next(2.0);
    assert_eq!((step.carriers.as_deref(), step.rate.hz()), (Some(&[Hertz(1870e6)][..]), 5.76e6));
}

#[test]
fn a_carrier_without_news_is_given_up_and_a_new_cell_on_it_is_not() {
    let mut plan = plan(&[BAND_3]);
    sweep(&mut plan, &[cell(1835.0, 301), complete(1870.0, 7)], 0.0);
    let mut longest = 0;
    for i in 0..20 {
        let step = plan.next(f64::from(i) * 0.1);
        longest += u32::from(step.seconds == 1.28);
        plan.heard(&step, &[cell(1835.0, 301), complete(1870.0, 7)], f64::from(i) * 0.1);
    }
    assert_eq!(longest, MAX_TRIES - 1, "after a short one; then it is only visited");
    let step = plan.next(3.0);
    plan.heard(&step, &[cell(1835.0, 302)], 3.0);
    let step = plan.next(3.1);
    assert_eq!((step.carriers.as_deref(), step.seconds), (Some(&[Hertz(1835e6)][..]), SHORT_S));
    plan.heard(&step, &[cell(1835.0, 302)], 3.5);
    assert_eq!(plan.next(3.5).seconds, 1.28);
}

#[test]
fn those_that_matter_are_visited_more_often_and_none_is_forgotten() {
    let mut plan = plan(&[BAND_3]);
    let rogue = HeardCell { interest: Interest::Unregistered, ..complete(1810.0, 9) };
    let odd = HeardCell { interest: Interest::Changed, ..complete(1845.0, 8) };
    let heard = [rogue, odd, complete(1875.0, 7)];
    sweep(&mut plan, &heard, 0.0);
    let mut visits = [0; 3];
    let mut sweeps = 0;
    for i in 1..=600 {
        let now = f64::from(i) * 0.2;
        let step = plan.next(now);
        let visited: Vec<HeardCell> = heard
            .into_iter()
            .filter(|cell| step.carriers.as_ref().is_some_and(|carriers| carriers.contains(&cell.carrier)))
            .collect();
        for cell in &visited {
            visits[heard.iter().position(|h| h.carrier == cell.carrier).expect("asked for")] += 1;
        }
        sweeps += u32::from(step.window.is_some());
        plan.heard(&step, &visited, now);
    }
    assert!(visits[0] > visits[1] && visits[1] > visits[2], "{visits:?}");
    assert!(visits[2] >= 12 && sweeps >= 16, "two minutes: {visits:?}, {sweeps} sweeps");
}

#[test]
fn a_carrier_that_fell_silent_is_forgotten_and_found_again() {
    let mut plan = plan(&[BAND_3]);
    sweep(&mut plan, &[complete(1835.0, 301)], 0.0);
    assert_eq!(plan.carriers(), 1);
    let mut now = 0.0;
    while plan.carriers() > 0 {
        now += 1.0;
        let step = plan.next(now);
        plan.heard(&step, &[], now);
        assert!(now < 60.0);
    }
    plan.sweep_again();
    sweep(&mut plan, &[complete(1835.0, 301)], now);
    assert_eq!(plan.carriers(), 1);
}

#[test]
fn only_what_was_asked_for_is_followed() {
    let mut plan = plan(&[BAND_3, 954.3e6..=954.3e6]);
    sweep(&mut plan, &[complete(1801.0, 1), complete(954.3, 2), complete(954.8, 3)], 0.0);
    let carriers: Vec<Hertz> = plan.carriers.iter().map(|carrier| carrier.hertz).collect();
    assert_eq!(carriers, [Hertz(954.3e6)]);
}

#[test]
fn whatever_is_asked_for_every_centre_is_in_a_window() {
    let rates = [WIDE, Span { from: 1.92e6, to: 2.4e6 }, Span { from: 61.44e6, to: 61.44e6 }];
    for rate in rates {
        let centres = [420.7e6..=424.3e6, 1805.7e6..=1879.3e6, 1850e6..=1850e6, 2496.7e6..=2689.3e6, 954.3e6..=954.3e6];
        let plan = ScanPlan::new(settings(&centres, &[rate])).expect("a plan");
        for range in centres {
            let mut raster = *range.start();
            while raster <= *range.end() {
                let near = |w: &Window| (raster - w.center.0).abs() <= USABLE * w.rate.hz() / 2.0 - 0.4 * HALF_PSS_HZ;
                assert!(plan.windows.iter().any(near), "{raster} at {rate}");
                raster += RASTER_HZ;
            }
        }
    }
}

#[test]
fn a_sweep_is_complete_when_all_windows_are_searched_and_all_cells_identified_or_given_up() {
    let mut plan = plan(&[BAND_3]);
    assert_eq!(plan.status(0.0).seconds_left, None, "nothing is known of how long it takes");
    let on_air = [complete(1835.0, 301), cell(1870.0, 7)];
    let mut now = 0.0;
    for searched in 0..4 {
        let status = plan.status(now);
        assert_eq!((status.number, status.windows_searched, status.windows), (1, searched, 4));
        let step = plan.next(now);
        assert_eq!(plan.window_of(step.center), Some(searched + 1));
        let half = step.rate.hz() / 2.0;
        let heard: Vec<HeardCell> =
            on_air.into_iter().filter(|cell| (cell.carrier.0 - step.center.0).abs() < half).collect();
        now += 0.5;
        assert_eq!(plan.heard(&step, &heard, now), None, "a cell is not identified");
    }
    let status = plan.status(now);
    assert_eq!((status.carriers, status.identified, status.overdue), (2, 1, 0));
    assert_eq!(status.seconds_left, Some(SHORT_S), "one short dwell");
    let mut ended = None;
    for dwell in 1..=MAX_TRIES {
        assert_eq!(ended, None, "dwell {dwell}");
        let step = plan.next(now);
        assert_eq!(step.carriers, Some(vec![Hertz(1870e6)]));
        now += 1.5;
        ended = plan.heard(&step, &[cell(1870.0, 7)], now);
        if ended.is_some() {
            break;
        }
    }
    let ended = ended.expect("given up");
    assert_eq!((ended.number, ended.windows_searched, ended.identified), (1, 4, 1));
    assert_eq!((ended.seconds, ended.seconds_since_complete), (now, Some(0.0)));
    let status = plan.status(now + 12.0);
    assert_eq!((status.number, status.windows_searched, status.overdue), (2, 0, 2));
    assert_eq!((status.seconds, status.seconds_since_complete), (12.0, Some(12.0)));
    assert!(status.seconds_left.is_some_and(|left| left > 10.0 && left < 30.0), "the windows are not due: {status:?}");
}

#[test]
fn windows_with_carriers_of_an_earlier_scan_are_swept_first() {
    let mut plan = plan(&[BAND_3]);
    let centre = |plan: &ScanPlan| plan.windows.iter().map(|window| window.center.0).collect::<Vec<_>>();
    let before = centre(&plan);
    plan.begin_with(&[Hertz(before[2]), Hertz(before[2] + 5e6), Hertz(before[3] + 1e6), Hertz(2.1e9)]);
    assert_eq!(centre(&plan), [before[2], before[3], before[0], before[1]]);
    let step = plan.next(0.0);
    let after = plan.after(&step).expect("the first sweep goes on");
    assert_eq!((step.center.0, after.center.0), (before[2], before[3]));
    plan.heard(&step, &[], 0.1);
    assert_eq!(plan.next(0.1), after);
}

#[test]
fn homing_stays_on_one_carrier_and_others_are_looked_at_when_they_are_due() {
    let mut plan = plan(&[BAND_3]);
    let heard = [complete(1815.0, 1), complete(1840.0, 2), complete(1865.0, 3)];
    sweep(&mut plan, &heard, 0.0);
    let target = Hertz(1840e6);
    let (mut now_s, mut looked_at, mut homed_s) = (0.0, Vec::new(), 0.0);
    while now_s < 60.0 {
        let step = plan.homing(target);
        assert_eq!((step.center, step.carriers.as_deref()), (target, Some(&[target][..])));
        assert!(step.rate.hz() >= 4.5e6, "5 MHz fit into it: {step:?}");
        now_s += step.seconds;
        homed_s += step.seconds;
        plan.heard(&step, &heard[1..2], now_s);
        if let Some(beside) = plan.beside_homing(target, now_s) {
            assert!(beside.seconds <= SHORT_S && beside.carriers.as_deref() != Some(&[target]), "{beside:?}");
            now_s += beside.seconds;
            let half = beside.rate.hz() / 2.0;
            let inside = |cell: &&HeardCell| (cell.carrier.0 - beside.center.0).abs() < half;
            let cells: Vec<HeardCell> = heard.iter().filter(inside).copied().collect();
            looked_at.extend(cells.iter().map(|cell| cell.carrier.0 / 1e6).filter(|mhz| *mhz != 1840.0));
            plan.heard(&beside, &cells, now_s);
        }
    }
    assert!(homed_s / now_s > 0.9, "{homed_s} of {now_s} s");
    for mhz in [1815.0, 1865.0] {
        let times = looked_at.iter().filter(|looked_at| **looked_at == mhz).count();
        assert!(times >= 4, "{mhz} MHz only {times} times in {now_s} s");
    }
    let unknown = plan.homing(Hertz(1825e6));
    assert!(unknown.rate.hz() >= 19.2e6, "it may be 20 MHz wide: {unknown:?}");
}

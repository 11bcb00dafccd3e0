//! What a scan receives next.
//!
//! In: the frequencies to scan, what the radio can do, and what each step gave. Out: steps. A first sweep goes over all
//! of it in windows as wide as the radio receives, and lists carriers; then each carrier is dwelt on until nothing is left
//! to learn of its cells, or that is given up; then carriers are visited again, those first that need it most, and the
//! windows are swept again for new ones. Time comes from outside, in seconds since the scan began.

use std::ops::RangeInclusive;

use lte_dsp::{
    cell::Pci,
    units::{Hertz, SampleRate},
};
use thiserror::Error;

use super::carrier_candidates::RASTER_HZ;
use cellwarden_source::Span;

/// Rates that the plan chooses from, in samples per second: multiples of LTE's own, then others that radios have.
const RATES: [f64; 20] = [
    1.92e6, 2.4e6, 2.88e6, 3.2e6, 3.84e6, 5.76e6, 7.68e6, 8e6, 9.6e6, 10e6, 12.5e6, 15.36e6, 16e6, 19.2e6, 20e6,
    23.04e6, 30.72e6, 38.4e6, 46.08e6, 61.44e6,
];
/// Part of a rate that a radio's filter leaves whole in a window.
const USABLE: f64 = 0.8;
/// Part of a rate that a single carrier may take: 20 MHz fit into 19.2 MS/s as 15 kHz × 1,200.
const OCCUPIED: f64 = 0.94;
/// Half the bandwidth of the PSS with its guards.
const HALF_PSS_HZ: f64 = 0.5e6;
/// The widest carrier. TS 36.101 Table 5.6-1.
const MAX_RB: usize = 100;
/// Dwells on a carrier without news after which the rest is given up; the first to identify a cell is a short one.
const MAX_TRIES: u32 = 4;
/// A short dwell: two SIB1 periods, and what SI comes along.
const SHORT_S: f64 = 0.32;
/// A dwell that homes in on a cell: twenty levels of it, before other carriers are looked at for a short dwell.
const HOMING_S: f64 = 3.2;
/// Dwells in a row without a cell after which a carrier is forgotten; its window finds it again.
const MAX_MISSES: u32 = 3;
/// Carriers known at most: more than all bands of an operator hold.
const MAX_CARRIERS: usize = 1024;

/// How thorough a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanMode {
    /// Short sweeps, and no waiting for SI that comes seldom.
    Fast,
    /// Sweeps that sum more, and dwells as long as the slowest SI takes.
    Deep,
}

/// What to scan, with what.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanSettings {
    /// Carrier centres to look for: stretches, and single ones where both ends are the same.
    pub centres: Vec<RangeInclusive<f64>>,
    /// How thorough.
    pub mode: ScanMode,
    /// The radio's sample rates.
    pub rates: Vec<Span>,
    /// The radio's tuning range.
    pub frequencies: Vec<Span>,
    /// The rate to use for everything.
    pub rate: Option<SampleRate>,
    /// Longest dwell on a carrier, in seconds.
    pub dwell_s: Option<f64>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PlanError {
    /// No rate that LTE can be received at.
    #[error("the radio has no sample rate that LTE can be received at: 1.92 MS/s or more is needed, it has {0} MS/s")]
    NoRate(String),
    /// A rate that the radio does not have.
    #[error("sample rate {0} MS/s cannot be set; the radio has {1} MS/s")]
    Rate(f64, String),
    /// Frequencies that the radio does not receive.
    #[error("{0:.1} MHz is beyond the radio's range, {1} MHz")]
    OutOfRange(f64, String),
}

/// What to receive next.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Centre of the received band.
    pub center: Hertz,
    /// Samples per second.
    pub rate: SampleRate,
    /// Carriers to search; `None`: the whole received band.
    pub carriers: Option<Vec<Hertz>>,
    /// Longest stretch to receive: less where nothing is left to learn.
    pub seconds: f64,
    /// The window that is swept.
    window: Option<usize>,
}

/// A cell that a step gave.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeardCell {
    /// Its carrier.
    pub carrier: Hertz,
    /// What tells it from others on the carrier.
    pub pci: Pci,
    /// Its bandwidth in resource blocks, where the MIB is known.
    pub n_rb_dl: Option<usize>,
    /// Whether its identity is known: SIB1 was read and confirmed.
    pub is_identified: bool,
    /// Whether nothing is left to learn of it.
    pub is_complete: bool,
    /// How much it matters to hear it again.
    pub interest: Interest,
}

/// Where the current sweep stands. A sweep is complete when every window was searched and the cells of every carrier found
/// were identified, or that was given up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SweepStatus {
    /// Number of the sweep, from 1.
    pub number: u64,
    /// Windows in all.
    pub windows: usize,
    /// Windows searched in this sweep.
    pub windows_searched: usize,
    /// Carriers known.
    pub carriers: usize,
    /// Those of them whose cells are all identified.
    pub identified: usize,
    /// Those of them that were not heard within the time that they should be heard again.
    pub overdue: usize,
    /// Seconds since this sweep began.
    pub seconds: f64,
    /// Seconds that the rest takes, by the steps so far; `None` before the first step ended.
    pub seconds_left: Option<f64>,
    /// Seconds since the sweep before was complete; `None` in the first.
    pub seconds_since_complete: Option<f64>,
}

/// How much it matters to hear a carrier again soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    /// Nothing is wrong with its cells.
    Plain,
    /// A rule found something in what one of them says or is.
    Changed,
    /// One of them is not registered as it is on the air.
    Unregistered,
}

impl Interest {
    /// Time within which the carrier should be heard again, in seconds.
    fn within(self) -> f64 {
        match self {
            Self::Unregistered => 2.0,
            Self::Changed => 4.0,
            Self::Plain => 10.0,
        }
    }
}

/// A stretch that is received at once to look for carriers.
#[derive(Debug, Clone, PartialEq)]
struct Window {
    center: Hertz,
    rate: SampleRate,
    /// Where only single centres were asked for: these.
    carriers: Option<Vec<Hertz>>,
    swept_s: Option<f64>,
    /// Whether it was searched in the current sweep.
    is_swept: bool,
}

/// What a step goes to, by its place in the plan.
#[derive(Debug, Clone, Copy)]
enum Target {
    Carrier(usize),
    Window(usize),
}

/// A carrier that was heard.
#[derive(Debug, Clone, PartialEq)]
struct Carrier {
    hertz: Hertz,
    n_rb_dl: Option<usize>,
    pcis: Vec<Pci>,
    is_identified: bool,
    is_complete: bool,
    interest: Interest,
    tries: u32,
    misses: u32,
    heard_s: f64,
}

/// The plan of a scan.
#[derive(Debug, Clone, PartialEq)]
pub struct ScanPlan {
    settings: PlanSettings,
    /// The rates that may be used, ascending.
    rates: Vec<f64>,
    windows: Vec<Window>,
    carriers: Vec<Carrier>,
    sweep: Sweep,
    /// How long steps take: on windows, and on carriers.
    costs: [StepCost; 2],
    /// When the last step ended, or the scan began.
    step_ended_s: f64,
}

/// The current sweep.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sweep {
    number: u64,
    began_s: f64,
    /// When the one before was complete.
    completed_s: Option<f64>,
}

/// What the steps of a kind took.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct StepCost {
    steps: u32,
    seconds: f64,
}

impl StepCost {
    fn mean(&self) -> Option<f64> {
        (self.steps > 0).then(|| self.seconds / f64::from(self.steps))
    }
}

impl ScanPlan {
    /// A plan that begins with the first sweep.
    ///
    /// # Errors
    /// [`PlanError`] where the radio cannot do any of it.
    pub fn new(settings: PlanSettings) -> Result<Self, PlanError> {
        let has = |rate: &f64| settings.rates.iter().any(|span| span.contains(*rate));
        let rates: Vec<f64> = match settings.rate {
            Some(rate) if !has(&rate.hz()) => {
                return Err(PlanError::Rate(rate.hz() / 1e6, Span::list_mega(&settings.rates)));
            }
            Some(rate) => vec![rate.hz()],
            None => RATES.into_iter().filter(has).collect(),
        };
        let most = *rates.last().ok_or_else(|| PlanError::NoRate(Span::list_mega(&settings.rates)))?;
        let outside = |hz: &f64| !settings.frequencies.iter().any(|span| span.contains(*hz));
        if let Some(hz) = settings.centres.iter().flat_map(|c| [*c.start(), *c.end()]).find(outside) {
            return Err(PlanError::OutOfRange(hz / 1e6, Span::list_mega(&settings.frequencies)));
        }
        let windows = windows(&settings.centres, &rates, most);
        Ok(Self {
            settings,
            rates,
            windows,
            carriers: Vec::new(),
            sweep: Sweep { number: 1, began_s: 0.0, completed_s: None },
            costs: [StepCost::default(); 2],
            step_ended_s: 0.0,
        })
    }

    /// The highest of a radio's rates that a plan uses; `None` where LTE can be received at none.
    #[must_use]
    pub fn highest_rate(rates: &[Span]) -> Option<SampleRate> {
        RATES.into_iter().rev().find(|rate| rates.iter().any(|span| span.contains(*rate))).and_then(SampleRate::new)
    }

    /// Where the current sweep stands at `now_s`.
    #[must_use]
    pub fn status(&self, now_s: f64) -> SweepStatus {
        let count = |is_counted: fn(&Carrier, f64) -> bool| {
            self.carriers.iter().filter(|carrier| is_counted(carrier, now_s)).count()
        };
        SweepStatus {
            number: self.sweep.number,
            windows: self.windows.len(),
            windows_searched: self.windows.iter().filter(|window| window.is_swept).count(),
            carriers: self.carriers.len(),
            identified: count(|carrier, _| carrier.is_identified),
            overdue: count(|carrier, now_s| now_s - carrier.heard_s > carrier.interest.within()),
            seconds: now_s - self.sweep.began_s,
            seconds_left: self.seconds_left(now_s),
            seconds_since_complete: self.sweep.completed_s.map(|completed_s| now_s - completed_s),
        }
    }

    /// Number of the window that holds a frequency, from 1.
    #[must_use]
    pub fn window_of(&self, center: Hertz) -> Option<usize> {
        let distance = |window: &Window| (window.center.0 - center.0).abs();
        let holds = |(_, window): &(usize, &Window)| distance(window) <= window.rate.hz() / 2.0;
        let windows = self.windows.iter().enumerate().filter(holds);
        windows.min_by(|a, b| distance(a.1).total_cmp(&distance(b.1))).map(|(i, _)| i + 1)
    }

    /// What is left of the sweep in seconds, by what steps took so far.
    fn seconds_left(&self, now_s: f64) -> Option<f64> {
        let [window_s, carrier_s] = [self.costs[0].mean()?, self.costs[1].mean().unwrap_or(SHORT_S)];
        let unswept = || self.windows.iter().filter(|window| !window.is_swept);
        let open = self.carriers.iter().filter(|carrier| carrier.is_open()).count();
        let work_s = window_s * unswept().count() as f64 + carrier_s * open as f64;
        // A window that was searched not long ago waits until it is due.
        let due_s = unswept().filter_map(|window| Some(self.sweep_within() - (now_s - window.swept_s?)));
        Some(due_s.fold(work_s, f64::max))
    }

    /// Windows of the first sweep that are not swept yet.
    #[must_use]
    pub fn unswept(&self) -> usize {
        self.windows.iter().filter(|window| window.swept_s.is_none()).count()
    }

    /// Carriers known.
    #[must_use]
    pub fn carriers(&self) -> usize {
        self.carriers.len()
    }

    /// Where those are.
    pub fn known_carriers(&self) -> impl Iterator<Item = Hertz> {
        self.carriers.iter().map(|carrier| carrier.hertz)
    }

    /// Sweeps the windows first that hold most of these carriers, heard in an earlier scan. To be called before the first
    /// step.
    pub fn begin_with(&mut self, known: &[Hertz]) {
        let holds = |window: &Window, hertz: &Hertz| {
            (hertz.0 - window.center.0).abs() <= USABLE * window.rate.hz() / 2.0 - HALF_PSS_HZ
        };
        let held = |window: &Window| known.iter().filter(|hertz| holds(window, hertz)).count();
        self.windows.sort_by_key(|window| std::cmp::Reverse(held(window)));
    }

    /// Begins with the first sweep again.
    pub fn sweep_again(&mut self) {
        for window in &mut self.windows {
            (window.swept_s, window.is_swept) = (None, false);
        }
    }

    /// What to receive at `now_s`.
    #[must_use]
    pub fn next(&self, now_s: f64) -> Step {
        if let Some(window) = self.windows.iter().position(|window| window.swept_s.is_none()) {
            return self.sweep(window);
        }
        match self.most_urgent(now_s) {
            Some((_, Target::Carrier(i))) => self.dwell(i, now_s),
            Some((_, Target::Window(i))) => self.sweep(i),
            None => self.sweep(0),
        }
    }

    /// What is due most, and how overdue it is: 1 when it is due.
    fn most_urgent(&self, now_s: f64) -> Option<(f64, Target)> {
        let windows = self.windows.iter().enumerate().map(|(i, window)| {
            let age = now_s - window.swept_s.unwrap_or(f64::NEG_INFINITY);
            (age / self.sweep_within(), Target::Window(i))
        });
        let carriers = self.carriers.iter().enumerate();
        let carriers = carriers.map(|(i, carrier)| (carrier.urgency(now_s), Target::Carrier(i)));
        // Of equals, a carrier goes before a window.
        carriers.chain(windows).reduce(|a, b| if b.0 > a.0 { b } else { a })
    }

    /// A dwell that homes in on a cell of this carrier: it is received alone, to the end.
    #[must_use]
    pub fn homing(&self, carrier: Hertz) -> Step {
        let known = self.carriers.iter().find(|known| known.hertz == carrier);
        let (from, to) = known.map_or_else(|| Carrier::new(carrier).edges(), Carrier::edges);
        Step {
            center: carrier,
            rate: self.least_rate((to - from) / OCCUPIED),
            carriers: Some(vec![carrier]),
            seconds: HOMING_S,
            window: None,
        }
    }

    /// What is looked at between two dwells that home in on a cell of this carrier: what is due most, no longer than a short
    /// dwell. `None` where nothing else is due.
    #[must_use]
    pub fn beside_homing(&self, carrier: Hertz, now_s: f64) -> Option<Step> {
        let mut others = self.clone();
        others.carriers.retain(|known| known.hertz != carrier);
        let step = match others.most_urgent(now_s).filter(|(urgency, _)| *urgency >= 1.0)? {
            (_, Target::Carrier(i)) => others.dwell(i, now_s),
            (_, Target::Window(i)) => others.sweep(i),
        };
        Some(Step { seconds: step.seconds.min(SHORT_S), ..step })
    }

    /// What follows on a step whatever that gives; `None` where that depends on it.
    #[must_use]
    pub fn after(&self, step: &Step) -> Option<Step> {
        let window = (0..self.windows.len()).find(|i| self.windows[*i].swept_s.is_none() && Some(*i) != step.window)?;
        step.window.map(|_| self.sweep(window))
    }

    /// Takes what a step gave, at the step's end; gives the sweep that is complete with it.
    pub fn heard(&mut self, step: &Step, cells: &[HeardCell], now_s: f64) -> Option<SweepStatus> {
        let cost = &mut self.costs[usize::from(step.window.is_none())];
        *cost = StepCost { steps: cost.steps + 1, seconds: cost.seconds + now_s - self.step_ended_s };
        self.step_ended_s = now_s;
        if let Some(window) = step.window.and_then(|i| self.windows.get_mut(i)) {
            (window.swept_s, window.is_swept) = (Some(now_s), true);
        }
        let asked = |hertz: Hertz| self.settings.centres.iter().any(|centres| contains(centres, hertz));
        let mut heard: Vec<Hertz> = cells.iter().map(|cell| cell.carrier).filter(|hertz| asked(*hertz)).collect();
        heard.sort_by(|a, b| a.0.total_cmp(&b.0));
        heard.dedup();
        for hertz in &heard {
            let on_it: Vec<HeardCell> = cells.iter().filter(|cell| cell.carrier == *hertz).copied().collect();
            let has_room = self.carriers.len() < MAX_CARRIERS;
            match self.carriers.iter_mut().find(|carrier| carrier.hertz == *hertz) {
                Some(carrier) => carrier.take(&on_it, now_s),
                None if has_room => {
                    let mut carrier = Carrier::new(*hertz);
                    carrier.take(&on_it, now_s);
                    self.carriers.push(carrier);
                }
                None => {}
            }
        }
        if step.window.is_none() {
            let missed = step.carriers.iter().flatten().filter(|hertz| !heard.contains(hertz));
            for hertz in missed {
                if let Some(carrier) = self.carriers.iter_mut().find(|carrier| carrier.hertz == *hertz) {
                    carrier.misses += 1;
                    carrier.tries += 1;
                    carrier.heard_s = now_s;
                }
            }
            self.carriers.retain(|carrier| carrier.misses < MAX_MISSES);
        }
        self.complete_sweep(now_s)
    }

    /// Begins another sweep where the current one is complete, and gives how that ended.
    fn complete_sweep(&mut self, now_s: f64) -> Option<SweepStatus> {
        let is_complete =
            self.windows.iter().all(|window| window.is_swept) && !self.carriers.iter().any(Carrier::is_open);
        if !is_complete {
            return None;
        }
        let ended = SweepStatus { seconds_since_complete: Some(0.0), ..self.status(now_s) };
        self.windows.iter_mut().for_each(|window| window.is_swept = false);
        self.sweep = Sweep { number: self.sweep.number + 1, began_s: now_s, completed_s: Some(now_s) };
        Some(ended)
    }

    fn sweep(&self, i: usize) -> Step {
        let Window { center, rate, ref carriers, .. } = self.windows[i];
        let seconds = match self.settings.mode {
            ScanMode::Fast => 0.16,
            ScanMode::Deep => 0.64,
        };
        Step { center, rate, carriers: carriers.clone(), seconds, window: Some(i) }
    }

    /// Time within which a window should be swept again, in seconds.
    fn sweep_within(&self) -> f64 {
        match self.settings.mode {
            ScanMode::Fast => 30.0,
            ScanMode::Deep => 60.0,
        }
    }

    /// A dwell on a carrier, and on those beside it that fit into the radio's band and are due too.
    fn dwell(&self, first: usize, now_s: f64) -> Step {
        let most = *self.rates.last().expect("a plan has a rate");
        let urgent = self.carriers[first].urgency(now_s);
        let (mut from, mut to) = self.carriers[first].edges();
        let mut group = vec![first];
        let mut others: Vec<usize> = (0..self.carriers.len()).filter(|i| *i != first).collect();
        others.sort_by(|a, b| self.carriers[*b].urgency(now_s).total_cmp(&self.carriers[*a].urgency(now_s)));
        for i in others {
            let (low, high) = self.carriers[i].edges();
            let (low, high) = (low.min(from), high.max(to));
            // Those that nothing is left to learn of now would only take time.
            let is_due = self.carriers[i].urgency(now_s) >= urgent.min(1.0);
            if is_due && high - low <= USABLE * most {
                (from, to) = (low, high);
                group.push(i);
            }
        }
        let rate = match group.len() {
            1 => self.least_rate((to - from) / OCCUPIED),
            _ => self.least_rate((to - from) / USABLE),
        };
        let is_short = group.iter().all(|i| {
            let carrier = &self.carriers[*i];
            !carrier.promises_news() || (carrier.is_open() && carrier.tries == 0)
        });
        let longest = self.longest_s();
        Step {
            center: Hertz((f64::midpoint(from, to) / RASTER_HZ).round() * RASTER_HZ),
            rate,
            carriers: Some(group.iter().map(|i| self.carriers[*i].hertz).collect()),
            seconds: if is_short { longest.min(SHORT_S) } else { longest },
            window: None,
        }
    }

    /// Longest stay on a carrier in seconds.
    fn longest_s(&self) -> f64 {
        self.settings.dwell_s.unwrap_or(match self.settings.mode {
            ScanMode::Fast => 1.28,
            // si-Periodicity goes up to 512 frames. TS 36.331 §6.2.2.
            ScanMode::Deep => 5.12,
        })
    }

    /// The lowest rate of at least so many samples per second, or the highest.
    fn least_rate(&self, hz: f64) -> SampleRate {
        least_rate(&self.rates, hz)
    }
}

impl Carrier {
    fn new(hertz: Hertz) -> Self {
        Self {
            hertz,
            n_rb_dl: None,
            pcis: Vec::new(),
            is_identified: false,
            is_complete: false,
            interest: Interest::Plain,
            tries: 0,
            misses: 0,
            heard_s: 0.0,
        }
    }

    /// Cells were heard on it.
    fn take(&mut self, cells: &[HeardCell], now_s: f64) {
        self.n_rb_dl = cells.iter().filter_map(|cell| cell.n_rb_dl).max().or(self.n_rb_dl);
        let was_identified = std::mem::replace(&mut self.is_identified, cells.iter().all(|cell| cell.is_identified));
        self.is_complete = cells.iter().all(|cell| cell.is_complete);
        self.interest = cells.iter().map(|cell| cell.interest).max().unwrap_or(Interest::Plain);
        let before = self.pcis.len();
        for cell in cells {
            if !self.pcis.contains(&cell.pci) {
                self.pcis.push(cell.pci);
            }
        }
        // A cell that was not there before, or not identified, is worth new tries.
        let is_news = self.pcis.len() > before || (self.is_identified && !was_identified);
        self.tries = if is_news { 0 } else { self.tries + 1 };
        self.misses = 0;
        self.heard_s = now_s;
    }

    /// Whether a longer dwell may bring something new.
    fn promises_news(&self) -> bool {
        !self.is_complete && self.tries < MAX_TRIES
    }

    /// Whether a longer dwell may still identify its cells.
    fn is_open(&self) -> bool {
        !self.is_identified && self.tries < MAX_TRIES
    }

    /// How overdue it is: 1 when it is due.
    fn urgency(&self, now_s: f64) -> f64 {
        let age = (now_s - self.heard_s).max(0.0);
        if self.promises_news() {
            // New ones go before all others: first those that are not identified, then those with fewer tries.
            let steps = if self.is_open() { 2 * MAX_TRIES } else { MAX_TRIES };
            1e6 * f64::from(steps - self.tries) + age
        } else {
            age / self.interest.within()
        }
    }

    /// Lower and upper edge in hertz; the widest there can be where the MIB is unknown.
    fn edges(&self) -> (f64, f64) {
        let half = 90e3 * self.n_rb_dl.unwrap_or(MAX_RB) as f64;
        (self.hertz.0 - half, self.hertz.0 + half)
    }
}

fn contains(centres: &RangeInclusive<f64>, hertz: Hertz) -> bool {
    centres.contains(&hertz.0) || (centres.start() - hertz.0).abs() < 1e3 || (centres.end() - hertz.0).abs() < 1e3
}

/// The lowest rate of at least so many samples per second, one of LTE's own where there is one; or the highest.
fn least_rate(rates: &[f64], hz: f64) -> SampleRate {
    let enough = || rates.iter().filter(|rate| **rate >= hz);
    let own = |rate: &&f64| *rate % SampleRate::LTE_1_4_MHZ.hz() == 0.0;
    let rate = enough().find(own).or_else(|| enough().next()).or(rates.last());
    rate.and_then(|rate| SampleRate::new(*rate)).unwrap_or(SampleRate::LTE_1_4_MHZ)
}

/// Windows that hold the PSS of each centre, as few as the highest rate allows.
fn windows(centres: &[RangeInclusive<f64>], rates: &[f64], most: f64) -> Vec<Window> {
    let mut left: Vec<(f64, f64)> = centres.iter().map(|c| (*c.start(), *c.end())).collect();
    left.sort_by(|a, b| a.0.total_cmp(&b.0));
    let reach = (USABLE * most / 2.0 - HALF_PSS_HZ).max(RASTER_HZ);
    let mut windows = Vec::new();
    while let Some(&(first, _)) = left.first() {
        let end = first + 2.0 * reach;
        let mut inside: Vec<(f64, f64)> = Vec::new();
        let mut beyond = Vec::new();
        for (from, to) in left {
            if from > end {
                beyond.push((from, to));
                continue;
            }
            inside.push((from, to.min(end)));
            if to > end {
                // The next centre on the raster.
                beyond.push((end + RASTER_HZ, to.max(end + RASTER_HZ)));
            }
        }
        left = beyond;
        left.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = inside.iter().map(|(_, to)| *to).fold(first, f64::max);
        let single = inside.iter().all(|(from, to)| from == to);
        let mut carriers: Vec<Hertz> = inside.iter().map(|(from, _)| Hertz(*from)).collect();
        carriers.dedup();
        windows.push(Window {
            center: Hertz((f64::midpoint(first, last) / RASTER_HZ).round() * RASTER_HZ),
            // The whole of the widest carrier at either end, so that its SIB1 comes with the sweep.
            rate: least_rate(rates, (last - first + 180e3 * MAX_RB as f64) / OCCUPIED),
            carriers: single.then_some(carriers),
            swept_s: None,
            is_swept: false,
        });
    }
    windows
}

#[cfg(test)]
mod tests;

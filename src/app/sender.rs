//! Sends what waits in a store: beside a drive, one thread a feed, or at once.

use std::{
    fs::{self, File, TryLockError},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender as Waker, bounded};
use jiff::{SignedDuration, Timestamp};

use super::drive::report_fault;
use crate::config::FeedSettings;
use cellwarden_event::outbox::ScannerName;
use cellwarden_feed::{AccessFile, Feed, FeedUrl, Round};
use cellwarden_store::{Store, StoreError, outbox::FeedState};
use cellwarden_text::counted;

/// How long a thread rests where nothing is due and no dwell wakes it: the pace of looking for second attempts.
const REST: Duration = Duration::from_secs(1);

/// How long a receiver that says when to come again is waited for, where somebody asks to send at once.
const PATIENCE: SignedDuration = SignedDuration::from_secs(60);

/// How long a drive's end may wait for a queue that goes out.
const GRACE: Duration = Duration::from_secs(5);

/// The threads that send beside a drive.
pub struct Sender {
    threads: Vec<(Waker<()>, JoinHandle<()>)>,
    _lock: Option<File>,
}

impl Sender {
    /// Adds the feeds to the store and starts to send. Where another program sends from this store already, that one
    /// sends the new events too.
    ///
    /// # Errors
    /// What keeps a feed from being used at all.
    pub fn start(path: &Path, store: &mut Store, settings: &FeedSettings) -> Result<Self> {
        let scanner = scanner(settings, store)?;
        let mut feeds = open_feeds(&settings.urls, settings, &scanner)?;
        for url in &settings.urls {
            store.add_feed(&url.to_string(), &scanner)?;
        }
        let lock = lock(path)?;
        if lock.is_none() {
            tracing::info!("another program sends from this store");
            feeds.clear();
        }
        let mut threads = Vec::new();
        for (url, feed) in feeds {
            let store = Store::open(path)?;
            let (waker, wake) = bounded(1);
            threads.push((waker, thread::spawn(move || work(store, &url.to_string(), feed, &wake))));
        }
        Ok(Self { threads, _lock: lock })
    }

    /// Says that there is something new to send.
    pub fn wake(&self) {
        for (waker, _) in &self.threads {
            // Where it is full, the thread has not yet looked after the last call.
            let _ = waker.try_send(());
        }
    }

    /// Ends the threads, each after a last look.
    pub fn stop(self) {
        let (wakers, threads): (Vec<_>, Vec<_>) = self.threads.into_iter().unzip();
        drop(wakers);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a feed's thread ended by a fault of this program");
            }
        }
    }
}

fn work(mut store: Store, url: &str, mut feed: Box<dyn Feed>, wake: &Receiver<()>) {
    loop {
        let round = one_round(&mut store, url, &mut *feed);
        if round.tried > 0 && !round.broken {
            continue;
        }
        if matches!(wake.recv_timeout(REST), Err(RecvTimeoutError::Disconnected)) {
            break;
        }
    }
    let end = Instant::now() + GRACE;
    while Instant::now() < end {
        let round = one_round(&mut store, url, &mut *feed);
        if round.tried == 0 || round.broken {
            break;
        }
    }
    feed.close();
}

/// A round whose failure is no reason to give up: the events are in the store.
fn one_round(store: &mut Store, url: &str, feed: &mut dyn Feed) -> Round {
    cellwarden_feed::round(store, url, feed, Timestamp::now(), fastrand::f64).unwrap_or_else(|error| {
        tracing::warn!(url, %error, "the outbox cannot be used now");
        Round::default()
    })
}

/// What was done for a feed at once.
pub struct SentNow {
    /// Events that the receiver has now.
    pub delivered: usize,
    /// What is left.
    pub left: FeedState,
}

/// Sends all that is due to the named feeds, or to those that the store knows, each event at most once.
///
/// # Errors
/// What keeps it from its work; that a receiver cannot be reached is told in what is left.
pub fn send_now(path: &Path, settings: &FeedSettings, retry: bool) -> Result<Vec<SentNow>> {
    let mut store = Store::open(path).with_context(|| format!("{}: cannot use the store", path.display()))?;
    let scanner = scanner(settings, &store)?;
    let mut urls = settings.urls.clone();
    for url in &urls {
        store.add_feed(&url.to_string(), &scanner)?;
    }
    if urls.is_empty() {
        let known = store.feeds()?.into_iter().map(|feed| feed.url.parse().with_context(|| feed.url));
        urls = known.collect::<Result<_>>()?;
    }
    anyhow::ensure!(!urls.is_empty(), "the store knows no feed: name one with --feed");
    let feeds = open_feeds(&urls, settings, &scanner)?;
    let _lock = lock(path)?.context("another program sends from this store already")?;
    let mut done = Vec::new();
    for (url, mut feed) in feeds {
        let url = url.to_string();
        store.hasten(&url)?;
        if retry {
            store.revive(&url)?;
        }
        // What fails from now on is due later than the beginning.
        let now = Timestamp::now();
        let (mut delivered, mut since_wait) = (0, 0);
        loop {
            let round = cellwarden_feed::round(&mut store, &url, &mut *feed, now, fastrand::f64)?;
            delivered += round.delivered;
            since_wait += round.delivered;
            // A receiver that takes so much a minute is waited for as long as it goes on.
            if let Some(wait) = round.wait.filter(|wait| *wait <= PATIENCE && since_wait > 0) {
                thread::sleep(wait.unsigned_abs());
                store.reopen(&url)?;
                since_wait = 0;
            } else if round.tried == 0 || round.broken {
                break;
            }
        }
        feed.close();
        let left = store.feeds()?.into_iter().find(|feed| feed.url == url).context("the feed was forgotten")?;
        done.push(SentNow { delivered, left });
    }
    Ok(done)
}

fn open_feeds(
    urls: &[FeedUrl],
    settings: &FeedSettings,
    scanner: &ScannerName,
) -> Result<Vec<(FeedUrl, Box<dyn Feed>)>> {
    let access = open_access(settings.access.as_deref())?;
    let open = |url: &FeedUrl| Ok((url.clone(), cellwarden_feed::open(url, &access, scanner)?));
    let feeds = urls.iter().map(open).collect::<Result<_>>()?;
    settings.access.iter().for_each(|path| warn_of_readers(path));
    Ok(feeds)
}

/// What receivers ask for; nothing where no file is named.
///
/// # Errors
/// Where it cannot be read.
pub fn open_access(path: Option<&Path>) -> Result<AccessFile> {
    let Some(path) = path else { return Ok(AccessFile::default()) };
    let text = fs::read_to_string(path).with_context(|| format!("{}: cannot read", path.display()))?;
    AccessFile::parse(&text).with_context(|| path.display().to_string())
}

/// Warns where others than its owner can read a file that names secrets.
pub fn warn_of_readers(path: &Path) {
    let mode = fs::metadata(path).map_or(0, |facts| facts.permissions().mode());
    if mode & 0o077 != 0 {
        let path = path.display();
        report_fault(&format!("{path}: others can read it (mode {:03o}): `chmod 600 {path}`", mode & 0o777));
    }
}

/// The name given, or the store's: its events have it. The host's where the store has none yet.
fn scanner(settings: &FeedSettings, store: &Store) -> Result<ScannerName> {
    let named = settings.scanner.clone().map_or_else(|| store.scanner(), |name| Ok(Some(name)))?;
    let of_host = || ScannerName::of_host(&fs::read_to_string("/proc/sys/kernel/hostname").ok()?);
    named.or_else(of_host).context("this host has no name: name the scanner with --scanner")
}

/// Two programs that send from one store would send everything twice.
fn lock(store: &Path) -> Result<Option<File>> {
    let mut name = store.as_os_str().to_owned();
    name.push(".sending");
    let path = PathBuf::from(name);
    let locked = || -> std::io::Result<Option<File>> {
        let file = File::create(&path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    };
    locked().with_context(|| format!("{}: cannot lock", path.display()))
}

/// What waits for a feed.
pub fn waiting_text(feed: &FeedState) -> String {
    let (alerts, sightings) = (counted(feed.waiting_alerts, "alert"), counted(feed.waiting_sightings, "sighting"));
    format!("{alerts} and {sightings} waiting")
}

/// A line about a feed that has not got everything, and what to do.
///
/// # Errors
/// From the store.
pub fn left_lines(store: &Store, path: &Path) -> Result<Vec<String>, StoreError> {
    let left = |feed: FeedState| {
        let waiting = feed.waiting_alerts + feed.waiting_sightings;
        if waiting + feed.dead == 0 {
            return None;
        }
        let why = feed.error.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
        Some(format!(
            "{}: {}{why}, {} set aside; `cellwarden alerts send --store {}` sends them",
            feed.url,
            waiting_text(&feed),
            counted(feed.dead, "event"),
            path.display(),
        ))
    };
    Ok(store.feeds()?.into_iter().filter_map(left).collect())
}

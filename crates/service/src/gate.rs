//! Who may come in: tokens, and how much each may ask for.

use std::{
    collections::HashMap,
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use governor::{
    NotUntil, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    state::keyed::HashMapStateStore,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::{sync::Semaphore, task, time};

use super::{
    database::DatabaseError,
    events::MAX_EVENTS,
    readers::Readers,
    tokens::{Scope, Scopes, ShownToken, TokenRecord},
};
use cellwarden_event::outbox::ScannerName;

/// How long a token that was looked up is not looked up again: so long a revoked one still works.
const FRESH: Duration = Duration::from_secs(10);

/// Tokens that are remembered.
const MAX_REMEMBERED: usize = 10_000;

/// Secrets that one address may have verified in a minute. A secret is verified once, then remembered: a fleet behind one
/// address comes through, and guessing keeps no processor busy.
const VERIFICATIONS: NonZeroU32 = NonZeroU32::new(120).expect("not zero");

/// Secrets that may be verified for one token in a minute, whoever shows them: many addresses together keep no processor
/// busy either. A token that was verified comes through all the while.
const VERIFICATIONS_OF_TOKEN: NonZeroU32 = NonZeroU32::new(30).expect("not zero");

/// Tokens that are not known which one address may show in a minute. They are counted apart: who guesses takes nothing from
/// the fleet behind the same address.
const UNKNOWN: NonZeroU32 = NonZeroU32::new(120).expect("not zero");

/// Bytes of an event, for which the bytes that a token may send a second are counted: eight times a sighting's.
const BYTES_OF_EVENT: NonZeroU32 = NonZeroU32::new(4096).expect("not zero");

/// How long a secret waits for its turn to be verified: a fleet that comes back at one moment comes through.
const TURN: Duration = Duration::from_secs(20);

/// When whoever waited so long may come again.
const NEXT_TURN: Duration = Duration::from_secs(5);

/// How many seconds' events may come at once.
const BURST_SECONDS: u32 = 10;

type Limiter<K> = RateLimiter<K, HashMapStateStore<K>, DefaultClock>;

/// Whoever was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's id; `None` where nobody is asked for one.
    pub token: Option<String>,
    /// Its name: the only scanner that it may send for.
    pub name: Option<ScannerName>,
    scopes: Scopes,
}

/// Why somebody is not let in.
#[derive(Debug)]
pub enum Refusal {
    /// No token, or none that holds.
    Unauthorized(&'static str),
    /// The token does not allow it.
    Forbidden(String),
    /// Too much at once: come again after this time.
    TooMany(Duration),
    /// It cannot be known now.
    Database(DatabaseError),
}

/// The gate.
pub struct Gate {
    /// `None` where everybody may do everything.
    readers: Option<Readers>,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
    unknown: Limiter<IpAddr>,
    verifications: Limiter<IpAddr>,
    verifications_of_token: Limiter<String>,
    /// One secret at a time: each takes 20 MB.
    verifying: Semaphore,
    events: Limiter<String>,
    bytes: Limiter<String>,
}

/// A token whose secret was verified.
#[derive(Clone)]
struct Remembered {
    record: TokenRecord,
    looked_up: Instant,
}

impl Caller {
    /// Who it is, for the log.
    #[must_use]
    pub fn word(&self) -> &str {
        self.name.as_ref().map_or("anybody", ScannerName::as_str)
    }
}

impl Gate {
    /// A gate that asks for the tokens of a database, or for none.
    #[must_use]
    pub fn new(readers: Option<Readers>, events_per_second: NonZeroU32) -> Self {
        let burst = events_per_second.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(NonZeroU32::MIN));
        // A batch must go through some time.
        let burst = burst.max(NonZeroU32::new(MAX_EVENTS as u32).unwrap_or(NonZeroU32::MIN));
        Self {
            readers,
            remembered: Mutex::default(),
            unknown: RateLimiter::hashmap(Quota::per_minute(UNKNOWN)),
            verifications: RateLimiter::hashmap(Quota::per_minute(VERIFICATIONS)),
            verifications_of_token: RateLimiter::hashmap(Quota::per_minute(VERIFICATIONS_OF_TOKEN)),
            verifying: Semaphore::new(1),
            events: RateLimiter::hashmap(Quota::per_second(events_per_second).allow_burst(burst)),
            bytes: RateLimiter::hashmap(
                Quota::per_second(events_per_second.saturating_mul(BYTES_OF_EVENT))
                    .allow_burst(burst.saturating_mul(BYTES_OF_EVENT)),
            ),
        }
    }

    /// Lets somebody in who shows a token, or says why not.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub async fn let_in(&self, peer: IpAddr, shown: Option<&str>, scope: Scope) -> Result<Caller, Refusal> {
        let Some(readers) = &self.readers else {
            return Ok(Caller { token: None, name: None, scopes: Scopes::all() });
        };
        let shown = shown.ok_or(Refusal::Unauthorized("a bearer token is needed"))?;
        let record = self.record_of(readers, peer, shown).await?;
        if !record.holds_at(Timestamp::now()) {
            let why = if record.revoked.is_some() { "the token is revoked" } else { "the token has expired" };
            return Err(Refusal::Unauthorized(why));
        }
        let caller = Caller { token: Some(record.id), name: Some(record.name), scopes: record.scopes };
        if caller.scopes.allow(scope) {
            return Ok(caller);
        }
        Err(Refusal::Forbidden(format!("the token of {} does not allow {:?}", caller.word(), scope.word())))
    }

    /// Takes so many events, of so many bytes together, off what a token may send.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub fn count(&self, caller: &Caller, events: usize, bytes: usize) -> Result<(), Refusal> {
        let Some(token) = &caller.token else { return Ok(()) };
        take(&self.bytes, token, bytes)?;
        take(&self.events, token, events)
    }

    /// Forgets addresses and tokens that have not asked for long.
    pub fn tidy(&self) {
        self.unknown.retain_recent();
        self.verifications.retain_recent();
        self.verifications_of_token.retain_recent();
        self.events.retain_recent();
        self.bytes.retain_recent();
    }

    async fn record_of(&self, readers: &Readers, peer: IpAddr, shown: &str) -> Result<TokenRecord, Refusal> {
        const WRONG: Refusal = Refusal::Unauthorized("the token is not known");
        let parts = ShownToken::parse(shown).ok_or(WRONG)?;
        let key: [u8; 32] = Sha256::digest(shown.as_bytes()).into();
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(Remembered { record, .. }) =
            remembered.as_ref().filter(|remembered| remembered.looked_up.elapsed() < FRESH)
        {
            return Ok(record.clone());
        }
        let id = parts.id.to_owned();
        let record = readers.ask(move |database| database.token(&id)).await.map_err(Refusal::Database)?;
        let Some(record) = record else {
            allowed(&self.unknown, &network_of(peer))?;
            return Err(WRONG);
        };
        // What was verified once is verified as long as the database has the same hash.
        let is_verified = remembered.is_some_and(|remembered| remembered.record.hash == record.hash);
        if !is_verified {
            // Only of tokens that there are: whoever makes up ids fills no memory, and takes no turn of the fleet's.
            allowed(&self.verifications_of_token, &record.id)?;
            allowed(&self.verifications, &network_of(peer))?;
            self.verify(&record, shown).await?;
        }
        self.remember(key, record.clone());
        Ok(record)
    }

    async fn verify(&self, record: &TokenRecord, shown: &str) -> Result<(), Refusal> {
        let turn = time::timeout(TURN, self.verifying.acquire()).await;
        let _turn = turn.map_err(|_| Refusal::TooMany(NEXT_TURN))?;
        let (record, shown) = (record.clone(), shown.to_owned());
        let verified = task::spawn_blocking(move || ShownToken::parse(&shown).is_some_and(|shown| record.fits(shown)));
        if verified.await.unwrap_or(false) { Ok(()) } else { Err(Refusal::Unauthorized("the token is not known")) }
    }

    fn remember(&self, key: [u8; 32], record: TokenRecord) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, Remembered { record, looked_up: Instant::now() });
    }
}

/// Takes so many off what a key may ask for.
fn take(limiter: &Limiter<String>, key: &String, count: usize) -> Result<(), Refusal> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match limiter.check_key_n(key, NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(not_until)) => Err(Refusal::TooMany(not_until.wait_time_from(DefaultClock::default().now()))),
        Err(_) => Err(Refusal::TooMany(Duration::from_secs(60))),
    }
}

/// Takes one off what a key may ask for.
fn allowed<K: Clone + Eq + Hash>(limiter: &Limiter<K>, key: &K) -> Result<(), Refusal> {
    let wait = |not_until: NotUntil<_>| Refusal::TooMany(not_until.wait_time_from(DefaultClock::default().now()));
    limiter.check_key(key).map_err(wait)
}

/// What one subscriber has: an address of IPv4, and of IPv6 a network of 64 bits, in which addresses cost nothing.
pub fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_network() {
        let network = |text: &str| network_of(text.parse().expect("an address")).to_string();
        assert_eq!((network("192.0.2.7"), network("::ffff:192.0.2.7")), ("192.0.2.7".into(), "192.0.2.7".into()));
        assert_eq!((network("2001:db8:1:2:3::4"), network("::1")), ("2001:db8:1:2::".into(), "::".into()));
    }
}

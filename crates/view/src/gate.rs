//! Who may see the page: everybody on this host, and beyond it those who were paired.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use axum::http::{HeaderMap, header};
use rustls::crypto::ring::default_provider;

/// Characters of a pairing code: none that is taken for another.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Their number: 40 bits, of which ten tries find nothing.
const CODE_LENGTH: usize = 8;
/// Wrong codes after which no other is taken, until the program starts again.
const MAX_WRONG: u32 = 10;
/// Browsers that are paired at one time; the oldest goes first.
const MAX_PAIRED: usize = 8;
/// The cookie that a paired browser shows.
const COOKIE: &str = "cellwarden-view";

/// What a try to pair gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// It was the code; this is the cookie to set.
    Paired(String),
    /// It was not.
    Wrong,
    /// There were too many wrong ones.
    Closed,
}

/// Lets browsers in.
#[derive(Debug)]
pub struct Gate {
    /// `None`: only this host can ask, and needs no code.
    code: Option<String>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wrong: u32,
    paired: Vec<String>,
}

impl Gate {
    /// A gate with a code of its own where `asks` for one.
    #[must_use]
    pub fn new(asks: bool) -> Self {
        let code = || random::<CODE_LENGTH>().iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        Self { code: asks.then(code), state: Mutex::default() }
    }

    /// The code, where one is asked for.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Tries a code.
    pub fn pair(&self, tried: &str) -> Pairing {
        let Some(code) = &self.code else { return Pairing::Wrong };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.wrong >= MAX_WRONG {
            return Pairing::Closed;
        }
        let letters = tried.chars().filter(|c| c.is_ascii_alphanumeric()).take(CODE_LENGTH + 1);
        if letters.collect::<String>().to_ascii_uppercase() != *code {
            state.wrong += 1;
            return Pairing::Wrong;
        }
        state.wrong = 0;
        let token = hex::encode(random::<16>());
        if state.paired.len() >= MAX_PAIRED {
            state.paired.remove(0);
        }
        state.paired.push(token.clone());
        Pairing::Paired(format!("{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=86400"))
    }

    /// Whether a request with these headers comes from a paired browser, or needs no pairing.
    #[must_use]
    pub fn lets_in(&self, headers: &HeaderMap) -> bool {
        if self.code.is_none() {
            return true;
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut tokens = cookies
            .flat_map(|line| line.split(';'))
            .filter_map(|cookie| cookie.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        tokens.any(|token| state.paired.iter().any(|paired| paired == token))
    }
}

/// Whether a request is for this server by its address: a name that somebody else points here would let other pages ask in
/// a browser's name. And whether a page of its own asks.
#[must_use]
pub fn is_for_us(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else { return false };
    let name =
        host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|c| c.is_ascii_digit())).map_or(host, |(n, _)| n);
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_named = name == "localhost" || address.parse::<IpAddr>().is_ok();
    let is_own = |origin: &str| origin.split_once("://").is_some_and(|(_, from)| from == host);
    is_named && text(header::ORIGIN).is_none_or(is_own)
}

/// So many bytes that nobody can guess.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    default_provider().secure_random.fill(&mut bytes).expect("the system has random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value"))).collect()
    }

    #[test]
    fn the_code_pairs_and_wrong_ones_close_the_gate() {
        let gate = Gate::new(true);
        let code = gate.code().expect("asked for").to_owned();
        assert!(!gate.lets_in(&headers(&[])));
        let Pairing::Paired(cookie) = gate.pair(&format!(" {}-{} ", &code[..4].to_lowercase(), &code[4..])) else {
            panic!("it is the code")
        };
        let token = cookie.split(';').next().expect("a value").to_owned();
        assert!(gate.lets_in(&headers(&[("cookie", &format!("other=1; {token}"))])));
        assert!(!gate.lets_in(&headers(&[("cookie", "cellwarden-view=")])));
        for _ in 0..MAX_WRONG {
            assert_eq!(gate.pair("AAAA"), Pairing::Wrong);
        }
        assert_eq!(gate.pair(&code), Pairing::Closed);
        assert!(gate.lets_in(&headers(&[("cookie", &token)])), "who is paired stays");
    }

    #[test]
    fn the_oldest_of_too_many_pairs_goes() {
        let gate = Gate::new(true);
        let code = gate.code().expect("asked for").to_owned();
        let cookies: Vec<String> = (0..=MAX_PAIRED)
            .map(|_| match gate.pair(&code) {
                Pairing::Paired(cookie) => cookie.split(';').next().expect("a value").to_owned(),
                other => panic!("{other:?}"),
            })
            .collect();
        let is_in = |cookie: &str| gate.lets_in(&headers(&[("cookie", cookie)]));
        assert!(!is_in(&cookies[0]) && cookies[1..].iter().all(|cookie| is_in(cookie)));
    }

    #[test]
    fn only_addresses_and_the_own_page_may_ask() {
        for (host, origin, is_good) in [
            ("127.0.0.1:8090", None, true),
            ("[::1]:8090", Some("http://[::1]:8090"), true),
            ("192.168.1.4", Some("https://192.168.1.4"), true),
            ("localhost:8090", None, true),
            ("evil.example:8090", None, false),
            ("127.0.0.1:8090", Some("http://evil.example"), false),
            ("127.0.0.1:8090", Some("null"), false),
            ("", None, false),
        ] {
            let mut of = vec![("host", host)];
            of.extend(origin.map(|origin| ("origin", origin)));
            assert_eq!(is_for_us(&headers(&of)), is_good, "{host} {origin:?}");
        }
    }
}

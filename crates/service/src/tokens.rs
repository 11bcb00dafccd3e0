//! Tokens of scanners and people: who they are, and what they may do.
//!
//! A token is `cw_ID_SECRET`. The database has its id, and of the secret what argon2id makes of it: who steals the
//! database has no token.

use std::{collections::BTreeSet, fmt, str::FromStr};

use argon2::{
    Argon2,
    password_hash::{Error as HashError, PasswordHasher, PasswordVerifier, generate_salt, phc::PasswordHash},
};
use jiff::Timestamp;

use cellwarden_event::outbox::ScannerName;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Sending events, as the scanner that it names.
    Events,
    /// Getting the registered cell list.
    Registry,
    /// Reading cases, scanners and metrics.
    Read,
    /// Changing cases.
    Write,
}

/// What a token allows in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

/// A token as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Public part.
    pub id: String,
    /// Whose it is.
    pub name: ScannerName,
    /// What it allows.
    pub scopes: Scopes,
    /// argon2id of the secret part, as a PHC string.
    pub hash: String,
    /// When it was made.
    pub created: Timestamp,
    /// From when it is refused.
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// A token as it was shown, taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShownToken<'a> {
    /// Public part.
    pub id: &'a str,
    secret: &'a str,
}

/// Hexadecimal digits of the two parts.
const ID_DIGITS: usize = 12;
const SECRET_DIGITS: usize = 32;

impl Scope {
    const ALL: [Self; 4] = [Self::Events, Self::Registry, Self::Read, Self::Write];

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Registry => "registry",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Scopes {
    /// Whether one is among them.
    #[must_use]
    pub fn allow(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Self(Scope::ALL.into())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(|scope| scope.word()).collect();
        f.write_str(&words.join(","))
    }
}

/// A word that is no scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no scope: events, registry, read and write are")]
pub struct ScopeError(String);

impl FromStr for Scopes {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let scope = |word: &str| {
            let found = Scope::ALL.into_iter().find(|scope| scope.word() == word);
            found.ok_or_else(|| ScopeError(word.to_owned()))
        };
        text.split(',').map(scope).collect::<Result<_, _>>().map(Self)
    }
}

impl TokenRecord {
    /// Makes a token, and its text: that is told once and kept nowhere.
    ///
    /// # Errors
    /// Where there is no memory or no chance for argon2.
    pub fn new(
        name: ScannerName,
        scopes: Scopes,
        created: Timestamp,
        expires: Option<Timestamp>,
    ) -> Result<(Self, String), HashError> {
        let id = hex::encode(&generate_salt()[..ID_DIGITS / 2]);
        let secret = hex::encode(&generate_salt()[..SECRET_DIGITS / 2]);
        let hash = Argon2::default().hash_password(secret.as_bytes())?.to_string();
        let text = format!("cw_{id}_{secret}");
        Ok((Self { id, name, scopes, hash, created, expires, revoked: None }, text))
    }

    /// Whether it may be used at a time, its secret apart.
    #[must_use]
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether the secret is this token's. Takes some 20 MB and tens of milliseconds, by intention.
    #[must_use]
    pub fn fits(&self, shown: ShownToken<'_>) -> bool {
        let Ok(hash) = PasswordHash::new(&self.hash) else { return false };
        shown.id == self.id && Argon2::default().verify_password(shown.secret.as_bytes(), &hash).is_ok()
    }
}

impl<'a> ShownToken<'a> {
    /// Takes a token's text apart; `None` where it has not the form of one.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("cw_")?.split_once('_')?;
        let is_hex = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_hexdigit());
        (is_hex(id, ID_DIGITS) && is_hex(secret, SECRET_DIGITS)).then_some(Self { id, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_token_fits_its_own_record_only() {
        let make = || {
            let name = ScannerName::new("van-3").expect("a name");
            let expires = Some(time("2026-12-01T00:00:00Z"));
            TokenRecord::new(name, Scopes::all(), time("2026-11-20T00:00:00Z"), expires).expect("made")
        };
        let ((record, text), (_, other)) = (make(), make());
        let shown = ShownToken::parse(&text).expect("a token");
        assert!(record.fits(shown));
        assert!(record.hash.starts_with("$argon2id$") && !record.hash.contains(shown.secret));
        assert!(!record.fits(ShownToken::parse(&other).expect("a token")));
        let secret = ShownToken::parse(&other).expect("a token").secret;
        assert!(!record.fits(ShownToken { id: shown.id, secret }));
    }

    #[test]
    fn a_token_ends_when_it_expires_or_is_revoked() {
        let record = TokenRecord {
            id: String::new(),
            name: ScannerName::new("van-3").expect("a name"),
            scopes: Scopes::all(),
            hash: String::new(),
            created: time("2026-11-20T00:00:00Z"),
            expires: Some(time("2026-12-01T00:00:00Z")),
            revoked: None,
        };
        assert!(record.holds_at(time("2026-11-30T23:59:59Z")));
        assert!(!record.holds_at(time("2026-12-01T00:00:00Z")));
        let revoked = TokenRecord { revoked: Some(record.created), ..record };
        assert!(!revoked.holds_at(time("2026-11-21T00:00:00Z")));
    }

    #[test]
    fn scopes_are_words() {
        let scopes: Scopes = "read,events".parse().expect("good");
        assert_eq!(scopes.to_string(), "events,read");
        assert!(scopes.allow(Scope::Events) && !scopes.allow(Scope::Write));
        for bad in ["", "all", "events,", "events, read", "Events"] {
            assert!(bad.parse::<Scopes>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_has_not_the_form_of_a_token_is_none() {
        let good = format!("cw_{}_{}", "a".repeat(12), "0".repeat(32));
        assert!(ShownToken::parse(&good).is_some());
        for bad in ["", "cw_", "cw__", &good[1..], &good[..40], &format!("{good}0"), &good.replace('a', "홈")] {
            assert!(ShownToken::parse(bad).is_none(), "{bad:?}");
        }
    }
}

//! Snapshots that are handed out, signed with minisign (ed25519 over BLAKE2b): nobody on the way can change one, and an
//! old one is not taken for a new one.
//!
//! The signature's trusted comment carries the time of signing, as `minisign -S` writes it.

use std::io::{self, Read};

use jiff::Timestamp;
use minisign_verify::{Error as MinisignError, PublicKey, Signature};
use rusqlite::{Connection, OptionalExtension, params};
use thiserror::Error;

use super::{RegistryError, database::snapshot};

/// Whose snapshots are taken.
#[derive(Debug)]
pub struct SnapshotKey(PublicKey);

/// The signature of a snapshot; who made it is known only after [`SnapshotKey::verify`].
pub struct SnapshotSignature {
    signature: Signature,
    text: String,
    signed: Timestamp,
}

/// Which signed snapshot the database holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// When it was signed.
    pub signed: Timestamp,
    /// The signature's text.
    pub signature: String,
    /// The server's name for that text.
    pub etag: Option<String>,
    /// Whether the list was not replaced by another import since.
    pub is_current: bool,
}

/// Why a snapshot is not taken. The one that was there before is kept.
#[derive(Debug, Error)]
pub enum SignedError {
    /// The key's file.
    #[error("this is no minisign public key")]
    Key,
    /// The signature's file.
    #[error("this is no minisign signature with the time of signing")]
    Signature,
    /// The signature is of minisign's old form, over the bytes themselves.
    #[error(
        "a legacy minisign signature, which would take the whole snapshot in memory: sign it again with `minisign -S`, of \
         version 0.8 to 0.9 with `minisign -S -H`"
    )]
    Legacy,
    /// Another key made it.
    #[error("the snapshot is signed by another key than the one given")]
    OtherKey,
    /// The bytes are not those that were signed, or the signature was not made by the key.
    #[error("forged or damaged: the signature does not fit the snapshot")]
    Forged,
    /// It is older than what is there.
    #[error("rolled back: the snapshot was signed at {offered}, the one kept at {kept}")]
    RolledBack {
        /// The time of the one offered.
        offered: Timestamp,
        /// The time of the one kept.
        kept: Timestamp,
    },
    /// The bytes cannot be read.
    #[error("cannot read the snapshot: {0}")]
    Read(#[from] io::Error),
    /// The database.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl From<rusqlite::Error> for SignedError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Registry(error.into())
    }
}

impl SnapshotKey {
    /// Reads a key: the file that `minisign -G` writes, or its second line alone.
    ///
    /// # Errors
    /// [`SignedError::Key`].
    pub fn parse(text: &str) -> Result<Self, SignedError> {
        let key = PublicKey::decode(text).or_else(|_| PublicKey::from_base64(text.trim()));
        key.map(Self).map_err(|_| SignedError::Key)
    }

    /// Reads a snapshot to its end: whether it, and the time of signing, are what this key signed.
    ///
    /// # Errors
    /// [`SignedError::OtherKey`], [`SignedError::Legacy`], [`SignedError::Forged`], or from reading.
    pub fn verify(&self, signature: &SnapshotSignature, mut snapshot: impl Read) -> Result<(), SignedError> {
        let mut verifier = self.0.verify_stream(&signature.signature).map_err(|error| match error {
            MinisignError::UnexpectedKeyId => SignedError::OtherKey,
            MinisignError::UnsupportedLegacyMode => SignedError::Legacy,
            _ => SignedError::Forged,
        })?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = snapshot.read(&mut buffer)?;
            if length == 0 {
                return verifier.finalize().map_err(|_| SignedError::Forged);
            }
            verifier.update(&buffer[..length]);
        }
    }
}

impl SnapshotSignature {
    /// Reads a signature.
    ///
    /// # Errors
    /// [`SignedError::Signature`], also where it has no time of signing.
    pub fn parse(text: &str) -> Result<Self, SignedError> {
        let signature = Signature::decode(text).map_err(|_| SignedError::Signature)?;
        let second = signature.trusted_comment().split('\t').find_map(|part| part.strip_prefix("timestamp:"));
        let signed = second.and_then(|second| Timestamp::from_second(second.parse().ok()?).ok());
        let signed = signed.ok_or(SignedError::Signature)?;
        Ok(Self { signature, text: text.to_owned(), signed })
    }

    /// When it was made.
    #[must_use]
    pub fn signed(&self) -> Timestamp {
        self.signed
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it may take the place of what is kept.
    ///
    /// # Errors
    /// [`SignedError::RolledBack`].
    pub fn follows(&self, kept: Option<&SyncState>) -> Result<(), SignedError> {
        match kept {
            Some(kept) if self.signed < kept.signed => {
                Err(SignedError::RolledBack { offered: self.signed, kept: kept.signed })
            }
            _ => Ok(()),
        }
    }
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS registry_sync (
    signed    TEXT NOT NULL,
    signature TEXT NOT NULL,
    etag      TEXT,
    sha256    TEXT NOT NULL
) STRICT;";

/// The last signed snapshot that was imported.
///
/// # Errors
/// From the database.
pub fn sync_state(database: &Connection) -> Result<Option<SyncState>, SignedError> {
    database.execute_batch(TABLE)?;
    let row = database
        .query_row("SELECT signed, signature, etag, sha256 FROM registry_sync", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((signed, signature, etag, sha256)) = row else { return Ok(None) };
    let wrong = |value| RegistryError::Stored { row: 1, column: "signed", value };
    let signed = signed.parse().map_err(|_| wrong(signed))?;
    let is_current = match snapshot(database) {
        Ok(snapshot) => snapshot.sha256 == sha256,
        Err(RegistryError::NoSnapshot | RegistryError::Schema { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Some(SyncState { signed, signature, etag, is_current }))
}

/// Notes that the snapshot in the database is the one signed so. A crash before it costs another download.
///
/// # Errors
/// From the database.
pub fn note_sync(
    database: &mut Connection,
    signature: &SnapshotSignature,
    etag: Option<&str>,
) -> Result<(), SignedError> {
    let sha256 = snapshot(database)?.sha256;
    let transaction = database.transaction()?;
    transaction.execute_batch(TABLE)?;
    transaction.execute("DELETE FROM registry_sync", [])?;
    transaction.execute(
        "INSERT INTO registry_sync VALUES (?1, ?2, ?3, ?4)",
        params![signature.signed.to_string(), signature.text, etag, sha256],
    )?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the minisign documentation.
    const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    const SIGNATURE: &str = "untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==";

    #[test]
    fn the_documented_example_is_verified_and_what_differs_is_not() {
        let key = SnapshotKey::parse(KEY).expect("a key");
        let signature = SnapshotSignature::parse(SIGNATURE).expect("a signature");
        assert_eq!(signature.signed().as_second(), 1_556_193_335);
        assert!(key.verify(&signature, &b"test"[..]).is_ok());
        for forged in [&b"tesu"[..], b"", b"test\n", b"tes"] {
            assert!(matches!(key.verify(&signature, forged), Err(SignedError::Forged)));
        }
        let later = SIGNATURE.replace("1556193335", "1956193335");
        let later = SnapshotSignature::parse(&later).expect("well formed");
        assert!(matches!(key.verify(&later, &b"test"[..]), Err(SignedError::Forged)), "the time is signed too");
        for bad in ["", "x", &SIGNATURE.replace("timestamp", "time"), &SIGNATURE[..150]] {
            assert!(matches!(SnapshotSignature::parse(bad), Err(SignedError::Signature)), "{bad}");
        }
    }

    /// The example of the minisign documentation of before prehashing: the algorithm's letters are "Ed", not "ED".
    #[test]
    fn a_legacy_signature_is_called_one() {
        let key = SnapshotKey::parse(KEY).expect("a key");
        let legacy = SnapshotSignature::parse(&SIGNATURE.replace("RUQf", "RWQf")).expect("well formed");
        let refused = key.verify(&legacy, &b"test"[..]).expect_err("legacy");
        assert!(matches!(refused, SignedError::Legacy) && refused.to_string().contains("minisign -S -H"), "{refused}");
    }

    #[test]
    fn an_older_signature_does_not_follow() {
        let signature = SnapshotSignature::parse(SIGNATURE).expect("a signature");
        let kept = |second| SyncState {
            signed: Timestamp::from_second(second).expect("a time"),
            signature: String::new(),
            etag: None,
            is_current: true,
        };
        assert!(signature.follows(None).is_ok() && signature.follows(Some(&kept(1_556_193_335))).is_ok());
        assert!(matches!(signature.follows(Some(&kept(1_556_193_336))), Err(SignedError::RolledBack { .. })));
    }
}

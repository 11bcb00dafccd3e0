//! Who did what, and who was refused: one JSON object a line, only added to. Each entry ends with a hash over itself and
//! the one before: what is changed or left out is found.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    net::IpAddr,
    num::NonZeroU32,
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::health::{Health, Part};

/// Refusals that are written a second; those beyond are counted, so that nobody fills the disk from outside.
const REFUSALS: NonZeroU32 = NonZeroU32::new(50).expect("not zero");

/// What the first entry is chained to.
const NO_ENTRY: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Before the hash of an entry, which is its last field.
const CHAIN: &str = ",\"chain\":\"";

/// Longest entry in bytes.
const MAX_ENTRY: u64 = 1 << 16;

/// The log.
pub struct Audit {
    out: Mutex<AuditOutput>,
    refusals: DefaultDirectRateLimiter,
    unwritten: AtomicU64,
    health: Health,
}

/// Where the log goes.
pub enum AuditOutput {
    /// To a file, which other programs add entries to as well; it is opened to read and append.
    File(File),
    /// To somebody who reads along, with the hash of the last entry.
    Stream(Box<dyn Write + Send>, String),
}

/// The request that an audit entry is about.
#[derive(Debug, Clone)]
pub struct AuditedRequest {
    /// Address of the sender; `None` for a message from a broker, and on this host.
    pub peer: Option<IpAddr>,
    /// Method and path.
    pub what: String,
}

impl AuditOutput {
    /// A stream that nobody wrote into before.
    #[must_use]
    pub fn stream(out: Box<dyn Write + Send>) -> Self {
        Self::Stream(out, NO_ENTRY.to_owned())
    }

    /// Adds an entry, chained to the last one.
    fn add(&mut self, entry: &str) -> io::Result<()> {
        match self {
            Self::Stream(out, last) => {
                let (line, hash) = chained(entry, last);
                out.write_all(line.as_bytes())?;
                out.flush()?;
                *last = hash;
                Ok(())
            }
            Self::File(file) => {
                file.lock()?;
                let added = add_to_file(file, entry);
                file.unlock()?;
                added
            }
        }
    }
}

/// Adds an entry to a file, all of it or nothing.
fn add_to_file(file: &mut File, entry: &str) -> io::Result<()> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(MAX_ENTRY);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(MAX_ENTRY).read_to_end(&mut end)?;
    let text = String::from_utf8_lossy(&end);
    let last = text.lines().rev().find_map(|line| Some(split(line)?.1)).unwrap_or(NO_ENTRY);
    // What somebody left half stays, on a line of its own.
    let start = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let line = format!("{start}{}", chained(entry, last).0);
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
    if written.is_err() {
        file.set_len(length)?;
    }
    written
}

/// An entry's line, and its hash: over the hash before it and itself.
fn chained(entry: &str, last: &str) -> (String, String) {
    let hash = hash_of(entry, last);
    (format!("{}{CHAIN}{hash}\"}}\n", entry.strip_suffix('}').unwrap_or(entry)), hash)
}

fn hash_of(entry: &str, last: &str) -> String {
    hex::encode(Sha256::new().chain_update(last).chain_update(entry).finalize())
}

/// A line's entry and hash.
fn split(line: &str) -> Option<(String, &str)> {
    let (entry, rest) = line.rsplit_once(CHAIN)?;
    let hash = rest.strip_suffix("\"}")?;
    (hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then(|| (format!("{entry}}}"), hash))
}

/// What is wrong with a log, and how many entries hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditVerification {
    /// Entries that follow from the one before.
    pub good: u64,
    /// Line numbers from 1, with what is wrong there.
    pub bad: Vec<(u64, &'static str)>,
    /// Hash of the last entry: whoever has noted it elsewhere knows that nothing was cut off the end.
    pub last: String,
}

/// Verifies the chain of a log.
///
/// # Errors
/// From reading.
pub fn verify(path: &Path) -> io::Result<AuditVerification> {
    let text = std::fs::read(path)?;
    let text = String::from_utf8_lossy(&text);
    let mut verification = AuditVerification { last: NO_ENTRY.to_owned(), ..AuditVerification::default() };
    for (number, line) in (1..).zip(text.lines()) {
        let wrong = match split(line) {
            None => Some("no whole entry with a hash"),
            Some((entry, hash)) => {
                let follows = hash_of(&entry, &verification.last) == hash;
                // What follows is judged by what stands there.
                hash.clone_into(&mut verification.last);
                (!follows)
                    .then_some("does not follow from the entry before: one of the two was changed, or one is missing")
            }
        };
        match wrong {
            None => verification.good += 1,
            Some(what) => verification.bad.push((number, what)),
        }
    }
    Ok(verification)
}

impl Audit {
    /// A log that goes there.
    #[must_use]
    pub fn new(out: AuditOutput, health: Health) -> Self {
        let refusals = RateLimiter::direct(Quota::per_second(REFUSALS));
        Self { out: Mutex::new(out), refusals, unwritten: 0.into(), health }
    }

    /// Something is changed by the holder of a token of this name; written before it is.
    ///
    /// # Errors
    /// Where it cannot be written: then nothing is to be changed.
    pub fn done(&self, asked: &AuditedRequest, name: &str, details: &Value) -> io::Result<()> {
        self.write(&json!({
            "type": "done", "time": Timestamp::now(), "peer": asked.peer, "what": asked.what, "name": name,
            "details": details,
        }))
    }

    /// Something was refused.
    pub fn refused(&self, asked: &AuditedRequest, name: Option<&str>, status: u16, why: &str) {
        if self.refusals.check().is_err() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let unwritten = self.unwritten.swap(0, Ordering::Relaxed);
        let written = self.write(&json!({
            "type": "refused", "time": Timestamp::now(), "peer": asked.peer, "what": asked.what, "name": name,
            "status": status, "why": why, "unwritten_before": unwritten,
        }));
        if written.is_err() {
            self.unwritten.fetch_add(unwritten + 1, Ordering::Relaxed);
        }
    }

    fn write(&self, entry: &Value) -> io::Result<()> {
        let entry = escaped(&entry.to_string());
        let written = self.out.lock().unwrap_or_else(PoisonError::into_inner).add(&entry);
        self.health.note(Part::Audit, written.as_ref().map(drop));
        written
    }
}

/// JSON in which nothing steers the terminal of whoever reads it: serde_json escapes what could forge a line, and leaves
/// the control characters beyond ASCII and those that turn the direction of writing.
fn escaped(json: &str) -> String {
    let steers = |c: char| {
        let turns =
            matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        c.is_control() || turns
    };
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::{fs::OpenOptions, sync::Arc};

    use super::*;

    #[derive(Clone, Default)]
    struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

    impl Write for SharedBuffer {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_steers_a_terminal_is_written_as_what_it_is() {
        let kept = SharedBuffer::default();
        let asked = AuditedRequest { peer: None, what: "a\u{9b}2J\u{202e}b\u{1b}[2J\r\n\u{2028}홈".to_owned() };
        Audit::new(AuditOutput::stream(Box::new(kept.clone())), Health::default()).refused(&asked, None, 422, "");
        let text = String::from_utf8(kept.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        assert!(text.contains("a\\u009b2J\\u202eb\\u001b[2J\\r\\n\\u2028홈") && text.lines().count() == 1, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["what"], asked.what.as_str());
    }

    #[test]
    fn a_flood_of_refusals_is_cut_and_counted_and_no_line_is_forged() {
        let kept = SharedBuffer::default();
        let audit = Audit::new(AuditOutput::stream(Box::new(kept.clone())), Health::default());
        let asked = AuditedRequest {
            peer: Some([127, 0, 0, 1].into()),
            what: "POST /v1/events\n{\"type\":\"done\"}".to_owned(),
        };
        for _ in 0..1000 {
            audit.refused(&asked, None, 401, "no token");
        }
        let text = String::from_utf8(kept.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        assert!((50..200).contains(&text.lines().count()), "{}", text.lines().count());
        for line in text.lines() {
            assert_eq!(serde_json::from_str::<Value>(line).expect("JSON")["type"], "refused");
        }
        assert!(audit.unwritten.load(Ordering::Relaxed) > 800);
    }

    #[test]
    fn what_is_changed_left_out_or_put_in_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("audit.jsonl");
        let open = || {
            let file = OpenOptions::new().create(true).read(true).append(true).open(&path).expect("opened");
            Audit::new(AuditOutput::File(file), Health::default())
        };
        let asked = AuditedRequest { peer: None, what: "PATCH /v1/cases/7 ,\"chain\":\"".to_owned() };
        // Two programs, and one after another.
        let (service, command) = (open(), open());
        for n in 0..3 {
            service.done(&asked, "office", &json!({ "case": n })).expect("written");
            command.done(&asked, "root", &json!({ "token": n })).expect("written");
        }
        open().refused(&asked, None, 401, "no token");
        let whole = std::fs::read_to_string(&path).expect("readable");
        let verified = verify(&path).expect("readable");
        assert_eq!((verified.good, verified.bad, verified.last.len()), (7, vec![], 64));
        let lines: Vec<&str> = whole.lines().collect();
        let places = |lines: &[&str]| {
            std::fs::write(&path, lines.join("\n") + "\n").expect("written");
            verify(&path).expect("readable").bad.iter().map(|(at, _)| *at).collect::<Vec<_>>()
        };
        let changed = lines[2].replace("\"case\":1", "\"case\":9");
        assert_eq!(places(&[&lines[..2], &[changed.as_str()], &lines[3..]].concat()), [3]);
        assert_eq!(places(&[&lines[..2], &lines[3..]].concat()), [3], "one is missing");
        assert_eq!(places(&[&lines[..2], &lines[1..]].concat()), [3], "one is there twice");
        assert_eq!(places(&lines[1..]), [1], "the first is missing");
        // Half an entry is no entry, and what is added goes on behind the last whole one.
        std::fs::write(&path, format!("{}\n{}", lines[0], &lines[1][..40])).expect("written");
        open().done(&asked, "office", &json!({})).expect("written");
        let verified = verify(&path).expect("readable");
        assert_eq!((verified.good, verified.bad.len()), (2, 1));
    }

    #[test]
    fn a_log_that_cannot_be_written_says_so_and_is_ill() {
        let health = Health::default();
        let full = std::fs::File::options().write(true).open("/dev/full").expect("Linux has it");
        let audit = Audit::new(AuditOutput::stream(Box::new(full)), health.clone());
        let asked = AuditedRequest { peer: None, what: "PATCH /v1/cases/7".to_owned() };
        assert!(audit.done(&asked, "office", &json!({})).is_err());
        assert_eq!(health.ill(), [Part::Audit]);
    }
}

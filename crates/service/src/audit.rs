//! Who did what, and who was refused: one JSON object a line, only added to.

use std::{
    io::Write,
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Refusals that are written a second; those beyond are counted, so that nobody fills the disk from outside.
const REFUSALS: NonZeroU32 = NonZeroU32::new(50).expect("not zero");

/// The log.
pub struct Audit {
    out: Mutex<Box<dyn Write + Send>>,
    refusals: DefaultDirectRateLimiter,
    unwritten: AtomicU64,
}

/// The request that an audit entry is about.
#[derive(Debug, Clone)]
pub struct AuditedRequest {
    /// Address of the sender; `None` for a message from a broker.
    pub peer: Option<IpAddr>,
    /// Method and path.
    pub what: String,
}

impl Audit {
    /// A log that goes there.
    #[must_use]
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out: Mutex::new(out), refusals: RateLimiter::direct(Quota::per_second(REFUSALS)), unwritten: 0.into() }
    }

    /// Something was changed by the holder of a token of this name.
    pub fn done(&self, asked: &AuditedRequest, name: &str, details: &Value) {
        self.write(&json!({
            "type": "done", "time": Timestamp::now(), "peer": asked.peer, "what": asked.what, "name": name,
            "details": details,
        }));
    }

    /// Something was refused.
    pub fn refused(&self, asked: &AuditedRequest, name: Option<&str>, status: u16, why: &str) {
        if self.refusals.check().is_err() {
            self.unwritten.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.write(&json!({
            "type": "refused", "time": Timestamp::now(), "peer": asked.peer, "what": asked.what, "name": name,
            "status": status, "why": why, "unwritten_before": self.unwritten.swap(0, Ordering::Relaxed),
        }));
    }

    fn write(&self, line: &Value) {
        let line = escaped(&line.to_string());
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = writeln!(out, "{line}").and_then(|()| out.flush()) {
            tracing::error!(%error, %line, "the audit log cannot be written");
        }
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
    use std::{io, sync::Arc};

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
        Audit::new(Box::new(kept.clone())).refused(&asked, None, 422, "");
        let text = String::from_utf8(kept.0.lock().expect("not poisoned").clone()).expect("UTF-8");
        assert!(text.contains("a\\u009b2J\\u202eb\\u001b[2J\\r\\n\\u2028홈") && text.lines().count() == 1, "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["what"], asked.what.as_str());
    }

    #[test]
    fn a_flood_of_refusals_is_cut_and_counted_and_no_line_is_forged() {
        let kept = SharedBuffer::default();
        let audit = Audit::new(Box::new(kept.clone()));
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
}

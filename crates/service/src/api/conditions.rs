//! What of a file a conditional or partial request gets: RFC 9110 §13 and §14, for one entity tag and one date.

use std::ops::Range;

use http::{HeaderMap, HeaderName, header};
use jiff::{Timestamp, fmt::rfc2822, tz::TimeZone};

/// A version of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its strong entity tag, with the quotes.
    pub etag: String,
    /// When it was changed, to the second.
    pub modified: Timestamp,
    /// Its length in bytes.
    pub length: u64,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// All of it.
    Whole,
    /// These bytes of it: 206.
    Part(Range<u64>),
    /// The client has it: 304.
    NotModified,
    /// It is not what the client expects: 412.
    PreconditionFailed,
    /// It has no such bytes: 416.
    Unsatisfiable,
}

impl Version {
    /// The date as `Last-Modified` has it. §5.6.7.
    #[must_use]
    pub fn last_modified(&self) -> String {
        self.modified.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// What a request with these header fields gets, in the order of §13.2.2.
    #[must_use]
    pub fn select(&self, headers: &HeaderMap) -> Selected {
        if headers.contains_key(header::IF_MATCH) {
            if !self.is_listed(headers, header::IF_MATCH, true) {
                return Selected::PreconditionFailed;
            }
        } else if date_of(headers, header::IF_UNMODIFIED_SINCE).is_some_and(|date| self.modified > date) {
            return Selected::PreconditionFailed;
        }
        if headers.contains_key(header::IF_NONE_MATCH) {
            if self.is_listed(headers, header::IF_NONE_MATCH, false) {
                return Selected::NotModified;
            }
        } else if date_of(headers, header::IF_MODIFIED_SINCE).is_some_and(|date| self.modified <= date) {
            return Selected::NotModified;
        }
        if !self.may_be_partial(headers) {
            return Selected::Whole;
        }
        self.part(headers.get(header::RANGE).and_then(|value| value.to_str().ok()))
    }

    /// Whether a list of entity tags has this one. §8.8.3.2: a weak one is the same in the weak comparison only.
    fn is_listed(&self, headers: &HeaderMap, name: HeaderName, strong: bool) -> bool {
        let lists = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        lists.flat_map(tags).any(|tag| match tag.strip_prefix("W/") {
            Some(weak) => !strong && weak == self.etag,
            None => tag == "*" || tag == self.etag,
        })
    }

    /// Whether a range is of this version. §13.1.5: both tags are strong, and a date is exactly that of the file.
    fn may_be_partial(&self, headers: &HeaderMap) -> bool {
        let Some(condition) = headers.get(header::IF_RANGE) else { return true };
        let Ok(condition) = condition.to_str().map(str::trim) else { return false };
        condition == self.etag || parse_date(condition).is_some_and(|date| date == self.modified)
    }

    /// The bytes of a range. §14.2: a unit that is not known, what is no range, and several at once are as none.
    fn part(&self, range: Option<&str>) -> Selected {
        let Some((unit, set)) = range.and_then(|range| range.split_once('=')) else { return Selected::Whole };
        let Some((first, last)) = set.trim().split_once('-') else { return Selected::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Selected::Whole;
        }
        let number = |text: &str| -> Option<u64> {
            // A number that is beyond every file's length is one all the same.
            text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().unwrap_or(u64::MAX))
        };
        let (first, last) = (first.trim(), last.trim());
        let (Some(from), Some(to)) = (number(first), number(last)) else { return Selected::Whole };
        let part = match (first.is_empty(), last.is_empty()) {
            (true, true) => return Selected::Whole,
            // The last bytes.
            (true, false) => self.length.saturating_sub(to)..if to == 0 { 0 } else { self.length },
            (false, true) => from..self.length,
            (false, false) if to < from => return Selected::Whole,
            (false, false) => from..to.saturating_add(1).min(self.length),
        };
        if part.start < part.end { Selected::Part(part) } else { Selected::Unsatisfiable }
    }
}

/// The entity tags of a list: commas may stand within the quotes. §8.8.3.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let split = move |c: char| {
        quoted ^= c == '"';
        c == ',' && !quoted
    };
    list.split(split).map(str::trim).filter(|tag| !tag.is_empty())
}

fn date_of(headers: &HeaderMap, name: HeaderName) -> Option<Timestamp> {
    parse_date(headers.get(name)?.to_str().ok()?)
}

/// An HTTP date in the one form that is sent today. §5.6.7.
fn parse_date(text: &str) -> Option<Timestamp> {
    text.ends_with(" GMT").then(|| rfc2822::parse(text).ok().map(|time| time.timestamp()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "\"18-a,b\"";

    fn version() -> Version {
        let modified = "2026-11-20T01:00:00Z".parse().expect("a time");
        Version { etag: ETAG.to_owned(), modified, length: 100 }
    }

    fn select(fields: &[(&str, &str)]) -> Selected {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let name: HeaderName = name.parse().expect("a name");
            headers.append(name, value.parse().expect("a value"));
        }
        version().select(&headers)
    }

    const DATE: &str = "Fri, 20 Nov 2026 01:00:00 GMT";
    const BEFORE: &str = "Fri, 20 Nov 2026 00:59:59 GMT";

    #[test]
    fn its_own_tag_and_date_are_known_again() {
        assert_eq!(version().last_modified(), DATE);
        assert_eq!(select(&[]), Selected::Whole);
        let weak = format!("W/{ETAG}");
        for tag in [ETAG, &weak, "*", &format!("\"x\", {ETAG}"), &format!("\"x\" ,, {weak}")] {
            assert_eq!(select(&[("if-none-match", tag)]), Selected::NotModified, "{tag}");
        }
        for tag in ["\"x\"", "\"18-a", "b\"", "18-a,b", ""] {
            assert_eq!(select(&[("if-none-match", tag)]), Selected::Whole, "{tag}");
            assert_eq!(select(&[("if-match", tag)]), Selected::PreconditionFailed, "{tag}");
        }
        assert_eq!(select(&[("if-match", ETAG)]), Selected::Whole);
        assert_eq!(select(&[("if-match", "*")]), Selected::Whole);
        assert_eq!(select(&[("if-match", &weak)]), Selected::PreconditionFailed, "a weak tag proves nothing");
        assert_eq!(select(&[("if-none-match", "\"x\""), ("if-none-match", ETAG)]), Selected::NotModified);
    }

    #[test]
    fn dates_count_where_no_tag_is_named() {
        assert_eq!(select(&[("if-modified-since", DATE)]), Selected::NotModified);
        assert_eq!(select(&[("if-modified-since", BEFORE)]), Selected::Whole);
        assert_eq!(select(&[("if-modified-since", DATE), ("if-none-match", "\"x\"")]), Selected::Whole);
        assert_eq!(select(&[("if-unmodified-since", BEFORE)]), Selected::PreconditionFailed);
        assert_eq!(select(&[("if-unmodified-since", BEFORE), ("if-match", ETAG)]), Selected::Whole);
        for bad in ["yesterday", "", "2026-11-20", "0"] {
            assert_eq!(select(&[("if-modified-since", bad), ("if-unmodified-since", bad)]), Selected::Whole, "{bad}");
        }
    }

    #[test]
    fn a_range_is_part_of_the_version_that_the_client_has() {
        for (range, selected) in [
            ("bytes=0-9", Selected::Part(0..10)),
            ("bytes=90-", Selected::Part(90..100)),
            ("bytes=-10", Selected::Part(90..100)),
            ("bytes=-1000", Selected::Part(0..100)),
            ("BYTES = 5-5", Selected::Part(5..6)),
            ("bytes=50-99999999999999999999", Selected::Part(50..100)),
            ("bytes=100-", Selected::Unsatisfiable),
            ("bytes=99999999999999999999-", Selected::Unsatisfiable),
            ("bytes=-0", Selected::Unsatisfiable),
            // Unknown units, no ranges, several.
            ("lines=0-9", Selected::Whole),
            ("bytes=9-0", Selected::Whole),
            ("bytes=-", Selected::Whole),
            ("bytes=a-b", Selected::Whole),
            ("bytes=0-1,5-6", Selected::Whole),
            ("bytes", Selected::Whole),
        ] {
            assert_eq!(select(&[("range", range)]), selected, "{range}");
        }
        let with = |condition: &str| select(&[("range", "bytes=0-9"), ("if-range", condition)]);
        assert_eq!((with(ETAG), with(DATE)), (Selected::Part(0..10), Selected::Part(0..10)));
        for other in ["\"x\"", &format!("W/{ETAG}"), BEFORE, "x"] {
            assert_eq!(with(other), Selected::Whole, "{other}");
        }
        assert_eq!(select(&[("range", "bytes=0-9"), ("if-none-match", ETAG)]), Selected::NotModified);
    }
}

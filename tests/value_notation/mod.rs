//! Values in ASN.1 value notation (ITU-T X.680), as far as decoded RRC messages need it, and their comparison with JSON.

use serde_json::Value as Json;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Notation {
    /// `{ name value, … }`; empty braces may also be an empty list.
    Fields(Vec<(String, Notation)>),
    /// `{ value, … }`.
    List(Vec<Notation>),
    /// `alternative : value`, or `Type: value` of a contained message.
    Choice(String, Box<Notation>),
    /// `'0F'H`.
    Hex(String),
    /// `'01'B`.
    Binary(String),
    /// `-60`, `dB-24`, `TRUE`, `NULL`.
    Word(String),
}

/// Reads one value from the start of `text`.
pub fn parse(text: &str) -> Notation {
    let tokens = tokens(text);
    let mut rest = tokens.as_slice();
    let value = value(&mut rest);
    assert!(rest.is_empty(), "left over: {rest:?}");
    value
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for line in text.lines() {
        // A comment runs from a pair of hyphens that stands alone to the next one, or to the end of the line.
        for word in line.split(" --").step_by(2).flat_map(str::split_whitespace) {
            let mut word = word;
            while let Some(at) = word.find(['{', '}', ',', ':']) {
                tokens.extend((at > 0).then(|| word[..at].to_owned()));
                tokens.push(word[at..=at].to_owned());
                word = &word[at + 1..];
            }
            tokens.extend((!word.is_empty()).then(|| word.to_owned()));
        }
    }
    tokens
}

fn value(tokens: &mut &[String]) -> Notation {
    let first = next(tokens);
    if first == "{" {
        return braces(tokens);
    }
    if let Some(hex) = first.strip_prefix('\'').and_then(|text| text.strip_suffix("'H")) {
        return Notation::Hex(hex.to_owned());
    }
    if let Some(bits) = first.strip_prefix('\'').and_then(|text| text.strip_suffix("'B")) {
        return Notation::Binary(bits.to_owned());
    }
    if tokens.first().is_some_and(|token| token == ":") {
        next(tokens);
        return Notation::Choice(first, Box::new(value(tokens)));
    }
    Notation::Word(first)
}

fn braces(tokens: &mut &[String]) -> Notation {
    let (mut fields, mut list) = (Vec::new(), Vec::new());
    while tokens.first().is_some_and(|token| token != "}") {
        let is_element = tokens[0] == "{" || matches!(tokens.get(1).map(String::as_str), Some("," | "}" | ":"));
        if is_element {
            list.push(value(tokens));
        } else {
            fields.push((next(tokens), value(tokens)));
        }
        if tokens.first().is_some_and(|token| token == ",") {
            next(tokens);
        }
    }
    assert_eq!(next(tokens), "}");
    assert!(fields.is_empty() || list.is_empty(), "fields {fields:?} among elements {list:?}");
    if list.is_empty() { Notation::Fields(fields) } else { Notation::List(list) }
}

fn next(tokens: &mut &[String]) -> String {
    let (first, rest) = tokens.split_first().expect("the value ends early");
    *tokens = rest;
    first.clone()
}

impl Notation {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields.iter().find(|(other, _)| other == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The value behind the alternatives `path`, each of a CHOICE.
    pub fn behind(&self, path: &[&str]) -> Option<&Self> {
        match (path, self) {
            ([], _) => Some(self),
            ([first, rest @ ..], Self::Choice(name, value)) if first == name => value.behind(rest),
            _ => None,
        }
    }

    /// The elements of a list; empty braces are an empty list.
    pub fn elements(&self) -> &[Self] {
        match self {
            Self::List(elements) => elements,
            _ => &[],
        }
    }

    /// Every difference between this value and `json`, with the place where it is.
    pub fn differences(&self, json: &Json, place: &str, found: &mut Vec<String>) {
        let same = match (self, json) {
            (Self::Fields(fields), Json::Object(object)) => {
                for name in object.keys().filter(|name| self.field(name).is_none()) {
                    found.push(format!("{place}.{name}: not in the vector"));
                }
                for (name, value) in fields {
                    let place = format!("{place}.{name}");
                    match object.get(name) {
                        Some(json) => value.differences(json, &place, found),
                        // The one DEFAULT of these messages: the notation writes it out, the encoding leaves it away.
                        None if name == "q-OffsetFreq" && *value == Self::Word("dB0".to_owned()) => {}
                        None => found.push(format!("{place}: not decoded")),
                    }
                }
                true
            }
            (Self::List(elements), Json::Array(array)) => {
                for (i, (element, json)) in elements.iter().zip(array).enumerate() {
                    element.differences(json, &format!("{place}[{i}]"), found);
                }
                elements.len() == array.len()
            }
            (Self::Fields(fields), Json::Array(array)) => fields.is_empty() && array.is_empty(),
            (Self::Choice(name, value), _) if name.starts_with(char::is_uppercase) => {
                value.differences(json, place, found);
                true
            }
            (Self::Choice(name, value), Json::Object(object)) => {
                object.get(name).map(|json| value.differences(json, &format!("{place}.{name}"), found)).is_some()
                    && object.len() == 1
            }
            (Self::Hex(hex), Json::String(text)) => hex == text,
            (Self::Hex(hex), Json::Number(number)) => number.as_u64() == u64::from_str_radix(hex, 16).ok(),
            (Self::Binary(bits), Json::Number(number)) => number.as_u64() == u64::from_str_radix(bits, 2).ok(),
            (Self::Word(word), Json::Bool(value)) => word == if *value { "TRUE" } else { "FALSE" },
            (Self::Word(word), Json::Null) => word == "NULL",
            (Self::Word(word), Json::String(text)) => word == text,
            (Self::Word(word), Json::Number(number)) => *word == number.to_string(),
            _ => false,
        };
        if !same {
            found.push(format!("{place}: {self:?} in the vector, {json} decoded"));
        }
    }
}

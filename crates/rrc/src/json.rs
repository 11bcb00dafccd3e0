//! Decoded messages as JSON: names and identifiers as in TS 36.331, in the form of ITU-T X.697.
//!
//! BIT STRINGs of the standard are numbers here, the leading bit most significant; OCTET STRINGs are hexadecimal text.

use rasn::{jer::enc::Encoder, prelude::Encode};
use serde_json::Value;

/// `message` as a JSON value.
///
/// # Panics
/// Where a type of this module cannot be written as JSON, which would be a fault of its declaration.
pub(super) fn to_json<T: Encode>(message: &T) -> Value {
    let mut encoder = Encoder::new();
    message.encode(&mut encoder).expect("every declared type has a JSON form");
    let mut value = encoder.to_json().expect("an encoded message is a value");
    ungroup(&mut value);
    value
}

/// Extension addition groups have no name in ASN.1; ours are marked `[[`, and their fields belong to the type around.
fn ungroup(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let groups: Vec<String> = fields.keys().filter(|name| name.starts_with("[[")).cloned().collect();
            for name in groups {
                if let Some(Value::Object(group)) = fields.remove(&name) {
                    fields.extend(group);
                }
            }
            fields.values_mut().for_each(ungroup);
        }
        Value::Array(values) => values.iter_mut().for_each(ungroup),
        _ => {}
    }
}

//! The document that tells programs what the service takes and answers. OpenAPI 3.1.

use std::sync::LazyLock;

use serde_json::Value;

/// The paths; the events' schema comes from the file that scanners are tested against.
const PATHS: &str = include_str!("openapi.json");
const EVENTS: &str = cellwarden_event::cloud::SCHEMA;

/// The document's text: whoever asks for it shows no token, and shall cost little.
pub static TEXT: LazyLock<String> = LazyLock::new(|| document().to_string());

/// The document.
///
/// # Panics
/// Where the files are no JSON: a fault of this program that its tests would find.
#[must_use]
pub fn document() -> Value {
    let mut document: Value = serde_json::from_str(PATHS).expect("a file of ours");
    let events = EVENTS.replace("#/$defs/", "#/components/schemas/Event/$defs/");
    document["components"]["schemas"]["Event"] = serde_json::from_str(&events).expect("a file of ours");
    document["info"]["version"] = env!("CARGO_PKG_VERSION").into();
    document
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows every reference of the document.
    fn check(document: &Value, at: &Value) {
        match at {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').expect("within the document");
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                fields.values().for_each(|value| check(document, value));
            }
            Value::Array(list) => list.iter().for_each(|value| check(document, value)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        check(&document, &document);
        assert!(document.pointer("/components/schemas/Event/$defs/AlertData").is_some());
    }

    #[test]
    fn every_path_of_the_router_is_documented() {
        let document = document();
        let documented: Vec<&String> = document["paths"].as_object().expect("paths").keys().collect();
        let router = include_str!("mod.rs");
        let served: Vec<&str> =
            router.split(".route(\"").skip(1).map(|rest| rest.split('"').next().expect("a path")).collect();
        assert!(served.len() >= 9, "{served:?}");
        for path in served.iter().filter(|path| path.starts_with("/v1/") || **path == "/health" || **path == "/metrics")
        {
            assert!(documented.iter().any(|documented| documented == path), "{path} is not told");
        }
        assert!(documented.iter().all(|path| served.contains(&path.as_str())), "{documented:?}");
    }
}

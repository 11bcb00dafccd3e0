//! Requests that the service's own OpenAPI document describes, and what differs from it by a little or a lot: nothing
//! makes the service fail, and what it answers is what the document says.

use std::{collections::BTreeSet, env, process::Command, time::Duration};

use fastrand::Rng;
use serde_json::{Map, Value, json};
use ureq::{Agent, http::Request};

use crate::{
    folder::Folder,
    servers::{postgres::PostgresServer, service::Service},
    service::{agent, get},
};

/// Requests of each operation.
const TRIES: u32 = 120;

/// How deep a made-up value goes.
const DEPTH: u32 = 4;

/// Values that programs stumble over.
fn strange(random: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e308),
        json!(-0.0),
        json!(0.1),
        json!(""),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("\u{202e}\u{9b}\u{feff}\u{10ffff}"),
        json!("9".repeat(400)),
        json!("'; DROP TABLE cases; --"),
        json!("../../../etc/passwd"),
        json!("홈펨토".repeat(3000)),
        json!("2026-11-20T00:00:00Z"),
        json!("-9999-01-01T00:00:00+25:61"),
        json!([]),
        json!({}),
        json!([[[[[[[[]]]]]]]]),
        json!({"": {"": {"": null}}}),
    ];
    values[random.usize(..values.len())].clone()
}

/// The schemas of the document, and chance.
struct Maker<'a> {
    document: &'a Value,
    random: Rng,
}

impl Maker<'_> {
    /// A value of a schema, as far as this reads schemas.
    fn value(&mut self, schema: &Value, depth: u32) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = self.document.pointer(reference.trim_start_matches('#')).expect("within the document").clone();
            return self.value(&found, depth);
        }
        if let Some(value) = schema.get("const") {
            return value.clone();
        }
        if let Some(values) = schema["enum"].as_array() {
            return values[self.random.usize(..values.len())].clone();
        }
        if schema.get("properties").is_none()
            && let Some(choice) = self.choice(schema)
        {
            return self.value(&choice, depth);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[self.random.usize(..kinds.len())].clone(),
            kind => kind.clone(),
        };
        match kind.as_str() {
            _ if depth == 0 => Value::Null,
            Some("string") => self.text(schema),
            Some("integer") => {
                let (least, most) =
                    (schema["minimum"].as_i64().unwrap_or(0), schema["maximum"].as_i64().unwrap_or(600));
                if self.random.bool() { json!(self.random.i64(least..=most)) } else { json!(least) }
            }
            Some("number") => {
                let (least, most) =
                    (schema["minimum"].as_f64().unwrap_or(0.0), schema["maximum"].as_f64().unwrap_or(90.0));
                json!(least + self.random.f64() * (most - least))
            }
            Some("boolean") => json!(self.random.bool()),
            Some("array") => {
                let length = self.random.usize(0..3);
                (0..length).map(|_| self.value(&schema["items"], depth - 1)).collect()
            }
            Some("null") => Value::Null,
            _ => self.object(schema, depth),
        }
    }

    /// One of the schemas of which a value has to fit one.
    fn choice(&mut self, schema: &Value) -> Option<Value> {
        let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array())?;
        Some(choices[self.random.usize(..choices.len())].clone())
    }

    fn object(&mut self, schema: &Value, depth: u32) -> Value {
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // What only adds to another schema adds all that it has.
        let is_addition = schema.get("type").is_none();
        let mut made = Map::new();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            if is_addition || required.contains(name.as_str()) || self.random.bool() {
                made.insert(name.clone(), self.value(of, depth - 1));
            }
        }
        if let Some(choice) = self.choice(schema)
            && let Value::Object(fields) = self.value(&choice, depth)
        {
            made.extend(fields);
        }
        made.into()
    }

    /// A text of the patterns that this document has.
    fn text(&mut self, schema: &Value) -> Value {
        let hex = |random: &mut Rng, length: usize| -> String {
            (0..length).map(|_| char::from_digit(random.u32(..16), 16).expect("a digit")).collect()
        };
        let pattern = schema["pattern"].as_str().unwrap_or_default();
        json!(match pattern {
            _ if schema["format"] == "date-time" => "2026-11-20T01:02:03Z".to_owned(),
            _ if pattern.contains("{64}") || pattern.contains("{16,64}") => hex(&mut self.random, 64),
            _ if pattern.contains("{7}") => format!("450-08-{}", hex(&mut self.random, 7)),
            _ if pattern.starts_with("^urn:") => "urn:cellwarden:scanner:van-1".to_owned(),
            _ if pattern.contains("a-z") => "word-1".to_owned(),
            _ => "a text".to_owned(),
        })
    }

    /// Changes something somewhere in a value.
    fn spoil(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) if !fields.is_empty() && self.random.u8(..8) > 0 => {
                let name = fields.keys().nth(self.random.usize(..fields.len())).expect("one").clone();
                match self.random.u8(..8) {
                    0 => drop(fields.remove(&name)),
                    1 => drop(fields.insert("unknown".to_owned(), strange(&mut self.random))),
                    _ => self.spoil(fields.get_mut(&name).expect("there")),
                }
            }
            Value::Array(list) if !list.is_empty() && self.random.u8(..8) > 0 => {
                let n = self.random.usize(..list.len());
                self.spoil(&mut list[n]);
            }
            other => *other = strange(&mut self.random),
        }
    }

    /// A word of an address, good or bad.
    fn word(&mut self, schema: &Value) -> String {
        let value = if self.random.bool() { self.value(schema, DEPTH) } else { strange(&mut self.random) };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        text.bytes().take(300).map(|byte| format!("%{byte:02X}")).collect()
    }

    /// A body, whole, spoilt or no JSON at all.
    fn body(&mut self, schema: &Value) -> Vec<u8> {
        let mut value = self.value(schema, DEPTH);
        let choice = self.random.u8(..10);
        if choice > 2 {
            (0..=choice % 3).for_each(|_| self.spoil(&mut value));
        }
        let mut bytes = value.to_string().into_bytes();
        if choice == 9 && !bytes.is_empty() {
            // No UTF-8, or cut.
            let n = self.random.usize(..bytes.len());
            bytes[n] = 0xff;
            bytes.truncate(self.random.usize(..=bytes.len()));
        }
        bytes
    }
}

/// Asks; the status, the content type and the body.
fn ask(agent: &Agent, request: Request<Vec<u8>>) -> (u16, String, Vec<u8>) {
    let what = format!("{} {}", request.method(), request.uri());
    let mut response = agent.run(request).unwrap_or_else(|error| panic!("{what}: {error}"));
    let kind =
        response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = response.body_mut().read_to_vec().unwrap_or_else(|error| panic!("{what}: {error}"));
    (response.status().as_u16(), kind, body)
}

#[test]
fn nothing_that_is_like_a_request_makes_the_service_fail() {
    let folder = Folder::new();
    let list = folder.write("cells.csv", "plmn,eci\n450-08,5a00101\n");
    ask_all(&Service::start(&folder, &["--registry-list", &list, "--events-per-second", "1000000"]));
}

#[test]
fn nor_does_it_over_postgresql_which_takes_fewer_texts() {
    let folder = Folder::new();
    let Some(server) = PostgresServer::start(&folder) else { return };
    let list = folder.write("cells.csv", "plmn,eci\n450-08,5a00101\n");
    ask_all(&Service::over(&folder, &server.url(), &["--registry-list", &list, "--events-per-second", "1000000"]));
}

fn ask_all(service: &Service) {
    let token = service.token("van-1", "events,registry,read,write");
    let document: Value = serde_json::from_str(&get(service, None, "/v1/openapi.json").1).expect("JSON");
    let agent = agent();
    let mut maker = Maker { document: &document, random: Rng::with_seed(20_261_120) };
    let mut good = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for (method, operation) in
            operations.as_object().expect("operations").iter().filter(|(name, _)| *name != "parameters")
        {
            if path == "/v1/live" {
                // It has no end; its own test reads it.
                continue;
            }
            let parameters = [&operations["parameters"], &operation["parameters"]];
            let parameters: Vec<&Value> = parameters.into_iter().filter_map(Value::as_array).flatten().collect();
            let bodies = operation["requestBody"]["content"].as_object();
            for _ in 0..if parameters.is_empty() && bodies.is_none() { 3 } else { TRIES } {
                let (mut asked, mut query) = (path.clone(), Vec::new());
                for parameter in &parameters {
                    let name = parameter["name"].as_str().expect("a name");
                    let word = maker.word(&parameter["schema"]);
                    if parameter["in"] == "path" {
                        asked = asked.replace(&format!("{{{name}}}"), &word);
                    } else if maker.random.u8(..3) == 0 {
                        query.push(format!("{name}={word}"));
                    }
                }
                let url = format!("{}{asked}?{}", service.url, query.join("&"));
                let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(url);
                request = request.header("authorization", format!("Bearer {token}"));
                let mut body = Vec::new();
                if let Some(bodies) = bodies {
                    let (kind, content) = bodies.iter().nth(maker.random.usize(..bodies.len())).expect("one");
                    request = request.header("content-type", kind);
                    body = maker.body(&content["schema"]);
                }
                let shown = String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
                let (status, kind, answer) = ask(&agent, request.body(body).expect("a request"));
                let what =
                    || format!("{method} {asked} {query:?} {shown}: {status} {}", String::from_utf8_lossy(&answer));
                assert!(status < 500, "{}", what());
                if status >= 400 {
                    let problem: Value = serde_json::from_slice(&answer).unwrap_or_default();
                    assert!(kind == "application/problem+json" && problem["status"] == status, "{kind}: {}", what());
                } else {
                    let described = &operation["responses"][status.to_string()];
                    assert!(described.is_object(), "not in the document: {}", what());
                    good.insert(format!("{method} {path}"));
                }
            }
        }
    }
    // Not all that is made is nonsense. There is no signature, and no delta, to be had.
    let expected = ["get /health", "get /metrics", "get /v1/cases", "get /v1/registry/cells.csv", "post /v1/events"];
    assert!(expected.iter().all(|operation| good.contains(*operation)), "{good:?}");
    assert!(
        agent
            .get(format!("{}/health", service.url))
            .config()
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .call()
            .is_ok()
    );
}

#[test]
fn schemathesis_finds_no_fault() {
    let Ok(program) = env::var("CELLWARDEN_TEST_SCHEMATHESIS") else {
        println!("left out: CELLWARDEN_TEST_SCHEMATHESIS names no program");
        return;
    };
    let folder = Folder::new();
    let list = folder.write("cells.csv", "plmn,eci\n450-08,5a00101\n");
    let service = Service::start(&folder, &["--registry-list", &list, "--events-per-second", "1000000"]);
    let token = service.token("van-1", "events,registry,read,write");
    let document = format!("{}/v1/openapi.json", service.url);
    let header = format!("Authorization: Bearer {token}");
    // `/v1/live` has no end. Links between operations are few: what they would lead to is asked for anyway. And 1.0 is
    // an integer to JSON Schema, but none that a scanner writes.
    let run = Command::new(program)
        .args(["run", &document, "--header", &header, "--exclude-path", "/v1/live", "--checks", "all"])
        .args(["--exclude-checks", "positive_data_acceptance"])
        .args(["--phases", "coverage,fuzzing", "--max-examples", "25", "--seed", "20261120", "--no-color"])
        .current_dir(folder.path(""))
        .output()
        .expect("started");
    let text = String::from_utf8_lossy(&run.stdout);
    let printed: String = text.chars().take(20_000).collect();
    assert!(run.status.success(), "{printed}");
    // What was not asked finds nothing.
    assert!(text.contains("10 selected"), "{printed}");
}

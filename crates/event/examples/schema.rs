//! Prints the JSON schema of the events.

fn main() -> Result<(), serde_json::Error> {
    println!("{}", serde_json::to_string_pretty(&cellwarden_event::cloud::schema())?);
    Ok(())
}

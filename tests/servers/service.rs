//! The registry service, as the program that it is.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

use rusqlite::Connection;
use serde_json::Value;

use super::{cellwarden, free_port, run, stderr};
use crate::folder::Folder;

/// A running service, ended with its test.
pub struct Service {
    arguments: Vec<String>,
    pub database: String,
    pub url: String,
    child: Option<Child>,
}

impl Service {
    /// Starts it in a folder, with more arguments.
    pub fn start(folder: &Folder, more: &[&str]) -> Self {
        Self::over(folder, &folder.name("service.sqlite"), more)
    }

    /// The same over another database.
    pub fn over(folder: &Folder, database: &str, more: &[&str]) -> Self {
        let port = free_port();
        let (listen, audit) = (format!("127.0.0.1:{port}"), folder.name("audit.jsonl"));
        let own = ["serve", "--listen", &listen, "--database", database, "--audit-log", &audit];
        let arguments = own.iter().chain(more).map(|argument| (*argument).to_owned()).collect();
        let scheme = if more.contains(&"--tls-key") { "https" } else { "http" };
        let mut service =
            Self { arguments, database: database.to_owned(), url: format!("{scheme}://{listen}"), child: None };
        service.again();
        service
    }

    pub fn again(&mut self) {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let mut child = cellwarden(&arguments).stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        assert_eq!(line.trim(), format!("serving {}", self.url));
        self.child = Some(child);
    }

    /// SIGKILL: nothing is asked.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }

    /// SIGTERM; the exit code.
    pub fn end(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("running");
        let pid = nix::unistd::Pid::from_raw(child.id().cast_signed());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).expect("told");
        child.wait().expect("ended").code()
    }

    /// The number of its process.
    #[allow(dead_code, reason = "benchmarks alone measure its time")]
    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("running").id()
    }

    pub fn token(&self, name: &str, scopes: &str) -> String {
        let output = run(&["serve", "token", "add", name, "--scope", scopes, "--database", &self.database]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    pub fn open(&self) -> Connection {
        Connection::open(&self.database).expect("a database")
    }

    /// The events of a kind that it has: scanner and id.
    pub fn kept(&self, kind: &str) -> Vec<(String, String)> {
        let database = self.open();
        let mut select = database.prepare("SELECT scanner, event FROM event").expect("valid");
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("a query");
        rows.filter_map(|row| {
            let (scanner, event): (String, String) = row.expect("texts");
            let event: Value = serde_json::from_str(&event).expect("JSON");
            (event["type"] == kind).then(|| (scanner, event["id"].as_str().expect("a text").to_owned()))
        })
        .collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

//! A real browser: Chromium, driven over WebDriver.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use super::{Server, free_port, wait_for};

/// A browser without a screen, ended with its test.
pub struct Browser {
    agent: Agent,
    session: String,
    _driver: Server,
}

impl Browser {
    /// Starts it; `None` where it is not installed and `CELLWARDEN_TEST_SERVERS` does not ask for it.
    pub fn start() -> Option<Self> {
        let port = free_port();
        let driver = Server::start("chromedriver", &[&format!("--port={port}")], port)?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--ignore-certificate-errors",
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self { agent, session: format!("http://127.0.0.1:{port}/session"), _driver: driver };
        let session = browser.ask("", &wanted);
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    pub fn ask(&self, command: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{command}", self.session)).header("content-type", "application/json");
        let mut response = request.send(body.to_string()).expect("an answer");
        let text = response.body_mut().read_to_string().expect("a body");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert!(response.status().is_success(), "{command}: {answer}");
        answer["value"].clone()
    }

    pub fn open(&self, url: &str) {
        self.ask("/url", &json!({ "url": url }));
    }

    /// What a script of this text returns.
    pub fn run(&self, script: &str) -> Value {
        self.ask("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression holds in the page; elements that it names may not be there yet.
    pub fn wait(&self, holds: &str) {
        let script = format!("try {{ return {holds} }} catch {{ return false }}");
        wait_for(holds, || self.run(&script) == Value::Bool(true));
    }

    pub fn click(&self, selector: &str) {
        self.run(&format!("document.querySelector({}).click()", json!(selector)));
    }

    /// Shows pages as a device of this size does, in CSS pixels.
    #[allow(dead_code, reason = "not every test looks at sizes")]
    pub fn resize(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 900});
        self.ask("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size}));
    }

    /// What went wrong in its pages, by their consoles, since this was last asked.
    pub fn faults(&self) -> Vec<String> {
        let log = self.ask("/se/log", &json!({"type": "browser"}));
        let lines = log.as_array().expect("a list").iter();
        lines.filter(|line| line["level"] == "SEVERE").map(|line| line["message"].to_string()).collect()
    }

    pub fn choose(&self, selector: &str, value: &str) {
        self.run(&format!(
            "const e = document.querySelector({}); e.value = {}; e.dispatchEvent(new Event('change', {{bubbles: true}}))",
            json!(selector),
            json!(value),
        ));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver's end would leave the browser behind.
        let _ = self.agent.delete(&self.session).call();
    }
}

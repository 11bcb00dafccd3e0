//! The service's page in a real browser: Chromium, driven over WebDriver.

use std::time::Duration;

use serde_json::{Value, json};
use ureq::Agent;

use crate::{
    folder::Folder,
    servers::{Server, free_port, service::Service, wait_for},
    service::{BATCH, alert, post},
};

/// A browser without a screen, ended with its test.
struct Browser {
    agent: Agent,
    session: String,
    _driver: Server,
}

impl Browser {
    /// Starts it; `None` where it is not installed and `CELLWARDEN_TEST_SERVERS` does not ask for it.
    fn start() -> Option<Self> {
        let port = free_port();
        let driver = Server::start("chromedriver", &[&format!("--port={port}")], port)?;
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(120)))
            .build()
            .new_agent();
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let mut browser = Self { agent, session: format!("http://127.0.0.1:{port}/session"), _driver: driver };
        let session = browser.ask("", &wanted);
        browser.session = format!("{}/{}", browser.session, session["sessionId"].as_str().expect("a session"));
        Some(browser)
    }

    fn ask(&self, command: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{command}", self.session)).header("content-type", "application/json");
        let mut response = request.send(body.to_string()).expect("an answer");
        let text = response.body_mut().read_to_string().expect("a body");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert!(response.status().is_success(), "{command}: {answer}");
        answer["value"].clone()
    }

    fn open(&self, url: &str) {
        self.ask("/url", &json!({ "url": url }));
    }

    /// What a script of this text returns.
    fn run(&self, script: &str) -> Value {
        self.ask("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// Waits until an expression holds in the page; elements that it names may not be there yet.
    fn wait(&self, holds: &str) {
        let script = format!("try {{ return {holds} }} catch {{ return false }}");
        wait_for(holds, || self.run(&script) == Value::Bool(true));
    }

    fn click(&self, selector: &str) {
        self.run(&format!("document.querySelector({}).click()", json!(selector)));
    }

    fn choose(&self, selector: &str, value: &str) {
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

#[test]
fn cases_are_listed_filtered_opened_and_closed_and_others_appear_live() {
    let folder = Folder::new();
    let Some(browser) = Browser::start() else { return };
    let service = Service::start(&folder, &[]);
    let (van, kim) = (service.token("van-1", "events"), service.token("kim", "read,write"));
    let raise = |id: u32, severity: &str, summary: &str| {
        let mut event = alert("van-1", &format!("{id:016x}"));
        event["data"]["ecgi"] = format!("450-08-{:07x}", 0x5a_00000 + id).into();
        event["data"]["severity"] = severity.into();
        event["data"]["summary"] = summary.into();
        assert_eq!(post(&service, Some(&van), BATCH, &json!([event]).to_string()).0, 200);
    };
    // Who names a cell may try to write a page.
    let hostile = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    raise(1, "critical", hostile);
    raise(2, "medium", "a cell");

    browser.open(&service.url);
    browser.wait("!document.getElementById('login').hidden");
    browser.run(&format!("document.getElementById('token').value = {}", json!(kim)));
    browser.click("#login button");
    browser.wait("document.querySelectorAll('#list tr').length === 2");
    browser.wait("document.querySelectorAll('#map circle').length === 2");
    browser.wait("document.getElementById('status').textContent === 'live'");

    // One case far smaller than its ellipse: all of the ellipse is in view.
    let in_view = browser.run(
        "map([{id: 9, severity: 'critical', summary: '', estimate: {kind: 'fixed', position: {lat: 37.5, lon: 127.0}, \
         semi_major_m: 400, semi_minor_m: 100, bearing_deg: 30}}]); \
         const ellipse = document.querySelector('#map .ellipse').getBoundingClientRect(); \
         const map_ = document.getElementById('map').getBoundingClientRect(); \
         return ellipse.left >= map_.left && ellipse.right <= map_.right && ellipse.top >= map_.top \
         && ellipse.bottom <= map_.bottom && ellipse.height > map_.height / 4;",
    );
    assert_eq!(in_view, Value::Bool(true));

    browser.choose("#severity", "critical");
    browser.wait("document.querySelectorAll('#list tr').length === 1");
    browser.click("#list tr");
    browser.wait("document.getElementById('case-title').textContent === 'Case 1: new'");
    assert_eq!(browser.run("return document.getElementById('case-summary').textContent"), hostile);
    assert_eq!(browser.run("return document.querySelectorAll('img').length"), 0);

    raise(3, "critical", "another cell");
    browser.wait("document.querySelectorAll('#list tr').length === 2");

    browser.run("document.getElementById('note').value = 'it was <b>ours</b>'");
    browser.click("[data-state=closed]");
    browser.wait("document.getElementById('case-title').textContent === 'Case 1: closed'");
    browser.wait("document.querySelector('#notes li').textContent.endsWith('kim → closed it was <b>ours</b>')");
    browser.wait("document.querySelectorAll('#list tr').length === 1");
    browser.choose("#state", "closed");
    browser.wait("document.querySelector('#list tr td').textContent === '1'");
    browser.click("#show-scanners");
    browser.wait("document.querySelector('#scanner-list td').textContent === 'van-1'");

    assert_eq!(browser.run("return document.title"), "cellwarden: cases");
    let log = browser.ask("/se/log", &json!({"type": "browser"}));
    let faults: Vec<&Value> = log.as_array().expect("a list").iter().filter(|line| line["level"] == "SEVERE").collect();
    // The first request is the one that is told to show a token.
    assert!(faults.iter().all(|line| line["message"].as_str().is_some_and(|text| text.contains("401"))), "{faults:?}");
}

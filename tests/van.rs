//! The van's page in a real browser, at the sizes of a phone, a tablet and a desk, beside a replay.

#[allow(dead_code, reason = "other tests use the rest of it")]
mod folder;
#[allow(dead_code, reason = "other tests use the rest of it")]
mod servers;
#[allow(dead_code, reason = "other tests use the rest of it")]
mod terminal;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use folder::Folder;
use serde_json::{Value, json};
use servers::{browser::Browser, cellwarden, free_port};
use terminal::Tmux;

const SIZES: [(u32, u32); 3] = [(390, 844), (1024, 768), (1440, 900)];

fn capture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("captures").join(name).to_str().expect("UTF-8").to_owned()
}

/// Whether the page is within its screen, and everything to be pressed is large enough for a finger.
fn fits(browser: &Browser) {
    let small = browser.run(
        "return [...document.querySelectorAll('button, a, textarea, input')].filter(one => one.offsetParent) \
         .filter(one => one.offsetWidth < 44 || one.offsetHeight < 44).map(one => one.outerHTML)",
    );
    assert_eq!(small, json!([]), "too small for a finger");
    let over = browser.run("return document.documentElement.scrollWidth - innerWidth");
    assert_eq!(over, json!(0), "the page is wider than its screen");
}

#[test]
fn a_replay_is_seen_and_steered_from_the_page_which_comes_back_after_a_break() {
    let Some(tmux) = Tmux::open("van") else { return };
    let Some(browser) = Browser::start() else { return };
    let (folder, port) = (Folder::new(), free_port());
    let url = format!("http://127.0.0.1:{port}/");
    let (program, data) = (env!("CARGO_BIN_EXE_cellwarden"), folder.name(""));
    let (recording, list) = (capture("illegal-femtocell.sigmf-meta"), capture("registry.csv"));
    let line = format!("XDG_DATA_HOME={data} {program} replay {recording} --registry {list} --view {port}");
    tmux.keys(&[&line, "Enter"]);
    tmux.wait_for("1/1 ended");
    browser.open(&url);
    browser.wait("document.querySelectorAll('#alerts .cards > li.critical').length > 0");
    for (width, height) in SIZES {
        browser.resize(width, height);
        for tab in ["alerts", "cells", "map", "homing", "spectrum"] {
            browser.click(&format!("#tab-{tab}"));
            fits(&browser);
        }
    }
    browser.resize(390, 844);
    browser.click("#tab-alerts");
    browser.click("#alerts .card-head");
    browser.wait("document.querySelector('#alerts .card-body p').textContent.includes('Next:')");
    fits(&browser);
    browser.run(
        "const note = document.querySelector('#alerts textarea'); note.value = 'at <b>the gate</b>'; \
         note.dispatchEvent(new Event('input'))",
    );
    browser.click("#alerts .card-body .row:last-child button:nth-child(2)");
    browser.wait("[...documents.values()].some(document => document.note === 'at <b>the gate</b>')");
    browser.click("#alerts .card-body .row:last-child button:nth-child(1)");
    browser.wait("document.querySelectorAll('#alerts .seen').length === 1");
    tmux.keys(&["4"]);
    assert!(tmux.wait_for("at <b>the gate</b>").contains("seen"), "the screen has it too");

    browser.click("#tab-cells");
    browser.click("#cells .critical .card-head");
    browser.click("#cells .critical .card-body .row:last-child button");
    browser.wait("document.body.dataset.tab === 'homing'");
    browser.wait("/\\d/.test(document.getElementById('homing-level').textContent)");
    tmux.keys(&["8"]);
    tmux.wait_for("dB, RSRP less gain");
    browser.click("#homing-stop");
    tmux.wait_for("press t");
    browser.wait("!document.getElementById('homing-none').hidden");

    browser.click("#language");
    browser.wait("document.getElementById('tab-alerts').textContent.startsWith('경보')");
    for (width, height) in SIZES {
        browser.resize(width, height);
        fits(&browser);
    }
    assert_eq!(browser.faults(), [""; 0], "no fault in the console");

    // The program ends, and another one takes its place.
    tmux.keys(&["q"]);
    browser.wait("document.getElementById('status').classList.contains('lost')");
    tmux.keys(&["clear", "Enter"]);
    tmux.keys(&[&line, "Enter"]);
    tmux.wait_for("1/1 ended");
    browser.wait("!document.getElementById('status').classList.contains('lost')");
    browser.wait("document.querySelectorAll('#alerts .cards > li.critical').length > 0");
    tmux.keys(&["q"]);
}

/// A program that is ended with its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn beyond_this_host_the_page_asks_for_the_code() {
    let Some(browser) = Browser::start() else { return };
    let (folder, port) = (Folder::new(), free_port());
    let mut command = cellwarden(&["replay", &capture("one-cell.sigmf-meta"), "--paused", "--headless"]);
    command.args(["--view", &format!("0.0.0.0:{port}")]).env("XDG_DATA_HOME", folder.path(""));
    let mut child = Running(command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("started"));
    let mut lines = BufReader::new(child.0.stderr.take().expect("piped")).lines();
    let said = lines.find_map(|line| line.ok().filter(|line| line.contains("the van's page"))).expect("the way to it");
    let code = said.split("pairing code ").nth(1).and_then(|rest| rest.split(',').next()).expect("a code");
    assert!(said.contains("https://") && said.contains(&format!("#{code}")), "{said}");

    browser.open(&format!("https://127.0.0.1:{port}/"));
    browser.wait("!document.getElementById('pair').hidden");
    let enter = |code: &str| {
        browser.run(&format!("document.getElementById('code').value = {}", json!(code)));
        browser.click("#pair button");
    };
    enter("AAAAAAAA");
    browser.wait("document.getElementById('pair-answer').textContent.includes('not the code')");
    assert_eq!(browser.run("return documents.size"), json!(0), "nothing is shown before");
    enter(code);
    browser.wait("document.getElementById('pair').hidden && documents.has('head')");
    browser.wait("!document.getElementById('pause').hidden");
    // The code that was wrong was refused; nothing else.
    let faults = browser.faults();
    assert!(faults.iter().all(|fault| fault.contains("403")), "{faults:?}");
    // Loaded again, it is still paired.
    browser.open(&format!("https://127.0.0.1:{port}/"));
    browser.wait("documents.has('head')");
    let head = browser.run("return documents.get('head').paused");
    assert_eq!(head, Value::Bool(true));
    // Who waits for the user goes on by the page, and ends with the recording.
    browser.click("#pause");
    browser.wait("document.getElementById('status').classList.contains('lost')");
    assert!(child.0.wait().expect("ended").success());
}

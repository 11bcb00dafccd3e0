//! The service's page in a real browser: Chromium, driven over WebDriver.

use serde_json::{Value, json};

use crate::{
    folder::Folder,
    servers::{browser::Browser, service::Service},
    service::{BATCH, alert, post},
};

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
    let faults = browser.faults();
    // The first request is the one that is told to show a token.
    assert!(faults.iter().all(|line| line.contains("401")), "{faults:?}");
}

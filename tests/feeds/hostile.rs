//! What somebody does who wants the registry service to fail: it answers others all the while, and says no in time.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    ALERT,
    folder::Folder,
    servers::{PATIENCE, run, service::Service, stderr},
    service::{ONE, agent, alert, get, post},
};

fn connect(service: &Service) -> TcpStream {
    let stream = TcpStream::connect(service.url.trim_start_matches("http://")).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    stream
}

/// Sends what `more` gives, byte by byte, until the service hangs up: its last answer.
fn drip(service: &Service, start: &str, more: &str) -> String {
    let mut stream = connect(service);
    stream.write_all(start.as_bytes()).expect("sent");
    let (mut reader, begun) = (stream.try_clone().expect("a second handle"), Instant::now());
    let answered = thread::spawn(move || {
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = reader.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    });
    for byte in more.bytes().cycle() {
        if answered.is_finished() {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the service waits for ever");
        // Whoever hung up takes no more.
        let _ = stream.write_all(&[byte]);
        thread::sleep(Duration::from_millis(100));
    }
    answered.join().expect("read")
}

#[test]
fn who_sends_slowly_is_hung_up_on_and_holds_up_nobody() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let token = service.token("van-3", "events");
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {ONE}\r\n\
         content-length: 100000\r\n\r\n"
    );
    let first = "GET /health HTTP/1.1\r\nhost: x\r\n\r\n";
    thread::scope(|scope| {
        let silent = scope.spawn(|| drip(&service, "", ""));
        let head_of_first = scope.spawn(|| drip(&service, "GET /health HTTP/1.1\r\nhost: x\r\nx-a: ", "a"));
        let head_of_second = scope.spawn(|| drip(&service, &format!("{first}GET /health HTTP/1.1\r\nx-a: "), "a"));
        let body = scope.spawn(|| drip(&service, &head, " "));
        let crowd: Vec<TcpStream> = (0..300).map(|_| connect(&service)).collect();
        for n in 0..20 {
            let (status, answer) = post(&service, Some(&token), ONE, &alert("van-3", &format!("{n:016x}")).to_string());
            assert_eq!(status, 200, "{answer}");
        }
        drop(crowd);
        assert!(!silent.join().expect("hung up").contains("200 OK"));
        assert!(!head_of_first.join().expect("hung up").contains("200 OK"));
        assert_eq!(head_of_second.join().expect("hung up").matches("200 OK").count(), 1);
        let late = body.join().expect("hung up");
        assert!(late.starts_with("HTTP/1.1 408") && late.contains("the request took too long"), "{late}");
    });
    assert_eq!(service.kept(ALERT).len(), 20);
}

#[test]
fn what_is_too_large_coded_or_malformed_is_refused_before_it_costs_anything() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let token = service.token("van-3", "events");
    let ask = |head: &str, body: &[u8]| {
        let mut stream = connect(&service);
        let head = format!("POST /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{head}\r\n\r\n");
        // Whoever is refused early may be hung up on while it still sends.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    };
    let own = format!("authorization: Bearer {token}\r\ncontent-type: {ONE}\r\n");
    // Some kilobytes of gzip that would become gigabytes.
    let coded = ask(&format!("{own}content-encoding: gzip\r\ncontent-length: 10000"), &[0x1f; 10_000]);
    assert!(coded.starts_with("HTTP/1.1 415") && coded.contains("without content coding"), "{coded}");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let endless = ask(&format!("{own}transfer-encoding: chunked"), chunk.repeat(20).as_bytes());
    assert!(endless.starts_with("HTTP/1.1 413"), "{endless}");
    let two = ask(&format!("{own}content-length: 2\r\ntransfer-encoding: chunked\r\ncontent-length: 5"), b"0\r\n\r\n");
    assert!(two.starts_with("HTTP/1.1 400"), "{two}");
    let wide = ask(&format!("x-a: {}", "a".repeat(1 << 20)), b"");
    assert!(wide.starts_with("HTTP/1.1 431") || wide.is_empty(), "{wide}");
    let many = ask(&(0..500).map(|n| format!("x-{n}: a\r\n")).collect::<String>(), b"");
    assert!(many.starts_with("HTTP/1.1 431") || many.starts_with("HTTP/1.1 400"), "{many}");
    let nothing = ask(&own, b"");
    assert!(nothing.starts_with("HTTP/1.1 400"), "{nothing}");
    assert!(service.kept(ALERT).is_empty());
    assert_eq!(get(&service, None, "/health").0, 200);
}

#[test]
fn secrets_are_guessed_for_one_token_only_so_often_and_its_holder_does_not_notice() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let token = service.token("van-3", "events");
    let id = token.split('_').nth(1).expect("an id");
    let good = |n: u32| post(&service, Some(&token), ONE, &alert("van-3", &format!("{n:016x}")).to_string()).0;
    assert_eq!(good(0), 200);
    // Fewer than one address may try: it is the token's own limit that stops them, unless a slow machine keeps within it.
    let begun = Instant::now();
    let answers: Vec<u16> = (0..45).map(|n| post(&service, Some(&format!("cw_{id}_{n:032x}")), ONE, "").0).collect();
    let allowed = 31.0 + begun.elapsed().as_secs_f64() / 2.0;
    let tried = answers.iter().filter(|status| **status == 401).count();
    assert!(tried as f64 <= allowed && answers.iter().all(|status| [401, 429].contains(status)), "{answers:?}");
    assert_eq!(good(1), 200);
}

#[test]
fn one_token_does_not_take_all_places_of_those_who_listen() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let (office, kim) = (service.token("office", "read"), service.token("kim", "read"));
    let listen = |token: &str| {
        let request =
            agent().get(format!("{}/v1/live", service.url)).header("authorization", format!("Bearer {token}"));
        let response = request.call().expect("an answer");
        (response.status().as_u16(), response)
    };
    let held: Vec<_> = (0..20).map(|_| listen(&office)).collect();
    assert!(held.iter().all(|(status, _)| *status == 200));
    assert_eq!((listen(&office).0, listen(&kim).0), (503, 200));
    // A place is free again when its holder is gone.
    drop(held);
    crate::servers::wait_for("a free place", || listen(&office).0 == 200);
}

#[test]
fn what_comes_from_outside_writes_no_line_of_its_own_into_the_log() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let token = service.token("van-3", "events");
    let mut event = alert("van-3", "00000000000000aa");
    event["data"]["severity"] = "x\r\n{\"type\":\"done\",\"name\":\"root\"}\u{1b}[2J\u{9b}2J\u{202e}".into();
    assert_eq!(post(&service, Some(&token), ONE, &event.to_string()).0, 422);
    assert_eq!(get(&service, Some(&token), "/v1/cases/%0d%0a%7b%22type%22:%22done%22%7d").0, 403);
    let output = run(&["serve", "token", "revoke", "\u{1b}[2J", "--database", &service.database]);
    assert_eq!((output.status.code(), stderr(&output).lines().count()), (Some(2), 1));
    let log = std::fs::read_to_string(folder.path("audit.jsonl")).expect("a log");
    assert!(!log.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{log:?}");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["type"] == "refused"), "{lines:?}");
}

#[test]
fn bodies_that_never_end_take_the_bytes_of_their_token_only() {
    let folder = Folder::new();
    let service = Service::start(&folder, &[]);
    let (token, other) = (service.token("van-3", "events"), service.token("van-4", "events"));
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: {ONE}\r\n\
         content-length: 1048576\r\n\r\n{{"
    );
    // A quarter of a token's places, and all of its bytes.
    let held: Vec<TcpStream> = (0..4)
        .map(|_| {
            let mut stream = connect(&service);
            stream.write_all(head.as_bytes()).expect("sent");
            stream
        })
        .collect();
    let send = |token: &str, name: &str, n: u32| {
        post(&service, Some(token), ONE, &alert(name, &format!("{n:016x}")).to_string())
    };
    crate::servers::wait_for("all bytes taken", || send(&token, "van-3", 1).0 == 503);
    let (_, answer) = send(&token, "van-3", 1);
    assert!(answer.to_string().contains("too many bytes at once"), "{answer}");
    assert_eq!(send(&other, "van-4", 2).0, 200);
    drop(held);
    crate::servers::wait_for("free bytes", || send(&token, "van-3", 1).0 == 200);
}

#[test]
fn a_trusted_proxy_says_who_asks_and_nobody_else_does() {
    let folder = Folder::new();
    let proxied = Service::start(&folder, &["--trusted-proxies", "127.0.0.0/8,10.0.0.0/8"]);
    let ask = |service: &Service, forwarded: &str| {
        let request = agent().get(format!("{}/v1/cases", service.url)).header("x-forwarded-for", forwarded);
        let request = request.header("authorization", "Bearer cw_0123456789ab_0123456789abcdef0123456789abcdef");
        request.call().expect("an answer").status().as_u16()
    };
    let log = || std::fs::read_to_string(folder.path("audit.jsonl")).expect("a log");
    assert_eq!(ask(&proxied, "203.0.113.9, 198.51.100.7, 10.1.1.1"), 401);
    assert!(log().contains("198.51.100.7") && !log().contains("203.0.113.9"), "{}", log());
    // Who guesses behind the proxy locks himself out, and nobody else.
    let answers: Vec<u16> = (0..130).map(|_| ask(&proxied, "198.51.100.7")).collect();
    assert_eq!((answers.last(), ask(&proxied, "198.51.100.8")), (Some(&429), 401), "{answers:?}");
    drop(proxied);
    let folder = Folder::new();
    let direct = Service::start(&folder, &[]);
    assert_eq!(ask(&direct, "198.51.100.7"), 401);
    let log = std::fs::read_to_string(folder.path("audit.jsonl")).expect("a log");
    assert!(log.contains("127.0.0.1") && !log.contains("198.51.100.7"), "{log}");
}

//! The registry service over PostgreSQL: the same as over a file, and the server may be killed under it.

use std::{collections::BTreeSet, thread, time::Duration};

use crate::{
    ALERT, SIGHTING,
    folder::Folder,
    receivers::store_of,
    servers::{certificates, postgres::PostgresServer, run, service::Service, stderr, wait_for},
    service::{ONE, alert, post},
};

#[test]
fn a_server_killed_again_and_again_has_each_event_of_every_scanner_once() {
    let folder = Folder::new();
    let Some(mut server) = PostgresServer::start(&folder) else { return };
    let mut service = Service::over(&folder, &server.url(), &[]);
    let feed = format!("{}/v1/events", service.url);
    let mut wanted = BTreeSet::new();
    let mut sending = Vec::new();
    for scanner in ["van-1", "van-2", "van-3"] {
        let store = folder.name(&format!("{scanner}.sqlite"));
        let alerts = store_of(scanner, &folder.path(&format!("{scanner}.sqlite")), &feed, 120);
        wanted.extend(alerts.into_iter().map(|id| (scanner.to_owned(), id)));
        let token = folder.write(&format!("{scanner}.token"), service.token(scanner, "events"));
        let access = format!("[{:?}]\ntoken-file = {token:?}\n", service.url);
        let access = folder.write(&format!("{scanner}.toml"), &access);
        sending.push(thread::spawn(move || {
            let send = ["alerts", "send", "--store", &store, "--feed-access", &access, "--scanner", scanner];
            for _ in 0..500 {
                if run(&send).status.code() == Some(0) {
                    return;
                }
                thread::sleep(Duration::from_millis(50));
            }
            panic!("the service does not come back");
        }));
    }
    let mut kills_at_work = 0;
    for kill in 1..=5_i64 {
        let count = || -> i64 { server.client().query_one("SELECT count(*) FROM event", &[]).expect("a count").get(0) };
        wait_for("events", || count() > kill * 180);
        kills_at_work += u32::from(sending.iter().any(|sender| !sender.is_finished()));
        // By turns the database, under a service that stays, and the service.
        if kill % 2 == 1 {
            server.kill();
            server.again();
        } else {
            service.kill();
            service.again();
        }
    }
    sending.into_iter().for_each(|sender| sender.join().expect("sent"));
    assert_eq!(kills_at_work, 5);
    let kept = server.kept(ALERT);
    assert_eq!(kept.iter().cloned().collect::<BTreeSet<_>>(), wanted);
    assert_eq!((kept.len(), server.kept(SIGHTING).len()), (wanted.len(), 3 * 360));
    // An event and what it adds to its case are kept together, or not at all.
    let counts = server.client().query_one(
        "SELECT (SELECT count(*) FROM case_alert), (SELECT sum(alerts)::bigint FROM cases), \
         (SELECT sum(alerts)::bigint FROM scanner), (SELECT count(DISTINCT (scanner, id)) FROM case_alert)",
        &[],
    );
    let counts = counts.expect("counts");
    assert_eq!([0, 1, 2, 3].map(|column| counts.get::<_, i64>(column)), [360; 4]);
}

#[test]
#[ignore = "minutes long: 20 killed databases and services"]
fn twenty_kills_of_database_and_service() {
    const RUNS: u32 = 4;
    (0..RUNS).for_each(|_| a_server_killed_again_and_again_has_each_event_of_every_scanner_once());
    println!(
        "counts: {} kills of PostgreSQL and {} of the service under three senders; each event once",
        RUNS * 3,
        RUNS * 2
    );
}

#[test]
fn tls_is_asked_for_in_the_address_and_only_the_server_that_it_names_is_believed() {
    let folder = Folder::new();
    certificates(&folder);
    let path = |name: &str| folder.name(name);
    let certificate = (path("server.pem"), path("server.key"));
    let Some(server) = PostgresServer::with_certificate(&folder, Some((&certificate.0, &certificate.1))) else {
        return;
    };
    let verified = |ca: &str| format!("sslmode=verify-full&sslrootcert={}", path(ca));
    // The certificate names 127.0.0.1 and localhost.
    for (host, query, refused) in [
        ("127.0.0.1", "sslmode=require", None),
        ("127.0.0.2", "sslmode=require", None),
        ("127.0.0.1", &verified("ca.pem"), None),
        ("localhost", &verified("ca.pem"), None),
        ("127.0.0.2", &verified("ca.pem"), Some("certificate not valid for name")),
        ("127.0.0.1", &verified("other.pem"), Some("invalid peer certificate")),
        ("127.0.0.1", "sslmode=verify-full", Some("invalid peer certificate")),
        ("127.0.0.1", "sslmode=verify-ca", Some("verify-full is expected")),
    ] {
        let url = server.url_by(host, query);
        let output = run(&["serve", "token", "list", "--database", &url]);
        let line = stderr(&output);
        assert_eq!(output.status.code(), Some(if refused.is_some() { 2 } else { 0 }), "{url}: {line}");
        assert!(line.contains(refused.unwrap_or_default()), "{url}: {line}");
    }
    let in_tls = || -> Vec<bool> {
        let select =
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'cellwarden'";
        server.client().query(select, &[]).expect("a query").iter().map(|row| row.get(0)).collect()
    };
    for (query, expected) in [("sslmode=disable".to_owned(), false), (String::new(), true), (verified("ca.pem"), true)]
    {
        let service = Service::over(&folder, &server.url_by("127.0.0.1", &query), &[]);
        let token = service.token("van-3", "events");
        assert_eq!(post(&service, Some(&token), ONE, &alert("van-3", "00000000000000aa").to_string()).0, 200);
        let connections = in_tls();
        assert!(connections.len() > 2 && connections.iter().all(|ssl| *ssl == expected), "{query}: {connections:?}");
        drop(service);
        wait_for("the end of its connections", || in_tls().is_empty());
    }
    // A server without TLS is no reason to do without.
    let folder = Folder::new();
    let Some(plain) = PostgresServer::start(&folder) else { return };
    let output = run(&["serve", "token", "list", "--database", &plain.url_by("127.0.0.1", "sslmode=require")]);
    assert!(output.status.code() == Some(2) && stderr(&output).contains("does not support TLS"), "{}", stderr(&output));
}

//! The registry service over PostgreSQL: the same as over a file, and the server may be killed under it.

use std::{collections::BTreeSet, thread, time::Duration};

use crate::{
    ALERT, SIGHTING,
    folder::Folder,
    receivers::store_of,
    servers::{postgres::PostgresServer, run, service::Service, wait_for},
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

//! The registry service over PostgreSQL: the same as over a file, and the server may be killed under it.

use std::{
    collections::BTreeSet,
    fs,
    net::TcpStream,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use postgres::{Client, NoTls};
use serde_json::Value;

use crate::{
    ALERT, SIGHTING,
    folder::Folder,
    receivers::{free_port, run, store_of, wait_for},
    service::Service,
};

/// A PostgreSQL server in a folder of its own, ended with its test.
pub struct PostgresServer {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Whose the files are: PostgreSQL does not run as root.
    user: Option<(u32, u32)>,
    child: Option<Child>,
}

impl PostgresServer {
    /// Makes and starts one; `None` where PostgreSQL is not installed and `CELLWARDEN_TEST_SERVERS` does not ask for it.
    pub fn start(folder: &Folder) -> Option<Self> {
        let wanted = std::env::var("CELLWARDEN_TEST_SERVERS").is_ok_and(|value| value == "1");
        // Debian keeps the servers of each version apart.
        let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let programs = versions.map(|version| version.path().join("bin")).max();
        let Some(programs) = programs else {
            assert!(!wanted, "postgresql is wanted and is not there");
            println!("left out: postgresql is not there");
            return None;
        };
        let user = user();
        let data = folder.path("postgres");
        fs::create_dir(&data).expect("made");
        if let Some((user, group)) = user {
            fs::set_permissions(folder.path(""), fs::Permissions::from_mode(0o755)).expect("opened");
            std::os::unix::fs::chown(&data, Some(user), Some(group)).expect("given");
        }
        let mut server = Self { programs, folder: data.join("data"), port: free_port(), user, child: None };
        let mut make = server.command("initdb");
        make.args(["--username=cellwarden", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(&server.folder);
        let made = make.output().expect("started");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.again();
        Some(server)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir("/").env("LC_ALL", "C").stdin(Stdio::null());
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }

    pub fn again(&mut self) {
        let port = self.port.to_string();
        wait_for("postgres", || {
            if self.child.as_mut().is_none_or(|child| child.try_wait().expect("a look").is_some()) {
                // It does not start while those that the killed one left are still there.
                let mut command = self.command("postgres");
                command.args(["-p", &port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-D"]);
                command.arg(&self.folder).stdout(Stdio::null()).stderr(Stdio::null());
                self.child = Some(command.spawn().expect("started"));
            }
            TcpStream::connect(("127.0.0.1", self.port)).is_ok() && Client::connect(&self.url(), NoTls).is_ok()
        });
    }

    /// SIGKILL: nothing is asked.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }

    pub fn url(&self) -> String {
        format!("postgres://cellwarden@127.0.0.1:{}/postgres", self.port)
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.url(), NoTls).expect("connected")
    }

    /// The events of a kind that it has: scanner and id.
    pub fn kept(&self, kind: &str) -> Vec<(String, String)> {
        let rows = self.client().query("SELECT scanner, event FROM event", &[]).expect("a query");
        let read = |row: &postgres::Row| -> Option<(String, String)> {
            let event: Value = serde_json::from_str(row.get(1)).expect("JSON");
            (event["type"] == kind).then(|| (row.get(0), event["id"].as_str().expect("a text").to_owned()))
        };
        rows.iter().filter_map(read).collect()
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Root's stand-in, where we are root.
fn user() -> Option<(u32, u32)> {
    let number = |option: &str, name: &str| -> Option<u32> {
        let output = Command::new("id").args([option, name]).output().expect("id");
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    let own = Command::new("id").arg("-u").output().expect("id");
    (own.stdout == b"0\n")
        .then(|| (number("-u", "postgres").expect("Debian's user"), number("-g", "postgres").expect("Debian's group")))
}

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

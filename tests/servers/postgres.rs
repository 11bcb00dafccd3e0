//! A PostgreSQL server of the test's own.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    net::TcpStream,
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use postgres::{Client, NoTls};
use serde_json::Value;

use super::{free_port, wait_for};
use crate::folder::Folder;

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
        Self::with_certificate(folder, None)
    }

    /// The same with TLS for whoever asks for it: files of a certificate and its key.
    pub fn with_certificate(folder: &Folder, certificate: Option<(&str, &str)>) -> Option<Self> {
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
        for (from, to) in certificate.iter().flat_map(|(pem, key)| [(pem, "server.crt"), (key, "server.key")]) {
            let to = server.folder.join(to);
            fs::copy(from, &to).expect("copied");
            // PostgreSQL reads a key only where nobody else can.
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("closed");
            std::os::unix::fs::chown(&to, user.map(|user| user.0), user.map(|user| user.1)).expect("given");
        }
        if certificate.is_some() {
            let mut settings =
                OpenOptions::new().append(true).open(server.folder.join("postgresql.conf")).expect("made");
            settings.write_all(b"ssl = on\n").expect("written");
        }
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
                command.args([
                    "-p",
                    &port,
                    "-c",
                    "listen_addresses=127.0.0.1,127.0.0.2",
                    "-c",
                    "unix_socket_directories=",
                    "-D",
                ]);
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

    /// The number of its first process.
    #[allow(dead_code, reason = "benchmarks alone measure its time")]
    pub fn process(&self) -> u32 {
        self.child.as_ref().expect("running").id()
    }

    pub fn url(&self) -> String {
        format!("postgres://cellwarden@127.0.0.1:{}/postgres", self.port)
    }

    /// The address by another name of this host, with more words.
    pub fn url_by(&self, host: &str, query: &str) -> String {
        format!("postgres://cellwarden@{host}:{}/postgres?{query}", self.port)
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

//! Programs that tests start: ours, and servers of other projects.

pub mod browser;
#[cfg(feature = "serve")]
pub mod postgres;
#[cfg(feature = "serve")]
pub mod service;

use std::{
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::folder::Folder;

/// Longest that anything here is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn cellwarden(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cellwarden"));
    command.env("XDG_DATA_HOME", "/nonexistent");
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn run(arguments: &[&str]) -> Output {
    cellwarden(arguments).output().expect("started")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A port that nobody listens on, below those that the system gives to connections: one of them could take it while its
/// server is down.
pub fn free_port() -> u16 {
    let mut ports = (0..1000).map(|_| fastrand::u16(10_000..32_000));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("a port")
}

/// Waits until something holds.
pub fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < end, "waited too long for {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A certificate authority, a server's certificate for 127.0.0.1 and a client's, made by openssl.
pub fn certificates(folder: &Folder) {
    let script = "set -e; cd \"$1\"; new() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out $1.key; }
        new ca; openssl req -x509 -new -key ca.key -subj /CN=test-ca -days 2 -out ca.pem
        for name in server client; do new $name
        openssl req -new -key $name.key -subj /CN=$name -out $name.csr
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\\nextendedKeyUsage=serverAuth,clientAuth\\n' > $name.ext
        openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile $name.ext -out $name.pem
        done; new other; openssl req -x509 -new -key other.key -subj /CN=other-ca -days 2 -out other.pem";
    let path = folder.path("");
    let output = Command::new("sh").args(["-c", script, "sh"]).arg(&path).output().expect("a shell");
    assert!(output.status.success(), "{}", stderr(&output));
}

/// A server of another project, ended with its test.
pub struct Server {
    program: &'static str,
    arguments: Vec<String>,
    port: u16,
    child: Option<Child>,
}

impl Server {
    /// Starts it; `None` where it is not installed and `CELLWARDEN_TEST_SERVERS` does not ask for it.
    pub fn start(program: &'static str, arguments: &[&str], port: u16) -> Option<Self> {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let mut server = Self { program, arguments, port, child: None };
        if let Err(error) = server.again() {
            let wanted = std::env::var("CELLWARDEN_TEST_SERVERS").is_ok_and(|value| value == "1");
            assert!(!wanted, "{program} is wanted and cannot be run: {error}");
            println!("left out: {program} cannot be run: {error}");
            return None;
        }
        Some(server)
    }

    /// Starts it again.
    pub fn again(&mut self) -> std::io::Result<()> {
        // Debian keeps servers where users do not look.
        let path = format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new(self.program);
        command
            .args(&self.arguments)
            .env("PATH", path)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.child = Some(command.spawn()?);
        wait_for(self.program, || TcpStream::connect(("127.0.0.1", self.port)).is_ok());
        Ok(())
    }

    /// SIGKILL: nothing is asked.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("killed");
            child.wait().expect("ended");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

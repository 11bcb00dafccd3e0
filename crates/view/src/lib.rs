//! The van's page: what a drive shows, on a tablet or phone in the car.
//!
//! In: documents under keys, as they change. Out: one page, its documents by server-sent events, and what its users wish.
//! Refuses to know what the documents say, and to judge: the program makes them of the same state that its screen draws.
//! Memory is bounded whatever clients do: each has but a place in the documents, and what it missed is brought together
//! when it is read. Without a configured address beyond this host, nobody else can ask; beyond it there is TLS and a code.

mod certificate;
mod documents;
mod gate;
mod server;
mod words;

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener, UdpSocket},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use crossbeam_channel::{Receiver, bounded};
use qrcode::{Color, QrCode};
use serde::Deserialize;
use thiserror::Error;
use tokio::sync::{oneshot, watch};

pub use documents::{Documents, Place};
use gate::Gate;
use server::Shared;

/// Wishes that wait for the program, before more are refused.
const MAX_WISHES: usize = 64;
/// How long requests under way may take at the end.
const GRACE: Duration = Duration::from_millis(300);

/// Why there is no page.
#[derive(Debug, Error)]
pub enum ViewError {
    /// The address.
    #[error("--view: cannot listen on {address}: {error}; name another port, or end the program that holds it")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The certificate.
    #[error("--view: {}: {what}; remove the file to have another certificate made", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The system.
    #[error("--view: cannot serve the page: {0}")]
    Io(#[from] io::Error),
}

/// What a user of the page wishes.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wish {
    /// An alert was seen, or is to be looked at again.
    Acknowledge {
        /// The alert.
        id: String,
        /// Seen or not.
        seen: bool,
    },
    /// A note on an alert: the whole of it.
    Note {
        /// The alert.
        id: String,
        /// The text.
        text: String,
    },
    /// Home in on the cell of a document, or on none any more.
    Home {
        /// The document's key.
        cell: Option<String>,
    },
    /// Stop a replay, or go on.
    Pause,
}

/// How a browser comes to the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The page's address; beyond this host the code is in it.
    pub url: String,
    /// The pairing code, where one is asked for.
    pub code: Option<String>,
    /// SHA-256 of the certificate, where there is one.
    pub fingerprint: Option<String>,
    /// The address as a QR code, in half blocks, dark on light; one text a row.
    pub qr: Vec<String>,
}

impl Invitation {
    fn new(address: SocketAddr, code: Option<&str>, fingerprint: Option<String>) -> Self {
        let scheme = if fingerprint.is_some() { "https" } else { "http" };
        let fragment = code.map(|code| format!("#{code}")).unwrap_or_default();
        let url = format!("{scheme}://{address}/{fragment}");
        // An address is far below what a QR code holds.
        let qr = QrCode::new(&url).map(|code| half_blocks(&code)).unwrap_or_default();
        Self { url, code: code.map(str::to_owned), fingerprint, qr }
    }
}

/// A QR code with its quiet zone: a character is two modules, one above the other.
fn half_blocks(code: &QrCode) -> Vec<String> {
    const QUIET: i64 = 2;
    let (width, colors) = (code.width() as i64, code.to_colors());
    let is_dark = |x: i64, y: i64| {
        (0..width).contains(&x) && (0..width).contains(&y) && colors[(y * width + x) as usize] == Color::Dark
    };
    let row = |y: i64| {
        let module = |x: i64| match (is_dark(x, y), is_dark(x, y + 1)) {
            (true, true) => ' ',
            (true, false) => '▄',
            (false, true) => '▀',
            (false, false) => '█',
        };
        (-QUIET..width + QUIET).map(module).collect()
    };
    (-QUIET..width + QUIET).step_by(2).map(row).collect()
}

/// The page, served until this is dropped.
pub struct View {
    shared: Arc<Shared>,
    changed: watch::Sender<u64>,
    invitation: Invitation,
    wishes: Receiver<Wish>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl View {
    /// Serves the page on an address. Beyond this host it is served by TLS, with a certificate of its own that is kept in
    /// `folder`, to browsers that gave the code.
    ///
    /// # Errors
    /// See [`ViewError`].
    pub fn serve(address: SocketAddr, folder: &Path) -> Result<Self, ViewError> {
        let unbound = |error| ViewError::Listen { address, error };
        let listener = TcpListener::bind(address).map_err(unbound)?;
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        let is_beyond = !bound.ip().to_canonical().is_loopback();
        let reached = SocketAddr::new(reached_at(bound.ip()), bound.port());
        let (tls, fingerprint) = match is_beyond.then(|| certificate::config(folder, reached.ip())).transpose()? {
            Some((config, fingerprint)) => (Some(config), Some(fingerprint)),
            None => (None, None),
        };
        let gate = Gate::new(is_beyond);
        let invitation = Invitation::new(reached, gate.code(), fingerprint);
        let (changed, changes) = watch::channel(0);
        let (wish, wishes) = bounded(MAX_WISHES);
        let documents = Mutex::new(Documents::new(u64::from_le_bytes(gate::random())));
        let shared = Arc::new(Shared { documents, changes, gate, wish, clients: Arc::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let (end, ended) = oneshot::channel();
        let of_server = Arc::clone(&shared);
        let serve = move || {
            runtime.block_on(server::serve(listener, tls, of_server, ended));
            runtime.shutdown_timeout(GRACE);
        };
        let thread = Some(thread::Builder::new().name("view".to_owned()).spawn(serve)?);
        Ok(Self { shared, changed, invitation, wishes, end: Some(end), thread })
    }

    /// How a browser comes to it.
    #[must_use]
    pub fn invitation(&self) -> &Invitation {
        &self.invitation
    }

    /// What its users wish.
    #[must_use]
    pub fn wishes(&self) -> &Receiver<Wish> {
        &self.wishes
    }

    /// Changes documents, and has every client told.
    pub fn change(&self, change: impl FnOnce(&mut Documents)) {
        let mut documents = self.shared.documents.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut documents);
        let version = documents.version();
        drop(documents);
        self.changed.send_if_modified(|known| std::mem::replace(known, version) != version);
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            // Its panic was told when it happened.
            let _ = thread.join();
        }
    }
}

/// The address that others reach this host at, where it listens on all: that of the way out. No packet is sent for it.
fn reached_at(bound: IpAddr) -> IpAddr {
    let way_out = || {
        let socket = UdpSocket::bind(("0.0.0.0", 0))?;
        // TEST-NET-1. RFC 5737.
        socket.connect(("192.0.2.1", 9))?;
        socket.local_addr().map(|address| address.ip())
    };
    if bound.is_unspecified() { way_out().unwrap_or(bound) } else { bound }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_holds_the_code_and_a_square() {
        let address = SocketAddr::from(([192, 168, 1, 4], 8443));
        let invitation = Invitation::new(address, Some("ABCDEFGH"), Some("00:11".to_owned()));
        assert_eq!(invitation.url, "https://192.168.1.4:8443/#ABCDEFGH");
        let width = invitation.qr[0].chars().count();
        assert!(invitation.qr.iter().all(|row| row.chars().count() == width), "{:?}", invitation.qr);
        assert_eq!(invitation.qr.len(), width.div_ceil(2));
        // It stands in the body of the smallest terminal, with two lines beside it.
        assert!(invitation.qr.len() <= 20 && width <= 40, "{} × {width}", invitation.qr.len());
    }

    #[test]
    fn wishes_are_read_strictly() {
        let read = |text: &str| serde_json::from_str::<Wish>(text).ok();
        assert_eq!(read(r#""pause""#), Some(Wish::Pause));
        assert_eq!(read(r#"{"home":{"cell":null}}"#), Some(Wish::Home { cell: None }));
        for bad in [r#"{"quit":{}}"#, r#"{"home":{"cell":1}}"#, r#"{"acknowledge":{"id":"x"}}"#, "{}", ""] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}

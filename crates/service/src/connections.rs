//! How many connections there may be: each takes memory until it is hung up on, and none has shown a token yet.

use std::{
    future::{Ready, ready},
    io,
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum_server::accept::Accept;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    gate::network_of,
    proxies::TrustedProxies,
    slots::{Slot, Slots},
};

/// Connections in all and of one address at most: a proxy's scanners come from one. With fewer open files allowed they are
/// fewer, so that files and databases still can be opened.
const ALL: usize = 8192;

/// Open files that are not connections: databases, lists, logs, brokers.
const OTHER_FILES: usize = 128;

/// Lets connections in.
#[derive(Debug, Clone)]
pub struct Connections {
    slots: Arc<Slots<IpAddr>>,
    trusted_proxies: TrustedProxies,
}

/// A connection that was let in.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _slot: Slot<IpAddr>,
}

impl Connections {
    /// None yet.
    #[must_use]
    pub fn new(trusted_proxies: TrustedProxies) -> Self {
        let all = most_open_files().map_or(ALL, |files| files.saturating_sub(OTHER_FILES).clamp(1, ALL));
        Self { slots: Arc::new(Slots::new(all, (all / 4).max(1))), trusted_proxies }
    }
}

/// Files that this process may have open. proc(5), `limits`.
fn most_open_files() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let slot = stream.peer_addr().map(|peer| {
            // A trusted proxy brings the whole fleet.
            let is_shared = !self.trusted_proxies.hold(peer.ip());
            let network = network_of(peer.ip());
            if is_shared { self.slots.enter(&network) } else { self.slots.enter_unshared(&network) }
        });
        ready(match slot {
            Ok(Some(slot)) => Ok((Connection { stream, _slot: slot }, service)),
            Ok(None) => Err(io::ErrorKind::ConnectionRefused.into()),
            Err(error) => Err(error),
        })
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

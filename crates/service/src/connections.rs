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
    slots::{Slot, Slots},
};

/// Connections in all and of one address: a proxy's scanners come from one.
const ALL: usize = 8192;
const OF_ADDRESS: usize = 2048;

/// Lets connections in.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Slots<IpAddr>>);

/// A connection that was let in.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    _slot: Slot<IpAddr>,
}

impl Connections {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Slots::new(ALL, OF_ADDRESS)))
    }
}

impl<S> Accept<TcpStream, S> for Connections {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let slot = stream.peer_addr().map(|peer| self.0.enter(&network_of(peer.ip())));
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

//! The sends of a datagram socket.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    task::{Context, Poll},
};

use super::{super::ConnectTo, UdpSocket};
use crate::leaf;

impl UdpSocket {
    /// Sends a datagram. That it was sent does not mean that it arrives.
    ///
    /// # Errors
    /// The kind that the system gives (it has no name) if it is longer than 65507 bytes (65527 over IPv6), the name
    /// cannot be resolved, or an IPv4 socket sends to IPv6; `NetworkUnreachable` if a socket of one IPv6 address
    /// sends to IPv4; `PermissionDenied` for a broadcast that was not allowed; `ConnectionRefused` if a connected
    /// socket has heard so; `InvalidInput` if the text names no port, the port is 0, or a socket of the loopback
    /// address sends to another host; `ConnectionAborted` if its host has crashed.
    ///
    /// # Cancel safety
    /// It never waits for the network. If it is dropped before it is ready, nothing was sent.
    pub async fn send_to(&self, payload: &[u8], to: impl Into<ConnectTo>) -> io::Result<usize> {
        let to = self.host.resolve(to.into())?;
        poll_fn(|cx| self.poll_sent(cx, payload, Some(to))).await
    }

    /// Sends a datagram to the address that it is connected to.
    ///
    /// # Errors
    /// The kind that the system gives (it has no name) if it is not connected; as [`send_to`](Self::send_to).
    ///
    /// # Cancel safety
    /// As [`send_to`](Self::send_to).
    pub async fn send(&self, payload: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_send(cx, payload)).await
    }

    /// Sends a datagram now, outside of async code.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to). Never `WouldBlock`: a send does not wait.
    pub fn try_send_to(&self, payload: &[u8], to: impl Into<ConnectTo>) -> io::Result<usize> {
        let to = self.host.resolve(to.into())?;
        self.host.shared().with(|core| core.fabric.send(self.id, Some(to), payload))
    }

    /// Sends a datagram now to the address that it is connected to, outside of async code.
    ///
    /// # Errors
    /// As [`send`](Self::send). Never `WouldBlock`: a send does not wait.
    pub fn try_send(&self, payload: &[u8]) -> io::Result<usize> {
        self.host.shared().with(|core| core.fabric.send(self.id, None, payload))
    }

    /// Sends a datagram, for code that polls its socket.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to).
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        payload: &[u8],
        to: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.poll_sent(cx, payload, Some(to))
    }

    /// Sends a datagram to the address that it is connected to, for code that polls its socket.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn poll_send(&self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_sent(cx, payload, None)
    }

    /// Waits until a send would not wait, which is at once.
    ///
    /// # Errors
    /// None: the send gives them.
    ///
    /// # Cancel safety
    /// It changes nothing.
    pub async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_send_ready(cx)).await
    }

    /// Returns whether a send would not wait, for code that polls its socket: it would not.
    ///
    /// # Errors
    /// None: the send gives them.
    pub fn poll_send_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        leaf::spend(cx, |_| Poll::Ready(Ok(())))
    }

    fn poll_sent(
        &self,
        cx: &mut Context<'_>,
        payload: &[u8],
        to: Option<SocketAddr>,
    ) -> Poll<io::Result<usize>> {
        leaf::spend(cx, |_| {
            Poll::Ready(self.host.shared().with(|core| core.fabric.send(self.id, to, payload)))
        })
    }
}

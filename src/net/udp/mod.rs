//! A datagram socket.

mod send;

use std::{
    fmt,
    future::poll_fn,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
};

use tokio::io::ReadBuf;

use super::{
    BindAddr, ConnectTo, Host,
    core::polled,
    errno,
    fabric::{Fabric, Io, Received, Socket, SocketId},
};
use crate::{
    leaf,
    sync::Wakers,
    violation::SourceLocation,
    wait::{self, Wait},
};

impl Host {
    /// Opens a datagram socket on a port of all its addresses, or of one; 0 is any that is free.
    ///
    /// # Errors
    /// As [`listen`](Self::listen).
    #[track_caller]
    pub fn bind_udp(&self, local: impl Into<BindAddr>) -> io::Result<UdpSocket> {
        self.bind_at(local.into(), SourceLocation::caller())
    }

    pub(super) fn bind_at(&self, local: BindAddr, made_at: SourceLocation) -> io::Result<UdpSocket> {
        let (id, port) = self.shared().with(|core| {
            let id = core.fabric.bind(self.id(), local.wanted(false), made_at)?;
            io::Result::Ok((id, core.fabric.udp.sockets[id].port))
        })?;
        let address = local.address(Ipv4Addr::UNSPECIFIED.into(), port);
        Ok(UdpSocket::new(self.clone(), id, address, made_at))
    }
}

/// A datagram socket; made by [`Host::bind_udp`](super::Host::bind_udp). Sending never waits: what finds no room is lost.
///
/// Connected to an address it hears only from there, and is told (`ConnectionRefused`, once) when no socket listens
/// there. Its inbox has 208 KiB of memory, as on Linux, of which a small datagram takes far more than
/// its bytes: 256 datagrams of a byte fill it, or three of 65507. What arrives beyond is dropped.
///
/// ```
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let (near, far) = (client.bind_udp(0)?, server.bind_udp(53)?);
/// sim.run(async {
///     near.send_to(b"question", "server:53").await?;
///     let mut buffer = [0; 64];
///     let (count, from) = far.recv_from(&mut buffer).await?;
///     far.send_to(&buffer[..count], from).await?;
///     assert_eq!(near.recv(&mut buffer).await?, 8);
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
pub struct UdpSocket {
    host: Host,
    id: SocketId,
    local: SocketAddr,
    made_at: SourceLocation,
    /// Its name in reports, once one was needed.
    name: OnceLock<Arc<str>>,
}

impl UdpSocket {
    pub(super) const fn new(host: Host, id: SocketId, local: SocketAddr, made_at: SourceLocation) -> Self {
        Self { host, id, local, made_at, name: OnceLock::new() }
    }

    /// Returns the address that it is bound to; the port is the real one. One that is bound to all addresses has the one
    /// that it sends from as soon as it is connected.
    ///
    /// # Errors
    /// None.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        let connected = self.host.shared().with(|core| core.fabric.connected_address(self.id));
        Ok(connected.unwrap_or(self.local))
    }

    /// Returns the address that it is connected to.
    ///
    /// # Errors
    /// `NotConnected` if it is not.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        let peer = self.host.shared().with(|core| {
            let socket = &core.fabric.udp.sockets[self.id];
            socket.peer.map(|peer| socket.shown(peer))
        });
        peer.ok_or_else(|| errno::error(io::ErrorKind::NotConnected))
    }

    /// Sends to this address from now on, and hears only from it. No packet is sent.
    ///
    /// # Errors
    /// As [`send_to`](Self::send_to), for the address.
    ///
    /// # Cancel safety
    /// It never waits.
    pub async fn connect(&self, to: impl Into<ConnectTo>) -> io::Result<()> {
        self.connect_now(self.host.resolve(to.into())?)
    }

    pub(super) fn connect_now(&self, to: SocketAddr) -> io::Result<()> {
        self.host.shared().with(|core| core.fabric.connect_socket(self.id, to))
    }

    /// Receives the next datagram, for code that polls its socket. What does not fit in the buffer is lost.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<SocketAddr>> {
        let room = buffer.remaining();
        let received = ready!(self.poll_received(cx, |fabric| fabric.receive(self.id, room)))?;
        buffer.put_slice(&received.payload[..received.payload.len().min(room)]);
        Poll::Ready(Ok(received.from))
    }

    /// Receives the next datagram without its source address, for code that polls its socket.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    pub fn poll_recv(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.poll_recv_from(cx, buffer).map_ok(drop)
    }

    /// Waits for the next datagram: how long it was, cut to the buffer, and where it came from.
    ///
    /// # Errors
    /// `ConnectionRefused` if a connected socket has heard so; `ConnectionAborted` if its host has crashed.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has taken none.
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let received =
            poll_fn(|cx| self.poll_received(cx, |fabric| fabric.receive(self.id, buffer.len()))).await?;
        Ok((copy(&received, buffer), received.from))
    }

    /// Receives the next datagram, without its source address.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Cancel safety
    /// Dropped while it waits, it has taken none.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.recv_from(buffer).await?.0)
    }

    /// Waits for a datagram and copies it, and leaves it to be received.
    ///
    /// # Errors
    /// As [`recv_from`](Self::recv_from).
    ///
    /// # Cancel safety
    /// It takes none.
    pub async fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let received = poll_fn(|cx| self.poll_received(cx, |fabric| fabric.peek_datagram(self.id))).await?;
        Ok((copy(&received, buffer), received.from))
    }

    /// Waits until a receive would not wait.
    ///
    /// # Errors
    /// None: the receive gives them.
    ///
    /// # Cancel safety
    /// It takes none.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|cx| self.poll_recv_ready(cx)).await
    }

    /// Returns whether a receive would not wait, for code that polls its socket.
    ///
    /// # Errors
    /// None: the receive gives them.
    pub fn poll_recv_ready(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let readable = |cx: &mut Context<'_>| {
            self.host.shared().with(|core| {
                if core.fabric.udp.sockets[self.id].can_receive() {
                    return Poll::Ready(Ok(()));
                }
                core.socket(self.id).add(cx.waker());
                Poll::Pending
            })
        };
        self.noted(leaf::spend(cx, readable))
    }

    /// Takes the next datagram without where it came from, and without waiting.
    ///
    /// # Errors
    /// As [`try_recv_from`](Self::try_recv_from).
    pub fn try_recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.try_recv_from(buffer)?.0)
    }

    /// Takes the next datagram, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is none; as [`recv_from`](Self::recv_from).
    pub fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        match self.host.shared().with(|core| core.fabric.receive(self.id, buffer.len())) {
            Io::Done(received) => Ok((copy(&received, buffer), received.from)),
            Io::Wait => Err(io::ErrorKind::WouldBlock.into()),
            Io::Fail(kind) => Err(errno::error(kind)),
        }
    }

    /// Allows to send to 255.255.255.255, which every host hears, this one included.
    ///
    /// # Errors
    /// None.
    pub fn set_broadcast(&self, allowed: bool) -> io::Result<()> {
        self.host.shared().with(|core| core.fabric.udp.sockets[self.id].may_broadcast = allowed);
        Ok(())
    }

    /// Returns whether it may send to the broadcast address.
    ///
    /// # Errors
    /// None.
    pub fn broadcast(&self) -> io::Result<bool> {
        Ok(self.host.shared().with(|core| core.fabric.udp.sockets[self.id].may_broadcast))
    }

    /// Joins a group: what is sent to its address arrives here too. As on Linux, every socket of the host hears it
    /// that is bound to all addresses and to the port, and none that is bound to one.
    ///
    /// # Errors
    /// `InvalidInput` if it is no multicast address; `AddrInUse` if it has joined it already.
    pub fn join_multicast(&self, group: impl Into<IpAddr>) -> io::Result<()> {
        let group = group.into();
        if !group.is_multicast() {
            return Err(errno::error(io::ErrorKind::InvalidInput));
        }
        let is_new = self.host.shared().with(|core| core.fabric.join_group(self.id, group));
        if is_new { Ok(()) } else { Err(errno::error(io::ErrorKind::AddrInUse)) }
    }

    /// Leaves a group.
    ///
    /// # Errors
    /// `AddrNotAvailable` if it has not joined it.
    pub fn leave_multicast(&self, group: impl Into<IpAddr>) -> io::Result<()> {
        let left = self.host.shared().with(|core| core.fabric.leave_group(self.id, group.into()));
        if left { Ok(()) } else { Err(errno::error(io::ErrorKind::AddrNotAvailable)) }
    }

    /// Sets whether its own host hears what it sends to a group: yes unless set.
    ///
    /// # Errors
    /// None.
    pub fn set_multicast_loop(&self, hears_itself: bool) -> io::Result<()> {
        self.host.shared().with(|core| core.fabric.udp.sockets[self.id].hears_itself = hears_itself);
        Ok(())
    }

    /// Takes the next datagram of which the program reads `room` bytes, or looks at it.
    pub(super) fn try_receive(&self, room: usize, is_peek: bool) -> Io<Received> {
        self.host.shared().with(|core| match is_peek {
            true => core.fabric.peek_datagram(self.id),
            false => core.fabric.receive(self.id, room),
        })
    }

    pub(super) fn with_socket<R>(&self, act: impl FnOnce(&mut Socket) -> R) -> R {
        self.host.shared().with_io(|core| act(&mut core.fabric.udp.sockets[self.id]))
    }

    pub(super) fn with_waiters<R>(&self, act: impl FnOnce(&mut Wakers) -> R) -> R {
        self.host.shared().with_io(|core| act(core.socket(self.id)))
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(self.name.get_or_init(|| self.local.to_string().into()))
    }

    fn poll_received(
        &self,
        cx: &mut Context<'_>,
        act: impl FnOnce(&mut Fabric) -> Io<Received>,
    ) -> Poll<io::Result<Received>> {
        let receive = |cx: &mut Context<'_>| {
            self.host.shared().with_io(|core| {
                let received = act(&mut core.fabric);
                if matches!(received, Io::Wait) {
                    core.socket(self.id).add(cx.waker());
                }
                polled(received)
            })
        };
        let polled = leaf::spend(cx, receive);
        self.noted(polled)
    }

    fn noted<T>(&self, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() {
            self.host.shared().must_go_on();
            wait::report(|| Wait::new("datagram on", self.made_at).named(self.name()).idle(true));
        }
        polled
    }
}

/// Copies as much as fits; the rest is lost.
fn copy(received: &Received, buffer: &mut [u8]) -> usize {
    let count = received.payload.len().min(buffer.len());
    buffer[..count].copy_from_slice(&received.payload[..count]);
    count
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        let waiters = self.host.shared().with(|core| {
            core.fabric.close_socket(self.id);
            std::mem::take(core.socket(self.id))
        });
        drop(waiters); // a waker may own a task, and so other sockets: not under the lock
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, dropped) = self.host.shared().with(|core| {
            let socket = &core.fabric.udp.sockets[self.id];
            (socket.unread(), socket.overflown)
        });
        f.debug_struct("UdpSocket")
            .field("local", &self.local)
            .field("waiting", &waiting)
            .field("dropped", &dropped)
            .finish()
    }
}

//! One end of a connection.

use std::{
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use tokio::io::ReadBuf;

use crate::{
    leaf,
    net::{
        core::{Core, EndWaiters, Shared, polled},
        errno,
        fabric::{Conn, ConnId, Io, Side, Wire, describe_end},
    },
    sync::Wakers,
    violation::SourceLocation,
    wait::{self, Wait},
};

/// One end of a connection: `AsyncRead + AsyncWrite`, with the methods of a TCP socket.
///
/// - **A clean end**: after a shutdown or a drop the other end reads what was written, and then the end of
///   the stream, each time. Dropped with bytes unread, it resets instead.
/// - **A reset**: the next operation fails with `ConnectionReset`, once; then reads are at the end and writes break.
///   Bytes that had arrived are read first.
/// - **Silence**: nothing tells it from a slow network, until the bytes that were written stay without an answer
///   for some 15 minutes: then `TimedOut`. [`set_keep_alive`](Self::set_keep_alive) notices sooner, and without a write.
/// - After the other end was dropped, a write still succeeds; the next one, a round trip later, is a `BrokenPipe`.
///
/// # Cancel safety
/// A read or write that is dropped while pending has taken and lost nothing.
/// # Example: three ends
/// ```
/// use std::io::{self, ErrorKind};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::Sim;
///
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let listener = server.listen(7)?;
/// sim.run(async move {
///     let (mut near, mut far) = (client.connect("server:7").await?, listener.accept().await?.0);
///     near.write_all(b"all").await?;
///     near.shutdown().await?; // one direction; the other goes on
///     let mut heard = String::new();
///     far.read_to_string(&mut heard).await?;
///     far.write_u8(b'!').await?;
///     assert_eq!((heard.as_str(), near.read_u8().await?), ("all", b'!'));
///
///     let (mut near, far) = (client.connect("server:7").await?, listener.accept().await?.0);
///     far.reset();
///     assert_eq!(near.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
///
///     let (mut near, far) = (client.connect("server:7").await?, listener.accept().await?.0);
///     near.write_all(b"unread").await?;
///     far.readable().await?;
///     drop(far);
///     assert_eq!(near.read_u8().await.unwrap_err().kind(), ErrorKind::ConnectionReset);
///     io::Result::Ok(())
/// })?;
/// # io::Result::Ok(())
/// ```
pub struct TcpStream {
    shared: Arc<Shared>,
    conn: ConnId,
    side: Side,
    /// The side that its reads are of: the other one, if it is connected to itself.
    reads: Side,
    local: SocketAddr,
    peer: SocketAddr,
    made_at: SourceLocation,
    /// Its name in reports, once one was needed.
    name: OnceLock<Arc<str>>,
}

impl TcpStream {
    pub(in crate::net) fn client(
        shared: Arc<Shared>,
        conn: ConnId,
        local: SocketAddr,
        peer: SocketAddr,
        made_at: SourceLocation,
    ) -> Self {
        let side = Side::Client;
        // A Unix socket has no addresses.
        let reads = if local == peer && local.port() != 0 { side.other() } else { side };
        Self { shared, conn, side, reads, local, peer, made_at, name: OnceLock::new() }
    }

    pub(in crate::net) fn server(
        shared: Arc<Shared>,
        conn: ConnId,
        made_at: SourceLocation,
        core: &mut Core,
    ) -> Self {
        core.fabric.tcp.conns[conn].ends[Side::Server].made_at = Some(made_at);
        let [local, peer] = core.fabric.tcp.addresses_at_server(conn).from(Side::Server);
        let side = Side::Server;
        Self { shared, conn, side, reads: side, local, peer, made_at, name: OnceLock::new() }
    }

    /// Returns the address of this end.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub const fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }

    /// Returns the address of the other end.
    ///
    /// # Errors
    /// `NotConnected` after a reset or a time-out, and as soon as both ends have ended their direction.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        match self.with_end(|conn, side, _| conn.is_over(side)) {
            true => Err(errno::error(io::ErrorKind::NotConnected)),
            false => Ok(self.peer),
        }
    }

    /// Turns Nagle's algorithm off or on again. It is on unless set, as on Linux: a small write waits while an earlier small one
    /// is not acknowledged, up to a round trip. What waits is sent at once when it is turned off.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.with_end(|conn, side, wire| conn.set_nodelay(side, nodelay, wire));
        Ok(())
    }

    /// Returns whether Nagle's algorithm is off.
    ///
    /// # Errors
    /// Never fails; the `Result` is tokio's signature.
    pub fn nodelay(&self) -> io::Result<bool> {
        Ok(self.with_end(|conn, side, _| conn.ends[side].nodelay))
    }

    /// Waits until a read would not wait.
    ///
    /// # Errors
    /// None: the read returns them.
    ///
    /// # Cancel safety
    /// It takes nothing.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|cx| {
            let readable = |cx: &mut Context<'_>| {
                self.shared.with(|core| {
                    if core.fabric.tcp.conns[self.conn].can_read(self.reads) {
                        return Poll::Ready(Ok(()));
                    }
                    core.end(self.conn, self.reads).read.add(cx.waker());
                    Poll::Pending
                })
            };
            self.noted("read from", leaf::spend(cx, readable))
        })
        .await
    }

    /// Waits until a write would not wait.
    ///
    /// # Errors
    /// None: the write returns them.
    ///
    /// # Cancel safety
    /// It writes nothing.
    pub async fn writable(&self) -> io::Result<()> {
        poll_fn(|cx| {
            let writable = |cx: &mut Context<'_>| {
                self.shared.with(|core| {
                    let (conn, wire) = core.fabric.conn(self.conn);
                    if conn.can_write(self.side, wire) {
                        return Poll::Ready(Ok(()));
                    }
                    core.end(self.conn, self.side).write.add(cx.waker());
                    Poll::Pending
                })
            };
            self.noted("write to", leaf::spend(cx, writable))
        })
        .await
    }

    /// Reads what is there, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if nothing is there; as a read does.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        let read = self.with_end(|conn, _, wire| {
            conn.read(self.reads, buffer.len(), wire, |bytes| fill(buffer, &mut filled, bytes))
        });
        now_or_never(read)
    }

    /// Writes as much as there is room for, without waiting.
    ///
    /// # Errors
    /// `WouldBlock` if there is no room; as a write does.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        now_or_never(self.with_end(|conn, side, wire| conn.write(side, &[bytes], wire)))
    }

    /// Waits for bytes and copies them, and leaves them to be read.
    ///
    /// # Errors
    /// As a read does.
    ///
    /// # Cancel safety
    /// It takes nothing.
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| {
            let mut filled = 0;
            let most = buffer.len();
            let peek = |cx: &mut Context<'_>| {
                self.shared.with(|core| {
                    let (conn, _) = core.fabric.conn(self.conn);
                    let peeked = conn.peek(self.reads, most, |bytes| fill(buffer, &mut filled, bytes));
                    if peeked == Io::Wait {
                        core.end(self.conn, self.reads).read.add(cx.waker());
                    }
                    polled(peeked)
                })
            };
            self.noted("read from", leaf::spend(cx, peek))
        })
        .await
    }

    /// Breaks the connection off: the other end gets a reset instead of an end, and nothing is sent again. Where the reset is
    /// lost, the other end hears of it when it sends, as a writer does also before a shut window; one that only reads waits
    /// on without [keep-alive](Self::set_keep_alive), as on Linux.
    pub fn reset(self) {
        self.abort();
    }

    // For the rest of the room.

    pub(super) fn abort(&self) {
        self.shared.with(|core| core.fabric.abort(self.conn, self.side));
    }

    pub(in crate::net) fn named(self, name: Arc<str>) -> Self {
        let _first = self.name.set(name);
        self
    }

    /// Describes its state.
    pub(in crate::net) fn state(&self) -> String {
        self.with_end(|conn, side, _| describe_end(conn, side))
    }

    pub(in crate::net) fn with_end<R>(&self, act: impl FnOnce(&mut Conn, Side, &mut Wire) -> R) -> R {
        self.shared.with(|core| {
            let (conn, wire) = core.fabric.conn(self.conn);
            act(conn, self.side, wire)
        })
    }

    /// Does a read, a write or a look, which mostly notifies nothing.
    pub(in crate::net) fn with_io<R>(&self, act: impl FnOnce(&mut Conn, Side, &mut Wire) -> R) -> R {
        self.shared.with_io(|core| {
            let (conn, wire) = core.fabric.conn(self.conn);
            act(conn, self.side, wire)
        })
    }

    pub(in crate::net) fn with_waiters<R>(&self, act: impl FnOnce(&mut EndWaiters) -> R) -> R {
        self.shared.with_io(|core| act(core.end(self.conn, self.side)))
    }

    /// Returns its address and that of the other end.
    pub(in crate::net) const fn addresses(&self) -> (SocketAddr, SocketAddr) {
        (self.local, self.peer)
    }

    pub(in crate::net) fn poll_connected(&self, cx: &Context<'_>) -> Poll<io::Result<()>> {
        self.shared.must_go_on();
        self.poll(cx, (self.side, |end| &mut end.write), |conn, _| conn.connected())
    }

    pub(in crate::net) fn poll_read_shared(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let most = buffer.remaining();
        let read = |cx: &mut Context<'_>| {
            self.poll(cx, (self.reads, |end| &mut end.read), |conn, wire| {
                conn.read(self.reads, most, wire, |bytes| buffer.put_slice(bytes))
            })
        };
        let polled = leaf::spend(cx, read);
        self.noted("read from", polled).map_ok(drop)
    }

    pub(in crate::net) fn poll_write_shared(
        &self,
        cx: &mut Context<'_>,
        slices: &[&[u8]],
    ) -> Poll<io::Result<usize>> {
        let write = |cx: &mut Context<'_>| {
            self.poll(cx, (self.side, |end| &mut end.write), |conn, wire| conn.write(self.side, slices, wire))
        };
        let polled = leaf::spend(cx, write);
        self.noted("write to", polled)
    }

    pub(in crate::net) fn close_write(&self) {
        self.with_end(|conn, side, wire| conn.shutdown(side, wire));
    }

    /// Tries, and registers the task if it must wait.
    #[inline]
    fn poll<T: PartialEq>(
        &self,
        cx: &Context<'_>,
        (side, which): (Side, impl FnOnce(&mut EndWaiters) -> &mut Wakers),
        act: impl FnOnce(&mut Conn, &mut Wire) -> Io<T>,
    ) -> Poll<io::Result<T>> {
        let (done, replaced) = self.shared.with_io(|core| {
            let (conn, wire) = core.fabric.conn(self.conn);
            let done = act(conn, wire);
            let replaced = match done {
                Io::Wait => which(core.end(self.conn, side)).replace(cx.waker()),
                _ => None,
            };
            (done, replaced)
        });
        drop(replaced); // a waker may own a task, and so other streams: not under the lock
        polled(done)
    }

    fn name(&self) -> Arc<str> {
        Arc::clone(self.name.get_or_init(|| self.peer.to_string().into()))
    }

    fn noted<T>(&self, what: &'static str, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() {
            self.shared.must_go_on();
            wait::report(|| Wait::new(what, self.made_at).named(self.name()));
        }
        polled
    }
}

fn fill(buffer: &mut [u8], filled: &mut usize, bytes: &[u8]) {
    buffer[*filled..*filled + bytes.len()].copy_from_slice(bytes);
    *filled += bytes.len();
}

fn now_or_never<T>(io: Io<T>) -> io::Result<T> {
    match io {
        Io::Done(value) => Ok(value),
        Io::Wait => Err(io::ErrorKind::WouldBlock.into()),
        Io::Fail(kind) => Err(errno::error(kind)),
    }
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        let waiters = self.shared.with(|core| {
            core.fabric.close(self.conn, self.side);
            let own = std::mem::take(core.end(self.conn, self.side));
            (own, (self.reads != self.side).then(|| std::mem::take(core.end(self.conn, self.reads))))
        });
        drop(waiters); // not under the lock, as above
    }
}

impl fmt::Debug for TcpStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("TcpStream")
            .field("local", &self.local)
            .field("peer", &self.peer)
            .field("state", &format_args!("{state}"))
            .finish()
    }
}

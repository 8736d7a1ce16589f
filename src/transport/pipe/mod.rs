//! A connected in-memory pair of byte streams.

mod blocking;
#[cfg(feature = "tokio")]
mod leftovers;
#[cfg(feature = "tokio")]
mod tokio_io;
mod wire;

use std::{
    fmt,
    future::poll_fn,
    io,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

pub use self::blocking::BlockingPipe;
use self::wire::Wire;
use super::{Segmentation, addresses};
use crate::{
    trace::{self, EventKind, Subject},
    violation::SourceLocation,
    wait::{self, Suspended, Wait},
};

/// How many bytes each direction holds, unless set: 64 KiB.
const CAPACITY: usize = 64 * 1024;

/// Makes a connected pair with the default settings: 64 KiB a direction, nothing cut. The first end is meant for
/// the client, the second for the server.
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{Sim, transport::pipe};
///
/// let (mut client, mut server) = pipe();
/// Sim::new().run(async move {
///     client.write_all(b"ping").await?;
///     drop(client);
///     let mut heard = Vec::new();
///     server.read_to_end(&mut heard).await?;
///     assert_eq!(heard, b"ping");
///     std::io::Result::Ok(())
/// })?;
/// # }
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
#[must_use]
pub fn pipe() -> (Pipe, Pipe) {
    Pipe::builder().pair()
}

/// One end of an in-memory stream. With the feature `tokio` it is `AsyncRead + AsyncWrite`;
/// [`into_blocking`](Self::into_blocking) makes it `std::io::Read + Write`.
///
/// Dropping an end closes it: the other reads what is left and then the end of the stream, and its writes break.
/// The end of the stream stays the end. A write after a shutdown is refused as a broken pipe.
///
/// # Cancel safety
/// A read or write that is dropped while pending has taken and lost nothing.
pub struct Pipe {
    outgoing: Arc<Wire>,
    incoming: Arc<Wire>,
    identity: Identity,
    writes: Suspended,
    reads: Suspended,
}

#[derive(Clone)]
struct Identity {
    name: Arc<str>,
    made_at: SourceLocation,
    local: SocketAddr,
    peer: SocketAddr,
}

/// The settings of a pair; made by [`Pipe::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `pair`"]
pub struct PipeBuilder {
    capacity: usize,
    segmentation: Segmentation,
    names: (Arc<str>, Arc<str>),
    addresses: (SocketAddr, SocketAddr),
}

impl PipeBuilder {
    /// How many bytes each direction holds before a write waits: 64 KiB unless set.
    ///
    /// # Panics
    /// If it is zero: nothing could ever be written.
    #[track_caller]
    pub fn capacity(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "a pipe needs room for a byte: nothing could ever be written");
        self.capacity = bytes;
        self
    }

    /// How both directions are cut: whole unless set.
    pub fn segmentation(mut self, segmentation: Segmentation) -> Self {
        self.segmentation = segmentation;
        self
    }

    /// What the ends are called in reports: `client` and `server` unless set.
    pub fn names(mut self, first: impl Into<Arc<str>>, second: impl Into<Arc<str>>) -> Self {
        self.names = (first.into(), second.into());
        self
    }

    /// The addresses of the ends: 192.0.2.1:49152 and 192.0.2.2:80 unless set.
    pub fn addresses(mut self, first: SocketAddr, second: SocketAddr) -> Self {
        self.addresses = (first, second);
        self
    }

    /// Makes the pair.
    #[must_use]
    #[track_caller]
    pub fn pair(self) -> (Pipe, Pipe) {
        self.pair_at(SourceLocation::caller())
    }

    pub(crate) fn pair_at(self, made_at: SourceLocation) -> (Pipe, Pipe) {
        let there = Arc::new(Wire::new(self.capacity, &self.segmentation));
        let back = Arc::new(Wire::new(self.capacity, &self.segmentation));
        let (first, second) = self.addresses;
        let end = |name, local, peer, outgoing: &Arc<Wire>, incoming: &Arc<Wire>| Pipe {
            outgoing: Arc::clone(outgoing),
            incoming: Arc::clone(incoming),
            identity: Identity { name, made_at, local, peer },
            writes: Suspended::default(),
            reads: Suspended::default(),
        };
        let pair = (
            end(self.names.0, first, second, &there, &back),
            end(self.names.1, second, first, &back, &there),
        );
        #[cfg(feature = "tokio")]
        for end in [&pair.0, &pair.1] {
            crate::leftover::register(|now| leftovers::of_end(end, now));
        }
        pair
    }
}

impl Pipe {
    /// A pair with settings of its own.
    pub fn builder() -> PipeBuilder {
        PipeBuilder {
            capacity: CAPACITY,
            segmentation: Segmentation::whole(),
            names: ("client".into(), "server".into()),
            addresses: (addresses::CLIENT, addresses::SERVER),
        }
    }

    /// The address of this end.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.identity.local
    }

    /// The address of the other end.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.identity.peer
    }

    /// What the test can do to the bytes that this end writes. The handle works on after the end was moved.
    #[must_use]
    pub fn outgoing(&self) -> Direction {
        Direction { wire: Arc::clone(&self.outgoing) }
    }

    /// What the test can do to the bytes that this end reads.
    #[must_use]
    pub fn incoming(&self) -> Direction {
        Direction { wire: Arc::clone(&self.incoming) }
    }

    /// Breaks the connection off: what is in flight is lost in both directions. The other end sees a reset
    /// connection, this one an aborted one.
    pub fn reset(&self) {
        self.did(EventKind::Reset);
        let (own, other) = (io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset);
        self.outgoing.fail(other, own, false);
        self.incoming.fail(own, other, false);
    }

    /// Writes all of `bytes` without copying them: the other end can read the same allocation. Waits only while
    /// there is no room at all.
    ///
    /// # Errors
    /// `BrokenPipe` after a shutdown, or when the other end is gone; what a test injected.
    ///
    /// # Cancel safety
    /// Dropped while it waits, nothing was written.
    pub async fn write_bytes(&mut self, bytes: Bytes) -> io::Result<()> {
        if bytes.is_empty() {
            return self.outgoing.check_writer();
        }
        let write = |cx: &mut Context<'_>| self.outgoing.poll_write_bytes(cx, &bytes);
        let count = poll_fn(|cx| self.noted("write to", self.writes.poll(cx, write))).await?;
        self.wrote(count, &[&bytes]);
        Ok(())
    }

    /// Reads the next bytes without copying them; `None` at the end of the stream.
    ///
    /// # Errors
    /// `ConnectionReset` after a reset; what a test injected.
    ///
    /// # Cancel safety
    /// Dropped while it waits, nothing was read.
    pub async fn read_bytes(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|cx| {
            let read = |cx: &mut Context<'_>| self.incoming.poll_read(cx, usize::MAX, |front| front.take());
            self.noted("read from", self.reads.poll(cx, read))
        })
        .await
        .inspect(|bytes| self.has_read(bytes.as_ref().map_or(0, Bytes::len)))
    }

    /// Ends the writing direction, cleanly: the other end reads what was written, and then the end. Reading goes
    /// on. Doing it again changes nothing.
    pub fn close_write(&mut self) {
        self.did(EventKind::ShutDown);
        self.outgoing.close_writer();
    }

    /// The same stream for code that blocks. An operation that waits for longer than `limit` of real time fails
    /// with `TimedOut`.
    #[must_use]
    pub fn into_blocking(self, limit: Duration) -> BlockingPipe {
        BlockingPipe::new(self, limit)
    }

    fn poll_write(&self, cx: &mut Context<'_>, slices: &[&[u8]]) -> Poll<io::Result<usize>> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(self.outgoing.check_writer().map(|()| 0));
        }
        let polled = self.writes.poll(cx, |cx| self.outgoing.poll_write(cx, slices));
        if let Poll::Ready(Ok(count)) = polled {
            self.wrote(count, slices);
        }
        self.noted("write to", polled)
    }

    fn poll_read(
        &self,
        cx: &mut Context<'_>,
        most: usize,
        mut sink: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        if most == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut count = 0;
        let polled = self.reads.poll(cx, |cx| {
            self.incoming.poll_read(cx, most, |front| {
                front.copy_to(|bytes| {
                    count += bytes.len();
                    sink(bytes);
                });
            })
        });
        if let Poll::Ready(Ok(_)) = polled {
            self.has_read(count);
        }
        self.noted("read from", polled).map_ok(drop)
    }

    fn wrote(&self, count: usize, slices: &[&[u8]]) {
        let taken = slices.iter().scan(count, |left, slice| {
            let taken = slice.len().min(*left);
            *left -= taken;
            Some(&slice[..taken])
        });
        trace::report(EventKind::Written, || self.subject(), count, taken);
    }

    fn has_read(&self, count: usize) {
        trace::report(EventKind::Read, || self.subject(), count, []);
    }

    fn subject(&self) -> Subject {
        Subject::Made { name: Some(Arc::clone(&self.identity.name)), made_at: self.identity.made_at }
    }

    fn did(&self, kind: EventKind) {
        trace::report(kind, || self.subject(), 0, []);
    }

    /// A pending operation says what it waits for.
    fn noted<T>(&self, what: &'static str, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() {
            let Identity { name, made_at, .. } = &self.identity;
            wait::report(|| Wait::new(what, *made_at).named(Some(Arc::clone(name))));
        }
        polled
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.did(EventKind::Dropped);
        self.outgoing.close_writer();
        self.incoming.drop_reader();
    }
}

impl fmt::Debug for Pipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipe")
            .field("name", &self.identity.name)
            .field("outgoing", &format_args!("{}", self.outgoing.describe()))
            .field("incoming", &format_args!("{}", self.incoming.describe()))
            .finish()
    }
}

/// One direction of a pair, in the hand of the test. Clones are the same direction.
#[derive(Clone)]
pub struct Direction {
    wire: Arc<Wire>,
}

impl Direction {
    /// From now on the bytes stay where they are: the reader waits, also for the end of the stream.
    pub fn hold(&self) {
        self.wire.hold();
    }

    /// The bytes go on.
    pub fn release(&self) {
        self.wire.release();
    }

    /// Ends the direction too early, but cleanly: what is in flight is lost, the reader sees the end of the
    /// stream, and writes break.
    pub fn cut(&self) {
        self.wire.cut();
    }

    /// The reader gets this error after the bytes that are already there, and the writer with its next write.
    pub fn fail(&self, error: io::ErrorKind) {
        self.wire.fail(error, error, true);
    }

    /// How the bytes are cut that the reader sees from now on; offsets count from here.
    pub fn segment(&self, segmentation: &Segmentation) {
        self.wire.segment(segmentation);
    }

    /// How many bytes are written and not read.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.wire.in_flight()
    }
}

impl fmt::Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direction({})", self.wire.describe())
    }
}

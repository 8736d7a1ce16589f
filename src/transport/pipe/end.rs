//! One end of a pipe.

use std::{
    fmt,
    future::poll_fn,
    io::{self, IoSlice},
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;

use super::{direction::Direction, wire::Wire};
use crate::{
    leaf::{self, Suspended},
    trace::{self, EventKind, Subject},
    violation::SourceLocation,
    wait::{self, Wait},
};

/// One end of an in-memory stream, made by [`pipe`](super::pipe). With the feature `tokio` it is
/// `AsyncRead + AsyncWrite`; [`into_blocking`](Self::into_blocking) makes it `std::io::Read + Write`.
///
/// Dropping an end closes it. The other end reads what is left and then the end of the stream, and its writes fail.
/// Every later read returns the end again. A write after a shutdown fails with `BrokenPipe`.
///
/// # Cancel safety
/// A read or write that is dropped while pending has taken and lost nothing.
pub struct Pipe {
    pub(super) outgoing: Arc<Wire>,
    pub(super) incoming: Arc<Wire>,
    pub(super) identity: PipeIdentity,
    writes: Suspended,
    reads: Suspended,
}

#[derive(Clone)]
pub(super) struct PipeIdentity {
    pub(super) name: Arc<str>,
    pub(super) made_at: SourceLocation,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Pipe {
    pub(super) fn new(identity: PipeIdentity, outgoing: &Arc<Wire>, incoming: &Arc<Wire>) -> Self {
        Self {
            outgoing: Arc::clone(outgoing),
            incoming: Arc::clone(incoming),
            identity,
            writes: Suspended::default(),
            reads: Suspended::default(),
        }
    }

    /// Returns the address of this end.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.identity.local
    }

    /// Returns the address of the other end.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.identity.peer
    }

    /// Returns a handle to the bytes that this end writes. It works on after the end was moved.
    #[must_use]
    pub fn outgoing(&self) -> Direction {
        Direction { wire: Arc::clone(&self.outgoing) }
    }

    /// Returns a handle to the bytes that this end reads. It works on after the end was moved.
    #[must_use]
    pub fn incoming(&self) -> Direction {
        Direction { wire: Arc::clone(&self.incoming) }
    }

    /// Resets the connection. The bytes in flight are lost in both directions. The other end gets `ConnectionReset`,
    /// this one `ConnectionAborted`.
    pub fn reset(&self) {
        self.did(EventKind::Reset);
        let (own, other) = (io::ErrorKind::ConnectionAborted, io::ErrorKind::ConnectionReset);
        self.outgoing.fail(other, own, false);
        self.incoming.fail(own, other, false);
    }

    /// Writes all of `bytes` without copying them: [`read_bytes`](Self::read_bytes) returns the same allocation. Waits
    /// only while there is no room at all.
    ///
    /// # Errors
    /// `BrokenPipe` after a shutdown or when the other end is dropped, `ConnectionAborted` after a reset, and the errors
    /// that the test injects.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing was written.
    pub async fn write_bytes(&mut self, bytes: Bytes) -> io::Result<()> {
        if bytes.is_empty() {
            return self.outgoing.check_writer();
        }
        let write = |cx: &mut Context<'_>| leaf::spend(cx, |cx| self.outgoing.poll_write_bytes(cx, &bytes));
        let count = poll_fn(|cx| self.noted("write to", self.writes.poll(cx, write))).await?;
        self.wrote(count, &[IoSlice::new(&bytes)]);
        Ok(())
    }

    /// Reads the next bytes without copying them. Returns `None` at the end of the stream.
    ///
    /// # Errors
    /// `ConnectionReset` after a reset, and the errors that the test injects.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing was read.
    pub async fn read_bytes(&mut self) -> io::Result<Option<Bytes>> {
        poll_fn(|cx| {
            let take = |cx: &mut Context<'_>| self.incoming.poll_read(cx, usize::MAX, |front| front.take());
            let read = |cx: &mut Context<'_>| leaf::spend(cx, take);
            self.noted("read from", self.reads.poll(cx, read))
        })
        .await
        .inspect(|bytes| self.has_read(bytes.as_ref().map_or(0, Bytes::len)))
    }

    /// Ends the writing direction cleanly: the other end reads what was written and then the end of the stream. Reading
    /// goes on. A second call does nothing.
    pub fn close_write(&mut self) {
        self.did(EventKind::ShutDown);
        self.outgoing.close_writer();
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if slices.iter().all(|slice| slice.is_empty()) {
            return Poll::Ready(self.outgoing.check_writer().map(|()| 0));
        }
        let write = |cx: &mut Context<'_>| self.outgoing.poll_write(cx, slices);
        let polled = self.writes.poll(cx, |cx| leaf::spend(cx, write));
        if let Poll::Ready(Ok(count)) = polled {
            self.wrote(count, slices);
        }
        self.noted("write to", polled)
    }

    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        most: usize,
        mut sink: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        if most == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut count = 0;
        let read = |cx: &mut Context<'_>| {
            self.incoming.poll_read(cx, most, |front| {
                front.copy_to(|bytes| {
                    count += bytes.len();
                    sink(bytes);
                });
            })
        };
        let polled = self.reads.poll(cx, |cx| leaf::spend(cx, read));
        if let Poll::Ready(Ok(_)) = polled {
            self.has_read(count);
        }
        self.noted("read from", polled).map_ok(drop)
    }

    fn wrote(&self, count: usize, slices: &[IoSlice<'_>]) {
        let report = |taken: &[_]| trace::report(EventKind::Written, || self.subject(), count, taken);
        if let [one] = slices {
            return report(&[IoSlice::new(&one[..count])]);
        }
        let taken = slices.iter().scan(count, |left, slice| {
            let taken = slice.len().min(*left);
            *left -= taken;
            Some(IoSlice::new(&slice[..taken]))
        });
        report(&taken.collect::<Vec<_>>());
    }

    fn has_read(&self, count: usize) {
        trace::report(EventKind::Read, || self.subject(), count, &[]);
    }

    fn subject(&self) -> Subject {
        Subject::Made { name: Some(Arc::clone(&self.identity.name)), made_at: self.identity.made_at }
    }

    fn did(&self, kind: EventKind) {
        trace::report(kind, || self.subject(), 0, &[]);
    }

    /// Reports what a pending operation waits for.
    fn noted<T>(&self, what: &'static str, polled: Poll<T>) -> Poll<T> {
        if polled.is_pending() {
            let PipeIdentity { name, made_at, .. } = &self.identity;
            wait::report(|| Wait::new(what, *made_at).named(Arc::clone(name)));
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

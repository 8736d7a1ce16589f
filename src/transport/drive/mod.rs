//! The driver: a protocol over a tokio stream, for real.

mod running;
mod socket;

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use self::running::Running;
pub use unplugged_seam::Socket;

pub use self::socket::Addressed;
use super::{Protocol, core::MARKS, texts};
use crate::{clock::Clock, violation::SourceLocation};

/// Runs a protocol over a stream, with the time from `clock`, until the connection is over. Gives the protocol back,
/// and how the connection ended, as `connection_lost` was told.
///
/// It reads no more than the protocol takes: one buffer of up to 16 KiB, handed over without a copy, and nothing
/// while reading is paused, so that a reset is then noticed with the next write only. What the protocol writes in one turn goes out together. A stream that cannot tell its
/// addresses shows as 0.0.0.0:0.
///
/// A driver that is polled for the first time calls `connection_made`. A TCP stream is taken as it is: `set_nodelay`
/// is for the caller.
///
/// # Errors
/// The second of the two is the error that ended the connection: `ConnectionAborted` after the protocol's own
/// `abort`, and what the stream gave otherwise.
///
/// # Cancel safety
/// A driver that is dropped drops the protocol, without `connection_lost`, and the stream. If anything was written
/// and has not gone out, the peer gets a reset, so that it cannot take what it has for all there was.
///
/// # Example: over a pipe in virtual time
/// ```
/// use bytes::Bytes;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{Sim, transport::{Protocol, Transport, drive, pipe}};
///
/// struct Echo;
/// impl Protocol for Echo {
///     fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) { transport.write_bytes(bytes); }
/// }
/// let sim = Sim::new();
/// let (mut client, server) = pipe();
/// let served = sim.watch(drive(Echo, server, sim.clock()));
/// let answer = sim.watch(async move {
///     client.write_all(b"ping").await?;
///     client.shutdown().await?;
///     let mut answer = String::new();
///     client.read_to_string(&mut answer).await.map(|_| answer)
/// });
/// sim.settle();
/// assert_eq!(answer.assert_success(), "ping");
/// assert!(served.assert_ready().1.is_ok());
/// ```
#[track_caller]
pub fn drive<P: Protocol, S: Socket, C: Clock>(protocol: P, stream: S, clock: C) -> Drive<P, S, C> {
    let settings = Settings { marks: MARKS, linger: None, made_at: SourceLocation::caller() };
    Drive { settings, linger_deadline: None, parts: Some((protocol, stream, clock)), running: None }
}

/// A protocol that runs over a stream. Made by [`drive`].
#[must_use = "a driver does nothing unless it is awaited"]
pub struct Drive<P, S: Socket, C> {
    settings: Settings,
    /// Until the first poll.
    linger_deadline: Option<Hurry>,
    /// Until the first poll.
    parts: Option<(P, S, C)>,
    /// From then on until it is done.
    running: Option<Running<P, S, C>>,
}

#[derive(Clone, Copy, Debug)]
struct Settings {
    marks: (usize, usize),
    linger: Option<Linger>,
    made_at: SourceLocation,
}

/// When a close does not wait for the peer any more.
type Hurry = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How a close waits for the peer.
#[derive(Clone, Copy, Debug)]
struct Linger {
    limit: Duration,
    most: usize,
}

impl<P, S: Socket, C> Drive<P, S, C> {
    /// When the protocol hears `pause_writing`: with more than `high` bytes unsent; and when `resume_writing`: with
    /// `low` bytes or less. 16 KiB and 64 KiB unless set.
    ///
    /// # Panics
    /// If `low` is more than `high`.
    #[track_caller]
    pub fn watermarks(mut self, low: usize, high: usize) -> Self {
        if low > high {
            texts::marks(low, high).raise();
        }
        self.settings.marks = (low, high);
        self
    }

    /// Lets a `close` linger: the write side is shut down, and then the stream is read, and what comes is thrown
    /// away, until the peer ends its side, too, or for `limit`, or until `most` bytes have come since the `close`.
    /// Unless set, a close does not linger.
    ///
    /// A TCP stream that is closed while bytes from the peer are unread or on their way sends a reset, and the reset
    /// can overtake what was written last: the client of a server that refuses a large upload never sees the refusal.
    /// A server wants this; a client that has its answer does not.
    ///
    /// Source: RFC 9112, section 9.6.
    pub fn linger(mut self, limit: Duration, most: usize) -> Self {
        self.settings.linger = Some(Linger { limit, most });
        self
    }

    /// Lets no close [`linger`](Self::linger) any more once `linger_deadline` is ready: one that does ends, and one that comes later
    /// ends as soon as all has gone out. What has come until then is thrown away first, so that it provokes no reset;
    /// what comes later does.
    ///
    /// A server that is told to stop wants this: clients that keep their end open would hold it up for the whole of
    /// `limit`, each. `linger_deadline` is polled only while a close lingers. Unless set, nothing ends it early.
    ///
    /// # Example: a server that stops
    /// ```
    /// use bytes::Bytes;
    /// use tokio::sync::oneshot;
    /// use unplugged::{Sim, clock::secs, transport::{Protocol, Transport, drive, pipe}};
    ///
    /// struct Bye;
    /// impl Protocol for Bye {
    ///     fn connection_made(&mut self, transport: &mut dyn Transport) { transport.close(); }
    ///     fn data_received(&mut self, _: &mut dyn Transport, _: Bytes) {}
    /// }
    /// let sim = Sim::new();
    /// let (_client, server) = pipe(); // the client keeps its end open
    /// let (stop, stopped) = oneshot::channel();
    /// let driver = drive(Bye, server, sim.clock()).linger(secs(2), usize::MAX);
    /// let served = sim.watch(driver.linger_until(async { stopped.await.unwrap_or(()) }));
    /// sim.settle();
    /// served.assert_pending();
    /// stop.send(()).unwrap();
    /// sim.settle();
    /// assert!(served.assert_ready().1.is_ok());
    /// ```
    pub fn linger_until(mut self, linger_deadline: impl Future<Output = ()> + Send + 'static) -> Self {
        self.linger_deadline = Some(Box::pin(linger_deadline));
        self
    }
}

impl<P: Protocol, S: Socket, C: Clock> Future for Drive<P, S, C> {
    type Output = (P, io::Result<()>);

    /// # Panics
    /// If it is polled after it was ready.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if let Some((protocol, stream, clock)) = this.parts.take() {
            this.running =
                Some(Running::start(protocol, stream, clock, this.settings, this.linger_deadline.take()));
        }
        let Some(running) = &mut this.running else { texts::polled_after_end(this.settings.made_at).raise() };
        let result = ready!(running.poll(cx));
        let protocol = this.running.take().expect("it was running a line above").into_protocol();
        Poll::Ready((protocol, result))
    }
}

/// Nothing of it is pinned in place.
impl<P, S: Socket, C> Unpin for Drive<P, S, C> {}

impl<P, S: Socket, C> Drop for Drive<P, S, C> {
    fn drop(&mut self) {
        self.running.iter_mut().for_each(Running::give_up);
    }
}

impl<P, S: Socket, C> fmt::Debug for Drive<P, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match (&self.parts, &self.running) {
            (Some(_), _) => "not begun".to_owned(),
            (None, Some(running)) => running.describe(),
            (None, None) => "done".to_owned(),
        };
        f.debug_struct("Drive")
            .field("protocol", &format_args!("{}", std::any::type_name::<P>()))
            .field("state", &format_args!("{state}"))
            .finish_non_exhaustive()
    }
}

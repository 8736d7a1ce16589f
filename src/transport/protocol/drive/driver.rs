//! Runs a protocol over a tokio stream.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use unplugged_seam::Socket;

use super::{
    running::Running,
    settings::{Linger, LingerDeadline, Settings},
};
use crate::{
    clock::Clock,
    transport::protocol::{callbacks::Protocol, engine::WATERMARKS, texts},
    violation::SourceLocation,
};

/// Runs a protocol over a stream, with the time of `clock`, until the connection ends. Returns the protocol, and the
/// reason that `connection_lost` got.
///
/// - The first poll calls `connection_made`.
/// - It reads up to 16 KiB at once, without a copy. While reading is paused it reads nothing; it then notices a reset only
///   with the next write.
/// - What the protocol writes in one turn goes out together.
/// - `set_nodelay` is left to the caller. The addresses of a stream that does not know them are 0.0.0.0:0.
///
/// # Errors
/// The `Result` is the error that ended the connection: `ConnectionAborted` after the protocol's own `abort`, and the
/// error of the stream otherwise.
///
/// # Cancel safety
/// Dropping the driver drops the stream and the protocol, without `connection_lost`. If bytes are unsent, the peer gets a
/// reset instead of a clean end.
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
    let settings = Settings { watermarks: WATERMARKS, linger: None, made_at: SourceLocation::caller() };
    Drive { settings, linger_deadline: None, parts: Some((protocol, stream, clock)), running: None }
}

/// The future of a protocol that runs over a stream. Made by [`drive`].
#[must_use = "a driver does nothing unless it is awaited"]
pub struct Drive<P, S: Socket, C> {
    settings: Settings,
    /// Until the first poll.
    linger_deadline: Option<LingerDeadline>,
    /// Until the first poll.
    parts: Option<(P, S, C)>,
    /// From then on until it is done.
    running: Option<Running<P, S, C>>,
}

impl<P, S: Socket, C> Drive<P, S, C> {
    /// Sets the watermarks: `pause_writing` comes with more than `high` bytes unsent, `resume_writing` with `low` or less.
    /// The default is 16 KiB and 64 KiB.
    ///
    /// # Panics
    /// Panics if `low` is more than `high`.
    #[track_caller]
    pub fn watermarks(mut self, low: usize, high: usize) -> Self {
        if low > high {
            texts::watermarks(low, high).raise();
        }
        self.settings.watermarks = (low, high);
        self
    }

    /// Lets a `close` linger. By default it does not.
    ///
    /// After the shutdown of the write side, the driver reads and drops what the peer still sends: until the peer ends its
    /// side, for at most `limit`, and for at most `most` bytes.
    ///
    /// A server needs this. A TCP stream that is closed while bytes of the peer are unread or in flight sends a reset, which
    /// can overtake what was written last: the client of a refused upload never sees the refusal.
    ///
    /// Source: RFC 9112, section 9.6.
    pub fn linger(mut self, limit: Duration, most: usize) -> Self {
        self.settings.linger = Some(Linger { limit, most });
        self
    }

    /// Ends every [`linger`](Self::linger) once `linger_deadline` is ready, also one that begins later. By default, nothing
    /// ends it early.
    ///
    /// All writes go out first, and what has arrived until then is dropped, so that it causes no reset. What arrives later
    /// does cause one. `linger_deadline` is polled only while a close lingers.
    ///
    /// A server that stops needs this: clients that keep their end open would delay it for the whole `limit`.
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
    /// Panics if it is polled after it was ready.
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

/// No field is pinned in place.
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

//! Chapter 03: a connection, between the transport that carries bytes and the handler that answers requests. The page
//! is `exercises/chapters/ch03_connection.md`, the tests are `exercises/tests/ch03_connection.rs`: make them green one
//! by one, in their order.
//!
//! ```text
//!   bytes       Decode       requests      Handler
//!  ------->  [ OneHead ]  ------------>  [ yours  ]
//!  <----------------------------------------
//!   bytes    chapter 02    an answer, now or later
//! ```
//!
//! A [`Connection`] does no I/O and parses nothing. It keeps the order: it takes requests from a decoder, one at a
//! time, hands each to the handler, and writes the answer. What may differ is handed in, and so each part can be tested
//! without the others:
//!
//! - a [`Decode`] makes requests of bytes. You write [`OneHead`], the smallest; chapters 04 to 06 bring better ones.
//! - a [`Timekeeper`] says when it has waited too long. [`Timeless`] never does; in chapter 07 you write one that does.
//! - a [`Handler`] is the application. In chapter 08 you write one with routes.
//!
//! The traits and what they speak of stand here whole, so that the later chapters find them. To do: `OneHead`, and what
//! a connection does in each call.

use std::{error::Error, fmt, future::Future, io, pin::Pin, task::Context, time::Instant};

use bytes::Bytes;
use unplugged::transport::{Protocol, Transport};

use crate::{
    ch01_request_head::{Head, ParseError},
    ch02_response_writer::Response,
};

// What a handler is: whole, nothing to do.

/// Whatever went wrong in a handler. The client is told 500 and nothing more.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// An answer that is still being made.
pub type Later = Pin<Box<dyn Future<Output = Result<Response, BoxError>>>>;

/// One whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The request line and the fields.
    pub head: Head,
    /// The content, with the chunks joined. Empty until chapter 05.
    pub body: Vec<u8>,
    /// Whether the connection can go on after the answer.
    pub keep_alive: bool,
}

/// What a handler answers.
pub enum Reply {
    /// It is here.
    Now(Response),
    /// It will come. The connection polls it, and drops it if the client goes away or time runs out.
    Later(Later),
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(response) => f.debug_tuple("Now").field(response).finish(),
            Self::Later(_) => f.write_str("Later"),
        }
    }
}

/// The application, as a connection sees it. Every function from a request to a reply is one.
pub trait Handler {
    /// Answers a request. Is not called again before that answer is written.
    ///
    /// # Errors
    /// Whatever went wrong; the client is told 500, the log is told what.
    fn call(&mut self, request: Request) -> Result<Reply, BoxError>;
}

impl<F: FnMut(Request) -> Result<Reply, BoxError>> Handler for F {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        self(request)
    }
}

// What a decoder is: whole, but for `OneHead`.

/// Makes requests of bytes, cut anyhow. Knows all that can be wrong with them, and nothing of answers.
pub trait Decode {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// The next thing that the bytes say, or `None` as long as it is not all here. Not asked again after an error.
    ///
    /// # Errors
    /// If the bytes are no request that can be served.
    fn next_event(&mut self) -> Result<Option<Event>, Refused>;

    /// How far the next request has come.
    fn progress(&self) -> Progress;

    /// How many bytes were taken and have said nothing yet.
    fn buffered(&self) -> usize;
}

/// What bytes say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole request.
    Request(Request),
    /// The client waits for a `100 Continue` before it sends its body.
    Continue,
}

/// How far a request has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing of it is here.
    Idle,
    /// A part of its head is here.
    Head,
    /// Its head is here, and its body is not.
    Body,
}

/// The bytes are no request that can be served: the status that says why. Where the next request would begin
/// nobody knows, so that the connection ends with the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub u16);

impl From<ParseError> for Refused {
    fn from(error: ParseError) -> Self {
        match error {
            ParseError::BadRequest => Self(400),
            ParseError::VersionNotSupported => Self(505),
        }
    }
}

/// The smallest decoder: one request, without a body, after which the connection ends; what follows it is thrown away.
///
/// Yours: what it holds, and how it reads it with `parse_head` of chapter 01.
#[derive(Clone, Debug, Default)]
pub struct OneHead {}

impl Decode for OneHead {
    fn push(&mut self, bytes: &[u8]) {
        exercise!("ch03", "OneHead::push({} bytes): keep them, behind those that are there", bytes.len())
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch03",
            "OneHead::next_event(): the request, once its head is whole; after it None, for ever"
        )
    }

    fn progress(&self) -> Progress {
        exercise!("ch03", "OneHead::progress(): Head as soon as a byte of the request is here, else Idle")
    }

    fn buffered(&self) -> usize {
        exercise!("ch03", "OneHead::buffered(): how many bytes were kept, and are no request yet")
    }
}

// What a timekeeper is: whole, nothing to do.

/// Says when a connection has waited too long. Told what the connection waits for, asked when that ends.
pub trait Timekeeper {
    /// The connection waits for this now. Said again and again; only a change begins anew.
    fn enter(&mut self, phase: Phase);

    /// Bytes came, of whatever the connection waits for.
    fn received(&mut self);

    /// So many bytes have gone out since the connection began, and so many still wait to.
    fn sent(&mut self, sent: u64, unsent: usize);

    /// When the first of the limits is reached.
    fn deadline(&self) -> Option<Instant>;

    /// Which limit is reached at `now`, if one is.
    fn expired(&mut self, now: Instant) -> Option<Phase>;

    /// The date for an answer, if it knows one.
    fn date(&mut self) -> Option<String>;
}

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The rest of a head, or the first request of all.
    Head,
    /// The rest of a body.
    Body,
    /// The next request, after an answer.
    Idle,
    /// The handler.
    Handler,
    /// The client, which does not take what was written.
    Write,
    /// Nothing any more.
    Over,
}

/// Waits for ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timeless;

impl Timekeeper for Timeless {
    fn enter(&mut self, _phase: Phase) {}
    fn received(&mut self) {}
    fn sent(&mut self, _sent: u64, _unsent: usize) {}
    fn deadline(&self) -> Option<Instant> {
        None
    }
    fn expired(&mut self, _now: Instant) -> Option<Phase> {
        None
    }
    fn date(&mut self) -> Option<String> {
        None
    }
}

// The connection: what goes into it is here, what it does is yours; `pause_writing` and `resume_writing` only in
// chapter 04.

/// Answers one client: reads requests, calls the handler, writes the answers in their order, and closes.
///
/// Requests are taken one at a time: the decoder is not asked for the next before the answer to the last is written.
/// After an answer that says `Connection: close`, and after anything that was refused, the connection is closed and
/// nothing more is read.
///
/// Yours: the state that it is in between two calls, and whatever else it must remember.
#[allow(dead_code, reason = "not all of it is read before you are done")]
pub struct Connection<H, D = OneHead, T = Timeless> {
    handler: H,
    decoder: D,
    time: T,
    /// Takes each error, once.
    log: Box<dyn FnMut(BoxError)>,
    /// Until it is ready, there is no haste.
    stop: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl<H: Handler> Connection<H> {
    /// A connection that answers one request without a body, and then closes.
    pub fn new(handler: H) -> Self {
        Self::with(handler, OneHead::default(), Timeless)
    }
}

impl<H: Handler, D: Decode, T: Timekeeper> Connection<H, D, T> {
    /// A connection that reads with `decoder` and waits as long as `time` says. Errors are told to standard error.
    pub fn with(handler: H, decoder: D, time: T) -> Self {
        Self { handler, decoder, time, log: Box::new(|error| eprintln!("error: {error}")), stop: None }
    }

    /// Tells errors to `log`: what handlers returned, how they panicked, and answers that cannot be written. The
    /// client sees 500 and no more.
    #[must_use]
    pub fn log_to(mut self, log: impl FnMut(BoxError) + 'static) -> Self {
        self.log = Box::new(log);
        self
    }

    /// Once `stop` is ready, the connection takes no new request: it finishes the one that has begun, says
    /// `Connection: close`, and closes; at once, if none has begun.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + 'static) -> Self {
        self.stop = Some(Box::pin(stop));
        self
    }
}

/// What happens to a connection comes as calls; what it has to say goes out through the `transport` that each call is
/// handed. The contract is in the documentation of [`Protocol`]: `cargo doc -p unplugged --open`.
impl<H: Handler, D: Decode, T: Timekeeper> Protocol for Connection<H, D, T> {
    fn connection_made(&mut self, _transport: &mut dyn Transport) {
        self.time.enter(Phase::Head);
    }

    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
        exercise!(
            "ch03",
            "data_received({} bytes, from {}): push them to the decoder, then take a request and answer it",
            bytes.len(),
            transport.peer_addr()
        )
    }

    fn end_received(&mut self, transport: &mut dyn Transport) {
        exercise!(
            "ch03",
            "end_received(from {}): the client sends no more. 400 if a request has begun; close, unless an answer is due",
            transport.peer_addr()
        )
    }

    fn poll(&mut self, transport: &mut dyn Transport, cx: &mut Context<'_>) {
        // Nothing waits yet. Called after every other call: here an answer that comes later goes on (t13), and here
        // the connection looks whether it is to stop (t25).
        let _ = (transport, cx);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.time.deadline()
    }

    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        exercise!(
            "ch03",
            "handle_timeout({now:?}, with {} bytes unsent): ask `time` what has taken too long, and give that up",
            transport.unsent()
        )
    }

    fn pause_writing(&mut self, transport: &mut dyn Transport) {
        exercise!(
            "ch04",
            "pause_writing({} bytes unsent): the client does not take its answers: make no more of them",
            transport.unsent()
        )
    }

    fn resume_writing(&mut self, transport: &mut dyn Transport) {
        exercise!(
            "ch04",
            "resume_writing({} bytes unsent): the client takes its answers again: go on",
            transport.unsent()
        )
    }

    fn connection_lost(&mut self, reason: io::Result<()>) {
        exercise!(
            "ch03",
            "connection_lost({reason:?}): the last call. Let go of the answer that is being made, and say Phase::Over"
        )
    }
}

impl<H: fmt::Debug, D: fmt::Debug, T: fmt::Debug> fmt::Debug for Connection<H, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("handler", &self.handler)
            .field("decoder", &self.decoder)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

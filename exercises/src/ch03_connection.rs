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
//! time, passes each to the handler, and writes the answer. Its parts are arguments, so that each can be tested without
//! the others:
//!
//! - a [`Decode`] makes requests from bytes. You write [`OneHead`], the smallest; chapters 04 to 06 add better ones.
//! - a [`Timekeeper`] says when something takes too long. [`Timeless`] never does; in chapter 07 you write one that
//!   does.
//! - a [`Handler`] is the application. In chapter 08 you write one with routes.
//!
//! The traits and their types are complete, so that later chapters can use them. You write `OneHead`, and what a
//! connection does in each call.

use std::{error::Error, fmt, future::Future, io, pin::Pin, task::Context, time::Instant};

use bytes::Bytes;
use unplugged::transport::{Protocol, Transport};

use crate::{
    ch01_request_head::{Head, ParseError},
    ch02_response_writer::Response,
};

// The handler: complete, nothing to do.

/// The error of a handler. The client gets a 500 without details.
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
    /// `true` if the connection can stay open after the answer.
    pub keep_alive: bool,
}

/// The answer of a handler.
pub enum Reply {
    /// The answer is here.
    Now(Response),
    /// The answer comes later. The connection polls it, and drops it if the client goes away or time runs out.
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

/// The application, as a connection sees it. Every function from a request to a reply is a handler.
pub trait Handler {
    /// Answers a request. The connection calls it again only when that answer is written.
    ///
    /// # Errors
    /// Any failure of the application. The client gets a 500, the log gets the error.
    fn call(&mut self, request: Request) -> Result<Reply, BoxError>;
}

impl<F: FnMut(Request) -> Result<Reply, BoxError>> Handler for F {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        self(request)
    }
}

// The decoder: complete, except `OneHead`.

/// Makes requests from bytes, however they are cut. Checks everything about requests, and uses no answers.
pub trait Decode {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// Returns the next event, or `None` until all of it has come. Not called again after an error.
    ///
    /// # Errors
    /// [`Refused`], if the bytes are no request that can be served.
    fn next_event(&mut self) -> Result<Option<Event>, Refused>;

    /// Returns how much of the next request is here.
    fn progress(&self) -> Progress;

    /// Returns how many bytes were taken and are part of no event yet.
    fn buffered(&self) -> usize;
}

/// An event in the bytes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A whole request.
    Request(Request),
    /// The client waits for a `100 Continue` before it sends its body.
    Continue,
}

/// The part of a request that is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Nothing.
    Idle,
    /// A part of its head.
    Head,
    /// Its whole head, but not its whole body.
    Body,
}

/// The status that refuses bytes that are no request. The beginning of the next request is then unknown, so the
/// connection ends with this answer.
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

/// The smallest decoder: reads one request without a body, after which the connection ends, and discards the rest.
///
/// You decide what it holds, and how it uses `parse_head` of chapter 01.
#[derive(Clone, Debug, Default)]
pub struct OneHead {}

impl Decode for OneHead {
    fn push(&mut self, bytes: &[u8]) {
        exercise!(
            "ch03",
            "OneHead::push({} bytes): append them to the bytes that are not read yet",
            bytes.len()
        )
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        exercise!(
            "ch03",
            "OneHead::next_event(): the request, once its head is whole; after that always None"
        )
    }

    fn progress(&self) -> Progress {
        exercise!("ch03", "OneHead::progress(): Head once a byte of the request is here, otherwise Idle")
    }

    fn buffered(&self) -> usize {
        exercise!("ch03", "OneHead::buffered(): the number of bytes that are kept and are no request yet")
    }
}

// The timekeeper: complete, nothing to do.

/// Decides when a connection has waited too long. The connection tells it what it waits for.
pub trait Timekeeper {
    /// Notes what the connection waits for. Called with the same phase many times; only a change restarts its limit.
    fn enter(&mut self, phase: Phase);

    /// Notes that bytes came.
    fn received(&mut self);

    /// Notes how many bytes were sent since the connection began, and how many still wait.
    fn sent(&mut self, sent: u64, unsent: usize);

    /// Returns the instant of the next limit.
    fn deadline(&self) -> Option<Instant>;

    /// Returns the phase whose limit is reached at `now`, if there is one.
    fn expired(&mut self, now: Instant) -> Option<Phase>;

    /// Returns the date for an answer, if it knows one.
    fn date(&mut self) -> Option<String>;
}

/// The phase of a connection: what it waits for.
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
    /// Nothing: the connection is over.
    Over,
}

/// A timekeeper without limits.
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

// The connection: its arguments are here, you write what it does; `pause_writing` and `resume_writing` wait for
// chapter 04.

/// Answers one client: reads requests, calls the handler, writes the answers in their order, and closes.
///
/// It takes requests one at a time: it asks the decoder for the next only when the answer to the last is written. After
/// an answer with `Connection: close`, and after anything that it refused, it closes and reads nothing more.
///
/// You decide its state between two calls, and what else it must remember.
#[allow(dead_code, reason = "not all of it is read before you are done")]
pub struct Connection<H, D = OneHead, T = Timeless> {
    handler: H,
    decoder: D,
    time: T,
    /// Gets each error, once.
    log: Box<dyn FnMut(BoxError)>,
    /// Ready when the connection should stop.
    stop: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl<H: Handler> Connection<H> {
    /// Creates a connection that answers one request without a body, and then closes.
    pub fn new(handler: H) -> Self {
        Self::with(handler, OneHead::default(), Timeless)
    }
}

impl<H: Handler, D: Decode, T: Timekeeper> Connection<H, D, T> {
    /// Creates a connection that reads with `decoder` and waits as long as `time` allows. Logs to standard error.
    pub fn with(handler: H, decoder: D, time: T) -> Self {
        Self { handler, decoder, time, log: Box::new(|error| eprintln!("error: {error}")), stop: None }
    }

    /// Sends errors to `log`: errors and panics of handlers, and answers that cannot be written. The client gets a 500
    /// without details.
    #[must_use]
    pub fn log_to(mut self, log: impl FnMut(BoxError) + 'static) -> Self {
        self.log = Box::new(log);
        self
    }

    /// Stops the connection once `stop` is ready: it finishes the request that has begun, answers with
    /// `Connection: close`, and closes. If no request has begun, it closes at once.
    #[must_use]
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + 'static) -> Self {
        self.stop = Some(Box::pin(stop));
        self
    }
}

/// Each event of the connection is a call; output goes to the `transport` that each call gets. The contract is in the
/// documentation of [`Protocol`]: `cargo doc -p unplugged --open`.
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
        // Nothing waits yet. `poll` follows every other call: poll a later answer here (t13), and check here whether
        // the connection should stop (t25).
        let _ = (transport, cx);
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.time.deadline()
    }

    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        exercise!(
            "ch03",
            "handle_timeout({now:?}, with {} bytes unsent): ask `time` what has taken too long, and end it",
            transport.unsent()
        )
    }

    fn pause_writing(&mut self, transport: &mut dyn Transport) {
        exercise!(
            "ch04",
            "pause_writing({} bytes unsent): the client does not take its answers: make no more",
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
            "connection_lost({reason:?}): the last call. Drop the answer that is being made, and enter Phase::Over"
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

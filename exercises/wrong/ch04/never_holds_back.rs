// caught-by: t22_a_client_that_sends_ahead_too_far_has_to_wait
// instead-of: ch03_connection/connection/mod.rs
// There is always more memory, until there is none.
mod answer;
mod protocol;

use std::{fmt, future::Future, mem, pin::Pin, task::Context};

use unplugged::transport::Transport;

use super::{
    BoxError, Decode, Event, Handler, Later, OneHead, Phase, Progress, Refused, Timekeeper, Timeless,
};

/// So much may be written in one call; then the transport gets a word in, which may be `pause_writing`.
const BATCH: usize = 64 * 1024;

/// So much may lie unread while an answer is being made; then the client has to wait. More than the largest head.
const READ_AHEAD: usize = 256 * 1024;

/// Answers one client: reads requests, calls the handler, writes the answers in their order, and closes.
///
/// Requests are taken one at a time. While an answer is being made, or the client does not take what was written,
/// what it sends lies unread, within bounds.
pub struct Connection<H, D = OneHead, T = Timeless> {
    handler: H,
    decoder: D,
    time: T,
    log: Box<dyn FnMut(BoxError)>,
    stop: Option<Pin<Box<dyn Future<Output = ()>>>>,
    state: State,
    /// What this call has to say. Kept from call to call for its memory.
    out: Vec<u8>,
    written: u64,
    is_first: bool,
    /// The client will send nothing more.
    ended: bool,
    stopping: bool,
    writing_paused: bool,
    reading_paused: bool,
}

enum State {
    /// Waits for a request, or for the rest of one.
    Receiving,
    /// Waits for the handler.
    Answering(Exchange, Later),
    /// The last word is in `out`.
    Closing,
    /// Has closed, or was closed.
    Closed,
}

/// What must be known of a request to write its answer.
struct Exchange {
    method: String,
    minor: u8,
    keep_alive: bool,
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
        Self {
            handler,
            decoder,
            time,
            log: Box::new(|error| eprintln!("error: {error}")),
            stop: None,
            state: State::Receiving,
            out: Vec::new(),
            written: 0,
            is_first: true,
            ended: false,
            stopping: false,
            writing_paused: false,
            reading_paused: false,
        }
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

    /// Takes requests and answers them, as far as that goes without waiting.
    fn receive(&mut self) {
        while self.may_receive() {
            match self.decoder.next_event() {
                Ok(Some(Event::Continue)) => self.out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n"),
                Ok(Some(Event::Request(request))) => self.call(request),
                Ok(None) => return self.wait_for_more(),
                Err(Refused(status)) => self.refuse(status),
            }
        }
    }

    fn may_receive(&self) -> bool {
        matches!(self.state, State::Receiving) && !self.writing_paused && self.out.len() < BATCH
    }

    /// There is no whole request: waits for the rest, unless none will come.
    fn wait_for_more(&mut self) {
        let idle = self.decoder.progress() == Progress::Idle;
        if idle && (self.ended || self.stopping) {
            self.state = State::Closing;
        } else if self.ended {
            self.refuse(400);
        }
    }

    fn poll_stop(&mut self, cx: &mut Context<'_>) {
        if self.stop.as_mut().is_some_and(|stop| stop.as_mut().poll(cx).is_ready()) {
            self.stop = None;
            self.stopping = true;
        }
    }

    /// Ends a call: hands over what it wrote, and says what the connection waits for now.
    fn finish(&mut self, transport: &mut dyn Transport) {
        if matches!(self.state, State::Closed) {
            return;
        }
        self.hand_over(transport);
        if matches!(self.state, State::Closing) {
            self.state = State::Closed;
            transport.close();
        } else {
            self.hold_back(transport);
        }
        self.time.enter(self.phase());
        self.report_sent(transport);
    }

    fn hand_over(&mut self, transport: &mut dyn Transport) {
        self.written += self.out.len() as u64;
        if self.out.len() < BATCH {
            transport.write(&self.out);
            self.out.clear();
        } else {
            transport.write_bytes(mem::take(&mut self.out).into());
        }
    }

    /// Lets the client wait while too much of what it sent lies unread.
    fn hold_back(&mut self, transport: &mut dyn Transport) {
        let too_much = false;
        match (self.reading_paused, too_much) {
            (false, true) => transport.pause_reading(),
            (true, false) => transport.resume_reading(),
            _ => {}
        }
        self.reading_paused = too_much;
    }

    fn report_sent(&mut self, transport: &dyn Transport) {
        let unsent = transport.unsent();
        self.time.sent(self.written.saturating_sub(unsent as u64), unsent);
    }

    fn phase(&self) -> Phase {
        match (&self.state, self.decoder.progress()) {
            (State::Receiving, _) if self.writing_paused => Phase::Write,
            (State::Receiving, Progress::Idle) if !self.is_first => Phase::Idle,
            (State::Receiving, Progress::Idle | Progress::Head) => Phase::Head,
            (State::Receiving, Progress::Body) => Phase::Body,
            (State::Answering(..), _) => Phase::Handler,
            (State::Closing | State::Closed, _) => Phase::Over,
        }
    }

    fn give_up(&mut self, phase: Phase, transport: &mut dyn Transport) {
        match phase {
            Phase::Head | Phase::Body if self.decoder.progress() != Progress::Idle => self.refuse(408),
            Phase::Head | Phase::Body | Phase::Idle | Phase::Over => self.state = State::Closing,
            Phase::Handler => {
                if let Some(exchange) = self.take_exchange() {
                    self.respond(&exchange, answer::plain(503));
                }
            }
            Phase::Write => {
                self.state = State::Closed;
                self.time.enter(Phase::Over);
                transport.abort();
            }
        }
    }
}

impl<H: fmt::Debug, D: fmt::Debug, T: fmt::Debug> fmt::Debug for Connection<H, D, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Receiving => "receiving",
            State::Answering(..) => "answering",
            State::Closing => "closing",
            State::Closed => "closed",
        };
        f.debug_struct("Connection")
            .field("state", &format_args!("{state}"))
            .field("handler", &self.handler)
            .field("decoder", &self.decoder)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

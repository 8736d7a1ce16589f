mod answer;
mod protocol;

use std::{fmt, future::Future, mem, pin::Pin, task::Context};

use unplugged::transport::Transport;

use super::{
    BoxError, Decode, Event, Handler, Later, OneHead, Phase, Progress, Refused, Timekeeper, Timeless,
};

/// The number of bytes to write in one call; then the transport can act, for example call `pause_writing`.
const BATCH: usize = 64 * 1024;

/// The number of bytes to hold unread while an answer is being made; then the client has to wait. More than the
/// largest head.
const READ_AHEAD: usize = 256 * 1024;

/// Answers one client: reads requests, calls the handler, writes the answers in their order, and closes.
///
/// It takes requests one at a time. While an answer is being made, or the client does not take its answers, it holds
/// what the client sends unread, within a limit.
pub struct Connection<H, D = OneHead, T = Timeless> {
    handler: H,
    decoder: D,
    time: T,
    log: Box<dyn FnMut(BoxError)>,
    stop: Option<Pin<Box<dyn Future<Output = ()>>>>,
    state: State,
    /// The output of this call. Kept between calls to reuse its memory.
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
    /// The last bytes are in `out`.
    Closing,
    /// Has closed, or was closed.
    Closed,
}

/// The facts about a request that its answer needs.
struct Exchange {
    method: String,
    minor: u8,
    keep_alive: bool,
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

    /// Takes requests and answers them, until it has to wait.
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

    /// Waits for the rest of a request, unless none will come.
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

    /// Ends a call: hands over its output, and tells the timekeeper what the connection waits for.
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

    /// Pauses reading while the client has sent too much ahead.
    fn hold_back(&mut self, transport: &mut dyn Transport) {
        let too_much = self.decoder.buffered() > READ_AHEAD && !self.may_receive();
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

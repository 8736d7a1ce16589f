//! Chapter 03: a connection. These tests are given: do not edit them, make them green in their order.
//!
//! No test has a socket, a thread or a running clock. `TestConnection` plays the network: `receive` brings bytes of the
//! client, `value` returns what was written. Each request ends its connection, so that these tests hold in later
//! chapters, too.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::{
    any::Any,
    cell::{Cell, RefCell},
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
    time::{Duration, Instant},
};

use support::{holds, same, same_bytes};
use unplugged::{
    clock::{Clock, FakeClock},
    fake::ErrorLog,
    outcome::{Promise, promise},
    transport::{ConnectionState, Protocol, Segmentation, TestConnection},
};
use workbook::{
    ch01_request_head::{Head, Headers},
    ch02_response_writer::{Body, Response},
    ch03_connection::{
        BoxError, Connection, Decode, Event, Handler, OneHead, Phase, Progress, Refused, Reply, Request,
        Timekeeper, Timeless,
    },
};

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n";
const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

fn hello() -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }
}

/// Returns a handler that says hello and records its requests.
fn greeting() -> (impl Handler, Rc<RefCell<Vec<Request>>>) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let handler = {
        let heard = Rc::clone(&heard);
        move |request| {
            heard.borrow_mut().push(request);
            Ok(Reply::Now(hello()))
        }
    };
    (handler, heard)
}

/// Returns a handler whose one answer the test gives.
fn promised() -> (impl Handler, Promise<Response, BoxError>) {
    let (promise, answer) = promise();
    let mut answer = Some(answer);
    (move |_: Request| Ok(Reply::Later(Box::pin(answer.take().unwrap()))), promise)
}

/// Creates a connection with this handler, and its log. The test must take each error.
fn logged<H: Handler>(handler: H) -> (TestConnection<Connection<H>>, ErrorLog) {
    let errors = ErrorLog::new();
    let sink = errors.sink();
    (TestConnection::new(Connection::new(handler).log_to(move |error| sink.log(error))), errors)
}

/// Returns the first line that was written, without its line end.
fn status_line<P: Protocol>(server: &mut TestConnection<P>) -> String {
    let written = server.value();
    let end = written.windows(2).position(|pair| pair == b"\r\n").unwrap_or(written.len());
    written[..end].escape_ascii().to_string()
}

#[track_caller]
fn wrote<P: Protocol>(server: &mut TestConnection<P>, expected: &[u8], rule: &str) {
    same_bytes("what was written", &server.value(), expected, rule);
}

#[track_caller]
fn answered<P: Protocol>(server: &mut TestConnection<P>, line: &str, state: ConnectionState, rule: &str) {
    same("the status line", status_line(server).as_str(), line, rule);
    same("the connection's state", server.state(), state, rule);
}

/// Checks that one error was logged, with this text.
#[track_caller]
fn logged_once(errors: ErrorLog, text: &str, rule: &str) {
    let taken = errors.check_finished().err().map(|left| left.to_string()).unwrap_or_default();
    let lines: Vec<&str> = taken.lines().filter(|line| line.trim_start().starts_with("error ")).collect();
    let what = format!("the log should hold one error, {text:?}\n  log      {lines:?}");
    holds(&what, matches!(lines[..], [line] if line.contains(text)), rule);
}

#[track_caller]
fn logged_nothing(errors: ErrorLog, rule: &str) {
    let left = errors.check_finished();
    holds(&format!("an error was logged\n  log      {left:?}"), left.is_ok(), rule);
}

fn panic_text(panic: &(dyn Any + Send)) -> Option<&str> {
    panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str))
}

/// Panics without printing: the failure that you read stays clean.
fn silent_panic(text: impl Any + Send) -> ! {
    resume_unwind(Box::new(text))
}

/// Checks that a failure gives the client a 500, the log one error, and ends the connection.
#[track_caller]
fn is_500<H: Handler>(handler: H, logs: &str, rule: &str) {
    let (mut server, errors) = logged(handler);
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| server.receive(GET))) {
        let text = panic_text(&*panic).unwrap_or_default();
        holds("a panic of the handler left the connection", !text.contains(logs), rule);
        resume_unwind(panic);
    }
    answered(&mut server, "HTTP/1.1 500 Internal Server Error", ConnectionState::Closing, rule);
    let written = server.value().escape_ascii().to_string();
    holds(
        &format!("the client got {written}"),
        !written.contains(logs),
        "the client gets a 500 without details",
    );
    logged_once(errors, logs, rule);
}

/// A decoder that reads letters: `k` is a request that keeps the connection, `c` is Continue, `x` is refused, and `h`
/// and `b` are the beginning of a head and of a body.
#[derive(Default)]
struct Letters(Vec<u8>);

impl Decode for Letters {
    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn next_event(&mut self) -> Result<Option<Event>, Refused> {
        let event = match self.0.first() {
            Some(b'k') => Event::Request(Request {
                head: Head {
                    method: "GET".into(),
                    target: "/".into(),
                    minor: 1,
                    headers: Headers::default(),
                },
                body: Vec::new(),
                keep_alive: true,
            }),
            Some(b'c') => Event::Continue,
            Some(b'x') => return Err(Refused(400)),
            _ => return Ok(None),
        };
        self.0.remove(0);
        Ok(Some(event))
    }

    fn progress(&self) -> Progress {
        match self.0.first() {
            None => Progress::Idle,
            Some(b'b') => Progress::Body,
            Some(_) => Progress::Head,
        }
    }

    fn buffered(&self) -> usize {
        self.0.len()
    }
}

/// A timekeeper with one limit, at `due`, for any phase.
#[derive(Clone)]
struct Alarm {
    due: Rc<Cell<Option<Instant>>>,
    /// The phase of the connection.
    phase: Rc<Cell<Option<Phase>>>,
    /// The number of reads, of bytes sent, and of bytes that wait.
    traffic: Rc<Cell<(u32, u64, usize)>>,
}

impl Alarm {
    fn new(due: Option<Instant>) -> Self {
        Self { due: Rc::new(Cell::new(due)), phase: Rc::default(), traffic: Rc::default() }
    }
}

impl Timekeeper for Alarm {
    fn enter(&mut self, phase: Phase) {
        self.phase.set(Some(phase));
    }
    fn received(&mut self) {
        let (received, sent, unsent) = self.traffic.get();
        self.traffic.set((received + 1, sent, unsent));
    }
    fn sent(&mut self, sent: u64, unsent: usize) {
        self.traffic.set((self.traffic.get().0, sent, unsent));
    }
    fn deadline(&self) -> Option<Instant> {
        self.due.get()
    }
    fn expired(&mut self, now: Instant) -> Option<Phase> {
        if self.due.get().is_none_or(|due| now < due) {
            return None;
        }
        self.due.set(None);
        self.phase.get()
    }
    fn date(&mut self) -> Option<String> {
        Some("today".into())
    }
}

/// Creates a connection whose one limit is a second after its beginning.
fn limited<H: Handler>(handler: H) -> TestConnection<Connection<H, Letters, Alarm>> {
    let clock = FakeClock::new();
    let alarm = Alarm::new(Some(clock.now() + Duration::from_secs(1)));
    TestConnection::on_clock(Connection::with(handler, Letters::default(), alarm), &clock)
}

/// A decoder alone: bytes in, requests out, without a connection.
#[test]
fn t01_a_decoder_waits_for_the_whole_head() {
    let rule =
        "None until the empty line is here; the bytes so far are kept, and count as a head that has begun";
    let mut decoder = OneHead::default();
    decoder.push(&GET[..10]);
    same("next_event", decoder.next_event(), Ok(None), rule);
    same("progress", decoder.progress(), Progress::Head, rule);
    same("buffered", decoder.buffered(), 10, rule);
    decoder.push(&GET[10..]);
    let Ok(Some(Event::Request(request))) = decoder.next_event() else {
        panic!(
            "the head is here, but no request came\n  rule     return the request as soon as its head is whole"
        );
    };
    same("the target", request.head.target.as_str(), "/a", "the head as parse_head gave it");
    same("the body", request.body, vec![], "this request has none");
    same(
        "keep_alive",
        request.keep_alive,
        false,
        "this decoder reads one request, so the connection ends with it",
    );
}

/// This decoder reads one request and ignores the rest. A decoder that fails names the status.
#[test]
fn t02_a_decoder_reads_one_request_and_no_more() {
    let rule = "after its request this decoder gives no event, and holds no bytes";
    let mut decoder = OneHead::default();
    same("progress", decoder.progress(), Progress::Idle, "nothing has come");
    decoder.push(&[GET, GET].concat());
    holds("the first request did not come", matches!(decoder.next_event(), Ok(Some(_))), rule);
    decoder.push(GET);
    same("next_event", decoder.next_event(), Ok(None), rule);
    same("progress", decoder.progress(), Progress::Idle, rule);
    same("buffered", decoder.buffered(), 0, rule);
    for (bytes, status) in [("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\r\n", 505)] {
        let mut decoder = OneHead::default();
        decoder.push(bytes.as_bytes());
        same(
            bytes,
            decoder.next_event(),
            Err(Refused(status)),
            "a ParseError becomes a Refused: `?` does it",
        );
    }
}

/// The connection passes the decoder's request to the handler.
#[test]
fn t03_a_request_calls_the_handler() {
    let rule = "each request goes to the handler, once, as the decoder gave it";
    let (handler, heard) = greeting();
    let mut server = TestConnection::new(Connection::new(handler));
    server.receive(GET);
    same("the number of calls", heard.borrow().len(), 1, rule);
    let request = heard.borrow_mut().remove(0);
    same("the method", request.head.method.as_str(), "GET", rule);
    same("the target", request.head.target.as_str(), "/a", rule);
    let host = request.head.headers.get("host").map(support::Bytes);
    same("Host", host, Some(support::Bytes(b"example.org")), rule);
}

/// The handler's answer goes to the client. `close` still sends what was written; `abort` does not.
#[test]
fn t04_the_answer_is_written_and_the_connection_closed() {
    let rule = "write the answer with chapter 02, then close; abort would discard what is not sent yet";
    let mut server = TestConnection::new(Connection::new(greeting().0));
    server.receive(GET);
    wrote(&mut server, HELLO, rule);
    same("the connection's state", server.state(), ConnectionState::Closing, rule);
    server.complete_close();
    same("the connection's state", server.state(), ConnectionState::Closed, rule);
}

/// A network may bring all bytes but the last, and the last a minute later.
#[test]
fn t05_nothing_happens_before_the_empty_line() {
    let rule = "the handler gets a request when its head is whole, not before";
    let (handler, heard) = greeting();
    let mut server = TestConnection::new(Connection::new(handler));
    server.receive(&GET[..GET.len() - 1]);
    same("the number of calls", heard.borrow().len(), 0, rule);
    wrote(&mut server, b"", rule);
    server.receive("\n");
    same("the number of calls", heard.borrow().len(), 1, rule);
}

/// The bytes come whole, one by one, or cut in two at any place.
#[test]
fn t06_it_does_not_matter_how_the_bytes_are_cut() {
    for cut in Segmentation::every(GET) {
        let rule = format!("cut in this way ({cut}), it is the same request");
        let (handler, heard) = greeting();
        let mut server = TestConnection::new(Connection::new(handler));
        server.receive_cut(GET, &cut);
        same("the number of calls", heard.borrow().len(), 1, &rule);
        wrote(&mut server, HELLO, &rule);
    }
}

/// The connection itself answers bytes that are no request: the handler gets only requests.
#[test]
fn t07_a_bad_request_is_answered_400_and_closed() {
    let rule = "answer a refusal with its status and close; the handler is not called";
    let (handler, heard) = greeting();
    let (mut server, errors) = logged(handler);
    server.receive("GET /\r\n\r\n");
    answered(&mut server, "HTTP/1.1 400 Bad Request", ConnectionState::Closing, rule);
    same("the number of calls", heard.borrow().len(), 0, rule);
    logged_nothing(errors, "a mistake of the client is not logged");
}

/// A client with another version of HTTP gets 505.
#[test]
fn t08_another_version_is_answered_505() {
    let rule = "the decoder names the status; the connection answers with it";
    let mut server = TestConnection::new(Connection::new(greeting().0));
    server.receive("GET / HTTP/2.0\r\n\r\n");
    answered(&mut server, "HTTP/1.1 505 HTTP Version Not Supported", ConnectionState::Closing, rule);
}

/// The operator must know what went wrong; an attacker must not.
#[test]
fn t09_an_error_of_the_handler_is_500_and_logged() {
    let rule = "an error of the handler: 500 to the client, the error to the log, then close";
    is_500(|_: Request| Err("password hunter2 refused".into()), "password hunter2 refused", rule);
    let rule =
        "a 500 ends the connection, even if the request would have kept it: the handler's state is unknown";
    let connection = Connection::with(|_: Request| Err("again".into()), Letters::default(), Timeless);
    let mut server = TestConnection::new(connection.log_to(drop));
    server.receive("kk");
    answered(&mut server, "HTTP/1.1 500 Internal Server Error", ConnectionState::Closing, rule);
}

/// Chapter 02 refuses a header that would inject a line. The client still needs an answer.
#[test]
fn t10_an_answer_that_cannot_be_written_is_500_and_logged() {
    let bad = || Response { headers: vec![("Name".into(), "b\r\nC: d".into())], ..hello() };
    let rule =
        "an answer that write_response refuses: 500 to the client, the WriteError to the log, then close";
    is_500(move |_: Request| Ok(Reply::Now(bad())), "the value of the header \"Name\" holds a control", rule);
}

/// An interim status such as `100 Continue` is no answer. A handler that returns one has not answered.
#[test]
fn t11_an_interim_answer_is_no_answer() {
    let rule = "a status below 200 is no final answer, so the client still waits: 500, an error with the status, then close";
    is_500(|_: Request| Ok(Reply::Now(Response { status: 101, ..hello() })), "101", rule);
}

/// One handler has a bug, but the server has a thousand other clients.
#[test]
fn t12_a_panic_in_the_handler_is_500_and_logged() {
    let rule =
        "catch a panic of the handler (std::panic::catch_unwind): 500, its text to the log, then close";
    is_500(|_: Request| silent_panic("the handler is broken"), "the handler is broken", rule);
    is_500(|_: Request| silent_panic("it is broken".to_owned()), "it is broken", rule);
}

/// A handler may wait for a database. Until it answers, nothing is written, and no call blocks.
#[test]
fn t13_a_later_answer_is_written_when_it_is_there() {
    let rule =
        "poll a Reply::Later in `poll`, which is called again after a wake-up; then go on as for Reply::Now";
    let (handler, promise) = promised();
    let (mut server, errors) = logged(handler);
    server.receive(GET);
    wrote(&mut server, b"", "the answer is not here yet");
    same("the connection's state", server.state(), ConnectionState::Open, "an answer is due");
    promise.succeed(hello());
    holds("the task was not woken", server.is_woken(), "poll the future with the Context that `poll` gets");
    wrote(&mut server, HELLO, rule);
    same("the connection's state", server.state(), ConnectionState::Closing, rule);
    logged_nothing(errors, "nothing went wrong");
}

/// A later answer can fail.
#[test]
fn t14_a_later_failure_is_500_and_logged() {
    let rule = "an error that comes later: 500 to the client, the error to the log, then close";
    let (handler, promise) = promised();
    let (mut server, errors) = logged(handler);
    server.receive(GET);
    promise.fail("the database is gone".into());
    answered(&mut server, "HTTP/1.1 500 Internal Server Error", ConnectionState::Closing, rule);
    logged_once(errors, "the database is gone", rule);
}

/// A future can also panic, inside `poll`.
#[test]
fn t15_a_panic_in_a_later_answer_is_500_and_logged() {
    let rule = "catch a panic of the future, too: 500, its text to the log, then close";
    let later = |_: Request| Ok(Reply::Later(Box::pin(async { silent_panic("later is broken") })));
    is_500(later, "later is broken", rule);
}

/// The client is gone, so the query that makes its answer should end, too.
#[test]
fn t16_a_lost_connection_drops_the_answer_that_is_being_made() {
    let rule = "connection_lost is the last call: drop the future; nothing more is written or logged";
    let (handler, promise) = promised();
    let (mut server, errors) = logged(handler);
    server.receive(GET);
    holds("the answer was dropped", !promise.is_dropped(), "the client still waits for the answer");
    server.reset_with(io::ErrorKind::ConnectionReset);
    holds("the answer is still being made", promise.is_dropped(), rule);
    holds("the answer was taken", promise.complete(Ok(hello())).is_err(), rule);
    wrote(&mut server, b"", rule);
    logged_nothing(errors, rule);
}

/// After `Connection: close`, further bytes of the client are no request.
#[test]
fn t17_bytes_after_the_last_request_are_not_read() {
    let rule = "after the last answer nothing is read: one call, one answer";
    let (handler, heard) = greeting();
    let mut server = TestConnection::new(Connection::new(handler));
    server.receive([GET, GET].concat());
    server.receive(GET);
    same("the number of calls", heard.borrow().len(), 1, rule);
    wrote(&mut server, HELLO, rule);
}

/// `end_received`: the client will send nothing more. It may still listen.
#[test]
fn t18_a_client_that_ends_too_early_gets_400_if_it_began() {
    let rule = "a request that has begun can no longer become whole: 400, and close";
    let (handler, heard) = greeting();
    let mut server = TestConnection::new(Connection::new(handler));
    server.receive("GET / HTTP/1.1\r\n");
    server.receive_eof();
    answered(&mut server, "HTTP/1.1 400 Bad Request", ConnectionState::Closing, rule);
    same("the number of calls", heard.borrow().len(), 0, rule);

    let rule = "a client that sent no request gets no answer: close only";
    let mut server = TestConnection::new(Connection::new(greeting().0));
    server.receive_eof();
    wrote(&mut server, b"", rule);
    same("the connection's state", server.state(), ConnectionState::Closing, rule);
}

/// `printf 'GET ..' | nc` does this: it ends its side, and still reads.
#[test]
fn t19_a_client_that_ends_after_its_request_still_gets_its_answer() {
    let rule = "a client that has ended its side can still read: do not close while an answer is due";
    let (handler, promise) = promised();
    let mut server = TestConnection::new(Connection::new(handler));
    server.receive(GET);
    server.receive_eof();
    same("the connection's state", server.state(), ConnectionState::Open, rule);
    promise.succeed(hello());
    wrote(&mut server, HELLO, rule);
    same("the connection's state", server.state(), ConnectionState::Closing, rule);
}

/// The remaining tests are for later chapters. First another decoder: that of chapter 06 gives Continue.
#[test]
fn t20_a_waiting_client_gets_100_continue() {
    let rule =
        "for Event::Continue, write `HTTP/1.1 100 Continue` and an empty line, then wait for the request";
    let (handler, heard) = greeting();
    let mut server = TestConnection::new(Connection::with(handler, Letters::default(), Timeless));
    server.receive("cb");
    wrote(&mut server, b"HTTP/1.1 100 Continue\r\n\r\n", rule);
    same("the number of calls", heard.borrow().len(), 0, rule);
    same("the connection's state", server.state(), ConnectionState::Open, rule);
}

/// The timekeeper knows the date; the connection has no clock.
#[test]
fn t21_every_answer_has_the_date_that_the_timekeeper_knows() {
    let rule =
        "add a `Date` of `time.date()` after the answer's own fields, also in a refusal, unless it has one";
    let answered = |handler: fn(Request) -> Result<Reply, BoxError>, input: &str| {
        let mut server = TestConnection::new(Connection::with(handler, Letters::default(), Alarm::new(None)));
        server.receive(input);
        String::from_utf8(server.value().to_vec()).unwrap()
    };
    let hello_now: fn(Request) -> Result<Reply, BoxError> = |_| Ok(Reply::Now(hello()));
    let expected = b"HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 5\r\n\r\nhello";
    same_bytes("what was written", answered(hello_now, "k").as_bytes(), expected, rule);
    let refusal = answered(hello_now, "x");
    holds(&format!("a refusal has no date: {refusal:?}"), refusal.contains("\r\nDate: today\r\n"), rule);
    let own = answered(
        |_| Ok(Reply::Now(Response { headers: vec![("date".into(), "mine".into())], ..hello() })),
        "k",
    );
    let dates = own.to_lowercase().matches("\r\ndate:").count();
    same("the number of dates", dates, 1, rule);
}

/// Each phase has its own limit: an answer may take longer than a head.
#[test]
fn t22_the_timekeeper_gets_each_phase() {
    let rule = "at the end of each call, tell `time.enter(..)` what the connection waits for";
    let phase_after = |input: &str, later: bool| {
        let alarm = Alarm::new(None);
        let phase = Rc::clone(&alarm.phase);
        let (handler, promise) = promised();
        let mut handler = Some(handler).filter(|_| later);
        let handler = move |request: Request| match &mut handler {
            Some(later) => later.call(request),
            None => Ok(Reply::Now(hello())),
        };
        let mut server = TestConnection::new(Connection::with(handler, Letters::default(), alarm));
        server.receive(input);
        drop((server, promise));
        phase.get()
    };
    for (what, input, later, phase) in [
        ("a part of a head came", "h", false, Phase::Head),
        ("a part of a body came", "b", false, Phase::Body),
        ("the connection was made, and nothing came", "", false, Phase::Head),
        ("a request was answered, and nothing follows it", "k", false, Phase::Idle),
        ("a request was answered, and the next has begun", "kh", false, Phase::Head),
        ("the handler has the request", "k", true, Phase::Handler),
        ("something was refused", "x", false, Phase::Over),
    ] {
        same(&format!("the phase after {what}"), phase_after(input, later), Some(phase), rule);
    }
    let rule = "`time.received` for each read; `time.sent`: the bytes that were written less those unsent, and those unsent";
    let alarm = Alarm::new(None);
    let traffic = Rc::clone(&alarm.traffic);
    let mut server = TestConnection::new(Connection::with(greeting().0, Letters::default(), alarm));
    server.receive("kk");
    server.receive("k");
    let sent = server.value().len() as u64;
    same("reads, bytes sent, bytes unsent", traffic.get(), (2, sent, 0), rule);
}

/// One client sends half a head, one sends nothing, one is between two requests. Only the first gets an answer.
#[test]
fn t23_a_slow_client_gets_408_if_it_began() {
    let second = Duration::from_secs(1);
    for begun in ["h", "b"] {
        let rule = "handle_timeout: call `time.expired`. If it is Head or Body and a request has begun: 408, and close";
        let mut server = limited(greeting().0);
        server.receive(begun);
        server.advance(second - Duration::from_nanos(1));
        wrote(&mut server, b"", "not before the limit");
        server.advance(Duration::from_nanos(1));
        answered(&mut server, "HTTP/1.1 408 Request Timeout", ConnectionState::Closing, rule);
    }
    let rule = "a client that sent no request gets no answer: close only";
    let mut silent = limited(greeting().0);
    silent.advance(second);
    wrote(&mut silent, b"", rule);
    same("the connection's state", silent.state(), ConnectionState::Closing, rule);
    let mut idle = limited(greeting().0);
    idle.receive("k");
    let answer = idle.take();
    idle.advance(second);
    holds("the request before was not answered", answer.starts_with(b"HTTP/1.1 200 OK\r\n"), rule);
    wrote(&mut idle, b"", rule);
    same("the connection's state", idle.state(), ConnectionState::Closing, rule);
}

/// The client should not wait without end, and work that is no longer needed should end.
#[test]
fn t24_a_slow_handler_is_answered_503_and_dropped() {
    let rule = "the handler takes too long: drop its future, and answer 503";
    let (handler, promise) = promised();
    let mut server = limited(handler);
    server.receive("k");
    server.advance(Duration::from_secs(1));
    same("the status line", status_line(&mut server).as_str(), "HTTP/1.1 503 Service Unavailable", rule);
    holds("the answer is still being made", promise.is_dropped(), rule);
}

/// A server that shuts down answers the requests that have begun. Chapter 09 uses this.
#[test]
fn t25_a_stopping_connection_finishes_its_request() {
    let stop = || {
        let (stop, stopped) = promise::<(), ()>();
        let stopped = async {
            let _ = stopped.await;
        };
        (stop, stopped)
    };
    fn stopping<H: Handler>(
        handler: H,
        stop: impl Future<Output = ()> + 'static,
    ) -> TestConnection<Connection<H, Letters>> {
        TestConnection::new(Connection::with(handler, Letters::default(), Timeless).stop_when(stop))
    }
    let rule = "poll `stop` in `poll`; once it is ready, the answer that is due says `Connection: close`; then close";
    let (handler, promise) = promised();
    let (now, stopped) = stop();
    let mut busy = stopping(handler, stopped);
    busy.receive("kk");
    now.succeed(());
    same("the connection's state", busy.state(), ConnectionState::Open, rule);
    promise.succeed(hello());
    wrote(&mut busy, HELLO, rule);
    same("the connection's state", busy.state(), ConnectionState::Closing, rule);

    let rule = "a connection where no request has begun is closed at once";
    let (now, stopped) = stop();
    let mut idle = stopping(greeting().0, stopped);
    now.succeed(());
    wrote(&mut idle, b"", rule);
    same("the connection's state", idle.state(), ConnectionState::Closing, rule);
}

//! Chapter 03: a connection, with the smallest of decoders and no time. Each request here ends its connection, so
//! that these tests stay true in the chapters that come.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{cell::RefCell, io, rc::Rc};

use unplugged::{
    outcome::{Promise, promise},
    transport::{ByHand, ConnectionState, Segmentation},
};
use workbook::{
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Decode, Event, Handler, OneHead, Progress, Reply, Request},
};

type Server<H> = ByHand<Connection<H>>;
type Log = Rc<RefCell<Vec<String>>>;

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n";
const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

fn hello() -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }
}

/// A connection with this handler, and the log of its errors.
fn logged<H: Handler>(handler: H) -> (Server<H>, Log) {
    let log = Log::default();
    let connection = Connection::new(handler).log_to({
        let log = Rc::clone(&log);
        move |error| log.borrow_mut().push(error.to_string())
    });
    (ByHand::new(connection), log)
}

/// A connection whose handler says hello, and the requests that it heard.
fn greeting() -> (Server<impl Handler>, Rc<RefCell<Vec<Request>>>) {
    let heard = Rc::new(RefCell::new(Vec::new()));
    let handler = {
        let heard = Rc::clone(&heard);
        move |request| {
            heard.borrow_mut().push(request);
            Ok(Reply::Now(hello()))
        }
    };
    (ByHand::new(Connection::new(handler)), heard)
}

/// A connection whose one answer is in the test's hand, and the log of its errors.
fn promised() -> (Server<impl Handler>, Promise<Response, BoxError>, Log) {
    let (promise, answer) = promise();
    let mut answer = Some(answer);
    let (server, log) = logged(move |_| Ok(Reply::Later(Box::pin(answer.take().unwrap()))));
    (server, promise, log)
}

#[track_caller]
fn assert_500_and_closed<H: Handler>(server: &mut Server<H>) {
    let lines = server.lines();
    assert_eq!(lines[0], "HTTP/1.1 500 Internal Server Error");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t01_a_request_calls_the_handler() {
    let (mut server, heard) = greeting();
    server.receive(GET);
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn t02_the_handler_gets_the_parts_of_the_request() {
    let (mut server, heard) = greeting();
    server.receive(GET);
    let request = &heard.borrow()[0];
    assert_eq!((request.head.method.as_str(), request.head.target.as_str()), ("GET", "/a"));
    assert_eq!(request.head.headers.get("host"), Some(&b"example.org"[..]));
    assert_eq!((request.body.as_slice(), request.keep_alive), (&b""[..], false));
}

#[test]
fn t03_the_answer_is_written_and_the_connection_closed() {
    let (mut server, _) = greeting();
    server.receive(GET);
    server.assert_written(HELLO);
    server.assert_state(ConnectionState::Closing);
    server.finish();
    server.assert_state(ConnectionState::Closed);
}

#[test]
fn t04_nothing_happens_before_the_empty_line() {
    let (mut server, heard) = greeting();
    server.receive(&GET[..GET.len() - 1]);
    assert_eq!(heard.borrow().len(), 0);
    server.assert_written("");
    server.receive("\n");
    assert_eq!(heard.borrow().len(), 1);
}

#[test]
fn t05_it_does_not_matter_how_the_bytes_are_cut() {
    for cut in Segmentation::every(GET) {
        let (mut server, heard) = greeting();
        server.receive_cut(GET, &cut);
        assert_eq!(heard.borrow().len(), 1, "{cut}");
        server.assert_written(HELLO);
    }
}

#[test]
fn t06_a_bad_request_is_answered_400_and_closed() {
    let (mut server, _) = greeting();
    server.receive("GET /\r\n\r\n");
    assert_eq!(server.lines()[0], "HTTP/1.1 400 Bad Request");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t07_the_handler_does_not_hear_of_a_bad_request() {
    let (mut server, heard) = greeting();
    server.receive("GET /\r\n\r\n");
    assert!(server.value().starts_with(b"HTTP/1.1 400 "));
    assert_eq!(heard.borrow().len(), 0);
}

#[test]
fn t08_another_version_is_answered_505() {
    let (mut server, _) = greeting();
    server.receive("GET / HTTP/2.0\r\n\r\n");
    assert_eq!(server.lines()[0], "HTTP/1.1 505 HTTP Version Not Supported");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t09_an_error_of_the_handler_is_500_and_logged() {
    let (mut server, log) = logged(|_| Err("no database".into()));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    assert_eq!(*log.borrow(), ["no database"]);
}

#[test]
fn t10_the_text_of_an_error_is_not_sent() {
    let (mut server, log) = logged(|_| Err("password is hunter2".into()));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    let output = server.value().escape_ascii().to_string();
    assert!(!output.contains("hunter2"), "{output}");
    assert_eq!(log.borrow().len(), 1);
}

#[test]
fn t11_nothing_is_written_before_a_later_answer_is_there() {
    let (mut server, promise, _) = promised();
    server.receive(GET);
    server.assert_written("");
    server.assert_state(ConnectionState::Open);
    promise.succeed(hello());
    server.assert_written(HELLO);
}

#[test]
fn t12_a_later_answer_is_written_when_it_is_ready_and_the_connection_closed() {
    let (mut server, promise, log) = promised();
    server.receive(GET);
    promise.succeed(hello());
    server.assert_written(HELLO);
    server.assert_state(ConnectionState::Closing);
    assert_eq!(log.borrow().len(), 0);
}

#[test]
fn t13_a_later_failure_is_500_and_logged() {
    let (mut server, promise, log) = promised();
    server.receive(GET);
    promise.fail("too late".into());
    assert_500_and_closed(&mut server);
    assert_eq!(*log.borrow(), ["too late"]);
}

#[test]
fn t14_a_lost_connection_drops_the_answer_that_is_being_made() {
    let (mut server, promise, _) = promised();
    server.receive(GET);
    assert!(!promise.is_dropped());
    server.break_off(io::ErrorKind::ConnectionReset);
    assert!(promise.is_dropped());
}

#[test]
fn t15_an_answer_that_comes_after_the_loss_is_of_no_interest() {
    let (mut server, promise, log) = promised();
    server.receive(GET);
    server.break_off(io::ErrorKind::ConnectionReset);
    assert!(promise.complete(Ok(hello())).is_err());
    server.assert_written("");
    assert_eq!(log.borrow().len(), 0);
}

#[test]
fn t16_a_panic_in_the_handler_is_500_and_logged() {
    let (mut server, log) = logged(|_| panic!("handler is broken"));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    assert_eq!(*log.borrow(), ["the handler panicked: handler is broken"]);
}

#[test]
fn t17_a_panic_in_a_later_answer_is_500_and_logged() {
    let (mut server, log) = logged(|_| Ok(Reply::Later(Box::pin(async { panic!("{} is broken", 1) }))));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    assert_eq!(*log.borrow(), ["the handler panicked: 1 is broken"]);
}

#[test]
fn t18_an_answer_that_cannot_be_written_is_500_and_logged() {
    let bad = || Response { headers: vec![("A".into(), "b\r\nC: d".into())], ..hello() };
    let (mut server, log) = logged(move |_| Ok(Reply::Now(bad())));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    assert_eq!(log.borrow().len(), 1);
}

#[test]
fn t19_an_interim_answer_is_no_answer() {
    let (mut server, log) = logged(|_| Ok(Reply::Now(Response { status: 100, ..hello() })));
    server.receive(GET);
    assert_500_and_closed(&mut server);
    assert_eq!(*log.borrow(), ["a handler answered 100, which is no final answer"]);
}

#[test]
fn t20_what_follows_a_request_that_ends_the_connection_is_not_read() {
    let (mut server, heard) = greeting();
    server.receive([GET, GET].concat());
    server.receive(GET);
    assert_eq!(heard.borrow().len(), 1);
    server.assert_written(HELLO);
}

#[test]
fn t21_a_client_that_ends_before_its_request_is_told_400() {
    let (mut server, heard) = greeting();
    server.receive("GET / HTTP/1.1\r\n");
    server.receive_end();
    assert_eq!(server.lines()[0], "HTTP/1.1 400 Bad Request");
    assert_eq!(heard.borrow().len(), 0);
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t22_a_client_that_says_nothing_and_ends_is_told_nothing() {
    let (mut server, _) = greeting();
    server.receive_end();
    server.assert_written("");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t23_a_client_that_ends_after_its_request_still_gets_its_answer() {
    let (mut server, promise, _) = promised();
    server.receive(GET);
    server.receive_end();
    server.assert_state(ConnectionState::Open);
    promise.succeed(hello());
    server.assert_written(HELLO);
}

/// A decoder that is part of the story: `new` takes the smallest.
#[test]
fn a_connection_shows_its_state() {
    let shown =
        format!("{:?}", Connection::with(Shown, OneHead::default(), workbook::ch03_connection::Timeless));
    assert!(shown.starts_with("Connection { state: receiving, handler: Shown, decoder: OneHead"), "{shown}");
}

#[test]
fn a_decoder_says_what_it_holds_and_forgets_what_follows_its_request() {
    let mut decoder = OneHead::default();
    decoder.push(&GET[..10]);
    assert_eq!(
        (decoder.next_event(), decoder.progress(), decoder.buffered()),
        (Ok(None), Progress::Head, 10)
    );
    decoder.push(&GET[10..]);
    assert!(matches!(decoder.next_event(), Ok(Some(Event::Request(_)))));
    decoder.push(GET);
    assert_eq!((decoder.next_event(), decoder.progress(), decoder.buffered()), (Ok(None), Progress::Idle, 0));
}

#[test]
fn a_reply_shows_what_it_is() {
    assert_eq!(format!("{:?}", Reply::Later(Box::pin(async { Ok(hello()) }))), "Later");
    assert!(format!("{:?}", Reply::Now(hello())).starts_with("Now(Response { status: 200"));
}

#[derive(Debug)]
struct Shown;

impl Handler for Shown {
    fn call(&mut self, _: Request) -> Result<Reply, BoxError> {
        Ok(Reply::Now(hello()))
    }
}

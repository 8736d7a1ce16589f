//! Chapter 04: one request after another. The connection of chapter 03, with the decoder of this one.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{cell::RefCell, io, rc::Rc};

use unplugged::{
    outcome::{Promise, promise},
    transport::{ByHand, ConnectionState, ReadState, Segmentation},
};
use workbook::{
    ch01_request_head::parse_head,
    ch02_response_writer::{Body, Response},
    ch03_connection::{BoxError, Connection, Handler, Reply, Request, Timeless},
    ch04_keep_alive::{Heads, Unread, wants_keep_alive},
};

type Server<H> = ByHand<Connection<H, Heads>>;
/// A promise for each request, in the order of the calls.
type Promises = Rc<RefCell<Vec<Promise<Response, BoxError>>>>;

fn text(text: &str) -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(text.into()) }
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// The answer that says `body` and goes on.
fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A connection that answers each request with its target.
fn naming() -> Server<impl Handler> {
    ByHand::new(Connection::with(
        |request: Request| Ok(Reply::Now(text(&request.head.target))),
        Heads::default(),
        Timeless,
    ))
}

/// A connection whose answers are in the test's hand.
fn promised() -> (Server<impl Handler>, Promises) {
    let promises = Promises::default();
    let handler = {
        let promises = Rc::clone(&promises);
        move |_request: Request| {
            let (promise, answer) = promise();
            promises.borrow_mut().push(promise);
            Ok(Reply::Later(Box::pin(answer)))
        }
    };
    (ByHand::new(Connection::with(handler, Heads::default(), Timeless)), promises)
}

fn keeps(version: &str, fields: &str) -> bool {
    let bytes = format!("GET / HTTP/{version}\r\n{fields}\r\n");
    wants_keep_alive(&parse_head(bytes.as_bytes()).unwrap().unwrap().0)
}

#[test]
fn t01_1_1_stays_open() {
    assert!(keeps("1.1", "Host: a\r\n"));
    assert!(keeps("1.1", "Connection: keep-alive\r\n"));
}

#[test]
fn t02_1_0_closes_unless_asked() {
    assert!(!keeps("1.0", ""));
    assert!(!keeps("1.0", "Keep-Alive: 300\r\n"));
    assert!(keeps("1.0", "Connection: Keep-Alive\r\n"));
}

#[test]
fn t03_close_is_a_member_of_a_list_in_any_case() {
    for fields in ["close", "CLOSE", "a, Close", "close,a", "a,\tclose\t,b", "keep-alive, close"] {
        assert!(!keeps("1.1", &format!("Connection: {fields}\r\n")), "{fields}");
    }
    assert!(!keeps("1.1", "Connection: a\r\nConnection: close\r\n"));
    assert!(!keeps("1.0", "Connection: keep-alive, close\r\n"));
}

#[test]
fn t04_closed_is_not_close() {
    for fields in ["closed", "unclose", "close;a", "clo se", "\"close\""] {
        assert!(keeps("1.1", &format!("Connection: {fields}\r\n")), "{fields}");
    }
}

#[test]
fn t05_a_second_request_is_answered_on_the_same_connection() {
    let mut server = naming();
    server.receive(get("/1"));
    assert_eq!(server.take(), answer("/1"));
    server.assert_state(ConnectionState::Open);
    server.receive(get("/2"));
    server.assert_written(answer("/2"));
}

#[test]
fn t06_two_requests_in_one_read_are_two_requests() {
    let mut server = naming();
    server.receive([get("/1"), get("/2")].concat());
    server.assert_written(answer("/1") + &answer("/2"));
}

#[test]
fn t07_a_client_of_1_0_that_asked_is_told_that_it_may_go_on() {
    let mut server = naming();
    server.receive("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    server.assert_written("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/1");
    server.assert_state(ConnectionState::Open);
}

#[test]
fn t08_one_handler_runs_at_a_time() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    assert_eq!(promises.borrow().len(), 1);
    promises.borrow_mut().remove(0).succeed(text("one"));
    server.assert_written(answer("one"));
    assert_eq!(promises.borrow().len(), 1);
}

#[test]
fn t09_answers_come_in_the_order_of_the_requests() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2"), get("/3")].concat());
    for name in ["one", "two", "three"] {
        let promise = promises.borrow_mut().remove(0);
        promise.succeed(text(name));
        server.transport();
    }
    server.assert_written(answer("one") + &answer("two") + &answer("three"));
}

/// Its waker is known only if the second answer was polled, too.
#[test]
fn t10_the_answer_to_a_request_that_waited_is_noticed() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    promises.borrow_mut().remove(0).succeed(text("one"));
    server.transport();
    promises.borrow_mut().remove(0).succeed(text("two"));
    assert!(server.is_woken());
    server.assert_written(answer("one") + &answer("two"));
}

#[test]
fn t11_nothing_behind_close_is_read() {
    let mut server = naming();
    server.receive("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\nBAD\r\n\r\n");
    server.assert_written("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/1");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t12_nonsense_behind_a_good_request_does_not_spoil_its_answer() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), b"BAD\r\n\r\n".to_vec()].concat());
    promises.borrow_mut().remove(0).succeed(text("one"));
    let output = String::from_utf8(server.value().to_vec()).unwrap();
    assert!(output.starts_with(&(answer("one") + "HTTP/1.1 400 Bad Request\r\n")), "{output}");
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t13_empty_lines_between_requests_are_skipped() {
    let mut server = naming();
    server.receive([get("/1"), b"\r\n\r\n".to_vec(), get("/2")].concat());
    server.assert_written(answer("/1") + &answer("/2"));
}

#[test]
fn t14_a_client_that_ends_still_gets_all_its_answers() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    server.receive_end();
    promises.borrow_mut().remove(0).succeed(text("one"));
    server.assert_state(ConnectionState::Open);
    promises.borrow_mut().remove(0).succeed(text("two"));
    server.assert_written(answer("one") + &answer("two"));
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t15_a_client_that_ends_between_requests_is_told_nothing() {
    let mut server = naming();
    server.receive(get("/1"));
    server.receive("\r\n");
    server.receive_end();
    server.assert_written(answer("/1"));
    server.assert_state(ConnectionState::Closing);
}

#[test]
fn t16_a_lost_connection_forgets_what_waited() {
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    server.break_off(io::ErrorKind::ConnectionReset);
    assert!(promises.borrow()[0].is_dropped());
    assert_eq!(promises.borrow().len(), 1);
}

#[test]
fn t17_it_does_not_matter_how_requests_are_cut() {
    let input = [get("/1"), get("/22"), b"\r\n".to_vec(), get("/333")].concat();
    for cut in Segmentation::every(&input) {
        let mut server = naming();
        server.receive_cut(&input, &cut);
        assert_eq!(server.value(), answer("/1") + &answer("/22") + &answer("/333"), "{cut}");
    }
}

#[test]
fn t18_answers_that_are_there_at_once_go_out_as_one_write() {
    let mut server = naming();
    server.receive(get("/1").repeat(100));
    assert_eq!(server.value(), answer("/1").repeat(100));
}

/// A client that asks and asks, and never listens, must not fill the memory.
#[test]
fn t19_a_client_that_takes_no_answers_is_not_served_on() {
    let mut server = naming();
    server.set_window(0);
    (0..20_000).for_each(|_| server.receive(get("/1")));
    server.assert_written(answer("/1"));
    assert_eq!(server.transport().reading(), ReadState::Paused);
    server.set_window(usize::MAX);
    assert_eq!(server.value().len(), answer("/1").len() * 20_000);
    assert_eq!(server.transport().reading(), ReadState::Producing);
}

#[test]
fn t20_a_client_that_sends_ahead_too_far_has_to_wait() {
    let (mut server, promises) = promised();
    let ahead = get("/1").repeat(20_000);
    server.receive(&ahead);
    assert_eq!(server.transport().reading(), ReadState::Paused);
    while !promises.borrow().is_empty() {
        promises.borrow_mut().remove(0).succeed(text(""));
        server.transport();
    }
    assert_eq!(server.transport().reading(), ReadState::Producing);
    assert_eq!(server.value().len(), answer("").len() * 20_000);
}

#[test]
fn unread_bytes_come_back_in_their_order() {
    let mut unread = Unread::default();
    unread.push(b"abc");
    unread.read(2);
    unread.push(b"de");
    assert_eq!(unread.bytes(), b"cde");
    unread.read(3);
    assert!(unread.bytes().is_empty() && unread.is_idle());
}

//! Chapter 04: one request after another. These tests are given: do not edit them, make them green in their order.
//!
//! The first six test values. From t07 on your decoder works in a connection of chapter 03.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::{cell::RefCell, collections::VecDeque, io, rc::Rc};

use support::{Bytes, holds, same, same_bytes};
use unplugged::{
    outcome::{Promise, promise},
    transport::{ConnectionState, Protocol, ReadState, Segmentation, TestConnection},
};
use workbook::{
    ch01_request_head::parse_head,
    ch02_response_writer::{Body, Response},
    ch03_connection::{
        BoxError, Connection, Decode, Event, Handler, Progress, Refused, Reply, Request, Timeless,
    },
    ch04_keep_alive::{Heads, Unread, wants_keep_alive},
};

type Server<H> = TestConnection<Connection<H, Heads>>;
/// The target of each request and the promise of its answer, in the order of the calls.
type Promises = Rc<RefCell<VecDeque<(String, Promise<Response, BoxError>)>>>;

/// More requests at once than any buffer should hold.
const MANY: usize = 20_000;

fn text(text: &str) -> Response {
    Response { status: 200, headers: vec![], body: Body::Full(text.into()) }
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes()
}

/// The answer with this body that keeps the connection.
fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// Creates a connection that answers each request with its target.
fn naming() -> Server<impl Handler> {
    let handler = |request: Request| Ok(Reply::Now(text(&request.head.target)));
    TestConnection::new(Connection::with(handler, Heads::default(), Timeless))
}

/// Creates a connection whose answers the test gives.
fn promised() -> (Server<impl Handler>, Promises) {
    let promises = Promises::default();
    let handler = {
        let promises = Rc::clone(&promises);
        move |request: Request| {
            let (promise, answer) = promise();
            promises.borrow_mut().push_back((request.head.target, promise));
            Ok(Reply::Later(Box::pin(answer)))
        }
    };
    (TestConnection::new(Connection::with(handler, Heads::default(), Timeless)), promises)
}

/// Gives the answer to the first request that waits for one.
#[track_caller]
fn succeed(promises: &Promises, body: &str) {
    let first = promises.borrow_mut().pop_front();
    match first {
        Some((_, promise)) => promise.succeed(text(body)),
        None => panic!(
            "no request waits for the answer {body:?}\n  rule     after an answer, take the next request if it is here"
        ),
    }
}

#[track_caller]
fn wrote<P: Protocol>(server: &mut TestConnection<P>, expected: impl AsRef<[u8]>, rule: &str) {
    same_bytes("what was written", &server.value(), expected.as_ref(), rule);
}

#[track_caller]
fn is<P: Protocol>(server: &mut TestConnection<P>, state: ConnectionState, rule: &str) {
    same("the connection's state", server.state(), state, rule);
}

#[track_caller]
fn keeps(version: &str, fields: &str, expected: bool, rule: &str) {
    let bytes = format!("GET / HTTP/{version}\r\n{fields}\r\n");
    let head = parse_head(bytes.as_bytes()).unwrap().unwrap().0;
    let what = format!("wants_keep_alive, HTTP/{version} with {fields:?},");
    same(&what, wants_keep_alive(&head), expected, rule);
}

/// A new connection for each request costs a round trip, so 1.1 keeps the connection by default.
#[test]
fn t01_1_1_stays_open() {
    let rule = "1.1 goes on unless the request says `close` (RFC 9112, 9.3)";
    keeps("1.1", "Host: a\r\n", true, rule);
    keeps("1.1", "Connection: keep-alive\r\n", true, rule);
}

/// 1.0 closes by default: such a client takes the end of the connection for the end of the answer.
#[test]
fn t02_1_0_closes_unless_asked() {
    let rule = "1.0 closes unless `Connection` says `keep-alive`; the field `Keep-Alive` does not count (RFC 9112, 9.3)";
    keeps("1.0", "Connection: Keep-Alive\r\n", true, rule);
    keeps("1.0", "", false, rule);
    keeps("1.0", "Keep-Alive: 300\r\n", false, rule);
}

/// The field is a list, may come twice, and its case does not matter.
#[test]
fn t03_close_is_a_member_of_a_list_in_any_case() {
    let rule = "`close` anywhere in a `Connection` list, in any case, ends the connection (RFC 9110, 7.6.1)";
    for list in ["close", "CLOSE", "a, Close", "close,a", "a,\tclose\t,b", "keep-alive, close"] {
        keeps("1.1", &format!("Connection: {list}\r\n"), false, rule);
    }
    keeps("1.1", "Connection: a\r\nConnection: close\r\n", false, rule);
    keeps("1.0", "Connection: keep-alive, close\r\n", false, rule);
}

/// A member that only contains the letters of `close` is another option.
#[test]
fn t04_closed_is_not_close() {
    let rule = "compare whole members of the list: one that only contains `close` is another option";
    for list in ["closed", "unclose", "close;a", "clo se", "\"close\""] {
        keeps("1.1", &format!("Connection: {list}\r\n"), true, rule);
    }
}

/// Every decoder from here on needs a place for bytes that are not read yet.
#[test]
fn t05_unread_bytes_come_back_in_their_order() {
    let rule = "the bytes that were pushed, without those that were read, in their order";
    let mut unread = Unread::default();
    for (push, read, left) in
        [("abc", 2, "c"), ("de", 0, "cde"), ("", 1, "de"), ("f", 1, "ef"), ("gh", 4, ""), ("i", 0, "i")]
    {
        unread.push(push.as_bytes());
        unread.read(read);
        same("bytes", Bytes(unread.bytes()), Bytes(left.as_bytes()), rule);
    }
    let rule = "idle means: nothing except the empty lines that may come before a request (RFC 9112, 2.2)";
    for (bytes, idle) in [("", true), ("\r\n", true), ("\r\n\r", true), ("\r\nG", false), (" ", false)] {
        let mut unread = Unread::default();
        unread.push(bytes.as_bytes());
        same(&format!("is_idle, with {bytes:?},"), unread.is_idle(), idle, rule);
    }
}

/// A decoder alone: the bytes after a request are the beginning of the next.
#[test]
fn t06_what_follows_a_request_is_kept() {
    let rule = "next_event takes one request; the rest stays for the next call";
    let mut heads = Heads::default();
    let mut next = |bytes: &[u8]| {
        heads.push(bytes);
        let target = match heads.next_event() {
            Ok(Some(Event::Request(request))) => Some((request.head.target, request.keep_alive)),
            Ok(_) => None,
            Err(Refused(status)) => panic!("refused with {status}\n  rule     {rule}"),
        };
        (target, heads.progress(), heads.buffered())
    };
    let (second, third) = (get("/2"), b"GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n");
    let input = [&get("/1")[..], &second, &third[..10]].concat();
    let is = |target: &str, keep_alive| Some((target.to_owned(), keep_alive));
    same("the first", next(&input), (is("/1", true), Progress::Head, second.len() + 10), rule);
    same("the second", next(b""), (is("/2", true), Progress::Head, 10), rule);
    same("a part of the third", next(b""), (None, Progress::Head, 10), rule);
    same(
        "the third",
        next(&third[10..]),
        (is("/3", false), Progress::Idle, 0),
        "keep_alive is wants_keep_alive",
    );
    same("an empty line", next(b"\r\n"), (None, Progress::Idle, 2), "an empty line does not begin a request");
}

/// The decoder in a connection, which can now answer more than once.
#[test]
fn t07_a_second_request_is_answered_on_the_same_connection() {
    let rule = "after an answer that does not close, the connection waits for the next request";
    let mut server = naming();
    server.receive(get("/1"));
    wrote(&mut server, answer("/1"), rule);
    is(&mut server, ConnectionState::Open, rule);
    server.receive(get("/2"));
    wrote(&mut server, answer("/1") + &answer("/2"), rule);
}

/// Pipelining: a client can send the next request before it has the answer.
#[test]
fn t08_two_requests_in_one_read_are_two_requests() {
    let rule = "one read may hold many requests: call the decoder until it returns None";
    let mut server = naming();
    server.receive([get("/1"), get("/2"), get("/3")].concat());
    wrote(&mut server, answer("/1") + &answer("/2") + &answer("/3"), rule);
}

/// Chapter 02 writes `keep-alive` if the decoder says that the client wants it.
#[test]
fn t09_a_1_0_client_that_asks_keeps_its_connection() {
    let rule = "the request's `keep_alive` goes to write_response";
    let mut server = naming();
    server.receive("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    wrote(&mut server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/1", rule);
    is(&mut server, ConnectionState::Open, rule);
}

/// Two handlers at once would give two answers at once, and the application would have to handle that.
#[test]
fn t10_one_handler_runs_at_a_time() {
    let rule = "take the next request when the answer to the last is written, not before";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    same("the number of calls", promises.borrow().len(), 1, rule);
    succeed(&promises, "one");
    wrote(&mut server, answer("one"), rule);
    same("the number of calls that wait", promises.borrow().len(), 1, rule);
}

/// Only their order tells the client which request an answer belongs to.
#[test]
fn t11_answers_come_in_the_order_of_the_requests() {
    let rule = "answers come in the order of the requests (RFC 9112, 9.3.2)";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2"), get("/3")].concat());
    for _ in 0..3 {
        let target = promises.borrow().front().map(|(target, _)| target.clone()).unwrap_or_default();
        succeed(&promises, &target);
        server.transport();
    }
    wrote(&mut server, answer("/1") + &answer("/2") + &answer("/3"), rule);
}

/// The first answer comes in `poll`, where the second future begins. That one must be polled, too.
#[test]
fn t12_the_answer_to_a_waiting_request_wakes_the_task() {
    let rule = "poll a future that begins in `poll` in the same call, or its wake-up is lost";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    succeed(&promises, "one");
    server.transport();
    succeed(&promises, "two");
    holds("the task was not woken for the second answer", server.is_woken(), rule);
    wrote(&mut server, answer("one") + &answer("two"), rule);
}

/// Bytes after `Connection: close` may be anything, and are ignored.
#[test]
fn t13_nothing_after_close_is_read() {
    let rule = "bytes after `Connection: close` are no request, not even a bad one (RFC 9112, 9.6)";
    let mut server = naming();
    server.receive("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\nBAD\r\n\r\n");
    wrote(&mut server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/1", rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// A good request came before the bad one.
#[test]
fn t14_a_bad_request_does_not_spoil_the_answer_before_it() {
    let rule = "first the answer that is due, then the refusal, then close";
    let (mut server, promises) = promised();
    server.receive([get("/1"), b"BAD\r\n\r\n".to_vec()].concat());
    wrote(&mut server, "", "the answer to the first request is due, and nothing goes before it");
    succeed(&promises, "one");
    let first = answer("one") + "HTTP/1.1 400 Bad Request\r\n";
    let written = server.value();
    same_bytes("what was written first", &written[..first.len().min(written.len())], first.as_bytes(), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// Some old clients send an extra CR LF.
#[test]
fn t15_empty_lines_between_requests_are_skipped() {
    let rule = "empty lines before a request are skipped (RFC 9112, 2.2)";
    let mut server = naming();
    server.receive([get("/1"), b"\r\n\r\n".to_vec(), get("/2")].concat());
    wrote(&mut server, answer("/1") + &answer("/2"), rule);
}

/// `printf 'GET .. GET ..' | nc` ends its side before any answer.
#[test]
fn t16_a_client_that_ends_still_gets_all_its_answers() {
    let rule = "after the client's end, answer every request that came before it, then close";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    server.receive_eof();
    succeed(&promises, "one");
    is(&mut server, ConnectionState::Open, rule);
    succeed(&promises, "two");
    wrote(&mut server, answer("one") + &answer("two"), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// An empty line is not the beginning of a request.
#[test]
fn t17_a_client_that_ends_between_requests_gets_no_answer() {
    let rule = "a client may end between two requests: close only";
    let mut server = naming();
    server.receive(get("/1"));
    server.receive("\r\n");
    server.receive_eof();
    wrote(&mut server, answer("/1"), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// A lost client needs no second answer.
#[test]
fn t18_a_lost_connection_drops_waiting_requests() {
    let rule = "connection_lost: drop the answer that is being made, and begin no other";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    same("the number of calls", promises.borrow().len(), 1, rule);
    server.reset_with(io::ErrorKind::ConnectionReset);
    holds("the first answer is still being made", promises.borrow()[0].1.is_dropped(), rule);
    same("the number of calls", promises.borrow().len(), 1, rule);
}

/// A cut may be at the end of a request, or inside the CR LF before one.
#[test]
fn t19_it_does_not_matter_how_requests_are_cut() {
    let input = [get("/1"), get("/22"), b"\r\n".to_vec(), get("/333")].concat();
    for cut in Segmentation::every(&input) {
        let mut server = naming();
        server.receive_cut(&input, &cut);
        let rule = format!("cut in this way ({cut}), they are the same three requests");
        wrote(&mut server, answer("/1") + &answer("/22") + &answer("/333"), &rule);
    }
}

/// These are more requests than one call should answer. The rest must not be forgotten.
#[test]
fn t20_many_requests_at_once_get_as_many_answers() {
    let rule = "each request gets its own answer; if you stop early, wake the task to be called again";
    let mut server = naming();
    let targets: Vec<String> = (0..MANY).map(|number| format!("/{number}")).collect();
    server.receive(targets.iter().flat_map(|target| get(target)).collect::<Vec<u8>>());
    let expected: String = targets.iter().map(|target| answer(target)).collect();
    let written = server.value();
    same("the length of all answers", written.len(), expected.len(), rule);
    holds("a request did not get its own answer", written == expected, rule);
}

/// A client that sends requests and never reads must not fill the memory with answers.
#[test]
fn t21_a_client_that_reads_no_answers_is_paused() {
    let rule = "after pause_writing take no request, and call pause_reading once too much has come in";
    let mut server = naming();
    server.set_window(0);
    (0..MANY).for_each(|_| server.receive(get("/1")));
    wrote(&mut server, answer("/1"), rule);
    same("reading", server.transport().reading(), ReadState::Paused, rule);
    let rule = "after resume_writing, go on: no request is lost";
    server.set_window(usize::MAX);
    same("the length of all answers", server.value().len(), answer("/1").len() * MANY, rule);
    same("reading", server.transport().reading(), ReadState::Reading, rule);
}

/// A slow answer must not let requests fill the memory.
#[test]
fn t22_a_client_that_sends_ahead_too_far_has_to_wait() {
    let rule = "while an answer is being made, hold at most some hundred KiB of requests, then pause_reading";
    let (mut server, promises) = promised();
    server.receive(get("/1").repeat(100));
    let room = "a few KiB may lie unread: there must be room for any head";
    same("reading", server.transport().reading(), ReadState::Reading, room);
    server.receive(get("/1").repeat(MANY));
    same("reading", server.transport().reading(), ReadState::Paused, rule);
    let rule = "once they are answered, call resume_reading";
    while !promises.borrow().is_empty() {
        succeed(&promises, "");
        server.transport();
    }
    same("reading", server.transport().reading(), ReadState::Reading, rule);
    same("the length of all answers", server.value().len(), answer("").len() * (MANY + 100), rule);
}

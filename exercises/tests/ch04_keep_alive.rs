//! Chapter 04: one request after another. These tests are given: do not edit them, make them green in their order.
//!
//! The first six are about values. From t07 on your decoder stands in a connection of chapter 03.
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

/// So many requests at once are more than any buffer should hold.
const MANY: usize = 20_000;

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
    let handler = |request: Request| Ok(Reply::Now(text(&request.head.target)));
    TestConnection::new(Connection::with(handler, Heads::default(), Timeless))
}

/// A connection whose answers are in the test's hand.
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
            "no request waits for the answer {body:?}\n  rule     after an answer the next request is taken, if it is here"
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

/// A new connection for each request costs a round trip each: 1.1 made staying the rule.
#[test]
fn t01_1_1_stays_open() {
    let rule = "1.1 goes on unless the request says `close` (RFC 9112, 9.3)";
    keeps("1.1", "Host: a\r\n", true, rule);
    keeps("1.1", "Connection: keep-alive\r\n", true, rule);
}

/// For 1.0 it is the other way round: such a client takes the end of the connection for the end of the answer.
#[test]
fn t02_1_0_closes_unless_asked() {
    let rule = "1.0 closes unless `Connection` says `keep-alive`; the field `Keep-Alive` is another one (RFC 9112, 9.3)";
    keeps("1.0", "Connection: Keep-Alive\r\n", true, rule);
    keeps("1.0", "", false, rule);
    keeps("1.0", "Keep-Alive: 300\r\n", false, rule);
}

/// The field is a list, may come twice, and is compared without regard to case.
#[test]
fn t03_close_is_a_member_of_a_list_in_any_case() {
    let rule = "`close` anywhere in a `Connection` list, in any case, ends it, whatever else is said (RFC 9110, 7.6.1)";
    for list in ["close", "CLOSE", "a, Close", "close,a", "a,\tclose\t,b", "keep-alive, close"] {
        keeps("1.1", &format!("Connection: {list}\r\n"), false, rule);
    }
    keeps("1.1", "Connection: a\r\nConnection: close\r\n", false, rule);
    keeps("1.0", "Connection: keep-alive, close\r\n", false, rule);
}

/// Nor is anything else that has those letters in it.
#[test]
fn t04_closed_is_not_close() {
    let rule = "compare whole members of the list: what only contains `close` is something else";
    for list in ["closed", "unclose", "close;a", "clo se", "\"close\""] {
        keeps("1.1", &format!("Connection: {list}\r\n"), true, rule);
    }
}

/// What every decoder from here on needs: a place for bytes that are not read yet.
#[test]
fn t05_unread_bytes_come_back_in_their_order() {
    let rule = "what was pushed, without what was read, in its order";
    let mut unread = Unread::default();
    for (push, read, left) in
        [("abc", 2, "c"), ("de", 0, "cde"), ("", 1, "de"), ("f", 1, "ef"), ("gh", 4, ""), ("i", 0, "i")]
    {
        unread.push(push.as_bytes());
        unread.read(read);
        same("bytes", Bytes(unread.bytes()), Bytes(left.as_bytes()), rule);
    }
    let rule = "idle is: nothing there but the empty lines that may stand before a request (RFC 9112, 2.2)";
    for (bytes, idle) in [("", true), ("\r\n", true), ("\r\n\r", true), ("\r\nG", false), (" ", false)] {
        let mut unread = Unread::default();
        unread.push(bytes.as_bytes());
        same(&format!("is_idle, with {bytes:?},"), unread.is_idle(), idle, rule);
    }
}

/// The decoder alone: what follows a request is the beginning of the next.
#[test]
fn t06_what_follows_a_request_is_kept() {
    let rule = "next_event takes one request; the rest stays, for the next call and for the next push";
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
    same(
        "an empty line",
        next(b"\r\n"),
        (None, Progress::Idle, 2),
        "an empty line is no request that has begun",
    );
}

/// Now in a connection: what it does once, it does again.
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

/// Pipelining: a client need not wait for an answer before it asks again.
#[test]
fn t08_two_requests_in_one_read_are_two_requests() {
    let rule = "one read may hold many requests: ask the decoder until it says None";
    let mut server = naming();
    server.receive([get("/1"), get("/2"), get("/3")].concat());
    wrote(&mut server, answer("/1") + &answer("/2") + &answer("/3"), rule);
}

/// Chapter 02 can say it; the decoder must have told.
#[test]
fn t09_a_client_of_1_0_that_asked_is_told_that_it_may_go_on() {
    let rule = "what the request wants is in `keep_alive`, and goes to write_response";
    let mut server = naming();
    server.receive("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    wrote(&mut server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n/1", rule);
    is(&mut server, ConnectionState::Open, rule);
}

/// Two handlers at once would be two answers at once, and the application would have to know.
#[test]
fn t10_one_handler_runs_at_a_time() {
    let rule = "the next request is taken when the answer to the last is written, not before";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    same("the number of calls", promises.borrow().len(), 1, rule);
    succeed(&promises, "one");
    wrote(&mut server, answer("one"), rule);
    same("the number of calls that wait", promises.borrow().len(), 1, rule);
}

/// A client tells answers apart by their order, by nothing else.
#[test]
fn t11_answers_come_in_the_order_of_the_requests() {
    let rule = "answers have no names: their order is that of the requests (RFC 9112, 9.3.2)";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2"), get("/3")].concat());
    for _ in 0..3 {
        let target = promises.borrow().front().map(|(target, _)| target.clone()).unwrap_or_default();
        succeed(&promises, &target);
        server.transport();
    }
    wrote(&mut server, answer("/1") + &answer("/2") + &answer("/3"), rule);
}

/// The first answer comes in `poll`, and there the second begins to be made. Who polls it?
#[test]
fn t12_the_answer_to_a_request_that_waited_is_noticed() {
    let rule =
        "a future that begins in `poll` is polled in the same `poll`, or nobody hears when it is ready";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    succeed(&promises, "one");
    server.transport();
    succeed(&promises, "two");
    holds("nobody was woken for the second answer", server.is_woken(), rule);
    wrote(&mut server, answer("one") + &answer("two"), rule);
}

/// Whoever closes says so once, and that was it: the rest may be anything.
#[test]
fn t13_nothing_behind_close_is_read() {
    let rule = "what follows `Connection: close` is no request, and no bad one either (RFC 9112, 9.6)";
    let mut server = naming();
    server.receive("GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\nBAD\r\n\r\n");
    wrote(&mut server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n/1", rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// The good request was there first.
#[test]
fn t14_nonsense_behind_a_good_request_does_not_spoil_its_answer() {
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

/// Some old clients send a CR LF too many.
#[test]
fn t15_empty_lines_between_requests_are_skipped() {
    let rule = "empty lines before a request are skipped (RFC 9112, 2.2)";
    let mut server = naming();
    server.receive([get("/1"), b"\r\n\r\n".to_vec(), get("/2")].concat());
    wrote(&mut server, answer("/1") + &answer("/2"), rule);
}

/// `printf 'GET .. GET ..' | nc`: all was asked, nothing answered, and the client has ended its side.
#[test]
fn t16_a_client_that_ends_still_gets_all_its_answers() {
    let rule = "after the client's end: every request that came before it is answered, then close";
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
fn t17_a_client_that_ends_between_requests_is_told_nothing() {
    let rule = "who ends between two requests has done nothing wrong: just close";
    let mut server = naming();
    server.receive(get("/1"));
    server.receive("\r\n");
    server.receive_eof();
    wrote(&mut server, answer("/1"), rule);
    is(&mut server, ConnectionState::Closing, rule);
}

/// Nobody is there to hear the second answer.
#[test]
fn t18_a_lost_connection_forgets_what_waited() {
    let rule = "connection_lost: the answer that is being made is dropped, what waits is not begun";
    let (mut server, promises) = promised();
    server.receive([get("/1"), get("/2")].concat());
    same("the number of calls", promises.borrow().len(), 1, rule);
    server.reset_with(io::ErrorKind::ConnectionReset);
    holds("the first answer is still being made", promises.borrow()[0].1.is_dropped(), rule);
    same("the number of calls", promises.borrow().len(), 1, rule);
}

/// A cut may now be at the end of a request, or between CR and LF of the line before one.
#[test]
fn t19_it_does_not_matter_how_requests_are_cut() {
    let input = [get("/1"), get("/22"), b"\r\n".to_vec(), get("/333")].concat();
    for cut in Segmentation::every(&input) {
        let mut server = naming();
        server.receive_cut(&input, &cut);
        let rule = format!("cut like this ({cut}) they are the same three requests");
        wrote(&mut server, answer("/1") + &answer("/22") + &answer("/333"), &rule);
    }
}

/// More than one call should write, and more than one read brings: what is left over must not be forgotten.
#[test]
fn t20_many_requests_at_once_get_as_many_answers() {
    let rule =
        "each request gets its own answer; whoever stops half-way must see to it that he is called again";
    let mut server = naming();
    let targets: Vec<String> = (0..MANY).map(|number| format!("/{number}")).collect();
    server.receive(targets.iter().flat_map(|target| get(target)).collect::<Vec<u8>>());
    let expected: String = targets.iter().map(|target| answer(target)).collect();
    let written = server.value();
    same("the length of all answers", written.len(), expected.len(), rule);
    holds("not each request got its own answer", written == expected, rule);
}

/// A client that asks and asks, and never listens, must not fill the memory with answers.
#[test]
fn t21_a_client_that_takes_no_answers_is_not_served_on() {
    let rule = "after pause_writing no request is taken, and what comes in is held back (pause_reading) once it is much";
    let mut server = naming();
    server.set_window(0);
    (0..MANY).for_each(|_| server.receive(get("/1")));
    wrote(&mut server, answer("/1"), rule);
    same("reading", server.transport().reading(), ReadState::Paused, rule);
    let rule = "after resume_writing all goes on: no request is lost";
    server.set_window(usize::MAX);
    same("the length of all answers", server.value().len(), answer("/1").len() * MANY, rule);
    same("reading", server.transport().reading(), ReadState::Producing, rule);
}

/// Nor with requests, while one answer takes its time.
#[test]
fn t22_a_client_that_sends_ahead_too_far_has_to_wait() {
    let rule =
        "while an answer is being made, no more than some hundred KiB of requests lie unread: pause_reading";
    let (mut server, promises) = promised();
    server.receive(get("/1").repeat(100));
    let room = "a few KiB may lie unread: there must be room for any head";
    same("reading", server.transport().reading(), ReadState::Producing, room);
    server.receive(get("/1").repeat(MANY));
    same("reading", server.transport().reading(), ReadState::Paused, rule);
    let rule = "once they are answered, resume_reading";
    while !promises.borrow().is_empty() {
        succeed(&promises, "");
        server.transport();
    }
    same("reading", server.transport().reading(), ReadState::Producing, rule);
    same("the length of all answers", server.value().len(), answer("").len() * (MANY + 100), rule);
}

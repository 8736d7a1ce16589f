//! Chapter 06: what is refused, as early as it can be known. The raw cases stand in `vectors`; here is what they
//! cannot say.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::{cell::RefCell, rc::Rc};

use unplugged::transport::{ByHand, ConnectionState};
use workbook::{
    ch01_request_head::{Head, parse_head},
    ch02_response_writer::{Body, Response},
    ch03_connection::{Connection, Decode, Event, Handler, Refused, Reply, Request, Timeless},
    ch05_bodies::Framing,
    ch06_limits::{Admitted, BoundedMessages, Limits, Reject, admit, status_for},
};

type Server<H> = ByHand<Connection<H, BoundedMessages>>;

const LIMITS: Limits = Limits {
    target: 64,
    head_bytes: 512,
    headers: 8,
    body: 64,
    chunk_line: 32,
    trailers: 64,
    empty_lines: 2,
};

/// A connection that answers each request with its body, and how many it answered.
fn echoing() -> (Server<impl Handler>, Rc<RefCell<u32>>) {
    let count = Rc::new(RefCell::new(0));
    let handler = {
        let count = Rc::clone(&count);
        move |request: Request| {
            *count.borrow_mut() += 1;
            Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(request.body) }))
        }
    };
    (ByHand::new(Connection::with(handler, BoundedMessages::new(LIMITS), Timeless)), count)
}

fn head(line: &str, fields: &[&str]) -> Head {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    parse_head(format!("{line}\r\n{fields}\r\n").as_bytes()).unwrap().unwrap().0
}

fn admitted(fields: &[&str]) -> Result<Admitted, Reject> {
    admit(&head("POST / HTTP/1.1", fields), &LIMITS)
}

#[test]
fn t01_every_reason_has_its_status() {
    let statuses = [
        (Reject::Malformed, 400),
        (Reject::EmptyLines, 400),
        (Reject::BadTarget, 400),
        (Reject::BadHost, 400),
        (Reject::BodyTooLarge, 413),
        (Reject::TargetTooLong, 414),
        (Reject::Expectation, 417),
        (Reject::HeadTooLarge, 431),
        (Reject::TooManyHeaders, 431),
        (Reject::TrailersTooLarge, 431),
        (Reject::UnknownCoding, 501),
        (Reject::Version, 505),
    ];
    for (reject, status) in statuses {
        assert_eq!(status_for(&reject), status, "{reject}");
        assert_eq!(Refused::from(reject), Refused(status));
    }
}

#[test]
fn t02_a_good_head_is_admitted_with_its_framing() {
    let none = Admitted { framing: Framing::None, wants_continue: false };
    assert_eq!(admitted(&["Host: a"]), Ok(none));
    let five = Admitted { framing: Framing::Length(5), wants_continue: false };
    assert_eq!(admitted(&["Host: a", "Content-Length: 5"]), Ok(five));
}

#[test]
fn t03_one_host_no_more_and_no_fewer() {
    assert_eq!(admitted(&[]), Err(Reject::BadHost));
    assert_eq!(admitted(&["Host: a", "Host: a"]), Err(Reject::BadHost));
    assert_eq!(admitted(&["Host: a b"]), Err(Reject::BadHost));
    assert!(admitted(&["Host:"]).is_ok());
    assert!(admit(&head("GET / HTTP/1.0", &[]), &LIMITS).is_ok());
}

#[test]
fn t04_a_target_has_the_form_of_its_method() {
    let refused = |line| admit(&head(line, &["Host: a"]), &LIMITS) == Err(Reject::BadTarget);
    for line in ["GET * HTTP/1.1", "GET a HTTP/1.1", "GET a:80 HTTP/1.1", "CONNECT / HTTP/1.1"] {
        assert!(refused(line), "{line}");
    }
    for line in ["OPTIONS * HTTP/1.1", "GET http://b/c HTTP/1.1", "CONNECT a:80 HTTP/1.1"] {
        assert!(!refused(line), "{line}");
    }
}

#[test]
fn t05_a_length_over_the_limit_is_refused_before_any_of_it_is_here() {
    assert_eq!(admitted(&["Host: a", "Content-Length: 65"]), Err(Reject::BodyTooLarge));
    assert!(admitted(&["Host: a", "Content-Length: 64"]).is_ok());
}

#[test]
fn t06_a_client_that_waits_for_a_go_ahead_gets_it_once() {
    let (mut server, _) = echoing();
    server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    server.assert_written("HTTP/1.1 100 Continue\r\n\r\n");
    let _ = server.take();
    server.receive("he");
    server.assert_written("");
    server.receive("llo");
    server.assert_written("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

#[test]
fn t07_a_client_that_did_not_wait_needs_none() {
    let (mut server, _) = echoing();
    server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
    server.assert_written("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
}

#[test]
fn t08_a_go_ahead_is_not_given_where_it_is_not_wanted() {
    for request in [
        "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    ] {
        let (mut server, count) = echoing();
        server.receive(request);
        server.assert_written("");
        server.receive("hello");
        assert_eq!(*count.borrow(), 1, "{request}");
    }
    assert!(!admitted(&["Host: a", "Expect: 100-continue"]).unwrap().wants_continue);
}

#[test]
fn t09_a_go_ahead_is_not_given_for_what_is_refused() {
    let (mut server, _) = echoing();
    server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(server.lines()[0], "HTTP/1.1 413 Content Too Large");
}

#[test]
fn t10_another_expectation_fails() {
    assert_eq!(admitted(&["Host: a", "Expect: a-miracle"]), Err(Reject::Expectation));
    assert_eq!(admitted(&["Host: a", "Expect: 100-continue", "Expect: b"]), Err(Reject::Expectation));
}

#[test]
fn t11_there_is_one_error_and_then_silence() {
    let (mut server, count) = echoing();
    server.receive("BAD\r\n\r\n");
    let first = server.value();
    server.receive("BAD\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.assert_written(&first);
    assert_eq!((first.windows(9).filter(|window| window == b"HTTP/1.1 ").count(), *count.borrow()), (1, 0));
    server.assert_state(ConnectionState::Closing);
}

/// Whatever is sent without an end, what is held of it is bounded.
#[test]
fn t12_memory_stays_bounded() {
    let endless: [(&[u8], &[u8], u16); 7] = [
        (b"", b"G", 431),
        (b"", b"\r\n", 400),
        (b"GET /", b"a", 414),
        (b"GET / HTTP/1.1\r\n", b"A: b\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"0", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n", 431),
    ];
    for (begin, again, status) in endless {
        let mut messages = BoundedMessages::new(LIMITS);
        messages.push(begin);
        let mut sent = 0;
        let refused = loop {
            match messages.next_event() {
                Ok(None) => {}
                Ok(Some(event)) => panic!("there is no whole request: {event:?}"),
                Err(refused) => break refused,
            }
            assert!(messages.buffered() <= 1024 && sent < 10_000, "{}", again.escape_ascii());
            messages.push(again);
            sent += again.len();
        };
        assert_eq!(refused, Refused(status), "{}", again.escape_ascii());
    }
}

#[test]
fn t13_requests_without_end_leave_nothing_behind() {
    let mut messages = BoundedMessages::new(LIMITS);
    for _ in 0..100_000 {
        messages.push(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        assert!(matches!(messages.next_event(), Ok(Some(Event::Request(_)))));
        assert_eq!(messages.buffered(), 0);
    }
}

#[test]
fn t14_trailers_do_not_become_fields() {
    let mut messages = BoundedMessages::new(LIMITS);
    messages.push(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n");
    let Ok(Some(Event::Request(request))) = messages.next_event() else { panic!("a request is here") };
    assert_eq!((request.head.headers.len(), request.head.headers.get("a")), (2, None));
}

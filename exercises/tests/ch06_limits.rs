//! Chapter 06: bad input and limits. These tests are given: do not edit them, make them green in their order.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::{cell::RefCell, rc::Rc, time::Duration};

use support::{Bytes, Watchdog, holds, same, same_bytes, shown};
use unplugged::transport::{ConnectionState, Segmentation, TestConnection};
use workbook::{
    ch01_request_head::{Head, parse_head},
    ch02_response_writer::{Body, Response},
    ch03_connection::{Connection, Decode, Event, Handler, Progress, Refused, Reply, Request, Timeless},
    ch05_bodies::Framing,
    ch06_limits::{Admitted, BoundedMessages, Limits, Reject, admit, status_for},
};

/// Small limits, so that tests that pass them are small, too.
const LIMITS: Limits = Limits {
    target: 64,
    head_bytes: 512,
    headers: 8,
    body: 64,
    chunk_line: 32,
    trailers: 64,
    empty_lines: 2,
};

/// A decoder that takes nothing and asks for more would never end.
static WATCHDOG: Watchdog = Watchdog::new(Duration::from_secs(10));

const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn head(line: &str, fields: &[&str]) -> Head {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    parse_head(format!("{line}\r\n{fields}\r\n").as_bytes()).unwrap().unwrap().0
}

/// Checks the answer to a head with this first line and these fields.
#[track_caller]
fn judged(line: &str, fields: &[&str], expected: Result<Admitted, Reject>, rule: &str) {
    same(&format!("admit({line:?}, {fields:?})"), admit(&head(line, fields), &LIMITS), expected, rule);
}

/// Checks that such a head, without a body, is admitted.
#[track_caller]
fn admitted(line: &str, fields: &[&str], rule: &str) {
    judged(line, fields, Ok(Admitted { framing: Framing::None, wants_continue: false }), rule);
}

/// Returns a request with a target of this number of bytes.
fn long_target(length: usize) -> String {
    format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "t".repeat(length - 1))
}

/// Returns a request whose head has this number of bytes.
fn long_head(length: usize) -> String {
    let begin = "GET / HTTP/1.1\r\nHost: a\r\nA: ";
    format!("{begin}{}\r\n\r\n", "h".repeat(length - begin.len() - 4))
}

/// Returns a head with this number of fields, without its empty line.
fn many_fields(count: usize) -> String {
    format!("GET / HTTP/1.1\r\nHost: a\r\n{}", "A: b\r\n".repeat(count - 1))
}

/// Decodes bytes, and returns one line: the body of each request, and how it ended.
fn outcome(limits: Limits, input: &[u8], cut: &Segmentation) -> String {
    let mut messages = BoundedMessages::new(limits);
    let mut said = Vec::new();
    for piece in cut.cut(&input.to_vec().into()) {
        messages.push(&piece);
        loop {
            match messages.next_event() {
                Ok(Some(Event::Request(_) | Event::Continue)) if said.len() > 9 => return "no end".into(),
                Ok(Some(Event::Request(request))) => said.push(format!("{:?}", Bytes(&request.body))),
                Ok(Some(Event::Continue)) => said.push("go on".into()),
                Ok(None) => break,
                Err(Refused(status)) => {
                    said.push(format!("refused with {status}"));
                    return said.join(", ");
                }
            }
        }
    }
    said.push(format!("waits ({:?})", messages.progress()));
    said.join(", ")
}

/// Checks the result for every cut of the bytes.
#[track_caller]
fn gives(input: &str, expected: &str, rule: &str) {
    for cut in Segmentation::every(input.as_bytes()) {
        let got = outcome(LIMITS, input.as_bytes(), &cut);
        let sent = shown(input.as_bytes());
        let what = format!("sent, {cut}: {sent}\n  expected {expected}\n  got      {got}");
        holds(&what, got == expected, rule);
    }
}

#[track_caller]
fn served(input: &str, rule: &str) {
    gives(input, "b\"\", waits (Idle)", rule);
}

#[track_caller]
fn refused(input: &str, status: u16, rule: &str) {
    gives(input, &format!("refused with {status}"), rule);
}

type Server<H> = TestConnection<Connection<H, BoundedMessages>>;

/// Creates a connection that answers each request with its body, and a count of the answers.
fn echoing() -> (Server<impl Handler>, Rc<RefCell<u32>>) {
    let count = Rc::new(RefCell::new(0));
    let handler = {
        let count = Rc::clone(&count);
        move |request: Request| {
            *count.borrow_mut() += 1;
            Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(request.body) }))
        }
    };
    (TestConnection::new(Connection::with(handler, BoundedMessages::new(LIMITS), Timeless)), count)
}

/// The status tells the client what to change: send less, or send something else.
#[test]
fn t01_every_reason_has_its_status() {
    let rule = "400 bad; 413 body, 414 target, 431 fields too large; 417 expectation failed; 501; 505 (RFC 9110, 15)";
    for (reject, status) in [
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
    ] {
        same(&format!("the status for {reject:?}"), status_for(&reject), status, rule);
        same(
            &format!("the refusal of a decoder for {reject:?}"),
            Refused::from(reject),
            Refused(status),
            rule,
        );
    }
}

/// A good head is admitted, with what the decoder needs to know about its body.
#[test]
fn t02_a_good_head_is_admitted_with_its_framing() {
    let rule = "the framing is that of chapter 05, with the same errors";
    admitted("GET / HTTP/1.1", &["Host: a"], rule);
    let framed = |framing| Ok(Admitted { framing, wants_continue: false });
    judged("POST / HTTP/1.1", &["Host: a", "Content-Length: 5"], framed(Framing::Length(5)), rule);
    judged("POST / HTTP/1.1", &["Host: a", "Transfer-Encoding: chunked"], framed(Framing::Chunked), rule);
    judged("POST / HTTP/1.1", &["Host: a", "Content-Length: +5"], Err(Reject::Malformed), rule);
    judged("POST / HTTP/1.1", &["Host: a", "Transfer-Encoding: gzip"], Err(Reject::UnknownCoding), rule);
}

/// `Host` selects one of many sites at one address. With two `Host` fields, two servers select different sites.
#[test]
fn t03_there_is_exactly_one_host() {
    let rule = "HTTP/1.1 must have one Host, HTTP/1.0 may; two are refused, equal or not (RFC 9112, 3.2)";
    let bad = Err(Reject::BadHost);
    judged("GET / HTTP/1.1", &[], bad, rule);
    judged("GET / HTTP/1.1", &["Host: a", "Host: b"], bad, rule);
    judged("GET / HTTP/1.1", &["Host: a", "host: a"], bad, rule);
    judged("GET / HTTP/1.0", &["Host: a", "Host: a"], bad, rule);
    admitted("GET / HTTP/1.0", &[], rule);
    admitted("GET / HTTP/1.0", &["Host: a"], rule);
}

/// The host goes into links, redirects and logs.
#[test]
fn t04_a_host_is_a_name_or_an_address_with_an_optional_port() {
    let rule = "a host is a name, an address, or an address in brackets; a colon and digits may follow (RFC 3986, 3.2.2)";
    for host in [
        "a",
        "example.org:80",
        "a:",
        "a_b",
        "a%20b",
        "192.0.2.1:8080",
        "[2001:db8::1]:8080",
        "[::1]",
        "[::ffff:192.0.2.1]",
        "[v1.a:b]",
        "!$&'()*+,;=~-.",
    ] {
        admitted("GET / HTTP/1.1", &[&format!("Host: {host}")], rule);
    }
    admitted(
        "GET / HTTP/1.1",
        &["Host:"],
        "an empty Host is allowed, for a client that has no name (RFC 9110, 7.2)",
    );
    for host in
        ["a b", "a/b", "http://a", "u@a", "a?b", "a#b", "a\\b", "caf\u{e9}", "a:b", "a:1:2", ":80", ":"]
    {
        judged("GET / HTTP/1.1", &[&format!("Host: {host}")], Err(Reject::BadHost), rule);
    }
    for host in [
        "[::1",
        "[]",
        "[]:80",
        "[::1]a",
        "[::1]:a",
        "a[1]",
        "[a%20b]",
        "[a/b]",
        "[123g::1]",
        "[a]",
        "[1:2]",
        "[v1]",
        "[v.a]",
        "[vg.a]",
    ] {
        judged("GET / HTTP/1.1", &[&format!("Host: {host}")], Err(Reject::BadHost), rule);
    }
}

/// A server must also accept the form for a proxy, a whole URI.
#[test]
fn t05_a_target_is_a_path_or_a_whole_uri() {
    let rule = "an absolute path, or http:// or https:// and a host (RFC 9112, 3.2.1 and 3.2.2)";
    for target in [
        "/",
        "/?a=b",
        "/?a[]=b",
        "/*",
        "//",
        "/?http://",
        "http://a",
        "HTTP://a:80/b",
        "https://a?b",
        "http://[::1]/b",
    ] {
        admitted(&format!("GET {target} HTTP/1.1"), &["Host: a"], rule);
    }
    for target in [
        "a",
        "a/b",
        "?a",
        "#a",
        "http:a",
        "http://",
        "http:///a",
        "http://?a",
        "ftp://a/",
        "http://u:p@a/",
        "://a",
    ] {
        judged(&format!("GET {target} HTTP/1.1"), &["Host: a"], Err(Reject::BadTarget), rule);
    }
    let rule = "a fragment stays with the client (RFC 9112, 3.2.1), and these bytes are in no URI (RFC 3986, 2): 400";
    for target in
        ["/#a", "/?a#b", "http://a#b", "http://a/#b", "/\"", "/<", "/>", "/\\", "/^", "/`", "/{", "/|", "/?}"]
    {
        judged(&format!("GET {target} HTTP/1.1"), &["Host: a"], Err(Reject::BadTarget), rule);
    }
    let rule = "a whole URI has a host, but the Host field is still required (RFC 9112, 3.2.2)";
    judged("GET http://a/ HTTP/1.1", &[], Err(Reject::BadHost), rule);
}

/// Two methods have their own form of target.
#[test]
fn t06_an_asterisk_for_options_and_an_authority_for_connect() {
    let rule = "`*` is only for OPTIONS, `host:port` only for CONNECT, which allows no other (RFC 9112, 3.2.3 and 3.2.4)";
    admitted("OPTIONS * HTTP/1.1", &["Host: a"], rule);
    admitted("OPTIONS / HTTP/1.1", &["Host: a"], rule);
    admitted("CONNECT a:80 HTTP/1.1", &["Host: a"], rule);
    admitted("CONNECT [::1]:80 HTTP/1.1", &["Host: a"], rule);
    for line in [
        "GET * HTTP/1.1",
        "options * HTTP/1.1",
        "OPTIONS *a HTTP/1.1",
        "OPTIONS a:80 HTTP/1.1",
        "GET a:80 HTTP/1.1",
    ] {
        judged(line, &["Host: a"], Err(Reject::BadTarget), rule);
    }
    for line in [
        "CONNECT a HTTP/1.1",
        "CONNECT a: HTTP/1.1",
        "CONNECT [::1] HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "CONNECT http://a:80 HTTP/1.1",
        "CONNECT * HTTP/1.1",
        "CONNECT /a:80 HTTP/1.1",
    ] {
        judged(line, &["Host: a"], Err(Reject::BadTarget), rule);
    }
    let rule = "after a CONNECT come the bytes of a tunnel: the connection is not kept (RFC 9110, 9.3.6)";
    let mut messages = BoundedMessages::new(LIMITS);
    messages.push(b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n");
    let Ok(Some(Event::Request(request))) = messages.next_event() else { panic!("a whole request is here") };
    same("keep_alive", request.keep_alive, false, rule);
}

/// The head says how long the body will be, so a body that is too long is refused with it.
#[test]
fn t07_a_length_over_the_limit_is_refused_with_the_head() {
    let rule =
        "a length over the limit is refused with the head; the limit itself is allowed (RFC 9110, 15.5.14)";
    let length = |length| format!("Content-Length: {length}");
    let largest = Ok(Admitted { framing: Framing::Length(64), wants_continue: false });
    judged("POST / HTTP/1.1", &["Host: a", &length("64")], largest, rule);
    for too_long in ["65", "18446744073709551615", "18446744073709551616"] {
        judged("POST / HTTP/1.1", &["Host: a", &length(too_long)], Err(Reject::BodyTooLarge), rule);
    }
}

/// A client that has much to send asks first, and waits for `100 Continue`.
#[test]
fn t08_only_100_continue_is_expected() {
    let rule = "Expect: 100-continue, in any case; anything else fails (RFC 9110, 10.1.1)";
    let waiting = Ok(Admitted { framing: Framing::Length(5), wants_continue: true });
    for expectation in ["Expect: 100-continue", "expect: 100-CONTINUE"] {
        judged("POST / HTTP/1.1", &["Host: a", "Content-Length: 5", expectation], waiting, rule);
    }
    let chunked = Ok(Admitted { framing: Framing::Chunked, wants_continue: true });
    judged(
        "POST / HTTP/1.1",
        &["Host: a", "Transfer-Encoding: chunked", "Expect: 100-continue"],
        chunked,
        rule,
    );
    let failed = Err(Reject::Expectation);
    judged("GET / HTTP/1.1", &["Host: a", "Expect: a-miracle"], failed, rule);
    judged("GET / HTTP/1.1", &["Host: a", "Expect: 100-continue", "Expect: a-miracle"], failed, rule);

    let rule = "ignore Expect without a body, and in HTTP/1.0, which has no 100 (RFC 9110, 10.1.1)";
    admitted("GET / HTTP/1.1", &["Host: a", "Expect: 100-continue"], rule);
    let empty = Ok(Admitted { framing: Framing::Length(0), wants_continue: false });
    judged("POST / HTTP/1.1", &["Host: a", "Content-Length: 0", "Expect: 100-continue"], empty, rule);
    let old = Ok(Admitted { framing: Framing::Length(5), wants_continue: false });
    judged("POST / HTTP/1.0", &["Content-Length: 5", "Expect: 100-continue"], old, rule);
    judged("POST / HTTP/1.0", &["Content-Length: 5", "Expect: a-miracle"], old, rule);
}

/// Good bytes are read as in chapter 05.
#[test]
fn t09_good_requests_are_read_one_after_another() {
    WATCHDOG.run(|| {
        let rule = "each request has its own body, and the next begins where it ends, for every cut";
        let first = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
        gives(first, "b\"hello\", waits (Idle)", rule);
        let second = format!("{CHUNKED}2\r\nhi\r\n0\r\n\r\n");
        gives(&format!("{first}\r\n{second}GET"), "b\"hello\", b\"hi\", waits (Head)", rule);
        gives("GET / HTTP/2.0\r\n\r\n", "refused with 505", "what an earlier chapter refuses is refused");
        gives("GET /\r\n\r\n", "refused with 400", "what an earlier chapter refuses is refused");
        gives("GET / HTTP/1.1\r\n\r\n", "refused with 400", "what `admit` refuses is refused");
        let mut messages = BoundedMessages::new(LIMITS);
        messages.push(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let Ok(Some(Event::Request(request))) = messages.next_event() else {
            panic!("a whole request is here")
        };
        same("the target", request.head.target.as_str(), "/a", rule);
        same("keep_alive", request.keep_alive, false, "`Connection: close` works as in chapter 04");
    });
}

/// A form that is sent with GET can make a target too long.
#[test]
fn t10_a_target_that_is_too_long_is_414() {
    WATCHDOG.run(|| {
        let rule = "a target of 64 bytes is allowed, one of 65 is refused with 414 (RFC 9110, 15.5.15)";
        served(&long_target(64), rule);
        refused(&long_target(65), 414, rule);
        refused(&long_target(200), 414, rule);
        served(&long_target(64).replace("/tttttttt", "http://a/"), "all bytes of a whole URI count");
    });
}

/// A large cookie can make a head too large.
#[test]
fn t11_a_head_that_is_too_large_is_431() {
    WATCHDOG.run(|| {
        let rule = "a head of 512 bytes, with its empty line, is allowed; one of 513 is refused with 431 (RFC 6585, 5)";
        served(&long_head(512), rule);
        refused(&long_head(513), 431, rule);
    });
}

/// Each field costs memory in addition to its bytes.
#[test]
fn t12_too_many_fields_are_431() {
    WATCHDOG.run(|| {
        let rule = "eight fields are allowed, nine are refused with 431 (RFC 6585, 5)";
        served(&(many_fields(8) + "\r\n"), rule);
        refused(&(many_fields(9) + "\r\n"), 431, rule);
    });
}

/// An attacker does not send the end.
#[test]
fn t13_a_passed_limit_is_refused_at_once() {
    WATCHDOG.run(|| {
        let rule = "refuse as soon as a limit is passed: do not wait for the end of the line or of the head";
        refused(&format!("GET /{}", "t".repeat(64)), 414, rule);
        refused(&long_head(600)[..513], 431, rule);
        refused(&"G".repeat(513), 431, rule);
        refused(&many_fields(9), 431, rule);
        refused("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\n\r\n", 413, rule);
        let rule = "a bad line is refused when it ends, not when the head does: does your `parse_head` wait?";
        refused("GET /\r\n", 400, rule);
        refused("GET / HTTP/1.1\r\nA b: c\r\n", 400, rule);
        let rule =
            "no method begins with this byte: this client does not speak HTTP, perhaps TLS, and may wait";
        refused("\x16\x03\x01", 400, rule);
        refused(" ", 400, rule);
    });
}

/// Without a limit, a client could send empty lines without end.
#[test]
fn t14_too_many_empty_lines_are_refused() {
    WATCHDOG.run(|| {
        let rule =
            "two empty lines before a request are ignored, a third is refused with 400 (RFC 9112, 2.2)";
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        served(&format!("\r\n\r\n{request}"), rule);
        gives("\r\n\r\n", "waits (Idle)", rule);
        refused("\r\n\r\n\r\n", 400, rule);
        refused(&format!("\r\n\r\n\r\n{request}"), 400, rule);
        let each = format!("\r\n\r\n{request}");
        let each_request = "they are counted for each request";
        gives(&each.repeat(3), "b\"\", b\"\", b\"\", waits (Idle)", each_request);
        gives(&format!("{each}\r\n\r\n\r\n"), "b\"\", refused with 400", each_request);
        served(
            &format!("\r\n\r\n{}", long_head(512)),
            "they are not part of the head, and do not count for other limits",
        );
    });
}

/// Extensions have no meaning, and could have any length.
#[test]
fn t15_the_line_before_a_chunk_has_a_limit() {
    WATCHDOG.run(|| {
        let rule = "the line before a chunk may have 32 bytes with its end; a longer one is refused with 400";
        let line = |length: usize| format!("1;{}\r\n", "e".repeat(length - 4));
        gives(&format!("{CHUNKED}{}b\r\n0\r\n\r\n", line(32)), "b\"b\", waits (Idle)", rule);
        refused(&format!("{CHUNKED}{}", line(33)), 400, rule);
        refused(&format!("{CHUNKED}1;{}", "e".repeat(40)), 400, rule);
    });
}

/// Trailers cost memory, too, and must not become header fields.
#[test]
fn t16_trailers_have_a_limit_and_do_not_become_fields() {
    WATCHDOG.run(|| {
        let rule =
            "trailers of 64 bytes, with their empty line, are allowed; longer ones are refused with 431";
        let trailers = |length: usize| format!("{CHUNKED}0\r\nA: {}\r\n\r\n", "t".repeat(length - 7));
        served(&trailers(64), rule);
        refused(&trailers(65), 431, rule);
        refused(&format!("{CHUNKED}0\r\n{}", "A: b\r\n".repeat(11)), 431, rule);
        let mut messages = BoundedMessages::new(LIMITS);
        messages.push(format!("{CHUNKED}0\r\nAuthorization: me\r\n\r\n").as_bytes());
        let Ok(Some(Event::Request(request))) = messages.next_event() else {
            panic!("a whole request is here")
        };
        let fields = (request.head.headers.len(), request.head.headers.get("authorization").map(Bytes));
        same(
            "(len, get of the trailer) of the fields",
            fields,
            (2, None),
            "a trailer is no header field (RFC 9110, 6.5.1)",
        );
    });
}

/// A body in chunks does not announce its length.
#[test]
fn t17_chunks_are_counted_as_they_come() {
    WATCHDOG.run(|| {
        let rule = "a chunk that would pass the limit is refused with 413 when its size is read";
        let largest = format!("{CHUNKED}3f\r\n{}\r\n1\r\nb\r\n0\r\n\r\n", "b".repeat(63));
        gives(&largest, &format!("b\"{}\", waits (Idle)", "b".repeat(64)), rule);
        refused(&format!("{CHUNKED}41\r\n"), 413, rule);
        refused(&format!("{CHUNKED}3f\r\n{}\r\n2\r\n", "b".repeat(63)), 413, rule);
    });
}

/// Each input has two faults. However it is cut, the decoder must find the same one.
#[test]
fn t18_the_first_fault_counts() {
    WATCHDOG.run(|| {
        let rule = "the first fault counts, for every cut: parse the bytes before the limit";
        let many = "A: b\r\n".repeat(20);
        refused(&format!("GET / HTTP/1.1\r\nA b: c\r\n{many}"), 400, rule);
        refused(&format!("{}A b: c\r\n\r\n", many_fields(9)), 431, rule);
        refused(&format!("GET / HTTP/2.0\r\n{many}"), 505, rule);
        refused(&format!("GET / HTTP/1.1\r\n{many}\r\n"), 431, "a missing Host is known only at the end");
        refused(&format!("GET /{} HTTP/2.0\r\n\r\n", "t".repeat(64)), 414, rule);
        refused(&format!("GET / HTTP/1.1\r\nA b: c\r\nB: {}\r\n\r\n", "b".repeat(600)), 400, rule);
        refused(&format!("GET / HTTP/1.1\nA: {}\r\n\r\n", "b".repeat(600)), 400, rule);
        refused(&format!("{CHUNKED}0\r\nA b: c\r\n{many}"), 400, rule);
    });
}

/// Each request of a connection has its own limits.
#[test]
fn t19_each_request_has_its_own_limits() {
    WATCHDOG.run(|| {
        let rule = "a request does not count for the next, and nothing of it is kept";
        gives(&(long_head(512) + &long_head(512)), "b\"\", b\"\", waits (Idle)", rule);
        gives(&(many_fields(8) + "\r\n").repeat(2), "b\"\", b\"\", waits (Idle)", rule);
        let mut messages = BoundedMessages::new(LIMITS);
        let body = "b".repeat(64);
        for count in 1..=2_000 {
            messages
                .push(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 64\r\n\r\n{body}").as_bytes());
            let is_request = matches!(messages.next_event(), Ok(Some(Event::Request(_))));
            holds(&format!("request {count} is not read"), is_request, rule);
            same(&format!("buffered after {count} requests"), messages.buffered(), 0, rule);
        }
    });
}

/// A limit that is too low refuses honest clients.
#[test]
fn t20_the_default_limits_are_wide_enough() {
    let rule =
        "Default allows what normal clients send: a target of 8000 bytes, and long cookies (RFC 9112, 3)";
    let target = format!("/{}", "t".repeat(7_999));
    let cookies = "Cookie: ".to_owned() + &"c".repeat(4_000);
    let head = format!(
        "PUT {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n{cookies}\r\n{cookies}\r\n{cookies}\r\n"
    );
    let fields = "A: b\r\n".repeat(50);
    let body = format!("10000;{}\r\n{}\r\n0\r\n{fields}\r\n", "e".repeat(200), "b".repeat(0x1_0000));
    let mut messages = BoundedMessages::default();
    messages.push(format!("\r\n\r\n\r\n\r\n{head}{fields}\r\n{body}").as_bytes());
    let answer = messages.next_event();
    let length = match &answer {
        Ok(Some(Event::Request(request))) => Ok(Some(request.body.len())),
        Ok(_) => Ok(None),
        Err(refused) => Err(*refused),
    };
    same("the length of the body", length, Ok(Some(0x1_0000)), rule);
}

/// The connection needs the progress for its time limits, and the buffered bytes to slow the client down.
#[test]
fn t21_a_decoder_reports_its_progress() {
    let rule =
        "nothing or empty lines: Idle; a part of a head: Head; a whole head without its whole body: Body";
    let mut messages = BoundedMessages::new(LIMITS);
    for (sent, progress) in [
        ("\r", Progress::Idle),
        ("\n", Progress::Idle),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n", Progress::Head),
        ("\r\nhell", Progress::Body),
        ("o", Progress::Idle),
        ("G", Progress::Head),
    ] {
        messages.push(sent.as_bytes());
        let ends = matches!(messages.next_event(), Ok(Some(Event::Request(_))));
        same(&format!("whether {sent:?} ends the request"), ends, sent == "o", "only its last byte does");
        same(&format!("the progress after {sent:?}"), messages.progress(), progress, rule);
    }
    same(
        "buffered, with one byte of a head",
        messages.buffered(),
        1,
        "the bytes that were pushed and not read",
    );
}

/// In a connection: a client that waits gets its `100 Continue`.
#[test]
fn t22_a_waiting_client_gets_100_continue_once() {
    WATCHDOG.run(|| {
        let rule = "100 Continue, once, while none of the body is here; then the answer (RFC 9110, 10.1.1)";
        let (mut server, _) = echoing();
        server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        same_bytes("what was written after the head", &server.take(), b"HTTP/1.1 100 Continue\r\n\r\n", rule);
        server.receive("he");
        same_bytes("what was written after two bytes", &server.take(), b"", rule);
        server.receive("llo");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        same_bytes("what was written at the end", &server.take(), answer, rule);
    });
}

/// Some clients take a `100 Continue` that they do not expect for the answer.
#[test]
fn t23_no_100_continue_where_it_is_not_needed() {
    WATCHDOG.run(|| {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let closing = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        for (head, body, expected, rule) in [
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nh",
                "ello",
                answer,
                "a client that sends the body at once does not wait: no 100 (RFC 9110, 10.1.1)",
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
                "hello",
                answer,
                "only a client that expects a 100 gets it",
            ),
            (
                "POST / HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
                "hello",
                closing,
                "no 100 for HTTP/1.0 (RFC 9110, 10.1.1)",
            ),
        ] {
            let (mut server, count) = echoing();
            server.receive(head);
            same_bytes("what was written before the body", &server.value(), b"", rule);
            server.receive(body);
            same_bytes("what was written", &server.value(), expected.as_bytes(), rule);
            same("the number of calls of the handler", *count.borrow(), 1, rule);
        }
        let (mut server, _) = echoing();
        server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65\r\nExpect: 100-continue\r\n\r\n");
        let line = server.lines().first().cloned().unwrap_or_default();
        same_bytes(
            "the first line",
            &line,
            b"HTTP/1.1 413 Content Too Large",
            "do not ask for a body that will be refused",
        );
    });
}

/// After a refusal nothing is read: the beginning of the next request is unknown.
#[test]
fn t24_a_refusal_is_the_last_answer() {
    WATCHDOG.run(|| {
        let rule = "one answer to a refused request, then close; what follows is not read (RFC 9112, 9.6)";
        let (mut server, count) = echoing();
        server.receive(long_target(65) + &long_target(64) + "BAD\r\n\r\n");
        server.receive(long_target(64));
        let written = server.value();
        let lines: Vec<_> =
            server.lines().into_iter().filter(|line| line.starts_with(b"HTTP/1.1 ")).collect();
        let expected = b"HTTP/1.1 414 URI Too Long";
        same(&format!("the number of answers in {}", shown(&written)), lines.len(), 1, rule);
        same_bytes("the first line", &lines[0], expected, rule);
        same("the number of calls of the handler", *count.borrow(), 0, rule);
        same("the state of the connection", server.state(), ConnectionState::Closing, rule);
    });
}

/// Endless input of each kind is refused, and little of it is held.
#[test]
fn t25_memory_stays_bounded() {
    WATCHDOG.run(|| {
        for (begin, again, status) in [
            ("", "G", 431),
            ("", "\r\n", 400),
            ("GET /", "a", 414),
            ("GET / HTTP/1.1\r\n", "A: b\r\n", 431),
            ("GET / HTTP/1.1\r\nA: ", "b", 431),
            (CHUNKED, "0", 400),
            (CHUNKED, "1\r\na\r\n", 413),
            (&format!("{CHUNKED}0\r\n"), "A: b\r\n", 431),
        ] {
            let mut messages = BoundedMessages::new(LIMITS);
            messages.push(begin.as_bytes());
            for count in 0.. {
                let what = format!("{begin:?}, and then {count} times {again:?}");
                match messages.next_event() {
                    Err(refused) => {
                        same(
                            &format!("the answer to {what}"),
                            refused,
                            Refused(status),
                            "each limit has its status",
                        );
                        break;
                    }
                    Ok(event) => same(&format!("the event after {what}"), event, None, "no request is whole"),
                }
                let is_bounded = count < 2_000 && messages.buffered() <= 1_024;
                holds(&format!("holds too much: {what}"), is_bounded, "every buffer has a limit");
                messages.push(again.as_bytes());
            }
        }
    });
}

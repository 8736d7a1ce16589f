//! Chapter 02: a response, as bytes. These tests are given: do not edit them, make them green in their order.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use support::{holds, same, same_bytes};
use workbook::ch02_response_writer::{Body, Response, WriteCtx, WriteError, closes_after, write_response};

/// The answer to a GET of HTTP/1.1, on a connection that stays open.
const GET: WriteCtx<'static> = WriteCtx { method: "GET", minor: 1, keep_alive: true };
const HEAD: WriteCtx<'static> = WriteCtx { method: "HEAD", ..GET };
/// The answer to a GET of HTTP/1.0, whose connections close after one answer unless told otherwise.
const OLD_GET: WriteCtx<'static> = WriteCtx { minor: 0, keep_alive: false, ..GET };

fn response(status: u16, headers: &[(&str, &str)], body: Body) -> Response {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Response { status, headers: headers.iter().map(own).collect(), body }
}

fn full(text: &str) -> Body {
    Body::Full(text.into())
}

fn chunks(texts: &[&str]) -> Body {
    Body::Chunks(texts.iter().map(|text| (*text).into()).collect())
}

/// Formats a response in one line.
fn in_words(response: &Response, cx: WriteCtx<'_>) -> String {
    let Response { status, headers, body } = response;
    let body = match body {
        Body::Full(bytes) => format!("{} bytes", bytes.len()),
        Body::Chunks(chunks) => {
            format!("chunks of {:?} bytes", chunks.iter().map(Vec::len).collect::<Vec<_>>())
        }
    };
    format!("{status} with {headers:?} and {body}, to {} HTTP/1.{}", cx.method, cx.minor)
}

#[track_caller]
fn bytes_of(response: &Response, cx: WriteCtx<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    if let Err(error) = write_response(response, cx, &mut out) {
        panic!("refused, but nothing is wrong: {error}\n  response {}", in_words(response, cx));
    }
    out
}

#[track_caller]
fn writes(response: &Response, cx: WriteCtx<'_>, expected: &str, rule: &str) {
    same_bytes("what was written", &bytes_of(response, cx), expected.as_bytes(), rule);
}

#[track_caller]
fn refused(response: &Response, cx: WriteCtx<'_>, error: WriteError, rule: &str) {
    let mut out = b"before".to_vec();
    let (answer, expected) = (write_response(response, cx, &mut out), Err(error));
    let what = format!(
        "this must be refused\n  response {}\n  expected {expected:?}\n  got      {answer:?}",
        in_words(response, cx)
    );
    holds(&what, answer == expected, rule);
}

/// Returns the first line of a response, without its line end.
#[track_caller]
fn status_line(status: u16) -> String {
    let text = String::from_utf8(bytes_of(&response(status, &[], full("")), GET)).unwrap();
    text.split("\r\n").next().unwrap_or_default().to_owned()
}

/// The status line is the version, the status and a reason for people.
#[test]
fn t01_status_line_with_reason() {
    let rule = "HTTP/1.1, the status, its reason phrase; one space between them (RFC 9112, 4)";
    for (status, line) in [
        (200, "HTTP/1.1 200 OK"),
        (201, "HTTP/1.1 201 Created"),
        (301, "HTTP/1.1 301 Moved Permanently"),
        (400, "HTTP/1.1 400 Bad Request"),
        (404, "HTTP/1.1 404 Not Found"),
        (500, "HTTP/1.1 500 Internal Server Error"),
    ] {
        same("the status line", status_line(status).as_str(), line, rule);
    }
}

/// No table holds all statuses, and some tools count an answer with no reason as failed.
#[test]
fn t02_unknown_status_has_a_reason() {
    let rule = "a status that you do not know gets a reason of your own, of letters and spaces";
    for status in [199, 299, 399, 499, 599, 999] {
        let line = status_line(status);
        let reason = line.strip_prefix(&format!("HTTP/1.1 {status} ")).unwrap_or("");
        let has_words =
            !reason.is_empty() && reason.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b' ');
        holds(&format!("the status line {line:?} has no reason"), has_words, rule);
    }
}

/// The client must know where the body ends, and the connection stays open.
#[test]
fn t03_content_length_added() {
    let rule = "Content-Length announces a body whose length is known, even an empty one (RFC 9112, 6.2)";
    let hello = response(200, &[], full("hello"));
    writes(&hello, GET, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", rule);
    let empty = response(404, &[], full(""));
    writes(&empty, GET, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", rule);
}

/// A handler may set the length itself. The writer must not add it a second time.
#[test]
fn t04_own_length_not_doubled() {
    let rule = "the response's own length is not written again, whatever its case";
    let own = response(200, &[("content-LENGTH", "5")], full("hello"));
    writes(&own, GET, "HTTP/1.1 200 OK\r\ncontent-LENGTH: 5\r\n\r\nhello", rule);
    let in_pieces = response(200, &[("Content-Length", "5")], chunks(&["hel", "", "lo"]));
    writes(
        &in_pieces,
        GET,
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "with a length there are no chunks: one framing",
    );
}

/// With a wrong length the client takes the rest of this answer for the beginning of the next.
#[test]
fn t05_wrong_own_length_is_an_error() {
    let rule = "the response's own Content-Length must be digits, be the length of the body, and come once";
    for said in ["4", "6", "", "+5", "5 ", "0x5", "5, 5", "five", "99999999999999999999999"] {
        let wrong = response(200, &[("Content-Length", said)], full("hello"));
        refused(&wrong, GET, WriteError::WrongContentLength(said.into()), rule);
        let wrong = response(200, &[("Content-Length", said)], chunks(&["hel", "lo"]));
        refused(&wrong, GET, WriteError::WrongContentLength(said.into()), rule);
    }
    let twice = response(200, &[("Content-Length", "5"), ("content-length", "5")], full("hello"));
    refused(&twice, GET, WriteError::WrongContentLength("5".into()), rule);
}

/// Two cookies are two header lines.
#[test]
fn t06_headers_in_order() {
    let fields = [("B", "2"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("A", "")];
    let expected =
        "HTTP/1.1 200 OK\r\nB: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nA: \r\nContent-Length: 0\r\n\r\n";
    writes(
        &response(200, &fields, full("")),
        GET,
        expected,
        "the response's own fields come first, all of them, in their order",
    );
}

/// A user can type the target of a redirect: `/\r\nSet-Cookie: admin=1`.
#[test]
fn t07_crlf_in_value_refused() {
    let rule = "a value holds no control character except tab, or it could start a new line (RFC 9110, 5.5)";
    for value in ["/\r\nSet-Cookie: admin=1", "a\rb", "a\nb", "a\0b", "\u{1b}[2J", "\u{7f}"] {
        let injected = response(302, &[("A", "1"), ("Location", value)], full(""));
        refused(&injected, GET, WriteError::BadHeaderValue("Location".into()), rule);
    }
    let tab = response(204, &[("A", "a\tb \u{e9}")], full(""));
    writes(
        &tab,
        GET,
        "HTTP/1.1 204 No Content\r\nA: a\tb \u{e9}\r\n\r\n",
        "tab and text that is not ASCII are allowed",
    );
}

/// A header name can hold an injection, too.
#[test]
fn t08_bad_name_refused() {
    let rule = "a name is a token: letters, digits, and any of !#$%&'*+-.^_`|~ (RFC 9110, 5.6.2)";
    for name in ["", "A B", "A:", "A\r\nB", "A\0", "\u{e9}", "(A)", "A "] {
        let bad = response(200, &[("Good", "1"), (name, "1")], full(""));
        refused(&bad, GET, WriteError::BadHeaderName(name.into()), rule);
    }
    let good = response(204, &[("!#$%&'*+-.^_`|~09azAZ", "1")], full(""));
    writes(&good, GET, "HTTP/1.1 204 No Content\r\n!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n", rule);
}

/// HEAD asks for the head that GET would get.
#[test]
fn t09_head_has_length_but_no_body() {
    let rule = "the answer to HEAD announces the body as for GET, and leaves it out (RFC 9110, 9.3.2)";
    let hello = response(200, &[], full("hello"));
    writes(&hello, HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", rule);
    let stream = response(200, &[], chunks(&["hello"]));
    writes(&stream, HEAD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", rule);
    let unmade = response(200, &[("Content-Length", "5")], full(""));
    writes(
        &unmade,
        HEAD,
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        "a handler that makes no body for HEAD may say its length",
    );
    refused(&unmade, GET, WriteError::WrongContentLength("5".into()), "but for GET the body must be there");
    let wrong = response(200, &[("Content-Length", "4")], full("hello"));
    refused(
        &wrong,
        HEAD,
        WriteError::WrongContentLength("4".into()),
        "a body that is there must have this length",
    );
}

/// With some statuses the client expects no body: it would take the bytes for the next answer.
#[test]
fn t10_204_and_304_have_no_body_and_204_no_length() {
    let rule = "1xx, 204 and 304 have no body, and no Content-Length is added (RFC 9112, 6.3; RFC 9110, 8.6)";
    for (status, line) in [(100, "100 Continue"), (204, "204 No Content"), (304, "304 Not Modified")] {
        let expected = format!("HTTP/1.1 {line}\r\n\r\n");
        writes(&response(status, &[], full("hello")), GET, &expected, rule);
        writes(&response(status, &[], chunks(&["hello"])), GET, &expected, rule);
    }
    let rule =
        "304 may say the length that the body would have; 1xx and 204 must not say one (RFC 9110, 8.6)";
    let unchanged = response(304, &[("Content-Length", "5")], full(""));
    writes(&unchanged, GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", rule);
    for status in [100, 199, 204] {
        let with_length = response(status, &[("Content-Length", "0")], full(""));
        refused(&with_length, GET, WriteError::WrongContentLength("0".into()), rule);
    }
    let made = response(200, &[("Content-Length", "0")], full(""));
    writes(&made, GET, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "200 may say it");
}

/// A body of unknown length is sent in chunks, each with its own length.
#[test]
fn t11_chunked_for_1_1() {
    let rule = "a chunk is its length in hexadecimal, CR LF, its bytes, CR LF; the last has the length 0 (RFC 9112, 7.1)";
    let stream = response(200, &[], chunks(&["hello", " world, how do you do?"]));
    let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
                    5\r\nhello\r\n16\r\n world, how do you do?\r\n0\r\n\r\n";
    writes(&stream, GET, expected, rule);
    let later = WriteCtx { minor: 2, ..GET };
    writes(&stream, later, expected, "a minor version above 1 counts as 1 (RFC 9110, 2.5)");
}

/// HTTP/1.0 has no chunks. The end of the connection ends the body.
#[test]
fn t12_no_chunked_for_1_0_closes_instead() {
    let rule =
        "HTTP/1.0 gets the bytes without chunks, and the connection closes in any case (RFC 9112, 6.3)";
    let stream = response(200, &[], chunks(&["hello", "", " world"]));
    let expected = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello world";
    writes(&stream, OLD_GET, expected, rule);
    let wants_more = WriteCtx { keep_alive: true, ..OLD_GET };
    writes(&stream, wants_more, expected, rule);
    same("closes_after", closes_after(&stream, wants_more), true, rule);
}

/// The chunk of length 0 is the last one. An empty piece in the middle must not end the body.
#[test]
fn t13_empty_chunk_is_not_written() {
    let rule = "only the end of the body has the length 0 (RFC 9112, 7.1)";
    let stream = response(200, &[], chunks(&["", "a", "", "b", ""]));
    let expected = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n";
    writes(&stream, GET, expected, rule);
    let nothing = response(200, &[], chunks(&[]));
    writes(&nothing, GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", rule);
}

/// A server that closes says so, or the client's next request is lost.
#[test]
fn t14_connection_close_when_asked() {
    let rule = "1.1 stays open without `Connection: close`; an old client gets it, too (RFC 9112, 9.6)";
    let hello = response(200, &[], full("hello"));
    let closing = WriteCtx { keep_alive: false, ..GET };
    let expected = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    writes(&hello, closing, expected, rule);
    writes(&hello, OLD_GET, expected, rule);
    same("closes_after", closes_after(&hello, closing), true, rule);
    same("closes_after", closes_after(&hello, GET), false, rule);
}

/// An HTTP/1.0 client that asked to keep the connection must be told that it can.
#[test]
fn t15_a_1_0_client_gets_keep_alive() {
    let rule = "1.0 closes without `Connection: keep-alive`; 1.1 does not need it (RFC 9112, 9.3)";
    let hello = response(200, &[], full("hello"));
    let staying = WriteCtx { keep_alive: true, ..OLD_GET };
    writes(
        &hello,
        staying,
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello",
        rule,
    );
    same("closes_after", closes_after(&hello, staying), false, rule);
}

/// A handler can also end the connection.
#[test]
fn t16_close_is_written_once() {
    let rule = "the response's own `close`, in a list or in capitals, is not written again (RFC 9110, 7.6.1)";
    for said in ["close", "Close", "foo , close", "close\t,foo"] {
        let own = response(200, &[("Connection", said)], full(""));
        let expected = format!("HTTP/1.1 200 OK\r\nConnection: {said}\r\nContent-Length: 0\r\n\r\n");
        writes(&own, GET, &expected, rule);
        writes(&own, WriteCtx { keep_alive: false, ..GET }, &expected, rule);
        same(
            &format!("closes_after {said:?}"),
            closes_after(&own, GET),
            true,
            "the response says that it is the last",
        );
    }
    let own = response(200, &[("Connection", "closed"), ("X", "close")], full(""));
    same("closes_after \"closed\"", closes_after(&own, GET), false, "`closed` is not `close`");
}

/// The status is written as it is, so it must be valid.
#[test]
fn t17_status_has_three_digits() {
    let rule = "a status has three digits (RFC 9112, 4)";
    for status in [0, 99, 1000, u16::MAX] {
        refused(&response(status, &[], full("")), GET, WriteError::BadStatus(status), rule);
    }
    for status in [100, 999] {
        holds(
            "this must not be refused",
            bytes_of(&response(status, &[], full("")), GET).starts_with(b"HTTP/1.1 "),
            rule,
        );
    }
}

/// With both `Transfer-Encoding` and `Content-Length`, requests and answers can be smuggled.
#[test]
fn t18_own_transfer_encoding_refused() {
    let rule = "the writer frames the body: refuse the response's own Transfer-Encoding (RFC 9112, 6.1)";
    let own = response(200, &[("transfer-encoding", "chunked")], full("0\r\n\r\n"));
    refused(&own, GET, WriteError::OwnTransferEncoding, rule);
    let own = response(200, &[("Transfer-Encoding", "gzip")], chunks(&["a"]));
    refused(&own, GET, WriteError::OwnTransferEncoding, rule);
}

/// Bytes that wait to be sent stay. A refused response adds nothing to them.
#[test]
fn t19_appends_or_leaves_alone() {
    let rule = "append to `out`; when refusing, leave it unchanged";
    let mut out = b"before".to_vec();
    write_response(&response(204, &[], full("")), GET, &mut out).unwrap();
    same_bytes("what was written", &out, b"beforeHTTP/1.1 204 No Content\r\n\r\n", rule);
    for (headers, status) in
        [(("A", "\n"), 200), (("\n", "A"), 200), (("Content-Length", "9"), 200), (("A", "1"), 7)]
    {
        let mut out = b"before".to_vec();
        let answer = write_response(&response(status, &[("Ok", "1"), headers], full("hello")), GET, &mut out);
        holds("a bad response was written", answer.is_err(), rule);
        same_bytes("what was there before", &out, b"before", rule);
    }
}

/// `100 Continue` comes before the answer, so the connection must stay open.
#[test]
fn t20_interim_response_ends_nothing() {
    let rule = "a response below 200 is not the final answer: no Connection field, and nothing closes (RFC 9110, 15.2)";
    let go_on = response(100, &[], full(""));
    for cx in [GET, OLD_GET, WriteCtx { keep_alive: true, ..OLD_GET }, WriteCtx { keep_alive: false, ..GET }]
    {
        writes(&go_on, cx, "HTTP/1.1 100 Continue\r\n\r\n", rule);
        same("closes_after", closes_after(&go_on, cx), false, rule);
    }
    same(
        "closes_after 200",
        closes_after(&response(200, &[], full("")), OLD_GET),
        true,
        "but the final answer closes",
    );
}

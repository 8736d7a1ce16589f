//! Chapter 01: the head of a request. These tests are given: do not edit them, make them green in their order.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::time::Duration;

use support::{Bytes, holds, same, same_bytes, shown, with_deadline};
use unplugged::transport::Segmentation;
use workbook::ch01_request_head::{Head, Headers, ParseError, parse_head, parse_headers};

/// Parses bytes that begin with a whole head. Returns it and the number of bytes that it took.
#[track_caller]
fn whole(bytes: &[u8]) -> (Head, usize) {
    match parse_head(bytes) {
        Ok(Some(head)) => head,
        Ok(None) => panic!("Ok(None), but the whole head is here\n  sent     {}", shown(bytes)),
        Err(error) => panic!("Err({error:?}), but there is nothing wrong\n  sent     {}", shown(bytes)),
    }
}

/// Parses a request with these header lines.
#[track_caller]
fn headers(lines: &[u8]) -> Headers {
    whole(&[b"GET / HTTP/1.1\r\n", lines, b"\r\n"].concat()).0.headers
}

/// Checks the value of the field `A` in a request with these header lines.
#[track_caller]
fn value_of_a(lines: &[u8], expected: &[u8], rule: &str) {
    let headers = headers(lines);
    let Some(value) = headers.get("A") else {
        panic!("there is no field `A`\n  sent     {}\n  rule     {rule}", shown(lines))
    };
    same_bytes("the value of `A`", value, expected, rule);
}

/// Returns what `get` and `get_all` give for this name.
fn named<'a>(headers: &'a Headers, name: &'a str) -> (Option<Bytes<'a>>, Vec<Bytes<'a>>) {
    (headers.get(name).map(Bytes), headers.get_all(name).into_iter().map(Bytes).collect())
}

fn pairs(headers: &Headers) -> Vec<(&str, Bytes<'_>)> {
    headers.pairs().into_iter().map(|(name, value)| (name, Bytes(value))).collect()
}

/// Parses bytes that begin with a whole section of fields. Returns it and the number of bytes that it took.
#[track_caller]
fn section(bytes: &[u8], rule: &str) -> (Headers, usize) {
    match parse_headers(bytes) {
        Ok(Some(section)) => section,
        Ok(None) => {
            panic!("Ok(None), but the whole section is here\n  sent     {}\n  rule     {rule}", shown(bytes))
        }
        Err(error) => panic!("Err({error:?})\n  sent     {}\n  rule     {rule}", shown(bytes)),
    }
}

type Answer = Result<Option<(Head, usize)>, ParseError>;

/// Formats an answer in one line.
fn in_words(answer: &Answer) -> String {
    match answer {
        Ok(Some((head, used))) => {
            let Head { method, target, minor, .. } = head;
            format!("a head of {used} bytes: {method:?}, {target:?}, minor version {minor}")
        }
        Ok(None) => "Ok(None): not yet".into(),
        Err(error) => format!("Err({error:?})"),
    }
}

#[track_caller]
fn answers(sent: &str, answer: &Answer, expected: &Answer, rule: &str) {
    let (got, wanted) = (in_words(answer), in_words(expected));
    let what = format!("the answer is wrong\n  sent     {sent}\n  expected {wanted}\n  got      {got}");
    holds(&what, answer == expected, rule);
}

#[track_caller]
fn waits(bytes: &[u8], rule: &str) {
    answers(&shown(bytes), &parse_head(bytes), &Ok(None), rule);
}

#[track_caller]
fn refused(bytes: &[u8], error: ParseError, rule: &str) {
    answers(&shown(bytes), &parse_head(bytes), &Err(error), rule);
}

#[track_caller]
fn line_refused(line: &[u8], rule: &str) {
    refused(&[b"GET / HTTP/1.1\r\n", line, b"\r\n\r\n"].concat(), ParseError::BadRequest, rule);
}

/// The smallest request has three items, one space between them, and an empty line after them.
#[test]
fn t01_request_line() {
    let (head, _) = whole(b"GET /index.html HTTP/1.1\r\n\r\n");
    let rule = "method, target and version, with one space between them (RFC 9112, 3)";
    same("the method", head.method.as_str(), "GET", rule);
    same("the target", head.target.as_str(), "/index.html", rule);
    same("the minor version", head.minor, 1, rule);
}

/// Bytes come in pieces. Until the head is whole, the answer is `Ok(None)`.
#[test]
fn t02_nothing_yet() {
    let rule = "an incomplete head is no error: answer Ok(None), and you are called again with more bytes";
    waits(b"", rule);
    waits(b"GE", rule);
    waits(b"GET / HTTP/1.1", rule);
}

/// The head ends with the last byte of its empty line, and not before.
#[test]
fn t03_waits_for_last_lf() {
    let rule = "the head ends with an empty line, and a line ends with its line feed (RFC 9112, 2.1)";
    waits(b"GET / HTTP/1.1\r\n", rule);
    waits(b"GET / HTTP/1.1\r\nHost: a\r\n\r", rule);
    same("the method", whole(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").0.method.as_str(), "GET", rule);
}

/// The bytes after the head are not part of it: they may be a body, or the next request.
#[test]
fn t04_reports_bytes_used() {
    let rule = "the empty line belongs to the head, and what follows it does not";
    let bytes = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /next HTTP/1.1\r\n\r\n";
    let (_, used) = whole(bytes);
    same_bytes("what was left", &bytes[used..], b"GET /next HTTP/1.1\r\n\r\n", rule);
    same("the number of bytes used of a head alone", whole(b"GET / HTTP/1.1\r\n\r\n").1, 18, rule);
}

/// Old clients, and many tools, still speak HTTP/1.0.
#[test]
fn t05_http_1_0() {
    let rule = "the digit after `HTTP/1.` is the minor version, whichever it is (RFC 9112, 2.3)";
    same("the minor version", whole(b"GET / HTTP/1.0\r\n\r\n").0.minor, 0, rule);
    same("the minor version", whole(b"GET / HTTP/1.2\r\n\r\n").0.minor, 2, rule);
}

/// A header field is a name, a colon and a value.
#[test]
fn t06_one_header() {
    let headers = headers(b"Host: example.org\r\n");
    same(
        "the number of fields",
        headers.len(),
        1,
        "each line between the first and the empty one is a field",
    );
    same("is_empty", headers.is_empty(), false, "there is one field");
    same_bytes("the value", headers.get("Host").unwrap_or(b"(none)"), b"example.org", "name, colon, value");
    same(
        "a field that is not there",
        named(&headers, "Accept"),
        (None, vec![]),
        "a field that is not there has no value",
    );
}

/// A proxy must keep the order of the fields.
#[test]
fn t07_headers_in_order() {
    let headers = headers(b"B: 2\r\nA: 1\r\nC: 3\r\n");
    let rule = "fields are kept in the order in which they came (RFC 9110, 5.3)";
    let expected = vec![("B", Bytes(b"2")), ("A", Bytes(b"1")), ("C", Bytes(b"3"))];
    same("pairs", pairs(&headers), expected, rule);
}

/// `Host`, `host` and `HOST` are one name.
#[test]
fn t08_name_is_case_insensitive() {
    let rule = "names are compared without regard to case (RFC 9110, 5.1), and kept as they were sent";
    let headers = headers(b"cOnTeNt-LeNgTh: 7\r\n");
    for name in ["Content-Length", "content-length", "CONTENT-LENGTH"] {
        let expected = (Some(Bytes(b"7")), vec![Bytes(b"7")]);
        same(&format!("(get, get_all) of {name}"), named(&headers, name), expected, rule);
    }
    same("pairs", pairs(&headers), vec![("cOnTeNt-LeNgTh", Bytes(b"7"))], rule);
}

/// Spaces and tabs around a value are not part of it.
#[test]
fn t09_trims_spaces_and_tabs() {
    let rule = "spaces and tabs around the value are removed, those inside it stay (RFC 9112, 5.1)";
    value_of_a(b"A:1\r\n", b"1", rule);
    value_of_a(b"A:\t one \t two\t \r\n", b"one \t two", rule);
}

/// A value can be empty. That differs from a missing field.
#[test]
fn t10_empty_value() {
    let rule = "an empty value is a value";
    value_of_a(b"A:\r\n", b"", rule);
    value_of_a(b"A: \t \r\n", b"", rule);
}

/// The first colon ends the name. Later ones belong to the value, as in a URL or a time of day.
#[test]
fn t11_colon_in_value() {
    value_of_a(b"A: http://b:80/\r\n", b"http://b:80/", "only the first colon ends the name (RFC 9112, 5)");
}

/// A field may come more than once, as `Set-Cookie` does. None is lost.
#[test]
fn t12_repeated_header() {
    let rule = "get gives the first, get_all gives all of them in their order";
    let headers = headers(b"A: 1\r\nB: 2\r\na: 3\r\n");
    let expected = (Some(Bytes(b"1")), vec![Bytes(b"1"), Bytes(b"3")]);
    same("(get, get_all) of A", named(&headers, "A"), expected, rule);
    same("the number of fields", headers.len(), 3, rule);
}

/// Values are bytes. Most are ASCII, some are Latin-1, a few are UTF-8, and nothing says which.
#[test]
fn t13_latin1_value() {
    let rule = "bytes above ASCII are kept as they are: a value is bytes, not text (RFC 9110, 5.5)";
    value_of_a(b"A: caf\xe9\r\n", b"caf\xe9", rule);
    value_of_a(b"A: \x85\xa0\r\n", b"\x85\xa0", rule);
}

/// `GET /` without a version was HTTP/0.9, which is no longer supported.
#[test]
fn t14_missing_version() {
    let rule = "a version is `HTTP/`, a digit, a dot, a digit, in this case (RFC 9112, 2.3)";
    for line in [
        "GET /",
        "GET / ",
        "GET / http/1.1",
        "GET / HTTP/1",
        "GET / HTTP/1.",
        "GET / HTTP/1.10",
        "GET / HTTP/1.x",
    ] {
        refused(format!("{line}\r\n\r\n").as_bytes(), ParseError::BadRequest, rule);
    }
    for line in ["GET / HTTP/x.1", "GET / HTTP/11.1", "GET / HTTP/+1.1", "GET / HTTPS/1.1", "GET / XTTP/1.1"]
    {
        refused(format!("{line}\r\n\r\n").as_bytes(), ParseError::BadRequest, rule);
    }
}

/// A request line has exactly three items. A parser that accepts more reads another target than the proxy before it.
#[test]
fn t15_extra_item() {
    let rule = "three items with exactly one space between them, none empty (RFC 9112, 3)";
    for line in [
        "GET / x HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET /  HTTP/1.1",
        " GET / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET  HTTP/1.1",
    ] {
        refused(format!("{line}\r\n\r\n").as_bytes(), ParseError::BadRequest, rule);
    }
    refused(b"GET\t/\tHTTP/1.1\r\n\r\n", ParseError::BadRequest, rule);
}

/// A client with another version of HTTP gets a status of its own.
#[test]
fn t16_http_2_is_505() {
    let rule = "a well-formed version whose first digit is not 1 is not supported (RFC 9110, 15.6.6)";
    for version in ["HTTP/2.0", "HTTP/0.9", "HTTP/9.9"] {
        refused(format!("GET / {version}\r\n\r\n").as_bytes(), ParseError::VersionNotSupported, rule);
    }
}

/// Some servers read `Content-Length : 5` as a length, others as an unknown field: requests were smuggled.
#[test]
fn t17_space_before_colon() {
    let rule = "no space between the name and the colon: refuse it (RFC 9112, 5.1)";
    line_refused(b"A : 1", rule);
    line_refused(b"A\t: 1", rule);
}

/// Field names and methods are tokens: letters, digits, and a few signs.
#[test]
fn t18_bad_name_byte() {
    let rule = "a name is a token: letters, digits, and any of !#$%&'*+-.^_`|~ (RFC 9110, 5.6.2)";
    for line in [&b": 1"[..], b"A B: 1", b"A(: 1", b"A\xe9: 1", b"A\0: 1", b"\"A\": 1", b"no colon at all"] {
        line_refused(line, rule);
    }
    for method in ["G@T", "G{T", "\u{e9}"] {
        refused(format!("{method} / HTTP/1.1\r\n\r\n").as_bytes(), ParseError::BadRequest, rule);
    }
    let token = "!#$%&'*+-.^_`|~09azAZ";
    let headers = headers(format!("{token}: 1\r\n").as_bytes());
    same("pairs", pairs(&headers), vec![(token, Bytes(b"1"))], rule);
    let (head, _) = whole(format!("{token} / HTTP/1.1\r\n\r\n").as_bytes());
    same("the method", head.method.as_str(), token, rule);
}

/// It must not matter where the network cuts the bytes. This test tries every cut of good and of bad requests.
#[test]
fn t19_every_split_gives_the_same_answer() {
    with_deadline(Duration::from_secs(10), || {
        every_split(b"POST /a HTTP/1.1\r\nHost: b\r\nA:  1\t\r\n\r\n", None);
        every_split(b"\r\nGET / HTTP/1.0\r\n\r\n", None);
        every_split(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", Some(ParseError::BadRequest));
        every_split(b"GET / HTTP/3.0\r\n\r\n", Some(ParseError::VersionNotSupported));
    });
}

fn every_split(bytes: &'static [u8], error: Option<ParseError>) {
    let expected = error.map_or_else(|| Ok(Some(whole(bytes))), Err);
    for cut in Segmentation::every(bytes) {
        let mut buffer = Vec::new();
        let mut answer = Ok(None);
        for piece in cut.cut(&bytes.into()) {
            buffer.extend_from_slice(&piece);
            answer = parse_head(&buffer);
            if answer != Ok(None) {
                break;
            }
        }
        let rule =
            "called again with more bytes until there is an answer, it gives the same answer for every cut";
        answers(&format!("{}, {cut}", shown(bytes)), &answer, &expected, rule);
    }
}

/// Only CR LF ends a line. Where two parsers find the end of a line in different places, requests can be smuggled.
#[test]
fn t20_only_cr_lf_ends_a_line() {
    let rule = "a line ends with CR LF: refuse a line feed alone and a carriage return alone (RFC 9112, 2.2)";
    refused(b"GET / HTTP/1.1\n\n", ParseError::BadRequest, rule);
    refused(b"GET / HTTP/1.1\nHost: a\r\n\r\n", ParseError::BadRequest, rule);
    refused(b"GET / HTTP/1.1\r\nA: 1\n\r\n", ParseError::BadRequest, rule);
    refused(b"GET / HTTP/1.1\r\nA: 1\r\n\n", ParseError::BadRequest, rule);
    refused(b"GET / HTTP/1.1\rA: 1\r\n\r\n", ParseError::BadRequest, rule);
    line_refused(b"A: 1\rB: 2", rule);
    waits(b"GET / HTTP/1.1\r\nA: 1\r\r", rule);
}

/// A line that begins with a space used to continue the line before. It must never become a field of its own.
#[test]
fn t21_folded_line() {
    let rule = "a line that begins with a space or a tab is refused (RFC 9112, 5.2 and 2.2)";
    line_refused(b"A: 1\r\n two", rule);
    line_refused(b"A: 1\r\n\tB: 2", rule);
    line_refused(b" A: 1", rule);
}

/// Values end up in logs, in other headers and in C strings.
#[test]
fn t22_controls_in_a_value() {
    let rule = "a value holds no control character except tab, not even at its ends (RFC 9110, 5.5)";
    for line in
        [&b"A: a\0b"[..], b"A: \0", b"A: 1\r", b"A: \r1", b"A: a\x0bb", b"A: \x0c", b"A: \x7f", b"A: \x1b[2J"]
    {
        line_refused(line, rule);
    }
    value_of_a(b"A: ! ~\t\x80\xff\r\n", b"! ~\t\x80\xff", "everything else is kept");
}

/// The target goes into paths and logs, so it is visible ASCII.
#[test]
fn t23_odd_bytes_in_the_target() {
    let rule = "a target is visible ASCII (RFC 9112, 3.2)";
    for target in [&b"/\0"[..], b"/a\tb", b"/\x7f", b"/caf\xe9", b"/\xc3\xa9", b"/a\rb"] {
        refused(&[b"GET ", target, b" HTTP/1.1\r\n\r\n"].concat(), ParseError::BadRequest, rule);
    }
    same(
        "the target",
        whole(b"GET /!~%00?a=b HTTP/1.1\r\n\r\n").0.target.as_str(),
        "/!~%00?a=b",
        "all other bytes are kept as sent",
    );
    same(
        "the target",
        whole(b"OPTIONS * HTTP/1.1\r\n\r\n").0.target.as_str(),
        "*",
        "the parser does not ask what it means",
    );
}

/// Some clients send an extra empty line after a body. It comes before the next request.
#[test]
fn t24_empty_line_before_the_request() {
    let rule = "empty lines before the request line are ignored, and count as bytes used (RFC 9112, 2.2)";
    let (head, used) = whole(b"\r\n\r\nGET / HTTP/1.1\r\n\r\n");
    same("the method", head.method.as_str(), "GET", rule);
    same("the number of bytes used", used, 22, rule);
    waits(b"\r\n", rule);
    waits(b"\r\n\r\n", rule);
}

/// A section of fields also ends a chunked body.
#[test]
fn t25_header_section_alone() {
    let rule = "the fields up to the empty line, which counts as bytes used";
    let (fields, used) = section(b"A: 1\r\nB: 2\r\n\r\nrest", rule);
    same("pairs", pairs(&fields), vec![("A", Bytes(b"1")), ("B", Bytes(b"2"))], rule);
    same("the number of bytes used", used, 14, rule);
    let (none, used) = section(b"\r\nrest", rule);
    same("(is_empty, len, used) of no fields", (none.is_empty(), none.len(), used), (true, 0, 2), rule);
    holds("half a line is not answered by Ok(None)", parse_headers(b"A: 1\r\nB") == Ok(None), rule);
    let is_refused = parse_headers(b"A : 1\r\n") == Err(ParseError::BadRequest);
    holds("a bad line is not refused", is_refused, "the same rules hold here as in a head");
}

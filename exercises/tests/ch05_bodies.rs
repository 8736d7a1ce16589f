//! Chapter 05: bodies, by length and by chunks. These tests are given: do not edit them, make them green in their
//! order.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod support;

use std::time::Duration;

use support::{Bytes, Watchdog, same, same_bytes, shown};
use unplugged::transport::Segmentation;
use workbook::{
    ch01_request_head::{Head, Headers, parse_head},
    ch03_connection::{Decode, Event, Progress, Refused, Request},
    ch05_bodies::{BadFraming, BodyDecoder, BodyLimits, Framing, Messages, Taken, request_framing},
};

/// Small limits, so that tests that pass them are small, too.
const LIMITS: BodyLimits = BodyLimits { body: 20, chunk_line: 16, trailers: 16 };

/// A state machine that takes nothing and asks for more would never end.
static WATCHDOG: Watchdog = Watchdog::new(Duration::from_secs(10));

fn head(version: &str, fields: &[&str]) -> Head {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    parse_head(format!("POST / HTTP/{version}\r\n{fields}\r\n").as_bytes()).unwrap().unwrap().0
}

/// Checks the framing that a head with these fields gives.
#[track_caller]
fn says(fields: &[&str], expected: Result<Framing, BadFraming>, rule: &str) {
    let framing = request_framing(&head("1.1", fields));
    same(&format!("the framing for {fields:?}"), framing, expected, rule);
}

/// The result of decoding the bytes of a body.
#[derive(Debug)]
enum Outcome {
    Ended { content: Vec<u8>, used: usize, trailers: Headers },
    Waits,
    Refused(BadFraming),
}

/// Pushes the bytes in pieces into a new decoder, until it ends or there are no more.
#[track_caller]
fn decode(framing: Framing, input: &[u8], cut: &Segmentation) -> Outcome {
    let mut decoder = BodyDecoder::new(framing, LIMITS);
    let (mut content, mut before) = (Vec::new(), 0);
    for piece in cut.cut(&input.to_vec().into()) {
        match decoder.push(&piece, &mut content) {
            Ok(Taken::Done { used, trailers }) => {
                return Outcome::Ended { content, used: before + used, trailers };
            }
            Ok(Taken::NeedMore { used }) => {
                let what = format!("the bytes taken of {}, {cut}, when asking for more", shown(&piece));
                same(&what, used, piece.len(), "ask for more only when you have taken all bytes");
                before += used;
            }
            Err(error) => return Outcome::Refused(error),
        }
    }
    Outcome::Waits
}

/// Checks for every cut that this content comes out, and that `rest` is left for the next request.
#[track_caller]
fn holds_content(framing: Framing, input: &[u8], content: &[u8], rest: &[u8], rule: &str) {
    for cut in Segmentation::every(input) {
        let sent = format!("{}, {cut}", shown(input));
        match decode(framing, input, &cut) {
            Outcome::Ended { content: got, used, .. } => {
                same_bytes(&format!("the content of {sent},"), &got, content, rule);
                let left = input.get(used..).unwrap_or(b"(less than nothing)");
                same_bytes(&format!("the bytes after the body of {sent},"), left, rest, rule);
            }
            Outcome::Waits => {
                panic!("it asks for more, but the end is here\n  sent     {sent}\n  rule     {rule}")
            }
            Outcome::Refused(error) => {
                panic!("Err({error:?}), but nothing is wrong\n  sent     {sent}\n  rule     {rule}")
            }
        }
    }
}

#[track_caller]
fn chunks(input: &str, content: &str, rule: &str) {
    holds_content(Framing::Chunked, input.as_bytes(), content.as_bytes(), b"", rule);
}

/// Checks that these chunks are refused, for every cut.
#[track_caller]
fn refused(input: &str, expected: BadFraming, rule: &str) {
    for cut in Segmentation::every(input.as_bytes()) {
        let sent = format!("{}, {cut}", shown(input.as_bytes()));
        let got = match decode(Framing::Chunked, input.as_bytes(), &cut) {
            Outcome::Refused(error) if error == expected => continue,
            Outcome::Refused(error) => format!("{error:?}"),
            Outcome::Waits => "it asks for more".into(),
            Outcome::Ended { content, used, .. } => {
                format!("a body of {used} bytes with the content {}", shown(&content))
            }
        };
        panic!(
            "this must be refused\n  sent     {sent}\n  expected {expected:?}\n  got      {got}\n  rule     {rule}"
        );
    }
}

#[track_caller]
fn waits(framing: Framing, input: &str, rule: &str) {
    let outcome = decode(framing, input.as_bytes(), &Segmentation::whole());
    if !matches!(outcome, Outcome::Waits) {
        panic!(
            "it must ask for more\n  sent     {}\n  got      {outcome:?}\n  rule     {rule}",
            shown(input.as_bytes())
        );
    }
}

/// Decodes at most five requests from the bytes, cut in this way.
#[track_caller]
fn requests(messages: &mut Messages, input: &[u8], cut: &Segmentation) -> Vec<Request> {
    let mut requests = Vec::new();
    for piece in cut.cut(&input.to_vec().into()) {
        messages.push(&piece);
        while requests.len() < 5 {
            match messages.next_event() {
                Ok(Some(Event::Request(request))) => requests.push(request),
                Ok(None) => break,
                other => {
                    panic!("{other:?}, but these are good requests\n  sent     {}", shown(input))
                }
            }
        }
    }
    requests
}

/// Most requests have no body.
#[test]
fn t01_without_framing_fields_there_is_no_body() {
    says(
        &["Host: a"],
        Ok(Framing::None),
        "no Content-Length and no Transfer-Encoding: no body (RFC 9112, 6.3)",
    );
}

/// The length of the body, in bytes and in decimal.
#[test]
fn t02_a_length_is_decimal_digits() {
    let rule = "Content-Length is decimal digits (RFC 9110, 8.6)";
    says(&["Content-Length: 5"], Ok(Framing::Length(5)), rule);
    says(&["content-length:0"], Ok(Framing::Length(0)), rule);
    says(&["Content-Length: 0010"], Ok(Framing::Length(10)), rule);
    says(&["Content-Length: 18446744073709551615"], Ok(Framing::Length(u64::MAX)), rule);
}

/// One reader takes such a value for 5, another for 0, or for no length.
#[test]
fn t03_a_length_is_nothing_but_digits() {
    let rule = "a length is one or more digits, without a sign, a space or a list (RFC 9110, 8.6)";
    for length in ["", "+5", "-5", "0x5", "5_0", "5 0", "5.0", "5e0", "five", "5,", "5, 5", "\"5\""] {
        says(&[&format!("Content-Length: {length}")], Err(BadFraming::Malformed), rule);
    }
}

/// In 64 bits without an overflow check, 18446744073709551621 is 5.
#[test]
fn t04_a_length_beyond_64_bits_is_too_large() {
    let rule = "a number that does not fit is refused, not wrapped (RFC 9110, 8.6)";
    for length in ["18446744073709551616", "18446744073709551621", "99999999999999999999999"] {
        says(&[&format!("Content-Length: {length}")], Err(BadFraming::TooLarge), rule);
    }
}

/// Two servers may believe two different lengths.
#[test]
fn t05_two_lengths_are_refused_equal_or_not() {
    let rule = "refuse two lengths: no honest client sends them (RFC 9112, 6.3)";
    for second in ["Content-Length: 5", "content-length: 6", "Content-Length:"] {
        says(&["Content-Length: 5", second], Err(BadFraming::Malformed), rule);
    }
}

/// A client that does not know the length yet sends chunks.
#[test]
fn t06_chunked_is_known_in_any_case() {
    let rule = "the case of a coding's name does not matter (RFC 9112, 7)";
    for coding in ["chunked", "CHUNKED", " \tChunked \t"] {
        says(&[&format!("Transfer-Encoding:{coding}")], Ok(Framing::Chunked), rule);
    }
}

/// A body with an unknown coding cannot be read.
#[test]
fn t07_another_coding_is_not_implemented() {
    let rule = "only `chunked` is supported, the whole word, with nothing before it (RFC 9112, 6.1)";
    for coding in ["gzip", "identity", "xchunked", "chunked;a=b", "\"chunked\"", "gzip, chunked"] {
        says(&[&format!("Transfer-Encoding: {coding}")], Err(BadFraming::UnknownCoding), rule);
    }
    says(&["Transfer-Encoding: gzip", "Transfer-Encoding: chunked"], Err(BadFraming::UnknownCoding), rule);
}

/// `chunked` ends the body, so a coding after it would have no end.
#[test]
fn t08_nothing_may_follow_chunked() {
    let rule = "`chunked` comes last and once, and no member of the list is empty (RFC 9112, 6.1)";
    let bad = Err(BadFraming::Malformed);
    for coding in ["chunked, gzip", "chunked, chunked", "chunked, identity", "chunked,", ",chunked", ""] {
        says(&[&format!("Transfer-Encoding: {coding}")], bad, rule);
    }
    says(&["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], bad, rule);
}

/// The oldest smuggling: one reader uses the length, the other the chunks.
#[test]
fn t09_a_length_and_chunks_are_refused() {
    let rule = "a length together with a coding is refused, whichever comes first (RFC 9112, 6.3)";
    let (length, coding) = ("Content-Length: 5", "Transfer-Encoding: chunked");
    says(&[length, coding], Err(BadFraming::Malformed), rule);
    says(&[coding, length], Err(BadFraming::Malformed), rule);
    says(&[length, "Transfer-Encoding: gzip"], Err(BadFraming::Malformed), rule);
}

/// HTTP/1.0 has no chunks. A proxy of that version in between would not understand them.
#[test]
fn t10_chunks_are_refused_from_a_client_of_1_0() {
    let rule = "a Transfer-Encoding in HTTP/1.0 is faulty framing (RFC 9112, 6.1)";
    let chunked = ["Transfer-Encoding: chunked"];
    same(
        "the framing, in HTTP/1.0",
        request_framing(&head("1.0", &chunked)),
        Err(BadFraming::Malformed),
        rule,
    );
    says(&chunked, Ok(Framing::Chunked), "in HTTP/1.1 it is right");
    let length = request_framing(&head("1.0", &["Content-Length: 5"]));
    same("the framing, in HTTP/1.0", length, Ok(Framing::Length(5)), "a length is right in both versions");
}

/// Without a body, the request is whole with its head.
#[test]
fn t11_no_body_ends_before_it_begins() {
    WATCHDOG.run(|| {
        let rule = "an empty body has ended at once, and takes none of the bytes that follow";
        for framing in [Framing::None, Framing::Length(0)] {
            let mut content = Vec::new();
            for following in [&b""[..], b"GET"] {
                let taken = BodyDecoder::new(framing, LIMITS).push(following, &mut content);
                let done = Ok(Taken::Done { used: 0, trailers: Headers::default() });
                same(&format!("push({}) for {framing:?}", shown(following)), taken, done, rule);
                same_bytes("the content", &content, b"", rule);
            }
        }
    });
}

/// A body may come in many pieces, and the next request in the last of them.
#[test]
fn t12_a_body_with_a_length_ends_after_it() {
    WATCHDOG.run(|| {
        let rule = "take this number of bytes, in any number of pieces; the rest belongs to the next request";
        holds_content(Framing::Length(5), b"helloGET", b"hello", b"GET", rule);
        holds_content(Framing::Length(5), b"hello", b"hello", b"", rule);
        waits(Framing::Length(5), "hell", "four bytes of five are here");
    });
}

/// The chunks of the sender are not part of the content.
#[test]
fn t13_chunks_are_joined() {
    WATCHDOG.run(|| {
        let rule = "join chunks until one is empty, however the network cuts them (RFC 9112, 7.1)";
        holds_content(Framing::Chunked, b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET", b"hello", b"GET", rule);
        chunks("0\r\n\r\n", "", rule);
        for begun in ["", "3", "3\r\n", "3\r\nhel", "3\r\nhel\r\n", "3\r\nhel\r\n0\r\n", "0\r\n\r"] {
            waits(Framing::Chunked, begun, "only the empty line after the last chunk ends the body");
        }
    });
}

/// The size `10` is sixteen.
#[test]
fn t14_sizes_are_hexadecimal_in_any_case() {
    WATCHDOG.run(|| {
        let rule =
            "a size is hexadecimal digits, in either case, with or without leading zeros (RFC 9112, 7.1)";
        chunks("a\r\n0123456789\r\n0\r\n\r\n", "0123456789", rule);
        chunks("A\r\n0123456789\r\n000\r\n\r\n", "0123456789", rule);
        chunks("0002\r\nhi\r\n0\r\n\r\n", "hi", rule);
        chunks("10\r\n0123456789abcdef\r\n0\r\n\r\n", "0123456789abcdef", rule);
    });
}

/// Content that looks like a last chunk is content.
#[test]
fn t15_a_chunk_may_hold_anything() {
    WATCHDOG.run(|| {
        let rule = "only the size says where a chunk ends: do not search for the end";
        chunks("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", rule);
    });
}

/// Only attackers use extensions: two readers disagree on the end of the line, and so on the size.
#[test]
fn t16_extensions_are_skipped() {
    WATCHDOG.run(|| {
        let rule = "after a size: `;name`, `;name=token`, `;name=\"text\"`, with space around the signs (RFC 9112, 7.1.1)";
        for line in [
            "2;a",
            "2;a=b",
            "2 ; a = b",
            "2\t;\ta",
            "2;a;b=c",
            "2;a=\"\";b",
            "2;a=\"b;c\"",
            "2;a=\"\t\u{e9}\"",
        ] {
            chunks(&format!("{line}\r\nhi\r\n0\r\n\r\n"), "hi", rule);
        }
        chunks(
            "2;a=\"\\\"\"\r\nhi\r\n0;a=\"\\\\\"\r\n\r\n",
            "hi",
            "a backslash in quotes escapes the next byte",
        );
    });
}

/// `strtol` and similar functions accept more than a number.
#[test]
fn t17_a_bad_size_is_refused() {
    WATCHDOG.run(|| {
        let rule = "at least one hexadecimal digit, then nothing or whole extensions (RFC 9112, 7.1)";
        for line in ["", "x", "5x", "0x5", "+5", "-5", "5_0", " 5", "5 ", "5 a", ";a"] {
            refused(&format!("{line}\r\nhello\r\n0\r\n\r\n"), BadFraming::Malformed, rule);
        }
        for line in [
            "5;",
            "5;=a",
            "5;a=",
            "5;a=\"",
            "5;a=\"b\"c",
            "5;a=\"\\",
            "5;a=\"\x01\"",
            "5;a=\"\\\x01\"",
            "5;a b",
        ] {
            refused(&format!("{line}\r\nhello\r\n0\r\n\r\n"), BadFraming::Malformed, rule);
        }
    });
}

/// Sizes that overflow have caused buffer overruns.
#[test]
fn t18_a_size_that_overflows_is_too_large() {
    WATCHDOG.run(|| {
        let rule = "a number that does not fit is too large, and is not wrapped (RFC 9112, 7.1)";
        for size in ["10000000000000000", "10000000000000003", "f0000000000000003"] {
            let mut decoder = BodyDecoder::new(Framing::Chunked, BodyLimits { chunk_line: 100, ..LIMITS });
            let input = format!("1\r\na\r\n{size}\r\nabc\r\n0\r\n\r\n");
            let taken = decoder.push(input.as_bytes(), &mut Vec::new());
            same(&format!("push of {}", shown(input.as_bytes())), taken, Err(BadFraming::TooLarge), rule);
        }
    });
}

/// A decoder that skips two bytes unchecked can be made to skip two others.
#[test]
fn t19_both_bytes_after_a_chunk_are_checked() {
    WATCHDOG.run(|| {
        let rule = "CR LF follows the bytes of a chunk, and nothing else (RFC 9112, 7.1)";
        for end in ["\n", "\r", "\rX", "X\n", "\n\r", "XX", ""] {
            refused(&format!("2\r\nhi{end}0\r\n\r\n"), BadFraming::Malformed, rule);
        }
    });
}

/// The lines of a body end as the lines of a head.
#[test]
fn t20_a_bare_line_feed_ends_nothing() {
    WATCHDOG.run(|| {
        let rule = "every line ends with CR LF (RFC 9112, 2.2)";
        for input in ["2\nhi\r\n0\r\n\r\n", "2;a\nhi\r\n0\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\r\nA: b\n\r\n"] {
            refused(input, BadFraming::Malformed, rule);
        }
    });
}

/// Trailers are fields after a body, such as a checksum.
#[test]
fn t21_trailers_are_read_and_returned() {
    WATCHDOG.run(|| {
        let rule = "the trailers end with an empty line, and count as bytes taken (RFC 9112, 7.1.2)";
        let input = b"0\r\nA: b\r\nC: d\r\n\r\nGET";
        holds_content(Framing::Chunked, input, b"", b"GET", rule);
        for cut in Segmentation::every(input) {
            let Outcome::Ended { trailers, .. } = decode(Framing::Chunked, input, &cut) else { continue };
            same("the value of the trailer c", trailers.get("c").map(Bytes), Some(Bytes(b"d")), rule);
            same("the number of trailers", trailers.len(), 2, rule);
        }
        refused("0\r\nA b: c\r\n\r\n", BadFraming::Malformed, "the rules for fields apply here, too");
        let whole = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: b\r\n\r\n";
        let requests = requests(&mut Messages::new(LIMITS), whole, &Segmentation::whole());
        let host: Vec<_> =
            requests.iter().map(|request| request.head.headers.get("host").map(Bytes)).collect();
        same(
            "the header field Host",
            host,
            vec![None],
            "a trailer never becomes a header field (RFC 9110, 6.5.1)",
        );
    });
}

/// The limit of the body counts all chunks, and counts announced bytes before they are here.
#[test]
fn t22_a_limit_is_the_largest_allowed_size() {
    WATCHDOG.run(|| {
        let rule = "a body of 20 bytes is allowed; one of 21 is refused when its length or size is read";
        let twenty = "0123456789abcdefghij";
        holds_content(Framing::Length(20), twenty.as_bytes(), twenty.as_bytes(), b"", rule);
        let announced = BodyDecoder::new(Framing::Length(21), LIMITS).push(b"", &mut Vec::new());
        same("push, for a length of 21,", announced, Err(BadFraming::TooLarge), rule);
        chunks(&format!("14\r\n{twenty}\r\n0\r\n\r\n"), twenty, rule);
        refused("15\r\n", BadFraming::TooLarge, rule);
        refused("13\r\n0123456789abcdefghi\r\n2\r\n", BadFraming::TooLarge, rule);
        refused("f0000000000003\r\nabc\r\n0\r\n\r\n", BadFraming::TooLarge, rule);
        let mut decoder = BodyDecoder::new(Framing::Chunked, BodyLimits { chunk_line: 100, ..LIMITS });
        let largest = decoder.push(b"1\r\na\r\nffffffffffffffff\r\n", &mut Vec::new());
        let rule = "add the content so far and the announced size with care: the sum may not fit";
        same("push of a size of ffffffffffffffff, after one byte,", largest, Err(BadFraming::TooLarge), rule);

        let rule =
            "the line before a chunk may have 16 bytes with its end; a longer one is refused, ended or not";
        chunks("1;aaaaaaaaaaaa\r\nx\r\n0\r\n\r\n", "x", rule);
        refused("1;aaaaaaaaaaaaa\r\n", BadFraming::Malformed, rule);
        refused("00000000000000000", BadFraming::Malformed, rule);

        let rule = "trailers may have 16 bytes with the empty line; longer ones are refused, ended or not";
        chunks("0\r\nA: bbbbbbbbb\r\n\r\n", "", rule);
        refused("0\r\nA: bbbbbbbbbb\r\n\r\n", BadFraming::TrailersTooLarge, rule);
        refused("0\r\nA: bbbbbbbbbbbbbb", BadFraming::TrailersTooLarge, rule);
    });
}

/// Each reason has its status.
#[test]
fn t23_every_framing_error_has_its_status() {
    let rule = "400 bad, 413 too large, 431 too many fields, 501 not supported (RFC 9110, 15; RFC 6585, 5)";
    for (error, status, fields) in [
        (BadFraming::Malformed, 400, "Content-Length: x\r\n\r\n"),
        (BadFraming::TooLarge, 413, "Content-Length: 21\r\n\r\n"),
        (BadFraming::TrailersTooLarge, 431, "Transfer-Encoding: chunked\r\n\r\n0\r\nA: bbbbbbbbbb\r\n\r\n"),
        (BadFraming::UnknownCoding, 501, "Transfer-Encoding: gzip\r\n\r\n"),
    ] {
        same(&format!("the status of {error:?}"), error.status(), status, rule);
        let mut messages = Messages::new(LIMITS);
        messages.push(b"POST / HTTP/1.1\r\n");
        messages.push(fields.as_bytes());
        let what = format!("next_event for a POST with {}", shown(fields.as_bytes()));
        same(&what, messages.next_event(), Err(Refused(status)), rule);
    }
}

/// All parts together, as the decoder of a connection.
#[test]
fn t24_each_request_comes_with_its_body() {
    WATCHDOG.run(|| {
        let rule = "each request has its own body, and the next begins where it ends, for every cut";
        let input = b"POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello\
            POST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n\
            GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n";
        for cut in Segmentation::every(input) {
            let requests = requests(&mut Messages::new(LIMITS), input, &cut);
            let got: Vec<_> = requests
                .iter()
                .map(|request| (request.head.target.as_str(), Bytes(&request.body), request.keep_alive))
                .collect();
            let expected =
                vec![("/1", Bytes(b"hello"), true), ("/2", Bytes(b"hi"), true), ("/3", Bytes(b""), false)];
            same(&format!("(target, body, keep_alive) of each, {cut},"), got, expected, rule);
        }
        let extension = "e".repeat(200);
        let usual = format!(
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n10000;{extension}\r\n{}\r\n0\r\nA: {extension}\r\n\r\n",
            "b".repeat(0x10000)
        );
        let requests = requests(&mut Messages::default(), usual.as_bytes(), &Segmentation::whole());
        let lengths: Vec<_> = requests.iter().map(|request| request.body.len()).collect();
        same(
            "the lengths of the bodies",
            lengths,
            vec![0x10000],
            "Messages::default() accepts a normal upload",
        );
    });
}

/// Chapter 07 needs the phase, and the connection slows down a client that sends too far ahead.
#[test]
fn t25_a_decoder_reports_its_progress() {
    let rule =
        "nothing or empty lines: Idle; a part of a head: Head; a whole head without its whole body: Body";
    let mut messages = Messages::new(LIMITS);
    for (sent, progress) in [
        ("\r\n", Progress::Idle),
        ("POST / HTTP/1.1\r\nContent-Length: 5\r\n", Progress::Head),
        ("\r\nhell", Progress::Body),
        ("o", Progress::Idle),
    ] {
        messages.push(sent.as_bytes());
        let ends = matches!(messages.next_event(), Ok(Some(Event::Request(_))));
        same(&format!("whether {sent:?} ends the request"), ends, sent == "o", "only its last byte does");
        same(&format!("the progress after {sent:?}"), messages.progress(), progress, rule);
    }
    let rule = "bytes count until they are read: a head is read when it is whole, a body at once";
    for (sent, buffered) in [("POST / HTTP/1.1\r\nContent-Length: 2\r\n", 36), ("\r\nh", 0), ("iGET", 3)] {
        messages.push(sent.as_bytes());
        let answer = messages.next_event();
        same(&format!("whether {sent:?} is good"), answer.is_ok(), true, "nothing is wrong with it");
        same(&format!("buffered after {sent:?}"), messages.buffered(), buffered, rule);
    }
}

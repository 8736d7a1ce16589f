//! Chapter 05: framing, and the machine that finds the end of a body.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use bytes::Bytes;
use unplugged::transport::Segmentation;
use workbook::{
    ch01_request_head::{Head, parse_head},
    ch03_connection::{Decode, Event, Progress, Refused},
    ch05_bodies::{BadFraming, BodyDecoder, BodyLimits, Framing, Messages, Taken, request_framing},
};

const LIMITS: BodyLimits = BodyLimits { body: 20, chunk_line: 16, trailers: 16 };

fn head(version: &str, fields: &[&str]) -> Head {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    parse_head(format!("POST / HTTP/{version}\r\n{fields}\r\n").as_bytes()).unwrap().unwrap().0
}

fn framing(fields: &[&str]) -> Result<Framing, BadFraming> {
    request_framing(&head("1.1", fields))
}

/// What comes of a whole body: the content, how many bytes it took, and the trailers.
fn decode(
    framing: Framing,
    input: &[u8],
    cut: &Segmentation,
) -> Result<Option<(Vec<u8>, usize, usize)>, BadFraming> {
    let mut decoder = BodyDecoder::new(framing, LIMITS);
    let (mut content, mut total) = (Vec::new(), 0);
    for piece in cut.cut(&Bytes::copy_from_slice(input)) {
        match decoder.push(&piece, &mut content)? {
            Taken::NeedMore { used } => {
                assert_eq!(used, piece.len());
                total += used;
            }
            Taken::Done { used, trailers } => return Ok(Some((content, total + used, trailers.len()))),
        }
    }
    Ok(None)
}

/// However it is cut.
#[track_caller]
fn assert_chunks(input: &[u8], content: &[u8], used: usize) {
    for cut in Segmentation::every(input) {
        let (got, took, _) = decode(Framing::Chunked, input, &cut).unwrap().expect("the end is here");
        assert_eq!(
            (got.escape_ascii().to_string(), took),
            (content.escape_ascii().to_string(), used),
            "{cut}"
        );
    }
}

#[track_caller]
fn assert_refused(input: &[u8], error: BadFraming) {
    for cut in Segmentation::every(input) {
        assert_eq!(decode(Framing::Chunked, input, &cut), Err(error), "{} {cut}", input.escape_ascii());
    }
}

#[test]
fn t01_without_a_word_there_is_no_body() {
    assert_eq!(framing(&["Host: a"]), Ok(Framing::None));
}

#[test]
fn t02_a_length_is_decimal_digits() {
    assert_eq!(framing(&["Content-Length: 5"]), Ok(Framing::Length(5)));
    assert_eq!(framing(&["Content-Length: 0"]), Ok(Framing::Length(0)));
    assert_eq!(framing(&["Content-Length: 0010"]), Ok(Framing::Length(10)));
    assert_eq!(framing(&["Content-Length: 18446744073709551615"]), Ok(Framing::Length(u64::MAX)));
}

#[test]
fn t03_a_length_is_nothing_but_digits() {
    for length in ["", "+5", "-5", "0x5", "5_0", "5 0", "5.0", "5e0", "five", "5,", "5, 5", "\"5\""] {
        assert_eq!(framing(&[&format!("Content-Length: {length}")]), Err(BadFraming::Malformed), "{length}");
    }
}

#[test]
fn t04_a_length_beyond_64_bits_is_too_large() {
    for length in ["18446744073709551616", "18446744073709551621", "99999999999999999999999"] {
        assert_eq!(framing(&[&format!("Content-Length: {length}")]), Err(BadFraming::TooLarge), "{length}");
    }
}

#[test]
fn t05_two_lengths_are_refused_equal_or_not() {
    for second in ["Content-Length: 5", "content-length: 6", "Content-Length:"] {
        assert_eq!(framing(&["Content-Length: 5", second]), Err(BadFraming::Malformed), "{second}");
    }
}

#[test]
fn t06_chunked_is_known_in_any_case() {
    for coding in ["chunked", "CHUNKED", " \tChunked \t"] {
        assert_eq!(framing(&[&format!("Transfer-Encoding:{coding}")]), Ok(Framing::Chunked), "{coding}");
    }
}

#[test]
fn t07_another_coding_is_not_implemented() {
    for coding in ["gzip", "identity", "xchunked", "chunked;a=b", "\"chunked\"", "gzip, chunked"] {
        let fields = format!("Transfer-Encoding: {coding}");
        assert_eq!(framing(&[&fields]), Err(BadFraming::UnknownCoding), "{coding}");
    }
}

#[test]
fn t08_nothing_may_follow_chunked() {
    for coding in ["chunked, gzip", "chunked, chunked", "chunked, identity", "chunked,", ",chunked", ""] {
        let fields = format!("Transfer-Encoding: {coding}");
        assert_eq!(framing(&[&fields]), Err(BadFraming::Malformed), "{coding}");
    }
    let twice = ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"];
    assert_eq!(framing(&twice), Err(BadFraming::Malformed));
}

#[test]
fn t09_a_length_and_chunks_are_refused() {
    let (length, coding) = ("Content-Length: 5", "Transfer-Encoding: chunked");
    assert_eq!(framing(&[length, coding]), Err(BadFraming::Malformed));
    assert_eq!(framing(&[coding, length]), Err(BadFraming::Malformed));
    assert_eq!(framing(&[length, "Transfer-Encoding: gzip"]), Err(BadFraming::Malformed));
}

#[test]
fn t10_chunks_are_refused_from_a_client_of_1_0() {
    let head = head("1.0", &["Transfer-Encoding: chunked"]);
    assert_eq!(request_framing(&head), Err(BadFraming::Malformed));
}

#[test]
fn t11_no_body_ends_before_it_begins() {
    for framing in [Framing::None, Framing::Length(0)] {
        let mut content = Vec::new();
        let taken = BodyDecoder::new(framing, LIMITS).push(b"GET", &mut content).unwrap();
        assert!(matches!(taken, Taken::Done { used: 0, .. }) && content.is_empty(), "{taken:?}");
    }
}

#[test]
fn t12_a_body_with_a_length_ends_after_it() {
    for cut in Segmentation::every(b"helloGET") {
        let decoded = decode(Framing::Length(5), b"helloGET", &cut);
        assert_eq!(decoded, Ok(Some((b"hello".to_vec(), 5, 0))), "{cut}");
    }
    assert_eq!(decode(Framing::Length(5), b"hell", &Segmentation::whole()), Ok(None));
}

#[test]
fn t13_chunks_are_joined() {
    assert_chunks(b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\nGET", b"hello", 20);
    assert_chunks(b"0\r\n\r\n", b"", 5);
}

#[test]
fn t14_sizes_are_hexadecimal_in_any_case() {
    assert_chunks(b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789", 20);
    assert_chunks(b"A\r\n0123456789\r\n000\r\n\r\n", b"0123456789", 22);
    assert_chunks(b"0002\r\nhi\r\n0\r\n\r\n", b"hi", 15);
}

#[test]
fn t15_a_chunk_may_hold_anything() {
    assert_chunks(b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", b"0\r\n\r\n", 15);
}

#[test]
fn t16_extensions_are_skipped() {
    for line in ["2;a", "2;a=b", "2 ; a = b", "2;a;b=c", "2;a=\"b;c\"", "2;a=\"\\\"\"", "2;a=\"\""] {
        let input = format!("{line}\r\nhi\r\n0\r\n\r\n");
        assert_chunks(input.as_bytes(), b"hi", input.len());
    }
}

#[test]
fn t17_what_is_no_size_is_refused() {
    for line in
        ["", "x", "5x", "0x5", "+5", "-5", "5_0", " 5", "5 ", "5 a", "5;", "5;=a", "5;a=", "5;a=\"", ";a"]
    {
        assert_refused(format!("{line}\r\nhello\r\n0\r\n\r\n").as_bytes(), BadFraming::Malformed);
    }
}

#[test]
fn t18_a_size_that_overflows_is_too_large() {
    assert_refused(b"f0000000000003\r\nabc\r\n0\r\n\r\n", BadFraming::TooLarge);
    let mut decoder = BodyDecoder::new(Framing::Chunked, BodyLimits { chunk_line: 100, ..LIMITS });
    let taken = decoder.push(b"10000000000000003\r\nabc\r\n0\r\n\r\n", &mut Vec::new());
    assert_eq!(taken, Err(BadFraming::TooLarge));
}

#[test]
fn t19_both_bytes_behind_the_data_are_looked_at() {
    for end in ["\n", "\r", "\rX", "X\n", "\n\r", "XX", ""] {
        assert_refused(format!("2\r\nhi{end}0\r\n\r\n").as_bytes(), BadFraming::Malformed);
    }
}

#[test]
fn t20_a_bare_line_feed_ends_nothing() {
    for input in ["2\nhi\r\n0\r\n\r\n", "2;a\nhi\r\n0\r\n\r\n", "0\n\r\n", "0\r\n\n", "0\r\nA: b\n\r\n"] {
        assert_refused(input.as_bytes(), BadFraming::Malformed);
    }
}

#[test]
fn t21_trailers_are_read_and_handed_over() {
    let input = b"0\r\nA: b\r\nC: d\r\n\r\nGET";
    let mut decoder = BodyDecoder::new(Framing::Chunked, LIMITS);
    let Ok(Taken::Done { used, trailers }) = decoder.push(input, &mut Vec::new()) else {
        panic!("the end is here")
    };
    assert_eq!((used, trailers.get("c")), (17, Some(&b"d"[..])));
    assert_refused(b"0\r\nA b: c\r\n\r\n", BadFraming::Malformed);
}

#[test]
fn t22_limits_are_the_largest_that_is_let_through() {
    assert_chunks(b"14\r\n0123456789abcdefghij\r\n0\r\n\r\n", b"0123456789abcdefghij", 31);
    assert_refused(b"15\r\n", BadFraming::TooLarge);
    assert_refused(b"13\r\n0123456789abcdefghi\r\n2\r\n", BadFraming::TooLarge);
    assert_chunks(b"1;aaaaaaaaaaaa\r\nx\r\n0\r\n\r\n", b"x", 24);
    assert_refused(b"1;aaaaaaaaaaaaa\r\n", BadFraming::Malformed);
    assert_chunks(b"0\r\nA: bbbbbbbbb\r\n\r\n", b"", 19);
    assert_refused(b"0\r\nA: bbbbbbbbbb\r\n\r\n", BadFraming::TrailersTooLarge);
    let whole = Segmentation::whole();
    assert!(decode(Framing::Length(20), b"0123456789abcdefghij", &whole).is_ok());
    assert_eq!(decode(Framing::Length(21), b"0", &whole), Err(BadFraming::TooLarge));
}

#[test]
fn t23_every_framing_error_has_its_status() {
    let statuses = [
        BadFraming::Malformed,
        BadFraming::TooLarge,
        BadFraming::TrailersTooLarge,
        BadFraming::UnknownCoding,
    ]
    .map(BadFraming::status);
    assert_eq!(statuses, [400, 413, 431, 501]);
}

#[test]
fn t24_a_request_comes_with_its_body_and_the_next_behind_it() {
    let input = b"POST /1 HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloPOST /2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
    for cut in Segmentation::every(input) {
        let mut messages = Messages::new(LIMITS);
        let mut bodies = Vec::new();
        for piece in cut.cut(&Bytes::from_static(input)) {
            messages.push(&piece);
            while let Some(Event::Request(request)) = messages.next_event().unwrap() {
                bodies.push((request.head.target, String::from_utf8(request.body).unwrap()));
            }
        }
        assert_eq!(bodies, [("/1".into(), "hello".into()), ("/2".to_owned(), "hi".to_owned())], "{cut}");
    }
}

#[test]
fn t25_a_decoder_says_how_far_a_request_has_come() {
    let mut messages = Messages::new(LIMITS);
    let mut after = |bytes: &[u8]| {
        messages.push(bytes);
        let _ = messages.next_event().unwrap();
        messages.progress()
    };
    assert_eq!(after(b"\r\n"), Progress::Idle);
    assert_eq!(after(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n"), Progress::Head);
    assert_eq!(after(b"\r\nhell"), Progress::Body);
    assert_eq!(after(b"o"), Progress::Idle);
    messages.push(b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n");
    assert_eq!(messages.next_event(), Err(Refused(400)));
}

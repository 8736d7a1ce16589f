//! Compares the parser of chapter 01 with httparse, which hyper uses. Ours is stricter: httparse accepts all that ours
//! accepts, and reads the same in it.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

use std::num::NonZeroU64;

use unplugged::seed::{Rng, Seed};
use workbook::ch01_request_head::{Head, parse_head};

const HEADS: [&[u8]; 4] = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"\r\nPOST /a?b=c HTTP/1.0\r\nHost: d\r\nContent-Length:5\r\n\r\nhello",
    b"OPTIONS * HTTP/1.1\r\nA: \t b c\t \r\nA:\r\na: caf\xe9:\r\n\r\n",
    b"GET http://e/f HTTP/1.1\r\nHost: e\r\nCookie: g=h; i=j\r\nAccept: */*\r\n\r\nGET",
];

/// Bytes on which parsers disagree.
const ODD: &[u8] = b"\r\n \t\0:/.,\"\x0b\x0c\x7f\x80\x85\xa0\xff019HTP";

const CASES: u64 = 20_000;

fn below(stream: &mut Rng, bound: usize) -> usize {
    let bound = NonZeroU64::new(u64::try_from(bound).unwrap()).unwrap();
    usize::try_from(stream.below(bound)).unwrap()
}

/// Returns a good head with up to three mistakes: a byte replaced, inserted or removed, or a piece repeated.
fn mutated(stream: &mut Rng) -> Vec<u8> {
    let mut bytes = HEADS[below(stream, HEADS.len())].to_vec();
    for _ in 0..below(stream, 4) {
        let at = below(stream, bytes.len());
        let odd = ODD[below(stream, ODD.len())];
        match below(stream, 4) {
            0 => bytes[at] = odd,
            1 => bytes.insert(at, odd),
            2 => drop(bytes.remove(at)),
            _ => {
                let end = at + below(stream, bytes.len() - at + 1);
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
    bytes
}

/// Returns what httparse reads in the same bytes, in the form of our parser.
fn check_beside_httparse(bytes: &[u8], head: &Head, used: usize) {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut fields);
    let shown = bytes.escape_ascii();
    assert_eq!(request.parse(bytes), Ok(httparse::Status::Complete(used)), "{shown}");
    assert_eq!(request.method, Some(head.method.as_str()), "{shown}");
    assert_eq!(request.path, Some(head.target.as_str()), "{shown}");
    assert_eq!(request.version, Some(head.minor), "{shown}");
    let theirs: Vec<(&str, &[u8])> = request.headers.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(head.headers.pairs(), theirs, "{shown}");
}

#[test]
fn whatever_ours_takes_httparse_reads_in_the_same_way() {
    let mut stream = Seed::default().rng("against httparse");
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..CASES {
        let bytes = mutated(&mut stream);
        match parse_head(&bytes) {
            // httparse knows only 1.0 and 1.1.
            Ok(Some((head, used))) if head.minor <= 1 => {
                check_beside_httparse(&bytes, &head, used);
                taken += 1;
            }
            Ok(_) => {}
            Err(_) => refused += 1,
        }
    }
    assert!(
        taken > CASES / 10 && refused > CASES / 10,
        "{taken} taken, {refused} refused: cases too tame or too wild"
    );
}

/// While bytes come, the answer changes once, from "not yet" to its final value.
#[test]
fn more_bytes_never_change_an_answer() {
    let mut stream = Seed::default().rng("more bytes");
    for _ in 0..CASES / 20 {
        let bytes = mutated(&mut stream);
        let mut first = None;
        for end in 0..=bytes.len() {
            let answer = parse_head(&bytes[..end]);
            match &first {
                None if answer == Ok(None) => {}
                None => first = Some(answer),
                Some(first) => assert_eq!(answer, *first, "{} bytes of {}", end, bytes.escape_ascii()),
            }
        }
    }
}

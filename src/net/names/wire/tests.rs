use super::*;

fn entry(record: Record) -> Entry {
    Entry { name: "Example.org".into(), ttl: 60, record }
}

fn answer() -> Message {
    let records = [
        Record::mx(10, "mail.example.org"),
        Record::address(Ipv4Addr::LOCALHOST),
        Record::address(Ipv6Addr::LOCALHOST),
        Record::Txt("v=spf1 -all".into()),
        Record::Srv { priority: 1, weight: 2, port: 25, target: "mail.example.org".into() },
        Record::Cname("other.example.org".into()),
    ];
    Message {
        id: 0x1234,
        is_answer: true,
        name: "Example.org".into(),
        kind: RecordType::Mx.code(),
        entries: records.map(entry).into(),
        datagram_size: Some(1232),
        ..Message::default()
    }
}

#[test]
fn a_message_reads_as_it_was_written() {
    let message = answer();
    assert_eq!(Message::decode(&message.encode().unwrap()), Some(message));
    let truncated = Message { is_truncated: true, code: SERVER_FAILURE, entries: Vec::new(), ..answer() };
    assert_eq!(Message::decode(&truncated.encode().unwrap()), Some(truncated));
}

#[test]
fn a_question_has_the_bytes_of_the_standard() {
    let question = Message { id: 7, name: "a.org".into(), kind: RecordType::A.code(), ..Message::default() };
    assert_eq!(
        question.encode().unwrap(),
        b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03org\x00\x00\x01\x00\x01"
    );
}

/// Source: RFC 2308, section 2.1.
#[test]
fn an_answer_that_there_is_no_such_name_has_the_bytes_of_the_standard() {
    let answer = Message {
        id: 7,
        is_answer: true,
        code: NAME_ERROR,
        name: "a.org".into(),
        kind: RecordType::A.code(),
        negative_ttl: Some(60),
        ..Message::default()
    };
    let mut expected = b"\x00\x07\x81\x83\x00\x01\x00\x00\x00\x01\x00\x00".to_vec();
    expected.extend(b"\x01a\x03org\x00\x00\x01\x00\x01");
    expected.extend(b"\x03org\x00\x00\x06\x00\x01\x00\x00\x00\x3c\x00\x1e\x03org\x00\x03org\x00");
    expected.extend(b"\x00\x00\x00\x01\x00\x00\x0e\x10\x00\x00\x02\x58\x00\x01\x51\x80\x00\x00\x00\x3c");
    assert_eq!(answer.encode().unwrap(), expected);
}

#[test]
fn a_pointer_leads_back_and_never_round() {
    let compressed = b"\x00\x07\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00\x01A\x03org\x00\x00\x01\x00\x01\
        \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01";
    let message = Message::decode(compressed).unwrap();
    let records = message.records(RecordType::A);
    assert_eq!((message.name.as_str(), records), ("A.org", vec![Record::A([10, 0, 0, 1].into())]));
    let loops = b"\x00\x07\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01";
    assert_eq!(Message::decode(loops), None);
    // Labels that lead to the pointer again.
    let mut round = b"\x00\x07\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00\x01a\x00\x00\x01\x00\x01".to_vec();
    round[14] = 4; // the end of the name is a label of four bytes now, and the next is the pointer
    round.extend(b"\xc0\x0c\x00\x01\x00\x01");
    assert_eq!(Message::decode(&round), None);
}

#[test]
fn no_cut_or_flipped_message_breaks_the_reader() {
    let bytes = answer().encode().unwrap();
    for end in 0..bytes.len() {
        assert_eq!(Message::decode(&bytes[..end]), None, "cut to {end} bytes");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _read_or_refused = Message::decode(&flipped);
    }
}

#[test]
fn what_is_no_name_is_not_written() {
    for name in ["a..b".into(), "x".repeat(64), ["abcdefgh"; 40].join(".")] {
        assert_eq!(Message { name, ..answer() }.encode(), None);
    }
}

#[test]
fn an_alias_is_followed_and_never_round() {
    let alias = |name: &str, to: &str| Entry { name: name.into(), ttl: 60, record: Record::Cname(to.into()) };
    let address = Record::A([10, 0, 0, 1].into());
    let mut message = Message { name: "a".into(), ..answer() };
    message.entries =
        vec![alias("b", "C"), alias("A", "b"), Entry { name: "c".into(), ttl: 60, record: address.clone() }];
    assert_eq!(message.records(RecordType::A), [address]);
    assert_eq!(message.records(RecordType::Cname), [Record::Cname("b".into())]);
    message.entries = vec![alias("a", "b"), alias("b", "a")];
    assert_eq!(message.records(RecordType::A), []);
}

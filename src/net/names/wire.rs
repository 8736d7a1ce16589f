//! The wire format of questions and answers of the domain name system.
//!
//! Source: RFC 1035, section 4; RFC 3596 (AAAA); RFC 2782 (SRV).

use std::net::{Ipv4Addr, Ipv6Addr};

use super::record::{Record, RecordType};

pub(super) const NO_ERROR: u8 = 0;
pub(super) const SERVER_FAILURE: u8 = 2;
pub(super) const NAME_ERROR: u8 = 3;

const CLASS_IN: u16 = 1;
const RESPONSE: u16 = 0x8000;
const RECURSION_DESIRED: u16 = 0x0100;

/// The time to live of an answer, in seconds.
const TIME_TO_LIVE: u32 = 60;

/// A question, or the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: u16,
    pub(super) is_answer: bool,
    pub(super) code: u8,
    pub(super) name: String,
    pub(super) kind: RecordType,
    pub(super) records: Vec<Record>,
}

impl Message {
    /// Encodes the message. `None` if a name or text in it cannot be written.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let flags = if self.is_answer { RESPONSE | RECURSION_DESIRED } else { RECURSION_DESIRED };
        let count = u16::try_from(self.records.len()).ok()?;
        let mut bytes = Vec::new();
        for field in [self.id, flags | u16::from(self.code), 1, count, 0, 0] {
            put(&mut bytes, field);
        }
        put_name(&mut bytes, &self.name)?;
        put(&mut bytes, code_of(self.kind));
        put(&mut bytes, CLASS_IN);
        for record in &self.records {
            put_name(&mut bytes, &self.name)?;
            put(&mut bytes, code_of(record.kind()));
            put(&mut bytes, CLASS_IN);
            bytes.extend(TIME_TO_LIVE.to_be_bytes());
            let data = data_of(record)?;
            put(&mut bytes, u16::try_from(data.len()).ok()?);
            bytes.extend(data);
        }
        Some(bytes)
    }

    /// Decodes a message. `None` if it is not one.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let (id, flags, questions, answers) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?);
        reader.skip(4)?;
        if questions != 1 {
            return None;
        }
        let name = reader.name()?;
        let kind = kind_of(reader.u16()?)?;
        reader.skip(2)?;
        let mut records = Vec::new();
        for _ in 0..answers {
            let _name = reader.name()?;
            let code = reader.u16()?;
            reader.skip(6)?;
            let length = usize::from(reader.u16()?);
            let end = reader.at.checked_add(length)?;
            // Records of other types are ignored.
            if let Some(kind) = kind_of(code) {
                records.push(reader.record(kind, length)?);
            }
            reader.at = end;
        }
        let is_answer = flags & RESPONSE != 0;
        Some(Self { id, is_answer, code: (flags & 0x0f) as u8, name, kind, records })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, count: usize) -> Option<&[u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.take(count).map(drop)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// Reads a name, in lower case. Follows pointers, each of which must lead back.
    fn name(&mut self) -> Option<String> {
        let mut labels: Vec<String> = Vec::new();
        let mut back_to = None;
        loop {
            let start = self.at;
            let length = usize::from(*self.take(1)?.first()?);
            if length >= 0xc0 {
                let low = usize::from(*self.take(1)?.first()?);
                back_to = back_to.or(Some(self.at));
                self.at = (length & 0x3f) << 8 | low;
                if self.at >= start {
                    return None;
                }
            } else if length == 0 {
                break;
            } else {
                labels.push(String::from_utf8_lossy(self.take(length)?).to_lowercase());
            }
        }
        self.at = back_to.unwrap_or(self.at);
        Some(labels.join("."))
    }

    fn record(&mut self, kind: RecordType, length: usize) -> Option<Record> {
        Some(match kind {
            RecordType::A => Record::A(Ipv4Addr::from(<[u8; 4]>::try_from(self.take(4)?).ok()?)),
            RecordType::Aaaa => Record::Aaaa(Ipv6Addr::from(<[u8; 16]>::try_from(self.take(16)?).ok()?)),
            RecordType::Mx => Record::Mx { preference: self.u16()?, exchange: self.name()? },
            RecordType::Txt => {
                let data = self.take(length)?.get(1..)?;
                Record::Txt(String::from_utf8_lossy(data).into_owned())
            }
            RecordType::Srv => Record::Srv {
                priority: self.u16()?,
                weight: self.u16()?,
                port: self.u16()?,
                target: self.name()?,
            },
        })
    }
}

fn put(bytes: &mut Vec<u8>, field: u16) {
    bytes.extend(field.to_be_bytes());
}

fn put_name(bytes: &mut Vec<u8>, name: &str) -> Option<()> {
    let name = name.trim_end_matches('.');
    for label in name.split('.').filter(|_| !name.is_empty()) {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    (name.len() <= 253).then_some(())
}

fn data_of(record: &Record) -> Option<Vec<u8>> {
    let mut data = Vec::new();
    match record {
        Record::A(address) => data.extend(address.octets()),
        Record::Aaaa(address) => data.extend(address.octets()),
        Record::Mx { preference, exchange } => {
            put(&mut data, *preference);
            put_name(&mut data, exchange)?;
        }
        Record::Txt(text) => {
            data.push(u8::try_from(text.len()).ok()?);
            data.extend(text.as_bytes());
        }
        Record::Srv { priority, weight, port, target } => {
            [priority, weight, port].into_iter().for_each(|field| put(&mut data, *field));
            put_name(&mut data, target)?;
        }
    }
    Some(data)
}

const fn code_of(kind: RecordType) -> u16 {
    match kind {
        RecordType::A => 1,
        RecordType::Mx => 15,
        RecordType::Txt => 16,
        RecordType::Aaaa => 28,
        RecordType::Srv => 33,
    }
}

const fn kind_of(code: u16) -> Option<RecordType> {
    match code {
        1 => Some(RecordType::A),
        15 => Some(RecordType::Mx),
        16 => Some(RecordType::Txt),
        28 => Some(RecordType::Aaaa),
        33 => Some(RecordType::Srv),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer() -> Message {
        Message {
            id: 0x1234,
            is_answer: true,
            code: NO_ERROR,
            name: "example.org".into(),
            kind: RecordType::Mx,
            records: vec![
                Record::mx(10, "mail.example.org"),
                Record::address(Ipv4Addr::LOCALHOST),
                Record::address(Ipv6Addr::LOCALHOST),
                Record::Txt("v=spf1 -all".into()),
                Record::Srv { priority: 1, weight: 2, port: 25, target: "mail.example.org".into() },
            ],
        }
    }

    #[test]
    fn a_message_reads_as_it_was_written() {
        let message = answer();
        assert_eq!(Message::decode(&message.encode().unwrap()), Some(message));
    }

    #[test]
    fn a_question_has_the_bytes_of_the_standard() {
        let question = Message {
            id: 7,
            is_answer: false,
            code: 0,
            name: "a.org".into(),
            kind: RecordType::A,
            records: vec![],
        };
        assert_eq!(
            question.encode().unwrap(),
            b"\x00\x07\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x03org\x00\x00\x01\x00\x01"
        );
    }

    #[test]
    fn a_pointer_leads_back_and_never_round() {
        let compressed = b"\x00\x07\x80\x00\x00\x01\x00\x01\x00\x00\x00\x00\x01A\x03org\x00\x00\x01\x00\x01\
            \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x01";
        let message = Message::decode(compressed).unwrap();
        assert_eq!(
            (message.name.as_str(), message.records),
            ("a.org", vec![Record::A([10, 0, 0, 1].into())])
        );
        let loops = b"\x00\x07\x80\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c\x00\x01\x00\x01";
        assert_eq!(Message::decode(loops), None);
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
}

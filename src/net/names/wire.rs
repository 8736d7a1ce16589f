//! The wire format of questions and answers of the domain name system.
//!
//! Source: RFC 1035, section 4; RFC 2308 (negative answers); RFC 2782 (SRV); RFC 3596 (AAAA); RFC 6891 (EDNS).

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::record::{Record, RecordType, normal};

pub(super) const NO_ERROR: u8 = 0;
pub(super) const SERVER_FAILURE: u8 = 2;
pub(super) const NAME_ERROR: u8 = 3;

/// The longest answer in a datagram, unless the question says that it takes more.
///
/// Source: RFC 1035, section 2.3.4.
pub(super) const LONGEST_IN_DATAGRAM: u16 = 512;

const CLASS_IN: u16 = 1;
const RESPONSE: u16 = 0x8000;
const TRUNCATED: u16 = 0x0200;
const RECURSION_DESIRED: u16 = 0x0100;
const RECURSION_AVAILABLE: u16 = 0x0080;

/// The code of a start of authority.
const SOA: u16 = 6;

/// The code of what EDNS adds to a message.
///
/// Source: RFC 6891, section 6.1.1.
const OPT: u16 = 41;

/// Where the name of the question stands: a pointer to it is a name.
const POINTER_TO_QUESTION: u16 = 0xc00c;

/// A question, or the answer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) id: u16,
    pub(super) is_answer: bool,
    /// Records are left out: it was too long for a datagram.
    pub(super) is_truncated: bool,
    pub(super) code: u8,
    /// The name as it was asked.
    pub(super) name: String,
    /// The code of the type that was asked for.
    pub(super) kind: u16,
    pub(super) entries: Vec<Entry>,
    /// For how many seconds it is known that there is no more, if there is not. Is not read.
    pub(super) negative_ttl: Option<u32>,
    /// How long a datagram the sender takes, if it speaks EDNS.
    pub(super) datagram_size: Option<u16>,
}

/// A record, with the name that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// For how many seconds it may be kept.
    pub(super) ttl: u32,
    pub(super) record: Record,
}

impl Message {
    /// Encodes the message. `None` if a name or text in it cannot be written.
    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let mut flags = RECURSION_DESIRED | u16::from(self.code);
        if self.is_answer {
            flags |= RESPONSE | RECURSION_AVAILABLE;
        }
        if self.is_truncated {
            flags |= TRUNCATED;
        }
        let count = u16::try_from(self.entries.len()).ok()?;
        let (authorities, additional) = (self.negative_ttl.is_some(), self.datagram_size.is_some());
        let mut bytes = Vec::new();
        for field in [self.id, flags, 1, count, u16::from(authorities), u16::from(additional)] {
            put(&mut bytes, field);
        }
        put_name(&mut bytes, &self.name)?;
        put(&mut bytes, self.kind);
        put(&mut bytes, CLASS_IN);
        for Entry { name, ttl, record } in &self.entries {
            match normal(name) == normal(&self.name) {
                true => put(&mut bytes, POINTER_TO_QUESTION),
                false => put_name(&mut bytes, name)?,
            }
            put_rest(&mut bytes, record.kind().code(), *ttl, &data_of(record)?)?;
        }
        if let Some(ttl) = self.negative_ttl {
            // The zone of a name is taken to be what stands behind its first dot.
            let zone =
                normal(&self.name).split_once('.').map_or_else(String::new, |(_, zone)| zone.to_owned());
            put_name(&mut bytes, &zone)?;
            put_rest(&mut bytes, SOA, ttl, &start_of_authority(&zone, ttl)?)?;
        }
        if let Some(size) = self.datagram_size {
            put_name(&mut bytes, "")?;
            for field in [OPT, size, 0, 0, 0] {
                put(&mut bytes, field);
            }
        }
        Some(bytes)
    }

    /// Decodes a message. `None` if it is not one. Records of other types are ignored.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader { bytes, at: 0 };
        let (id, flags, questions) = (reader.u16()?, reader.u16()?, reader.u16()?);
        let (answers, authorities, additional) = (reader.u16()?, reader.u16()?, reader.u16()?);
        if questions != 1 {
            return None;
        }
        let (name, kind) = (reader.name()?, reader.u16()?);
        reader.skip(2)?;
        let (mut entries, mut datagram_size) = (Vec::new(), None);
        for number in 0..u32::from(answers) + u32::from(authorities) + u32::from(additional) {
            let (name, code, class) = (reader.name()?, reader.u16()?, reader.u16()?);
            let ttl = u32::from(reader.u16()?) << 16 | u32::from(reader.u16()?);
            let length = usize::from(reader.u16()?);
            let end = reader.at.checked_add(length).filter(|end| *end <= bytes.len())?;
            if number < u32::from(answers) {
                if let Some(kind) = RecordType::of_code(code) {
                    entries.push(Entry { name, ttl, record: reader.record(kind, length)? });
                }
            } else if code == OPT {
                datagram_size = Some(class);
            }
            reader.at = end;
        }
        Some(Self {
            id,
            is_answer: flags & RESPONSE != 0,
            is_truncated: flags & TRUNCATED != 0,
            code: (flags & 0x0f) as u8,
            name,
            kind,
            entries,
            negative_ttl: None,
            datagram_size,
        })
    }

    /// Returns whether it answers this question.
    pub(super) fn answers(&self, question: &Self) -> bool {
        let is_its = (self.id, self.kind) == (question.id, question.kind);
        self.is_answer && is_its && normal(&self.name) == normal(&question.name)
    }

    /// Returns the records of this type, of the name that was asked for or of one that it is an alias of.
    pub(super) fn records(&self, kind: RecordType) -> Vec<Record> {
        let mut owner = normal(&self.name);
        for _ in 0..=self.entries.len() {
            let its = self.entries.iter().filter(|entry| normal(&entry.name) == owner);
            let its: Vec<&Record> = its.map(|entry| &entry.record).collect();
            let found: Vec<Record> =
                its.iter().filter(|record| record.kind() == kind).copied().cloned().collect();
            match its.into_iter().find_map(Record::as_alias) {
                Some(alias) if found.is_empty() => owner = normal(alias),
                _ => return found,
            }
        }
        Vec::new() // the aliases go round
    }
}

fn put_rest(bytes: &mut Vec<u8>, code: u16, ttl: u32, data: &[u8]) -> Option<()> {
    put(bytes, code);
    put(bytes, CLASS_IN);
    bytes.extend(ttl.to_be_bytes());
    put(bytes, u16::try_from(data.len()).ok()?);
    bytes.extend(data);
    Some(())
}

/// Source: RFC 1035, section 3.3.13; RFC 2308, section 4: the last field is for how long a name is known to be missing.
fn start_of_authority(zone: &str, ttl: u32) -> Option<Vec<u8>> {
    let (serial, refresh, retry, expire) = (1_u32, 3600_u32, 600_u32, 86_400_u32);
    let mut data = Vec::new();
    put_name(&mut data, zone)?; // the server
    put_name(&mut data, zone)?; // whom to write to
    [serial, refresh, retry, expire, ttl].into_iter().for_each(|field| data.extend(field.to_be_bytes()));
    Some(data)
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

    /// Reads a name. Follows pointers, each of which must lead back.
    fn name(&mut self) -> Option<String> {
        let mut labels: Vec<String> = Vec::new();
        let (mut back_to, mut first) = (None, self.at);
        loop {
            let length = usize::from(*self.take(1)?.first()?);
            if length >= 0xc0 {
                let low = usize::from(*self.take(1)?.first()?);
                back_to = back_to.or(Some(self.at));
                self.at = (length & 0x3f) << 8 | low;
                // Before all that was read of the name: else it would come back to the pointer.
                if self.at >= first {
                    return None;
                }
                first = self.at;
            } else if length == 0 {
                break;
            } else {
                labels.push(String::from_utf8_lossy(self.take(length)?).into_owned());
            }
        }
        self.at = back_to.unwrap_or(self.at);
        Some(labels.join("."))
    }

    fn record(&mut self, kind: RecordType, length: usize) -> Option<Record> {
        Some(match kind {
            RecordType::A => Record::A(Ipv4Addr::from(<[u8; 4]>::try_from(self.take(4)?).ok()?)),
            RecordType::Aaaa => Record::Aaaa(Ipv6Addr::from(<[u8; 16]>::try_from(self.take(16)?).ok()?)),
            RecordType::Cname => Record::Cname(self.name()?),
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
        Record::Cname(target) => put_name(&mut data, target)?,
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

impl RecordType {
    const CODES: [(Self, u16); 6] =
        [(Self::A, 1), (Self::Cname, 5), (Self::Mx, 15), (Self::Txt, 16), (Self::Aaaa, 28), (Self::Srv, 33)];

    pub(super) fn code(self) -> u16 {
        Self::CODES.into_iter().find(|(kind, _)| *kind == self).map_or(0, |(_, code)| code)
    }

    fn of_code(code: u16) -> Option<Self> {
        Self::CODES.into_iter().find(|(_, known)| *known == code).map(|(kind, _)| kind)
    }
}

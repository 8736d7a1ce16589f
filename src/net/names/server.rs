//! A name server.

use std::{collections::BTreeMap, future::Future, time::Duration};

use super::{
    record::{Record, RecordType, normal},
    wire::{Entry, Message, NAME_ERROR, NO_ERROR, SERVER_FAILURE},
};
use crate::{
    net::{Host, texts},
    violation::SourceLocation,
};

/// For how long an answer may be kept, unless set.
const TTL: Duration = crate::clock::secs(60);

/// How many aliases are followed before they are taken to go round.
const LONGEST_CHAIN: usize = 16;

/// How long a datagram it takes, where it is asked with EDNS.
///
/// Source: DNS Flag Day 2020, the default of BIND 9.16 and unbound 1.12.
const EDNS_SIZE: u16 = 1232;

/// A name server whose answers the test sets: right, wrong, late or failed. It speaks the wire format of RFC 1035 over
/// datagrams and connections on port 53, so that faults of links and hosts apply to it. It works at many questions at
/// once. An answer over 512 bytes is cut, and comes whole over a connection, unless the question takes longer ones (EDNS).
///
/// ```
/// use unplugged::{Sim, net::{NameServer, Record, RecordType}};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, dns) = (net.host("client"), net.host("dns"));
/// let names = NameServer::new().record("example.org", Record::mx(10, "mail.example.org"));
/// dns.start(move |host| names.clone().serve(host));
///
/// let resolver = client.resolver([dns.ip()]);
/// let found = sim.run(async move { resolver.lookup("example.org", RecordType::Mx).await })?;
/// assert_eq!(found, [Record::mx(10, "mail.example.org")]);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct NameServer {
    records: BTreeMap<String, Vec<Record>>,
    delay: Duration,
    ttl: Duration,
    is_failing: bool,
}

impl NameServer {
    /// Returns a server that knows no name.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record of a name. Several records of one type are answered in the order in which they were added.
    ///
    /// # Panics
    /// Panics if the name or the record cannot be written, such as a text over 255 bytes.
    #[must_use]
    #[track_caller]
    pub fn record(mut self, name: &str, record: Record) -> Self {
        if !can_write(name, &record) {
            texts::bad_record(name, &record).raise();
        }
        self.records.entry(normal(name)).or_default().push(record);
        self
    }

    /// Sets how long it thinks about each question. It thinks about many at once.
    #[must_use]
    pub const fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets whether it answers every question with a server failure.
    #[must_use]
    pub const fn failing(mut self, failing: bool) -> Self {
        self.is_failing = failing;
        self
    }

    /// Sets for how long its answers may be kept, in whole seconds, also that there is no such name: a minute unless set.
    #[must_use]
    pub const fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl;
        self
    }

    /// Returns a wait for as long as the server thinks, from now.
    pub(super) fn think(
        &self,
        host: &Host,
        made_at: SourceLocation,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let delay = (!self.delay.is_zero()).then(|| host.clock().sleep(self.delay, made_at));
        async move {
            match delay {
                None => {}
                Some(Some(delay)) => delay.await,
                Some(None) => std::future::pending().await,
            }
        }
    }

    /// Returns the answer to a question, as bytes of at most `limit`. `None` if it is none.
    pub(super) fn answer(&self, question: &[u8], limit: Option<u16>) -> Option<Vec<u8>> {
        let question = Message::decode(question).filter(|message| !message.is_answer)?;
        let (code, entries, is_negative) = match self.is_failing {
            true => (SERVER_FAILURE, Vec::new(), false),
            false => self.find(&question),
        };
        let ttl = self.seconds();
        let answer = Message {
            is_answer: true,
            code,
            entries,
            negative_ttl: is_negative.then_some(ttl),
            datagram_size: question.datagram_size.map(|_| EDNS_SIZE),
            ..question.clone()
        };
        let bytes = answer.encode()?;
        let limit = limit.map(|limit| limit.max(question.datagram_size.unwrap_or(0)));
        if limit.is_none_or(|limit| bytes.len() <= usize::from(limit)) {
            return Some(bytes);
        }
        Message { is_truncated: true, entries: Vec::new(), negative_ttl: None, ..answer }.encode()
    }

    /// Returns the code and the records that answer a question, and whether it is asked for what is not there.
    ///
    /// Source: RFC 1034, section 4.3.2: an alias is followed.
    fn find(&self, question: &Message) -> (u8, Vec<Entry>, bool) {
        let (mut name, mut entries) = (question.name.clone(), Vec::new());
        for _ in 0..=LONGEST_CHAIN {
            let Some(records) = self.records.get(&normal(&name)) else { return (NAME_ERROR, entries, true) };
            let of_kind = records.iter().filter(|record| record.kind().code() == question.kind);
            let ttl = self.seconds();
            let found: Vec<Entry> =
                of_kind.map(|record| Entry { name: name.clone(), ttl, record: record.clone() }).collect();
            let alias = records.iter().find_map(Record::as_alias);
            match alias {
                Some(alias) if found.is_empty() => {
                    entries.push(Entry { name, ttl, record: Record::Cname(alias.to_owned()) });
                    name = alias.to_owned();
                }
                _ => {
                    let is_negative = found.is_empty();
                    entries.extend(found);
                    return (NO_ERROR, entries, is_negative);
                }
            }
        }
        (SERVER_FAILURE, Vec::new(), false) // the aliases go round
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.ttl.as_secs()).unwrap_or(u32::MAX)
    }
}

impl Default for NameServer {
    fn default() -> Self {
        Self { records: BTreeMap::new(), delay: Duration::ZERO, ttl: TTL, is_failing: false }
    }
}

pub(super) fn can_write(name: &str, record: &Record) -> bool {
    let entry = Entry { name: name.to_owned(), ttl: 0, record: record.clone() };
    Message { is_answer: true, name: name.to_owned(), entries: vec![entry], ..Message::default() }
        .encode()
        .is_some()
}

pub(super) fn of_kind(records: &[Record], kind: RecordType) -> Vec<Record> {
    records.iter().filter(|record| record.kind() == kind).cloned().collect()
}

//! A name server.

use std::{collections::BTreeMap, future::Future, time::Duration};

use super::{
    record::{PORT, Record, RecordType, normal},
    wire::{Message, NAME_ERROR, NO_ERROR, SERVER_FAILURE},
};
use crate::{
    net::{Host, texts},
    violation::SourceLocation,
};

/// A name server whose answers the test sets: right, wrong, late or failed. It speaks the wire format of RFC 1035 over
/// datagrams on port 53, so that faults of links and hosts apply to it.
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
#[derive(Clone, Debug, Default)]
pub struct NameServer {
    records: BTreeMap<String, Vec<Record>>,
    delay: Duration,
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

    /// Sets how long it waits before each answer.
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

    /// Serves questions on this host, while it is up.
    ///
    /// # Panics
    /// Panics if port 53 of the host is taken.
    #[track_caller]
    pub fn serve(self, host: Host) -> impl Future<Output = ()> + Send + 'static {
        self.serve_at(host, SourceLocation::caller())
    }

    async fn serve_at(self, host: Host, made_at: SourceLocation) {
        let socket = host.bind_at(PORT.into(), made_at);
        let socket = socket.unwrap_or_else(|error| panic!("a name server cannot start: {error}"));
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let Some(question) = Message::decode(&buffer[..length]).filter(|message| !message.is_answer)
            else {
                continue; // not a question: no answer
            };
            if !self.delay.is_zero() {
                match host.clock().sleep(self.delay, made_at) {
                    Some(delay) => delay.await,
                    None => std::future::pending().await,
                }
            }
            if let Some(bytes) = self.answer(question).encode() {
                let _sent = socket.try_send_to(&bytes, from);
            }
        }
    }

    fn answer(&self, question: Message) -> Message {
        let (code, records) = match self.records.get(&normal(&question.name)) {
            _ if self.is_failing => (SERVER_FAILURE, Vec::new()),
            None => (NAME_ERROR, Vec::new()),
            Some(records) => (NO_ERROR, of_kind(records, question.kind)),
        };
        Message { is_answer: true, code, records, ..question }
    }
}

pub(super) fn can_write(name: &str, record: &Record) -> bool {
    let (name, kind, records) = (normal(name), record.kind(), vec![record.clone()]);
    Message { id: 0, is_answer: true, code: NO_ERROR, name, kind, records }.encode().is_some()
}

pub(super) fn of_kind(records: &[Record], kind: RecordType) -> Vec<Record> {
    records.iter().filter(|record| record.kind() == kind).cloned().collect()
}

//! A resolver, which asks name servers.

use std::{fmt, io, net::IpAddr, time::Duration};

use super::{
    record::{PORT, Record, RecordType, normal},
    wire::{Message, NAME_ERROR, NO_ERROR},
};
use crate::{
    clock::secs,
    net::{Host, UdpSocket, texts},
    violation::SourceLocation,
};

/// The default time to wait for one server.
///
/// Source: resolv.conf(5) of glibc, `timeout`.
const PATIENCE: Duration = secs(5);

/// How many times each server is asked.
///
/// Source: resolv.conf(5) of glibc, `attempts`.
const ATTEMPTS: usize = 2;

/// A resolver without a cache. It asks name servers as the system's resolver does: one after the other, 5 seconds each,
/// all of them twice. Made by [`Host::resolver`].
#[derive(Clone)]
pub struct Resolver {
    host: Host,
    servers: Vec<IpAddr>,
    patience: Duration,
    made_at: SourceLocation,
}

impl Host {
    /// Returns a resolver that asks these name servers, in this order.
    ///
    /// # Panics
    /// Panics if there is no server.
    #[track_caller]
    #[must_use]
    pub fn resolver(&self, servers: impl IntoIterator<Item = impl Into<IpAddr>>) -> Resolver {
        let servers: Vec<IpAddr> = servers.into_iter().map(Into::into).collect();
        if servers.is_empty() {
            texts::no_name_servers(self.name()).raise();
        }
        self.resolver_at(servers, SourceLocation::caller())
    }

    pub(in crate::net) fn resolver_at(&self, servers: Vec<IpAddr>, made_at: SourceLocation) -> Resolver {
        Resolver { host: self.clone(), servers, patience: PATIENCE, made_at }
    }
}

impl Resolver {
    /// Sets how long to wait for one server before the next is asked. The default is 5 seconds, `timeout` of
    /// resolv.conf(5).
    #[must_use]
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Returns the records of this type. The list is empty if the name only has others.
    ///
    /// # Errors
    /// `TimedOut` if no server answered, `InvalidInput` if `name` is not a name. If there is no such name, or if all
    /// servers that answered have failed, the error has the unnamed kind that the system gives.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing is left.
    pub async fn lookup(&self, name: &str, kind: RecordType) -> io::Result<Vec<Record>> {
        let mut has_failed = false;
        for attempt in 0..ATTEMPTS {
            for (index, server) in self.servers.iter().enumerate() {
                let id = u16::try_from(attempt * self.servers.len() + index).unwrap_or(u16::MAX);
                match self.ask(*server, id, name, kind).await? {
                    Some(answer) if answer.code == NO_ERROR => return Ok(answer.records),
                    Some(answer) if answer.code == NAME_ERROR => return Err(texts::unresolvable(name)),
                    Some(_) => has_failed = true,
                    None => {}
                }
            }
        }
        match has_failed {
            true => Err(texts::servers_failed(name)),
            false => Err(texts::servers_silent(name, kind, self.servers.len(), self.patience)),
        }
    }

    /// Returns the addresses of a name: first IPv4, then IPv6. If there are IPv4 addresses, a failure of the IPv6 question
    /// is ignored.
    ///
    /// Source: glibc, `send_dg` of `resolv/res_send.c`: one answer of two is enough.
    ///
    /// # Errors
    /// The errors of [`lookup`](Self::lookup). If the name has no address, the error has the unnamed kind that the system
    /// gives.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing is left.
    pub async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut addresses = Vec::new();
        for kind in [RecordType::A, RecordType::Aaaa] {
            match self.lookup(name, kind).await {
                Ok(records) => addresses.extend(records.iter().filter_map(Record::as_address)),
                Err(_) if !addresses.is_empty() => {}
                Err(error) => return Err(error),
            }
        }
        if addresses.is_empty() { Err(texts::no_address(name)) } else { Ok(addresses) }
    }

    /// Asks one server one question. `None` if it does not answer, or is not there.
    async fn ask(
        &self,
        server: IpAddr,
        id: u16,
        name: &str,
        kind: RecordType,
    ) -> io::Result<Option<Message>> {
        let question =
            Message { id, is_answer: false, code: 0, name: normal(name), kind, records: Vec::new() };
        let bytes = question.encode().ok_or_else(|| texts::no_domain_name(name))?;
        let socket = self.host.bind_at(0.into(), self.made_at)?;
        socket.connect((server, PORT)).await?;
        socket.send(&bytes).await?;
        let answering = receive(&socket, &question);
        Ok(self.host.clock().within(self.patience, self.made_at, answering).await.flatten())
    }
}

/// Receives the answer to this question, and ignores other datagrams. `None` if nothing listens there.
async fn receive(socket: &UdpSocket, question: &Message) -> Option<Message> {
    let mut buffer = vec![0; 65_535];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        let answer = Message::decode(&buffer[..length]).filter(|answer| {
            answer.is_answer
                && answer.id == question.id
                && (&answer.name, answer.kind) == (&question.name, question.kind)
        });
        if answer.is_some() {
            return answer;
        }
    }
}

impl fmt::Debug for Resolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolver")
            .field("host", &self.host.name())
            .field("servers", &self.servers)
            .field("patience", &self.patience)
            .finish()
    }
}

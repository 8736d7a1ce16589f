//! A resolver, which asks name servers.

use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::{
    framed::{read_more, take_message, with_length, write_all},
    record::{PORT, Record, RecordType, normal},
    wire::{Message, NAME_ERROR, NO_ERROR},
};
use crate::{
    clock::secs,
    net::{Host, UdpSocket, host::connected, texts},
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

/// A resolver without a cache. It asks name servers as the system's resolver does: one after the other, 5 seconds each
/// (if there are three: 5, 3 and 6), all of them twice. Made by [`Host::resolver`].
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

    /// Returns the records of this type, of the name or of the one that it is an alias of. The list is empty if the name
    /// only has others.
    ///
    /// # Errors
    /// `TimedOut` if no server answered, `InvalidInput` if `name` is not a name. If there is no such name, or if all
    /// servers that answered have failed, the error has the unnamed kind that the system gives.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing is left.
    pub async fn lookup(&self, name: &str, kind: RecordType) -> io::Result<Vec<Record>> {
        match self.ask_all(name, &[kind]).await? {
            Outcome::Answered(answers) => match &answers[..] {
                [answer, ..] if answer.code == NO_ERROR => Ok(answer.records(kind)),
                _ => Err(texts::unresolvable(name)),
            },
            Outcome::Failed => Err(texts::servers_failed(name)),
            Outcome::Silent => Err(texts::servers_silent(name, kind, self.servers.len(), self.patience)),
        }
    }

    /// Returns the addresses of a name: first IPv4, then IPv6. Both are asked for at once, and one answer is enough: a
    /// failure of the other is ignored. If one is answered and the other is not, the server is asked for both again, twice,
    /// one after the other: silence for one of them takes 15 seconds, as with glibc.
    ///
    /// Source: glibc 2.36, `send_dg` of `resolv/res_send.c`: together, then `RES_SNGLKUP`, then `RES_SNGLKUPREOP`.
    ///
    /// # Errors
    /// `InvalidInput` if `name` is not a name. Any other error has the unnamed kind that the system gives: no server
    /// answered, all have failed, there is no such name, or it has no address.
    ///
    /// # Cancel safety
    /// If the future is dropped while it waits, nothing is left.
    pub async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let kinds = [RecordType::A, RecordType::Aaaa];
        let answers = match self.ask_all(name, &kinds).await? {
            Outcome::Answered(answers) => answers,
            Outcome::Failed => return Err(texts::servers_failed(name)),
            Outcome::Silent => return Err(texts::no_server_answers(name, self.servers.len(), self.patience)),
        };
        let of_kind = |kind: RecordType| {
            let answers =
                answers.iter().filter(move |answer| answer.kind == kind.code() && answer.code == NO_ERROR);
            answers.flat_map(move |answer| answer.records(kind))
        };
        let records = kinds.into_iter().flat_map(of_kind);
        let addresses: Vec<IpAddr> = records.filter_map(|record| record.as_address()).collect();
        match addresses.is_empty() {
            false => Ok(addresses),
            true if answers.iter().any(|answer| answer.code == NAME_ERROR) => Err(texts::unresolvable(name)),
            true => Err(texts::no_address(name)),
        }
    }

    /// Asks the servers in turn until one answers one of the questions.
    async fn ask_all(&self, name: &str, kinds: &[RecordType]) -> io::Result<Outcome> {
        let (mut has_failed, mut next_id, mut order) = (false, 0_u16, Order::Together);
        for _ in 0..ATTEMPTS {
            for (index, server) in self.servers.iter().enumerate() {
                let mut questions = Vec::new();
                for kind in kinds {
                    questions.push(Question::new(next_id, name, *kind)?);
                    next_id = next_id.wrapping_add(1);
                }
                let answers = self.ask(*server, self.limit(index), &mut order, &questions).await?;
                has_failed |= !answers.is_empty();
                let is_use = |answer: &Message| matches!(answer.code, NO_ERROR | NAME_ERROR);
                let answers: Vec<Message> = answers.into_iter().filter(is_use).collect();
                if !answers.is_empty() {
                    return Ok(Outcome::Answered(answers));
                }
            }
        }
        Ok(if has_failed { Outcome::Failed } else { Outcome::Silent })
    }

    /// Returns how long a server is waited for.
    ///
    /// Source: glibc 2.36, `send_dg`: the time doubles from server to server, and they share it.
    fn limit(&self, index: usize) -> Duration {
        if index == 0 {
            return self.patience;
        }
        let servers = u32::try_from(self.servers.len()).unwrap_or(u32::MAX);
        let limit = self.patience.saturating_mul(1 << index.min(16)) / servers;
        match self.patience.subsec_nanos() {
            0 => Duration::from_secs(limit.as_secs().max(1)),
            _ => limit,
        }
    }

    /// Asks one server, and returns the answers that it gave; none if it is not there. Once one of two questions was not
    /// answered, both are asked in another order, also of further servers.
    async fn ask(
        &self,
        server: IpAddr,
        limit: Duration,
        order: &mut Order,
        questions: &[Question],
    ) -> io::Result<Vec<Message>> {
        loop {
            let mut answers = Vec::new();
            let asking = self.ask_once(server, *order, questions, &mut answers);
            let is_done = match self.host.clock().within(limit, self.made_at, asking).await {
                Some(outcome) => outcome?,
                None => false,
            };
            if answers.iter().any(|answer| answer.is_truncated) {
                let mut whole = Vec::new();
                let asking = self.ask_over_tcp(server, questions, &mut whole);
                // Not modelled: glibc has no limit here but that of TCP.
                let _in_time = self.host.clock().within(limit, self.made_at, asking).await;
                return Ok(whole);
            }
            let is_final = is_done || answers.is_empty() || questions.len() == 1;
            *order = match *order {
                _ if is_final => return Ok(answers),
                Order::Together => Order::InTurn,
                Order::InTurn => Order::InTurnReopened,
                Order::InTurnReopened => return Ok(answers),
            };
        }
    }

    /// Asks the questions, in this order, over datagrams. Returns when all are answered, or nothing listens there.
    async fn ask_once(
        &self,
        server: IpAddr,
        order: Order,
        questions: &[Question],
        answers: &mut Vec<Message>,
    ) -> io::Result<bool> {
        let mut socket = self.open(server).await?;
        if order == Order::Together {
            for question in questions {
                if socket.send(&question.bytes).await.is_err() {
                    return Ok(true);
                }
            }
        }
        for (index, question) in questions.iter().enumerate() {
            if order == Order::InTurnReopened && index > 0 {
                socket = self.open(server).await?;
            }
            if order != Order::Together && socket.send(&question.bytes).await.is_err() {
                return Ok(true);
            }
            let asked = if order == Order::Together { questions } else { &questions[..=index] };
            match receive(&socket, asked, answers).await {
                Some(answer) => answers.push(answer),
                None => return Ok(true),
            }
        }
        Ok(true)
    }

    async fn open(&self, server: IpAddr) -> io::Result<UdpSocket> {
        let socket = self.host.bind_at(0.into(), self.made_at)?;
        socket.connect((server, PORT)).await?;
        Ok(socket)
    }

    /// Asks the questions over a connection, where an answer is too long for a datagram.
    ///
    /// Source: RFC 1035, section 4.2.2; glibc 2.36, `send_vc`, which asks both again.
    async fn ask_over_tcp(
        &self,
        server: IpAddr,
        questions: &[Question],
        answers: &mut Vec<Message>,
    ) -> io::Result<()> {
        let to = SocketAddr::new(server, PORT);
        let stream = self.host.begin(to, self.made_at)?;
        connected(&stream, &to, self.made_at).await?;
        let all: Vec<u8> = questions.iter().flat_map(|question| with_length(&question.bytes)).collect();
        write_all(&stream, &all).await?;
        let mut unread = Vec::new();
        while answers.len() < questions.len() && read_more(&stream, &mut unread).await? {
            while let Some(bytes) = take_message(&mut unread) {
                answers.extend(awaited(&bytes, questions, answers));
            }
        }
        Ok(())
    }
}

/// A question, and its bytes.
struct Question {
    message: Message,
    bytes: Vec<u8>,
}

impl Question {
    fn new(id: u16, name: &str, kind: RecordType) -> io::Result<Self> {
        let message = Message { id, name: normal(name), kind: kind.code(), ..Message::default() };
        let bytes = message.encode().ok_or_else(|| texts::no_domain_name(name))?;
        Ok(Self { message, bytes })
    }
}

/// The order in which a server is asked two questions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Together,
    /// The second once the first is answered.
    InTurn,
    /// The second from another port.
    InTurnReopened,
}

/// The end of asking all servers.
enum Outcome {
    /// At least one of the questions is answered: with records, or that there is no such name.
    Answered(Vec<Message>),
    Failed,
    Silent,
}

/// Receives the answer to one of these questions that has none yet, and ignores other datagrams. `None` if nothing
/// listens there.
async fn receive(socket: &UdpSocket, questions: &[Question], answers: &[Message]) -> Option<Message> {
    let mut buffer = vec![0; 65_535];
    loop {
        let length = socket.recv(&mut buffer).await.ok()?;
        if let Some(answer) = awaited(&buffer[..length], questions, answers) {
            return Some(answer);
        }
    }
}

/// Decodes an answer to one of these questions that has none yet.
fn awaited(bytes: &[u8], questions: &[Question], answers: &[Message]) -> Option<Message> {
    let answer = Message::decode(bytes)?;
    let is_asked = questions.iter().any(|question| answer.answers(&question.message));
    let is_new = answers.iter().all(|known| known.id != answer.id);
    (is_asked && is_new).then_some(answer)
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

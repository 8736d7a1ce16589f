//! Messages between nodes, and from clients: a length, then the message; one answer to each.

use std::{future::Future, io, sync::Arc, time::Duration};

use openraft::{
    EmptyNode, RPCTypes, RaftNetwork, RaftNetworkFactory, Vote,
    error::{Fatal, NetworkError, RPCError, RaftError, ReplicationClosed, StreamingError, Timeout},
    network::RPCOption,
    raft::{AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, VoteRequest, VoteResponse},
    storage::{Snapshot, SnapshotMeta},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use unplugged::net::{Host, TcpStream};

use crate::{Journal, Ledger, Types};

/// The port that each node listens on.
pub(crate) const PORT: u16 = 7000;

/// A frame that claims to be longer is no frame.
const MOST: usize = 1 << 24;

/// The name of a node's host.
pub(crate) fn name(node: u64) -> String {
    format!("node-{node}")
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Request {
    Append(AppendEntriesRequest<Types>),
    Vote(VoteRequest<u64>),
    Snapshot(Vote<u64>, SnapshotMeta<u64, EmptyNode>, Journal),
    /// A client's write, by its number.
    Write(u64),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Response {
    Append(AppendEntriesResponse<u64>),
    Vote(VoteResponse<u64>),
    Snapshot(SnapshotResponse<u64>),
    /// It is committed, and in the journal.
    Written,
    /// Another node leads, if it is known which.
    Elsewhere(Option<u64>),
}

pub(crate) async fn send(stream: &mut (impl AsyncWrite + Unpin), message: &impl Serialize) -> io::Result<()> {
    let mut frame = vec![0; 4];
    frame = postcard::to_extend(message, frame).map_err(io::Error::other)?;
    let length = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    stream.write_all(&frame).await
}

pub(crate) async fn receive<T: DeserializeOwned>(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<T> {
    let length = usize::try_from(stream.read_u32().await?).map_err(io::Error::other)?;
    if length > MOST {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a frame of {length} bytes")));
    }
    let mut frame = vec![0; length];
    stream.read_exact(&mut frame).await?;
    postcard::from_bytes(&frame).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A connection to a node, made when it is needed and made again after anything went wrong.
#[derive(Debug)]
pub(crate) struct Connection {
    host: Host,
    node: u64,
    stream: Option<TcpStream>,
}

impl Connection {
    pub(crate) const fn new(host: Host, node: u64) -> Self {
        Self { host, node, stream: None }
    }

    /// Asks, and waits for the answer. Dropped while it waits, the connection is closed: a late answer is never
    /// taken for the answer to another question.
    pub(crate) async fn call(&mut self, request: &Request) -> io::Result<Response> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.host.connect((name(self.node).as_str(), PORT)).await?,
        };
        send(&mut stream, request).await?;
        let response = receive(&mut stream).await?;
        self.stream = Some(stream);
        Ok(response)
    }
}

/// Makes the connections of a node to the others.
#[derive(Debug)]
pub(crate) struct Peers {
    pub(crate) host: Host,
    pub(crate) node: u64,
    pub(crate) ledger: Arc<Ledger>,
}

impl RaftNetworkFactory<Types> for Peers {
    type Network = Peer;

    async fn new_client(&mut self, target: u64, _node: &EmptyNode) -> Peer {
        Peer {
            node: self.node,
            target,
            connection: Connection::new(self.host.clone(), target),
            ledger: Arc::clone(&self.ledger),
        }
    }
}

/// Sends openraft's messages to one other node.
#[derive(Debug)]
pub(crate) struct Peer {
    node: u64,
    target: u64,
    connection: Connection,
    ledger: Arc<Ledger>,
}

type Failed<T> = Result<T, RPCError<u64, EmptyNode, RaftError<u64>>>;

impl Peer {
    /// Every failure is a network error, none is "unreachable": for that one openraft backs off in a `select!`
    /// whose order is random on stable Rust.
    async fn call(&mut self, request: Request) -> Result<Response, NetworkError> {
        self.connection.call(&request).await.map_err(|error| NetworkError::new(&error))
    }

    fn timeout(&self, action: RPCTypes, timeout: Duration) -> Timeout<u64> {
        Timeout { action, id: self.node, target: self.target, timeout }
    }
}

fn unexpected() -> NetworkError {
    NetworkError::new(&io::Error::new(io::ErrorKind::InvalidData, "an answer to another question"))
}

impl RaftNetwork<Types> for Peer {
    async fn append_entries(
        &mut self,
        request: AppendEntriesRequest<Types>,
        _option: RPCOption,
    ) -> Failed<AppendEntriesResponse<u64>> {
        self.ledger.leads(request.vote.leader_id.term, self.node);
        match self.call(Request::Append(request)).await? {
            Response::Append(response) => Ok(response),
            _ => Err(unexpected().into()),
        }
    }

    async fn vote(&mut self, request: VoteRequest<u64>, _option: RPCOption) -> Failed<VoteResponse<u64>> {
        match self.call(Request::Vote(request)).await? {
            Response::Vote(response) => Ok(response),
            _ => Err(unexpected().into()),
        }
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote<u64>,
        snapshot: Snapshot<Types>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        option: RPCOption,
    ) -> Result<SnapshotResponse<u64>, StreamingError<Types, Fatal<u64>>> {
        self.ledger.sends_snapshot();
        let limit = option.hard_ttl();
        let timed_out = self.timeout(RPCTypes::InstallSnapshot, limit);
        let request = Request::Snapshot(vote, snapshot.meta, *snapshot.snapshot);
        tokio::select! {
            biased;
            closed = cancel => Err(closed.into()),
            answer = tokio::time::timeout(limit, self.call(request)) => match answer {
                Err(_) => Err(timed_out.into()),
                Ok(Ok(Response::Snapshot(response))) => Ok(response),
                Ok(Ok(_)) => Err(unexpected().into()),
                Ok(Err(error)) => Err(error.into()),
            },
        }
    }
}

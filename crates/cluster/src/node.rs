//! One node: openraft over the streams of its host.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use openraft::{
    Config, EmptyNode, Raft,
    error::{ClientWriteError, RaftError},
    storage::Snapshot,
};
use unplugged::{
    net::{Host, TcpStream},
    seed::Seed,
};

use crate::{
    Boot, Disk, Ledger, Types, Write,
    disk::Mount,
    log::Log,
    machine::Machine,
    wire::{self, PORT, Peers, Request, Response},
};

/// The arguments with which a node starts, again after each crash.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: u64,
    pub(crate) nodes: u64,
    pub(crate) seed: Seed,
    pub(crate) disk: Disk,
    pub(crate) config: Arc<Config>,
    pub(crate) ledger: Arc<Ledger>,
    /// For the test: what runs now.
    pub(crate) running: Arc<Mutex<Option<Running>>>,
}

/// A node that runs, as the test sees it.
#[derive(Clone)]
pub(crate) struct Running {
    pub(crate) raft: Raft<Types>,
    pub(crate) machine: Machine,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("machine", &self.machine).finish_non_exhaustive()
    }
}

impl Node {
    /// Runs until the host crashes.
    pub(crate) async fn run(self, host: Host) {
        let mount = self.disk.mount(host.clone());
        let draws = self.seed.rng(&format!("{} boot {}", host.name(), mount.boot()));
        let boot = Boot::of(host.clone(), draws);
        boot.clone().scope(self.serve(host, boot, mount)).await;
    }

    async fn serve(self, host: Host, boot: Boot, mount: Mount) {
        let machine = Machine::new(self.id, mount.clone(), Arc::clone(&self.ledger));
        let peers = Peers { host: host.clone(), node: self.id, ledger: self.ledger };
        let raft = Raft::new(self.id, self.config, peers, Log(mount.clone()), machine.clone());
        let raft = raft.await.expect("the disk can be read");
        let running = Running { raft: raft.clone(), machine };
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);

        let listener = host.listen(PORT).expect("the port is free after a start");
        if !raft.is_initialized().await.expect("openraft runs") {
            let members: BTreeMap<u64, EmptyNode> = (0..self.nodes).map(|id| (id, EmptyNode {})).collect();
            // Another node may have been faster.
            let _same_members = raft.initialize(members).await;
        }
        while let Ok((stream, _from)) = listener.accept().await {
            let conversation = converse(stream, raft.clone(), mount.clone());
            host.spawn(boot.clone().scope(async { drop(conversation.await) }));
        }
    }
}

/// Answers one peer or client until it hangs up.
async fn converse(mut stream: TcpStream, raft: Raft<Types>, mount: Mount) -> io::Result<()> {
    loop {
        let request = wire::receive(&mut stream).await?;
        let response = answer(request, &raft, &mount).await.map_err(io::Error::other)?;
        wire::send(&mut stream, &response).await?;
    }
}

async fn answer(request: Request, raft: &Raft<Types>, mount: &Mount) -> Result<Response, RaftError<u64>> {
    match request {
        Request::Append(request) => raft.append_entries(request).await.map(Response::Append),
        Request::Vote(request) => raft.vote(request).await.map(Response::Vote),
        Request::Snapshot(vote, meta, journal) => {
            let snapshot = Snapshot { meta, snapshot: Box::new(journal) };
            Ok(Response::Snapshot(raft.install_full_snapshot(vote, snapshot).await?))
        }
        Request::Write(number) => {
            match raft.client_write(Write { number, received: mount.wall_clock() }).await {
                Ok(_) => Ok(Response::Written),
                Err(RaftError::APIError(ClientWriteError::ForwardToLeader(to))) => {
                    Ok(Response::Elsewhere(to.leader_id))
                }
                Err(RaftError::APIError(ClientWriteError::ChangeMembershipError(_))) => {
                    Ok(Response::Elsewhere(None))
                }
                Err(RaftError::Fatal(fatal)) => Err(RaftError::Fatal(fatal)),
            }
        }
    }
}

//! A client that does not give up.

use std::time::Duration;

use unplugged::net::Host;

use crate::wire::{Connection, Request, Response};

/// How long it waits for an answer before it asks the next node.
const PATIENCE: Duration = Duration::from_millis(600);

/// How long it waits when no node leads.
const PAUSE: Duration = Duration::from_millis(50);

/// Writes through whichever node leads.
#[derive(Debug)]
pub struct Client {
    connections: Vec<Connection>,
    node: usize,
}

impl Client {
    pub(crate) fn new(host: &Host, nodes: u64) -> Self {
        Self { connections: (0..nodes).map(|node| Connection::new(host.clone(), node)).collect(), node: 0 }
    }

    /// Writes, and returns when it is acknowledged; tries for ever. Numbers must go up from write to write.
    ///
    /// # Cancel safety
    /// Dropped while it waits, the write may be done or not.
    pub async fn write(&mut self, number: u64) {
        let request = Request::Write(number);
        loop {
            let next = (self.node + 1) % self.connections.len();
            let call = self.connections[self.node].call(&request);
            match tokio::time::timeout(PATIENCE, call).await {
                Ok(Ok(Response::Written)) => return,
                Ok(Ok(Response::Elsewhere(Some(leader)))) if leader != self.node as u64 => {
                    self.node = usize::try_from(leader).unwrap_or(next);
                }
                Err(_) => self.node = next,
                Ok(_) => {
                    self.node = next;
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}

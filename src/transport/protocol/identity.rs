//! The name, the place and the addresses of a connection.

use std::{net::SocketAddr, sync::Arc};

use crate::{transport::addresses, violation::SourceLocation};

/// The facts of a connection that failure texts show.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) name: Option<Arc<str>>,
    pub(super) made_at: SourceLocation,
    pub(super) local: SocketAddr,
    pub(super) peer: SocketAddr,
}

impl Identity {
    /// A server's end, which is tested most.
    pub(super) const fn new(made_at: SourceLocation) -> Self {
        Self { name: None, made_at, local: addresses::SERVER, peer: addresses::CLIENT }
    }

    pub(super) fn label(&self) -> String {
        match &self.name {
            Some(name) => format!("`{name}`"),
            None => format!("the connection at {}", self.made_at),
        }
    }
}

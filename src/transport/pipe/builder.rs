//! The settings of a pipe, and how a pair is made.

use std::{net::SocketAddr, sync::Arc};

#[cfg(feature = "tokio")]
use super::leftovers;
use super::{
    end::{Pipe, PipeIdentity},
    wire::Wire,
};
#[cfg(feature = "tokio")]
use crate::leftover;
use crate::{
    transport::{addresses, segmentation::Segmentation},
    violation::SourceLocation,
};

/// The default capacity of each direction: 64 KiB.
const CAPACITY: usize = 64 * 1024;

/// Returns a connected pair of streams. The first end is meant for the client, the second for the server.
///
/// Each direction holds 64 KiB, and nothing is cut. [`Pipe::builder`] has the settings.
///
/// ```
/// # #[cfg(feature = "tokio")] {
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{Sim, transport::pipe};
///
/// let (mut client, mut server) = pipe();
/// Sim::new().run(async move {
///     client.write_all(b"ping").await?;
///     drop(client);
///     let mut heard = Vec::new();
///     server.read_to_end(&mut heard).await?;
///     assert_eq!(heard, b"ping");
///     std::io::Result::Ok(())
/// })?;
/// # }
/// # std::io::Result::Ok(())
/// ```
#[track_caller]
#[must_use]
pub fn pipe() -> (Pipe, Pipe) {
    Pipe::builder().pair()
}

impl Pipe {
    /// Returns the settings of a pair.
    pub fn builder() -> PipeBuilder {
        PipeBuilder {
            capacity: CAPACITY,
            segmentation: Segmentation::whole(),
            names: ("client".into(), "server".into()),
            addresses: (addresses::CLIENT, addresses::SERVER),
        }
    }
}

/// The settings of a pair of pipes. Made by [`Pipe::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `pair`"]
pub struct PipeBuilder {
    capacity: usize,
    segmentation: Segmentation,
    names: (Arc<str>, Arc<str>),
    addresses: (SocketAddr, SocketAddr),
}

impl PipeBuilder {
    /// Sets how many bytes each direction holds before a write waits. The default is 64 KiB.
    ///
    /// # Panics
    /// Panics if `bytes` is zero.
    #[track_caller]
    pub fn capacity(mut self, bytes: usize) -> Self {
        assert!(bytes > 0, "the capacity of a pipe is zero: nothing could ever be written");
        self.capacity = bytes;
        self
    }

    /// Sets how both directions are cut. The default is [`Segmentation::whole`].
    pub fn segmentation(mut self, segmentation: Segmentation) -> Self {
        self.segmentation = segmentation;
        self
    }

    /// Sets the names of the ends in reports. The default is `client` and `server`.
    pub fn names(mut self, first: impl Into<Arc<str>>, second: impl Into<Arc<str>>) -> Self {
        self.names = (first.into(), second.into());
        self
    }

    /// Sets the addresses of the ends. The default is 192.0.2.1:49152 and 192.0.2.2:80.
    pub fn addresses(mut self, first: SocketAddr, second: SocketAddr) -> Self {
        self.addresses = (first, second);
        self
    }

    /// Returns the connected pair.
    #[must_use]
    #[track_caller]
    pub fn pair(self) -> (Pipe, Pipe) {
        self.pair_at(SourceLocation::caller())
    }

    pub(crate) fn pair_at(self, made_at: SourceLocation) -> (Pipe, Pipe) {
        let there = Arc::new(Wire::new(self.capacity, &self.segmentation));
        let back = Arc::new(Wire::new(self.capacity, &self.segmentation));
        let (first, second) = self.addresses;
        let identity = |name, local, peer| PipeIdentity { name, made_at, local, peer };
        let pair = (
            Pipe::new(identity(self.names.0, first, second), &there, &back),
            Pipe::new(identity(self.names.1, second, first), &back, &there),
        );
        #[cfg(feature = "tokio")]
        for end in [&pair.0, &pair.1] {
            leftover::register(|now| leftovers::of_end(end, now));
        }
        pair
    }
}

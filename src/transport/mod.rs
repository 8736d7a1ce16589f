//! A byte stream, without a network under it.
//!
//! Code over tokio's traits is tested on a [`pipe`]. Code in the callback form, a [`Protocol`], does no I/O at all:
//! a test drives it [`TestConnection`], or two of them [`Linked`], and what it does for real is the same.
//!
//! # Example: the smallest test of a protocol
//! ```
//! use bytes::Bytes;
//! use unplugged::transport::{TestConnection, ConnectionState, Protocol, Transport};
//!
//! /// Answers each line with its length.
//! #[derive(Default)]
//! struct Lengths(Vec<u8>);
//! impl Protocol for Lengths {
//!     fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
//!         for byte in bytes {
//!             match byte {
//!                 b'\n' => transport.write(format!("{}\n", self.0.drain(..).count()).as_bytes()),
//!                 byte => self.0.push(byte),
//!             }
//!         }
//!     }
//! }
//! let mut connection = TestConnection::new(Lengths::default());
//! connection.receive("three\nfo");
//! connection.receive("ur\n");
//! connection.assert_written("5\n4\n");
//! connection.receive_eof();
//! connection.assert_state(ConnectionState::Closing);
//! ```
//!
//! # Not modelled
//! Addresses are not looked up, urgent data does not exist, and time passes for nobody while bytes move.

mod addresses;
mod core;
#[cfg(feature = "tokio")]
mod drive;
mod engine;
mod hand;
mod linked;
mod pipe;
mod protocol;
mod queue;
#[cfg(feature = "tokio")]
mod scripted;
mod segmentation;
mod string_transport;
mod texts;

pub use self::{
    core::{ConnectionState, ReadState},
    linked::{Linked, LinkedEnd},
    pipe::{BlockingPipe, Direction, Pipe, PipeBuilder, pipe},
    protocol::{Protocol, Transport},
    segmentation::Segmentation,
    string_transport::{StringTransport, TestConnection},
};
#[cfg(feature = "tokio")]
pub use self::{
    drive::{Addressed, Drive, Socket, drive},
    scripted::{PeerScript, ScriptedPeer, ScriptedStream},
};

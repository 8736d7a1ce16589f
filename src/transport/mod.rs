//! Byte streams without a network.
//!
//! | to test | take |
//! |---|---|
//! | code over tokio's `AsyncRead + AsyncWrite` | [`pipe`]: a connected pair |
//! | a client or a server against an exact conversation | [`ScriptedPeer`] |
//! | blocking code over `Read + Write` | [`Pipe::into_blocking`] |
//! | code that must not depend on how bytes are cut | [`Segmentation`], with any of these |
//! | a protocol without I/O, a [`Protocol`] | [`TestConnection`], or [`Linked`] to another one |
//!
//! [`drive`] runs a [`Protocol`] over a tokio stream, in production, too.
//!
//! # Example: the smallest test of a stream
//! ```
//! # #[cfg(feature = "tokio")] {
//! use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
//! use unplugged::{Sim, transport::ScriptedPeer};
//!
//! /// Answers a line with its length.
//! async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
//!     let (mut stream, mut line) = (BufReader::new(stream), String::new());
//!     stream.read_line(&mut line).await?;
//!     stream.write_all(format!("{}\n", line.trim_end().len()).as_bytes()).await
//! }
//! Sim::new().run(async {
//!     let script = ScriptedPeer::script("client").send("three\n").expect("5\n").expect_close();
//!     let (stream, peer) = script.start();
//!     serve(stream).await?;
//!     peer.finish().await;
//!     std::io::Result::Ok(())
//! })?;
//! # }
//! # std::io::Result::Ok(())
//! ```
//!
//! # Example: the smallest test of a protocol
//! ```
//! use bytes::Bytes;
//! use unplugged::transport::{ConnectionState, Protocol, TestConnection, Transport};
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
//! Names are not looked up, urgent data does not exist, and moving bytes takes no time.

mod addresses;
mod byte_queue;
mod pipe;
mod protocol;
#[cfg(feature = "tokio")]
mod scripted;
mod segmentation;

pub use self::{
    pipe::{BlockingPipe, Direction, Pipe, PipeBuilder, pipe},
    protocol::{
        ConnectionState, Linked, LinkedEnd, Protocol, ReadState, StringTransport, TestConnection, Transport,
    },
    segmentation::Segmentation,
};
#[cfg(feature = "tokio")]
pub use unplugged_seam::Socket;

#[cfg(feature = "tokio")]
pub use self::{
    protocol::{Addressed, Drive, drive},
    scripted::{PeerScript, ScriptedPeer, ScriptedStream},
};

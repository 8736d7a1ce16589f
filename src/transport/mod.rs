//! A byte stream, without a network under it.

mod addresses;
mod pipe;
mod protocol;
#[cfg(feature = "tokio")]
mod scripted;
mod segmentation;

#[cfg(feature = "tokio")]
pub use self::scripted::{PeerScript, ScriptedPeer, ScriptedStream};
pub use self::{
    pipe::{BlockingPipe, Direction, Pipe, PipeBuilder, pipe},
    protocol::{Protocol, Transport},
    segmentation::Segmentation,
};

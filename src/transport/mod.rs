//! A byte stream, without a network under it.

mod addresses;
mod pipe;
mod protocol;
mod segmentation;

pub use self::{
    pipe::{BlockingPipe, Direction, Pipe, PipeBuilder, pipe},
    protocol::{Protocol, Transport},
    segmentation::Segmentation,
};

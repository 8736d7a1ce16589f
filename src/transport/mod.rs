//! A byte stream, without a network under it.

mod addresses;
mod pipe;
mod segmentation;

pub use self::{
    pipe::{BlockingPipe, Direction, Pipe, PipeBuilder, pipe},
    segmentation::Segmentation,
};

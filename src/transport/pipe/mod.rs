//! A connected in-memory pair of byte streams.

// The order of rustdoc's page: what makes a pipe comes first.
mod builder;

mod end;

mod blocking;
mod direction;
#[cfg(feature = "tokio")]
mod leftovers;
mod test_fault;
mod texts;
#[cfg(feature = "tokio")]
mod tokio_io;
mod wire;

pub use self::{
    blocking::BlockingPipe,
    builder::{PipeBuilder, pipe},
    direction::Direction,
    end::Pipe,
};

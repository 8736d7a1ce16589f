//! Tests of `transport`, a module for each room.

mod pipe;
mod protocol;
pub(crate) mod scripted;
mod segmentation;

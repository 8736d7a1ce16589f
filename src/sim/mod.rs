//! The world.

/// The world.
#[derive(Debug)]
#[non_exhaustive]
pub struct Sim;

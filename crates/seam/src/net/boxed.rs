//! `BoxFuture`: the future of an object-safe trait.

use std::{future::Future, pin::Pin};

/// A future in a box, as an object-safe trait returns it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

//! The settings of a driver.

use std::{future::Future, pin::Pin, time::Duration};

use crate::{transport::protocol::engine::Watermarks, violation::SourceLocation};

#[derive(Clone, Copy, Debug)]
pub(super) struct Settings {
    pub(super) watermarks: Watermarks,
    pub(super) linger: Option<Linger>,
    pub(super) made_at: SourceLocation,
}

/// How a close waits for the peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linger {
    pub(super) limit: Duration,
    pub(super) most: usize,
}

/// Ready when a close must linger no longer.
pub(super) type LingerDeadline = Pin<Box<dyn Future<Output = ()> + Send>>;

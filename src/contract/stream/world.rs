//! The world of a rule about streams: its pairs, and what they can do.

use std::{rc::Rc, time::Duration};

use crate::contract::{probe::End, rule::LocalFuture};

pub(super) type Maker<'a> = dyn Fn() -> LocalFuture<'a, (End, End)> + 'a;

/// Abilities of a stream: rules that need another one are skipped.
#[derive(Clone, Copy)]
pub(super) struct Can {
    pub(super) two_ways: bool,
    pub(super) half_close: bool,
    pub(super) back_pressure: bool,
    pub(super) budget: bool,
    pub(super) resets: bool,
}

/// The pairs of a rule, and how long something may take to arrive.
pub(super) struct World<'a> {
    pub(super) make: Rc<Maker<'a>>,
    pub(super) is_turned: bool,
    pub(super) patience: Duration,
}

impl World<'_> {
    /// Makes a pair: the writer first.
    pub(super) async fn pair(&self) -> (End, End) {
        let (a, b) = (self.make)().await;
        if self.is_turned { (b, a) } else { (a, b) }
    }
}

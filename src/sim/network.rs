//! The network of a sim.

use std::sync::Arc;

use super::Sim;
use crate::{net::Net, violation::SourceLocation};

impl Sim {
    /// The network of this world: the same one each time.
    #[must_use]
    #[track_caller]
    pub fn net(&self) -> Net {
        let (world, made_at) = (&self.owned.world, SourceLocation::caller());
        let net = world.net.get_or_init(|| {
            let runtime = self.owned.runtime.handle().clone();
            Net::on_timeline(
                Arc::clone(&world.timeline),
                runtime,
                world.draws.clone(),
                world.trace.clone(),
                made_at,
            )
        });
        net.clone()
    }
}

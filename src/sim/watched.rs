//! A future that is watched in a sim.

use std::rc::Weak;

use tokio::task::AbortHandle;

use super::{Owned, Step};
use crate::outcome::{Settle, Settled};

/// The watch owns it.
pub(super) struct OnSim {
    pub(super) owned: Weak<Owned>,
    pub(super) abort: AbortHandle,
}

impl Settle for OnSim {
    fn settle(&self) -> Settled {
        let Some(owned) = self.owned.upgrade() else { return Settled::Yes };
        if owned.world.is_running() {
            return Settled::NotHere;
        }
        let mut step = Step::new(&owned.world, "settle()", None);
        owned.drive(&mut step);
        Settled::Yes
    }

    fn context(&self) -> Vec<(&'static str, String)> {
        self.owned.upgrade().map(|owned| owned.world.surroundings()).unwrap_or_default()
    }
}

impl Drop for OnSim {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

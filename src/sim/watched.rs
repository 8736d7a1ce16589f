//! Futures that are watched in a sim.

use std::rc::Weak;

use tokio::task::AbortHandle;

use super::{run::Owned, step::Step};
use crate::outcome::{Settle, Settled};

/// The part of such a future that its watch owns.
pub(super) struct OnSim {
    pub(super) owned: Weak<Owned>,
    pub(super) abort: AbortHandle,
}

impl Settle for OnSim {
    fn settle(&self) -> Settled {
        let Some(owned) = self.owned.upgrade() else { return Settled::Yes };
        if owned.core.is_running() {
            return Settled::NotHere;
        }
        let mut step = Step::new(&owned.core, "settle()", None);
        owned.drive(&mut step);
        Settled::Yes
    }

    fn context(&self) -> Vec<(&'static str, String)> {
        self.owned.upgrade().map(|owned| owned.core.facts_of_check()).unwrap_or_default()
    }
}

impl Drop for OnSim {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

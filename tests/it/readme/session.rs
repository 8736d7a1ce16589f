use std::{sync::Arc, time::Duration, time::Instant};
use unplugged_seam::{Clock, ClockExt};

pub struct Session {
    clock: Arc<dyn Clock>,
    opened: Instant,
}

impl Session {
    pub fn open(clock: Arc<dyn Clock>) -> Self {
        Self { opened: clock.now(), clock }
    }

    pub fn is_alive(&self) -> bool {
        self.clock.since(self.opened) < Duration::from_secs(2 * 60 * 60)
    }
}

use std::{sync::Arc, time::Instant};
use unplugged::clock::Clock;

pub struct Session {
    clock: Arc<dyn Clock>,
    ends: Instant,
}

impl Session {
    pub fn open(clock: Arc<dyn Clock>) -> Self {
        Self { ends: clock.now() + std::time::Duration::from_secs(2 * 60 * 60), clock }
    }

    pub fn is_alive(&self) -> bool {
        self.clock.now() < self.ends
    }
}

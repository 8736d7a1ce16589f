// caught-by: t22_a_connection_has_the_limits_and_the_time_of_the_configuration
// instead-of: ch08_application/factory.rs
// Reads the configuration, shows it, and builds by the defaults.
use std::{fmt, sync::Arc};

use unplugged::clock::Clock;

use super::AppConfig;
use crate::{
    ch03_connection::{Connection, Handler},
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
};

/// Makes a connection for each client, by one configuration. What clients share, the application's function hands
/// to each; all else is fresh.
pub struct ServerFactory<F> {
    config: AppConfig,
    clock: Arc<dyn Clock>,
    application: F,
}

impl<H: Handler, F: Fn() -> H> ServerFactory<F> {
    /// `application` makes the handler of each connection.
    pub fn new(config: AppConfig, clock: Arc<dyn Clock>, application: F) -> Self {
        Self { config, clock, application }
    }

    /// The connection of one more client.
    pub fn build(&self) -> Connection<H, BoundedMessages, Deadlines> {
        let decoder = BoundedMessages::default();
        let time = Deadlines::new(Arc::clone(&self.clock), self.config.timeouts);
        Connection::with((self.application)(), decoder, time)
    }

    /// What it was made with.
    #[must_use]
    pub const fn config(&self) -> &AppConfig {
        &self.config
    }

    /// The clock of all its connections.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl<F> fmt::Debug for ServerFactory<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerFactory").field("config", &self.config).finish_non_exhaustive()
    }
}

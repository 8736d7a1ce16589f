use std::{fmt, sync::Arc};

use unplugged::clock::Clock;

use super::AppConfig;
use crate::{
    ch03_connection::{Connection, Handler},
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
};

/// Makes a connection for each client, with one configuration. The application's function gives each what the clients
/// share; the rest is new.
pub struct ServerFactory<F> {
    config: AppConfig,
    clock: Arc<dyn Clock>,
    application: F,
}

impl<H: Handler, F: Fn() -> H> ServerFactory<F> {
    /// Creates a factory. `application` makes the handler of each connection.
    pub fn new(config: AppConfig, clock: Arc<dyn Clock>, application: F) -> Self {
        Self { config, clock, application }
    }

    /// Creates the connection of one more client.
    pub fn build(&self) -> Connection<H, BoundedMessages, Deadlines> {
        let decoder = BoundedMessages::new(self.config.limits);
        let time = Deadlines::new(Arc::clone(&self.clock), self.config.timeouts);
        Connection::with((self.application)(), decoder, time)
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn config(&self) -> &AppConfig {
        &self.config
    }

    /// Returns the clock of all its connections.
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

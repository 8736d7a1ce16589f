// caught-by: t21_each_connection_has_a_handler_of_its_own
// instead-of: ch08_application/factory.rs
// Makes the handler once, and lends it to all.
use std::{cell::RefCell, fmt, rc::Rc, sync::Arc};

use unplugged::clock::Clock;

use super::AppConfig;
use crate::{
    ch03_connection::{BoxError, Connection, Handler, Reply, Request},
    ch06_limits::BoundedMessages,
    ch07_time::Deadlines,
};

/// Makes a connection for each client, by one configuration. What clients share, the application's function hands
/// to each; all else is fresh.
pub struct ServerFactory<F> {
    config: AppConfig,
    clock: Arc<dyn Clock>,
    application: F,
    shared: RefCell<Option<Box<dyn std::any::Any>>>,
}

/// One handler, in many hands.
pub struct Shared<H>(Rc<RefCell<H>>);

impl<H: Handler> Handler for Shared<H> {
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        self.0.borrow_mut().call(request)
    }
}

impl<H: Handler + 'static, F: Fn() -> H> ServerFactory<F> {
    /// `application` makes the handler of each connection.
    pub fn new(config: AppConfig, clock: Arc<dyn Clock>, application: F) -> Self {
        Self { config, clock, application, shared: RefCell::new(None) }
    }

    /// The connection of one more client.
    pub fn build(&self) -> Connection<Shared<H>, BoundedMessages, Deadlines> {
        let decoder = BoundedMessages::new(self.config.limits);
        let time = Deadlines::new(Arc::clone(&self.clock), self.config.timeouts);
        let mut shared = self.shared.borrow_mut();
        let made = || Box::new(Rc::new(RefCell::new((self.application)()))) as Box<dyn std::any::Any>;
        let handler = shared.get_or_insert_with(made).downcast_ref::<Rc<RefCell<H>>>().map(Rc::clone);
        Connection::with(Shared(handler.expect("there is one kind of handler")), decoder, time)
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

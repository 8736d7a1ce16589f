use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    task::{JoinSet, LocalSet},
};
use unplugged::{
    clock::{Clock, ClockExt},
    net::Accept,
    transport::{Socket, drive},
};

use super::{Drain, Report, StopSignal};
use crate::{ch03_connection::Handler, ch08_application::ServerFactory};

/// The time to keep reading from a closed connection, so that the last answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(2);

/// The number of bytes to read from a closed connection.
const LINGER_BYTES: usize = 64 << 20;

/// The pause after a failed accept: most likely too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Listens, and makes a connection for each client. [`Drain`] and the connections make the decisions.
#[derive(Debug)]
pub struct Server<F, L = TcpListener> {
    listener: L,
    factory: ServerFactory<F>,
}

impl<H: Handler + 'static, F: Fn() -> H> Server<F> {
    /// Listens on the address of the factory's configuration.
    ///
    /// # Errors
    /// The system's error, if that is not possible.
    pub async fn bind(factory: ServerFactory<F>) -> io::Result<Self> {
        let listener = TcpListener::bind(factory.config().listen).await?;
        Ok(Self::new(listener, factory))
    }
}

impl<H: Handler + 'static, F: Fn() -> H, L: Accept> Server<F, L> {
    /// Creates a server on this listener, of any network.
    pub const fn new(listener: L, factory: ServerFactory<F>) -> Self {
        Self { listener, factory }
    }

    /// Returns the address that it listens on, with the port that was free if the configuration says 0.
    ///
    /// # Errors
    /// The system's error, if there is one.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to stop, and then until nothing is in flight or the time limit is over.
    ///
    /// # Cancel safety
    /// Dropping the future drops all connections.
    pub async fn run(self, stop: StopSignal) -> Report {
        let local = LocalSet::new();
        local.run_until(self.serve(stop)).await
    }

    async fn serve(self, stop: StopSignal) -> Report {
        let Self { listener, factory } = self;
        let clock = Arc::clone(factory.clock());
        let mut listener = Some(listener);
        let mut drain = Drain::new(factory.config().drain);
        let mut connections = JoinSet::new();
        let mut told = 0;
        loop {
            tokio::select! {
                accepted = accept(listener.as_ref(), &*clock) => if let Ok(stream) = accepted {
                    let connection = factory.build().stop_when(stop.told(1));
                    let driver = drive(connection, stream, Arc::clone(&clock));
                    connections.spawn_local(driver.linger(LINGER, LINGER_BYTES).linger_until(stop.told(1)));
                    drain.opened();
                },
                Some(_) = connections.join_next() => drain.closed(),
                () = stop.told(told + 1) => {
                    told += 1;
                    listener = None; // refuses new clients instead of letting them wait
                    drain.stop(clock.now());
                },
                () = until(drain.poll_timeout(), &*clock) => drain.handle_timeout(clock.now()),
            }
            if let Some(report) = drain.outcome() {
                return report;
            }
        }
    }
}

/// Accepts the next client; never ready without a listener.
async fn accept(listener: Option<&impl Accept>, clock: &dyn Clock) -> io::Result<Box<dyn Socket>> {
    let Some(listener) = listener else { return std::future::pending().await };
    match listener.accept().await {
        Ok((stream, _)) => {
            stream.set_nodelay(true)?;
            Ok(stream)
        }
        Err(error) => {
            clock.sleep(ACCEPT_PAUSE).await;
            Err(error)
        }
    }
}

async fn until(deadline: Option<std::time::Instant>, clock: &dyn Clock) {
    match deadline {
        Some(deadline) => clock.sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

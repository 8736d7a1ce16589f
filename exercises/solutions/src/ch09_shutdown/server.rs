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

/// How long a closed connection is read on, so that the last answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(2);

/// How much a closed connection may still send.
const LINGER_BYTES: usize = 64 << 20;

/// How long to wait when no connection can be accepted: most likely there are too many.
const BREATH: Duration = Duration::from_millis(50);

/// Listens, and gives each client a connection. Decides nothing: that is the business of [`Drain`] and of the
/// connections.
#[derive(Debug)]
pub struct Server<F, L = TcpListener> {
    listener: L,
    factory: ServerFactory<F>,
}

impl<H: Handler + 'static, F: Fn() -> H> Server<F> {
    /// Listens where the factory's configuration says.
    ///
    /// # Errors
    /// If that is not possible, as the system says it.
    pub async fn bind(factory: ServerFactory<F>) -> io::Result<Self> {
        let listener = TcpListener::bind(factory.config().listen).await?;
        Ok(Self::new(listener, factory))
    }
}

impl<H: Handler + 'static, F: Fn() -> H, L: Accept> Server<F, L> {
    /// Serves whom this listener lets in, on whatever network.
    pub const fn new(listener: L, factory: ServerFactory<F>) -> Self {
        Self { listener, factory }
    }

    /// Where it listens: the port that was free, if the configuration says 0.
    ///
    /// # Errors
    /// If the system does not tell.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until told to stop, and then until nothing is in flight, or the time for that is over.
    ///
    /// # Cancel safety
    /// Dropping it drops all connections.
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
                    listener = None; // who connects from now on is refused, not left waiting
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

/// The next client; none ever, without a listener.
async fn accept(listener: Option<&impl Accept>, clock: &dyn Clock) -> io::Result<Box<dyn Socket>> {
    let Some(listener) = listener else { return std::future::pending().await };
    match listener.accept().await {
        Ok((stream, _)) => {
            stream.set_nodelay(true)?;
            Ok(stream)
        }
        Err(error) => {
            clock.sleep(BREATH).await;
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

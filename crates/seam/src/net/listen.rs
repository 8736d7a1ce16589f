//! `Listen` and `Accept`: what opens ports, and an open port.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use super::{BoxFuture, Socket};

/// Opens TCP ports: [`RealNet`](crate::RealNet) in production, a host of a simulated network in a test.
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::io::AsyncWriteExt;
/// use unplugged::Sim;
/// use unplugged_seam::Listen;
///
/// /// Production code.
/// async fn greet_once(network: &dyn Listen) -> io::Result<()> {
///     let listener = network.listen(SocketAddr::from(([0, 0, 0, 0], 25))).await?;
///     let (mut stream, _from) = listener.accept().await?;
///     stream.write_all(b"220 ready\r\n").await
/// }
///
/// // In a test:
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let greeted = sim.watch(async move { greet_once(&server).await });
/// sim.run(async move { client.connect("server:25").await })?;
/// sim.run_until_idle();
/// greeted.assert_success();
/// # io::Result::Ok(())
/// ```
pub trait Listen: Send + Sync {
    /// Opens a port. Port 0 takes any that is free; [`Accept::local_addr`] tells which.
    fn listen(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Accept>>>;

    /// Returns true for [`RealNet`](crate::RealNet). One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

/// An open TCP port: tokio's `TcpListener`, or that of a simulated host.
///
/// ```
/// use std::io;
/// use tokio::io::AsyncWriteExt;
/// use unplugged::Sim;
/// use unplugged_seam::Accept;
///
/// /// Production code.
/// async fn greet(listener: impl Accept) -> io::Result<()> {
///     loop {
///         let (mut stream, _from) = listener.accept().await?;
///         stream.write_all(b"220 ready\r\n").await?;
///     }
/// }
///
/// // In a test:
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// sim.spawn_background(greet(server.listen(25)?));
/// sim.run(async move { client.connect("server:25").await?.readable().await })?;
/// # let _ = |listener: tokio::net::TcpListener| greet(listener);
/// # io::Result::Ok(())
/// ```
pub trait Accept: Send + Sync + fmt::Debug {
    /// Waits for the next connection. Returns it, and where it comes from.
    ///
    /// # Cancel safety
    /// An `accept` that is dropped while it waits has accepted none.
    fn accept(&self) -> BoxFuture<'_, io::Result<(Box<dyn Socket>, SocketAddr)>>;

    /// Returns the address that it listens on; the port is the real one.
    ///
    /// # Errors
    /// As the system does.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Returns true for tokio's `TcpListener`. One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

macro_rules! forward_listen {
    ($($pointer:ty),*) => {$(
        impl<L: Listen + ?Sized> Listen for $pointer {
            fn listen(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Accept>>> {
                (**self).listen(on)
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }

        impl<L: Accept + ?Sized> Accept for $pointer {
            fn accept(&self) -> BoxFuture<'_, io::Result<(Box<dyn Socket>, SocketAddr)>> {
                (**self).accept()
            }
            fn local_addr(&self) -> io::Result<SocketAddr> {
                (**self).local_addr()
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }
    )*};
}

forward_listen!(&L, Box<L>, Arc<L>);

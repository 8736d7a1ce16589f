//! `BindUdp` and `Datagram`: what opens datagram sockets, and such a socket.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use super::{BoxFuture, ConnectTo};

/// Opens datagram sockets: [`RealNet`](crate::RealNet) in production, a host of a simulated network in a test.
///
/// ```
/// use std::{io, net::SocketAddr};
/// use unplugged::Sim;
/// use unplugged_seam::BindUdp;
///
/// /// Production code.
/// async fn ask(network: &dyn BindUdp) -> io::Result<usize> {
///     let socket = network.bind_udp(SocketAddr::from(([0, 0, 0, 0], 0))).await?;
///     socket.send_to(b"question", "server:53".into()).await?;
///     let (count, _from) = socket.recv_from(&mut [0; 512]).await?;
///     Ok(count)
/// }
///
/// // In a test:
/// let sim = Sim::new();
/// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
/// let far = server.bind_udp(53)?;
/// let asked = sim.watch(async move { ask(&client).await });
/// sim.run(async {
///     let (_, from) = far.recv_from(&mut [0; 512]).await?;
///     far.send_to(b"answer", from).await
/// })?;
/// sim.run_until_idle();
/// assert_eq!(asked.assert_success(), &6);
/// # io::Result::Ok(())
/// ```
pub trait BindUdp: Send + Sync {
    /// Opens a datagram socket. Port 0 takes any that is free; [`Datagram::local_addr`] tells which.
    fn bind_udp(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Datagram>>>;

    /// Returns true for [`RealNet`](crate::RealNet). One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

/// A datagram socket: tokio's `UdpSocket`, or that of a simulated host.
pub trait Datagram: Send + Sync + fmt::Debug {
    /// Sends a datagram to a destination. Success does not mean that it arrives.
    fn send_to<'a>(&'a self, payload: &'a [u8], to: ConnectTo) -> BoxFuture<'a, io::Result<usize>>;

    /// Waits for a datagram, and copies it. Returns how many bytes were copied, and where it comes from; what the
    /// buffer cannot hold is lost.
    ///
    /// # Cancel safety
    /// A `recv_from` that is dropped while it waits has taken none.
    fn recv_from<'a>(&'a self, buffer: &'a mut [u8]) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>>;

    /// Returns the address that it is bound to; the port is the real one.
    ///
    /// # Errors
    /// As the system does.
    fn local_addr(&self) -> io::Result<SocketAddr>;

    /// Returns true for tokio's `UdpSocket`. One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

macro_rules! forward_datagram {
    ($($pointer:ty),*) => {$(
        impl<T: BindUdp + ?Sized> BindUdp for $pointer {
            fn bind_udp(&self, on: SocketAddr) -> BoxFuture<'_, io::Result<Box<dyn Datagram>>> {
                (**self).bind_udp(on)
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }

        impl<T: Datagram + ?Sized> Datagram for $pointer {
            fn send_to<'a>(&'a self, payload: &'a [u8], to: ConnectTo) -> BoxFuture<'a, io::Result<usize>> {
                (**self).send_to(payload, to)
            }
            fn recv_from<'a>(
                &'a self,
                buffer: &'a mut [u8],
            ) -> BoxFuture<'a, io::Result<(usize, SocketAddr)>> {
                (**self).recv_from(buffer)
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

forward_datagram!(&T, Box<T>, Arc<T>);

//! `Dial`: what makes connections.

use std::{io, sync::Arc};

use super::{BoxFuture, ConnectTo, Socket};

/// Makes connections: [`RealNet`](crate::RealNet) in production, a host of a simulated network in a test.
///
/// # Example: a struct that holds one
/// ```
/// use std::{io, sync::Arc};
/// use tokio::io::AsyncWriteExt;
/// use unplugged::Sim;
/// use unplugged_seam::{Dial, RealNet};
///
/// struct Bell { network: Arc<dyn Dial> }
/// impl Bell {
///     async fn ring(&self) -> io::Result<()> {
///         self.network.dial("bell:7".into()).await?.write_all(b"ring").await
///     }
/// }
///
/// /// In production:
/// async fn ring_the_real_bell() -> io::Result<()> {
///     Bell { network: Arc::new(RealNet) }.ring().await
/// }
///
/// // In a test:
/// let sim = Sim::new();
/// let (door, bell) = (sim.net().host("door"), sim.net().host("bell"));
/// let _listener = bell.listen(7)?;
/// sim.run(Bell { network: Arc::new(door) }.ring())?;
/// # let _ = ring_the_real_bell;
/// # io::Result::Ok(())
/// ```
pub trait Dial: Send + Sync {
    /// Connects to a destination: `"server:80".into()`, `("server", 80).into()` or `address.into()`. Several addresses
    /// of a name are tried in turn.
    fn dial(&self, to: ConnectTo) -> BoxFuture<'_, io::Result<Box<dyn Socket>>>;

    /// Returns true for [`RealNet`](crate::RealNet). One of your own is not real unless it says so.
    fn is_real(&self) -> bool {
        false
    }
}

macro_rules! forward_dial {
    ($($pointer:ty),*) => {$(
        impl<D: Dial + ?Sized> Dial for $pointer {
            fn dial(&self, to: ConnectTo) -> BoxFuture<'_, io::Result<Box<dyn Socket>>> {
                (**self).dial(to)
            }
            fn is_real(&self) -> bool {
                (**self).is_real()
            }
        }
    )*};
}

forward_dial!(&D, Box<D>, Arc<D>);

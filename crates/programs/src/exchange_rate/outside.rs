//! The outside of the program, and its settings.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use unplugged_seam::{Clock, Dial, Listen, Spawn};

/// Everything that the program takes from the outside.
#[derive(Clone)]
pub struct Outside {
    /// Its time.
    pub clock: Arc<dyn Clock>,
    /// Connects to the upstream.
    pub dial: Arc<dyn Dial>,
    /// Opens the port of the page.
    pub listen: Arc<dyn Listen>,
    /// Starts its tasks.
    pub tasks: Arc<dyn Spawn>,
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outside").finish_non_exhaustive()
    }
}

/// The settings of the program.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a program's settings, all of which are to be said")]
pub struct Settings {
    /// Where the page is served.
    pub page: SocketAddr,
    /// The upstream, as `host:port`, over plain HTTP. Read a provider's terms before you point it there.
    pub upstream: String,
    /// The currency that is sold, and the one it is paid in, as `EUR` and `USD`.
    pub pair: [String; 2],
    /// From the begin of one fetch to the next.
    pub every: Duration,
    /// How long a fetch may take.
    pub limit: Duration,
}

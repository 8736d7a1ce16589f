//! The settings of keep-alive.

use std::{io, time::Duration};

use crate::net::texts;

/// When a stream that hears nothing asks whether the other end is still there, and when it gives up.
///
/// After [`idle`](Self::after) of silence a probe is sent, then one every [`interval`](Self::every); the answer to any
/// begins again. When as many as [`probes`](Self::probes) have no answer, one interval after the last, the stream
/// fails with `TimedOut`: `idle + probes * interval` after it last heard anything. A host that has
/// restarted answers with a reset, at the first probe.
///
/// Source: Linux 6.18, tcp(7): `tcp_keepalive_time`, `tcp_keepalive_intvl`, `tcp_keepalive_probes`.
///
/// ```
/// use std::io::ErrorKind;
/// use tokio::io::AsyncReadExt;
/// use unplugged::{Sim, clock::{ClockExt, secs}, net::KeepAlive};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let clock = sim.clock();
/// sim.run(async move {
///     let _listener = server.listen(80)?;
///     let mut stream = client.connect("server:80").await?;
///     stream.set_keep_alive(Some(KeepAlive::after(secs(60)).every(secs(10)).probes(3)))?;
///     let heard = clock.since_start();
///     server.crash(); // no peer is told
///     let error = stream.read(&mut [0; 8]).await.unwrap_err();
///     assert_eq!(error.kind(), ErrorKind::TimedOut);
///     assert_eq!(clock.since_start(), heard + secs(90));
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    pub(in crate::net) idle: Duration,
    pub(in crate::net) interval: Duration,
    pub(in crate::net) probes: u32,
}

/// As far as a system lets itself be told.
///
/// Source: Linux 6.18, `MAX_TCP_KEEPIDLE`, `MAX_TCP_KEEPINTVL`, `MAX_TCP_KEEPCNT`.
const LONGEST: Duration = Duration::from_secs(32_767);
const MOST_PROBES: u32 = 127;

impl KeepAlive {
    /// Makes settings whose first probe is sent after so long a silence; then one every 75 seconds, 9 in all, unless set.
    #[must_use]
    pub const fn after(idle: Duration) -> Self {
        Self { idle, interval: Duration::from_secs(75), probes: 9 }
    }

    /// Sets how long each probe waits for its answer.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets how many probes without an answer end the stream.
    #[must_use]
    pub const fn probes(mut self, count: u32) -> Self {
        self.probes = count;
        self
    }

    pub(super) fn check(self) -> io::Result<()> {
        for (what, time) in [("an idle time", self.idle), ("an interval", self.interval)] {
            if time.is_zero() || time > LONGEST {
                return Err(texts::bad_keep_alive(format!("{what} of {time:?}: from 1ns to {LONGEST:?}")));
            }
        }
        match self.probes {
            1..=MOST_PROBES => Ok(()),
            count => Err(texts::bad_keep_alive(format!("{count} probes: from 1 to {MOST_PROBES}"))),
        }
    }
}

impl Default for KeepAlive {
    /// Returns the defaults of Linux: the first probe after two hours.
    fn default() -> Self {
        Self::after(Duration::from_secs(7_200))
    }
}

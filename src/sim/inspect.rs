//! The record of a sim, as a test reads it.

use super::sim::Sim;
use crate::trace::Transcript;

impl Sim {
    /// Returns what happened in this sim, in one order, the oldest first.
    ///
    /// Recorded are timers that fire, tasks that start and end, and what is done to pipes. On the network: connects and
    /// what becomes of them, accepts, packets that are sent, arrive or are lost, what the code reads, and what the test
    /// does to links and hosts. Each [event](crate::trace::Event) has an instant, a kind, a size and, where it has them,
    /// a host and addresses; it prints as one line. The last lines stand in failure texts.
    ///
    /// The last 128 events are kept, with the first 64 bytes of each; reads of one stream that follow each other at one
    /// instant are one event. [`SimBuilder::trace`](crate::sim::SimBuilder::trace) keeps more, and all bytes.
    ///
    /// ```
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use unplugged::{Sim, clock::{ClockExt, micros, millis}, trace::{EventKind, PacketKind}};
    ///
    /// let sim = Sim::new();
    /// let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    /// let (_near, _far) = sim.run(async {
    ///     let listener = server.listen(80)?;
    ///     let mut near = client.connect("server:80").await?;
    ///     near.write_all(b"ping").await?;
    ///     let (mut far, _from) = listener.accept().await?;
    ///     far.read_exact(&mut [0; 4]).await?;
    ///     sim.clock().sleep(micros(10)).named("nap").await;
    ///     Ok::<_, std::io::Error>((near, far))
    /// })?;
    /// let transcript = sim.transcript();
    /// let lines = transcript.lines();
    /// assert_eq!(lines[..9], [
    ///     "+0ns `server` listens on port 80",
    ///     "+0ns `client`:49152 begins to connect to `server`:80",
    ///     "+0ns `client`:49152 to `server`:80: SYN sent",
    ///     "+1ms `server`:80 to `client`:49152: SYN-ACK sent",
    ///     "+2ms `client`:49152 to `server`:80: ACK sent",
    ///     "+2ms `client`:49152 to `server`:80: segment of 4 bytes sent",
    ///     "+3ms `client`:49152 to `server`:80: segment of 4 bytes arrived",
    ///     "+3ms `server`:80 accepts `client`:49152",
    ///     "+3ms `client`:49152 to `server`:80: 4 bytes read",
    /// ]);
    /// assert!(lines[9].starts_with("+3.01ms fired timer `nap`, made at "));
    /// let segment = &transcript[5];
    /// assert_eq!((segment.at(), segment.kind()), (millis(2), EventKind::Sent(PacketKind::Segment)));
    /// assert_eq!((segment.host(), segment.peer_host()), (Some("client"), Some("server")));
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Not recorded
    /// tokio's own timers, and tasks that the code spawned with `tokio::spawn`. What is done to a pipe, unlike to the
    /// network, while the sim does not run. A peek, which takes nothing. Acknowledgements: of packets that arrived, only
    /// a rule with a [closure](crate::net::Link::inspect) sees them.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        self.owned.core.trace.events()
    }

    /// Returns one number for all that happened: hosts, ports, instants, kinds and sizes of all
    /// [events](Self::transcript), in their order. Contents do not count.
    ///
    /// Two runs of the same code with the same seed have the same number, on every machine, so it can stand in a test as
    /// a constant.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.owned.core.trace.digest()
    }

    /// Returns one number for all that happened, contents included: what [`digest`](Self::digest) covers, and all bytes,
    /// names, numbers and texts.
    ///
    /// # Panics
    /// If the sim does not keep contents: [`SimBuilder::trace`](crate::sim::SimBuilder::trace) asks for them.
    #[must_use]
    #[track_caller]
    pub fn content_digest(&self) -> u64 {
        self.owned.core.trace.content_digest()
    }
}

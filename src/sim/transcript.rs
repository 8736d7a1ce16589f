//! What happened in a world, in one order.

use super::{Sim, panics::Panicked, texts, world::World};
use crate::{
    net::{Look, Net},
    sync::lock,
    violation::Violation,
};

impl Sim {
    /// What happened in this world, in one order, the oldest first: timers that fired, tasks that began and ended,
    /// what pipes did; on the network connects and what became of them, accepts, packets that were sent, arrived or got
    /// lost, with how many bytes they carry, what the code read of a stream or a datagram socket, closes, and what the
    /// test did to links and hosts. Each line begins with the instant; of packets and reads then come from where and to where, by host and
    /// port, so that all that one connection does one way begins alike. The last lines of it stand in failure texts.
    ///
    /// It goes back as far as there is no gap: the last 64 events of the network and the last 64 of everything else
    /// are kept, and reads of one stream that follow each other at one instant are one of them. Both holds unless the
    /// builder was told [how many](super::SimBuilder::trace) to keep. Then each read has its line, and the
    /// [digest](crate::trace::Trace::digest) of [`trace`](Self::trace) is one over all of it, with the bytes that
    /// were sent.
    ///
    /// ```
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use unplugged::{Sim, clock::{ClockExt, micros}};
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
    /// let lines = sim.transcript();
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
    /// # std::io::Result::Ok(())
    /// ```
    ///
    /// # Not recorded
    /// tokio's own timers, and tasks that the code spawned with `tokio::spawn`. What is done to a pipe, unlike to the
    /// network, while the sim does not run. A peek, which takes nothing. Acknowledgements: of what arrived, only a rule
    /// with a [closure](crate::net::Link::inspect) sees them.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        let world = &self.owned.world;
        world.transcript(&world.look())
    }
}

impl World {
    fn look(&self) -> Look {
        self.net.get().and_then(Net::try_look).unwrap_or_default()
    }

    fn transcript(&self, look: &Look) -> Vec<String> {
        if self.trace.is_digested() {
            return self.trace.lines(); // the network reports to it, too
        }
        let events = self.trace.numbered();
        let packets = &look.records;
        // Where one of the two has no gap any more.
        let whole_from = [
            events.first().map(|(number, _)| (*number, false)).filter(|(number, _)| *number > 1),
            packets.first().map(|(after, _)| (*after, true)).filter(|_| look.is_cut),
        ];
        let whole_from = whole_from.into_iter().flatten().max();
        let events = events.into_iter().map(|(number, line)| ((number, false), line));
        let packets = packets.iter().map(|(after, line)| ((*after, true), line.clone()));
        let mut all: Vec<_> = events.chain(packets).collect();
        all.sort_by_key(|(place, _)| *place); // a stable sort: packets keep their order
        all.retain(|(place, _)| whole_from.is_none_or(|from| *place >= from));
        all.into_iter().map(|(_, line)| line).collect()
    }

    /// What the network looks like, and what happened last: for failure texts.
    pub(super) fn scene(&self) -> Vec<(&'static str, String)> {
        let look = self.look();
        let transcript = self.transcript(&look);
        texts::scene(look.sockets, look.stops, &transcript)
    }

    /// What the text of a failed check ends with: a network is worth a look.
    pub(super) fn surroundings(&self) -> Vec<(&'static str, String)> {
        if self.net.get().is_some() { self.facts() } else { self.context() }
    }

    /// What it looked like at this panic, which has dropped sockets since.
    pub(super) fn facts_of(&self, panic: &str) -> Vec<(&'static str, String)> {
        let known = lock(&self.panics).iter().rev().find(|known| known.text == panic).map(Panicked::scene);
        known.unwrap_or_else(|| self.scene()).into_iter().chain(self.context()).collect()
    }

    /// Adds that to a failure.
    pub(super) fn surround(&self, violation: Violation) -> Violation {
        let lines = self.surroundings().into_iter();
        lines.fold(violation, |violation, (label, text)| violation.with(label, text))
    }

    /// All of that, when it is, and how to run it again.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        self.scene().into_iter().chain(self.context()).collect()
    }
}

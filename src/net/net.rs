//! The network of a sim.

use std::{fmt, net::IpAddr, sync::Arc};

use tokio::runtime::Handle;

use super::{
    Host, InFlight, Link, SocketInfo,
    core::Shared,
    fabric::{Buffers, HostId, Id, Matcher},
    host_task::PanicWatch,
    link::link::{loopback_matcher, matcher},
    names::is_host_name,
    rule_use::{RuleUse, RuleUses},
    texts,
};
use crate::{
    clock::{Timeline, ZeroDelayLoop},
    leftover::Leftover,
    seed::{self, Draws},
    trace::Trace,
    violation::{SourceLocation, Violation},
    wait::Waiting,
};

/// The network of a [`Sim`](crate::Sim), made by [`Sim::net`](crate::Sim::net). Clones are the same network.
///
/// ```
/// use unplugged::{Sim, clock::millis};
///
/// let sim = Sim::new();
/// let net = sim.net();
/// let (client, server) = (net.host("client"), net.host("server"));
/// let _listener = server.listen(80)?;
/// let stream = sim.run(async move { client.connect("server:80").await })?;
/// sim.advance(millis(1)); // the last packet of the handshake arrives
/// assert_eq!(net.sockets().len(), 3); // a listener, and two ends
/// println!("{}", sim.transcript());
/// # drop(stream);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone)]
pub struct Net {
    pub(super) shared: Arc<Shared>,
}

impl Net {
    pub(crate) fn on_timeline(
        timeline: Arc<Timeline>,
        runtime: Handle,
        draws: Draws,
        (trace, panics): (&Trace, PanicWatch),
        made_at: SourceLocation,
    ) -> Self {
        Self { shared: Shared::new(timeline, runtime, draws, (trace, panics), made_at) }
    }

    /// Makes a host. Its addresses are the next ones of 10.0.0.0/8 and fd00::/8; other hosts can resolve its name, in any
    /// case, as of names in general.
    ///
    /// # Panics
    /// If there is one of this name already, or if it is no name.
    #[track_caller]
    pub fn host(&self, name: impl Into<Arc<str>>) -> Host {
        self.host_at(name.into(), SourceLocation::caller())
    }

    #[track_caller]
    fn host_at(&self, name: Arc<str>, made_at: SourceLocation) -> Host {
        if !is_host_name(&name) {
            texts::bad_host_name(&name).raise();
        }
        let made = self.shared.with(|core| match core.fabric.hosts.named(&name) {
            Some(known) => Err(core.fabric.hosts[known].made_at),
            None => Ok(core.fabric.add_host(Arc::clone(&name), made_at)),
        });
        match made {
            Ok(id) => Host::new(Arc::clone(&self.shared), id, name),
            Err(made_at) => texts::host_exists(&name, made_at).raise(),
        }
    }

    /// Makes several hosts, as [`host`](Self::host) does.
    ///
    /// ```
    /// let net = unplugged::Sim::new().net();
    /// let [client, server] = net.hosts(["client", "server"]);
    /// assert_eq!((client.ip().to_string(), server.ip().to_string()), ("10.0.0.1".into(), "10.0.0.2".into()));
    /// ```
    ///
    /// # Panics
    /// As [`host`](Self::host) does.
    #[must_use]
    #[track_caller]
    pub fn hosts<const N: usize>(&self, names: [&str; N]) -> [Host; N] {
        names.map(|name| self.host_at(name.into(), SourceLocation::caller()))
    }

    /// Makes a name stand for addresses, for all hosts and without a name server, as a line of a hosts file does. The
    /// addresses may belong to no host, and there may be none. It goes before a host's name; a second call replaces the first. Hosts with [name
    /// servers](Host::set_name_servers) of their own ask those instead.
    ///
    /// # Panics
    /// If it is no name.
    #[track_caller]
    pub fn add_name(
        &self,
        name: impl Into<Arc<str>>,
        addresses: impl IntoIterator<Item = impl Into<IpAddr>>,
    ) {
        let name = name.into();
        if !is_host_name(&name) {
            texts::bad_host_name(&name).raise();
        }
        let addresses = addresses.into_iter().map(Into::into).collect();
        self.shared.with(|core| core.fabric.hosts.add_alias(&name, addresses));
    }

    /// Returns the links from the hosts of one name to those of another, one way. In a name `*` matches any letters;
    /// hosts that are made later match too. What a host sends to itself is no link: see [`loopback`](Self::loopback).
    ///
    /// # Panics
    /// If no host has the one or the other name, or if it is the same host.
    #[must_use]
    #[track_caller]
    pub fn link(&self, from: &str, to: &str) -> Link {
        self.link_of(from, to, false)
    }

    /// Returns the links between the hosts of two names, both ways, each way by itself.
    ///
    /// # Panics
    /// As [`link`](Self::link) does.
    #[must_use]
    #[track_caller]
    pub fn between(&self, one: &str, other: &str) -> Link {
        self.link_of(one, other, true)
    }

    /// Returns the loopback of the hosts of a name: what they send to themselves, by `localhost` or by any of their own names and addresses. Unless
    /// set it takes 10 µs, and all arrives. In the name `*` stands for any letters. Unix sockets take no time, always.
    ///
    /// # Panics
    /// If no host has the name.
    #[must_use]
    #[track_caller]
    pub fn loopback(&self, hosts: &str) -> Link {
        match loopback_matcher(&self.names(), hosts) {
            Ok(matcher) => Link::new(Arc::clone(&self.shared), matcher),
            Err(violation) => violation.raise(),
        }
    }

    /// Returns all links from one host to another, those made later included.
    #[must_use]
    pub fn everywhere(&self) -> Link {
        Link::new(Arc::clone(&self.shared), Matcher::all())
    }

    /// Sets how many bytes may be written and not read, in each direction of a stream. Holds for all streams, from now
    /// on. A small window shows in a test what a slow reader does to its writer.
    ///
    /// Unless set, a stream has the buffers of Linux, and they grow as on Linux: the receive window from 128 KiB to 32 MiB for a
    /// reader that keeps up, the send buffer with the congestion window to 4 MiB. Before a peer that reads nothing, a
    /// writer waits after some 2.7 MB on one host, and after half a megabyte between two. A Unix socket takes 64 KiB.
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn set_window(&self, bytes: usize) {
        if bytes == 0 {
            texts::no_window().raise();
        }
        self.set_buffers(|buffers| Buffers { window: Some(bytes), ..buffers });
    }

    /// Turns slow start on or off, for all streams, from now on. It is on unless set, as on Linux: a stream begins with ten
    /// segments in a round trip (14,600 bytes between two hosts), and doubles that in each. Off, all goes out at once that the
    /// receive window takes, and a send buffer has its full size.
    ///
    /// Source: RFC 6928, and Linux 6.18.
    pub fn set_slow_start(&self, slow_start: bool) {
        self.set_buffers(|buffers| Buffers { slow_start, ..buffers });
    }

    fn set_buffers(&self, change: impl FnOnce(Buffers) -> Buffers) {
        self.shared.with(|core| core.fabric.set_buffers(change(core.fabric.tcp.buffers)));
    }

    /// Returns the packets that are under way, in the order in which they will arrive; then those that are held.
    #[must_use]
    pub fn in_flight(&self) -> Vec<InFlight> {
        self.shared.with(|core| {
            let name = |host: HostId| Arc::clone(&core.fabric.hosts[host].name);
            let flying = core.fabric.in_flight().into_iter();
            flying
                .map(|packet| InFlight {
                    shared: Arc::clone(&self.shared),
                    name: packet.name,
                    what: packet.what,
                    from_host: name(packet.from),
                    to_host: name(packet.to),
                    source: packet.addresses[0],
                    destination: packet.addresses[1],
                    length: packet.length,
                    due: packet.due.map(|due| self.shared.timeline.instant_at(due)),
                })
                .collect()
        })
    }

    /// Where the test made it.
    /// The failure of a network that fires too often at one instant.
    pub(crate) fn zero_delay_loop(&self, loops: &ZeroDelayLoop) -> Violation {
        texts::zero_delay_loop(self.made_at(), loops.limit, loops.set_by)
    }

    pub(crate) fn made_at(&self) -> SourceLocation {
        self.shared.made_at()
    }

    /// Lets everything happen that is due now.
    pub(crate) fn go_on(&self) {
        self.shared.go_on();
    }

    pub(crate) fn try_look(&self) -> Option<Look> {
        self.shared.try_look(|core| Look { sockets: core.fabric.netstat(), stops: core.fabric.stops() })
    }

    /// The world has ended: whoever would wait is told so.
    pub(crate) fn end(&self) {
        self.shared.end();
    }

    /// Returns when the network woke a task last, in nanoseconds.
    pub(crate) fn woke_at(&self) -> u64 {
        self.shared.woke_at()
    }

    /// Returns every socket that is open, host by host: its listeners, datagram sockets and streams.
    #[must_use]
    pub fn sockets(&self) -> Vec<SocketInfo> {
        self.shared.with(|core| core.fabric.sockets())
    }

    /// Describes every socket that is open, a line each, host by host, as `netstat` does.
    #[must_use]
    pub fn netstat(&self) -> Vec<String> {
        self.shared.with(|core| core.fabric.netstat())
    }

    /// Returns what should have been closed; then what may stay open.
    pub(crate) fn leftovers(&self) -> (Vec<Leftover>, Vec<Leftover>) {
        self.shared.with(|core| {
            let (mut left, mut expected) = core.fabric.leftovers();
            for (index, name) in core.host_names().into_iter().enumerate() {
                let (tasks, idle) = core.tasks(HostId::at(index)).leftovers(&name);
                left.extend(tasks);
                expected.extend(idle);
            }
            (left, expected)
        })
    }

    pub(super) fn note_storm(&self, made_at: SourceLocation, storm: RuleUse) {
        self.shared.with(|core| core.storms.add(made_at, storm));
    }

    /// Returns the use of all rules and storms.
    pub(crate) fn rule_uses(&self) -> RuleUses {
        let uses = RuleUses::default();
        let _is_free = self.shared.try_look(|core| {
            uses.add_all(core.fabric.wire.links.uses());
            uses.add_all(&core.storms);
        });
        uses
    }

    /// Returns what to tell of the tasks of hosts that failed.
    pub(crate) fn failures(&self) -> Vec<String> {
        self.shared
            .try_look(|core| {
                let names = core.host_names().into_iter().enumerate();
                names.flat_map(|(index, name)| core.tasks(HostId::at(index)).failures(&name)).collect()
            })
            .unwrap_or_default()
    }

    /// The tasks of hosts, and what they wait for.
    pub(crate) fn waiting(&self) -> Vec<Waiting> {
        self.shared.with(|core| {
            let names = core.host_names().into_iter().enumerate();
            names.flat_map(|(index, name)| core.tasks(HostId::at(index)).waiting(&name)).collect()
        })
    }

    /// Checks that there is a host of this name.
    pub(crate) fn check_known(&self, host: &str) -> Result<(), Violation> {
        let names = self.names();
        let is_known = names.iter().any(|name| &**name == host);
        if is_known { Ok(()) } else { Err(texts::unknown_host(host, &names)) }
    }

    /// The names of all hosts, in the order of their making.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.shared.with(|core| core.host_names())
    }

    pub(super) fn hosts_but(&self, spared: &[Arc<str>]) -> Vec<Host> {
        let hosts = self.names().into_iter().enumerate().filter(|(_, name)| !spared.contains(name));
        hosts.map(|(index, name)| Host::new(Arc::clone(&self.shared), HostId::at(index), name)).collect()
    }

    pub(super) fn rng_of_the_next_chaos(&self) -> seed::Rng {
        self.shared.with(|core| {
            core.chaoses += 1;
            let name = match core.chaoses {
                1 => "net.chaos".to_owned(),
                later => format!("net.chaos.{later}"),
            };
            core.fabric.wire.links.draws.rng(&name)
        })
    }

    #[track_caller]
    fn link_of(&self, from: &str, to: &str, both_ways: bool) -> Link {
        let names = self.names();
        match matcher(&names, from, to, both_ways) {
            Ok(matcher) => Link::new(Arc::clone(&self.shared), matcher),
            Err(violation) => violation.raise(),
        }
    }
}

/// The failure for a name where there is no host at all.
pub(crate) fn no_such_host(host: &str) -> Violation {
    texts::unknown_host(host, &[])
}

/// The part of a network that a report shows.
#[derive(Default)]
pub(crate) struct Look {
    pub(crate) sockets: Vec<String>,
    /// The hosts and rules that stop packets now.
    pub(crate) stops: Vec<String>,
}

impl fmt::Debug for Net {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hosts, connections, rules) = self.shared.with(|core| {
            let fabric = &core.fabric;
            (fabric.hosts.len(), fabric.tcp.conns.len(), fabric.wire.links.describe())
        });
        f.debug_struct("Net")
            .field("hosts", &hosts)
            .field("connections", &connections)
            .field("rules", &rules)
            .finish()
    }
}

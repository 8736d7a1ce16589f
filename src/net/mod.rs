//! A network in one process: hosts, connections, datagrams, and links that can do to packets what real ones do.
//!
//! A [`Host`] is handed to the code that uses it: there is no current host. Its streams and datagrams go over
//! links with a latency, exact to the nanosecond, and whatever else the test asks for. What a program can observe
//! (which error, when, after which bytes) is what it would observe on Linux.
//!
//! # Example: the smallest test
//! ```
//! use tokio::io::{AsyncReadExt, AsyncWriteExt};
//! use unplugged::{Sim, clock::{ClockExt, micros}};
//!
//! let sim = Sim::new();
//! let net = sim.net();
//! let (client, server) = (net.host("client"), net.host("server"));
//! net.between("client", "server").latency(micros(150)).keep();
//!
//! let listener = server.listen(80)?;
//! let clock = sim.clock();
//! let client = sim.watch(async move {
//!     let mut stream = client.connect("server:80").await?;
//!     assert_eq!(clock.since_start(), micros(300)); // a handshake is a round trip
//!     stream.write_all(b"ping").await
//! });
//! let heard = sim.run(async move {
//!     let (mut stream, _from) = listener.accept().await?;
//!     let mut heard = [0; 4];
//!     stream.read_exact(&mut heard).await?;
//!     std::io::Result::Ok(heard)
//! })?;
//! assert_eq!(&heard, b"ping");
//! client.assert_success();
//! # std::io::Result::Ok(())
//! ```
//!
//! # What a test can do to it
//! ```
//! use unplugged::{Sim, clock::millis, net::{Bandwidth, Latency, Probability}};
//!
//! let sim = Sim::new();
//! let net = sim.net();
//! let [client, _, _] = net.hosts(["client", "node-1", "node-2"]);
//! let mobile = net.between("client", "node-*");
//! mobile.latency(Latency::normal(millis(40), millis(5))).keep();
//! mobile.bandwidth(Bandwidth::megabits(2)).keep();
//! let storm = mobile.loss(Probability::percent(30)); // until it is dropped
//! let split = net.link("node-1", "node-2").partition(); // one way
//! sim.run(client.connect("node-1:80")).unwrap_err(); // refused: nothing listens there
//! split.may_be_idle().remove(); // a rule that no packet meets fails the test, unless it may be idle
//! storm.remove();
//! ```
//!
//! # Not modelled
//! What congestion control does after a loss: [slow start](Net::set_slow_start) is modelled, and nothing else makes a sender
//! slower. Delayed acknowledgements: each segment is answered at once. Headers:
//! a bandwidth counts the bytes of the code. Linux's range of dynamic ports: a host has those of RFC 6335,
//! 49152 to 65535, in their order, for each destination. Fragments: a datagram over a link's MTU is lost. Fast retransmission: a
//! lost segment comes again after 200 ms and a round trip, then after twice that, and so on. Routes: every host reaches every other directly.
//! Hosts of one family: each has IPv4 and IPv6. Subnets, and so their broadcast addresses. Of the domain name system: zones,
//! delegation, caches, and that glibc asks in turn ever after a server has left one of two questions unanswered. Of Unix sockets: datagrams, credentials, passed descriptors, and the files around a
//! path.
//!
//! # Common mistakes
//! - **A dropped fault.** `net.link(..).loss(..);` lifts the rule at once: keep it, or say `keep`.
//! - **An answer in no time.** Hosts are a millisecond apart, unless set: `settle` delivers nothing, `advance` does.

mod bind_addr;
mod chaos;
mod clock;
mod core;
mod errno;
mod fabric;
mod host;
mod host_task;
mod link;
mod names;
#[expect(clippy::module_inception, reason = "the type `Net` in a file of its name")]
mod net;
pub(crate) mod raw;
mod rule_use;
mod scope;
mod seam;
mod sockets;
mod start_output;
mod tasks;
mod tcp;
mod texts;
mod udp;
mod unix;

pub use unplugged_seam::{Accept, BindUdp, BoxFuture, ConnectTo, Datagram, Dial, Listen, RealNet, Spawn};

pub use self::{
    bind_addr::BindAddr,
    chaos::{Chaos, FaultKind},
    clock::HostClock,
    host::Host,
    link::{Bandwidth, BurstLoss, InFlight, Latency, Link, Packet, Probability, RuleGuard, Verdict},
    names::{NameServer, Record, RecordType, Resolver},
    net::Net,
    sockets::{Protocol, SocketInfo},
    start_output::StartOutput,
    tcp::{KeepAlive, ReadHalf, TcpListener, TcpSocket, TcpState, TcpStream, WriteHalf},
    udp::UdpSocket,
    unix::{UnixAddr, UnixListener, UnixStream},
};
pub(crate) use self::{
    host_task::PanicWatch,
    net::no_such_host,
    rule_use::{RuleUse, RuleUses},
    texts::rules_idle,
};

//! Two linked protocols, with the test as the network between them.

use std::{collections::VecDeque, fmt, sync::Arc, time::Duration};

use super::{
    callbacks::Protocol,
    identity::Identity,
    linked_end::{LinkedEnd, Parcel, Sent},
    test_driver, texts,
};
use crate::{
    clock::{ClockExt, FakeClock},
    guard::OrRaise,
    transport::{addresses, segmentation::Segmentation},
    violation::{SourceLocation, Violation, escaped},
};

/// How many pumps a flush may take.
const MAX_PUMPS: usize = 1000;

/// How many lines of the traffic a failure shows.
const SHOWN: usize = 8;

/// Two linked protocols, with the test as the network between them. What one writes stays with it until the next
/// [`pump`](Self::pump) delivers it to the other.
///
/// - A pump is one simultaneous exchange: both directions are taken before either is delivered.
/// - An end is delivered after the bytes before it. In one pump, the peer receives the close; in the next, the connection
///   of the end that closed is lost.
/// - A write to a peer whose connection has ended resets the connection.
/// - While one end pauses reading, the bytes for it stay unsent at the other: over 64 KiB that one gets `pause_writing`, at
///   16 KiB or less `resume_writing`.
///
/// # Example: an echo, exchange by exchange
/// ```
/// use bytes::Bytes;
/// use unplugged::transport::{ConnectionState, Linked, Protocol, Transport};
///
/// struct Asks(Vec<u8>);
/// impl Protocol for Asks {
///     fn connection_made(&mut self, transport: &mut dyn Transport) { transport.write(b"ping"); }
///     fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
///         self.0.extend(bytes);
///         transport.close();
///     }
/// }
/// struct Echo;
/// impl Protocol for Echo {
///     fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) { transport.write_bytes(bytes); }
/// }
/// let mut linked = Linked::new(Asks(vec![]), Echo);
/// linked.pump(); // the question
/// assert_eq!(linked.second().unsent(), 4);
/// linked.pump(); // the answer
/// assert_eq!(linked.first().protocol().0, b"ping");
/// linked.flush(); // the end
/// assert_eq!(linked.second().state(), ConnectionState::Closed);
/// ```
pub struct Linked<A, B> {
    first: LinkedEnd<A>,
    second: LinkedEnd<B>,
    pumps: usize,
    traffic: VecDeque<String>,
}

impl<A: Protocol, B: Protocol> Linked<A, B> {
    /// Links two protocols: calls `connection_made` of the first, then of the second. Reports call them `client` and
    /// `server`.
    #[track_caller]
    pub fn new(first: A, second: B) -> Self {
        Self::link(first, second, None)
    }

    /// Links two protocols whose time is `clock`.
    #[track_caller]
    pub fn on_clock(first: A, second: B, clock: &FakeClock) -> Self {
        Self::link(first, second, Some(clock))
    }

    #[track_caller]
    fn link(first: A, second: B, clock: Option<&FakeClock>) -> Self {
        let (client, server) = (addresses::CLIENT, addresses::SERVER);
        let made_at = SourceLocation::caller();
        let identity =
            |name: &str, local, peer| Identity { name: Some(Arc::from(name)), made_at, local, peer };
        let clock = clock.cloned();
        Self {
            first: LinkedEnd::new(first, identity("client", client, server), clock.clone()),
            second: LinkedEnd::new(second, identity("server", server, client), clock),
            pumps: 0,
            traffic: VecDeque::new(),
        }
    }

    /// Sets how both directions are cut from now on. Offsets count from here. The default is whole.
    pub fn segment(&mut self, segmentation: &Segmentation) {
        self.first.cutter = segmentation.cutter();
        self.second.cutter = segmentation.cutter();
    }

    /// Delivers what each end has written to the other. Runs what is due on the clock before. Returns whether anything
    /// happened.
    #[track_caller]
    pub fn pump(&mut self) -> bool {
        self.pump_at_most(usize::MAX)
    }

    /// Pumps at most `bytes` bytes in each direction. The rest, and the end after it, stays.
    #[track_caller]
    pub fn pump_at_most(&mut self, bytes: usize) -> bool {
        if let Some(clock) = self.first.driver.clock.clone() {
            clock.advance(Duration::ZERO);
        }
        self.settle();
        self.pumps += 1;
        let (first_ends, second_ends) = (self.first.is_due(), self.second.is_due());
        let there = self.first.pack(bytes, &self.second);
        let back = self.second.pack(bytes, &self.first);
        let happened = first_ends || second_ends || !there.is_empty() || !back.is_empty();
        self.write_down("client", &there);
        self.write_down("server", &back);
        self.first.end_if(first_ends);
        self.second.end_if(second_ends);
        self.first.is_refused |= self.second.unpack(there);
        self.second.is_refused |= self.first.unpack(back);
        happened
    }

    /// Pumps until nothing more happens. Returns the number of pumps in which something did.
    ///
    /// # Panics
    /// Panics with the violation of [`check_flush`](Self::check_flush).
    #[track_caller]
    pub fn flush(&mut self) -> usize {
        self.check_flush().or_raise()
    }

    /// Pumps like [`flush`](Self::flush), and returns a failure as a value.
    ///
    /// # Errors
    /// A violation if the protocols still talk after 1000 pumps. It shows what was sent last.
    #[track_caller]
    pub fn check_flush(&mut self) -> Result<usize, Violation> {
        for pumps in 0..=MAX_PUMPS {
            if !self.pump() {
                return Ok(pumps);
            }
        }
        let now = self.first.driver.clock.as_ref().map(ClockExt::since_start);
        let violation = texts::endless(MAX_PUMPS, &self.traffic, self.first.driver.core().identity.made_at);
        Err(texts::in_context(violation, &[], now))
    }

    /// Advances the clock by `by`. Stops at every deadline on the way, the end included. Delivers nothing.
    ///
    /// # Panics
    /// Panics without a clock, and where [`TestConnection::advance`](super::TestConnection::advance) does.
    #[track_caller]
    pub fn advance(&mut self, by: Duration) {
        let Some(clock) = self.first.driver.clock.clone() else {
            texts::no_clock_between(self.first.driver.core().identity.made_at).raise();
        };
        test_driver::advance(&clock, by, || {
            self.first.driver.try_settle()?;
            self.second.driver.try_settle()
        });
    }

    /// Returns the first end, `client`.
    #[track_caller]
    pub fn first(&mut self) -> &mut LinkedEnd<A> {
        self.settle();
        &mut self.first
    }

    /// Returns the second end, `server`.
    #[track_caller]
    pub fn second(&mut self) -> &mut LinkedEnd<B> {
        self.settle();
        &mut self.second
    }

    /// Returns both protocols, out of their connection.
    #[must_use]
    pub fn into_protocols(self) -> (A, B) {
        (self.first.driver.engine.protocol, self.second.driver.engine.protocol)
    }

    #[track_caller]
    fn settle(&mut self) {
        self.first.driver.settle();
        self.second.driver.settle();
    }

    fn write_down(&mut self, from: &str, parcel: &Parcel) {
        let pump = self.pumps;
        let end = match parcel.end {
            Sent::Nothing => None,
            Sent::End => Some("end".to_owned()),
            Sent::Reset => Some("reset".to_owned()),
        };
        for what in parcel.pieces.iter().map(|piece| escaped(piece)).chain(end) {
            if self.traffic.len() == SHOWN {
                self.traffic.pop_front();
            }
            self.traffic.push_back(format!("pump {pump}, {from}: {what}"));
        }
    }
}

impl<A, B> fmt::Debug for Linked<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linked")
            .field("first", &self.first)
            .field("second", &self.second)
            .field("pumps", &self.pumps)
            .finish_non_exhaustive()
    }
}

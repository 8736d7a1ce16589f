//! Two protocols, joined, with the test as the network between them.

use std::{collections::VecDeque, fmt, io, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    ConnectionState, Protocol, ReadState, Segmentation, Transport, addresses,
    core::{Core, Identity, MARKS},
    hand::{self, Hand},
    segmentation::Cutter,
    texts,
};
use crate::{
    clock::{ClockExt, FakeClock},
    violation::{OrRaise, SourceLocation, Violation, escaped},
};

/// How many pumps a flush may take.
const LIMIT: usize = 1000;

/// How many lines of the traffic a failure shows.
const SHOWN: usize = 8;

/// Two protocols, joined, with the test as the network between them: what one writes stays with it until the next
/// [`pump`](Self::pump) brings it to the other.
///
/// A pump is one simultaneous exchange: what both have written is taken away before either hears of the other's.
/// An end comes after the bytes before it, and is told in steps: the peer hears of a close in one pump, and who
/// closed it is told that it is over in the next. Writing to a peer that is over resets the connection. While one
/// pauses reading, the bytes for it stay with the other, and its unsent bytes grow: over 64 KiB it hears
/// `pause_writing`, at 16 KiB or less `resume_writing`.
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
/// let mut joined = Linked::new(Asks(vec![]), Echo);
/// joined.pump(); // the question
/// assert_eq!(joined.second().unsent(), 4);
/// joined.pump(); // the answer
/// assert_eq!(joined.first().protocol().0, b"ping");
/// joined.flush(); // the end
/// assert_eq!(joined.second().state(), ConnectionState::Closed);
/// ```
pub struct Linked<A, B> {
    first: LinkedEnd<A>,
    second: LinkedEnd<B>,
    pumps: usize,
    traffic: VecDeque<String>,
}

/// One of two [`Linked`] protocols.
pub struct LinkedEnd<P> {
    hand: Hand<P, Core>,
    cutter: Cutter,
    sent: Sent,
    /// It wrote to a peer that is over, and hears so with the next pump.
    is_refused: bool,
}

/// What of an end's own end was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    End,
    Reset,
}

/// What one end has for the other.
struct Parcel {
    pieces: Vec<Bytes>,
    end: Sent,
}

impl Parcel {
    fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.end == Sent::Nothing
    }
}

impl<A: Protocol, B: Protocol> Linked<A, B> {
    /// Joins two protocols: the `connection_made` of the first is called, then that of the second. In reports they
    /// are `client` and `server`.
    #[track_caller]
    pub fn new(first: A, second: B) -> Self {
        Self::join(first, second, None)
    }

    /// Joins two protocols that have the time from `clock`.
    #[track_caller]
    pub fn on_clock(first: A, second: B, clock: &FakeClock) -> Self {
        Self::join(first, second, Some(clock))
    }

    #[track_caller]
    fn join(first: A, second: B, clock: Option<&FakeClock>) -> Self {
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

    /// How both directions are cut from now on: whole unless set. Offsets count from here.
    pub fn segment(&mut self, segmentation: &Segmentation) {
        self.first.cutter = segmentation.cutter();
        self.second.cutter = segmentation.cutter();
    }

    /// One exchange: brings what each has written to the other. First runs what is due now on the clock. Tells
    /// whether anything happened.
    #[track_caller]
    pub fn pump(&mut self) -> bool {
        self.pump_at_most(usize::MAX)
    }

    /// The same with at most so many bytes in each direction; the rest, and the end after it, stays.
    #[track_caller]
    pub fn pump_at_most(&mut self, bytes: usize) -> bool {
        if let Some(clock) = self.first.hand.clock.clone() {
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

    /// Pumps until nothing happens any more, and tells how often something did.
    ///
    /// # Panics
    /// With the text of [`try_flush`](Self::try_flush).
    #[track_caller]
    pub fn flush(&mut self) -> usize {
        self.try_flush().or_raise()
    }

    /// Pumps until nothing happens any more, and tells how often something did.
    ///
    /// # Errors
    /// If that is not so after 1000 pumps: the two talk without end. The text shows what was said last.
    #[track_caller]
    pub fn try_flush(&mut self) -> Result<usize, Violation> {
        for pumps in 0..=LIMIT {
            if !self.pump() {
                return Ok(pumps);
            }
        }
        let now = self.first.hand.clock.as_ref().map(ClockExt::since_start);
        let violation = texts::endless(LIMIT, &self.traffic, self.first.hand.core().identity.made_at);
        Err(texts::in_context(violation, &[], now))
    }

    /// Moves the clock on by `by`, and stops at every deadline on the way, its end included. Delivers nothing.
    ///
    /// # Panics
    /// Without a clock, and as [`TestConnection::advance`](super::TestConnection::advance).
    #[track_caller]
    pub fn advance(&mut self, by: Duration) {
        let Some(clock) = self.first.hand.clock.clone() else {
            texts::no_clock_between(self.first.hand.core().identity.made_at).raise();
        };
        hand::advance(&clock, by, || {
            self.first.hand.try_settle()?;
            self.second.hand.try_settle()
        });
    }

    /// The first of the two, `client`.
    #[track_caller]
    pub fn first(&mut self) -> &mut LinkedEnd<A> {
        self.settle();
        &mut self.first
    }

    /// The second of the two, `server`.
    #[track_caller]
    pub fn second(&mut self) -> &mut LinkedEnd<B> {
        self.settle();
        &mut self.second
    }

    /// Both protocols, out of their connection.
    #[must_use]
    pub fn into_protocols(self) -> (A, B) {
        (self.first.hand.engine.protocol, self.second.hand.engine.protocol)
    }

    #[track_caller]
    fn settle(&mut self) {
        self.first.hand.settle();
        self.second.hand.settle();
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

impl<P: Protocol> LinkedEnd<P> {
    #[track_caller]
    fn new(protocol: P, identity: Identity, clock: Option<FakeClock>) -> Self {
        Self {
            hand: Hand::connect(protocol, Core::new(identity), MARKS, clock),
            cutter: Segmentation::whole().cutter(),
            sent: Sent::Nothing,
            is_refused: false,
        }
    }

    /// The protocol, as it is.
    #[must_use]
    pub const fn protocol(&self) -> &P {
        &self.hand.engine.protocol
    }

    /// Calls a method of the protocol that belongs to no event of the stream, as [`TestConnection`](super::TestConnection) does.
    ///
    /// # Panics
    /// When the connection is over: there is no transport any more.
    #[track_caller]
    pub fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        let core = self.hand.core();
        if core.is_over() {
            let violation = texts::over_already(&core.identity, "call", core.state());
            self.hand.in_context(violation).raise();
        }
        let output = self.hand.engine.call(call);
        self.hand.settle();
        output
    }

    /// The peer or the network breaks this end off, at once: its `connection_lost` is called with this error. The
    /// other end hears of nothing until it writes.
    ///
    /// # Panics
    /// When the connection is over, and with `ConnectionAborted`: that is how the protocol's own `abort` ends.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        let core = self.hand.core();
        let violation = if core.is_over() {
            texts::over_already(&core.identity, "reset_with", core.state())
        } else if kind == io::ErrorKind::ConnectionAborted {
            texts::no_error(&core.identity, kind)
        } else {
            self.hand.engine.transport.reset_with(kind);
            self.hand.end();
            return;
        };
        self.hand.in_context(violation).raise();
    }

    /// How far the connection has come.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.hand.core().state()
    }

    /// How many bytes it wrote that were not taken away.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.hand.core().unsent()
    }

    /// True if an earlier pump took its own end away, or it was refused, and it is to be told.
    fn is_due(&self) -> bool {
        let over = self.hand.core().is_over();
        !over && (self.is_refused || (self.sent != Sent::Nothing && self.hand.engine.outcome().is_some()))
    }

    fn end_if(&mut self, due: bool) {
        if due {
            if self.is_refused {
                self.hand.engine.transport.reset_with(io::ErrorKind::ConnectionReset);
            }
            self.hand.end();
        }
    }

    /// True unless reading is paused. Who ends takes all, and throws it away.
    fn takes(&self) -> bool {
        let core = self.hand.core();
        core.reading != ReadState::Paused || core.is_closing() || core.is_over()
    }

    /// Takes away what it has for the other.
    fn pack<Q: Protocol>(&mut self, most: usize, other: &LinkedEnd<Q>) -> Parcel {
        let mut parcel = Parcel { pieces: Vec::new(), end: Sent::Nothing };
        let core = &mut self.hand.engine.transport;
        if self.sent == Sent::Nothing && core.state() == ConnectionState::Aborted {
            parcel.end = Sent::Reset;
        } else if other.takes() {
            let mut left = most;
            while left > 0 && !core.unsent.is_empty() {
                let mut bytes = core.unsent.take(left);
                left -= bytes.len();
                while !bytes.is_empty() {
                    let piece = bytes.split_to(self.cutter.next_piece(bytes.len()));
                    self.cutter.took(piece.len());
                    parcel.pieces.push(piece);
                }
            }
            if self.sent == Sent::Nothing && core.has_sent_all() && !core.is_over() {
                parcel.end = Sent::End;
            }
        }
        if parcel.end != Sent::Nothing {
            self.sent = parcel.end;
        }
        parcel
    }

    /// Hands over what the other had. True if there were bytes, and nobody to take them.
    fn unpack(&mut self, parcel: Parcel) -> bool {
        if self.hand.core().is_over() {
            return !parcel.pieces.is_empty();
        }
        for piece in parcel.pieces {
            self.hand.engine.push(piece);
            self.hand.settle();
        }
        match parcel.end {
            Sent::Nothing => {}
            Sent::End => {
                self.hand.engine.push_end();
                self.hand.settle();
            }
            Sent::Reset => {
                self.hand.engine.transport.reset_with(io::ErrorKind::ConnectionReset);
                self.hand.end();
            }
        }
        false
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

impl<P> fmt::Debug for LinkedEnd<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = &self.hand.engine.transport;
        f.debug_struct("LinkedEnd")
            .field("protocol", &format_args!("{}", std::any::type_name::<P>()))
            .field("state", &format_args!("{}", texts::phrase(core.state())))
            .field("unsent", &core.unsent.len())
            .finish_non_exhaustive()
    }
}

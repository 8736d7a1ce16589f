//! One of two linked protocols.

use std::{fmt, io};

use bytes::Bytes;

use super::{
    callbacks::Protocol,
    engine::WATERMARKS,
    identity::Identity,
    state::{ConnectionState, ReadState},
    test_driver::TestDriver,
    texts,
    transport::Transport,
    transport_core::TransportCore,
};
use crate::{
    clock::FakeClock,
    transport::segmentation::{Cutter, Segmentation},
};

/// One end of two [`Linked`](super::Linked) protocols.
pub struct LinkedEnd<P> {
    pub(super) driver: TestDriver<P, TransportCore>,
    pub(super) cutter: Cutter,
    sent: Sent,
    /// It wrote to a peer whose connection has ended, and is reset in the next pump.
    pub(super) is_refused: bool,
}

/// The part of its own end that an end has sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    Nothing,
    End,
    Reset,
}

/// The bytes and the end that one end sends to the other in a pump.
pub(super) struct Parcel {
    pub(super) pieces: Vec<Bytes>,
    pub(super) end: Sent,
}

impl Parcel {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty() && self.end == Sent::Nothing
    }
}

impl<P: Protocol> LinkedEnd<P> {
    #[track_caller]
    pub(super) fn new(protocol: P, identity: Identity, clock: Option<FakeClock>) -> Self {
        Self {
            driver: TestDriver::connect(protocol, TransportCore::new(identity), WATERMARKS, clock),
            cutter: Segmentation::whole().cutter(),
            sent: Sent::Nothing,
            is_refused: false,
        }
    }

    /// Returns the protocol.
    #[must_use]
    pub const fn protocol(&self) -> &P {
        &self.driver.engine.protocol
    }

    /// Calls a method of the protocol itself, as [`TestConnection::call`](super::TestConnection::call) does.
    ///
    /// # Panics
    /// Panics after the end of the connection.
    #[track_caller]
    pub fn call<R>(&mut self, call: impl FnOnce(&mut P, &mut dyn Transport) -> R) -> R {
        let core = self.driver.core();
        if core.is_over() {
            let violation = texts::over_already(&core.identity, "call", core.state());
            self.driver.in_context(violation).raise();
        }
        let output = self.driver.engine.call(call);
        self.driver.settle();
        output
    }

    /// Breaks this end at once, as the peer or the network does: calls its `connection_lost` with this error. The other
    /// end notices when it writes.
    ///
    /// # Panics
    /// Panics after the end of the connection, and if `kind` is `ConnectionAborted`.
    #[track_caller]
    pub fn reset_with(&mut self, kind: io::ErrorKind) {
        let core = self.driver.core();
        let violation = if core.is_over() {
            texts::over_already(&core.identity, "reset_with", core.state())
        } else if kind == io::ErrorKind::ConnectionAborted {
            texts::no_error(&core.identity, kind)
        } else {
            self.driver.engine.transport.reset_with(kind);
            self.driver.end();
            return;
        };
        self.driver.in_context(violation).raise();
    }

    /// Returns the state of the connection.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.driver.core().state()
    }

    /// Returns how many bytes it wrote that were not delivered.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.driver.core().unsent()
    }

    /// True if its `connection_lost` is due: an earlier pump took its own end, or it was refused.
    pub(super) fn is_due(&self) -> bool {
        let over = self.driver.core().is_over();
        !over && (self.is_refused || (self.sent != Sent::Nothing && self.driver.engine.outcome().is_some()))
    }

    pub(super) fn end_if(&mut self, due: bool) {
        if due {
            if self.is_refused {
                self.driver.engine.transport.reset_with(io::ErrorKind::ConnectionReset);
            }
            self.driver.end();
        }
    }

    /// True unless reading is paused. An end that has closed takes all and drops it.
    fn takes(&self) -> bool {
        let core = self.driver.core();
        core.reading != ReadState::Paused || core.is_closing() || core.is_over()
    }

    /// Takes out what it has for the other.
    pub(super) fn pack<Q: Protocol>(&mut self, most: usize, other: &LinkedEnd<Q>) -> Parcel {
        let mut parcel = Parcel { pieces: Vec::new(), end: Sent::Nothing };
        let core = &mut self.driver.engine.transport;
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

    /// Delivers what the other had. True if there were bytes, but the connection has ended.
    pub(super) fn unpack(&mut self, parcel: Parcel) -> bool {
        if self.driver.core().is_over() {
            return !parcel.pieces.is_empty();
        }
        for piece in parcel.pieces {
            self.driver.engine.push(piece);
            self.driver.settle();
        }
        match parcel.end {
            Sent::Nothing => {}
            Sent::End => {
                self.driver.engine.push_end();
                self.driver.settle();
            }
            Sent::Reset => {
                self.driver.engine.transport.reset_with(io::ErrorKind::ConnectionReset);
                self.driver.end();
            }
        }
        false
    }
}

impl<P> fmt::Debug for LinkedEnd<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let core = &self.driver.engine.transport;
        f.debug_struct("LinkedEnd")
            .field("protocol", &format_args!("{}", std::any::type_name::<P>()))
            .field("state", &format_args!("{}", core.state()))
            .field("unsent", &core.unsent.len())
            .finish_non_exhaustive()
    }
}

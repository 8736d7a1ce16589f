//! The script of a peer: its steps and its settings.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    step::{Action, Step},
    texts,
};
use crate::{
    clock::Clock,
    transport::{addresses, segmentation::Segmentation},
    violation::SourceLocation,
};

/// The default of `real_limit`: 10 s.
const REAL_LIMIT: Duration = Duration::from_secs(10);

/// The longest duration of a step, as on a timeline: 292 years.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// The script of a [`ScriptedPeer`](super::ScriptedPeer): steps in their order, and settings. Made by
/// [`ScriptedPeer::script`](super::ScriptedPeer::script).
///
/// The last step says how the stream ends: [`close`](Self::close), [`reset`](Self::reset) or
/// [`expect_close`](Self::expect_close). A clone is an independent script, to be played again.
#[derive(Clone)]
#[must_use = "a script does nothing until `start`"]
pub struct PeerScript {
    pub(super) name: Arc<str>,
    pub(super) steps: Vec<Step>,
    ends: Ends,
    /// Boxed, because a script is moved with each step.
    pub(super) settings: Box<Settings>,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) segmentation: Segmentation,
    pub(super) pipelined: bool,
    pub(super) clock: Option<Arc<dyn Clock>>,
    pub(super) real_limit: Duration,
    pub(super) addresses: (SocketAddr, SocketAddr),
}

/// The numbers of the steps that end a direction.
#[derive(Clone, Debug, Default)]
struct Ends {
    /// The code's direction.
    code: Option<NonZeroUsize>,
    /// The peer's direction.
    peer: Option<NonZeroUsize>,
    /// The whole stream.
    both: Option<NonZeroUsize>,
}

impl PeerScript {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            steps: Vec::new(),
            ends: Ends::default(),
            settings: Box::new(Settings {
                segmentation: Segmentation::whole(),
                pipelined: false,
                clock: None,
                real_limit: REAL_LIMIT,
                addresses: (addresses::CLIENT, addresses::SERVER),
            }),
        }
    }

    // The steps.

    /// Expects that the code writes exactly these bytes, in any number of writes.
    ///
    /// # Panics
    /// Panics if `bytes` is empty, or after the code's end.
    #[track_caller]
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        if bytes.is_empty() {
            texts::no_bytes(&self.name, "expect").raise();
        }
        self.step(Action::Expect(bytes))
    }

    /// Expects that the code writes anything up to the first `delimiter`, at most `most` bytes including it.
    /// [`ScriptedPeer::finish`](super::ScriptedPeer::finish) returns what it was.
    ///
    /// # Panics
    /// Panics if `delimiter` is empty or longer than `most`, or after the code's end.
    #[track_caller]
    pub fn expect_until(self, delimiter: impl AsRef<[u8]>, most: usize) -> Self {
        let delimiter = Bytes::copy_from_slice(delimiter.as_ref());
        if delimiter.is_empty() {
            texts::no_bytes(&self.name, "expect_until").raise();
        }
        if most < delimiter.len() {
            texts::no_room(&self.name, &delimiter, most).raise();
        }
        self.step(Action::ExpectUntil { delimiter, most })
    }

    /// Expects that the code neither writes nor closes for this long. At the last instant itself it may.
    ///
    /// # Panics
    /// Panics if `duration` is zero or longer than 292 years, or after the code's end.
    #[track_caller]
    pub fn expect_nothing_for(self, duration: Duration) -> Self {
        self.check_duration("expect_nothing_for", duration);
        self.step(Action::ExpectNothing(duration))
    }

    /// Expects that the code ends its direction, by a shutdown or by dropping the stream. As the last step, it also
    /// closes the peer's own direction.
    ///
    /// # Panics
    /// Panics after the code's end.
    #[track_caller]
    pub fn expect_close(self) -> Self {
        self.step(Action::ExpectClose)
    }

    /// Sends these bytes. The step itself never waits. One read never returns bytes of two `send` steps.
    ///
    /// # Panics
    /// Panics if `bytes` is empty, or after the peer's end.
    #[track_caller]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        if bytes.is_empty() {
            texts::no_bytes(&self.name, "send").raise();
        }
        self.step(Action::Send(bytes))
    }

    /// Waits for this long. Up to 64 KiB that the code writes meanwhile are kept for the next step.
    ///
    /// # Panics
    /// Panics if `duration` is zero or longer than 292 years, or after the end of the stream.
    #[track_caller]
    pub fn wait(self, duration: Duration) -> Self {
        self.check_duration("wait", duration);
        self.step(Action::Wait(duration))
    }

    /// Ends the peer's direction cleanly. The peer goes on reading.
    ///
    /// # Panics
    /// Panics after the peer's end.
    #[track_caller]
    pub fn close_write(self) -> Self {
        self.step(Action::CloseWrite)
    }

    /// Closes the stream. The code reads what was sent and then the end of the stream; its writes fail. It must see one
    /// of the two.
    ///
    /// # Panics
    /// Panics after the end of the stream.
    #[track_caller]
    pub fn close(self) -> Self {
        self.step(Action::Close)
    }

    /// Resets the stream as soon as the code has read all that was sent before, so that nothing scripted is lost. The
    /// code must see the reset.
    ///
    /// # Panics
    /// Panics after the end of the stream.
    #[track_caller]
    pub fn reset(self) -> Self {
        self.step(Action::Reset)
    }

    // The settings.

    /// Sets how the bytes that the peer sends are cut. The default is each `send` whole.
    pub fn segmentation(mut self, segmentation: Segmentation) -> Self {
        self.settings.segmentation = segmentation;
        self
    }

    /// Sets whether the code may write before it has read what the peer sent before. The default is no.
    ///
    /// For pipelining, and for protocols in which both sides talk at once.
    pub fn pipelined(mut self, pipelined: bool) -> Self {
        self.settings.pipelined = pipelined;
        self
    }

    /// Sets the clock of the steps that take time. The default is the clock of the tokio runtime around the stream.
    ///
    /// With a `FakeClock` no runtime is needed. With the clock of a `Sim`, waits are exact to the nanosecond.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Some(Arc::new(clock));
        self
    }

    /// Sets how much real time [`ScriptedPeer::finish`](super::ScriptedPeer::finish) may take. The default is 10 s.
    ///
    /// The limit does not apply while a `Sim` or a `Watch` polls: these report a hang themselves.
    ///
    /// # Panics
    /// Panics if `limit` is zero or longer than 292 years.
    #[track_caller]
    pub fn real_limit(mut self, limit: Duration) -> Self {
        self.check_duration("real_limit", limit);
        self.settings.real_limit = limit;
        self
    }

    /// Sets the addresses of the stream, as the code sees them. The default is 192.0.2.1:49152 and 192.0.2.2:80.
    pub fn addresses(mut self, local: SocketAddr, peer: SocketAddr) -> Self {
        self.settings.addresses = (local, peer);
        self
    }

    #[track_caller]
    fn step(mut self, action: Action) -> Self {
        let expects =
            matches!(action, Action::Expect(_) | Action::ExpectUntil { .. } | Action::ExpectNothing(_));
        let ended_by = match &action {
            _ if self.ends.both.is_some() => self.ends.both,
            Action::ExpectClose => self.ends.code,
            _ if expects => self.ends.code,
            Action::Send(_) | Action::CloseWrite => self.ends.peer,
            _ => None,
        };
        if let Some(number) = ended_by {
            let end = &self.steps[number.get() - 1];
            texts::after_end(&self.name, &action, number.get(), end).raise();
        }
        let number = NonZeroUsize::new(self.steps.len() + 1);
        match action {
            Action::ExpectClose => self.ends.code = number,
            Action::CloseWrite => self.ends.peer = number,
            Action::Close | Action::Reset => self.ends.both = number,
            _ => {}
        }
        self.steps.push(Step { action, scripted: SourceLocation::caller() });
        self
    }

    #[track_caller]
    fn check_duration(&self, call: &str, duration: Duration) {
        if duration.is_zero() {
            texts::no_time(&self.name, call).raise();
        }
        if duration > LONGEST {
            texts::too_long(&self.name, call, duration).raise();
        }
    }
}

impl fmt::Debug for PeerScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerScript")
            .field("name", &self.name)
            .field("steps", &self.steps)
            .field("segmentation", &self.settings.segmentation)
            .field("pipelined", &self.settings.pipelined)
            .finish_non_exhaustive()
    }
}

//! What a scripted peer is to do, written down step by step.

use std::{fmt, net::SocketAddr, num::NonZeroUsize, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{ScriptedPeer, ScriptedStream, misuse, stage};
use crate::{clock::Clock, transport::Segmentation, transport::addresses, violation::SourceLocation};

/// How long `finish` waits where nobody else would notice that it hangs.
const REAL_LIMIT: Duration = Duration::from_secs(10);

/// No wait is longer than a timeline: 292 years.
const LONGEST: Duration = Duration::from_nanos(i64::MAX.unsigned_abs());

/// The script of a [`ScriptedPeer`]: steps in their order, and settings. Made by [`ScriptedPeer::script`].
///
/// The last step says how the stream ends: [`close`](Self::close), [`reset`](Self::reset) or
/// [`expect_close`](Self::expect_close). A clone is a script of its own, to be played again.
#[derive(Clone)]
#[must_use = "a script does nothing until `start`"]
pub struct PeerScript {
    pub(super) name: Arc<str>,
    pub(super) steps: Vec<Step>,
    ends: Ends,
    /// Boxed: a script is moved with each step.
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

/// A step, and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) action: Action,
    pub(super) scripted: SourceLocation,
}

#[derive(Clone, Debug)]
pub(super) enum Action {
    Expect(Bytes),
    ExpectUntil { delimiter: Bytes, most: usize },
    ExpectNothing(Duration),
    ExpectClose,
    Send(Bytes),
    Wait(Duration),
    CloseWrite,
    Close,
    Reset,
}

/// Which steps ended what, by number.
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

    /// The code writes exactly these bytes, in as many writes as it likes.
    ///
    /// # Panics
    /// If `bytes` is empty, or the script has already seen the code's end.
    #[track_caller]
    pub fn expect(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        if bytes.is_empty() {
            misuse::no_bytes(&self.name, "expect").raise();
        }
        self.step(Action::Expect(bytes))
    }

    /// The code writes anything that ends with the first `delimiter`, of at most `most` bytes with it.
    /// [`ScriptedPeer::finish`] gives what it was.
    ///
    /// # Panics
    /// If `delimiter` is empty or longer than `most`, or the script has already seen the code's end.
    #[track_caller]
    pub fn expect_until(self, delimiter: impl AsRef<[u8]>, most: usize) -> Self {
        let delimiter = Bytes::copy_from_slice(delimiter.as_ref());
        if delimiter.is_empty() {
            misuse::no_bytes(&self.name, "expect_until").raise();
        }
        if most < delimiter.len() {
            misuse::no_room(&self.name, &delimiter, most).raise();
        }
        self.step(Action::ExpectUntil { delimiter, most })
    }

    /// The code neither writes nor closes for this long. At the end itself it may.
    ///
    /// # Panics
    /// If it is no time or more than 292 years, or the script has already seen the code's end.
    #[track_caller]
    pub fn expect_nothing_for(self, duration: Duration) -> Self {
        self.check_duration("expect_nothing_for", duration);
        self.step(Action::ExpectNothing(duration))
    }

    /// The code ends what it writes, by a shutdown or by dropping the stream. As the last step it also says that
    /// the peer then closes its own direction.
    ///
    /// # Panics
    /// If the script has already seen the code's end.
    #[track_caller]
    pub fn expect_close(self) -> Self {
        self.step(Action::ExpectClose)
    }

    /// The peer sends these bytes. The step itself never waits; a piece is never joined with that of another
    /// `send`.
    ///
    /// # Panics
    /// If `bytes` is empty, or the peer has already closed.
    #[track_caller]
    pub fn send(self, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = Bytes::copy_from_slice(bytes.as_ref());
        if bytes.is_empty() {
            misuse::no_bytes(&self.name, "send").raise();
        }
        self.step(Action::Send(bytes))
    }

    /// The peer does nothing for this long. What the code writes meanwhile waits for the next step, 64 KiB of it.
    ///
    /// # Panics
    /// If it is no time or more than 292 years, or the stream is already over.
    #[track_caller]
    pub fn wait(self, duration: Duration) -> Self {
        self.check_duration("wait", duration);
        self.step(Action::Wait(duration))
    }

    /// The peer ends what it sends, cleanly, and goes on reading.
    ///
    /// # Panics
    /// If it has already closed.
    #[track_caller]
    pub fn close_write(self) -> Self {
        self.step(Action::CloseWrite)
    }

    /// The peer closes the stream. The code reads what was sent and then the end; its writes break. It must meet
    /// one of the two.
    ///
    /// # Panics
    /// If the stream is already over.
    #[track_caller]
    pub fn close(self) -> Self {
        self.step(Action::Close)
    }

    /// The peer resets the stream as soon as the code has read all that was sent before: nothing that is scripted
    /// is lost. The code must meet the reset.
    ///
    /// # Panics
    /// If the stream is already over.
    #[track_caller]
    pub fn reset(self) -> Self {
        self.step(Action::Reset)
    }

    // The settings.

    /// How the bytes are cut that the peer sends: each `send` whole unless set.
    pub fn segmentation(mut self, segmentation: Segmentation) -> Self {
        self.settings.segmentation = segmentation;
        self
    }

    /// Allows the code to write before it has read what the peer sent before that: for pipelining and for
    /// protocols in which both sides talk at once. Unless set, that is a violation.
    pub fn pipelined(mut self) -> Self {
        self.settings.pipelined = true;
        self
    }

    /// The clock of the steps that take time: that of the tokio runtime around the stream unless set. With a
    /// `FakeClock` no runtime is needed; with that of a `Sim` waits are exact to the nanosecond.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.settings.clock = Some(Arc::new(clock));
        self
    }

    /// How much real time [`ScriptedPeer::finish`] may take where nobody else notices a hang: 10 s unless set.
    /// It does not count while a `Sim` or a `Watch` polls: these report for themselves.
    ///
    /// # Panics
    /// If it is no time.
    #[track_caller]
    pub fn real_limit(mut self, limit: Duration) -> Self {
        self.check_duration("real_limit", limit);
        self.settings.real_limit = limit;
        self
    }

    /// The addresses of the stream, as the code sees them: 192.0.2.1:49152 and 192.0.2.2:80 unless set.
    pub fn addresses(mut self, local: SocketAddr, peer: SocketAddr) -> Self {
        self.settings.addresses = (local, peer);
        self
    }

    /// Begins: gives the stream to the code, and the verdict to the test. The first step's time runs from here,
    /// or, outside of a runtime and without a clock of its own, from when the stream is first used inside one.
    ///
    /// # Panics
    /// If the script is empty, or does not say how the stream ends.
    #[track_caller]
    pub fn start(self) -> (ScriptedStream, ScriptedPeer) {
        match self.steps.last() {
            None => misuse::empty(&self.name).raise(),
            Some(Step { action: Action::Close | Action::Reset | Action::ExpectClose, .. }) => {}
            Some(last) => misuse::no_end(&self.name, self.steps.len(), last).raise(),
        }
        stage::begin(self, SourceLocation::caller())
    }

    // Inside.

    #[track_caller]
    fn step(mut self, action: Action) -> Self {
        let hears =
            matches!(action, Action::Expect(_) | Action::ExpectUntil { .. } | Action::ExpectNothing(_));
        let ended_by = match &action {
            _ if self.ends.both.is_some() => self.ends.both,
            Action::ExpectClose => self.ends.code,
            _ if hears => self.ends.code,
            Action::Send(_) | Action::CloseWrite => self.ends.peer,
            _ => None,
        };
        if let Some(number) = ended_by {
            let end = &self.steps[number.get() - 1];
            misuse::after_end(&self.name, &action, number.get(), end).raise();
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
            misuse::no_time(&self.name, call).raise();
        }
        if duration > LONGEST {
            misuse::too_long(&self.name, call, duration).raise();
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

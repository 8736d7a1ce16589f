//! The test's end of a scripted conversation.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

use super::{
    play::Play,
    script::PeerScript,
    stage::{Alarm, Stage, Waiter},
    step::{Action, Step},
    stream::ScriptedStream,
    texts,
};
use crate::{
    clock::{ClockExt, Sleep, SystemClock},
    guard::{self, VerdictGuard},
    violation::{SourceLocation, Violation},
    wait,
};

/// A peer that follows a script and checks the code that talks to it. The test holds it; the code under test holds the
/// other end, a [`ScriptedStream`].
///
/// ```
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use unplugged::{Sim, transport::ScriptedPeer};
///
/// Sim::new().run(async {
///     let (mut stream, peer) = ScriptedPeer::script("server")
///         .send("220 ready\r\n")
///         .expect("QUIT\r\n")
///         .send("221 bye\r\n")
///         .close()
///         .start();
///     // The code under test:
///     stream.read_exact(&mut [0; 11]).await?;
///     stream.write_all(b"QUIT\r\n").await?;
///     stream.read_to_end(&mut Vec::new()).await?;
///     drop(stream);
///
///     peer.finish().await;
///     std::io::Result::Ok(())
/// })?;
/// # std::io::Result::Ok(())
/// ```
///
/// # Rules
/// - The code writes what the script expects, byte for byte, cut in any way.
/// - It reads all that the script sends, and sees the end that the script makes.
/// - It writes only after it has read what the peer sent before, unless the script is
///   [`pipelined`](PeerScript::pipelined). Only bytes count here: a read that the code has begun is not seen.
/// - Every step is reached.
///
/// The first violation is kept, and the code gets a reset.
///
/// # Time
/// Nothing runs in the background. The script catches up with the clock when the stream or [`finish`](Self::finish) is
/// polled. A step still happens at its own instant: it begins when the step before it ended.
///
/// # Never a hang
/// In a [`Sim`](crate::Sim), a conversation that cannot go on is reported as a stall, with the current step.
/// `outcome::watch` shows the same. Elsewhere, as in a plain `#[tokio::test]`, `finish` fails after the
/// [`real_limit`](PeerScript::real_limit). There, run code that may wait for its peer beside `finish` in a
/// `tokio::join!`, not before it.
///
/// # Coming from `tokio_test::io::Builder`
/// `read(b)` is [`send(b)`](PeerScript::send), `write(b)` is [`expect(b)`](PeerScript::expect), `wait(d)` is
/// [`wait(d)`](PeerScript::wait), `read_error` is [`reset()`](PeerScript::reset). The steps are written in the peer's
/// view, and the end is part of the script. The differences (tokio-test 0.4.6):
///
/// | the code | tokio-test | here |
/// |---|---|---|
/// | writes before it has read what comes first | passes | a violation, unless `pipelined` |
/// | reads past the script | gets a clean end | not possible: the script says how it ends |
/// | writes past the script | panics in the code | a violation; the code gets a reset |
/// | writes more than the script expects, reads still due | hangs in the write | a violation at once |
/// | writes other bytes | panics in the code, lists of numbers | gets a reset; `finish` shows the bytes |
/// | catches that panic, or loses it in a task | passes | `finish` fails |
/// | never sees the scripted error | passes | a violation |
/// | never closes | cannot be expected | `expect_close` |
/// | writes after its own shutdown | passes | the write fails |
/// | forgets (leaks) the stream | passes | `finish` waits, and does not pass |
/// | writes while the peer waits | is held up | goes on: 64 KiB are taken, and compared after the wait |
/// | looks only after a wait has ended | begins the wait then | the wait began at the end of the step before |
/// | writes nothing | hangs, or panics | writes nothing |
/// | is run again by the same script, with an error in it | panics | a clone of the script is independent |
///
/// # Not modelled
/// Latency, urgent data, and a peer that reads slowly: outside a wait, it takes what is written at once.
///
/// # Common mistakes
/// - **The stream is still alive.** With `expect_close` as the last step, `finish` waits until the code has closed the
///   stream. Drop a stream that the test itself holds.
/// - **A peer in a task.** A `ScriptedPeer` that is dropped without `finish` panics. In a task that the runtime drops,
///   the panic is not seen. Keep the peer in the test function.
#[must_use = "the result is only known after `peer.finish().await`"]
pub struct ScriptedPeer {
    stage: Arc<Stage>,
    real_limit: Duration,
    alarm: Alarm,
    limit: Option<Sleep>,
    is_finished: bool,
    _open: VerdictGuard,
}

impl ScriptedPeer {
    /// Begins the script of a peer. Failure texts show its `name`.
    ///
    /// # Panics
    /// Panics if `name` is empty.
    #[track_caller]
    pub fn script(name: impl Into<Arc<str>>) -> PeerScript {
        let name = name.into();
        if name.is_empty() {
            texts::no_name().raise();
        }
        PeerScript::new(name)
    }

    fn new(stage: Arc<Stage>, real_limit: Duration) -> Self {
        let open = VerdictGuard::new("the scripted peer started at", stage.started());
        Self { stage, real_limit, alarm: Alarm::default(), limit: None, is_finished: false, _open: open }
    }

    /// Waits until the script has ended and everything is read, or a rule is broken. Returns what each
    /// [`expect_until`](PeerScript::expect_until) took, in their order.
    ///
    /// # Panics
    /// Panics with the violation of [`check_finish`](Self::check_finish).
    ///
    /// # Cancel safety
    /// Not cancel safe: if the future is dropped before it is ready, it panics as an unfinished peer does.
    pub async fn finish(self) -> Vec<Bytes> {
        self.check_finish().await.unwrap_or_else(|violation| guard::raise(&violation))
    }

    /// Finishes like [`finish`](Self::finish), and returns a failure as a value.
    ///
    /// # Errors
    /// The first rule that was broken, or that the [`real_limit`](PeerScript::real_limit) has passed.
    ///
    /// # Cancel safety
    /// Not cancel safe: if the future is dropped before it is ready, it panics as an unfinished peer does.
    pub async fn check_finish(mut self) -> Result<Vec<Bytes>, Violation> {
        let result = poll_fn(|cx| self.poll_finish(cx)).await;
        self.is_finished = true;
        result
    }

    fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<Bytes>, Violation>> {
        let polled = self.stage.poll(Waiter::Test, &mut self.alarm, cx, |play| play.result());
        // A watcher reports a hang better, and without the real clock.
        if polled.is_ready() || wait::is_heard() {
            self.limit = None;
            return polled;
        }
        let limit = self.limit.get_or_insert_with(|| SystemClock.sleep(self.real_limit));
        if Pin::new(limit).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.stage.with(|play| play.fail(texts::limit(&play.scene(), self.real_limit, play.is_held())));
        self.stage.look(Play::result).map_or(Poll::Pending, Poll::Ready)
    }
}

impl PeerScript {
    /// Starts the conversation. Returns the stream for the code, and the peer for the test.
    ///
    /// The time of the first step begins here. Outside a runtime and without a clock of its own, it begins when the
    /// stream is first used in a runtime.
    ///
    /// # Panics
    /// Panics if the script is empty, or does not say how the stream ends.
    #[track_caller]
    pub fn start(self) -> (ScriptedStream, ScriptedPeer) {
        match self.steps.last() {
            None => texts::empty(&self.name).raise(),
            Some(Step { action: Action::Close | Action::Reset | Action::ExpectClose, .. }) => {}
            Some(last) => texts::no_end(&self.name, self.steps.len(), last).raise(),
        }
        let (addresses, real_limit) = (self.settings.addresses, self.settings.real_limit);
        let stage = Stage::new(self, SourceLocation::caller());
        (ScriptedStream::new(Arc::clone(&stage), addresses), ScriptedPeer::new(stage, real_limit))
    }
}

impl Drop for ScriptedPeer {
    /// Panics if the result was not asked for.
    fn drop(&mut self) {
        if !self.is_finished {
            let unfinished = self.stage.look(|play| {
                let failure = play.result().and_then(Result::err);
                texts::unfinished(&play.scene(), failure, self.stage.started())
            });
            guard::raise_in_drop(&unfinished);
        }
    }
}

/// Shows how far the script has come.
impl fmt::Debug for ScriptedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = self.stage.look(|play| play.scene().waiting_for());
        f.debug_struct("ScriptedPeer")
            .field("name", self.stage.name())
            .field("waits", &format_args!("{waits}"))
            .finish()
    }
}

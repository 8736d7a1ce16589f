//! A peer that follows a script, and judges the code that talks to it.

mod misuse;
mod play;
mod script;
mod stage;
mod stream;
mod texts;

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;

use self::{
    misuse::no_name,
    play::Play,
    stage::{Alarm, Stage, Waiter},
};
pub use self::{script::PeerScript, stream::ScriptedStream};
use crate::{
    clock::{ClockExt, Sleep, SystemClock},
    guard::{self, Open},
    violation::Violation,
    wait,
};

/// The test's end of a scripted conversation: the verdict. The code under test has the other end, a
/// [`ScriptedStream`].
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
/// # What it judges
/// The code must write what the script expects, byte for byte, cut in any way; read all that the script sends;
/// meet the end that the script makes; and write before it has read what was sent before only if the script is
/// [`pipelined`](PeerScript::pipelined). Every step must be reached. The first violation is kept, and the code
/// gets a reset.
///
/// The order of the code's reads and writes is judged by the bytes: a write fails while bytes are unread that an
/// earlier step sent. That the code asked to read before it wrote is not judged: nobody could tell over a network.
///
/// # Time
/// Nothing runs in the background: the script is played while the stream or [`finish`](Self::finish) is polled,
/// and catches up with the clock then. A step still happens at its own instant: each begins when the one before
/// it ended, however late somebody looks.
///
/// # Never a hang
/// In a [`Sim`](crate::Sim), a conversation that cannot go on is reported as a stall, with the step that it waits
/// at. By hand, `outcome::watch` says the same. Elsewhere, as in a plain `#[tokio::test]`, `finish` gives up
/// after the [`real_limit`](PeerScript::real_limit). There, code that could wait for ever for its peer belongs
/// beside `finish` in a `tokio::join!`, not before it.
///
/// # For those who know `tokio_test::io::Builder`
/// `read(b)` is [`send(b)`](PeerScript::send), `write(b)` is [`expect(b)`](PeerScript::expect), `wait(d)` is
/// [`wait(d)`](PeerScript::wait), `read_error` is [`reset()`](PeerScript::reset); the steps stand in the peer's
/// view, and the end is part of the script. Where the two judge differently (tokio-test 0.4.6):
///
/// | the code | tokio-test | here |
/// |---|---|---|
/// | writes before it has read what comes first | passes | a violation, unless `pipelined` |
/// | reads past the script | gets a clean end | there is nothing past: the script says how it ends |
/// | writes past the script | panics in the code | a violation; the code gets a reset |
/// | writes more than the script expects, reads still due | hangs in the write | a violation at once |
/// | writes other bytes | panics in the code, lists of numbers | gets a reset; `finish` shows the bytes |
/// | swallows that panic, or loses it in a task | passes | `finish` fails |
/// | never meets the scripted error | passes | a violation |
/// | never closes | cannot be expected | `expect_close` |
/// | writes after its own shutdown | passes | the write breaks |
/// | forgets (leaks) the stream | passes | `finish` waits, and does not pass |
/// | writes while the peer waits | is held up | goes on: 64 KiB are taken, and judged after the wait |
/// | looks only after a wait is over | begins the wait then | the wait began with the end of the step before |
/// | writes nothing | hangs, or panics | writes nothing |
/// | is run again by the same script, with an error in it | panics | a clone of the script is a script |
///
/// # Not modelled
/// Latency, and a peer that reads slowly: but for a wait, it takes whatever is written at once. Urgent data.
///
/// # Common mistakes
/// - **The stream is still alive.** With `expect_close` as the last step, `finish` waits until the code has
///   closed: `drop` a stream that the test itself holds.
/// - **A peer in a task.** A `ScriptedPeer` that is never finished panics when it is dropped; in a task that the
///   runtime throws away, nobody sees that. Keep it in the test's own frame.
#[must_use = "the verdict is only known to those who ask: `peer.finish().await`"]
pub struct ScriptedPeer {
    stage: Arc<Stage>,
    real_limit: Duration,
    alarm: Alarm,
    limit: Option<Sleep>,
    is_finished: bool,
    _open: Open,
}

impl ScriptedPeer {
    /// Begins the script of a peer; reports call it by `name`.
    ///
    /// # Panics
    /// If `name` is empty.
    #[track_caller]
    pub fn script(name: impl Into<Arc<str>>) -> PeerScript {
        let name = name.into();
        if name.is_empty() {
            no_name().raise();
        }
        PeerScript::new(name)
    }

    pub(self) fn new(stage: Arc<Stage>, real_limit: Duration) -> Self {
        let open = Open::new("the scripted peer started at", stage.started());
        Self { stage, real_limit, alarm: Alarm::default(), limit: None, is_finished: false, _open: open }
    }

    /// Waits until the script is over and everything is read, or a rule is broken. Gives what each
    /// [`expect_until`](PeerScript::expect_until) took, in their order.
    ///
    /// # Panics
    /// With the text of [`verdict`](Self::verdict).
    ///
    /// # Cancel safety
    /// None: dropped before it is done, it panics as an unfinished peer does.
    pub async fn finish(self) -> Vec<Bytes> {
        self.verdict().await.unwrap_or_else(|violation| guard::raise(&violation))
    }

    /// The same as a value.
    ///
    /// # Errors
    /// The first rule that was broken; or that the [`real_limit`](PeerScript::real_limit) has passed.
    ///
    /// # Cancel safety
    /// None: dropped before it is done, it panics as an unfinished peer does.
    pub async fn verdict(mut self) -> Result<Vec<Bytes>, Violation> {
        let verdict = poll_fn(|cx| self.poll_verdict(cx)).await;
        self.is_finished = true;
        verdict
    }

    fn poll_verdict(&mut self, cx: &mut Context<'_>) -> Poll<Result<Vec<Bytes>, Violation>> {
        let polled = self.stage.poll(Waiter::Judge, &mut self.alarm, cx, |play| play.verdict());
        // Whoever listens reports a hang better, and without a look at the real clock.
        if polled.is_ready() || wait::is_heard() {
            self.limit = None;
            return polled;
        }
        let limit = self.limit.get_or_insert_with(|| SystemClock.sleep(self.real_limit));
        if Pin::new(limit).poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.stage.with(|play| play.fail(texts::limit(play, self.real_limit)));
        self.stage.look(Play::verdict).map_or(Poll::Pending, Poll::Ready)
    }
}

impl Drop for ScriptedPeer {
    /// A verdict that nobody asked for must not pass for a good one.
    fn drop(&mut self) {
        if !self.is_finished {
            let unfinished = self.stage.look(|play| texts::unfinished(play, self.stage.started()));
            guard::raise_in_drop(&unfinished);
        }
    }
}

/// Shows where the script stands.
impl fmt::Debug for ScriptedPeer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waits = self.stage.look(texts::waiting_for);
        f.debug_struct("ScriptedPeer")
            .field("name", self.stage.name())
            .field("waits", &format_args!("{waits}"))
            .finish()
    }
}

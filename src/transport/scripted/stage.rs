//! What the code's end and the test's end share: the play, its clock, and who waits for it.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use tokio::runtime::Handle;

use super::{PeerScript, ScriptedPeer, ScriptedStream, play::Play, texts};
use crate::{
    clock::{Clock, Sleep, TokioClock},
    sync::lock,
    violation::SourceLocation,
    wait::{self, Wait},
};

pub(super) struct Stage {
    state: Mutex<State>,
    name: Arc<str>,
    started: SourceLocation,
}

struct State {
    play: Play,
    time: Time,
    waiting: [Option<Waker>; 3],
}

/// Who waits.
#[derive(Clone, Copy)]
pub(super) enum Waiter {
    Reader,
    Writer,
    Judge,
}

pub(super) fn begin(script: PeerScript, started: SourceLocation) -> (ScriptedStream, ScriptedPeer) {
    let (addresses, real_limit) = (script.settings.addresses, script.settings.real_limit);
    let time = Time::new(script.settings.clock.clone());
    let name = Arc::clone(&script.name);
    let mut state = State { play: Play::new(script), time, waiting: [None, None, None] };
    state.catch_up();
    let stage = Arc::new(Stage { state: Mutex::new(state), name, started });
    (ScriptedStream::new(Arc::clone(&stage), addresses), ScriptedPeer::new(stage, real_limit))
}

impl Stage {
    /// Lets the play catch up, and then does something with it.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Play) -> R) -> R {
        let mut state = lock(&self.state);
        state.catch_up();
        let result = act(&mut state.play);
        let woken = state.take_woken();
        drop(state);
        woken.into_iter().for_each(Waker::wake);
        result
    }

    /// Does something with the play as soon as that can be done; `alarm` wakes when time alone would do it.
    pub(super) fn poll<R>(
        &self,
        waiter: Waiter,
        alarm: &mut Alarm,
        cx: &mut Context<'_>,
        mut act: impl FnMut(&mut Play) -> Option<R>,
    ) -> Poll<R> {
        loop {
            let mut state = lock(&self.state);
            state.waiting[waiter as usize] = None;
            state.catch_up();
            let result = act(&mut state.play);
            let woken = state.take_woken();
            let deadline = state.play.deadline();
            let timer = match (&result, deadline) {
                (None, Some(deadline)) => alarm.set(deadline, &state.time, &self.name),
                _ => alarm.clear(),
            };
            if result.is_none() {
                state.waiting[waiter as usize] = Some(cx.waker().clone());
            }
            drop(state);
            woken.into_iter().for_each(Waker::wake);
            if let Some(result) = result {
                return Poll::Ready(result);
            }
            if timer.is_none_or(|timer| poll_unheard(timer, cx).is_pending()) {
                self.note(waiter, deadline);
                return Poll::Pending;
            }
        }
    }

    /// Tells whoever watches what is waited for.
    fn note(&self, waiter: Waiter, deadline: Option<Duration>) {
        wait::report(|| {
            let what = match waiter {
                Waiter::Reader => "read from peer",
                Waiter::Writer => "write to peer",
                Waiter::Judge => "end of peer",
            };
            let detail = texts::waiting_for(&lock(&self.state).play);
            let wait = Wait::new(what, self.started).named(Some(Arc::clone(&self.name))).detailed(detail);
            match deadline {
                Some(deadline) => wait.due(deadline),
                None => wait,
            }
        });
    }

    /// Looks at the play as it is.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Play) -> R) -> R {
        look(&lock(&self.state).play)
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn started(&self) -> SourceLocation {
        self.started
    }
}

impl State {
    fn catch_up(&mut self) {
        if let Some(now) = self.time.begins() {
            self.play.begin(now);
        }
        let now = if self.play.is_timed() { self.time.now() } else { None };
        self.play.tick(now);
        self.date();
    }

    /// Adds the time to a fault that was found without.
    fn date(&mut self) {
        if let Some(fault) = self.play.undated() {
            fault.date(self.time.now());
        }
    }

    /// Whoever is to look again. Never to be woken under the lock.
    fn take_woken(&mut self) -> Vec<Waker> {
        self.date();
        if self.play.take_changed() && self.waiting.iter().any(Option::is_some) {
            return self.waiting.iter_mut().filter_map(Option::take).collect();
        }
        Vec::new()
    }
}

/// The clock of a play.
struct Time {
    clock: Option<Arc<dyn Clock>>,
    /// The clock is tokio's, which can only be read inside of its runtime: outside, time stands still.
    is_tokio: bool,
    /// What the play counts from; unset until there is a clock.
    start: Option<Instant>,
    latest: Option<Duration>,
}

impl Time {
    fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        Self { is_tokio: clock.is_none(), clock, start: None, latest: None }
    }

    /// The time at which the play begins, once: when there is a clock for the first time.
    fn begins(&mut self) -> Option<Duration> {
        if self.start.is_some() || !self.is_readable() {
            return None;
        }
        let clock = self.clock.get_or_insert_with(|| Arc::new(TokioClock::new()));
        self.start = Some(clock.start());
        self.now()
    }

    fn now(&mut self) -> Option<Duration> {
        if let (Some(clock), Some(start), true) = (&self.clock, self.start, self.is_readable()) {
            self.latest = self.latest.max(Some(clock.now().saturating_duration_since(start)));
        }
        self.latest
    }

    fn is_readable(&self) -> bool {
        !self.is_tokio || Handle::try_current().is_ok()
    }

    fn sleep_until(&self, deadline: Duration) -> Option<Sleep> {
        if !self.is_readable() {
            return None;
        }
        Some(self.clock.as_ref()?.sleep_until(self.start?.checked_add(deadline)?))
    }
}

/// The timer of one who waits.
#[derive(Default)]
pub(super) struct Alarm(Option<(Duration, Sleep)>);

impl Alarm {
    fn set(&mut self, deadline: Duration, time: &Time, name: &Arc<str>) -> Option<&mut Sleep> {
        if self.0.as_ref().is_none_or(|(known, _)| *known != deadline) {
            self.0 = None;
            let sleep = time.sleep_until(deadline)?;
            self.0 = Some((deadline, sleep.named(Arc::clone(name))));
        }
        self.0.as_mut().map(|(_, sleep)| sleep)
    }

    fn clear(&mut self) -> Option<&mut Sleep> {
        self.0 = None;
        None
    }
}

/// Polls a timer whose wait is told in words of our own.
fn poll_unheard(timer: &mut Sleep, cx: &mut Context<'_>) -> Poll<()> {
    wait::listen(|| Pin::new(timer).poll(cx)).0
}

//! The loop of `TestConnection` and `Linked`: it makes every call that is due, and keeps timeouts on a `FakeClock`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::{Duration, Instant},
};

use super::{
    callbacks::Protocol,
    engine::{Did, Engine, HasCore, Watermarks},
    texts,
    transport_core::TransportCore,
};
use crate::{
    clock::{Clock, ClockExt, FakeClock, Sleep},
    guard::OrRaise,
    violation::Violation,
    wait::{self, Wait},
};

/// How many calls in a row, without new bytes, are a loop.
const MAX_CALLS: u32 = 10_000;

pub(super) struct TestDriver<P, T> {
    pub(super) engine: Engine<P, T>,
    pub(super) clock: Option<FakeClock>,
    woken: Arc<Woken>,
    /// The waits of the last `poll`.
    pub(super) waits: Vec<Wait>,
    /// Shows the protocol's deadline among the pending timers of the clock.
    timer: Option<(Instant, Sleep)>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl<P, T> TestDriver<P, T> {
    pub(super) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Acquire)
    }
}

impl<P: Protocol, T: HasCore> TestDriver<P, T> {
    /// Begins the connection, and makes the calls that are due.
    #[track_caller]
    pub(super) fn connect(
        protocol: P,
        transport: T,
        watermarks: Watermarks,
        clock: Option<FakeClock>,
    ) -> Self {
        let engine = Engine::connect(protocol, transport, watermarks);
        let mut this = Self { engine, clock, woken: Arc::default(), waits: Vec::new(), timer: None };
        this.settle();
        this
    }

    pub(super) fn core(&self) -> &TransportCore {
        self.engine.core()
    }

    /// Makes all calls that are due.
    #[track_caller]
    pub(super) fn settle(&mut self) {
        self.try_settle().or_raise();
    }

    /// Settles like [`settle`](Self::settle), for closures, which lose `#[track_caller]`.
    pub(super) fn try_settle(&mut self) -> Result<(), Violation> {
        self.check_in_time()?;
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut cx = Context::from_waker(&waker);
        let mut calls = 0;
        loop {
            if self.woken.0.swap(false, Ordering::AcqRel) {
                self.engine.must_poll();
            }
            let clock = self.clock.as_ref();
            let engine = &mut self.engine;
            let (did, waits) = wait::listen(|| match engine.pressure() {
                Did::Nothing => engine.step(|| clock.map(Clock::now), &mut cx),
                did => did,
            });
            match did {
                Did::Nothing => break,
                Did::Data => calls = 0,
                Did::Poll => self.waits = waits,
                Did::Call | Did::Timeout => {}
            }
            calls += 1;
            if calls > MAX_CALLS {
                return Err(self.in_context(texts::busy(&self.core().identity, MAX_CALLS)));
            }
        }
        self.arm();
        Ok(())
    }

    /// Calls `connection_lost` if nothing else is left to do. False if something is.
    pub(super) fn end(&mut self) -> bool {
        let Some(reason) = self.engine.outcome() else { return false };
        self.waits.clear();
        self.timer = None;
        self.engine.lose(reason);
        true
    }

    /// Shows the protocol's deadline to the clock.
    fn arm(&mut self) {
        let Some(clock) = &self.clock else { return };
        let deadline = self.engine.protocol.poll_timeout().filter(|_| !self.core().is_over());
        if deadline == self.timer.as_ref().map(|(armed, _)| *armed) {
            return;
        }
        let identity = &self.core().identity;
        self.timer = deadline.map(|deadline| {
            let name = identity.name.clone().unwrap_or_else(|| "connection".into());
            (deadline, clock.timeline().sleep_until(deadline, identity.made_at).named(name))
        });
    }

    /// Checks that the test has not moved the clock past the deadline.
    fn check_in_time(&self) -> Result<(), Violation> {
        let (Some(clock), Some((due, _))) = (&self.clock, &self.timer) else { return Ok(()) };
        if clock.now() > *due && self.engine.protocol.poll_timeout() == Some(*due) {
            let due = due.saturating_duration_since(clock.start());
            return Err(self.in_context(texts::late(&self.core().identity, due)));
        }
        Ok(())
    }

    /// Adds what the protocol waits for, and the time.
    pub(super) fn in_context(&self, violation: Violation) -> Violation {
        texts::in_context(violation, &self.waits, self.clock.as_ref().map(ClockExt::since_start))
    }
}

/// Advances the clock, and settles at each deadline.
#[track_caller]
pub(super) fn advance(
    clock: &FakeClock,
    by: Duration,
    mut try_settle: impl FnMut() -> Result<(), Violation>,
) {
    try_settle().or_raise();
    let Some(end) = clock.now().checked_add(by) else {
        return clock.advance(by); // it reports the overflow
    };
    let next_deadline =
        || clock.timeline().next_deadline().map(|nanos| clock.start() + Duration::from_nanos(nanos));
    while let Some(next) = next_deadline().filter(|next| *next <= end) {
        clock.advance_to(next.max(clock.now()));
        try_settle().or_raise();
    }
    clock.advance_to(end);
    try_settle().or_raise();
}

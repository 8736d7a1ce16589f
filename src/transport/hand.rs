//! What `TestConnection` and `Linked` share: the loop that makes every call that is due, and the protocol's deadline on
//! a `FakeClock`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Wake, Waker},
    time::{Duration, Instant},
};

use super::{
    Protocol,
    core::Core,
    engine::{Did, Engine, HasCore},
    texts,
};
use crate::{
    clock::{Clock, ClockExt, FakeClock, Sleep},
    violation::{OrRaise, Violation},
    wait::{self, Wait},
};

/// How many calls in a row, without new bytes, count as a loop.
const LIMIT: u32 = 10_000;

pub(super) struct Hand<P, T> {
    pub(super) engine: Engine<P, T>,
    pub(super) clock: Option<FakeClock>,
    woken: Arc<Woken>,
    /// What the last `poll` waits for.
    pub(super) waits: Vec<Wait>,
    /// Stands in the clock for the protocol's deadline, so that it is seen among what is pending.
    timer: Option<(Instant, Sleep)>,
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl<P, T> Hand<P, T> {
    pub(super) fn is_woken(&self) -> bool {
        self.woken.0.load(Ordering::Acquire)
    }
}

impl<P: Protocol, T: HasCore> Hand<P, T> {
    /// Connects, and makes the calls that are due then.
    #[track_caller]
    pub(super) fn connect(
        protocol: P,
        transport: T,
        marks: (usize, usize),
        clock: Option<FakeClock>,
    ) -> Self {
        let engine = Engine::connect(protocol, transport, marks);
        let mut this = Self { engine, clock, woken: Arc::default(), waits: Vec::new(), timer: None };
        this.settle();
        this
    }

    pub(super) fn core(&self) -> &Core {
        self.engine.core()
    }

    /// Makes all calls that are due.
    #[track_caller]
    pub(super) fn settle(&mut self) {
        self.try_settle().or_raise();
    }

    /// The same for a closure, which no caller is tracked through.
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
            if calls > LIMIT {
                return Err(self.in_context(texts::busy(&self.core().identity, LIMIT)));
            }
        }
        self.arm();
        Ok(())
    }

    /// The connection ends, if nothing is left to do but to tell the protocol. False if there is.
    pub(super) fn end(&mut self) -> bool {
        let Some(reason) = self.engine.outcome() else { return false };
        self.waits.clear();
        self.timer = None;
        self.engine.lose(reason);
        true
    }

    /// Shows the clock what the protocol waits for.
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

    /// A deadline that nobody kept is a mistake of the test.
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

/// Moves a clock on, and lets whoever depends on it go on at each deadline.
#[track_caller]
pub(super) fn advance(
    clock: &FakeClock,
    by: Duration,
    mut try_settle: impl FnMut() -> Result<(), Violation>,
) {
    try_settle().or_raise();
    let Some(end) = clock.now().checked_add(by) else {
        return clock.advance(by); // says what is wrong
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

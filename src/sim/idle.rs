//! The steps that a sim takes when no task can run.
//!
//! All of it works inside tokio's `on_thread_park`, which tells that no task can run. Each time, it takes one step that
//! the [driver](super::driver) decides on.

use std::sync::{Arc, atomic::Ordering};

use super::{
    core::{Completion, SimCore, State, count},
    driver::{self, Failure, Motion, Move, RuntimeClock, Situation},
    pool::Pool,
    test_waker::Cause,
    texts,
    tokio_clock::{may_be_stopover, stay_awake},
};
use crate::{
    clock::Label,
    nanos::saturating_nanos,
    sync::lock,
    trace::{EventKind, Subject},
    violation::Violation,
};

/// A move whose part under the lock is done.
enum Step {
    Complete(Option<Arc<Completion>>),
    FireDue,
    /// `looks` if the test looks for the next instant at which anything runs.
    Moved {
        to: u64,
        fires: bool,
        looks: bool,
    },
    Fail(Failure),
    Nothing,
}

impl SimCore {
    /// Follows the runtime's clock, which may have moved while the thread was parked.
    pub(super) fn on_unpark(&self) {
        self.is_parked.store(false, Ordering::Relaxed);
        self.wakes.becomes(Cause::Others);
        if self.clock_stands.load(Ordering::Relaxed) {
            return;
        }
        let state = lock(&self.state);
        let reached = state.clock.reached();
        let now = reached.or_else(|| state.clock.now(self.timeline.now()));
        let is_on_its_way = reached.is_some() || now.is_some_and(may_be_stopover);
        let looks = now.filter(|now| is_on_its_way && state.looks_for_the_next(*now));
        drop(state);
        now.into_iter().for_each(|now| self.arrive_at(now));
        looks.into_iter().for_each(|now| self.ask_whether_anything_runs(now));
    }

    /// Asks whether the runtime has anything to run at `now`, where no event of the kit's own is due.
    fn ask_whether_anything_runs(&self, now: u64) {
        if self.timeline.next_deadline_before_the_end() != Some(now) {
            self.test_waker().iter().for_each(|test| self.probe.ask_whether_anything_runs(now, test));
        }
    }

    /// Reports a thread that the runtime has started, which it does for blocking tasks only.
    pub(super) fn on_thread(&self) {
        if !self.settings.real_threads && self.pool().is_none() {
            self.fail(self.explain(texts::blocking_unseen()));
        }
    }

    /// Takes one step.
    pub(super) fn on_idle(&self) {
        if !self.pool().is_some_and(Pool::is_busy) {
            count(&self.idle_count);
        }
        self.clock_stands.store(false, Ordering::Relaxed);
        let goes_first = self.lets_sockets_go_first() || self.run_a_thread();
        if self.is_failing() || !(self.asks_pool(goes_first) || goes_first) {
            self.take_a_step();
        }
        if !self.settings.real_io {
            self.wakes.becomes(Cause::Timer); // while it is parked, only a timer of tokio's can wake on this thread
        }
        self.is_parked.store(true, Ordering::Relaxed);
    }

    /// Gives the next thread of the sim its turn, if one is ready.
    fn run_a_thread(&self) -> bool {
        let has_run = self.threads.run_next(|| self.is_failing());
        if has_run {
            stay_awake();
            self.clock_stands.store(true, Ordering::Relaxed);
            self.activity.record(self.timeline.now(), true);
        }
        has_run
    }

    fn take_a_step(&self) {
        let mut state = lock(&self.state);
        let Some(now) = state.clock.now(self.timeline.now()) else { return };
        if now != self.timeline.now() {
            self.arrive_at(now);
            // A task that has panicked is the cause, and is reported itself.
            if lock(&self.panics).iter().all(|panicked| panicked.is_of_test) {
                drop(state);
                return self.fail(self.stamp(texts::moved_by_others()));
            }
        }
        let step = self.step(&mut state, now);
        drop(state);
        match step {
            Step::Complete(completion) => completion.iter().for_each(|completion| self.complete(completion)),
            Step::FireDue => {
                stay_awake();
                self.fire_due(now);
            }
            Step::Moved { to, fires: true, .. } => {
                stay_awake();
                self.fire_due(to);
            }
            Step::Moved { to, fires: false, looks } => {
                self.clock_stands.store(true, Ordering::Relaxed);
                self.activity.record(to, false);
                self.arrive_at(to);
                if looks {
                    self.ask_whether_anything_runs(to);
                }
            }
            Step::Fail(failure) => self.fail(self.explain(self.text_of(failure))),
            Step::Nothing => {}
        }
    }

    fn step(&self, state: &mut State, now: u64) -> Step {
        let is_stopover = self.probe.is_stopover(now);
        let has_work = state.clock.has_work(now) && !is_stopover;
        if self.activity.is_progress(now).unwrap_or(has_work) {
            state.active = now;
        }
        let situation = Situation {
            now,
            next_deadline: self.timeline.next_deadline_before_the_end(),
            is_failing: state.failure.is_some(),
            is_settling: !state.settle_waiters.is_empty(),
            target: state.target.as_ref().map(|target| (target.until, target.limit)),
            is_manual: self.settings.manual,
            limit: saturating_nanos(self.settings.limit),
            test_came_on: state.test_came_on,
            active: state.active,
            is_stopover,
        };
        let tasks = &mut state.tasks;
        let has_foreground = || tasks.has_foreground() || self.timeline.has_foreground();
        let (stop, fires) = match driver::next(&situation, has_foreground) {
            Move::Nothing => return Step::Nothing,
            Move::FireDue => return Step::FireDue,
            Move::CallSettled => return Step::Complete(state.settle_waiters.pop_front()),
            Move::CallTarget => return Step::Complete(state.target.take().map(|target| target.completion)),
            Move::Fail(failure) => return Step::Fail(failure),
            Move::Advance(stop) => (stop, false),
            Move::AdvanceAndFire(stop) => (stop, true),
        };
        let next = state.clock.next_deadline().map_or(stop, |own| own.min(stop));
        match state.clock.go_towards(now, next) {
            Motion::ToStop => Step::Moved { to: next, fires: fires && next == stop, looks: false },
            Motion::To(to) => Step::Moved { to, fires: false, looks: state.looks_for_the_next(to) },
            Motion::AutoAdvance => Step::Nothing,
        }
    }

    /// Brings the timeline to the runtime's time.
    fn arrive_at(&self, now: u64) {
        if now > self.timeline.now() {
            self.timeline.drive("a sim").arrive(now);
        }
    }

    /// Fires the first event that is due now. It may wake no task (a packet that a socket keeps for later): the
    /// runtime must come back all the same.
    fn fire_due(&self, now: u64) {
        self.probe.something_runs();
        self.clock_stands.store(true, Ordering::Relaxed);
        self.fire_next(now).unwrap_or_else(|loops| self.fail(self.explain(loops)));
    }

    fn fire_next(&self, now: u64) -> Result<(), Violation> {
        let driving = self.timeline.drive("a sim");
        if let Some(net) = self.net.get() {
            if driving.take_source(now).map_err(|loops| net.zero_delay_loop(&loops))? {
                drop(driving);
                net.go_on();
                self.activity.record(now, net.woke_at() == now);
                return Ok(());
            }
        }
        let event = driving.try_next_event(now)?;
        drop(driving);
        if let Some(event) = event {
            if let Some(label) = event.sleeper() {
                self.record_timer(label);
                self.wakes.becomes(Cause::Timer);
            }
            self.activity.record(now, true);
            event.run();
            self.wakes.becomes(Cause::Others);
        }
        Ok(())
    }

    fn record_timer(&self, label: &Label) {
        let (name, repeats, made_at) = (label.name().cloned(), label.repeats, label.made_at.into());
        self.trace.report(EventKind::TimerFired, Subject::Timer { name, repeats, made_at }, 0, &[]);
    }

    fn text_of(&self, failure: Failure) -> Violation {
        let limit = self.settings.limit;
        match failure {
            Failure::Manual => {
                let waits = &lock(&self.state).test_waits;
                let call_is = waits.first().map_or_else(|| "on an unknown leaf".into(), ToString::to_string);
                texts::manual(&call_is)
            }
            Failure::Stalled { since, is_to_idle } => texts::stalled(since, limit, is_to_idle),
            Failure::TestWaits { since } => {
                texts::test_waits(since, limit, lock(&self.state).test_waits.is_empty())
            }
            Failure::LimitReached => texts::limit_reached(limit),
        }
    }
}

//! The real clock's side.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use unplugged::{
    clock::{Clock, ClockExt, FakeClock, FirstCall, MissedTickBehavior, Timer, nanos},
    outcome::Watch,
    seed::Seed,
};

use super::{Action, Name, Story, Thing};

pub(super) struct Real {
    clock: FakeClock,
    timers: Mutex<Vec<Timer>>,
    ran: Mutex<Vec<(Name, u64, u64)>>,
}

impl Real {
    pub(super) fn run(things: &[Thing], steps: &[u64], seed: Option<Seed>) -> Story {
        let real =
            Arc::new(Self { clock: FakeClock::new(), timers: Mutex::default(), ran: Mutex::default() });
        seed.into_iter().for_each(|seed| real.clock.shuffle_ties(seed));
        let _futures: Vec<Watch<()>> =
            things.iter().enumerate().filter_map(|(index, thing)| Self::begin(&real, index, thing)).collect();
        real.clock.advance_each(steps.iter().map(|step| nanos(*step)));
        let left = real.clock.pending().iter().map(|timer| in_nanos(timer.due)).collect();
        Story { ran: real.ran.lock().unwrap().clone(), left }
    }

    fn begin(real: &Arc<Self>, index: usize, thing: &Thing) -> Option<Watch<()>> {
        let inner = Arc::clone(real);
        match thing.clone() {
            Thing::Timer(delay, action) => Self::make(real, delay, action),
            Thing::Every(period, first, action) => Self::repeat(real, period, first, action),
            Thing::Naps { nap, count, limit } => {
                let naps = async move {
                    for _ in 0..count {
                        inner.clock.sleep(nanos(nap)).await;
                        inner.note(Name::Future(index), 0);
                    }
                };
                return Some(match limit {
                    None => real.clock.watch(naps),
                    Some(limit) => {
                        let limited = real.clock.timeout(nanos(limit), naps);
                        real.clock.watch(async { limited.await.unwrap_or_default() })
                    }
                });
            }
            Thing::Ticks { period, work, count, missed } => {
                return Some(real.clock.watch(inner.ticks(index, [period, work], count, missed)));
            }
        }
        None
    }

    async fn ticks(
        self: Arc<Self>,
        index: usize,
        [period, work]: [u64; 2],
        count: u32,
        missed: MissedTickBehavior,
    ) {
        let mut ticks = self.clock.interval(nanos(period));
        ticks.set_missed_tick_behavior(missed);
        for _ in 0..count {
            ticks.tick().await;
            self.note(Name::Future(index), 0);
            if work > 0 {
                self.clock.sleep(nanos(work)).await;
            }
        }
    }

    fn make(real: &Arc<Self>, delay: u64, action: Action) {
        let inner = Arc::clone(real);
        let mut timers = real.timers.lock().unwrap();
        let id = timers.len();
        timers.push(real.clock.call_later(nanos(delay), move || {
            inner.note(Name::Timer(id), 0);
            Self::act(&inner, &action);
        }));
    }

    fn repeat(real: &Arc<Self>, period: u64, first: FirstCall, action: Action) {
        let inner = Arc::clone(real);
        let id = real.timers.lock().unwrap().len();
        // One that never runs holds the place: the first call may come before there is a handle.
        let placeholder = FakeClock::new().call_later(nanos(0), || ());
        real.timers.lock().unwrap().push(placeholder);
        let timer = real.clock.call_every(nanos(period), first, move |tick| {
            assert_eq!(tick.now, inner.clock.now());
            inner.note(Name::Timer(id), tick.missed);
            Self::act(&inner, &action);
        });
        real.timers.lock().unwrap()[id] = timer;
    }

    fn act(real: &Arc<Self>, action: &Action) {
        let known = |which: usize| real.timers.lock().unwrap().get(which).cloned();
        match *action {
            Action::Nothing => {}
            Action::Make(delay, ref then) => Self::make(real, delay, (**then).clone()),
            Action::Repeat(period) => {
                Self::repeat(real, period, FirstCall::AfterOnePeriod, Action::Nothing);
            }
            Action::Cancel(which) => drop(known(which).map(|timer| timer.cancel())),
            Action::Reset(which, delay) => drop(known(which).map(|timer| timer.reset(nanos(delay)))),
            Action::Delay(which, by) => drop(known(which).map(|timer| timer.delay(nanos(by)))),
        }
    }

    fn note(&self, who: Name, missed: u64) {
        self.ran.lock().unwrap().push((who, in_nanos(self.clock.since_start()), missed));
    }
}

fn in_nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap()
}

//! The state that both ends of a scripted conversation share: the play, its clock, and the tasks that wait.

use std::{
    future::Future,
    io::IoSlice,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::runtime::Handle;

use super::{
    play::Play,
    script::PeerScript,
    step::{Action, Step},
    texts::Scene,
};
use crate::{
    clock::{Clock, Sleep, TokioClock},
    sync::{After, Locked, Wakers},
    trace::{self, EventKind, Subject},
    violation::{SourceLocation, Violation},
    wait::{self, Wait},
};

pub(super) struct Stage {
    state: Locked<State>,
    time: Time,
    name: Arc<str>,
    started: SourceLocation,
}

struct State {
    play: Play,
    has_begun: bool,
    waiting: [Wakers; 3],
    /// How many steps the record knows to be done, and whether it knows of a broken rule.
    told: (usize, bool),
}

/// The task that waits.
#[derive(Clone, Copy)]
pub(super) enum Waiter {
    Reader,
    Writer,
    Test,
}

impl Stage {
    pub(super) fn new(script: PeerScript, started: SourceLocation) -> Arc<Self> {
        let (time, name) = (Time::new(script.settings.clock.clone()), Arc::clone(&script.name));
        let state = State {
            play: Play::new(script),
            has_begun: false,
            waiting: Default::default(),
            told: (0, false),
        };
        let stage = Arc::new(Self { state: Locked::new(state), time, name, started });
        stage.with(|_| ()); // the first steps
        stage
    }

    /// Lets the play catch up, then runs `act`.
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Play) -> R) -> R {
        let now = self.time.now(); // the clock may be the user's: it is asked unlocked
        let (result, news) = self.state.with(|state, after| {
            state.catch_up(now);
            let result = act(&mut state.play);
            (result, state.wake(after))
        });
        self.tell(news);
        result
    }

    /// Adds to the record what the peer has done.
    fn tell(&self, news: Vec<News>) {
        for News { words, bytes, made_at } in news {
            let subject = || Subject::Step { peer: Arc::clone(&self.name), words: words.into(), made_at };
            trace::report(EventKind::ScriptStep, subject, bytes.len(), &[IoSlice::new(&bytes)]);
        }
    }

    /// Runs `act` until it gives a result. `alarm` wakes the task at the end of the current step.
    pub(super) fn poll<R>(
        &self,
        waiter: Waiter,
        alarm: &mut Alarm,
        cx: &mut Context<'_>,
        mut act: impl FnMut(&mut Play) -> Option<R>,
    ) -> Poll<R> {
        loop {
            let now = self.time.now();
            let (result, deadline, news) = self.state.with(|state, after| {
                state.waiting[waiter as usize].unregister(after);
                state.catch_up(now);
                let result = act(&mut state.play);
                let news = state.wake(after);
                if result.is_none() {
                    state.waiting[waiter as usize].register(cx.waker(), after);
                }
                (result, state.play.deadline(), news)
            });
            self.tell(news);
            if let Some(result) = result {
                alarm.clear();
                return Poll::Ready(result);
            }
            let timer = alarm.set(deadline, &self.time, &self.name);
            if timer.is_none_or(|timer| poll_unheard(timer, cx).is_pending()) {
                self.note(waiter, deadline);
                return Poll::Pending;
            }
        }
    }

    /// Reports what the task waits for.
    fn note(&self, waiter: Waiter, deadline: Option<Duration>) {
        wait::report(|| {
            let what = match waiter {
                Waiter::Reader => "read from peer",
                Waiter::Writer => "write to peer",
                Waiter::Test => "end of peer",
            };
            let detail = self.look(|play| play.scene().waiting_for());
            let wait = Wait::new(what, self.started).named(Arc::clone(&self.name)).detailed(detail);
            match deadline {
                Some(deadline) => wait.due(deadline),
                None => wait,
            }
        });
    }

    /// Reads the play as it is.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Play) -> R) -> R {
        self.state.read(|state| look(&state.play))
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn started(&self) -> SourceLocation {
        self.started
    }
}

impl State {
    fn catch_up(&mut self, now: Option<Duration>) {
        if let (false, Some(now)) = (self.has_begun, now) {
            self.has_begun = true;
            self.play.begin(now);
        }
        self.play.tick(now);
    }

    /// Wakes the tasks that should look again. Returns what the record does not know yet.
    fn wake(&mut self, after: &mut After) -> Vec<News> {
        if !self.play.take_changed() {
            return Vec::new();
        }
        self.waiting.iter_mut().for_each(|waiting| waiting.wake_all(after));
        let Scene { steps, at, .. } = self.play.scene();
        let done = steps[self.told.0..at].iter().enumerate();
        let mut news: Vec<News> = done.map(|(index, step)| News::done(self.told.0 + index, step)).collect();
        let broken = self.play.result().and_then(Result::err).filter(|_| !self.told.1);
        if let (Some(broken), Some(last)) = (&broken, steps.get(at).or(steps.last())) {
            news.push(News::broken(broken, last.scripted));
        }
        self.told = (at, self.told.1 || broken.is_some());
        news
    }
}

/// An event of the peer, on its way to the record.
struct News {
    words: String,
    bytes: Bytes,
    made_at: SourceLocation,
}

impl News {
    fn done(index: usize, step: &Step) -> Self {
        let bytes = match &step.action {
            Action::Expect(bytes) | Action::Send(bytes) => bytes.clone(),
            _ => Bytes::new(),
        };
        Self { words: format!("step {}, {}", index + 1, step.brief()), bytes, made_at: step.scripted }
    }

    /// The headline begins with the name of the peer, as the event does.
    fn broken(broken: &Violation, made_at: SourceLocation) -> Self {
        let headline = broken.headline();
        let words = headline.split_once("`: ").map_or(headline, |(_, words)| words).to_owned();
        Self { words, bytes: Bytes::new(), made_at }
    }
}

/// The clock of a play.
struct Time {
    /// tokio's clock can only be read inside its runtime. Outside, time stands still.
    is_tokio: bool,
    /// The clock and its start. Set once there is a clock.
    clock: OnceLock<(Arc<dyn Clock>, Instant)>,
}

impl Time {
    fn new(clock: Option<Arc<dyn Clock>>) -> Self {
        let is_tokio = clock.is_none();
        let clock = clock.map_or_else(OnceLock::new, |clock| OnceLock::from(started(clock)));
        Self { is_tokio, clock }
    }

    fn clock(&self) -> Option<&(Arc<dyn Clock>, Instant)> {
        if self.is_tokio && Handle::try_current().is_err() {
            return None;
        }
        Some(self.clock.get_or_init(|| started(Arc::new(TokioClock::new()))))
    }

    fn now(&self) -> Option<Duration> {
        let (clock, start) = self.clock()?;
        Some(clock.now().saturating_duration_since(*start))
    }

    fn sleep_until(&self, deadline: Duration) -> Option<Sleep> {
        let (clock, start) = self.clock()?;
        Some(clock.sleep_until(start.checked_add(deadline)?))
    }
}

fn started(clock: Arc<dyn Clock>) -> (Arc<dyn Clock>, Instant) {
    let start = clock.start();
    (clock, start)
}

/// The timer of a task that waits.
#[derive(Default)]
pub(super) struct Alarm(Option<(Duration, Sleep)>);

impl Alarm {
    fn set(&mut self, deadline: Option<Duration>, time: &Time, name: &Arc<str>) -> Option<&mut Sleep> {
        if self.0.as_ref().map(|(known, _)| *known) != deadline {
            self.clear();
            let deadline = deadline?;
            let sleep = time.sleep_until(deadline)?;
            self.0 = Some((deadline, sleep.named(Arc::clone(name))));
        }
        self.0.as_mut().map(|(_, sleep)| sleep)
    }

    fn clear(&mut self) {
        self.0 = None;
    }
}

/// Polls a timer without its own report: `note` says it better.
fn poll_unheard(timer: &mut Sleep, cx: &mut Context<'_>) -> Poll<()> {
    wait::listen(|| Pin::new(timer).poll(cx)).0
}

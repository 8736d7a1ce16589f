//! The fabric under a lock, bound to a timeline. Holds wakers, and decides nothing.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, TryLockError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    task::Waker,
    thread::{self, ThreadId},
};

use tokio::runtime::Handle;

use super::{
    HostClock,
    fabric::{ConnId, Fabric, HostId, ListenerId, Notice, Side, SocketId},
    tasks::HostTasks,
    texts,
    waiters::Waiters,
};
use crate::{
    clock::{Deliver, Event, EventKey, Label, Timeline},
    fault::Place,
    seed::Seed,
    sync::lock,
    trace::Trace,
};

/// What all handles of one network share.
pub(super) struct Shared {
    pub(super) timeline: Arc<Timeline>,
    /// Where the tasks of hosts run.
    pub(super) runtime: Handle,
    /// What its event is known by on the timeline.
    label: Label,
    core: Mutex<Core>,
    /// Closures of the test look at packets, under the lock.
    has_inspectors: AtomicBool,
    inspecting: Mutex<Option<ThreadId>>,
    own: Weak<Self>,
}

pub(super) struct Core {
    pub(super) fabric: Fabric,
    conns: Vec<[EndWaiters; 2]>,
    listeners: Vec<Waiters>,
    sockets: Vec<Waiters>,
    tasks: Vec<HostTasks>,
    /// How many plans of faults have run.
    pub(super) chaoses: u32,
    clocks: Vec<Option<HostClock>>,
    /// The event of the timeline that stands for the fabric's next one.
    armed: Option<Armed>,
    /// That event, when it has fired and waits for nothing.
    event: Option<Event>,
    /// Kept for its room.
    woken: Vec<Waker>,
}

#[derive(Clone, Copy)]
struct Armed {
    at: u64,
    is_background: bool,
    key: EventKey,
}

#[derive(Default)]
pub(super) struct EndWaiters {
    pub(super) read: Waiters,
    pub(super) write: Waiters,
}

impl Shared {
    pub(super) fn new(
        timeline: Arc<Timeline>,
        runtime: Handle,
        seed: Seed,
        trace: Trace,
        made_at: Place,
    ) -> Arc<Self> {
        let mut fabric = Fabric::new(seed);
        fabric.transcript.report_to(trace);
        let mut label = Label::new(made_at);
        label.set_name("network".into());
        Arc::new_cyclic(|own| Self {
            timeline,
            runtime,
            label,
            core: Mutex::new(Core {
                fabric,
                conns: Vec::new(),
                listeners: Vec::new(),
                sockets: Vec::new(),
                tasks: Vec::new(),
                chaoses: 0,
                clocks: Vec::new(),
                armed: None,
                event: None,
                woken: Vec::new(),
            }),
            has_inspectors: AtomicBool::new(false),
            inspecting: Mutex::new(None),
            own: own.clone(),
        })
    }

    /// The clock of a host: the same one each time.
    pub(super) fn clock(self: &Arc<Self>, host: HostId) -> HostClock {
        let made = || HostClock::new(self, host);
        self.with(|core| slot(&mut core.clocks, host.index()).get_or_insert_with(made).clone())
    }

    /// Does something with the fabric at the time that it is now, and wakes whom that concerns.
    #[inline]
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.enter();
        core.fabric.now = self.timeline.now();
        let result = act(&mut core);
        self.leave(core);
        result
    }

    /// Looks at the fabric, if nobody does something with it just now: also from a panic that happens there.
    pub(super) fn try_look<R>(&self, look: impl FnOnce(&Fabric) -> R) -> Option<R> {
        let core = match self.core.try_lock() {
            Ok(core) => core,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(look(&core.fabric))
    }

    fn enter(&self) -> MutexGuard<'_, Core> {
        let core = match self.core.try_lock() {
            Ok(core) => core,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                if *lock(&self.inspecting) == Some(thread::current().id()) {
                    texts::called_from_a_rule().raise();
                }
                lock(&self.core)
            }
        };
        if self.has_inspectors.load(Ordering::Relaxed) {
            *lock(&self.inspecting) = Some(thread::current().id());
        }
        core
    }

    fn leave(&self, mut guard: MutexGuard<'_, Core>) {
        let core = &mut *guard;
        let has_inspectors = core.fabric.links.inspectors > 0;
        if has_inspectors || self.has_inspectors.load(Ordering::Relaxed) {
            self.has_inspectors.store(has_inspectors, Ordering::Relaxed);
            *lock(&self.inspecting) = None;
        }
        self.arm(core);
        if core.fabric.notices.is_empty() {
            return;
        }
        let mut woken = std::mem::take(&mut core.woken);
        core.collect_woken(&mut woken);
        if woken.len() <= 1 {
            let one = woken.pop(); // mostly: then its room goes back without a second lock
            core.woken = woken;
            drop(guard);
            return one.into_iter().for_each(Waker::wake);
        }
        drop(guard);
        woken.drain(..).for_each(Waker::wake);
        lock(&self.core).woken = woken;
    }

    /// Sees to it that the timeline comes back for the fabric's next event.
    fn arm(&self, core: &mut Core) {
        let next = core.fabric.next_deadline();
        let is_background = core.fabric.is_in_background();
        let is_right = |armed: &Armed| armed.is_background == is_background;
        if next == core.armed.filter(is_right).map(|armed| armed.at) && next.is_some() == core.armed.is_some()
        {
            return;
        }
        let old = core.armed.take();
        let kept = old.filter(is_right).zip(next);
        if let Some((armed, at)) = kept.filter(|(armed, at)| self.timeline.reschedule(armed.key, *at)) {
            core.armed = Some(Armed { at, ..armed });
            return;
        }
        drop(old.and_then(|old| self.timeline.take(old.key)));
        let Some(at) = next else { return };
        let event = core.event.take().filter(|event| event.is_background() == is_background);
        let event = event.unwrap_or_else(|| {
            let mut label = self.label.clone();
            label.background = is_background;
            Event::deliver(label, self.own.clone())
        });
        core.armed = Some(Armed { at, is_background, key: self.timeline.insert(at, event) });
    }
}

impl Deliver for Shared {
    fn deliver(&self, event: Event) {
        let mut core = self.enter();
        core.armed = None;
        core.event = Some(event);
        core.fabric.run(self.timeline.now());
        self.leave(core);
    }
}

impl Core {
    pub(super) fn end(&mut self, conn: ConnId, side: Side) -> &mut EndWaiters {
        &mut slot(&mut self.conns, conn.index())[side.index()]
    }

    pub(super) fn listener(&mut self, id: ListenerId) -> &mut Waiters {
        slot(&mut self.listeners, id.index())
    }

    pub(super) fn socket(&mut self, id: SocketId) -> &mut Waiters {
        slot(&mut self.sockets, id.index())
    }

    pub(super) fn host_names(&self) -> Vec<Arc<str>> {
        self.fabric.hosts.iter().map(|host| Arc::clone(&host.name)).collect()
    }

    pub(super) fn tasks(&mut self, host: HostId) -> &mut HostTasks {
        slot(&mut self.tasks, host.index())
    }

    fn collect_woken(&mut self, woken: &mut Vec<Waker>) {
        let mut notices = std::mem::take(&mut self.fabric.notices);
        for notice in notices.drain(..) {
            match notice {
                Notice::Readable(conn, side) => self.end(conn, side).read.take_into(woken),
                Notice::Writable(conn, side) => self.end(conn, side).write.take_into(woken),
                Notice::Acceptable(id) => self.listener(id).take_into(woken),
                Notice::Receivable(id) => self.socket(id).take_into(woken),
            }
        }
        self.fabric.notices = notices;
    }
}

fn slot<T: Default>(slots: &mut Vec<T>, index: usize) -> &mut T {
    if index >= slots.len() {
        slots.resize_with(index + 1, T::default);
    }
    &mut slots[index]
}

//! The fabric under a lock, bound to a timeline. Holds wakers, and decides nothing.
//!
//! For speed the lock is a plain one and no [`Locked`](crate::sync::Locked): it reuses the list of the tasks to wake.
//! Wakers and values of the user's leave the closures of `with`, and are dropped by the caller.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, TryLockError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Poll, Waker},
    thread::{self, ThreadId},
};

use tokio::runtime::Handle;

use super::{
    errno,
    fabric::{ConnId, Fabric, HostId, Id, Io, ListenerId, Notice, PerSide, Side, SocketId},
    host_task::PanicWatch,
    rule_use::RuleUses,
    scope::Scope,
    tasks::HostTasks,
    texts,
};
use crate::{
    clock::{RateClock, Timeline, Wall},
    seed::Draws,
    sync::{Wakers, lock},
    trace::{NetLog, NetLogSource, Trace},
    violation::SourceLocation,
};

/// The monotonic and the wall clock of a host.
pub(super) type HostTime = (Arc<RateClock>, Arc<Mutex<Wall>>);

/// The state that all handles of one network share.
pub(super) struct Shared {
    pub(super) timeline: Arc<Timeline>,
    /// Where the tasks of hosts run.
    pub(super) runtime: Handle,
    /// The one that runs them.
    pub(super) thread: ThreadId,
    pub(super) scope: Scope,
    /// Hears of the panics of those tasks.
    pub(super) panics: PanicWatch,
    /// Where the test made it.
    made_at: SourceLocation,
    core: Mutex<Core>,
    /// The world has ended.
    is_over: AtomicBool,
    /// When a task was woken last.
    woke_at: AtomicU64,
    /// Closures of the test look at packets, under the lock.
    has_inspectors: AtomicBool,
    inspecting: Mutex<Option<ThreadId>>,
}

pub(super) struct Core {
    /// The use of the storms.
    pub(super) storms: RuleUses,
    pub(super) fabric: Fabric,
    conns: Vec<PerSide<EndWaiters>>,
    listeners: Vec<Wakers>,
    sockets: Vec<Wakers>,
    tasks: Vec<HostTasks>,
    /// How many plans of faults have run.
    pub(super) chaoses: u32,
    clocks: Vec<Option<HostTime>>,
    /// When the timeline gives the fabric its turn, and whether only background timers are due.
    armed: Option<(u64, bool)>,
    /// Kept for its room.
    woken: Vec<Waker>,
}

#[derive(Default)]
pub(super) struct EndWaiters {
    pub(super) read: Wakers,
    pub(super) write: Wakers,
}

impl Shared {
    pub(super) fn new(
        timeline: Arc<Timeline>,
        runtime: Handle,
        draws: Draws,
        (trace, panics): (&Trace, PanicWatch),
        made_at: SourceLocation,
    ) -> Arc<Self> {
        let mut fabric = Fabric::new(draws, trace.lend());
        timeline.shuffled_by().into_iter().for_each(|seed| fabric.wire.shuffle_ties(seed));
        let shared = Arc::new(Self {
            panics,
            timeline,
            runtime,
            thread: thread::current().id(),
            scope: Scope::new(),
            made_at,
            core: Mutex::new(Core {
                storms: RuleUses::default(),
                fabric,
                conns: Vec::new(),
                listeners: Vec::new(),
                sockets: Vec::new(),
                tasks: Vec::new(),
                chaoses: 0,
                clocks: Vec::new(),
                armed: None,
                woken: Vec::new(),
            }),
            is_over: AtomicBool::new(false),
            woke_at: AtomicU64::new(0),
            has_inspectors: AtomicBool::new(false),
            inspecting: Mutex::new(None),
        });
        let net: Weak<Self> = Arc::downgrade(&shared);
        trace.find_at(net);
        shared
    }

    /// Returns what the clock of a host counts: the same each time.
    pub(super) fn time_of(&self, host: HostId) -> HostTime {
        let new = || (RateClock::new(Arc::clone(&self.timeline)), Arc::new(Mutex::new(Wall::new())));
        self.with(|core| slot(&mut core.clocks, host.index()).get_or_insert_with(new).clone())
    }

    /// Does something with the fabric at the current time, and wakes the tasks that it notifies.
    #[inline]
    pub(super) fn with<R>(&self, act: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.enter();
        core.fabric.wire.now = self.timeline.now();
        let result = act(&mut core);
        self.leave(core);
        result
    }

    /// Does a read, a write or a look at a connect. Where it schedules and notifies nothing, it skips the rest.
    #[inline]
    pub(super) fn with_io<R>(&self, act: impl FnOnce(&mut Core) -> R) -> R {
        let mut core = self.enter();
        core.fabric.wire.now = self.timeline.now();
        let before = core.fabric.turns();
        let result = act(&mut core);
        let is_quiet = core.fabric.turns() == before && core.fabric.wire.notices.is_empty();
        if !is_quiet || self.has_inspectors.load(Ordering::Relaxed) {
            self.leave(core);
        }
        result
    }

    /// Looks at the core, unless it is in use: a panic inside of it may be asking.
    pub(super) fn try_look<R>(&self, look: impl FnOnce(&mut Core) -> R) -> Option<R> {
        let mut core = match self.core.try_lock() {
            Ok(core) => core,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        Some(look(&mut core))
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        let starts =
            self.try_look(|core| core.tasks.iter_mut().map(HostTasks::take_starts).collect::<Vec<_>>());
        drop(starts); // unlocked: what they captured is the test's
    }

    /// Checks that a wait can end.
    ///
    /// # Panics
    /// If the sim has ended: nothing will ever arrive.
    pub(super) fn must_go_on(&self) {
        if self.is_over.load(Ordering::Relaxed) {
            texts::over(self.made_at).raise();
        }
    }

    /// Returns when a task was woken last, in nanoseconds.
    pub(super) fn woke_at(&self) -> u64 {
        self.woke_at.load(Ordering::Relaxed)
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
        let has_inspectors = core.fabric.wire.links.inspectors > 0;
        if has_inspectors || self.has_inspectors.load(Ordering::Relaxed) {
            self.has_inspectors.store(has_inspectors, Ordering::Relaxed);
            *lock(&self.inspecting) = None;
        }
        self.arm(core);
        if core.fabric.wire.notices.is_empty() {
            return;
        }
        let mut woken = std::mem::take(&mut core.woken);
        core.collect_woken(&mut woken);
        if !woken.is_empty() {
            self.woke_at.store(core.fabric.wire.now, Ordering::Relaxed);
        }
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

    /// Arms the timeline for the fabric's next event.
    fn arm(&self, core: &mut Core) {
        let next = core.fabric.next_deadline().map(|at| (at, core.fabric.is_in_background()));
        if next != core.armed {
            core.armed = next;
            self.timeline.set_source(next);
        }
    }

    pub(super) const fn made_at(&self) -> SourceLocation {
        self.made_at
    }

    /// Lets everything happen that is due: it is the turn of the network.
    pub(super) fn go_on(&self) {
        let mut core = self.enter();
        core.armed = None;
        core.fabric.run(self.timeline.now());
        self.leave(core);
    }
}

impl NetLogSource for Shared {
    fn read(&self, read: &mut dyn FnMut(&NetLog)) {
        let core = match self.core.try_lock() {
            Ok(core) => core,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) if thread::panicking() => return,
            Err(TryLockError::WouldBlock) => lock(&self.core),
        };
        core.fabric.wire.record.read(read);
    }
}

impl Core {
    pub(super) fn end(&mut self, conn: ConnId, side: Side) -> &mut EndWaiters {
        &mut slot(&mut self.conns, conn.index())[side]
    }

    pub(super) fn listener(&mut self, id: ListenerId) -> &mut Wakers {
        slot(&mut self.listeners, id.index())
    }

    pub(super) fn socket(&mut self, id: SocketId) -> &mut Wakers {
        slot(&mut self.sockets, id.index())
    }

    pub(super) fn host_names(&self) -> Vec<Arc<str>> {
        self.fabric.hosts.iter().map(|(_, host)| Arc::clone(&host.name)).collect()
    }

    pub(super) fn tasks(&mut self, host: HostId) -> &mut HostTasks {
        slot(&mut self.tasks, host.index())
    }

    fn collect_woken(&mut self, woken: &mut Vec<Waker>) {
        let mut notices = std::mem::take(&mut self.fabric.wire.notices);
        for notice in notices.drain(..) {
            match notice {
                Notice::Readable(conn, side) => self.end(conn, side).read.take_into(woken),
                Notice::Writable(conn, side) => self.end(conn, side).write.take_into(woken),
                Notice::Acceptable(id) => self.listener(id).take_into(woken),
                Notice::Receivable(id) => self.socket(id).take_into(woken),
            }
        }
        self.fabric.wire.notices = notices;
    }
}

fn slot<T: Default>(slots: &mut Vec<T>, index: usize) -> &mut T {
    if index >= slots.len() {
        slots.resize_with(index + 1, T::default);
    }
    &mut slots[index]
}

/// Turns the outcome of an operation into that of a poll.
pub(super) fn polled<T>(io: Io<T>) -> Poll<io::Result<T>> {
    match io {
        Io::Done(value) => Poll::Ready(Ok(value)),
        Io::Wait => Poll::Pending,
        Io::Fail(kind) => Poll::Ready(Err(errno::error(kind))),
    }
}

//! The readiness of a sim's sockets in an epoll, beside what the kernel says of other descriptors.
//!
//! As in Linux's `eventpoll.c`: an edge of a socket puts its registration into the list of those that may be ready, in
//! the order of the edges; a wait takes them out, and tells of those that still are.

#![forbid(unsafe_code)]

use std::{
    collections::VecDeque,
    ffi::c_int,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    },
};

use libc::epoll_event;
use unplugged::__private::RunningSim;

use crate::{socket::Socket, texts};

/// What every registration asks for.
const ALWAYS: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;

const EDGE_TRIGGERED: u32 = libc::EPOLLET as u32;
const ONE_SHOT: u32 = libc::EPOLLONESHOT as u32;

/// The kinds of an edge, as masks of what a registration must ask for to hear of it.
pub(crate) mod edge {
    /// Something has arrived.
    pub(crate) const READABLE: u32 = (libc::EPOLLIN | libc::EPOLLRDNORM | libc::EPOLLRDHUP) as u32;
    /// There is room, or a connect has ended.
    pub(crate) const WRITABLE: u32 = (libc::EPOLLOUT | libc::EPOLLWRNORM) as u32;
    /// The state has changed.
    pub(crate) const ANY: u32 = u32::MAX;
}

/// An epoll that was made on a sim's thread.
#[derive(Debug)]
pub(crate) struct Epoll {
    sim: RunningSim,
    /// It is that of the runtime's driver: the sim lets it wait before time moves.
    is_drivers: bool,
    /// The registrations that may be ready.
    ready: Mutex<VecDeque<Arc<Registration>>>,
    /// How many descriptors of the kernel are registered.
    kernels: AtomicUsize,
    polls: AtomicU32,
}

/// A socket in an epoll.
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) fd: c_int,
    epoll: Weak<Epoll>,
    socket: Weak<Socket>,
    data: u64,
    interest: u32,
    is_queued: AtomicBool,
    /// The edges since the last report.
    edges: AtomicU32,
    /// It was removed, or was one-shot and has been told.
    is_off: AtomicBool,
}

impl Epoll {
    pub(crate) fn new(sim: RunningSim, is_drivers: bool) -> Arc<Self> {
        Arc::new(Self {
            sim,
            is_drivers,
            ready: Mutex::default(),
            kernels: AtomicUsize::new(0),
            polls: AtomicU32::new(0),
        })
    }

    /// A descriptor of the kernel's was added or removed.
    pub(crate) fn count_kernels(&self, operation: c_int) {
        match operation {
            libc::EPOLL_CTL_ADD => _ = self.kernels.fetch_add(1, Ordering::Relaxed),
            libc::EPOLL_CTL_DEL => _ = self.kernels.fetch_sub(1, Ordering::Relaxed),
            _ => {}
        }
    }

    /// Ends the test with this report.
    pub(crate) fn refuse(&self, (headline, next): texts::Text) {
        self.sim.fail(headline, next);
    }

    /// Returns how long a wait that is to last so long may last: the runtime's driver shows by it what it waits for.
    pub(crate) fn limit_wait(&self, timeout: c_int) -> c_int {
        if self.is_drivers { self.sim.driver_waits(timeout) } else { timeout }
    }

    /// Returns whether a wait must ask the kernel, too. A wait without a limit of time that finds nothing may leave it out
    /// where only the runtime's own descriptors are registered (its waker, and that of signals), now and then excepted.
    pub(crate) fn must_ask_kernel(&self, timeout: c_int) -> bool {
        /// The descriptors that the runtime registers itself.
        const OF_RUNTIME: usize = 2;
        let polls = self.polls.fetch_add(1, Ordering::Relaxed);
        timeout != 0
            || !self.is_drivers
            || self.kernels.load(Ordering::Relaxed) > OF_RUNTIME
            || polls % 64 == 0
    }

    /// Adds, changes or removes the registration of a socket.
    ///
    /// Source: Linux 6.18, `do_epoll_ctl`, `ep_insert`, `ep_modify`: a registration that is new or has changed is told at
    /// once if the socket is ready.
    pub(crate) fn control(
        self: &Arc<Self>,
        operation: c_int,
        fd: c_int,
        socket: &Arc<Socket>,
        event: Option<epoll_event>,
    ) -> Result<(), c_int> {
        let is_same = |known: &Arc<Registration>| known.fd == fd && known.epoll.as_ptr() == Arc::as_ptr(self);
        let mut known = socket.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(is_same);
        let event = match (operation, place) {
            (libc::EPOLL_CTL_DEL, Some(place)) => {
                known.remove(place).is_off.store(true, Ordering::Release);
                return Ok(());
            }
            (libc::EPOLL_CTL_DEL | libc::EPOLL_CTL_MOD, None) => return Err(libc::ENOENT),
            (libc::EPOLL_CTL_ADD, Some(_)) => return Err(libc::EEXIST),
            (libc::EPOLL_CTL_ADD | libc::EPOLL_CTL_MOD, _) => event.ok_or(libc::EFAULT)?,
            _ => return Err(libc::EINVAL),
        };
        let registration = Arc::new(Registration {
            fd,
            epoll: Arc::downgrade(self),
            socket: Arc::downgrade(socket),
            data: event.u64,
            interest: event.events,
            is_queued: AtomicBool::new(false),
            edges: AtomicU32::new(0),
            is_off: AtomicBool::new(false),
        });
        match place {
            Some(place) => {
                let old = std::mem::replace(&mut known[place], Arc::clone(&registration));
                old.is_off.store(true, Ordering::Release);
            }
            None => known.push(Arc::clone(&registration)),
        }
        drop(known);
        if socket.mask() & registration.asked() != 0 {
            registration.mark(edge::ANY);
        }
        Ok(())
    }

    /// Fills `events` with what is ready, and returns how many there are.
    ///
    /// Source: Linux 6.18, `ep_send_events`: what is not edge-triggered goes to the end of the list again.
    pub(crate) fn collect(&self, most: usize, mut tell: impl FnMut(epoll_event)) -> usize {
        let (mut count, mut again) = (0, Vec::new());
        while count < most {
            let Some(registration) = self.lock().pop_front() else { break };
            registration.is_queued.store(false, Ordering::Release);
            let edges = registration.edges.swap(0, Ordering::AcqRel);
            let mask = registration.mask(edges);
            if mask == 0 {
                continue;
            }
            tell(epoll_event { events: mask, u64: registration.data });
            count += 1;
            if registration.interest & ONE_SHOT != 0 {
                registration.is_off.store(true, Ordering::Release);
            } else if registration.interest & EDGE_TRIGGERED == 0 {
                again.push(registration);
            }
        }
        again.iter().for_each(|registration| registration.mark(edge::ANY));
        if self.is_drivers && self.lock().is_empty() {
            self.sim.set_ready(false);
        }
        if count > 0 {
            self.sim.tells();
        }
        count
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Registration>>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registration {
    const fn asked(&self) -> u32 {
        self.interest | ALWAYS
    }

    /// Returns what is to be told of the socket now, after these edges.
    fn mask(&self, edges: u32) -> u32 {
        if self.is_off.load(Ordering::Acquire) {
            return 0;
        }
        let Some(socket) = self.socket.upgrade() else { return 0 };
        let mask = socket.mask() & self.asked();
        if edges & self.interest != 0 || mask & ALWAYS != 0 { mask } else { 0 }
    }

    /// Notes an edge.
    pub(crate) fn mark(self: &Arc<Self>, edge: u32) {
        let Some(epoll) = self.epoll.upgrade() else { return };
        self.edges.fetch_or(edge, Ordering::AcqRel);
        if !self.is_queued.swap(true, Ordering::AcqRel) {
            epoll.lock().push_back(Arc::clone(self));
            if epoll.is_drivers {
                epoll.sim.set_ready(true);
            }
        }
    }

    /// The descriptor is gone.
    pub(crate) fn turn_off(&self) {
        self.is_off.store(true, Ordering::Release);
    }
}

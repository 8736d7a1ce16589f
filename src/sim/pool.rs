//! The blocking tasks of the runtime, in a sim whose system calls are interposed.
//!
//! tokio's clock stands while a blocking task is under way, but tokio tells nobody. It shows in how long its driver waits:
//! not at all where the clock may move, and else until its next timer. So before time moves the sim has tokio wait, with a
//! timer far ahead, and the package that interposes `epoll_wait` tells what it saw. That is asked only while a thread is
//! alive that was started on the sim's thread.
//!
//! A lookup of a name takes turns with the sim: it is answered when nothing else can run, so that what follows from it has
//! one order.

use std::sync::{
    Condvar, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use crate::sync::lock;

/// How long the driver waits while blocking tasks are under way, in milliseconds of real time, before the sim looks again.
/// Mostly the end of such a task wakes it sooner; one whose result nothing awaits does not.
const LOOK_AGAIN: i32 = 1;

/// The state of the blocking tasks that tokio runs for a sim.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// How many threads are alive that were started on the sim's thread.
    threads: AtomicUsize,
    /// The next wait of the driver shows whether a blocking task is under way.
    is_asked: AtomicBool,
    /// The last one has shown that none is.
    is_quiet: AtomicBool,
    /// The last one has shown that one is.
    is_busy: AtomicBool,
    turn: Mutex<Turn>,
    given: Condvar,
}

#[derive(Debug, Default)]
struct Turn {
    is_awaited: bool,
    is_given: bool,
    /// The sim has ended.
    is_over: bool,
}

/// The outcome of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing was asked: the driver waits as it would.
    Nothing,
    /// No blocking task is under way.
    Quiet,
    /// One is: the driver waits so long.
    Busy(i32),
}

impl Pool {
    pub(super) fn thread_begins(&self) {
        self.threads.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn thread_ends(&self) {
        self.threads.fetch_sub(1, Ordering::AcqRel);
    }

    /// Asks, unless none can be under way, the answer has just come, or something else goes first. Returns whether the sim has
    /// to wait for the answer.
    pub(super) fn ask(&self, other_goes_first: bool) -> bool {
        let is_quiet = self.is_quiet.swap(false, Ordering::Relaxed);
        let asks = !is_quiet && !other_goes_first && self.threads.load(Ordering::Acquire) > 0;
        self.is_asked.store(asks, Ordering::Relaxed);
        if !asks {
            self.is_busy.store(false, Ordering::Relaxed);
        }
        asks
    }

    /// Returns whether blocking tasks have kept the sim waiting since it last moved.
    pub(super) fn is_busy(&self) -> bool {
        self.is_busy.load(Ordering::Relaxed)
    }

    /// Takes what a wait of the driver shows that is to last so long. Where a blocking task is under way, a lookup that
    /// waits for its turn gets it.
    pub(super) fn driver_waits(&self, timeout: i32) -> Seen {
        if !self.is_asked.swap(false, Ordering::Relaxed) {
            return Seen::Nothing;
        }
        let is_busy = timeout != 0;
        self.is_quiet.store(!is_busy, Ordering::Relaxed);
        self.is_busy.store(is_busy, Ordering::Relaxed);
        if !is_busy {
            return Seen::Quiet;
        }
        let mut turn = lock(&self.turn);
        if turn.is_awaited {
            turn.is_given = true;
            self.given.notify_all();
        }
        Seen::Busy(if timeout < 0 { LOOK_AGAIN } else { timeout.min(LOOK_AGAIN) })
    }

    /// Waits, on a thread of the pool, until nothing else can run. `wake` makes the sim look. Returns false if it has ended.
    pub(super) fn await_turn(&self, wake: impl FnOnce()) -> bool {
        lock(&self.turn).is_awaited = true;
        wake();
        let mut turn = lock(&self.turn);
        while !turn.is_given && !turn.is_over {
            turn = self.given.wait(turn).unwrap_or_else(PoisonError::into_inner);
        }
        let goes_on = !turn.is_over;
        (turn.is_awaited, turn.is_given) = (false, false);
        goes_on
    }

    /// The sim has ended: nothing waits any more.
    pub(super) fn end(&self) {
        lock(&self.turn).is_over = true;
        self.given.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;

    #[test]
    fn a_pool_without_threads_is_not_asked() {
        let pool = Pool::default();
        assert!(!pool.ask(false));
        assert_eq!(pool.driver_waits(-1), Seen::Nothing);
        pool.thread_begins();
        assert!(pool.ask(false));
        assert_eq!(pool.driver_waits(0), Seen::Quiet);
        pool.thread_ends();
        assert!(!pool.ask(false) && !pool.ask(false));
    }

    #[test]
    fn an_answer_counts_once() {
        let pool = Pool::default();
        pool.thread_begins();
        assert!(pool.ask(false));
        assert_eq!(pool.driver_waits(0), Seen::Quiet);
        assert_eq!(pool.driver_waits(0), Seen::Nothing);
        assert!(!pool.ask(false));
        assert!(pool.ask(false));
        assert_eq!(pool.driver_waits(3_600_000), Seen::Busy(LOOK_AGAIN));
        assert!(pool.is_busy() && pool.ask(false));
    }

    #[test]
    fn a_turn_is_given_while_the_pool_is_busy_and_at_the_end() {
        let pool = Arc::new(Pool::default());
        pool.thread_begins();
        for is_end in [false, true] {
            let waiting = Arc::clone(&pool);
            let (tell, told) = std::sync::mpsc::channel();
            let thread = thread::spawn(move || waiting.await_turn(|| tell.send(()).expect("it listens")));
            told.recv().expect("it waits");
            assert!(pool.ask(false));
            match is_end {
                true => pool.end(),
                false => assert_eq!(pool.driver_waits(-1), Seen::Busy(LOOK_AGAIN)),
            }
            assert_eq!(thread.join().expect("no panic"), !is_end);
        }
    }
}

//! An event loop that runs: from `setup` until `stop`.

use std::{
    collections::BTreeMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::oneshot,
    task::AbortHandle,
};

use crate::{
    error::{StillRunning, WaitError},
    panics,
    parker::{Call, Parker},
    wakers::Wakers,
};

/// A runtime, the tasks that the bridge runs on it, and the threads that wait for them.
#[derive(Debug)]
pub(crate) struct EventLoop {
    pub(crate) handle: Handle,
    is_stopped: AtomicBool,
    interrupts: AtomicU64,
    waiting: Wakers,
    tasks: Mutex<BTreeMap<u64, AbortHandle>>,
    next_task: AtomicU64,
    /// The thread that was started for it, until it is stopped.
    thread: Mutex<Option<LoopThread>>,
}

/// A thread that drives a runtime.
#[derive(Debug)]
struct LoopThread {
    stop: oneshot::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl EventLoop {
    /// An event loop on a runtime that the program drives.
    pub(crate) fn over(handle: Handle) -> Arc<Self> {
        Self::new(handle, None)
    }

    /// An event loop on a thread of its own.
    pub(crate) fn start(thread_name: &str) -> io::Result<Arc<Self>> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let ((stop, stopped), (end, ended)) = (oneshot::channel(), mpsc::channel());
        thread::Builder::new().name(thread_name.to_owned()).spawn(move || {
            let _stopped_or_dropped = runtime.block_on(stopped);
            // Blocking tasks of the runtime are not waited for: they may block on what waits for this thread.
            runtime.shutdown_background();
            drop(end);
        })?;
        Ok(Self::new(handle, Some(LoopThread { stop, ended })))
    }

    fn new(handle: Handle, thread: Option<LoopThread>) -> Arc<Self> {
        Arc::new(Self {
            handle,
            is_stopped: AtomicBool::new(false),
            interrupts: AtomicU64::new(0),
            waiting: Wakers::default(),
            tasks: Mutex::default(),
            next_task: AtomicU64::new(0),
            thread: Mutex::new(thread),
        })
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<u64, AbortHandle>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::SeqCst)
    }

    /// A number for a task.
    pub(crate) fn new_task(&self) -> u64 {
        self.next_task.fetch_add(1, Ordering::Relaxed)
    }

    /// Keeps the handle of a task for `stop`, unless the task has ended.
    pub(crate) fn keep(&self, task: u64, handle: AbortHandle) {
        let mut tasks = self.tasks();
        if self.is_stopped() {
            drop(tasks);
            handle.abort();
        } else if !handle.is_finished() {
            tasks.insert(task, handle);
        }
    }

    pub(crate) fn forget(&self, task: u64) {
        let gone = self.tasks().remove(&task);
        drop(gone);
    }

    /// Ends all waits that are under way.
    pub(crate) fn interrupt(&self) {
        self.interrupts.fetch_add(1, Ordering::SeqCst);
        self.waiting.wake_all();
    }

    /// Ends all waits and tasks, and the thread if there is one, for which it waits at most this long.
    pub(crate) fn stop(&self, limit: Duration) -> Result<(), StillRunning> {
        let tasks = {
            let mut tasks = self.tasks();
            self.is_stopped.store(true, Ordering::SeqCst);
            std::mem::take(&mut *tasks)
        };
        self.waiting.wake_all();
        tasks.into_values().for_each(|task| task.abort());
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return Ok(());
        };
        let _gone = thread.stop.send(());
        if Handle::try_current().is_ok_and(|current| self.is_same(&current)) {
            return Ok(()); // On the thread itself: it ends when this task returns.
        }
        match thread.ended.recv_timeout(limit) {
            Err(mpsc::RecvTimeoutError::Timeout) => Err(StillRunning { limit }),
            _ => Ok(()),
        }
    }

    fn is_same(&self, other: &Handle) -> bool {
        self.handle.id() == other.id()
    }

    /// Blocks this thread until the closure is ready, at most for the limit.
    pub(crate) fn wait<T>(
        &self,
        call: Call,
        limit: Duration,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Result<T, WaitError> {
        if runs_tasks() {
            return Err(WaitError::OnLoopThread);
        }
        let (parker, waker) = Parker::new(call, limit);
        let _registered = self.waiting.add(&waker);
        let interrupts = self.interrupts.load(Ordering::SeqCst);
        loop {
            if let Poll::Ready(value) = poll(&mut Context::from_waker(&waker)) {
                return Ok(value);
            }
            if self.is_stopped() {
                return Err(WaitError::Stopped);
            }
            if self.interrupts.load(Ordering::SeqCst) != interrupts {
                return Err(WaitError::Interrupted);
            }
            if !parker.park() {
                return Err(WaitError::TimedOut(limit));
            }
        }
    }
}

/// Returns whether this thread runs tasks of a tokio runtime now.
///
/// tokio has no question for it, but refuses `block_on` there with a panic. `spawn_blocking` is allowed to block.
fn runs_tasks() -> bool {
    let Ok(handle) = Handle::try_current() else { return false };
    cfg!(panic = "unwind") && panics::is_panic(|| handle.block_on(std::future::ready(())))
}

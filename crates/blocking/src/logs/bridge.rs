//! `LogBridge`: a queue, and a thread that writes.

use std::{
    fmt, io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle, ThreadId},
    time::Duration,
};

use super::Record;

/// Brings log records from all threads, the event loop's among them, to one sink on a thread of its own.
///
/// A thread that logs only puts the record into a queue without a bound: a sink that blocks or panics delays no
/// thread, no task and no timer, and loses no later record. The sink sees records in the order in which they were made.
/// A drop waits until all are written; [`flush`](Self::flush) waits with a limit.
///
/// With the feature `log`, `logger` gives what `log::set_boxed_logger` takes; with the feature `tracing`, `layer`
/// gives a layer for `tracing_subscriber::registry()`.
pub struct LogBridge {
    queue: Queue,
    thread: Option<JoinHandle<()>>,
}

/// The end that records go into.
#[derive(Clone)]
pub(super) struct Queue {
    sender: mpsc::Sender<Message>,
    writer: Arc<ThreadId>,
}

enum Message {
    Record(Record),
    /// Answered when all before it is written.
    Flush(mpsc::Sender<()>),
    End,
}

impl LogBridge {
    /// Starts the thread that writes.
    ///
    /// A record that the sink itself makes is printed to stderr, since it would feed itself.
    ///
    /// # Errors
    /// If no thread can be made.
    pub fn start(sink: impl FnMut(&Record) + Send + 'static) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel();
        let thread =
            thread::Builder::new().name("unplugged-log".to_owned()).spawn(move || write(&receiver, sink))?;
        let writer = Arc::new(thread.thread().id());
        Ok(Self { queue: Queue { sender, writer }, thread: Some(thread) })
    }

    #[cfg_attr(
        not(any(feature = "log", feature = "tracing")),
        expect(dead_code, reason = "no crate to bridge")
    )]
    pub(super) fn queue(&self) -> Queue {
        self.queue.clone()
    }

    /// Waits until all records made before are written, at most for `limit`. Returns whether they are.
    #[must_use = "false says that the sink is behind"]
    pub fn flush(&self, limit: Duration) -> bool {
        let (done, written) = mpsc::channel();
        if self.queue.sender.send(Message::Flush(done)).is_err() {
            return true; // The thread has ended, and had written all.
        }
        !matches!(written.recv_timeout(limit), Err(RecvTimeoutError::Timeout))
    }
}

impl Drop for LogBridge {
    /// Waits until all records are written, however long the sink takes.
    fn drop(&mut self) {
        let _ended = self.queue.sender.send(Message::End);
        let is_writer = thread::current().id() == *self.queue.writer;
        if let Some(thread) = self.thread.take().filter(|_| !is_writer) {
            let _ended = thread.join();
        }
    }
}

impl fmt::Debug for LogBridge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogBridge").finish_non_exhaustive()
    }
}

impl Queue {
    /// Puts a record into the queue. After the end of the bridge, and from the sink itself, it goes to stderr.
    #[cfg_attr(
        not(any(feature = "log", feature = "tracing")),
        expect(dead_code, reason = "no crate to bridge")
    )]
    pub(super) fn put(&self, record: Record) {
        if thread::current().id() == *self.writer {
            eprintln!("{record}");
        } else if let Err(mpsc::SendError(Message::Record(record))) =
            self.sender.send(Message::Record(record))
        {
            eprintln!("{record}");
        }
    }
}

fn write(receiver: &mpsc::Receiver<Message>, mut sink: impl FnMut(&Record)) {
    while let Ok(message) = receiver.recv() {
        match message {
            Message::Record(record) => {
                let _printed_by_the_hook = catch_unwind(AssertUnwindSafe(|| sink(&record)));
            }
            Message::Flush(done) => {
                let _gone = done.send(());
            }
            Message::End => return,
        }
    }
}

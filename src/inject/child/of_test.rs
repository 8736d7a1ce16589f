//! A test whose body runs in a child: the test binary runs itself again, for this one test.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::{self, Command},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use super::{ended::EndedChild, marks::Marks, spawn, texts};
use crate::{
    guard,
    violation::{SourceLocation, panic_text},
};

/// Tells a child which body it is to run. Its parent sets it, nobody else.
pub(super) const VARIABLE: &str = "UNPLUGGED_CHILD";

/// Children of children of children: more than that is a loop.
const DEPTH_LIMIT: u32 = 4;

/// Set in a child, while it runs its body.
static IN_BODY: AtomicBool = AtomicBool::new(false);

/// The variable by which a parent tells a child what to run.
struct Task {
    /// How many parents it has.
    depth: u32,
    /// The beginning of its marks.
    word: String,
    /// The body that it is to run, the name of its test first.
    key: String,
}

impl Task {
    /// That of nobody, if nobody's child this is.
    fn of_this_process() -> Self {
        let told = env::var(VARIABLE).unwrap_or_default();
        let mut parts = told.splitn(3, ' ');
        let depth = parts.next().and_then(|depth| depth.parse().ok()).unwrap_or(0);
        let [word, key] = [parts.next(), parts.next()].map(|part| part.unwrap_or_default().to_owned());
        Self { depth, word, key }
    }
}

/// Returns a child process for the test of this name, which is the path that `cargo test` prints: `exits::with_73`.
/// The test itself calls [`run`](ChildTest::run).
#[track_caller]
pub fn test(name: impl Into<String>) -> ChildTest {
    let made_at = SourceLocation::caller();
    ChildTest { name: name.into(), case: String::new(), limit: spawn::LIMIT, made_at, is_run: false }
}

/// A test whose body runs in a child process. Made by [`test`](test()).
///
/// # Panics
/// When it is dropped before [`run`](Self::run), unless the thread already panics.
#[must_use = "nothing happens before `run`"]
#[derive(Debug)]
pub struct ChildTest {
    name: String,
    case: String,
    limit: Duration,
    made_at: SourceLocation,
    is_run: bool,
}

impl ChildTest {
    /// Tells the children apart that one test starts in a loop.
    pub fn case(mut self, case: impl Into<String>) -> Self {
        self.case = case.into();
        self
    }

    /// Sets how much real time the child may take: a minute unless set.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs this same test in a child process, and hands its end to `check`. In the child: runs
    /// `body`, and returns; other children of this test are passed over there.
    ///
    /// # Panics
    /// If the child cannot be started; with what `check` panics with; if `check` asks for nothing; if it is called
    /// inside of a `body`.
    #[track_caller]
    pub fn run(mut self, body: impl FnOnce(), check: impl FnOnce(EndedChild)) {
        self.is_run = true;
        if IN_BODY.load(Ordering::Relaxed) {
            texts::child_of_a_body(&self.name, self.made_at).raise();
        }
        let task = Task::of_this_process();
        if task.key == self.key() {
            return in_child(&Marks::new(task.word), body);
        }
        if task.key.split(' ').next() == Some(&self.name) {
            return;
        }
        if task.depth == DEPTH_LIMIT {
            texts::too_deep(&self.name, self.made_at).raise();
        }
        check(self.start(task.depth + 1));
    }

    fn key(&self) -> String {
        format!("{} {} {}", self.name, self.made_at, self.case)
    }

    #[track_caller]
    fn start(self, depth: u32) -> EndedChild {
        static CHILDREN: AtomicU64 = AtomicU64::new(0);
        let nth = CHILDREN.fetch_add(1, Ordering::Relaxed);
        let word = format!("unplugged-child-{}-{nth}", process::id());
        let name = format!("test `{}`", self.name);
        let marks = Marks::new(word.clone());
        let output = env::current_exe().and_then(|binary| {
            let mut command = Command::new(binary);
            command
                .args([&self.name, "--exact", "--nocapture", "--test-threads=1"])
                .env(VARIABLE, format!("{depth} {word} {}", self.key()))
                .env("RUST_BACKTRACE", "0");
            spawn::run(&mut command, Vec::new(), self.limit)
        });
        match output {
            Ok(output) => {
                let told = marks.read(&output.stdout);
                EndedChild::of_test(name, output, told, self.limit, self.made_at)
            }
            Err(error) => texts::cannot_start(&name, &error, self.made_at).raise(),
        }
    }
}

impl Drop for ChildTest {
    fn drop(&mut self) {
        if !self.is_run {
            guard::raise_in_drop(&texts::never_run(&format!("test `{}`", self.name), self.made_at));
        }
    }
}

fn in_child(marks: &Marks, body: impl FnOnce()) {
    guard::is_child();
    marks.begun();
    IN_BODY.store(true, Ordering::Relaxed);
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(()) => {
            IN_BODY.store(false, Ordering::Relaxed);
            marks.complete();
        }
        Err(payload) => {
            marks.panicked(&panic_text(&*payload));
            resume_unwind(payload);
        }
    }
}

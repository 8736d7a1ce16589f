//! Tests of strict fakes.

mod concurrent;
mod edges;
mod errors;
mod identity;
mod known_bad;
mod log;
mod replies;
mod rules;
mod strict_fake;
mod texts;
mod unwinding;

use std::panic::{AssertUnwindSafe, catch_unwind};

use unplugged::fake::{Call, FakeHandle, Script, check_scenario};

/// The text that `test` panics with.
#[track_caller]
pub(crate) fn panic_text<R>(test: impl FnOnce() -> R) -> String {
    let outcome = catch_unwind(AssertUnwindSafe(|| drop(test())));
    let payload = outcome.expect_err("it should panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast_ref::<&str>().expect("a panic with a text")).to_owned(),
    }
}

/// A report with its places counted from the line `base`, as `+3`, and without the name of the test.
fn relative(report: &str, base: u32) -> String {
    let mut out = String::new();
    let mut rest = report.replace(&in_test(), "");
    while let Some(at) = rest.find("tests/it/") {
        let (_, after) = rest[at..].split_at(rest[at..].find(".rs:").expect("a place") + 4);
        out.push_str(&rest[..at]);
        let line: String = after.chars().take_while(char::is_ascii_digit).collect();
        let column = &after[line.len()..].trim_start_matches(':');
        let column_length = column.chars().take_while(char::is_ascii_digit).count();
        match line.parse::<u32>().expect("a line").checked_sub(base) {
            Some(line) => out.push_str(&format!("+{line}")),
            None => out.push_str("above"),
        }
        rest = column[column_length..].to_owned();
    }
    out + &rest
}

fn in_test() -> String {
    let thread = std::thread::current();
    format!(", in `{}`", thread.name().unwrap_or("main"))
}

/// The report of a scenario that breaks rules.
#[track_caller]
fn broken(base: u32, body: impl FnOnce(&Script)) -> String {
    relative(&check_scenario(body).expect_err("it should break a rule").to_string(), base)
}

pub(crate) trait Store: Send + Sync {
    fn get(&self, key: &str) -> Option<u32>;
    fn put(&self, key: &str, value: u32);
}

#[derive(Debug, PartialEq)]
pub(crate) struct Get {
    pub(crate) key: String,
}

impl Call for Get {
    type Reply = Option<u32>;
    const NAME: &'static str = "Store::get";
}

#[derive(Debug, PartialEq)]
pub(crate) struct Put {
    key: String,
    value: u32,
}

impl Call for Put {
    type Reply = ();
    const NAME: &'static str = "Store::put";
}

pub(crate) fn get(key: &str) -> Get {
    Get { key: key.to_owned() }
}

pub(crate) fn put(key: &str, value: u32) -> Put {
    Put { key: key.to_owned(), value }
}

#[derive(Clone, Debug)]
pub(crate) struct FakeStore(pub(crate) FakeHandle);

impl Store for FakeStore {
    #[track_caller]
    fn get(&self, key: &str) -> Option<u32> {
        self.0.call(Get { key: key.to_owned() })
    }

    #[track_caller]
    fn put(&self, key: &str, value: u32) {
        self.0.call(Put { key: key.to_owned(), value });
    }
}

/// A store that must not be called.
pub(crate) fn idle_store(script: &Script) -> FakeStore {
    let idle = script.fake("idle");
    idle.expect_no_calls();
    FakeStore(idle.handle())
}

pub(crate) fn store(script: &Script) -> FakeStore {
    FakeStore(script.handle())
}

/// A connector whose connections are fakes of the same scenario.
#[derive(Debug, PartialEq)]
struct Connect {
    to: String,
}

impl Call for Connect {
    type Reply = Result<FakeStore, u16>;
    const NAME: &'static str = "Connector::connect";
}

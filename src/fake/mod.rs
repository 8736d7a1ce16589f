//! Strict fakes: collaborators whose every call is scripted. What the literature calls a strict mock.
//!
//! The thing that verifies is never the thing that is handed out. The test holds the script, the log and the
//! verdict; a fake holds a [`FakeHandle`], which asks the script. So a fake that is leaked, moved or forgotten
//! loses nothing, and a violation is on record before it panics, so that swallowing the panic hides nothing.
//!
//! - Every call is expected, exactly once an entry, in order, with exact arguments, across all fakes of one
//!   [`scenario`]. Code that runs concurrently gets a [`lane`](Script::lane) each.
//! - No reply is made up, no assertion is vacuous: a loose matcher brings a call that it must reject, a negative
//!   assertion a call that it must match, and an empty script says [`expect_no_calls`](Script::expect_no_calls).
//! - All faults are reported at once: expected, got, where scripted, where called, all calls.
//!
//! # Example: the smallest test
//! A fake is four lines a method, by hand (`#[strict_fake]`, feature `macros`, writes just these):
//! ```
//! use unplugged::fake::{self, Call, FakeHandle};
//!
//! trait Store {
//!     fn get(&self, key: &str) -> Option<u32>;
//! }
//!
//! #[derive(Debug, PartialEq)]
//! struct Get { key: String }
//! impl Call for Get { type Reply = Option<u32>; const NAME: &'static str = "Store::get"; }
//!
//! struct FakeStore(FakeHandle);
//! impl Store for FakeStore {
//!     fn get(&self, key: &str) -> Option<u32> { self.0.call(Get { key: key.to_owned() }) }
//! }
//!
//! let (answer, _log) = fake::scenario(|script| {
//!     script.expect(Get { key: "a".into() }).reply(Some(1));
//!     FakeStore(script.handle()).get("a")
//! });
//! assert_eq!(answer, Some(1));
//! ```
//!
//! # Not modelled
//! A fake written by hand can answer without asking its script. Let it hold nothing but its handle and constants.
//! Where a whole scenario is swallowed (`#[should_panic]`, `catch_unwind` around it, one in a thread or task that
//! nobody looks at), its panic is gone with it; `unplugged-exit-guard`, one line in the test binary, ends such a
//! process red. An error that the body returns comes back to the test, which must look at it. The repository's
//! `tests/it/lists/HOLES.md` lists every way that was tried to make a bad test pass, and what stays.
//!
//! # Common mistakes
//! - **A fake that outlives the scenario**: join the thread, end the task, drop the fake inside. A thread that is
//!   just ending has half a second of real time to let go.
//! - **`exit` in the code under test** ends the process while a scenario is open. On the thread of the test that
//!   aborts it, with the scenario's name; for other threads there is `unplugged-exit-guard`.
//! - **A verdict that moves.** What has one belongs to the thread that made it: if that ends first, the process aborts.

mod append_only;
pub(crate) mod call;
mod difference;
mod errors;
mod expect;
mod expectation;
mod handle;
mod judge;
mod log;
mod logged;
mod report;
mod scenario;
mod script;
mod state;
mod texts;
mod view;

#[cfg(feature = "tokio")]
pub(crate) use self::scenario::Scenario;
pub use self::{
    call::Call,
    errors::{ErrorLog, ErrorSink},
    expect::{Expect, ExpectAtLeastOnce, ExpectSeveral},
    handle::{FakeHandle, ReplyFuture},
    log::{
        CallLog, assert_call_count, assert_called, assert_calls, assert_never_called, check_call_count,
        check_called, check_calls, check_never_called,
    },
    scenario::{check_scenario, scenario, scenario_async},
    script::{Lane, Script},
};

//! Strict fakes: collaborators whose every call is scripted. The literature calls them strict mocks.
//!
//! The test holds the script, the log and the verdict. A fake holds only a [`FakeHandle`], which asks the script. So a
//! fake that is leaked, moved or forgotten loses nothing. A violation is recorded before it panics, so code that
//! swallows the panic hides nothing.
//!
//! - Every call must be expected: in order, with exact arguments, across all fakes of one [`scenario`]. Each entry
//!   expects one call. Two fakes of one trait get a [name](Script::fake) each. Tasks that run concurrently get a
//!   [`lane`](Script::lane) each.
//! - No reply is invented and no assertion is vacuous. A loose matcher needs a call that it must reject, a negative
//!   assertion needs a call that it must match, and an empty script says [`expect_no_calls`](Script::expect_no_calls).
//! - One report holds all violations: expected, got, where scripted, where called, and all calls.
//!
//! # Example: the smallest test
//! By hand, a fake takes four lines for each method. `#[strict_fake]` (feature `macros`) writes the same lines:
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
//! A fake written by hand can answer without asking its script: let it hold nothing but its handle and constants.
//! Code that swallows a whole scenario swallows its panic, too: `#[should_panic]`, a `catch_unwind` around it, a thread
//! that is never joined. `unplugged-exit-guard`, one line in the test binary, ends such a process red. An error that
//! the body returns comes back to the test, which must check it. The repository's `tests/it/lists/HOLES.md` lists
//! every way that was tried to make a bad test pass, and which of them remain.
//!
//! # Common mistakes
//! - **A fake that outlives the scenario**: join the thread, end the task, or drop the fake inside. A thread that is
//!   about to end has half a second of real time to drop its fake.
//! - **`exit` in the code under test** ends the process while a scenario is open. On the thread of the test, the kit
//!   aborts the process and names the scenario; for other threads there is `unplugged-exit-guard`.
//! - **A scenario that moves to another thread.** It belongs to the thread that made it. If that thread ends first, the
//!   process aborts.

mod append_only;
mod at;
pub(crate) mod call;
mod difference;
mod errors;
mod expect;
mod expectation;
mod fakes;
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
    log::CallLog,
    scenario::{check_scenario, scenario, scenario_async},
    script::{Lane, Script},
};

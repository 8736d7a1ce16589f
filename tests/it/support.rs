//! What the tests of several parts share.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

/// The text with which `call` panics.
#[track_caller]
pub(crate) fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else { panic!("it should panic") };
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a text")
}

/// The last lines of a report, which run the test of this thread again with this setting: `UNPLUGGED_SEED=0x5eed`.
pub(crate) fn replay(setting: &str) -> String {
    replay_of(setting, thread::current().name().unwrap())
}

pub(crate) fn replay_of(setting: &str, test: &str) -> String {
    let (own, directory) = (env::current_exe().unwrap(), env::current_dir().unwrap());
    let binary = own.strip_prefix(&directory).unwrap_or(&own).display().to_string();
    let is_there = env::var_os("PWD").is_some_and(|shell| *shell == *directory);
    let there = if is_there { String::new() } else { format!("cd {} && ", directory.display()) };
    let profile = if own.parent().unwrap().ends_with("release/deps") { " --release" } else { "" };
    let package = env::var("CARGO_PKG_NAME").unwrap();
    format!(
        "  replay   {there}{setting} {binary} --exact {test}\n  \
         rebuild  {setting} cargo test -p {package}{profile} -- --exact {test}"
    )
}

/// Where a report sends its reader, if two runs of one seed end otherwise.
pub(crate) const NOT_THE_CAUSE: &str = "look for what differs from run to run with `explore::determinism`: the real time, a \
     static, a file, another thread; on Linux `interpose!` of `unplugged-system` gives other crates the randomness and the \
     time of the sim";

//! What the tests of several parts share.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text with which `call` panics.
#[track_caller]
pub(crate) fn panic_of<R>(call: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(call)) else { panic!("it should panic") };
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("a panic with a text")
}

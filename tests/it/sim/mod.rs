//! Tests of `Sim`.

mod audit;
mod budget;
mod driver;
mod ending;
mod failures;
mod misuse;
mod next_timer;
mod one_base;
mod panics;
#[cfg(all(unix, target_pointer_width = "64"))]
mod plain;
mod previews;
mod replay;
mod reports;
mod scenario;
mod test_attribute;
mod time;
mod tokio_clock;
mod transcript;
mod watchdog;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text that `test` panics with.
#[track_caller]
fn panic_text(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it should panic");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast_ref::<&str>().expect("a panic with a text")).to_owned(),
    }
}

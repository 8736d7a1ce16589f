//! Tests of the injected process.

mod abort;
mod child;
mod counter;
mod exit;
mod exit_async;
mod exit_texts;
mod exiter;
mod group;
mod known_bad;
mod process;
mod process_texts;
mod streams;

use std::panic::{AssertUnwindSafe, catch_unwind};

/// The text that `test` panics with, its places left out.
#[track_caller]
fn panic_text<T>(test: impl FnOnce() -> T) -> String {
    let payload = catch_unwind(AssertUnwindSafe(|| drop(test()))).expect_err("it should panic");
    match payload.downcast::<String>() {
        Ok(text) => unplaced(&text),
        Err(payload) => (*payload.downcast_ref::<&str>().expect("a panic with a text")).to_owned(),
    }
}

/// A text with `PLACE` for each place in these tests: what stands there is tested by itself.
fn unplaced(text: &str) -> String {
    let mut words = text.split("tests/it/inject/");
    let mut unplaced = words.next().unwrap_or_default().to_owned();
    for word in words {
        unplaced.push_str("PLACE");
        let place = |letter: char| letter.is_alphanumeric() || "_./:".contains(letter);
        unplaced.push_str(word.trim_start_matches(place));
    }
    unplaced
}

/// A value that tells when it is dropped.
struct Witness(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Drop for Witness {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

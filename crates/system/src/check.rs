//! Whether the interposition works in this binary.

use std::{
    hash::{BuildHasher, RandomState},
    thread,
};

use unplugged::{Sim, seed::Seed};

const NOT_INTERPOSED: &str = "a sim's seed does not decide what `getrandom` gives in this binary
  expected the same keys of a `HashMap` in two sims of one seed
  got      two pairs of keys
  next     write `unplugged_system::interpose!();` at the top level of the test binary
  next     link std into the binary (no `-C prefer-dynamic`), for a target of glibc";

/// Whether a sim's seed decides the keys of std's `HashMap` in this binary. That depends on the target and on how it
/// is linked, which [`interpose!`](crate::interpose) cannot see.
///
/// # Panics
/// If the system cannot give what a sim and its thread need.
#[must_use]
pub fn is_interposed() -> bool {
    let [one, other] = [keys(), keys()];
    one == other
}

/// The same as an assertion.
///
/// ```standalone_crate
/// # #[cfg(target_os = "linux")]
/// unplugged_system::interpose!();
///
/// # fn main() {
/// # #[cfg(target_os = "linux")]
/// unplugged_system::assert_interposed();
/// # }
/// ```
///
/// # Panics
/// If it does not.
#[track_caller]
pub fn assert_interposed() {
    assert!(is_interposed(), "{NOT_INTERPOSED}");
}

/// What the keys make of a number, on a thread on which std has no keys yet.
fn keys() -> u64 {
    let in_sim = || Sim::builder().seed(Seed::DEFAULT).build().run(async { RandomState::new().hash_one(0) });
    thread::scope(|scope| scope.spawn(in_sim).join()).expect("a sim that draws does not panic")
}

//! The texts below the failure of a test.

use crate::{explore, seed::Seed, violation::Violation};

type Lines = Vec<(&'static str, String)>;

pub(super) fn fails_each_time(seed: Seed, replay: Lines) -> Violation {
    Violation::new(format!("the test fails each time with seed {seed}")).with_all(replay)
}

pub(super) fn ran_once(seed: Seed, replay: Lines) -> Violation {
    Violation::new(format!("the test failed with seed {seed}")).with_all(replay)
}

pub(super) fn passes_again(seed: Seed) -> Violation {
    Violation::new(format!(
        "the test passes when it runs again with seed {seed}, so the seed is not the cause"
    ))
    .next(explore::NOT_THE_CAUSE)
}

//! What the tests share.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::thread;

use unplugged::{Sim, inject::child, seed::Seed};

/// What stands before a body's answer in the output of its process.
const ANSWER: &str = "answer: ";

/// Runs the body of the test of this name in two processes, and compares what it says in each.
#[track_caller]
pub(crate) fn in_two_processes(test: &str, body: impl Fn() -> String, compare: impl FnOnce([String; 2])) {
    let mut answers = Vec::new();
    for process in ["one", "other"] {
        child::test(test).case(process).run(
            || println!("\n{ANSWER}{}", body()),
            |child| {
                child.assert_completed();
                let output = String::from_utf8_lossy(child.stdout()).into_owned();
                let answer = output.lines().find_map(|line| line.strip_prefix(ANSWER));
                answers.push(answer.expect("the body answers").to_owned());
            },
        );
    }
    // In a child there is nothing to compare.
    if let Ok(answers) = <[String; 2]>::try_from(answers) {
        compare(answers);
    }
}

/// In which order a map of std's gives its keys: one of 20! orders.
#[expect(clippy::disallowed_types, reason = "the order is what is looked at")]
pub(crate) fn order_of_a_map() -> String {
    let map: std::collections::HashMap<u32, ()> = (0..20).map(|key| (key, ())).collect();
    format!("{:?}", map.keys().collect::<Vec<_>>())
}

pub(crate) fn seeded(seed: u64) -> Sim {
    Sim::builder().seed(Seed::new(seed)).build()
}

/// A draw of the system's, as the code under test does it.
pub(crate) fn draw() -> u64 {
    getrandom::u64().unwrap()
}

/// Runs `work` on a thread on which nothing has drawn yet.
pub(crate) fn on_a_fresh_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    thread::scope(|scope| scope.spawn(work).join()).unwrap()
}

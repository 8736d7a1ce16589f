//! A function of a module that keeps a state: a small struct behind it holds the state, and tests make their own.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use unplugged::inject::child;

/// The number of the next connection: 1, 2, 3 and so on.
fn next_id() -> u64 {
    IDS.next()
}

/// What the public function goes through.
static IDS: Ids = Ids::starting_at(1);

struct Ids {
    next: AtomicU64,
}

impl Ids {
    const fn starting_at(first: u64) -> Self {
        Self { next: AtomicU64::new(first) }
    }

    fn next(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

#[test]
fn each_number_is_the_next() {
    let ids = Ids::starting_at(1);
    assert_eq!([ids.next(), ids.next(), ids.next()], [1, 2, 3]);
}

#[test]
fn a_test_begins_where_it_wants() {
    let ids = Ids::starting_at(u64::MAX);
    assert_eq!([ids.next(), ids.next()], [u64::MAX, 0]);
}

#[test]
fn no_number_is_given_twice() {
    let (ids, given) = (Ids::starting_at(1), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..100).for_each(|_| given.lock().unwrap().push(ids.next())));
        }
    });
    let mut given = given.into_inner().unwrap();
    given.sort_unstable();
    assert_eq!(given, (1..=200).collect::<Vec<_>>());
}

/// In a process of its own: nobody else has taken a number there.
#[test]
fn the_public_function_counts_from_1_through_the_default_instance() {
    child::test("inject::counter::the_public_function_counts_from_1_through_the_default_instance").run(
        || {
            assert_eq!([next_id(), next_id()], [1, 2]);
            assert_eq!(IDS.next(), 3); // it is the same state
            assert_eq!(next_id(), 4);
        },
        |child| child.assert_completed(),
    );
}

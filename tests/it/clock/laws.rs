//! The laws of exact stepping, over random timers and futures, against a naive model.

mod model;
mod real;

use proptest::{collection::vec, prelude::*, test_runner::FileFailurePersistence};
use unplugged::{
    clock::{FirstCall, MissedTickBehavior},
    seed::Seed,
};

use self::{model::Model, real::Real};

/// What a timer does when it runs. Timers are known by the order in which they are made.
#[derive(Clone, Debug)]
enum Action {
    Nothing,
    Make(u64, Box<Self>),
    Repeat(u64),
    Cancel(usize),
    Reset(usize, u64),
    Delay(usize, u64),
}

/// Something that exists from the beginning. All times are in nanoseconds.
#[derive(Clone, Debug)]
enum Thing {
    Timer(u64, Action),
    Every(u64, FirstCall, Action),
    /// A future that sleeps `nap`, `count` times, and is dropped at the limit, if there is one.
    Naps {
        nap: u64,
        count: u32,
        limit: Option<u64>,
    },
    /// A future that awaits `count` ticks, and is busy for a while after each.
    Ticks {
        period: u64,
        work: u64,
        count: u32,
        missed: MissedTickBehavior,
    },
}

/// What the run of a clock comes to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Story {
    /// Who ran when; a repeating timer also says how many points of its grid it missed.
    ran: Vec<(Name, u64, u64)>,
    /// The deadlines that still wait, in their order.
    left: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Name {
    Timer(usize),
    Future(usize),
}

fn action() -> impl Strategy<Value = Action> {
    let which = || 0..12_usize;
    let leaf = prop_oneof![
        Just(Action::Nothing),
        (5..30_u64).prop_map(Action::Repeat),
        which().prop_map(Action::Cancel),
        (which(), 0..40_u64).prop_map(|(which, delay)| Action::Reset(which, delay)),
        (which(), 0..40_u64).prop_map(|(which, by)| Action::Delay(which, by)),
    ];
    leaf.prop_recursive(3, 4, 1, |inner| {
        (0..40_u64, inner).prop_map(|(delay, then)| Action::Make(delay, Box::new(then)))
    })
}

fn thing() -> impl Strategy<Value = Thing> {
    use MissedTickBehavior::{Burst, Delay, Skip};
    let first = prop_oneof![Just(FirstCall::AtOnce), Just(FirstCall::AfterOnePeriod)];
    let missed = prop_oneof![Just(Burst), Just(Delay), Just(Skip)];
    let limit = proptest::option::of(0..60_u64);
    prop_oneof![
        4 => (0..60_u64, action()).prop_map(|(delay, action)| Thing::Timer(delay, action)),
        2 => (5..30_u64, first, action()).prop_map(|(period, first, action)| Thing::Every(period, first, action)),
        2 => (0..30_u64, 1..5_u32, limit).prop_map(|(nap, count, limit)| Thing::Naps { nap, count, limit }),
        2 => (1..30_u64, 0..60_u64, 1..5_u32, missed)
            .prop_map(|(period, work, count, missed)| Thing::Ticks { period, work, count, missed }),
    ]
}

fn config() -> ProptestConfig {
    let regressions = FileFailurePersistence::Direct("tests/it/clock/laws.regressions");
    ProptestConfig {
        failure_persistence: Some(Box::new(regressions)),
        max_shrink_time: 5_000, // milliseconds
        ..ProptestConfig::with_cases(512)
    }
}

proptest! {
    #![proptest_config(config())]

    /// Time has to be moved at all: with no step, a timer without delay still waits.
    #[test]
    fn any_steps_to_the_same_end_run_what_the_model_runs(
        things in vec(thing(), 0..12),
        steps in vec(0..50_u64, 1..8),
    ) {
        let end = steps.iter().sum();
        let model = Model::run(&things, end);
        prop_assert_eq!(&Real::run(&things, &steps, None), &model, "in steps");
        prop_assert_eq!(&Real::run(&things, &[end], None), &model, "in one go");
    }

    #[test]
    fn any_steps_to_the_same_end_run_the_same_in_a_shuffled_order(
        things in vec(thing(), 0..12),
        steps in vec(0..50_u64, 1..8),
        seed in any::<u64>(),
    ) {
        let (seed, end) = (Some(Seed::new(seed)), steps.iter().sum());
        prop_assert_eq!(Real::run(&things, &steps, seed), Real::run(&things, &[end], seed));
    }
}

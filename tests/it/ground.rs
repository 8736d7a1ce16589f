//! Tests of `seed`, `fault` and `wait`: what everything stands on.

use std::num::NonZeroU64;

use unplugged::{
    outcome,
    seed::{ParseSeedError, Seed},
    violation::SourceLocation,
    wait::{self, Wait},
};

// Seeds.

#[test]
fn a_seed_prints_and_parses() {
    assert_eq!(Seed::DEFAULT.to_string(), "0x5eed");
    assert_eq!(Seed::default(), Seed::DEFAULT);
    for text in ["0x5eed", "24301", "0x5_eed", "24_301", "0x5EED", "0x_5eed", "24301_"] {
        assert_eq!(text.parse(), Ok(Seed::DEFAULT), "{text}");
    }
    assert_eq!("0".parse(), Ok(Seed::new(0)));
    assert_eq!("0xffffffffffffffff".parse(), Ok(Seed::new(u64::MAX)));
    assert_eq!(Seed::new(7).value(), 7);
}

#[test]
fn a_text_that_is_no_seed_is_refused() {
    for text in
        ["", "0x", "x", "-1", "+1", "0x+1", "0x-1", "1.5", " 1", "_", "_1", "0x1_0000_0000_0000_0000", "é"]
    {
        let error: ParseSeedError = text.parse::<Seed>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{text:?} is not a seed: write a number up to 64 bits, as 24301 or as 0x5eed")
        );
    }
}

#[test]
fn the_draws_of_a_stream_are_the_same_on_every_machine_for_ever() {
    let mut stream = Seed::DEFAULT.rng("cuts");
    let drawn: Vec<u64> = (0..4).map(|_| stream.next_u64()).collect();
    assert_eq!(drawn, STREAM);
}

#[test]
fn names_and_seeds_give_unrelated_streams() {
    let first = |seed: u64, name: &str| Seed::new(seed).rng(name).next_u64();
    let draws = [first(1, "a"), first(1, "b"), first(2, "a"), first(2, "b"), first(1, ""), first(0, "")];
    for (index, draw) in draws.iter().enumerate() {
        assert!(!draws[..index].contains(draw), "{index}");
    }
}

#[test]
fn a_draw_stays_below_its_bound_and_reaches_every_number() {
    let mut stream = Seed::DEFAULT.rng("dice");
    let mut seen = [0_u32; 6];
    for _ in 0..6000 {
        seen[usize::try_from(stream.below(NonZeroU64::new(6).unwrap())).unwrap()] += 1;
    }
    assert!(seen.iter().all(|count| (900..1100).contains(count)), "{seen:?}");
    assert_eq!(stream.below(NonZeroU64::MIN), 0);
    // Of the largest bounds half the draws are rejected, and none comes out too large.
    let large = NonZeroU64::new((1 << 63) + 1).unwrap();
    assert!((0..1000).all(|_| stream.below(large) < large.get()));
}

/// Drawn by another implementation of the same generators.
const STREAM: [u64; 4] = [
    17_113_452_641_200_442_223,
    2_794_480_876_306_498_700,
    2_535_703_799_077_897_388,
    14_441_734_570_848_692_904,
];

// Places and violations.

#[test]
fn a_place_is_that_of_the_caller() {
    let place = SourceLocation::caller();
    let line = line!() - 1;
    assert_eq!(place.to_string(), format!("tests/it/ground.rs:{line}:17"));
    assert_eq!(format!("{place:?}"), place.to_string());
    assert_eq!(place.location().line(), line);
}

#[test]
fn a_violation_is_a_value_that_prints_as_its_text() {
    let watch = outcome::watch(async { Err::<(), _>("one\ntwo") }).named("job");
    let violation = watch.check_success().unwrap_err();
    assert_eq!(violation.headline(), "`job` did not succeed: it failed");
    assert_eq!(violation.details().collect::<Vec<_>>(), [("error", "\"one\\ntwo\"")]);
    assert_eq!((violation.detail("error"), violation.detail("now")), (Some("\"one\\ntwo\""), None));
    assert_eq!(format!("{violation:?}"), violation.to_string());
    assert_eq!(violation, watch.check_success().unwrap_err());
    let error: Box<dyn std::error::Error> = violation.into();
    assert_eq!(error.to_string(), "`job` did not succeed: it failed\n  error    \"one\\ntwo\"");
}

// Waits.

#[test]
fn a_wait_prints_what_is_known() {
    let place = SourceLocation::caller();
    let wait = Wait::new("door", place);
    assert_eq!(wait.to_string(), format!("door, made at {place}"));
    let known = wait.named("front").due(std::time::Duration::from_millis(1500));
    assert_eq!(known.to_string(), format!("door `front`, due at +1.5s, made at {place}"));
}

#[test]
fn nobody_asks_what_an_unwatched_leaf_waits_for() {
    wait::report(|| unreachable!("nobody watches"));
}

#[test]
fn a_leaf_may_speak_while_it_says_what_it_waits_for() {
    let place = SourceLocation::caller();
    let watch = outcome::watch(std::future::poll_fn(move |_| {
        wait::report(|| {
            wait::report(|| Wait::new("inner", place));
            Wait::new("outer", place)
        });
        std::task::Poll::<()>::Pending
    }));
    let violation = watch.check_ready().unwrap_err();
    let waits: Vec<_> =
        violation.details().filter(|(label, _)| *label == "waits").map(|(_, text)| text).collect();
    assert_eq!(waits, [format!("inner, made at {place}"), format!("outer, made at {place}")]);
}

#[test]
fn an_outer_watch_hears_nothing_of_an_inner_one() {
    let place = SourceLocation::caller();
    let watch = outcome::watch(std::future::poll_fn(move |_| {
        let inner = outcome::watch(std::future::poll_fn(move |_| {
            wait::report(|| Wait::new("inner", place));
            std::task::Poll::<()>::Pending
        }));
        inner.assert_pending();
        wait::report(|| Wait::new("outer", place));
        std::task::Poll::<()>::Pending
    }));
    let violation = watch.check_ready().unwrap_err();
    assert_eq!(violation.detail("waits"), Some(format!("outer, made at {place}").as_str()));
    assert_eq!(violation.details().filter(|(label, _)| *label == "waits").count(), 1);
}

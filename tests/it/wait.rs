//! What a pending future says that it waits for.

use unplugged::{
    outcome,
    violation::SourceLocation,
    wait::{self, Wait},
};

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

//! What a sim says when it is misused, word for word.

use std::time::Duration;

use unplugged::{
    Sim,
    clock::{Clock, nanos, secs},
};

use super::panic_text;

#[test]
fn a_forgotten_await_is_reported() {
    /// Calls of `sim` that are not awaited; each is one line below the line before.
    type Call = fn(&Sim);
    let base = line!() + 1;
    let calls: [(&str, Call); 4] = [
        ("advance(..)", |sim| drop(sim.advance(secs(1)))),
        ("settle()", |sim| drop(sim.settle())),
        ("run_until(..)", |sim| drop(sim.run_until(|| true))),
        ("run_until_idle()", |sim| drop(sim.run_until_idle())),
    ];
    for (line, (call, forget)) in (base + 1..).zip(calls) {
        let text = panic_text(|| Sim::new().run_test(|sim| async move { forget(&sim) }));
        let place = text.split("it/sim/misuse.rs:").nth(1).and_then(|place| place.split(':').next());
        assert_eq!(place, Some(&*line.to_string()), "{text}");
        let (first, rest) = text.split_once("\n  called   tests/").expect("it names the line");
        assert_eq!(first, format!("`sim.{call}` was dropped without being awaited: nothing happened"));
        assert!(rest.ends_with("\n  next     add `.await`"), "{text}");
    }
}

#[test]
fn a_sim_inside_a_runtime_is_refused_where_it_is_made() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let text = "a sim was made inside a tokio runtime, and a sim is one\n  \
                next     write `#[unplugged::test]` or `#[test]` in place of `#[tokio::test]`";
    assert_eq!(panic_text(|| runtime.block_on(async { drop(Sim::new()) })), text);
    assert_eq!(panic_text(|| runtime.block_on(async { drop(Sim::builder().build()) })), text);
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    assert_eq!(panic_text(|| threads.block_on(async { drop(Sim::new()) })), text);
    let nested = panic_text(|| Sim::new().run_test(|_sim| async { drop(Sim::new()) }));
    assert_eq!(
        nested,
        "a sim was made inside a sim that runs\n  \
         next     use the sim of the test, or make the second one outside of `run`"
    );
}

#[test]
fn two_moves_at_once_are_refused() {
    let text = panic_text(|| {
        Sim::new().run_test(|sim| async move {
            tokio::join!(sim.advance(secs(1)), sim.advance(secs(2)));
        });
    });
    assert_eq!(
        text,
        "`sim.advance(..)` began while `sim.advance(..)` was under way\n  \
         next     time moves in one place: await the one before the other\n  \
         now      +0ns, seed 0x5eed"
    );
}

#[test]
fn time_past_the_end_of_the_timeline_is_refused() {
    let sim = Sim::new();
    let text = panic_text(|| drop(sim.advance(Duration::MAX)));
    assert!(
        text.starts_with("`sim.advance` by 18446744073709551615.999999999s would go past the end"),
        "{text}"
    );
}

#[test]
fn time_does_not_go_back() {
    let sim = Sim::new();
    let start = sim.clock().now();
    sim.advance(secs(2));
    let text = panic_text(|| drop(sim.advance_to(start + secs(1))));
    assert_eq!(text, "`sim.advance_to` would go back in time, from +2s to +1s");
}

#[test]
fn a_run_inside_a_run_is_refused() {
    let text = panic_text(|| {
        Sim::new().run_test(|sim| async move { sim.run(async {}) });
    });
    assert!(text.starts_with("`Sim::run` was called from inside a sim that runs\n"), "{text}");
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let text = panic_text(|| drop(Sim::builder().limit(Duration::ZERO)));
    assert_eq!(text, "the limit of a sim must be longer than nothing");
}

#[test]
fn an_empty_expectation_is_refused() {
    let text = panic_text(|| Sim::new().expect_panic(""));
    assert_eq!(text, "`expect_panic` needs a text: an empty one would match every panic");
}

#[test]
fn a_move_by_nothing_settles() {
    let sim = Sim::new();
    let done = sim.watch(async { 1 });
    sim.advance(nanos(0));
    done.assert_ready();
}

#[test]
fn a_step_dropped_under_way_leaves_time_where_it_is() {
    let sim = Sim::new();
    sim.run_test(|sim| async move {
        let raced = tokio::time::timeout(secs(1), sim.advance(secs(5))).await;
        assert!(raced.is_err());
        sim.advance(secs(1)).await; // a new move is possible
    });
}

#[test]
fn dropping_a_watch_drops_its_future() {
    let sim = Sim::new();
    let kept = std::rc::Rc::new(());
    let held = std::rc::Rc::clone(&kept);
    let watch = sim.watch(async move {
        std::future::pending::<()>().await;
        drop(held);
    });
    sim.settle();
    assert_eq!(std::rc::Rc::strong_count(&kept), 2);
    drop(watch);
    sim.settle();
    assert_eq!(std::rc::Rc::strong_count(&kept), 1);
}

#[test]
fn a_forgotten_await_on_several_steps_is_reported() {
    let line = line!() + 2;
    let text = panic_text(|| {
        Sim::new().run_test(async |sim| drop(sim.advance_each([secs(1), secs(2)])));
    });
    assert_eq!(
        text,
        format!(
            "`sim.advance_each(..)` was dropped without being awaited: nothing happened\n  \
             called   {}:{line}:50\n  \
             next     add `.await`",
            file!()
        )
    );
    // By hand it is polled once, and given up: time stops where it is.
    let sim = Sim::new();
    sim.run(async { sim.advance_each([secs(1), secs(2)]).await });
    assert_eq!(sim.elapsed(), secs(3));
}

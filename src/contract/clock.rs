//! The contract of clocks.

use std::{future::Future, pin::Pin, rc::Rc, sync::Arc, task::Context, time::Duration};

use unplugged_seam::{Clock, Sleep};

use super::{
    probe::{Flag, both, is_woken, pend},
    report::Report,
    rule::{LocalFuture, Rule, Seen, ensure, judge, rule},
};

/// Tries the contract of clocks. `pass` lets so much time of this clock pass, and is done then: it advances a fake one
/// and sleeps on a real one.
///
/// # Example
/// ```
/// use unplugged::{Sim, clock::FakeClock, contract};
///
/// let clock = FakeClock::new();
/// Sim::new().run(contract::clock(&clock, async |time| clock.advance(time))).assert_held();
/// ```
pub async fn clock(clock: &dyn Clock, pass: impl AsyncFn(Duration)) -> Report {
    const LIMIT: Duration = Duration::from_secs(10);
    let mut report = Report::new("clock".to_owned());
    let pass = Rc::new(pass);
    let pass = Box::new(move |time| -> LocalFuture<'_, ()> {
        let pass = Rc::clone(&pass);
        Box::pin(async move { pass(time).await })
    });
    let worlds = [(None, World { clock, pass })];
    for rule in rules() {
        judge(&mut report, LIMIT, &rule, &worlds).await;
    }
    report
}

struct World<'a> {
    clock: &'a dyn Clock,
    pass: Box<dyn Fn(Duration) -> LocalFuture<'a, ()> + 'a>,
}

fn rules<'a>() -> Vec<Rule<World<'a>>> {
    const POLL: &str = "std's docs of Future::poll";
    vec![
        rule!("time-passes", passes, "after a time has passed, now is later by it", "std's docs of Instant"),
        rule!("start-stays", start, "the start is fixed, and not after now", "unplugged_seam::Clock::start"),
        rule!("wall-follows", wall, "the wall clock passes, too", "unplugged_seam::Clock::system_time"),
        rule!(
            "sleep-waits",
            waits,
            "a sleep is pending before its deadline",
            "unplugged_seam::Clock::sleep_until"
        ),
        rule!(
            "sleep-ends",
            ends,
            "a sleep is done once its deadline has passed, and not before",
            "tokio's docs of time::sleep_until"
        ),
        rule!(
            "past-is-ready",
            past,
            "a sleep until now or earlier is done at once",
            "tokio's tests time_sleep, immediate_sleep"
        ),
        rule!(
            "sleep-waker-renewed",
            renewed,
            "only the waker of the last poll counts: a sleep can move to another task",
            POLL
        ),
        rule!("sleeps-apart", apart, "each sleep has its own deadline and waker", POLL),
    ]
}

const STEP: Duration = Duration::from_millis(20);

async fn pending(sleep: &mut Pin<Box<Sleep>>) -> Result<Arc<Flag>, String> {
    let poll = |cx: &mut Context<'_>| sleep.as_mut().poll(cx);
    pend(poll).await.ok_or_else(|| "a sleep that is done before its deadline".into())
}

async fn passes(world: &World<'_>) -> Seen {
    for _ in 0..3 {
        let before = world.clock.now();
        (world.pass)(STEP).await;
        let passed = world.clock.now().checked_duration_since(before);
        ensure(passed.is_some_and(|passed| passed >= STEP), || {
            format!("{passed:?} passed instead of {STEP:?}")
        })?;
    }
    Ok(())
}

async fn start(world: &World<'_>) -> Seen {
    let (start, now) = (world.clock.start(), world.clock.now());
    ensure(start <= now, || "a start after now".into())?;
    (world.pass)(STEP).await;
    ensure(world.clock.start() == start, || "a start that has moved".into())
}

async fn wall(world: &World<'_>) -> Seen {
    let before = world.clock.system_time();
    (world.pass)(STEP).await;
    let passed = world.clock.system_time().duration_since(before).ok();
    // It can be corrected and drift a little.
    ensure(passed.is_some_and(|passed| passed >= STEP / 2), || {
        format!("{passed:?} passed instead of {STEP:?}")
    })
}

async fn waits(world: &World<'_>) -> Seen {
    let mut sleep = Box::pin(world.clock.sleep_until(world.clock.now() + Duration::from_secs(3600)));
    pending(&mut sleep).await?;
    (world.pass)(STEP).await;
    pending(&mut sleep).await.map(drop)
}

async fn ends(world: &World<'_>) -> Seen {
    let deadline = world.clock.now() + STEP;
    let sleep = async {
        world.clock.sleep_until(deadline).await;
        world.clock.now()
    };
    let (end, ()) = both(sleep, (world.pass)(STEP * 2)).await;
    ensure(end >= deadline, || format!("done {:?} before its deadline", deadline - end))
}

async fn past(world: &World<'_>) -> Seen {
    for deadline in [world.clock.now(), world.clock.start()] {
        let mut sleep = Box::pin(world.clock.sleep_until(deadline));
        let is_late = pend(|cx| sleep.as_mut().poll(cx)).await.is_some();
        ensure(!is_late, || "a sleep until now that is pending".into())?;
    }
    Ok(())
}

async fn renewed(world: &World<'_>) -> Seen {
    let mut sleep = Box::pin(world.clock.sleep_until(world.clock.now() + STEP));
    let _first = pending(&mut sleep).await?;
    let second = pending(&mut sleep).await?;
    (world.pass)(STEP * 2).await;
    let is_woken = is_woken(STEP, &second).await;
    ensure(is_woken, || "the second waker of a sleep was not woken at its deadline".into())
}

async fn apart(world: &World<'_>) -> Seen {
    let now = world.clock.now();
    let [mut late, mut soon] = [100, 1].map(|steps| Box::pin(world.clock.sleep_until(now + STEP * steps)));
    let late = pending(&mut late).await?;
    let soon = pending(&mut soon).await?;
    (world.pass)(STEP * 2).await;
    ensure(is_woken(STEP, &soon).await, || "the earlier of two sleeps was not woken".into())?;
    ensure(!late.is_woken(), || "the later of two sleeps was woken with the earlier".into())
}

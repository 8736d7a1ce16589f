//! What a sim judges by: what the test itself waits for, and how much time passes meanwhile.

use std::{future::pending, time::Duration};

use tokio::{io::AsyncReadExt, time::interval};
use unplugged::{
    Sim,
    clock::{ClockExt, hours, millis, mins, secs},
    transport::pipe,
};

use super::panic_text;

fn limited(limit: Duration) -> Sim {
    Sim::builder().limit(limit).build()
}

/// Ticks each second, as a keep-alive does.
fn tick(sim: &Sim) {
    sim.spawn_background(async {
        let mut every = interval(secs(1));
        loop {
            every.tick().await;
        }
    });
}

#[test]
fn a_deadlock_beside_a_ticker_says_first_what_the_test_waits_for() {
    let sim = limited(mins(1));
    tick(&sim);
    let made = line!() + 1;
    let (mut near, _far) = pipe();
    let text = panic_text(|| sim.run(async { near.read_u8().await.map(drop).unwrap() }));
    let expected = format!(
        "the test has waited for 60s of virtual time, while other tasks ran\n  since    +0ns\n  \
         next     see what the test waits for; if that may take so long, raise `SimBuilder::limit`\n  \
         waits    the test: read from `client`, made at tests/it/sim/driver.rs:{made}:28, since +0ns\n  \
         waits    the task spawned at tests/it/sim/driver.rs:"
    );
    assert!(text.starts_with(&expected), "{text}");
}

#[test]
fn a_deadlock_on_a_leaf_that_is_not_the_kit_s_is_the_test_s_too() {
    let sim = limited(mins(1));
    tick(&sim);
    let text = panic_text(|| sim.run(pending::<()>()));
    let expected = "the test has waited for 60s of virtual time, while other tasks ran\n  since    +0ns\n  \
                    waits    the test: an unknown leaf\n";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_test_that_polls_does_not_renew_its_limit() {
    fn is_reported(body: impl AsyncFnOnce(&Sim)) {
        let sim = limited(secs(1));
        let text = panic_text(|| sim.run(body(&sim)));
        let first = text.lines().next().unwrap();
        assert_eq!(first, "the test has waited for 1s of virtual time, while other tasks ran");
    }
    is_reported(async |_| {
        loop {
            tokio::time::sleep(millis(1)).await;
        }
    });
    is_reported(async |sim| {
        loop {
            sim.clock().sleep(millis(1)).await;
        }
    });
    is_reported(async |_| {
        let mut every = interval(millis(7));
        loop {
            every.tick().await;
        }
    });
    is_reported(async |sim| while sim.clock().timeout(millis(3), pending::<()>()).await.is_err() {});
}

#[test]
fn a_test_that_polls_without_a_limit_of_time_is_counted() {
    fn is_reported(body: impl AsyncFnOnce(&Sim)) {
        let sim = Sim::builder().max_steps_per_instant(20).build();
        let text = panic_text(|| sim.run(body(&sim)));
        let expected = "the test polls: it ran 200 times in a row, and only time had passed\n";
        assert!(text.starts_with(expected), "{text}");
        let next = "let it wait for what it looks for: a channel, a `Notify`, or `Sim::run_until`; ten times \
                    `SimBuilder::max_steps_per_instant` turns are allowed";
        assert!(text.contains(next), "{text}");
    }
    is_reported(async |_| {
        loop {
            tokio::time::sleep(millis(1)).await;
        }
    });
    is_reported(async |sim| {
        loop {
            sim.advance(millis(1)).await;
        }
    });
    is_reported(async |sim| {
        sim.spawn_background(async {
            let mut ticks = interval(millis(7));
            loop {
                ticks.tick().await;
            }
        });
        loop {
            sim.advance_to_next().await;
            sim.clock().sleep(secs(1)).await;
        }
    });
}

#[test]
fn a_test_that_is_told_something_now_and_then_goes_on() {
    let sim = limited(hours(2));
    let (sender, mut receiver) = tokio::sync::mpsc::channel(1);
    sim.spawn(async move {
        for hour in 0..48 {
            tokio::time::sleep(hours(1)).await;
            sender.send(hour).await.unwrap();
        }
    });
    let heard = sim.run(async {
        let mut heard = 0;
        while receiver.recv().await.is_some() {
            heard += 1;
        }
        heard
    });
    assert_eq!((heard, sim.elapsed()), (48, hours(48)));
}

#[test]
fn a_test_that_moves_the_time_itself_goes_as_far_as_it_says() {
    let sim = limited(hours(1));
    tick(&sim);
    sim.run(async {
        for _ in 0..6 {
            sim.advance(mins(50)).await;
        }
        sim.advance(hours(5)).await;
    });
    assert_eq!(sim.elapsed(), hours(10));
}

//! A clock is handed in as a trait object, a type parameter or a reference.

use std::{sync::Arc, time::Duration};

use unplugged::clock::{Clock, ClockExt, FakeClock, SystemClock, hours, secs};

async fn shared(clock: Arc<dyn Clock>) -> Duration {
    clock.sleep(secs(1)).await;
    clock.since_start()
}

async fn generic<C: Clock>(clock: C) -> Duration {
    clock.sleep(secs(1)).await;
    clock.since_start()
}

async fn borrowed(clock: &dyn Clock) -> Duration {
    clock.sleep(secs(1)).await;
    clock.since_start()
}

#[test]
fn every_form_of_the_seam_takes_the_fake() {
    let clock = FakeClock::new();
    let own = clock.clone();
    let watches = [clock.watch(shared(Arc::new(clock.clone()))), clock.watch(generic(clock.clone()))];
    let reference = clock.watch(async move { borrowed(&own).await });
    clock.advance(secs(1));
    watches.iter().chain([&reference]).for_each(|watch| assert_eq!(watch.assert_ready(), &secs(1)));
}

#[test]
fn a_boxed_and_a_borrowed_clock_are_clocks() {
    let clock = FakeClock::new();
    let boxed: Box<dyn Clock> = Box::new(clock.clone());
    clock.advance(secs(2));
    assert_eq!(boxed.since_start(), secs(2));
    assert_eq!((&&clock).since_start(), secs(2));
    assert_eq!(boxed.system_time(), clock.system_time());
    assert_eq!(boxed.since(boxed.start()), secs(2));
}

#[test]
fn virtual_time_begins_years_ahead_so_that_code_may_subtract_from_it() {
    let ahead = FakeClock::new().start() - SystemClock.now();
    let ten_years = hours(10 * 365 * 24);
    assert!(ten_years - hours(24) < ahead && ahead <= ten_years, "{ahead:?}");
}

//! A clock is handed in as a trait object, a type parameter or a reference.

use std::{sync::Arc, time::Duration};

use unplugged::clock::{Clock, ClockExt, FakeClock, SystemClock, hours, secs};

use super::panic_text;

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

/// The text of the panic of a sim whose body runs this.
#[cfg(feature = "tokio")]
fn refused(body: impl FnOnce()) -> String {
    panic_text(|| unplugged::Sim::new().run(async { body() }))
}

#[test]
#[cfg(feature = "tokio")]
fn a_real_clock_that_is_used_where_a_sim_runs_is_reported() {
    let line = line!() + 1;
    let text = refused(|| _ = SystemClock.now());
    assert_eq!(
        text,
        format!(
            "`SystemClock::now` is real, and was used on a thread where a sim runs\n  \
             used at  tests/it/clock/seam.rs:{line}:43\n  \
             next     hand the code `sim.clock()`, `host.clock()` or the process of a `FakeProcess`; a sim with \
             `SimBuilder::real_io` allows what is real\n  \
             now      +0ns, seed 0x5eed"
        )
    );
}

#[test]
#[cfg(feature = "tokio")]
fn each_real_part_is_reported_in_a_sim_and_only_there() {
    use std::io::{Read, Write};

    use unplugged::{clock::TokioClock, inject::Process};

    type Use = (&'static str, fn(&mut Process));
    const USES: [Use; 9] = [
        ("SystemClock::system_time", |process| _ = process.clock.system_time()),
        ("SystemClock::sleep_until", |process| drop(process.clock.sleep_until(process.clock.start()))),
        ("Args::real", |process| drop(process.args.iter())),
        ("Env::real", |process| drop(process.env.var_os("PATH"))),
        ("Stdin::real", |process| drop(process.stdin.read(&mut []))),
        ("Output::real_stdout", |process| drop(process.stdout.write(b""))),
        ("Output::real_stderr", |process| drop(process.stderr.write(b""))),
        ("Entropy::real", |process| drop(process.entropy.next_u64())),
        ("Exit::real", |process| process.exit.exit(71)),
    ];
    for (what, used) in USES {
        let mut process = Process::real();
        if what != "Exit::real" {
            used(&mut process); // on a thread without a sim it is what `main` uses
        }
        let text = refused(|| used(&mut process));
        let what = if what.ends_with("sleep_until") { "SystemClock::start" } else { what };
        assert!(text.starts_with(&format!("`{what}` is real, and was used on a thread")), "{text}");
    }
    let text = refused(|| _ = TokioClock::new().system_time());
    assert!(text.starts_with("`TokioClock::system_time` is real"), "{text}");

    let sim = unplugged::Sim::builder().real_io(true).build();
    sim.run(async { _ = SystemClock.now() });
    assert!(unplugged::Sim::new().run(async { Process::real().is_real() }), "asking is no use");
}

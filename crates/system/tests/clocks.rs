//! `interpose!(clocks)`: std's clocks show the time of the sim that runs on the thread.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "std's clocks are what is tested")]

mod common;

use std::{
    ffi::c_int,
    io, ptr, thread,
    time::{Duration, Instant, SystemTime},
};

use common::{draw, in_two_processes, seeded};
use unplugged::{
    Sim,
    clock::{Clock, Drift, hours, millis, nanos, secs},
};

unplugged_system::interpose!(clocks);

/// Where the wall clock of every sim begins: 2000-01-01T00:00:00Z.
const START: Duration = Duration::from_secs(946_684_800);

/// When this was written: no real clock is behind.
const TODAY: Duration = Duration::from_secs(1_750_000_000);

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

#[test]
fn instant_is_the_sims_to_the_nanosecond() {
    Sim::new().run(async {
        let start = Instant::now();
        assert_eq!(start.elapsed(), nanos(0));
        tokio::time::sleep(hours(2)).await;
        assert_eq!(start.elapsed(), hours(2));
    });
}

#[unplugged::test]
async fn all_clocks_of_a_test_agree(sim: Sim) {
    for step in [nanos(0), nanos(1), millis(1) + nanos(7), hours(30)] {
        sim.advance(step).await;
        assert_eq!(Instant::now(), sim.clock().now());
        assert_eq!(SystemTime::now(), sim.clock().system_time());
        assert_eq!(Instant::now(), tokio::time::Instant::now().into_std());
    }
}

#[test]
fn a_task_sees_its_own_instant_on_the_way() {
    let sim = Sim::new();
    let seen = sim.watch(async {
        let start = Instant::now();
        tokio::time::sleep_until((start + secs(5)).into()).await;
        start.elapsed()
    });
    sim.advance(secs(60));
    assert_eq!(seen.assert_ready(), &secs(5));
}

#[test]
fn a_deadline_of_std_wakes_a_timer_of_tokio_on_time() {
    Sim::new().run(async {
        tokio::time::sleep(secs(7)).await;
        let deadline = Instant::now() + millis(250);
        tokio::time::sleep_until(deadline.into()).await;
        assert_eq!(Instant::now(), deadline);
    });
}

#[unplugged::test]
async fn the_wall_clock_is_the_sims(sim: Sim) {
    assert_eq!(since_epoch(), START);
    sim.advance(secs(1) + nanos(1)).await;
    assert_eq!(since_epoch(), START + secs(1) + nanos(1));
    sim.clock().set_system_time(SystemTime::UNIX_EPOCH + START - hours(24));
    sim.clock().set_drift(Drift::fast(1000));
    sim.advance(secs(1000)).await;
    assert_eq!(since_epoch(), START - hours(24) + secs(1001));
}

/// The field of C cannot say it.
#[unplugged::test]
async fn a_wall_clock_before_1970_shows_1970(sim: Sim) {
    sim.clock().set_system_time(SystemTime::UNIX_EPOCH - secs(1));
    assert_eq!(since_epoch(), secs(0));
    sim.advance(secs(3)).await;
    assert_eq!(since_epoch(), secs(2));
}

#[test]
fn a_latency_is_seen_by_std() {
    let sim = Sim::new();
    let [server, client] = ["server", "client"].map(|name| sim.net().host(name));
    sim.net().between("client", "server").latency(millis(75)).keep();
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let start = Instant::now();
        let _stream = client.connect("server:80").await.unwrap();
        assert_eq!(start.elapsed(), millis(150));
        drop(listener.accept().await);
    });
}

#[test]
fn what_hashes_the_time_draws_from_the_seed() {
    in_two_processes(
        "what_hashes_the_time_draws_from_the_seed",
        || seeded(7).run(async { format!("{} {}", fastrand::u64(..), draw()) }),
        |[one, other]| assert_eq!(one, other),
    );
}

/// The number behind an `Instant` is the same in each process, though nobody can ask for it.
#[test]
fn instants_hash_and_print_the_same_in_each_process() {
    in_two_processes(
        "instants_hash_and_print_the_same_in_each_process",
        || Sim::new().run(async { format!("{:?}", Instant::now()) }),
        |[one, other]| assert_eq!(one, other),
    );
}

// What is not reached.

#[test]
fn clocks_outside_of_a_sim_are_real() {
    let start = Instant::now();
    let sim = Sim::new();
    let between = Instant::now();
    sim.advance(hours(24 * 365));
    assert!(since_epoch() > TODAY);
    drop(sim);
    assert!(start <= between && between <= Instant::now());
    assert!(start.elapsed() < hours(1), "{:?}", start.elapsed());
    assert!(since_epoch() > TODAY);
}

#[test]
fn clocks_on_another_thread_are_real_while_a_sim_runs() {
    let outside = Instant::now();
    Sim::new().run(async {
        tokio::time::sleep(hours(20)).await;
        let (now, wall) = thread::spawn(|| (Instant::now(), since_epoch())).join().unwrap();
        assert!(now - outside < hours(1));
        assert!(wall > TODAY);
        assert_eq!(since_epoch(), START + hours(20));
    });
}

#[test]
fn a_blocking_task_takes_real_time_and_the_sim_waits_for_it() {
    let sim = Sim::new();
    let took = sim.watch(sim.spawn_blocking(|| {
        let start = Instant::now();
        thread::sleep(millis(20));
        start.elapsed()
    }));
    let later = sim.watch(async { tokio::time::sleep(secs(1)).await });
    sim.advance(secs(1));
    later.assert_ready();
    assert!(*took.assert_success() >= millis(20));
}

/// They count something else than the time.
#[test]
fn the_cpu_clocks_are_real_and_a_bad_call_is_refused() {
    let read = |clock: c_int| {
        let mut time = libc::timespec { tv_sec: -1, tv_nsec: -1 };
        #[expect(unsafe_code, reason = "calls the C library")]
        // SAFETY: it writes one `timespec`.
        let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
        (result, time.tv_sec)
    };
    Sim::new().run(async {
        tokio::time::sleep(hours(20)).await;
        for clock in [libc::CLOCK_THREAD_CPUTIME_ID, libc::CLOCK_PROCESS_CPUTIME_ID] {
            let (result, seconds) = read(clock);
            assert!(result == 0 && (0..600).contains(&seconds), "{clock}: {seconds}");
        }
        let [monotonic, raw, coarse, boot] = [
            libc::CLOCK_MONOTONIC,
            libc::CLOCK_MONOTONIC_RAW,
            libc::CLOCK_MONOTONIC_COARSE,
            libc::CLOCK_BOOTTIME,
        ]
        .map(read);
        assert!(monotonic == raw && raw == coarse && coarse == boot);
        let walls = [libc::CLOCK_REALTIME, libc::CLOCK_REALTIME_COARSE].map(|clock| read(clock).1);
        assert_eq!(walls, [i64::try_from(START.as_secs()).unwrap() + 3600 * 20; 2]);

        assert_eq!(read(4711).0, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EINVAL));
        #[expect(unsafe_code, reason = "calls the C library")]
        // SAFETY: the kernel refuses a null pointer.
        let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, ptr::null_mut()) };
        assert_eq!(result, -1);
        assert_eq!(io::Error::last_os_error().raw_os_error(), Some(libc::EFAULT));
    });
}

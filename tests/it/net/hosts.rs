//! Crashes, pauses and clocks.

use std::{
    cell::Cell,
    io::ErrorKind,
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::clock::{Clock, ClockExt, Drift, hours, millis, mins, nanos, secs};

use super::{assert_os_error, connected, echo, hears, panic_text, two};

#[test]
fn a_crash_drops_the_tasks_of_the_host_and_its_sockets_are_silent() {
    let (sim, _net, client, server) = two();
    let host = server.clone();
    let clock = sim.clock();
    sim.run(async move {
        let listener = host.listen(80).unwrap();
        let serving = host.spawn(echo(listener));
        let mut stream = client.connect("server:80").await.unwrap();
        server.crash();
        assert!(serving.await.unwrap_err().is_cancelled());
        let begun = clock.since_start();
        stream.write_all(b"anybody?").await.unwrap();
        let error = stream.read(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(clock.since_start() - begun > mins(13));
    });
}

#[test]
fn after_a_restart_old_connections_are_reset_and_the_start_function_runs_again() {
    let (sim, _net, client, server) = two();
    let starts = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&starts);
    server.start(move |host| {
        count.fetch_add(1, Ordering::Relaxed);
        async move { echo(host.listen(80).unwrap()).await }
    });
    sim.run(async move {
        let mut old = client.connect("server:80").await.unwrap();
        server.crash();
        assert!(!server.is_up());
        server.restart();
        old.write_all(b"still there?").await.unwrap();
        assert_eq!(old.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::ConnectionReset);
        let mut new = client.connect("server:80").await.unwrap();
        new.write_all(b"ping").await.unwrap();
        hears(&mut new, b"ping").await;
    });
    assert_eq!(starts.load(Ordering::Relaxed), 2);
}

#[test]
fn all_that_a_host_does_is_started_again_in_its_order() {
    let (sim, _net, _client, server) = two();
    let log = Arc::new(Mutex::new(Vec::new()));
    for service in ["names", "mail"] {
        let log = Arc::clone(&log);
        server.start(move |_| {
            log.lock().unwrap().push(service);
            std::future::pending::<()>()
        });
    }
    server.crash();
    server.restart();
    sim.settle();
    assert_eq!(*log.lock().unwrap(), ["names", "mail", "names", "mail"]);
}

#[test]
fn a_start_function_gets_its_state_at_each_start() {
    let (sim, _net, _client, server) = two();
    let starts = Arc::new(AtomicUsize::new(0));
    server.start_with(Arc::clone(&starts), async |_server, starts| {
        starts.fetch_add(1, Ordering::Relaxed);
    });
    sim.settle();
    server.crash();
    server.restart();
    sim.settle();
    assert_eq!(starts.load(Ordering::Relaxed), 2);
}

#[test]
fn a_start_function_may_never_end() {
    let (sim, _net, client, server) = two();
    server.start(async |server| {
        let listener = server.listen(80).unwrap();
        loop {
            let _stream = listener.accept().await;
        }
    });
    assert!(sim.run(client.connect("server:80")).is_ok());
}

#[test]
fn a_start_function_that_fails_fails_the_test() {
    let text = panic_text(|| {
        let (sim, _net, _client, server) = two();
        server.start(async |server| {
            server.listen(80)?;
            Err(std::io::Error::other("no configuration"))
        });
        sim.settle();
    });
    let panic = text.lines().nth(1).unwrap_or_default().trim_start_matches("  panic    ");
    assert_eq!(
        panic,
        "what `server` started has failed: Custom { kind: Other, error: \"no configuration\" }"
    );
}

#[test]
fn a_program_that_cannot_leave_its_thread_is_started_crashed_and_started_again() {
    let (sim, _net, client, server) = two();
    let alive = Arc::new(());
    let token = Arc::clone(&alive);
    server.start(move |host| {
        let token = Arc::clone(&token);
        async move {
            let (served, listener) = (Rc::new(Cell::new(0)), host.listen(80).unwrap());
            while let Ok((mut stream, _)) = listener.accept().await {
                let (served, token) = (Rc::clone(&served), Arc::clone(&token));
                host.spawn_local(async move {
                    served.set(served.get() + 1);
                    stream.write_u8(served.get()).await.unwrap();
                    std::future::pending::<()>().await;
                    drop(token);
                });
            }
        }
    });
    sim.run(async move {
        for _ in 0..2 {
            for count in 1..=3 {
                let mut stream = client.connect("server:80").await.unwrap();
                assert_eq!(stream.read_u8().await.unwrap(), count);
            }
            assert_eq!(Arc::strong_count(&alive), 6); // the test, its closure, the program, three tasks of it
            server.crash();
            client.clock().sleep(millis(1)).await;
            assert_eq!(Arc::strong_count(&alive), 2);
            server.restart();
        }
    });
}

#[test]
fn what_outlives_a_crash_is_listed_and_dead() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let listener = server.listen(80).unwrap();
        let socket = server.bind_udp(53).unwrap();
        let near = client.connect("server:80").await.unwrap();
        let mut far = listener.accept().await.unwrap().0;
        let made = line!() - 4;
        server.crash();
        assert_eq!(
            server.orphaned_sockets(),
            [
                format!("stream from 10.0.0.2:80 to 10.0.0.1:49152, made at tests/it/net/hosts.rs:{made}:31"),
                "listener on port 80".to_owned(),
                "datagram socket on port 53".to_owned(),
            ]
        );
        let aborted = ErrorKind::ConnectionAborted;
        assert_eq!(far.read(&mut [0]).await.unwrap_err().kind(), aborted);
        assert_eq!(far.write(b"x").await.unwrap_err().kind(), aborted);
        assert_eq!(listener.accept().await.unwrap_err().kind(), aborted);
        assert_eq!(socket.recv(&mut [0]).await.unwrap_err().kind(), aborted);
        assert_eq!(socket.try_send_to(b"x", "client:1").unwrap_err().kind(), aborted);
        assert_eq!(server.connect("client:1").await.unwrap_err().kind(), aborted);
        let error = server.listen(81).unwrap_err();
        assert_os_error(&error, 103, ErrorKind::ConnectionAborted);
        server.restart();
        let _again = server.listen(80).unwrap(); // the port is free, though the old listener is held
        drop((far, listener, socket, near));
        assert!(server.orphaned_sockets().is_empty());
    });
}

#[test]
fn a_waiting_read_is_woken_by_the_crash_of_its_own_host() {
    let (sim, _net, client, server) = two();
    let host = server.clone();
    let (_near, mut far) = sim.run(async move { connected(&client, &host).await });
    let reading = sim.watch(async move { far.read(&mut [0]).await });
    sim.advance(secs(1));
    reading.assert_pending();
    server.crash();
    sim.settle();
    assert_eq!(reading.assert_failure().kind(), ErrorKind::ConnectionAborted);
}

#[test]
fn a_paused_host_stands_still_and_catches_up() {
    let (sim, _net, client, server) = two();
    server.start(|host| async move { echo(host.listen(80).unwrap()).await });
    let ticks = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ticks);
    let _ticking = server.spawn(async move {
        loop {
            tokio::time::sleep(secs(1)).await;
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    sim.advance(millis(3500));
    assert_eq!(ticks.load(Ordering::Relaxed), 3);
    server.pause();
    let connecting = sim.watch(async move { client.connect("server:80").await });
    sim.advance(mins(1));
    connecting.assert_pending();
    sim.advance(hours(1));
    assert_eq!(ticks.load(Ordering::Relaxed), 3);
    server.resume();
    sim.advance(millis(1500));
    assert_eq!(ticks.load(Ordering::Relaxed), 5);
}

#[test]
fn a_slow_machine_wakes_late_by_the_world_and_on_time_by_itself() {
    let (sim, _net, client, server) = two();
    let slow = server.clock();
    slow.set_rate(Drift::slow(200_000)); // four seconds in five
    let napping = slow.clone();
    let nap = sim.watch(async move {
        napping.sleep(secs(8)).await;
        napping.since_start()
    });
    sim.advance(secs(10) - nanos(1));
    nap.assert_pending();
    sim.advance(nanos(1));
    assert_eq!(nap.assert_ready(), &secs(8));
    assert_eq!(client.clock().since_start(), secs(10));
    let behind = client.clock().system_time().duration_since(slow.system_time()).unwrap();
    assert_eq!(behind, secs(2));
}

#[test]
fn a_timer_that_waits_goes_on_at_the_new_speed() {
    let (sim, _net, _client, server) = two();
    let clock = server.clock();
    let naps = [3, 30].map(|seconds| sim.watch(clock.sleep(secs(seconds)).named("nap")));
    sim.advance(secs(2));
    clock.set_rate(Drift::fast(1_000_000)); // twice as fast: a second is left, of one
    let due: Vec<_> = sim.clock().pending().iter().map(|timer| timer.due).collect();
    assert_eq!(due, [millis(2500), secs(16)]);
    sim.advance(millis(500));
    naps[0].assert_ready();
    clock.set_rate(Drift::slow(1_000_000)); // it stands still
    sim.advance(hours(9));
    naps[1].assert_pending();
    assert_eq!(clock.since_start(), secs(3));
    clock.set_rate(Drift::NONE);
    sim.advance(secs(27) - nanos(1));
    naps[1].assert_pending();
    sim.advance(nanos(1));
    naps[1].assert_ready();
}

#[test]
fn a_timer_of_a_fast_machine_that_is_dropped_or_polled_late_is_gone() {
    let (sim, _net, _client, server) = two();
    let clock = server.clock();
    clock.set_rate(Drift::fast(500_000));
    drop(clock.sleep(secs(3)));
    let late = clock.sleep(secs(3));
    sim.advance(secs(9));
    clock.set_rate(Drift::slow(500_000)); // nothing waits
    sim.watch(late).assert_ready();
    assert!(sim.clock().pending().is_empty());
    sim.watch(clock.timeout(secs(1), std::future::pending::<()>())).assert_pending();
}

#[test]
fn a_clock_of_a_host_is_one_and_outlives_a_crash() {
    let (sim, _net, _client, server) = two();
    server.clock().step_forward(secs(7));
    server.clock().set_rate(Drift::fast(20));
    server.crash();
    server.restart();
    let ahead = server.clock().system_time().duration_since(sim.clock().system_time());
    assert_eq!(ahead.unwrap(), secs(7));
    assert_eq!(server.clock().rate(), Drift::fast(20));
    server.clock().step_back(millis(7));
    server.clock().set_drift(Drift::slow(3));
    server.clock().set_system_time(std::time::SystemTime::UNIX_EPOCH);
    assert_eq!(
        sim.transcript().lines(),
        [
            "+0ns `server` wall clock steps forward by 7s",
            "+0ns `server` quartz runs: 20 ppm fast",
            "+0ns `server` crashes",
            "+0ns `server` starts again",
            "+0ns `server` wall clock steps back by 7ms",
            "+0ns `server` wall clock drifts: 3 ppm slow",
            "+0ns `server` wall clock is set",
        ]
    );
}

#[test]
fn a_host_has_a_wall_clock_of_its_own() {
    let (sim, _net, client, server) = two();
    let (right, wrong) = (client.clock(), server.clock());
    wrong.step_forward(secs(30));
    wrong.set_drift(Drift::slow(1_000));
    sim.advance(secs(1000));
    let ahead = wrong.system_time().duration_since(right.system_time()).unwrap();
    assert_eq!(ahead, secs(29));
    assert_eq!(wrong.now(), right.now());
    wrong.step_back(mins(1));
    assert_eq!(right.system_time().duration_since(wrong.system_time()).unwrap(), secs(31));
    let nap = sim.watch(async move { wrong.sleep(secs(1)).await });
    sim.advance(secs(1));
    nap.assert_ready();
}

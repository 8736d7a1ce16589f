//! Many hosts in one run: who ends when, what a crash takes along, what a clock shows, who is where.

use std::{
    future::pending,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, millis, mins, secs},
    net::Host,
    outcome::Watch,
};

use super::{echo, panic_text, two};

#[test]
fn a_run_gives_what_its_body_gives_also_an_error() {
    let (sim, _net, client, _server) = two();
    let failed = sim.run(async move {
        client.connect("server:80").await?;
        io::Result::Ok(())
    });
    assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_panic_of_what_a_host_starts_ends_the_run() {
    let (sim, _net, _client, server) = two();
    server.start(|host| async move {
        host.clock().sleep(secs(1)).await;
        panic!("the server gives up");
    });
    let text = panic_text(|| sim.run(pending::<()>())); // for its answer
    assert!(text.starts_with("a task of the sim panicked\n  panic    the server gives up\n"), "{text}");
    let then = "  then     the sim has stalled: nothing happened for 86400s of virtual time";
    assert_eq!(text.lines().last(), Some(then));
}

#[test]
fn a_run_until_idle_lets_every_client_finish_whoever_is_first() {
    for first in 0..3 {
        let sim = Sim::new();
        let done = Arc::new(AtomicUsize::new(0));
        for number in 0..3 {
            let done = Arc::clone(&done);
            let work = if number == first { Duration::ZERO } else { millis(20) };
            let _task = sim.spawn(async move {
                tokio::time::sleep(work).await;
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
        sim.run_until_idle();
        assert_eq!(done.load(Ordering::Relaxed), 3);
    }
}

#[test]
fn a_crash_drops_all_that_tasks_of_the_host_own() {
    let (sim, _net, _client, server) = two();
    let owned = Arc::new(());
    let held = Arc::clone(&owned);
    server.start(move |host| {
        let held = Arc::clone(&held);
        async move {
            let inner = Arc::clone(&held);
            host.spawn(async move {
                let _inner = inner;
                pending::<()>().await;
            });
            pending::<()>().await;
            drop(held);
        }
    });
    sim.settle();
    assert_eq!(Arc::strong_count(&owned), 4); // the start function's own, and one of each task
    server.crash();
    sim.settle();
    assert_eq!(Arc::strong_count(&owned), 2);
}

#[test]
fn a_run_goes_on_after_a_crash() {
    let (sim, _net, client, server) = two();
    server.start(|host| async move { echo(host.listen(80).unwrap()).await });
    sim.advance(secs(1));
    server.crash();
    sim.advance(mins(1));
    assert!(client.is_up() && !server.is_up());
    server.restart();
    assert!(server.is_up());
    sim.run(async move { client.connect("server:80").await }).unwrap();
}

#[test]
fn time_is_one_for_all_hosts_whenever_they_were_made_and_goes_on_through_a_crash() {
    let (sim, net, client, server) = two();
    let begun = sim.clock().system_time();
    sim.advance(millis(500));
    let late = net.host("late");
    server.crash();
    sim.advance(millis(500));
    server.restart();
    for host in [&client, &server, &late] {
        assert_eq!(host.clock().since_start(), secs(1));
        assert_eq!(host.clock().system_time().duration_since(begun).unwrap(), secs(1));
    }
}

#[test]
fn every_host_has_a_name_and_an_address_and_each_leads_to_it() {
    let sim = Sim::new();
    let net = sim.net();
    let hosts = [0, 1, 2].map(|number| net.host(format!("host-{number}")));
    let addresses: Vec<String> = hosts.iter().map(|host| host.ip().to_string()).collect();
    assert_eq!(addresses, ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    for (number, host) in hosts.iter().enumerate() {
        assert_eq!(hosts[0].lookup(&format!("host-{number}")).unwrap()[0], host.ip());
        assert_eq!(hosts[0].lookup(host.name()).unwrap(), host.lookup(host.name()).unwrap());
    }
    assert!(hosts[0].lookup("host-3").is_err());
}

#[test]
fn a_name_an_address_of_four_and_one_of_six_are_places_to_connect_to() {
    let (sim, _net, client, server) = two();
    sim.run(async move {
        let _listener = server.listen(5000).unwrap();
        for (to, peer) in [
            ("server:5000", "10.0.0.2:5000"),
            ("10.0.0.2:5000", "10.0.0.2:5000"),
            ("[fd00::2]:5000", "[fd00::2]:5000"),
        ] {
            assert_eq!(client.connect(to).await.unwrap().peer_addr().unwrap().to_string(), peer);
        }
        assert_eq!(client.connect(("10.0.0.2", 5000)).await.unwrap().peer_addr().unwrap().ip(), server.ip());
        assert_eq!(client.connect("10.0.0.2").await.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn a_pattern_holds_all_links_at_once_and_lets_them_go_at_once() {
    let (sim, net, client, server) = two();
    server.start(|host| async move { echo(host.listen(1234).unwrap()).await });
    let hold = net.between("*", "*").hold();
    let clients = [client, net.host("made-later"), net.host("and-this")];
    let connecting = clients.map(|client| sim.watch(client.connect("server:1234")));
    sim.advance(millis(100));
    connecting.iter().for_each(Watch::assert_pending);
    assert_eq!(net.in_flight().len(), 3);
    drop(hold);
    sim.advance(millis(1));
    for connected in &connecting {
        connected.assert_success();
    }
}

#[test]
fn hosts_that_are_restarted_start_again_and_others_do_not() {
    let sim = Sim::new();
    let starts = Arc::new(AtomicUsize::new(0));
    let hosts = [1, 2, 3].map(|number| {
        let (host, starts) = (sim.net().host(format!("host-{number}")), Arc::clone(&starts));
        host.start(move |_| {
            starts.fetch_add(1, Ordering::Relaxed);
            pending::<()>()
        });
        host
    });
    sim.settle();
    for host in &hosts[..2] {
        host.crash();
        host.restart();
    }
    sim.settle();
    assert_eq!(starts.load(Ordering::Relaxed), 5);
}

#[test]
fn a_killed_task_stops_in_the_middle_and_those_of_other_hosts_go_on() {
    let (sim, _net, client, server) = two();
    let counts = [&client, &server].map(|host| {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let _ticking = host.spawn(async move {
            loop {
                tokio::time::sleep(secs(2)).await;
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        count
    });
    sim.advance(secs(3));
    client.crash();
    sim.advance(secs(2));
    assert_eq!(counts.map(|count| count.load(Ordering::Relaxed)), [1, 2]);
}

#[test]
fn each_way_of_a_link_takes_what_was_set_for_it_last() {
    let (sim, net, client, server) = two();
    let degraded = net.host("client-2");
    net.everywhere().latency(millis(2)).keep();
    net.between("client-2", "server").latency(millis(10)).keep();
    server.start(|host| async move {
        let listener = host.listen(1234).unwrap();
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_u8(9).await.unwrap();
        }
    });
    for (host, latency) in [(client, 2), (degraded, 10)] {
        let clock = sim.clock();
        sim.run(async move {
            let begun = clock.since_start();
            let mut stream = host.connect("server:1234").await.unwrap();
            stream.read_u8().await.unwrap();
            assert_eq!(clock.since_start() - begun, millis(4 * latency));
        });
    }
}

/// A task of a host that spawns another when it is dropped, as code does that has a goodbye to say.
fn says_goodbye(host: &Host) -> (JoinHandle<()>, Arc<AtomicUsize>) {
    struct Goodbye(Host, Arc<AtomicUsize>);

    impl Drop for Goodbye {
        fn drop(&mut self) {
            let said = Arc::clone(&self.1);
            self.0.spawn(async move {
                tokio::time::sleep(secs(1)).await;
                said.fetch_add(1, Ordering::Relaxed);
            });
        }
    }

    let said = Arc::new(AtomicUsize::new(0));
    let goodbye = Goodbye(host.clone(), Arc::clone(&said));
    let task = host.spawn(async move {
        let _goodbye = goodbye;
        pending::<()>().await;
    });
    (task, said)
}

#[test]
fn what_an_abort_drops_may_spawn_a_task_which_is_the_hosts() {
    let (sim, _net, client, server) = two();
    let goodbyes = [&client, &server].map(|host| {
        let (task, said) = says_goodbye(host);
        sim.settle();
        task.abort();
        said
    });
    sim.settle();
    client.crash();
    sim.advance(secs(1));
    assert_eq!(goodbyes.map(|said| said.load(Ordering::Relaxed)), [0, 1]);
}

#[test]
fn what_a_crash_drops_spawns_in_vain_and_is_told_so() {
    let (sim, _net, client, _server) = two();
    let (_task, said) = says_goodbye(&client);
    sim.settle();
    sim.expect_panic("`client` is down: nothing can be spawned on it");
    client.crash();
    sim.advance(secs(2));
    assert_eq!(said.load(Ordering::Relaxed), 0);
}

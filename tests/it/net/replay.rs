//! The same seed gives the same run.

use std::net::Ipv4Addr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, Drift, millis, mins, nanos, secs},
    net::{Bandwidth, BurstLoss, Latency, NameServer, Probability, Record},
    seed::Seed,
    transport::pipe,
};

use super::{echo, hears};

/// A run that uses all that the network can do, and what it came to.
fn storm(seed: u64) -> (u64, usize) {
    storm_in(&Sim::builder().seed(Seed::new(seed)).build())
}

fn storm_in(sim: &Sim) -> (u64, usize) {
    let net = sim.net();
    let server = net.host("server");
    let clients: Vec<_> = (0..5).map(|number| net.host(format!("client-{number}"))).collect();
    let all = net.between("server", "client-*");
    all.latency(Latency::normal(millis(20), millis(4))).keep();
    all.jitter(millis(2)).keep();
    all.bandwidth(Bandwidth::megabits(20)).keep();
    all.loss(Probability::percent(5)).keep();
    all.burst_loss(BurstLoss::new(Probability::percent(1), Probability::percent(25))).keep();
    all.duplicate(Probability::percent(5)).keep();
    all.reorder(Probability::percent(10), millis(10)).keep();
    all.corrupt(Probability::percent(1)).keep();
    all.truncate(Probability::percent(1)).keep();
    server.start(|host| async move {
        let socket = host.bind_udp(53).unwrap();
        host.spawn(async move {
            let mut buffer = [0; 100];
            while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
                socket.try_send_to(&buffer[..count], from).unwrap();
            }
        });
        echo(host.listen(80).unwrap()).await;
    });
    let answered = sim.run(async move {
        let tasks: Vec<_> = clients
            .into_iter()
            .map(|host| {
                tokio::spawn(async move {
                    let mut answered = 0;
                    let socket = host.bind_udp(0).unwrap();
                    for round in 0..20 {
                        let mut buffer = [0; 100];
                        socket.try_send_to(&[round; 100], "server:53").unwrap();
                        let answer = tokio::time::timeout(millis(100), socket.recv(&mut buffer));
                        answered += usize::from(answer.await.is_ok());
                        let Ok(mut stream) = host.connect("server:80").await else { continue };
                        if stream.write_all(&[round; 5000]).await.is_ok() {
                            let mut answer = [0; 5000];
                            let read = stream.read_exact(&mut answer);
                            answered +=
                                usize::from(matches!(tokio::time::timeout(secs(9), read).await, Ok(Ok(_))));
                        }
                    }
                    answered
                })
            })
            .collect();
        tokio::time::sleep(secs(1)).await;
        let hold = net.between("client-1", "server").hold();
        let cut = net.link("client-2", "server").partition().may_be_idle();
        tokio::time::sleep(secs(1)).await;
        drop((hold, cut));
        server.pause();
        tokio::time::sleep(millis(300)).await;
        server.resume();
        server.crash();
        tokio::time::sleep(millis(300)).await;
        server.restart();
        let mut answered = 0;
        for task in tasks {
            answered += task.await.unwrap();
        }
        answered
    });
    (sim.digest(), answered)
}

#[test]
fn the_same_seed_gives_the_same_transcript_and_another_another() {
    let first = storm(7);
    assert_eq!(storm(7), first);
    assert_ne!(storm(8).0, first.0);
    // Every machine and every build gives this.
    assert_eq!(first, (3_328_134_390_578_248_797, 184));
}

/// A run that uses all that a world records: the storm, and then names, chaos, clocks, timers, tasks and pipes. What
/// its trace came to, and its last lines.
fn whole(seed: u64) -> ((u64, u64), Vec<String>) {
    let sim = Sim::builder().seed(Seed::new(seed)).trace(usize::MAX).build();
    storm_in(&sim);
    let net = sim.net();
    let (names, asking) = (net.host("names"), net.host("asking"));
    names.start(|host| {
        NameServer::new().record("server", Record::address(Ipv4Addr::new(10, 0, 0, 1))).serve(host)
    });
    asking.set_name_servers([names.ip()]);
    asking.clock().set_rate(Drift::slow(1_000));
    asking.clock().step_back(secs(3));
    let chaos = sim.watch(net.chaos(mins(2)).every(secs(5)).except("asking").except("names").run());
    let tasks: Vec<_> = (0..4)
        .map(|number| {
            let (asking, clock) = (asking.clone(), sim.clock());
            let mut draws = sim.rng("naps");
            sim.spawn(async move {
                let (mut near, mut far) = pipe();
                for round in 0..20_u8 {
                    clock.sleep(nanos(draws.next_u64() % 2_000_000_000)).named("nap").await;
                    asking.clock().sleep(millis(u64::from(round))).await;
                    near.write_all(&[round, number]).await.unwrap();
                    hears(&mut far, &[round, number]).await;
                    let Ok(mut stream) = asking.connect("server:80").await else { continue };
                    let _may_be_broken = stream.write_all(&[number; 700]).await;
                    let mut answer = [0; 700];
                    let reading = tokio::time::timeout(secs(3), stream.read_exact(&mut answer));
                    let _may_be_lost = reading.await;
                }
            })
        })
        .collect();
    sim.advance(mins(3));
    assert!(!chaos.assert_ready().is_empty());
    sim.run(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    ((sim.content_digest(), sim.transcript().len() as u64), sim.transcript().lines())
}

#[test]
fn the_same_seed_gives_the_same_record_of_a_whole_world_and_another_another() {
    let first = whole(7);
    assert_eq!(whole(7), first);
    assert_ne!(whole(8).0, first.0);
    let kinds = ["fired timer", "wrote to", "SYN sent", "FIN sent", "segment of 700 bytes", "datagram of"];
    for kind in kinds {
        assert!(first.1.iter().any(|line| line.contains(kind)), "{kind} in {:#?}", first.1);
    }
    // Every machine and every build gives this.
    assert_eq!(first.0, (10_166_204_687_078_721_514, 7043));
}

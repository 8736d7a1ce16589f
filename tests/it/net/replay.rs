//! The same seed gives the same run.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{Bandwidth, Bursts, Latency, Probability},
    seed::Seed,
};

use super::echo;

/// A run that uses all that the network can do, and what it came to.
fn storm(seed: u64) -> (u64, u64, usize) {
    let sim = Sim::builder().seed(Seed::new(seed)).build();
    let net = sim.net();
    let server = net.host("server");
    let clients: Vec<_> = (0..5).map(|number| net.host(format!("client-{number}"))).collect();
    let all = net.between("server", "client-*");
    all.latency(Latency::normal(millis(20), millis(4))).for_good();
    all.jitter(millis(2)).for_good();
    all.bandwidth(Bandwidth::megabits(20)).for_good();
    all.loss(Probability::percent(5)).for_good();
    all.bursts(Bursts::new(Probability::percent(1), Probability::percent(25))).for_good();
    all.duplicate(Probability::percent(5)).for_good();
    all.reorder(Probability::percent(10), millis(10)).for_good();
    all.corrupt(Probability::percent(1)).for_good();
    all.truncate(Probability::percent(1)).for_good();
    server.start(|host| async move {
        let socket = host.bind(53).unwrap();
        host.spawn(async move {
            let mut buffer = [0; 100];
            while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
                socket.send_to(&buffer[..count], from).unwrap();
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
                    let socket = host.bind(0).unwrap();
                    for round in 0..20 {
                        let mut buffer = [0; 100];
                        socket.send_to(&[round; 100], "server:53").unwrap();
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
        let cut = net.link("client-2", "server").partition();
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
    let net = sim.net();
    (net.digest(), net.packets(), answered)
}

#[test]
fn the_same_seed_gives_the_same_transcript_and_another_another() {
    let first = storm(7);
    assert_eq!(storm(7), first);
    assert_ne!(storm(8).0, first.0);
    // Every machine and every build gives this.
    assert_eq!(first, (7_837_688_664_138_998_314, 1934, 175));
}

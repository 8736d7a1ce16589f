//! Streams whose packets are lost, held or late: bytes are late, and never missing or swapped.

use std::io::ErrorKind;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use unplugged::{
    clock::{ClockExt, micros, millis, secs},
    net::{Net, Verdict},
    trace::PacketKind,
};

use super::{connected, echo, two};

/// Loses the first segments that carry bytes, whoever sends them.
fn lose_segments(net: &Net, mut count: usize) {
    let decide = move |packet: &unplugged::net::Packet<'_>| match packet.kind {
        PacketKind::Segment if count > 0 => {
            count -= 1;
            Verdict::Drop
        }
        _ => Verdict::Pass,
    };
    net.everywhere().inspect(decide).keep();
}

#[test]
fn a_lost_segment_comes_again_after_200_milliseconds_and_a_round_trip() {
    for (lost, late) in [(1, 202), (2, 202 + 404)] {
        let (sim, net, client, server) = two();
        lose_segments(&net, lost);
        let clock = sim.clock();
        sim.run(async move {
            let (mut near, mut far) = connected(&client, &server).await;
            let begun = clock.since_start();
            far.write_all(b"hello").await.unwrap();
            let mut heard = [0; 5];
            near.read_exact(&mut heard).await.unwrap();
            assert_eq!((&heard, clock.since_start() - begun), (b"hello", millis(late + 1)));
        });
    }
}

#[test]
fn what_follows_a_lost_segment_waits_for_it_and_comes_with_it() {
    let (sim, net, client, server) = two();
    lose_segments(&net, 1);
    let clock = sim.clock();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let sent: Vec<u8> = (0..8192_u32).map(|number| (number % 251) as u8).collect();
        let begun = clock.since_start();
        far.write_all(&sent).await.unwrap();
        tokio::time::sleep(millis(100)).await;
        assert_eq!(near.try_read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
        let mut heard = vec![0; sent.len()];
        near.read_exact(&mut heard).await.unwrap();
        assert!(heard == sent);
        assert_eq!(clock.since_start() - begun, millis(203));
    });
}

#[test]
fn a_writer_whose_bytes_never_arrive_is_timed_out_after_a_quarter_of_an_hour() {
    let (sim, net, client, server) = two();
    lose_segments(&net, usize::MAX);
    let clock = sim.clock();
    sim.run(async move {
        let (mut near, _far) = connected(&client, &server).await;
        let begun = clock.since_start();
        near.write_all(b"anybody?").await.unwrap();
        assert_eq!(near.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::TimedOut);
        // 202 ms, doubled ten times, and then two minutes, six times.
        assert_eq!(clock.since_start() - begun, millis(202 * 1023) + secs(6 * 120));
        assert_eq!(near.write(b"x").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn a_cut_loses_what_is_under_way_and_its_repair_brings_it_late() {
    for both_ways in [true, false] {
        let (sim, net, client, server) = two();
        net.everywhere().latency(millis(10)).keep();
        let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
        let link = if both_ways { net.between("server", "client") } else { net.link("server", "client") };
        let clock = sim.clock();
        sim.run(async move {
            far.write_u8(1).await.unwrap();
            tokio::time::sleep(millis(5)).await;
            let cut = link.partition();
            assert!(timeout(secs(1), near.read_u8()).await.is_err());
            drop(cut);
            let repaired = clock.since_start();
            assert_eq!(near.read_u8().await.unwrap(), 1);
            assert!(clock.since_start() - repaired >= millis(10)); // it was lost, and is sent again
        });
    }
}

#[test]
fn a_cut_of_both_ways_is_noticed_by_neither_end_for_a_while() {
    let (sim, net, client, server) = two();
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let _cut = net.between("client", "server").partition();
    sim.run(async move {
        near.write_u8(1).await.unwrap();
        far.write_u8(2).await.unwrap();
        assert!(timeout(secs(60), near.read_u8()).await.is_err());
        assert!(timeout(secs(60), far.read_u8()).await.is_err());
    });
}

#[test]
fn a_hold_stops_what_is_under_way_and_its_release_brings_it_at_once() {
    let (sim, net, client, server) = two();
    net.everywhere().latency(millis(10)).keep();
    let (mut near, mut far) = sim.run(async move { connected(&client, &server).await });
    let clock = sim.clock();
    sim.run(async move {
        far.write_u8(1).await.unwrap();
        tokio::time::sleep(millis(5)).await;
        let hold = net.link("server", "client").hold();
        assert!(timeout(millis(500), near.read_u8()).await.is_err());
        let begun = clock.since_start();
        drop(hold);
        assert_eq!(near.read_u8().await.unwrap(), 1);
        assert_eq!(clock.since_start(), begun);
    });
}

#[test]
fn a_host_that_was_cut_off_can_be_connected_to_when_it_is_back() {
    let (sim, net, client, server) = two();
    server.start(|server| async move { echo(server.listen(80).unwrap()).await });
    sim.run(async move {
        let cut = net.between("*", "server").partition();
        assert_eq!(client.connect("server:80").await.unwrap_err().kind(), ErrorKind::TimedOut);
        drop(cut);
        let mut stream = client.connect("server:80").await.unwrap();
        let cut = net.between("*", "server").partition();
        stream.write_all(b"hello").await.unwrap();
        tokio::time::sleep(secs(5)).await;
        drop(cut);
        let mut heard = [0; 5];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"hello");
    });
}

#[test]
fn of_closures_the_first_that_decides_decides() {
    let verdicts: [(Verdict, Verdict, Option<u64>); 6] = [
        (Verdict::Pass, Verdict::Pass, Some(1000)),
        (Verdict::Pass, Verdict::Drop, None),
        (Verdict::Drop, Verdict::Deliver(micros(7)), None),
        (Verdict::Deliver(micros(7)), Verdict::Drop, Some(7)),
        (Verdict::Pass, Verdict::Deliver(micros(9)), Some(9)),
        (Verdict::Deliver(micros(0)), Verdict::Pass, Some(0)),
    ];
    for (first, second, arrives) in verdicts {
        let (sim, net, client, server) = two();
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        let _rules = [net.everywhere().inspect(move |_| first), net.everywhere().inspect(move |_| second)];
        let clock = sim.clock();
        let heard = sim.watch(async move { far.recv(&mut [0]).await.map(|_| clock.since_start()) });
        near.try_send_to(b"x", "server:53").unwrap();
        sim.advance(secs(1));
        let took = heard.check_success().ok().copied();
        assert_eq!(took, arrives.map(micros), "{first:?}, then {second:?}");
    }
}

#[test]
fn a_latency_is_added_both_ways_and_a_change_holds_for_what_is_sent_after_it() {
    let (sim, net, client, server) = two();
    net.everywhere().latency(millis(50)).keep();
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        for (latency, one_way) in [(None, 50), (Some(10), 10)] {
            let _slower = latency.map(|latency| net.between("client", "server").latency(millis(latency)));
            let begun = clock.since_start();
            near.try_send_to(b"ping", "server:53").unwrap();
            let (_, from) = far.recv_from(&mut [0; 8]).await.unwrap();
            far.try_send_to(b"pong", from).unwrap();
            near.recv(&mut [0; 8]).await.unwrap();
            assert_eq!(clock.since_start() - begun, millis(2 * one_way));
        }
    });
}

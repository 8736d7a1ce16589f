//! What a test does to links.

use std::{
    io::ErrorKind,
    sync::{Arc, Mutex},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    clock::{Clock, ClockExt, hours, micros, millis, secs},
    net::{Bandwidth, BurstLoss, Latency, Probability, RuleGuard, Verdict},
    trace::PacketKind,
};

use super::{connected, echo, hears, two};

#[test]
fn the_ways_of_a_pair_differ() {
    let (sim, net, client, server) = two();
    net.link("client", "server").latency(millis(30)).keep();
    net.link("server", "client").latency(millis(5)).keep();
    let clock = sim.clock();
    sim.run(async move {
        let _listener = server.listen(80).unwrap();
        let _stream = client.connect("server:80").await.unwrap();
        assert_eq!(clock.since_start(), millis(35));
    });
}

#[test]
fn a_pattern_concerns_hosts_that_are_made_later_too() {
    let (sim, net, client, _server) = two();
    net.host("node-1");
    net.between("client", "node-*").latency(millis(10)).keep();
    let late = net.host("node-2");
    let clock = sim.clock();
    sim.run(async move {
        let _listener = late.listen(80).unwrap();
        let _stream = client.connect("node-2:80").await.unwrap();
        assert_eq!(clock.since_start(), millis(20));
    });
}

#[test]
fn jitter_comes_on_top_and_the_last_latency_counts() {
    let (sim, net, client, server) = two();
    net.everywhere().latency(millis(500)).keep();
    net.everywhere().latency(millis(10)).keep();
    net.everywhere().jitter(micros(100)).keep();
    let clock = sim.clock();
    sim.run(async move {
        let _listener = server.listen(80).unwrap();
        let _stream = client.connect("server:80").await.unwrap();
        let took = clock.since_start();
        assert!(took > millis(20) && took <= millis(20) + micros(200), "{took:?}");
    });
}

#[test]
fn sixty_four_mebibytes_take_five_point_three_seven_seconds_at_a_hundred_megabits() {
    let (sim, net, client, server) = two();
    net.everywhere().latency(micros(150)).keep();
    net.link("client", "server").bandwidth(Bandwidth::megabits(100)).keep();
    let clock = sim.clock();
    let took = sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let begun = clock.since_start();
        tokio::spawn(async move {
            let chunk = vec![0; 64 * 1024];
            for _ in 0..1024 {
                near.write_all(&chunk).await.unwrap();
            }
        });
        let copied = tokio::io::copy(&mut far, &mut tokio::io::sink()).await.unwrap();
        assert_eq!(copied, 64 << 20);
        clock.since_start() - begun
    });
    let exact = secs(5) + micros(368_709); // 64 MiB * 8 / 100 Mbit/s, and then the latency
    assert!(took >= exact + micros(150) && took < exact + micros(200), "{took:?}");
}

#[test]
fn a_partition_of_a_connect_is_repaired_by_a_later_attempt() {
    let (sim, net, client, server) = two();
    let _listener = server.listen(80).unwrap();
    let cut = net.between("client", "server").partition();
    let connecting = sim.watch(client.connect("server:80"));
    sim.advance(millis(2500));
    connecting.assert_pending();
    drop(cut);
    sim.advance(millis(502)); // attempts at 0, 1 and 3 seconds
    connecting.assert_success();
}

#[test]
fn a_partition_of_a_stream_delays_it_and_changes_nothing() {
    let (sim, net, client, server) = two();
    sim.run(async move {
        tokio::spawn(echo(server.listen(80).unwrap()));
        let mut stream = client.connect("server:80").await.unwrap();
        let cut = net.link("server", "client").partition();
        stream.write_all(b"ping").await.unwrap();
        tokio::time::sleep(secs(30)).await;
        drop(cut);
        let mut heard = [0; 4];
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"ping");
    });
}

#[test]
fn a_partition_loses_datagrams_that_are_under_way() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
    near.try_send_to(b"x", "server:53").unwrap();
    sim.advance(micros(500));
    let cut = net.link("client", "server").partition();
    sim.advance(millis(1));
    drop(cut);
    sim.advance(secs(1));
    assert_eq!(far.try_recv_from(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_hold_and_a_partition_of_the_other_way_work_together() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let hold = net.link("client", "server").hold();
    let cut = net.link("server", "client").partition();
    near.try_send_to(b"held", "server:7").unwrap();
    far.try_send_to(b"lost", "client:7").unwrap();
    sim.advance(hours(1));
    assert!(far.try_recv_from(&mut [0; 8]).is_err());
    drop(cut);
    drop(hold);
    sim.advance(millis(0));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap().0, 4);
    assert!(near.try_recv_from(&mut [0; 8]).is_err());
}

#[test]
fn what_two_holds_keep_goes_on_when_the_last_is_lifted() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let (first, second) = (net.link("client", "server").hold(), net.everywhere().hold());
    near.try_send_to(b"1", "server:7").unwrap();
    near.try_send_to(b"22", "server:7").unwrap();
    sim.advance(secs(1));
    drop(first);
    sim.advance(secs(1));
    assert!(far.try_recv_from(&mut [0; 8]).is_err());
    drop(second);
    sim.settle();
    sim.advance(millis(0));
    let lengths =
        [far.try_recv_from(&mut [0; 8]), far.try_recv_from(&mut [0; 8])].map(|heard| heard.unwrap().0);
    assert_eq!(lengths, [1, 2]);
}

#[test]
fn a_held_packet_is_lost_when_a_partition_comes() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let hold = net.everywhere().hold();
    near.try_send_to(b"x", "server:7").unwrap();
    net.everywhere().partition().remove();
    drop(hold);
    sim.advance(secs(1));
    assert!(far.try_recv_from(&mut [0; 8]).is_err());
}

#[test]
fn a_closure_sees_each_packet_and_decides() {
    let (sim, net, client, server) = two();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    net.everywhere()
        .inspect(move |packet| {
            let line = format!("{} {:?} {}", packet.from_host, packet.kind, packet.payload.escape_ascii());
            log.lock().unwrap().push(line);
            match packet.kind {
                PacketKind::Segment if packet.payload == b"drop" => Verdict::Drop,
                PacketKind::Segment => Verdict::Deliver(millis(7)),
                _ => Verdict::Pass,
            }
        })
        .keep();
    let clock = sim.clock();
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let begun = clock.since_start();
        near.write_all(b"slow").await.unwrap();
        hears(&mut far, b"slow").await;
        assert_eq!(clock.since_start() - begun, millis(7));
    });
    let seen = seen.lock().unwrap();
    assert_eq!(
        seen[..5],
        ["client Syn ", "server SynAck ", "client Ack ", "client Segment slow", "server Ack ",]
    );
}

#[test]
fn rules_compose_and_any_loss_leaves_a_stream_whole() {
    let (sim, net, client, server) = two();
    let storm = net.everywhere();
    let faults = [
        storm.latency(Latency::exponential(millis(1), millis(20))),
        storm.jitter(millis(3)),
        storm.loss(Probability::percent(5)),
        storm.burst_loss(BurstLoss::new(Probability::percent(1), Probability::percent(20))),
        storm.duplicate(Probability::percent(10)),
        storm.reorder(Probability::percent(20), millis(30)),
        storm.corrupt(Probability::percent(2)),
        storm.truncate(Probability::percent(2)),
        storm.bandwidth(Bandwidth::megabits(10)),
    ];
    sim.run(async move {
        let (mut near, mut far) = connected(&client, &server).await;
        let sent: Vec<u8> = (0..200_000_u32).map(|number| (number % 251) as u8).collect();
        let copy = sent.clone();
        tokio::spawn(async move { near.write_all(&copy).await.unwrap() });
        let mut heard = Vec::new();
        far.read_to_end(&mut heard).await.unwrap();
        assert!(heard == sent, "{} of {} bytes", heard.len(), sent.len());
    });
    drop(faults);
}

#[test]
fn packets_under_way_can_be_listed_delivered_and_lost() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    for payload in [&b"1"[..], b"22", b"333"] {
        near.try_send_to(payload, "server:7").unwrap();
    }
    let packets = net.in_flight();
    let listed: Vec<String> = packets.iter().map(ToString::to_string).collect();
    assert_eq!(listed[1], "datagram of 2 bytes from `client`:7 to `server`:7, due at +1ms");
    assert!(packets[2].deliver());
    assert!(packets[0].lose());
    assert!(!packets[0].lose());
    sim.advance(millis(0));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap().0, 3);
    sim.advance(millis(1));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap().0, 2);
    assert!(far.try_recv_from(&mut [0; 8]).is_err());
}

#[test]
fn packets_come_one_by_one_out_of_a_hold() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    near.try_send_to(b"under way", "server:7").unwrap();
    let hold = net.everywhere().hold();
    for payload in [&b"1"[..], b"22", b"333", b"4444"] {
        near.try_send_to(payload, "server:7").unwrap();
    }
    let packets = net.in_flight();
    assert_eq!(packets[0].to_string(), "datagram of 9 bytes from `client`:7 to `server`:7, due at +1ms");
    assert_eq!(packets[1].to_string(), "datagram of 1 byte from `client`:7 to `server`:7, held");
    let arrived = || {
        sim.advance(micros(0));
        std::iter::from_fn(|| far.try_recv_from(&mut [0; 16]).ok()).map(|heard| heard.0).collect::<Vec<_>>()
    };
    assert!(packets[2].deliver() && !packets[2].deliver());
    assert_eq!(arrived(), [2]);
    assert!(packets[3].lose() && !packets[3].deliver());
    assert!(packets[0].deliver());
    assert_eq!(arrived(), [9]);
    assert_eq!(net.in_flight().len(), 2);
    sim.advance(hours(1));
    assert_eq!(arrived(), [0; 0]);
    drop(hold);
    assert_eq!(arrived(), [1, 4]);
    assert!(!packets[1].lose());
}

#[test]
fn segments_that_come_out_of_a_hold_in_any_order_make_the_same_stream() {
    let (sim, net, client, server) = two();
    sim.run(async move {
        let (near, mut far) = connected(&client, &server).await;
        near.set_nodelay(true).unwrap();
        let _hold = net.link("client", "server").hold();
        for piece in [&b"one "[..], b"two ", b"three"] {
            near.try_write(piece).unwrap();
        }
        for packet in net.in_flight().iter().rev() {
            assert!(packet.deliver());
        }
        let mut heard = [0; 13];
        far.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"one two three");
    });
}

#[test]
fn a_paused_host_is_given_nothing() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    near.try_send_to(b"x", "server:7").unwrap();
    server.pause();
    assert!(!net.in_flight()[0].deliver());
    sim.advance(secs(1));
    assert!(!net.in_flight()[0].deliver());
    server.resume();
    sim.advance(millis(0));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap().0, 1);
}

#[test]
fn a_packet_can_pass_a_partition_by_hand() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    near.try_send_to(b"x", "server:7").unwrap();
    let _cut = net.everywhere().partition();
    assert!(net.in_flight()[0].deliver());
    sim.advance(millis(0));
    assert_eq!(far.try_recv_from(&mut [0; 8]).unwrap().0, 1);
}

#[test]
fn a_rule_says_all_that_it_does() {
    let (_sim, net, ..) = two();
    let link = net.link("client", "server");
    let bursts =
        BurstLoss::new(Probability::percent(1), Probability::ratio(1, 3)).loss(Probability::percent(90));
    let said =
        |rule: RuleGuard| format!("{:?}", rule.may_be_idle()).split(", made at").next().unwrap().to_owned();
    assert_eq!(
        said(link.burst_loss(bursts)),
        "RuleGuard(client -> server: bursts begin 1 %, end 33.333333 %, lose 90 %"
    );
    assert_eq!(
        said(link.reorder(Probability::percent(5), millis(3))),
        "RuleGuard(client -> server: reorder 5 % up to 3ms"
    );
}

#[test]
fn its_debug_text_shows_the_rules() {
    let (_sim, net, ..) = two();
    let fault = net.link("client", "server").loss(Probability::percent(5)).may_be_idle();
    let made = line!() - 1;
    let rule = format!("client -> server: loss 5 %, made at tests/it/net/links.rs:{made}:46");
    assert_eq!(format!("{fault:?}"), format!("RuleGuard({rule})"));
    assert_eq!(format!("{net:?}"), format!("Net {{ hosts: 2, connections: 0, rules: [{rule:?}] }}"));
    assert_eq!(format!("{:?}", net.between("client", "s*")), "Link(client <> s*)");
}

/// How long 200 datagrams were under way, one after the other.
fn ways(latency: Latency) -> Vec<std::time::Duration> {
    let (sim, net, client, server) = two();
    net.link("client", "server").latency(latency).keep();
    let clock = sim.clock();
    sim.run(async move {
        let (near, far) = (client.bind_udp(0).unwrap(), server.bind_udp(53).unwrap());
        let mut ways = Vec::new();
        for _ in 0..200 {
            let begun = clock.since_start();
            near.try_send_to(b"x", "server:53").unwrap();
            far.recv(&mut [0; 8]).await.unwrap();
            ways.push(clock.since_start() - begun);
        }
        ways
    })
}

#[test]
fn latencies_of_every_shape_are_what_packets_take() {
    let mut listed = ways(Latency::samples([millis(3), micros(7), secs(1)]));
    listed.sort();
    listed.dedup();
    assert_eq!(listed, [micros(7), millis(3), secs(1)]);
    let fixed = ways(micros(150).into());
    assert!(fixed.iter().all(|way| *way == micros(150)));
    for (latency, least, most) in [
        (Latency::uniform(millis(1), millis(2)), millis(1), millis(2)),
        (Latency::normal(millis(40), millis(2)), millis(28), millis(52)),
        (Latency::exponential(millis(5), millis(10)), millis(5), secs(1)),
        (Latency::pareto(millis(5), millis(80)), millis(5), millis(80)),
    ] {
        let ways = ways(latency.clone());
        assert!(ways.iter().all(|way| (least..=most).contains(way)), "{latency}: {ways:?}");
        assert!(ways.iter().any(|way| *way != ways[0]), "{latency}");
    }
}

#[test]
fn a_tail_is_heavy_and_an_exponential_one_is_not() {
    let tail = ways(Latency::pareto(millis(10), secs(60)));
    let light = ways(Latency::exponential(millis(10), millis(10)));
    let beyond = |ways: &[std::time::Duration], bound| ways.iter().filter(|way| **way > bound).count();
    // In the long run 200 / 15^2 and 200 / e^14.
    assert!(beyond(&tail, millis(150)) > 0 && beyond(&light, millis(150)) == 0, "{tail:?} {light:?}");
}

#[test]
fn a_partition_wins_over_a_hold_of_the_same_way_and_each_is_lifted_by_itself() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let arrived = || {
        sim.advance(millis(1));
        std::iter::from_fn(|| far.try_recv_from(&mut [0; 8]).ok()).map(|heard| heard.0).collect::<Vec<_>>()
    };
    let hold = net.link("client", "server").hold();
    let cut = net.link("client", "server").partition();
    near.try_send_to(b"1", "server:7").unwrap();
    assert!(net.in_flight().is_empty());
    drop(cut);
    near.try_send_to(b"22", "server:7").unwrap();
    assert_eq!(net.in_flight().len(), 1);
    assert_eq!(arrived(), [0; 0]);
    let cut = net.link("server", "client").partition().may_be_idle();
    drop(hold);
    assert_eq!(arrived(), [2]); // the other way is not concerned
    drop(cut);
    near.try_send_to(b"333", "server:7").unwrap();
    assert_eq!(arrived(), [3]);
}

#[test]
fn a_stream_behind_a_hold_and_a_partition_goes_on_when_both_are_lifted() {
    let (sim, net, client, server) = two();
    let (near, mut far) = sim.run(async move { connected(&client, &server).await });
    let hold = net.link("client", "server").hold();
    near.try_write(b"held, ").unwrap();
    let cut = net.between("client", "server").partition();
    near.try_write(b"cut").unwrap();
    sim.advance(secs(2));
    drop(hold);
    sim.advance(secs(2));
    assert_eq!(far.try_read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(cut);
    let mut heard = [0; 9];
    sim.run(async { far.read_exact(&mut heard).await }).unwrap();
    assert_eq!(&heard, b"held, cut");
}

#[test]
fn a_rule_that_is_made_anew_draws_anew() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let arrived = (0..40).filter(|_| {
        let loss = net.link("client", "server").loss(Probability::percent(50));
        near.try_send_to(b"x", "server:7").unwrap();
        sim.advance(millis(1));
        drop(loss);
        far.try_recv_from(&mut [0; 8]).is_ok()
    });
    let arrived = arrived.count();
    assert!((10..=30).contains(&arrived), "{arrived} of 40");
}

#[test]
fn segments_fit_the_least_mtu_of_their_way() {
    let (sim, net, client, server) = two();
    let lengths = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lengths);
    let _wide = net.everywhere().mtu(9000);
    let narrow = net.link("client", "server").mtu(500);
    net.everywhere()
        .inspect(move |packet| {
            if packet.kind == PacketKind::Segment {
                seen.lock().unwrap().push(packet.payload.len());
            }
            Verdict::Pass
        })
        .keep();
    let (near, _far) = sim.run(async move { connected(&client, &server).await });
    near.set_nodelay(true).unwrap();
    near.try_write(&[0; 1200]).unwrap();
    drop(narrow);
    near.try_write(&[0; 2000]).unwrap();
    assert_eq!(*lengths.lock().unwrap(), [500, 500, 200, 1460, 540]);
}

#[test]
fn a_packet_keeps_its_handle_when_a_hold_stops_it_on_its_way() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    for payload in [&b"1"[..], b"22", b"333"] {
        near.try_send_to(payload, "server:7").unwrap();
    }
    let packets = net.in_flight();
    let _hold = net.everywhere().hold();
    sim.advance(secs(1));
    let arrived = || {
        sim.settle(); // what is delivered is due now
        std::iter::from_fn(|| far.try_recv_from(&mut [0; 8]).ok()).map(|heard| heard.0).collect::<Vec<_>>()
    };
    assert!(packets[2].deliver() && !packets[2].deliver());
    assert_eq!(arrived(), [3]);
    assert!(packets[1].lose() && !packets[1].lose());
    assert!(packets[0].deliver());
    assert_eq!(arrived(), [1]);
}

#[test]
fn delays_beyond_all_time_add_up_to_no_overflow() {
    let (sim, net, client, server) = two();
    let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(7).unwrap());
    let link = net.link("client", "server");
    link.latency(std::time::Duration::MAX).keep();
    link.reorder(Probability::ALWAYS, std::time::Duration::MAX).keep();
    for _ in 0..8 {
        link.jitter(std::time::Duration::MAX).keep();
    }
    near.try_send_to(b"x", "server:7").unwrap();
    sim.advance(hours(24));
    assert!(far.try_recv_from(&mut [0; 8]).is_err());
    assert_eq!(net.in_flight().len(), 1);
}

#[test]
fn a_bandwidth_is_the_same_in_bits_kilobits_and_megabits() {
    assert_eq!(Bandwidth::kilobits(64), Bandwidth::bits(64_000));
    assert_eq!(Bandwidth::megabits(2), Bandwidth::kilobits(2_000));
    for (bandwidth, text) in [
        (Bandwidth::bits(64_001), "64001 bit/s, 262144 bytes may wait"),
        (Bandwidth::bits(64_000), "64 kbit/s, 262144 bytes may wait"),
        (Bandwidth::bits(2_000_000).queue(9), "2 Mbit/s, 9 bytes may wait"),
    ] {
        assert_eq!(bandwidth.to_string(), text);
    }
}

#[test]
fn a_packet_in_flight_says_where_it_comes_from_and_when_it_arrives() {
    let (sim, net, client, server) = two();
    let clock = sim.clock();
    let _far = server.bind_udp(7).unwrap();
    let near = client.bind_udp(7).unwrap();
    near.try_send_to(b"1", "server:7").unwrap();
    let due = &net.in_flight()[0];
    assert_eq!((&*due.from_host, &*due.to_host, due.length), ("client", "server", 1));
    assert_eq!(due.due, Some(clock.now() + millis(1)));
    assert_eq!(format!("{due:?}"), format!("InFlight({due})"));
    let _hold = net.between("client", "server").hold();
    near.try_send_to(b"2", "server:7").unwrap();
    assert_eq!(net.in_flight()[1].due, None);
}

#[test]
fn a_distribution_of_one_value_is_that_value() {
    let (sim, net, client, server) = two();
    for latency in [Latency::uniform(millis(7), millis(7)), Latency::pareto(millis(7), millis(7))] {
        let _slow = net.between("client", "server").latency(latency);
        let (client, server, clock) = (client.clone(), server.clone(), sim.clock());
        sim.run(async move {
            let begun = clock.now();
            let _listener = server.listen(0).unwrap();
            connected(&client, &server).await;
            assert_eq!(clock.since(begun), millis(21));
        });
    }
}

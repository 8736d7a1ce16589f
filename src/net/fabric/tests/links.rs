//! Rules of links, and what they do to streams and datagrams.

use super::*;

#[test]
fn a_hold_keeps_what_arrives_and_what_is_sent_until_it_is_lifted() {
    let mut two = Two::new();
    let (conn, _) = two.connected();
    two.write(conn, Client, b"in flight, ");
    let hold = two.rule("client", "server", Effect::Hold);
    two.write(conn, Client, b"sent");
    two.run_until_quiet();
    two.fabric.wire.now += 3_600_000 * MS;
    assert_eq!(two.read(conn, Server), Io::Wait);
    two.fabric.wire.links.remove(hold);
    two.fabric.rules_changed(EventKind::LinkChanged, None, "a rule");
    two.run_until_quiet();
    assert_eq!(two.read(conn, Server), Io::Done(b"in flight, sent".to_vec()));
}

#[test]
fn sixty_four_mebibytes_take_five_point_three_seven_seconds_at_a_hundred_megabits() {
    let bandwidth = Bandwidth::megabits(100);
    let mut two = Two::with_rule(Effect::Bandwidth(bandwidth));
    two.rule("*", "*", Effect::Latency(Latency::fixed(micros(150))));
    let (conn, _) = two.connected();
    let begun = two.fabric.wire.now;
    let (mut left, mut heard) = (64 << 20, 0);
    let chunk = vec![0; 16 * 1024];
    while heard < 64 << 20 {
        while left > 0 {
            let Io::Done(count) = two.write(conn, Client, &chunk[..left.min(chunk.len())]) else { break };
            left -= count;
        }
        let next = two.fabric.next_deadline().unwrap();
        two.fabric.run(next);
        if let Io::Done(bytes) = two.read(conn, Server) {
            heard += bytes.len();
        }
    }
    let took = std::time::Duration::from_nanos(two.fabric.wire.now - begun);
    // 64 MiB * 8 / 100 Mbit/s, and the latency once; each of the 45,983 segments is rounded up to a nanosecond.
    assert!(took >= secs(5) + micros(368_709 + 150) && took < secs(5) + micros(369_000), "{took:?}");
}

#[test]
fn a_full_queue_delays_and_then_drops() {
    let bandwidth = Bandwidth::bits(8_000).queue(2_000); // a byte a millisecond
    let mut two = Two::with_rule(Effect::Bandwidth(bandwidth));
    let from = two.bind(two.client, 0);
    let to = two.bind(two.server, 53);
    for number in 0..4 {
        two.fabric.send(from, Some(two.address(53)), &[number; 1_000]).unwrap();
    }
    let mut arrivals = Vec::new();
    while let Some(next) = two.fabric.next_deadline() {
        two.fabric.run(next);
        if let Io::Done(mail) = two.fabric.receive(to, 1500) {
            arrivals.push((mail.payload[0], two.fabric.wire.now / MS));
        }
    }
    // The first is being sent, two wait, there is no room for the fourth.
    assert_eq!(arrivals, [(0, 1_001), (1, 2_001)]);
}

#[test]
fn datagrams_of_one_link_never_overtake_each_other_unless_reordering_is_on() {
    let order = |reorder: bool| {
        let latency = Latency::uniform(millis(1), millis(100));
        let mut two = Two::with_rule(Effect::Latency(latency));
        if reorder {
            let effect = Effect::Reorder { probability: Probability::percent(50), most: 50 * MS };
            two.rule("*", "*", effect);
        }
        let from = two.bind(two.client, 0);
        let to = two.bind(two.server, 53);
        let mut heard = Vec::new();
        for number in 0..200 {
            two.fabric.send(from, Some(two.address(53)), &[number]).unwrap();
            let now = two.fabric.wire.now;
            two.run_to(now + 5 * MS);
        }
        two.run_until_quiet();
        while let Io::Done(mail) = two.fabric.receive(to, 1500) {
            heard.push(mail.payload[0]);
        }
        assert_eq!(heard.len(), 200);
        heard.is_sorted()
    };
    assert!(order(false));
    assert!(!order(true));
}

#[test]
fn losses_come_in_bursts() {
    let bursts = BurstLoss::new(Probability::percent(1), Probability::percent(10));
    let mut two = Two::with_rule(Effect::BurstLoss(bursts));
    let from = two.bind(two.client, 0);
    let to = two.bind(two.server, 53);
    let mut fates = Vec::new();
    for _ in 0..20_000 {
        two.fabric.send(from, Some(two.address(53)), b"x").unwrap();
        two.run_until_quiet();
        fates.push(matches!(two.fabric.receive(to, 1500), Io::Done(_)));
    }
    let lost = fates.iter().filter(|arrived| !**arrived).count();
    let bursts = fates.windows(2).filter(|pair| pair[0] && !pair[1]).count();
    // In the long run 1 of 11 is lost, and a burst is 10 long.
    assert!((1_400..2_200).contains(&lost), "{lost}");
    assert!((8..12).contains(&(lost / bursts)), "{lost} in {bursts} bursts");
}

#[test]
fn a_rule_more_shifts_no_draw_of_the_others() {
    let arrivals = |jitter: bool| {
        let mut two = Two::with_rule(Effect::Loss(Probability::percent(30)));
        if jitter {
            two.rule("*", "*", Effect::Jitter(MS));
        }
        let from = two.bind(two.client, 0);
        let to = two.bind(two.server, 53);
        for number in 0..100 {
            two.fabric.send(from, Some(two.address(53)), &[number]).unwrap();
        }
        two.run_until_quiet();
        std::iter::from_fn(|| match two.fabric.receive(to, 1500) {
            Io::Done(mail) => Some(mail.payload[0]),
            _ => None,
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(arrivals(false), arrivals(true));
}

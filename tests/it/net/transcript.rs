//! The exact lines of what happens on the network, and what a digest sees of it.

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{Host, Net, TcpStream, Verdict},
    sim::SimBuilder,
};

use super::two;
use crate::support::panic_of;

/// Both ends of a connection to port 80.
async fn on_port_80(client: &Host, server: &Host) -> (TcpStream, TcpStream) {
    let listener = server.listen(80).unwrap();
    let near = client.connect("server:80").await.unwrap();
    (near, listener.accept().await.unwrap().0)
}

/// A run in which two ends read what they got, the server's as `read` has it; the digest of its network and its lines.
fn run(builder: SimBuilder, read: impl AsyncFnOnce(&Sim, TcpStream)) -> (u64, Vec<String>) {
    let sim = builder.build();
    let [client, server] = sim.net().hosts(["client", "server"]);
    sim.run(async {
        let (mut near, far) = on_port_80(&client, &server).await;
        near.write_all(b"ping").await.unwrap();
        near.shutdown().await.unwrap();
        sim.advance(millis(1)).await;
        read(&sim, far).await;
    });
    (sim.digest(), sim.transcript().lines())
}

/// Those lines that say that something was read.
fn reads(lines: &[String]) -> Vec<&str> {
    lines.iter().map(String::as_str).filter(|line| line.contains(" read")).collect()
}

#[test]
fn connections_of_one_pair_are_told_apart_by_their_ports() {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let mut first = client.connect("server:80").await.unwrap();
        let second = client.connect("server:80").await.unwrap();
        sim.advance(millis(1)).await;
        first.write_all(b"x").await.unwrap();
        let _accepted = listener.accept().await.unwrap();
        let _other = listener.accept().await.unwrap();
        drop(second);
        sim.advance(millis(1)).await;
    });
    assert_eq!(
        sim.transcript().lines()[5..],
        [
            "+2ms `client`:49153 begins to connect to `server`:80",
            "+2ms `client`:49153 to `server`:80: SYN sent",
            "+3ms `server`:80 to `client`:49153: SYN-ACK sent",
            "+4ms `client`:49153 to `server`:80: ACK sent",
            "+5ms `client`:49152 to `server`:80: segment of 1 byte sent",
            "+5ms `server`:80 accepts `client`:49152",
            "+5ms `server`:80 accepts `client`:49153",
            "+5ms `client`:49153 to `server`:80: FIN sent",
            "+6ms `client`:49152 to `server`:80: segment of 1 byte arrived",
            "+6ms `client`:49153 to `server`:80: FIN arrived",
            "+6ms `server`:80 to `client`:49153: FIN sent",
            "+6ms `server`:80 to `client`:49152: RST sent",
            "+6ms `client`:49152 to `server`:80: FIN sent", // it knows of no reset yet
        ]
    );
}

#[test]
fn a_read_says_how_much_and_the_end_is_an_end() {
    let (_, lines) = run(Sim::builder(), async |sim, mut far| {
        for (room, count) in [(3, 3), (9, 1), (9, 0)] {
            assert_eq!(far.read(&mut vec![0; room]).await.unwrap(), count);
            sim.advance(millis(1)).await;
        }
        assert_eq!(far.try_read(&mut [0; 9]).unwrap(), 0);
    });
    assert_eq!(
        reads(&lines),
        [
            "+4ms `client`:49152 to `server`:80: 3 bytes read",
            "+5ms `client`:49152 to `server`:80: 1 byte read",
            "+6ms `client`:49152 to `server`:80: end read",
            "+7ms `client`:49152 to `server`:80: end read",
        ]
    );
}

#[test]
fn what_takes_nothing_is_no_read() {
    let (_, lines) = run(Sim::builder(), async |_, mut far| {
        far.readable().await.unwrap();
        far.peek(&mut [0; 9]).await.unwrap();
        assert_eq!(far.read(&mut []).await.unwrap(), 0);
        assert_eq!(far.try_read(&mut []).unwrap(), 0);
    });
    assert_eq!(reads(&lines), [""; 0]);
}

#[test]
fn reads_in_a_row_are_one_line_and_the_digest_sees_each() {
    let by_byte = async |_: &Sim, mut far: TcpStream| {
        for _ in 0..4 {
            far.read_u8().await.unwrap();
        }
        for _ in 0..100 {
            assert_eq!(far.read(&mut [0]).await.unwrap(), 0);
        }
    };
    let at_once = async |_: &Sim, mut far: TcpStream| {
        far.read_to_end(&mut Vec::new()).await.unwrap();
    };
    let (digest, lines) = run(Sim::builder(), by_byte);
    let expected =
        ["+4ms `client`:49152 to `server`:80: 4 bytes read", "+4ms `client`:49152 to `server`:80: end read"];
    assert_eq!(reads(&lines), expected);
    let (other, lines) = run(Sim::builder(), at_once);
    assert_eq!(reads(&lines), expected);
    assert_ne!(digest, other);
    assert_eq!(run(Sim::builder(), by_byte).0, digest);
}

#[test]
fn each_read_has_its_line_where_all_are_kept() {
    let read = async |_: &Sim, mut far: TcpStream| {
        far.read_u8().await.unwrap();
        far.read_exact(&mut [0; 3]).await.unwrap();
    };
    let (digest, lines) = run(Sim::builder().trace(usize::MAX), read);
    assert_eq!(
        reads(&lines),
        [
            "+4ms `client`:49152 to `server`:80: 1 byte read",
            "+4ms `client`:49152 to `server`:80: 3 bytes read",
        ]
    );
    assert_eq!(run(Sim::builder(), read).0, digest);
}

/// `far` reads two bytes of the first connection, and `act` happens in between. The last two lines.
fn with_a_pause(act: impl AsyncFnOnce(&Sim, &mut TcpStream)) -> Vec<String> {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let mut ends = Vec::new();
        for _ in 0..2 {
            let mut near = client.connect("server:80").await.unwrap();
            near.write_all(b"ab").await.unwrap();
            ends.push((near, listener.accept().await.unwrap().0));
        }
        sim.advance(millis(1)).await;
        let (mut other, mut far) = (ends.pop().unwrap(), ends.pop().unwrap());
        far.1.read_u8().await.unwrap();
        act(&sim, &mut other.1).await;
        far.1.read_u8().await.unwrap();
        drop((far.0, other.0)); // the rest is not read
    });
    sim.transcript().lines().into_iter().filter(|line| line.ends_with("read")).collect()
}

#[test]
fn reads_are_one_line_only_with_nothing_in_between() {
    let one = "`client`:49152 to `server`:80: 1 byte read";
    let two = "`client`:49152 to `server`:80: 2 bytes read";
    let other = "`client`:49153 to `server`:80: 1 byte read";
    assert_eq!(with_a_pause(async |_, _| {}), [format!("+7ms {two}")]);
    let time = with_a_pause(async |sim, _| sim.advance(millis(1)).await);
    assert_eq!(time, [format!("+7ms {one}"), format!("+8ms {one}")]);
    let event =
        with_a_pause(async |_, _| unplugged::trace::record(|| unplugged::trace::CustomEvent::new("step")));
    assert_eq!(event, [format!("+7ms {one}"), format!("+7ms {one}")]);
    let stream = with_a_pause(async |_, other| {
        other.read_u8().await.unwrap();
    });
    assert_eq!(stream, [format!("+7ms {one}"), format!("+7ms {other}"), format!("+7ms {one}")]);
}

#[test]
fn equal_datagrams_that_are_read_in_a_row_are_a_line_each() {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(53).unwrap());
        for _ in 0..2 {
            near.try_send_to(b"same", "server:53").unwrap();
        }
        sim.advance(millis(1)).await;
        for _ in 0..2 {
            far.recv(&mut [0; 9]).await.unwrap();
        }
    });
    let line = "+1ms `client`:7 to `server`:53: datagram of 4 bytes read";
    assert_eq!(reads(&sim.transcript().lines()), [line; 2]);
}

/// Connections that come and go, and datagrams from a hundred ports to each of two hosts.
fn many_flows(builder: SimBuilder) -> Sim {
    let sim = builder.build();
    let [client, server, other] = sim.net().hosts(["client", "server", "other"]);
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let _heard = [server.bind_udp(53).unwrap(), other.bind_udp(53).unwrap()];
        for port in 1000..1100 {
            let mut near = client.connect("server:80").await.unwrap();
            let (mut far, _) = listener.accept().await.unwrap();
            near.write_all(b"ping").await.unwrap();
            far.read_exact(&mut [0; 4]).await.unwrap();
            let socket = client.bind_udp(port).unwrap();
            socket.try_send_to(b"x", "server:53").unwrap();
            socket.try_send_to(b"y", "other:53").unwrap();
            assert!(client.connect("server:81").await.is_err());
        }
        sim.advance(secs(200)).await; // the last is over, too
    });
    sim
}

#[test]
fn a_line_names_the_ends_of_its_packet_long_after_others_took_their_place() {
    let (short, long) = (many_flows(Sim::builder()), many_flows(Sim::builder().trace(usize::MAX)));
    let (end, all) = (short.transcript().lines(), long.transcript().lines());
    assert_eq!(end, all[all.len() - 128..]);
    let last = "`client`:1099 to `other`:53: datagram of 1 byte sent";
    assert!(end.iter().any(|line| line.ends_with(last)), "{end:#?}");
    assert_eq!(short.digest(), long.digest());
}

#[test]
fn the_digest_sees_what_came_first_a_packet_or_an_event_of_the_test() {
    let run = |event_first: bool| {
        let (sim, _net, client, _server) = two();
        let socket = client.bind_udp(7).unwrap();
        let event = || unplugged::trace::record(|| unplugged::trace::CustomEvent::new("step"));
        sim.run(async {
            if event_first {
                event();
            }
            socket.try_send_to(b"x", "server:53").unwrap();
            if !event_first {
                event();
            }
        });
        let first = sim.transcript()[0].to_string();
        (sim.digest(), first)
    };
    let [before, after] = [true, false].map(run);
    assert_eq!(before.1, "+0ns step");
    assert_eq!(after.1, "+0ns `client`:7 to `server`:53: datagram of 1 byte sent");
    assert_ne!(before.0, after.0);
}

#[test]
fn a_closure_that_looks_at_packets_records_in_between_and_is_shown_with_them_when_it_panics() {
    let (sim, net, client, _server) = two();
    net.everywhere()
        .inspect(|packet| {
            unplugged::trace::record(|| unplugged::trace::CustomEvent::new("seen"));
            assert_ne!(packet.payload, b"bad", "a bad one");
            Verdict::Pass
        })
        .keep();
    let socket = client.bind_udp(7).unwrap();
    let text = panic_of(|| {
        sim.run(async move {
            socket.try_send_to(b"good", "server:53").unwrap();
            let _ = tokio::spawn(async move { socket.try_send_to(b"bad", "server:53") }).await;
        });
    });
    let sent = |count, bytes| {
        format!("+0ns `client`:7 to `server`:53: datagram of {count} bytes sent: b\"{bytes}\"")
    };
    let (_, trace) = text.split_once("  trace    ").unwrap();
    let lines: Vec<&str> = trace.lines().map(str::trim_start).take(5).collect();
    assert_eq!(
        lines,
        ["+0ns * -> *: inspect", &sent(4, "good"), "+0ns seen", &sent(3, "bad"), "+0ns seen"],
        "{text}"
    );
}

#[test]
fn datagrams_are_read_whole_or_cut() {
    let (sim, _net, client, server) = two();
    sim.run(async {
        let (near, far) = (client.bind_udp(7).unwrap(), server.bind_udp(53).unwrap());
        for payload in [&b"first"[..], b"second", b"x", b""] {
            near.try_send_to(payload, "server:53").unwrap();
        }
        sim.advance(millis(1)).await;
        far.peek_from(&mut [0; 9]).await.unwrap();
        far.recv_from(&mut [0; 9]).await.unwrap();
        assert_eq!(far.recv(&mut [0; 1]).await.unwrap(), 1);
        far.try_recv(&mut [0; 9]).unwrap();
        far.try_recv(&mut [0; 9]).unwrap();
    });
    assert_eq!(
        sim.transcript().lines()[8..],
        [
            "+1ms `client`:7 to `server`:53: datagram of 5 bytes read",
            "+1ms `client`:7 to `server`:53: datagram of 6 bytes read, cut to 1 byte",
            "+1ms `client`:7 to `server`:53: datagram of 1 byte read",
            "+1ms `client`:7 to `server`:53: datagram of 0 bytes read",
        ]
    );
}

#[test]
fn the_answer_that_nobody_listens_is_told_from_a_datagram() {
    let (sim, net, client, _server) = two();
    sim.run(async {
        let near = client.bind_udp(7).unwrap();
        near.connect("server:53").await.unwrap();
        near.send(b"?").await.unwrap();
        sim.advance(millis(1)).await;
        let on_its_way: Vec<String> = net.in_flight().iter().map(ToString::to_string).collect();
        assert_eq!(on_its_way, ["port unreachable from `server`:53 to `client`:7, due at +2ms"]);
        near.recv(&mut [0; 9]).await.unwrap_err();
    });
    assert_eq!(
        sim.transcript().lines()[2..],
        [
            "+1ms `server`:53 to `client`:7: port unreachable sent",
            "+2ms `server`:53 to `client`:7: port unreachable arrived",
        ]
    );
}

#[test]
fn a_connect_to_where_nobody_is_names_the_address() {
    let (sim, _net, client, _server) = two();
    sim.run(async move { client.connect("10.9.9.9:80").await.unwrap_err() });
    assert_eq!(
        sim.transcript().lines(),
        [
            "+0ns `client`:49152 begins to connect to 10.9.9.9:80, which no host has",
            "+131s `client`:49152 gives up on 10.9.9.9:80, which no host has",
        ]
    );
}

#[test]
fn a_connect_that_comes_to_nothing_says_when_and_how() {
    let (sim, _net, client, server) = two();
    sim.run(async {
        client.connect("server:80").await.unwrap_err();
        server.crash();
        client.connect("server:80").await.unwrap_err();
    });
    let lines = sim.transcript().lines();
    assert_eq!(
        lines[..4],
        [
            "+0ns `client`:49152 begins to connect to `server`:80",
            "+0ns `client`:49152 to `server`:80: SYN sent",
            "+1ms `server`:80 to `client`:49152: RST sent",
            "+2ms `client`:49152 is refused by `server`:80",
        ]
    );
    assert_eq!(lines.last().unwrap(), "+131.002s `client`:49153 gives up on `server`:80");
}

#[test]
fn a_stack_that_gives_up_says_so() {
    let (sim, net, client, server) = two();
    sim.run(async {
        let (mut near, _far) = on_port_80(&client, &server).await;
        near.set_user_timeout(Some(millis(500))).unwrap();
        let _cut = net.between("client", "server").partition();
        near.write_all(b"x").await.unwrap();
        near.read(&mut [0]).await.unwrap_err();
    });
    let lines = sim.transcript().lines();
    assert_eq!(
        lines.iter().filter(|line| line.contains("gives up")).collect::<Vec<_>>(),
        ["+503ms `client`:49152 gives up on `server`:80"]
    );
}

/// The packets under way, in words.
fn under_way(net: &Net) -> Vec<String> {
    net.in_flight().iter().map(ToString::to_string).collect()
}

#[test]
fn packets_under_way_say_what_they_are_and_between_which_ports() {
    let (sim, net, client, server) = two();
    sim.run(async {
        let listener = server.listen(80).unwrap();
        let connecting = sim.watch(client.connect("server:80"));
        sim.settle().await;
        assert_eq!(under_way(&net), ["SYN from `client`:49152 to `server`:80, due at +1ms"]);
        let ends = net.in_flight().iter().map(|packet| (packet.source, packet.destination)).next();
        assert_eq!(ends.map(|(from, to)| format!("{from} {to}")).unwrap(), "10.0.0.1:49152 10.0.0.2:80");
        sim.advance(millis(1)).await;
        assert_eq!(under_way(&net), ["SYN-ACK from `server`:80 to `client`:49152, due at +2ms"]);
        sim.advance(millis(1)).await;
        assert_eq!(under_way(&net), ["ACK from `client`:49152 to `server`:80, due at +3ms"]);
        let far = listener.accept().await.unwrap().0;
        far.try_write(b"x").unwrap();
        far.try_write(b"yz").unwrap();
        drop(far);
        assert_eq!(
            under_way(&net),
            [
                "segment of 1 byte from `server`:80 to `client`:49152, due at +4ms",
                "segment of 2 bytes from `server`:80 to `client`:49152, due at +4ms",
                "FIN from `server`:80 to `client`:49152, due at +4ms",
            ]
        );
        assert_eq!(net.in_flight().iter().map(|packet| packet.length).collect::<Vec<_>>(), [1, 2, 0]);
        drop(connecting);
    });
}

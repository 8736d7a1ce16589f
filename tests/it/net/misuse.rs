//! What the network says when it is misused, word for word.

use std::io::ErrorKind;

use tokio::io::AsyncReadExt;
use unplugged::{
    Sim,
    clock::millis,
    net::{Bandwidth, Latency, Probability, Verdict},
};

use super::{assert_os_error, panic_text, two};

#[test]
fn a_probability_above_one_is_refused() {
    assert_eq!(
        panic_text(|| Probability::percent(101)),
        "101 of 100 is no probability: it lies between never and always\n  \
         next     give a part that is at most the whole, and a whole that is not zero"
    );
    assert!(panic_text(|| Probability::ratio(0, 0)).starts_with("0 of 0 is no probability"));
}

#[test]
fn a_bandwidth_of_zero_is_refused() {
    assert_eq!(
        panic_text(|| Bandwidth::megabits(0)),
        "a bandwidth of zero carries nothing\n  next     say `partition` or `hold` instead"
    );
}

#[test]
fn latencies_without_sense_are_refused() {
    assert_eq!(
        panic_text(|| Latency::uniform(millis(2), millis(1))),
        "a latency from 2ms to 1ms ends before it begins\n  next     give the smaller bound first"
    );
    assert!(panic_text(|| Latency::pareto(millis(2), millis(1))).starts_with("a latency from 2ms to 1ms"));
    assert_eq!(panic_text(|| Latency::samples([])), "a latency drawn from samples needs one sample at least");
}

#[test]
fn links_of_unknown_hosts_are_refused() {
    let (_sim, net, ..) = two();
    assert_eq!(
        panic_text(|| net.link("client", "sever")),
        "no host is called `sever`\n  \
         hosts    `client`, `server`\n  \
         next     write `server`, or make the host first, with `net.host(..)`"
    );
    assert!(panic_text(|| net.between("node-*", "server")).starts_with("no host matches `node-*`\n"));
    assert!(panic_text(|| net.loopback("sever")).starts_with("no host is called `sever`\n"));
    assert_eq!(panic_text(|| Sim::new().net().link("a", "b")).lines().nth(1), Some("  hosts    none"));
}

#[test]
fn a_link_to_oneself_is_refused() {
    let (_sim, net, ..) = two();
    assert_eq!(
        panic_text(|| net.link("client", "client")),
        "a link leads from one host to another, not from `client` to itself\n  \
         next     `net.loopback(..)` is what a host sends to itself: it takes 10µs and all arrives, unless set"
    );
}

#[test]
fn a_name_is_given_once() {
    let net = Sim::new().net();
    net.host("client");
    let made = line!() - 1;
    assert_eq!(
        panic_text(|| net.host("client")),
        format!(
            "a host called `client` exists already\n  \
             made at  tests/it/net/misuse.rs:{made}:9\n  \
             next     clone its handle, or choose another name"
        )
    );
}

#[test]
fn what_is_no_name_is_refused() {
    let net = Sim::new().net();
    assert_eq!(
        panic_text(|| net.host("a:80")),
        "\"a:80\" is no name for a host\n  \
         next     use letters, digits, `-` and `_`, with `.` between each 63 at most, 253 in all: `:` begins a port, and `*` a pattern"
    );
    let (label, whole) = ("x".repeat(64), ["x".repeat(63), "x".repeat(63)].join(".").repeat(2));
    let none =
        ["", "node-*", "two words", "10.0.0.1", "::1", "localhost", "LocalHost", ".", "a.", ".a", "a..b"];
    for name in none.into_iter().chain([&*label, &*whole]) {
        assert!(
            panic_text(|| net.host(name)).starts_with(&format!("{name:?} is no name for a host")),
            "{name}"
        );
    }
    net.host("x".repeat(63));
    net.host("größe_1.example");
}

#[test]
fn a_name_in_another_case_is_the_same_name() {
    let net = Sim::new().net();
    net.host("Server");
    assert!(panic_text(|| net.host("sERVER")).starts_with("a host called `sERVER` exists already\n"));
}

#[test]
fn a_host_crashes_once_until_it_is_restarted() {
    let (_sim, _net, client, _server) = two();
    assert_eq!(
        panic_text(|| client.restart()),
        "`client` was restarted while it was up\n  next     `crash` it first"
    );
    assert_eq!(panic_text(|| client.resume()), "`client` was resumed while it was not paused");
    client.pause();
    assert_eq!(
        panic_text(|| client.restart()),
        "`client` was restarted while it was paused\n  next     `resume` it, or `crash` it first"
    );
    client.crash();
    assert_eq!(
        panic_text(|| client.crash()),
        "`client` crashed while it was down already\n  next     `restart` it before it can crash again"
    );
    assert_eq!(panic_text(|| client.pause()), "`client` was paused while it was paused or down already");
    assert_eq!(
        panic_text(|| client.spawn(async {})),
        "`client` is down: nothing can be spawned on it\n  next     `restart` it first"
    );
    assert!(panic_text(|| client.spawn_local(async {})).starts_with("`client` is down: "));
}

#[test]
fn a_local_task_is_spawned_on_the_thread_of_its_world() {
    let (_sim, _net, client, server) = two();
    server.crash();
    let texts = std::thread::scope(|scope| {
        let elsewhere = scope.spawn(|| {
            client.spawn(async {}); // is `Send`
            let texts = [
                panic_text(|| client.spawn_local(async {})),
                panic_text(|| client.start(|_| async {})),
                panic_text(|| server.restart()),
            ];
            assert!(!server.is_up());
            texts
        });
        elsewhere.join().unwrap()
    });
    let rest = "was to run a local task, and was told so on a thread that is not its world's\n  \
                next     `spawn` takes what is `Send` on any thread; `start` and `restart` on the test's own";
    assert_eq!(texts, ["client", "client", "server"].map(|name| format!("`{name}` {rest}")));
}

#[test]
fn an_address_has_one_host() {
    let (_sim, _net, client, server) = two();
    assert_eq!(
        panic_text(|| client.add_address(server.ip().into())),
        "10.0.0.2 cannot be an address of `client`: a host has it already"
    );
}

#[test]
fn a_wall_clock_steps_to_dates_that_there_are() {
    let (_sim, _net, client, _server) = two();
    let clock = client.clock();
    let far = std::time::Duration::MAX;
    let no_date = "a wall clock cannot step by 18446744073709551615.999999999s: there is no such date";
    assert_eq!(panic_text(|| clock.step_forward(far)), no_date);
    assert_eq!(panic_text(|| clock.step_back(far)), no_date);
    let late =
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(i64::MAX.unsigned_abs() - 9);
    assert_eq!(
        panic_text(|| clock.set_system_time(late)),
        "`set_system_time` was given a time that a `SystemTime` cannot go on from\n  \
         next     leave room for the 292 years of the timeline, at double speed"
    );
}

#[test]
fn a_window_of_zero_is_refused() {
    let (_sim, net, ..) = two();
    assert_eq!(
        panic_text(|| net.set_window(0)),
        "a window of zero lets nothing through\n  next     say `hold` instead"
    );
}

#[test]
fn malformed_targets_say_what_they_lack() {
    let (sim, _net, client, _server) = two();
    let texts = sim.run(async move {
        let mut texts = Vec::new();
        for to in ["server", "server:70000", "server:-1", "server:+80", "server:http"] {
            let error = client.connect(to).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            texts.push(error.to_string());
        }
        texts
    });
    assert_eq!(
        texts,
        [
            "\"server\" names no port: write `server:80`",
            "\"70000\" is no port: write a number from 0 to 65535",
            "\"-1\" is no port: write a number from 0 to 65535",
            "\"+80\" is no port: write a number from 0 to 65535",
            "\"http\" is no port: write a number from 0 to 65535",
        ]
    );
}

#[test]
fn a_closure_that_calls_the_network_is_told_so_instead_of_hanging() {
    let (_sim, net, client, _server) = two();
    let inside = net.clone();
    let rule = net.everywhere().inspect(move |_| {
        let _sockets = inside.sockets();
        Verdict::Pass
    });
    let socket = client.bind_udp(0).unwrap();
    assert_eq!(
        panic_text(|| socket.try_send_to(b"x", "server:53")),
        "a closure that looks at packets called the network\n  \
         next     let it only decide; act in the test, after the step"
    );
    drop(rule);
    socket.try_send_to(b"x", "server:53").unwrap(); // the network works on
}

#[test]
fn a_stall_shows_the_sockets_and_what_happened_last() {
    let (sim, _net, client, server) = two();
    let text = panic_text(|| {
        sim.run(async move {
            let listener = server.listen(80).unwrap();
            let _socket = server.bind_udp(53).unwrap();
            let _stream = client.connect("server:80").await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let _never = stream.read(&mut [0]).await;
        });
    });
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("waits")).collect();
    assert_eq!(
        lines,
        [
            "the sim has stalled: nothing happened for 86400s of virtual time",
            "  since    +3ms",
            "  socket   `client` 10.0.0.1:49152 to 10.0.0.2:80: open, 0 bytes unread, 0 of 218112 bytes under way, since +0ns",
            "  socket   `server` listens on port 80, 0 wait to be accepted, since +0ns",
            "  socket   `server` has datagram port 53, 0 unread, since +0ns",
            "  socket   `server` 10.0.0.2:80 to 10.0.0.1:49152: open, 0 bytes unread, 0 of 218112 bytes under way, since +3ms",
            "  trace    +0ns `server` listens on port 80",
            "           +0ns `client`:49152 begins to connect to `server`:80",
            "           +0ns `client`:49152 to `server`:80: SYN sent",
            "           +1ms `server`:80 to `client`:49152: SYN-ACK sent",
            "           +2ms `client`:49152 to `server`:80: ACK sent",
            "           +3ms `server`:80 accepts `client`:49152",
            "  now      +86400.003s, seed 0x5eed",
        ]
    );
}

#[test]
fn an_address_of_many_is_not_one_hosts() {
    let (sim, _net, client, _server) = two();
    for address in ["224.0.0.1", "255.255.255.255", "127.0.0.5", "0.0.0.0", "ff02::1", "::1", "::"] {
        let address = address.parse().unwrap();
        assert_eq!(
            panic_text(|| client.add_address(address)),
            format!("{address} cannot be an address of `client`: it is not that of one host alone")
        );
    }
    let error = sim.run(async move {
        for to in ["224.0.0.1:80", "255.255.255.255:80", "[ff02::1]:80"] {
            assert_eq!(client.connect(to).await.unwrap_err().kind(), ErrorKind::NetworkUnreachable);
        }
        client.connect("224.0.0.1:80").await.unwrap_err()
    });
    assert_os_error(&error, 101, ErrorKind::NetworkUnreachable);
}

#[test]
fn datagrams_to_no_port_or_from_a_loopback_address_are_refused() {
    let (sim, _net, client, server) = two();
    let socket = client.bind_udp(0).unwrap();
    let error = socket.try_send_to(b"x", "server:0").unwrap_err();
    assert_os_error(&error, 22, ErrorKind::InvalidInput);
    let error = socket.try_send_to(b"x", "server:70000").unwrap_err();
    assert_eq!(error.to_string(), "\"70000\" is no port: write a number from 0 to 65535");
    let local = client.bind_udp((std::net::Ipv4Addr::LOCALHOST, 0)).unwrap();
    let error = local.try_send_to(b"x", "server:53").unwrap_err();
    assert_os_error(&error, 22, ErrorKind::InvalidInput);
    let port_zero = sim.run(async move { client.connect("server:0").await }).unwrap_err();
    assert_eq!(port_zero.kind(), ErrorKind::ConnectionRefused);
    drop(server);
}

#[test]
fn an_mtu_of_zero_is_refused() {
    let (_sim, net, ..) = two();
    assert_eq!(
        panic_text(|| net.everywhere().mtu(0)),
        "an MTU of zero carries nothing\n  next     say `partition` instead"
    );
}

#[test]
fn a_closure_that_panics_fails_the_test_and_no_more() {
    // The panic drops the stream, which sends its end: a second panic would end the process.
    let text = panic_text(|| {
        let (sim, net, client, server) = two();
        let (near, _far) = sim.run(async move { super::connected(&client, &server).await });
        net.everywhere().inspect(|packet| panic!("a {:?} is seen", packet.kind)).keep();
        sim.run(async move { near.try_write(b"x") }).unwrap();
    });
    assert_eq!(text, "a Segment is seen");
}

#[test]
fn a_network_whose_sim_is_gone_says_so_instead_of_hanging() {
    let net = Sim::new().net(); // and the sim is dropped
    let made = line!() - 1;
    let (client, server) = (net.host("client"), net.host("server"));
    let (listener, socket) = (server.listen(80).unwrap(), server.bind_udp(53).unwrap());
    let gone = format!(
        "the sim of this network is gone: nothing will ever arrive\n  \
         made at  tests/it/net/misuse.rs:{made}:26\n  \
         next     keep the `Sim` in a variable, for as long as its network is used"
    );
    let other = Sim::new();
    assert_eq!(panic_text(|| other.run(client.connect("server:80"))), gone);
    assert_eq!(panic_text(|| other.run(listener.accept())), gone);
    assert_eq!(panic_text(|| other.run(socket.recv(&mut [0]))), gone);
    assert_eq!(panic_text(|| client.spawn(async {})), gone);

    let (sim, _net, client, server) = two();
    let (mut near, far) = sim.run(async move { super::connected(&client, &server).await });
    drop((sim, far));
    assert!(
        panic_text(|| other.run(async { near.read_u8().await }))
            .starts_with("the sim of this network is gone")
    );
}

#[test]
fn a_stall_names_what_lets_nothing_through() {
    let (sim, net, client, server) = two();
    net.host("third").crash();
    server.pause();
    let hold = net.link("server", "client").hold();
    let cut = net.between("client", "third").partition();
    let made = line!() - 1;
    net.everywhere().loss(Probability::percent(1)).keep(); // it does
    let text = panic_text(|| {
        let (socket, server) = (client.bind_udp(7).unwrap(), server);
        sim.run(async move {
            socket.try_send_to(b"x", (server.ip(), 7)).unwrap();
            socket.recv(&mut [0]).await
        })
    });
    let told: Vec<&str> = text.lines().filter(|line| line.starts_with("  fault ")).collect();
    assert_eq!(
        told,
        [
            "  fault    `server` is paused",
            "  fault    `third` is down",
            &format!("  fault    server -> client: hold, made at tests/it/net/misuse.rs:{}:45", made - 1),
            &format!("  fault    client <> third: partition, made at tests/it/net/misuse.rs:{made}:46"),
        ]
    );
    drop((hold, cut));
}

#[test]
fn a_misspelt_host_is_told_with_those_that_there_are() {
    let sim = Sim::new();
    let net = sim.net();
    let alone = net.host("client");
    let said = |name: &str| alone.lookup(name).unwrap_err().to_string();
    let no = "failed to lookup address information: no host is called";
    assert_eq!(said("node-4"), format!("{no} `node-4`, there is `client`"));
    assert_eq!(said("cleint"), format!("{no} `cleint`, there is `client`; was `client` meant?"));
    net.host("server");
    assert_eq!(said("serverr"), format!("{no} `serverr`, there are `client`, `server`; was `server` meant?"));
    assert_eq!(said("sevrer"), format!("{no} `sevrer`, there are `client`, `server`; was `server` meant?"));
    assert_eq!(said("mail"), format!("{no} `mail`, there are `client`, `server`"));
    for node in 1..=12 {
        net.host(format!("node-{node}"));
    }
    let text = said("nod-12");
    assert!(text.ends_with("`node-9`, `node-10` and 2 more; was `node-12` meant?"), "{text}");
}

#[test]
fn a_misspelt_host_is_told_by_all_who_look_it_up() {
    let (sim, _net, client, _server) = two();
    let why = "no host is called `serverr`, there are `client`, `server`; was `server` meant?";
    let socket = client.bind_udp(0).unwrap();
    let sent = socket.try_send_to(b"x", "serverr:80").unwrap_err().to_string();
    let asked = client.lookup_records("serverr", unplugged::net::RecordType::A).unwrap_err().to_string();
    let connected =
        sim.run(async move { client.connect("serverr:80").await.map(drop) }).unwrap_err().to_string();
    for text in [sent, asked, connected] {
        assert!(text.ends_with(why), "{text}");
    }
}

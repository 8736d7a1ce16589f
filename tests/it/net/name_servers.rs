//! Name resolution as `getaddrinfo` does it, and name servers that answer many at once.

use std::{io, net::IpAddr, time::Duration};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    net::{Host, NameServer, Record, RecordType, Verdict},
    trace::PacketKind,
};

const NO_ERROR: Option<u8> = Some(0);
const SERVER_FAILURE: Option<u8> = Some(2);
const NAME_ERROR: Option<u8> = Some(3);
const SILENCE: Option<u8> = None;

/// A name server by hand: the codes with which it answers questions for A and for AAAA, if it does.
fn by_hand(host: &Host, a: Option<u8>, aaaa: Option<u8>) {
    host.start(move |host| async move {
        let (socket, mut buffer) = (host.bind_udp(53).unwrap(), [0; 512]);
        loop {
            let (_, from) = socket.recv_from(&mut buffer).await.unwrap();
            let end = 12 + buffer[12..].iter().position(|byte| *byte == 0).unwrap();
            let is_a = buffer[end + 2] == 1;
            let Some(code) = (if is_a { a } else { aaaa }) else { continue };
            let mut answer =
                vec![buffer[0], buffer[1], 0x81, 0x80 | code, 0, 1, 0, u8::from(code == 0), 0, 0, 0, 0];
            answer.extend(&buffer[12..end + 5]);
            if code == 0 {
                answer.extend([0xc0, 12, 0, if is_a { 1 } else { 28 }, 0, 1, 0, 0, 0, 60, 0]);
                match is_a {
                    true => answer.extend([4, 10, 1, 2, 3]),
                    false => answer.extend([[16, 0xfd, 0].as_slice(), &[0; 13], &[5]].concat()),
                }
            }
            socket.send_to(&answer, from).await.unwrap();
        }
    });
}

/// What comes of a lookup, and when.
fn asked(a: Option<u8>, aaaa: Option<u8>) -> (String, Duration) {
    let sim = Sim::new();
    let (client, dns) = (sim.net().host("client"), sim.net().host("dns"));
    by_hand(&dns, a, aaaa);
    let resolver = client.resolver([dns.ip()]);
    let found = sim.run(async move { resolver.addresses("svc.test").await });
    (told(found), sim.clock().since_start())
}

fn told(found: io::Result<Vec<IpAddr>>) -> String {
    match found {
        Ok(addresses) => format!("{addresses:?}"),
        Err(error) => error.to_string().replace("failed to lookup address information: ", ""),
    }
}

/// Source: glibc 2.36's `getaddrinfo`, measured; the rest read in `send_dg`.
#[test]
fn a_and_aaaa_are_asked_together_and_one_answer_is_enough() {
    let failed = "temporary failure, no name server could tell of `svc.test`";
    let silent = "temporary failure, no answer about `svc.test`: 1 name server asked twice, 5s each";
    let unknown = "no host is called `svc.test`";
    let at_once = millis(2);
    for (a, aaaa, found, after) in [
        (NO_ERROR, NO_ERROR, "[10.1.2.3, fd00::5]", at_once),
        (SERVER_FAILURE, NO_ERROR, "[fd00::5]", at_once),
        (NO_ERROR, SERVER_FAILURE, "[10.1.2.3]", at_once),
        (NAME_ERROR, NO_ERROR, "[fd00::5]", at_once),
        (NO_ERROR, NAME_ERROR, "[10.1.2.3]", at_once),
        (NAME_ERROR, NAME_ERROR, unknown, at_once),
        (NAME_ERROR, SERVER_FAILURE, unknown, at_once),
        (SERVER_FAILURE, SERVER_FAILURE, failed, 2 * at_once),
        // Three times five seconds: together, in turn, and from two ports.
        (NO_ERROR, SILENCE, "[10.1.2.3]", secs(15)),
        (NAME_ERROR, SILENCE, unknown, secs(15)),
        // Together; then in turn, where the second is not asked before the first is answered; the second attempt likewise.
        (SILENCE, NO_ERROR, silent, secs(15)),
        (SILENCE, SILENCE, silent, secs(10)),
    ] {
        assert_eq!(asked(a, aaaa), (found.to_owned(), after), "A {a:?}, AAAA {aaaa:?}");
    }
}

#[test]
fn a_dead_first_server_costs_five_seconds() {
    let sim = Sim::new();
    let net = sim.net();
    let (client, dead, alive) = (net.host("client"), net.host("dead"), net.host("alive"));
    net.between("client", "dead").partition().keep();
    by_hand(&alive, NO_ERROR, NO_ERROR);
    client.set_name_servers([dead.ip(), alive.ip()]);
    let resolver = client.resolver([dead.ip(), alive.ip()]);
    let found = sim.run(async move { resolver.addresses("svc.test").await });
    assert_eq!(
        (told(found).as_str(), sim.clock().since_start()),
        ("[10.1.2.3, fd00::5]", secs(5) + millis(2))
    );
    // A connect resolves in the same way.
    let begun = sim.clock().since_start();
    let connecting = sim.watch(client.connect("svc.test:80"));
    sim.advance_to(begun + secs(5) + millis(2));
    let sent = sim.transcript().lines().iter().filter(|line| line.contains("10.1.2.3")).count();
    assert_eq!(sent, 1, "{:#?}", sim.transcript().lines()); // the attempt begins
    connecting.assert_pending();
}

#[test]
fn three_silent_servers_share_the_time() {
    let sim = Sim::new();
    let (client, net) = (sim.net().host("client"), sim.net());
    let servers = net.hosts(["one", "two", "three"]);
    net.everywhere().partition().keep();
    let resolver = client.resolver(servers.each_ref().map(Host::ip));
    let found = sim.run(async move { resolver.addresses("svc.test").await });
    assert!(told(found).contains("3 name servers asked twice"));
    assert_eq!(sim.clock().since_start(), 2 * secs(5 + 3 + 6));
}

#[test]
fn a_failure_of_both_and_a_server_that_is_not_there_are_passed_over_at_once() {
    let sim = Sim::new();
    let net = sim.net();
    let [client, failing, nobody, last] = net.hosts(["client", "failing", "nobody", "last"]);
    by_hand(&failing, SERVER_FAILURE, SERVER_FAILURE);
    by_hand(&last, NO_ERROR, SERVER_FAILURE);
    let resolver = client.resolver([&failing, &nobody, &last].map(Host::ip));
    let found = sim.run(async move { resolver.addresses("svc.test").await });
    assert_eq!((told(found).as_str(), sim.clock().since_start()), ("[10.1.2.3]", millis(6)));
}

/// A server that thinks for a second, and the times at which so many clients have their answers.
fn slow(clients: usize, ask: impl Fn(Host, Host) -> unplugged::net::BoxFuture<'static, ()>) -> Vec<Duration> {
    let sim = Sim::new();
    let dns = sim.net().host("dns");
    let names = NameServer::new().record("example.org", Record::A([10, 9, 8, 7].into())).delay(secs(1));
    dns.start(move |host| names.clone().serve(host));
    let answers: Vec<_> = (0..clients)
        .map(|number| {
            let (asking, clock) = (ask(sim.net().host(format!("c{number}")), dns.clone()), sim.clock());
            sim.watch(async move {
                asking.await;
                clock.since_start()
            })
        })
        .collect();
    sim.advance(secs(60));
    answers.iter().map(|answer| *answer.assert_ready()).collect()
}

#[test]
fn four_clients_of_a_slow_name_server_wait_no_longer_than_one() {
    let times = slow(4, |client, dns| {
        let resolver = client.resolver([dns.ip()]);
        Box::pin(async move {
            assert_eq!(resolver.lookup("example.org", RecordType::A).await.unwrap().len(), 1);
        })
    });
    assert_eq!(times, [secs(1) + millis(2); 4]);
}

#[test]
fn a_client_that_asks_for_both_families_waits_once() {
    let times = slow(30, |client, dns| {
        let resolver = client.resolver([dns.ip()]);
        Box::pin(async move {
            assert_eq!(resolver.addresses("example.org").await.unwrap().len(), 1);
        })
    });
    assert_eq!(times, [secs(1) + millis(2); 30]);
}

#[test]
fn questions_of_one_connection_wait_together_too() {
    let times = slow(2, |client, dns| {
        Box::pin(async move {
            let mut stream = client.connect((dns.ip(), 53)).await.unwrap();
            for id in 0..5_u8 {
                let question = question(id, "example.org", 1, None);
                stream.write_u16(u16::try_from(question.len()).unwrap()).await.unwrap();
                stream.write_all(&question).await.unwrap();
            }
            stream.shutdown().await.unwrap(); // the answers come all the same
            for id in 0..5_u8 {
                assert_eq!(frame(&mut stream).await[1], id);
            }
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        })
    });
    assert_eq!(times, [secs(1) + millis(4); 2]);
}

#[test]
fn a_question_that_is_thought_about_holds_up_no_other_server_and_ends_with_a_crash() {
    let sim = Sim::new();
    let [client, dns] = sim.net().hosts(["client", "dns"]);
    let names = NameServer::new().record("svc.test", Record::address(client.ip())).delay(secs(3));
    dns.start(move |host| names.clone().serve(host));
    let resolver = client.resolver([dns.ip()]);
    let asked =
        sim.watch(async move { resolver.lookup("svc.test", RecordType::A).await.map(|found| found.len()) });
    sim.advance(secs(1));
    dns.crash();
    dns.restart();
    sim.advance(secs(5));
    asked.assert_pending(); // the question is forgotten, and asked again after five seconds
    sim.advance(secs(3));
    assert_eq!(*asked.assert_success(), 1);
}

/// A question as bytes, with EDNS if a size is given.
fn question(id: u8, name: &str, kind: u8, datagram_size: Option<u16>) -> Vec<u8> {
    let additional = u8::from(datagram_size.is_some());
    let mut bytes = vec![0, id, 1, 0, 0, 1, 0, 0, 0, 0, 0, additional];
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.extend([0, 0, kind, 0, 1]);
    if let Some(size) = datagram_size {
        bytes.extend([0, 0, 41]);
        bytes.extend(size.to_be_bytes());
        bytes.extend([0; 6]);
    }
    bytes
}

async fn frame(stream: &mut unplugged::net::TcpStream) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(stream.read_u16().await.unwrap())];
    stream.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// A sim with a name server, and what it answers to bytes.
fn answer(names: NameServer, question: Vec<u8>) -> Vec<u8> {
    let sim = Sim::new();
    let [client, dns] = sim.net().hosts(["client", "dns"]);
    dns.start(move |host| names.clone().serve(host));
    sim.settle();
    sim.run(async move {
        let socket = client.bind_udp(0).unwrap();
        socket.send_to(&question, (dns.ip(), 53)).await.unwrap();
        let mut buffer = [0; 4096];
        let count = socket.recv(&mut buffer).await.unwrap();
        buffer[..count].to_vec()
    })
}

/// The flags, and how many answers, authorities and additional records there are.
fn header(answer: &[u8]) -> (u16, [u8; 3]) {
    (u16::from_be_bytes([answer[2], answer[3]]), [answer[7], answer[9], answer[11]])
}

#[test]
fn an_answer_says_for_how_long_it_may_be_kept() {
    let names = || NameServer::new().record("a.org", Record::A([10, 0, 0, 9].into()));
    for (names, ttl) in [(names(), 60), (names().ttl(secs(5)), 5), (names().ttl(Duration::ZERO), 0)] {
        let answer = answer(names, question(7, "A.org", 1, None));
        assert_eq!(header(&answer), (0x8180, [1, 0, 0]));
        assert_eq!(&answer[12..18], b"\x01A\x03org"); // as it was asked, which resolvers check
        let mut expected = vec![0xc0, 12, 0, 1, 0, 1, 0, 0, 0, ttl, 0, 4];
        expected.extend([10, 0, 0, 9]);
        assert_eq!(&answer[23..], expected);
    }
}

/// Source: RFC 2308, sections 2.1 and 2.2: without it, no cache may keep what is not there.
#[test]
fn what_is_not_there_comes_with_its_authority() {
    let names = || NameServer::new().record("a.org", Record::A([10, 0, 0, 9].into())).ttl(secs(9));
    let no_name = answer(names(), question(7, "b.org", 1, None));
    let no_data = answer(names(), question(7, "a.org", 28, None));
    let unknown_type = answer(names(), question(7, "a.org", 65, None));
    for (answer, flags) in [(no_name, 0x8183), (no_data, 0x8180), (unknown_type, 0x8180)] {
        assert_eq!(header(&answer), (flags, [0, 1, 0]));
        let zone = b"\x03org\x00\x00\x06\x00\x01\x00\x00\x00\x09".as_slice();
        assert_eq!(&answer[23..36], zone);
        assert_eq!(answer[answer.len() - 4..], [0, 0, 0, 9]);
    }
    let failing = answer(names().failing(true), question(7, "a.org", 1, None));
    assert_eq!(header(&failing), (0x8182, [0, 0, 0]));
}

#[test]
fn an_alias_is_followed_by_the_server_the_resolver_and_the_hosts() {
    let sim = Sim::new();
    let net = sim.net();
    let [client, dns, web] = net.hosts(["client", "dns", "web"]);
    let names = NameServer::new()
        .record("www.example.org", Record::Cname("Edge.example.net".into()))
        .record("edge.example.net", Record::Cname("web.example.net".into()))
        .record("web.example.net", Record::address(web.ip()))
        .record("gone.example.org", Record::Cname("nowhere.example.net".into()))
        .record("round.example.org", Record::Cname("round.example.org".into()));
    dns.start(move |host| names.clone().serve(host));
    let _listener = web.listen(80).unwrap();
    client.set_name_servers([dns.ip()]);
    let resolver = client.resolver([dns.ip()]);
    let host = client.clone();
    sim.run(async move {
        host.connect("www.example.org:80").await.unwrap();
        let found = resolver.lookup("WWW.example.org", RecordType::A).await.unwrap();
        assert_eq!(found, [Record::address(web.ip())]);
        let found = resolver.lookup("www.example.org", RecordType::Cname).await.unwrap();
        assert_eq!(found, [Record::Cname("Edge.example.net".into())]);
        assert_eq!(resolver.lookup("www.example.org", RecordType::Mx).await.unwrap(), []);
        assert_eq!(
            told(resolver.addresses("gone.example.org").await),
            "no host is called `gone.example.org`"
        );
        let round = "temporary failure, no name server could tell of `round.example.org`";
        assert_eq!(told(resolver.addresses("round.example.org").await), round);
    });

    // Without a name server: the hosts know it.
    client.set_name_servers([std::net::Ipv4Addr::UNSPECIFIED; 0]);
    net.add_record("www.example.org", Record::Cname("edge.example.org".into()));
    net.add_record("edge.example.org", Record::Cname("web".into()));
    net.add_record("web", Record::mx(1, "mail"));
    net.add_record("gone.example.org", Record::Cname("nowhere".into()));
    net.add_record("round.example.org", Record::Cname("round.example.org".into()));
    assert_eq!(client.lookup("www.example.org").unwrap(), net.host("other").lookup("web").unwrap());
    assert_eq!(client.lookup_records("www.example.org", RecordType::Mx).unwrap(), [Record::mx(1, "mail")]);
    assert_eq!(
        client.lookup_records("www.example.org", RecordType::Cname).unwrap(),
        [Record::Cname("edge.example.org".into())]
    );
    for name in ["gone.example.org", "round.example.org"] {
        let error = client.lookup(name).unwrap_err().to_string();
        assert_eq!(error, format!("failed to lookup address information: `{name}` has no address"));
    }
}

/// A server of a name with so many addresses: 16 bytes each, and 29 around them.
fn crowded(addresses: u8) -> NameServer {
    (0..addresses).fold(NameServer::new(), |names, number| {
        names.record("example.org", Record::A([10, 7, 7, number].into()))
    })
}

#[test]
fn an_answer_over_512_bytes_is_cut_unless_the_question_takes_more() {
    let whole = answer(crowded(30), question(7, "example.org", 1, None));
    assert_eq!((header(&whole), whole.len()), ((0x8180, [30, 0, 0]), 29 + 30 * 16));
    let cut = answer(crowded(31), question(7, "example.org", 1, None));
    assert_eq!((header(&cut), cut.len()), ((0x8380, [0, 0, 0]), 29));
    let edns = answer(crowded(31), question(7, "example.org", 1, Some(1232)));
    assert_eq!((header(&edns), edns.len()), ((0x8180, [31, 0, 1]), 29 + 31 * 16 + 11));
    let small = answer(crowded(31), question(7, "example.org", 1, Some(100))); // less than 512 means 512
    assert_eq!((header(&small), small.len()), ((0x8380, [0, 0, 1]), 29 + 11));
}

#[test]
fn an_answer_that_is_cut_comes_whole_over_a_connection() {
    let sim = Sim::new();
    let net = sim.net();
    let [client, dns] = net.hosts(["client", "dns"]);
    dns.start(|host| crowded(200).serve(host));
    let resolver = client.resolver([dns.ip()]);
    let found = sim.run(async move { resolver.addresses("example.org").await }).unwrap();
    assert_eq!(found.len(), 200);
    assert_eq!(sim.clock().since_start(), millis(2 + 2 + 2)); // a datagram, a handshake, and the questions

    // Where no connection can be made, the next server is asked.
    let [deaf, spare] = net.hosts(["deaf", "spare"]);
    deaf.start(|host| crowded(200).serve(host));
    spare.start(|host| crowded(1).serve(host));
    let is_tcp = |kind| kind != PacketKind::Datagram;
    net.link("client", "deaf")
        .inspect(move |packet| if is_tcp(packet.kind) { Verdict::Drop } else { Verdict::Pass })
        .keep();
    let resolver = client.resolver([deaf.ip(), spare.ip()]);
    let begun = sim.clock().since_start();
    let found = sim.run(async move { resolver.addresses("example.org").await }).unwrap();
    assert_eq!((found.len(), sim.clock().since_start() - begun), (1, secs(5) + millis(2 + 2)));
}

#[test]
fn what_is_no_question_is_not_answered() {
    let sim = Sim::new();
    let [client, dns] = sim.net().hosts(["client", "dns"]);
    dns.start(|host| crowded(1).serve(host));
    let heard = sim.run(async move {
        let socket = client.bind_udp(0).unwrap();
        let mut answer = question(1, "example.org", 1, None);
        answer[2] |= 0x80; // it says that it is an answer itself
        let two = {
            let mut two = question(2, "example.org", 1, None);
            two[5] = 2;
            two
        };
        for bytes in [b"".to_vec(), b"short".to_vec(), answer, two, question(3, "example.org", 1, None)] {
            socket.send_to(&bytes, (dns.ip(), 53)).await.unwrap();
        }
        let mut buffer = [0; 512];
        socket.recv(&mut buffer).await.unwrap();
        // A connection that says nonsense, or ends in the midst, is let go.
        let mut stream = client.connect((dns.ip(), 53)).await.unwrap();
        stream.write_all(b"\x00\x05short\x00\x09half").await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
        buffer[1]
    });
    assert_eq!(heard, 3);
}

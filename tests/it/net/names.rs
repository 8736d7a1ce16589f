//! Names and those who know them.

use std::{
    io::ErrorKind,
    net::{Ipv4Addr, Ipv6Addr},
};

use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    net::{Host, NameServer, Net, Record, RecordType, Verdict},
};

use super::{assert_os_error, panic_text, two};

/// A client, a mail host, and two name servers that know of it.
fn mail() -> (Sim, Net, Host, [Host; 2]) {
    let (sim, net, client, _server) = two();
    let mail = net.host("mail");
    let servers = [net.host("dns-1"), net.host("dns-2")];
    for server in &servers {
        let names = NameServer::new()
            .record("Example.org", Record::mx(20, "backup.example.org"))
            .record("example.org", Record::mx(10, "mail.example.org"))
            .record("example.org", Record::Txt("v=spf1 -all".into()))
            .record("mail.example.org", Record::address(mail.ip()))
            .record("mail.example.org", Record::address(mail.ipv6()));
        server.start(move |host| names.clone().serve(host));
    }
    (sim, net, client, servers)
}

fn lookup(sim: &Sim, client: &Host, servers: &[Host], name: &'static str) -> std::io::Result<Vec<Record>> {
    let resolver = client.resolver(servers.iter().map(Host::ip));
    sim.run(async move { resolver.lookup(name, RecordType::Mx).await })
}

#[test]
fn records_come_by_kind_and_in_order_after_a_round_trip() {
    let (sim, _net, client, servers) = mail();
    let found = lookup(&sim, &client, &servers, "EXAMPLE.org.").unwrap();
    assert_eq!(found, [Record::mx(20, "backup.example.org"), Record::mx(10, "mail.example.org")]);
    assert_eq!(sim.clock().since_start(), millis(2));
    assert!(lookup(&sim, &client, &servers, "mail.example.org").unwrap().is_empty());
}

#[test]
fn a_lost_answer_comes_from_the_second_server_five_seconds_later() {
    let (sim, net, client, servers) = mail();
    let _lost = net.link("dns-1", "client").partition();
    assert_eq!(lookup(&sim, &client, &servers, "example.org").unwrap().len(), 2);
    assert_eq!(sim.clock().since_start(), secs(5) + millis(2));
}

#[test]
fn how_long_a_server_is_waited_for_can_be_set() {
    let (sim, net, client, servers) = mail();
    let _lost = net.link("dns-*", "client").partition();
    let resolver = client.resolver(servers.each_ref().map(Host::ip)).patience(millis(300));
    let failure = sim.run(async move { resolver.lookup("example.org", RecordType::Mx).await.unwrap_err() });
    assert_eq!(sim.clock().since_start(), millis(4 * 300));
    assert_eq!(
        failure.to_string(),
        "no answer about `example.org` (MX): 2 name servers asked twice, 300ms each"
    );
}

#[test]
fn a_server_that_is_not_there_is_passed_over_at_once() {
    let (sim, net, client, servers) = mail();
    let nobody = net.host("no-server");
    let all = [nobody, servers[0].clone()];
    assert_eq!(lookup(&sim, &client, &all, "example.org").unwrap().len(), 2);
    assert_eq!(sim.clock().since_start(), millis(4));
}

#[test]
fn a_late_answer_is_no_answer_and_disturbs_nothing() {
    let (sim, net, client, servers) = mail();
    let slow = net.host("slow");
    let names = NameServer::new().record("example.org", Record::mx(1, "wrong")).delay(secs(6));
    slow.start(move |host| names.clone().serve(host));
    let all = [slow, servers[1].clone()];
    assert_eq!(lookup(&sim, &client, &all, "example.org").unwrap().len(), 2);
    sim.advance(secs(10));
    assert_eq!(lookup(&sim, &client, &servers, "example.org").unwrap().len(), 2);
}

#[test]
fn silence_failure_and_no_such_name_are_three_things() {
    let (sim, net, client, servers) = mail();
    let unknown = lookup(&sim, &client, &servers, "nobody.example.org").unwrap_err();
    assert_eq!(
        unknown.to_string(),
        "failed to lookup address information: no host is called `nobody.example.org`"
    );

    let failing = net.host("failing");
    failing.start(|host| NameServer::new().failing(true).serve(host));
    let failed = lookup(&sim, &client, &[failing], "example.org").unwrap_err();
    assert_eq!(
        failed.to_string(),
        "failed to lookup address information: temporary failure, no name server could tell of `example.org`"
    );

    let begun = sim.clock().since_start();
    let _cut = net.everywhere().partition();
    let silent = lookup(&sim, &client, &servers, "example.org").unwrap_err();
    assert_eq!((silent.kind(), sim.clock().since_start() - begun), (ErrorKind::TimedOut, secs(20)));
    assert_eq!(silent.to_string(), "no answer about `example.org` (MX): 2 name servers asked twice, 5s each");
}

#[test]
fn a_connect_goes_where_the_name_servers_say() {
    let (sim, net, client, servers) = mail();
    client.set_name_servers(servers.iter().map(Host::ip));
    let liar = net.host("liar");
    let elsewhere = net.host("elsewhere");
    let names = NameServer::new().record("mail.example.org", Record::address(elsewhere.ip()));
    liar.start(move |host| names.clone().serve(host));
    let host = client.clone();
    let refused = sim.run(async move { host.connect("mail.example.org:25").await }).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    let host = client.clone();
    let unknown = sim.run(async move { host.connect("mail:25").await }).unwrap_err();
    assert_eq!(unknown.to_string(), "failed to lookup address information: no host is called `mail`");
    let _listener = elsewhere.listen(25).unwrap();
    client.set_name_servers([liar.ip()]);
    let host = client.clone();
    let stream = sim.run(async move { host.connect("mail.example.org:25").await }).unwrap();
    assert_eq!(stream.peer_addr().unwrap().ip(), elsewhere.ip());
    client.set_name_servers([Ipv4Addr::UNSPECIFIED; 0]);
    let refused = sim.run(async move { client.connect("mail:25").await }).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn hosts_are_known_without_a_server() {
    let (_sim, _net, client, server) = two();
    assert_eq!(client.lookup("server").unwrap(), [server.ip().into(), std::net::IpAddr::from(server.ipv6())]);
    assert!(client.lookup("localhost").unwrap().iter().all(std::net::IpAddr::is_loopback));
}

#[test]
fn what_is_no_name_or_no_server_is_refused() {
    let (sim, _net, client, servers) = mail();
    let error = lookup(&sim, &client, &servers, "a..b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        "\"a..b\" is no name: labels have 1 to 63 letters, and the whole 253 at most"
    );
    assert_eq!(
        panic_text(|| client.resolver([Ipv4Addr::UNSPECIFIED; 0])),
        "`client` was given no name server to ask\n  \
         next     give one address at least; names of hosts resolve without a server"
    );
}

#[test]
fn each_kind_of_record_is_asked_for_by_itself() {
    let (sim, net, client, servers) = mail();
    let dns = net.host("dns-3");
    let mut records = vec![
        Record::A([10, 9, 8, 7].into()),
        Record::address(net.host("six").ipv6()),
        Record::mx(5, "mail.example.net"),
        Record::Txt("v=spf1 mx -all".into()),
        Record::Srv { priority: 1, weight: 60, port: 5060, target: "sip.example.net".into() },
        Record::Txt("another".into()),
    ];
    let names =
        records.iter().fold(NameServer::new(), |names, record| names.record("example.net", record.clone()));
    dns.start(move |host| names.clone().serve(host));
    let resolver = client.resolver([dns.ip()]);
    let found = sim.run(async move {
        let mut found = Vec::new();
        for kind in [RecordType::A, RecordType::Aaaa, RecordType::Mx, RecordType::Txt, RecordType::Srv] {
            found.extend(resolver.lookup("example.net", kind).await.unwrap());
        }
        assert_eq!(resolver.addresses("example.net").await.unwrap().len(), 2);
        found
    });
    records.swap(4, 5); // both texts come together
    assert_eq!(found, records);
    drop(servers);
}

#[test]
fn a_record_of_the_test_is_known_at_once_whatever_its_kind() {
    let (_sim, net, client, server) = two();
    let srv = Record::Srv { priority: 1, weight: 60, port: 5060, target: "sip.example.net".into() };
    let mx = [Record::mx(20, "b.example.org"), Record::mx(10, "a.example.org")];
    for record in [mx[0].clone(), Record::Txt("v=spf1 -all".into()), mx[1].clone()] {
        net.add_record("Example.org", record);
    }
    net.add_record("_sip._udp.example.org", srv.clone());
    net.add_record("www.example.org", Record::address(server.ip()));
    net.add_record("www.example.org", Record::Aaaa(Ipv6Addr::LOCALHOST));
    net.add_record("server", Record::mx(0, "server"));
    net.add_name("bare.example.org", [Ipv4Addr::LOCALHOST; 0]);

    let found = |name, kind| client.lookup_records(name, kind).unwrap();
    assert_eq!(found("example.org.", RecordType::Mx), mx);
    assert_eq!(found("example.org", RecordType::Txt), [Record::Txt("v=spf1 -all".into())]);
    assert_eq!(found("example.org", RecordType::A), []);
    assert_eq!(found("_sip._udp.example.org", RecordType::Srv), [srv]);
    assert_eq!(found("www.example.org", RecordType::A), [Record::address(server.ip())]);
    assert_eq!(found("www.example.org", RecordType::Aaaa), [Record::Aaaa(Ipv6Addr::LOCALHOST)]);
    assert_eq!(found("bare.example.org", RecordType::A), []);
    // A host keeps its addresses, whatever else is said of its name.
    assert_eq!(found("server", RecordType::A), [Record::address(server.ip())]);
    assert_eq!(found("server", RecordType::Mx), [Record::mx(0, "server")]);

    let unknown = client.lookup_records("nobody.example.org", RecordType::Mx).unwrap_err();
    let text = "failed to lookup address information: no host is called `nobody.example.org`, there are \
                `client`, `server`";
    assert_eq!(unknown.to_string(), text);
    let bare = client.lookup("example.org").unwrap_err();
    assert_eq!(bare.to_string(), "failed to lookup address information: `example.org` has no address");
    let text = panic_text(|| net.add_record("10.0.0.1", Record::mx(0, "server")));
    assert!(text.starts_with("\"10.0.0.1\" is no name for a host\n"), "{text}");
    let text = panic_text(|| net.add_record("example.org", Record::Txt("x".repeat(256))));
    assert!(text.starts_with("no name server can say Txt("), "{text}");
}

#[test]
fn a_name_of_the_test_stands_for_addresses_at_once() {
    let (sim, net, client, server) = two();
    let clock = sim.clock();
    net.add_name("www.example.org", [server.ip()]);
    net.add_name("nobody.example.org", ["203.0.113.1".parse::<Ipv4Addr>().unwrap()]);
    net.add_name("bare.example.org", [Ipv4Addr::LOCALHOST; 0]);
    let _listener = server.listen(80).unwrap();
    let socket = server.bind_udp(53).unwrap();
    sim.run(async move {
        let stream = client.connect("www.example.org:80").await.unwrap();
        assert_eq!((stream.peer_addr().unwrap().ip(), clock.since_start()), (server.ip().into(), millis(2)));
        client.bind_udp(0).unwrap().try_send_to(b"x", "www.example.org:53").unwrap();
        assert_eq!(socket.recv(&mut [0; 8]).await.unwrap(), 1);
        let silent = client.connect_timeout("nobody.example.org:80", secs(3)).await.unwrap_err();
        assert_eq!(silent.kind(), ErrorKind::TimedOut);
        let bare = client.connect("bare.example.org:80").await.unwrap_err();
        assert_eq!(
            bare.to_string(),
            "failed to lookup address information: `bare.example.org` has no address"
        );
        assert_eq!(client.lookup("bare.example.org").unwrap_err().to_string(), bare.to_string());
        net.add_name("server", [client.ip()]); // wrong
        assert_eq!(client.connect("server:80").await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        net.add_name("www.example.org", [client.ip()]);
        let refused = client.connect("www.example.org:80").await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    });
    let text = panic_text(|| Sim::new().net().add_name("10.0.0.1", [Ipv4Addr::LOCALHOST]));
    assert!(text.starts_with("\"10.0.0.1\" is no name for a host\n"), "{text}");
}

#[test]
fn the_addresses_of_a_name_are_tried_in_turn() {
    let (sim, net, client, server) = two();
    let other = net.host("other");
    net.add_name("service", [other.ip(), server.ip()]);
    net.add_name("none", [other.ip(), other.ip()]);
    let _listener = server.listen(80).unwrap();
    let clock = sim.clock();
    sim.run(async move {
        let stream = client.connect("service:80").await.unwrap();
        assert_eq!((stream.peer_addr().unwrap().ip(), clock.since_start()), (server.ip().into(), millis(4)));
        let refused = client.connect("none:80").await.unwrap_err();
        assert_os_error(&refused, 111, ErrorKind::ConnectionRefused);
        let _six_only = server.listen((server.ipv6(), 81)).unwrap();
        net.add_name("both", server.lookup("server").unwrap());
        assert!(client.connect("both:81").await.unwrap().peer_addr().unwrap().is_ipv6());
        let dns = net.host("dns");
        let names = NameServer::new()
            .record("balanced", Record::address(other.ip()))
            .record("balanced", Record::address(server.ip()));
        dns.start(move |host| names.clone().serve(host));
        client.set_name_servers([dns.ip()]);
        let stream = client.connect("balanced:80").await.unwrap();
        assert_eq!(stream.peer_addr().unwrap().ip(), server.ip());
    });
}

#[test]
fn a_record_that_cannot_be_written_is_refused() {
    let (_sim, _net, ..) = two();
    let text = "x".repeat(256);
    assert_eq!(
        panic_text(|| NameServer::new().record("a.org", Record::Txt(text.clone()))),
        format!(
            "no name server can say Txt({text:?}) of \"a.org\"\n  \
             next     labels have 1 to 63 letters, names 253 at most, and a text 255 bytes at most"
        )
    );
    assert!(
        panic_text(|| NameServer::new().record("a..org", Record::mx(1, "b.org")))
            .starts_with("no name server can say Mx { preference: 1, exchange: \"b.org\" } of \"a..org\"\n")
    );
}

#[test]
fn names_are_the_same_in_any_case_and_with_a_dot_at_their_end() {
    let (sim, net, client, _server) = two();
    let shop = net.host("Shop.Example");
    net.add_name("Till.Example", [shop.ip()]);
    let _listener = shop.listen(80).unwrap();
    sim.run(async move {
        for name in ["shop.example", "SHOP.example.", "till.EXAMPLE", "TILL.example."] {
            client.connect((name, 80)).await.unwrap();
            assert_eq!(client.lookup(name).unwrap()[0], shop.ip());
        }
        assert!(client.lookup("LocalHost.").unwrap()[0].is_loopback());
    });
}

#[test]
fn an_address_is_its_own_name() {
    let (_sim, _net, client, server) = two();
    assert_eq!(client.lookup("10.0.0.2").unwrap(), [server.ip()]);
    assert_eq!(client.lookup("fd00::2").unwrap(), [server.ipv6()]);
}

#[test]
fn addresses_of_one_family_are_enough() {
    let (sim, net, client, servers) = mail();
    let of_ipv6 = |question: &[u8]| question.ends_with(&[0, 28, 0, 1]);
    net.link("client", "dns-*")
        .inspect(move |packet| if of_ipv6(packet.payload) { Verdict::Drop } else { Verdict::Pass })
        .keep();
    let one = client.resolver([servers[0].ip()]);
    let found = sim.run(async move { one.addresses("mail.example.org").await }).unwrap();
    assert_eq!(found, [net.host("other").lookup("mail").unwrap()[0]]);
    assert_eq!(sim.clock().since_start(), secs(15)); // asked together, in turn, and from two ports
    let silent = client.resolver([servers[0].ip()]);
    net.link("client", "dns-*").partition().keep();
    let error = sim.run(async move { silent.addresses("mail.example.org").await }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "failed to lookup address information: temporary failure, no answer about `mail.example.org`: 1 name server \
         asked twice, 5s each"
    );
}

//! A mail over a simulated network. Whatever is lost, late or silent there, one deadline of 5 s ends it at exactly 5 s,
//! and nothing of it is left.

use std::{
    io,
    net::SocketAddr,
    ptr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, millis, mins, nanos, secs},
    explore,
    net::{Accept, Host, Latency, Listen, NameServer, Net, Probability, RealNet, Resolver},
    outcome::Watch,
    transport::{PeerScript, ScriptedPeer},
};

use super::program::{
    RELAY,
    fakes::Answers,
    good_relay, hosts,
    mail::{Mailer, NotSent, Resolve},
    network::{SMTP, System, production},
    relay, send_within, serve_relay,
};

const LIMIT: Duration = secs(5);

/// A client that has a mail, and everything between it and the relay.
struct World {
    sim: Sim,
    net: Net,
    client: Host,
    relay: Host,
    servers: [Host; 2],
}

impl World {
    fn new() -> Self {
        let sim = Sim::new();
        let net = sim.net();
        let [client, relay, first, second] = hosts(&net);
        sim.settle(); // the name servers are up
        Self { sim, net, client, relay, servers: [first, second] }
    }

    fn resolver(&self) -> Resolver {
        self.client.resolver(self.servers.each_ref().map(Host::ip))
    }

    fn send(&self) -> Watch<Result<(), NotSent>> {
        self.send_by(self.resolver())
    }

    fn send_by(&self, resolver: Resolver) -> Watch<Result<(), NotSent>> {
        let (clock, dialer) = (self.client.clock(), self.client.clone());
        self.sim.watch(send_within(LIMIT, clock, resolver, dialer)).named("mail")
    }

    /// Asserts that the mail is pending until the deadline, and ends at it, to the nanosecond.
    #[track_caller]
    fn ends_at_the_deadline(&self, mail: &Watch<Result<(), NotSent>>) {
        self.sim.advance(LIMIT - nanos(1));
        mail.assert_pending();
        self.sim.advance(nanos(1));
        assert!(mail.check_pending().is_err(), "it is done");
        self.nothing_is_left_on_the_client();
    }

    /// Asserts that no socket, timer or task is left at this instant. The relay does not know of the end yet.
    #[track_caller]
    fn nothing_is_left_on_the_client(&self) {
        self.sim.audit().except_host("relay").assert_clean();
    }

    /// Asserts that, once the last packets have arrived, only the sockets are left that were there before.
    #[track_caller]
    fn nothing_is_left(self, before: &[String]) {
        self.sim.run_until_idle();
        assert_eq!(self.net.netstat(), before);
        assert_eq!(self.net.in_flight().iter().map(ToString::to_string).collect::<Vec<_>>(), [""; 0]);
        self.sim.audit().assert_clean();
    }
}

#[track_caller]
fn text(mail: &Watch<Result<(), NotSent>>) -> String {
    mail.assert_failure().to_string()
}

// The name.

#[test]
fn a_lost_answer_of_both_name_servers_ends_at_the_deadline() {
    let world = World::new();
    let before = world.net.netstat();
    let _lost = world.net.link("dns-*", "client").partition();
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 5s");
    world.nothing_is_left(&before);
}

#[test]
fn a_lost_question_ends_at_the_deadline() {
    let world = World::new();
    let before = world.net.netstat();
    let _lost = world.net.link("client", "dns-*").partition();
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 5s");
    world.nothing_is_left(&before);
}

#[test]
fn an_answer_that_is_late_meets_nobody() {
    let world = World::new();
    let before = world.net.netstat();
    let _slow = world.net.link("dns-*", "client").latency(LIMIT);
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 5s");
    assert_eq!(&*world.net.in_flight()[0].to_host, "client"); // the answer: a millisecond too late
    world.nothing_is_left(&before);
}

#[test]
fn an_answer_that_comes_in_time_leaves_the_rest_of_it() {
    let world = World::new();
    let before = world.net.netstat();
    let peer = serve_relay(&world.relay, good_relay());
    let _slow = world.net.link("dns-1", "client").latency(secs(2));
    let mail = world.send();
    world.sim.advance(secs(2)); // the questions for IPv4 and IPv6 go together
    assert!(!world.net.netstat().iter().any(|socket| socket.contains(":25")));
    mail.assert_pending();
    world.sim.advance(LIMIT - secs(2));
    mail.assert_success();
    world.sim.run(peer.finish());
    world.nothing_is_left(&before);
}

/// The first one has five seconds by default, as in a system's resolver: too long for this deadline.
#[test]
fn the_second_name_server_is_not_reached_in_time_unless_the_first_has_less() {
    let world = World::new();
    let before = world.net.netstat();
    let _lost = world.net.link("dns-1", "client").partition();
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 5s");
    world.nothing_is_left(&before);

    let world = World::new();
    let before = world.net.netstat();
    let _lost = world.net.link("dns-1", "client").partition();
    let peer = serve_relay(&world.relay, good_relay());
    let mail = world.send_by(world.resolver().patience(secs(1)));
    // For both questions the first server's second and a round trip; then one for the handshake, and one for each of
    // seven replies.
    world.sim.advance(secs(1) + millis(2) + millis(2) + 7 * millis(2) - nanos(1));
    mail.assert_pending();
    world.sim.advance(nanos(1));
    mail.assert_success();
    world.sim.run(peer.finish());
    world.nothing_is_left(&before);
}

#[test]
fn a_name_that_nobody_knows_and_servers_that_fail_are_told_at_once() {
    let names: [(NameServer, &str); 2] = [
        (NameServer::new(), "no host is called `relay.example`"),
        (NameServer::new().failing(true), "temporary failure, no name server could tell of `relay.example`"),
    ];
    for (server, why) in names {
        let sim = Sim::new();
        let (client, dns) = (sim.net().host("client"), sim.net().host("dns-1"));
        dns.start(move |host| server.clone().serve(host));
        let resolver = client.resolver([dns.ip()]);
        let failure = sim.run(send_within(LIMIT, client.clock(), resolver, client)).unwrap_err();
        assert!(!failure.may_have_been_sent());
        assert_eq!(
            failure.to_string(),
            format!("the mail was not sent: resolve: failed to lookup address information: {why}")
        );
        assert!(sim.clock().since_start() <= millis(4));
    }
}

// The connection.

#[test]
fn a_black_holed_connection_ends_at_the_deadline() {
    let world = World::new();
    let before = world.net.netstat();
    let _hole = world.net.link("client", "relay").partition();
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: connect: not done within 5s");
    world.nothing_is_left(&before);
}

#[test]
fn a_handshake_whose_answer_is_lost_ends_at_the_deadline() {
    let world = World::new();
    let _listener = world.relay.listen(SMTP).unwrap();
    let before = world.net.netstat();
    let _hole = world.net.link("relay", "client").partition();
    let mail = world.send();
    world.ends_at_the_deadline(&mail);
    assert_eq!(text(&mail), "the mail was not sent: connect: not done within 5s");
    world.nothing_is_left(&before);
}

/// Returns the text of the system.
fn refused_text() -> String {
    let kind = io::ErrorKind::ConnectionRefused;
    if cfg!(target_os = "linux") { io::Error::from_raw_os_error(111) } else { kind.into() }.to_string()
}

#[test]
fn a_refused_connection_is_told_at_once() {
    let world = World::new();
    let before = world.net.netstat();
    let mail = world.send();
    world.sim.advance(3 * millis(2)); // two questions and a handshake
    assert_eq!(text(&mail), format!("the mail was not sent: connect: {}", refused_text()));
    world.nothing_is_left(&before);
}

// The conversation.

/// What the relay expects, and its reply to each. It speaks first.
const CONVERSATION: [(&str, &str); 7] = [
    ("", "220 relay.example\r\n"),
    ("EHLO client.example\r\n", "250-relay.example\r\n250 8BITMIME\r\n"),
    ("MAIL FROM:<ann@client.example>\r\n", "250 ok\r\n"),
    ("RCPT TO:<bob@server.example>\r\n", "250 ok\r\n"),
    ("DATA\r\n", "354 go on\r\n"),
    ("Hello Bob\r\n.\r\n", "250 taken\r\n"),
    ("QUIT\r\n", "221 bye\r\n"),
];

/// A relay that gives so many of its replies, expects one thing more, and does not reply to it.
fn silent_after(replies: usize) -> PeerScript {
    let script = ScriptedPeer::script("relay");
    let talks = CONVERSATION[..replies].iter().fold(script, |script, (heard, said)| {
        if heard.is_empty() { script.send(said) } else { script.expect(heard).send(said) }
    });
    match CONVERSATION[replies].0 {
        "" => talks.expect_close(),
        heard => talks.expect(heard).expect_close(),
    }
}

#[test]
fn a_relay_that_is_silent_before_any_reply_is_left_at_the_deadline() {
    const NOT_SENT: &str = "the mail was not sent: converse: not done within 5s";
    const PERHAPS: &str = "the mail was not sent: converse: not done within 5s (it may have been sent)";
    let ends =
        [Err(NOT_SENT), Err(NOT_SENT), Err(NOT_SENT), Err(NOT_SENT), Err(NOT_SENT), Err(PERHAPS), Ok(())];
    for (replies, expected) in ends.into_iter().enumerate() {
        let world = World::new();
        let before = world.net.netstat();
        let peer = serve_relay(&world.relay, silent_after(replies));
        let mail = world.send();
        world.ends_at_the_deadline(&mail);
        let ended = mail.into_output().map_err(|error| error.to_string());
        assert_eq!(ended, expected.map_err(str::to_owned), "after {replies} replies");
        world.sim.run(peer.finish()); // it saw everything that it should, and the end
        world.nothing_is_left(&before);
    }
}

#[test]
fn a_reply_a_nanosecond_before_the_deadline_counts_and_one_at_it_does_not() {
    // The dot is there after 15 ms, and the reply is a millisecond under way.
    let wait = LIMIT - millis(15) - millis(1);
    for (wait, is_sent) in [(wait - nanos(1), true), (wait, false)] {
        let world = World::new();
        let before = world.net.netstat();
        let relay = relay().wait(wait).send("250 taken\r\n");
        let relay = if is_sent { relay.expect("QUIT\r\n") } else { relay };
        let peer = serve_relay(&world.relay, relay.expect_close());
        let mail = world.send();
        world.ends_at_the_deadline(&mail); // that the goodbye is missing then is no failure
        assert_eq!(mail.check_success().is_ok(), is_sent);
        assert!(is_sent || mail.assert_failure().may_have_been_sent());
        let _heard = world.sim.run(peer.check_finish()); // a late reply is answered with a reset, and not read
        world.nothing_is_left(&before);
    }
}

/// A relay that takes all mails, and counts them.
async fn take_mails(host: Host, taken: Arc<AtomicUsize>) {
    let listener = host.listen(SMTP).expect("the port is free");
    while let Ok((mut stream, _)) = listener.accept().await {
        let taken = Arc::clone(&taken);
        let session = async move {
            for (heard, said) in CONVERSATION {
                let mut line = vec![0; heard.len()];
                stream.read_exact(&mut line).await?;
                assert_eq!(line.escape_ascii().to_string(), heard.as_bytes().escape_ascii().to_string());
                taken.fetch_add(usize::from(heard.ends_with("\r\n.\r\n")), Ordering::Relaxed);
                stream.write_all(said.as_bytes()).await?;
            }
            io::Result::Ok(())
        };
        host.spawn(async { drop(session.await) }); // a client that leaves ends it early
    }
}

/// All links are cut, at every millisecond on the way.
#[test]
fn wherever_the_links_are_cut_the_mail_ends_at_the_deadline() {
    let mut ends: Vec<(String, u64)> = Vec::new();
    for cut_at in 0..=18 {
        let world = World::new();
        let taken = Arc::new(AtomicUsize::new(0));
        world.relay.spawn(take_mails(world.relay.clone(), Arc::clone(&taken)));
        world.sim.settle();
        let before = world.net.netstat();
        let mail = world.send();
        world.sim.advance(millis(cut_at));
        let cut = world.net.everywhere().partition();
        world.sim.advance(LIMIT - millis(cut_at) - nanos(1));
        assert_eq!(mail.check_ready().is_ok(), cut_at == 18, "cut at {cut_at} ms");
        world.sim.advance(nanos(1));
        let end = mail.into_output().map_or_else(|error| error.to_string(), |()| "sent".into());
        assert_eq!(taken.load(Ordering::Relaxed), usize::from(cut_at >= 15), "{end}");
        world.nothing_is_left_on_the_client();
        match ends.last_mut() {
            Some((last, until)) if *last == end => *until = cut_at,
            _ => ends.push((end, cut_at)),
        }
        cut.remove(); // now the relay sees the end
        world.nothing_is_left(&before);
    }
    let ends: Vec<(&str, u64)> = ends.iter().map(|(end, until)| (end.as_str(), *until)).collect();
    assert_eq!(
        ends,
        [
            ("the mail was not sent: resolve: not done within 5s", 1),
            ("the mail was not sent: connect: not done within 5s", 3),
            ("the mail was not sent: converse: not done within 5s", 13),
            ("the mail was not sent: converse: not done within 5s (it may have been sent)", 15),
            ("sent", 18),
        ]
    );
}

// Storms.

#[test]
fn whatever_the_network_does_the_mailer_says_what_is_true_and_after_the_storm_it_sends() {
    let [sent, perhaps, not] = [const { AtomicUsize::new(0) }; 3];
    let explored = explore::seeds(0..200, async |sim: Sim| {
        let net = sim.net();
        let [client, relay, first, second] = hosts(&net);
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        relay.start(move |host| take_mails(host, Arc::clone(&count)));
        let slow = net.everywhere().latency(Latency::uniform(millis(20), millis(400)));
        let lossy = net.everywhere().loss(Probability::percent(5));
        let storm = sim.spawn(net.chaos(secs(30)).every(secs(2)).except("client").run());

        let mail = || {
            let resolver = client.resolver([first.ip(), second.ip()]).patience(secs(2));
            send_within(LIMIT, client.clock(), resolver, client.clone())
        };
        let began = sim.clock().now();
        let ended = mail().await;
        assert!(sim.clock().since(began) <= LIMIT);
        assert!(!net.netstat().iter().any(|socket| socket.starts_with("`client`")), "{:#?}", net.netstat());
        let of = match ended {
            Ok(()) => &sent,
            Err(failure) if failure.may_have_been_sent() => &perhaps,
            Err(_) => &not,
        };
        of.fetch_add(1, Ordering::Relaxed);

        storm.await.unwrap();
        sim.advance(secs(60)).await; // what was under way has arrived, or never will
        match taken.load(Ordering::Relaxed) {
            0 => assert!(!ptr::eq(of, &sent), "it says that the mail was sent, and nobody has it"),
            1 => assert!(!ptr::eq(of, &not), "it says that the mail was not sent, and the relay has it"),
            more => panic!("the relay has the mail {more} times"),
        }

        drop((slow, lossy));
        let before = taken.load(Ordering::Relaxed);
        mail().await.unwrap();
        assert_eq!(taken.load(Ordering::Relaxed), before + 1);
        sim.advance(mins(3)).await; // what the storm has lost comes again at the latest then
        sim.audit().assert_clean();
    });
    explored.assert_cases(200);
    // Each of the three was seen, so each was judged.
    for seen in [sent, perhaps, not] {
        assert!(seen.into_inner() > 0);
    }
}

// The real network.

/// The mailer of production over this machine's loopback: only the relay's address is another one.
#[test]
fn the_same_function_sends_over_the_real_network() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = RealNet.listen(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
        let address = Accept::local_addr(&listener).unwrap();
        let (mut scripted, peer) = good_relay().start();
        let resolver = Answers::none();
        resolver.to(RELAY).succeed(vec![address]);
        let Mailer { dialer, clock, .. } = production();
        let relay = async {
            let (mut stream, _) = Accept::accept(&listener).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut scripted).await
        };
        let mail = send_within(secs(10), clock, resolver, dialer);
        let (sent, relayed, _) = tokio::join!(mail, relay, peer.finish());
        sent.unwrap();
        relayed.unwrap();
    });
}

#[test]
fn the_system_is_asked_for_the_port_of_relays() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let found = runtime.block_on(System.resolve("127.0.0.1")).unwrap();
    assert_eq!(found, [SocketAddr::from(([127, 0, 0, 1], 25))]);
}

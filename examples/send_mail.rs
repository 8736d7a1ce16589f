//! Sends a mail: resolve, connect, converse, under one deadline. The caller gives the deadline, and it cancels the step
//! that is slow. Chapter 07 of the tutorial is about this program.
#![expect(clippy::print_stdout, reason = "a story is told")]

#[path = "send_mail/blocking.rs"]
pub(crate) mod blocking;
#[path = "send_mail/fakes.rs"]
pub(crate) mod fakes;
#[path = "send_mail/mail.rs"]
pub(crate) mod mail;
#[path = "send_mail/network.rs"]
pub(crate) mod network;
#[path = "send_mail/smtp.rs"]
pub(crate) mod smtp;
#[path = "send_mail/tasks.rs"]
pub(crate) mod tasks;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use tokio::runtime::Handle;
use unplugged::{
    Sim,
    clock::{Clock, ClockExt, FakeClock, secs},
    net::{Dial, Host, NameServer, Net, Record},
    transport::{PeerScript, ScriptedPeer},
};
use unplugged_blocking::Blocking;

use self::{
    blocking::send_mail_blocking,
    fakes::Answers,
    mail::{Mail, Mailer, NotSent, Resolve},
    network::{SMTP, production},
    tasks::{Attached, Detached, OnThread},
};

/// The relay that mails go through.
pub(crate) const RELAY: &str = "relay.example";

/// The addresses of the relay.
pub(crate) fn addresses() -> Vec<SocketAddr> {
    vec![SocketAddr::from(([192, 0, 2, 1], 25)), SocketAddr::from(([192, 0, 2, 2], 25))]
}

/// A relay that is ready to take the text of one mail.
pub(crate) fn relay_up_to_data() -> PeerScript {
    ScriptedPeer::script("relay")
        .send("220 relay.example\r\n")
        .expect("EHLO client.example\r\n")
        .send("250-relay.example\r\n250 8BITMIME\r\n")
        .expect("MAIL FROM:<ann@client.example>\r\n")
        .send("250 ok\r\n")
        .expect("RCPT TO:<bob@server.example>\r\n")
        .send("250 ok\r\n")
        .expect("DATA\r\n")
        .send("354 go on\r\n")
}

/// A relay that takes one mail, up to its last dot.
pub(crate) fn relay() -> PeerScript {
    relay_up_to_data().expect("Hello Bob\r\n.\r\n")
}

/// A relay that takes one mail, and confirms it.
pub(crate) fn good_relay() -> PeerScript {
    relay().send("250 taken\r\n").expect("QUIT\r\n").send("221 bye\r\n").expect_close()
}

/// Sends a mail from Ann to Bob within 30 s.
pub(crate) async fn send<R, D, C>(clock: C, resolver: R, dialer: D) -> Result<(), NotSent>
where
    R: Resolve + Sync,
    D: Dial,
    C: Clock,
{
    send_within(secs(30), clock, resolver, dialer).await
}

/// Sends a mail from Ann to Bob within a limit.
pub(crate) async fn send_within<R, D, C>(
    limit: Duration,
    clock: C,
    resolver: R,
    dialer: D,
) -> Result<(), NotSent>
where
    R: Resolve + Sync,
    D: Dial,
    C: Clock,
{
    let mail = Mail::new("ann@client.example", "bob@server.example", "Hello Bob\n").expect("a good mail");
    let deadline = clock.now() + limit;
    Mailer { resolver, dialer, clock }.send(&mail, RELAY, deadline).await
}

fn main() {
    println!("A mail is resolved, connected and talked through within 30 s, or not at all.\n");
    all_goes_well();
    the_name_is_never_resolved();
    no_address_answers();
    the_relay_falls_silent();
    a_task_looks_up();
    a_thread_looks_up();
    a_name_server_is_silent();
    something_is_silent();
    a_thread_waits();
    in_production();
    println!("Next: tutorial/07-timeouts-and-cancellation.md.");
}

fn tell(clock: &impl Clock, text: impl std::fmt::Display) {
    println!("   +{:<5} {text}", format!("{:?}", clock.since_start()));
}

fn all_goes_well() {
    println!("1. All goes well.");
    let (clock, resolver, dialer) = (FakeClock::new(), Answers::none(), Answers::none());
    let (stream, peer) = good_relay().clock(clock.clone()).start();
    resolver.to(RELAY).succeed(addresses());
    dialer.to(addresses()[0]).succeed(stream);
    clock.watch(send(clock.clone(), resolver.clone(), dialer.clone())).assert_success();
    clock.watch(peer.finish()).assert_ready();
    resolver.finish();
    dialer.finish();
    tell(&clock, "the relay has the mail\n");
}

fn the_name_is_never_resolved() {
    println!("2. The name is never resolved.");
    let (clock, resolver, dialer) = (FakeClock::new(), Answers::none(), Answers::none());
    let lookup = resolver.to(RELAY);
    let mail = clock.watch(send(clock.clone(), resolver, dialer));
    clock.advance(secs(30));
    tell(&clock, mail.assert_failure());
    assert_eq!(mail.assert_failure().to_string(), "the mail was not sent: resolve: not done within 30s");
    assert!(lookup.is_dropped() && clock.pending().is_empty());
    tell(&clock, "nothing is left: no lookup, no timer\n");
}

fn no_address_answers() {
    println!("3. The first address is silent. It has 5 s of the 30.");
    let (clock, resolver, dialer) = (FakeClock::new(), Answers::none(), Answers::none());
    resolver.to(RELAY).succeed(addresses());
    let [first, second] = [0, 1].map(|nth| dialer.to(addresses()[nth]));
    let mail = clock.watch(send(clock.clone(), resolver, dialer));
    clock.advance(secs(5));
    assert!(first.is_dropped() && !second.is_dropped());
    tell(&clock, "the first is given up, the second is tried");
    let (stream, peer) = good_relay().clock(clock.clone()).start();
    second.succeed(stream);
    mail.assert_success();
    clock.watch(peer.finish()).assert_ready();
    tell(&clock, "the relay has the mail\n");
}

fn the_relay_falls_silent() {
    println!("4. The relay takes the mail, and says nothing.");
    let (clock, resolver, dialer) = (FakeClock::new(), Answers::none(), Answers::none());
    let (stream, peer) = relay().expect_close().clock(clock.clone()).start();
    resolver.to(RELAY).succeed(addresses());
    dialer.to(addresses()[0]).succeed(stream);
    let mail = clock.watch(send(clock.clone(), resolver, dialer));
    clock.advance(secs(30));
    tell(&clock, mail.assert_failure());
    assert!(mail.assert_failure().may_have_been_sent());
    clock.watch(peer.finish()).assert_ready(); // it saw the connection closed
    tell(&clock, "whether to try again is for the caller to say: Bob may get two\n");
}

fn a_task_looks_up() {
    println!("5. The lookup runs in a task of its own.");
    let lookup = |resolver: Answers<_>, is_owned: bool| {
        let (sim, lookup) = (Sim::new(), resolver.to(RELAY));
        let (resolver, dialer) = (Arc::new(resolver), Answers::none());
        let mail = if is_owned {
            sim.watch(send(sim.clock(), Attached(resolver), dialer))
        } else {
            sim.watch(send(sim.clock(), Detached(resolver), dialer))
        };
        sim.advance(secs(30));
        assert!(mail.assert_failure().to_string().starts_with("the mail was not sent: resolve"));
        lookup.is_dropped()
    };
    assert!(!lookup(Answers::none(), false));
    println!("   +30s   spawned, and forgotten: the mail is given up, and the lookup goes on");
    assert!(lookup(Answers::none(), true));
    println!("   +30s   spawned in a `JoinSet`: the lookup ends with the mail\n");
}

fn a_thread_looks_up() {
    println!("6. The lookup blocks a thread, and cannot be cancelled.");
    let (clock, dialer) = (FakeClock::new(), Answers::none());
    let (release, gate) = mpsc::channel::<()>();
    let gate = Arc::new(Mutex::new(gate));
    let lookup = Arc::clone(&gate);
    let resolver = OnThread(move |_: &str| {
        lookup.lock().expect("no panic").recv().map_err(io::Error::other)?;
        Ok(addresses())
    });
    let mail = clock.watch(send(clock.clone(), resolver, dialer));
    clock.advance(secs(30));
    tell(&clock, mail.assert_failure());
    assert_eq!(Arc::strong_count(&gate), 2);
    tell(&clock, "the mail is given up in time, the thread is still there\n");
    drop(release);
}

/// Puts the script of a relay on a host: it takes one connection.
pub(crate) fn serve_relay(host: &Host, relay: PeerScript) -> ScriptedPeer {
    let (mut scripted, peer) = relay.clock(host.clock()).start();
    let listener = host.listen(SMTP).expect("the port is free");
    host.spawn(async move {
        let (mut stream, _from) = listener.accept().await?;
        tokio::io::copy_bidirectional(&mut stream, &mut scripted).await
    });
    peer
}

/// Starts a name server that knows where the relay is.
fn serve_names(host: &Host, relay: &Host) {
    let names = NameServer::new().record(RELAY, Record::address(relay.ip()));
    host.start(move |host| names.clone().serve(host));
}

/// A client, a relay, and two name servers, a millisecond from each other. No relay runs yet.
pub(crate) fn hosts(net: &Net) -> [Host; 4] {
    let [client, relay, first, second] = ["client", "relay", "dns-1", "dns-2"].map(|name| net.host(name));
    serve_names(&first, &relay);
    serve_names(&second, &relay);
    [client, relay, first, second]
}

fn a_name_server_is_silent() {
    println!("7. The same on a network: the answer of the first name server is lost. It has 1 s.");
    let sim = Sim::new();
    let (net, clock) = (sim.net(), sim.clock());
    let [client, relay, first, second] = hosts(&net);
    let peer = serve_relay(&relay, good_relay());
    let _lost = net.link("dns-1", "client").partition();
    let resolver = client.resolver([first.ip(), second.ip()]).patience(secs(1));
    let mail = sim.run(send(client.clock(), resolver, client));
    mail.expect("the second one answers");
    tell(&clock, "the relay has the mail");
    sim.run(peer.finish());
    sim.run_until_idle(); // the last packets arrive
    sim.audit().assert_clean();
    tell(&clock, "nothing is left: no socket, no timer, no task\n");
}

fn something_is_silent() {
    println!("8. Something on that network is silent. One deadline of 5 s, whatever it is.");
    for cut in [Some(("dns-*", "client")), Some(("client", "relay")), None] {
        let sim = Sim::new();
        let (net, clock) = (sim.net(), sim.clock());
        let [client, relay, first, second] = hosts(&net);
        let _mute = relay.listen(SMTP).expect("the port is free"); // accepts, and never greets
        let _cut = cut.map(|(from, to)| net.link(from, to).partition());
        let resolver = client.resolver([first.ip(), second.ip()]);
        let mail = sim.watch(send_within(secs(5), client.clock(), resolver, client));
        sim.advance(secs(5));
        tell(&clock, mail.assert_failure());
        sim.audit().except_host("relay").assert_clean();
    }
    println!("   +5s    and nothing is left of any: no socket, no timer, no task\n");
}

fn a_thread_waits() {
    println!("9. A thread sends a mail, and waits 5 s at most: the blocking face.");
    let sim = Sim::new();
    let clock = sim.clock();
    let [client, relay, first, second] = hosts(&sim.net());
    let _mute = relay.listen(SMTP).expect("the port is free");
    let resolver = client.resolver([first.ip(), second.ip()]);
    let mailer = Mailer { resolver, clock: client.clock(), dialer: client };
    let blocking = Blocking::over(sim.run(async { Handle::current() }));
    let thread = sim.spawn_blocking(move || {
        let mail = Mail::new("ann@client.example", "bob@server.example", "Hello Bob\n").expect("a good mail");
        send_mail_blocking(&blocking, &mailer, &mail, RELAY, secs(5))
    });
    let refused = sim.run(thread).expect("no panic").expect_err("the relay never greets");
    tell(&clock, refused);
    println!();
}

fn in_production() {
    let Mailer { resolver, dialer, .. } = production();
    println!(
        "10. In production it is handed the real network: {resolver:?} resolves, {dialer:?} connects.\n"
    );
}

//! The program of chapter 07, `examples/send_mail.rs`: one deadline for a mail, and what it leaves behind.

#[path = "../../examples/send_mail.rs"]
#[expect(dead_code, reason = "its `main` tells the story to whoever runs it")]
mod program;

mod blocking;
mod network;

use std::{
    env, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        mpsc::{self, RecvError, TryRecvError},
    },
};

use pretty_assertions::assert_eq;
use unplugged::{
    Sim,
    clock::{Clock, FakeClock, nanos, secs},
    inject::child,
    outcome::{Promise, Watch},
    transport::{PeerScript, ScriptedPeer, ScriptedStream, Segmentation},
};

use self::program::{
    RELAY, addresses,
    fakes::Answers,
    good_relay,
    mail::{Mail, Mailer, NotSent, Resolve},
    relay, relay_up_to_data, send,
    tasks::{Attached, Detached, OnThread},
};

/// A mail under way, and everything that the test controls.
struct World {
    clock: FakeClock,
    resolver: Answers<Vec<SocketAddr>>,
    dialer: Answers<ScriptedStream>,
}

impl World {
    fn new() -> Self {
        Self { clock: FakeClock::new(), resolver: Answers::none(), dialer: Answers::none() }
    }

    fn resolved() -> Self {
        let world = Self::new();
        world.resolver.to(RELAY).succeed(addresses());
        world
    }

    /// Connects the next dial to this relay.
    fn connected(relay: PeerScript) -> (Self, ScriptedPeer) {
        let world = Self::resolved();
        let peer = world.connect(world.dialer.to(addresses()[0]), relay);
        (world, peer)
    }

    fn connect(&self, dial: Promise<ScriptedStream, io::Error>, relay: PeerScript) -> ScriptedPeer {
        let (stream, peer) = relay.clock(self.clock.clone()).start();
        dial.succeed(stream);
        peer
    }

    fn send(&self) -> Watch<Result<(), NotSent>> {
        let sending = send(self.clock.clone(), self.resolver.clone(), self.dialer.clone());
        self.clock.watch(sending).named("mail")
    }

    fn mailer(&self) -> Mailer<Answers<Vec<SocketAddr>>, Answers<ScriptedStream>, FakeClock> {
        Mailer { resolver: self.resolver.clone(), dialer: self.dialer.clone(), clock: self.clock.clone() }
    }

    /// Asserts that every expected question was asked, the peer saw what it should, and no timer is left.
    #[track_caller]
    fn finish(&self, peer: Option<ScriptedPeer>) {
        self.resolver.finish();
        self.dialer.finish();
        assert!(self.clock.pending().is_empty(), "{:?}", self.clock.pending());
        if let Some(peer) = peer {
            self.clock.watch(peer.finish()).assert_ready();
        }
    }
}

#[track_caller]
fn text(mail: &Watch<Result<(), NotSent>>) -> String {
    mail.assert_failure().to_string()
}

// The conversation.

#[test]
fn a_mail_is_sent_however_the_replies_are_cut() {
    for cut in [Segmentation::whole(), Segmentation::one_byte()] {
        let (world, peer) = World::connected(good_relay().segmentation(cut));
        world.send().assert_success();
        world.finish(Some(peer));
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_relay() {
    let full = ScriptedPeer::script("relay").send("421 too busy\r\n").expect_close();
    let (world, peer) = World::connected(full);
    let mail = world.send();
    assert_eq!(text(&mail), "the mail was not sent: converse: the relay said \"421 too busy\", and not 220");
    assert!(!mail.assert_failure().may_have_been_sent());
    world.finish(Some(peer));
}

#[test]
fn a_mail_refused_at_its_last_dot_was_not_sent() {
    let (world, peer) = World::connected(relay().send("552 too large\r\n").expect_close());
    let mail = world.send();
    assert!(!mail.assert_failure().may_have_been_sent());
    world.finish(Some(peer));
}

#[test]
fn a_mail_answered_by_nonsense_at_its_last_dot_may_have_been_sent() {
    let (world, peer) = World::connected(relay().send("hello\r\n").expect_close());
    let mail = world.send();
    assert_eq!(
        text(&mail),
        "the mail was not sent: converse: the relay said \"hello\", and not 250 (it may have been sent)"
    );
    world.finish(Some(peer));
}

#[test]
fn the_longest_line_and_the_longest_reply_are_taken() {
    let line = format!("220 {}\r\n", "x".repeat(506));
    assert_eq!(line.len(), 512);
    let reply = "250-x\r\n".repeat(99) + "250 x\r\n";
    let relay = ScriptedPeer::script("relay")
        .send(line)
        .expect("EHLO client.example\r\n")
        .send(reply)
        .expect("MAIL FROM:<ann@client.example>\r\n")
        .expect_close();
    let (world, peer) = World::connected(relay);
    let mail = world.send();
    mail.assert_pending(); // it is at the next command
    drop(mail);
    world.finish(Some(peer));
}

#[test]
fn a_line_without_end_is_given_up() {
    let endless = ScriptedPeer::script("relay").send([b'2'; 512]).expect_close();
    let (world, peer) = World::connected(endless);
    assert_eq!(text(&world.send()), "the mail was not sent: converse: the relay's line has no end");
    world.finish(Some(peer));
}

#[test]
fn a_reply_without_end_is_given_up() {
    let endless = ScriptedPeer::script("relay").send("220-x\r\n".repeat(100)).expect_close();
    let (world, peer) = World::connected(endless);
    assert_eq!(text(&world.send()), "the mail was not sent: converse: the relay's reply has no end");
    world.finish(Some(peer));
}

#[test]
fn a_line_that_begins_with_a_dot_does_not_end_the_mail() {
    let text = ".\n..\nbye\rbye";
    let mail = "..\r\n...\r\nbyebye\r\n.\r\n";
    let relay = relay_up_to_data().expect(mail).send("250 ok\r\n").expect("QUIT\r\n").close();
    let (world, peer) = World::connected(relay);
    let mailer = world.mailer();
    let mail = Mail::new("ann@client.example", "bob@server.example", text).unwrap();
    let deadline = world.clock.now() + secs(30);
    world.clock.watch(async move { mailer.send(&mail, RELAY, deadline).await }).assert_success();
    world.finish(Some(peer));
}

#[test]
fn an_address_that_breaks_out_of_its_command_is_refused() {
    for address in ["", "a>\r\nDATA", "<a", "a b", "a\n"] {
        assert_eq!(
            Mail::new("ann@client.example", address, "").unwrap_err(),
            format!("{address:?} is no address")
        );
        assert!(Mail::new(address, "bob@server.example", "").is_err());
    }
}

// One deadline for every step.

#[test]
fn a_slow_lookup_is_cancelled_at_the_deadline() {
    let world = World::new();
    let lookup = world.resolver.to(RELAY);
    let mail = world.send();
    world.clock.advance(secs(30) - nanos(1));
    mail.assert_pending();
    assert!(!lookup.is_dropped());
    world.clock.advance(nanos(1));
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 30s");
    assert!(lookup.is_dropped());
    world.finish(None);
}

#[test]
fn a_slow_connection_is_cancelled_at_the_deadline() {
    let world = World::new();
    let lookup = world.resolver.to(RELAY);
    let dial = world.dialer.to(addresses()[0]);
    let mail = world.send();
    world.clock.advance(secs(27));
    lookup.succeed(addresses());
    world.clock.advance(secs(3) - nanos(1)); // less than the 5 s that an address has
    assert!(!dial.is_dropped());
    mail.assert_pending();
    world.clock.advance(nanos(1));
    assert_eq!(text(&mail), "the mail was not sent: connect: not done within 30s");
    assert!(dial.is_dropped());
    world.finish(None);
}

#[test]
fn a_slow_conversation_is_cut_at_the_deadline() {
    let silent = ScriptedPeer::script("relay").expect_nothing_for(secs(30)).expect_close();
    let (world, peer) = World::connected(silent);
    let mail = world.send();
    world.clock.advance(secs(30) - nanos(1));
    mail.assert_pending();
    world.clock.advance(nanos(1));
    assert_eq!(text(&mail), "the mail was not sent: converse: not done within 30s");
    world.finish(Some(peer)); // it saw the end at that very instant
}

#[test]
fn a_deadline_that_has_passed_begins_nothing_but_the_lookup() {
    let world = World::new();
    let lookup = world.resolver.to(RELAY);
    let (mailer, deadline) = (world.mailer(), world.clock.now());
    let mail = Mail::new("a@b.example", "c@d.example", "").unwrap();
    let mail = world.clock.watch(async move { mailer.send(&mail, RELAY, deadline).await });
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 0ns");
    assert!(lookup.is_dropped());
    world.finish(None);
}

// A shorter limit inside the long one.

#[test]
fn a_silent_address_has_five_seconds_and_then_the_next_is_tried() {
    let world = World::resolved();
    let [first, second] = [0, 1].map(|nth| world.dialer.to(addresses()[nth]));
    let mail = world.send();
    world.clock.advance(secs(5) - nanos(1));
    assert!(!first.is_dropped());
    world.clock.advance(nanos(1));
    assert!(first.is_dropped() && !second.is_dropped());
    let peer = world.connect(second, good_relay());
    mail.assert_success();
    world.finish(Some(peer));
}

#[test]
fn a_refused_address_is_passed_over_at_once() {
    let world = World::resolved();
    let [first, second] = [0, 1].map(|nth| world.dialer.to(addresses()[nth]));
    first.fail(io::ErrorKind::ConnectionRefused.into());
    let peer = world.connect(second, good_relay());
    world.send().assert_success();
    world.finish(Some(peer));
}

#[test]
fn when_no_address_answers_the_last_failure_is_told() {
    let world = World::resolved();
    world.dialer.to(addresses()[0]).fail(io::ErrorKind::ConnectionRefused.into());
    let _silent = world.dialer.to(addresses()[1]);
    let mail = world.send();
    world.clock.advance(secs(5));
    assert_eq!(text(&mail), "the mail was not sent: connect: not done within 5s");
    world.finish(None);

    let world = World::new();
    world.resolver.to(RELAY).succeed(Vec::new());
    assert_eq!(text(&world.send()), "the mail was not sent: connect: the host has no address");
    world.finish(None);
}

// Cancelled by the owner.

#[test]
fn a_mail_cancelled_by_hand_leaves_nothing_behind() {
    let world = World::new();
    let lookup = world.resolver.to(RELAY);
    drop(world.send());
    assert!(lookup.is_dropped());
    world.finish(None);

    let world = World::resolved();
    let dial = world.dialer.to(addresses()[0]);
    drop(world.send());
    assert!(dial.is_dropped());
    world.finish(None);

    let (world, peer) = World::connected(relay().expect_close());
    drop(world.send());
    world.finish(Some(peer));
}

// Steps that are done elsewhere.

/// Runs a mail for 30 s whose lookup is never answered, and returns the test's end of that lookup.
fn lookup_after_the_deadline<R>(
    sim: &Sim,
    elsewhere: impl FnOnce(Arc<Answers<Vec<SocketAddr>>>) -> R,
) -> Promise<Vec<SocketAddr>, io::Error>
where
    R: Resolve + Sync + 'static,
{
    let (resolver, dialer) = (Answers::none(), Answers::<ScriptedStream>::none());
    let lookup = resolver.to(RELAY);
    let mail = sim.watch(send(sim.clock(), elsewhere(Arc::new(resolver)), dialer));
    sim.advance(secs(30));
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 30s");
    lookup
}

#[test]
fn a_task_by_itself_breaks_the_chain() {
    let sim = Sim::new();
    let lookup = lookup_after_the_deadline(&sim, Detached);
    assert!(!lookup.is_dropped()); // the lookup still runs
}

#[test]
fn a_task_that_is_owned_keeps_the_chain() {
    let sim = Sim::new();
    let lookup = lookup_after_the_deadline(&sim, Attached);
    assert!(lookup.is_dropped());
}

#[test]
fn a_thread_cannot_be_cancelled_but_nobody_waits_for_it() {
    let clock = FakeClock::new();
    let (release, gate) = mpsc::channel::<()>();
    let (working, works) = mpsc::channel::<()>();
    let held = Arc::new(Mutex::new((gate, working)));
    let resolver = OnThread(move |_: &str| {
        held.lock().unwrap().0.recv().unwrap();
        Ok(addresses())
    });
    let mail = clock.watch(send(clock.clone(), resolver, Answers::<ScriptedStream>::none()));
    clock.advance(secs(30));
    assert_eq!(text(&mail), "the mail was not sent: resolve: not done within 30s");
    assert_eq!(works.try_recv(), Err(TryRecvError::Empty)); // the lookup is still there
    release.send(()).unwrap();
    assert_eq!(works.recv(), Err(RecvError)); // it ends by itself, and its answer is ignored
}

#[test]
fn a_lookup_on_a_thread_is_a_lookup() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let resolver = OnThread(|host: &str| if host == RELAY { Ok(addresses()) } else { Ok(Vec::new()) });
    assert_eq!(runtime.block_on(resolver.resolve(RELAY)).unwrap(), addresses());
    let resolver = OnThread(|_: &str| panic!("on purpose"));
    assert_eq!(runtime.block_on(resolver.resolve(RELAY)).unwrap_err().to_string(), "the lookup has panicked");
}

// Sent twice, or not at all.

#[test]
fn a_mail_whose_answer_is_missing_may_have_been_sent_and_a_retry_sends_it_twice() {
    let (world, silent) = World::connected(relay().expect_close());
    let mail = world.send();
    world.clock.advance(secs(30));
    assert!(mail.assert_failure().may_have_been_sent());
    assert_eq!(text(&mail), "the mail was not sent: converse: not done within 30s (it may have been sent)");
    world.finish(Some(silent)); // it has the whole mail: once

    world.resolver.to(RELAY).succeed(addresses());
    let good = world.connect(world.dialer.to(addresses()[0]), good_relay());
    world.send().assert_success();
    world.finish(Some(good)); // twice
}

#[test]
fn a_mail_that_was_taken_is_sent_whatever_becomes_of_the_goodbye() {
    let (world, peer) = World::connected(relay().send("250 taken\r\n").expect("QUIT\r\n").expect_close());
    let mail = world.send();
    mail.assert_pending();
    world.clock.advance(secs(30));
    mail.assert_success();
    world.finish(Some(peer));

    let (world, peer) = World::connected(relay().send("250 taken\r\n").expect("QUIT\r\n").reset());
    world.send().assert_success();
    world.finish(Some(peer));
}

#[test]
fn the_chapter_shows_these_texts() {
    const CHAPTER: &str = include_str!("../../tutorial/07-timeouts-and-cancellation.md");
    const TESTS: &str = include_str!("send_mail.rs");
    let shown: Vec<&str> =
        CHAPTER.lines().filter(|line| line.starts_with("the mail was not sent: ")).collect();
    assert_eq!(shown.len(), 3);
    for text in shown {
        assert!(TESTS.contains(&format!("\"{text}\"")), "no test sees: {text}");
    }
}

#[test]
fn the_program_tells_its_story() {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let program = child::program(cargo)
        .arg("run")
        .arg("--quiet")
        .arg("--example")
        .arg("send_mail")
        .marker("Next: tutorial/07-timeouts-and-cancellation.md.")
        .limit(secs(300)) // cargo may have to build it
        .run();
    program.assert_completed();
}

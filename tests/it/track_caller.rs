//! A panic names the line of the test that called, not a line of the kit: it is the first thing that a reader sees.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use unplugged::{
    Sim,
    clock::{Clock, ClockExt, FakeClock, FirstCall, millis, secs},
    explore,
    fake::{Call, scenario},
    inject::{FakeProcess, child},
    net::{Bandwidth, Latency, NameServer, Probability, Record},
    outcome::{self, Watch},
    transport::{Linked, Pipe, Protocol, ScriptedPeer, StringTransport, TestConnection, Transport},
};

struct Quiet;

impl Protocol for Quiet {
    fn data_received(&mut self, _: &mut dyn Transport, _: bytes::Bytes) {}
}

/// Whose timeout changes nothing.
struct Stuck(Instant);

impl Protocol for Stuck {
    fn data_received(&mut self, _: &mut dyn Transport, _: bytes::Bytes) {}
    fn poll_timeout(&self) -> Option<Instant> {
        Some(self.0)
    }
}

#[derive(Debug, PartialEq)]
struct Ping;

impl Call for Ping {
    type Reply = ();
    const NAME: &'static str = "Peer::ping";
}

fn failed() -> Watch<io::Result<()>> {
    outcome::watch(async { Err(io::ErrorKind::Other.into()) })
}

type Mistake = (&'static str, Box<dyn FnOnce()>);

/// Each is made in this file.
#[rustfmt::skip]
fn mistakes() -> Vec<Mistake> {
    fn entry<R: 'static>(name: &'static str, mistake: impl FnOnce() -> R + 'static) -> Mistake {
        (name, Box::new(|| drop(mistake())))
    }
    vec![
        entry("Watch::assert_success", || { failed().assert_success(); }),
        entry("Watch::assert_failure", || { outcome::watch(async { io::Result::Ok(()) }).assert_failure(); }),
        entry("Watch::assert_ready", || { outcome::watch(std::future::pending::<()>()).assert_ready(); }),
        entry("Watch::assert_pending", || failed().assert_pending()),
        entry("FakeClock::advance", || FakeClock::new().advance(Duration::MAX)),
        entry("FakeClock::advance, a loop", || {
            fn again(clock: &FakeClock) { let clock = clock.clone(); clock.clone().call_later(Duration::ZERO, move || again(&clock)); }
            let clock = FakeClock::new();
            again(&clock);
            clock.advance(secs(1));
        }),
        entry("FakeClock::advance_to", || { let clock = FakeClock::new(); clock.advance(secs(1)); clock.advance_to(clock.start()); }),
        entry("FakeClock::call_every", || FakeClock::new().call_every(Duration::ZERO, FirstCall::AtOnce, |_| {})),
        entry("ClockExt::interval", || { let _ = FakeClock::new().interval(Duration::ZERO); }),
        entry("StringTransport::write", || { let mut transport = StringTransport::new(); transport.close(); transport.write(b"late"); }),
        entry("TestConnection::assert_written", || StringTransport::new().connect(Quiet).assert_written("hello")),
        entry("TestConnection::receive", || { let mut quiet = StringTransport::new().connect(Quiet); quiet.reset_with(io::ErrorKind::ConnectionReset); quiet.receive("late"); }),
        entry("TestConnection::advance", || StringTransport::new().connect(Quiet).advance(secs(1))),
        entry("TestConnection::advance, stuck", || {
            let clock = FakeClock::new();
            let stuck = Stuck(clock.now() + secs(1));
            TestConnection::on_clock(stuck, &clock).advance(secs(1));
        }),
        entry("Linked::advance, stuck", || {
            let clock = FakeClock::new();
            let stuck = Stuck(clock.now() + secs(1));
            Linked::on_clock(stuck, Quiet, &clock).advance(secs(1));
        }),
        entry("Pipe::capacity", || Pipe::builder().capacity(0)),
        entry("ScriptedPeer::script", || ScriptedPeer::script("")),
        entry("Script::start", || ScriptedPeer::script("server").start()),
        entry("scenario", || scenario(|script| script.expect(Ping).reply(()))),
        entry("Script::times", || scenario(|script| { script.expect(Ping).times(0).reply(()); })),
        entry("FakeProcess::env", || FakeProcess::new().env("A", "1").env("A", "2")),
        entry("explore::determinism", || explore::determinism(async |_| std::future::pending().await)),
        entry("Sim::audit", || {
            let sim = Sim::new();
            let _left = sim.spawn(std::future::pending::<()>());
            sim.audit().assert_clean();
        }),
        entry("explore::seeds", || explore::seeds(0..0, async |_| {})),
        entry("Sim::advance", || Sim::new().advance(Duration::MAX)),
        entry("Sim::advance_to", || { let sim = Sim::new(); sim.advance(secs(1)); sim.advance_to(sim.clock().start()); }),
        entry("Sim::run, stalled", || Sim::new().run(std::future::pending::<()>())),
        entry("Sim::run, a task that panicked", || Sim::new().run(async { tokio::spawn(async { panic!("oh") }).await })),
        entry("Sim::run, nested", || Sim::new().run(async { Sim::new().run(async {}) })),
        entry("Net::host", || { let sim = Sim::new(); sim.net().host("a"); sim.net().host("a") }),
        entry("Net::host, no name", || Sim::new().net().host("")),
        entry("Net::link", || Sim::new().net().link("a", "b").latency(millis(1)).keep()),
        entry("Net::loopback", || Sim::new().net().loopback("a").hold().keep()),
        entry("Net::add_name", || Sim::new().net().add_name("", [std::net::Ipv4Addr::LOCALHOST])),
        entry("Net::set_window", || Sim::new().net().set_window(0)),
        entry("Link::mtu", || Sim::new().net().everywhere().mtu(0).keep()),
        entry("Host::add_address", || Sim::new().net().host("a").add_address([224, 0, 0, 1].into())),
        entry("NameServer::record", || NameServer::new().record("a..b", Record::mx(1, "c"))),
        entry("Host::crash", || { let host = Sim::new().net().host("a"); host.crash(); host.crash(); }),
        entry("Host::resume", || Sim::new().net().host("a").resume()),
        entry("Host::restart", || Sim::new().net().host("a").restart()),
        entry("Net::chaos", || Sim::new().net().chaos(Duration::ZERO)),
        entry("Bandwidth", || Bandwidth::megabits(0)),
        entry("Latency", || Latency::uniform(secs(2), secs(1))),
        entry("Probability", || Probability::percent(101)),
    ]
}

const NAME: &str = "track_caller::a_panic_names_the_line_of_the_test";

#[test]
fn a_panic_names_the_line_of_the_test() {
    let make_them = || {
        for (name, mistake) in mistakes() {
            eprintln!("mistake {name}");
            assert!(catch_unwind(AssertUnwindSafe(mistake)).is_err(), "{name} is no mistake");
        }
    };
    child::test(NAME).run(make_them, |ended| {
        ended.assert_completed();
        let stderr = String::from_utf8_lossy(ended.stderr()).into_owned();
        // Of a failure inside a run that is run again, the last panic is the verdict.
        let last = |mistake: &str| {
            let line = mistake.lines().rfind(|line| line.contains(" panicked at "));
            line.unwrap_or("no panic").to_owned()
        };
        let mistakes = stderr.split("mistake ").skip(1);
        let blamed: Vec<_> = mistakes
            .map(|mistake| (mistake.lines().next(), last(mistake)))
            .filter(|(_, panic)| !panic.contains(" panicked at tests/it/track_caller.rs:"))
            .collect();
        assert!(blamed.is_empty(), "{blamed:#?}");
    });
}

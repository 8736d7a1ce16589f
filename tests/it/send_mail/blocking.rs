//! A mail that a thread sends, through the bridge: it waits in virtual time.

use pretty_assertions::assert_eq;
use tokio::runtime::Handle;
use unplugged::{
    Sim,
    clock::{millis, secs},
    net::{Host, Resolver},
    outcome::joined,
};
use unplugged_blocking::{Blocking, WaitError};

use super::program::{
    RELAY,
    blocking::send_mail_blocking,
    good_relay, hosts,
    mail::{Mail, Mailer, NotSent},
    network::SMTP,
    serve_relay,
};

/// The mailer of a client, and the bridge over the sim's runtime.
fn mailer(sim: &Sim) -> (Blocking, Mailer<Resolver, Host, unplugged::net::HostClock>, Host) {
    let [client, relay, first, second] = hosts(&sim.net());
    sim.settle(); // the name servers are up
    let resolver = client.resolver([first.ip(), second.ip()]);
    let mailer = Mailer { resolver, clock: client.clock(), dialer: client };
    (Blocking::over(sim.run(async { Handle::current() })), mailer, relay)
}

fn mail() -> Mail {
    Mail::new("ann@client.example", "bob@server.example", "Hello Bob\n").unwrap()
}

#[test]
fn a_thread_sends_a_mail() {
    let sim = Sim::new();
    let (blocking, mailer, relay) = mailer(&sim);
    let peer = serve_relay(&relay, good_relay());
    let sent = sim.spawn_blocking(move || {
        send_mail_blocking(&blocking, &mailer, &mail(), RELAY, secs(5)).map_err(|e| e.to_string())
    });
    assert_eq!(sim.run(sent).unwrap(), Ok(()));
    sim.run(peer.finish());
    assert!(sim.elapsed() < millis(100), "{:?}", sim.elapsed());
}

#[test]
fn a_relay_that_never_greets_ends_at_the_limit_with_the_step() {
    let sim = Sim::new();
    let (blocking, mailer, relay) = mailer(&sim);
    let _mute = relay.listen(SMTP).unwrap();
    let thread = sim.spawn_blocking(move || send_mail_blocking(&blocking, &mailer, &mail(), RELAY, secs(5)));
    let sent = sim.watch(joined(thread));
    sim.advance(secs(5) - millis(1));
    sent.assert_pending();
    sim.advance(millis(1));
    let error = sent.assert_failure();
    assert_eq!(
        error.to_string(),
        "the operation failed: the mail was not sent: converse: not done within 5s"
    );
    let reason = error.original_error().and_then(|error| error.downcast_ref::<NotSent>()).unwrap();
    assert!(!reason.may_have_been_sent());
}

#[test]
fn a_task_is_refused_since_its_wait_would_block_the_runtime() {
    let sim = Sim::new();
    let (blocking, mailer, _relay) = mailer(&sim);
    let refused = sim.run(async { send_mail_blocking(&blocking, &mailer, &mail(), RELAY, secs(5)) });
    assert!(matches!(refused, Err(WaitError::OnLoopThread)), "{refused:?}");
}

//! What is left over, word for word.

use std::io::ErrorKind;

use pretty_assertions::assert_eq;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use unplugged::{
    Sim,
    clock::{ClockExt, millis, secs},
    net::Host,
    outcome::promise,
    sim::LeftoverKind,
    transport::pipe,
};

use super::panic_text;

const HERE: &str = "made at tests/it/sim/audit.rs";

fn two() -> (Sim, Host, Host) {
    let sim = Sim::new();
    let (client, server) = (sim.net().host("client"), sim.net().host("server"));
    (sim, client, server)
}

fn lines(sim: &Sim) -> Vec<String> {
    sim.audit().leftovers().iter().map(ToString::to_string).collect()
}

fn expected(sim: &Sim) -> Vec<String> {
    sim.audit().expected().iter().map(ToString::to_string).collect()
}

#[test]
fn a_world_in_which_nothing_happened_is_clean() {
    let sim = Sim::new();
    sim.audit().assert_clean();
    assert_eq!(expected(&sim), [""; 0]);
}

#[test]
fn a_server_that_waits_for_clients_is_clean_and_stands() {
    let (sim, client, server) = two();
    let made = line!() + 1;
    server.start(|server| async move {
        let listener = server.listen(7).unwrap();
        let socket = server.bind_udp(53).unwrap();
        server.spawn(async move { socket.recv(&mut [0; 9]).await });
        while let Ok((mut stream, _)) = listener.accept().await {
            server.spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    sim.run(async move {
        let mut stream = client.connect("server:7").await.unwrap();
        stream.write_all(b"ping").await.unwrap();
    });
    let tick = sim.clock();
    sim.spawn(async move { tick.sleep(secs(60)).named("keep-alive").background().await });
    sim.advance(secs(1));
    sim.audit().assert_clean();
    let at = |line: u32| format!("{HERE}:{}", made + line);
    let tick = made + 13;
    assert_eq!(
        expected(&sim),
        [
            format!("timer `keep-alive`, due at +60.002s, in the background, since +2ms, {HERE}:{tick}:33"),
            format!("`server` listener on port 7, since +0ns, {}:31", at(1)),
            format!("`server` datagram socket on port 53, since +0ns, {}:29", at(2)),
            format!("`server` task: connection on `0.0.0.0:7`, {}:31, since +3ms, {}:12", at(1), at(0)),
            format!("`server` task: datagram on `0.0.0.0:53`, {}:29, since +0ns, {}:16", at(2), at(3)),
            format!(
                "task: timer `keep-alive`, due at +60.002s, {HERE}:{tick}:33, since +2ms, {HERE}:{tick}:9"
            ),
        ]
    );
}

#[test]
fn a_report_names_each_thing_with_its_place_word_for_word() {
    let (sim, client, server) = two();
    let (near, far, listener, socket) = sim.run(async {
        let listener = server.listen(7).unwrap();
        let near = client.connect("server:7").await.unwrap();
        let mut far = listener.accept().await.unwrap().0;
        far.write_all(b"hello").await.unwrap();
        let queued = client.connect("server:7").await.unwrap();
        drop(queued);
        let socket = client.bind_udp(53).unwrap();
        server.bind_udp(54).unwrap().try_send_to(b"x", "client:53").unwrap();
        (near, far, listener, socket)
    });
    let made = line!() - 10;
    sim.spawn(std::future::pending::<()>());
    tokio_task(&sim);
    let nap = sim.watch(sim.clock().sleep(secs(9)).named("nap"));
    let answer = sim.watch(async { Err::<(), _>(ErrorKind::TimedOut) }).named("answer");
    sim.advance(secs(1));
    let text = panic_text(|| sim.audit().assert_clean());
    let at = |line: u32| format!("{HERE}:{}", made + line);
    let (left, scene) = text.split_once("\n  socket   `client` has datagram port 53, 1 unread").expect(&text);
    assert!(scene.contains("\n           +3ms `server`:7 accepts `client`:49152\n"), "{text}");
    assert!(scene.ends_with("\n  now      +1.005s, seed 0x5eed"), "{text}");
    assert_eq!(
        left,
        format!(
            "the sim is not clean: 7 things are left over\n  \
             timer    timer `nap`, due at +9.005s, since +5ms, {}:37\n  \
             unread   `client` 10.0.0.1:49152 to 10.0.0.2:7: open, 5 bytes unread, 0 of 218112 bytes under \
             way, since +0ns, {}:27\n  \
             unread   `client` datagram socket on port 53: 1 unread, since +5ms, {}:29\n  \
             queued   `server` 10.0.0.2:7: a connection from `client` 10.0.0.1:49153 is not accepted by the \
             listener {}:31, since +6ms, {}:29\n  \
             open     `server` 10.0.0.2:7 to 10.0.0.1:49152: open, 0 bytes unread, 5 of 218112 bytes under \
             way, since +3ms, {}:31\n  \
             task     task: an unknown leaf, since +5ms, {}:9\n  \
             unobserved `answer` answer of a watched future, which the test has not looked at: it failed, with TimedOut, since +5ms, {}:22\n  \
             besides  1 task of `tokio::spawn`, which the kit cannot tell\n  \
             next     drop what the test itself holds, or leave it out with `except_host` or `allow`",
            at(13),
            at(1),
            at(6),
            at(0),
            at(4),
            at(0),
            at(11),
            at(14),
        )
    );
    assert_eq!(answer.assert_failure(), &ErrorKind::TimedOut);
    drop((near, far, listener, socket, nap));
}

/// A task that the kit does not know.
fn tokio_task(sim: &Sim) {
    sim.run(async { drop(tokio::spawn(std::future::pending::<()>())) });
}

#[test]
fn a_task_of_a_host_that_waits_for_more_than_clients_is_left_over() {
    let (sim, _client, server) = two();
    let (_promise, promised) = promise::<(), ()>();
    let made = line!() - 1;
    let _task = server.spawn(promised);
    sim.advance(millis(5));
    assert_eq!(
        lines(&sim),
        [format!("`server` task: promise, {HERE}:{made}:32, since +0ns, {HERE}:{}:24", made + 2)]
    );
    assert_eq!(sim.audit().unknown_tasks(), 0);
    server.crash();
    sim.audit().assert_clean();
}

#[test]
fn a_host_or_a_kind_can_be_left_out() {
    let (sim, client, server) = two();
    let _held = sim.run(async {
        let listener = server.listen(7).unwrap();
        let near = client.connect("server:7").await.unwrap();
        let far = listener.accept().await.unwrap().0;
        (near, far)
    });
    let left = sim.audit().except_host("client");
    assert_eq!(left.leftovers().len(), 1);
    assert_eq!(left.leftovers()[0].host(), Some("server"));
    assert_eq!(left.leftovers()[0].kind, LeftoverKind::OpenEnd);
    sim.audit().except_host("client").except_host("server").assert_clean();
    sim.audit().allow(LeftoverKind::OpenEnd).assert_clean();
}

#[test]
fn to_leave_out_an_unknown_host_is_refused() {
    let (sim, ..) = two();
    assert_eq!(
        panic_text(|| drop(sim.audit().except_host("sever"))),
        "no host is called `sever`\n  \
         hosts    `client`, `server`\n  \
         next     write `server`, or make the host first, with `net.host(..)`"
    );
    let text = panic_text(|| drop(Sim::new().audit().except_host("client")));
    assert!(text.starts_with("no host is called `client`\n  hosts    none\n"), "{text}");
}

#[test]
fn a_reset_that_nobody_has_noticed_is_left_over() {
    let (sim, client, server) = two();
    let made = line!() + 3;
    let near = sim.run(async {
        let listener = server.listen(7).unwrap();
        let near = client.connect("server:7").await.unwrap();
        listener.accept().await.unwrap().0.reset();
        near
    });
    sim.advance(secs(1));
    assert_eq!(
        lines(&sim),
        [format!(
            "`client` 10.0.0.1:49152 to 10.0.0.2:7: ConnectionReset, which no operation has returned, since +0ns, \
             {HERE}:{made}:27"
        )]
    );
    drop(near);
    sim.audit().assert_clean();
}

#[test]
fn a_refusal_that_a_datagram_socket_has_not_noticed_is_left_over() {
    let (sim, client, _server) = two();
    let socket = client.bind_udp(9).unwrap();
    let made = line!() - 1;
    sim.run(socket.connect("server:9")).unwrap();
    socket.try_send(b"x").unwrap();
    sim.advance(secs(1));
    assert_eq!(
        lines(&sim),
        [format!(
            "`client` datagram socket on port 9: ConnectionRefused, which no operation has returned, since +0ns, \
             {HERE}:{made}:25"
        )]
    );
}

#[test]
fn what_outlives_a_crash_is_left_over() {
    let (sim, client, server) = two();
    let held = sim.run(async {
        let listener = server.listen(7).unwrap();
        let near = client.connect("server:7").await.unwrap();
        (listener.accept().await.unwrap().0, listener, server.bind_udp(53).unwrap(), near)
    });
    let made = line!() - 4;
    server.crash();
    let at = |line: u32| format!("{HERE}:{}", made + line);
    let audit = sim.audit().except_host("client");
    assert_eq!(
        audit.leftovers().iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            format!("`server` listener on port 7: its host crashed, since +0ns, {}:31", at(0)),
            format!("`server` 10.0.0.2:7 to 10.0.0.1:49152: its host crashed, since +3ms, {}:31", at(0)),
            format!("`server` datagram socket on port 53: its host crashed, since +3ms, {}:63", at(2)),
        ]
    );
    assert!(audit.leftovers().iter().all(|entry| entry.kind == LeftoverKind::Orphan));
    drop(held);
    sim.audit().assert_clean();
}

#[test]
fn ends_of_pipes_that_were_made_in_the_world_are_known() {
    let sim = Sim::new();
    let (client, mut server) = sim.run(async { pipe() });
    let made = line!() - 1;
    sim.run(async { server.write_all(b"hello").await }).unwrap();
    server.close_write();
    let end = |state: &str| format!("pipe {state}, since +0ns, {HERE}:{made}:48");
    assert_eq!(
        lines(&sim),
        [
            end("`client`: closed by the other end, 5 bytes unread"),
            end("`server`: shut down, 0 bytes unread"),
        ]
    );
    drop(client);
    assert_eq!(lines(&sim), [end("`server`: closed by both, 0 bytes unread")]);
    drop(server);
    sim.audit().assert_clean();
    for _ in 0..200 {
        sim.run(async { drop(pipe()) });
    }
    sim.audit().assert_clean();
}

#[test]
fn an_answer_that_was_asked_for_is_observed_and_nothing_is_no_answer() {
    let sim = Sim::new();
    let answer = sim.watch(async { 5 });
    let _nothing = sim.watch(async {});
    sim.settle();
    assert_eq!(lines(&sim).len(), 1);
    answer.assert_ready();
    sim.audit().assert_clean();
    drop(sim.watch(async { 5 })); // it never ran
    sim.audit().assert_clean();
}

#[test]
fn an_answer_that_nobody_asked_for_is_not_forgotten_among_many_futures() {
    let sim = Sim::new();
    let kept = sim.watch(async { 5 }).named("kept");
    for _ in 0..300 {
        sim.watch(async { 5 }).assert_ready();
        sim.run_until_idle();
    }
    assert_eq!(lines(&sim).len(), 1);
    kept.assert_ready();
    sim.audit().assert_clean();
}

#[test]
fn a_panic_that_the_world_has_not_raised_yet_is_left_over() {
    let sim = Sim::new();
    sim.expect_panic("boom");
    let made = line!() + 2;
    let left = sim.run(async {
        drop(tokio::spawn(async { panic!("boom\nand more") }).await);
        lines(&sim)
    });
    assert_eq!(left, [format!("panic of a task at tests/it/sim/audit.rs:{made}:35: boom, since +0ns")]);
}

#[unplugged::test]
async fn in_an_async_test_it_is_asked_after_settling(sim: Sim) {
    sim.spawn(async {});
    assert_eq!(sim.audit().leftovers().len(), 1); // it has not run yet
    sim.settle().await;
    sim.audit().assert_clean();
}

#[test]
fn a_report_of_many_things_is_cut() {
    let sim = Sim::new();
    for _ in 0..30 {
        sim.spawn(std::future::pending::<()>());
    }
    let violation = sim.audit().check_clean().unwrap_err();
    assert_eq!(violation.headline(), "the sim is not clean: 30 things are left over");
    assert_eq!(violation.details().filter(|(label, _)| *label == "task").count(), 24);
    assert_eq!(violation.detail("more"), Some("6 more"));
}

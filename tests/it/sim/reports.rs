//! What a sim says when it cannot go on, word for word.

use unplugged::{
    Sim,
    clock::{ClockExt, hours, millis, secs},
    outcome::promise,
    seed::Seed,
};

use super::panic_text;

#[test]
fn a_stall_says_who_waits_for_what_since_when() {
    let sim = Sim::builder().seed(Seed::new(7)).build();
    let (_kept, answer) = promise::<(), ()>();
    let made = line!() - 1;
    let _watch = sim.watch(answer).named("answer");
    let watched = line!() - 1;
    let text = panic_text(|| {
        sim.run(async {
            tokio::time::sleep(millis(5)).await;
            std::future::pending::<()>().await;
        });
    });
    assert_eq!(
        text,
        format!(
            "the sim has stalled: nothing happened for 86400s of virtual time\n  \
             since    +5ms\n  \
             waits    `answer`: promise, made at tests/it/sim/reports.rs:{made}:27, since +0ns\n  \
             trace    +0ns began task `answer`, made at tests/it/sim/reports.rs:{watched}:22\n  \
             now      +86400s, seed 0x7"
        )
    );
}

#[test]
fn a_world_that_is_busy_at_the_limit_is_no_stall() {
    let sim = Sim::builder().limit(hours(1)).build();
    sim.spawn_background(async {
        loop {
            tokio::time::sleep(secs(1)).await;
        }
    });
    let text = panic_text(|| sim.run(std::future::pending::<()>()));
    let first = text.lines().next().unwrap();
    assert_eq!(first, "the test has waited for 3600s of virtual time, while other tasks ran");
}

#[test]
fn a_manual_sim_names_what_the_test_awaits() {
    let sim = Sim::builder().manual(true).build();
    let clock = sim.clock();
    let made = line!() + 1;
    let text = panic_text(|| sim.run(async { clock.sleep(secs(1)).named("nap").await }));
    assert_eq!(
        text,
        format!(
            "the test awaits, and its time stands still: timer `nap`, due at +1s, made at \
             tests/it/sim/reports.rs:{made}:52\n  \
             next     in a manual sim time moves only when the test says so: call `advance` before you await\n  \
             waits    the test: timer `nap`, due at +1s, made at tests/it/sim/reports.rs:{made}:52, since +0ns\n  \
             now      +0ns, seed 0x5eed"
        )
    );
}

#[test]
fn a_question_in_an_async_test_before_anything_ran_is_refused() {
    let sim = Sim::new();
    let text = panic_text(|| {
        sim.run_test(|sim| async move {
            let watch = sim.watch(async { 1 }).named("early");
            watch.assert_pending();
        });
    });
    assert_eq!(
        text,
        "`early` was woken and has not run since: its outcome is not known yet\n  \
         next     let the sim settle before you ask: `sim.settle().await`\n  \
         now      +0ns, seed 0x5eed"
    );
}

#[test]
fn a_report_is_not_hidden_by_what_the_test_holds() {
    struct Unfinished;
    impl Drop for Unfinished {
        fn drop(&mut self) {
            assert!(std::thread::panicking(), "dropped without a panic");
        }
    }
    let text = panic_text(|| {
        Sim::new().run(async {
            let _unfinished = Unfinished;
            std::future::pending::<()>().await;
        });
    });
    assert!(text.starts_with("the sim has stalled"), "{text}");
}

#[test]
fn a_server_that_run_until_idle_waits_for_is_told_how_to_begin() {
    let sim = Sim::new();
    let listener = sim.net().host("server").listen(80).unwrap();
    let _server = sim.watch(async move { listener.accept().await.is_ok() }).named("server");
    let text = panic_text(|| drop(sim.run_until_idle()));
    let (head, told) =
        text.split_once("\n  waits    `server`: connection on `0.0.0.0:80`, made at ").expect(&text);
    assert_eq!(
        head,
        "the sim has stalled: nothing happened for 86400s of virtual time\n  \
         since    +0ns\n  \
         next     `run_until_idle` waits for all that is watched and spawned: begin what has no end, as a server \
         does, with `Host::start` or `Sim::spawn_background`"
    );
    assert!(
        told.contains("\n  socket   `server` listens on port 80, 0 wait to be accepted, since +0ns\n"),
        "{text}"
    );
}

#[test]
fn what_the_network_does_by_itself_is_no_work() {
    let sim = Sim::builder().limit(millis(100_000)).build();
    let net = sim.net();
    let (client, server) = (net.host("client"), net.host("server"));
    let _cut = net.everywhere().partition();
    let text = panic_text(|| drop(sim.run(async move { client.connect((server.ip(), 80)).await })));
    let told: Vec<&str> = text.lines().take(2).collect();
    assert_eq!(told, ["the sim has stalled: nothing happened for 100s of virtual time", "  since    +0ns"]);
    assert!(text.contains("`client`:49152 to `server`:80: SYN lost\n"), "{text}"); // it was tried again and again
}

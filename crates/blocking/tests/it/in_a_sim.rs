//! In a `Sim`, a wait is virtual: an hour takes no time, and hand-over between threads is the same in each run.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Handle,
    sync::oneshot,
    time::sleep,
};
use unplugged::{
    Sim,
    clock::{hours, millis, secs},
    net::Host,
};
use unplugged_blocking::{Blocking, WaitError};

const HOUR: Duration = hours(1);

/// A bridge over the runtime of a sim.
fn bridge(sim: &Sim) -> Blocking {
    Blocking::over(sim.run(async { Handle::current() }))
}

async fn after<T>(delay: Duration, value: T) -> io::Result<T> {
    sleep(delay).await;
    Ok(value)
}

#[test]
fn an_hour_of_waiting_takes_no_time() {
    let sim = Sim::new();
    let blocking = bridge(&sim);
    let work = sim.watch(sim.spawn_blocking(move || {
        let slow = blocking.run(after(HOUR, "slow"));
        let late = slow.wait(HOUR - millis(1)).unwrap_err().to_string();
        let slow = *slow.wait(millis(1)).unwrap();
        let quick = blocking.wait_for(HOUR, after(secs(1), "quick")).unwrap();
        let cut = blocking.wait_for(HOUR, after(HOUR + millis(1), ())).unwrap_err();
        (late, slow, quick, matches!(cut, WaitError::TimedOut(HOUR)))
    }));
    sim.run_until_idle();
    assert_eq!(work.assert_success(), &("no result within 3599.999s".to_owned(), "slow", "quick", true));
    assert_eq!(sim.elapsed(), 2 * HOUR + secs(1));
}

/// A blocking client of a line protocol: it says its name, and waits for the answer.
fn ask(blocking: &Blocking, host: &Host, name: &str) -> io::Result<String> {
    let asked = blocking.wait_for(secs(5), async {
        let mut stream = host.connect("server:7").await?;
        stream.write_all(name.as_bytes()).await?;
        let mut answer = vec![0; name.len()];
        stream.read_exact(&mut answer).await?;
        io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    });
    asked.map_err(io::Error::other)
}

/// Three blocking clients of one server, and what each heard, in the order in which they heard it.
fn three_clients() -> (Vec<String>, u64) {
    let sim = Sim::new();
    let net = sim.net();
    let server = net.host("server");
    let client = net.host("client");
    net.link("client", "server").latency(millis(10)).keep();
    server.start(async |host: Host| {
        let listener = host.listen(7).unwrap();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            host.spawn(async move {
                let mut heard = [0; 16];
                let count = stream.read(&mut heard).await.unwrap();
                stream.write_all(&heard[..count]).await.unwrap();
            });
        }
    });
    let (blocking, heard) = (bridge(&sim), Arc::new(Mutex::new(Vec::new())));
    for number in 0..3 {
        let (blocking, host, heard) = (blocking.clone(), client.clone(), Arc::clone(&heard));
        sim.spawn_blocking(move || {
            for round in 0..5 {
                let answer = ask(&blocking, &host, &format!("{number} {round}")).unwrap();
                heard.lock().unwrap().push(answer);
            }
        });
    }
    sim.run_until_idle();
    let heard = heard.lock().unwrap().clone();
    (heard, sim.digest())
}

#[test]
fn threads_hand_over_in_the_same_order_in_each_run() {
    let first = three_clients();
    assert_eq!(first.0.len(), 15);
    for _ in 0..20 {
        assert_eq!(three_clients(), first);
    }
}

#[test]
fn a_deadlock_is_reported_with_both_sides() {
    let sim = Sim::new();
    let blocking = bridge(&sim);
    let (_kept, never) = oneshot::channel::<()>();
    drop(sim.spawn_blocking(move || {
        let answer = blocking.run(never);
        let _never = answer.wait(Duration::MAX);
    }));
    let panic = catch_unwind(AssertUnwindSafe(|| sim.run_until_idle())).unwrap_err();
    let text = panic.downcast::<String>().unwrap();
    assert!(text.starts_with("the sim has stalled: nothing happened for 86400s of virtual time\n"), "{text}");
    let file = file!();
    let expected = format!(": Eventual::wait, for the operation started at {file}:112:31");
    assert!(text.contains(&expected), "{text}");
}

#[test]
fn a_thread_that_waits_when_the_sim_ends_goes_on_as_if_its_limit_had_passed() {
    let sim = Sim::new();
    let blocking = bridge(&sim);
    let (sender, ended) = std::sync::mpsc::channel();
    drop(sim.spawn_blocking(move || {
        let cut = blocking.wait_for(HOUR, after(2 * HOUR, ())).unwrap_err();
        sender.send(cut.to_string()).unwrap();
    }));
    sim.settle();
    drop(sim);
    assert_eq!(ended.recv().unwrap(), "no result within 3600s");
}

#[test]
fn a_thread_that_has_not_begun_when_the_sim_ends_never_does() {
    let sim = Sim::new();
    let (sender, never) = std::sync::mpsc::channel::<()>();
    drop(sim.spawn_blocking(move || sender.send(()).unwrap()));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(sim))).unwrap_err();
    let text = panic.downcast::<String>().unwrap();
    assert!(text.starts_with("a task of the sim never began: the sim ended first\n"), "{text}");
    assert!(never.recv().is_err());
}

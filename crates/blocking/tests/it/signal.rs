//! Ctrl-C: in a child process, since a signal reaches the whole process.

use std::{
    env, io,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use unplugged_blocking::Blocking;

use crate::support::LONG;

const CHILD: &str = "BLOCKING_TEST_CHILD";

/// The child: waits without an end, says how the wait ended, and that it can still work.
fn child() {
    let blocking = Blocking::builder().interrupt_on_ctrl_c(true).build();
    blocking.setup().unwrap();
    let endless = blocking.run(async {
        // The handler is installed when its task has run, which was spawned before this one.
        tokio::task::yield_now().await;
        eprintln!("waiting");
        std::future::pending::<io::Result<()>>().await
    });
    eprintln!("{}", endless.wait(LONG).unwrap_err());
    // More signals may come: a wait is tried until none ends it.
    while blocking.wait_for(LONG, async { Ok::<_, io::Error>(1) }).is_err() {}
    eprintln!("works");
}

#[test]
fn ctrl_c_ends_a_wait_and_not_the_process() {
    if env::var_os(CHILD).is_some() {
        return child();
    }
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "signal::ctrl_c_ends_a_wait_and_not_the_process", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line == "waiting"));
    // The wait begins after that line: signals are sent until one has met it.
    let pid = child.id().to_string();
    let (end, ended) = mpsc::channel::<()>();
    let interrupting = thread::spawn(move || {
        while ended.recv_timeout(Duration::from_millis(5)) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _gone = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status();
        }
    });
    let said: Vec<_> = lines.take_while(|line| line != "works").collect();
    drop(end);
    interrupting.join().unwrap();
    assert_eq!(said.last().unwrap(), "the wait was interrupted; the operation of an `Eventual` goes on");
    assert!(child.wait().unwrap().success());
}

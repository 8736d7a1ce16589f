//! Runs a command to its end, within bounds.

use std::{
    io::{self, Read, Write},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use unplugged_seam::__private::real_now;

/// How long a child may run, unless set.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// How a command ended, and what it wrote.
pub(super) struct Output {
    /// `None` if it had to be killed.
    pub(super) status: Option<ExitStatus>,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Runs `command` with this input. Kills it when the limit of real time is reached.
pub(super) fn run(command: &mut Command, input: Vec<u8>, limit: Duration) -> io::Result<Output> {
    let deadline = real_now() + limit.min(NO_LIMIT);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().expect("it is piped");
    // A child that does not read its input ends this with a broken pipe.
    thread::spawn(move || stdin.write_all(&input));
    let stdout = collect(child.stdout.take().expect("it is piped"));
    let stderr = collect(child.stderr.take().expect("it is piped"));
    let mut status = child.try_wait()?;
    while status.is_none() && real_now() < deadline {
        thread::park_timeout(Duration::from_millis(1));
        status = child.try_wait()?;
    }
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    // A grandchild may hold the pipes open for longer than the child lives.
    let deadline = deadline.max(real_now() + Duration::from_secs(1));
    Ok(Output { status, stdout: all(&stdout, deadline), stderr: all(&stderr, deadline) })
}

/// A limit that no test reaches, and that an `Instant` can hold: 30 years.
const NO_LIMIT: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Reads on a thread of its own, so that the child never waits for a full pipe.
fn collect(mut source: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (chunks, collected) = mpsc::channel();
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = source.read(&mut buffer) {
            if chunks.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
    });
    collected
}

fn all(collected: &Receiver<Vec<u8>>, deadline: Instant) -> Vec<u8> {
    let mut bytes = Vec::new();
    let left = || deadline.saturating_duration_since(real_now());
    while let Ok(chunk) = collected.recv_timeout(left()) {
        bytes.extend(chunk);
    }
    bytes
}

//! Raw calls, on the kernel's loopback and on a sim's: each line of what they show is the same.
#![cfg(target_os = "linux")]

mod calls;
mod datagrams;
mod edges;
mod options;
mod paths;
mod polls;
mod streams;

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    thread,
};

use unplugged::{Sim, clock::millis};

unplugged_system::interpose!();

/// What a script of calls has shown.
#[derive(Default)]
struct Log(Vec<String>);

impl Log {
    fn note(&mut self, what: &str, seen: impl ToString) {
        self.0.push(format!("{what}: {}", seen.to_string()));
    }
}

/// Where a script runs.
#[derive(Clone, Copy)]
enum World {
    Kernel,
    Sim,
}

impl World {
    /// Lets what is under way arrive. On the kernel's loopback that is there when the call returns; the pause is for what
    /// the kernel leaves to a thread of its own.
    #[expect(clippy::disallowed_methods, reason = "the kernel's network takes real time")]
    async fn pause(self) {
        match self {
            Self::Kernel => thread::sleep(millis(5)),
            Self::Sim => tokio::time::sleep(millis(5)).await,
        }
    }
}

/// Runs a script on both, and compares line by line.
#[track_caller]
fn check<F: Future<Output = Log> + Send + 'static>(script: impl Fn(World) -> F) {
    let kernel = match pin!(script(World::Kernel)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(log) => log.0,
        Poll::Pending => unreachable!("the script on the kernel sleeps its thread"),
    };
    let sim = Sim::new();
    let host = sim.net().host("only");
    let ours = sim.run(host.spawn(script(World::Sim))).unwrap().0;
    let differ: Vec<_> = (kernel.iter().zip(&ours).filter(|(kernel, ours)| kernel != ours))
        .map(|(kernel, ours)| format!("\n  kernel  {kernel}\n  sim     {ours}"))
        .collect();
    assert_eq!(kernel.len(), ours.len());
    assert!(differ.is_empty(), "{} of {} lines differ{}", differ.len(), kernel.len(), differ.concat());
}

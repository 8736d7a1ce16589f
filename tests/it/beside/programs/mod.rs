//! Random programs of socket operations, on the network and on the kernel's loopback: both observe the same.
//!
//! After each operation both sides settle. A program that differs is tried again with longer pauses of the kernel, so that
//! no verdict depends on the speed of the machine; what still differs is reduced and printed. `scripts/socket-programs` runs
//! them for a minute.
#![cfg(target_os = "linux")]

mod fake;
mod kernel;
mod program;

use std::{
    env,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use self::{
    fake::Fake,
    kernel::Kernel,
    program::{Family, Op, Program, observe},
};

/// How many programs of each family run, unless `SOCKET_PROGRAMS_SECONDS` says for how long.
const PROGRAMS: u64 = 48;

/// How many programs run at once: the kernel's side mostly sleeps.
const AT_ONCE: usize = 8;

/// How long the kernel's side waits for the other end to notice. A loopback has no distance, so the first is enough.
const PAUSES: [Duration; 3] =
    [Duration::from_millis(2), Duration::from_millis(20), Duration::from_millis(150)];

/// What both sides observe, if it differs whatever the pause: the network's, and the kernel's.
fn difference(program: &Program) -> Option<(Vec<String>, Vec<String>)> {
    let ours = observe(program, &mut Fake::new());
    let mut theirs = Vec::new();
    for pause in PAUSES {
        theirs = observe(program, &mut Kernel::new(pause));
        if theirs == ours {
            return None;
        }
    }
    Some((ours, theirs))
}

/// Takes operations out as long as what is left still differs.
fn reduced(mut program: Program) -> Program {
    let mut size = program.ops.len().div_ceil(2);
    loop {
        let mut at = 0;
        while at < program.ops.len() {
            let mut less = program.clone();
            less.ops.drain(at..(at + size).min(less.ops.len()));
            match difference(&less) {
                Some(_) => program = less,
                None => at += size,
            }
        }
        if size == 1 {
            return program;
        }
        size = size.div_ceil(2);
    }
}

fn report(seed: u64, program: Program) -> String {
    let program = reduced(program);
    let (ours, theirs) = difference(&program).expect("it differs");
    let lines = program.lines().into_iter().zip(ours.iter().zip(&theirs)).map(|(op, (ours, theirs))| {
        match ours == theirs {
            true => format!("    {op}: {ours}"),
            false => format!("  ! {op}: {ours}; on the kernel {theirs}"),
        }
    });
    format!("{:?} program {seed} differs, reduced:\n{}", program.family, lines.collect::<Vec<_>>().join("\n"))
}

/// Runs programs until there are enough, and returns how many there were, and the first that differs.
fn run(family: Family, enough: impl Fn(u64) -> bool + Sync) -> (u64, Option<String>) {
    let next = AtomicU64::new(0);
    let found = thread::scope(|scope| {
        let runs = || {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if enough(seed) {
                        return None;
                    }
                    let program = Program::drawn(family, seed);
                    if difference(&program).is_some() {
                        next.fetch_add(1 << 40, Ordering::Relaxed); // nobody begins another
                        return Some((seed, program));
                    }
                }
            })
        };
        let threads: Vec<_> = (0..AT_ONCE).map(|_| runs()).collect();
        let found = threads.into_iter().filter_map(|thread| thread.join().expect("no program panics"));
        found.min_by_key(|(seed, _)| *seed)
    });
    (next.into_inner(), found.map(|(seed, program)| report(seed, program)))
}

#[track_caller]
#[expect(clippy::print_stdout, reason = "`scripts/socket-programs` shows it")]
#[expect(clippy::disallowed_methods, reason = "it bounds the run, and no verdict")]
fn both_observe_the_same(family: Family) {
    let seconds =
        env::var("SOCKET_PROGRAMS_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let began = Instant::now();
    let (count, differs) = run(family, |seed| match seconds {
        Some(seconds) => seed >= 1 << 40 || began.elapsed() >= Duration::from_secs(seconds),
        None => seed >= PROGRAMS,
    });
    if let Some(text) = differs {
        panic!("{text}");
    }
    println!("{} {family:?} programs observe the same", count - AT_ONCE as u64);
}

#[test]
fn both_observe_the_same_of_tcp() {
    both_observe_the_same(Family::Tcp);
}

#[test]
fn both_observe_the_same_of_udp() {
    both_observe_the_same(Family::Udp);
}

#[test]
fn both_observe_the_same_of_unix_sockets() {
    both_observe_the_same(Family::Unix);
}

/// A world that is wrong in one thing is found, and the program reduced to what shows it.
#[test]
fn a_wrong_world_is_found_and_its_program_reduced() {
    struct Wrong(Fake);
    impl program::World for Wrong {
        fn act(&mut self, op: Op) -> String {
            match op {
                Op::Peek { .. } => "nothing".into(),
                op => self.0.act(op),
            }
        }
    }
    let differs =
        |program: &Program| observe(program, &mut Wrong(Fake::new())) != observe(program, &mut Fake::new());
    let found = (0..100).map(|seed| Program::drawn(Family::Tcp, seed)).find(differs);
    assert!(found.expect("one of them peeks").ops.iter().any(|op| matches!(op, Op::Peek { .. })));
}

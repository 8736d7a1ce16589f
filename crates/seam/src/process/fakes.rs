//! Builds an exit and a process whose parts are fakes of the test kit.

use std::sync::Arc;

use super::{
    Args, Entropy, Env, Exit, Output, Process, ProcessClock, Stdin,
    hooks::{ExitHook, OutputStream, ProcessHook, Source, StdinHook},
};

/// Returns a fake exit.
#[must_use]
pub fn exit(hook: Arc<dyn ExitHook>) -> Exit {
    Exit::fake(hook)
}

/// Returns a fake process.
#[must_use]
pub fn process(exit: Exit, hook: Arc<dyn ProcessHook>, stdin: Box<dyn StdinHook>) -> Process {
    let fake = || Source::Fake(Arc::clone(&hook));
    Process {
        exit,
        args: Args(fake()),
        env: Env(fake()),
        stdin: Stdin::fake(stdin),
        stdout: Output { source: fake(), stream: OutputStream::Stdout },
        stderr: Output { source: fake(), stream: OutputStream::Stderr },
        entropy: Entropy(fake()),
        clock: ProcessClock::fake(hook),
    }
}

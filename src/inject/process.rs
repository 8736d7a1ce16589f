//! `Process`: all that a program gets from the process around it, as a plain value.

use super::{Args, Entropy, Env, Exit, Output, ProcessClock, Stdin};

/// All that a program gets from the process around it, as a plain value that is handed in. Take what a function
/// needs: the whole, or a part.
///
/// ```no_run
/// use std::io::Write;
/// use unplugged::inject::Process;
///
/// fn greet(process: &mut Process) {
///     let name = process.env.var("NAME").unwrap_or_else(|_| process.exit.exit(2));
///     writeln!(process.stdout, "hello {name}").unwrap_or_else(|_| process.exit.exit(3));
/// }
/// greet(&mut Process::real());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Process {
    /// The end of it.
    pub exit: Exit,
    /// What it was started with.
    pub args: Args,
    /// Its variables.
    pub env: Env,
    /// Its standard input.
    pub stdin: Stdin,
    /// Its standard output.
    pub stdout: Output,
    /// Its standard error.
    pub stderr: Output,
    /// Its source of randomness.
    pub entropy: Entropy,
    /// Its time.
    pub clock: ProcessClock,
}

impl Process {
    /// The real process.
    ///
    /// ```
    /// use unplugged::inject::Process;
    ///
    /// assert!(Process::real().is_real());
    /// ```
    #[must_use]
    pub fn real() -> Self {
        Self {
            exit: Exit::real(),
            args: Args::real(),
            env: Env::real(),
            stdin: Stdin::real(),
            stdout: Output::real_stdout(),
            stderr: Output::real_stderr(),
            entropy: Entropy::real(),
            clock: ProcessClock::real(),
        }
    }

    /// Whether every part of it is real.
    #[must_use]
    pub const fn is_real(&self) -> bool {
        self.exit.is_real()
            && self.args.is_real()
            && self.env.is_real()
            && self.stdin.is_real()
            && self.stdout.is_real()
            && self.stderr.is_real()
            && self.entropy.is_real()
            && self.clock.is_real()
    }
}

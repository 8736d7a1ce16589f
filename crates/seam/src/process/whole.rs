//! `Process`: everything that a program gets from the process around it.

use super::{Args, Entropy, Env, Exit, Output, ProcessClock, Stdin};

/// Everything that a program gets from the process around it, as a plain value. Take what a function needs: the whole, or a part.
///
/// `main` hands in [`Process::real`]. A test hands in what a `FakeProcess` of the test kit makes.
///
/// ```no_run
/// use std::io::Write;
/// use unplugged_seam::Process;
///
/// fn greet(process: &mut Process) {
///     let name = process.env.var("NAME").unwrap_or_else(|_| process.exit.exit(2));
///     writeln!(process.stdout, "hello {name}").unwrap_or_else(|_| process.exit.exit(3));
/// }
/// greet(&mut Process::real());
/// ```
///
/// # Panics
/// Every use of a real part on a thread where a sim of the test kit runs: the code should take a fake.
#[derive(Debug)]
#[non_exhaustive]
pub struct Process {
    /// Ends it.
    pub exit: Exit,
    /// Its arguments.
    pub args: Args,
    /// Its environment variables.
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
    /// Returns the real process.
    ///
    /// ```
    /// use unplugged_seam::Process;
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

    /// Returns true if every part of it is real.
    #[must_use]
    pub fn is_real(&self) -> bool {
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

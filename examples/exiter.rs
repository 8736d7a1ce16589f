//! A function that ends the process, tested without ending the test. Its exit is a dependency; its public form keeps
//! its one argument.
#![expect(clippy::print_stdout, reason = "a story is told")]

use std::env;

use unplugged::inject::{Exit, FakeExit, Process, child};

/// Ends the process: with 0 if `f` gives true, with 1 if not.
pub fn exit_with_result(f: impl FnOnce() -> bool) -> ! {
    EXITER.exit_with_result(f)
}

/// The instance that the public function uses.
pub static EXITER: Exiter = Exiter { exit: Exit::real() };

/// Holds the exit, so that a test can replace it.
#[derive(Debug)]
pub struct Exiter {
    /// Ends the process.
    pub exit: Exit,
}

impl Exiter {
    /// Does what the public function does, with this instance's exit.
    pub fn exit_with_result(&self, f: impl FnOnce() -> bool) -> ! {
        self.exit.exit(if f() { 0 } else { 1 })
    }
}

fn main() {
    match Process::real().args.iter().nth(1).as_deref().and_then(|arg| arg.to_str()) {
        None => story(),
        Some("true") => exit_with_result(|| true),
        Some("false") => exit_with_result(|| false),
        Some(_) => {
            println!("before");
            #[expect(unreachable_code, reason = "if the exit did not exit, this would be printed")]
            {
                EXITER.exit.exit(73);
                println!("after");
            }
        }
    }
}

fn story() {
    println!("1. With a fake exit the function ends, and the test goes on.");
    for (result, code) in [(true, 0), (false, 1)] {
        let ended = FakeExit::run(|exit| Exiter { exit }.exit_with_result(|| result));
        ended.assert_code(code);
        println!("   {result:<6} {ended:?}");
    }

    println!("2. By default it holds the real exit.");
    assert!(EXITER.exit.is_real());
    println!("   {:?}", EXITER.exit);

    println!("3. The real exit ends a process. This program runs itself again, to see it.");
    let this = env::current_exe().expect("this program has a path");
    let exited = child::program(&this).arg("73").marker("after").run();
    exited.assert_exited(73);
    assert_eq!(exited.stdout(), "before\n");
    println!("   73     before, and nothing after");

    println!("4. The public function goes through that default.");
    for (result, code) in [("true", 0), ("false", 1)] {
        child::program(&this).arg(result).run().assert_exited(code);
        println!("   {result:<6} a process ended with {code}");
    }
}

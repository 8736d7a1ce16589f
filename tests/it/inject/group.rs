//! A group of functions of a module that share what they are given: one small struct behind all of them.

use std::io::Write;

use unplugged::inject::{Env, Exit, FakeProcess, Output, Process, child};

/// Says hello to the user.
fn hello() {
    Greeter::real().hello();
}

/// Says goodbye, and ends the process: with 0, or with 74 if nobody hears it.
fn goodbye() -> ! {
    Greeter::real().goodbye()
}

/// What both go through.
struct Greeter {
    env: Env,
    stdout: Output,
    exit: Exit,
}

impl Greeter {
    const fn real() -> Self {
        Self { env: Env::real(), stdout: Output::real_stdout(), exit: Exit::real() }
    }

    fn name(&self) -> String {
        self.env.var("GREETED").unwrap_or_else(|_| "you".into())
    }

    fn hello(&mut self) {
        self.say("hello");
    }

    fn goodbye(&mut self) -> ! {
        self.say("goodbye");
        self.exit.exit(0)
    }

    fn say(&mut self, word: &str) {
        let name = self.name();
        writeln!(self.stdout, "{word}, {name}").unwrap_or_else(|_| self.exit.exit(74));
    }
}

impl From<Process> for Greeter {
    fn from(process: Process) -> Self {
        Self { env: process.env, stdout: process.stdout, exit: process.exit }
    }
}

#[test]
fn hello_and_goodbye_share_the_name() {
    let fake = FakeProcess::new().env("GREETED", "Ann");
    let ended = fake.run(|process| {
        let mut greeter = Greeter::from(process);
        greeter.hello();
        greeter.goodbye()
    });
    ended.assert_code(0);
    assert_eq!(fake.take_stdout(), "hello, Ann\ngoodbye, Ann\n");
    fake.finish();
}

#[test]
fn without_a_name_it_greets_you() {
    let fake = FakeProcess::new().env_absent("GREETED");
    fake.run(|process| Greeter::from(process).hello()).assert_returned();
    assert_eq!(fake.take_stdout(), "hello, you\n");
    fake.finish();
}

#[test]
fn nobody_hears_it_exits_with_74() {
    let fake = FakeProcess::new().env("GREETED", "Ann").stdout_breaks_after(0);
    fake.run(|process| Greeter::from(process).goodbye()).assert_code(74);
    fake.finish();
}

#[test]
fn the_default_instance_holds_what_is_real() {
    let greeter = Greeter::real();
    assert!(greeter.env.is_real() && greeter.stdout.is_real() && greeter.exit.is_real());
}

#[test]
fn the_public_functions_go_through_the_default_instance() {
    child::test("inject::group::the_public_functions_go_through_the_default_instance").run(
        || {
            hello();
            goodbye()
        },
        |child| {
            child.assert_exited(0);
            let stdout = String::from_utf8_lossy(child.stdout()).into_owned();
            assert!(stdout.ends_with("hello, you\ngoodbye, you\n"), "{stdout}");
        },
    );
}

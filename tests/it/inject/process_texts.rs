//! What a fake process says, word for word.

use std::io::{BufRead, Read, Write};

use unplugged::{
    clock::{Clock, FakeClock},
    inject::{FakeProcess, Process},
};

use super::{panic_text, unplaced};

type Make = fn() -> FakeProcess;

/// What `code` panics with, and that `finish` says the same once more.
#[track_caller]
fn undeclared(code: impl FnOnce(&mut Process)) -> String {
    let fake = FakeProcess::new();
    let mut process = fake.process();
    let text = panic_text(|| code(&mut process));
    drop(process);
    assert_eq!(panic_text(|| fake.finish()), format!("{text}\n  made at  PLACE"));
    text
}

/// What `finish` says of a process that `code` has used.
#[track_caller]
fn finish_text(fake: FakeProcess, code: impl FnOnce(Process)) -> String {
    code(fake.process());
    panic_text(|| fake.finish())
}

#[test]
fn an_undeclared_variable() {
    let fake = FakeProcess::new().env("HOME", "/").env_absent("LANG");
    let text = finish_text(fake, |process| {
        assert!(process.env.var("HOME").is_ok() && process.env.var("LANG").is_err());
        panic_text(|| process.env.var("HOEM"));
    });
    assert_eq!(
        text,
        "the variable \"HOEM\" was read, and is not declared\n  \
         declared \"HOME\", \"LANG\"\n  \
         used at  PLACE\n  \
         next     if that is right, declare it: `env`, or `env_absent`\n  \
         made at  PLACE"
    );
    assert_eq!(
        undeclared(|process| drop(process.env.var_os("HOME"))),
        "the variable \"HOME\" was read, and is not declared\n  \
         declared none\n  \
         used at  PLACE\n  \
         next     if that is right, declare it: `env`, or `env_absent`"
    );
}

#[test]
fn undeclared_parts() {
    let text = |what: &str, call: &str| {
        format!(
            "{what}, and the test has declared none\n  \
             used at  PLACE\n  next     if that is right, declare it: `{call}`"
        )
    };
    assert_eq!(undeclared(|process| drop(process.args.iter())), text("the arguments were read", "args"));
    assert_eq!(
        undeclared(|process| drop((&process.args).into_iter())),
        text("the arguments were read", "args")
    );
    assert_eq!(
        undeclared(|process| drop(process.stdin.read(&mut [0]))),
        text("the standard input was read", "stdin")
    );
    assert_eq!(
        undeclared(|process| drop(process.stdin.fill_buf().map(<[u8]>::len))),
        text("the standard input was read", "stdin")
    );
    assert_eq!(
        undeclared(|process| drop(process.entropy.fill(&mut [0]))),
        text("entropy was drawn", "entropy")
    );
    assert_eq!(undeclared(|process| drop(process.entropy.next_u64())), text("entropy was drawn", "entropy"));
    let clock = text("the clock was read", "clock");
    assert_eq!(undeclared(|process| assert!(process.clock.now() == process.clock.now())), clock);
    assert_eq!(undeclared(|process| assert!(process.clock.start() <= process.clock.start())), clock);
    assert_eq!(undeclared(|process| assert!(process.clock.system_time() > std::time::UNIX_EPOCH)), clock);
    assert_eq!(undeclared(|process| drop(process.clock.sleep_until(FakeClock::new().now()))), clock);
}

#[test]
fn what_is_declared_and_never_read() {
    let fakes = [
        ("the arguments", FakeProcess::new().args(["prog"])),
        ("the variable \"HOME\"", FakeProcess::new().env("HOME", "/")),
        ("the variable \"LANG\"", FakeProcess::new().env_absent("LANG")),
        ("the standard input", FakeProcess::new().stdin("")),
        ("the clock", FakeProcess::new().clock(FakeClock::new())),
    ];
    for (what, fake) in fakes {
        assert_eq!(
            finish_text(fake, drop),
            format!("{what} was declared, and never read\n  declared PLACE\n  made at  PLACE")
        );
    }
}

#[test]
fn an_input_that_is_left() {
    let fake = FakeProcess::new().stdin("one\ntwo\n");
    let text = finish_text(fake, |mut process| drop(process.stdin.read_line(&mut String::new())));
    assert_eq!(
        text,
        "the standard input was not read to its end\n  \
         left     b\"two\\n\"\n  declared PLACE\n  made at  PLACE"
    );
}

#[test]
fn entropy_that_is_left() {
    for (drawn, left) in [(0, "b\"\\x01\\x02\""), (1, "b\"\\x02\"")] {
        let fake = FakeProcess::new().entropy([1, 2]);
        let text = finish_text(fake, |process| process.entropy.fill(&mut vec![0; drawn]).unwrap());
        assert_eq!(
            text,
            format!(
                "the entropy was not read to its end\n  left     {left}\n  declared PLACE\n  made at  PLACE"
            )
        );
    }
}

#[test]
fn entropy_that_is_exhausted() {
    let fake = FakeProcess::new().entropy([1, 2]);
    let process = fake.process();
    assert_eq!(
        panic_text(|| process.entropy.next_u64()),
        "8 bytes of entropy were drawn, and 2 are left\n  \
         declared PLACE\n  used at  PLACE\n  next     declare as many as are drawn"
    );
    drop(process);
    let text = unplaced(&fake.check_finish().unwrap_err().to_string());
    assert!(text.starts_with("a fake process has 2 faults\n"), "{text}");
}

#[test]
fn outputs_that_nobody_took() {
    let text = |name: &str| {
        format!(
            "the test never took the output to {name}\n  \
             written  b\"hi\\n\"\n  next     compare it: `take_{name}`\n  made at  PLACE"
        )
    };
    let stdout = finish_text(FakeProcess::new(), |mut process| writeln!(process.stdout, "hi").unwrap());
    assert_eq!(stdout, text("stdout"));
    let stderr = finish_text(FakeProcess::new(), |mut process| writeln!(process.stderr, "hi").unwrap());
    assert_eq!(stderr, text("stderr"));
}

#[test]
fn an_output_that_never_broke() {
    let fake = FakeProcess::new().stdout_breaks_after(3);
    let process = fake.process();
    process.stdout.clone().write_all(b"abc").unwrap();
    drop(process);
    assert_eq!(fake.take_stdout(), "abc");
    assert_eq!(
        panic_text(|| fake.finish()),
        "stdout was to break, and no write came after that\n  \
         left     0 bytes\n  declared PLACE\n  made at  PLACE"
    );
    let text = finish_text(FakeProcess::new().stderr_breaks_after(3), drop);
    assert!(
        text.starts_with("stderr was to break, and no write came after that\n  left     3 bytes\n"),
        "{text}"
    );
}

#[test]
fn an_output_that_was_never_short() {
    let fake = FakeProcess::new().stdout_takes_at_most(3);
    fake.process().stdout.write_all(b"abc").unwrap();
    assert_eq!(fake.take_stdout(), "abc");
    assert_eq!(
        panic_text(|| fake.finish()),
        "stdout was to take at most 3 bytes a write, and no write was longer\n  declared PLACE\n  made at  PLACE"
    );
    let text = finish_text(FakeProcess::new().stderr_takes_at_most(3), drop);
    assert!(text.starts_with("stderr was to take at most 3 bytes a write"), "{text}");
}

#[test]
fn a_process_that_nobody_got() {
    assert_eq!(
        panic_text(|| FakeProcess::new().finish()),
        "the process was never handed out\n  next     `run` the code under test with it\n  made at  PLACE"
    );
}

#[test]
fn parts_that_are_still_held() {
    let text = "parts of the process are still held, and can still be used\n  \
                given    PLACE\n  \
                next     a thread, a task, a static or the test holds one: join it or drop it\n  \
                made at  PLACE";
    let fake = FakeProcess::new();
    let process = fake.process();
    assert_eq!(panic_text(|| fake.finish()), text);
    drop(process);

    let fake = FakeProcess::new();
    let ended = fake.run(|process| process.exit);
    ended.assert_returned();
    assert_eq!(panic_text(|| fake.finish()), text);
}

#[test]
fn an_exit_outside_of_a_run() {
    let text = "the exit was called with 3 before its fake was run\n  \
                called   PLACE\n  \
                made at  PLACE\n  \
                next     run all that may exit inside of `run` or `catch`";
    assert_eq!(undeclared(|process| process.exit.exit(3)), text);
}

#[test]
fn all_faults_at_once() {
    let fake = FakeProcess::new().env("HOME", "/").stdin("hi");
    let mut process = fake.process();
    writeln!(process.stdout, "hi").unwrap();
    panic_text(|| process.env.var("HOEM"));
    drop(process);
    assert_eq!(
        panic_text(|| fake.finish()),
        "a fake process has 4 faults\n  \
         fault    the variable \"HOEM\" was read, and is not declared\n             \
         declared \"HOME\"\n             \
         used at  PLACE\n             \
         next     if that is right, declare it: `env`, or `env_absent`\n  \
         fault    the variable \"HOME\" was declared, and never read\n             \
         declared PLACE\n  \
         fault    the standard input was declared, and never read\n             \
         declared PLACE\n  \
         fault    the test never took the output to stdout\n             \
         written  b\"hi\\n\"\n             \
         next     compare it: `take_stdout`\n  \
         made at  PLACE"
    );
}

#[test]
fn a_process_dropped_without_a_verdict() {
    assert_eq!(
        panic_text(|| drop(FakeProcess::new())),
        "a fake process was dropped without a verdict\n  \
         fault    the process was never handed out\n             \
         next     `run` the code under test with it\n  \
         made at  PLACE\n  \
         next     end the test with `finish`"
    );
}

#[test]
fn a_process_dropped_while_a_panic_unwinds_is_quiet() {
    let text = panic_text(|| {
        let _fake = FakeProcess::new();
        panic!("mine")
    });
    assert_eq!(text, "mine");
}

#[test]
fn a_process_given_twice() {
    let text = panic_text(|| {
        let fake = FakeProcess::new();
        drop(fake.process());
        fake.run(drop)
    });
    assert_eq!(
        text,
        "the process was given twice, and there is one of it\n  \
         given    PLACE\n  \
         again    PLACE\n  \
         next     make a fake process for each run"
    );
}

#[test]
fn what_is_declared_twice() {
    let twice: [(&str, Make); 9] = [
        ("`args`", || FakeProcess::new().args(["a"]).args(["a"])),
        ("the variable \"A\"", || FakeProcess::new().env("A", "").env_absent("A")),
        ("`stdin`", || FakeProcess::new().stdin("").stdin("")),
        ("`stdout_breaks_after`", || FakeProcess::new().stdout_breaks_after(0).stdout_breaks_after(0)),
        ("`stderr_breaks_after`", || FakeProcess::new().stderr_breaks_after(0).stderr_breaks_after(0)),
        ("`stdout_takes_at_most`", || FakeProcess::new().stdout_takes_at_most(1).stdout_takes_at_most(1)),
        ("`stderr_takes_at_most`", || FakeProcess::new().stderr_takes_at_most(1).stderr_takes_at_most(1)),
        ("`entropy`", || FakeProcess::new().entropy([1]).entropy_seeded(unplugged::seed::Seed::DEFAULT, 1)),
        ("`clock`", || FakeProcess::new().clock(FakeClock::new()).clock(FakeClock::new())),
    ];
    for (what, twice) in twice {
        assert_eq!(panic_text(twice), format!("{what} is declared twice\n  declared PLACE"));
    }
}

#[test]
fn what_cannot_be_declared() {
    for (name, value) in [("", "a"), ("A=B", "a"), ("A\0", "a"), ("A", "a\0b")] {
        assert_eq!(
            panic_text(|| FakeProcess::new().env(name, value)),
            format!(
                "the variable {name:?} cannot exist\n  \
                 next     a name is not empty and holds no `=` and no NUL; a value holds no NUL"
            )
        );
    }
    assert!(panic_text(|| FakeProcess::new().env_absent("")).starts_with("the variable \"\" cannot exist"));
    let nothing: [(&str, Make); 4] = [
        ("entropy", || FakeProcess::new().entropy([])),
        ("entropy_seeded", || FakeProcess::new().entropy_seeded(unplugged::seed::Seed::DEFAULT, 0)),
        ("stdout_takes_at_most", || FakeProcess::new().stdout_takes_at_most(0)),
        ("stderr_takes_at_most", || FakeProcess::new().stderr_takes_at_most(0)),
    ];
    for (call, nothing) in nothing {
        assert_eq!(panic_text(nothing), format!("`{call}` needs at least one byte"));
    }
}

#[test]
fn the_place_of_a_read_is_that_of_the_caller() {
    let fake = FakeProcess::new();
    let env = fake.process().env;
    let line = line!() + 1;
    panic_text(|| env.var("HOME"));
    drop(env);
    let violation = fake.check_finish().unwrap_err();
    assert_eq!(violation.detail("used at"), Some(&*format!("tests/it/inject/process_texts.rs:{line}:23")));
}

#[test]
fn the_place_of_a_read_through_dyn_is_that_of_the_kit() {
    let fake = FakeProcess::new();
    let clock = fake.process().clock;
    panic_text(|| (&clock as &dyn Clock).now());
    drop(clock);
    let violation = fake.check_finish().unwrap_err();
    let used_at = violation.detail("used at").unwrap();
    assert!(used_at.starts_with("crates/seam/src/process/clock.rs:"), "more cannot be known: {used_at}");
}

/// Code that says why it ends.
fn says(mut process: Process, lines: usize) -> Process {
    use std::io::Write;
    for line in 1..=lines {
        writeln!(process.stderr, "reason {line}").unwrap();
    }
    process
}

#[test]
fn what_the_code_said_on_its_standard_error_is_in_the_report() {
    let fake = FakeProcess::new();
    let ended = fake.run(|process| says(process, 1).exit.exit(78));
    let text = ended.check_code(0).unwrap_err().to_string();
    assert!(text.ends_with("\n  stderr   reason 1"), "{text}");
    assert!(ended.check_returned().unwrap_err().to_string().ends_with("\n  stderr   reason 1"));
    assert!(fake.take_stderr().starts_with(b"reason 1\n"));
    fake.finish();

    let fake = FakeProcess::new();
    let ended = fake.run(|process| drop(says(process, 2)));
    let text = ended.check_exited().unwrap_err().to_string();
    assert!(text.contains("\n  stderr   reason 1\n           reason 2\n  next     "), "{text}");
    assert!(fake.take_stderr().starts_with(b"reason 1\n"));
    fake.finish();

    let fake = FakeProcess::new();
    let ended = fake.run(|process| {
        let _process = says(process, 10);
        panic!("no more");
    });
    let text = ended.check_code(1).unwrap_err().to_string();
    assert!(text.contains("\n  stderr   (2 lines before)\n           reason 3\n"), "{text}");
    assert!(fake.take_stderr().starts_with(b"reason 1\n"));
    fake.finish();
}

#[test]
fn a_code_that_said_nothing_has_no_such_line() {
    let fake = FakeProcess::new();
    let ended = fake.run(|process| process.exit.exit(78));
    assert!(!ended.check_code(0).unwrap_err().to_string().contains("stderr"));
    fake.finish();
}

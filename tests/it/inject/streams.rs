//! The standard streams.

use std::{
    io::{BufRead, ErrorKind, Read, Write},
    sync::Arc,
};

use unplugged::inject::{FakeProcess, Output, Stdin, child};

#[test]
fn input_is_given_as_declared_and_then_ends() {
    let fake = FakeProcess::new().stdin("one\ntwo\nthree");
    let mut stdin = fake.process().stdin;
    let mut line = String::new();
    assert_eq!(stdin.read_line(&mut line).unwrap(), 4);
    let mut two = [0; 2];
    assert_eq!(stdin.read(&mut two).unwrap(), 2);
    assert_eq!(&two, b"tw");
    let mut rest = String::new();
    stdin.read_to_string(&mut rest).unwrap();
    assert_eq!((&*line, &*rest), ("one\n", "o\nthree"));
    assert_eq!(stdin.read(&mut two).unwrap(), 0);
    assert_eq!(stdin.fill_buf().unwrap(), b"");
    drop(stdin);
    fake.finish();
}

#[test]
fn an_input_of_nothing_ends_at_once() {
    let fake = FakeProcess::new().stdin("");
    assert_eq!(fake.process().stdin.lines().count(), 0);
    fake.finish();
}

#[test]
fn what_is_only_looked_at_is_not_read() {
    let fake = FakeProcess::new().stdin("abc");
    let mut stdin = fake.process().stdin;
    assert_eq!(stdin.fill_buf().unwrap(), b"abc");
    stdin.consume(1);
    assert_eq!(stdin.fill_buf().unwrap(), b"bc");
    drop(stdin);
    assert_eq!(fake.check_finish().unwrap_err().detail("left"), Some("b\"bc\""));
}

#[test]
fn outputs_are_taken_apart() {
    let fake = FakeProcess::new();
    let mut process = fake.process();
    write!(process.stdout, "out").unwrap();
    write!(process.stderr.clone(), "err").unwrap();
    process.stdout.flush().unwrap();
    assert_eq!(fake.take_stdout(), "out");
    assert_eq!(fake.take_stdout(), "");
    assert_eq!(fake.take_stderr(), "err");
    drop(process);
    fake.finish();
}

#[test]
fn a_pipe_breaks_after_exactly_as_many_bytes() {
    let fake = FakeProcess::new().stdout_breaks_after(5).stderr_breaks_after(0);
    let mut process = fake.process();
    assert_eq!(process.stdout.write(b"abcd").unwrap(), 4);
    assert_eq!(process.stdout.write(b"").unwrap(), 0);
    assert_eq!(process.stdout.write(b"efg").unwrap(), 1);
    assert_eq!(process.stdout.write(b"").unwrap(), 0);
    assert_eq!(process.stdout.write(b"fg").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(process.stdout.write(b"fg").unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert_eq!(process.stderr.write_all(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    drop(process);
    assert_eq!(fake.take_stdout(), "abcde");
    fake.finish();
}

#[test]
fn short_writes_lose_what_is_not_written_again() {
    let fake = FakeProcess::new().stdout_takes_at_most(2).stderr_takes_at_most(3);
    let mut process = fake.process();
    assert_eq!(process.stdout.write(b"abc").unwrap(), 2);
    assert_eq!(process.stdout.write(b"de").unwrap(), 2);
    process.stderr.write_all(b"abcdefgh").unwrap();
    drop(process);
    assert_eq!(fake.take_stdout(), "abde");
    assert_eq!(fake.take_stderr(), "abcdefgh");
    fake.finish();
}

#[test]
fn a_short_output_may_break_too() {
    let fake = FakeProcess::new().stdout_takes_at_most(4).stdout_breaks_after(6);
    let mut stdout = fake.process().stdout;
    assert_eq!(stdout.write(b"abcdefgh").unwrap(), 4);
    assert_eq!(stdout.write(b"efgh").unwrap(), 2);
    assert_eq!(stdout.write(b"gh").unwrap_err().kind(), ErrorKind::BrokenPipe);
    drop(stdout);
    assert_eq!(fake.take_stdout(), "abcdef");
    fake.finish();
}

#[test]
fn the_real_streams_have_their_effect() {
    child::test("inject::streams::the_real_streams_have_their_effect").run(
        || {
            Output::real_stdout().write_all(b"to stdout").unwrap();
            Output::real_stdout().flush().unwrap();
            Output::real_stderr().write_all(b"to stderr").unwrap();
            Output::real_stderr().flush().unwrap();
            assert_eq!(Stdin::real().lines().count(), 0); // a child's input is empty
            assert_eq!(Stdin::real().read(&mut [0]).unwrap(), 0);
        },
        |child| {
            child.assert_completed();
            assert!(child.stdout().windows(9).any(|window| window == b"to stdout"));
            assert_eq!(child.stderr(), "to stderr");
        },
    );
}

/// An abort loses what is still in std's buffer.
#[test]
fn a_flush_of_the_real_output_reaches_the_system() {
    child::test("inject::streams::a_flush_of_the_real_output_reaches_the_system").run(
        || {
            Output::real_stdout().write_all(b"flushed").unwrap();
            Output::real_stdout().flush().unwrap();
            Output::real_stdout().write_all(b"lost").unwrap();
            std::process::abort()
        },
        |child| {
            child.assert_aborted();
            let stdout = String::from_utf8_lossy(child.stdout()).into_owned();
            assert!(stdout.ends_with("flushed"), "{stdout}");
        },
    );
}

#[test]
fn parts_can_be_sent_to_threads() {
    fn can_be_sent<T: Send + Sync + 'static>(_: &T) {}
    let fake = FakeProcess::new();
    can_be_sent(&fake);
    let process = Arc::new(fake.process());
    can_be_sent(&process);
    drop(process);
    fake.finish();
}

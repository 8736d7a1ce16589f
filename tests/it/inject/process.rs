//! The process as a whole, its arguments, environment, entropy and clock.

use std::{
    env::VarError,
    ffi::{OsStr, OsString},
    sync::Arc,
};

use unplugged::{
    clock::{Clock, ClockExt, FakeClock, SystemClock, secs},
    inject::{Args, Entropy, Env, FakeProcess, Process, ProcessClock, child},
    outcome,
    seed::Seed,
};

/// Text that is not UTF-8.
#[cfg(unix)]
fn not_utf8() -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"a\xff".to_vec())
}

#[cfg(windows)]
fn not_utf8() -> OsString {
    std::os::windows::ffi::OsStringExt::from_wide(&[0x61, 0xd800])
}

#[test]
fn a_real_process_is_real_in_every_part() {
    let process = Process::real();
    assert!(process.is_real());
    assert!(process.exit.is_real());
    assert!(process.args.is_real());
    assert!(process.env.is_real());
    assert!(process.stdin.is_real());
    assert!(process.stdout.is_real());
    assert!(process.stderr.is_real());
    assert!(process.entropy.is_real());
    assert!(process.clock.is_real());
}

#[test]
fn a_fake_process_is_fake_in_every_part() {
    let fake = FakeProcess::new();
    let process = fake.process();
    assert!(!process.is_real());
    assert!(!process.exit.is_real());
    assert!(!process.args.is_real());
    assert!(!process.env.is_real());
    assert!(!process.stdin.is_real());
    assert!(!process.stdout.is_real());
    assert!(!process.stderr.is_real());
    assert!(!process.entropy.is_real());
    assert!(!process.clock.is_real());
    drop(process);
    fake.finish();
}

#[test]
fn one_part_that_is_not_real_is_seen() {
    let swaps: [fn(&mut Process, Process); 8] = [
        |real, fake| real.exit = fake.exit,
        |real, fake| real.args = fake.args,
        |real, fake| real.env = fake.env,
        |real, fake| real.stdin = fake.stdin,
        |real, fake| real.stdout = fake.stdout,
        |real, fake| real.stderr = fake.stderr,
        |real, fake| real.entropy = fake.entropy,
        |real, fake| real.clock = fake.clock,
    ];
    for swap in swaps {
        let fake = FakeProcess::new();
        let mut process = Process::real();
        swap(&mut process, fake.process());
        assert!(!process.is_real(), "{process:?}");
        drop(process);
        fake.finish();
    }
}

#[test]
fn the_real_parts_have_their_effect() {
    child::test("inject::process::the_real_parts_have_their_effect").run(
        || {
            let process = Process::real();
            assert_eq!(
                process.args.iter().nth(1).unwrap(),
                "inject::process::the_real_parts_have_their_effect"
            );
            assert_eq!(process.env.var("RUST_BACKTRACE").unwrap(), "0"); // the helper sets it
            assert_eq!(process.env.var("UNPLUGGED_NO_SUCH"), Err(VarError::NotPresent));
            let start = process.clock.start();
            assert!(process.clock.now() >= start);
            assert!(process.clock.system_time() > std::time::UNIX_EPOCH);
        },
        |child| child.assert_completed(),
    );
}

#[test]
fn arguments_are_given_as_declared() {
    let fake = FakeProcess::new().args(["prog".into(), not_utf8()]);
    let args = fake.process().args;
    assert_eq!(args.iter().collect::<Vec<_>>(), ["prog".into(), not_utf8()]);
    assert_eq!((&args).into_iter().count(), 2); // as often as one likes
    drop(args);
    fake.finish();
}

#[test]
fn variables_are_given_as_declared() {
    let fake = FakeProcess::new().env("NAME", "Ann").env_absent("LANG").env("PATH", not_utf8());
    let env = fake.process().env;
    assert_eq!(env.var("NAME").unwrap(), "Ann");
    assert_eq!(env.var("LANG"), Err(VarError::NotPresent));
    assert_eq!(env.var("PATH"), Err(VarError::NotUnicode(not_utf8())));
    assert_eq!(env.var_os("PATH"), Some(not_utf8()));
    assert_eq!(env.var_os(OsStr::new("LANG")), None);
    drop(env);
    fake.finish();
}

#[test]
fn entropy_is_given_as_declared() {
    let fake = FakeProcess::new().entropy([1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 9]);
    let entropy = fake.process().entropy;
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes).unwrap();
    assert_eq!(bytes, [1, 2, 3, 4]);
    assert_eq!(entropy.clone().next_u64().unwrap(), 9 << 56);
    drop(entropy);
    fake.finish();
}

#[test]
fn seeded_entropy_is_the_stream_of_its_seed() {
    let fake = FakeProcess::new().entropy_seeded(Seed::new(7), 11);
    let process = fake.process();
    let mut stream = Seed::new(7).rng("entropy");
    assert_eq!(process.entropy.next_u64().unwrap(), stream.next_u64());
    let mut rest = [0; 3];
    process.entropy.fill(&mut rest).unwrap();
    assert_eq!(rest, stream.next_u64().to_le_bytes()[..3]);
    drop(process);
    fake.finish();
}

#[test]
fn real_entropy_differs_from_draw_to_draw() {
    let entropy = Entropy::real();
    assert_ne!(entropy.next_u64().unwrap(), entropy.next_u64().unwrap());
    let mut bytes = [0; 64];
    entropy.fill(&mut bytes).unwrap();
    assert_ne!(bytes, [0; 64]);
}

#[test]
fn the_clock_is_the_one_declared() {
    let clock = FakeClock::new();
    let fake = FakeProcess::new().clock(clock.clone());
    let given = fake.process().clock;
    clock.advance(secs(2));
    assert_eq!(given.since_start(), secs(2));
    assert_eq!(given.system_time(), clock.system_time());
    let shared: Arc<dyn Clock> = Arc::new(given.clone());
    let nap = clock.watch(shared.sleep(secs(3)));
    clock.advance(secs(3));
    nap.assert_ready();
    drop((given, shared));
    fake.finish();
}

#[test]
fn another_clock_is_as_real_as_it_says() {
    let clock = ProcessClock::of(SystemClock);
    assert!(clock.is_real());
    assert!(!ProcessClock::of(FakeClock::new()).is_real());
    assert!(clock.now() <= SystemClock.now());
    assert_eq!(format!("{clock:?}"), "ProcessClock(another)");
}

#[test]
fn a_run_in_a_future_waits_on_the_declared_clock() {
    let clock = FakeClock::new();
    let fake = FakeProcess::new().clock(clock.clone());
    let run = clock.watch(fake.run_async(|process| async move {
        process.clock.sleep(secs(5)).await;
        process.exit.exit(3)
    }));
    clock.advance(secs(5));
    run.assert_ready().assert_code(3);
    drop(run);
    fake.finish();
}

#[test]
fn a_parked_process_may_exit_return_or_panic() {
    let fake = FakeProcess::new().env("NAME", "Ann");
    fake.park(|process| process.env.var("NAME").map(|_| process.exit.exit(3))).assert_code(3);
    fake.finish();

    let fake = FakeProcess::new().env("NAME", "Ann");
    let ended = fake.park(|process| process.env.var("NAME"));
    assert_eq!(ended.assert_returned().as_deref(), Ok("Ann"));
    fake.finish();

    let fake = FakeProcess::new();
    let ended = fake.park(|process| process.env.var("HOEM"));
    let panic = "the variable \"HOEM\" was read, and is not declared\n";
    assert!(ended.check_exited().unwrap_err().detail("panic").unwrap().starts_with(panic));
    assert!(fake.check_finish().unwrap_err().to_string().starts_with(panic));
}

#[test]
fn after_an_exit_parts_may_still_be_held() {
    let fake = FakeProcess::new();
    let process = fake.process();
    let kept = process.env.clone();
    drop(process);
    assert!(fake.check_finish().is_err());

    let fake = FakeProcess::new();
    let mut escaped = None;
    let ended = fake.run(|process| {
        escaped = Some(process.env.clone());
        process.exit.exit(3)
    });
    ended.assert_code(3);
    fake.finish();
    drop((kept, escaped));
}

#[test]
fn a_caught_violation_counts() {
    let fake = FakeProcess::new();
    let run = fake.run(|process| {
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| process.env.var("HOEM")));
        caught.is_err()
    });
    assert!(run.assert_returned());
    let violation = fake.check_finish().unwrap_err();
    assert_eq!(violation.headline(), "the variable \"HOEM\" was read, and is not declared");
}

#[test]
fn debug_says_what_is_real() {
    assert_eq!(
        format!("{:?}", Process::real()),
        "Process { exit: Exit(real), args: Args(real), env: Env(real), stdin: Stdin(real), \
         stdout: Stdout(real), stderr: Stderr(real), entropy: Entropy(real), clock: ProcessClock(real) }"
    );
    let fake = FakeProcess::default();
    assert_eq!(
        format!("{:?}", fake.process()),
        "Process { exit: Exit(fake), args: Args(fake), env: Env(fake), stdin: Stdin(fake), \
         stdout: Stdout(fake), stderr: Stderr(fake), entropy: Entropy(fake), clock: ProcessClock(fake) }"
    );
    assert_eq!(super::unplaced(&format!("{fake:?}")), "FakeProcess { made_at: PLACE, faults: 0, .. }");
    fake.finish();
}

#[test]
fn real_parts_can_stand_in_constants() {
    const PARTS: (Args, Env, Entropy) = (Args::real(), Env::real(), Entropy::real());
    let (args, env, entropy) = PARTS;
    assert!(args.is_real() && env.is_real() && entropy.is_real());
    let watch = outcome::watch(async { ProcessClock::real().is_real() });
    assert!(watch.assert_ready());
}

/// A program that leaves its report in a buffer.
fn buffered(mut process: Process, flushes: bool) {
    use std::io::Write;
    let mut out = std::io::BufWriter::new(&mut process.stdout);
    out.write_all(b"the report").unwrap();
    if flushes {
        out.flush().unwrap();
    }
    process.exit.exit(0)
}

#[test]
fn what_a_buffer_flushes_while_the_exit_unwinds_is_a_fault() {
    let fake = FakeProcess::new();
    fake.run(|process| buffered(process, false)).assert_code(0);
    assert_eq!(fake.take_stdout(), ""); // as with `std::process::exit`
    let text = fake.check_finish().unwrap_err().to_string();
    let beginning = "`stdout` was written to while the exit with 0 unwound: a real exit loses that\n  \
                     written  b\"the report\"\n  \
                     exit     tests/it/inject/process.rs:";
    assert!(text.starts_with(beginning), "{text}");
    assert!(
        text.contains("\n  next     flush a `BufWriter`, and say what a destructor says, before the exit"),
        "{text}"
    );

    let fake = FakeProcess::new();
    fake.run(|process| buffered(process, true)).assert_code(0);
    assert_eq!(fake.take_stdout(), "the report");
    fake.finish();
}

#[test]
fn what_a_destructor_says_while_the_exit_unwinds_is_a_fault() {
    use std::io::Write;
    struct SaysGoodbye(unplugged::inject::Output);
    impl Drop for SaysGoodbye {
        fn drop(&mut self) {
            self.0.write_all(b"bye\n").unwrap();
        }
    }
    let fake = FakeProcess::new();
    let run = fake.run_async(|process| async move {
        let _says = SaysGoodbye(process.stderr.clone());
        process.exit.exit(3)
    });
    outcome::watch(run).assert_ready().assert_code(3);
    let violation = fake.check_finish().unwrap_err();
    assert!(
        violation.headline().starts_with("`stderr` was written to while the exit with 3 unwound"),
        "{violation}"
    );

    // A panic of the code is no exit: destructors run in the real process, too.
    let fake = FakeProcess::new();
    let run = fake.run(|process| {
        let _says = SaysGoodbye(process.stderr.clone());
        panic!("a bug");
    });
    assert!(run.check_exited().is_err());
    assert_eq!(fake.take_stderr(), "bye\n");
    fake.finish();
}

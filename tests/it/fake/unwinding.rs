//! Calls that destructors make while their thread panics.

use pretty_assertions::assert_eq;
use unplugged::{
    fake::{Call, FakeHandle, check_scenario, scenario},
    inject::{FakeExit, child},
};

use super::panic_text;

#[derive(Debug, PartialEq)]
struct Send(u32);

impl Call for Send {
    type Reply = ();
    const NAME: &'static str = "Conn::send";
}

#[derive(Debug, PartialEq)]
struct Close;

impl Call for Close {
    type Reply = ();
    const NAME: &'static str = "Conn::close";
}

/// Returns how many bytes were left.
#[derive(Debug, PartialEq)]
struct Flush;

impl Call for Flush {
    type Reply = usize;
    const NAME: &'static str = "Conn::flush";
}

/// Closes when it is dropped.
struct Conn(FakeHandle);

impl Drop for Conn {
    fn drop(&mut self) {
        self.0.call(Close);
    }
}

/// Flushes when it is dropped.
struct Flushed(FakeHandle);

impl Drop for Flushed {
    fn drop(&mut self) {
        assert_eq!(self.0.call(Flush), 0);
    }
}

#[test]
fn a_call_that_comes_too_early_gets_its_reply_and_the_panic_is_what_is_reported() {
    let text = panic_text(|| {
        scenario(|script| {
            script.expect(Send(1)).reply(());
            script.expect(Close).reply(());
            let conn = Conn(script.handle());
            assert_eq!(1 + 1, 3, "a plain assertion of the test");
            conn.0.call(Send(1));
        })
    });
    assert!(text.contains("a plain assertion of the test"), "{text}");
    assert!(!text.contains("out of order"), "{text}");
    let text = panic_text(|| {
        scenario(|script| {
            script.expect(Send(1)).reply(());
            script.expect(Flush).reply(0);
            let _flushed = Flushed(script.handle());
            panic!("with a result");
        })
    });
    assert!(text.contains("with a result"), "{text}");
}

#[test]
fn a_call_that_no_entry_has_is_a_violation_beside_the_panic() {
    let text = panic_text(|| {
        scenario(|script| {
            script.expect(Send(1)).reply(());
            let _conn = Conn(script.handle());
            panic!("a plain assertion of the test");
        })
    });
    assert!(text.contains("a plain assertion of the test"), "{text}");
    assert!(text.contains("broken   call 1, `Conn::close`, is not in the script"), "{text}");
}

/// A panic that the code catches changes nothing of the script's order.
#[test]
fn an_order_that_a_caught_panic_upset_is_red() {
    let violation = check_scenario(|script| {
        script.expect(Send(1)).reply(());
        script.expect(Close).reply(());
        let handle = script.handle();
        let conn = Conn(handle.clone());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _conn = conn;
            panic!("the code catches this one");
        }));
        assert!(caught.is_err());
    })
    .map(drop)
    .unwrap_err();
    assert!(violation.to_string().contains("`Conn::send` was never called"), "{violation}");
}

/// A reply of a type that cannot be made of nothing: the process ends, and says why where no harness captures it.
#[test]
fn a_call_with_a_result_that_no_entry_has_ends_the_process_with_its_reason() {
    let bad = || {
        let _ = scenario(|script| {
            script.expect(Send(1)).reply(());
            let _flushed = Flushed(script.handle());
            panic!("a plain assertion of the test");
        });
    };
    child::test("fake::unwinding::a_call_with_a_result_that_no_entry_has_ends_the_process_with_its_reason").run(bad, |ended| {
        let stderr = String::from_utf8(ended.assert_aborted().to_vec()).unwrap();
        assert!(stderr.contains("\ncall 1, `Conn::flush`, is not in the script\n"), "{stderr}");
        let why = "\n  why      a destructor made this call while its thread panicked: a second panic ends the process\n  \
                   next     see the panic before this one; expect the call, or give the method no result\n";
        assert!(stderr.contains(why), "{stderr}");
    });
}

#[test]
fn a_fake_that_a_parked_run_holds_is_told_with_the_reason() {
    let text = panic_text(|| {
        scenario(|script| {
            script.expect(Flush).reply(1);
            let conn = script.handle();
            FakeExit::park(move |exit| {
                conn.call(Flush);
                exit.exit(3)
            })
            .assert_code(3);
        })
    });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        [lines[0], lines[2], lines[3]],
        [
            "a handle is still alive at the end: a call could still come, unseen",
            "  parked   a run of `FakeExit::park`: what the code holds there is never dropped",
            "  next     take `FakeExit::run`, which drops it, or hand the parked code no fake",
        ]
    );
    let ((), _log) = scenario(|script| {
        script.expect(Flush).reply(1);
        let conn = script.handle();
        let run = move |exit: unplugged::inject::Exit| -> () {
            conn.call(Flush);
            exit.exit(3)
        };
        FakeExit::run(run).assert_code(3);
    });
}

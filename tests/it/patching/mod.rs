//! The four ways of chapter 02 to test a function that ends the process, what each leaves open, and the disaster.
//! The code stands here once, and the chapter shows it.
#![expect(unreachable_pub, reason = "it is shown as the code of a library")]

mod global;
mod injected;
mod localized;
mod parameter;

use std::{
    env, fs,
    panic::{catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    thread,
};

use pretty_assertions::assert_eq;
use unplugged::{
    clock::secs,
    inject::{
        FakeExit,
        child::{self, EndedChild},
    },
};

const CHAPTER: &str = include_str!("../../../tutorial/02-unit-tests-without-patching.md");
const SUITE: &str = include_str!("suite.rs");

/// The line that is refactored, and what becomes of it.
const BEFORE: &str = "    use crate::process;\n";
const AFTER: &str = "    use std::process;\n";

#[test]
fn the_chapter_shows_the_code_that_runs_here() {
    for source in [
        include_str!("global.rs"),
        include_str!("localized.rs"),
        include_str!("parameter.rs"),
        include_str!("injected.rs"),
    ] {
        assert!(CHAPTER.contains(source), "the chapter does not show:\n{source}");
    }
}

fn unwinding(code: i32) -> ! {
    resume_unwind(Box::new(code))
}

/// The code that `f` was ended with, by an exit that unwinds.
fn code_of(f: fn() -> !) -> i32 {
    *catch_unwind(f).unwrap_err().downcast().expect("a code")
}

// The default of each: the public function ends a process.

#[test]
fn by_default_each_form_ends_the_process() {
    const NAME: &str = "patching::by_default_each_form_ends_the_process";
    // Not among them: `localized`. Its default is not in a build of tests.
    let forms: [(&str, fn() -> !); 3] = [
        ("global", || global::exit_with_result(|| false)),
        ("parameter", || parameter::exit_with_result(|| false)),
        ("injected", || injected::exit_with_result(|| false)),
    ];
    for (form, run) in forms {
        child::test(NAME).case(form).run(|| run(), |child| child.assert_exited(1));
    }
}

#[test]
fn the_default_of_a_localized_patch_is_in_another_build() {
    let source = concat!(include_str!("localized.rs"), "\nfn main() {\n    exit_with_result(|| false)\n}\n");
    let program = compile("localized", source, &["-Adead_code"]);
    child::program(program).run().assert_exited(1);
    assert_eq!(code_of(|| localized::exit_with_result(|| false)), 1); // here, it unwinds
    assert_eq!(localized::number(), std::process::id());
}

// What a patch leaves open.

#[test]
fn a_global_patch_is_restored_by_a_panic() {
    child::test("patching::a_global_patch_is_restored_by_a_panic").run(
        || {
            let code = code_of(|| {
                let _patch = global::process::patch(unwinding);
                global::exit_with_result(|| true)
            });
            assert_eq!(code, 0);
            global::exit_with_result(|| false) // the real one again
        },
        |child| child.assert_exited(1),
    );
}

#[test]
fn a_global_patch_hits_a_bystander_on_another_thread() {
    child::test("patching::a_global_patch_hits_a_bystander_on_another_thread").run(
        || {
            let _patch = global::process::patch(unwinding);
            let bystander = thread::spawn(global::give_up).join();
            assert_eq!(bystander.unwrap_err().downcast_ref(), Some(&70)); // it is still here
        },
        |child| child.assert_completed(),
    );
}

#[test]
fn a_localized_patch_hits_a_bystander_in_the_same_module() {
    assert_eq!(code_of(localized::give_up), 70);
}

#[test]
fn a_struct_needs_no_patch_and_hits_nobody() {
    FakeExit::run(|exit| injected::Exiter { exit }.exit_with_result(|| true)).assert_code(0);
    assert!(injected::EXITER.exit.is_real());
}

// The disaster.

/// Compiles a program that needs nothing but std.
fn compile(name: &str, source: &str, options: &[&str]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("patching");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.rs"));
    let program = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    fs::write(&file, source).unwrap();
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut compiler = child::program(rustc).arg("--edition=2024").arg(&file).arg("-o").arg(&program);
    for option in options {
        compiler = compiler.arg(option);
    }
    compiler.limit(secs(300)).run().assert_exited(0);
    program
}

/// Runs a suite of tests as `cargo test` does, one test after the other.
fn run_suite(name: &str, source: &str) -> EndedChild {
    let suite = compile(name, source, &["--test", "-Aunused"]);
    child::program(suite).arg("--test-threads=1").env("RUST_BACKTRACE", "0").run()
}

#[test]
fn before_the_refactoring_two_tests_are_red() {
    let suite = run_suite("before", SUITE);
    suite.assert_exited(101);
    let stdout = String::from_utf8_lossy(suite.stdout()).into_owned();
    assert!(stdout.contains("test result: FAILED. 2 passed; 2 failed;"), "{stdout}");
}

#[test]
fn after_it_the_suite_ends_half_way_with_0_and_nobody_hears_of_them() {
    assert_eq!(SUITE.matches(BEFORE).count(), 1);
    let suite = run_suite("after", &SUITE.replace(BEFORE, AFTER));
    suite.assert_exited(0);
    let stdout = String::from_utf8_lossy(suite.stdout()).into_owned();
    assert_eq!(suite.stderr(), "");
    let shown = format!("```text\n$ ./suite --test-threads=1; echo status $?\n{stdout}status 0\n```");
    assert!(CHAPTER.contains(&shown), "the chapter does not show:\n{shown}");
    assert!(stdout.ends_with("ok\ntest tests::a_result_becomes_an_exit_code ... "), "{stdout}");
    let diff = format!("-{}\n+{}\n", BEFORE.trim(), AFTER.trim());
    assert!(CHAPTER.contains(&diff), "the chapter does not show:\n{diff}");
}

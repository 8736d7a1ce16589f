//! A program that is built with `panic = "abort"`: everything compiles there, and what cannot work says so.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use unplugged::{
    clock::secs,
    inject::child::{self, EndedChild},
};

const MANIFEST: &str = r#"
[package]
name = "abort"
version = "0.0.0"
edition = "2024"

[dependencies]
unplugged = { path = "ROOT", default-features = false }

[profile.dev]
panic = "abort"

[workspace]
"#;

const PROGRAM: &str = r#"
use unplugged::inject::{FakeExit, FakeProcess, Process};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("real") => Process::real().exit.exit(73),
        Some("park") => FakeExit::park(|exit| exit.exit(3)).assert_code(3),
        Some("park-process") => {
            let fake = FakeProcess::new();
            fake.park(|process| process.exit.exit(3)).assert_code(3);
            fake.finish();
        }
        Some("new") => FakeExit::new().catch(|| ()).assert_code(3),
        Some("run") => FakeExit::run(|exit| exit.exit(3)).assert_code(3),
        Some("process") => FakeProcess::new().run(|process| process.exit.exit(3)).assert_code(3),
        _ => unreachable!("no such case"),
    }
    println!("done");
}
"#;

/// A package of its own: the profile of a build belongs to its workspace.
fn package() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("abort");
    fs::create_dir_all(folder.join("src")).unwrap();
    let root_in_toml = root.display().to_string().replace('\\', "/");
    write(&folder.join("Cargo.toml"), &MANIFEST.replace("ROOT", &root_in_toml));
    write(&folder.join("src/main.rs"), PROGRAM);
    // The versions that are there already, so that nothing is downloaded.
    if root.join("Cargo.lock").exists() {
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    }
    folder.join("Cargo.toml")
}

/// Leaves a file that is right as it is, so that cargo need not build again.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).ok().as_deref() != Some(text) {
        fs::write(file, text).unwrap();
    }
}

#[test]
fn a_program_that_aborts_on_panic_can_use_all_that_does_not_unwind() {
    let manifest = package();
    let run = |case: &str| -> EndedChild {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        child::program(cargo)
            .arg("run")
            .arg("--quiet")
            .arg("--offline")
            .arg("--manifest-path")
            .arg(&manifest)
            .arg("--")
            .arg(case)
            .env("RUST_BACKTRACE", "0")
            .env_absent("CARGO_TARGET_DIR")
            .env_absent("RUSTFLAGS")
            .marker("done")
            .limit(secs(300)) // it is built first
            .run()
    };
    run("real").assert_exited(73);
    run("park").assert_completed();
    run("park-process").assert_completed();
    for case in ["new", "run", "process"] {
        let child = run(case);
        assert!(child.check_completed().is_err());
        let stderr = String::from_utf8_lossy(child.stderr()).into_owned();
        assert!(
            stderr.contains(
                "a fake exit unwinds, and this program is built with `panic = \"abort\"`\n  \
                 next     use `FakeExit::park`, or build the test with `panic = \"unwind\"`\n"
            ),
            "{stderr}"
        );
    }
}

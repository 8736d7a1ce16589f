//! The proofs: a given test must be red on the stub and green on the reference, and each mistake must be caught.
//!
//! Every proof is a small package in a scratch workspace (`target/workbook-verify/`), so that one run of cargo builds
//! all of them, on all cores, and the next run builds only what has changed.

mod judge;
mod scratch;
mod table;

use std::{path::Path, process::Stdio, time::Duration};

use crate::{
    Failure,
    book::{Book, Chapter},
    cargo, git,
    libtest::Outcomes,
    screen::Screen,
};
use scratch::{Proof, Subject};

use table::Row;

/// The time limit for one proof's tests: a wrong solution may loop without end.
const LIMIT: Duration = Duration::from_secs(20);

/// Proves these chapters. Returns `true` if nothing is wrong.
pub(crate) fn run(
    book: &Book,
    chapters: &[&Chapter],
    stubs: &str,
    screen: &mut Screen,
) -> Result<bool, Failure> {
    let commit = git::commit(&book.root, stubs)?;
    screen.line(&format!(
        "stubs of commit {commit}; tests, references and wrong solutions of the working copy"
    ));
    let proofs = scratch::proofs(book, chapters);
    let scratch = scratch::make(book, &proofs, stubs)?;
    screen.line(&format!("building {} proofs in target/workbook-verify", proofs.len()));
    let built = build(&scratch)?;

    let mut rows = Vec::new();
    let mut faults = Vec::new();
    for chapter in chapters {
        let mut row = Row::of(chapter);
        for proof in proofs.iter().filter(|proof| proof.chapter.id == chapter.id) {
            let outcomes = outcomes(book, proof, &built, &scratch)?;
            let found = judge::judge(proof, outcomes.as_ref());
            screen.line(&format!(
                "{:<8} {}",
                if found.is_empty() { "proven" } else { "NOT YET" },
                proof.shown()
            ));
            if outcomes.is_some() {
                row.count(proof, found.len());
            }
            faults.extend(found);
        }
        rows.push(row);
    }
    report(&rows, &faults, screen);
    Ok(faults.is_empty())
}

fn build(scratch: &Path) -> Result<cargo::Built, Failure> {
    let mut cargo = cargo::cargo(scratch);
    cargo.args(["build", "--workspace", "--test", "*", "--keep-going"]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    cargo.env("CARGO_TARGET_DIR", scratch.join("target"));
    // The reader sees cargo's progress and the compiler's errors directly.
    cargo.stderr(Stdio::inherit());
    cargo::build(cargo)
}

/// Returns the outcomes of a proof's tests; `None` if it was not built.
fn outcomes(
    book: &Book,
    proof: &Proof<'_>,
    built: &cargo::Built,
    scratch: &Path,
) -> Result<Option<Outcomes>, Failure> {
    let package = scratch.join(proof.package());
    let is_own = |binary: &&cargo::Binary| binary.package.file_name() == package.file_name();
    match built.binaries.iter().find(is_own) {
        Some(binary) => cargo::run(&binary.file, &book.root, LIMIT).map(Some),
        None => Ok(None),
    }
}

fn report(rows: &[Row], faults: &[String], screen: &mut Screen) {
    screen.line("");
    screen.line(table::shown(rows).trim_end());
    screen.line("");
    for fault in faults {
        screen.bad(fault);
    }
    if faults.is_empty() {
        screen.good("everything is proven");
    } else if faults.iter().any(|fault| fault.contains("ON THE STUB")) {
        screen.line("if that commit has your own work, take the stubs from another: --stubs REV");
    }
}

impl Row {
    fn count(&mut self, proof: &Proof<'_>, faults: usize) {
        match &proof.subject {
            Subject::Stub => self.red = self.tests - faults.min(self.tests),
            Subject::Reference => self.green = self.tests - faults.min(self.tests),
            Subject::Wrong(..) => self.caught += usize::from(faults == 0),
        }
    }
}

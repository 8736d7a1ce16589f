//! The scratch workspace: a package for each proof.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Failure,
    book::{self, Book, Chapter},
    git,
    wrong::{Misfit, Wrong},
};

/// The code that a chapter's tests run against.
#[derive(Debug)]
pub(super) enum Subject<'a> {
    Stub,
    Reference,
    /// The reference with a mistake in it: the text of the file that holds it, or why it no longer fits.
    Wrong(&'a Wrong, Result<String, Failure>),
}

/// One package: the references of the chapters before, and the subject.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    pub(super) chapter: &'a Chapter,
    /// The names of the chapters before it.
    pub(super) before: Vec<String>,
    pub(super) subject: Subject<'a>,
}

impl Proof<'_> {
    pub(super) fn package(&self) -> String {
        match &self.subject {
            Subject::Stub => format!("{}-stub", self.chapter.id),
            Subject::Reference => format!("{}-reference", self.chapter.id),
            Subject::Wrong(wrong, _) => format!("{}-wrong-{}", self.chapter.id, wrong.name),
        }
    }

    pub(super) fn shown(&self) -> String {
        let id = &self.chapter.id;
        match &self.subject {
            Subject::Stub => format!("{id} the stub"),
            Subject::Reference => format!("{id} the reference"),
            Subject::Wrong(wrong, _) => format!("{id} wrong: {}, caught by {}", wrong.name, wrong.caught_by),
        }
    }

    /// Returns `true` if there is something to build.
    fn is_built(&self) -> bool {
        !matches!(self.subject, Subject::Wrong(_, Err(_)))
    }
}

/// Returns all proofs of these chapters.
pub(super) fn proofs<'a>(book: &'a Book, chapters: &[&'a Chapter]) -> Vec<Proof<'a>> {
    let mut proofs = Vec::new();
    for &chapter in chapters {
        let before = book.chapters.iter().take_while(|other| other.id != chapter.id);
        let before: Vec<String> = before.map(|other| other.name.clone()).collect();
        let wrong =
            chapter.wrong.iter().map(|wrong| Subject::Wrong(wrong, edited(book, chapter, &before, wrong)));
        let subjects = [Subject::Stub, Subject::Reference].into_iter().chain(wrong);
        proofs.extend(subjects.map(|subject| Proof { chapter, before: before.clone(), subject }));
    }
    proofs
}

/// Returns the file of the reference with the mistake in it, or why the mistake does not fit.
fn edited(book: &Book, chapter: &Chapter, before: &[String], wrong: &Wrong) -> Result<String, Failure> {
    let id = &chapter.id;
    let edit = format!("exercises/wrong/{id}/{}.edit", wrong.name);
    let file = &wrong.reference;
    let folder = file.split('/').next().unwrap_or_default();
    if folder != chapter.name && !before.iter().any(|name| name == folder) {
        return Err(format!("NO FILE OF {id} OR OF A CHAPTER BEFORE IT: {file}, in {edit}"));
    }
    let path = book.root.join("exercises/solutions/src").join(file);
    if !path.is_file() {
        return Err(format!("THE REFERENCE HAS NO FILE {file}, in {edit}"));
    }
    wrong.apply(&book::read(&path)?).map_err(|Misfit { line, old, got }| {
        format!(
            "THE MISTAKE NO LONGER FITS ITS REFERENCE: {id} {}
  edit      {edit}:{line}
  reference exercises/solutions/src/{file}
  lines     {}
  expected  once
  got       {got}",
            wrong.name,
            old.join("\n            ")
        )
    })
}

/// Writes the workspace and returns its folder. Does not touch unchanged files, so that they are not built again.
pub(super) fn make(book: &Book, proofs: &[Proof<'_>], stubs: &str) -> Result<PathBuf, Failure> {
    let scratch = book.root.join("target/workbook-verify");
    let lock = book::read(&book.root.join("Cargo.lock"))?;
    update(&scratch.join("Cargo.lock"), &lock)?;
    update(&scratch.join("Cargo.toml"), &workspace_manifest(book, proofs)?)?;
    for proof in proofs.iter().filter(|proof| proof.is_built()) {
        let package = scratch.join(proof.package());
        update(&package.join("Cargo.toml"), &package_manifest(book, proof)?)?;
        sources(book, proof, stubs, &package.join("src"))?;
    }
    Ok(scratch)
}

fn workspace_manifest(book: &Book, proofs: &[Proof<'_>]) -> Result<String, Failure> {
    let manifest = book::read(&book.root.join("Cargo.toml"))?;
    let built = proofs.iter().filter(|proof| proof.is_built());
    let members: Vec<String> = built.map(|proof| format!("\"{}\"", proof.package())).collect();
    let package = section(&manifest, "[workspace.package]");
    let dependencies = section(&manifest, "[workspace.dependencies]");
    let dependencies = dependencies.replace("path = \"", &format!("path = \"{}/", book::shown(&book.root)));
    Ok(format!(
        "[workspace]\nmembers = [{}]\nresolver = \"3\"\n\n{package}\n{dependencies}\n\
         [profile.dev]\ndebug = false\nincremental = false\n",
        members.join(", ")
    ))
}

fn package_manifest(book: &Book, proof: &Proof<'_>) -> Result<String, Failure> {
    let manifest = |file: &str| book::read(&book.root.join(file));
    let dependencies = section(&manifest("exercises/solutions/Cargo.toml")?, "[dependencies]");
    let for_tests = section(&manifest("exercises/Cargo.toml")?, "[dev-dependencies]");
    let dependencies = dependencies + &for_tests;
    let (root, test) = (book::shown(&book.root), &proof.chapter.name);
    let dependencies = dependencies.replace("path = \"", &format!("path = \"{root}/exercises/solutions/"));
    Ok(format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition.workspace = true\nautotests = false\n\n\
         [lib]\nname = \"workbook\"\n\n\
         [[test]]\nname = \"{test}\"\npath = \"{root}/exercises/tests/{test}.rs\"\n\n{dependencies}",
        proof.package()
    ))
}

/// Writes `lib.rs` and the files that it needs.
fn sources(book: &Book, proof: &Proof<'_>, stubs: &str, folder: &Path) -> Result<(), Failure> {
    let name = &proof.chapter.name;
    let mut lib = String::from("#![allow(warnings)]\n");
    let mut add = |name: &str, file: &str| lib += &format!("#[path = \"{file}\"]\npub mod {name};\n");
    let references = book.root.join("exercises/solutions/src");
    let reference = |folder: &Path, name: &str| book::shown(&folder.join(name).join("mod.rs"));
    if let Subject::Wrong(wrong, edited) = &proof.subject {
        let place = folder.join(&wrong.reference);
        for name in proof.before.iter().chain([name]) {
            copy(&references.join(name), &folder.join(name), &place)?;
            add(name, &reference(Path::new(""), name));
        }
        update(&place, edited.as_ref().map_err(Failure::clone)?)?;
    } else {
        proof.before.iter().for_each(|name| add(name, &reference(&references, name)));
    }
    match proof.subject {
        Subject::Wrong(..) => {}
        Subject::Reference => add(name, &reference(&references, name)),
        Subject::Stub => {
            for name in ["exercise", name] {
                let stub = git::show(&book.root, stubs, &format!("exercises/src/{name}.rs"))?;
                update(&folder.join(name).with_extension("rs"), &stub)?;
            }
            add(name, &format!("{name}.rs"));
            lib.insert_str(lib.find('\n').map_or(0, |end| end + 1), "#[macro_use]\nmod exercise;\n");
        }
    }
    update(&folder.join("lib.rs"), &lib)
}

/// Copies a reference's files, except the one that is replaced.
fn copy(from: &Path, to: &Path, but: &Path) -> Result<(), Failure> {
    for file in book::sources(from)? {
        let copy = to.join(file.strip_prefix(from).unwrap_or(&file));
        if copy != but {
            update(&copy, &book::read(&file)?)?;
        }
    }
    Ok(())
}

/// Writes a file, unless it has this text already.
fn update(file: &Path, text: &str) -> Result<(), Failure> {
    if fs::read_to_string(file).is_ok_and(|own| own == text) { Ok(()) } else { book::write(file, text) }
}

/// Returns a section of a manifest, with its heading; empty if there is none.
fn section(manifest: &str, heading: &str) -> String {
    let mut lines = manifest.lines().skip_while(|line| *line != heading);
    let Some(first) = lines.next() else { return String::new() };
    let rest = lines.take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty());
    [first].into_iter().chain(rest).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let manifest = "[a]\nx = 1\n\ny = 2\n\n[b]\nz = 3\n";
        assert_eq!(section(manifest, "[a]"), "[a]\nx = 1\ny = 2\n");
        assert_eq!(section(manifest, "[b]"), "[b]\nz = 3\n");
        assert_eq!(section(manifest, "[c]"), "");
    }

    /// Makes a mistake of chapter 02 in this file of the reference.
    fn edited_in(file: &str, hunks: &str) -> Result<String, Failure> {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        let text = format!("caught-by: t02_nothing_yet\nin: {file}\nwhy: It is shorter.\n\n{hunks}");
        let wrong = Wrong::parse("hasty", "hasty.edit", &text).expect("an edit");
        edited(&book, book.chapter("ch02").expect("a chapter"), &["ch01_request_head".into()], &wrong)
    }

    #[test]
    fn a_mistake_is_in_a_file_that_the_chapter_uses() {
        let edited = edited_in("ch01_request_head/lines.rs", "-use super::ParseError;\n+use super::Other;\n");
        assert!(edited.is_ok_and(|text| text.starts_with("use super::Other;\n\n")));
        assert_eq!(
            edited_in("ch03_connection/mod.rs", "-one\n").unwrap_err(),
            "NO FILE OF ch02 OR OF A CHAPTER BEFORE IT: ch03_connection/mod.rs, in exercises/wrong/ch02/hasty.edit"
        );
        assert_eq!(
            edited_in("lines.rs", "-one\n").unwrap_err(),
            "NO FILE OF ch02 OR OF A CHAPTER BEFORE IT: lines.rs, in exercises/wrong/ch02/hasty.edit"
        );
        assert_eq!(
            edited_in("ch01_request_head/line.rs", "-one\n").unwrap_err(),
            "THE REFERENCE HAS NO FILE ch01_request_head/line.rs, in exercises/wrong/ch02/hasty.edit"
        );
    }

    #[test]
    fn a_mistake_that_no_longer_fits_is_shown_with_its_lines() {
        assert_eq!(
            edited_in("ch01_request_head/lines.rs", "-use super::ParseError;\n-one\n").unwrap_err(),
            "THE MISTAKE NO LONGER FITS ITS REFERENCE: ch02 hasty
  edit      exercises/wrong/ch02/hasty.edit:5
  reference exercises/solutions/src/ch01_request_head/lines.rs
  lines     use super::ParseError;
            one
  expected  once
  got       0 times"
        );
    }

    #[test]
    fn each_mistake_fits_its_reference() {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        let chapters: Vec<&Chapter> = book.chapters.iter().collect();
        for proof in proofs(&book, &chapters) {
            if let Subject::Wrong(_, Err(misfit)) = proof.subject {
                panic!("{misfit}");
            }
        }
    }
}

use std::process::Command;

use crate::{
    Failure,
    book::{self, Book},
    cargo, git,
    screen::Screen,
};

/// Shows what is installed, and what is missing.
pub(super) fn run(book: &Book, screen: &mut Screen) -> Result<bool, Failure> {
    let manifest = book::read(&book.root.join("Cargo.toml"))?;
    let wanted = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    let wanted = wanted.unwrap_or("1.85");
    let rustc = version(Command::new("rustc").arg("--version"));
    let is_new_enough =
        rustc.as_deref().and_then(minor).zip(minor(wanted)).is_some_and(|(own, least)| own >= least);

    let mut doctor = Doctor { screen, healthy: true };
    doctor.says(
        is_new_enough,
        "rustc",
        rustc.as_deref(),
        &format!("Rust {wanted} or later: https://rustup.rs"),
    );
    let own = version(cargo::cargo(&book.root).arg("--version"));
    doctor.says(own.is_some(), "cargo", own.as_deref(), "it comes with Rust");
    let own = version(Command::new("git").arg("--version"));
    doctor.says(own.is_some(), "git", own.as_deref(), "`reset` and `verify` need it: https://git-scm.com");
    let commit = git::commit(&book.root, "HEAD").ok();
    doctor.says(
        commit.is_some(),
        "commit",
        commit.as_deref(),
        "`reset` and `verify` need a clone, not a download",
    );
    let folder = Some(book::shown(&book.root));
    doctor.says(true, "folder", folder.as_deref(), "");
    let chapters = format!("{}, {} of them given", book.chapters.len(), book.given.len());
    doctor.says(true, "chapters", Some(&chapters), "");
    Ok(doctor.healthy)
}

struct Doctor<'a> {
    screen: &'a mut Screen,
    healthy: bool,
}

impl Doctor<'_> {
    fn says(&mut self, good: bool, what: &str, found: Option<&str>, cure: &str) {
        let found = found.unwrap_or("not found");
        if good {
            self.screen.line(&format!("good     {what:<9} {found}"));
        } else {
            self.screen.bad(&format!("missing  {what:<9} {found}; {cure}"));
            self.healthy = false;
        }
    }
}

fn version(command: &mut Command) -> Option<String> {
    let output = command.output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Returns the minor version of Rust in `rustc 1.85.0 (...)` or in `1.85`.
fn minor(text: &str) -> Option<u32> {
    let (_, after) = text.split_once("1.")?;
    after.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(minor("rustc 1.95.0 (59807616e 2026-04-14)"), Some(95));
        assert_eq!(minor("1.85"), Some(85));
        assert_eq!(minor("rustc"), None);
    }
}

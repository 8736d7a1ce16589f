//! What the repository remembers.

use std::{path::Path, process::Command};

use crate::Failure;

/// The output of git in this folder.
fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git").args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("git does not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n"))
    } else {
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// A file (its path from the root, with forward slashes) as a commit has it.
pub(crate) fn show(root: &Path, revision: &str, file: &str) -> Result<String, Failure> {
    git(root, &["show", &format!("{revision}:{file}")])
}

/// The short name of a commit.
pub(crate) fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    git(root, &["rev-parse", "--short", "--verify", revision]).map(|name| name.trim().to_owned())
}

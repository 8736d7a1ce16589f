//! Reads from the repository's history.

use std::{path::Path, process::Command};

use crate::Failure;

/// Runs git in this folder and returns its output.
fn git(root: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git").args(arguments).current_dir(root).output();
    let output = output.map_err(|error| format!("git does not start: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n"))
    } else {
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Returns a file of a commit. The path is relative to the root, with forward slashes.
pub(crate) fn show(root: &Path, revision: &str, file: &str) -> Result<String, Failure> {
    git(root, &["show", &format!("{revision}:{file}")])
}

/// Returns the short name of a commit.
pub(crate) fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    git(root, &["rev-parse", "--short", "--verify", revision]).map(|name| name.trim().to_owned())
}

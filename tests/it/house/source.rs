//! The files of the repository, and their text with and without comments.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns whether this is what `cargo package` made: it has no repository around it, and less in it.
pub(crate) fn is_packaged() -> bool {
    ["Cargo.toml.orig", ".cargo_vcs_info.json"].iter().any(|name| root().join(name).exists())
}

/// Returns the paths of all tracked files, relative to the root.
///
/// Untracked files (notes, logs, an editor's folder) are left out. A package and an unpacked archive have no
/// repository: there all files count, but for `target`.
pub(super) fn tracked() -> Vec<String> {
    if is_packaged() || !root().join(".git").exists() {
        let mut files = Vec::new();
        walk(root(), &mut files);
        return files;
    }
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = listed.expect("git is installed: these rules are about tracked files");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("names in UTF-8");
    let names = names.split('\0').filter(|name| !name.is_empty() && root().join(name).exists());
    names.map(str::to_owned).collect()
}

fn walk(folder: &Path, files: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path == root().join("target") {
            continue;
        }
        if path.is_dir() {
            walk(&path, files);
        } else {
            let name = path.strip_prefix(root()).unwrap().to_str().expect("a name in UTF-8");
            files.push(name.replace('\\', "/"));
        }
    }
}

/// A Rust file of the repository.
pub(crate) struct Source {
    /// Its path from the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Returns all tracked Rust files below one of these folders.
pub(crate) fn rust_files(folders: &[&str]) -> Vec<Source> {
    let files = tracked().into_iter().filter(|path| path.ends_with(".rs"));
    let files = files.filter(|path| folders.iter().any(|folder| path.starts_with(folder)));
    let sources: Vec<Source> =
        files.map(|path| Source { text: fs::read_to_string(root().join(&path)).unwrap(), path }).collect();
    assert!(!sources.is_empty(), "no Rust file below {folders:?}");
    sources
}

/// Returns a source without comments, texts and unit tests; its lines stay where they are.
pub(super) fn code_of(text: &str) -> String {
    let code = without_comments(text);
    let tests = code.find("#[cfg(test)]\nmod tests {").unwrap_or(code.len());
    code[..tests].to_owned()
}

fn without_comments(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let (mut code, mut at) = (String::new(), 0);
    while at < letters.len() {
        let end = match letters[at..] {
            ['/', '/', ..] => end_of_line(&letters, at),
            ['/', '*', ..] => end_of_comment(&letters, at),
            ['"', ..] => end_of_text(&letters, at),
            ['r', '"' | '#', ..] if !is_word_before(&letters, at) => end_of_raw_text(&letters, at),
            ['\'', '\\', ..] => end_of_char(&letters, at),
            ['\'', _, '\'', ..] => at + 3,
            _ => at,
        };
        if end == at {
            code.push(letters[at]);
            at += 1;
        } else {
            code.extend(letters[at..end].iter().filter(|letter| **letter == '\n'));
            at = end;
        }
    }
    code
}

fn is_word_before(letters: &[char], at: usize) -> bool {
    at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_')
}

fn end_of_line(letters: &[char], at: usize) -> usize {
    letters[at..].iter().position(|letter| *letter == '\n').map_or(letters.len(), |length| at + length)
}

fn end_of_comment(letters: &[char], mut at: usize) -> usize {
    let mut depth = 0;
    while at < letters.len() {
        match letters[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth == 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    at
}

fn end_of_text(letters: &[char], mut at: usize) -> usize {
    at += 1;
    while at < letters.len() && letters[at] != '"' {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(letters.len())
}

fn end_of_char(letters: &[char], at: usize) -> usize {
    letters[at + 2..].iter().skip(1).position(|letter| *letter == '\'').map_or(at, |length| at + length + 4)
}

/// The end of `r"..."`, `r#"..."#`; `at` itself for `r#name`.
fn end_of_raw_text(letters: &[char], at: usize) -> usize {
    let hashes = letters[at + 1..].iter().take_while(|letter| **letter == '#').count();
    let begin = at + 1 + hashes;
    if letters.get(begin) != Some(&'"') {
        return at;
    }
    let closing: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let inside = letters[begin + 1..].windows(closing.len()).position(|window| window == closing);
    inside.map_or(letters.len(), |length| begin + 1 + length + closing.len())
}

#[test]
fn comments_and_texts_are_no_code() {
    for (text, code) in [
        ("a // b\nc", "a \nc"),
        ("a /* b /* c */ d */ e", "a  e"),
        (r#"a("b // \" c")d"#, "a()d"),
        ("a(r#\"b\n\"c\"#)d", "a(\n)d"),
        ("r#type + for_r\"x\"", "r#type + for_r"),
        ("('\"', '\\'', '\\u{1}', 'a)", "(, , , 'a)"),
        ("use a;\n#[cfg(test)]\nmod tests {\n use b;\n}", "use a;\n"),
    ] {
        assert_eq!(code_of(text), code, "{text}");
    }
}

#[test]
fn what_git_does_not_track_is_not_looked_at() {
    let tracked = tracked();
    assert!(tracked.iter().any(|path| path == "src/lib.rs"));
    assert!(!tracked.iter().any(|path| path.starts_with("target/")));
}

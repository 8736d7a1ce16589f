//! How the first line of a doc comment begins, since rustdoc's lists show it alone.

use super::source::{Source, rust_files};

/// How no first line begins: it would lean on another text, or be no sentence.
const NOT_ALONE: [&str; 6] = ["The same", "As [", "What", "Who", "Whether", "Besides"];

/// Words that end in `s` and are no verb, or no verb that says what a function does.
const NO_VERBS: [&str; 24] = [
    "Access",
    "Address",
    "Addresses",
    "Always",
    "As",
    "Bytes",
    "Class",
    "Events",
    "Hosts",
    "Is",
    "Its",
    "Less",
    "Lines",
    "Nanos",
    "Packets",
    "Process",
    "Progress",
    "Seconds",
    "Sockets",
    "Tasks",
    "This",
    "Thus",
    "Timers",
    "Was",
];

/// Public functions whose first line begins otherwise, with the reason.
const EXCEPTIONS: [(&str, &str); 0] = [];

/// A doc comment: where it stands, its first line, and the line of code below it.
#[derive(Debug)]
struct Doc<'a> {
    line: usize,
    first: &'a str,
    /// The first line of the item; `None` for the head of a file.
    item: Option<&'a str>,
    /// Whether the item stands in a public trait.
    is_in_trait: bool,
}

fn docs(text: &str) -> Vec<Doc<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut docs = Vec::new();
    let head = lines.iter().position(|line| line.starts_with("//! "));
    docs.extend(head.map(|at| Doc { line: at + 1, first: &lines[at][4..], item: None, is_in_trait: false }));
    let mut trait_indent = None;
    let mut at = 0;
    while at < lines.len() {
        let (trimmed, indent) = (lines[at].trim_start(), lines[at].len() - lines[at].trim_start().len());
        if trimmed.starts_with("pub trait ") {
            trait_indent = Some(indent);
        } else if trimmed == "}" && trait_indent == Some(indent) {
            trait_indent = None;
        }
        if let Some(first) = trimmed.strip_prefix("/// ") {
            let begin = at;
            at = skip_docs_and_attributes(&lines, at);
            let item = lines.get(at).map(|line| line.trim_start());
            docs.push(Doc { line: begin + 1, first, item, is_in_trait: trait_indent.is_some() });
        } else {
            at += 1;
        }
    }
    docs
}

/// The line of the item that these docs belong to.
fn skip_docs_and_attributes(lines: &[&str], mut at: usize) -> usize {
    let mut depth = 0;
    while let Some(line) = lines.get(at).map(|line| line.trim_start()) {
        if depth == 0 && !line.starts_with("//") && !line.starts_with("#[") {
            break;
        }
        if !line.starts_with("//") {
            depth += line.matches(['[', '(']).count();
            depth -= line.matches([']', ')']).count().min(depth);
        }
        at += 1;
    }
    at
}

impl Doc<'_> {
    /// Returns the name of the function, if this is about a public one.
    fn function(&self) -> Option<&str> {
        let item = self.item?;
        let after = match item.strip_prefix("pub ") {
            Some(after) => after,
            None if self.is_in_trait => item,
            None => return None,
        };
        let mut words = after
            .split(' ')
            .skip_while(|word| ["async", "const", "unsafe", "extern", "\"C\""].contains(word));
        (words.next()? == "fn").then(|| words.next())??.split(['(', '<']).next()
    }

    /// Returns what is wrong with the first line.
    fn fault(&self) -> Option<String> {
        if let Some(begin) = NOT_ALONE.iter().find(|begin| begins_with(self.first, begin)) {
            return Some(format!("begins with {begin:?}: {}", self.first));
        }
        let function = self.function()?;
        let verb = self.first.split([' ', ',', '.', ':']).next().unwrap_or("");
        let is_verb = verb.starts_with(char::is_uppercase)
            && verb.ends_with('s')
            && verb.chars().all(char::is_alphabetic)
            && !NO_VERBS.contains(&verb);
        (!is_verb).then(|| format!("`{function}` does not begin with a verb: {}", self.first))
    }
}

/// Whether a line begins with these words, and not with a longer one.
fn begins_with(line: &str, begin: &str) -> bool {
    line.strip_prefix(begin)
        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric) || begin.ends_with('['))
}

fn faults(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for Source { path, text } in sources {
        for doc in docs(text) {
            let name = doc.function().map(|name| format!("{path}::{name}"));
            let is_exception = |(known, _): &(&str, &str)| Some(*known) == name.as_deref();
            if let Some(fault) = doc.fault().filter(|_| !EXCEPTIONS.iter().any(is_exception)) {
                faults.push(format!("{path}:{} {fault}", doc.line));
            }
        }
    }
    faults
}

#[test]
fn first_lines_stand_alone_and_functions_begin_with_a_verb() {
    let mut sources = rust_files(&["src/", "crates/"]);
    sources.retain(|source| !source.path.starts_with("crates/system/") && source.path.contains("src/"));
    let faults = faults(&sources);
    assert!(faults.is_empty(), "{} first lines:\n{}", faults.len(), faults.join("\n"));
}

fn faults_of(text: &str) -> Vec<String> {
    faults(&[Source { path: "a.rs".into(), text: text.into() }])
}

#[test]
fn a_first_line_that_does_not_stand_alone_is_found() {
    for (begin, word) in [
        ("The same, later.", "The same"),
        ("As [`f`], later.", "As ["),
        ("What came.", "What"),
        ("Who waits.", "Who"),
        ("Whether it waits.", "Whether"),
        ("Besides.", "Besides"),
    ] {
        let line = format!("/// {begin}\n/// More.\nstruct S;\n");
        assert_eq!(faults_of(&line), [format!("a.rs:1 begins with {word:?}: {begin}")]);
        assert_eq!(faults_of(&format!("//! {begin}\n")).len(), 1, "{begin}");
    }
    assert_eq!(faults_of("/// Whatever it is.\nstruct S;\n"), [""; 0]);
}

#[test]
fn a_public_function_that_begins_without_a_verb_is_found() {
    let fault = ["a.rs:1 `f` does not begin with a verb: The bytes."];
    for item in [
        "pub fn f() {}",
        "pub async fn f() {}",
        "pub const fn f<T>() {}",
        "#[must_use]\npub fn f() {}",
        "#[expect(\n    lint,\n    reason = \"r\"\n)]\n// why\npub fn f() {}",
    ] {
        assert_eq!(faults_of(&format!("/// The bytes.\n{item}\n")), fault, "{item}");
        assert_eq!(faults_of(&format!("/// Returns the bytes.\n{item}\n")), [""; 0], "{item}");
    }
    assert_eq!(faults_of("/// The bytes.\nfn f() {}\n/// The bytes.\npub(crate) fn g() {}\n"), [""; 0]);
    let of_trait =
        "/// A trait.\npub trait T {\n    /// The bytes.\n    fn f();\n}\n/// The bytes.\nfn g() {}\n";
    assert_eq!(faults_of(of_trait), ["a.rs:3 `f` does not begin with a verb: The bytes."]);
    for begin in ["This f", "Is f", "Bytes", "returns f", "`f` is", "Return f"] {
        assert_eq!(faults_of(&format!("/// {begin}\npub fn f() {{}}\n")).len(), 1, "{begin}");
    }
}

//! The workbook on the disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Failure,
    page::{self, Page},
    wrong::Wrong,
};

/// The workbook of one clone.
#[derive(Debug)]
pub(crate) struct Book {
    /// The folder of the clone.
    pub(crate) root: PathBuf,
    /// The chapters, in their order.
    pub(crate) chapters: Vec<Chapter>,
    /// The chapters that the reference replaces: `ch01`.
    pub(crate) given: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Chapter {
    /// `ch01`
    pub(crate) id: String,
    /// `ch01_request_head`: the name of its module, of its tests and of its page.
    pub(crate) name: String,
    pub(crate) page: Page,
    pub(crate) tests: Vec<Test>,
    pub(crate) wrong: Vec<Wrong>,
}

/// A given test, as written in its file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From its comment to its closing brace.
    pub(crate) source: String,
}

impl Book {
    /// Finds the clone around `here`, and reads it.
    pub(crate) fn open(here: &Path) -> Result<Self, Failure> {
        let is_root =
            |folder: &&Path| folder.join("exercises/runner").is_dir() && folder.join("Cargo.toml").is_file();
        let root = here
            .ancestors()
            .find(is_root)
            .ok_or("this is not inside a clone of the workbook's repository")?;
        let mut chapters = Vec::new();
        for file in files(&root.join("exercises/tests"), "rs")? {
            let name = stem(&file);
            if is_chapter(&name) {
                chapters.push(Chapter::read(root, name)?);
            }
        }
        for id in folders(&root.join("exercises/wrong"))? {
            if !chapters.iter().any(|chapter| chapter.id == id) {
                return Err(format!("exercises/wrong/{id}: there is no chapter {id}"));
            }
        }
        let given = given(&read(&root.join("exercises/Cargo.toml"))?);
        Ok(Self { root: root.to_owned(), chapters, given })
    }

    pub(crate) fn chapter(&self, id: &str) -> Result<&Chapter, Failure> {
        let known = || self.chapters.iter().map(|chapter| chapter.id.as_str()).collect::<Vec<_>>().join(", ");
        self.chapters
            .iter()
            .find(|chapter| chapter.id == id)
            .ok_or_else(|| format!("there is no chapter {id}: there are {}", known()))
    }

    pub(crate) fn is_given(&self, chapter: &Chapter) -> bool {
        self.given.contains(&chapter.id)
    }
}

impl Chapter {
    fn read(root: &Path, name: String) -> Result<Self, Failure> {
        let id = name[..4].to_owned();
        let in_page = |error| format!("exercises/chapters/{name}.md: {error}");
        let page =
            page::parse(&read(&root.join(format!("exercises/chapters/{name}.md")))?).map_err(in_page)?;
        let tests = tests(&read(&root.join(format!("exercises/tests/{name}.rs")))?);
        let folder = root.join("exercises/wrong").join(&id);
        if let Some(file) = files(&folder, "rs")?.first() {
            let file = file.file_name().unwrap_or_default().to_string_lossy();
            return Err(format!("exercises/wrong/{id}/{file}: a wrong solution is an edit, `<name>.edit`"));
        }
        let mut wrong = Vec::new();
        for file in files(&folder, "edit")? {
            let name = stem(&file);
            wrong.push(Wrong::parse(&name, &format!("exercises/wrong/{id}/{name}.edit"), &read(&file)?)?);
        }
        Ok(Self { id, name, page, tests, wrong })
    }

    /// Returns the learner's file, relative to the root of the clone.
    pub(crate) fn stub(&self) -> String {
        format!("exercises/src/{}.rs", self.name)
    }

    pub(crate) fn tests_file(&self) -> String {
        format!("exercises/tests/{}.rs", self.name)
    }

    pub(crate) fn solution(&self) -> String {
        format!("exercises/solutions/src/{}", self.name)
    }

    pub(crate) fn test(&self, name: &str) -> Option<&Test> {
        self.tests.iter().find(|test| test.name == name)
    }
}

fn is_chapter(name: &str) -> bool {
    let bytes = name.as_bytes();
    matches!(bytes, [b'c', b'h', tens, ones, b'_', ..] if tens.is_ascii_digit() && ones.is_ascii_digit())
}

/// Returns the given tests of a file, in their order.
fn tests(source: &str) -> Vec<Test> {
    let lines: Vec<&str> = source.lines().collect();
    let mut tests = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let name = line.strip_prefix("fn ").and_then(|rest| rest.split('(').next());
        let Some(name) = name.filter(|_| index > 0 && lines[index - 1] == "#[test]") else { continue };
        let comment = lines[..index - 1].iter().rev().take_while(|line| line.starts_with("///")).count();
        let end =
            lines[index..].iter().position(|line| *line == "}").map_or(lines.len(), |end| index + end + 1);
        let source = lines[index - 1 - comment..end].join("\n");
        tests.push(Test { name: name.to_owned(), line: index + 1, source });
    }
    tests
}

/// Returns the chapters of the line `given = ["given-ch01"]`.
fn given(manifest: &str) -> Vec<String> {
    let line = manifest.lines().find(|line| line.starts_with("given = ")).unwrap_or("");
    line.split('"').filter_map(|part| part.strip_prefix("given-")).map(str::to_owned).collect()
}

/// Returns the manifest with other chapters given.
pub(crate) fn with_given(manifest: &str, given: &[String]) -> String {
    let list: Vec<String> = given.iter().map(|chapter| format!("\"given-{chapter}\"")).collect();
    let own = format!("given = [{}]", list.join(", "));
    let lines = manifest.lines().map(|line| if line.starts_with("given = ") { own.as_str() } else { line });
    lines.map(|line| format!("{line}\n")).collect()
}

/// Returns the files of a folder with this extension, sorted by name; none if there is no folder.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, Failure> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", shown(folder)))?.path();
        if path.is_file() && path.extension().is_some_and(|own| own == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns the names of the folders in a folder, sorted; none if there is no folder.
fn folders(folder: &Path) -> Result<Vec<String>, Failure> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", shown(folder)))?.path();
        if path.is_dir() {
            names.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Returns the Rust files of a reference: `mod.rs` first, then those of its folders.
pub(crate) fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut sources = files(folder, "rs")?;
    sources.sort_by_key(|file| !file.ends_with("mod.rs"));
    let mut folders: Vec<PathBuf> =
        fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    for folder in folders {
        sources.extend(self::sources(&folder)?);
    }
    Ok(sources)
}

pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    // A checkout on Windows may have changed the line ends.
    fs::read_to_string(file)
        .map(|text| text.replace("\r\n", "\n"))
        .map_err(|error| format!("{}: {error}", shown(file)))
}

pub(crate) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let parent = file.parent().map_or(Ok(()), fs::create_dir_all);
    parent.and_then(|()| fs::write(file, text)).map_err(|error| format!("{}: {error}", shown(file)))
}

/// Formats a path with forward slashes, on every system.
pub(crate) fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}

fn stem(file: &Path) -> String {
    file.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str =
        "[features]\n# Written by skip.\ngiven = [\"given-ch01\", \"given-ch03\"]\ngiven-ch01 = []\n";

    #[test]
    fn a_test_has_its_line_and_its_source() {
        let source = "fn helper() {\n}\n\n/// Why.\n/// More.\n#[test]\nfn t01_a() {\n    x();\n}\n\n#[test]\nfn t02_b() {\n}\n";
        let first = Test {
            name: "t01_a".into(),
            line: 7,
            source: "/// Why.\n/// More.\n#[test]\nfn t01_a() {\n    x();\n}".into(),
        };
        let second = Test { name: "t02_b".into(), line: 12, source: "#[test]\nfn t02_b() {\n}".into() };
        assert_eq!(tests(source), vec![first, second]);
    }

    #[test]
    fn given_chapters_are_read_and_written() {
        assert_eq!(given(MANIFEST), ["ch01", "ch03"]);
        assert_eq!(with_given(MANIFEST, &["ch01".into(), "ch03".into()]), MANIFEST);
        let none = with_given(MANIFEST, &[]);
        assert_eq!(none, "[features]\n# Written by skip.\ngiven = []\ngiven-ch01 = []\n");
        assert_eq!(given(&none), [""; 0]);
    }

    #[test]
    fn the_sources_of_a_reference_begin_with_its_module() {
        let solutions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../solutions");
        let sources = sources(&solutions.join("src")).expect("sources");
        let shown: Vec<String> =
            sources.iter().map(|file| shown(file.strip_prefix(&solutions).expect("inside"))).collect();
        let first = shown.iter().position(|file| file.starts_with("src/ch01")).expect("a first chapter");
        let start = ["src/ch01_request_head/mod.rs", "src/ch01_request_head/bytes.rs"];
        assert_eq!(shown[first..first + 2], start);
    }

    #[test]
    fn only_chapters_are_chapters() {
        assert!(is_chapter("ch01_request_head"));
        assert!(!is_chapter("ch1_request_head") && !is_chapter("chapter") && !is_chapter("ch01"));
    }

    #[test]
    fn this_repository_is_a_book() {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        let first = book.chapter("ch01").expect("a first chapter");
        assert_eq!((first.name.as_str(), first.page.title.as_str()), ("ch01_request_head", "Request head"));
        assert_eq!(first.test("t01_request_line").map(|test| test.name.as_str()), Some("t01_request_line"));
        let unknown = book.chapter("ch99").map(|_| ()).unwrap_err();
        assert!(unknown.starts_with("there is no chapter ch99: there are ch01, ch02"), "{unknown}");
    }
}

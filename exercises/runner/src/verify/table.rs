//! The table of the proofs, as in `exercises/README.md`.

use crate::book::Chapter;

/// The proven numbers of one chapter.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    chapter: String,
    pub(super) tests: usize,
    wrong: usize,
    pub(super) red: usize,
    pub(super) green: usize,
    pub(super) caught: usize,
}

impl Row {
    /// Creates the row of a chapter before its proofs.
    pub(crate) fn of(chapter: &Chapter) -> Self {
        let name = format!("{} {}", chapter.id, chapter.page.title.to_lowercase());
        Self {
            chapter: name,
            tests: chapter.tests.len(),
            wrong: chapter.wrong.len(),
            red: 0,
            green: 0,
            caught: 0,
        }
    }
}

/// Formats the table in Markdown.
pub(crate) fn shown(rows: &[Row]) -> String {
    let mut lines = vec![
        "| chapter | given tests | red on the stub | green on the reference | wrong solutions caught |"
            .to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for Row { chapter, tests, wrong, red, green, caught } in rows {
        lines.push(format!("| {chapter} | {tests} | {red} | {green} | {caught} of {wrong} |"));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::book::{self, Book};

    #[test]
    fn the_readme_holds_the_table_of_the_proofs() {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        let all_proven = |chapter| {
            let row = Row::of(chapter);
            Row { red: row.tests, green: row.tests, caught: row.wrong, ..row }
        };
        let table = shown(&book.chapters.iter().map(all_proven).collect::<Vec<_>>());
        let readme = book::read(&book.root.join("exercises/README.md")).expect("a README");
        assert!(readme.contains(&table), "exercises/README.md should hold this table:\n\n{table}");
    }

    #[test]
    fn each_chapter_has_what_a_chapter_needs() {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        for chapter in &book.chapters {
            let id = &chapter.id;
            assert_eq!(chapter.page.hints.len(), 3, "{id}: a nudge, the approach, nearly the answer");
            assert!(chapter.wrong.len() >= 4, "{id} has {} wrong solutions", chapter.wrong.len());
            assert!((10..=25).contains(&chapter.tests.len()), "{id} has {} tests", chapter.tests.len());
            for (index, test) in chapter.tests.iter().enumerate() {
                let number = format!("t{:02}_", index + 1);
                assert!(test.name.starts_with(&number), "{id}: {} is not {number}..", test.name);
                assert!(test.source.starts_with("/// "), "{id}: {} has no comment that says why", test.name);
            }
        }
    }

    #[test]
    fn each_chapter_is_in_every_list() {
        let book = Book::open(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("a book");
        let read = |file: &str| book::read(&book.root.join(file)).expect("a file of the book");
        let (stubs, lib) = (read("exercises/Cargo.toml"), read("exercises/src/lib.rs"));
        let (solutions, solutions_lib) =
            (read("exercises/solutions/Cargo.toml"), read("exercises/solutions/src/lib.rs"));
        let readme = read("exercises/README.md");
        for chapter in &book.chapters {
            let (id, name) = (&chapter.id, &chapter.name);
            let entry = format!("[[test]]\nname = \"{name}\"\nrequired-features = [\"{id}\"]\n");
            assert!(stubs.contains(&entry), "exercises/Cargo.toml: {entry}");
            let given = format!("\ngiven-{id} = []\n");
            assert!(stubs.contains(&given), "exercises/Cargo.toml: {given}");
            let module = format!(
                "#[cfg(feature = \"{id}\")]\n#[cfg_attr(feature = \"given-{id}\", path = \"../solutions/src/{name}/mod.rs\")]\npub mod {name};\n"
            );
            assert!(lib.contains(&module), "exercises/src/lib.rs: {module}");
            let entry = format!("[[test]]\nname = \"{name}\"\npath = \"../tests/{name}.rs\"\n");
            assert!(solutions.contains(&entry), "exercises/solutions/Cargo.toml: {entry}");
            assert!(
                solutions_lib.contains(&format!("pub mod {name};\n")),
                "exercises/solutions/src/lib.rs: {name}"
            );
            let start = format!("| {id} | [{}](chapters/{name}.md) | ", chapter.page.title);
            let end = format!(" | {} | {} |", chapter.tests.len(), chapter.page.minutes);
            let in_map = readme.lines().any(|line| line.starts_with(&start) && line.ends_with(&end));
            assert!(in_map, "exercises/README.md: {start}..{end}");
            let page = read(&format!("exercises/chapters/{name}.md"));
            assert!(page.contains("\n## Break it\n"), "exercises/chapters/{name}.md: ## Break it");
        }
    }
}

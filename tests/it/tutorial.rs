//! The tutorial as a book: its lists, links, figures and ends. Its code is run with the documentation's.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pretty_assertions::assert_eq;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The names of the files below a folder of the tutorial that end so, in order.
fn files(below: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder().join(below)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(ending));
    names.sort();
    names
}

fn chapters() -> Vec<String> {
    let mut names = files("", ".md");
    names.retain(|name| name.starts_with(|first: char| first.is_ascii_digit()));
    assert!(!names.is_empty());
    names
}

/// The text of a page without its blocks of code.
fn prose(page: &str) -> String {
    page.split("\n```").step_by(2).collect()
}

/// The links of a page, with their texts.
fn links(page: &str) -> Vec<(String, String)> {
    let prose = prose(page);
    let ends = prose.match_indices("](").map(|(at, _)| at);
    ends.map(|at| {
        let text = prose[..at].rsplit('[').next().unwrap().to_owned();
        let target = prose[at + 2..].split(')').next().unwrap().to_owned();
        (text, target)
    })
    .collect()
}

/// What is wrong with the links of a page that stands in the tutorial.
fn dead_links(page: &str) -> Vec<String> {
    let is_in_clone = folder().join("../exercises").is_dir(); // the published package has no workbook
    links(page)
        .into_iter()
        .map(|(_, target)| target)
        .filter(|target| !target.starts_with("https://"))
        .filter(|target| {
            is_in_clone || !target.starts_with("../exercises") && !target.starts_with("../crates")
        })
        .filter(|target| !folder().join(target).is_file())
        .collect()
}

#[test]
fn its_lists_are_its_chapters_in_their_order() {
    for list in ["README.md", "SUMMARY.md"] {
        let text = read(list);
        let list_alone = text.split("\n## ").next().unwrap(); // what follows may name chapters again
        let listed: Vec<(String, String)> = (links(list_alone).into_iter())
            .filter(|(_, target)| target != "README.md" && target != "GLOSSARY.md")
            .filter(|(_, target)| !target.starts_with("program-"))
            .collect();
        let chapters: Vec<(String, String)> = (chapters().into_iter().enumerate())
            .map(|(at, name)| {
                let chapter = read(&name);
                let title = chapter.lines().next().unwrap().strip_prefix("# ").unwrap();
                assert!(name.starts_with(&format!("{:02}-", at + 1)), "{name} is out of order");
                (title.strip_prefix(&format!("{}. ", at + 1)).expect("a number").to_owned(), name)
            })
            .collect();
        assert_eq!(listed, chapters, "{list}");
    }
}

/// The pages of the part *Programs*, which has no numbers.
fn programs() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("program-"))
        .collect();
    names.sort();
    names
}

#[test]
fn each_program_has_a_page_that_the_book_lists_by_its_title() {
    let summary = read("SUMMARY.md");
    let mut listed: Vec<_> =
        links(&summary).into_iter().filter(|(_, target)| target.starts_with("program-")).collect();
    listed.sort_by(|one, other| one.1.cmp(&other.1));
    assert_eq!(listed.iter().map(|(_, target)| target.clone()).collect::<Vec<_>>(), programs());
    for (title, page) in listed {
        let text = read(&page);
        let heading = text.lines().next().unwrap().strip_prefix("# Program: ").unwrap();
        assert_eq!(heading.to_lowercase(), title.to_lowercase(), "{page}");
    }
}

#[test]
fn the_glossary_explains_each_word_in_one_sentence_and_in_order() {
    let glossary = read("GLOSSARY.md");
    let rows = glossary.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| word "));
    let rows: Vec<Vec<&str>> =
        rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect()).collect();
    let words: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    for own in ["lane", "scenario", "segmentation", "settle", "transcript", "watch", "witness"] {
        assert!(words.contains(&own), "{own}");
    }
    assert!(words.is_sorted(), "{words:?}");
    for row in &rows {
        assert!(row[1].ends_with('.') && row[1].matches(". ").count() == 0, "one sentence: {row:?}");
    }
}

#[test]
fn its_code_is_run() {
    let library = fs::read_to_string(folder().join("../src/lib.rs")).unwrap();
    let run = library.split("include_str!(\"../tutorial/").skip(1);
    let run: Vec<&str> = run.filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(run, chapters());
    for chapter in chapters() {
        let text = read(&chapter);
        assert!(text.contains("\n```rust\n"), "{chapter} has no code that runs");
        assert!(!text.contains("```ignore") && !text.contains("```rust,ignore"), "{chapter}");
    }
}

#[test]
fn its_links_and_figures_are_there() {
    for page in chapters()
        .iter()
        .map(String::as_str)
        .chain(["GLOSSARY.md", "README.md", "SUMMARY.md"])
        .chain(programs().iter().map(String::as_str))
    {
        assert_eq!(dead_links(&read(page)), [""; 0], "{page}");
    }
    assert_eq!(
        dead_links("see [a](02-no-such-chapter.md)\n\n```rust\nf[0](1)\n```\n"),
        ["02-no-such-chapter.md"]
    );
}

#[test]
fn every_figure_is_shown_and_says_what_it_shows() {
    let shown: BTreeSet<String> = (chapters().iter())
        .flat_map(|chapter| links(&read(chapter)))
        .filter_map(|(text, target)| {
            let figure = target.strip_prefix("figures/")?.to_owned();
            assert!(text.len() > 20, "{figure} has no text for those who cannot see it");
            Some(figure)
        })
        .collect();
    let figures = files("figures", ".svg");
    assert_eq!(figures, shown.into_iter().collect::<Vec<_>>());
    for name in figures {
        let figure = read(&format!("figures/{name}"));
        for part in ["<title ", "<desc ", "viewBox=", "prefers-color-scheme: dark"] {
            assert!(figure.contains(part), "{name} has no {part}");
        }
    }
}

#[test]
fn each_chapter_ends_with_what_the_test_made_you_do_and_the_exercise() {
    for chapter in chapters() {
        let text = read(&chapter);
        let last = text.rsplit("\n## ").next().unwrap();
        assert!(last.starts_with("What the test made you do\n"), "{chapter} ends otherwise");
        let exercise = last.trim_end().rsplit("\n\n").next().unwrap();
        assert!(exercise.starts_with("**Do it yourself:** "), "{chapter} leads to no exercise");
        assert!(exercise.contains("(../exercises/"), "{chapter} leads to no exercise");
    }
}

#[test]
fn each_chapter_but_the_first_shows_the_wrong_way_first() {
    for chapter in chapters().iter().skip(1) {
        let text = read(chapter);
        let first = text.split("\n## ").nth(1).unwrap();
        assert!(first.starts_with("The wrong way first"), "{chapter} begins otherwise");
    }
}

use crate::{Failure, book::Chapter, screen::Screen};

/// Shows a hint, and how to get the next.
pub(super) fn run(chapter: &Chapter, step: usize, screen: &mut Screen) -> Result<bool, Failure> {
    let hints = &chapter.page.hints;
    let id = &chapter.id;
    let hint = hints.get(step - 1).ok_or_else(|| format!("{id} has {} hints", hints.len()))?;
    screen.bold(&format!("{id}, {}", hint.heading));
    screen.line("");
    let text: Vec<&str> = hint.text.lines().filter(|line| !line.starts_with("```")).collect();
    screen.indented(&text.join("\n"));
    screen.line("");
    if step < hints.len() {
        screen.line(&format!("more: cargo workbook hint {id} {}", step + 1));
    } else {
        screen.line(&format!(
            "this is the last hint; the whole chapter: exercises/chapters/{}.md",
            chapter.name
        ));
    }
    Ok(true)
}

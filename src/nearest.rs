//! Names in failure texts: the list of those that there are, and the one that was probably meant.

/// How many names a text lists.
const LISTED: usize = 12;

/// Lists the names that there are.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let count = names.len();
    let known: Vec<String> = names.take(LISTED).map(|name| format!("`{name}`")).collect();
    match count {
        0 => "none".to_owned(),
        count if count > LISTED => format!("{} and {} more", known.join(", "), count - LISTED),
        _ => known.join(", "),
    }
}

/// Returns the name that was probably meant: a third of its letters differ at most.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (edits, nearest) = names.map(|known| (edits(name, known), known)).min_by_key(|(edits, _)| *edits)?;
    (edits * 3 <= nearest.chars().count()).then_some(nearest)
}

/// Returns how many letters must be inserted, deleted or replaced to make one text of the other.
fn edits(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (line, left) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, right) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(!left.eq_ignore_ascii_case(&right));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.chars().count()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_that_was_meant_differs_in_a_third_of_its_letters_at_most() {
        let names = ["UNPLUGGED_SEED", "UNPLUGGED_CASE"];
        assert_eq!(nearest("UNPLUGGED_SED", names.into_iter()), Some("UNPLUGGED_SEED"));
        assert_eq!(nearest("unplugged_caze", names.into_iter()), Some("UNPLUGGED_CASE"));
        assert_eq!(nearest("SEED", names.into_iter()), None);
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}

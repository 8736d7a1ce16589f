//! The first difference between two calls: the argument, and the place within bytes or text. It reads the text of a
//! derived `Debug`, and finds nothing in any other text.

/// The first difference between two calls of the same method.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// The field, or the position of one without a name, counted from one.
    pub(super) argument: String,
    /// Where in a byte string or a text.
    pub(super) offset: Option<(&'static str, usize)>,
    pub(super) expected: String,
    pub(super) got: String,
    /// How many arguments differ.
    pub(super) count: usize,
}

pub(super) fn difference(expected: &str, got: &str) -> Option<Difference> {
    let (expected, got) = (arguments(expected)?, arguments(got)?);
    if expected.len() != got.len() {
        return None;
    }
    let mut differing = expected.iter().zip(&got).filter(|(left, right)| left != right);
    let ((name, expected), (_, got)) = differing.next()?;
    Some(Difference {
        argument: name.clone(),
        offset: offset(expected, got),
        expected: (*expected).to_owned(),
        got: (*got).to_owned(),
        count: 1 + differing.count(),
    })
}

/// The arguments of `Name { a: 1, b: 2 }` or `Name(1, 2)`, each with its name.
fn arguments(text: &str) -> Option<Vec<(String, &str)>> {
    let open = text.find(['{', '('])?;
    let inner = text[open + 1..].strip_suffix(['}', ')'])?;
    let has_names = text[open..].starts_with('{');
    let named = split(inner).into_iter().enumerate().map(|(index, argument)| {
        if !has_names {
            return Some((format!("argument {}", index + 1), argument));
        }
        let (name, value) = argument.split_once(": ")?;
        Some((name.to_owned(), value))
    });
    named.collect()
}

/// Splits at the commas that stand in no quotes and no brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => skip_quoted(&mut letters),
            '\'' => skip_letter(&mut letters),
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn skip_quoted(letters: &mut std::str::CharIndices<'_>) {
    while let Some((_, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '"' => return,
            _ => {}
        }
    }
}

/// Goes over a character literal, if it is one: `'a'`, `'\''`, `'\u{1f}'`.
fn skip_letter(letters: &mut std::str::CharIndices<'_>) {
    let content = if letters.as_str().starts_with('\\') { 2 } else { 1 };
    let quote = letters.clone().skip(content).take(10).position(|(_, letter)| letter == '\'');
    if let Some(quote) = quote {
        letters.nth(content + quote);
    }
}

/// The first place where two byte strings or two texts differ.
fn offset(expected: &str, got: &str) -> Option<(&'static str, usize)> {
    let (unit, expected, got) = match (expected.strip_prefix("b\""), got.strip_prefix("b\"")) {
        (Some(expected), Some(got)) => ("byte", expected, got),
        _ => ("character", expected.strip_prefix('"')?, got.strip_prefix('"')?),
    };
    let (expected, got) = (units(expected.strip_suffix('"')?), units(got.strip_suffix('"')?));
    let same = expected.iter().zip(&got).take_while(|(left, right)| left == right).count();
    Some((unit, same))
}

/// Cuts an escaped text into what each escape or letter stands for.
fn units(text: &str) -> Vec<&str> {
    let (mut units, mut rest) = (Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let length = if first != '\\' {
            first.len_utf8()
        } else if rest.starts_with("\\x") {
            4
        } else if rest.starts_with("\\u{") {
            rest.find('}').map_or(3, |end| end + 1)
        } else {
            2
        };
        let (unit, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        units.push(unit);
        rest = after;
    }
    units
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The argument, the place in it, and how many arguments differ.
    type Found = (String, Option<(&'static str, usize)>, usize);

    fn found(expected: &str, got: &str) -> Option<Found> {
        difference(expected, got).map(|found| (found.argument, found.offset, found.count))
    }

    #[test]
    fn the_first_argument_that_differs_is_named() {
        assert_eq!(found("Put { key: 1, v: 2 }", "Put { key: 1, v: 3 }"), Some(("v".into(), None, 1)));
        assert_eq!(found("Put { key: 1, v: 2 }", "Put { key: 0, v: 3 }"), Some(("key".into(), None, 2)));
        assert_eq!(found("Put(1, 2)", "Put(1, 3)"), Some(("argument 2".into(), None, 1)));
    }

    #[test]
    fn bytes_and_texts_name_the_place() {
        let byte = |at| Some(("data".to_owned(), Some(("byte", at)), 1));
        assert_eq!(found(r#"W { data: b"a\r\nb" }"#, r#"W { data: b"a\r\nc" }"#), byte(3));
        assert_eq!(found(r#"W { data: b"\x00\xff\"q" }"#, r#"W { data: b"\x00\xff\"" }"#), byte(3));
        let character = Some(("data".to_owned(), Some(("character", 2)), 1));
        assert_eq!(found(r#"W { data: "é\u{1}x" }"#, r#"W { data: "é\u{1}y" }"#), character);
    }

    #[test]
    fn commas_in_quotes_and_brackets_are_no_borders() {
        let call = r#"Put { a: "x, \", y", b: [1, 2], c: Some((1, 2)), d: ',', e: '\'', f: 5 }"#;
        let other = call.replace("5 }", "6 }");
        assert_eq!(found(call, &other), Some(("f".into(), None, 1)));
    }

    #[test]
    fn what_no_derive_wrote_has_no_difference() {
        assert_eq!(found("something", "else"), None);
        assert_eq!(found("Put { a }", "Put { b }"), None);
        assert_eq!(found("Put(1)", "Put(1, 2)"), None);
        assert_eq!(found("Put(1)", "Put(1)"), None);
    }
}

//! A chapter's page: `exercises/chapters/chNN_*.md`.

/// A parsed page. Its first line is `# NN Title`, another is `Time: 60 minutes`, and each hint is a section whose
/// heading begins with `Hint`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) title: String,
    pub(crate) minutes: u32,
    pub(crate) hints: Vec<Hint>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hint {
    pub(crate) heading: String,
    pub(crate) text: String,
}

/// Parses a page, or says what is missing.
pub(crate) fn parse(text: &str) -> Result<Page, String> {
    let title =
        text.lines().next().and_then(|line| line.strip_prefix("# ")).ok_or("no title in its first line")?;
    let (_, title) = title.split_once(' ').ok_or("its title is not `# NN Title`")?;
    let minutes = text
        .lines()
        .find_map(|line| line.strip_prefix("Time: ")?.strip_suffix(" minutes")?.parse().ok())
        .ok_or("no line `Time: NN minutes`")?;
    let hints = text
        .split("\n## ")
        .skip(1)
        .filter_map(|section| section.split_once('\n'))
        .filter(|(heading, _)| heading.starts_with("Hint"))
        .map(|(heading, text)| Hint { heading: heading.trim().into(), text: text.trim().into() })
        .collect();
    Ok(Page { title: title.trim().into(), minutes, hints })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_parsed() {
        let page = parse(
            "# 01 Request head\n\nTime: 60 minutes\n\n## Hint 1: a nudge\n\nLook.\n\n## Break it\n\nNow.\n",
        );
        let hint = Hint { heading: "Hint 1: a nudge".into(), text: "Look.".into() };
        assert_eq!(page, Ok(Page { title: "Request head".into(), minutes: 60, hints: vec![hint] }));
    }

    #[test]
    fn a_missing_part_is_named() {
        assert_eq!(parse("Request head"), Err("no title in its first line".into()));
        assert_eq!(parse("# Head"), Err("its title is not `# NN Title`".into()));
        assert_eq!(parse("# 01 Head\n\nTime: long\n"), Err("no line `Time: NN minutes`".into()));
    }
}

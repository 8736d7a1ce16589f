//! The environment variables of the kit. One that it does not know is a slip, and is refused.

use std::{env, io::Write, sync::Once};

use crate::{
    guard,
    nearest::{listed, nearest},
    violation::Violation,
};

const PREFIX: &str = "UNPLUGGED_";

/// All variables that the kit reads. `UNPLUGGED_CHILD` is the only one that it sets: the children of tests get it.
const KNOWN: [&str; 4] = ["UNPLUGGED_SEED", "UNPLUGGED_CASE", "UNPLUGGED_SEARCH", "UNPLUGGED_CHILD"];

/// The variables that replay one run.
const REPLAYS: [&str; 2] = ["UNPLUGGED_SEED", "UNPLUGGED_CASE"];

/// Refuses unknown variables, and announces a replay, once, where a test harness does not capture it.
///
/// # Panics
/// If there is a variable whose name begins so and is not known.
#[track_caller]
pub(crate) fn check() {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(PREFIX)).collect();
    names.sort_unstable();
    if let Some(unknown) = names.iter().find(|name| !KNOWN.contains(&name.as_str())) {
        guard::raise(&unknown_variable(unknown));
    }
    static ANNOUNCED: Once = Once::new();
    ANNOUNCED.call_once(|| {
        for name in REPLAYS {
            if let Ok(value) = env::var(name) {
                let _untold = std::io::stderr().write_all(announcement(name, &value).as_bytes());
            }
        }
    });
}

fn unknown_variable(name: &str) -> Violation {
    let own = |name: &'static str| name.trim_start_matches(PREFIX);
    let next = match nearest(name.trim_start_matches(PREFIX), KNOWN.into_iter().map(own)) {
        Some(nearest) => format!("write `{PREFIX}{nearest}`, or unset it"),
        None => "unset it".to_owned(),
    };
    Violation::new(format!("the environment variable `{name}` is set, and the kit knows none of this name"))
        .with("known", listed(KNOWN.into_iter()))
        .next(next)
}

fn announcement(name: &str, value: &str) -> String {
    let what = if name == "UNPLUGGED_SEED" { "this seed alone" } else { "this case of each search alone" };
    format!("unplugged: `{name}={value}` is set: the tests of this process run with {what}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_variable_is_told_with_the_nearest_name() {
        assert_eq!(
            unknown_variable("UNPLUGGED_SED").to_string(),
            "the environment variable `UNPLUGGED_SED` is set, and the kit knows none of this name\n  \
             known    `UNPLUGGED_SEED`, `UNPLUGGED_CASE`, `UNPLUGGED_SEARCH`, `UNPLUGGED_CHILD`\n  \
             next     write `UNPLUGGED_SEED`, or unset it"
        );
        assert_eq!(unknown_variable("UNPLUGGED_NETWORK_LOGS").detail("next"), Some("unset it"));
    }

    #[test]
    fn a_replay_is_announced_with_its_value() {
        assert_eq!(
            announcement("UNPLUGGED_SEED", "0x7"),
            "unplugged: `UNPLUGGED_SEED=0x7` is set: the tests of this process run with this seed alone\n"
        );
    }
}

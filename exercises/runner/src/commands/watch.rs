use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use super::next;
use crate::{Failure, book::Book, screen::Screen};

/// The time between two looks at the files.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs `next`, and again whenever the learner saves a file. It polls the files' times, which works on every system and
/// every kind of disk.
pub(super) fn run(book: &Book, screen: &mut Screen) -> Result<bool, Failure> {
    let source = book.root.join("exercises/src");
    let mut seen = times(&source);
    loop {
        next::run(book, screen)?;
        screen.line("");
        screen.line("waiting for a save; stop with Ctrl-C");
        seen = wait_for_change(&source, seen);
        screen.line("");
    }
}

fn wait_for_change(source: &Path, seen: Times) -> Times {
    loop {
        #[expect(clippy::disallowed_methods, reason = "a person's saves come in real time")]
        thread::sleep(PAUSE);
        let now = times(source);
        if now != seen {
            return now;
        }
    }
}

type Times = Vec<(PathBuf, Option<SystemTime>)>;

/// Returns when each file below a folder was last written.
fn times(folder: &Path) -> Times {
    let mut times = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            times.extend(self::times(&path));
        } else {
            let written = entry.metadata().and_then(|data| data.modified()).ok();
            times.push((path, written));
        }
    }
    times.sort();
    times
}

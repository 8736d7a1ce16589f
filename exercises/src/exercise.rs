//! The placeholder for code that you have not written yet. There is nothing to do here.

use std::{fmt, panic::Location};

/// Panics with what is to do: `exercise!("ch01", "say what to do, and show {} and {}", these, arguments)`. It shows
/// the arguments, so that none of them is unused.
#[allow(unused_macros, reason = "you are done when nothing uses it")]
macro_rules! exercise {
    ($chapter:literal, $($todo:tt)+) => {
        $crate::exercise::not_done($chapter, format_args!($($todo)+))
    };
}

#[allow(dead_code, reason = "you are done when nothing uses it")]
#[track_caller]
pub(crate) fn not_done(chapter: &str, todo: fmt::Arguments<'_>) -> ! {
    let place = Location::caller();
    panic!(
        "EXERCISE {chapter} NOT DONE: red is right, until you write this\
         \n  where    {}:{}\
         \n  to do    {todo}\
         \n  hint     cargo workbook hint {chapter}",
        place.file().replace('\\', "/"),
        place.line(),
    )
}

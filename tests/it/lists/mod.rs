//! The lists of what is tested, beside the tests that keep them honest; those of HOLES.md and RULES.md are in `fake::rules`.

mod behaviours;
mod faults;
pub(crate) mod named;

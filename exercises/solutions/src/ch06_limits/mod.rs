//! Chapter 06: bad input and limits. Every buffer has a limit. Input that passes it is refused as early as possible,
//! with one answer, after which nothing is read.
//!
//! The same bytes get the same answer, however they are cut: the first fault in the bytes counts, not the one that the
//! decoder sees first.

mod admit;
mod bounded;
mod host;
mod limits;
mod reject;
mod scan;
mod target;

pub use self::{
    admit::{Admitted, admit},
    bounded::BoundedMessages,
    limits::Limits,
    reject::{Reject, status_for},
};

//! Chapter 06: bad input and limits. Every buffer has a bound, and what passes it is refused as early as that can
//! be known, with one answer, behind which nothing is read.
//!
//! The same bytes get the same answer, however they are cut: what is wrong first is what counts, not what a reader
//! happens to see first.

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

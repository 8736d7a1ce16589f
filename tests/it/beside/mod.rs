//! The kit beside what it stands in for, or what others offer.

mod tokio;
mod tokio_test;

//! The kit beside what it stands in for, or what others offer.

mod mockall;
mod tokio;
mod tokio_test;

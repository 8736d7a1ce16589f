//! Contracts: each subject holds its own, and a broken one is told, word for word.

mod others;
mod streams;
mod texts;

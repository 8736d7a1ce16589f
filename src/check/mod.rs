//! Questions about whole tests: [`explore`] runs one again and again, and searches for the case in which it fails.
//!
//! Nothing else of the kit searches: everywhere else a test runs once, and in one way.

pub mod explore;

//! The macros of the kit, as a user has them: by a path with `crate = ..`, beside names of the user's own, with all
//! settings, and below other attributes.

mod renamed;
mod rstest;
mod script;
mod settings;
mod strict_fake_hygiene;
mod test_hygiene;

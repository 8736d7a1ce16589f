//! Every macro works by path with `crate = ..`, and meets no name of its user's.

mod renamed;
mod strict_fake_hygiene;
mod test_hygiene;

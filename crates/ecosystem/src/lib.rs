//! Published crates, unmodified, on the simulated network of `unplugged`: see the tests.

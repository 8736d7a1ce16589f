//! The attribute macros of `unplugged`. Everything that they write can be written by hand.

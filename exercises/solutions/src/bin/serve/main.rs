//! A small server, to be seen with `curl`.

fn main() {}

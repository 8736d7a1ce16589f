//! Searches: each finds a planted bug and says so, word for word, and passes what is right, with all its cases.

mod cancellations;
mod determinism;
mod faults;
mod orders;
mod replay;
mod replay_lines;
mod seeds;
mod splits;
mod variables;

//! The integration tests, a module per part.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod attacks;
mod beside;
mod clock;
mod contract;
mod explore;
mod fake;
mod guard;
mod house;
mod inject;
mod lists;
mod locks;
mod net;
mod outcome;
mod patching;
mod readme;
mod seed;
mod send_mail;
mod sim;
mod support;
mod trace;
mod track_caller;
mod transport;
mod tutorial;
mod violation;
mod wait;

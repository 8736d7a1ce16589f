//! The integration tests, a module per part.
#![allow(clippy::unwrap_used, reason = "a test may fail in any line")]

mod beside_tokio;
mod blame;
mod clock;
mod drive;
mod explore;
mod fake;
mod ground;
mod guard;
mod house;
mod inject;
mod linked;
mod lists;
mod locks;
mod net;
mod outcome;
mod patching;
mod pipe;
mod protocols;
mod readme;
mod scripted_peer;
mod segmentation;
mod send_mail;
mod sim;
mod string_transport;
mod trace;
mod tutorial;

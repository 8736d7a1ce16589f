//! The integration tests, a module per part.

mod clock;
mod house;
mod outcome;
mod pipe;
mod scripted_peer;
mod segmentation;
mod sim;
mod string_transport;

//! The kit beside what it stands in for, or what others offer.

mod buffers;
mod datagrams;
mod handshakes;
mod loopback;
mod mockall;
mod ports;
mod programs;
mod sockets;
mod tokio;
mod tokio_test;
mod udp;

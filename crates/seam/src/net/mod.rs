//! The network: what production code dials, listens and sends with, and the real network.

mod boxed;
mod connect_to;
mod datagram;
mod dial;
mod listen;
mod real;
mod socket;

pub use self::{
    boxed::BoxFuture,
    connect_to::{ConnectTo, Destination},
    datagram::{BindUdp, Datagram},
    dial::Dial,
    listen::{Accept, Listen},
    real::RealNet,
    socket::Socket,
};

//! The driver of a protocol over a tokio stream.

mod driver;
mod running;
mod settings;
mod socket;

pub use self::{
    driver::{Drive, drive},
    socket::{Addressed, Socket},
};

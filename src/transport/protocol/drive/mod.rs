//! The driver of a protocol over a tokio stream.

mod addressed;
mod driver;
mod running;
mod settings;

pub use self::{
    addressed::Addressed,
    driver::{Drive, drive},
};

//! A byte stream, without a network under it.

mod segmentation;

pub use self::segmentation::Segmentation;

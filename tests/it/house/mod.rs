//! The rules of the house: what may stand where, who may use whom, and how a page begins.

mod ambient;
mod circles;
mod imports;
mod lengths;
mod map;
mod metadata;
mod order;
pub(crate) mod source;
mod top_level;
mod words;

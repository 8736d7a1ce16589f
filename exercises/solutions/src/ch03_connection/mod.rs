//! Chapter 03: a connection, between the transport that carries bytes and the handler that answers requests.
//!
//! A [`Connection`] does no I/O and parses nothing. It keeps the order: it takes requests from a decoder, one at a
//! time, passes each to the [`Handler`], and writes the answer, which comes at once or later. Its parts are arguments,
//! so that each can be tested without the others:
//!
//! - a [`Decode`] makes requests from bytes. [`OneHead`] is the smallest; chapters 04, 05 and 06 write better ones.
//! - a [`Timekeeper`] says when something takes too long. [`Timeless`] never does; chapter 07 writes one that does.
//! - a [`Handler`] is the application. Chapter 08 writes one with routes.
//!
//! ```
//! use unplugged::transport::Protocol;
//! use workbook::{
//!     ch02_response_writer::{Body, Response},
//!     ch03_connection::{Connection, Reply, Request},
//! };
//!
//! let hello = |_request: Request| {
//!     Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }))
//! };
//! let connection = Connection::new(hello);
//! assert_eq!(connection.poll_timeout(), None);
//! ```

mod caught;
mod connection;
mod decode;
mod handler;
mod timekeeper;

pub use self::{
    connection::Connection,
    decode::{Decode, Event, OneHead, Progress, Refused},
    handler::{BoxError, Handler, Later, Reply, Request},
    timekeeper::{Phase, Timekeeper, Timeless},
};

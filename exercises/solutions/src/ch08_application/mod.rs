//! Chapter 08: the application. Routes and configuration, apart from the library.
//!
//! The library takes values; it reads no arguments, no environment, no clock. Only a program does, once, in its
//! `main`.
//!
//! ```
//! use workbook::{
//!     ch02_response_writer::{Body, Response},
//!     ch03_connection::{Reply, Request},
//!     ch08_application::Router,
//! };
//!
//! let mut router = Router::default();
//! router.route("GET", "/", |_request: Request| {
//!     Ok(Reply::Now(Response { status: 200, headers: vec![], body: Body::Full(b"hello".to_vec()) }))
//! });
//! ```

mod config;
mod factory;
mod path;
mod router;

pub use self::{
    config::{AppConfig, ConfigError},
    factory::ServerFactory,
    path::{BadPath, path_of, query_of},
    router::Router,
};

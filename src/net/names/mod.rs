//! Names: records that every host knows, name servers, and resolvers that ask them.

mod at_once;
mod framed;
mod host_name;
mod record;
mod resolver;
mod server;
mod serving;
mod wire;

pub(super) use self::{
    host_name::is_host_name,
    record::{is_localhost, normal},
};
pub use self::{
    record::{Record, RecordType},
    resolver::Resolver,
    server::NameServer,
};

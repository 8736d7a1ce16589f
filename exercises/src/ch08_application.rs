//! Chapter 08: the application: routes and configuration, apart from the library. The page is
//! `exercises/chapters/ch08_application.md`, the tests are `exercises/tests/ch08_application.rs`: make them green one
//! by one, in their order.
//!
//! ```text
//! arguments  --->  AppConfig   a value, made from untrusted text
//! clock      --->  ServerFactory  --->  a Connection for each client
//! routes     --->  Router         --->  a handler for each connection
//! ```
//!
//! The library takes values; it reads no arguments, no environment, no clock. Only a program does, once, in its `main`.

use std::{
    borrow::Cow,
    error, fmt,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use unplugged::clock::Clock;

use crate::{
    ch03_connection::{BoxError, Connection, Handler, Reply, Request},
    ch06_limits::{BoundedMessages, Limits},
    ch07_time::{Deadlines, Timeouts},
};

// Paths.

/// The error for a path with a malformed escape, or with one for a byte that no path may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPath;

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the path has an escape that cannot be read")
    }
}

impl error::Error for BadPath {}

/// Returns the path of a target or of a whole URI: the part before the query and the fragment, with `%41` decoded as
/// `A`, once, and without the segments `.` and `..`, which never lead above `/`. An empty path is `/`.
///
/// An escaped slash separates nothing: it stays, as `%2F`.
///
/// # Errors
/// [`BadPath`], if an escape does not have two hexadecimal digits, or is a zero byte, or the result is not UTF-8.
pub fn path_of(target: &str) -> Result<Cow<'_, str>, BadPath> {
    exercise!("ch08", "path_of({target:?}): its path, decoded once, without `.` and `..`")
}

/// Returns the part after the first question mark and before the fragment, not decoded; `None` without a question mark.
#[must_use]
pub fn query_of(target: &str) -> Option<&str> {
    exercise!("ch08", "query_of({target:?}): the part after the first question mark and before a #")
}

// Routes.

/// Finds the handler of a request by its method and its path.
///
/// It also answers `HEAD` (as `GET`), `OPTIONS`, 404, 405 and 501 from its routes.
///
/// You decide what it holds.
#[derive(Default)]
pub struct Router {}

impl Router {
    /// Adds a handler for one method and one path. Compares the whole path, decoded.
    pub fn route(&mut self, method: &str, path: &str, handler: impl Handler + 'static) -> &mut Self {
        let _ = handler;
        exercise!("ch08", "Router::route({method}, {path}): keep the handler with its method and its path")
    }
}

impl Handler for Router {
    /// Passes the request to its handler, and returns the handler's answer or error. Without a handler, the answer is
    ///
    /// - 501 for a method that no route has, and that is not one of `GET`, `HEAD`, `POST`, `PUT`, `DELETE`, `OPTIONS`,
    ///   `TRACE`, `PATCH`: on every path;
    /// - for the target `*`: 200, no body, and in `Allow` what is allowed on any path;
    /// - 400 for a path that cannot be read;
    /// - 404 for a path that no route has;
    /// - the answer to `GET` for `HEAD`: the writer of chapter 02 leaves its body out;
    /// - 200 for `OPTIONS`, no body, and 405 for any other method: both with `Allow`.
    ///
    /// `Allow` lists the methods of the path's routes in their order, each once, separated by `, `, with `HEAD` after
    /// `GET`, and `OPTIONS` at the end.
    fn call(&mut self, request: Request) -> Result<Reply, BoxError> {
        exercise!(
            "ch08",
            "Router::call({} {}): the answer of the route with this method and this path, or 404, 405, 501",
            request.head.method,
            request.head.target
        )
    }
}

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Router").finish_non_exhaustive()
    }
}

// Configuration.

/// All settings of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppConfig {
    /// The address to listen on. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// The time limits of a connection.
    pub timeouts: Timeouts,
    /// The limits for what a client sends.
    pub limits: Limits,
    /// The time limit of a stop: how long to wait for requests in flight.
    pub drain: Duration,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 8080).into(),
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            drain: Duration::from_secs(30),
        }
    }
}

impl AppConfig {
    /// All flags, for a help text. In this order they set `listen`, the five `timeouts`, `drain` and `limits.body`.
    pub const USAGE: &str = "--listen ADDR:PORT, --head-timeout-ms N, --body-timeout-ms N, --idle-timeout-ms N, \
                             --handler-timeout-ms N, --write-timeout-ms N, --drain-timeout-ms N, --max-body BYTES";

    /// Reads the arguments of a program, without its name: `--flag value` or `--flag=value`. A later flag wins. A limit
    /// of zero milliseconds is refused: it would be reached at once.
    ///
    /// # Errors
    /// [`ConfigError`], if a flag is unknown, has no value, or has a bad one. `wanted` is one of
    /// `an address and a port, like 127.0.0.1:8080`, `a number of milliseconds, from 1`, `a number of bytes`.
    pub fn from_args<I: IntoIterator<Item = String>>(args: I) -> Result<Self, ConfigError> {
        let args: Vec<String> = args.into_iter().collect();
        exercise!("ch08", "AppConfig::from_args({args:?}): the default, with the values of the arguments")
    }
}

/// Why arguments are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigError {
    /// There is no such flag.
    UnknownFlag(String),
    /// This flag has no value.
    NoValue(String),
    /// The value of a flag cannot be read.
    BadValue {
        /// The flag.
        flag: String,
        /// The value.
        value: String,
        /// The form that the value must have.
        wanted: &'static str,
    },
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFlag(flag) => write!(f, "there is no flag `{flag}`; there are {}", AppConfig::USAGE),
            Self::NoValue(flag) => write!(f, "`{flag}` needs a value"),
            Self::BadValue { flag, value, wanted } => {
                write!(f, "`{flag} {value}`: the value must be {wanted}")
            }
        }
    }
}

impl error::Error for ConfigError {}

// Connections.

/// Makes a connection for each client, with one configuration. The application's function gives each what the clients
/// share; the rest is new.
#[allow(dead_code, reason = "not all of it is read before you are done")]
pub struct ServerFactory<F> {
    config: AppConfig,
    clock: Arc<dyn Clock>,
    application: F,
}

impl<H: Handler, F: Fn() -> H> ServerFactory<F> {
    /// Creates a factory. `application` makes the handler of each connection.
    pub fn new(config: AppConfig, clock: Arc<dyn Clock>, application: F) -> Self {
        Self { config, clock, application }
    }

    /// Creates the connection of one more client: with a handler of its own, the decoder of chapter 06 with the
    /// configured limits, and the timekeeper of chapter 07 with the configured timeouts and the factory's clock.
    pub fn build(&self) -> Connection<H, BoundedMessages, Deadlines> {
        exercise!(
            "ch08",
            "ServerFactory::build(), with {:?}: one more connection, with new parts",
            self.config
        )
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn config(&self) -> &AppConfig {
        &self.config
    }

    /// Returns the clock of all its connections.
    #[must_use]
    pub const fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }
}

impl<F> fmt::Debug for ServerFactory<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerFactory").field("config", &self.config).finish_non_exhaustive()
    }
}

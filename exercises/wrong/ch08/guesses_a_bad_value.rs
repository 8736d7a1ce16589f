// caught-by: t20_a_bad_argument_is_an_error_that_says_what_is_wrong
// instead-of: ch08_application/config.rs
// A value that cannot be read is the default: the server runs, with limits that nobody asked for.
use std::{
    error, fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{ch06_limits::Limits, ch07_time::Timeouts};

/// All that a program may want to set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppConfig {
    /// Where to listen. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// How much to take.
    pub limits: Limits,
    /// How long to wait, when told to stop, for what is in flight.
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
    /// The flags that there are, for a text of help.
    pub const USAGE: &str = "--listen ADDR:PORT, --head-timeout-ms N, --body-timeout-ms N, --idle-timeout-ms N, \
                             --handler-timeout-ms N, --write-timeout-ms N, --drain-timeout-ms N, --max-body BYTES";

    /// Reads the arguments of a program, without its name: `--flag value` or `--flag=value`. A later one wins.
    ///
    /// # Errors
    /// If one is not known, or has no value, or one that cannot be read.
    pub fn from_args<I: IntoIterator<Item = String>>(args: I) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
                None => (arg, args.next()),
            };
            config.set(&flag, value)?;
        }
        Ok(config)
    }

    fn set(&mut self, flag: &str, value: Option<String>) -> Result<(), ConfigError> {
        let setting = Setting { flag, value };
        match flag {
            "--listen" => self.listen = setting.parse("an address and a port, like 127.0.0.1:8080")?,
            "--head-timeout-ms" => self.timeouts.head = setting.millis()?,
            "--body-timeout-ms" => self.timeouts.body_idle = setting.millis()?,
            "--idle-timeout-ms" => self.timeouts.keep_alive_idle = setting.millis()?,
            "--handler-timeout-ms" => self.timeouts.handler = Some(setting.millis()?),
            "--write-timeout-ms" => self.timeouts.write_stall = setting.millis()?,
            "--drain-timeout-ms" => self.drain = setting.millis()?,
            "--max-body" => self.limits.body = setting.parse("a number of bytes")?,
            _ => return Err(ConfigError::UnknownFlag(flag.to_owned())),
        }
        Ok(())
    }
}

/// A flag on its way into the configuration.
struct Setting<'a> {
    flag: &'a str,
    value: Option<String>,
}

impl Setting<'_> {
    fn parse<T: std::str::FromStr>(self, wanted: &'static str) -> Result<T, ConfigError> {
        let value = self.value.ok_or_else(|| ConfigError::NoValue(self.flag.to_owned()))?;
        value.parse().map_err(|_| ConfigError::BadValue { flag: self.flag.to_owned(), value, wanted })
    }

    /// No limit of zero: it would be reached before anything could be done.
    fn millis(self) -> Result<Duration, ConfigError> {
        let value = self.value.ok_or_else(|| ConfigError::NoValue(self.flag.to_owned()))?;
        Ok(Duration::from_millis(value.parse().unwrap_or(60_000)))
    }
}

/// Why arguments make no configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such flag.
    UnknownFlag(String),
    /// Nothing stands behind this flag.
    NoValue(String),
    /// What stands behind a flag cannot be read.
    BadValue {
        /// The flag.
        flag: String,
        /// What stands behind it.
        value: String,
        /// What should.
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

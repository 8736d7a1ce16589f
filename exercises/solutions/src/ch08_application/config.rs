use std::{
    error, fmt,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use crate::{ch06_limits::Limits, ch07_time::Timeouts};

/// All settings of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
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
    /// All flags, for a help text.
    pub const USAGE: &str = "--listen ADDR:PORT, --head-timeout-ms N, --body-timeout-ms N, --idle-timeout-ms N, \
                             --handler-timeout-ms N, --write-timeout-ms N, --drain-timeout-ms N, --max-body BYTES";

    /// Reads the arguments of a program, without its name: `--flag value` or `--flag=value`. A later flag wins.
    ///
    /// # Errors
    /// [`ConfigError`], if a flag is unknown, has no value, or has a bad one.
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

/// A flag and its value.
struct Setting<'a> {
    flag: &'a str,
    value: Option<String>,
}

impl Setting<'_> {
    fn parse<T: std::str::FromStr>(self, wanted: &'static str) -> Result<T, ConfigError> {
        let value = self.value.ok_or_else(|| ConfigError::NoValue(self.flag.to_owned()))?;
        value.parse().map_err(|_| ConfigError::BadValue { flag: self.flag.to_owned(), value, wanted })
    }

    /// Reads a number of milliseconds. Refuses zero, a limit that would be reached at once.
    fn millis(self) -> Result<Duration, ConfigError> {
        self.parse::<std::num::NonZeroU32>("a number of milliseconds, from 1")
            .map(|millis| Duration::from_millis(millis.get().into()))
    }
}

/// Why arguments are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
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

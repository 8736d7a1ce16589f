//! One record, whichever of the two crates made it.

use std::fmt;

/// How urgent a record is. The most urgent is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the five of both crates")]
pub enum Level {
    /// An error.
    Error,
    /// A warning.
    Warn,
    /// Information.
    Info,
    /// For debugging.
    Debug,
    /// For following each step.
    Trace,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        })
    }
}

/// A log record as the sink gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// How urgent it is.
    pub level: Level,
    /// The target, most often the module.
    pub target: String,
    /// The text. Fields of `tracing` follow the message as `name=value`.
    pub message: String,
    /// The name of the thread that made it, if it has one.
    pub thread: Option<String>,
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:5} {}: {}", self.level, self.target, self.message)
    }
}

impl Record {
    /// A record of this thread.
    #[cfg_attr(
        not(any(feature = "log", feature = "tracing")),
        expect(dead_code, reason = "no crate to bridge")
    )]
    pub(super) fn here(level: Level, target: &str, message: String) -> Self {
        let thread = std::thread::current().name().map(str::to_owned);
        Self { level, target: target.to_owned(), message, thread }
    }
}

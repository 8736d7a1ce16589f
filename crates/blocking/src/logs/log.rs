//! Records of the crate `log`.

use super::{Level, LogBridge, Record, bridge::Queue};

impl LogBridge {
    /// Returns a logger for `log::set_boxed_logger`. The level is what `log::set_max_level` says.
    #[cfg_attr(docsrs, doc(cfg(feature = "log")))]
    #[must_use]
    pub fn logger(&self) -> Box<dyn log::Log> {
        Box::new(Logger(self.queue()))
    }
}

struct Logger(Queue);

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = match record.level() {
            log::Level::Error => Level::Error,
            log::Level::Warn => Level::Warn,
            log::Level::Info => Level::Info,
            log::Level::Debug => Level::Debug,
            log::Level::Trace => Level::Trace,
        };
        self.0.put(Record::here(level, record.target(), record.args().to_string()));
    }

    /// Does nothing: it must not wait for the sink. See [`LogBridge::flush`].
    fn flush(&self) {}
}

//! Events of the crate `tracing`.

use std::fmt::{self, Write};

use tracing_core::{Event, Field, Subscriber, field::Visit};
use tracing_subscriber::{Layer, layer::Context};

use super::{Level, LogBridge, Record, bridge::Queue};

impl LogBridge {
    /// Returns a layer for `tracing_subscriber::registry()`. It brings events; filters are for other layers.
    #[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
    #[must_use]
    pub fn layer<S: Subscriber>(&self) -> impl Layer<S> + use<S> {
        EventLayer(self.queue())
    }
}

struct EventLayer(Queue);

impl<S: Subscriber> Layer<S> for EventLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = match *event.metadata().level() {
            tracing_core::Level::ERROR => Level::Error,
            tracing_core::Level::WARN => Level::Warn,
            tracing_core::Level::INFO => Level::Info,
            tracing_core::Level::DEBUG => Level::Debug,
            tracing_core::Level::TRACE => Level::Trace,
        };
        self.0.put(Record::here(level, event.metadata().target(), text.message + &text.fields));
    }
}

/// The message, then the other fields.
#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message.push_str(value),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _infallible = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

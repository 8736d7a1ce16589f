//! Protocols that these tests share.

use std::{io, task::Context, time::Instant};

use bytes::Bytes;
use unplugged::transport::{Protocol, Transport};

type Reaction = Box<dyn FnMut(&str, &mut dyn Transport) + Send>;

/// Records every call but `poll`. By default it answers none of them.
pub(crate) struct Recorder {
    pub(crate) calls: Vec<String>,
    pub(crate) polls: u32,
    pub(crate) deadline: Option<Instant>,
    /// Every received piece.
    pub(crate) pieces: Vec<Bytes>,
    react: Reaction,
}

impl Recorder {
    pub(crate) fn new() -> Self {
        Self::reacting(|_, _| ())
    }

    /// Returns one that reacts to each call.
    pub(crate) fn reacting(react: impl FnMut(&str, &mut dyn Transport) + Send + 'static) -> Self {
        Self { calls: Vec::new(), polls: 0, deadline: None, pieces: Vec::new(), react: Box::new(react) }
    }

    /// Returns one with a timeout.
    pub(crate) fn due(deadline: Instant) -> Self {
        Self { deadline: Some(deadline), ..Self::new() }
    }

    pub(crate) fn received(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    fn note(&mut self, call: String, transport: &mut dyn Transport) {
        (self.react)(&call, transport);
        self.calls.push(call);
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, transport: &mut dyn Transport) {
        self.note("made".into(), transport);
    }
    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
        self.pieces.push(bytes.clone());
        self.note(format!("data {}", bytes.escape_ascii()), transport);
    }
    fn end_received(&mut self, transport: &mut dyn Transport) {
        self.note("end".into(), transport);
    }
    fn pause_writing(&mut self, transport: &mut dyn Transport) {
        self.note("pause".into(), transport);
    }
    fn resume_writing(&mut self, transport: &mut dyn Transport) {
        self.note("resume".into(), transport);
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }
    fn handle_timeout(&mut self, transport: &mut dyn Transport, now: Instant) {
        if self.deadline.is_some_and(|deadline| now >= deadline) {
            self.deadline = None;
            self.note("timeout".into(), transport);
        }
    }
    fn poll(&mut self, _: &mut dyn Transport, _: &mut Context<'_>) {
        self.polls += 1;
    }
    fn connection_lost(&mut self, reason: io::Result<()>) {
        self.calls.push(match reason {
            Ok(()) => "lost".into(),
            Err(error) => format!("lost {:?}", error.kind()),
        });
    }
}

/// Sends back each line in capital letters; an empty one ends it.
#[derive(Default)]
pub(crate) struct Shout {
    line: Vec<u8>,
    pub(crate) lost: Option<Result<(), io::ErrorKind>>,
}

impl Protocol for Shout {
    fn data_received(&mut self, transport: &mut dyn Transport, bytes: Bytes) {
        for byte in bytes {
            if transport.is_closing() {
                return;
            }
            self.line.push(byte.to_ascii_uppercase());
            if byte == b'\n' {
                transport.write(&self.line);
                if self.line == b"\n" {
                    transport.close();
                }
                self.line.clear();
            }
        }
    }
    fn connection_lost(&mut self, reason: io::Result<()>) {
        self.lost = Some(reason.map_err(|error| error.kind()));
    }
}

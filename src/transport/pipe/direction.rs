//! The test's handle to one direction of a pipe.

use std::{fmt, io, sync::Arc};

use super::wire::Wire;
use crate::transport::segmentation::Segmentation;

/// A handle to one direction of a pipe, for the test. Clones control the same direction.
#[derive(Clone)]
pub struct Direction {
    pub(super) wire: Arc<Wire>,
}

impl Direction {
    /// Holds the bytes back. The reader waits, for the end of the stream, too.
    pub fn hold(&self) {
        self.wire.hold();
    }

    /// Releases the bytes that [`hold`](Self::hold) held back.
    pub fn release(&self) {
        self.wire.release();
    }

    /// Ends the stream too early, but cleanly. The bytes in flight are lost, the reader sees the end of the stream, and
    /// writes fail with `BrokenPipe`.
    pub fn cut(&self) {
        self.wire.cut();
    }

    /// Breaks the stream with `error`. The reader gets it after the bytes in flight, the writer with its next write.
    pub fn fail(&self, error: io::ErrorKind) {
        self.wire.fail(error, error, true);
    }

    /// Sets how the bytes are cut that are read from now on. Offsets count from here.
    pub fn segment(&self, segmentation: &Segmentation) {
        self.wire.segment(segmentation);
    }

    /// Returns how many bytes were written and not read.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.wire.in_flight()
    }
}

impl fmt::Debug for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Direction({})", self.wire.describe())
    }
}

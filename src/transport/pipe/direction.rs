//! The test's handle to one direction of a pipe.

use std::{fmt, io, sync::Arc};

use super::{test_fault::TestFault, wire::Wire};
use crate::{transport::segmentation::Segmentation, violation::SourceLocation};

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
    ///
    /// The end of the pipe is a violation if no byte, read or write has met it, unless it [may be idle](Self::may_be_idle).
    /// The same holds for [`fail`](Self::fail) and [`segment`](Self::segment).
    #[track_caller]
    pub fn cut(&self) {
        self.note("a cut");
        self.wire.cut();
    }

    /// Breaks the stream with `error`. The reader gets it after the bytes in flight, the writer with its next write.
    #[track_caller]
    pub fn fail(&self, error: io::ErrorKind) {
        self.note("a failure");
        self.wire.fail(error, error, true);
    }

    /// Sets how the bytes are cut that are read from now on. Offsets count from here.
    #[track_caller]
    pub fn segment(&self, segmentation: &Segmentation) {
        self.note("a segmentation");
        self.wire.segment(segmentation);
    }

    /// Allows that nothing meets the last cut, failure or segmentation.
    pub fn may_be_idle(&self) {
        self.wire.may_be_idle();
    }

    #[track_caller]
    fn note(&self, what: &'static str) {
        self.wire.note_fault(TestFault::new(what, SourceLocation::caller()));
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

//! The bandwidth of a link.

use std::fmt;

use crate::net::texts;

/// The bandwidth of a link in bits per second, and the size of its queue in bytes.
///
/// Only the payload counts, not the headers. A packet that finds the queue full is lost.
///
/// ```
/// use unplugged::net::Bandwidth;
///
/// assert_eq!(Bandwidth::megabits(100).queue(64 * 1024).to_string(), "100 Mbit/s, 65536 bytes may wait");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bandwidth {
    pub(in crate::net) bits_per_second: u64,
    pub(in crate::net) queue: u64,
}

/// The default size of the queue: 256 KiB.
const QUEUE: u64 = 256 * 1024;

impl Bandwidth {
    /// Returns a bandwidth in bits per second.
    ///
    /// # Panics
    /// Panics if it is zero.
    #[must_use]
    #[track_caller]
    pub fn bits(per_second: u64) -> Self {
        if per_second == 0 {
            texts::no_bandwidth().raise();
        }
        Self { bits_per_second: per_second, queue: QUEUE }
    }

    /// Returns a bandwidth in thousands of bits per second.
    ///
    /// # Panics
    /// Panics if it is zero.
    #[must_use]
    #[track_caller]
    pub fn kilobits(per_second: u32) -> Self {
        Self::bits(u64::from(per_second) * 1_000)
    }

    /// Returns a bandwidth in millions of bits per second.
    ///
    /// # Panics
    /// Panics if it is zero.
    #[must_use]
    #[track_caller]
    pub fn megabits(per_second: u32) -> Self {
        Self::bits(u64::from(per_second) * 1_000_000)
    }

    /// Sets how many bytes may wait while the link is busy. The default is 256 KiB. With zero, a packet that does not find
    /// the link idle is lost.
    #[must_use]
    pub const fn queue(mut self, bytes: u64) -> Self {
        self.queue = bytes;
        self
    }
}

impl fmt::Display for Bandwidth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = match self.bits_per_second {
            bits if bits % 1_000_000 == 0 => (bits / 1_000_000, "Mbit/s"),
            bits if bits % 1_000 == 0 => (bits / 1_000, "kbit/s"),
            bits => (bits, "bit/s"),
        };
        write!(f, "{number} {unit}, {} bytes may wait", self.queue)
    }
}

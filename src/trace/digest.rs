//! Digests of events.

use crate::seed::fnv1a;

/// A running digest of 64-bit words: `digest = rotate_left((digest ^ word) * 0x9e3779b97f4a7c15, 29)`, from 0.
///
/// Source: the constant is 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming 3, 6.4).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Digest(u64);

impl Digest {
    pub(super) const fn new() -> Self {
        Self(0)
    }

    /// The digest of these words alone.
    #[inline]
    pub(super) const fn of<const N: usize>(words: [u64; N]) -> u64 {
        let (mut digest, mut next) = (Self::new(), 0);
        while next < N {
            digest.word(words[next]);
            next += 1;
        }
        digest.value()
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn word(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.word(word_of(text));
    }
}

/// FNV-1a of a text.
pub(super) fn word_of(text: &str) -> u64 {
    fnv1a(text.as_bytes())
}

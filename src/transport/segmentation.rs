//! How a stream of bytes is cut into pieces.

use std::{
    fmt,
    num::NonZeroU64,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;

use crate::seed::{Rng, Seed};

/// The largest piece of a seeded cut.
const SEEDED_MOST: NonZeroU64 = NonZeroU64::new(1024).expect("not zero");

/// A way to cut a stream of bytes into the pieces that a reader gets. Code that takes one `read` for one message works
/// with [`whole`](Self::whole) and fails with the others.
///
/// ```
/// use bytes::Bytes;
/// use unplugged::transport::Segmentation;
///
/// let request = Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n");
/// for cut in Segmentation::every(&request) {
///     let pieces = cut.cut(&request);
///     assert_eq!(pieces.concat(), request, "{cut}");
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Segmentation(Cut, Probe);

/// Learns whether a cut was made, for a search over cuts. It is no part of what a segmentation is.
#[derive(Clone, Debug, Default)]
struct Probe(Option<Arc<AtomicBool>>);

impl PartialEq for Probe {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Probe {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Cut {
    Whole,
    OneByte,
    At(Arc<[usize]>),
    Seeded(Seed),
}

impl Segmentation {
    /// Cuts nothing: each piece is as it was written.
    #[must_use]
    pub const fn whole() -> Self {
        Self(Cut::Whole, Probe(None))
    }

    /// Cuts everywhere: one byte at a time.
    #[must_use]
    pub const fn one_byte() -> Self {
        Self(Cut::OneByte, Probe(None))
    }

    /// Cuts before the bytes at these offsets, counted from the beginning of the stream, in any order. An offset at an end
    /// of the stream or past it cuts nothing.
    #[must_use]
    pub fn at(offsets: impl IntoIterator<Item = usize>) -> Self {
        let mut offsets: Vec<usize> = offsets.into_iter().collect();
        offsets.sort_unstable();
        offsets.dedup();
        Self(Cut::At(offsets.into()), Probe(None))
    }

    /// Cuts at random into pieces of 1 to 1024 bytes, half of them of at most 16 bytes.
    #[must_use]
    pub const fn seeded(seed: Seed) -> Self {
        Self(Cut::Seeded(seed), Probe(None))
    }

    /// Returns whole, byte by byte, and every cut into two pieces. These `bytes.len() + 1` cases find nearly every mistake.
    pub fn every(bytes: &[u8]) -> impl Iterator<Item = Self> + use<> {
        let pairs = (1..bytes.len()).map(|offset| Self::at([offset]));
        [Self::whole(), Self::one_byte()].into_iter().chain(pairs)
    }

    /// Cuts all of `bytes`, without copying. No piece is empty.
    #[must_use]
    pub fn cut(&self, bytes: &Bytes) -> Vec<Bytes> {
        let mut cutter = self.cutter();
        let mut rest = bytes.clone();
        let mut pieces = Vec::new();
        while !rest.is_empty() {
            let piece = rest.split_to(cutter.next_piece(rest.len()));
            cutter.took(piece.len());
            pieces.push(piece);
        }
        pieces
    }

    /// Tells `has_cut` of each cut that is made.
    #[cfg(feature = "tokio")]
    pub(crate) fn probed(&self, has_cut: &Arc<AtomicBool>) -> Self {
        Self(self.0.clone(), Probe(Some(Arc::clone(has_cut))))
    }

    /// True if it cuts at all.
    pub(crate) fn cuts(&self) -> bool {
        self.0 != Cut::Whole
    }

    /// Begins to cut a stream whose bytes arrive over time.
    pub(crate) fn cutter(&self) -> Cutter {
        let stream = match &self.0 {
            Cut::Seeded(seed) => Some(seed.rng("segmentation")),
            Cut::Whole | Cut::OneByte | Cut::At(_) => None,
        };
        Cutter { cut: self.0.clone(), probe: self.1.clone(), stream, offset: 0, piece_left: 0 }
    }
}

impl fmt::Debug for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Segmentation").field(&self.0).finish()
    }
}

impl Default for Segmentation {
    fn default() -> Self {
        Self::whole()
    }
}

/// Shows how it cuts, for a failing case: `cut at 3`, `byte by byte`.
impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cut::Whole => f.write_str("whole"),
            Cut::OneByte => f.write_str("byte by byte"),
            Cut::Seeded(seed) => write!(f, "cut with seed {seed}"),
            Cut::At(offsets) => {
                f.write_str("cut at ")?;
                for (index, offset) in offsets.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{offset}")?;
                }
                Ok(())
            }
        }
    }
}

/// A segmentation at one point of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Cutter {
    cut: Cut,
    probe: Probe,
    stream: Option<Rng>,
    offset: usize,
    /// How many bytes of a seeded piece are left.
    piece_left: usize,
}

impl Cutter {
    /// The length of the next piece, out of `available` bytes (not zero).
    pub(crate) fn next_piece(&mut self, available: usize) -> usize {
        let piece = self.piece_of(available);
        if let (Some(has_cut), true) = (&self.probe.0, piece < available) {
            has_cut.store(true, Ordering::Relaxed);
        }
        piece
    }

    fn piece_of(&mut self, available: usize) -> usize {
        match &self.cut {
            Cut::Whole => available,
            Cut::OneByte => available.min(1),
            Cut::At(offsets) => {
                let next = offsets.iter().find(|offset| **offset > self.offset);
                next.map_or(available, |offset| available.min(offset - self.offset))
            }
            Cut::Seeded(_) => {
                if let (0, Some(stream)) = (self.piece_left, &mut self.stream) {
                    let most = if stream.next_u64() % 2 == 0 { NonZeroU64::new(16) } else { None };
                    let length = stream.below(most.unwrap_or(SEEDED_MOST)) + 1;
                    self.piece_left = usize::try_from(length).unwrap_or(1);
                }
                available.min(self.piece_left)
            }
        }
    }

    /// Moves on by the bytes that the reader took.
    pub(crate) fn took(&mut self, count: usize) {
        self.offset += count;
        self.piece_left = self.piece_left.saturating_sub(count);
    }
}

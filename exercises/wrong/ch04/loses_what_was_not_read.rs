// caught-by: t05_unread_bytes_come_back_in_their_order
// instead-of: ch04_keep_alive/unread.rs
// Makes room for new bytes when most of the old ones are read. Most.
/// Bytes that were taken and not read. Reading moves a mark; the bytes move only when that is cheap.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    bytes: Vec<u8>,
    read: usize,
}

impl Unread {
    /// Puts bytes behind those that are there.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > self.bytes.len() / 2 {
            self.bytes.clear();
            self.read = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// What is there.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.read..]
    }

    /// The first `count` bytes are read.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn read(&mut self, count: usize) {
        let left = self.bytes().len();
        assert!(count <= left, "{count} bytes cannot be read: there are {left}");
        self.read += count;
    }

    /// Whether nothing is there but the empty lines that may stand before a request.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.bytes().iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }
}

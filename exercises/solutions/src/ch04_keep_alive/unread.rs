/// Bytes that were taken but not read. Reading moves an index; the bytes move only when that is cheap.
#[derive(Clone, Debug, Default)]
pub struct Unread {
    bytes: Vec<u8>,
    read: usize,
}

impl Unread {
    /// Appends bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.read > self.bytes.len() / 2 {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the bytes that are not read yet.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[self.read..]
    }

    /// Marks the first `count` bytes as read.
    ///
    /// # Panics
    /// If there are fewer bytes.
    pub fn read(&mut self, count: usize) {
        let left = self.bytes().len();
        assert!(count <= left, "{count} bytes cannot be read: there are {left}");
        self.read += count;
    }

    /// Returns `true` if there is nothing except the empty lines that may come before a request.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.bytes().iter().all(|byte| matches!(byte, b'\r' | b'\n'))
    }
}
